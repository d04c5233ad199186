"""The Jobs of a service's migration: what they are made of, what they are called, what they come after."""

from typing import Any

import pytest

from manifests.assembly import assemble
from manifests.migration import MIGRATIONS, SCHEMA, dry_run_job, job_references, migrations
from manifests.placed import Manifest, Part, Place, Placed
from settings.service import Service
from tests.builders import (
    TWO_CLUSTERS,
    a_data_store,
    a_place,
    a_service,
    a_stack,
    a_system,
    of_kind,
    the,
)

ONE: dict[str, Any] = {
    "engine": "goose",
    "secret": "db",
    "databases": {"auth_db": {"directory": "/app/services/auth/migrations"}},
}
SEVERAL: dict[str, Any] = {
    **ONE,
    "databases": {
        "legal_db": {"wave": -3, "directory": "/legal", "urlKey": "LEGAL_DATABASE_URL"},
        "identity_db": {"wave": -5, "directory": "/identity"},
        "auth.db": {"wave": -4, "directory": "/auth", "urlKey": "AUTH_DATABASE_URL"},
        "audit_db": {"wave": -4, "directory": "/audit", "urlKey": "AUDIT_DATABASE_URL"},
    },
}


def a_migrated_place(
    migration: dict[str, Any] | None = None, *, sealed: str = "AgA1", delivery: str = "direct", **settings: Any
) -> tuple[Place, Service]:
    service = a_service(migration=migration or ONE, dependsOn=["store"], **settings)
    system = a_system(service, a_data_store(), secrets={"db": {"source": "sealed", "keys": {"DATABASE_URL": {}}}})
    place = a_place(system=system, delivery=delivery, sealed={"db": {"DATABASE_URL": sealed}})
    return place, service


def objects_of(migration: dict[str, Any] | None = None, **changes: Any) -> list[Placed]:
    return migrations(*a_migrated_place(migration, **changes))


def jobs_of(migration: dict[str, Any] | None = None, **changes: Any) -> list[Placed]:
    return of_kind(objects_of(migration, **changes), "Job")


def names_of(objects: list[Placed]) -> list[str]:
    return [placed.manifest["metadata"]["name"] for placed in objects]


def the_container(objects: list[Placed]) -> Manifest:
    (container,) = the(objects, "Job")["spec"]["template"]["spec"]["containers"]
    found: Manifest = container
    return found


@pytest.mark.parametrize(
    ("migration", "key", "again"),
    [
        (ONE, "DATABASE_URL", True),
        (ONE, "JWT_SECRET", False),
        ({**ONE, "env": {"USER": "$(JWT_SECRET)"}}, "JWT_SECRET", True),
        ({**ONE, "engine": "command", "command": ["migrate"]}, "JWT_SECRET", True),
    ],
)
def test_job_runs_again_when_a_value_changes_that_says_which_database_it_is(
    migration: dict[str, Any], key: str, *, again: bool
) -> None:
    service = a_service(migration=migration)
    keys: dict[str, Any] = {"DATABASE_URL": {}, "JWT_SECRET": {}}
    system = a_system(service, secrets={"db": {"source": "sealed", "keys": keys}})
    before = dict.fromkeys(keys, "AgA1")
    names = [
        names_of(of_kind(migrations(a_place(system=system, sealed={"db": values}), service), "Job"))
        for values in (before, {**before, key: "AgA2"})
    ]
    assert (names[0] != names[1]) is again


def test_service_without_migration_has_no_job() -> None:
    service = a_service()
    assert migrations(a_place(service), service) == []


def test_databases_are_migrated_from_the_primary_cluster_alone() -> None:
    service = a_service(migration=ONE)
    system = a_system(service, clusters="all")
    assert migrations(a_place(system=system, clusters=TWO_CLUSTERS, cluster="tokyo"), service) == []
    assert migrations(a_place(system=system, clusters=TWO_CLUSTERS, cluster="seoul"), service)


