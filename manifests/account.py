"""Who a workload is to the API server, and to a cloud."""

from collections.abc import Mapping

from manifests.placed import Manifest, Part, Place, Placed


def service_account(
    place: Place, namespace: str, name: str, part: Part, annotations: Mapping[str, str] | None = None
) -> Placed:
    """Return a ServiceAccount of its own for one workload, whose token reaches no pod.

    `annotations` are how a cloud maps it to a role, such as `eks.amazonaws.com/role-arn`.
    """
    metadata: Manifest = {"name": name, "namespace": namespace, "labels": place.labels(name, name)}
    if annotations:
        metadata["annotations"] = dict(annotations)
    manifest: Manifest = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata,
        "automountServiceAccountToken": False,
    }
    return Placed(manifest, part, name)
