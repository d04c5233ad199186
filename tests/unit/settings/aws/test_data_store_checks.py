"""What AWS could not run, or nobody could reach, is refused in one line that says what would be right."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from settings.aws.data_store import Managed
from settings.aws.data_store_checks import check_managed
from settings.data_store import DataStore
from tests.aws_projects import AwsProject
from tests.aws_stacks import TOKYO, an_aws_cluster, an_aws_stack
from tests.builders import a_service
from tests.managed_stores import ZONE, a_cache, a_database, a_shop


def found(*stores: DataStore, aws: dict[str, Any] | None = None, name: str = "shop", **changes: Any) -> list[str]:
    """Return what is said of those data stores of a system: path, what was found, what would be right."""
    system = a_shop(*stores).model_copy(update={"name": name})
    stack = an_aws_stack(system, aws=ZONE if aws is None else aws, **changes)
    return [
        f"{'.'.join(map(str, finding.path))}: {finding.found}; {finding.expected}"
        for finding in check_managed(stack, system)
    ]


def test_managed_stores_are_right_as_they_are() -> None:
    assert found(a_database(replicas=["tokyo"], storageLimitGib=110), a_cache(plainAllowed=True)) == []
    assert found(a_cache(changes={"engine": "valkey"}, version="8.1")) == []


def test_store_that_is_not_managed_is_not_looked_at() -> None:
    assert found(a_database(version="1", changes={"enabled": False})) == []
    system = a_shop(a_database(version="1"), aws=None)
    assert list(check_managed(an_aws_stack(system, aws=ZONE), system)) == []


AT = "dataStores.db.managed"

DATABASES = {
    "version-that-rds-has-no-more": (
        {"version": "9.6"},
        f"{AT}.version: AWS runs no postgresql 9.6; expected 14 or later, such as 17 or 17.6",
    ),
    "class-of-elasticache": (
        {"instanceClass": "cache.t4g.small", "storageGib": None},
        f'{AT}.instanceClass: cache.t4g.small for postgresql; expected one that begins with "db."',
    ),
    "tls-as-a-parameter": (
        {"parameters": {"rds.force_ssl": "0"}},
        f"{AT}.parameters.rds.force_ssl: rds.force_ssl is 1 for every managed PostgreSQL; leave it out",
    ),
    "limit-hardly-above-the-size": (
        {"storageLimitGib": 109},
        f"{AT}.storageLimitGib: storageLimitGib (109) is not 10 % above storageGib (100); "
        "expected at least 110, or none",
    ),
    "short-backup-window": (
        {"backupWindow": "17:00-17:29"},
        f"{AT}.backupWindow: a window of 29 minutes; expected 30 or more",
    ),
    "maintenance-during-backups": (
        {"maintenanceWindow": "wed:17:30-wed:18:30"},
        f"{AT}.maintenanceWindow: wed:17:30-wed:18:30 overlaps the backups at 17:00-18:00; expected times apart",
    ),
    "maintenance-during-backups-past-midnight": (
        {"maintenanceWindow": "mon:00:00-mon:00:45", "backupWindow": "23:30-00:15"},
        f"{AT}.maintenanceWindow: mon:00:00-mon:00:45 overlaps the backups at 23:30-00:15; expected times apart",
    ),
    "maintenance-over-the-end-of-the-week": (
        {"maintenanceWindow": "sun:23:30-mon:00:30", "backupWindow": "00:00-01:00"},
        f"{AT}.maintenanceWindow: sun:23:30-mon:00:30 overlaps the backups at 00:00-01:00; expected times apart",
    ),
    "replica-nowhere": (
        {"replicas": ["tokio"]},
        f'{AT}.replicas.0: no cluster "tokio"; did you mean "tokyo"?',
    ),
    "replica-beside-its-primary": (
        {"replicas": ["seoul"]},
        f'{AT}.replicas.0: "seoul" is the primary cluster; expected another one, or multiAz alone',
    ),
    "replica-twice": (
        {"replicas": ["tokyo", "tokyo"]},
        f'{AT}.replicas.1: a replica in ap-northeast-1, which has the replica of "tokyo"; '
        "expected one in another region",
    ),
    "replica-of-a-system-that-runs-elsewhere-too": ({"replicas": ["tokyo"]}, None),
}


@pytest.mark.parametrize(("managed", "said"), DATABASES.values(), ids=DATABASES)
def test_database_that_rds_would_refuse(managed: dict[str, Any], said: str | None) -> None:
    assert found(a_database(**managed)) == ([] if said is None else [said])


CACHES = {
    "version-of-valkey": (
        a_cache(version="7.2"),
        "dataStores.redis.managed.version: AWS runs no redis 7.2; expected 6.0, 6.2, 7.0 or 7.1, or the engine valkey "
        "for what came after",
    ),
    "version-without-its-minor": (
        a_cache(changes={"engine": "valkey"}, version="8"),
        "dataStores.redis.managed.version: AWS runs no valkey 8; "
        "expected 7.2 or later with its minor version, such as 8.1",
    ),
    "plain-before-7": (
        a_cache(version="6.2", plainAllowed=True),
        "dataStores.redis.managed.plainAllowed: plainAllowed with redis 6.2, which takes either TLS alone or none; "
        "expected version 7 or later",
    ),
    "class-of-rds": (
        a_cache(instanceClass="db.t4g.small", storageGib=20),
        'dataStores.redis.managed.instanceClass: db.t4g.small for redis; expected one that begins with "cache."',
    ),
    "half-an-hour-of-maintenance": (
        a_cache(maintenanceWindow="sun:18:30-sun:19:00"),
        "dataStores.redis.managed.maintenanceWindow: a window of 30 minutes; expected 60 or more",
    ),
    "long-name": (
        a_cache("a-cache-with-a-name-that-is-too-long"),
        'dataStores.a-cache-with-a-name-that-is-too-long.managed: "shop-prod-a-cache-with-a-name-that-is-too-long", '
        "what it would be called in AWS, has 46 characters; "
        "expected at most 40, of system, stack and data store with dashes between",
    ),
}


@pytest.mark.parametrize(("store", "said"), CACHES.values(), ids=CACHES)
def test_cache_that_elasticache_would_refuse(store: DataStore, said: str) -> None:
    assert found(store) == [said]


def test_cache_has_no_logs_of_rds() -> None:
    with pytest.raises(ValidationError, match=r"\(ElastiCache\), which has no use for logDays"):
        a_cache(logDays=90)


def test_logs_are_kept_as_long_as_cloudwatch_can() -> None:
    with pytest.raises(ValidationError, match="Input should be 1, 3, 5"):
        a_database(logDays=100)


@pytest.mark.parametrize("engine", ["mongodb", "kafka", "clickhouse"])
def test_engine_that_neither_runs(engine: str) -> None:
    (said,) = found(a_database(changes={"engine": engine}))
    assert said == f"{AT}: managed, but the engine is {engine}; expected postgresql or redis or valkey, or no managed"


def test_store_without_a_private_zone_has_no_name() -> None:
    (said,) = found(a_database(), aws={})
    assert said.startswith(f"{AT}: a managed data store, and no privateZone in which it has a name")


@pytest.mark.parametrize(("length", "refused"), [(63 - len("shop-prod-"), False), (64 - len("shop-prod-"), True)])
def test_name_of_a_database_has_room_in_rds(length: int, *, refused: bool) -> None:
    assert bool(found(a_database("d" * length))) is refused


@pytest.mark.parametrize("system", ["4711", "sh--op"])
def test_name_in_aws_begins_with_a_letter_and_has_single_dashes(system: str) -> None:
    (said,) = found(a_database(), name=system)
    assert said == (
        f'{AT}: "{system}-prod-db", what it would be called in AWS; expected a letter first, and no two dashes in a row'
    )


def test_first_database_has_a_name_that_rds_makes() -> None:
    (said,) = found(a_database(changes={"databases": ["legal-db", "other-db"]}))
    assert said.startswith('dataStores.db.databases.0: RDS makes no database "legal-db"')


def test_replica_in_the_cluster_is_not_silently_left_out() -> None:
    (said,) = found(a_database(changes={"readReplica": True}))
    assert said.startswith("dataStores.db.readReplica: a replica in the cluster of a data store that AWS runs")


def test_two_replicas_are_in_two_regions() -> None:
    clusters = {
        "seoul": an_aws_cluster("seoul", "ap-northeast-2", 64, primary=True),
        "tokyo": an_aws_cluster("tokyo", TOKYO, 65),
        "osaka": an_aws_cluster("osaka", "ap-northeast-3", 66),
        "seoul-b": an_aws_cluster("seoul-b", "ap-northeast-2", 67),
    }
    assert found(a_database(replicas=["tokyo", "osaka"]), clusters=clusters) == []
    (said,) = found(a_database(replicas=["seoul-b"]), clusters=clusters)
    assert said.startswith(f"{AT}.replicas.0: a replica in ap-northeast-2, which has the data store itself")


def test_image_that_dumps_a_database_is_not_older_than_its_server() -> None:
    migration = {
        "engine": "goose",
        "secret": "m",
        "databases": {"orders": {"directory": "/m"}},
        "backup": {"size": "1Gi"},
    }
    backed_up = a_service("api", dependsOn=["db"], migration=migration)
    for version, refused in (("17", False), ("18", True)):
        system = a_shop(backed_up, a_database(version=version))
        said = [finding.found for finding in check_managed(an_aws_stack(system, aws=ZONE), system)]
        assert said == (['PostgreSQL 18, which pg_dump 17 of the backup of "api" refuses'] if refused else [])


@pytest.mark.parametrize("window", ["sun:24:00-sun:25:00", "sun:18:60-sun:19:00", "18:00-19:00"])
def test_maintenance_is_at_a_time_that_there_is(window: str) -> None:
    with pytest.raises(ValueError, match="String should match pattern"):
        Managed(version="17", instance_class="db.m7g.large", storage_gib=100, maintenance_window=window)


def test_primary_and_replica_have_the_names_that_a_store_takes(tmp_path: Path) -> None:
    project = AwsProject(tmp_path)
    project.change(
        "catalog/shop.yaml",
        "environments:\n  prod:\n    services:\n",
        "environments:\n  prod:\n    dataStores:\n      store: { managed: "
        "{ version: '17', instanceClass: db.m7g.large, storageGib: 100, replicas: [tokyo] } }\n    services:\n",
    )
    assert project.faults() == []
    project.change(
        "catalog/shop.yaml",
        "dataStores:\n  store:",
        "dataStores:\n  store-replica: { engine: postgresql }\n  store:",
    )
    assert [line for line in project.faults() if "is taken" in line] != []


def test_data_domain_is_of_no_use_where_all_stores_are_managed(tmp_path: Path) -> None:
    project = AwsProject(tmp_path)
    project.change("catalog/shop.yaml", "description: Shop\n", "description: Shop\nclusters: all\n")
    project.change("Pulumi.prod.yaml", "        dataDomain: data.example.com\n        dataCidr: 10.64.0.0/16\n", "")
    assert [line for line in project.faults() if "no dataDomain" in line] != []
    project.change(
        "catalog/shop.yaml",
        "    engine: postgresql\n",
        "    engine: postgresql\n    managed: { version: '17', instanceClass: db.m7g.large, storageGib: 100 }\n",
    )
    assert [line for line in project.faults() if "no dataDomain" in line] == []
