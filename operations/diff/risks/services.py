"""Services and ways in that change under those who use them."""

from collections.abc import Iterator, Mapping, Sequence

from manifests.placed import Manifest
from operations.diff.finding import Finding, Weak, listed, together
from operations.diff.model import Danger, Level, Subject
from operations.diff.pairs import WORKLOADS, Sides
from operations.diff.pods import containers, pod_labels, selects
from operations.diff.risks.routes import Route, routes


def services(sides: Sides) -> Iterator[Finding]:
    """Yield Services that are removed, replaced or lead elsewhere, and hosts and paths that nobody answers any more."""
    for subject, before, after in sides.changed("Service"):
        found = [*_replaced(before, after), *_ports(sides, subject, before, after)]
        found += _selector(sides, subject, before, after)
        yield from together(Danger.DOWNTIME, subject, found, ("ports",))
    for subject, before in sides.removed("Service"):
        yield from _removed(sides, subject, before)
    yield from _ways_out(sides)


def _removed(sides: Sides, subject: Subject, before: Manifest) -> Iterator[Finding]:
    pods = _pods(sides, subject, before["spec"].get("selector"))
    if (subject.cluster, subject.namespace) in sides.namespaces_gone or not pods:
        return
    now = [
        other.name
        for other, found in sides.added("Service")
        if (other.cluster, other.namespace) == (subject.cluster, subject.namespace)
        and found["spec"].get("selector") == before["spec"].get("selector")
    ]
    called = f"the Service is called {listed(now)} now" if now else "the Service is removed"
    reason = f"{called}: who knows it as {subject.name} gets no answer"
    yield Finding(Level.HIGH, Danger.DOWNTIME, subject, reason)


def _pods(sides: Sides, subject: Subject, selector: dict[str, str] | None) -> list[Manifest]:
    """Return the workloads of the new side whose pods a Service's selector finds."""
    return _among(sides.kinds_after, subject, selector)


def _among(
    kinds: Mapping[str, Sequence[tuple[Subject, Manifest]]], subject: Subject, selector: dict[str, str] | None
) -> list[Manifest]:
    # Of a data store with a replica, which pod answers: no template says it.
    wanted = {key: value for key, value in (selector or {}).items() if "pod-name" not in key}
    return [
        found
        for kind in WORKLOADS
        for other, found in kinds.get(kind, ())
        if (other.cluster, other.namespace) == (subject.cluster, subject.namespace)
        and wanted
        and selects({"matchLabels": wanted}, pod_labels(found))
    ]


def _names(workloads: Sequence[Manifest]) -> set[str]:
    return {found["metadata"]["name"] for found in workloads}


def _replaced(before: Manifest, after: Manifest) -> Iterator[Weak]:
    headless = [side["spec"].get("clusterIP") == "None" for side in (before, after)]
    if headless[0] != headless[1]:
        yield (
            Level.HIGH,
            "clusterIP changes, which cannot: the Service is deleted and made again, its address is another",
        )
    kinds = [side["spec"].get("type", "ClusterIP") for side in (before, after)]
    if kinds[0] in {"LoadBalancer", "NodePort"} and kinds[1] != kinds[0]:
        yield Level.HIGH, f"the type is {kinds[1]} for {kinds[0]}: the address that others use goes"


def _ports(sides: Sides, subject: Subject, before: Manifest, after: Manifest) -> Iterator[Weak]:
    now = {(port["port"], port.get("protocol", "TCP")): port for port in after["spec"].get("ports") or ()}
    for port in before["spec"].get("ports") or ():
        key = (port["port"], port.get("protocol", "TCP"))
        if key not in now:
            answers = listed(str(number) for number, _ in now) or "none"
            yield Level.HIGH, f"port {key[0]} goes (it answers on {answers} now): who asks there gets no answer"
        elif port.get("name") != now[key].get("name"):
            yield (
                Level.MEDIUM,
                f"port {key[0]} is called {now[key].get('name')} for {port.get('name')}: who names it fails",
            )
    known = {name for found in _pods(sides, subject, after["spec"].get("selector")) for name in _pod_ports(found)}
    targets = {port["port"]: port.get("targetPort", port["port"]) for port in before["spec"].get("ports") or ()}
    for port in after["spec"].get("ports") or ():
        target = port.get("targetPort", port["port"])
        if known and targets.get(port["port"], target) != target and target not in known:
            yield Level.HIGH, f"port {port['port']} leads to {target}, which no container listens on"


