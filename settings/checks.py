"""What must hold between settings that are each right by themselves."""

from collections.abc import Collection, Iterable, Iterator

from settings.argocd_checks import check_argocd
from settings.aws.checks import check_aws
from settings.aws.managed import is_managed
from settings.environment import Delivery, Environment, Tier
from settings.exposure_checks import check_exposure
from settings.faults import Fault, Path, quoted
from settings.findings import Finding, Locate, namespace, unknown
from settings.migration_checks import check_migration, check_schema
from settings.secret_checks import check_external, check_recipes
from settings.service import Budget, Service, Workload
from settings.stack import Stack
from settings.strategy_checks import check_strategy
from settings.system import System
from settings.uniqueness import check_unique
from settings.variants import names
from settings.workload_checks import all_ports, check_workload, least_pods

_OWN_LABELS = "app.kubernetes.io/"


def check_stack(stack: Stack, locate: Locate, *, unread: Collection[str] = ()) -> list[Fault]:
    """Return what does not fit together in a stack, all of it.

    `unread` are systems that exist but cannot be looked at, as something else is wrong with them.
    """
    faults = []

    def note(system: str, findings: Iterable[Finding]) -> None:
        for finding in findings:
            position, path = locate(system, finding.path)
            expected = finding.expected
            if finding.other is not None:
                other, _ = locate(system, finding.other)
                expected += f" ({other.file}:{other.line})" if other != position else ""
            faults.append(Fault(*position, path, finding.found, expected))

    note("", _environment(stack))
    for name, system in stack.systems.items():
        if not system.enabled:
            continue
        note(name, _system(stack, system))
        for path, workload in workloads(system):
            note(name, check_workload(stack.environment, system, path, workload))
            note(name, check_schema(path, workload))
            note(name, _dependencies(stack, system, path, workload, unread))
            if isinstance(workload, Service):
                note(name, _service(stack.environment, system, path, workload))
    for name, finding in (*check_unique(stack, locate), *check_argocd(stack), *check_aws(stack)):
        note(name, [finding])
    return faults


def workloads(system: System) -> Iterator[tuple[Path, Workload]]:
    """Yield each service and data store of a system that is enabled, and the path to it."""
    for name, service in system.services.items():
        if service.enabled:
            yield ("services", name), service
    for name, store in system.data_stores.items():
        if store.enabled:
            yield ("dataStores", name), store


def _environment(stack: Stack) -> Iterator[Finding]:
    environment = stack.environment
    yield from unknown(("defaultIssuer",), environment.default_issuer, environment.issuers, "issuer")
    for name, issuer in environment.issuers.items():
        for number, solver in enumerate(issuer.solvers):
            for index, host in enumerate(solver.hosts):
                path = ("issuers", name, "solvers", number, "hosts", index)
                yield from unknown(path, host, environment.domains, "domain")
    if environment.tier is Tier.PRODUCTION and environment.policies.mutable_tags:
        yield Finding(("policies", "mutableTags"), "mutable tags in production", "expected false")
    if environment.policies.secrets == "generated":
        yield from _generated(("policies", "secrets"), environment)
    for system in stack.systems.values():
        if system.enabled and environment.monitoring_namespace in map(system.namespace_name, system.namespaces):
            found = f"{quoted(environment.monitoring_namespace)} is a namespace of {system.name}"
            yield Finding(("monitoringNamespace",), found, "expected the one that the Prometheus Operator's runs in")
    for label in environment.monitoring_labels:
        if label.startswith(_OWN_LABELS):
            yield Finding(
                ("monitoringLabels", label), "a label that every object has from naru", "expected another one"
            )
    everywhere = [
        system.name
        for system in stack.systems.values()
        if system.clusters == "all"
        and not all(is_managed(environment, system, store) for store in system.data_stores.values())
    ]
    for name, cluster in environment.clusters.items():
        if everywhere and name != environment.primary and cluster.data_domain is None:
            found = f"no dataDomain, but {everywhere[0]} runs here and its data stores elsewhere"
            yield Finding(("clusters", name), found, "expected the domain under which they answer")


