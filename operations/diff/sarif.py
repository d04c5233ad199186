"""The risks of a comparison for code scanning, as SARIF 2.1.0. Pure but for where the repository begins.

Source: SARIF 2.1.0 (OASIS), and what GitHub reads of it: the security severity is the rule's, not the result's, so that
a danger which is one of security has a rule for each level; and of the fingerprints `primaryLocationLineHash` counts.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from operations.diff.model import Danger, Level, Report
from operations.diff.told import ToldRisk, risks
from operations.diff.values import flat
from operations.diff.wording import about, trouble, where_text

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_BASE: Final = "%SRCROOT%"

_LEVELS: Final = {Level.CRITICAL: "error", Level.HIGH: "error", Level.MEDIUM: "warning", Level.LOW: "note"}
_SEVERITIES: Final = {Level.CRITICAL: "9.5", Level.HIGH: "8.0", Level.MEDIUM: "5.5", Level.LOW: "2.0"}
_SECURITY: Final = frozenset({Danger.EXPOSURE, Danger.SECRETS, Danger.PERMISSIONS})

# Danger to: id, name, what it is, what to do about it, the level it has where nothing else is said.
_RULES: Final[dict[Danger, tuple[str, str, str, str, str]]] = {
    Danger.DATA: (
        "data",
        "DataCouldBeLost",
        "A change could lose data",
        "A volume, a store or a namespace goes, or backups are kept for less time. See that a backup exists, and that "
        "it can be restored, before this is merged.",
        "error",
    ),
    Danger.DOWNTIME: (
        "downtime",
        "Downtime",
        "A change could interrupt a service",
        "Something is replaced, finds other pods, or keeps fewer of them than its budget wants. Keep what serves until "
        "the new one is ready, or agree on a window.",
        "error",
    ),
    Danger.EXPOSURE: (
        "exposure",
        "Exposure",
        "A change lets more reach a service, or a service reach more",
        "A host, a path, a network policy or a security context is wider than it was, or TLS is gone. See that this is "
        "meant, and that who may come in has to say who they are.",
        "warning",
    ),
    Danger.SECRETS: (
        "secrets",
        "Secrets",
        "A change takes away a secret that is read, or shows one to more",
        "A key that goes while something still reads it keeps pods from starting. Take away the reader first.",
        "error",
    ),
    Danger.PERMISSIONS: (
        "permissions",
        "Permissions",
        "A change widens what may be done in the cluster",
        "A role has more verbs or resources, or more are bound to it. Give each only what it uses.",
        "warning",
    ),
    Danger.COST: (
        "cost",
        "Cost",
        "A change asks for more CPU, memory or storage",
        "See that the nodes have room for it, and that somebody pays for it.",
        "note",
    ),
    Danger.IMAGES: (
        "images",
        "Images",
        "A change runs another image",
        "A tag that is an earlier version than before can be a rollback, or a release that was merged out of order.",
        "note",
    ),
    Danger.SCHEMA: (
        "schema",
        "Schema",
        "A change migrates a schema",
        "A migration runs before the new pods do, while those before still serve: they have to get on with both "
        "schemas, and no rollback of the image takes a migration back.",
        "warning",
    ),
}


def data(report: Report, root: Path) -> dict[str, Any]:
    """Return the log of one run; `root` is the project's folder, files are told from the repository it is in."""
    folder = _below_repository(root)
    results: list[dict[str, Any]] = []
    used: dict[str, tuple[Danger, Level]] = {}
    seen: Counter[str] = Counter()
    for told in risks(report):
        rule = _rule_id(told.risk.danger, told.risk.level)
        used[rule] = (told.risk.danger, told.risk.level)
        for file, spots in _by_file(told).items():
            results.append(_result(told, rule, f"{folder}{file}", spots, len(report.stacks), seen))
    index = {rule: number for number, rule in enumerate(used)}
    for result in results:
        result["ruleIndex"] = index[result["ruleId"]]
    run = {
        "tool": {"driver": {"name": "naru", "rules": [_rule(rule, *what) for rule, what in used.items()]}},
        "automationDetails": {"id": "naru-diff/"},
        "invocations": [_invocation(report)],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule_id(danger: Danger, level: Level) -> str:
    name = f"naru/{_RULES[danger][0]}"
    return f"{name}-{level.name.lower()}" if danger in _SECURITY else name


def _rule(rule: str, danger: Danger, level: Level) -> dict[str, Any]:
    _, name, short, advice, default = _RULES[danger]
    security = danger in _SECURITY
    return {
        "id": rule,
        "name": f"{name}{level.name.capitalize()}" if security else name,
        "shortDescription": {"text": short},
        "fullDescription": {"text": f"{short}, in what `naru diff` finds the stacks would become."},
        "help": {"text": advice, "markdown": advice},
        "defaultConfiguration": {"level": _LEVELS[level] if security else default},
        "properties": {
            "tags": ["security", "kubernetes"] if security else ["kubernetes"],
            **({"security-severity": _SEVERITIES[level]} if security else {}),
        },
    }


def _by_file(told: ToldRisk) -> dict[str, tuple[list[str], int]]:
    """Return each file with its stacks and the first line; the stack's own file where none is known."""
    found: dict[str, tuple[list[str], int]] = {}
    for stack, file, line in told.spots:
        stacks, first = found.setdefault(file or f"Pulumi.{stack}.yaml", ([], line))
        stacks.append(stack)
        found[file or f"Pulumi.{stack}.yaml"] = (stacks, min(filter(None, (first, line)), default=0))
    return found


def _result(
    told: ToldRisk, rule: str, file: str, spots: tuple[list[str], int], stacks: int, seen: Counter[str]
) -> dict[str, Any]:
    risk, (names, line) = told.risk, spots
    where = where_text(tuple(place for place in told.where if place[0] in names), stacks)
    what = about(risk.subject)
    head = f"{str(risk.danger).capitalize()}{f': {what}' if what else ''}{f', in {where}' if where else ''}"
    return {
        "ruleId": rule,
        "level": _LEVELS[risk.level],
        "message": {"text": f"{head}. {flat(risk.reason)}".replace("](", "] (")},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(file), "uriBaseId": _BASE},
                    "region": {"startLine": max(line, 1)},
                },
                **({"logicalLocations": [{"fullyQualifiedName": what, "kind": "resource"}]} if what else {}),
            }
        ],
        "partialFingerprints": {"primaryLocationLineHash": _fingerprint(told, file, seen)},
        "properties": {"risk": risk.level.name.lower(), "stacks": list(dict.fromkeys(map(flat, names)))},
    }


def _fingerprint(told: ToldRisk, file: str, seen: Counter[str]) -> str:
    """Return what stays the same while lines move, and as long as it is the same risk; not of where it is."""
    risk = told.risk
    subject = risk.subject
    parts = (file, risk.level.name, risk.danger.name, subject.system, subject.kind, subject.name)
    found = hashlib.sha256("\0".join((*parts, flat(risk.reason))).encode(errors="backslashreplace")).hexdigest()[:32]
    seen[found] += 1
    return f"{found}:{seen[found]}"


def _invocation(report: Report) -> dict[str, Any]:
    return {
        "executionSuccessful": not any(stack.trouble for stack in report.stacks),
        "toolExecutionNotifications": list(_notifications(report)),
    }


def _notifications(report: Report) -> Iterator[dict[str, Any]]:
    for stack in report.stacks:
        if stack.trouble:
            yield {"level": "error", "message": {"text": f"{flat(stack.stack)}: {trouble(stack)}"}}


def _below_repository(root: Path) -> str:
    """Return the path from the repository to the project, with a slash at its end; empty where they are one."""
    here = root.resolve()
    top = next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)
    path = here.relative_to(top).as_posix()
    return "" if path == "." else f"{path}/"
