"""A long-running, stateless service: its account, configuration, volumes, addresses and workloads."""

from collections.abc import Iterator, Sequence

from manifests.account import service_account
from manifests.address import cluster_ip, managed, service_ports
from manifests.analysis import needed_templates
from manifests.aws.accounts import service_annotations
from manifests.aws.references import told
from manifests.claim import claims_of
from manifests.data_store import needed_stores
from manifests.deployment import deployment
from manifests.migration import job_references, migrations_mark
from manifests.placed import Part, Place, Placed
from manifests.pod import PodTemplate, pod_template
from manifests.rollout import REVISION_LABEL, rollout
from manifests.traffic import routed
from manifests.variant import all_pods, behind, pod_labels, pod_selector, workload_reference
from settings.service import Service
from settings.strategy import CanaryDeployment
from settings.variants import Variant, names, variants


def service(place: Place, service: Service, routes: Sequence[Placed] = ()) -> list[Placed]:
    """Return the objects of one service, without what scales it, exposes it or admits traffic to it.

    Services and `routes` stand before a Rollout, whichever strategy it has, and after a Deployment: a Rollout may not
    start without them, and what a partial update leaves alone must not have changed places with what it stands on (the
    engine tells it before its turn). A Service of ours comes after the Deployment whose pods it leads to.
    """
    configured = told(place, _with_profile(service))
    namespace = place.namespace(service.namespace)
    annotations = service_annotations(place.stack, place.system, service)
    account = service_account(place, namespace, service.name, Part.WORKLOADS, annotations)
    templates = [(variant, _template(place, configured, variant)) for variant in variants(service)]
    # What two workloads are told alike is told by one ConfigMap.
    config_maps = {placed.reference: placed for _, template in templates for placed in template.config_maps}
    addresses = list(_addresses(place, service))
    first = [address for address in addresses if not address.after]
    needed = [*first, *routes] if routed(service) else first
    return [
        account,
        *config_maps.values(),
        *claims_of(place, service, Part.WORKLOADS),
        *first,
        *routes,
        *(_workload(place, configured, variant, template, needed) for variant, template in templates),
        *(address for address in addresses if address.after),
    ]


def _with_profile(service: Service) -> Service:
    if service.profile is None:
        return service
    return service.model_copy(update={"env": {"SPRING_PROFILES_ACTIVE": service.profile, **service.env}})


def _template(place: Place, service: Service, variant: Variant) -> PodTemplate:
    return pod_template(
        place,
        service.model_copy(update={"image": variant.image}),
        Part.WORKLOADS,
        revision_label=REVISION_LABEL if variant.kind == "Rollout" else "pod-template-hash",
        labels=pod_labels(place, service, variant),
        selector=pod_selector(place, service, variant),
    )


def _workload(
    place: Place, service: Service, variant: Variant, template: PodTemplate, needed: Sequence[Placed]
) -> Placed:
    needs = _needs(place, service, template)
    if variant.kind == "Rollout":
        needs = (*needs, *needed_templates(place, service), *(placed.reference for placed in needed))
        manifest = rollout(place, service, variant, template.manifest, needed)
    else:
        manifest = deployment(place, service, variant, template.manifest)
    if mark := migrations_mark(place, service):
        manifest["metadata"]["annotations"] = {**manifest["metadata"].get("annotations", {}), **mark}
    return Placed(manifest, Part.WORKLOADS, service.name, after=needs)


def _addresses(place: Place, service: Service) -> Iterator[Placed]:
    """Yield the Services: those of Deployments with something to come after, those of Rollouts with nothing."""
    if not service_ports(service):
        return
    services = names(service)
    strategy = service.strategy
    for name in services.all:
        if name in services.managed:
            yield managed(place, service, name, Part.WORKLOADS)
            continue
        variant = behind(service, name)
        pods_divide = isinstance(strategy, CanaryDeployment) and strategy.traffic == "replicas"
        selector = all_pods(place, service) if pods_divide else pod_selector(place, service, variant)
        # Not after a second Deployment that it leads to as well: what is tried may fail, and holds nobody up.
        after = () if variant.kind == "Rollout" else (workload_reference(place, service, variant),)
        yield cluster_ip(place, service, name, Part.WORKLOADS, selector, after=after, taking_over=True)


def _needs(place: Place, service: Service, template: PodTemplate) -> tuple[str, ...]:
    if not place.is_primary:
        return template.needs
    return (*template.needs, *needed_stores(place, service), *job_references(place, service))
