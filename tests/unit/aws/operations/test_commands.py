"""The commands `naru aws`, and what `naru up` and its like ask of AWS first: words, exit codes, and costs."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from operations import session
from operations.__main__ import main
from operations.aws import policy
from operations.aws.check import ask
from operations.aws.client import Aws
from operations.aws.progress import counting
from operations.aws.wanted import Bucket, Database, Image, Parameter, Secret, Wanted
from operations.exits import Exit, Stop
from tests.aws_projects import AwsProject
from tests.moto.cloud import ACCOUNT, Account
from tests.unit.aws.operations.account import OTHER, SEOUL, elsewhere, fill, push, refusal, start_database, take
from tests.unit.operations.fake_stack import FakeEngine, FakeServer

Capture = pytest.CaptureFixture[str]
API = Image("shop", SEOUL, "shop/api", "1.0.0", None)
RELAY = Image("mail", SEOUL, "mail/relay", "1.0.0", None)
STORE = Database("shop", SEOUL, "store", "shop-prod-store")
RELEASED = Wanted(
    "prod",
    ACCOUNT,
    SEOUL,
    images=(API, RELAY),
    secrets=(Secret("shop", SEOUL, "shop/prod/api"),),
    parameters=(Parameter("shop", SEOUL, "/shop/prod/limits/orders"),),
    buckets=(Bucket("shop", SEOUL, f"shop-prod-backups-{ACCOUNT}"),),
)


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the project with two systems, its stack prod in moto's account, and make it the current folder."""
    AwsProject(tmp_path)
    for file in tmp_path.rglob("*.yaml"):
        file.write_text(file.read_text(encoding="utf-8").replace("111122223333", ACCOUNT), encoding="utf-8")
    with (tmp_path / "catalog/mail.yaml").open("a", encoding="utf-8") as catalog:
        catalog.write("aws: {}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def released() -> None:
    fill(RELEASED)


def test_check_of_all_that_is_there_is_silent_but_for_a_summary(released: None, capsys: Capture) -> None:
    assert main(["aws", "check", "--stack", "prod"]) == Exit.OK
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines()[-1] == (
        f"prod: account {ACCOUNT}: 2 images, 1 secret, 1 parameter, 1 bucket: all as it should be"
    )


def test_check_before_the_first_up_warns_and_ends_well(capsys: Capture) -> None:
    assert main(["aws", "check", "--stack", "prod"]) == Exit.OK
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert all(line.startswith("warning: ap-northeast-2/") and "`naru up` makes it" in line for line in lines)


def test_check_refuses_a_release_whose_image_is_not_there(released: None, capsys: Capture) -> None:
    Account(SEOUL).client("ecr").batch_delete_image(repositoryName="shop/api", imageIds=[{"imageTag": API.tag}])
    assert main(["aws", "check", "--stack", "prod"]) == Exit.REFUSED
    captured = capsys.readouterr()
    assert captured.out.splitlines() == [
        "refused: ap-northeast-2/shop: there is no shop/api:1.0.0: push it, or correct the release"
    ]
    assert "1 refused, 0 warnings" in captured.err


def test_check_asks_for_the_digest_that_the_release_has(released: None, project: Path, capsys: Capture) -> None:
    release = project / "releases/prod.yaml"
    text = release.read_text(encoding="utf-8")
    digest = f"sha256:{'9' * 64}"
    release.write_text(text.replace("api: { tag: 1.0.0", f"api: {{ tag: 1.0.0, digest: '{digest}'"), encoding="utf-8")
    assert main(["aws", "check", "--stack", "prod", "shop"]) == Exit.REFUSED
    (line,) = capsys.readouterr().out.splitlines()
    assert f"there is no shop/api:1.0.0@{digest[:19]}… (its tag 1.0.0 points to {OTHER[:19]}…)" in line
    push(API, digest=digest)
    assert main(["aws", "check", "--stack", "prod", "shop"]) == Exit.OK


def test_check_of_one_system_asks_for_nothing_of_others(capsys: Capture) -> None:
    assert main(["aws", "check", "--stack", "prod", "mail"]) == Exit.OK
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("warning: ap-northeast-2/mail: the repository mail/relay")


def test_check_as_json_has_every_finding(capsys: Capture) -> None:
    assert main(["aws", "check", "--stack", "prod", "mail", "--json"]) == Exit.OK
    assert json.loads(capsys.readouterr().out) == {
        "stack": "prod",
        "account": ACCOUNT,
        "refused": False,
        "findings": [
            {
                "system": "mail",
                "region": SEOUL,
                "kind": "image",
                "name": "mail/relay:1.0.0",
                "text": "the repository mail/relay is not there yet: `naru up --stack prod` (of all systems) makes it; "
                "push mail/relay:1.0.0 before its pods start",
                "stops": False,
            }
        ],
    }


def test_wrong_account_is_refused_and_nothing_else_is_asked(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    for name, value in elsewhere().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(Aws, "pages", lambda *_, **__: pytest.fail("more was asked"))
    assert main(["aws", "check", "--stack", "prod"]) == Exit.FAULTS
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("refused: ap-northeast-2: these credentials are of the account 999999999999")
    assert main(["aws", "backups", "--stack", "prod"]) == Exit.FAULTS
    assert "these credentials are of the account 999999999999" in capsys.readouterr().err


@pytest.mark.parametrize("words", ["aws check", "aws backups"])
def test_no_credentials_is_one_line(words: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    assert main([*words.split(), "--stack", "prod"]) == Exit.REFUSED
    captured = capsys.readouterr()
    (line,) = captured.err.splitlines()
    assert line.startswith("refused: there are no credentials for AWS")
    assert captured.out == ""


@pytest.mark.parametrize("words", ["aws check", "aws backups", "aws policy"])
def test_stack_without_aws_is_told_so(words: str, capsys: Capture) -> None:
    assert main([*words.split(), "--stack", "dev"]) == Exit.USAGE
    assert capsys.readouterr().err.splitlines() == ["dev has no AWS: its stack file says nothing of `aws`"]


@pytest.mark.parametrize("words", ["aws check --stack prod shpo", "aws backups --stack prod shpo"])
def test_unknown_system_is_one_line(words: str, capsys: Capture) -> None:
    assert main(words.split()) == Exit.FAULTS
    assert 'did you mean "shop"?' in capsys.readouterr().err


def test_policy_is_printed_and_written_alike_and_nobody_is_asked(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    assert main(["aws", "policy", "--stack", "prod"]) == Exit.OK
    printed = capsys.readouterr().out
    assert main(["aws", "policy", "--stack", "prod", "--out", "policy.json"]) == Exit.OK
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "wrote policy.json\n")
    assert (project / "policy.json").read_text(encoding="utf-8") == printed
    assert json.loads(printed)["Version"] == "2012-10-17"


def test_policy_that_iam_would_not_take_as_one_is_warned_about(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(policy, "LONGEST", 100)
    assert main(["aws", "policy", "--stack", "prod"]) == Exit.OK
    assert capsys.readouterr().err.startswith("warning: this is longer than a managed policy may be (6,144 characters)")


def test_policy_that_cannot_be_written_is_one_line(capsys: Capture) -> None:
    assert main(["aws", "policy", "--stack", "prod", "--out", "nowhere/policy.json"]) == Exit.FAULTS
    assert capsys.readouterr().err.splitlines() == ["nowhere/policy.json: No such file or directory"]


def managed(project: Path) -> None:
    """Have RDS run the database of the shop."""
    catalog = project / "catalog/shop.yaml"
    rds = "managed: { version: '17', instanceClass: db.t4g.medium, storageGib: 20 }"
    text = catalog.read_text(encoding="utf-8")
    catalog.write_text(text.replace("engine: postgresql\n", f"engine: postgresql\n    {rds}\n"), encoding="utf-8")


def test_backups_of_a_database_are_a_line_of_a_table(project: Path, capsys: Capture) -> None:
    managed(project)
    start_database(STORE)
    assert main(["aws", "backups", "--stack", "prod"]) == Exit.OK
    captured = capsys.readouterr()
    (line,) = [line for line in captured.out.splitlines() if "shop-prod-store" in line]
    assert line.split()[:4] == ["shop/store", SEOUL, "shop-prod-store", "available"]
    assert captured.err.splitlines() == ["how each is restored: docs/aws/backups.md"]


def test_backups_of_one_data_store_list_its_snapshots(project: Path, capsys: Capture) -> None:
    managed(project)
    start_database(STORE)
    Account(SEOUL).client("rds").create_db_snapshot(
        DBInstanceIdentifier=STORE.identifier, DBSnapshotIdentifier="before-upgrade"
    )
    assert main(["aws", "backups", "--stack", "prod", "shop/store"]) == Exit.OK
    out = capsys.readouterr().out
    assert f"{STORE.identifier} in {SEOUL}: its own host is {STORE.identifier}." in out
    assert "before-upgrade" in out
    assert main(["aws", "backups", "--stack", "prod", "shop/other"]) == Exit.FAULTS
    assert "no data store of this name that AWS runs" in capsys.readouterr().err


def test_backups_as_json(project: Path, capsys: Capture) -> None:
    managed(project)
    start_database(STORE)
    assert main(["aws", "backups", "--stack", "prod", "--json"]) == Exit.OK
    found = json.loads(capsys.readouterr().out)
    (database,) = found["databases"]
    assert (database["identifier"], database["status"], database["keptDays"]) == ("shop-prod-store", "available", 14)
    assert found["lacking"] == []


def test_database_without_a_backup_ends_in_a_code_of_its_own(project: Path, capsys: Capture) -> None:
    managed(project)
    assert main(["aws", "backups", "--stack", "prod"]) == Exit.FAILED
    assert "warning: shop/store in ap-northeast-2: rds shop-prod-store is not there" in capsys.readouterr().err


@pytest.fixture
def throttled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have ECR answer that it is too busy."""
    made = Aws._client

    def busy(self: Aws, service: str) -> Any:
        client = made(self, service)
        if service == "ecr":
            client.meta.events.register_first(
                "before-send", lambda request, **_: refusal("ThrottlingException", "Rate exceeded")(request), "busy"
            )
        return client

    monkeypatch.setattr(Aws, "_client", busy)


def test_throttled_check_is_one_line(released: None, throttled: None, capsys: Capture) -> None:
    assert main(["aws", "check", "--stack", "prod"]) == Exit.REFUSED
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith("refused: ecr.describe_images in ap-northeast-2 was throttled, asked 5 times: wait")


def test_long_row_of_questions_says_how_far_it_is() -> None:
    stream, now = io.StringIO(), iter([0.0, 1.0, 6.0, 6.0, 7.0, 8.0])
    with counting("asking AWS", 5, Console(file=stream, width=80), clock=lambda: next(now)) as done:
        for _ in range(5):
            done()
    assert stream.getvalue().splitlines() == ["asking AWS: 2 of 5"]


def test_terminal_shows_how_far_it_is_in_one_line() -> None:
    stream = io.StringIO()
    with counting("asking AWS", 2, Console(file=stream, force_terminal=True, width=80)) as done:
        done()
        done()
    assert "asking AWS" in stream.getvalue()


def test_stack_without_managed_data_has_no_backups(capsys: Capture) -> None:
    assert main(["aws", "backups", "--stack", "prod"]) == Exit.OK
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "prod has no data store that AWS runs" in captured.err


def test_help_of_each_command_has_examples(capsys: Capture) -> None:
    for words in (["check"], ["policy"], ["backups"]):
        assert main(["aws", *words, "--help"]) == Exit.OK
        assert f"naru aws {words[0]} --stack prod" in capsys.readouterr().out


def test_help_of_check_says_which_exit_code_is_whose_fault(capsys: Capture) -> None:
    assert main(["aws", "check", "--help"]) == Exit.OK
    told = " ".join(capsys.readouterr().out.split())
    assert "The exit code is 1 where the account or a bucket is not ours, and 4 for all else that is refused." in told


UP = ["up", "--stack", "prod", "--yes"]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """Have nothing but an engine and clusters that do as they are told."""
    fake = FakeEngine()
    monkeypatch.setattr(session, "_engine", lambda *_: fake)
    monkeypatch.setattr(session, "connect", lambda *_: FakeServer())
    monkeypatch.setenv("DRY_RUN", "true")
    return fake


def test_up_on_the_wrong_account_changes_nothing(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    for name, value in elsewhere().items():
        monkeypatch.setenv(name, value)
    assert main(UP) == Exit.FAULTS
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("refused: ap-northeast-2: these credentials are of the account 999999999999")
    assert lines[1:] == ["nothing was changed: 1 to put right first"]
    assert engine.operations == []


@pytest.mark.parametrize("words", [["preview", "--stack", "prod"], ["destroy", "--stack", "prod", "--yes"], UP])
def test_wrong_account_is_found_before_any_cluster_is_reached(
    words: list[str], engine: FakeEngine, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = project / "Pulumi.prod.yaml"
    stack.write_text(stack.read_text(encoding="utf-8").replace("tier: production", "tier: staging"), encoding="utf-8")
    for name, value in elsewhere().items():
        monkeypatch.setenv(name, value)

    def connect(*_: Any) -> None:
        pytest.fail("a cluster was reached")

    monkeypatch.setattr(session, "connect", connect)
    assert main(words) == Exit.FAULTS


@pytest.mark.parametrize("words", [["aws", "check", "--stack", "prod"], UP])
def test_name_of_a_bucket_that_is_taken_is_a_fault_of_the_files(
    words: list[str], engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS", "false")
    take(f"shop-prod-backups-{ACCOUNT}")
    assert main(words) == Exit.FAULTS
    told = capsys.readouterr()
    (line,) = (line for line in (told.out + told.err).splitlines() if line.startswith("refused: "))
    assert f"the bucket shop-prod-backups-{ACCOUNT} belongs to another account" in line
    assert engine.operations == []


def test_up_is_refused_without_the_image_of_the_release(released: None, engine: FakeEngine, capsys: Capture) -> None:
    Account(SEOUL).client("ecr").batch_delete_image(repositoryName="shop/api", imageIds=[{"imageTag": API.tag}])
    assert main(UP) == Exit.REFUSED
    told = capsys.readouterr().err
    assert "refused: ap-northeast-2/shop: there is no shop/api:1.0.0" in told
    assert "`--accept-aws` goes on all the same" in told
    assert engine.operations == []


def test_primary_that_moved_is_refused_before_aws_is_asked_for_names_in_its_region(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(Aws, "__init__", lambda *_: pytest.fail("AWS was asked"))
    urn = "urn:pulumi:prod::naru::aws:s3/bucket:Bucket::global/shop/aws/bucket/backups"
    there = "urn:pulumi:prod::naru::pulumi:providers:aws::aws/us-east-1::1c0ffee"
    resource = {"urn": urn, "type": "aws:s3/bucket:Bucket", "provider": there}
    engine.state = {"deployment": {"resources": [resource]}}
    assert main(UP) == Exit.REFUSED
    told = capsys.readouterr().err
    assert "is the primary cluster now, where AWS would make global/shop/aws/bucket/backups anew, empty" in told
    assert engine.operations == []


def test_wrong_account_is_told_where_it_keeps_the_state_from_being_read_too(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    for name, value in elsewhere().items():
        monkeypatch.setenv(name, value)

    def known() -> None:
        raise Stop(Exit.FAILED, "cannot read the state of prod: AccessDenied")

    monkeypatch.setattr(engine, "known", known)
    assert main(UP) == Exit.FAULTS
    assert "these credentials are of the account 999999999999" in capsys.readouterr().err


@pytest.fixture
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nothing to say against the clusters."""
    monkeypatch.setattr(session.Session, "check", lambda _, request: request)


@pytest.mark.usefixtures("released", "unchecked")
def test_up_goes_on_without_the_image_where_that_is_accepted(engine: FakeEngine, capsys: Capture) -> None:
    Account(SEOUL).client("ecr").batch_delete_image(repositoryName="shop/api", imageIds=[{"imageTag": API.tag}])
    assert main([*UP, "--accept-aws"]) == Exit.OK
    told = capsys.readouterr().err
    assert "warning: ap-northeast-2/shop: there is no shop/api:1.0.0" in told
    assert "refused" not in told
    assert engine.operations == ["preview"]


@pytest.mark.usefixtures("released", "unchecked", "throttled")
def test_service_of_aws_that_does_not_answer_stops_up_unless_that_is_accepted(
    engine: FakeEngine, capsys: Capture
) -> None:
    assert main(UP) == Exit.REFUSED
    refused, advice = capsys.readouterr().err.splitlines()[-2:]
    assert refused.startswith("refused: ecr.describe_images in ap-northeast-2 was throttled")
    assert advice == "`--accept-aws` goes on all the same"
    assert engine.operations == []
    assert main([*UP, "--accept-aws"]) == Exit.OK
    told = capsys.readouterr().err
    assert "warning: ap-northeast-2: ecr.describe_images in ap-northeast-2 was throttled" in told
    assert "the rest is not known" in told
    assert engine.operations == ["preview"]


@pytest.mark.usefixtures("unchecked")
def test_another_account_or_none_is_never_accepted(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    for name, value in elsewhere().items():
        monkeypatch.setenv(name, value)
    assert main([*UP, "--accept-aws"]) == Exit.FAULTS
    assert "refused: ap-northeast-2: these credentials are of the account 999999999999" in capsys.readouterr().err
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    assert main([*UP, "--accept-aws"]) == Exit.REFUSED
    told = capsys.readouterr().err
    assert "refused: there are no credentials for AWS" in told
    assert "--accept-aws" not in told
    assert engine.operations == []


def test_urgent_change_goes_on_where_nobody_says_whose_account_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in elsewhere().items():
        monkeypatch.setenv(name, value)
    (wrong,) = ask(RELEASED, all_=False, urgent=True)
    assert (wrong.kind, wrong.stops) == ("account", True)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    (unknown,) = ask(RELEASED, all_=False, urgent=True)
    assert str(unknown).startswith("warning: ap-northeast-2: there are no credentials for AWS")
    assert str(unknown).endswith("; whose account it is, the engine asks by itself")
    with pytest.raises(Stop):
        ask(RELEASED, all_=False)


def test_up_of_another_system_is_not_refused_for_it(
    released: None, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    Account(SEOUL).client("ecr").batch_delete_image(repositoryName="shop/api", imageIds=[{"imageTag": API.tag}])
    monkeypatch.setattr(session.Session, "check", lambda _, request: request)
    assert main([*UP, "mail"]) == Exit.OK
    assert "shop/api" not in capsys.readouterr().err
    assert engine.operations == ["preview"]


def test_first_up_is_let_through_with_what_it_makes_told(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(session.Session, "check", lambda _, request: request)
    assert main(UP) == Exit.OK
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("warning: ap-northeast-2/")]
    assert len(told) == 5
    assert engine.operations == ["preview"]


def test_preview_asks_for_the_account_alone(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(session.Session, "check", lambda _, request: request)
    monkeypatch.setattr(Aws, "pages", lambda *_, **__: pytest.fail("more was asked"))
    assert main(["preview", "--stack", "prod"]) == Exit.OK
    assert engine.operations == ["preview"]


def test_stack_without_aws_asks_nothing(engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session.Session, "check", lambda _, request: request)
    monkeypatch.setattr(Aws, "__init__", lambda *_: pytest.fail("AWS was asked"))
    assert main(["up", "--stack", "dev", "--yes"]) == Exit.OK
    assert engine.operations == ["preview"]


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["diff", "--help"],
        ["render", "--stack", "prod", "--out", "out"],
        ["aws", "policy", "--stack", "prod"],
    ],
)
def test_command_that_asks_nothing_imports_nothing_of_aws(words: list[str], project: Path) -> None:
    program = (
        "import sys; from operations.__main__ import main; code = main(sys.argv[1:]); "
        "sys.stderr.write(repr([int(code), sorted({name.partition('.')[0] for name in sys.modules} & "
        "{'boto3', 'botocore', 'pulumi_aws'})]))"
    )
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True)
    assert done.stderr.endswith("[0, []]")
