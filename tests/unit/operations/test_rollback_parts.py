"""What a rollback compares, verifies, remembers and tells, each by itself."""

import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from operations.release_file import ReleaseFile, read_release
from operations.rollback.configuration import Difference, beside, differences, located, then, today
from operations.rollback.notice import tell_slack, unanswered
from operations.rollback.plan import Released
from operations.rollback.verify import misled, unready
from operations.rollback.written import known_from_git, with_release
from settings.container import Version
from tests.projects import Project
from tests.unit.operations.builders import placed
from tests.unit.operations.rollback_builders import (
    Server,
    absent,
    deployment,
    image,
    replica_set,
    rollout,
    template,
    workload,
)

# Configuration


def test_keys_are_compared_and_no_value_is_told() -> None:
    found = differences({"A": "1", "B": "secret-1", "C": "3"}, {"B": "secret-2", "C": "3", "D": "4"})
    assert list(map(str, found)) == ["A is gone", "B is another", "D is new"]
    assert "secret" not in str([one.as_json() for one in found])


def test_a_key_is_located_in_the_file_that_sets_it_now(tmp_path: Path) -> None:
    loaded = Project(tmp_path).load()
    found = list(located([Difference("MODE", "another"), Difference("OLD", "gone")], loaded, "shop", "api"))
    assert found == [
        Difference("MODE", "another", "catalog/shop.yaml", 14),
        Difference("OLD", "gone", "catalog/shop.yaml"),
    ]


def test_what_a_revision_had_is_read_from_the_cluster() -> None:
    newest = replica_set(2, "1.1.0", config="web-env-22222222")
    revision = workload(deployment(newest), newest).revisions[0]
    server = Server()
    assert then(server, "shop", revision) is None  # type: ignore[arg-type]
    server.objects["/api/v1/namespaces/shop/configmaps/web-env-22222222"] = {"data": {"A": "1"}}
    assert then(server, "shop", revision) == {"A": "1"}  # type: ignore[arg-type]


def test_what_is_to_be_now_is_read_from_the_objects_of_that_workload_alone() -> None:
    def of(name: str, config: str) -> dict[str, Any]:
        found = deployment(replica_set(1, "1.0.0", config=config), name=name)
        return {"kind": "Deployment", **found}

    maps = [{"kind": "ConfigMap", "metadata": {"name": name}, "data": {"A": name, name: ""}} for name in ("w-1", "v-1")]
    objects = placed(of("web", "w-1"), of("web-canary", "v-1"), *maps)
    assert today([*objects], "", "web") == {"A": "w-1", "w-1": ""}
    assert today([*objects], "another", "web") == {}


def test_pods_differ_in_what_is_neither_image_nor_configuration() -> None:
    small = {"resources": {"limits": {"memory": "1Gi"}}}
    large = {"resources": {"limits": {"memory": "2Gi"}}}
    one = template(image("1.0.0"), "web-11111111", **small)
    assert beside(one, template(image("2.0.0"), "web-22222222", **small)) == []
    assert beside(one, template(image("1.0.0"), "web-11111111", **large)) == ["containers[web].resources.limits.memory"]


# Verification

SAID = Released(image("1.0.0"))
DONE = replica_set(2, "1.0.0", healthy=True, pods=2)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (workload(deployment(DONE), DONE), ""),
        (workload(deployment(replica_set(2, "1.1.0", pods=2)), replica_set(2, "1.1.0", pods=2)), "web still has 1.1.0"),
        (workload(deployment(DONE, phase="degraded"), DONE), "web: ProgressDeadlineExceeded: late"),
        (
            workload(deployment(replica_set(2, "1.0.0", pods=2, ready=1)), replica_set(2, "1.0.0", pods=2, ready=1)),
            "web: 1 of 2 pods are ready",
        ),
        (absent(), "web: it is not deployed yet"),
    ],
    ids=["done", "another version", "degraded", "too few pods", "absent"],
)
def test_a_workload_is_verified_when_all_of_it_is_of_the_version(found: Any, expected: str) -> None:
    assert unready(found, SAID) == expected


def test_a_rollout_is_verified_when_the_version_is_its_stable_one() -> None:
    sets = [
        replica_set(2, "1.0.0", kind="Rollout", pods=2, healthy=True),
        replica_set(1, "1.1.0", kind="Rollout", pods=2),
    ]
    assert unready(workload(rollout(*sets, stable=sets[0]), *sets, kind="Rollout"), SAID) == ""
    under_way = workload(rollout(*sets, stable=sets[1]), *sets, kind="Rollout")
    assert unready(under_way, SAID) == "web: 1.0.0 has not taken over yet"


def endpoint(pod: str, *, ready: bool | None = True) -> dict[str, Any]:
    return {"targetRef": {"name": pod}, "conditions": {} if ready is None else {"ready": ready}}


