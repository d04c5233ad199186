"""The pod template of a service or data store."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from manifests.container import Containers, all_containers, identity
from manifests.placed import Manifest, Part, Place, Placed, reference
from manifests.secret import secret_reference
from manifests.secret_checksum import CHECKSUM, reads_of, secret_checksum
from manifests.volume import claim_name, volume_source
from settings.container import Security
from settings.service import Placement, Workload

# What is left to finish the requests at hand once load balancers have forgotten the pod.
DRAIN_SECONDS = 10


@dataclass(frozen=True, slots=True)
class PodTemplate:
    """A pod template, the ConfigMaps it names, and the references of what a pod of it waits for."""

    manifest: Manifest
    config_maps: tuple[Placed, ...]
    needs: tuple[str, ...]


def pod_template(
    place: Place,
    workload: Workload,
    part: Part,
    *,
    revision_label: str | None = None,
    claimed: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    selector: Mapping[str, str] | None = None,
) -> PodTemplate:
    """Return the template of a workload's pods.

    `revision_label` is the label by which its controller tells revisions apart, so that pods are spread among those of
    their own revision. `claimed` is the path of each volume that the controller claims for every pod by itself, as a
    StatefulSet does. `annotations` come on top of the workload's own. `labels` and `selector` are those of its pods,
    where the workload has more than one kind of them.
    """
    name, namespace = workload.name, place.namespace(workload.namespace)
    security = workload.security
    containers = Containers(place, namespace, name, part, declared=workload.volumes, fs_group=security.fs_group)
    claims = [] if claimed is None else [containers.volumes.reserve(volume) for volume in claimed]
    for key, volume in workload.volumes.items():
        containers.volumes.add(key, volume_source(name, key, volume))
    main = containers.build(workload)
    main["name"] = workload.container_name or name
    if claimed:
        mounts = [{"name": volume, "mountPath": path} for volume, path in zip(claims, claimed.values(), strict=True)]
        main["volumeMounts"] = mounts + main.get("volumeMounts", [])
    built = [main, *(containers.build(sidecar, key) for key, sidecar in workload.sidecars.items())]

    spec: Manifest = {
        # The variables of service links are found nowhere in the settings, and confuse images that read all of a
        # prefix: KAFKA_PORT of a Service `kafka` would be a property of the broker.
        "enableServiceLinks": False,
        "serviceAccountName": name,
        "automountServiceAccountToken": False,
        "securityContext": pod_rights(security),
        "terminationGracePeriodSeconds": _grace_period(workload),
        "containers": built,
    }
    if containers.volumes.manifests:
        spec["volumes"] = containers.volumes.manifests
    if place.environment.image_pull_secrets:
        spec["imagePullSecrets"] = [{"name": secret} for secret in place.environment.image_pull_secrets]
    _place_pods(spec, workload.placement, selector or place.selector(name), revision_label)

    metadata: Manifest = {"labels": {**workload.labels, **(labels or place.labels(name, name))}}
    reads = reads_of(all_containers(workload))
    checksum = secret_checksum(place, reads)
    found = {**workload.pod_annotations, **(annotations or {}), **({} if checksum is None else {CHECKSUM: checksum})}
    if found:
        metadata["annotations"] = found
    needs = (
        reference("ServiceAccount", namespace, name),
        *(placed.reference for placed in containers.config_maps),
        *(secret_reference(place, secret) for secret in reads),
        *_claims_of(workload, namespace),
    )
    return PodTemplate({"metadata": metadata, "spec": spec}, tuple(containers.config_maps), needs)


def _claims_of(workload: Workload, namespace: str) -> Iterator[str]:
    for key, volume in workload.volumes.items():
        if volume.scratch is None:
            claim = claim_name(workload.name, key) if volume.shared_claim is None else volume.shared_claim
            yield reference("PersistentVolumeClaim", namespace, claim)


def pod_rights(security: Security) -> Manifest:
    """Return the security context of a pod: whose it is, and which group its volumes belong to."""
    context = identity(security)
    if security.fs_group is not None:
        context["fsGroup"] = security.fs_group
        # Changing the group of every file of a large volume delays each start by minutes.
        context["fsGroupChangePolicy"] = "OnRootMismatch"
    return context


def _grace_period(workload: Workload) -> int:
    waits = max(container.pre_stop_seconds for container in all_containers(workload))
    return max(workload.grace_period_seconds, waits + DRAIN_SECONDS)


def _place_pods(spec: Manifest, placement: Placement, selector: Mapping[str, str], revision_label: str | None) -> None:
    def among() -> Manifest:
        pods: Manifest = {"labelSelector": {"matchLabels": dict(selector)}}
        if revision_label is not None:
            # Pods of the old revision go away: they say nothing about where the new ones are.
            pods["matchLabelKeys"] = [revision_label]
        return pods

    if placement.spread:
        spec["topologySpreadConstraints"] = [
            {"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": "ScheduleAnyway", **among()}
            for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
        ]
    if placement.anti_affinity != "none":
        term = {"topologyKey": "kubernetes.io/hostname", **among()}
        spec["affinity"] = {
            "podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}
            if placement.anti_affinity == "required"
            else {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": term}]}
        }
    if placement.priority_class is not None:
        spec["priorityClassName"] = placement.priority_class
    if placement.node_selector:
        spec["nodeSelector"] = dict(placement.node_selector)
