"""`naru region`: what it refuses, asks, writes, changes, tells and ends with."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import typer
from pulumi.automation import EngineEvent

from operations.__main__ import main
from operations.automation import EngineError, OnEvent, Request
from operations.aws import check, health_checks
from operations.aws.health_checks import Health
from operations.aws.preflight import Finding
from operations.engine_command import InterruptedUpdateError
from operations.exits import Exit, Stop
from operations.region import health, run
from operations.region.judging import RECORD
from operations.region.setting import StackFile, read_stack_file
from settings.loading import load
from tests.projects import COMMON, Project
from tests.unit.operations.events import event
from tests.unit.operations.fake_stack import FakeEngine
from tests.unit.operations.region.stacks import MAIL, SHOP

Capture = pytest.CaptureFixture[str]
FILE = "Pulumi.prod.yaml"
SERVICE = """\
services:
  web:
    image: { repository: NAME/web }
    ports: { http: { container: 8080, service: 80 } }
    exposure: { public: { hosts: [NAME] } }
"""
SYSTEM = "description: NAME\nclusters: all\nnamespaces:\n  main: { name: NAME }\naws: { traffic: TRAFFIC }\n" + SERVICE
STACK = """\
config:
  naru:environment:
    tier: production
    delivery: gitops
    clusters: # both in Asia
      seoul: { context: seoul, region: ap-northeast-2, primary: true, aws: SEOUL }
      tokyo: # the second one
        context: tokyo
        region: ap-northeast-1
        dataDomain: data.example.com
        aws: TOKYO
    domains: { shop: shop.example.com, mail: mail.example.com }
    registries: { harbor: harbor.example.com }
    issuers: { self: { server: self-signed } }
    defaultIssuer: self
    aws:
      account: "123456789012"
      owner: platform
      costCentre: "4711"
      zones: { example.com: Z0COM }
"""
CLUSTER = (
    "{ eks: NAME, oidcIssuer: https://oidc.example.com/NAME, vpc: vpc-000000NUMBER, cidr: 10.NUMBER.0.0/16, "
    "privateSubnets: [subnet-a00000NUMBER, subnet-b00000NUMBER], "
    "publicSubnets: [subnet-c00000NUMBER, subnet-d00000NUMBER], securityGroup: sg-000000NUMBER }"
)
DRAIN = ["region", "drain", "--stack", "prod"]
RESTORE = ["region", "restore", "--stack", "prod"]
DRAINED = {f"{SHOP}/tokyo": "delete", f"{MAIL}/secondary": "delete"}
RESTORED = {f"{SHOP}/tokyo": "create", f"{MAIL}/secondary": "create"}


class Engine(FakeEngine):
    """An engine that changes what a test says, and looks at the stack file whenever it is asked for anything."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root
        self.files: list[str] = []
        self.planned: list[EngineEvent] = []
        self.failing = "up"
        self.findings: list[Finding] = []
        """What AWS has against a change."""
        self.state = {"deployment": {"resources": [a_check(name) for name in ("seoul", "tokyo")]}}
        self.health: dict[str, Health] = {}
        """What Route 53 holds of a check, by its id, where that is not healthy."""
        self.asked: list[str] = []
        """The checks that Route 53 was asked about, by id."""

    def hold(self, _stack: str, _region: str, checks: Mapping[str, str]) -> dict[str, Health]:
        """Answer as Route 53."""
        self.asked += checks.values()
        return {name: self.health.get(check, Health(16, 16)) for name, check in checks.items()}

    def changes(self, steps: dict[str, str], *, failing: str = "") -> None:
        """Have it change records, all but the one that fails."""
        self.planned = [told("resourcePreEvent", operation, name, planning=True) for name, operation in steps.items()]
        for name, operation in steps.items():
            self.events.append(told("resourcePreEvent", operation, name, planning=False))
            if name == failing:
                self.events.append(told("resOpFailedEvent", operation, name, status=1, steps=1))
            else:
                self.events.append(told("resOutputsEvent", operation, name))

    def _operate(self, operation: str, request: Request, on_event: OnEvent) -> None:
        self.requests.append((operation, request))
        self.files.append((self.root / FILE).read_text(encoding="utf-8"))
        for one in self.planned if operation == "preview" else self.events:
            on_event(one)
        if self.failure is not None and operation == self.failing:
            raise self.failure


def a_check(cluster: str) -> dict[str, Any]:
    """Return the health check of a cluster, as the state has it."""
    kind = "aws:route53/healthCheck:HealthCheck"
    urn = f"urn:pulumi:prod::naru::naru:aws:HealthCheck${kind}::{cluster}/common/aws/health-check"
    return {"urn": urn, "type": kind, "id": f"id-of-{cluster}"}


