"""Migrations that are new or run again, schemas that go back, backups that are no longer taken."""

from typing import Any

import pytest

from manifests.placed import Manifest
from operations.diff.model import Level
from operations.diff.pairs import Sides
from operations.diff.risks.schema import schema
from tests.unit.operations.diff.risks.samples import (
    CONTAINER,
    Case,
    harmless,
    job,
    judged,
    put,
    risky,
    side,
    workload,
)

_HOOK = {"argocd.argoproj.io/hook": "PreSync"}
_BACKUP = job("api-backup", runs="backup")


def _at(version: str, **annotations: Any) -> Manifest:
    return job(annotations={"naru/schema": f"shop={version}", **annotations})


CASES = [
    risky("a migration is added", Level.MEDIUM, "a migration is added", workload(), (workload(), job())),
    risky("a migration is removed", Level.MEDIUM, "the migration is removed", (workload(), job()), workload()),
    risky("a newer image", Level.LOW, "runs again", job(), put(job(), f"{CONTAINER}/image", "x:2")),
    risky(
        "another command",
        Level.MEDIUM,
        "the command of the migration",
        job(),
        put(job(), f"{CONTAINER}/command", ["down"]),
    ),
    risky("a newer schema", Level.MEDIUM, "shop goes from 9 to 10", _at("9"), _at("10")),
    risky("an older schema", Level.HIGH, "shop goes back from 10 to 9", _at("10"), _at("9")),
    risky("a schema is named", Level.LOW, "leads to shop=9", job(), _at("9")),
    risky("no hook", Level.HIGH, "no hook any more", job(annotations=_HOOK), job()),
    risky("no backup", Level.HIGH, "no backup is taken", (job(), _BACKUP), job()),
    harmless("another limit", job(), put(job(), "spec/backoffLimit", 5)),
    harmless("a migration goes with its service", (workload(), job()), None),
    harmless("a backup goes with its migration", (_BACKUP, job()), None),
    harmless("a backup is added", job(), (job(), _BACKUP)),
    harmless("a backup that is another", (job(), _BACKUP), (job(), put(_BACKUP, f"{CONTAINER}/image", "x:2"))),
    harmless("a Job that migrates nothing", None, job("api-report", runs="report")),
    harmless("the same schema", _at("9"), put(_at("9"), "metadata/labels/team", "a")),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_schema(case: Case) -> None:
    judged(schema, case)


def test_what_happens_to_all_databases_of_a_service_is_one_risk() -> None:
    names = ("api-migrate-a", "api-migrate-b", "api-migrate-c")
    before = [job(name) for name in names]
    after = [put(one, f"{CONTAINER}/image", "x:2") for one in before]

    (found,) = schema(Sides(side(before), side(after)))

    assert found.subject.name == "api-migrate-a"
    assert found.reason.endswith("(so do api-migrate-b, api-migrate-c)")


def test_a_job_with_a_hash_in_its_name_is_the_one_it_was() -> None:
    def hashed(digest: str, image: str) -> Manifest:
        made = put(job(), f"{CONTAINER}/image", image)
        return put(put(made, "metadata/name", f"api-migrate-{digest}"), "metadata/labels/app.kubernetes.io\\/name", "m")

    (found,) = schema(Sides(side([hashed("11111111", "x:1")]), side([hashed("22222222", "x:2")])))

    assert found.reason.startswith("the migration runs again")
