"""The changes in a comment: as many as have a place, the most important first, and what is left out counted. Pure."""

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from operations.diff.grouped import ACTIONS, Entry, Section, sections, shared_where
from operations.diff.markdown_text import fence_for, in_summary, prose, size_of
from operations.diff.model import Action, Report
from operations.diff.places import Thing, Where, partly, thing
from operations.diff.values import CUT, cut, flat, lines
from operations.diff.wording import all_named, becomes, by_system_named, cause_text, named, plural, where_text

_WIDTH: Final = 110
_VALUE, _LINES = 160, 24
"""Characters of a line, and lines of one field."""
_MOST: Final = 120
"""Lines of one change."""
_NOT_HERE: Final = 40  # bytes that a summary may grow by once it is known what has no place
_ORDER: Final[dict[Action, int]] = {"removed": 0, "replaced": 1, "changed": 2, "added": 3}
_FOLLOWING: Final = "What only follows from that"


@dataclass(slots=True)
class _Piece:
    """Changes that are told together: with their fields, by name alone, or not at all."""

    section: int
    group: str
    """The heading they stand under."""
    full: Sequence[str]
    bare: str
    importance: tuple[int, int]
    """The level of its worst risk, and what happens to it; the lower the more important."""
    counts: Counter[tuple[str, str]]
    """How many changes it stands for, by stack and system."""
    shown: Literal["full", "bare", "no"] = "no"

    @property
    def count(self) -> int:
        return sum(self.counts.values())

    @property
    def bytes_full(self) -> int:
        return sum(size_of(line) + 1 for line in self.full)

    @property
    def bytes_bare(self) -> int:
        return size_of(self.bare) + 1


@dataclass(slots=True)
class Details:
    """All changes of a report, folded by the stacks they are the same on, then by system."""

    report: Report
    _sections: list[Section] = field(init=False)
    _pieces: list[_Piece] = field(init=False)
    _fence: str = field(init=False)

    def __post_init__(self) -> None:
        self._sections = sections(self.report)
        levels: dict[tuple[str, Thing], int] = {}
        for risk in (risk for stack in self.report.stacks for risk in stack.risks):
            key = (risk.subject.system, thing(risk.subject))
            levels[key] = max(levels.get(key, 0), risk.level)
        stacks = len(self.report.stacks)
        self._pieces = [
            piece for index, section in enumerate(self._sections) for piece in _pieces(section, index, levels, stacks)
        ]
        self._fence = fence_for(line for piece in self._pieces for line in (*piece.full, piece.bare))

    def fill(self, room: int) -> int:
        """Decide what is told in so many bytes; return how many are left.

        What is risky is told with its fields before anything else is told, and the rest by name before any field.
        """
        ordered = sorted(self._pieces, key=lambda piece: piece.importance)
        opened: set[int | tuple[int, str]] = set()
        for piece in ordered:
            around = 0 if piece.section in opened else self._around_section(piece.section)
            around += 0 if (piece.section, piece.group) in opened else self._around_group(piece.group)
            risky = piece.importance[0] < 0 and around + piece.bytes_full <= room
            needed = around + (piece.bytes_full if risky else piece.bytes_bare)
            if needed <= room:
                piece.shown = "full" if risky else "bare"
                room -= needed
                opened |= {piece.section, (piece.section, piece.group)}
        for piece in ordered:
            more = piece.bytes_full - piece.bytes_bare
            if piece.shown == "bare" and more <= room:
                piece.shown = "full"
                room -= more
        return room

    def text(self) -> str:
        """Return what `fill` has decided."""
        made: list[str] = []
        for index, section in enumerate(self._sections):
            pieces = [piece for piece in self._pieces if piece.section == index and piece.shown != "no"]
            if not pieces:
                continue
            missing = sum(section.counts.values()) - sum(piece.count for piece in pieces)
            made.append(_opening(section, missing))
            for group in dict.fromkeys(piece.group for piece in pieces):
                told = (piece for piece in pieces if piece.group == group)
                body = "\n".join(line for one in told for line in (one.full if one.shown == "full" else (one.bare,)))
                made.append(f"{group}\n\n{self._fence}diff\n{body}\n{self._fence}\n\n")
            made.append("</details>\n")
        return "".join(made)

    def left(self) -> Counter[tuple[str, str]]:
        """Return how many changes are not told, by stack and system."""
        found: Counter[tuple[str, str]] = Counter()
        for piece in self._pieces:
            if piece.shown == "no":
                found.update(piece.counts)
        return found

    def bare(self) -> int:
        """Return how many changes are told by name alone though there is more to them."""
        return sum(piece.count for piece in self._pieces if piece.shown == "bare" and list(piece.full) != [piece.bare])

    def _around_section(self, index: int) -> int:
        return size_of(_opening(self._sections[index], 0)) + _NOT_HERE + size_of("</details>\n")

    def _around_group(self, group: str) -> int:
        return size_of(group) + 2 * len(self._fence) + len("\n\ndiff\n\n\n\n")