def _generated(path: Path, environment: Environment) -> Iterator[Finding]:
    if environment.tier is not Tier.LOCAL:
        found = f"generated secrets on the tier {environment.tier.value}"
        yield Finding(path, found, 'expected "sealed", "external" or "existing"')
    elif environment.delivery is Delivery.GITOPS:
        yield Finding(path, "generated secrets with the delivery gitops", "they would stand in Git; expected direct")


def _system(stack: Stack, system: System) -> Iterator[Finding]:
    for name, claim in system.claims.items():
        yield from namespace(system, ("claims", name), claim.namespace)
    for name, secret in system.secrets.items():
        yield from namespace(system, ("secrets", name), secret.namespace)
        yield from unknown(("secrets", name, "store"), secret.store, system.secret_stores, "secret store")
        if secret.source == "generated":
            yield from _generated(("secrets", name, "source"), stack.environment)
    yield from check_recipes(system)
    yield from check_external(stack.environment, system)
    for name, gateway in system.gateways.items():
        path: Path = ("gateways", name)
        yield from namespace(system, path, gateway.namespace)
        yield from unknown((*path, "issuer"), gateway.issuer, stack.environment.issuers, "issuer")
        for index, host in enumerate(gateway.hosts):
            yield from unknown((*path, "hosts", index), host, stack.environment.domains, "domain")


def _dependencies(
    stack: Stack, system: System, path: Path, workload: Workload, unread: Collection[str]
) -> Iterator[Finding]:
    for index, dependency in enumerate(workload.depends_on):
        here = (*path, "dependsOn", index)
        owner_name, _, name = dependency.rpartition("/")
        if owner_name in unread:
            continue
        owner = stack.systems.get(owner_name) if owner_name else system
        if owner is None:
            yield from unknown(here, owner_name, [*stack.systems, *unread], "system")
            continue
        yield from unknown(here, name, [*owner.services, *owner.data_stores], "service or data store")
        known = owner.services.get(name) or owner.data_stores.get(name)
        if known is not None and not (owner.enabled and known.enabled):
            yield Finding(here, f"{quoted(dependency)} is not enabled", "enable it, or do without it")
        if isinstance(known, Service) and known.name not in names(known).all:
            found = f"no Service is called {quoted(name)}: its activeService is {quoted(names(known).serving)}"
            yield Finding(here, found, "leave activeService out, as others call it by its own name")


def _service(environment: Environment, system: System, path: Path, service: Service) -> Iterator[Finding]:
    scaling, pods = service.scaling, least_pods(service)
    if scaling and scaling.min > scaling.max:
        found = f"min ({scaling.min}) is above max ({scaling.max})"
        yield Finding((*path, "scaling", "min"), found, f"at most {scaling.max}", (*path, "scaling", "max"))
    if service.budget and _blocks(service.budget, pods):
        least, most = service.budget.min_available, service.budget.max_unavailable
        key, amount = ("maxUnavailable", most) if least is None else ("minAvailable", least)
        found = f"{key} {amount} of {pods} {'pod' if pods == 1 else 'pods'} blocks every eviction"
        yield Finding((*path, "budget", key), found, "at least one must be free to go")
    if service.metrics:
        yield from unknown((*path, "metrics", "port"), service.metrics.port, all_ports(service), "port")
    for name, exposure in service.exposure.items():
        yield from check_exposure(environment, system, (*path, "exposure", name), exposure, all_ports(service))
    yield from check_migration(system, path, service)
    yield from check_strategy(environment, system, path, service)


def _blocks(budget: Budget, pods: int) -> bool:
    """Tell whether a budget lets no pod go when there are `pods` of them; Kubernetes rounds shares up."""
    if budget.max_unavailable is not None:
        return pods > 0 and _count(budget.max_unavailable, pods) == 0
    return pods > 0 and _count(budget.min_available or 0, pods) >= pods


def _count(amount: int | str, pods: int) -> int:
    return amount if isinstance(amount, int) else -(-int(amount.removesuffix("%")) * pods // 100)
