"""What must hold for references in variables: there is AWS, and the service may use what it is told of."""

from collections.abc import Iterator

from settings.aws.references import referable, references
from settings.container import Container
from settings.environment import Environment
from settings.faults import Path, did_you_mean, quoted
from settings.findings import Finding
from settings.service import Service
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
    """Yield each reference to what AWS has that would stay as it is, or name what the service's role does not allow."""
    has_aws = environment.aws is not None and system.aws is not None
    for name, service in system.services.items():
        if not service.enabled:
            continue
        path: Path = ("services", name)
        containers = ((path, service), *(((*path, "sidecars", key), one) for key, one in service.sidecars.items()))
        for where, container in containers:
            yield from _usable(system, service, where, container) if has_aws else _nothing(system, where, container)


def _usable(system: System, service: Service, path: Path, container: Container) -> Iterator[Finding]:
    for variable, text in container.env.items():
        for kind, name in references(text):
            known = referable(system, service.aws, kind)
            if name not in known:
                found = f"no {_WHAT[kind].format(quoted(name))} the service lists in its aws"
                expected = did_you_mean(name, known) or "expected it listed there, by which its role allows it"
                yield Finding((*path, "env", variable), found, expected)


def _nothing(system: System, path: Path, container: Container) -> Iterator[Finding]:
    for variable, text in container.env.items():
        for kind, name in references(text):
            found = f"{quoted(f'{{{kind}/{name}}}')} names what is in AWS, and {system.name} has none"
            yield Finding((*path, "env", variable), found, "expected another value here")
