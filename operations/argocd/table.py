"""The Applications of a stack as people and scripts read them, and what is to be done next."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from manifests.argocd.names import branch, parent_name
from operations.argocd.control import Applications
from operations.argocd.state import Application
from settings.environment import ArgoCD
from settings.stack import Stack

_GOOD = {"Synced", "Healthy"}
_COMMIT = 12
"""How many digits of a commit are shown."""


@dataclass(frozen=True, slots=True)
class Row:
    """One Application of a system; None where it is not there yet."""

    system: str
    name: str
    application: Application | None

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        told = {} if self.application is None else self.application.as_json()
        return {"system": self.system, "name": self.name, "there": self.application is not None, **told}


def rows(applications: Applications, stack: Stack, systems: Iterable[str]) -> list[Row]:
    """Return each system's parent and then its children, in order. Raises ApiError and UnreachableError."""
    found: list[Row] = []
    for system in systems:
        parent, children = applications.of(system)
        found.append(Row(system, parent_name(stack, system), parent))
        found += [Row(system, child.name, child) for child in children]
    return found


def application_table(found: Sequence[Row]) -> Table:
    """Return the table: what is synced, how healthy it is, the commit, and what is wrong."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("System", "Application", "Sync", "Health", "Revision", "Message"):
        table.add_column(heading, overflow="fold", no_wrap=heading != "Message")
    last = ""
    for row in found:
        table.add_row("" if row.system == last else row.system, row.name, *_cells(row.application))
        last = row.system
    return table


def _cells(application: Application | None) -> tuple[str, ...]:
    if application is None:
        return ("", "[yellow]not there yet", "", "")
    told = (application.sync or "not compared yet", application.health)
    message = "; ".join(application.trouble) or application.waiting
    coloured = (f"[{'green' if word in _GOOD else 'yellow'}]{word}" if word else "" for word in told)
    return (*coloured, application.revision[:_COMMIT], escape(message))


def next_lines(stack: Stack, argocd: ArgoCD, systems: Mapping[str, bool]) -> list[str]:
    """Return what is to be done after an update; `systems` says of each whether a new commit is synced by itself."""
    lines = [f"next: `naru publish --stack {stack.name}` writes the files to {branch(stack, argocd)}"]
    by_hand = [name for name, automated in systems.items() if not automated]
    if len(by_hand) < len(systems):
        lines[0] += ", which Argo CD applies"
    if by_hand:
        chosen = "" if len(by_hand) == len(systems) else f" {' '.join(by_hand)}"
        lines.append(f"then: `naru sync --stack {stack.name}{chosen}` has Argo CD apply what is synced by hand")
    return lines
