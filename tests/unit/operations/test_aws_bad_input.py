"""Each way to be wrong about AWS is one line and exit code 1, whichever command finds it, and nothing is written."""

from pathlib import Path

import pytest

from operations.__main__ import main
from operations.exits import Exit
from tests.aws_projects import FullProject

SHOP = "catalog/shop.yaml"
PROD = "Pulumi.prod.yaml"

Change = tuple[str, str, str]
CASES: dict[str, tuple[tuple[Change, ...], str]] = {
    "a-region-aws-does-not-have": (
        ((PROD, "region: ap-northeast-1\n", "region: ap-norhteast-1\n"),),
        'no region of AWS "ap-norhteast-1"; did you mean "ap-northeast-1"?',
    ),
    "an-account-that-is-not-the-stacks": (
        ((PROD, "ecr: 111122223333", "ecr: 444455556666"),),
        "a registry of the account 444455556666; expected the stack's, 111122223333",
    ),
    "overlapping-cidrs": (
        (
            (PROD, "cidr: 10.65.0.0/16", "cidr: 10.64.128.0/17"),
            (PROD, "dataCidr: 10.64.0.0/16", "dataCidr: 10.64.0.0/24"),
        ),
        '10.64.128.0/17 overlaps 10.64.0.0/16 of "seoul"; expected ranges apart, or neither reaches the other '
        "(Pulumi.prod.yaml:13)",
    ),
    "a-bucket-name-that-is-invalid": (
        ((SHOP, "buckets: { backups: {} }", "buckets: { backups: { name: Shop_Backups } }"),),
        'aws.buckets.backups.name: no name of a bucket: "Shop_Backups"; '
        "expected lower case letters, digits, dots and dashes, a letter or digit at both ends",
    ),
    "a-bucket-name-that-is-taken": (
        (
            (
                SHOP,
                "buckets: { backups: {} }",
                "buckets: { backups: {}, old: { name: shop-prod-backups-111122223333 } }",
            ),
        ),
        'aws.buckets.old.name: the name "shop-prod-backups-111122223333" is that of the bucket "backups"; '
        "expected another one",
    ),
    "weights-that-do-not-sum-to-100": (
        ((SHOP, "traffic: target-groups }", "traffic: target-groups, weights: { blue: 90, green: 20 } }"),),
        "services.web.strategy.weights: blue 90 and green 20 sum to 110; expected 100",
    ),
    "a-drained-last-region": (
        (
            (PROD, "context: prod-seoul", "drained: true\n        context: prod-seoul"),
            (PROD, "context: prod-tokyo", "drained: true\n        context: prod-tokyo"),
        ),
        "the last region in traffic is drained; expected one cluster at least without drained",
    ),
}
COMMANDS = ("check", "render --stack prod --out out", "up --stack prod --yes", "preview --stack prod")


@pytest.mark.parametrize("words", COMMANDS)
@pytest.mark.parametrize(("changes", "said"), CASES.values(), ids=CASES)
def test_bad_input_is_one_line_and_nothing_is_written(
    changes: tuple[Change, ...],
    said: str,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    project = FullProject(tmp_path)
    for change in changes:
        project.change(*change)
    monkeypatch.chdir(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert main(words.split()) == Exit.FAULTS
    captured = capsys.readouterr()
    (line,) = captured.err.splitlines()
    assert line.replace(" (on prod)", "").endswith(said)
    assert line.split(":")[0] in {PROD, SHOP}
    assert line.split(":")[1].isdecimal()
    assert captured.out == ""
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
