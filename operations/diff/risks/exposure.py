"""What more of the world, or of the cluster, can reach, and what pods may do there."""

from collections import defaultdict
from collections.abc import Iterator

from manifests.placed import Manifest
from operations.diff.finding import Finding, Weak, listed, together
from operations.diff.model import Danger, Level, Subject
from operations.diff.pairs import Sides, annotations
from operations.diff.risks.hardening import hardening
from operations.diff.risks.network import network
from operations.diff.risks.routes import ANY, Route, routes

_GUARDS = (
    "nginx.ingress.kubernetes.io/auth-",
    "nginx.ingress.kubernetes.io/whitelist-source-range",
    "nginx.ingress.kubernetes.io/allowlist-source-range",
    "nginx.ingress.kubernetes.io/denylist-source-range",
    "nginx.ingress.kubernetes.io/limit-",
    "nginx.ingress.kubernetes.io/enable-modsecurity",
    "alb.ingress.kubernetes.io/auth-",
    "alb.ingress.kubernetes.io/inbound-cidrs",
    "alb.ingress.kubernetes.io/wafv2-acl-arn",
)
"""Annotations of an Ingress that keep somebody out."""
_SCHEME = "alb.ingress.kubernetes.io/scheme"
_OPEN_TYPES = ("LoadBalancer", "NodePort")
_POD_SECURITY = "pod-security.kubernetes.io/enforce"
_STANDARDS = ("privileged", "baseline", "restricted")


def exposure(sides: Sides) -> Iterator[Finding]:
    """Yield what more can be reached, and what pods may do that they could not."""
    before, after = routes(sides.before), routes(sides.after)
    told: set[tuple[str, str]] = set()
    for finding, hosts in _hosts(before, after):
        told |= {(finding.subject.cluster, host) for host in hosts}
        yield finding
    yield from _listeners(sides, told)
    yield from _services(sides)
    yield from _guards(sides)
    yield from _standards(sides)
    yield from network(sides, _opened(before, after))
    yield from hardening(sides)


def _hosts(before: list[Route], after: list[Route]) -> Iterator[tuple[Finding, set[str]]]:
    """Yield one finding for each new host, each object's new paths, and each object that lost TLS, and their hosts."""
    known: defaultdict[tuple[str, str], list[Route]] = defaultdict(list)
    for route in before:
        known[route.cluster, route.host].append(route)
    new: defaultdict[tuple[str, str], list[Route]] = defaultdict(list)
    paths: defaultdict[Subject, list[Route]] = defaultdict(list)
    plain: defaultdict[tuple[Subject, bool], list[Route]] = defaultdict(list)
    for route in after:
        old = known.get((route.cluster, route.host))
        if old is None:
            new[route.cluster, route.host].append(route)
            continue
        same = [one for one in old if one.path == route.path]
        if not same:
            paths[route.subject].append(route)
        if route.plain and not any(one.plain for one in same or old):
            plain[route.subject, route.encrypted].append(route)
    for (_, host), found in new.items():
        yield _new_host(host, found), {host}
    for subject, found in paths.items():
        to = listed(dict.fromkeys(route.backend for route in found if route.backend))
        reason = f"{listed(route.host + route.path for route in found)} is new to the public, and leads to {to}"
        yield Finding(Level.MEDIUM, Danger.EXPOSURE, subject, reason, ("exposure",)), {route.host for route in found}
    for (subject, encrypted), found in plain.items():
        hosts = listed(dict.fromkeys(route.host for route in found))
        level, reason = Level.HIGH, f"TLS of {hosts} is removed: what passes can be read and changed on its way"
        if encrypted:
            level, reason = Level.MEDIUM, f"{hosts} answers without TLS too: the redirect to HTTPS is off"
        yield Finding(level, Danger.EXPOSURE, subject, reason, ("exposure",)), {route.host for route in found}


def _new_host(host: str, found: list[Route]) -> Finding:
    first = min(found, key=lambda route: len(route.path))
    leads = dict.fromkeys(f"{route.path} to {route.backend}" for route in found)
    wide = host == ANY or host.startswith("*.")
    called = "every host that no rule names" if host == ANY else host
    plain = not all(route.encrypted for route in found)
    text = f"{called} is new to the public: {listed(leads)}{', without TLS' if plain else ''}"
    level = Level.HIGH if plain or wide else Level.MEDIUM
    return Finding(level, Danger.EXPOSURE, first.subject, text, ("exposure",))


def _opened(before: list[Route], after: list[Route]) -> frozenset[tuple[str, str, str]]:
    """Return clusters, namespaces and components that a new way in leads to, which is told of already."""
    known = {(route.cluster, route.host, route.path, route.component) for route in before}
    return frozenset(
        (route.cluster, route.subject.namespace, route.component)
        for route in after
        if (route.cluster, route.host, route.path, route.component) not in known
    )


