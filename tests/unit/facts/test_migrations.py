"""Facts of migrations: every field of the guide's Job, and the waves, engines and backups that the guides ask for."""

import pytest

from manifests.assembly import assemble
from manifests.placed import Manifest
from tests.assembled import STACKS, container, objects, stack

GITOPS = ["dev", "staging", "prod"]
# The Job's name, the service, the short name, the directory of its migrations below the short name's, key and wave.
JOBS = [
    ("auth-service-migrate", "auth-service", "auth", "", "DATABASE_URL", "-5"),
    ("personal-service-migrate", "personal-service", "personal", "", "DATABASE_URL", "-5"),
    ("identity-service-migrate-identity-db", "identity-service", "identity", "/identity", "DATABASE_URL", "-5"),
    ("identity-service-migrate-auth-db", "identity-service", "identity", "/auth", "AUTH_DATABASE_URL", "-4"),
    ("identity-service-migrate-legal-db", "identity-service", "identity", "/legal", "LEGAL_DATABASE_URL", "-3"),
]
NAMES = [job[0] for job in JOBS]
OF_SERVICES = "Job/services/"


@pytest.mark.parametrize("name", GITOPS)
@pytest.mark.parametrize(("job", "service", "short", "below", "key", "wave"), JOBS, ids=NAMES)
def test_every_field_of_the_guides_job_has_its_value(
    name: str, job: str, service: str, short: str, below: str, key: str, wave: str
) -> None:
    made = objects(name)[f"{OF_SERVICES}{job}"]
    assert (made["apiVersion"], made["kind"]) == ("batch/v1", "Job")
    assert made["metadata"]["annotations"] == {
        "argocd.argoproj.io/hook": "PreSync",
        "argocd.argoproj.io/hook-delete-policy": "BeforeHookCreation",
        "argocd.argoproj.io/sync-wave": wave,
    }
    assert made["spec"]["ttlSecondsAfterFinished"] == 300
    assert made["spec"]["backoffLimit"] == 3
    assert made["spec"]["template"]["spec"]["restartPolicy"] == "Never"
    (found,) = made["spec"]["template"]["spec"]["containers"]
    assert found["name"] == "migrate"
    assert found["image"] == container(name, f"Deployment/services/{service}")["image"]
    line = f'goose -dir /app/services/{short}/migrations{below} postgres "${key}" up'
    assert found["command"] == ["/bin/sh", "-c", line]
    assert found["envFrom"] == [{"secretRef": {"name": f"{short}-secrets"}}]


@pytest.mark.parametrize("name", GITOPS)
def test_guides_hooks_are_all_there_are_in_the_services_platform(name: str) -> None:
    found = [reference for reference in objects(name) if reference.startswith(OF_SERVICES)]
    assert found == [f"{OF_SERVICES}{job}" for job in NAMES]


def test_where_pulumi_applies_the_same_jobs_have_a_hash_and_stay() -> None:
    found = {reference: made for reference, made in objects("local").items() if reference.startswith(OF_SERVICES)}
    assert [reference.rpartition("-")[0] for reference in found] == [f"{OF_SERVICES}{job}" for job in NAMES]
    for made in found.values():
        assert made["metadata"]["annotations"]["pulumi.com/replaceUnready"] == "true"
        assert "ttlSecondsAfterFinished" not in made["spec"]


@pytest.mark.parametrize("name", STACKS)
def test_databases_of_identity_are_migrated_one_after_the_other(name: str) -> None:
    placed = assemble(stack(name), stack(name).environment.primary)["services-platform"]
    identity, auth, legal = (
        found for found in placed if found.manifest["kind"] == "Job" and found.component == "identity-service-migrate"
    )
    assert identity.reference in auth.after
    assert auth.reference in legal.after


def of_ams(name: str, namespace: str) -> dict[str, Manifest]:
    start = f"Job/{namespace}/"
    return {found.removeprefix(start): made for found, made in objects(name).items() if found.startswith(start)}


@pytest.mark.parametrize("name", GITOPS)
def test_ams_migrates_postgresql_with_liquibase_and_mongodb_with_mongock(name: str) -> None:
    jobs = of_ams(name, f"ams-{name}")
    lines = {
        job: made["spec"]["template"]["spec"]["containers"][0]["command"][-1]
        for job, made in jobs.items()
        if "-migrate-" in job
    }
    assert list(lines) == ["ams-migrate-ams", "ams-migrate-ams-documents"]
    assert 'LIQUIBASE_COMMAND_URL="$DATABASE_URL" liquibase ' in lines["ams-migrate-ams"]
    assert 'SPRING_DATA_MONGODB_URI="$MONGODB_URI" mongock migrate all' in lines["ams-migrate-ams-documents"]


def test_ams_can_take_a_failed_migration_back_in_production() -> None:
    jobs = of_ams("prod", "ams-prod")
    images = {
        job: made["spec"]["template"]["spec"]["initContainers"][0]["image"]
        for job, made in jobs.items()
        if "-backup-" in job
    }
    assert images == {
        "ams-backup-ams": container("staging", "StatefulSet/ams-staging/postgresql")["image"],
        "ams-backup-ams-documents": container("prod", "StatefulSet/ams-prod/mongodb")["image"],
    }
    waves = [made["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"] for made in jobs.values()]
    assert waves == ["-7", "-6", "-5", "-4"]
    lines = [str(made["spec"]["template"]["spec"]["containers"][0]) for job, made in jobs.items() if "-backup-" in job]
    assert all("s3://ams-prod-backups-000000000000/migrations/" in line for line in lines)