def told(key: str, operation: str, name: str, kind: str = RECORD, **more: Any) -> EngineEvent:
    urn = f"urn:pulumi:prod::naru::naru:aws:PublicRecords${kind}::{name}"
    metadata = {"op": operation, "urn": urn, "type": kind, "old": None, "new": None, "provider": ""}
    return event(**{key: {"metadata": metadata, **more}})


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    project = Project(tmp_path)
    for file in ("catalog/shop.yaml", "catalog/mail.yaml", "Pulumi.dev.yaml", "releases/dev.yaml"):
        project.remove(file)
    project.write("catalog/common.yaml", COMMON)
    for name, traffic in (("shop", "latency"), ("mail", "failover")):
        project.write(f"catalog/{name}.yaml", SYSTEM.replace("NAME", name).replace("TRAFFIC", traffic))
    project.write("releases/prod.yaml", "shop:\n  web: { tag: 1.0.0 }\nmail:\n  web: { tag: 1.0.0 }\n")
    text = STACK
    for name, number in (("seoul", 64), ("tokyo", 65)):
        text = text.replace(name.upper(), CLUSTER.replace("NAME", name).replace("NUMBER", str(number)))
    project.write(FILE, text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DRY_RUN", raising=False)
    return tmp_path


@pytest.fixture
def fake(root: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    made = Engine(root)
    monkeypatch.setattr("operations.session._engine", lambda *_: made)
    monkeypatch.setattr(health, "look", lambda *_: [])
    monkeypatch.setattr(check, "ask", lambda *_, **__: made.findings)
    monkeypatch.setattr(health_checks, "ask", made.hold)
    return made


def drained(root: Path) -> list[str]:
    """Return the clusters that the stack file has out of traffic."""
    clusters = load(root, "prod").stack.environment.clusters
    return [name for name, cluster in clusters.items() if cluster.drained]


def text(root: Path) -> str:
    return (root / FILE).read_text(encoding="utf-8")


def with_one_alone(root: Path) -> None:
    """Add a system that runs on the primary cluster alone."""
    system = SYSTEM.replace("NAME", "ams").replace("TRAFFIC", "latency").replace("clusters: all", "clusters: primary")
    (root / "catalog/ams.yaml").write_text(system, encoding="utf-8")
    changed = text(root).replace("domains: {", "domains: { ams: ams.example.com,")
    (root / FILE).write_text(changed, encoding="utf-8")
    released = root / "releases/prod.yaml"
    released.write_text(released.read_text(encoding="utf-8") + "ams:\n  web: { tag: 1.0.0 }\n", encoding="utf-8")


def drain_by_file(root: Path, cluster: str = "tokyo") -> None:
    assert main([*DRAIN, cluster, "--setting-only"]) == Exit.OK


LIST = ["region", "list", "--stack", "prod"]
UNCHECKED = [*LIST, "--no-health-check"]
SICK = Health(0, 16, "HTTP Status Code 503, Service Unavailable")
SILENT = Health(unknown="there are no credentials for AWS: set AWS_PROFILE, or sign in")


def test_list_shows_who_leads_where(root: Path, capsys: Capture) -> None:
    assert main(UNCHECKED) == Exit.OK
    seoul, tokyo = [line.split() for line in capsys.readouterr().out.splitlines() if "ap-northeast" in line]
    assert seoul == ["seoul", "ap-northeast-2", "primary", "not", "drained", "mail,", "shop"]
    assert tokyo == ["tokyo", "ap-northeast-1", "not", "drained", "mail", "(stands", "by),", "shop"]


def test_list_names_what_the_file_has_a_setting(root: Path, capsys: Capture) -> None:
    assert main(UNCHECKED) == Exit.OK
    assert "Setting" in capsys.readouterr().out
    assert main(["region", "list", "--help"]) == Exit.OK
    assert "what the stack file has of each region" in " ".join(capsys.readouterr().out.split())


def test_list_shows_what_runs_in_a_drained_region_alone(root: Path, capsys: Capture) -> None:
    with_one_alone(root)
    drain_by_file(root, "seoul")
    capsys.readouterr()
    assert main(UNCHECKED) == Exit.OK
    seoul, tokyo = [line.split() for line in capsys.readouterr().out.splitlines() if "ap-northeast" in line]
    assert seoul == ["seoul", "ap-northeast-2", "primary", "drained", "ams", "(here", "alone)"]
    assert tokyo[-2:] == ["mail,", "shop"]
    assert main([*UNCHECKED, "--json"]) == Exit.OK
    (first, _) = json.loads(capsys.readouterr().out)["clusters"]
    assert first["systems"] == [{"system": "ams", "role": "answers", "alone": True}]


def test_list_of_a_drained_region_as_json(root: Path, fake: Engine, capsys: Capture) -> None:
    drain_by_file(root)
    fake.health = {"id-of-seoul": SICK, "id-of-tokyo": SILENT}
    capsys.readouterr()
    assert main([*LIST, "--json"]) == Exit.OK
    seoul, tokyo = json.loads(capsys.readouterr().out)["clusters"]
    assert (seoul["drained"], [one["role"] for one in seoul["systems"]]) == (False, ["answers", "answers"])
    assert tokyo == {
        "cluster": "tokyo",
        "region": "ap-northeast-1",
        "primary": False,
        "drained": True,
        "health": {"status": "unknown", "healthy": 0, "checkers": 0, "failure": "", "unknown": SILENT.unknown},
        "systems": [],
        "hosts": [],
    }
    assert seoul["health"] == {
        "status": "unhealthy",
        "healthy": 0,
        "checkers": 16,
        "failure": "HTTP Status Code 503, Service Unavailable",
        "unknown": "",
    }
    assert seoul["hosts"] == [
        {"host": f"{name}.example.com", "system": name, "role": "answers", "health": "unhealthy"}
        for name in ("mail", "shop")
    ]


def rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines() if ".example.com" in line or "ap-northeast" in line]


def test_list_shows_what_route_53_holds_of_each_region_and_host(root: Path, fake: Engine, capsys: Capture) -> None:
    with_one_alone(root)
    fake.health = {"id-of-tokyo": SICK}
    assert main(LIST) == Exit.OK
    captured = capsys.readouterr()
    seoul, tokyo, ams, mail, shop = rows(captured.out)
    assert seoul[5:10] == ["healthy,", "16", "of", "16", "checkers"]
    assert tokyo[4:9] == ["unhealthy,", "0", "of", "16", "checkers"]
    assert ams == ["ams.example.com", "whatever", "its", "health"]
    assert mail == ["mail.example.com", "healthy", "unhealthy", "(stands", "by)"]
    assert shop == ["shop.example.com", "healthy", "unhealthy"]
    assert captured.err == ""
    assert sorted(fake.asked) == ["id-of-seoul", "id-of-tokyo"]
    assert fake.operations == []


def test_list_says_once_why_nobody_knows(root: Path, fake: Engine, capsys: Capture) -> None:
    fake.health = dict.fromkeys(("id-of-seoul", "id-of-tokyo"), SILENT)
    assert main(LIST) == Exit.OK
    captured = capsys.readouterr()
    assert captured.err.splitlines() == [f"warning: the health of seoul and tokyo is not known: {SILENT}"]
    assert [row[-2:] for row in rows(captured.out)[2:]] == [["(stands", "by)"], ["unknown", "unknown"]]


def test_list_goes_on_where_the_state_cannot_be_read(
    root: Path, fake: Engine, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def known() -> None:
        raise Stop(Exit.FAILED, "cannot read the state of prod: no such bucket")

    monkeypatch.setattr(fake, "known", known)
    assert main(LIST) == Exit.OK
    assert capsys.readouterr().err.splitlines() == [
        "warning: the health of seoul and tokyo is not known: cannot read the state of prod: no such bucket"
    ]


def test_list_without_the_health_check_asks_nobody(root: Path, capsys: Capture) -> None:
    program = (
        "import sys; from operations.__main__ import main; code = main(sys.argv[1:]); "
        "sys.stderr.write(repr([int(code), 'boto3' in sys.modules, 'botocore' in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", program, *UNCHECKED], capture_output=True, text=True, check=True)
    assert done.stderr == "[0, False, False]"
    assert "Route 53" not in done.stdout
    assert main([*UNCHECKED, "--json"]) == Exit.OK
    assert [one["health"] for one in json.loads(capsys.readouterr().out)["clusters"]] == [None, None]


def test_drain_asks_for_the_regions_that_stay_alone(root: Path, fake: Engine, capsys: Capture) -> None:
    fake.changes(DRAINED)
    assert main([*DRAIN, "tokyo", "--yes"]) == Exit.OK
    assert fake.asked == ["id-of-seoul"]
    assert "warning" not in capsys.readouterr().err


def test_drain_that_would_leave_nothing_healthy_is_refused_in_one_line(
    root: Path, fake: Engine, capsys: Capture
) -> None:
    before = text(root)
    fake.changes(DRAINED)
    fake.health = {"id-of-seoul": SICK}
    assert main([*DRAIN, "tokyo", "--yes"]) == Exit.REFUSED
    line, after = capsys.readouterr().err.splitlines()[-2:]
    assert after == "nothing was changed"
    assert line == (
        "refused: Route 53 holds seoul (ap-northeast-2) unhealthy, which would keep mail.example.com and "
        "shop.example.com: 0 of 16 checkers find it healthy (HTTP Status Code 503, Service Unavailable): "
        "mend seoul first, or `--no-health-check` drains tokyo all the same"
    )
    assert (text(root), fake.operations) == (before, ["preview"])


def test_drain_without_the_health_check_is_done_whatever_route_53_holds(root: Path, fake: Engine) -> None:
    fake.changes(DRAINED)
    fake.health = {"id-of-seoul": SICK}
    assert main([*DRAIN, "tokyo", "--yes", "--no-health-check"]) == Exit.OK
    assert (drained(root), fake.operations, fake.asked) == (["tokyo"], ["preview", "up"], [])


@pytest.mark.parametrize("resources", [None, []], ids=["no answer", "no check in the state"])
def test_drain_goes_on_with_a_warning_where_nobody_knows(
    root: Path, fake: Engine, capsys: Capture, resources: list[Any] | None
) -> None:
    fake.changes(DRAINED)
    fake.health = {"id-of-seoul": SILENT}
    reason = str(SILENT)
    if resources is not None:
        fake.state = {"deployment": {"resources": resources}}
        reason = "the state has no health check of it: `naru up` makes it"
    assert main([*DRAIN, "tokyo", "--yes"]) == Exit.OK
    assert (drained(root), fake.operations) == (["tokyo"], ["preview", "up"])
    assert (
        "warning: whether seoul (ap-northeast-2), which keeps mail.example.com and shop.example.com, is healthy "
        f"is not known: {reason}"
    ) in capsys.readouterr().err.splitlines()


def test_drain_that_changes_no_record_any_more_asks_nothing(root: Path, fake: Engine) -> None:
    drain_by_file(root)
    fake.health = {"id-of-seoul": SICK}
    assert main([*DRAIN, "tokyo", "--yes"]) == Exit.OK
    assert (fake.operations, fake.asked) == (["preview"], [])


def test_restore_warns_of_what_route_53_holds_unhealthy(root: Path, fake: Engine, capsys: Capture) -> None:
    drain_by_file(root)
    fake.changes(RESTORED)
    fake.health = {"id-of-tokyo": SICK, "id-of-seoul": SICK}
    assert main([*RESTORE, "tokyo", "--yes"]) == Exit.OK
    assert (drained(root), fake.operations, fake.asked) == ([], ["preview", "up"], ["id-of-tokyo"])
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("warning: ")]
    assert line == (
        "warning: Route 53 holds tokyo (ap-northeast-1) unhealthy: 0 of 16 checkers find it healthy "
        "(HTTP Status Code 503, Service Unavailable): users of mail.example.com and shop.example.com come there once "
        "it is healthy, or where no other region is"
    )