@pytest.mark.parametrize(("cluster", "there"), [("seoul", True), ("tokyo", False)])
def test_policy_of_migrations_is_where_they_run(cluster: str, *, there: bool) -> None:
    stack = a_stack(a_system(a_service(migration=ONE), clusters="all"), clusters=TWO_CLUSTERS)
    references = [placed.reference for placed in assemble(stack, cluster)["demo"]]
    assert ("NetworkPolicy/demo/api-migrate" in references) == there


def test_hook_of_argo_cd_is_the_guides() -> None:
    job = the(objects_of(delivery="gitops"), "Job")
    assert job["metadata"]["name"] == "api-migrate"
    assert job["metadata"]["annotations"] == {
        "argocd.argoproj.io/hook": "PreSync",
        "argocd.argoproj.io/hook-delete-policy": "BeforeHookCreation",
        "argocd.argoproj.io/sync-wave": "-5",
    }
    assert (job["spec"]["ttlSecondsAfterFinished"], job["spec"]["backoffLimit"]) == (300, 3)


def test_job_that_pulumi_runs_has_a_hash_and_no_ttl() -> None:
    (placed,) = jobs_of()
    stem, _, digest = placed.manifest["metadata"]["name"].rpartition("-")
    assert (stem, len(digest), placed.hashed) == ("api-migrate", 8, True)
    assert "ttlSecondsAfterFinished" not in placed.manifest["spec"]
    annotations = placed.manifest["metadata"]["annotations"]
    assert annotations == {"pulumi.com/replaceUnready": "true", "pulumi.com/timeoutSeconds": "1860"}


@pytest.mark.parametrize("delivery", ["direct", "gitops"])
def test_pod_is_the_guides_and_hardened(delivery: str) -> None:
    template = the(objects_of(delivery=delivery, writablePaths=["/tmp"]), "Job")["spec"]["template"]
    assert template["spec"]["restartPolicy"] == "Never"
    assert template["spec"]["serviceAccountName"] == "api-migrate"
    assert template["spec"]["automountServiceAccountToken"] is False
    (container,) = template["spec"]["containers"]
    assert container["name"] == "migrate"
    assert container["image"] == "harbor.example.com/example/api:1.2.3"
    assert container["command"] == [
        "/bin/sh",
        "-c",
        'goose -dir /app/services/auth/migrations postgres "$DATABASE_URL" up',
    ]
    assert container["envFrom"] == [{"secretRef": {"name": "db"}}]
    assert "env" not in container
    assert container["volumeMounts"] == [{"name": "tmp", "mountPath": "/tmp"}]
    # Its log may have the database's address in it, and the pod's status goes into Pulumi's state.
    assert "terminationMessagePolicy" not in container


def test_pods_are_found_by_the_policy_of_migrations_and_not_by_the_service() -> None:
    labels = the(objects_of(), "Job")["spec"]["template"]["metadata"]["labels"]
    assert labels["app.kubernetes.io/name"] == "api-migrate"


def test_job_ends_by_its_deadline_and_pulumi_waits_longer() -> None:
    job = the(objects_of({**ONE, "deadline": "1h", "backoffLimit": 1}), "Job")
    assert (job["spec"]["activeDeadlineSeconds"], job["spec"]["backoffLimit"]) == (3600, 1)
    assert job["metadata"]["annotations"]["pulumi.com/timeoutSeconds"] == "3660"


def test_resources_are_the_migrations_else_the_services() -> None:
    own = {"requests": {"cpu": "2", "memory": "4Gi"}, "limits": {"memory": "4Gi"}}
    assert the_container(objects_of())["resources"]["requests"] == {"cpu": "100m", "memory": "128Mi"}
    assert the_container(objects_of({**ONE, "resources": own}))["resources"] == own


def test_variables_of_a_migration_stand_in_the_job_itself() -> None:
    container = the_container(objects_of({**ONE, "env": {"PGUSER": "$(DATABASE_USER)"}}))
    assert container["env"] == [{"name": "PGUSER", "value": "$(DATABASE_USER)"}]
    assert of_kind(objects_of({**ONE, "env": {"A": "1"}}), "ConfigMap") == []


