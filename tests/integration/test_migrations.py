"""Migrations on the real control plane: the schema before the code, and what happens where it does not come."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from local.plane import ControlPlane
from local.provider.objects import Type
from local.session import Session
from tests.integration.on_plane import DEPLOYMENT, POD, SECRET, Cluster, Ended, OnPlane, until

JOB = Type("batch", "v1", "Job")
SEALED_SECRET = Type("bitnami.com", "v1alpha1", "SealedSecret")

BANK = """\
description: Bank
namespaces:
  main: { name: bank }
services:
  ledger:
    image: { repository: bank/ledger }
    ports: { http: { container: 8080 } }
    secretEnvFrom: [ledger-secrets]
    secretEnv: { OLD: { secret: old-secrets, key: old } }
    migration:
      engine: goose
      backoffLimit: 0 # the guide's three more tries have pauses of 10, 20 and 40 s between them
      secret: ledger-secrets
      databases:
        legal_db: { wave: -3, directory: /legal, urlKey: LEGAL_URL }
        identity_db: { wave: -5, directory: /identity, urlKey: IDENTITY_URL }
        auth_db: { wave: -4, directory: /auth, urlKey: AUTH_URL }
  reader:
    image: { repository: bank/reader }
    ports: { http: { container: 8080 } }
    secretFiles: { /etc/secrets: { secret: reader-secrets, items: { jwt.pem: jwt.pem } } }
  lost:
    image: { repository: bank/lost }
    ports: { http: { container: 8080 } }
    secretEnv: { TOKEN: { secret: lost-secrets, key: token } }
secrets:
  ledger-secrets: { keys: { LEGAL_URL: {}, IDENTITY_URL: {}, AUTH_URL: {} } }
  old-secrets: { keys: { old: {} } }
  reader-secrets: { source: existing, keys: { jwt.pem: {} } }
  lost-secrets: { source: existing, keys: { token: {} } }
"""
RELEASE = """\
bank:
  ledger: { tag: 1.0.0, needsSchema: { auth_db: 5 } }
  reader: { tag: 1.0.0 }
  lost: { tag: 1.0.0 }
