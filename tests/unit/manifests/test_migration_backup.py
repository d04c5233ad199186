"""Dumps before a migration: their Jobs, and their scripts as bash runs them."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from manifests import dump_script as scripts
from manifests.migration import migrations
from manifests.network_graph import Edge, declared
from manifests.placed import Manifest, Part, Placed
from settings.data_store import Engine
from tests.builders import a_data_store, a_place, a_service, a_stack, a_system, of_kind, the

VOLUME = {"size": "20Gi"}
BUCKET = {"bucket": {"name": "dumps", "prefix": "api", "region": "ap-northeast-2"}}
ROLE = {"eks.amazonaws.com/role-arn": "arn:aws:iam::000000000000:role/api"}
DATABASES = {
    "auth_db": {"wave": -5, "directory": "/auth"},
    "documents": {"wave": -4, "engine": "mongock", "urlKey": "MONGODB_URI"},
}


def objects_of(
    backup: dict[str, Any] | None = None, databases: dict[str, Any] | None = None, **environment: Any
) -> list[Placed]:
    migration = {"engine": "goose", "secret": "db", "databases": databases or DATABASES, "backup": backup or VOLUME}
    service = a_service(migration=migration, dependsOn=["sql", "documents"], serviceAccountAnnotations=ROLE)
    user = {"runAsUser": 999, "runAsGroup": 999, "fsGroup": 999}
    sql = a_data_store("sql", security=user)
    mongo = {"image": {"repository": "example/mongo", "tag": "7"}, "engine": "mongodb", "security": user}
    system = a_system(service, sql, a_data_store("documents", **mongo))
    return migrations(a_place(system=system, **environment), service)


def jobs_of(objects: list[Placed], kind: str) -> list[Placed]:
    return [placed for placed in of_kind(objects, "Job") if f"-{kind}-" in placed.reference]


def pod_of(placed: Placed) -> Manifest:
    found: Manifest = placed.manifest["spec"]["template"]["spec"]
    return found


def test_without_a_backup_there_is_neither_job_nor_volume() -> None:
    service = a_service(migration={"engine": "goose", "secret": "db", "databases": DATABASES})
    assert [placed.manifest["kind"] for placed in migrations(a_place(service), service)] == [
        "ServiceAccount",
        "Job",
        "Job",
    ]


def test_no_migration_starts_before_all_dumps_are_made_one_after_the_other() -> None:
    objects = objects_of()
    first, second = jobs_of(objects, "backup")
    assert "PersistentVolumeClaim/demo/api-backup" in first.after
    assert second.after == (first.reference,)
    lowest, higher = jobs_of(objects, "migrate")
    assert second.reference in lowest.after
    assert higher.after == (lowest.reference,)


def test_hooks_of_backups_are_in_waves_below_the_first_migrations() -> None:
    waves = [
        placed.manifest["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"]
        for placed in of_kind(objects_of(delivery="gitops"), "Job")
    ]
    assert waves == ["-7", "-6", "-5", "-4"]


def test_names_say_whose_dump_it_is() -> None:
    names = [placed.manifest["metadata"]["name"] for placed in jobs_of(objects_of(delivery="gitops"), "backup")]
    assert names == ["api-backup-auth-db", "api-backup-documents"]


def test_long_name_of_a_database_has_room_for_the_hash() -> None:
    databases = {"a" * 80: {"directory": "/a"}, "a" * 81: {"directory": "/b", "urlKey": "OTHER"}}
    names = [placed.manifest["metadata"]["name"] for placed in jobs_of(objects_of(databases=databases), "backup")]
    assert len(set(names)) == 2
    assert max(map(len, names)) <= 63


def test_each_migration_has_a_dump_of_its_own() -> None:
    (before,), (after,) = (
        jobs_of(objects_of(databases={"auth_db": {"directory": directory}}), "backup") for directory in ("/a", "/b")
    )
    assert before.hashed
    assert before.reference != after.reference


def test_dump_runs_as_the_data_store_in_its_image() -> None:
    sql, documents = (pod_of(placed) for placed in jobs_of(objects_of(), "backup"))
    assert sql["containers"][0]["image"] == "example/postgres:17"
    assert documents["containers"][0]["image"] == "example/mongo:7"
    assert sql["securityContext"]["fsGroup"] == 999
    assert sql["containers"][0]["securityContext"]["runAsUser"] == 999
    assert sql["serviceAccountName"] == "api-migrate"
    assert sql["restartPolicy"] == "Never"


def test_volume_of_dumps_is_kept_and_in_the_foundation() -> None:
    (claim,) = of_kind(objects_of(), "PersistentVolumeClaim")
    assert (claim.part, claim.component, claim.keeps_data) == (Part.FOUNDATION, "", True)
    assert claim.reference == "PersistentVolumeClaim/demo/api-backup"
    assert claim.manifest["spec"]["resources"]["requests"]["storage"] == "20Gi"


def test_bucket_needs_no_volume_and_the_services_role() -> None:
    objects = objects_of(BUCKET)
    assert of_kind(objects, "PersistentVolumeClaim") == []
    assert the(objects, "ServiceAccount")["metadata"]["annotations"] == ROLE
    assert "annotations" not in the(objects_of(), "ServiceAccount")["metadata"]


def test_dump_for_a_bucket_is_made_first_and_sent_by_amazons_own_image() -> None:
    pod = pod_of(jobs_of(objects_of(BUCKET), "backup")[0])
    (dump,), (upload,) = pod["initContainers"], pod["containers"]
    assert (dump["image"], upload["image"]) == ("example/postgres:17", "docker.io/amazon/aws-cli:2.27.9")
    assert "envFrom" not in upload
    assert upload["command"][-1] == (
        "for file in /backup/*.dump; do aws s3 cp --only-show-errors --region ap-northeast-2 "
        '"$file" s3://dumps/api/"${file##*/}"; done\n'
    )


def test_bucket_elsewhere_than_at_amazon_is_asked_by_its_host() -> None:
    assert "--endpoint-url https://s3.example.com " in scripts.upload_script("b", "", "r", "s3.example.com")
    assert " s3://b/" in scripts.upload_script("b", "/", "r", None)


@pytest.mark.parametrize(("backup", "reaches"), [(VOLUME, False), (BUCKET, True)], ids=["volume", "bucket"])
def test_only_what_has_a_bucket_reaches_public_addresses(backup: dict[str, Any], *, reaches: bool) -> None:
    migration = {"engine": "goose", "secret": "db", "databases": {"main": {"directory": "/m"}}, "backup": backup}
    stack = a_stack(a_system(a_service(migration=migration, dependsOn=["store"]), a_data_store()))
    assert (Edge("demo/api-migrate", "external:public", 443) in declared(stack, "main")) == reaches


# What stands in for pg_dump and mongodump: it notes what it was given, and writes what it is asked to.
STUB = """#!/bin/bash
printf '%s\\n' "$@" > "$NOTES/arguments"
printf '%s' "${PGPASSWORD-}" > "$NOTES/password"
[[ $0 == *mongodump ]] && cat /dev/stdin > "$NOTES/input"
for argument in "$@"; do
  case $argument in --file=* | --archive=*) echo data > "${argument#*=}" ;; esac
