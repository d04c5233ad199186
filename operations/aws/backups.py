"""What can be restored: asked of RDS, ElastiCache and S3, and told by `naru aws backups`. Nothing is restored here."""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from operations.aws.backup_facts import Backups, DumpsFound, Object, Snapshot, StoreBackups
from operations.aws.backup_telling import addresses, data, lacking, snapshot_table, table
from operations.aws.check import wanted_of
from operations.aws.errors import AwsError, NotThere
from operations.aws.facts import account_of
from operations.aws.preflight import code, wrong_account
from operations.aws.progress import counting
from operations.aws.wanted import Database, Dumps, Wanted
from operations.exits import Exit, Stop
from operations.output import errors, say, write_json, write_lines, write_table
from settings.faults import Fault, SettingsError, did_you_mean
from settings.loading import load

if TYPE_CHECKING:
    from operations.aws.client import Aws

NEWEST: Final = 5
"""How many dumps of a bucket are told by name."""
_LAG_WITHIN: Final = timedelta(minutes=15)


def list_backups(root: Path, name: str, subject: str | None, *, as_json: bool) -> int:
    """Ask, tell and return the exit code. Raises SettingsError and Stop."""
    from operations.aws.client import Aws  # noqa: PLC0415 - boto3, which only those who ask AWS pay for

    system, _, store = (subject or "").partition("/")
    asked = only(wanted_of(load(root, name).stack, [system] if system else ()), system, store)
    try:
        aws = Aws(asked.stack, asked.region)
        wrong = wrong_account(asked, account_of(aws))
        if wrong is not None:
            raise Stop(code([wrong]), str(wrong))
        with counting("asking AWS for backups", len(asked.databases) + len(asked.dumps), errors()) as done:
            found = gather(aws, asked, datetime.now(UTC), done)
    except AwsError as error:
        raise Stop(Exit.REFUSED, f"refused: {error}") from None
    without = lacking(found)
    if as_json:
        write_json(data(found))
    else:
        if found.stores or found.dumps:
            write_table(table(found))
        if store:
            write_lines(addresses(found))
        if store and any(one.snapshots for one in found.stores):
            write_table(snapshot_table(found))
        for line in without:
            say(f"warning: {line}")
        say(
            "how each is restored: docs/aws/backups.md"
            if found.stores or found.dumps
            else f"{name} has no data store that AWS runs, and no migration that dumps to a bucket"
        )
    return Exit.FAILED if without else Exit.OK


def only(asked: Wanted, system: str, store: str) -> Wanted:
    """Return what concerns one data store; as it is where none is named. Raises SettingsError for an unknown one."""
    if not store:
        return asked
    known = {one.store for one in asked.databases}
    if store not in known:
        found = "no data store of this name that AWS runs"
        raise SettingsError([Fault(f"stack {asked.stack}", 0, f"{system}/{store}", found, did_you_mean(store, known))])
    return replace(asked, databases=tuple(one for one in asked.databases if one.store == store), dumps=())


def gather(aws: "Aws", asked: Wanted, now: datetime, done: Callable[[], None] = lambda: None) -> Backups:
    """Ask for the backups of all that is wanted, and call `done` after each. Raises AwsError."""
    stores, dumps = [], []
    for database in asked.databases:
        here = aws.at(database.region)
        stores.append(_cache(here, database) if database.kind == "elasticache" else _database(here, database, now))
        done()
    for one in asked.dumps:
        dumps.append(_dumps(aws.at(one.region), one, asked.account))
        done()
    return Backups(asked.stack, asked.account, tuple(stores), tuple(dumps))


