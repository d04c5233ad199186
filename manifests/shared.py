"""What all systems of a cluster have in common: who issues certificates, which pods go first, what healthy is.

Where the cluster has an entrance of ours, also what binds its Ingress controller to it.
"""

from manifests.analysis import HEALTH, cluster_template, uses_health
from manifests.aws.scope import has_aws
from manifests.certificate import cluster_issuer
from manifests.network_graph import runs_on
from manifests.placed import Manifest, Part, Placed
from settings.environment import Priority
from settings.stack import Stack

COMMON = "common"
"""What such objects are part of, in place of a system."""


def shared(stack: Stack, cluster_name: str) -> list[Placed]:
    """Return the ClusterIssuers, PriorityClasses, analysis and bindings of a cluster; none where no system runs."""
    systems = [system for system in stack.systems.values() if runs_on(stack, system, cluster_name)]
    if not systems:
        return []
    environment = stack.environment
    manifests = [_priority_class(name, priority) for name, priority in environment.priority_classes.items()]
    manifests += [
        cluster_issuer(name, issuer, environment, labels=_labels(name)) for name, issuer in environment.issuers.items()
    ]
    if any(service.enabled and uses_health(service) for system in systems for service in system.services.values()):
        manifests.append(cluster_template(environment, _labels(HEALTH)))
    if has_aws(stack):
        from manifests.target_group_binding import entrance_bindings  # noqa: PLC0415 - a tenth of all imports

        manifests += entrance_bindings(stack, cluster_name, _labels(COMMON))
    return [Placed(manifest, Part.FOUNDATION) for manifest in manifests]


def _priority_class(name: str, priority: Priority) -> Manifest:
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": name, "labels": _labels(name)},
        "value": priority.value,
        "description": priority.description,
        "preemptionPolicy": "PreemptLowerPriority" if priority.preempts else "Never",
    }


def _labels(name: str) -> dict[str, str]:
    return {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/part-of": COMMON,
        "app.kubernetes.io/managed-by": "naru",
    }
