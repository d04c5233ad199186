"""Whether a deployment may begin: is this the cluster the stack says, has it what is needed, may we. Pure decisions."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from operations.needs import Kind, Needs

# Whose kinds a group's are, for those who find them missing.
_OPERATORS = {
    "acme.cert-manager.io": "cert-manager",
    "argoproj.io": "Argo Rollouts",
    "bitnami.com": "Sealed Secrets",
    "cert-manager.io": "cert-manager",
    "cilium.io": "Cilium",
    "elbv2.k8s.aws": "AWS Load Balancer Controller",
    "external-secrets.io": "External Secrets",
    "gateway.networking.k8s.io": "the Gateway API's CRDs (standard channel)",
    "monitoring.coreos.com": "Prometheus Operator",
}
# Two operators share a group.
_OF_KIND = {"Application": "Argo CD", "ApplicationSet": "Argo CD", "AppProject": "Argo CD"}
_DEFAULT_CLASS = {
    "IngressClass": "ingressclass.kubernetes.io/is-default-class",
    "StorageClass": "storageclass.kubernetes.io/is-default-class",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found out about one cluster."""

    server: str
    resources: Mapping[Kind, str]
    """The plural of each kind that is served."""
    classes: Mapping[str, Mapping[str, Mapping[str, str]]]
    """Kind of class to name to annotations; a kind that may not be listed is not in it."""
    namespaces: Mapping[str, tuple[str, str]] | None
    """Name to UID and phase; None where they may not be read."""
    refused: frozenset[tuple[Kind, str, str]] = frozenset()
    """Kind, namespace and verb of what we may not do."""
    secrets: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The names of the Secrets of each namespace that was asked."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing an operator should know; `stops` says that nothing may be changed before it is put right."""

    cluster: str
    text: str
    stops: bool = True

    def __str__(self) -> str:
        return f"{'refused' if self.stops else 'warning'}: {self.cluster}: {self.text}"


def findings(
    cluster: str, needed: Needs, facts: Facts, deployed_namespaces: Mapping[str, str], *, refresh: bool = False
) -> list[Finding]:
    """Return all there is to say against deploying to a cluster; with `refresh` its identity is only warned about."""
    stopping = [
        *_missing_kinds(needed, facts),
        *_missing_classes(needed, facts),
        *_terminating(needed, facts),
        *_rights(facts),
    ]
    found = [Finding(cluster, text) for text in stopping]
    if is_another_cluster(facts, deployed_namespaces):
        names = ", ".join(sorted(deployed_namespaces)[:3])
        text = (
            f"{facts.server} is not the cluster this stack was deployed to: the namespaces it made there ({names}) are "
            "missing or others; correct the context, or give --refresh if the cluster was rebuilt"
        )
        found.insert(0, Finding(cluster, text, stops=not refresh))
    return [*found, *(Finding(cluster, text, stops=False) for text in _missing_secrets(needed, facts))]


def is_another_cluster(facts: Facts, deployed_namespaces: Mapping[str, str]) -> bool:
    """Tell whether none of the namespaces that the state knows by UID is there."""
    if facts.namespaces is None or not deployed_namespaces:
        return False
    return not any(facts.namespaces.get(name, ("", ""))[0] == uid for name, uid in deployed_namespaces.items())


def _missing_kinds(needed: Needs, facts: Facts) -> Iterator[str]:
    for version, kind in sorted(needed.kinds - facts.resources.keys()):
        group = version.rpartition("/")[0]
        other = sorted(v for v, k in facts.resources if k == kind and v.rpartition("/")[0] == group)
        if other:
            yield f"{kind} is served as {', '.join(other)}, not as {version}: upgrade what serves it"
        elif group in _OPERATORS:
            yield f"{kind} ({version}) is not served: install {_OF_KIND.get(kind, _OPERATORS[group])}"
        else:
            yield f"{kind} ({version}) is not served: upgrade the cluster"


def _missing_classes(needed: Needs, facts: Facts) -> Iterator[str]:
    for kind, name in sorted(needed.classes):
        known = facts.classes.get(kind)
        if known is None or name in known:
            continue
        listed = f"it has {', '.join(sorted(known)) or 'none'}"
        if name:
            yield f"there is no {kind} {name} ({listed}): create it, or name another in the stack file"
        elif not any(annotations.get(_DEFAULT_CLASS.get(kind, "")) == "true" for annotations in known.values()):
            yield f"there is no default {kind} ({listed}): mark one as the default, or name one in the stack file"


def _terminating(needed: Needs, facts: Facts) -> Iterator[str]:
    for name in sorted(needed.namespaces):
        if (facts.namespaces or {}).get(name, ("", ""))[1] == "Terminating":
            yield f"the namespace {name} is being deleted: wait until it is gone (kubectl get namespace {name} -o yaml)"


def _rights(facts: Facts) -> Iterator[str]:
    verbs: dict[tuple[str, str], list[str]] = {}
    for (version, kind), namespace, verb in sorted(facts.refused):
        plural = facts.resources.get((version, kind), kind.lower())
        group = version.rpartition("/")[0]
        verbs.setdefault((f"{plural}.{group}" if group else plural, namespace), []).append(verb)
    for (resource, namespace), refused in verbs.items():
        where = f"in the namespace {namespace}" if namespace else "in the cluster"
        yield f"you may not {' and '.join(refused)} {resource} {where}: ask for a Role, or use other credentials"


def _missing_secrets(needed: Needs, facts: Facts) -> Iterator[str]:
    for namespace, name in sorted(needed.secrets):
        if namespace in facts.secrets and name not in facts.secrets[namespace]:
            yield f"there is no Secret {name} in {namespace} yet: pods that name it will wait for it"


def refusing(found: Iterable[Finding]) -> list[Finding]:
    """Return those that stop a deployment."""
    return [finding for finding in found if finding.stops]