@pytest.mark.parametrize(("delivery", "ending"), [("gitops", ""), ("direct", "-........")], ids=["gitops", "direct"])
def test_several_databases_have_a_job_each_in_the_order_of_waves(delivery: str, ending: str) -> None:
    names = names_of(jobs_of(SEVERAL, delivery=delivery))
    expected = ["identity-db", "auth-db", "audit-db", "legal-db"]
    cut = len(ending)
    assert [name[: len(name) - cut] for name in names] == [f"api-migrate-{name}" for name in expected]


def test_waves_stand_on_the_hooks() -> None:
    waves = [
        placed.manifest["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"]
        for placed in jobs_of(SEVERAL, delivery="gitops")
    ]
    assert waves == ["-5", "-4", "-4", "-3"]


def test_wave_begins_when_all_of_the_wave_before_have_completed() -> None:
    identity, auth, audit, legal = jobs_of(SEVERAL)
    assert auth.after == audit.after == (identity.reference,)
    assert legal.after == (auth.reference, audit.reference)


def test_first_wave_waits_for_secret_account_policy_and_data_store() -> None:
    (placed,) = jobs_of()
    assert placed.after == (
        "ServiceAccount/demo/api-migrate",
        "NetworkPolicy/demo/api-migrate",
        "SealedSecret/demo/db",
        "StatefulSet/demo/store",
    )


def test_account_is_in_the_foundation_and_has_no_rights_in_a_cloud() -> None:
    role = {"eks.amazonaws.com/role-arn": "arn"}
    (account,) = of_kind(objects_of(serviceAccountAnnotations=role), "ServiceAccount")
    assert (account.part, account.component) == (Part.FOUNDATION, "")
    assert account.manifest["automountServiceAccountToken"] is False
    assert "annotations" not in account.manifest["metadata"]


def test_workload_comes_after_every_job() -> None:
    place, service = a_migrated_place(SEVERAL)
    objects = assemble(place.stack, "main")["demo"]
    (deployment,) = of_kind(objects, "Deployment")
    references = job_references(place, service)
    assert len(references) == 4
    assert set(references) <= set(deployment.after)


def test_jobs_precede_all_of_the_services_own_objects_so_that_each_component_comes_once() -> None:
    services = [a_service(name, migration=SEVERAL) for name in ("a", "b")]
    objects = assemble(a_stack(a_system(*services)), "main")["demo"]
    owners = [placed.component for placed in objects if placed.part is Part.WORKLOADS]
    assert list(dict.fromkeys(owners)) == ["a-migrate", "a", "b-migrate", "b"]
    assert owners == sorted(owners, key=["a-migrate", "a", "b-migrate", "b"].index)


ALTERED: dict[str, dict[str, Any]] = {
    "image": {"image": {"repository": "example/api", "tag": "2"}},
    "command": {"migration": {**ONE, "databases": {"auth_db": {"directory": "/other"}}}},
    "variable": {"migration": {**ONE, "env": {"A": "1"}}},
    "secret": {"sealed": "AgA2"},
    "rights": {"security": {"runAsUser": 7}},
    "resources": {"migration": {**ONE, "resources": {"requests": {"cpu": "1"}, "limits": {"memory": "1Gi"}}}},
}


@pytest.mark.parametrize("change", ALTERED.values(), ids=ALTERED)
def test_what_a_pod_is_made_of_makes_another_job(change: dict[str, Any]) -> None:
    assert names_of(jobs_of(**change)) != names_of(jobs_of())


UNALTERED: dict[str, dict[str, Any]] = {
    "labels": {"labels": {"team": "a"}},
    "release's schema": {"image": {"registry": "harbor", "repository": "example/api", "tag": "1.2.3",
                                   "needsSchema": {"auth_db": 7}}},
    "replicas": {"replicas": 7},
    "deadline": {"migration": {**ONE, "deadline": "2h"}},
    "patience": {"migration": {**ONE, "backoffLimit": 9}},
}  # fmt: skip