def _listeners(sides: Sides, told: set[tuple[str, str]]) -> Iterator[Finding]:
    for subject, before, after in sides.changed("Gateway"):
        found: list[Weak] = []
        secured = [
            {listener.get("hostname", ANY) for listener in side["spec"].get("listeners") or () if listener.get("tls")}
            for side in (before, after)
        ]
        listening = {listener.get("hostname", ANY) for listener in after["spec"].get("listeners") or ()}
        bare = sorted((secured[0] - secured[1]) & listening)
        untold = [host for host in bare if (subject.cluster, host) not in told]
        found += ((Level.HIGH, f"no listener of {host} has TLS any more") for host in untold)
        old = {listener["name"]: listener for listener in before["spec"].get("listeners") or ()}
        for listener in after["spec"].get("listeners") or ():
            was, now = (_allowed(side) for side in (old.get(listener["name"], listener), listener))
            if now == "All" != was:
                found.append((Level.MEDIUM, f"routes of all namespaces may attach to {listener['name']}"))
        yield from together(Danger.EXPOSURE, subject, found)


def _allowed(listener: Manifest) -> str:
    return str(((listener.get("allowedRoutes") or {}).get("namespaces") or {}).get("from", "Same"))


def _services(sides: Sides) -> Iterator[Finding]:
    for pair in sides.differing("Service"):
        if pair.after is None:
            continue
        now: Manifest = pair.after["spec"]
        was: Manifest = {} if pair.before is None else pair.before["spec"]
        found: list[Weak] = []
        kind = now.get("type", "ClusterIP")
        if kind in _OPEN_TYPES and was.get("type", "ClusterIP") not in (kind, "LoadBalancer"):
            where = "outside the cluster by a load balancer" if kind == "LoadBalancer" else "on a port of every node"
            found.append((Level.HIGH, f"the type is {kind}: it answers {where}, past Ingress, TLS and their rules"))
        ranges = [set(side.get("loadBalancerSourceRanges") or ()) for side in (was, now)]
        if ranges[0] and (not ranges[1] or ranges[1] - ranges[0]):
            who = listed(sorted(ranges[1] - ranges[0])) or "everybody"
            found.append((Level.HIGH, f"loadBalancerSourceRanges is wider: {who} may come"))
        if more := sorted(set(now.get("externalIPs") or ()) - set(was.get("externalIPs") or ())):
            found.append((Level.HIGH, f"it answers at {listed(more)} too (externalIPs)"))
        yield from together(Danger.EXPOSURE, pair.subject, found)


def _guards(sides: Sides) -> Iterator[Finding]:
    for pair in sides.differing("Ingress"):
        if pair.after is None:
            continue
        was, now = {} if pair.before is None else annotations(pair.before), annotations(pair.after)
        found: list[Weak] = []
        lost = [name for name in was if name.startswith(_GUARDS) and name not in now]
        if lost:
            short = listed(name.partition("/")[2] for name in sorted(lost))
            found.append((Level.HIGH, f"{short} is removed: who was kept out before is let in"))
        for name in sorted(set(was) & set(now)):
            if name.endswith(("list-source-range", "inbound-cidrs")) and "deny" not in name:
                more = sorted(_ranges(now[name]) - _ranges(was[name]))
                if more:
                    found.append((Level.HIGH, f"{name.partition('/')[2]} is wider: {listed(more)} may come"))
        if now.get(_SCHEME) == "internet-facing" != was.get(_SCHEME) and pair.before is not None:
            found.append((Level.HIGH, "the load balancer is internet-facing"))
        snippets = sorted(name.partition("/")[2] for name in now if name.endswith("-snippet") and name not in was)
        if snippets:
            found.append(
                (Level.MEDIUM, f"{listed(snippets)} is new: configuration of the controller that nothing checks")
            )
        yield from together(Danger.EXPOSURE, pair.subject, found, ("exposure",))


def _ranges(text: str) -> set[str]:
    return {part.strip() for part in text.split(",") if part.strip()}


def _standards(sides: Sides) -> Iterator[Finding]:
    for pair in sides.differing("Namespace"):
        if pair.after is None:
            continue
        was, now = ("restricted" if side is None else _standard(side) for side in (pair.before, pair.after))
        if _STANDARDS.index(now) < _STANDARDS.index(was):
            level = Level.HIGH if now == "privileged" else Level.MEDIUM
            reason = f"Pod Security is {now} for {was}: pods may ask for more of their nodes"
            yield Finding(level, Danger.EXPOSURE, pair.subject, reason, ("podSecurity",))


def _standard(manifest: Manifest) -> str:
    found = (manifest["metadata"].get("labels") or {}).get(_POD_SECURITY, "privileged")
    return found if found in _STANDARDS else "privileged"
