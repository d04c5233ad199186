"""A migration that cannot run as it is declared is refused, in one line that says why."""

from typing import Any

import pytest

from tests.projects import Project

SHOP = "catalog/shop.yaml"
PROD_RELEASE = "releases/prod.yaml"

API = "catalog/shop.yaml:{}: services.api."
AT = API.format(13)
REPLICAS = "replicas: 2"
DB = "db: { keys: { password: {} } }"
KEYS = "db: { keys: { password: {}, A: {}, B: {} } }"
RELEASED = "api: { tag: 1.0.0 }"


def migrating(databases: str, engine: str = "flyway", more: str = "") -> tuple[str, str, str]:
    return SHOP, REPLICAS, f"migration: {{ engine: {engine}, secret: db, databases: {{ {databases} }}{more} }}"


SHARED = "strategy: { type: canaryDeployment, weight: 50 }"
WITH_KEYS = (SHOP, DB, KEYS)
ONE = migrating("main: { urlKey: A }")
BACKED_UP = ", backup: { size: 1Gi }"
LONG = "w" * 43

REFUSED: dict[str, tuple[Any, ...]] = {
    "an-unknown-engine": (
        migrating("main: { urlKey: A }", "flywey"),
        AT + 'migration.engine: found text "flywey"; did you mean "flyway"?',
    ),
    "one-database-in-two-waves": (
        migrating("main: { wave: -5, urlKey: A }, again: { wave: -4, urlKey: A }"),
        AT + 'migration.databases.again.urlKey: "A" is the address of "main" already; expected each database once',
    ),
    "two-databases-without-addresses": (
        (SHOP, DB, "db: { keys: { password: {}, DATABASE_URL: {} } }"),
        migrating("main: {}, again: {}"),
        AT + 'migration.databases.again.urlKey: "DATABASE_URL" is the address of "main" already; '
        "expected each database once",
    ),
    "an-address-that-no-variable-can-have": (
        (SHOP, DB, "db: { keys: { password: {}, database-url: {} } }"),
        migrating("main: { urlKey: database-url }"),
        AT + 'migration.databases.main.urlKey: "database-url" is no name of a variable; '
        "expected letters, digits and _: the Job finds the address by it",
    ),
    "a-database-that-is-named-twice": (
        migrating("main: { urlKey: A }, main: { urlKey: B }"),
        AT + 'migration.databases.main: the key "main" again, first on line 13; expected each key once',
    ),
    "a-command-without-a-command": (
        migrating("main: { urlKey: A }", "command"),
        AT + "migration.databases.main: the engine command without a command; "
        "expected one, of the database or of the migration",
    ),
    "goose-without-a-directory": (
        migrating("main: { urlKey: A }", "goose"),
        AT + "migration.databases.main: the engine goose without a directory; "
        "expected where the image keeps the migrations",
    ),
    "a-data-store-that-there-is-not": (
        migrating("main: { urlKey: A, dataStore: stor }"),
        AT + 'migration.databases.main.dataStore: no data store "stor"; did you mean "store"?',
    ),
    "a-backup-of-a-data-store-that-there-is-not": (
        migrating("main: { urlKey: A, dataStore: stor }", more=BACKED_UP),
        AT + 'migration.databases.main.dataStore: no data store "stor"; did you mean "store"?',
    ),
    "a-backup-of-nothing-it-depends-on": (
        migrating("main: { urlKey: A }", more=BACKED_UP),
        (SHOP, "dependsOn: [store]", "dependsOn: []"),
        AT + 'migration.databases.main: a backup, and no data store that a dump is made of among what "api" '
        "depends on; expected dataStore: the one that has this database",
    ),
    "a-backup-of-another-engine-than-migrates": (
        migrating("main: { urlKey: A }", "mongock", BACKED_UP),
        AT + 'migration.databases.main: a backup, and no data store that a dump is made of among what "api" '
        "depends on; expected dataStore: the one that has this database",
    ),
    "a-backup-of-one-of-two": (
        migrating("main: { urlKey: A }", more=BACKED_UP),
        (SHOP, "dependsOn: [store]", "dependsOn: [store, more]"),
        (SHOP, "dataStores:\n", "dataStores:\n  more: { engine: postgresql }\n"),
        AT + 'migration.databases.main: a backup, and "store" and "more" among what "api" depends on; '
        "expected dataStore: the one that has this database",
    ),
    "a-backup-of-what-no-dump-is-made-of": (
        migrating("main: { urlKey: A, dataStore: cache }", more=BACKED_UP),
        (
            SHOP,
            "dataStores:\n",
            "dataStores:\n  cache: { engine: redis, image: { repository: redis, tag: '7' }, dataPath: /data, "
            "storage: { size: 1Gi }, ports: { redis: { container: 6379 } }, "
            "resources: { requests: {}, limits: {} }, probes: { startup: { tcp: redis }, "
            "readiness: { tcp: redis }, liveness: { tcp: redis } } }\n",
        ),
        AT + 'migration.databases.main.dataStore: a backup of "cache", whose engine is redis; '
        "expected postgresql or mongodb",
    ),
    "a-backup-of-a-data-store-that-is-not-enabled": (
        migrating("main: { urlKey: A, dataStore: store }", more=BACKED_UP),
        (SHOP, "    engine: postgresql", "    engine: postgresql\n    enabled: false"),
        (SHOP, "    dependsOn: [store]\n", ""),
        AT + 'migration.databases.main.dataStore: a backup of "store", which is not enabled; '
        "enable it, or do without one",
    ),
    "a-name-that-leaves-no-room": (
        migrating(f"{LONG}: {{ urlKey: A }}, b: {{ urlKey: B }}"),
        AT + f'migration.databases.{LONG}: a Job\'s name of 55 characters, "api-migrate-{LONG}"; '
        "expected at most 54: its hash and labels are made of it",
    ),
    "a-database-that-no-job-can-be-named-after": (
        migrating("Main_db: { urlKey: A }, b: { urlKey: B }"),
        AT + 'migration.databases.Main_db: the Job\'s name "api-migrate-Main-db"; '
        "a database's name has lower-case letters, digits and between them _, . or -",
    ),
    "two-databases-with-one-name-of-a-job": (
        migrating("a_b: { urlKey: A }, a.b: { urlKey: B }"),
        AT + 'migration.databases["a.b"]: the Job\'s name "api-migrate-a-b" is taken; "a_b" has it',
    ),
    "a-service-with-the-name-of-a-migration": (
        ONE,
        (
            SHOP,
            "services:\n  web:",
            "services:\n  api-migrate: { image: { repository: x, tag: '1' }, ports: { http: { container: 1 } } }\n"
            "  web:",
        ),
        API.format(14) + 'migration: "api-migrate" in the namespace "shop" is taken; '
        "services.api-migrate has it at catalog/shop.yaml:5",
    ),
    "a-schema-of-a-database-that-is-not-migrated": (
        ONE,
        (PROD_RELEASE, RELEASED, "api: { tag: 1.0.0, needsSchema: { man: 7 }, runsOnSchema: { other: 8 } }"),
        'releases/prod.yaml:3: shop.api.needsSchema.man: no migrated database "man"; did you mean "main"?',
        'releases/prod.yaml:3: shop.api.runsOnSchema.other: no migrated database "other"; expected "main"',
    ),
    "a-schema-of-a-service-that-migrates-nothing": (
        (PROD_RELEASE, RELEASED, "api: { tag: 1.0.0, needsSchema: { main: 7 } }"),
        'releases/prod.yaml:3: shop.api.needsSchema.main: no migrated database "main"; '
        "there is no migrated database at all",
    ),
    "a-schema-of-a-sidecar": (
        migrating(
            "main: { urlKey: A }",
            more=" }\n    sidecars: { proxy: { image: { repository: p, tag: '1', "
            "needsSchema: { main: 1 } }, resources: { requests: {}, limits: {} }, probes: "
            "{ startup: { grpc: 1 }, readiness: { grpc: 1 }, liveness: { grpc: 1 } } }",
        ),
        API.format(14) + 'sidecars.proxy.image.needsSchema.main: no migrated database "main"; '
        "there is no migrated database at all",
    ),
    "an-accepted-schema-below-the-needed-one": (
        ONE,
        (PROD_RELEASE, RELEASED, 'api: { tag: 1.0.0, needsSchema: { main: "2.10" }, runsOnSchema: { main: "2.9" } }'),
        "releases/prod.yaml:3: shop.api.runsOnSchema.main: 2.9 is below needsSchema 2.10; at least 2.10",
    ),
    "a-canary-that-needs-what-nothing-migrates": (
        WITH_KEYS,
        (SHOP, REPLICAS, f"{REPLICAS}\n    {SHARED}\n    {ONE[2]}"),
        (
            PROD_RELEASE,
            RELEASED,
            "api: { tag: 1.0.0, needsSchema: { main: 7 }, canary: { tag: 2.0.0, needsSchema: { main: 9 } } }",
        ),
        "releases/prod.yaml:3: shop.api.canary.needsSchema.main: 9, and the service's own version, which migrates, "
        "brings 7; at least 9 there, or runsOnSchema where the database has it already",
    ),
    "a-color-that-needs-what-nothing-migrates": (
        WITH_KEYS,
        (SHOP, REPLICAS, f"strategy: {{ type: blueGreenIngress }}\n    {ONE[2]}"),
        (
            PROD_RELEASE,
            RELEASED,
            "api:\n    tag: 1.0.0\n    needsSchema: { main: 6 }\n    runsOnSchema: { main: 7 }\n"
            "    colors: { green: { tag: 2.0.0, needsSchema: { main: 9 } } }",
        ),
        "releases/prod.yaml:7: shop.api.colors.green.needsSchema.main: 9, and the service's own version, which "
        "migrates, brings 7; at least 9 there, or runsOnSchema where the database has it already "
        "(releases/prod.yaml:6)",
    ),
    "a-schema-that-is-no-number": (
        ONE,
        (PROD_RELEASE, RELEASED, "api: { tag: 1.0.0, needsSchema: { main: seven } }"),
        'releases/prod.yaml:3: shop.api.needsSchema.main: found text "seven"; '
        "expected text that matches ^[0-9]+(\\.[0-9]+)*$",
    ),
}

