"""The command `naru publish` from outside: its help, and what it does not take."""

import pytest

from operations.__main__ import main
from operations.exits import Exit


def test_help_has_worked_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["publish", "--help"]) == Exit.OK
    assert "Examples:\n    naru publish --stack dev" in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["--stack", "dev", "--log", "-n", "0"], ["--stack", "dev", "--force"]])
def test_wrong_usage_is_told(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["publish", *words]) == Exit.USAGE
    assert "Error" in capsys.readouterr().err


def test_unknown_stack_is_a_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["publish", "--stack", "prot"]) == Exit.FAULTS
    assert 'did you mean "prod"?' in capsys.readouterr().err
