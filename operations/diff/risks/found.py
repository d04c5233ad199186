"""All risks of a stack's change, the highest first."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Final, TypeAlias

from operations.diff.finding import Finding
from operations.diff.model import Change, Danger, Level, Objects, Risk, Subject
from operations.diff.origins import Origins
from operations.diff.pairs import WORKLOADS, Sides
from operations.diff.risks.aws_access import aws_access
from operations.diff.risks.aws_data import aws_data
from operations.diff.risks.aws_traffic import aws_traffic
from operations.diff.risks.cost import costs
from operations.diff.risks.data import data
from operations.diff.risks.downtime import downtime
from operations.diff.risks.exposure import exposure
from operations.diff.risks.images import pulled
from operations.diff.risks.permissions import permissions
from operations.diff.risks.schema import schema
from operations.diff.risks.secrets import secrets
from operations.diff.touched import Files
from operations.planned import KIND
from settings.loaded import Loaded

_Rule: TypeAlias = Callable[[Sides], Iterator[Finding]]
_RULES: Final[tuple[_Rule, ...]] = (data, downtime, exposure, secrets, permissions, schema, pulled, costs)
_RULES_OF_AWS: Final[tuple[_Rule, ...]] = (aws_data, aws_access, aws_traffic)
_REPLACED = (*WORKLOADS, "Service", "PersistentVolumeClaim", "Ingress", "Gateway")


def found(
    stack: str,
    before: Objects,
    after: Objects,
    changes: Sequence[Change],
    root: Path,
    loaded: Loaded | None = None,
    was: Files | None = None,
) -> tuple[Risk, ...]:
    """Return the risks of a stack's change, the highest first; the same one on several clusters is one.

    `root` is the project of the new side, whose files say where a risk comes from; `loaded` is the stack as it was
    loaded from there, if it was already; `was` returns what a file of the project, by its path, said on the old side,
    so that a risk is told of where the change is. Objects are not changed.
    """
    sides = Sides(before, after)
    findings = list(chain.from_iterable(rule(of) for of, rules in _judged(sides) for rule in rules))
    findings += _replaced(changes, findings)
    merged = list(_merged(findings))
    origins = Origins(root, stack, sides, loaded, was)
    risks = [_risk(finding, clusters, origins) for finding, clusters in merged]
    return tuple(sorted(risks, key=_order))


def _judged(sides: Sides) -> Iterator[tuple[Sides, tuple[_Rule, ...]]]:
    """Yield the objects of Kubernetes and the components of AWS, each with the rules for them."""
    aws = Sides(*({one: made for one, made in side.items() if _of_aws(one)} for side in (sides.before, sides.after)))
    if not aws.before and not aws.after:
        yield sides, _RULES
        return
    sides = Sides(
        *({one: made for one, made in side.items() if not _of_aws(one)} for side in (sides.before, sides.after))
    )
    yield sides, _RULES
    yield aws, _RULES_OF_AWS


def _of_aws(subject: Subject) -> bool:
    return subject.kind.startswith(KIND)


def _replaced(changes: Sequence[Change], findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield what the comparison saw to be replaced, and no rule told of."""
    told = {finding.subject for finding in findings if finding.danger in {Danger.DOWNTIME, Danger.DATA}}
    for change in changes:
        if change.action == "replaced" and change.subject.kind in _REPLACED and change.subject not in told:
            paths = ", ".join(field.path for field in change.fields[:3]) or "it"
            reason = f"{paths} cannot change: it is deleted and made again"
            yield Finding(Level.HIGH, Danger.DOWNTIME, change.subject, reason)


def _merged(findings: Iterable[Finding]) -> Iterator[tuple[Finding, tuple[str, ...]]]:
    same: dict[tuple[Level, Danger, str, str, str], list[Finding]] = {}
    for finding in findings:
        key = (finding.level, finding.danger, finding.subject.system, str(finding.subject), finding.reason)
        same.setdefault(key, []).append(finding)
    for members in same.values():
        yield members[0], tuple(dict.fromkeys(member.subject.cluster for member in members if member.subject.cluster))


def _risk(finding: Finding, clusters: tuple[str, ...], origins: Origins) -> Risk:
    file, line = origins.of(finding)
    # Whatever an object says in a name of its own, a reason stays on one line.
    reason = " ".join(finding.reason.split())
    return Risk(finding.level, finding.danger, finding.subject, reason, clusters, file, line)


def _order(risk: Risk) -> tuple[int, int, str, str, str]:
    dangers = list(Danger)
    return -risk.level, dangers.index(risk.danger), risk.subject.system, str(risk.subject), risk.reason
