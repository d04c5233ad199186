"""Namespaces: what may run in them and how much of it."""

from manifests.placed import Manifest, Part, Place, Placed
from settings.system import Namespace


def namespaces(place: Place) -> list[Placed]:
    """Return each Namespace of the system with its ResourceQuota, where it has one, and its LimitRange."""
    objects: list[Placed] = []
    for key, namespace in place.system.namespaces.items():
        name = place.namespace(key)
        objects.append(Placed(_namespace(place, name, namespace), Part.FOUNDATION, keeps_data=True))
        if namespace.quota:
            objects.append(Placed(_quota(place, name, namespace), Part.FOUNDATION))
        objects.append(Placed(_limit_range(place, name, namespace), Part.FOUNDATION))
    return objects


def _namespace(place: Place, name: str, namespace: Namespace) -> Manifest:
    labels = {**namespace.labels, **place.labels(name)}
    for mode in ("enforce", "audit", "warn"):
        labels[f"pod-security.kubernetes.io/{mode}"] = namespace.pod_security
        # Not pinned: a pinned version would go on allowing what a newer Kubernetes has learned to refuse. What an
        # upgrade refuses shows beforehand, as every pod template is also sent to a server of that version as a Pod.
        labels[f"pod-security.kubernetes.io/{mode}-version"] = "latest"
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def _quota(place: Place, name: str, namespace: Namespace) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "quota", "namespace": name, "labels": place.labels("quota")},
        "spec": {"hard": dict(namespace.quota)},
    }


def _limit_range(place: Place, name: str, namespace: Namespace) -> Manifest:
    limits = namespace.limits
    return {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": {"name": "container-defaults", "namespace": name, "labels": place.labels("container-defaults")},
        "spec": {
            "limits": [
                {
                    "type": "Container",
                    "defaultRequest": {"cpu": limits.request_cpu, "memory": limits.request_memory},
                    "default": {"cpu": limits.limit_cpu, "memory": limits.limit_memory},
                }
            ]
        },
    }