RIGHT: dict[str, list[tuple[str, str, str]]] = {
    "one-database": [ONE],
    "a-command-of-the-migration": [migrating("main: { urlKey: A }", "command", ", command: [migrate]")],
    "a-command-of-the-database": [migrating("main: { urlKey: A, command: [migrate] }", "command")],
    "goose-with-a-command-of-its-own": [migrating("main: { urlKey: A }", "goose", ", command: [migrate]")],
    "a-backup-of-the-only-one-it-depends-on": [migrating("main: { urlKey: A }", more=BACKED_UP)],
    "a-backup-of-the-one-it-names": [
        migrating("main: { urlKey: A, dataStore: more }", more=BACKED_UP),
        (SHOP, "dataStores:\n", "dataStores:\n  more: { engine: postgresql }\n"),
    ],
    "a-name-that-leaves-just-enough-room": [migrating(f"{LONG[:-1]}: {{ urlKey: A }}, b: {{ urlKey: B }}")],
    "the-only-database-under-any-name": [migrating(f"Main_{LONG}: {{ urlKey: A }}")],
    "a-canary-that-needs-what-the-database-has-already": [
        (SHOP, REPLICAS, f"{REPLICAS}\n    {SHARED}\n    {ONE[2]}"),
        (
            PROD_RELEASE,
            RELEASED,
            "api: { tag: 1.0.0, needsSchema: { main: 7 }, runsOnSchema: { main: 9 }, "
            "canary: { tag: 2.0.0, needsSchema: { main: 9 } } }",
        ),
    ],
    "a-canary-beside-a-version-that-says-nothing-of-the-schema": [
        (SHOP, REPLICAS, f"{REPLICAS}\n    {SHARED}\n    {ONE[2]}"),
        (PROD_RELEASE, RELEASED, "api: { tag: 1.0.0, canary: { tag: 2.0.0, needsSchema: { main: 9 } } }"),
    ],
    "a-schema-that-is-accepted": [
        ONE,
        (PROD_RELEASE, RELEASED, "api: { tag: 1.0.0, needsSchema: { main: 7 }, runsOnSchema: { main: 7 } }"),
    ],
}


@pytest.mark.parametrize("case", [pytest.param(case, id=key) for key, case in REFUSED.items()])
def test_migration_that_cannot_run_is_refused_in_one_line(project: Project, case: tuple[Any, ...]) -> None:
    changes = [change for change in case if isinstance(change, tuple)]
    for change in changes if any(DB in old for _, old, _ in changes) else (WITH_KEYS, *changes):
        project.change(*change)
    assert sorted(project.faults()) == sorted(line for line in case if isinstance(line, str))


@pytest.mark.parametrize("changes", [pytest.param(changes, id=key) for key, changes in RIGHT.items()])
def test_migration_that_can_run_is_accepted(project: Project, changes: list[tuple[str, str, str]]) -> None:
    for change in (WITH_KEYS, *changes):
        project.change(*change)
    assert project.faults() == []
