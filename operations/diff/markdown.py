"""A comparison as one comment of a pull request: the most important first, and never longer than GitHub takes.

What has no place is counted, by stack and system, with where the whole is. Pure.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from operations.diff.grouped import ACTIONS, compared, counts, highest
from operations.diff.markdown_changes import Details
from operations.diff.markdown_text import code, fence_for, in_summary, prose, size_of
from operations.diff.model import Level, Previewed, Report, StackDiff
from operations.diff.places import Where, by_tier
from operations.diff.told import Alike, ToldImage, alike, images, risks
from operations.diff.values import cut, flat
from operations.diff.wording import (
    about_all,
    against,
    alone_lines,
    cost_deltas,
    cost_text,
    plural,
    reason_of,
    some,
    tally,
    trouble,
    troubles,
    versions,
    where_text,
)

MARKER: Final = "<!-- naru-diff -->"
"""In the first line of each comment, by which it is found again."""
LIMIT: Final = 65_536
"""Characters of a comment on GitHub; bytes are counted here, of which there are never fewer."""
LEAST: Final = 6_000
"""Bytes that the title, a few stacks and the notice of what is left out have room in, whatever they are called."""

_STACKS: Final = 10
_NAME, _WHERE, _SHORT_REASON, _REASON, _LINE = 80, 200, 120, 600, 2_000  # characters


def text(report: Report, limit: int = LIMIT, *, artifacts: bool = False) -> str:
    """Return the comment, of fewer than `limit` bytes; `artifacts` says that the run has the whole among its own.

    Raises ValueError for a limit below LEAST.
    """
    if limit < LEAST:
        message = f"a comment has room for {LEAST} bytes at least, not {limit}"
        raise ValueError(message)
    comment = _Comment(by_tier(report), limit, artifacts=artifacts)
    comment.risks()
    comment.images()
    comment.requests()
    comment.previews()
    comment.changes()
    comment.alone()
    comment.preview_lines()
    return comment.text()


class _Comment:
    """Takes the parts one after the other, each as far as it has a place, and keeps what has none for the notice."""

    def __init__(self, report: Report, limit: int, *, artifacts: bool) -> None:
        self._report = report
        self._artifacts = artifacts
        self._stacks = len(report.stacks)
        self._reserve = limit // 8
        self._left: list[str] = []
        self._details = Details(report)
        head = _head(report, limit // 4)
        self._blocks = [head]
        self._room = limit - 1 - size_of(head) - self._reserve
        found = [_trouble(stacks) for stacks in troubles(report)]
        self._missing(len(found) - self._list("", found), "trouble")

    def risks(self) -> None:
        """All of them if at all possible: in few words rather than not at all."""
        told = alike(risks(self._report))
        found = [_risk(one, self._stacks, _REASON) for one in told]
        if not self._fits(found):
            found = [_risk(one, self._stacks, _SHORT_REASON) for one in told]
        shown = self._list("#### Risks", found)
        if rest := told[shown:]:
            levels = Counter(risk.risk.level for one in rest for risk in one.told)
            listed = ", ".join(f"{levels[level]} {level.name.lower()}" for level in sorted(levels, reverse=True))
            self._left.append(f"{plural(levels.total(), 'risk')} ({listed})")

    def images(self) -> None:
        found = [_image(one, self._stacks) for one in images(self._report)]
        self._missing(len(found) - self._list("#### Images", found), "image")

    def requests(self) -> None:
        found = [
            f"- {_name(stack.stack)}: {cost_text(stack.before, stack.after).replace('->', '→')}"
            for stack in self._report.stacks
            if stack.before is not None and stack.after is not None and stack.before != stack.after
        ]
        self._missing(len(found) - self._list("#### Requests", found), "sum of requests")

    def previews(self) -> None:
        previews = self._report.previews
        operations = sorted({operation for one in previews for operation in one.changes})
        shown = operations[:10]
        rows = [_previewed(one, shown, len(operations) > len(shown)) for one in previews]
        headings = ["Stack", "Result", *map(_name, shown), *(["others"] if len(operations) > len(shown) else [])]
        head = f"| {' | '.join(headings)} |\n|---|---|{'--:|' * (len(headings) - 2)}"
        self._missing(len(rows) - self._list(f"#### What Pulumi says\n\n{head}", rows, between=""), "preview")
        reasons = [
            f"- **failed**: {_name(one.stack)}: {prose(cut(reason, _REASON))}"
            for one in previews
            for reason in one.reasons
        ]
        self._missing(len(reasons) - self._list("", reasons), "reason", " of failed previews")

    def changes(self) -> None:
        self._room = self._details.fill(self._room)
        self._blocks.append(self._details.text())

    def alone(self) -> None:
        for stack in self._report.stacks:
            found = alone_lines(stack)
            shown = self._fenced(f"<b>{in_summary(cut(stack.stack, _NAME))}</b>: compared with nothing", found)
            missing = sum(count for _, count in found[shown:])
            self._missing(missing, "object", f" of {_name(stack.stack)}, which was compared with nothing")

    def preview_lines(self) -> None:
        for one in self._report.previews:
            summary = f"What Pulumi would do to <b>{in_summary(cut(one.stack, _NAME))}</b>"
            shown = self._fenced(summary, [(flat(line), 1) for line in one.lines])
            self._missing(len(one.lines) - shown, "line", f" of the preview of {_name(one.stack)}")

    def text(self) -> str:
        return "".join([*self._blocks, self._notice()])

    def _notice(self) -> str:
        return _notice(self._report, self._left, self._details, self._reserve, artifacts=self._artifacts)

    def _missing(self, count: int, noun: str, more: str = "") -> None:
        if count:
            self._left.append(f"{plural(count, noun)}{more}")

    def _fenced(self, summary: str, lines: Sequence[tuple[str, int]]) -> int:
        """Take lines as they are, folded under a summary."""
        found = [f"  {cut(line, _LINE)}" for line, _ in lines]
        fence = fence_for(found)
        opening = f"<details><summary>{summary}</summary>\n\n{fence}"
        return self._list(opening, found, between="", end=f"{fence}\n\n</details>\n")

    def _fits(self, lines: Sequence[str]) -> bool:
        return _fitting(lines, self._room - 100) == len(lines)

    def _list(self, heading: str, lines: Sequence[str], *, between: str = "\n", end: str = "") -> int:
        """Take as many of the lines, from the first, as have a place; return how many that were."""
        around = f"\n{heading}\n{between}" if heading else "\n"
        shown = _fitting(lines, self._room - size_of(around) - size_of(end))
        if shown:
            block = around + "".join(f"{line}\n" for line in lines[:shown]) + end
            self._blocks.append(block)
            self._room -= size_of(block)
        return shown


def _fitting(lines: Sequence[str], room: int) -> int:
    """Return how many of the lines, from the first, have a place."""
    for number, line in enumerate(lines):
        room -= size_of(line) + 1
        if room < 0:
            return number
    return len(lines)


def _name(text: str) -> str:
    return prose(cut(text, _NAME)) or "–"


def _head(report: Report, room: int) -> str:
    """Return the title and a row for each stack; those that have no place are one row together."""
    quiet = not any(stack.changes or stack.risks or stack.images or stack.trouble for stack in report.stacks)
    base, commit = against(report)
    base = code(cut(base, _NAME)) + (f" ({code(commit)})" if commit else "")
    title = f"{MARKER}\n### naru diff: {'no change, no risks' if quiet else tally(report)}\n\nAgainst {base}.\n"
    if quiet:
        names = [_name(stack.stack) for stack in report.stacks[:_STACKS]]
        more = f" and {len(report.stacks) - _STACKS} more" if len(report.stacks) > _STACKS else ""
        return f"{title}\nAll objects are as before: {', '.join(names) or 'there are no stacks'}{more}.\n"
    headings = ("Stack", *(action.capitalize() for action in ACTIONS), "Highest risk", "CPU", "Memory", "Storage")
    lines = ["", f"| {' | '.join(headings)} |", "|---|--:|--:|--:|--:|---|--:|--:|--:|"]
    rows = [_row(stack) for stack in report.stacks]
    shown = _fitting(rows, room)
    lines += rows[:shown]
    if rest := report.stacks[shown:]:
        sums = Counter(change.action for stack in rest for change in stack.changes)
        worst = max((level for stack in rest if (level := highest(stack))), default=None)
        cells = (*(str(sums[action]) for action in ACTIONS), _level(worst), "", "", "")
        lines.append(f"| {plural(len(rest), 'more stack')} | {' | '.join(cells)} |")
    return title + "\n".join(lines) + "\n"


def _row(stack: StackDiff) -> str:
    numbers = counts(stack)
    cells = [str(numbers[action]) for action in ACTIONS]
    worst = _level(highest(stack))
    if not compared(stack):
        cells, worst = ["?"] * len(cells), "?" if highest(stack) is None else worst
    return f"| {' | '.join((_name(stack.stack), *cells, worst, *cost_deltas(stack)))} |"


def _level(level: Level | None) -> str:
    return "none" if level is None else f"**{level.name.lower()}**"


def _trouble(stacks: Sequence[StackDiff]) -> str:
    names = ", ".join(_name(stack.stack) for stack in stacks[:_STACKS])
    more = f" and {len(stacks) - _STACKS} more" if len(stacks) > _STACKS else ""
    return f"- **trouble** with {names}{more}: {prose(cut(trouble(*stacks), _REASON))}"


def _risk(one: Alike, stacks: int, most: int) -> str:
    risk = one.told[0].risk
    what = code(cut(about_all(one), 2 * _NAME))
    files = ", ".join(code(cut(file, _NAME)) for file in one.files[:5])
    more = f" and {len(one.files) - 5} more" if len(one.files) > 5 else ""
    where = _in(one.told[0].where, stacks)
    return (
        f"- {_level(risk.level)}, {risk.danger}{f': {what}' if what else ''}{where}<br>"
        f"{prose(cut(reason_of(one), most))}{f' – {files}{more}' if files else ''}"
    )


def _image(one: ToldImage, stacks: int) -> str:
    _, before, after = (cut(text, 3 * _NAME) for text in versions(one.image))
    name = cut(some(one.names), _WHERE)
    back = ", **moved back**" if one.image.back else ""
    return f"- {code(name) or 'an image'}: {code(before)} → {code(after)}{back}{_in(one.where, stacks)}"


def _in(where: Where, stacks: int) -> str:
    return f", in {prose(cut(where_text(where, stacks), _WHERE))}" if where else ""


def _previewed(one: Previewed, operations: Sequence[str], others: bool) -> str:  # noqa: FBT001 - a private row
    cells = [str(one.changes.get(operation, 0)) for operation in operations]
    if others:
        cells.append(str(sum(one.changes.values()) - sum(one.changes.get(operation, 0) for operation in operations)))
    result = one.result if one.result == "succeeded" else f"**{one.result}**"
    return f"| {' | '.join((_name(one.stack), result, *cells))} |"


def _notice(report: Report, left: Sequence[str], details: Details, room: int, *, artifacts: bool) -> str:
    """Return what is not in the comment, and where the whole is: by stack and system, or as exactly as has a place."""
    by_system = details.left()
    bare = details.bare()
    said = list(left)
    if bare:
        said.append(f"the fields of {plural(bare, 'change')}")
    total = sum(by_system.values())
    command = code(f"naru diff --base {cut(against(report)[0], _NAME)} --format json")
    too = ", which is among the artifacts of the run too" if artifacts else ""
    whole = f"\nThe whole as JSON: {command}{too}.\n"
    if not said and not total:
        return whole
    stacks: dict[str, Counter[str]] = {}
    for (stack, system), count in by_system.items():
        stacks.setdefault(stack, Counter())[system] += count
    exact = "; ".join(
        f"{_name(stack)} {sum(found.values())} ({', '.join(f'{_name(name)} {count}' for name, count in found.items())})"
        for stack, found in stacks.items()
    )
    coarse = "; ".join(f"{_name(stack)} {sum(found.values())}" for stack, found in stacks.items())
    for shown in (exact, coarse, ""):
        changes = [f"{plural(total, 'change')}{f': {shown}' if shown else ''}"] if total else []
        notice = f"\n**Not in this comment**, which is as long as one may be: {'; '.join((*said, *changes))}.\n{whole}"
        if size_of(notice) <= room:
            return notice
    things = f"{plural(total, 'change')} and {plural(len(said), 'other part')}"
    return f"\n**Not in this comment**, which is as long as one may be: {things}.\n{whole}"
