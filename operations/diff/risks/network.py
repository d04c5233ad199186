"""Which connections are allowed that were not, by all policies of a pod taken together."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from manifests.placed import Manifest
from operations.diff.finding import Finding, Weak, listed, together
from operations.diff.model import Danger, Level, Objects, Subject
from operations.diff.pairs import NAME, RUNNING, Sides, component, label
from operations.diff.pods import pod_labels
from operations.diff.risks.peers import Allowed, Direction, allowed_by, covers, how_wide, is_pod_of, isolates, selected

_KINDS = ("NetworkPolicy", "CiliumNetworkPolicy")
_DIRECTIONS: tuple[Direction, ...] = ("ingress", "egress")
Policies: TypeAlias = Mapping[tuple[str, str], Sequence[tuple[Subject, Manifest]]]
"""By cluster and namespace."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Pods of one kind, or (without a name) a pod of a namespace that no policy names."""

    name: str
    component: str
    labels: Mapping[str, str]


Groups: TypeAlias = Mapping[tuple[str, str], Mapping[str, _Group]]
"""By cluster and namespace, then by name."""


@dataclass(frozen=True, slots=True)
class _Both:
    """Policies and pods of both sides, by cluster and namespace."""

    before: Policies
    after: Policies
    old: Groups
    new: Groups

    def allowed_before(self, place: tuple[str, str], before: Sequence[Allowed], one: Allowed) -> bool:
        """Tell whether whom a policy of a namespace allows now was allowed before, whatever found them then.

        Of pods of the stack it is asked one by one: those that are new themselves are not what is asked about.
        """
        if any(covers(earlier, one) for earlier in before):
            return True
        found = [
            (space, self.old[space].get(name) if space in self.old else None)
            for space, groups in self.new.items()
            for name, group in groups.items()
            if name and space[0] == place[0] and is_pod_of(one, place[1], space[1], group.labels)
        ]
        return bool(found) and all(
            group is None or any(_lets_in(earlier, one.port, place[1], space[1], group) for earlier in before)
            for space, group in found
        )


def _lets_in(earlier: Allowed, port: str, here: str, namespace: str, group: _Group) -> bool:
    return earlier.port in {"", port} and (not earlier.peer or is_pod_of(earlier, here, namespace, group.labels))


def network(sides: Sides, opened: frozenset[tuple[str, str, str]]) -> Iterator[Finding]:
    """Yield what may reach whom that could not.

    `opened` are the clusters, namespaces and components that a new public way in leads to: that the controller may
    reach them follows from it. What a workload that is new itself may reach, and who may reach it, is not told.
    """
    both = _Both(_policies(sides.before), _policies(sides.after), _groups(sides.before), _groups(sides.after))
    before, after, old, new = both.before, both.after, both.old, both.new
    for place in new:
        cluster, namespace = place
        was, now = before.get(place, ()), after.get(place, ())
        if was == now and old.get(place) == new[place]:
            continue
        if place in old:
            yield from _lost(sides, place, was, now, old[place], new[place])
            yield from _wider(both, place, opened)
        elif before and not now and sides.new(cluster, "Namespace", "", namespace) is not None:
            reason = "the namespace has no network policy: everybody may reach its pods, and they everybody"
            subject = next(found for found in sides.after if (found.kind, found.name) == ("Namespace", namespace))
            yield Finding(Level.MEDIUM, Danger.EXPOSURE, subject, reason)


def _policies(objects: Objects) -> Policies:
    found: defaultdict[tuple[str, str], list[tuple[Subject, Manifest]]] = defaultdict(list)
    for subject, manifest in objects.items():
        if subject.kind in _KINDS:
            found[subject.cluster, subject.namespace].append((subject, manifest))
    return found


def _groups(objects: Objects) -> dict[tuple[str, str], dict[str, _Group]]:
    found: defaultdict[tuple[str, str], dict[str, _Group]] = defaultdict(dict)
    for subject, manifest in objects.items():
        place = subject.cluster, subject.namespace
        if subject.kind in RUNNING:
            name = label(manifest, NAME) or subject.name
            found[place][name] = _Group(name, component(manifest), pod_labels(manifest))
        elif subject.kind in _KINDS:
            found[place].setdefault("", _Group("", "", {}))
    return found


