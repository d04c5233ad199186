"""What a set of rendered policies lets pass, by the rules of Kubernetes and Cilium and by nothing of ours.

Both ends have a say: the source's egress and the target's ingress. An end that no policy of a direction selects lets
everything of that direction pass; otherwise what any of the policies that select it allows. What a policy says beyond
what is understood here is refused, never passed over.

Source: Kubernetes, "Network Policies"; Cilium, "Layer 3 Policies" and "Layer 4 Policies".
"""

import ipaddress
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Manifest = Mapping[str, Any]

_POLICY_KEYS = {"podSelector", "policyTypes", "ingress", "egress"}
_CILIUM_KEYS = {"endpointSelector", "ingress"}


@dataclass(frozen=True, eq=False)
class Pod:
    """A pod as policies see it; equal only to itself."""

    namespace: str
    labels: Mapping[str, str]
    address: str


@dataclass(frozen=True)
class Outside:
    """An address that is no pod's."""

    address: str


@dataclass(frozen=True)
class Entity:
    """What Cilium knows by a name of its own, such as `ingress`: no selector and no address range finds it."""

    name: str


End = Pod | Outside | Entity


@dataclass(frozen=True)
class Evaluator:
    """Answers whether traffic passes, from policies and the labels of every namespace."""

    manifests: Iterable[Manifest]
    namespaces: Mapping[str, Mapping[str, str]]
    _policies: dict[str, list[Manifest]] = field(init=False)
    _rules_of: dict[tuple[Pod, str], list[tuple[Manifest, Manifest]] | None] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        policies: defaultdict[str, list[Manifest]] = defaultdict(list)
        for manifest in self.manifests:
            kind, spec = manifest["kind"], manifest["spec"]
            known = {"NetworkPolicy": _POLICY_KEYS, "CiliumNetworkPolicy": _CILIUM_KEYS}[kind]
            _refuse_unknown(spec, known)
            policies[manifest["metadata"]["namespace"]].append(manifest)
        object.__setattr__(self, "_policies", dict(policies))

    def passes(self, source: End, target: End, port: int, protocol: str) -> bool:
        """Tell whether a connection from one end to a port of the other is let through, by both of them."""
        return self.leaves(source, target, port, protocol) and self.enters(source, target, port, protocol)

    def leaves(self, source: End, target: End, port: int, protocol: str) -> bool:
        """Tell whether the source's egress lets a connection out."""
        if source is target or not isinstance(source, Pod):
            return True
        return self._allows("egress", source, target, port, protocol)

    def enters(self, source: End, target: End, port: int, protocol: str) -> bool:
        """Tell whether the target's ingress lets a connection in."""
        if source is target or not isinstance(target, Pod):
            return True
        return self._allows("ingress", target, source, port, protocol)

    def _allows(self, direction: str, subject: Pod, other: End, port: int, protocol: str) -> bool:
        rules = self._all_rules(direction, subject)
        return rules is None or any(
            _covers_port(policy, rule, port, protocol) and self._covers(policy, direction, rule, other)
            for policy, rule in rules
        )

    def _all_rules(self, direction: str, subject: Pod) -> list[tuple[Manifest, Manifest]] | None:
        """Return what any policy allows a pod in a direction, or None where none selects it."""
        if (subject, direction) not in self._rules_of:
            found = [
                (policy, rules)
                for policy in self._policies.get(subject.namespace, ())
                if (rules := self._rules(policy, direction, subject)) is not None
            ]
            rules_of = [(policy, rule) for policy, rules in found for rule in rules]
            self._rules_of[subject, direction] = rules_of if found else None
        return self._rules_of[subject, direction]

    def _rules(self, policy: Manifest, direction: str, subject: Pod) -> list[Manifest] | None:
        """Return the rules of a direction, or None where the policy leaves that direction of the pod alone."""
        spec = policy["spec"]
        if policy["kind"] == "CiliumNetworkPolicy":
            if direction not in spec or not _selects(spec["endpointSelector"], subject.labels):
                return None
            return list(spec[direction])
        types = spec.get("policyTypes") or ["Ingress", *(["Egress"] if "egress" in spec else [])]
        if direction.capitalize() not in types or not _selects(spec["podSelector"], subject.labels):
            return None
        return list(spec.get(direction) or [])

    def _covers(self, policy: Manifest, direction: str, rule: Manifest, other: End) -> bool:
        if policy["kind"] == "CiliumNetworkPolicy":
            _refuse_unknown(rule, {"fromEntities", "toPorts"})
            entities = rule["fromEntities"]
            return "all" in entities or (isinstance(other, Entity) and other.name in entities)
        word = {"ingress": "from", "egress": "to"}[direction]
        _refuse_unknown(rule, {word, "ports"})
        peers = rule.get(word) or []
        return not peers or any(self._is_peer(peer, policy["metadata"]["namespace"], other) for peer in peers)

    def _is_peer(self, peer: Manifest, namespace: str, other: End) -> bool:
        _refuse_unknown(peer, {"podSelector", "namespaceSelector", "ipBlock"})
        if "ipBlock" in peer:
            return not isinstance(other, Entity) and _in_block(peer["ipBlock"], other.address)
        if not isinstance(other, Pod):
            return False
        if "namespaceSelector" in peer:
            if not _selects(peer["namespaceSelector"], self.namespaces[other.namespace]):
                return False
        elif other.namespace != namespace:
            return False
        return _selects(peer.get("podSelector", {}), other.labels)


def _selects(selector: Manifest, labels: Mapping[str, str]) -> bool:
    _refuse_unknown(selector, {"matchLabels"})
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())


def _in_block(block: Manifest, address: str) -> bool:
    _refuse_unknown(block, {"cidr", "except"})
    found = ipaddress.ip_address(address)
    return found in ipaddress.ip_network(block["cidr"]) and not any(
        found in ipaddress.ip_network(cidr) for cidr in block.get("except", ())
    )


def _covers_port(policy: Manifest, rule: Manifest, port: int, protocol: str) -> bool:
    if policy["kind"] == "CiliumNetworkPolicy":
        for ports in rule.get("toPorts", ()):
            _refuse_unknown(ports, {"ports"})
        listed = [one for ports in rule.get("toPorts", ()) for one in ports["ports"]]
    else:
        listed = rule.get("ports") or []
    for one in listed:
        _refuse_unknown(one, {"port", "protocol"})
    return not listed or any(
        int(one.get("port", port)) == port and one.get("protocol", "TCP") == protocol for one in listed
    )


def _refuse_unknown(given: Manifest, known: set[str]) -> None:
    unknown = set(given) - known
    if unknown:
        message = f"not understood: {', '.join(sorted(unknown))}"
        raise ValueError(message)