"""
OLD = ("    secretEnv: { OLD: { secret: old-secrets, key: old } }\n", "  old-secrets: { keys: { old: {} } }\n")
"""What the releases after the first no longer have."""
LEDGER = "bank/ledger"
SICK = ("reader", "lost")


@pytest.fixture(scope="module")
def bank(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> OnPlane:
    healthy, _, _ = BANK.partition("  reader:\n")
    secrets = BANK[BANK.index("secrets:\n") : BANK.index("  reader-secrets:")]
    release = "".join(line for line in RELEASE.splitlines(keepends=True) if not line.strip().startswith(SICK))
    return OnPlane(tmp_path_factory.mktemp("bank"), plane, {"bank": healthy + secrets}, release)


@pytest.fixture(scope="module")
def cluster(plane: ControlPlane) -> Iterator[Cluster]:
    with Session(plane.kubeconfig) as session:
        yield Cluster(session)


@pytest.fixture(scope="module")
def deployed(bank: OnPlane) -> Ended:
    return bank.naru("up", "--stack", "local", "--json").succeeded()


def jobs(cluster: Cluster) -> dict[str, dict[str, Any]]:
    """Return the Jobs by their names without the hash."""
    return {item["metadata"]["name"].rpartition("-")[0]: item for item in cluster.api.list(JOB, "bank")}


def failed_job(cluster: Cluster) -> dict[str, Any]:
    """Return the one that failed: after a failed update the Job of the release before is still there, too."""
    (found,) = (item for item in cluster.api.list(JOB, "bank") if item["status"].get("failed"))
    return found


def pods(cluster: Cluster, name: str) -> list[dict[str, Any]]:
    labelled = cluster.api.list(POD, "bank")
    return [pod for pod in labelled if pod["metadata"]["labels"].get("app.kubernetes.io/name") == name]


def test_waves_ran_one_after_the_other(deployed: Ended, cluster: Cluster) -> None:
    waves = [jobs(cluster)[f"ledger-migrate-{database}"] for database in ("identity-db", "auth-db", "legal-db")]
    times = [(job["metadata"]["creationTimestamp"], job["status"]["completionTime"]) for job in waves]
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(times)), times
    assert all(begun < ended for begun, ended in times)
    (bank,) = (state for state in deployed.data["systems"] if state["system"] == "bank")
    assert [(one["database"], one["status"]) for one in bank["migrations"]] == [
        ("identity_db", "complete"),
        ("auth_db", "complete"),
        ("legal_db", "complete"),
    ]


def test_workload_starts_after_its_migrations(deployed: Ended, cluster: Cluster) -> None:
    assert deployed.code == 0
    done = max(job["status"]["completionTime"] for job in jobs(cluster).values())
    found = pods(cluster, "ledger")
    assert found
    assert all(pod["metadata"]["creationTimestamp"] >= done for pod in found)
    assert all(pod["status"]["startTime"] >= done for pod in found)


def test_second_update_runs_no_migration_again(deployed: Ended, bank: OnPlane, cluster: Cluster) -> None:
    before = {name: job["metadata"]["uid"] for name, job in jobs(cluster).items()}
    assert bank.naru("up", "--stack", "local", "--json").succeeded().data["changes"] == {}
    assert deployed.code == 0
    assert {name: job["metadata"]["uid"] for name, job in jobs(cluster).items()} == before


@pytest.fixture(scope="module")
def failed(deployed: Ended, bank: OnPlane, cluster: Cluster) -> tuple[Ended, dict[str, Any], set[str]]:
    """The end of an update whose migration fails, with the Deployment and pods of the time before."""
    assert deployed.code == 0
    before = cluster.read(DEPLOYMENT, "bank", "ledger")
    old = {pod["metadata"]["uid"] for pod in pods(cluster, "ledger")}
    bank.change("releases/local.yaml", "tag: 1.0.0, needs", "tag: 2.0.0-fail, needs")
    for lines in OLD:
        bank.change("catalog/bank.yaml", lines, "")
    return bank.naru("up", "--stack", "local"), before, old


def test_failed_migration_leaves_the_old_workload_as_it_is(
    failed: tuple[Ended, dict[str, Any], set[str]], cluster: Cluster
) -> None:
    ended, before, old = failed
    assert ended.code == 3
    now = cluster.read(DEPLOYMENT, "bank", "ledger")
    assert now["metadata"]["generation"] == before["metadata"]["generation"]
    assert now["spec"] == before["spec"]
    assert now["status"]["availableReplicas"] == before["status"]["availableReplicas"]
    assert {pod["metadata"]["uid"] for pod in pods(cluster, "ledger")} == old
    # What the new release does without, and the old pods read when they start again.
    assert "old-secrets" in cluster.names(SEALED_SECRET, "bank")


def test_failed_migration_says_why_and_how_it_is_run_again(
    failed: tuple[Ended, dict[str, Any], set[str]], bank: OnPlane
) -> None:
    told = failed[0].stderr
    assert f"failed: {LEDGER}: migration of identity_db: Job bank/ledger-migrate-identity-db-" in told
    assert "exit code 1" in told
    assert f"`naru migrate retry --stack local {LEDGER}`" in told
    status = bank.naru("migrate", "status", "--stack", "local", LEDGER, "--json")
    assert status.code == 3
    assert [(job["database"], job["status"]) for job in status.data["jobs"]] == [
        ("identity_db", "failed"),
        ("auth_db", "absent"),
        ("legal_db", "absent"),
    ]


def test_retry_runs_the_failed_job_again(
    failed: tuple[Ended, dict[str, Any], set[str]], bank: OnPlane, cluster: Cluster
) -> None:
    assert failed[0].code == 3
    before = failed_job(cluster)
    retried = bank.naru("migrate", "retry", "--stack", "local", LEDGER)
    assert retried.code == 3, retried.text
    after = failed_job(cluster)
    assert after["metadata"]["name"] == before["metadata"]["name"]
    assert after["metadata"]["uid"] != before["metadata"]["uid"], retried.text


def test_update_after_a_fix_completes(
    failed: tuple[Ended, dict[str, Any], set[str]], bank: OnPlane, cluster: Cluster
) -> None:
    assert failed[0].code == 3
    bank.change("releases/local.yaml", "2.0.0-fail, needsSchema: { auth_db: 5 }", "2.0.1, needsSchema: { auth_db: 7 }")
    bank.naru("up", "--stack", "local").succeeded()
    done = max(job["status"]["completionTime"] for job in jobs(cluster).values())
    new = [pod for pod in pods(cluster, "ledger") if pod["spec"]["containers"][0]["image"].endswith(":2.0.1")]
    assert new
    assert all(pod["metadata"]["creationTimestamp"] >= done for pod in new)
    plan = bank.naru("migrate", "plan", "--stack", "local", LEDGER, "--json").succeeded()
    assert [step["ran"] for step in plan.data["steps"]] == [True, True, True]


def test_code_older_than_the_schema_is_refused(
    failed: tuple[Ended, dict[str, Any], set[str]], bank: OnPlane, cluster: Cluster
) -> None:
    assert failed[0].code == 3
    before = cluster.versions("bank")
    bank.change("releases/local.yaml", "2.0.1, needsSchema: { auth_db: 7 }", "1.0.0, needsSchema: { auth_db: 5 }")
    refused = bank.naru("up", "--stack", "local")
    assert refused.code == 4
    assert "refused: releases/local.yaml:2: bank.ledger.needsSchema.auth_db: " in refused.stderr
    assert cluster.versions("bank") == before
    bank.change("releases/local.yaml", "auth_db: 5 }", "auth_db: 5 }, runsOnSchema: { auth_db: 7 }")
    bank.naru("up", "--stack", "local").succeeded()


def test_pod_without_its_secret_or_key_stays_unready_and_the_report_names_both(
    failed: tuple[Ended, dict[str, Any], set[str]], bank: OnPlane, cluster: Cluster
) -> None:
    assert failed[0].code == 3
    bank.write("catalog/bank.yaml", BANK.replace(OLD[0], "").replace(OLD[1], ""))
    sick = "".join(line for line in RELEASE.splitlines(keepends=True) if line.strip().startswith(SICK))
    bank.add("releases/local.yaml", sick)
    cluster.apply("v1", "Secret", "bank", "reader-secrets", stringData={"other": "x"})
    with bank.begin("up", "--stack", "local", "--json") as process:
        until(lambda: all(cluster.says_why("bank", name) for name in SICK), "what the pods lack")
        for name in SICK:  # the wait for what never comes is to be over soon
            cluster.apply("apps/v1", "Deployment", "bank", name, spec={"progressDeadlineSeconds": 8})
        stdout, stderr = process.communicate()
    ended = Ended(process.returncode, stdout, stderr)
    assert ended.code == 3, ended.text
    (state,) = (state for state in ended.data["systems"] if state["system"] == "bank")
    reasons = {workload["name"]: workload["reason"] for workload in state["workloads"]}
    assert "no key jwt.pem in Secret bank/reader-secrets" in reasons["reader"]
    assert "(Secret bank/lost-secrets, of which it reads token)" in reasons["lost"]
    assert all(not pod_is_ready(pod) for name in SICK for pod in pods(cluster, name))
    assert "lost-secrets" not in cluster.names(SECRET, "bank")


def pod_is_ready(pod: dict[str, Any]) -> bool:
    return any(one["type"] == "Ready" and one["status"] == "True" for one in pod["status"].get("conditions") or ())


def test_destroy_after_all_that_leaves_nothing(
    failed: tuple[Ended, dict[str, Any], set[str]], bank: OnPlane, cluster: Cluster
) -> None:
    assert failed[0].code == 3
    bank.naru("destroy", "--stack", "local", "--yes").succeeded()
    assert not cluster.names(JOB, "bank")