def test_restore_of_a_healthy_region_says_nothing_of_it(root: Path, fake: Engine, capsys: Capture) -> None:
    drain_by_file(root)
    fake.changes(RESTORED)
    assert main([*RESTORE, "tokyo", "--yes"]) == Exit.OK
    assert "warning" not in capsys.readouterr().err


def test_drain_writes_the_setting_and_changes_these_records_alone(root: Path, fake: Engine, capsys: Capture) -> None:
    before = text(root)
    fake.changes(DRAINED)
    assert main([*DRAIN, "tokyo", "--yes"]) == Exit.OK
    assert fake.operations == ["preview", "up"]
    for _, request in fake.requests:
        assert set(request.target) == {
            f"**{RECORD}::{name}" for name in (f"{SHOP}/seoul", f"{SHOP}/tokyo", f"{MAIL}/primary", f"{MAIL}/secondary")
        }
        assert not request.exclude
    line = "        dataDomain: data.example.com\n"
    assert text(root) == before.replace(line, f"{line}        drained: true\n")
    assert drained(root) == ["tokyo"]
    assert all("drained: true" in file for file in fake.files)
    captured = capsys.readouterr()
    assert captured.out.splitlines() == [
        "mail.example.com leads to seoul (ap-northeast-2)",
        "shop.example.com leads to seoul (ap-northeast-2)",
    ]
    assert f"- {SHOP}/tokyo" in captured.err
    assert "tokyo is out of traffic: 2 deleted" in captured.err
    assert "within 60 s" in captured.err
    assert f'git commit -m "drain tokyo" -- {FILE}' in captured.err