def _pod_ports(manifest: Manifest) -> Iterator[str | int]:
    for container in containers(manifest).values():
        for port in container.get("ports") or ():
            yield port["containerPort"]
            yield port.get("name", port["containerPort"])


def _selector(sides: Sides, subject: Subject, before: Manifest, after: Manifest) -> Iterator[Weak]:
    was, now = before["spec"].get("selector"), after["spec"].get("selector")
    if was == now or not was or (not now and _managed(sides, subject)):
        return  # a Rollout writes the selector of its Services
    if not _pods(sides, subject, now):
        yield Level.HIGH, "the selector changes, and finds no pod of this stack: nothing answers"
        return
    running = [_names(_among(sides.kinds_before, subject, selector)) for selector in (was, now)]
    if not running[1]:
        yield (
            Level.HIGH,
            "the selector changes, and finds none of the pods that run now: nothing answers until others do",
        )
    elif running[0] == running[1]:
        yield Level.LOW, "the selector changes, and finds the same pods"
    else:
        yield Level.MEDIUM, "the selector changes: other pods answer than before"


def _managed(sides: Sides, subject: Subject) -> bool:
    return any(
        subject.name in strategy.values()
        for other, found in sides.kinds_after.get("Rollout", ())
        if (other.cluster, other.namespace) == (subject.cluster, subject.namespace)
        for strategy in found["spec"]["strategy"].values()
    )


def _ways_out(sides: Sides) -> Iterator[Finding]:
    before, after = routes(sides.before), routes(sides.after)
    hosts = {(route.cluster, route.host) for route in after}
    told: set[tuple[str, str]] = set()
    for route in before:
        place = (route.cluster, route.host)
        if place not in hosts and place not in told:
            told.add(place)
            elsewhere = any(host == route.host for _, host in hosts)
            level, reason = Level.HIGH, f"{route.host} goes: nothing answers there any more"
            if elsewhere:
                level = Level.MEDIUM
                reason = f"{route.host} is no longer answered from {route.cluster}: what is left answers alone"
            yield Finding(level, Danger.DOWNTIME, route.subject, reason, ("exposure",))
    now = {(route.cluster, route.host, route.path) for route in after}
    lost: dict[Subject, list[Route]] = {}
    for route in before:
        answered = any(
            other.cluster == route.cluster
            and other.host == route.host
            and _covers(other.path, route.path)
            and other.backend == route.backend
            for other in after
        )
        if (route.cluster, route.host) in hosts and (route.cluster, route.host, route.path) not in now and not answered:
            lost.setdefault(route.subject, []).append(route)
    for subject, found in lost.items():
        reason = f"{listed(f'{route.host}{route.path}' for route in found)} leads no longer to {found[0].backend}"
        yield Finding(Level.MEDIUM, Danger.DOWNTIME, subject, reason, ("exposure",))
    yield from _other_controller(sides)


def _covers(path: str, other: str) -> bool:
    return path == other or other.startswith(path.rstrip("/") + "/")


def _other_controller(sides: Sides) -> Iterator[Finding]:
    keys = {"Ingress": "ingressClassName", "Gateway": "gatewayClassName"}
    for subject, before, after in sides.changed(*keys):
        was, now = (side["spec"].get(keys[subject.kind]) for side in (before, after))
        if was != now:
            reason = f"{keys[subject.kind]} is {now} for {was}: another controller answers, at another address"
            yield Finding(Level.HIGH, Danger.DOWNTIME, subject, reason, ("ingressClass",), environment=True)