def _opening(section: Section, missing: int) -> str:
    names = in_summary(cut(", ".join(section.stacks), 2 * _WIDTH))
    actions: Counter[Action] = Counter()
    for entry in section.entries:
        actions[entry.action] += entry.count
    listed = ", ".join(f"{actions[action]} {action}" for action in ACTIONS if actions[action])
    rest = f"; {missing} not shown here" if missing else ""
    return f"\n<details><summary><b>{names}</b>: {listed}{rest}</summary>\n\n"


def _pieces(section: Section, index: int, levels: dict[tuple[str, Thing], int], stacks: int) -> Iterator[_Piece]:
    for system, entries in section.by_system().items():
        where = shared_where(entries)
        place = f" in {prose(cut(where_text(where, stacks), 2 * _VALUE))}" if where else ""
        group = f"**{prose(cut(system, _WIDTH)) or 'no system'}**{place}"
        for entry in entries:
            full = list(_lines(entry, stacks, where))
            if len(full) > _MOST:
                full = [*full[:_MOST], f"  {CUT} {len(full) - _MOST} more lines"]
            bare = _bare(entry, stacks, where) if len(full) > 1 else full[0]
            level = max(levels.get((system, one), 0) for one in entry.things)
            counts = Counter({(stack, system): count for stack, count in entry.counts.items()})
            yield _Piece(index, group, full, bare, (-level, _ORDER[entry.action]), counts)
    for (cause, action), entries in section.by_cause().items():
        text = cut(cause_text(cause, action, entries), 2 * _VALUE)
        names = textwrap.wrap(by_system_named(entries), _WIDTH, break_long_words=False, break_on_hyphens=False)
        full = [f"! {text}", *_some([f"  {cut(line, 2 * _VALUE)}" for line in names])]
        counts = Counter()
        for entry in entries:
            counts.update({(stack, entry.system): count for stack, count in entry.counts.items()})
        yield _Piece(index, f"**{_FOLLOWING}**", full, f"! {text}", (0, 4), counts)


def _lines(entry: Entry, stacks: int, known: Where) -> Iterator[str]:
    yield from _heading(entry, _rest(entry, stacks, known))
    for one in entry.fields:
        path = cut(flat(one.path), 2 * _VALUE)
        found = lines(one, _VALUE, _LINES)
        if [sign for sign, _ in found] in (["-", "+"], ["-"], ["+"]):
            yield from (f"{sign}   {path}: {text}" for sign, text in found)
        else:
            yield f"    {path}:"
            yield from (f"{sign if sign in '+-' else ' '}     {text}" for sign, text in found)


def _heading(entry: Entry, rest: str) -> Iterator[str]:
    """Yield the lines that name the objects; GitHub colours lines by how they begin."""
    names = all_named(entry.things)
    if len(names) + len(rest) <= _WIDTH or len(entry.things) == 1:
        yield _signed(entry, f"{cut(names, 2 * _VALUE)}{rest}")
        return
    yield _signed(entry, f"{len(entry.things)} objects{rest}")
    wrapped = textwrap.wrap(names, _WIDTH, break_long_words=False, break_on_hyphens=False)
    yield from _some([f"  {cut(line, 2 * _VALUE)}" for line in wrapped])


def _some(found: list[str]) -> list[str]:
    return found if len(found) <= _LINES + 1 else [*found[:_LINES], f"  {CUT} {len(found) - _LINES} more lines"]


def _bare(entry: Entry, stacks: int, known: Where) -> str:
    first, others = cut(named(entry.things[0]), 2 * _VALUE), len(entry.things) - 1
    names = f"{first} and {others} more" if others else first
    fields = f", {plural(len(entry.fields), 'field')} not shown here" if entry.fields else ""
    return _signed(entry, f"{names}{_rest(entry, stacks, known)}{fields}")


def _rest(entry: Entry, stacks: int, known: Where) -> str:
    because = f", because {cut(flat(entry.because), 2 * _VALUE)}" if entry.because else ""
    told = partly(entry.where) and entry.where != known
    where = f" in {cut(where_text(entry.where, stacks), 2 * _VALUE)}" if told else ""
    return f"{becomes(entry)}{where}{because}"


def _signed(entry: Entry, text: str) -> str:
    match entry.action:
        case "added":
            return f"+ {text}"
        case "removed":
            return f"- {text}"
        case "replaced":
            return f"! {text}"
        case _:
            return f"@@ {text} @@"