def test_restore_takes_the_setting_away_and_brings_the_records_back(root: Path, fake: Engine, capsys: Capture) -> None:
    before = text(root)
    drain_by_file(root)
    fake.changes(RESTORED)
    assert main([*RESTORE, "tokyo", "--yes"]) == Exit.OK
    assert fake.operations == ["preview", "up"]
    assert text(root) == before
    captured = capsys.readouterr()
    assert "shop.example.com leads to the nearest of seoul" in captured.out
    assert "tokyo is in traffic: 2 created" in captured.err


def test_primary_region_is_drained_though_a_system_runs_there_alone(root: Path, fake: Engine, capsys: Capture) -> None:
    with_one_alone(root)
    fake.changes({f"{SHOP}/seoul": "delete", f"{MAIL}/primary": "update", f"{MAIL}/secondary": "delete"})
    assert main([*DRAIN, "seoul", "--yes"]) == Exit.OK
    assert (drained(root), fake.operations) == (["seoul"], ["preview", "up"])
    assert not any("/ams/" in target for _, request in fake.requests for target in request.target)
    captured = capsys.readouterr()
    assert captured.err.splitlines()[0] == "warning: ams runs in seoul alone: its hosts go on leading there"
    assert "ams.example.com leads to seoul (ap-northeast-2)" in captured.out.splitlines()


