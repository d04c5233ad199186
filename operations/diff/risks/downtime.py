"""What could keep somebody from being answered: replaced workloads, fewer pods, less care with updates."""

from collections.abc import Iterator, Mapping, Sequence

from manifests.placed import Manifest
from operations.diff.finding import Finding, Weak, listed, together
from operations.diff.model import Danger, Level, Subject
from operations.diff.pairs import WORKLOADS, Pair, Sides, component
from operations.diff.pods import claims, containers, pod, pod_count, pod_labels, selects, share
from operations.diff.risks.analysis import Metrics, less_judged
from operations.diff.risks.issuers import issuers
from operations.diff.risks.room import room
from operations.diff.risks.services import services
from operations.diff.risks.strategy import weaker
from operations.diff.risks.volumes import cannot_change
from settings.types import quantity_value

_IMMUTABLE = ("selector", "serviceName", "podManagementPolicy", "volumeClaimTemplates")
"""Of any workload, or of a StatefulSet. Source: Kubernetes, validation of apps/v1."""
_GRACE = 30
_TEMPLATES = ("AnalysisTemplate", "ClusterAnalysisTemplate")


def downtime(sides: Sides) -> Iterator[Finding]:
    """Yield what could keep somebody from being answered."""
    for pair in sides.workloads():
        if pair.before is not None and pair.after is None:
            yield from _removed(sides, pair.subject, pair.before)
        elif pair.before is not None and pair.after is not None:
            yield from _of_workload(sides, pair.subject, pair.before, pair.after)
    for pair in sides.differing("HorizontalPodAutoscaler"):
        yield from _autoscaled(sides, pair)
    yield from _budgets(sides)
    yield from services(sides)
    yield from issuers(sides)
    yield from room(sides)
    for subject, before, after in sides.changed(*_TEMPLATES):
        yield from together(Danger.DOWNTIME, subject, [*less_judged(before, after)], ("objectives",))


def _of_workload(sides: Sides, subject: Subject, before: Manifest, after: Manifest) -> Iterator[Finding]:
    pods = pod_count(subject, after, sides.kinds_after.get("HorizontalPodAutoscaler", ()))
    if before["kind"] == after["kind"]:
        yield from together(Danger.DOWNTIME, subject, [*_replaced(sides, before, after)])
    metrics = (_metrics(sides.kinds_before, subject), _metrics(sides.kinds_after, subject))
    yield from together(Danger.DOWNTIME, subject, weaker(before, after, max(pods, 1), metrics), ("strategy",))
    yield from _fewer(sides, subject, before, after)
    yield from together(Danger.DOWNTIME, subject, [*_unprobed(before, after)], ("probes",))
    yield from together(Danger.DOWNTIME, subject, [*_less_patient(before, after)])


def _metrics(kinds: Mapping[str, Sequence[tuple[Subject, Manifest]]], subject: Subject) -> Metrics:
    return {
        other.name: frozenset(metric["name"] for metric in found["spec"].get("metrics") or ())
        for kind in _TEMPLATES
        for other, found in kinds.get(kind, ())
        if other.cluster == subject.cluster and other.namespace in {"", subject.namespace}
    }


def _removed(sides: Sides, subject: Subject, before: Manifest) -> Iterator[Finding]:
    if (subject.cluster, subject.namespace) in sides.namespaces_gone or claims(before):
        return  # told as data that could be lost
    name, known = component(before), {key for kind in WORKLOADS for key, _ in sides.kinds_before.get(kind, ())}
    others = [
        other
        for kind in WORKLOADS
        for other, found in sides.kinds_after.get(kind, ())
        if (other.cluster, other.namespace, component(found)) == (subject.cluster, subject.namespace, name)
    ]
    if not others:
        reason = "the workload is removed: nothing answers for it any more"
        yield Finding(Level.MEDIUM, Danger.DOWNTIME, subject, reason)
    elif not any(other in known for other in others):
        reason = f"the workload is replaced by {listed(others)}: all pods are replaced by those of another"
        yield Finding(Level.HIGH, Danger.DOWNTIME, subject, reason, ("strategy",))


