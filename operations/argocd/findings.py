"""Whether Argo CD can take a stack: it is there, it is told what Naru's Applications need, it knows the clusters. Pure.

Source: Argo CD 3.3, `util/settings/settings.go` (argocd-cm) and `util/db/cluster.go` (clusters and their names).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from manifests.argocd.server_settings import CONFIG_MAP, server_settings
from operations.preflight import Finding
from settings.environment import ArgoCD
from settings.stack import Stack

ITSELF: Final = "in-cluster"
"""What Argo CD calls the cluster it runs in, where nobody gave that another name."""


@dataclass(frozen=True, slots=True)
class ArgoFacts:
    """What was found out about Argo CD; None where it may not be read."""

    namespace: bool | None
    """Whether its namespace is there."""
    settings: Mapping[str, str] | None
    """The data of the ConfigMap argocd-cm; empty where there is none."""
    clusters: frozenset[str] | None
    """The names of the clusters it knows."""


def findings(stack: Stack, argocd: ArgoCD, facts: ArgoFacts) -> list[Finding]:
    """Return all there is to say against having Argo CD deploy a stack."""
    primary = stack.environment.primary
    if facts.namespace is False:
        text = (
            f"there is no namespace {argocd.namespace}: install Argo CD there, "
            "or name its namespace in the stack file (argocd.namespace)"
        )
        return [Finding(primary, text)]
    found = [Finding(primary, text) for text in (*_settings(stack, argocd, facts), *_clusters(stack, argocd, facts))]
    return [*found, *(Finding(primary, text, stops=False) for text in _unseen(stack, argocd, facts))]


def remedy(stack: Stack) -> str:
    """Return the command that tells Argo CD what Naru's Applications need."""
    context = stack.environment.clusters[stack.environment.primary].context
    return (
        f"naru argocd config --stack {stack.name} | "
        f"kubectl --context {context} apply --server-side --field-manager naru -f -"
    )


def _settings(stack: Stack, argocd: ArgoCD, facts: ArgoFacts) -> Iterator[str]:
    if facts.settings is None:
        return
    wanted = server_settings()
    lacking = sorted(wanted.keys() - facts.settings.keys())
    differing = sorted(key for key, value in wanted.items() if facts.settings.get(key, value).strip() != value.strip())
    said = [f"lacks {', '.join(lacking)}"] if lacking else []
    said += [f"has another {', '.join(differing)}"] if differing else []
    if said:
        where = f"the ConfigMap {CONFIG_MAP} in {argocd.namespace}"
        yield f"{where} {' and '.join(said)}: `{remedy(stack)}`"


def _clusters(stack: Stack, argocd: ArgoCD, facts: ArgoFacts) -> Iterator[str]:
    if facts.clusters is None:
        return
    contexts = dict.fromkeys(cluster.context for cluster in stack.environment.clusters.values())
    for context in contexts:
        if context not in facts.clusters and context != ITSELF:
            listed = ", ".join(sorted(facts.clusters)) or "none"
            known = f"Argo CD in {argocd.namespace} knows no cluster {context} (it has {listed})"
            yield f"{known}: `argocd cluster add {context}`"


def _unseen(stack: Stack, argocd: ArgoCD, facts: ArgoFacts) -> Iterator[str]:
    if facts.settings is None:
        where = f"the ConfigMap {CONFIG_MAP} in {argocd.namespace}"
        yield f"you may not read {where}: whether it has what is needed is not known"
    if facts.clusters is None:
        contexts = ", ".join(dict.fromkeys(cluster.context for cluster in stack.environment.clusters.values()))
        yield f"you may not list Secrets in {argocd.namespace}: whether Argo CD knows {contexts} is not known"
