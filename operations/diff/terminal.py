"""A comparison at a terminal: what a person reads in ten seconds, then everything."""

import io
from collections.abc import Iterator
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from operations.diff.grouped import ACTIONS, Entry, Section, compared, counts, highest, sections, shared_where
from operations.diff.model import Action, Field, Level, Report, StackDiff
from operations.diff.places import Where, by_tier, clusters_of, partly
from operations.diff.told import ToldRisk, alike, images, risks
from operations.diff.values import CUT, cut, flat, lines
from operations.diff.wording import (
    about_all,
    against,
    all_named,
    alone_lines,
    becomes,
    by_system_named,
    cause_text,
    clusters_text,
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

SIGNS: Final[dict[Action, str]] = {"added": "+", "changed": "~", "removed": "-", "replaced": "±"}
_STYLES: Final[dict[Action, str]] = {"added": "green", "changed": "yellow", "removed": "red", "replaced": "magenta"}
_LEVELS: Final = {Level.CRITICAL: "bold red", Level.HIGH: "red", Level.MEDIUM: "yellow", Level.LOW: "cyan"}
_SIGN_STYLES: Final = {"+": "green", "-": "red", CUT: "dim"}
_LINES: Final = 40
"""Lines of one field; the whole is in the JSON."""
_NARROWEST: Final = 40


def show(report: Report, console: Console, *, details: bool = True) -> None:
    """Print a report; without `details` only its summary, risks, images and what Pulumi says in numbers."""
    if not console.encoding.startswith("utf") and isinstance(console.file, io.TextIOWrapper):
        console.file.reconfigure(errors="backslashreplace")  # a name in other letters is no reason to fail
    _Page(console, report).show(details=details)


class _Page:
    """Prints one after the other; all texts are literal: neither markup nor control characters of theirs count."""

    def __init__(self, console: Console, report: Report) -> None:
        self._console = console
        self._report = report = by_tier(report)
        self._stacks = len(report.stacks)

    def show(self, *, details: bool) -> None:
        self._summary()
        self._risks(risks(self._report))
        self._images()
        self._requests()
        self._previews(details=details)
        if details:
            for section in sections(self._report):
                self._section(section)
            self._alone()

    def _line(self, *pieces: str | tuple[str, str]) -> None:
        """Print a line as it is: it is the terminal that wraps it, so that it can be copied whole."""
        self._console.print(Text.assemble(*pieces), soft_wrap=True, highlight=False)

    def _hanging(self, start: str, style: str, *pieces: str | tuple[str, str]) -> None:
        """Print a line that goes on below its second word where it is too long."""
        table = Table.grid(padding=(0, 1))
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        table.add_row(Text(start, style), Text.assemble(*pieces))
        self._table(table)

    def _table(self, table: Table) -> None:
        for line in self._console.render_lines(table, pad=False):
            text = Text.assemble(*((segment.text, segment.style or "") for segment in line))
            text.rstrip()  # cells are filled up, which only a file would keep
            self._console.print(text, soft_wrap=True, highlight=False)

    def _heading(self, text: str) -> None:
        self._line("")
        self._line((text, "bold"))

    def _summary(self) -> None:
        report = self._report
        base, commit = against(report)
        base += f" ({commit})" if commit else ""
        if not any(stack.changes or stack.risks or stack.images or stack.trouble for stack in report.stacks):
            names = ", ".join(flat(stack.stack) for stack in report.stacks) or "there are no stacks"
            self._line(("No change", "bold green"), f" against {base}: {names}")
            return
        self._line((f"{tally(report)}, against {base}", "bold"))
        self._line("")
        table = _columns("Stack", *(action.capitalize() for action in ACTIONS), "Risk", "CPU", "Memory", "Storage")
        for column in table.columns[1:5]:
            column.justify = "right"
        for stack in report.stacks:
            worst = highest(stack)
            table.add_row(
                Text(flat(stack.stack), "bold"),
                *(self._number(stack, action) for action in ACTIONS),
                _level(worst) if worst or compared(stack) else Text("?", "red"),
                *(Text(delta, "dim" if delta == "=" else "") for delta in cost_deltas(stack)),
            )
        self._table(table)
        if clusters := clusters_text(clusters_of(report)):
            self._line((f"Clusters: {clusters}", "dim"))
        for stacks in troubles(report):
            names = ", ".join(flat(stack.stack) for stack in stacks)
            self._hanging("trouble:", "bold red", f"{names}: {trouble(*stacks)}")

    def _number(self, stack: StackDiff, action: Action) -> Text:
        number = counts(stack)[action]
        if not compared(stack):
            return Text("?", "red")
        return Text(str(number), _STYLES[action] if number else "dim")

    def _requests(self) -> None:
        found = [
            (flat(stack.stack), cost_text(stack.before, stack.after))
            for stack in self._report.stacks
            if stack.before is not None and stack.after is not None and stack.before != stack.after
        ]
        if found:
            self._heading("Requests")
            table = Table.grid(padding=(0, 2))
            for stack, text in found:
                table.add_row(Text(stack), Text(text))
            self._table(table)

    def _risks(self, told: list[ToldRisk]) -> None:
        if not told:
            return
        self._heading(f"Risks ({len(told)})")
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for one in alike(told):
            risk, where = one.told[0].risk, one.told[0].where
            what = about_all(one)
            head = Text.assemble((str(risk.danger), "bold"), f": {what}" if what else "")
            rest = Text.assemble(
                (f"{where_text(where, self._stacks)}: ", "dim"),
                reason_of(one),
                (f"  {some(one.files)}" if one.files else "", "cyan"),
            )
            table.add_row(_level(risk.level), Text("\n").join((head, rest)))
        self._table(table)

    def _images(self) -> None:
        told = images(self._report)
        if not told:
            return
        self._heading(f"Images ({len(told)})")
        table = Table.grid(padding=(0, 2))
        for _ in range(3):
            table.add_column(overflow="fold")
        for one in told:
            _, before, after = versions(one.image)
            table.add_row(
                Text(some(one.names)),
                Text.assemble(f"{before} -> {after}", ("  moved back" if one.image.back else "", "bold red")),
                Text(where_text(one.where, self._stacks), "dim"),
            )
        self._table(table)

    def _previews(self, *, details: bool) -> None:
        previews = self._report.previews
        if not previews:
            return
        self._heading("What Pulumi says")
        operations = sorted({operation for one in previews for operation in one.changes})
        table = _columns("Stack", "Result", *map(flat, operations))
        for column in table.columns[2:]:
            column.justify = "right"
        for one in previews:
            style = "green" if one.result == "succeeded" else "bold red"
            numbers = (str(one.changes.get(operation, 0)) for operation in operations)
            table.add_row(Text(flat(one.stack), "bold"), Text(one.result, style), *map(Text, numbers))
        self._table(table)
        for one in previews:
            for reason in one.reasons:
                self._hanging("failed:", "bold red", f"{flat(one.stack)}: {flat(reason)}")
        for one in previews if details else ():
            if one.lines:
                self._heading(f"What Pulumi would do to {flat(one.stack)}")
                for line in one.lines:
                    self._line(f"  {flat(line)}")

    def _section(self, section: Section) -> None:
        self._heading(f"{', '.join(map(flat, section.stacks))}: {plural(sum(section.counts.values()), 'change')}")
        for system, entries in section.by_system().items():
            where = shared_where(entries)
            place = f"  {where_text(where, self._stacks)}" if where else ""
            self._line("  ", (flat(system) or "no system", "bold underline"), (place, "dim"))
            for entry in entries:
                self._entry(entry, where)
        for (cause, action), entries in section.by_cause().items():
            text = cause_text(cause, action, entries)
            self._hanging(f"  {SIGNS[action]}", _STYLES[action], f"{text}: ", (by_system_named(entries), "dim"))

    def _alone(self) -> None:
        for stack in self._report.stacks:
            if stack.alone:
                self._heading(f"{flat(stack.stack)}: what it would have, compared with nothing")
                for line, _ in alone_lines(stack):
                    self._hanging(" ", "", line)

    def _entry(self, entry: Entry, known: Where) -> None:
        self._hanging(
            f"  {SIGNS[entry.action]}",
            _STYLES[entry.action],
            f"{len(entry.things)} objects: " if len(entry.things) > 1 and entry.fields else "",
            all_named(entry.things),
            (becomes(entry), "magenta"),
            f", because {flat(entry.because)}" if entry.because else "",
            (
                f"  {where_text(entry.where, self._stacks)}" if partly(entry.where) and entry.where != known else "",
                "dim",
            ),
        )
        for field in entry.fields:
            for sign, text in self._field(field):
                self._line(
                    "      ", (f"{sign}{' ' if sign else ''}{text}".rstrip(), _SIGN_STYLES.get(sign.strip(), ""))
                )

    def _field(self, field: Field) -> Iterator[tuple[str, str]]:
        """Yield the lines of a field: on one where it fits, else its path and what it is on both sides."""
        width = max(self._console.width, _NARROWEST) - 10
        path = flat(field.path)
        found = lines(field, width, _LINES)
        if [sign for sign, _ in found] == ["-", "+"]:
            change = f"{found[0][1]} -> {found[1][1]}"
            if len(path) + len(change) <= width:
                yield "", f"{path}: {change}"
                return
            if len(change) <= width:
                yield "", f"{path}:"
                yield "", f"  {change}"
                return
        elif len(found) == 1:
            sign, text = found[0]
            yield sign, f"{path}: {cut(text, max(_NARROWEST // 2, width - len(path)))}"
            return
        yield "", f"{path}:"
        for sign, text in found:
            yield f"  {sign}", text


def _level(level: Level | None) -> Text:
    return Text(level.name.lower(), _LEVELS[level]) if level else Text("none", "dim")


def _columns(*headings: str) -> Table:
    """Return a table without lines, which reads the same in a file."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table
