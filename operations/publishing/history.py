"""What stands on a branch of rendered files: commits of ours, what takes one back, and what is somebody's own. Pure.

A commit of ours says so in its trailers, and names its tree there: one that was amended, or put together by a rebase,
has another. A revert is known by what it does: its tree is that of an earlier commit of ours, or it is exactly what
`git revert` makes of its parent and the commits that its message names. A rollback is a commit of ours, and takes back
what it leaves all the same: the project does not say it yet.
"""

import re
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

SOURCE: Final = "Naru-Source"
STACK: Final = "Naru-Stack"
VERSION: Final = "Naru-Version"
TREE: Final = "Naru-Tree"
ROLLBACK: Final = "Naru-Rollback"

_TRAILER: Final = re.compile(r"^(Naru-[A-Z][a-z]+): (\S+)$", re.MULTILINE)
_REVERTS: Final = re.compile(r"\b[Rr]everts commit ([0-9a-f]{7,64})\b")


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit of the branch."""

    name: str
    tree: str
    parents: tuple[str, ...]
    author: str
    """`Name <address>`."""
    when: str
    """When it was committed, in ISO 8601."""
    message: str

    @property
    def subject(self) -> str:
        """The first line of its message."""
        return self.message.partition("\n")[0]

    @property
    def short(self) -> str:
        """Its name as people write it."""
        return self.name[:12]

    @property
    def trailers(self) -> dict[str, str]:
        """What the last paragraph of its message says in our words."""
        return dict(_TRAILER.findall(self.message.rstrip().rpartition("\n\n")[2]))

    @property
    def source(self) -> str:
        """The commit of the project that it was rendered from; empty where it does not say."""
        return self.trailers.get(SOURCE, "")

    @property
    def reverted(self) -> tuple[str, ...]:
        """The commits that its message says it takes back."""
        return tuple(_REVERTS.findall(self.message))

    def is_published(self, stack: str) -> bool:
        """Tell whether `naru publish` made it for a stack, and nobody has changed its files since."""
        said = self.trailers
        return said.get(STACK) == stack and said.get(TREE) == self.tree and SOURCE in said

    def is_rollback(self, stack: str) -> bool:
        """Tell whether it is one of those, and takes a service to an earlier version than its source says."""
        return ROLLBACK in self.trailers and self.is_published(stack)


IsRevert = Callable[[Commit, Sequence[Commit]], bool]
"""Tells whether a commit is what `git revert` of others makes of its parent."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the tip of a branch consists of."""

    last: Commit | None
    """The last that was published as the project had it."""
    foreign: tuple[Commit, ...] = ()
    """Somebody's own commits since then, that nobody took back: the newest first."""
    reverts: tuple[Commit, ...] = ()
    """Reverts and rollbacks since then, the newest first."""
    taken: tuple[Commit, ...] = ()
    """Published commits that are taken back, the newest first."""
    rollbacks: tuple[Commit, ...] = ()
    """Rollbacks that nobody took back: each takes back some of what its parent has. The newest first."""


@dataclass(frozen=True, slots=True)
class _State:
    """What holds after a commit, by names."""

    foreign: frozenset[str] = frozenset()
    taken: frozenset[str] = frozenset()
    rollbacks: frozenset[str] = frozenset()


def standing(history: Sequence[Commit], stack: str, is_revert: IsRevert) -> Standing:
    """Judge the commits of a branch, which come newest first, each before its parents."""
    ours = [commit.is_published(stack) for commit in history]
    newest = next((at for at, commit in enumerate(history) if ours[at] and not commit.is_rollback(stack)), None)
    since = history if newest is None else history[:newest]
    known = {commit.name: commit for commit in history}
    state, effects = _State(), dict[str, tuple[_State, _State]]()
    for place in reversed(range(len(since))):
        commit, before = since[place], state
        back = next((at for at in range(place + 1, len(history)) if ours[at] and history[at].tree == commit.tree), None)
        named = _named(commit, known)
        if ours[place]:
            state = replace(state, rollbacks=state.rollbacks | {commit.name})
        elif back is not None:  # whatever came between is gone
            _, then = effects.get(history[back].name, (None, _State()))
            state = replace(then, taken=then.taken | {history[at].name for at in range(place + 1, back) if ours[at]})
        elif named and is_revert(commit, named):
            for one in named:
                state = _without(state, one, effects, stack)
        elif not _adds_nothing(commit, known, effects):
            state = replace(state, foreign=state.foreign | {commit.name})
            continue
        effects[commit.name] = before, state
    return Standing(
        None if newest is None else history[newest],
        tuple(commit for commit in since if commit.name in state.foreign),
        tuple(commit for commit in since if commit.name in effects),
        tuple(commit for commit in history if commit.name in state.taken),
        tuple(commit for commit in since if commit.name in state.rollbacks),
    )


def taken_back(history: Sequence[Commit], stack: str) -> tuple[dict[str, str], frozenset[str]]:
    """Return which commits are taken back, and by which others; and all that ever took one back.

    As messages and trees say it of a history that is long decided.
    """
    taken: dict[str, str] = {}
    reverts: set[str] = set()
    known = {commit.name: commit for commit in history}
    ours = [commit.is_published(stack) for commit in history]
    for place in reversed(range(len(history))):
        commit = history[place]
        if ours[place]:
            continue
        back = next((at for at in range(place + 1, len(history)) if ours[at] and history[at].tree == commit.tree), None)
        named = _named(commit, known)
        if back is not None:
            taken.pop(history[back].name, None)
            taken |= {one.name: commit.name for one in history[place + 1 : back]}
        for one in named if back is None else ():
            taken = {name: by for name, by in taken.items() if by != one.name} | {one.name: commit.name}
        if named or back is not None:
            reverts.add(commit.name)
    return taken, frozenset(reverts)


def _named(commit: Commit, known: Mapping[str, Commit]) -> list[Commit]:
    """Return the commits that a message takes back; none unless all of them are of this branch."""
    found = [next((one for name, one in known.items() if name.startswith(said)), None) for said in commit.reverted]
    whole = [one for one in found if one is not None and one.name != commit.name]
    return whole if len(whole) == len(found) else []


def _without(state: _State, one: Commit, effects: Mapping[str, tuple[_State, _State]], stack: str) -> _State:
    """Return what is left when a commit is taken back: of a revert, what that took is there again."""
    if one.name in effects:
        before, after = effects[one.name]
        state = _State(
            state.foreign - (after.foreign - before.foreign) | (before.foreign - after.foreign),
            state.taken - (after.taken - before.taken) | (before.taken - after.taken),
            state.rollbacks - (after.rollbacks - before.rollbacks) | (before.rollbacks - after.rollbacks),
        )
    if one.is_published(stack):
        return replace(state, taken=state.taken | {one.name})
    return replace(state, foreign=state.foreign - {one.name})


def _adds_nothing(commit: Commit, known: Mapping[str, Commit], reverts: Container[str]) -> bool:
    """Tell whether a merge has the files of a revert that it brings: a pull request, say."""
    return any(name in reverts and known[name].tree == commit.tree for name in commit.parents)
