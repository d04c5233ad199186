"""What must hold within one service or data store: its containers, what they mount, ask and read."""

from collections.abc import Iterator

from settings.container import Container, Image, Port, Version
from settings.data_store import DataStore
from settings.environment import Environment
from settings.faults import Path, quoted
from settings.findings import Finding, elsewhere, namespace, unknown
from settings.secret_checks import check_secret
from settings.service import Service, Workload
from settings.strategy import Rolling
from settings.system import System
from settings.types import quantity_value

LONGEST_NAME = 52
"""A StatefulSet's revision label is its name and eleven characters, and a label's value has at most 63."""


def check_workload(environment: Environment, system: System, path: Path, workload: Workload) -> Iterator[Finding]:
    """Yield what does not fit together in one workload."""
    yield from namespace(system, path, workload.namespace)
    priority = workload.placement.priority_class
    yield from unknown((*path, "placement", "priorityClass"), priority, environment.priority_classes, "priority class")
    yield from _volumes(system, path, workload)
    if len(workload.name) > LONGEST_NAME:
        found = f"a name of {len(workload.name)} characters"
        yield Finding(path, found, f"expected at most {LONGEST_NAME}: other names and labels are made of it")
    if workload.grace_period_seconds <= workload.pre_stop_seconds:
        found = f"a grace period of {workload.grace_period_seconds} s, and a preStop of {workload.pre_stop_seconds} s"
        yield Finding((*path, "gracePeriodSeconds"), found, "expected more, so that the process can stop too")
    if isinstance(workload, DataStore):
        yield from unknown((*path, "exporterPort"), workload.exporter_port, all_ports(workload), "port")
    name = workload.container_name or workload.name
    if name in workload.sidecars:
        yield Finding((*path, "sidecars", name), f"{quoted(name)} is the main container", "expected another name")
    yield from _service_ports(path, workload)
    for here, container in _containers(path, workload):
        yield from _container(environment, system, here, container, workload)


def least_pods(workload: Workload) -> int:
    """Return how many pods a workload has when it has fewest."""
    return workload.scaling.min if isinstance(workload, Service) and workload.scaling else workload.replicas


def all_ports(workload: Workload) -> dict[str, Port]:
    """Return the ports of all containers of a workload by name; of two with one name the main container's counts."""
    ports: dict[str, Port] = {}
    for _, container in _containers((), workload):
        ports = {**container.ports, **ports}
    return ports


def check_version(
    environment: Environment, path: Path, version: Version, what: str, *, where: str = ""
) -> Iterator[Finding]:
    """Yield a finding where a version does not say which one it is, or may be another tomorrow."""
    if version.digest:
        return
    fixed = "" if environment.policies.mutable_tags else " that never moves"
    if version.tag is None:
        yield Finding(path, f"{what} without tag", f"expected one{fixed}{where}")
    elif version.tag == "latest" and fixed:
        yield Finding((*path, "tag"), "the tag latest, which moves", f"expected one{fixed}, or a digest")


def _containers(path: Path, workload: Workload) -> Iterator[tuple[Path, Container]]:
    yield path, workload
    for name, sidecar in workload.sidecars.items():
        yield (*path, "sidecars", name), sidecar


def _volumes(system: System, path: Path, workload: Workload) -> Iterator[Finding]:
    several = least_pods(workload) > 1 or (
        isinstance(workload, Service) and workload.scaling and workload.scaling.max > 1
    )
    two_versions = isinstance(workload, Service) and not isinstance(workload.strategy, Rolling)
    for name, volume in workload.volumes.items():
        here = (*path, "volumes", name)
        yield from unknown((*here, "sharedClaim"), volume.shared_claim, system.claims, "claim")
        claim = volume.claim
        if volume.shared_claim in system.claims:
            claim = system.claims[volume.shared_claim]
            shared = (*here, "sharedClaim")
            yield from elsewhere(system, shared, "a claim", of=claim.namespace, pods=workload.namespace)
        if several and claim is not None and claim.access_mode.startswith("ReadWriteOnce"):
            found = f"{claim.access_mode} for more than one pod"
            yield Finding(here, found, "expected ReadWriteMany, or one replica and no scaling")
        elif two_versions and claim is not None and claim.access_mode.startswith("ReadWriteOnce"):
            found = f"{claim.access_mode} for two versions at once"
            strategy = (*path, "strategy", "type")
            yield Finding(here, found, "expected ReadWriteMany, or the strategy rolling", strategy)