@pytest.mark.parametrize("change", UNALTERED.values(), ids=UNALTERED)
def test_what_may_change_under_a_job_runs_no_migration_again(change: dict[str, Any]) -> None:
    changed, unchanged = jobs_of(**change), jobs_of()
    assert names_of(changed) == names_of(unchanged)
    templates = [placed.manifest["spec"]["template"] for placed in (*changed, *unchanged)]
    assert templates[0] == templates[1]


@pytest.mark.parametrize(
    ("image", "schema"),
    [
        ({}, None),
        ({"needsSchema": {"auth_db": 7}}, "auth_db=7"),
        ({"needsSchema": {"auth_db": "2.9"}, "runsOnSchema": {"auth_db": "2.10"}}, "auth_db=2.10"),
        ({"runsOnSchema": {"other_db": 3}}, None),
    ],
    ids=["unknown", "needed", "accepted", "another's"],
)
def test_job_says_which_schema_it_leads_to(image: dict[str, Any], schema: str | None) -> None:
    job = the(objects_of(image={"repository": "example/api", "tag": "1", **image}), "Job")
    assert job["metadata"]["annotations"].get(SCHEMA) == schema


@pytest.mark.parametrize("delivery", ["direct", "gitops"])
def test_dry_run_is_the_same_pod_with_another_command_and_starts_by_itself(delivery: str) -> None:
    place, service = a_migrated_place(delivery=delivery)
    placed = dry_run_job(place, service, "auth_db")
    assert placed is not None
    job, migration = placed.manifest, the(migrations(place, service), "Job")
    assert placed.reference == "Job/demo/api-migrate-dry-run"
    assert not placed.hashed
    assert "annotations" not in job["metadata"]
    assert (job["spec"]["backoffLimit"], job["spec"]["ttlSecondsAfterFinished"]) == (0, 300)
    (told,), (run) = job["spec"]["template"]["spec"]["containers"], the_container(migrations(place, service))
    assert told.pop("command")[-1].endswith("status")
    run.pop("command")
    assert told == run
    assert job["spec"]["template"] == {**migration["spec"]["template"], "spec": job["spec"]["template"]["spec"]}


def test_engine_without_a_dry_run_has_no_such_job() -> None:
    place, service = a_migrated_place({**ONE, "engine": "mongock"})
    assert dry_run_job(place, service, "auth_db") is None
    assert dry_run_job(place, a_service(), "auth_db") is None


def workload_mark(migration: dict[str, Any] | None = None, kind: str = "Deployment", **changes: Any) -> str | None:
    place, _ = a_migrated_place(migration, **changes)
    manifest = the(assemble(place.stack, place.cluster_name)[place.system.name], kind)
    assert MIGRATIONS not in (manifest["spec"]["template"]["metadata"].get("annotations") or {}), "no pod is replaced"
    mark: str | None = (manifest["metadata"].get("annotations") or {}).get(MIGRATIONS)
    return mark


@pytest.mark.parametrize(
    ("kind", "strategy"), [("Deployment", {"type": "rolling"}), ("Rollout", {"type": "blueGreen"})], ids=str
)
def test_migration_that_changes_alone_makes_argo_cd_see_another_workload(kind: str, strategy: dict[str, Any]) -> None:
    settings: dict[str, Any] = {"delivery": "gitops", "strategy": strategy}
    before = workload_mark(kind=kind, **settings)
    assert before is not None
    assert workload_mark(kind=kind, **settings) == before
    assert workload_mark({**ONE, "backoffLimit": 1}, kind, **settings) not in {None, before}
    assert workload_mark(SEVERAL, kind, **settings) not in {None, before}


def test_workload_that_pulumi_applies_has_no_mark_of_its_migrations() -> None:
    assert workload_mark() is None
