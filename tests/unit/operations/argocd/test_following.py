"""Following systems to a commit."""

from __future__ import annotations

from typing import Any, cast

import pytest

from operations.api_server import UnreachableError
from operations.argocd.control import Applications
from operations.argocd.following import COMPARED_WITHIN, DEGRADED_FOR, follow
from operations.argocd.state import Application, Standing
from tests.unit.operations.argocd.test_state import NEW, OLD, an_application

Answer = tuple[Application | None, list[Application]] | Exception


class Told:
    """Answers with one state after the other, the last one for ever; every look takes a second."""

    def __init__(self, **systems: list[Answer]) -> None:
        self.systems = systems
        self.seconds = 0.0

    def of(self, system: str) -> tuple[Application | None, list[Application]]:
        answers = self.systems[system]
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(found, Exception):
            raise found
        return found

    def follow(self, patience: float = 900.0) -> dict[str, Standing]:
        commits = dict.fromkeys(self.systems, NEW)

        def sleep(seconds: float) -> None:
            self.seconds += seconds

        return follow(cast("Applications", self), commits, patience=patience, clock=lambda: self.seconds, sleep=sleep)


def system(**child: Any) -> Answer:
    return an_application(), [an_application("workloads", **child)]


def test_it_ends_when_every_system_is_there() -> None:
    told = Told(shop=[system(phase="Running"), system()], mail=[system()])
    assert told.follow() == {"shop": Standing("there"), "mail": Standing("there")}
    assert told.seconds == 1


def test_what_failed_is_known_at_once_and_the_others_are_followed_to_their_end() -> None:
    told = Told(shop=[system(phase="Failed", trouble=("no",))], mail=[system(health="Progressing"), system()])
    found = told.follow()
    assert found["shop"] == Standing("failed", "workloads: no")
    assert found["mail"].state == "there"


def test_cluster_that_does_not_answer_for_a_moment_is_waited_for() -> None:
    assert Told(shop=[UnreachableError("no answer"), system()]).follow()["shop"].state == "there"


def test_system_without_an_application_says_who_makes_it() -> None:
    found = Told(shop=[(None, [])]).follow()["shop"]
    assert (found.state, "naru up" in found.reason) == ("failed", True)


def test_what_is_degraded_may_recover_and_has_failed_after_a_while() -> None:
    bad = system(health="Degraded")
    assert Told(shop=[bad, bad, system()]).follow()["shop"].state == "there"
    again = [bad] * 60 + [system(health="Progressing")] + [bad] * 60 + [system()]
    assert Told(shop=again).follow()["shop"].state == "there"
    told = Told(shop=[bad])
    assert told.follow()["shop"] == Standing("failed", "workloads is Degraded")
    assert told.seconds == DEGRADED_FOR


def test_comparison_that_began_before_the_sync_ended_is_not_the_last_word() -> None:
    """A slow one says OutOfSync once more after the sync went through."""
    late = an_application(automated=False, sync="OutOfSync"), [an_application("workloads")]
    assert Told(shop=[late, late, system()]).follow()["shop"].state == "there"
    told = Told(shop=[late])
    assert told.follow()["shop"].state == "by hand"
    assert told.seconds == COMPARED_WITHIN


def test_patience_ends() -> None:
    told = Told(shop=[system(target=OLD)])
    assert told.follow(patience=30)["shop"].state == "waiting"
    assert told.seconds == 30


def test_what_is_waited_for_is_said_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    Told(shop=[system(health="Progressing")]).follow(patience=120)
    lines = capsys.readouterr().err.splitlines()
    assert lines
    assert all("waiting: workloads is Progressing" in line for line in lines)
    assert len(lines) < 30, "not at every look"