def _replaced(sides: Sides, before: Manifest, after: Manifest) -> Iterator[Weak]:
    for key in _IMMUTABLE:
        if before["spec"].get(key) == after["spec"].get(key):
            continue
        if key == "volumeClaimTemplates" and (sides.gitops or _same_but_labels(before, after)):
            continue  # where Argo CD applies, told of with the claims themselves
        if sides.gitops:
            stays = "; its claims stay" if claims(after) else ""
            yield Level.HIGH, f"{key} changes. {cannot_change(after['kind'])}{stays}"
            continue
        stays = "; the claims stay as they are" if key == "volumeClaimTemplates" else ""
        yield Level.HIGH, f"{key} changes, which cannot: it is deleted and made again, without pods meanwhile{stays}"


def _same_but_labels(before: Manifest, after: Manifest) -> bool:
    # Still a replacement to the API server, but one that Argo CD and Pulumi alike refuse to make for nothing.
    return _spelt_alike(before) == _spelt_alike(after)


def _spelt_alike(manifest: Manifest) -> dict[str, Manifest]:
    found = {}
    for name, claim in claims(manifest).items():
        asked = (claim.get("resources") or {}).get("requests") or {}
        found[name] = {**claim, "resources": {key: quantity_value(str(value)) for key, value in asked.items()}}
    return found


def _fewer(sides: Sides, subject: Subject, before: Manifest, after: Manifest) -> Iterator[Finding]:
    was = pod_count(subject, before, sides.kinds_before.get("HorizontalPodAutoscaler", ()))
    now = pod_count(subject, after, sides.kinds_after.get("HorizontalPodAutoscaler", ()))
    if now >= was:
        return
    declared = _budget_of(sides, subject, before)
    at, left = ("replicas",), f"{now} pod{'s' if now > 1 else ''} left of {was}"
    if now == 0:
        yield Finding(Level.HIGH, Danger.DOWNTIME, subject, f"no pod is left of {was}: nothing answers", at)
    elif declared is not None and _serving(declared, now) < _floor(declared):
        yield Finding(Level.HIGH, Danger.DOWNTIME, subject, f"{left}{_by_budget(declared, now)}", at)
    elif now == 1:
        reason = f"{left}: whatever ends it, or its node, ends all of it"
        yield Finding(Level.MEDIUM, Danger.DOWNTIME, subject, reason, at)


def _by_budget(budget: Manifest, pods: int) -> str:
    if budget["spec"].get("minAvailable") is not None:
        return f", fewer than its budget ({_spelt(budget)}) keeps: none of them may be evicted, nor its node drained"
    return f": its budget ({_spelt(budget)}) would let {'that one' if pods == 1 else 'all of them'} be evicted"


def _budget_of(sides: Sides, subject: Subject, workload: Manifest) -> Manifest | None:
    for other, found in sides.kinds_before.get("PodDisruptionBudget", ()):
        here = (other.cluster, other.namespace) == (subject.cluster, subject.namespace)
        if here and selects(found["spec"].get("selector"), pod_labels(workload)):
            return found
    return None


def _serving(budget: Manifest, pods: int) -> int:
    """Return how many of the pods are left when as many as the budget allows are away."""
    return pods - share(budget["spec"].get("maxUnavailable"), pods)


def _floor(budget: Manifest) -> int:
    least = budget["spec"].get("minAvailable")
    return int(least) if isinstance(least, int) else 1


def _spelt(budget: Manifest) -> str:
    spec = budget["spec"]
    key = "minAvailable" if spec.get("minAvailable") is not None else "maxUnavailable"
    return f"{key} {spec.get(key)}"


