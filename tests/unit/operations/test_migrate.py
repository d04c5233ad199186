"""The commands `naru migrate …`: what they show, what they refuse, and how they end."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from operations import deploy
from operations.__main__ import main
from operations.api_server import ApiError, UnreachableError
from operations.exits import Exit
from operations.migrate import plan, status
from operations.migrate.state import last_lines
from settings.environment import Cluster

Project = Callable[..., Path]
Capture = pytest.CaptureFixture[str]

MIGRATION = """\
    migration:
      engine: goose
      secret: db
      databases:
        audit_db: {wave: -3, directory: /audit, urlKey: AUDIT_URL}
        shop_db: {wave: -5, directory: /shop}
      env: {PGUSER: "$(DB_USER)", PRICE: "5$$ `x`"}
  plain:
    image: {repository: example.com/plain, tag: "1"}
    ports: {http: {container: 8080}}
    probes: {startup: *probe, readiness: *probe, liveness: *probe}
    resources: {requests: {cpu: 1m, memory: 1Mi}, limits: {memory: 1Mi}}
secrets:
  db: {source: existing, keys: {DATABASE_URL: {}, AUDIT_URL: {}, DB_USER: {}}}
"""
RELEASE = 'shop:\n  web: {tag: "1", needsSchema: {shop_db: 7}}\n'


class FakeServer:
    """A cluster with the Jobs, pods and logs that a test gives it."""

    def __init__(self) -> None:
        self.jobs: list[dict[str, Any]] = []
        self.pods: list[dict[str, Any]] = []
        self.log: str | None = None
        self.asked_for: list[str] = []

    def items(self, path: str, *_: str, **__: str) -> list[dict[str, Any]]:
        if path.endswith("/events"):
            raise ApiError(403, "no")
        return {"jobs": self.jobs, "pods": self.pods}[path.rpartition("/")[2]]

    def text(self, path: str, **_: str) -> str:
        self.asked_for.append(path)
        if self.log is None:
            raise ApiError(404, "pods are simulated")
        return self.log


@pytest.fixture
def migrating(project: Project) -> Project:
    """Return a function that writes a project with a service that has a migration, and one that has none."""

    def write(tier: str = "staging", delivery: str = "direct") -> Path:
        root = project(tier, delivery)
        with (root / "catalog" / "shop.yaml").open("a", encoding="utf-8") as catalog:
            catalog.write(MIGRATION)
        (root / "releases" / "test.yaml").write_text(RELEASE, encoding="utf-8")
        return root

    return write


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> FakeServer:
    fake = FakeServer()
    for module in (plan, status):
        monkeypatch.setattr(module, "connect", lambda *_: fake)
    return fake


def run(*words: str, subject: str = "shop/web") -> int:
    return main(["migrate", words[0], "--stack", "test", subject, *words[1:]])


def planned(capsys: Capture) -> list[dict[str, Any]]:
    assert run("plan", "--json") == Exit.OK
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["steps"]
    return found


def a_job(name: str, *conditions: dict[str, str], **status: Any) -> dict[str, Any]:
    selector = {"matchLabels": {"batch.kubernetes.io/controller-uid": name}}
    told = [{"status": "True", "lastTransitionTime": "2026-01-02T03:04:05Z", **one} for one in conditions]
    metadata = {"name": name, "namespace": "shop", "uid": name}
    return {"metadata": metadata, "spec": {"selector": selector}, "status": {"conditions": told, **status}}


def a_failed_pod(job: str, message: str = "") -> dict[str, Any]:
    ended = {"exitCode": 1, "reason": "Error", "message": message}
    labels = {"batch.kubernetes.io/controller-uid": job}
    statuses = [{"name": "migrate", "state": {"terminated": ended}}]
    metadata = {"name": f"{job}-x1", "namespace": "shop", "labels": labels}
    return {"metadata": metadata, "spec": {}, "status": {"phase": "Failed", "containerStatuses": statuses}}


GAVE_UP = {"type": "Failed", "reason": "BackoffLimitExceeded", "message": "Job has reached the limit"}


def test_plan_shows_the_jobs_in_the_order_of_their_waves(
    migrating: Project, server: FakeServer, capsys: Capture
) -> None:
    migrating()
    first, second = planned(capsys)
    assert [(step["database"], step["wave"], step["engine"]) for step in (first, second)] == [
        ("shop_db", -5, "goose"),
        ("audit_db", -3, "goose"),
    ]
    assert first["image"] == "example.com/web:1"
    assert first["command"][-1] == 'goose -dir /shop postgres "$DATABASE_URL" up'
    assert first["dry_run"][-1] == 'goose -dir /shop postgres "$DATABASE_URL" status'
    assert (first["schema"], second["schema"]) == ("7", "")
    assert first["job"].rpartition("-")[0] == "web-migrate-shop-db"
    assert server.asked_for == []


def test_plan_tells_which_jobs_ran_already(migrating: Project, server: FakeServer, capsys: Capture) -> None:
    migrating()
    server.jobs = [a_job(planned(capsys)[0]["job"], {"type": "Complete"})]
    assert [step["ran"] for step in planned(capsys)] == [True, False]
    assert run("plan") == Exit.OK
    shown = capsys.readouterr().out
    assert "1. migration of shop_db, wave -5 (goose)" in shown
    assert "ran      complete" in shown
    assert "ran      not yet" in shown


def test_plan_without_a_cluster_says_that_it_was_not_asked(
    migrating: Project, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    migrating()

    def silent(_cluster: Cluster, _root: Path) -> None:
        message = "no answer"
        raise UnreachableError(message)

    monkeypatch.setattr(plan, "connect", silent)
    assert [(step["ran"], step["status"]) for step in planned(capsys)] == [
        (None, "not asked: the cluster cannot be reached")
    ] * 2


def test_plan_of_argo_cd_has_plain_names_and_asks_no_cluster(migrating: Project, capsys: Capture) -> None:
    migrating(delivery="gitops")
    assert [(step["job"], step["ran"]) for step in planned(capsys)] == [
        ("web-migrate-shop-db", None),
        ("web-migrate-audit-db", None),
    ]


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("sho/web", 'sho/web: no such system on test, or not enabled; did you mean "shop"?'),
        ("shop/wob", 'shop/wob: shop has no such service on test, or it is not enabled; did you mean "shop/web"?'),
        ("shop", 'shop: no service is named; did you mean "shop/web"?'),
        ("shop/plain", 'shop/plain: it has no migration; expected "shop/web"'),
    ],
)
@pytest.mark.parametrize("command", ["plan", "status", "retry"])
def test_what_has_no_migration_is_one_line(
    command: str, subject: str, said: str, migrating: Project, capsys: Capture
) -> None:
    migrating()
    assert run(command, subject=subject) == Exit.FAULTS
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert told.partition(";")[0] == said.partition(";")[0]


def test_dry_run_is_a_job_for_each_database_that_changes_nothing(migrating: Project, capsys: Capture) -> None:
    migrating()
    assert run("plan", "--dry-run") == Exit.OK
    jobs = list(yaml.safe_load_all(capsys.readouterr().out))
    assert [job["metadata"]["name"] for job in jobs] == ["web-migrate-shop-db-dry-run", "web-migrate-audit-db-dry-run"]
    assert all(job["spec"]["template"]["spec"]["containers"][0]["command"][-1].endswith("status") for job in jobs)


def test_dry_run_script_runs_what_kubernetes_would(migrating: Project, tmp_path: Path, capsys: Capture) -> None:
    migrating()
    assert run("plan", "--dry-run", "--script") == Exit.OK
    script = capsys.readouterr().out
    (tmp_path / "goose").write_text('#!/bin/sh\necho "$@" "$PGUSER" "$PRICE"\n', encoding="utf-8")
    (tmp_path / "goose").chmod(0o755)
    variables = {"PATH": f"{tmp_path}:/bin:/usr/bin", "DATABASE_URL": "a b", "AUDIT_URL": "c", "DB_USER": "$me"}
    ended = subprocess.run(["/bin/sh"], input=script, env=variables, capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines() == [
        "== shop_db (goose)",
        "-dir /shop postgres a b status $me 5$ `x`",
        "== audit_db (goose)",
        "-dir /audit postgres c status $me 5$ `x`",
    ]


def test_engine_without_a_dry_run_is_refused_by_one_line(migrating: Project, capsys: Capture) -> None:
    root = migrating()
    catalog = root / "catalog" / "shop.yaml"
    catalog.write_text(
        catalog.read_text(encoding="utf-8").replace("engine: goose", "engine: mongock"), encoding="utf-8"
    )
    assert run("plan", "--dry-run") == Exit.FAULTS
    assert capsys.readouterr().err == "shop/web: its engine has no dry run; give migration.dryRun a command\n"


def test_script_without_dry_run_is_wrong_usage(migrating: Project, capsys: Capture) -> None:
    migrating()
    assert run("plan", "--script") == Exit.USAGE
    assert "--dry-run" in capsys.readouterr().err


def test_status_tells_why_a_job_failed_and_how_it_is_run_again(
    migrating: Project, server: FakeServer, capsys: Capture
) -> None:
    migrating()
    job = planned(capsys)[0]["job"]
    server.jobs = [a_job(job, GAVE_UP, failed=4)]
    server.pods = [a_failed_pod(job, "first\nERROR: no table")]
    assert run("status") == Exit.FAILED
    told = capsys.readouterr()
    assert told.out.splitlines() == [
        f"migration of shop_db: failed, since 2026-01-02T03:04:05Z, 4 attempts  (Job shop/{job})",
        f"   {job}-x1: migrate: Error, exit code 1; BackoffLimitExceeded: Job has reached the limit",
        "   | first",
        "   | ERROR: no table",
        f"migration of audit_db: absent  (Job shop/{planned(capsys)[1]['job']})",
    ]
    assert told.err == "run it again: `naru migrate retry --stack test shop/web`\n"


def test_log_of_the_pod_says_more_than_its_message_and_hides_passwords(
    migrating: Project, server: FakeServer, capsys: Capture
) -> None:
    migrating()
    job = planned(capsys)[0]["job"]
    server.jobs, server.pods = [a_job(job, GAVE_UP, failed=1)], [a_failed_pod(job, "short")]
    server.log = "postgres://me:hunter2@db/x refused\nhost=db password=hunter2 user=me\n\x1b[31mred\n"
    assert run("status", "--json") == Exit.FAILED
    found = json.loads(capsys.readouterr().out)["jobs"][0]
    assert found["log"] == ["postgres://me:***@db/x refused", "host=db password=*** user=me", "\\x1b[31mred"]
    assert server.asked_for == [f"/api/v1/namespaces/shop/pods/{job}-x1/log"]


@pytest.mark.parametrize(
    "line",
    [
        "postgres://me:hunter2@db/x",
        "mongodb://me:p@ss/hunter2@db:27017/x",
        "PGPASSWORD=hunter2",
        "DB_PASS=hunter2",
        '{"password": "hunter2"}',
        "password='one hunter2'",
        "--password hunter2",
        "PWD_PASSWD: hunter2",
    ],
)
def test_a_password_in_a_log_is_hidden(line: str) -> None:
    (shown,) = last_lines(f"cannot connect: {line} refused")
    assert "hunter2" not in shown
    assert "***" in shown
    assert shown.startswith("cannot connect: ")
    assert shown.endswith("refused")


def test_a_word_about_passwords_is_left_as_it_is() -> None:
    assert last_lines("password authentication failed") == ("password authentication failed",)


@pytest.mark.parametrize(
    ("status", "pods", "expected"),
    [
        ({"conditions": [{"type": "Complete", "status": "True"}], "succeeded": 1}, [], "complete"),
        ({"active": 1}, ["Running"], "running"),
        ({"active": 1}, ["Pending"], "pending"),
        ({}, [], "pending"),
        ({"conditions": [{"type": "Failed", "status": "False"}]}, [], "pending"),
    ],
)
def test_status_is_that_of_the_job(
    status: dict[str, Any],
    pods: list[str],
    expected: str,
    migrating: Project,
    server: FakeServer,
    capsys: Capture,
) -> None:
    migrating()
    job = planned(capsys)[0]["job"]
    server.jobs = [{**a_job(job), "status": status}]
    server.pods = [{**a_failed_pod(job), "status": {"phase": phase}} for phase in pods]
    assert run("status", "--json") == Exit.OK
    assert [one["status"] for one in json.loads(capsys.readouterr().out)["jobs"]] == [expected, "absent"]


def test_status_of_a_job_that_argo_cd_runs_goes_by_its_plain_name(
    migrating: Project, server: FakeServer, capsys: Capture
) -> None:
    migrating(delivery="gitops")
    server.jobs = [a_job("web-migrate-shop-db", GAVE_UP)]
    assert run("status", "--json") == Exit.FAILED
    assert [one["status"] for one in json.loads(capsys.readouterr().out)["jobs"]] == ["failed", "absent"]


def test_retry_updates_the_system_alone(migrating: Project, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    root = migrating()
    calls: list[Any] = []

    def up(*arguments: Any) -> int:
        calls.append(arguments)
        return Exit.OK

    monkeypatch.setattr(deploy, "up", up)
    assert run("retry", "--yes") == Exit.OK
    assert calls == [(root, "test", ["shop"], deploy.Choices(yes=True))]
    assert "failed Jobs of web run again" in capsys.readouterr().err


def test_retry_where_argo_cd_delivers_names_the_sync(
    migrating: Project, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    migrating(delivery="gitops")
    monkeypatch.delattr(deploy, "up")
    assert run("retry", "--yes") == Exit.REFUSED
    assert "main/shop/workloads: `argocd app sync" in capsys.readouterr().err
