"""What must hold for references in variables: there is AWS, and the service may use what it is told of."""

from collections.abc import Iterable, Iterator, Mapping

from settings.aws.references import outermost, referable, references
from settings.container import Container
from settings.environment import Environment
from settings.faults import Path, did_you_mean, quoted
from settings.findings import Finding
from settings.service import Service, Workload
from settings.system import System

_WHAT = {
    "bucket": "bucket {} of those that",
    "bucketRegion": "bucket {} of those that",
    "queue": "queue {} of those that",
    "secret": "secret {} with an entry of its own, of those that",
    "parameter": "parameter {} of those that",
    "parameters": "folder of parameters {} of those all of which",
}


def check_references(environment: Environment, system: System) -> Iterator[Finding]:
    """Yield each reference to AWS that would stay as it is, or names what the service's role does not allow."""
    has_aws = environment.aws is not None and system.aws is not None
    for name, service in system.services.items():
        if not service.enabled:
            continue
        path: Path = ("services", name)
        for where, container in _containers(path, service):
            yield from _usable(system, service, where, container) if has_aws else _nothing(system, where, container)
            yield from _elsewhere(_other_texts(where, container))
        if service.migration is not None:
            yield from _elsewhere(_variables((*path, "migration"), service.migration.env))
    for name, store in system.data_stores.items():
        for where, container in _containers(("dataStores", name), store) if store.enabled else ():
            yield from _elsewhere(_variables(where, container.env))
            yield from _elsewhere(_other_texts(where, container))


def _containers(path: Path, workload: Workload) -> Iterator[tuple[Path, Container]]:
    yield path, workload
    for key, sidecar in workload.sidecars.items():
        yield (*path, "sidecars", key), sidecar


def _variables(path: Path, env: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    for variable, text in env.items():
        yield (*path, "env", variable), text


def _other_texts(path: Path, container: Container) -> Iterator[tuple[Path, str]]:
    for key, texts in (("command", container.command), ("args", container.args)):
        for number, text in enumerate(texts):
            yield (*path, key, number), text
    for file, text in container.config_files.items():
        yield (*path, "configFiles", file), text


def _elsewhere(texts: Iterable[tuple[Path, str]]) -> Iterator[Finding]:
    """Yield each reference in texts in which none is replaced."""
    for path, text in texts:
        for kind, name in references(text):
            found = f"{quoted(f'{{{kind}/{name}}}')} would stay as it is"
            yield Finding(path, found, "references are for `env` of a service and its sidecars")


def _usable(system: System, service: Service, path: Path, container: Container) -> Iterator[Finding]:
    for variable, text in container.env.items():
        for kind, name in references(text):
            known = referable(system, service.aws, kind)
            if name in known:
                continue
            outer = outermost(service.aws, known, name) if kind == "parameters" else None
            if outer is not None:
                found = f"folder {quoted(name)} is inside {quoted(outer)}, which its service lists all of"
                yield Finding((*path, "env", variable), found, f"expected the outermost one, {{parameters/{outer}}}")
            else:
                found = f"no {_WHAT[kind].format(quoted(name))} the service lists in its aws"
                expected = did_you_mean(name, known) or "expected it listed there, by which its role allows it"
                yield Finding((*path, "env", variable), found, expected)


def _nothing(system: System, path: Path, container: Container) -> Iterator[Finding]:
    for variable, text in container.env.items():
        for kind, name in references(text):
            found = f"{quoted(f'{{{kind}/{name}}}')} names what is in AWS, and {system.name} has none"
            yield Finding((*path, "env", variable), found, "expected another value here")
