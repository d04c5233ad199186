"""How a place within an object is written, and by what the items of a list are known. Pure.

Kubernetes merges most lists by a key of their items (`x-kubernetes-list-map-keys`), so that their order says nothing;
others are sets. Lists of neither kind are in order: steps, commands, arguments.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

_PLAIN: Final = re.compile(r"[-_A-Za-z0-9$]+")

Label: TypeAlias = Callable[[Mapping[str, Any]], str | None]
"""What an item is called; None where it has no such thing."""


def below(path: str, key: str) -> str:
    """Return the path of a key: `spec.replicas`, or `metadata.labels[app.kubernetes.io/name]`."""
    if not path:
        return key
    return f"{path}.{key}" if _PLAIN.fullmatch(key) else f"{path}[{key}]"


def item(path: str, label: str) -> str:
    """Return the path of an item of a list: `containers[api]`."""
    return f"{path}[{label}]"


def within(path: str, *prefixes: str) -> bool:
    """Tell whether a path is one of these, or below one."""
    return any(path == prefix or path.startswith((f"{prefix}.", f"{prefix}[")) for prefix in prefixes)


def _by(*keys: str) -> Label:
    """Return what calls an item by values in it, the last ones being optional; `a.b` is one within a map."""

    def label(found: Mapping[str, Any]) -> str | None:
        values = [_at(found, key) for key in keys]
        if values[0] is None:
            return None
        return "/".join(str(value) for value in values if value is not None)

    return label


def _at(found: Any, key: str) -> Any:
    for part in key.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(part)
    return None if isinstance(found, Mapping | list) else found


def _source(found: Mapping[str, Any]) -> str | None:
    """Call what all variables come from by the ConfigMap or Secret."""
    prefix = f"{found['prefix']}:" if found.get("prefix") else ""
    for key in ("configMapRef", "secretRef"):
        if isinstance(found.get(key), Mapping) and "name" in found[key]:
            return f"{prefix}{found[key]['name']}"
    return None


_NAMED: Final = _by("name")
_LABELS: Final[Mapping[str, tuple[Label, ...]]] = {
    "Statement": (_by("Sid"),),
    "args": (_NAMED,),
    "backendRefs": (_by("name", "port"),),
    "certificateRefs": (_NAMED,),
    "data": (_by("secretKey"),),
    "destinations": (_by("server", "namespace"), _by("name", "namespace")),
    "endpoints": (_by("port", "path"), _by("targetPort", "path")),
    "envFrom": (_source,),
    "hostAliases": (_by("ip"),),
    "ignoreDifferences": (_by("kind", "namespace", "name"),),
    "items": (_by("key"),),
    "limits": (_by("type"),),
    "metrics": (_NAMED, _by("resource.name"), _by("pods.metric.name"), _by("external.metric.name")),
    "parentRefs": (_by("name", "namespace", "sectionName", "port"),),
    "paths": (_by("path"), _by("path", "pathType")),
    "podMetricsEndpoints": (_by("port", "path"),),
    "policies": (_by("type"),),
    "ports": (_NAMED, _by("containerPort", "protocol"), _by("port", "protocol")),
    "preferredDuringSchedulingIgnoredDuringExecution": (_by("podAffinityTerm.topologyKey", "weight"),),
    "requiredDuringSchedulingIgnoredDuringExecution": (_by("topologyKey"),),
    "records": (_by("cluster"), _by("key")),
    "rules": (_by("host"), _by("alert"), _by("record")),
    "sources": (_by("secret.name"), _by("configMap.name")),
    "subjects": (_by("kind", "namespace", "name"),),
    "templates": (_by("templateName"),),
    "tls": (_by("secretName"),),
    "tolerations": (_by("key", "effect"),),
    "topologySpreadConstraints": (_by("topologyKey", "whenUnsatisfiable"), _by("topologyKey")),
    "volumeClaimTemplates": (_by("metadata.name"),),
    "volumeDevices": (_by("devicePath"),),
    "volumeMounts": (_by("mountPath"),),
    "webhooks": (_NAMED,),
}

_SETS: Final = frozenset(
    {
        "Action", "Resource", "accessModes", "add", "apiGroups", "applications", "cidrs", "clusterResourceBlacklist",
        "clusterResourceWhitelist", "clusters", "destinations", "dnsNames", "drop", "egress", "egressDeny",
        "except", "finalizers", "from", "fromCIDR", "fromCIDRSet", "fromEndpoints", "fromEntities", "groups",
        "hostnames", "hosts", "ignoreDifferences", "imagePullSecrets", "ingress", "ingressDeny",
        "jqPathExpressions", "jsonPointers", "managedFieldsManagers", "matchExpressions", "matchLabelKeys",
        "matches", "namespaceResourceBlacklist", "namespaceResourceWhitelist", "namespaces",
        "nodeSelectorTerms", "nonResourceURLs", "policies", "policyTypes", "resourceNames", "resources",
        "rules", "solvers", "sourceNamespaces", "sourceRepos", "supplementalGroups", "syncOptions",
        "syncWindows", "to", "toCIDR", "toCIDRSet", "toEndpoints", "toEntities", "toFQDNs", "toPorts", "usages",
        "values", "verbs",
    }
)  # fmt: skip
"""Lists whose order says nothing, and whose items have no name of their own."""

_ORDERED: Final = frozenset({"envFrom", "initContainers"})
"""Lists by key whose order still says something: the later source wins, the earlier container runs first."""


def labels(key: str, before: Sequence[Any], after: Sequence[Any]) -> tuple[list[str], list[str]] | None:
    """Return what the items on both sides of a list are called; None where they have no names that tell them apart."""
    if not all(isinstance(one, Mapping) for one in (*before, *after)):
        return None
    for label in _LABELS.get(key, (_NAMED,)):
        old, new = [label(one) for one in before], [label(one) for one in after]
        if _distinct(old) and _distinct(new):
            return [str(one) for one in old], [str(one) for one in new]
    return None


def is_set(key: str) -> bool:
    """Tell whether the order of a list says nothing."""
    return key in _SETS


def in_order(key: str, items: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether the order of a list by key says something: a variable may only use those before it."""
    return key in _ORDERED or (key == "env" and any("$(" in str(one.get("value", "")) for one in items))


def _distinct(found: Sequence[str | None]) -> bool:
    return None not in found and len(set(found)) == len(found)
