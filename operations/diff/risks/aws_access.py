"""Who may do more in AWS, and reach more of it: roles, policies, security groups, TLS."""

import ipaddress
import json
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final, NamedTuple

from manifests.placed import Manifest
from operations.diff.finding import Finding, Weak, listed, together
from operations.diff.model import Danger, Level, Subject
from operations.diff.pairs import Sides

_ROLE: Final = "AWS ServiceRole"
_POLICIES: Final = ("policy", "deadLetterPolicy")
_OWN: Final = ("arn", "deadLetterArn")
_STORES: Final = ("AWS Database", "AWS DatabaseReplica", "AWS Cache")
_READING: Final = ("Get", "List", "Describe", "BatchGet", "Decrypt")


class Right(NamedTuple):
    """One thing that a statement allows."""

    action: str
    resource: str
    conditions: Mapping[tuple[str, str], frozenset[str]]
    """What each test of a key, such as `StringEquals` of `kms:ViaService`, lets pass."""


def aws_access(sides: Sides) -> Iterator[Finding]:
    """Yield who may do more, what is refused no more, and who reaches a data store."""
    for pair in sides.differing(*sides.kinds_after):
        if pair.after is None:
            continue
        if pair.subject.kind == _ROLE:
            found = [*_rights(pair.before, pair.after), *_trusted(pair.before, pair.after)]
            yield from together(Danger.PERMISSIONS, pair.subject, found, ("aws",))
        else:
            yield from together(Danger.PERMISSIONS, pair.subject, list(_resource_policies(pair.before, pair.after)))
    for subject, before, after in sides.changed(*_STORES):
        yield from together(Danger.EXPOSURE, subject, list(_reached(before, after)), ("managed",))
    for subject, before, after in sides.changed("AWS ParameterTree"):
        yield from _in_the_clear(subject, before, after)
    for subject, before, after in sides.changed("AWS KeptSecret"):
        if "rotation" in before and "rotation" not in after:
            yield Finding(Level.MEDIUM, Danger.SECRETS, subject, "nobody makes new values of it any more")
        elif "rotation" in after and before.get("rotation", {}).get("function") != after["rotation"]["function"]:
            reason = f"its values are made by {after['rotation']['function']}"
            yield Finding(Level.MEDIUM, Danger.SECRETS, subject, reason)


def rights(document: Mapping[str, Any]) -> Iterator[Right]:
    """Yield each right that a policy gives."""
    for statement in document.get("Statement") or ():
        if statement["Effect"] == "Allow":
            tests = (statement.get("Condition") or {}).items()
            conditions = {(test, key): frozenset(_each(value)) for test, keys in tests for key, value in keys.items()}
            for action in _each(statement.get("Action", "*")):
                for resource in _each(statement.get("Resource", "*")):
                    yield Right(action, resource, conditions)


def _rights(before: Manifest | None, after: Manifest) -> Iterator[Weak]:
    old = [] if before is None else list(rights(before["policy"]))
    new = [right for right in rights(after["policy"]) if not any(_covers(other, right) for other in old)]
    start = "a new role, which may" if before is None else "may"
    by_level: dict[Level, list[Right]] = {}
    for right in new:
        level = _level(right) if before is not None else max(Level.MEDIUM, _widest(right))
        by_level.setdefault(level, []).append(right)
    for level, found in by_level.items():
        loosened = all(any(_same(other, right) for other in old) for right in found)
        how = " under other conditions" if loosened else ""
        yield level, f"{start} {_named(found)}{how}{'' if before is None else ' now'}"


def _named(found: Iterable[Right]) -> str:
    """Return rights with those together that are of the same resources."""
    actions: dict[str, list[str]] = {}
    for right in found:
        actions.setdefault(right.resource, []).append(right.action)
    resources: dict[tuple[str, ...], list[str]] = {}
    for resource, several in actions.items():
        resources.setdefault(tuple(several), []).append(resource)
    return listed((f"{listed(several)} on {listed(on)}" for several, on in resources.items()), "; ")


def _covers(wide: Right, narrow: Right) -> bool:
    fits = fnmatchcase(narrow.action, wide.action) and fnmatchcase(narrow.resource, wide.resource)
    return fits and all(
        key in narrow.conditions and _fits(key[0], narrow.conditions[key], values)
        for key, values in wide.conditions.items()
    )


def _fits(test: str, narrow: frozenset[str], wide: frozenset[str]) -> bool:
    """Tell whether a test lets no more pass; of one that excludes, fewer values would be more."""
    return narrow >= wide if "Not" in test else narrow <= wide