def _database(aws: "Aws", database: Database, now: datetime) -> StoreBackups:
    by_name = {"DBInstanceIdentifier": database.identifier}
    instance = _first(aws, "rds", "describe_db_instances", "DBInstances", by_name)
    automated = _first(aws, "rds", "describe_db_instance_automated_backups", "DBInstanceAutomatedBackups", by_name)
    # Unasked, RDS leaves out those that AWS Backup made. Source: AWS, API reference of RDS, DescribeDBSnapshots.
    snapshots = [
        snapshot
        for kind in ({}, {"SnapshotType": "awsbackup"})
        for snapshot in _all(aws, "rds", "describe_db_snapshots", "DBSnapshots", {**by_name, **kind})
    ]
    window = automated.get("RestoreWindow") or {}
    replication = [info for info in instance.get("StatusInfos") or () if info.get("StatusType") == "read replication"]
    return StoreBackups(
        database,
        status=str(instance.get("DBInstanceStatus", "")),
        endpoint=str((instance.get("Endpoint") or {}).get("Address", "")),
        master_secret=str((instance.get("MasterUserSecret") or {}).get("SecretArn", "")),
        days=int(instance.get("BackupRetentionPeriod", automated.get("BackupRetentionPeriod", 0)) or 0),
        encrypted=instance.get("StorageEncrypted", automated.get("Encrypted")),
        earliest=window.get("EarliestTime"),
        latest=window.get("LatestTime") or instance.get("LatestRestorableTime"),
        replication=str(replication[0].get("Status", "")) if replication else "",
        lag_seconds=_lag(aws, database, now) if database.replica and instance else None,
        snapshots=tuple(
            Snapshot(
                one["DBSnapshotIdentifier"],
                one.get("SnapshotType", ""),
                one.get("Status", ""),
                one.get("SnapshotCreateTime"),
                f"{one['AllocatedStorage']} GiB" if one.get("AllocatedStorage") else "",
                one.get("Encrypted"),
            )
            for one in snapshots
        ),
    )


def _lag(aws: "Aws", database: Database, now: datetime) -> float | None:
    """Return by how many seconds a read replica was behind last; None where CloudWatch has no such number lately."""
    answer = aws.ask(
        "cloudwatch",
        "get_metric_statistics",
        Namespace="AWS/RDS",
        MetricName="ReplicaLag",
        Dimensions=[{"Name": "DBInstanceIdentifier", "Value": database.identifier}],
        StartTime=now - _LAG_WITHIN,
        EndTime=now,
        Period=60,
        Statistics=["Average"],
    )
    points = sorted(answer.get("Datapoints") or (), key=lambda point: point["Timestamp"])
    # RDS writes -1 while it cannot tell. Source: AWS, "Monitoring read replication".
    return float(points[-1]["Average"]) if points and points[-1]["Average"] >= 0 else None


def _cache(aws: "Aws", cache: Database) -> StoreBackups:
    by_name = {"ReplicationGroupId": cache.identifier}
    group = _first(aws, "elasticache", "describe_replication_groups", "ReplicationGroups", by_name)
    found = _all(aws, "elasticache", "describe_snapshots", "Snapshots", by_name)
    return StoreBackups(
        cache,
        status=str(group.get("Status", "")),
        endpoint=str(((group.get("NodeGroups") or [{}])[0].get("PrimaryEndpoint") or {}).get("Address", "")),
        days=int(group.get("SnapshotRetentionLimit", 0) or 0),
        encrypted=group.get("AtRestEncryptionEnabled"),
        snapshots=tuple(
            Snapshot(
                one["SnapshotName"],
                "automated" if one.get("SnapshotSource") == "automated" else "manual",
                one.get("SnapshotStatus", ""),
                max(
                    (
                        node["SnapshotCreateTime"]
                        for node in one.get("NodeSnapshots") or ()
                        if "SnapshotCreateTime" in node
                    ),
                    default=None,
                ),
                ", ".join(node["CacheSize"] for node in one.get("NodeSnapshots") or () if node.get("CacheSize")),
                # With a key of the account where it names one, else with AWS' own where the group is encrypted.
                bool(one.get("KmsKeyId")) or group.get("AtRestEncryptionEnabled"),
            )
            for one in found
        ),
    )


def _dumps(aws: "Aws", dumps: Dumps, account: str) -> DumpsFound:
    count = 0

    def each() -> Iterator[Object]:
        nonlocal count
        listed = aws.pages(
            "s3", "list_objects_v2", "Contents", Bucket=dumps.bucket, Prefix=dumps.prefix, ExpectedBucketOwner=account
        )
        for one in listed:
            count += 1
            yield Object(one["Key"], one["Size"], one["LastModified"])

    try:
        newest = tuple(heapq.nlargest(NEWEST, each(), key=lambda one: (one.modified, one.key)))
    except NotThere:
        return DumpsFound(dumps, exists=False)
    return DumpsFound(dumps, count=count, newest=newest)


def _all(aws: "Aws", service: str, operation: str, key: str, by_name: dict[str, str]) -> list[dict[str, Any]]:
    """Return all that there is of a name; nothing where AWS knows none of it."""
    try:
        return list(aws.pages(service, operation, key, **by_name))
    except NotThere:
        return []


def _first(aws: "Aws", service: str, operation: str, key: str, by_name: dict[str, str]) -> dict[str, Any]:
    """Return the first of what has a name; nothing where AWS knows none of it."""
    return next(iter(_all(aws, service, operation, key, by_name)), {})