@pytest.mark.parametrize(
    ("endpoints", "expected"),
    [
        ([endpoint("web-h2-a"), endpoint("web-h1-b", ready=False)], ""),
        ([endpoint("web-h2-a", ready=None)], ""),
        ([endpoint("web-h2-a"), endpoint("web-h1-b")], "the Service web still leads to web-h1-b"),
        ([endpoint("web-h2-a"), endpoint("web-h22-b")], "the Service web still leads to web-h22-b"),
        ([endpoint("web-h2-a", ready=False)], "the Service web has no ready endpoint"),
        ([], "the Service web has no ready endpoint"),
    ],
    ids=["one ends", "unsaid is ready", "an old pod", "a hash that begins alike", "none is ready", "none"],
)
def test_a_service_leads_to_the_version_and_nothing_else(endpoints: list[dict[str, Any]], expected: str) -> None:
    current = workload(deployment(DONE), DONE).current
    assert current is not None
    assert misled("web", [{"endpoints": endpoints[:1]}, {"endpoints": endpoints[1:]}], current) == expected


# The release and its history


SAID_BEFORE = (
    "{ tag: 1.0.0, needsSchema: { db: 7 } }",
    "{ tag: 1.1.0, canary: { tag: 1.2.0, needsSchema: { db: 9 } } }",
    "{ tag: 1.3.0 }",
)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose release said three things, one commit each."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    project = Project(tmp_path)
    git(tmp_path, "init", "-q", "-b", "main")
    for said in SAID_BEFORE:
        project.write("releases/prod.yaml", f"shop:\n  web: {said}\n")
        git(tmp_path, "add", "releases")
        git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-q", "-m", "release")
    return tmp_path


def git(root: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=root, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("tag", "schemas"), [("1.0.0", {"db": "7"}), ("1.2.0", {"db": "9"}), ("1.1.0", {}), ("0.1.0", {})]
)
def test_a_version_needs_the_schema_it_needed_when_it_was_released(
    repository: Path, tag: str, schemas: dict[str, str]
) -> None:
    known = known_from_git(repository, read_release(repository, "prod"), "shop")
    assert known("web", Version(tag=tag)).needs_schema == schemas
    assert known("api", Version(tag=tag)).needs_schema == {}


def test_without_git_a_version_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Project(tmp_path)
    known = known_from_git(tmp_path, read_release(tmp_path, "prod"), "shop")
    assert known("web", Version(tag="1.0.0")) == Version(tag="1.0.0")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert known("web", Version(tag="1.0.0")) == Version(tag="1.0.0")


def test_a_service_has_what_the_release_says_and_nothing_of_what_it_said() -> None:
    from tests.unit.operations.test_rollback_plan import service  # noqa: PLC0415

    before = service(canary=Version(tag="3"), colors={"blue": Version(tag="4")}, live="green")
    text = "shop:\n  web: { tag: 1.1.0, needsSchema: { db: 8 } }\n"
    after = with_release(before, ReleaseFile("r", text), "shop")
    assert (after.image.tag, after.image.needs_schema, after.image.repository) == ("1.1.0", {"db": "8"}, "shop/web")
    assert (after.canary, after.colors) == (None, {})


# Slack and the health page


class Page(BaseHTTPRequestHandler):
    """Answers with the number in the path, and keeps what it was sent."""

    bodies: list[str] = []

    def do_GET(self) -> None:
        self.send_response(int(self.path[1:4]))
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()

    def do_POST(self) -> None:
        self.bodies.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.do_GET()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def page() -> Iterator[str]:
    """The address of a page on this machine."""
    server = HTTPServer(("127.0.0.1", 0), Page)
    Page.bodies = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("answer", "well"), [(200, True), (204, True), (301, True), (404, False), (503, False)])
def test_a_health_page_is_well_below_400_wherever_it_leads(page: str, answer: int, well: bool) -> None:
    said = unanswered(f"{page}/{answer}")
    assert said == ("" if well else f"{page}/{answer} answers {answer}")


def test_a_page_that_nobody_serves_is_told_with_its_reason() -> None:
    assert unanswered("http://127.0.0.1:1/") == "http://127.0.0.1:1/ does not answer: Connection refused"


def test_slack_is_told_where_the_environment_names_it(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLACK_WEBHOOK_URL", raising=False)
    assert tell_slack("hello") == ""
    assert Page.bodies == []
    monkeypatch.setenv("SLACK_WEBHOOK_URL", f"{page}/200")
    assert tell_slack("롤백 끝") == ""
    assert len(Page.bodies) == 1
    assert '"text"' in Page.bodies[0]


@pytest.mark.parametrize(
    "url",
    [
        "PAGE/500?token=s3cret",
        "http://127.0.0.1:1/s3cret",
        "http://127.0.0.1:99999999/s3cret",
        "file:///s3cret",
        "s3cret",
        "http://s3cret\x7f",
        "https://s3cret.invalid:x/",
    ],
)
def test_a_webhook_that_fails_is_told_without_its_url(page: str, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("SLACK_WEBHOOK_URL", url.replace("PAGE", page))
    said = tell_slack("hello")
    assert said
    assert "s3cret" not in said
