"""Where words go: data to stdout, everything else to stderr; and the tables people read."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from operations.report import SystemState
from operations.tally import Change, Failure

_SIGNS = {"create": "+", "delete": "-", "replace": "±", "update": "~"}


_PROPERTIES_SHOWN = 3


def errors() -> Console:
    """Return the console on stderr as it is now."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """Write a line to stderr."""
    sys.stderr.write(f"{text}\n")


def write_json(data: Any) -> None:
    """Write data to stdout, for a script."""
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def write_lines(lines: Iterable[str]) -> None:
    """Write lines to stdout."""
    sys.stdout.writelines(f"{line}\n" for line in lines)


def change_lines(changes: Iterable[Change]) -> list[str]:
    """Return a line for each changed resource: what happens to it, and the first few properties that are others."""
    return [
        f"{_SIGNS.get(change.operation, change.operation)} {change.resource}"
        + (f"  [{_some(change.properties)}]" if change.properties and change.operation != "create" else "")
        for change in sorted(changes, key=lambda change: change.resource)
    ]


def _some(properties: Sequence[str]) -> str:
    """Return the shortest paths, which say most, and how many there are beside them; all of them are in the JSON."""
    shown = sorted(properties, key=lambda path: (path.count("."), path))[:_PROPERTIES_SHOWN]
    rest = len(properties) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")


def counted(changes: Mapping[str, int], expected: int, seconds: float) -> str:
    """Return one line that says what an update changed; `expected` is how many objects there are."""
    if not changes:
        return f"no change: {expected} objects are as they should be ({seconds:.0f} s)"
    words = {"create": "created", "update": "updated", "delete": "deleted", "replace": "replaced"}
    parts = [f"{count} {words.get(operation, operation)}" for operation, count in sorted(changes.items())]
    return f"{', '.join(parts)} ({seconds:.0f} s)"


def failure_lines(failures: Sequence[Failure]) -> list[str]:
    """Return a line for each failure."""
    return [f"failed: {failure.resource}: {failure.reason}" for failure in failures]


def system_table(states: Sequence[SystemState]) -> Table:
    """Return the table of workloads, their pods and scaling, and why one is not ready; columns only where used."""
    rows = [row for state in states for row in _rows(state)]
    headings = ("Cluster", "System", "Workload", "Pods", "Scaling", "Under way", "Not ready")
    several = len({state.cluster for state in states}) > 1
    used = [any(row[column] for row in rows) for column in range(len(headings))]
    used[0] = several
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading, wanted in zip(headings, used, strict=True):
        if wanted:
            # Names are copied from here, so they stay whole; a reason may take several lines.
            table.add_column(heading, overflow="fold", no_wrap=heading not in {"Under way", "Not ready"})
    for row in rows:
        table.add_row(*(cell for cell, wanted in zip(row, used, strict=True) if wanted))
    return table


def _rows(state: SystemState) -> list[tuple[str, ...]]:
    rows = [
        (
            f"{workload.namespace}/{workload.name}",
            f"[{'red' if workload.reason else 'green'}]{workload.ready}/{workload.desired}",
            workload.scaling,
            escape(workload.under_way),
            escape(workload.reason),
        )
        for workload in state.workloads
    ]
    rows += [
        (
            f"{migration.namespace}/{migration.job}",
            f"[{'green' if migration.status == 'complete' else 'red'}]{migration.status}",
            "",
            "",
            escape(migration.reason),
        )
        for migration in state.migrations
    ]
    rows += [(name, "", "", "", escape(reason)) for name, reason in state.unready.items()]
    return [(*((state.cluster, state.system) if index == 0 else ("", "")), *row) for index, row in enumerate(rows)]


def address_lines(states: Sequence[SystemState]) -> list[str]:
    """Return a line for each address from outside."""
    found = [
        (f"{state.system}/{service}", address)
        for state in states
        for service, addresses in state.addresses.items()
        for address in addresses
    ]
    width = max((len(name) for name, _ in found), default=0)
    return [f"{name:<{width}}  {address}" for name, address in dict.fromkeys(found)]


def next_lines(states: Sequence[SystemState], stack: str) -> list[str]:
    """Return a line for each rollout that is under way, with what to do about it: once, however many clusters."""
    found: dict[str, str] = {}
    for state in states:
        for workload in (one for one in state.workloads if one.under_way):
            subject = f"{state.system}/{workload.name}"
            found[subject] = (
                f"under way: {subject}: `naru rollout status {subject} --stack {stack} --watch` follows it, "
                f"`naru rollout promote {subject} --stack {stack}` goes on"
            )
    return list(found.values())


def write_table(table: Table) -> None:
    """Write a table to stdout."""
    # A pipe has no width of its own, and no reason may be cut for one.
    console = Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=200)
    console.print(table)


def write_report(states: Sequence[SystemState], *, live: bool) -> None:
    """Write the tables to stdout; where nobody asked the cluster (not `live`) only the addresses."""
    if live:
        write_table(system_table(states))
    write_lines(address_lines(states))