done
exit "${STUB_FAILS:-0}"
"""


class Shell:
    """A folder of dumps and the programs of a data store's image."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.dumps, self.notes, programs = root / "dumps", root / "notes", root / "programs"
        for folder in (self.dumps, self.notes, programs):
            folder.mkdir()
        for name in ("pg_dump", "mongodump"):
            (programs / name).write_text(STUB)
            (programs / name).chmod(0o755)
        self._path = f"{programs}:{os.environ['PATH']}"
        monkeypatch.setattr(scripts, "FOLDER", str(self.dumps))

    def run(
        self, address: str, *, engine: Engine = Engine.POSTGRESQL, keep: int | None = 2, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        script = scripts.dump_script(engine, "auth_db", "MY_KEY", "0a1b2c3d", keep=keep)
        known = {"PATH": self._path, "NOTES": str(self.notes), "MY_KEY": address, **environment}
        return subprocess.run(
            ["/bin/bash", "-euo", "pipefail", "-c", script], env=known, check=False, capture_output=True, text=True
        )

    def noted(self, name: str) -> str:
        return (self.notes / name).read_text()

    def found(self) -> list[str]:
        return sorted(path.name for path in self.dumps.iterdir())


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, monkeypatch)


# The address, the address that pg_dump gets, its password.
ADDRESSES = {
    "plain": ("postgresql://u:p@h:5432/d", "postgresql://u@h:5432/d", "p"),
    "short scheme": ("postgres://u:p@h/d?sslmode=require", "postgres://u@h/d?sslmode=require", "p"),
    "encoded": ("postgresql://u%40x:p%40%2F%25%5C@h/d", "postgresql://u%40x@h/d", "p@/%\\"),
    "no password": ("postgresql://u@h/d", "postgresql://u@h/d", ""),
    "nobody": ("postgresql://h/d", "postgresql://h/d", ""),
    "JDBC": (
        "jdbc:postgresql://h/d?user=u&password=p*%21&ssl=true",
        "postgresql://h/d?user=u&application_name=naru&ssl=true",
        "p*!",
    ),
    "at sign after the host": ("postgresql://h/d?options=a@b", "postgresql://h/d?options=a@b", ""),
}