def test_restore_asks_nothing_of_what_leads_there_anyway(
    root: Path, fake: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_one_alone(root)
    drain_by_file(root, "seoul")
    asked: list[object] = []

    def look(_root: Path, _stack: object, _cluster: str, systems: list[str]) -> list[str]:
        asked.extend(systems)
        return []

    monkeypatch.setattr(health, "look", look)
    assert main([*RESTORE, "seoul", "--yes"]) == Exit.OK
    assert asked == ["mail", "shop"]


def test_edit_of_somebody_else_while_the_cluster_is_asked_stays(
    root: Path, fake: Engine, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    drain_by_file(root)
    theirs = text(root).replace("owner: platform", "owner: others")

    def look(*_: object) -> list[str]:
        (root / FILE).write_text(theirs, encoding="utf-8")
        return []

    monkeypatch.setattr(health, "look", look)
    capsys.readouterr()
    assert main([*RESTORE, "tokyo", "--yes"]) == Exit.REFUSED
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"refused: {FILE} was changed since it was read")
    assert (text(root), fake.operations) == (theirs, [])


def test_result_as_json(root: Path, fake: Engine, capsys: Capture) -> None:
    fake.changes(DRAINED)
    assert main([*DRAIN, "tokyo", "--yes", "--json"]) == Exit.OK
    assert json.loads(capsys.readouterr().out) == {
        "stack": "prod",
        "cluster": "tokyo",
        "action": "drain",
        "result": "succeeded",
        "file": FILE,
        "written": True,
        "records": DRAINED,
        "failures": [],
    }


@pytest.mark.parametrize(
    ("cluster", "said"), [("tokio", 'no cluster "tokio"; did you mean "tokyo"?'), ("seoul", "the last region")]
)
def test_region_that_cannot_be_drained_is_refused_in_one_line(
    root: Path, fake: Engine, capsys: Capture, cluster: str, said: str
) -> None:
    drain_by_file(root)
    before = text(root)
    capsys.readouterr()
    assert main([*DRAIN, cluster, "--yes"]) == Exit.FAULTS
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{FILE}:")
    assert said in line
    assert (text(root), fake.operations) == (before, [])


def test_region_that_is_out_of_traffic_already_changes_nothing(root: Path, fake: Engine, capsys: Capture) -> None:
    drain_by_file(root)
    before = text(root)
    assert main([*DRAIN, "tokyo", "--yes", "--json"]) == Exit.OK
    assert (text(root), fake.operations) == (before, ["preview"])
    captured = capsys.readouterr()
    assert json.loads(captured.out)["result"] == "unchanged"
    assert "no change: tokyo is out of traffic already" in captured.err


def test_records_that_an_earlier_drain_left_are_changed_by_the_next(root: Path, fake: Engine) -> None:
    drain_by_file(root)
    fake.changes({f"{SHOP}/tokyo": "delete"})
    assert main([*DRAIN, "tokyo", "--yes"]) == Exit.OK
    assert fake.operations == ["preview", "up"]


def test_region_whose_records_are_not_there_yet_is_drained_by_the_setting(
    root: Path, fake: Engine, capsys: Capture
) -> None:
    assert main([*DRAIN, "tokyo", "--yes"]) == Exit.OK
    assert fake.operations == ["preview"]
    assert drained(root) == ["tokyo"]
    assert "no record had to change" in capsys.readouterr().err


def test_preview_that_would_change_anything_else_stops_with_what(root: Path, fake: Engine, capsys: Capture) -> None:
    before = text(root)
    fake.changes(DRAINED)
    kind, name = "aws:lb/loadBalancer:LoadBalancer", "tokyo/common/aws/entrance"
    fake.planned.append(told("resourcePreEvent", "update", name, kind, planning=True))
    assert main([*DRAIN, "tokyo", "--yes"]) == Exit.REFUSED
    said = capsys.readouterr().err
    assert f"refused: it would also update {kind} {name}" in said
    assert "check out the commit that is deployed and `naru region drain --stack prod tokyo` there" in said
    assert "`naru up --stack prod`" in said
    assert (text(root), fake.operations) == (before, ["preview"])


def test_preview_that_fails_changes_nothing(root: Path, fake: Engine, capsys: Capture) -> None:
    before = text(root)
    fake.failure, fake.failing = EngineError("AWS account ID not allowed"), "preview"
    assert main([*DRAIN, "tokyo", "--yes"]) == Exit.FAILED
    assert "failed: stack: AWS account ID not allowed" in capsys.readouterr().err
    assert (text(root), fake.operations) == (before, ["preview"])


@pytest.mark.parametrize(("action", "urgent"), [(DRAIN, True), (RESTORE, False)], ids=["drain", "restore"])
def test_drain_alone_does_not_wait_for_aws(
    root: Path, fake: Engine, monkeypatch: pytest.MonkeyPatch, action: list[str], *, urgent: bool
) -> None:
    asked: list[object] = []

    def ask(*_: object, **given: object) -> list[Finding]:
        asked.append(given["urgent"])
        return []

    monkeypatch.setattr(check, "ask", ask)
    assert main([*action, "tokyo", "--yes"]) == Exit.OK
    assert asked == [urgent]


def test_credentials_of_another_account_are_refused_before_anything_is_asked(root: Path, fake: Engine) -> None:
    before = text(root)
    fake.findings = [Finding("", "ap-northeast-2", "account", "123456789012", "this is another account")]
    assert main([*DRAIN, "tokyo", "--yes"]) == Exit.FAULTS
    assert (text(root), fake.operations) == (before, [])


@pytest.mark.parametrize("answer", ["", "staging"])
def test_production_that_is_not_confirmed_by_its_name_stays_as_it_is(
    root: Path, fake: Engine, monkeypatch: pytest.MonkeyPatch, capsys: Capture, answer: str
) -> None:
    before = text(root)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(typer, "prompt", lambda *_, **__: answer)
    fake.changes(DRAINED)
    assert main([*DRAIN, "tokyo"]) == Exit.OK
    assert (text(root), fake.operations) == (before, ["preview"])
    assert "nothing was changed" in capsys.readouterr().err


def test_production_is_confirmed_by_its_name(root: Path, fake: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(typer, "prompt", lambda *_, **__: "prod")
    fake.changes(DRAINED)
    assert main([*DRAIN, "tokyo"]) == Exit.OK
    assert fake.operations == ["preview", "up"]


def test_production_is_not_changed_where_nobody_can_confirm(
    root: Path, fake: Engine, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    before = text(root)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    fake.changes(DRAINED)
    assert main([*DRAIN, "tokyo"]) == Exit.USAGE
    assert "give --yes" in capsys.readouterr().err
    assert (text(root), fake.operations) == (before, ["preview"])


def test_dry_run_shows_and_changes_nothing(
    root: Path, fake: Engine, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    before = text(root)
    monkeypatch.setenv("DRY_RUN", "true")
    fake.changes(DRAINED)
    assert main([*DRAIN, "tokyo", "--yes"]) == Exit.OK
    assert f"- {SHOP}/tokyo" in capsys.readouterr().err
    assert (text(root), fake.operations) == (before, ["preview"])


@pytest.fixture
def unwritable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no file written."""

    def put_in_place(*_: object) -> None:
        message = "a file was written"
        raise AssertionError(message)

    monkeypatch.setattr("operations.region.setting.put_in_place", put_in_place)


@pytest.mark.usefixtures("unwritable")
def test_dry_run_of_the_setting_alone_writes_and_asks_nothing(
    root: Path, fake: Engine, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("DRY_RUN", "true")
    assert main([*DRAIN, "tokyo", "--setting-only", "--json"]) == Exit.OK
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    assert (told["result"], told["written"], told["records"]) == ("previewed", False, {})
    assert "DRY_RUN is set: nothing is changed" in captured.err
    assert (drained(root), fake.operations) == ([], [])


@pytest.mark.parametrize("records", [{}, DRAINED], ids=["no record", "records"])
def test_dry_run_is_a_document_and_leaves_the_file(
    root: Path, fake: Engine, monkeypatch: pytest.MonkeyPatch, capsys: Capture, records: dict[str, str]
) -> None:
    before = text(root)
    monkeypatch.setenv("DRY_RUN", "true")
    fake.changes(records)
    assert main([*DRAIN, "tokyo", "--json"]) == Exit.OK
    told = json.loads(capsys.readouterr().out)
    assert (told["result"], told["written"], told["records"]) == ("previewed", False, records)
    assert (text(root), fake.operations) == (before, ["preview"])


@pytest.mark.parametrize("records", [{}, DRAINED], ids=["no record", "records"])
def test_what_is_declined_is_a_document_and_leaves_the_file(
    root: Path, fake: Engine, monkeypatch: pytest.MonkeyPatch, capsys: Capture, records: dict[str, str]
) -> None:
    before = text(root)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(typer, "prompt", lambda *_, **__: "")
    fake.changes(records)
    assert main([*DRAIN, "tokyo", "--json"]) == Exit.OK
    told = json.loads(capsys.readouterr().out)
    assert (told["result"], told["written"], told["records"]) == ("declined", False, records)
    assert (text(root), fake.operations) == (before, ["preview"])


@pytest.mark.usefixtures("unwritable")
def test_setting_that_moves_no_record_is_confirmed_before_it_is_written(
    root: Path, fake: Engine, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    for name in ("shop", "mail"):
        system = (
            SYSTEM.replace("NAME", name).replace("TRAFFIC", "latency").replace("clusters: all", "clusters: primary")
        )
        (root / f"catalog/{name}.yaml").write_text(system, encoding="utf-8")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    assert main([*DRAIN, "tokyo"]) == Exit.USAGE
    said = capsys.readouterr().err
    assert f"drain tokyo: drained in {FILE}, and no record" in said
    assert "give --yes" in said
    assert (drained(root), fake.operations) == ([], [])


def test_update_that_another_keeps_from_beginning_leaves_the_file(root: Path, fake: Engine, capsys: Capture) -> None:
    before = text(root)
    fake.changes(DRAINED)
    fake.failure = Stop(Exit.FAILED, "another update of prod is at work (see the state backend): wait for its end")
    assert main([*DRAIN, "tokyo", "--yes"]) == Exit.FAILED
    said = capsys.readouterr().err
    assert "another update of prod is at work" in said
    assert f"nothing was changed: {FILE} says what it said" in said
    assert (text(root), fake.operations) == (before, ["preview", "up"])


def test_crash_while_records_change_says_what_the_file_has(root: Path, fake: Engine, capsys: Capture) -> None:
    fake.changes(DRAINED)
    fake.failure = RuntimeError("a mistake of ours")
    assert main([*DRAIN, "tokyo", "--yes"]) == Exit.FAILED
    said = capsys.readouterr().err
    assert f"{FILE} says `drained: true` of tokyo, and stays so" in said
    assert "`naru region drain --stack prod tokyo` goes on from here" in said
    assert drained(root) == ["tokyo"]


def test_preview_that_is_interrupted_leaves_the_file_and_names_the_way_on(
    root: Path, fake: Engine, capsys: Capture
) -> None:
    before = text(root)
    fake.failure, fake.failing = InterruptedUpdateError(), "preview"
    assert main([*DRAIN, "tokyo", "--yes"]) == Exit.INTERRUPTED
    said = capsys.readouterr().err
    assert "interrupted: `naru region drain --stack prod tokyo` continues from here" in said
    assert "nothing was changed" in said
    assert "naru preview" not in said
    assert (text(root), fake.operations) == (before, ["preview"])


def test_update_that_fails_half_way_says_what_is_left_and_how_to_go_on(
    root: Path, fake: Engine, capsys: Capture
) -> None:
    fake.changes(DRAINED, failing=f"{MAIL}/secondary")
    fake.failure = EngineError("update failed")
    assert main([*DRAIN, "tokyo", "--yes"]) == Exit.FAILED
    said = capsys.readouterr().err
    assert f"failed: {MAIL}/secondary" in said
    assert f"{FILE} says `drained: true` of tokyo, and stays so" in said
    assert f"not changed: {MAIL}/secondary\n" in said
    assert "`naru region drain --stack prod tokyo` goes on from here" in said
    assert "`naru region restore --stack prod tokyo` goes back" in said
    assert "leads to" not in said
    assert drained(root) == ["tokyo"]


@pytest.mark.parametrize("failure", [EngineError("update failed"), RuntimeError("a mistake of ours")], ids=str)
@pytest.mark.parametrize(
    ("command", "records", "flag"), [(DRAIN, DRAINED, "--no-health-check"), (RESTORE, RESTORED, "--force")]
)
def test_what_goes_on_from_here_passes_over_what_it_did_before(
    root: Path,
    fake: Engine,
    capsys: Capture,
    command: list[str],
    records: dict[str, str],
    flag: str,
    failure: Exception,
) -> None:
    if command is RESTORE:
        drain_by_file(root)
    fake.changes(records, failing=f"{MAIL}/secondary")
    fake.failure = failure
    assert main([*command, "tokyo", "--yes", flag]) == Exit.FAILED
    assert f"`naru {' '.join(command)} tokyo {flag}` goes on from here" in capsys.readouterr().err


def test_update_that_is_interrupted_keeps_the_setting(root: Path, fake: Engine, capsys: Capture) -> None:
    fake.planned = [told("resourcePreEvent", "delete", f"{SHOP}/tokyo", planning=True)]
    fake.failure = InterruptedUpdateError()
    assert main([*DRAIN, "tokyo", "--yes"]) == Exit.INTERRUPTED
    assert drained(root) == ["tokyo"]
    assert f"not changed: {SHOP}/tokyo" in capsys.readouterr().err


def test_setting_only_asks_neither_engine_nor_user(root: Path, fake: Engine, capsys: Capture) -> None:
    assert main([*DRAIN, "tokyo", "--setting-only"]) == Exit.OK
    assert (drained(root), fake.operations) == (["tokyo"], [])
    assert "no record was changed" in capsys.readouterr().err
    assert main([*DRAIN, "tokyo", "--setting-only"]) == Exit.OK
    assert f"no change: {FILE} has tokyo out of traffic already" in capsys.readouterr().err


def test_region_that_is_not_healthy_is_not_restored_unless_by_force(
    root: Path, fake: Engine, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    drain_by_file(root)
    before = text(root)
    asked: list[object] = []

    def look(_root: Path, _stack: object, cluster: str, systems: object) -> list[str]:
        asked.append((cluster, list(systems)))  # type: ignore[call-overload]
        return ["shop/web: pods have not started yet"]

    monkeypatch.setattr(health, "look", look)
    fake.changes(RESTORED)
    assert main([*RESTORE, "tokyo", "--yes"]) == Exit.REFUSED
    assert "refused: tokyo: shop/web: pods have not started yet" in capsys.readouterr().err
    assert (text(root), fake.operations) == (before, [])
    assert main([*RESTORE, "tokyo", "--yes", "--force"]) == Exit.OK
    assert "warning: tokyo: shop/web: pods have not started yet" in capsys.readouterr().err
    assert (drained(root), fake.operations) == ([], ["preview", "up"])
    assert asked == [("tokyo", ["mail", "shop"])] * 2


def test_system_without_hosts_is_looked_at_before_its_region_comes_back(
    root: Path, fake: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_one_alone(root)
    behind = "description: NAME\nclusters: all\nnamespaces:\n  main: { name: NAME }\n" + SERVICE
    behind = "".join(line for line in behind.splitlines(keepends=True) if "exposure" not in line)
    (root / "catalog/stock.yaml").write_text(behind.replace("NAME", "stock"), encoding="utf-8")
    released = root / "releases/prod.yaml"
    released.write_text(released.read_text(encoding="utf-8") + "stock:\n  web: { tag: 1.0.0 }\n", encoding="utf-8")
    drain_by_file(root)
    asked: list[str] = []

    def look(_root: Path, _stack: object, _cluster: str, systems: list[str]) -> list[str]:
        asked.extend(systems)
        return []

    monkeypatch.setattr(health, "look", look)
    fake.changes(RESTORED)
    assert main([*RESTORE, "tokyo", "--yes"]) == Exit.OK
    assert sorted(asked) == ["mail", "shop", "stock"]


def test_drain_asks_no_cluster(root: Path, fake: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: object) -> None:
        message = "a cluster was asked"
        raise AssertionError(message)

    # The region is drained because of what its cluster is like: no answer of it may be needed.
    for module in ("operations.session", "operations.region.health", "operations.sealing.generated"):
        monkeypatch.setattr(f"{module}.connect", connect)
    fake.changes(DRAINED)
    assert main([*DRAIN, "tokyo", "--yes"]) == Exit.OK
    assert fake.operations == ["preview", "up"]


def test_file_that_would_come_to_say_more_than_that_is_put_back(
    root: Path, fake: Engine, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    before = text(root)

    def between(root: Path, stack: str) -> StackFile:
        """Read it as somebody changed it after the stack was loaded."""
        (root / FILE).write_text(before.replace("owner: platform", "owner: others"), encoding="utf-8")
        return read_stack_file(root, stack)

    monkeypatch.setattr(run, "read_stack_file", between)
    assert main([*DRAIN, "tokyo", "--yes"]) == Exit.FAULTS
    assert "changing it would change more of the stack than that" in capsys.readouterr().err
    assert text(root) == before.replace("owner: platform", "owner: others")
    assert fake.operations == []
