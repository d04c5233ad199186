"""Changes planted in the project's own files, and the risks that a review is told of: all of them, and no other."""

import json
import shutil
from collections.abc import Iterable
from difflib import SequenceMatcher
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from manifests.tree import tree
from operations.diff import elsewhere
from operations.diff.changes import of_paired
from operations.diff.hashed import paired
from operations.diff.model import Objects, Risk
from operations.diff.risks import found
from operations.diff.sides import objects_of
from operations.diff.touched import Files
from operations.planned import folders as components
from operations.planned import planned
from settings.loading import load
from tests.planted import HARMLESS, RISKY, Named, Planted, copied

_TOGETHER = "prod"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that stacks are rendered from, before any change."""
    return copied(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def before(base: Path) -> dict[str, Objects]:
    """The objects of each stack before any change."""
    return {stack: _rendered(base, stack) for stack in sorted({one.stack for one in (*RISKY, *HARMLESS)})}


def _rendered(root: Path, stack: str, *, code: bool = False) -> Objects:
    """Return the objects of a stack: by this process's code, or by that of the files in a process of its own."""
    if code:
        outcome = elsewhere.render(root, [stack])[stack]
        assert not isinstance(outcome, elsewhere.Failed), outcome.reason
        return objects_of(stack, outcome)
    loaded = load(root, stack).stack
    made = tree(loaded)
    folders = {path: [placed.manifest for placed in members] for path, members in made.folders.items()}
    folders |= components(planned(loaded))
    return objects_of(stack, json.loads(json.dumps(folders)), made.shared)


def _risks(base: Path, root: Path, before: Objects, planted: Iterable[Planted]) -> tuple[Risk, ...]:
    changes = tuple(planted)
    shutil.copytree(base, root)
    for one in changes:
        for edit in one.edits:
            edit.apply(root)
    stack = changes[0].stack
    both = paired(before, _rendered(root, stack, code=any(one.code for one in changes)))
    return found(stack, both.before, both.after, of_paired(both), root, was=_files(base))


def _files(root: Path) -> Files:
    def read(file: str) -> str | None:
        return (root / file).read_text(encoding="utf-8") if (root / file).is_file() else None

    return read


def _touched(base: Path, root: Path, file: str) -> set[int]:
    """Return the lines of a file that its edits touch; of what they take away, those on both sides of it."""
    old, new = ((side / file).read_text(encoding="utf-8").splitlines() for side in (base, root))
    changed = (found for found in SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if found[0] != "equal")
    return {line for _, _, _, first, last in changed for line in (range(first + 1, last + 1) or (first, first + 1))}


def _is(named: Named, risk: Risk) -> bool:
    same = (named.level, named.danger) == (risk.level, risk.danger)
    return same and fnmatchcase(str(risk.subject), named.subject) and named.says in risk.reason


def _told(risks: Iterable[Risk]) -> list[str]:
    return [f"{risk.level.name} {risk.danger}: {risk.subject}: {risk.reason}" for risk in risks]


def test_enough_is_planted() -> None:
    assert len(RISKY) + len(HARMLESS) >= 25
    assert sum(one.code for one in RISKY) >= 5
    assert len({named.danger for one in RISKY for named in one.risks}) == 8
    files = {edit.file.partition("/")[0] for one in RISKY for edit in one.edits}
    assert {"catalog", "releases", "Pulumi.prod.yaml", "manifests"} <= files


@pytest.mark.parametrize("planted", RISKY, ids=lambda one: one.name)
def test_every_risk_is_named_and_nothing_else(
    planted: Planted, base: Path, before: dict[str, Objects], tmp_path: Path
) -> None:
    root = tmp_path / "changed"
    risks = _risks(base, root, before[planted.stack], [planted])

    assert [named for named in planted.risks if not any(_is(named, risk) for risk in risks)] == [], _told(risks)
    assert _told(risk for risk in risks if not any(_is(named, risk) for named in planted.risks)) == []
    for risk in risks:
        assert 0 < risk.line <= len((root / risk.file).read_text(encoding="utf-8").splitlines()), risk
        assert "\n" not in risk.reason
        # What AWS has for all regions is of no cluster.
        assert risk.clusters or str(risk.subject).startswith("AWS ")