def _allowed(
    policies: Sequence[tuple[Subject, Manifest]], group: _Group, direction: Direction
) -> list[tuple[Subject, Allowed]] | None:
    """Return what the policies of a pod allow in a direction; None where none restricts it."""
    mine = [(subject, found) for subject, found in policies if selected(found, group.labels)]
    if not any(isolates(found, direction) for _, found in mine):
        return None
    return [(subject, one) for subject, found in mine for one in allowed_by(found, direction)]


def _lost(
    sides: Sides,
    place: tuple[str, str],
    was: Sequence[tuple[Subject, Manifest]],
    now: Sequence[tuple[Subject, Manifest]],
    old: Mapping[str, _Group],
    new: Mapping[str, _Group],
) -> Iterator[Finding]:
    """Yield one finding for all pods of a namespace that no policy restricts any more."""
    groups = [*new.items(), *(pair for pair in old.items() if pair[0] == "" and "" not in new)]
    free: dict[Direction, list[str]] = {}
    for direction in _DIRECTIONS:
        free[direction] = [
            name
            for name, group in groups
            if _allowed(was, old.get(name, group), direction) is not None and _allowed(now, group, direction) is None
        ]
    if not any(free.values()):
        return
    gone = [found for found, _ in was if sides.new(found.cluster, found.kind, place[1], found.name) is None]
    changed = [found for found, manifest in was if (found, manifest) not in now]
    subject = min(gone or changed or [found for found, _ in was], key=_everything_first(was))
    whose = listed(sorted(name for name in free["ingress"] or free["egress"] if name)) or "pods that no policy names"
    many = f" ({len(gone)} policies are removed)" if len(gone) > 1 else ""
    out = f"{', and they' if free['ingress'] else whose} everybody" if free["egress"] else ""
    text = f"everybody may reach {whose}{out}" if free["ingress"] else f"{whose} may reach everybody"
    level = Level.HIGH if free["ingress"] else Level.MEDIUM
    yield Finding(level, Danger.EXPOSURE, subject, f"no network policy is left{many}: {text}")


def _everything_first(policies: Sequence[tuple[Subject, Manifest]]) -> "_Order":
    return _Order({subject: bool(selected(found, {})) for subject, found in policies})


@dataclass(frozen=True, slots=True)
class _Order:
    """Policies of all pods of their namespace before those of some."""

    whole: Mapping[Subject, bool]

    def __call__(self, subject: Subject) -> tuple[bool, str]:
        return not self.whole[subject], subject.name


def _wider(both: _Both, place: tuple[str, str], opened: frozenset[tuple[str, str, str]]) -> Iterator[Finding]:
    said: defaultdict[Subject, list[Weak]] = defaultdict(list)
    was, now = both.before.get(place, ()), both.after.get(place, ())
    for name, group in both.new[place].items():
        known = both.old[place].get(name)
        for direction in _DIRECTIONS:
            before = [] if known is None else _allowed(was, known, direction)
            after = _allowed(now, group, direction)
            if before is None or after is None:
                continue
            for subject, one in after:
                level = how_wide(one, direction)
                everybody = level is Level.HIGH and direction == "ingress"
                if known is None and not everybody:
                    continue  # what is new itself
                if not everybody and direction == "ingress" and (*place, group.component) in opened:
                    continue  # told as a way in
                if direction == "egress" and one.is_pods:
                    continue  # told at the other end
                if not both.allowed_before(place, [earlier for _, earlier in before], one):
                    way = "may reach" if direction == "ingress" else "may be reached by"
                    said[subject].append((level, f"{one} {way} {group.name or 'pods that no policy names'}"))
    for subject, found in said.items():
        at = ("dependsOn",) if all(level is Level.LOW for level, _ in found) else ()
        yield from together(Danger.EXPOSURE, subject, found, at)