def _autoscaled(sides: Sides, pair: Pair) -> Iterator[Finding]:
    """Yield a workload that did not change itself, but has fewer pods by its autoscaler."""
    found = pair.after or pair.before
    if found is None:
        return
    target = found["spec"]["scaleTargetRef"]
    key = (pair.subject.cluster, target["kind"], pair.subject.namespace, target["name"])
    before, after = sides.old(*key), sides.new(*key)
    if before is not None and before == after:
        workload = Subject(key[0], pair.subject.system, key[1], key[2], key[3])
        for finding in _fewer(sides, workload, before, before):
            yield Finding(finding.level, finding.danger, workload, finding.reason, ("scaling", "min"))


def _unprobed(before: Manifest, after: Manifest) -> Iterator[Weak]:
    levels = {"readiness": Level.HIGH, "liveness": Level.MEDIUM, "startup": Level.MEDIUM}
    follows = {
        "readiness": "pods get requests before they can answer them, and bad ones keep getting them",
        "liveness": "a pod that hangs is never restarted",
        "startup": "a pod that starts slowly is restarted before it is up",
    }
    now = containers(after)
    for name, container in containers(before).items():
        for probe, level in levels.items():
            key = f"{probe}Probe"
            if name in now and container.get(key) and not now[name].get(key):
                yield level, f"the {probe} probe of {name} is removed: {follows[probe]}"


def _less_patient(before: Manifest, after: Manifest) -> Iterator[Weak]:
    ready = [side["spec"].get("minReadySeconds") or 0 for side in (before, after)]
    grace = [pod(side).get("terminationGracePeriodSeconds", _GRACE) for side in (before, after)]
    for key, (was, now) in (("minReadySeconds", ready), ("terminationGracePeriodSeconds", grace)):
        if now < was:
            level = Level.MEDIUM if now * 2 <= was else Level.LOW
            cost = (
                "pods that fail soon count as ready" if key == "minReadySeconds" else "requests under way are cut off"
            )
            yield level, f"{key} is cut from {was} to {now}: {cost}"
    now_by_name = containers(after, init=False)
    for name, container in containers(before, init=False).items():
        stops = [(side.get("lifecycle") or {}).get("preStop") for side in (container, now_by_name.get(name, {}))]
        if name in now_by_name and stops[0] and not stops[1]:
            yield Level.MEDIUM, f"the preStop hook of {name} is removed: pods stop while they are still sent requests"


def _budgets(sides: Sides) -> Iterator[Finding]:
    autoscalers = sides.kinds_after.get("HorizontalPodAutoscaler", ())
    for pair in sides.differing("PodDisruptionBudget"):
        declared = pair.after or pair.before
        guarded = [
            (other, pod_count(other, found, autoscalers))
            for kind in WORKLOADS
            for other, found in sides.kinds_after.get(kind, ())
            if (other.cluster, other.namespace) == (pair.subject.cluster, pair.subject.namespace)
            and declared is not None
            and selects(declared["spec"].get("selector"), pod_labels(found))
        ]
        for other, pods in guarded[:1]:
            yield from together(
                Danger.DOWNTIME, pair.subject, [*_of_budget(pair.before, pair.after, other, pods)], ("budget",)
            )


def _of_budget(before: Manifest | None, after: Manifest | None, workload: Subject, pods: int) -> Iterator[Weak]:
    if before is not None and after is None:
        if pods > 1:
            yield Level.MEDIUM, f"the budget of {workload} is removed: all {pods} pods may be evicted at once"
        return
    if after is None:
        return
    away = _away(after, pods)
    old = None if before is None else max(_away(before, pods), 0)
    if old is not None and away > old:
        level = Level.HIGH if away >= pods else Level.LOW
        yield level, f"{away} of {pods} pods of {workload} may be away at once, for {old}"
    if away <= 0 < pods and (old is None or old > 0):
        yield Level.MEDIUM, f"no pod of {workload} may ever be away: its nodes cannot be drained"


def _away(budget: Manifest, pods: int) -> int:
    spec = budget["spec"]
    if spec.get("minAvailable") is not None:
        return pods - share(spec["minAvailable"], pods)
    return share(spec.get("maxUnavailable"), pods)
