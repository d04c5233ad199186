"""What can be restored, as RDS, ElastiCache and S3 on moto tell it, and how it is told."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from rich.console import Console

from operations.aws.backup_facts import Backups, DumpsFound, Object, Snapshot, StoreBackups
from operations.aws.backup_telling import addresses, data, lacking, snapshot_table, table
from operations.aws.backups import gather, only
from operations.aws.client import Aws
from operations.aws.errors import NotAllowed
from operations.aws.wanted import Wanted
from settings.faults import SettingsError
from tests.moto.cloud import ACCOUNT, Account
from tests.unit.aws.operations.account import (
    BUCKET,
    CACHE,
    DATABASE,
    DUMPS,
    NOW,
    REPLICA,
    SEOUL,
    TOKYO,
    WANTED,
    Body,
    answering,
    fill,
    refusal,
    start_cache,
    start_database,
)

NOTHING = Wanted("prod", ACCOUNT, SEOUL)
EARLY = datetime(2025, 12, 18, 17, 5, tzinfo=UTC)
LATE = datetime(2026, 1, 1, 11, 55, tzinfo=UTC)


def found(aws: Aws, **wanted: Any) -> Backups:
    return gather(aws, replace(NOTHING, **wanted), NOW)


def store(aws: Aws, database: Any) -> StoreBackups:
    (one,) = found(aws, databases=(database,)).stores
    return one


def instance_of(database: Any) -> dict[str, Any]:
    client = Account(database.region).client("rds")
    (one,) = client.describe_db_instances(DBInstanceIdentifier=database.identifier)["DBInstances"]
    return dict(one)


@contextmanager
def told(aws: Aws, operation: str, change: Any, service: str = "rds") -> Iterator[None]:
    """Have AWS tell more of something than moto does."""
    client = aws._client(service)

    def add(parsed: dict[str, Any], **_: Any) -> None:
        for listed in parsed.values():
            for one in listed if isinstance(listed, list) else ():
                one.update(change)

    client.meta.events.register(f"after-call.{service}.{operation}", add)
    try:
        yield
    finally:
        client.meta.events.unregister(f"after-call.{service}.{operation}", add)


def shown(of: Any, width: int = 200) -> str:
    console = Console(width=width, record=True, file=None, quiet=False, force_terminal=False)
    with console.capture() as capture:
        console.print(of)
    return capture.get()


def test_database_tells_how_far_back_it_can_be_restored(aws: Aws) -> None:
    start_database(DATABASE)
    with told(
        aws, "DescribeDBInstanceAutomatedBackups", {"RestoreWindow": {"EarliestTime": EARLY, "LatestTime": LATE}}
    ):
        one = store(aws, DATABASE)
    assert (one.status, one.days, one.encrypted) == ("available", 14, True)
    assert (one.earliest, one.latest) == (EARLY, LATE)


def test_database_has_its_automated_and_manual_snapshots(aws: Aws) -> None:
    start_database(DATABASE)
    start_database(replace(DATABASE, identifier="shop-prod-other"))
    client = Account(SEOUL).client("rds")
    client.create_db_snapshot(DBInstanceIdentifier=DATABASE.identifier, DBSnapshotIdentifier="before-upgrade")
    one = store(aws, DATABASE)
    assert {(each.type, each.size, each.encrypted) for each in one.snapshots} == {
        ("automated", "20 GiB", True),
        ("manual", "20 GiB", True),
    }
    assert "before-upgrade" in {each.name for each in one.snapshots}
    assert not [each for each in one.snapshots if "other" in each.name]


def test_database_has_what_aws_backup_made_of_it(aws: Aws) -> None:
    start_database(DATABASE)
    with answering(aws, "rds", _backed_up):
        one = store(aws, DATABASE)
    (made,) = (each for each in one.snapshots if each.type == "awsbackup")
    assert (made.name, made.status) == ("awsbackup:job-1", "available")
    assert [each.type for each in one.snapshots if each is not made] == ["automated"]
    assert "awsbackup:job-1" in shown(snapshot_table(Backups("prod", ACCOUNT, (one,))))


def _backed_up(request: Any) -> AWSResponse | None:
    """Answer as RDS does: what AWS Backup made is told to whoever asks for it, and to nobody else."""
    if "SnapshotType=awsbackup" not in _asked(request):
        return None
    parts = {"DBSnapshotIdentifier": "awsbackup:job-1", "SnapshotType": "awsbackup", "Status": "available"}
    return _snapshots(request, parts)


def test_all_pages_of_snapshots_are_listed(aws: Aws) -> None:
    start_database(DATABASE)
    with answering(aws, "rds", _page):  # moto has all of them on one
        one = store(aws, DATABASE)
    assert [each.name for each in one.snapshots] == [
        *("manual-1", "manual-2", "manual-3"),
        *("awsbackup:job-1", "awsbackup:job-2", "awsbackup:job-3"),
    ]


def _page(request: Any) -> AWSResponse | None:
    body = _asked(request)
    if "Action=DescribeDBSnapshots" not in body:
        return None
    number = int(body.partition("Marker=page")[2][:1] or 1)
    kind = "awsbackup:job" if "SnapshotType=awsbackup" in body else "manual"
    return _snapshots(request, {"DBSnapshotIdentifier": f"{kind}-{number}"}, f"page{number + 1}" if number < 3 else "")


def _asked(request: Any) -> str:
    body: str | bytes = request.body
    return body.decode() if isinstance(body, bytes) else body


def _snapshots(request: Any, snapshot: dict[str, str], marker: str = "") -> AWSResponse:
    """Return an answer with one snapshot, and where the next page begins."""
    parts = "".join(f"<{key}>{value}</{key}>" for key, value in snapshot.items())
    following = f"<Marker>{marker}</Marker>" if marker else ""
    listed = f"{following}<DBSnapshots><DBSnapshot>{parts}</DBSnapshot></DBSnapshots>"
    result = f"<DescribeDBSnapshotsResult>{listed}</DescribeDBSnapshotsResult>"
    text = f"<DescribeDBSnapshotsResponse>{result}</DescribeDBSnapshotsResponse>"
    return AWSResponse(request.url, 200, {"content-type": "text/xml"}, Body(text.encode()))


def test_database_that_is_not_there_is_told_and_lacks(aws: Aws) -> None:
    backups = found(aws, databases=(DATABASE,))
    assert backups.stores[0].status == ""
    assert lacking(backups) == ["shop/postgresql in ap-northeast-2: rds shop-prod-postgresql is not there"]
    assert "not there" in shown(table(backups))


@pytest.mark.parametrize("code", ["DBInstanceNotFound", "DBSnapshotNotFound", "DBInstanceAutomatedBackupNotFound"])
def test_whatever_aws_calls_it_what_is_not_there_has_no_backup(aws: Aws, code: str) -> None:
    with answering(aws, "rds", refusal(code, status=404, xml=True)):
        assert store(aws, DATABASE) == StoreBackups(DATABASE)


def test_database_without_automated_backups_lacks() -> None:
    one = StoreBackups(DATABASE, status="available")
    assert lacking(Backups("prod", ACCOUNT, (one,))) == [
        "shop/postgresql in ap-northeast-2: no moment of shop-prod-postgresql can be restored: "
        "it has no automated backup"
    ]
    assert lacking(Backups("prod", ACCOUNT, (replace(one, latest=LATE),))) == []


def test_replica_tells_its_replication_and_its_lag(aws: Aws) -> None:
    start_database(DATABASE)
    start_database(REPLICA)
    for minutes, lag in ((9, 40.0), (2, 3.0)):
        _lag(lag, NOW - timedelta(minutes=minutes))
    status = [{"StatusType": "read replication", "Status": "replicating", "Normal": True}]
    with told(aws.at(TOKYO), "DescribeDBInstances", {"StatusInfos": status}):
        one = store(aws, REPLICA)
    assert (one.replication, one.lag_seconds) == ("replicating", 3.0)
    backups = Backups("prod", ACCOUNT, (one,))
    assert "replicating, 3 s behind" in shown(table(backups))


def test_replica_needs_no_backup_of_its_own() -> None:
    assert lacking(Backups("prod", ACCOUNT, (StoreBackups(REPLICA, status="available"),))) == []


@pytest.mark.parametrize("lag", [None, -1.0], ids=["no-metric", "rds-cannot-tell"])
def test_lag_that_nobody_knows_is_not_made_up(aws: Aws, lag: float | None) -> None:
    start_database(DATABASE)
    start_database(REPLICA)
    if lag is not None:
        _lag(lag, NOW - timedelta(minutes=2))
    one = store(aws, REPLICA)
    assert one.lag_seconds is None
    assert "lag not known" in shown(table(Backups("prod", ACCOUNT, (one,))))


def _lag(seconds: float, at: datetime) -> None:
    of = [{"Name": "DBInstanceIdentifier", "Value": REPLICA.identifier}]
    metric = {"MetricName": "ReplicaLag", "Dimensions": of, "Timestamp": at, "Value": seconds, "Unit": "Seconds"}
    Account(TOKYO).client("cloudwatch").put_metric_data(Namespace="AWS/RDS", MetricData=[metric])


def test_cache_has_its_snapshots(aws: Aws) -> None:
    start_cache(CACHE)
    Account(SEOUL).client("elasticache").create_snapshot(
        SnapshotName="before-upgrade", ReplicationGroupId=CACHE.identifier
    )
    one = store(aws, CACHE)
    assert (one.status, one.days, one.encrypted) == ("available", 14, True)
    assert [(each.name, each.type, each.encrypted) for each in one.snapshots] == [("before-upgrade", "manual", True)]


def test_time_and_size_of_a_snapshot_of_a_cache_are_its_nodes(aws: Aws) -> None:
    start_cache(CACHE)
    Account(SEOUL).client("elasticache").create_snapshot(SnapshotName="a", ReplicationGroupId=CACHE.identifier)
    nodes = [
        {"CacheSize": "5 MB", "SnapshotCreateTime": EARLY},
        {"CacheSize": "7 MB", "SnapshotCreateTime": LATE},
    ]
    with told(aws, "DescribeSnapshots", {"NodeSnapshots": nodes, "SnapshotStatus": "available"}, "elasticache"):
        (snapshot,) = store(aws, CACHE).snapshots
    assert (snapshot.created, snapshot.size) == (LATE, "5 MB, 7 MB")


def test_cache_without_a_snapshot_lacks(aws: Aws) -> None:
    assert lacking(found(aws, databases=(CACHE,))) == [
        "shop/redis in ap-northeast-2: elasticache shop-prod-redis is not there"
    ]
    start_cache(CACHE)
    assert lacking(found(aws, databases=(CACHE,))) == ["shop/redis in ap-northeast-2: shop-prod-redis has no snapshot"]


def test_dumps_are_counted_and_the_newest_named(aws: Aws) -> None:
    fill(replace(NOTHING, buckets=(BUCKET,)))
    client = Account(SEOUL).client("s3")
    for number in range(7):
        client.put_object(Bucket=BUCKET.name, Key=f"backup/shop-{number}.dump", Body=b"x" * number)
    client.put_object(Bucket=BUCKET.name, Key="private/salaries", Body=b"x")
    (one,) = found(aws, dumps=(DUMPS,)).dumps
    assert one.count == 7
    assert [each.key for each in one.newest] == [f"backup/shop-{number}.dump" for number in (6, 5, 4, 3, 2)]
    assert one.newest[0].size == 6


def test_dumps_are_counted_on_all_pages(aws: Aws) -> None:
    fill(replace(NOTHING, buckets=(BUCKET,)))
    client = Account(SEOUL).client("s3")
    for number in range(25):
        client.put_object(Bucket=BUCKET.name, Key=f"backup/{number:04}.dump", Body=b"x")
    pages = aws._client("s3").meta.events
    pages.register("provide-client-params.s3.ListObjectsV2", _ten_at_once)
    (one,) = found(aws, dumps=(DUMPS,)).dumps
    assert one.count == 25


def _ten_at_once(params: dict[str, Any], **_: Any) -> dict[str, Any]:
    return {**params, "MaxKeys": 10}


def test_bucket_that_is_not_there_lacks(aws: Aws) -> None:
    backups = found(aws, dumps=(DUMPS,))
    assert lacking(backups) == ["shop/api: the bucket shop-prod-files is not there"]
    assert "s3://shop-prod-files/backup/" in shown(table(backups))


def test_json_is_plain_and_stable() -> None:
    snapshot = Snapshot("before", "manual", "available", EARLY, "20 GiB", encrypted=True)
    making = Snapshot("making", "manual", "creating", None, "", encrypted=True)
    database = StoreBackups(
        DATABASE,
        "available",
        14,
        True,
        EARLY,
        LATE,
        snapshots=(snapshot, making),
        endpoint="shop-prod-postgresql.rds.example.com",
        master_secret="arn:aws:secretsmanager:example",
    )
    cache = StoreBackups(CACHE, "available", 14, True, snapshots=(snapshot,))
    dumps = DumpsFound(DUMPS, count=1, newest=(Object("backup/a.dump", 3, LATE),))
    assert json.loads(json.dumps(data(Backups("prod", ACCOUNT, (database, cache), (dumps,))))) == {
        "stack": "prod",
        "account": ACCOUNT,
        "databases": [
            {
                "system": "shop",
                "store": "postgresql",
                "region": SEOUL,
                "identifier": "shop-prod-postgresql",
                "replica": False,
                "status": "available",
                "endpoint": "shop-prod-postgresql.rds.example.com",
                "masterSecret": "arn:aws:secretsmanager:example",
                "keptDays": 14,
                "encrypted": True,
                "restorable": {"from": "2025-12-18T17:05:00+00:00", "to": "2026-01-01T11:55:00+00:00"},
                "replication": None,
                "lagSeconds": None,
                "snapshots": [
                    {
                        "name": "making",
                        "type": "manual",
                        "status": "creating",
                        "made": None,
                        "size": "",
                        "encrypted": True,
                    },
                    {
                        "name": "before",
                        "type": "manual",
                        "status": "available",
                        "made": "2025-12-18T17:05:00+00:00",
                        "size": "20 GiB",
                        "encrypted": True,
                    },
                ],
            }
        ],
        "caches": [
            {
                "system": "shop",
                "store": "redis",
                "region": SEOUL,
                "identifier": "shop-prod-redis",
                "replica": False,
                "status": "available",
                "endpoint": None,
                "masterSecret": None,
                "keptDays": 14,
                "encrypted": True,
                "restorable": None,
                "replication": None,
                "lagSeconds": None,
                "snapshots": [
                    {
                        "name": "before",
                        "type": "manual",
                        "status": "available",
                        "made": "2025-12-18T17:05:00+00:00",
                        "size": "20 GiB",
                        "encrypted": True,
                    }
                ],
            }
        ],
        "dumps": [
            {
                "system": "shop",
                "service": "api",
                "region": SEOUL,
                "bucket": "shop-prod-files",
                "prefix": "backup/",
                "exists": True,
                "count": 1,
                "newest": [{"key": "backup/a.dump", "bytes": 3, "made": "2026-01-01T11:55:00+00:00"}],
            }
        ],
        "lacking": [],
    }


def test_table_tells_window_snapshots_and_encryption() -> None:
    snapshot = Snapshot("before", "manual", "available", EARLY, "20 GiB", encrypted=True)
    making = Snapshot("making", "manual", "creating", None, "", encrypted=True)
    one = StoreBackups(DATABASE, "available", 14, True, EARLY, LATE, snapshots=(snapshot, making))
    text = " ".join(shown(table(Backups("prod", ACCOUNT, (one,)))).split())
    assert "2025-12-18 17:05Z to 2026-01-01 11:55Z" in text
    assert "2, newest 2025-12-18 17:05Z" in text
    assert "14 days yes" in text


def test_database_tells_its_own_host_and_where_its_masters_password_is(aws: Aws) -> None:
    start_database(DATABASE)
    arn = f"arn:aws:secretsmanager:{SEOUL}:{ACCOUNT}:secret:rds!db-1"
    with told(aws, "DescribeDBInstances", {"MasterUserSecret": {"SecretArn": arn, "SecretStatus": "active"}}):
        one = store(aws, DATABASE)
    assert (one.endpoint, one.master_secret) == (instance_of(DATABASE)["Endpoint"]["Address"], arn)
    assert store(aws, DATABASE).master_secret == ""
    assert addresses(Backups("prod", ACCOUNT, (one,))) == [
        f"shop-prod-postgresql in {SEOUL}: its own host is {one.endpoint}",
        f"shop-prod-postgresql in {SEOUL}: its master's password is in {arn}",
    ]


def test_database_that_is_being_made_has_no_host_yet() -> None:
    stores = (StoreBackups(DATABASE, "creating"), StoreBackups(CACHE))
    (line,) = addresses(Backups("prod", ACCOUNT, stores))
    assert line == f"shop-prod-postgresql in {SEOUL}: its own host is not there yet"


def test_cache_tells_the_host_to_write_to(aws: Aws) -> None:
    start_cache(CACHE)
    nodes = [{"NodeGroupId": "0001", "PrimaryEndpoint": {"Address": "master.shop.example.com", "Port": 6379}}]
    with told(aws, "DescribeReplicationGroups", {"NodeGroups": nodes}, "elasticache"):
        assert store(aws, CACHE).endpoint == "master.shop.example.com"


def test_snapshots_are_told_newest_first() -> None:
    old = Snapshot("old", "automated", "available", EARLY, "20 GiB", encrypted=True)
    new = Snapshot("new", "manual", "available", LATE, "20 GiB", encrypted=False)
    making = Snapshot("making", "manual", "creating", None, "", encrypted=None)
    one = StoreBackups(DATABASE, snapshots=(old, new, making))
    lines = shown(snapshot_table(Backups("prod", ACCOUNT, (one,)))).splitlines()
    names = [line.split()[0] for line in lines if line.strip() and line.split()[0] in {"old", "new", "making"}]
    assert names == ["making", "new", "old"]


def test_only_one_data_store_is_asked_for() -> None:
    assert only(WANTED, "shop", "redis").databases == (CACHE,)
    assert only(WANTED, "shop", "redis").dumps == ()
    assert only(WANTED, "shop", "") == WANTED
    with pytest.raises(SettingsError, match=r'shop/redi: no data store of this name.*did you mean "redis"'):
        only(WANTED, "shop", "redi")


def test_answers_are_counted(aws: Aws) -> None:
    fill(WANTED)
    answers: list[None] = []
    gather(aws, WANTED, NOW, lambda: answers.append(None))
    assert len(answers) == 4


def test_refused_question_is_not_a_missing_backup(aws: Aws) -> None:
    with answering(aws, "rds", refusal("AccessDenied", status=403, xml=True)), pytest.raises(NotAllowed):
        found(aws, databases=(DATABASE,))
