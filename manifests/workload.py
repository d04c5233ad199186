"""A long-running, stateless service: its account, configuration, volumes, addresses and Deployment."""

from manifests.account import service_account
from manifests.address import cluster_ip, service_ports
from manifests.claim import claims_of
from manifests.data_store import needed_stores
from manifests.image import version_labels
from manifests.migration import job_references
from manifests.placed import Manifest, Part, Place, Placed
from manifests.pod import PodTemplate, pod_template
from settings.service import Service
from settings.strategy import BlueGreen, Canary, CanaryDeployment, Rolling

# A process that dies on its first requests is found out before the next pod is replaced.
MIN_READY_SECONDS = 3
PROGRESS_DEADLINE_SECONDS = 600
REVISIONS_KEPT = 10

_ONE_NODE_AT_A_TIME = frozenset({"ReadWriteOnce", "ReadWriteOncePod"})


def service(place: Place, service: Service) -> list[Placed]:
    """Return the objects of one service, without what scales it, exposes it or admits traffic to it."""
    configured = _with_profile(service)
    namespace = place.namespace(service.namespace)
    template = pod_template(place, configured, Part.WORKLOADS, revision_label="pod-template-hash")
    account = service_account(place, namespace, service.name, Part.WORKLOADS, service.service_account_annotations)
    deployment = Placed(
        _deployment(place, configured, template.manifest),
        Part.WORKLOADS,
        service.name,
        after=_needs(place, service, template),
    )
    return [
        account,
        *template.config_maps,
        *claims_of(place, service, Part.WORKLOADS),
        *_addresses(place, service),
        deployment,
    ]


def _with_profile(service: Service) -> Service:
    if service.profile is None:
        return service
    return service.model_copy(update={"env": {"SPRING_PROFILES_ACTIVE": service.profile, **service.env}})


def _deployment(place: Place, service: Service, template: Manifest) -> Manifest:
    spec: Manifest = {
        "selector": {"matchLabels": place.selector(service.name)},
        "strategy": _strategy(place, service),
        "minReadySeconds": MIN_READY_SECONDS,
        "progressDeadlineSeconds": PROGRESS_DEADLINE_SECONDS,
        "revisionHistoryLimit": REVISIONS_KEPT,
        "template": template,
    }
    if service.scaling is None:
        spec["replicas"] = service.replicas
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": service.name,
            "namespace": place.namespace(service.namespace),
            "labels": {
                **service.labels,
                **place.labels(service.name, service.name),
                **version_labels(service.image),
            },
            **place.taking_over,
        },
        "spec": spec,
    }


def _strategy(place: Place, service: Service) -> Manifest:
    own = [volume.claim for volume in service.volumes.values()]
    shared = [place.system.claims.get(volume.shared_claim or "") for volume in service.volumes.values()]
    if any(claim is not None and claim.access_mode in _ONE_NODE_AT_A_TIME for claim in (*own, *shared)):
        # The volume lets go of the old pod's node first; a new pod on another would wait for it for ever.
        return {"type": "Recreate"}
    rolling = service.strategy if isinstance(service.strategy, Rolling | Canary | CanaryDeployment) else Rolling()
    return {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": rolling.max_surge, "maxUnavailable": rolling.max_unavailable},
    }


def _addresses(place: Place, service: Service) -> list[Placed]:
    if not service_ports(service):
        return []
    names = [service.name]
    if isinstance(service.strategy, BlueGreen):
        names += (service.strategy.active_service, service.strategy.preview_service)
    selector = place.selector(service.name)
    return [cluster_ip(place, service, name, Part.WORKLOADS, dict(selector)) for name in dict.fromkeys(names)]


def _needs(place: Place, service: Service, template: PodTemplate) -> tuple[str, ...]:
    if not place.is_primary:
        return template.needs
    return (*template.needs, *needed_stores(place, service), *job_references(place, service))