@pytest.mark.parametrize("planted", HARMLESS, ids=lambda one: one.name)
def test_no_harmless_change_is_called_risky(
    planted: Planted, base: Path, before: dict[str, Objects], tmp_path: Path
) -> None:
    assert _told(_risks(base, tmp_path / "changed", before[planted.stack], [planted])) == []


_FROM_ELSEWHERE = {
    # What such a volume's namespace is called, several lines say; an index of claims has no line of its own.
    "a namespace is renamed, and so one removed",
    "no backup before a migration",
}


@pytest.mark.parametrize("planted", [one for one in RISKY if not one.code], ids=lambda one: one.name)
def test_every_risk_is_told_of_where_the_change_is(
    planted: Planted, base: Path, before: dict[str, Objects], tmp_path: Path
) -> None:
    root = tmp_path / "changed"
    risks = _risks(base, root, before[planted.stack], [planted])

    elsewhere = [
        f"{risk.file}:{risk.line}: {risk}" for risk in risks if risk.line not in _touched(base, root, risk.file)
    ]
    assert planted.name in _FROM_ELSEWHERE or elsewhere == []


_OTHERS_COVER = {
    # Each says the same place of a file as another one, or makes what another one changes go away.
    "a protected volume is removed",
    "a namespace is renamed, and so one removed",
    "data are protected no more",
    "plain HTTP is no longer redirected",
    "production syncs by itself",
    "any repository may be deployed from, by the code",
    "no backup before a migration",
    "a service answers at a new host",
    "a service is removed",
    "a container runs as root on a file system that it may write",
    "a time in which nothing is synced",
    "a larger volume",
    "more pods",
    "a higher least number of pods",
}


def test_all_at_once_every_risk_is_named_and_no_harmless_change_is(
    base: Path, before: dict[str, Objects], tmp_path: Path
) -> None:
    together = [one for one in (*RISKY, *HARMLESS) if one.stack == _TOGETHER and one.name not in _OTHERS_COVER]
    assert len(together) >= 25
    wanted = [named for one in together for named in one.risks]
    risks = _risks(base, tmp_path / "changed", before[_TOGETHER], together)

    # Two changes of one object may be told as one risk, as bad as the worse of them.
    missing = [
        named
        for named in wanted
        if not any(
            risk.danger is named.danger
            and risk.level >= named.level
            and fnmatchcase(str(risk.subject), named.subject)
            and named.says in risk.reason
            for risk in risks
        )
    ]
    assert missing == [], _told(risks)
    more = [
        risk
        for risk in risks
        if not any(risk.danger is named.danger and fnmatchcase(str(risk.subject), named.subject) for named in wanted)
    ]
    assert _told(more) == []
    assert [risk.level for risk in risks] == sorted((risk.level for risk in risks), reverse=True)


def test_what_does_not_change_is_no_risk(base: Path, before: dict[str, Objects]) -> None:
    assert found("prod", before["prod"], before["prod"], (), base) == ()


def test_a_stack_that_is_new_is_told_of_by_its_hosts_and_migrations(base: Path, before: dict[str, Objects]) -> None:
    risks = [risk for risk in found("prod", {}, before["prod"], (), base) if not str(risk.subject).startswith("AWS ")]

    assert {risk.danger.name for risk in risks} == {"EXPOSURE", "PERMISSIONS", "SCHEMA"}
    hosts = [risk.reason.partition(" ")[0] for risk in risks if risk.danger.name == "EXPOSURE"]
    assert len(hosts) == len(set(hosts)) == 10