def _same(one: Right, other: Right) -> bool:
    return (one.action, one.resource) == (other.action, other.resource)


def _widest(right: Right) -> Level:
    """Return how bad it is where a right is not of one thing: every action of a service, or every resource."""
    return Level.CRITICAL if "*" in (right.action.rpartition(":")[2], right.resource) else Level.LOW


def _level(right: Right) -> Level:
    reads = right.action.rpartition(":")[2].startswith(_READING)
    return max(_widest(right), Level.MEDIUM if reads else Level.HIGH)


def _trusted(before: Manifest | None, after: Manifest) -> Iterator[Weak]:
    if before is None:
        return
    old = [json.dumps(statement, sort_keys=True) for statement in before["trust"]["Statement"]]
    new = [one for one in after["trust"]["Statement"] if json.dumps(one, sort_keys=True) not in old]
    if new:
        who = listed(dict.fromkeys(_who(statement) for statement in new))
        yield Level.HIGH, f"others may take it on: {who}"


def _who(statement: Mapping[str, Any]) -> str:
    principal = statement.get("Principal", "*")
    found = [str(one) for value in principal.values() for one in _each(value)] if isinstance(principal, dict) else ["*"]
    subjects = [
        str(one)
        for tests in (statement.get("Condition") or {}).values()
        for key, value in tests.items()
        if key.endswith(":sub") or "kubernetes-service-account" in key
        for one in _each(value)
    ]
    return listed([*found, *subjects], " as ")


def _resource_policies(before: Manifest | None, after: Manifest) -> Iterator[Weak]:
    """Yield what the policies of a resource itself allow that they did not, and what they refuse no more."""
    for key in _POLICIES:
        statements, old = _statements(after, key), {} if before is None else _statements(before, key)
        for text, one in statements.items():
            everybody = one.get("Principal") in ("*", {"AWS": "*"}) and not one.get("Condition")
            if one["Effect"] == "Allow" and text not in old and (before is not None or everybody):
                level = Level.CRITICAL if everybody else Level.HIGH
                yield level, f"its {key} allows {listed(_each(one.get('Action', '*')))} to {_who(one)}"
        refused = {_name(one) for one in statements.values() if one["Effect"] == "Deny"}
        for text, one in old.items():
            if one["Effect"] == "Deny" and text not in statements:
                how = "as it did" if _name(one) in refused else "any more"
                yield Level.HIGH, f"its {key} does not refuse {_name(one)} {how}"


def _statements(manifest: Manifest, key: str) -> dict[str, Mapping[str, Any]]:
    """Return the statements of a policy by their text, in which the resource itself has no name."""
    own = sorted((str(manifest[name]) for name in _OWN if name in manifest), key=len, reverse=True)
    found: dict[str, Mapping[str, Any]] = {}
    for one in (manifest.get(key) or {}).get("Statement") or ():
        text = json.dumps(one, sort_keys=True)
        for arn in own:
            text = text.replace(f'"{arn}', '"itself')
        found[text] = one
    return found


def _name(statement: Mapping[str, Any]) -> str:
    return str(statement.get("Sid") or listed(_each(statement.get("Action", "*"))))


def _reached(before: Manifest, after: Manifest) -> Iterator[Weak]:
    was, now = before["network"], after["network"]
    old = [ipaddress.ip_network(one) for one in was["ranges"].values()]
    for name, text in now["ranges"].items():
        network = ipaddress.ip_network(text)
        if any(network.version == one.version and network.subnet_of(one) for one in old):  # type: ignore[arg-type]
            continue
        level = Level.MEDIUM if network.is_private else Level.CRITICAL
        yield level, f"{text} ({name}) reaches it now"
    groups = [f"{group} ({name})" for name, group in now["groups"].items() if group not in was["groups"].values()]
    if groups:
        yield Level.MEDIUM, f"the security group {listed(groups)} reaches it now"
    if before.get("transitMode") == "required" and after.get("transitMode") != "required":
        yield Level.HIGH, "it takes connections without TLS"


def _in_the_clear(subject: Subject, before: Manifest, after: Manifest) -> Iterator[Finding]:
    secret = {one["name"] for one in before["parameters"] if one["secret"]}
    clear = [one["name"] for one in after["parameters"] if one["name"] in secret and not one["secret"]]
    if clear:
        reason = f"{listed(clear)} {'is' if len(clear) == 1 else 'are'} no longer encrypted"
        yield Finding(Level.HIGH, Danger.SECRETS, subject, reason)


def _each(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]