@pytest.mark.parametrize(("address", "given", "password"), ADDRESSES.values(), ids=ADDRESSES)
def test_pg_dump_gets_the_address_without_the_password(shell: Shell, address: str, given: str, password: str) -> None:
    assert shell.run(address).returncode == 0
    assert f"--dbname={given}\n" in shell.noted("arguments")
    assert shell.noted("password") == password


def test_user_and_password_may_be_variables_of_their_own(shell: Shell) -> None:
    assert shell.run("jdbc:postgresql://h/d", PGPASSWORD="own").returncode == 0
    assert shell.noted("password") == "own"


@pytest.mark.parametrize(
    ("engine", "product"), [(Engine.POSTGRESQL, "PostgreSQL"), (Engine.MONGODB, "MongoDB")], ids=["sql", "documents"]
)
def test_what_is_no_address_is_refused_and_not_shown(shell: Shell, engine: Engine, product: str) -> None:
    done = shell.run("mysql://u:hidden@h/d", engine=engine)
    assert (done.returncode, done.stderr) == (1, f"MY_KEY holds no address of {product}\n")


@pytest.mark.parametrize(
    ("address", "given"),
    [
        ("mongodb://u:p%22%5C@h1,h2/d?a=b", 'uri: "mongodb://u@h1,h2/d?a=b"\npassword: "p\\"\\\\"\n'),
        ("mongodb+srv://h/d", 'uri: "mongodb+srv://h/d"\npassword: ""\n'),
    ],
    ids=["password", "nobody"],
)
def test_mongodump_reads_address_and_password_apart_from_its_input_alone(
    shell: Shell, address: str, given: str
) -> None:
    """It prints the address when it cannot connect."""
    assert shell.run(address, engine=Engine.MONGODB).returncode == 0
    assert shell.noted("input") == given
    assert "mongodb" not in shell.noted("arguments")
    assert "--gzip" in shell.noted("arguments")


@pytest.mark.parametrize("engine", [Engine.POSTGRESQL, Engine.MONGODB])
def test_nothing_of_a_secret_is_printed(shell: Shell, engine: Engine) -> None:
    scheme = "postgresql" if engine is Engine.POSTGRESQL else "mongodb"
    done = shell.run(f"{scheme}://u:hidden@h/d", engine=engine)
    assert done.returncode == 0
    assert "hidden" not in done.stdout + done.stderr


def test_dump_has_its_name_only_when_it_is_whole(shell: Shell) -> None:
    assert shell.run("postgresql://h/d", STUB_FAILS="1").returncode == 1
    assert [name.rpartition(".")[2] for name in shell.found()] == ["partial"]
    assert shell.run("postgresql://h/d").returncode == 0
    (name,) = shell.found()
    assert name.startswith("auth_db-2")
    assert name.endswith("Z-0a1b2c3d.dump")


def test_failed_dump_of_mongodb_fails_its_job(shell: Shell) -> None:
    assert shell.run("mongodb://h/d", engine=Engine.MONGODB, STUB_FAILS="3").returncode == 3


def test_newest_dumps_of_the_same_database_stay(shell: Shell) -> None:
    others = ["auth_db-old-20200101T000000Z-00000000.dump", "legal_db-20200101T000000Z-00000000.dump", "notes.txt"]
    old = [f"auth_db-2020010{day}T000000Z-0000000{day}.dump" for day in (1, 2, 3)]
    for name in (*others, *old):
        (shell.dumps / name).touch()
    assert shell.run("postgresql://h/d", keep=2).returncode == 0
    found = shell.found()
    assert set(others) <= set(found)
    assert [name for name in old if name in found] == [old[2]]
    assert len(found) == len(others) + 2


def test_dump_for_a_bucket_deletes_none(shell: Shell) -> None:
    assert "tail" not in scripts.dump_script(Engine.POSTGRESQL, "d", "K", "0" * 8, keep=None)


def test_engine_without_a_dump_is_refused() -> None:
    with pytest.raises(KeyError):
        scripts.dump_script(Engine.REDIS, "d", "K", "0" * 8, keep=1)


def test_name_of_a_database_is_no_part_of_the_script() -> None:
    assert "rm -rf" not in scripts.dump_script(Engine.POSTGRESQL, "a; rm -rf /", "K", "0" * 8, keep=1)
