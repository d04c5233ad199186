"""Whom one rule of a network policy allows, and whether another one allowed as much.

Source: Kubernetes, "Network Policies"; Cilium, "Layer 3 Policies" and "Layer 4 Policies".
"""

import ipaddress
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from manifests.placed import Manifest
from operations.diff.finding import listed
from operations.diff.model import Level
from operations.diff.pods import selects

Direction = Literal["ingress", "egress"]
_NAMESPACE = "kubernetes.io/metadata.name"
_WORLD = ("world", "all")


@dataclass(frozen=True, slots=True)
class Allowed:
    """One peer at one port."""

    peer: str
    """As JSON; empty for everybody."""
    port: str
    """`TCP 80`; empty for all of them."""

    @property
    def what(self) -> dict[str, Any]:
        """The peer as the policy has it."""
        found: dict[str, Any] = json.loads(self.peer) if self.peer else {}
        return found

    @property
    def is_pods(self) -> bool:
        """Whether the peer is pods found by their labels."""
        return bool((self.what.get("podSelector") or {}).get("matchLabels"))

    def __str__(self) -> str:
        at = f" at {self.port}" if self.port else ""
        return f"{_named(self.what) if self.peer else 'everybody'}{at}"


def selected(policy: Manifest, labels: Mapping[str, str]) -> bool:
    """Tell whether a policy is about pods with those labels."""
    key = "podSelector" if policy["kind"] == "NetworkPolicy" else "endpointSelector"
    return selects(policy["spec"].get(key, {}), labels)


def isolates(policy: Manifest, direction: Direction) -> bool:
    """Tell whether a policy forbids its pods what no policy allows in that direction."""
    spec = policy["spec"]
    if policy["kind"] != "NetworkPolicy":
        return direction in spec
    default = ["Ingress", *(["Egress"] if "egress" in spec else [])]
    return direction.capitalize() in (spec.get("policyTypes") or default)


def allowed_by(policy: Manifest, direction: Direction) -> Iterator[Allowed]:
    """Yield each peer and port that a policy allows in a direction."""
    if not isolates(policy, direction):
        return
    for rule in policy["spec"].get(direction) or ():
        if policy["kind"] == "NetworkPolicy":
            peers = [_json(peer) for peer in rule.get("from" if direction == "ingress" else "to") or ()] or [""]
            ports = [_port(port) for port in rule.get("ports") or ()] or [""]
        else:
            peers = [*_cilium_peers(rule)] or ([""] if rule else [])
            ports = [_port(port) for to in rule.get("toPorts") or () for port in to.get("ports") or ()] or [""]
        yield from (Allowed(peer, port) for peer in peers for port in ports)


def covers(wide: Allowed, narrow: Allowed) -> bool:
    """Tell whether what one allows, the other allows too."""
    return wide.port in {"", narrow.port} and (wide.peer in {"", narrow.peer} or _covers(wide.what, narrow.what))


def how_wide(one: Allowed, direction: Direction) -> Level:
    """Return how bad it is that this is allowed: everybody, a range or a namespace, some pods."""
    what, outermost = one.what, Level.HIGH if direction == "ingress" else Level.MEDIUM
    if not what or what.get("entity") in _WORLD:
        return outermost
    if "ipBlock" in what:
        return outermost if ipaddress.ip_network(what["ipBlock"]["cidr"]).prefixlen == 0 else Level.MEDIUM
    if what.get("namespaceSelector") == {} and not (what.get("podSelector") or {}):
        return Level.MEDIUM
    return Level.LOW


def is_pod_of(one: Allowed, here: str, namespace: str, labels: Mapping[str, str]) -> bool:
    """Tell whether a peer of a policy in the namespace `here` may be a pod of another with those labels."""
    what = one.what
    if "ipBlock" in what or "entity" in what:
        return False
    inside = {_NAMESPACE: namespace}
    within = selects(what["namespaceSelector"], inside) if "namespaceSelector" in what else namespace == here
    return within and selects(what.get("podSelector") or {}, labels)


def _covers(wide: Mapping[str, Any], narrow: Mapping[str, Any]) -> bool:
    if "entity" in wide:
        return wide["entity"] in _WORLD
    if "ipBlock" in wide:
        return "ipBlock" in narrow and _within(narrow["ipBlock"], wide["ipBlock"])
    if "ipBlock" in narrow or "entity" in narrow:
        return False
    anywhere = "namespaceSelector" in wide and not wide["namespaceSelector"]
    spaces = anywhere or wide.get("namespaceSelector") == narrow.get("namespaceSelector")
    some = (wide.get("podSelector") or {}).get("matchLabels") or {}
    others = (narrow.get("podSelector") or {}).get("matchLabels") or {}
    exact = not (wide.get("podSelector") or {}).get("matchExpressions")
    return bool(spaces) and exact and some.items() <= others.items()


def _within(narrow: Mapping[str, Any], wide: Mapping[str, Any]) -> bool:
    inner, outer = (ipaddress.ip_network(block["cidr"], strict=False) for block in (narrow, wide))
    if inner.version != outer.version or not inner.subnet_of(outer):  # type: ignore[arg-type]
        return False
    kept_out = [ipaddress.ip_network(cidr, strict=False) for cidr in wide.get("except") or ()]
    still = {ipaddress.ip_network(cidr, strict=False) for cidr in narrow.get("except") or ()}
    return all(
        not inner.overlaps(cidr) or any(cidr.subnet_of(other) for other in still)  # type: ignore[arg-type]
        for cidr in kept_out
    )


def _port(port: Mapping[str, Any]) -> str:
    end = f"-{port['endPort']}" if port.get("endPort") else ""
    number = port.get("port")
    return f"{port.get('protocol', 'TCP')} {'all' if number is None else number}{end}"


def _cilium_peers(rule: Mapping[str, Any]) -> Iterator[str]:
    for key, values in rule.items():
        for value in values or () if isinstance(values, list) else ():
            if key.endswith("Entities"):
                yield _json({"entity": value})
            elif key.endswith("CIDR"):
                yield _json({"ipBlock": {"cidr": value}})
            elif key.endswith("CIDRSet"):
                yield _json({"ipBlock": {"cidr": value["cidr"], "except": value.get("except", [])}})
            elif key.endswith("Endpoints"):
                yield _json({"podSelector": value})


def _json(peer: Mapping[str, Any]) -> str:
    return json.dumps(peer, sort_keys=True)


def _named(what: Mapping[str, Any]) -> str:
    if "entity" in what:
        return f"what Cilium calls {what['entity']}"
    if "ipBlock" in what:
        without = what["ipBlock"].get("except") or ()
        return f"{what['ipBlock']['cidr']}{f' without {listed(without, most=2)}' if without else ''}"
    labels = (what.get("podSelector") or {}).get("matchLabels") or {}
    space = ((what.get("namespaceSelector") or {}).get("matchLabels") or {}).get(_NAMESPACE)
    called = labels.get("app.kubernetes.io/name") or listed(f"{key}={value}" for key, value in labels.items())
    where = f" in {space}" if space else " in any namespace" if what.get("namespaceSelector") == {} else ""
    return f"{called or 'every pod'}{where}"