def _service_ports(path: Path, workload: Workload) -> Iterator[Finding]:
    """Yield each port that a Service would have twice."""
    taken: dict[tuple[int, str], str] = {}
    ports = all_ports(workload)
    for here, container in _containers(path, workload):
        for name, port in container.ports.items():
            number = port.service or port.container
            first = taken.setdefault((number, port.protocol), name)
            if first != name and ports[name] is port:
                found = f"{quoted(first)} is port {number} of the Service already"
                yield Finding((*here, "ports", name), found, "expected another service port")


def _container(
    environment: Environment, system: System, path: Path, container: Container, workload: Workload
) -> Iterator[Finding]:
    yield from _image(environment, (*path, "image"), container.image)
    for mount, volume in container.mounts.items():
        yield from unknown((*path, "mounts", mount), volume, workload.volumes, "volume")
    yield from _mounted_twice(path, container)
    yield from _probes(path, container)
    for name, reference in container.secret_env.items():
        here = (*path, "secretEnv", name)
        keys = [((*here, "key"), reference.key)]
        yield from check_secret(system, workload, (*here, "secret"), reference.secret, keys)
    for index, secret in enumerate(container.secret_env_from):
        yield from check_secret(system, workload, (*path, "secretEnvFrom", index), secret)
    for mount, files in container.secret_files.items():
        here = (*path, "secretFiles", mount)
        keys = [((*here, "items", file), key) for file, key in files.items.items()]
        yield from check_secret(system, workload, (*here, "secret"), files.secret, keys)
    requests, limits = container.resources.requests, container.resources.limits
    for kind, request, limit in (
        ("cpu", requests.cpu, limits.cpu),
        ("memory", requests.memory, limits.memory),
        ("ephemeral-storage", requests.ephemeral_storage, limits.ephemeral_storage),
    ):
        if request and limit and quantity_value(request) > quantity_value(limit):
            of_kind = (*path, "resources", "limits", kind)
            found = f"a request of {request} is above the limit of {limit}"
            yield Finding((*path, "resources", "requests", kind), found, f"at most {limit}", of_kind)


def _image(environment: Environment, path: Path, image: Image) -> Iterator[Finding]:
    yield from unknown((*path, "registry"), image.registry, environment.registries, "registry")
    yield from check_version(environment, path, image, "an image", where=", here or in the stack's release")


def _mounted_twice(path: Path, container: Container) -> Iterator[Finding]:
    places: list[tuple[Path, str]] = [(("dataPath",), container.data_path)] if isinstance(container, DataStore) else []
    places += ((("mounts", mount), mount) for mount in container.mounts)
    places += ((("secretFiles", mount), mount) for mount in container.secret_files)
    places += ((("configFiles", file), file) for file in container.config_files)
    places += ((("writablePaths", index), mount) for index, mount in enumerate(container.writable_paths))
    taken: dict[str, Path] = {}
    for place, mount in places:
        here = (*path, *place)
        if mount == "/":
            yield Finding(here, "a mount over the root file system", "expected a directory below /")
        first = taken.setdefault(mount.rstrip("/"), here)
        if first != here:
            yield Finding(here, f"{mount} is mounted already", f"{first[len(path)]} has it", first)


def _probes(path: Path, container: Container) -> Iterator[Finding]:
    if container.probes is None:
        yield Finding(path, "no probes", "expected startup, readiness and liveness")
        return
    probes = container.probes
    for name, probe in (("startup", probes.startup), ("readiness", probes.readiness), ("liveness", probes.liveness)):
        if probe.http:
            yield from unknown((*path, "probes", name, "http", "port"), probe.http.port, container.ports, "port")
        yield from unknown((*path, "probes", name, "tcp"), probe.tcp, container.ports, "port")
