"""Who may do more: to the API server, in the cloud, and through Argo CD."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from manifests.placed import Manifest
from operations.diff.finding import Finding, Weak, listed, together
from operations.diff.model import Danger, Level, Subject
from operations.diff.pairs import Sides, annotations
from operations.diff.risks.argo import argo

_READING = frozenset({"get", "list", "watch"})
_ESCALATING = frozenset({"escalate", "bind", "impersonate"})
_SENSITIVE = frozenset({"secrets", "pods/exec", "pods/attach", "serviceaccounts/token", "nodes/proxy"})
_EVERYBODY = frozenset({"system:authenticated", "system:unauthenticated", "system:anonymous", "system:serviceaccounts"})
_CLOUD = {
    "eks.amazonaws.com/role-arn": "the AWS role",
    "iam.gke.io/gcp-service-account": "the Google account",
    "azure.workload.identity/client-id": "the Azure identity",
}

Rule: TypeAlias = tuple[str, str, str, str]
"""API group (or `URL`), resource, verb and name; a name is empty for all objects."""


def permissions(sides: Sides) -> Iterator[Finding]:
    """Yield what gives somebody more rights."""
    for pair in sides.differing("Role", "ClusterRole"):
        if pair.after is not None:
            found = [*_rules(pair.before, pair.after)]
            if pair.before is None:  # gives nothing until it is bound, which is told; but nobody is to bind this
                found = [weak for weak in found if weak[0] is Level.CRITICAL]
            yield from together(Danger.PERMISSIONS, pair.subject, found)
    for pair in sides.differing("RoleBinding", "ClusterRoleBinding"):
        if pair.after is not None:
            yield from _bound(sides, pair.subject, pair.before, pair.after)
    for pair in sides.differing("ServiceAccount"):
        if pair.after is not None:
            yield from _in_cloud(pair.subject, pair.before, pair.after)
    yield from argo(sides)


def _rules(before: Manifest | None, after: Manifest) -> Iterator[Weak]:
    old = set() if before is None else set(_expanded(before))
    new = [rule for rule in _expanded(after) if not any(_covers(other, rule) for other in old)]
    by_level: dict[Level, list[str]] = {}
    for rule in new:
        by_level.setdefault(_level(rule, cluster=after["kind"] == "ClusterRole"), []).append(_named(rule))
    for level, rules in by_level.items():
        yield level, f"may {listed(dict.fromkeys(rules))} now"


def _expanded(role: Manifest) -> Iterator[Rule]:
    for rule in role.get("rules") or ():
        for verb in rule.get("verbs") or ():
            for url in rule.get("nonResourceURLs") or ():
                yield "URL", url, verb, ""
            for group in rule.get("apiGroups") or ():
                for resource in rule.get("resources") or ():
                    for name in rule.get("resourceNames") or ("",):
                        yield group, resource, verb, name


def _covers(wide: Rule, narrow: Rule) -> bool:
    return all(one in ("*", other) for one, other in zip(wide[:3], narrow[:3], strict=True)) and wide[3] in {
        "",
        narrow[3],
    }


def _level(rule: Rule, *, cluster: bool) -> Level:
    _, resource, verb, name = rule
    if "*" in rule[:3]:
        return Level.CRITICAL
    if verb in _ESCALATING or resource in _SENSITIVE:
        return Level.HIGH
    if name or verb in _READING:
        return Level.MEDIUM
    return Level.HIGH if cluster else Level.MEDIUM


def _named(rule: Rule) -> str:
    group, resource, verb, name = rule
    of = f" {name}" if name else ""
    return f"{verb} {resource}{f'.{group}' if group not in {'', 'URL'} else ''}{of}"


def _bound(sides: Sides, subject: Subject, before: Manifest | None, after: Manifest) -> Iterator[Finding]:
    role = after["roleRef"]
    same = before is not None and before["roleRef"] == role
    old = set() if before is None or not same else {_who(found) for found in before.get("subjects") or ()}
    more = [_who(found) for found in after.get("subjects") or () if _who(found) not in old]
    if not more:
        return
    space = "" if role["kind"] == "ClusterRole" else subject.namespace
    rights = sides.new(subject.cluster, role["kind"], space, role["name"])
    rules = [] if rights is None else [*_expanded(rights)]
    levels = [_level(rule, cluster=subject.kind == "ClusterRoleBinding") for rule in rules]
    level = max([*levels, Level.HIGH if subject.kind == "ClusterRoleBinding" else Level.MEDIUM])
    if role["name"] == "cluster-admin" or any(found.partition(" ")[2] in _EVERYBODY for found in more):
        level = Level.CRITICAL
    what = f" (may {listed(dict.fromkeys(map(_named, rules)))})" if rules else ""
    reason = f"{listed(more)} has the {role['kind']} {role['name']} now{what}"
    yield Finding(level, Danger.PERMISSIONS, subject, reason)


def _who(subject: Mapping[str, Any]) -> str:
    space = subject.get("namespace")
    return f"{subject['kind']} {f'{space}/' if space else ''}{subject['name']}"


def _in_cloud(subject: Subject, before: Manifest | None, after: Manifest) -> Iterator[Finding]:
    was, now = {} if before is None else annotations(before), annotations(after)
    for name, called in _CLOUD.items():
        if name in now and now[name] != was.get(name):
            other = f" for {was[name]}" if name in was else ""
            level = Level.HIGH if before is not None else Level.MEDIUM
            reason = f"its pods have {called} {now[name]}{other}"
            yield Finding(level, Danger.PERMISSIONS, subject, reason, ("serviceAccountAnnotations",))
