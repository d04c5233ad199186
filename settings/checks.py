"""What must hold between settings that are each right by themselves."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from settings.container import Container, Image
from settings.data_store import DataStore
from settings.environment import Delivery, Environment, Tier
from settings.faults import Fault, Path, did_you_mean, quoted
from settings.layers import Position
from settings.service import Budget, Service, Workload
from settings.stack import Stack
from settings.system import System
from settings.types import quantity_value

Locate = Callable[[str, Path], tuple[Position, str]]
"""Where the value at a path of a system stands (of the environment for the empty name), and its path in full."""
Finding = tuple[Path, str, str]
"""A path, what was found there and what would be right."""


def check_stack(stack: Stack, locate: Locate) -> list[Fault]:
    """Return what does not fit together in a stack, all of it."""
    faults = []

    def note(system: str, findings: Iterable[Finding]) -> None:
        for path, found, expected in findings:
            position, full = locate(system, path)
            faults.append(Fault(*position, full, found, expected))

    note("", _environment(stack.environment))
    for name, system in stack.systems.items():
        if not system.enabled:
            continue
        note(name, _system(stack, system))
        for path, workload in _workloads(system):
            note(name, _workload(stack, system, path, workload))
            if isinstance(workload, Service):
                note(name, _service(stack, system, path, workload))
    for system_name, finding in [*_shared_hosts(stack, locate), *_shared_names(stack, locate)]:
        note(system_name, [finding])
    return faults


def _workloads(system: System) -> Iterator[tuple[Path, Workload]]:
    for name, service in system.services.items():
        if service.enabled:
            yield ("services", name), service
    for name, store in system.data_stores.items():
        if store.enabled:
            yield ("dataStores", name), store


def _known(path: Path, name: str | None, known: Iterable[str], what: str) -> Iterator[Finding]:
    known = tuple(known)
    if name is not None and name not in known:
        yield path, f"no {what} {quoted(name)}", did_you_mean(name, known) or f"there is no {what} at all"


def _environment(environment: Environment) -> Iterator[Finding]:
    yield from _known(("defaultIssuer",), environment.default_issuer, environment.issuers, "issuer")
    for name, issuer in environment.issuers.items():
        for index, solver in enumerate(issuer.solvers):
            for host in solver.hosts:
                yield from _known(("issuers", name, "solvers", index, "hosts"), host, environment.domains, "domain")
    if environment.tier is Tier.PRODUCTION and environment.policies.mutable_tags:
        yield ("policies", "mutableTags"), "mutable tags in production", "false, and a tag that never moves"
    if environment.policies.secrets == "generated":
        yield from _generated(("policies", "secrets"), environment)


def _generated(path: Path, environment: Environment) -> Iterator[Finding]:
    if environment.tier is not Tier.LOCAL:
        yield path, f"generated secrets on the tier {environment.tier.value}", "expected sealed, external or existing"
    elif environment.delivery is Delivery.GITOPS:
        yield path, "generated secrets with the delivery gitops", "they would stand in Git; expected delivery direct"


def _system(stack: Stack, system: System) -> Iterator[Finding]:
    for name, claim in system.claims.items():
        yield from _namespace(system, ("claims", name), claim.namespace)
    for name, secret in system.secrets.items():
        yield from _namespace(system, ("secrets", name), secret.namespace)
        yield from _known(("secrets", name, "store"), secret.store, system.secret_stores, "secret store")
        if secret.source == "generated":
            yield from _generated(("secrets", name, "source"), stack.environment)
    for name, gateway in system.gateways.items():
        path: Path = ("gateways", name)
        yield from _namespace(system, path, gateway.namespace)
        yield from _known((*path, "issuer"), gateway.issuer, stack.environment.issuers, "issuer")
        for host in gateway.hosts:
            yield from _known((*path, "hosts"), host, stack.environment.domains, "domain")


def _namespace(system: System, path: Path, key: str | None) -> Iterator[Finding]:
    if key is None and len(system.namespaces) > 1:
        yield path, "no namespace", f"the system has several: {', '.join(system.namespaces)}"
    yield from _known((*path, "namespace"), key, system.namespaces, "namespace")


def _workload(stack: Stack, system: System, path: Path, workload: Workload) -> Iterator[Finding]:
    environment = stack.environment
    yield from _namespace(system, path, workload.namespace)
    priority = workload.placement.priority_class
    yield from _known((*path, "placement", "priorityClass"), priority, environment.priority_classes, "priority class")
    for index, dependency in enumerate(workload.depends_on):
        yield from _dependency(stack, system, (*path, "dependsOn", index), dependency)
    for name, volume in workload.volumes.items():
        shared = (*path, "volumes", name, "sharedClaim")
        yield from _known(shared, volume.shared_claim, system.claims, "claim")
        claim = system.claims.get(volume.shared_claim or "")
        home = system.namespace_name(workload.namespace) if workload.namespace in (None, *system.namespaces) else None
        if claim and home and claim.namespace in (None, *system.namespaces):
            there = system.namespace_name(claim.namespace)
            if there != home:
                yield shared, f"a claim of the namespace {quoted(there)}", f"the pods run in {quoted(home)}"
    least = _least_pods(workload)
    grows = isinstance(workload, Service) and workload.scaling is not None and workload.scaling.max > 1
    for name, volume in workload.volumes.items():
        if volume.claim and volume.claim.access_mode.startswith("ReadWriteOnce") and (least > 1 or grows):
            found = f"{volume.claim.access_mode} for more than one pod"
            yield (*path, "volumes", name, "claim"), found, "one replica and no scaling, or ReadWriteMany"
    if workload.grace_period_seconds <= workload.pre_stop_seconds:
        found = f"a grace period of {workload.grace_period_seconds} s and a preStop of {workload.pre_stop_seconds} s"
        yield (*path, "gracePeriodSeconds"), found, "more than the preStop takes, so that the process can stop too"
    yield from _container(environment, system, path, workload, workload)
    for name, sidecar in workload.sidecars.items():
        yield from _container(environment, system, (*path, "sidecars", name), sidecar, workload)


def _dependency(stack: Stack, system: System, path: Path, dependency: str) -> Iterator[Finding]:
    owner_name, _, name = dependency.rpartition("/")
    owner = stack.systems.get(owner_name) if owner_name else system
    if owner is None:
        yield from _known(path, owner_name, stack.systems, "system")
        return
    known = [key for (_, key), _ in _workloads(owner)]
    yield from _known(path, name, [str(key) for key in known], "service or data store")


def _image(environment: Environment, path: Path, image: Image) -> Iterator[Finding]:
    yield from _known((*path, "registry"), image.registry, environment.registries, "registry")
    if image.digest:
        return
    if image.tag is None and not environment.policies.mutable_tags:
        yield path, "an image without tag", "a tag that never moves, in the stack's release or in the catalog"
    elif image.tag is None:
        yield path, "an image without tag", "a tag, in the stack's release or in the catalog"
    elif image.tag == "latest" and not environment.policies.mutable_tags:
        yield (*path, "tag"), "the tag latest, which moves", "a tag that never moves, or a digest"


def _container(
    environment: Environment, system: System, path: Path, container: Container, workload: Workload
) -> Iterator[Finding]:
    yield from _image(environment, (*path, "image"), container.image)
    yield from _mounts(path, container, workload)
    yield from _probes(path, container)
    yield from _secrets(system, path, container, workload)
    for kind in ("cpu", "memory", "ephemeral_storage"):
        request, limit = getattr(container.resources.requests, kind), getattr(container.resources.limits, kind)
        if request and limit and quantity_value(request) > quantity_value(limit):
            found = f"a request of {request} above the limit of {limit}"
            yield (*path, "resources", "requests", kind.replace("_", "-")), found, f"at most {limit}"


def _mounts(path: Path, container: Container, workload: Workload) -> Iterator[Finding]:
    for mount, volume in container.mounts.items():
        yield from _known((*path, "mounts", mount), volume, workload.volumes, "volume")
    taken: dict[str, str] = {"/": "the root file system"}
    if isinstance(container, DataStore):
        taken[container.data_path] = "dataPath"
    for field, paths in (
        ("mounts", container.mounts),
        ("secretFiles", container.secret_files),
        ("configFiles", container.config_files),
        ("writablePaths", container.writable_paths),
    ):
        for mount in paths:
            if mount in taken:
                yield (*path, field), f"{mount} is mounted twice", f"it is in {taken[mount]} already"
            taken[mount] = field


def _probes(path: Path, container: Container) -> Iterator[Finding]:
    if container.probes is None:
        yield path, "no probes", "startup, readiness and liveness for every long-running container"
        return
    for name in ("startup", "readiness", "liveness"):
        probe = getattr(container.probes, name)
        if probe.http:
            yield from _known((*path, "probes", name, "http", "port"), probe.http.port, container.ports, "port")
        yield from _known((*path, "probes", name, "tcp"), probe.tcp, container.ports, "port")


def _secrets(system: System, path: Path, container: Container, workload: Workload) -> Iterator[Finding]:
    for name, reference in container.secret_env.items():
        yield from _secret(system, workload, (*path, "secretEnv", name), reference.secret, [reference.key])
    for index, secret in enumerate(container.secret_env_from):
        yield from _secret(system, workload, (*path, "secretEnvFrom", index), secret, [])
    for mount, files in container.secret_files.items():
        yield from _secret(system, workload, (*path, "secretFiles", mount), files.secret, files.items.values())


def _secret(system: System, workload: Workload, path: Path, name: str, keys: Iterable[str]) -> Iterator[Finding]:
    yield from _known(path, name, system.secrets, "secret")
    secret = system.secrets.get(name)
    if secret is None:
        return
    for key in keys:
        yield from _known(path, key, secret.keys, f"key of {name}")
    spaces = (None, *system.namespaces)
    if workload.namespace in spaces and secret.namespace in spaces:
        home, there = system.namespace_name(workload.namespace), system.namespace_name(secret.namespace)
        if home != there:
            yield path, f"a secret of the namespace {quoted(there)}", f"the pods run in {quoted(home)}"


def _least_pods(workload: Workload) -> int:
    return workload.scaling.min if isinstance(workload, Service) and workload.scaling else workload.replicas


def _service(stack: Stack, system: System, path: Path, service: Service) -> Iterator[Finding]:
    if service.scaling and service.scaling.min > service.scaling.max:
        found = f"min ({service.scaling.min}) is above max ({service.scaling.max})"
        yield (*path, "scaling", "min"), found, f"at most {service.scaling.max}"
    if service.budget and _blocks(service.budget, _least_pods(service)):
        yield (*path, "budget"), f"blocks every eviction of {_least_pods(service)} pods", "at least one may be away"
    if service.metrics:
        yield from _known((*path, "metrics", "port"), service.metrics.port, service.ports, "port")
    for name, exposure in service.exposure.items():
        here = (*path, "exposure", name)
        yield from _known((*here, "issuer"), exposure.issuer, stack.environment.issuers, "issuer")
        if exposure.issuer is None and stack.environment.default_issuer is None and exposure.gateway is None:
            yield here, "no issuer", "an issuer here, or a defaultIssuer of the environment"
        yield from _known((*here, "gateway"), exposure.gateway, system.gateways, "gateway")
        for host in exposure.hosts:
            yield from _known((*here, "hosts"), host, stack.environment.domains, "domain of the environment")
        for index, exposed in enumerate(exposure.paths):
            yield from _known((*here, "paths", index, "port"), exposed.port, service.ports, "port")
    if service.migration:
        here = (*path, "migration")
        for database, target in service.migration.databases.items():
            keys = [target.url_key]
            yield from _secret(
                system, service, (*here, "databases", database, "urlKey"), service.migration.secret, keys
            )


def _blocks(budget: Budget, pods: int) -> bool:
    """Tell whether a budget lets no pod go when there are `pods` of them."""

    def count(amount: int | str, *, up: bool) -> int:
        if isinstance(amount, int):
            return amount
        share = Decimal(amount[:-1]) * pods / 100
        return int(-(-share // 1)) if up else int(share)

    if budget.max_unavailable is not None:
        return count(budget.max_unavailable, up=True) == 0
    return pods > 0 and count(budget.min_available or 0, up=True) >= pods


def _shared_hosts(stack: Stack, locate: Locate) -> Iterator[tuple[str, Finding]]:
    """Yield each host and path that a second service claims."""
    taken: dict[tuple[str, str, str], tuple[str, Path]] = {}
    domains = stack.environment.domains
    for system in stack.systems.values():
        for name, service in system.services.items() if system.enabled else ():
            for key, exposure in service.exposure.items() if service.enabled else ():
                path: Path = ("services", name, "exposure", key)
                for host in exposure.hosts:
                    for exposed in exposure.paths:
                        claim = (domains.get(host, host), exposed.path.rstrip("/"), exposed.type)
                        if claim in taken:
                            first, full = locate(*taken[claim])
                            found = f"{claim[0]}{exposed.path} is taken"
                            where = f"{full} has it at {first.file}:{first.line}"
                            yield system.name, (path, found, where)
                        taken.setdefault(claim, (system.name, path))


def _shared_names(stack: Stack, locate: Locate) -> Iterator[tuple[str, Finding]]:
    """Yield each namespace that a second system claims, and each name that a second workload of a namespace has."""
    spaces: dict[str, tuple[str, Path]] = {}
    names: dict[tuple[str, str], tuple[str, Path]] = {}
    for system in stack.systems.values():
        if not system.enabled:
            continue
        for key in system.namespaces:
            path: Path = ("namespaces", key)
            name = system.namespace_name(key)
            if name in spaces:
                first, full = locate(*spaces[name])
                yield (
                    system.name,
                    (path, f"the namespace {quoted(name)} is taken", f"{full} at {first.file}:{first.line}"),
                )
            spaces.setdefault(name, (system.name, path))
        for path, workload in _workloads(system):
            if workload.namespace not in (None, *system.namespaces):
                continue
            place = (system.namespace_name(workload.namespace), workload.name)
            if place in names:
                first, full = locate(*names[place])
                found = f"{quoted(workload.name)} is taken in the namespace {quoted(place[0])}"
                yield system.name, (path, found, f"{full} has it at {first.file}:{first.line}")
            names.setdefault(place, (system.name, path))
