"""What S3, SQS and ECR accept as names, and what two of a stack cannot both be called."""

import re
from collections.abc import Iterator
from typing import Final

from settings.aws.environment import AwsEnvironment
from settings.aws.registry import own_registry
from settings.aws.system import SystemAws
from settings.container import Container
from settings.faults import Path, quoted
from settings.findings import Finding
from settings.stack import Stack
from settings.system import System

_BUCKET: Final = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_ADDRESS: Final = re.compile(r"\d+\.\d+\.\d+\.\d+")
_SHORTEST, _LONGEST = 3, 63
_RESERVED_BEGINNINGS: Final = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDINGS: Final = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3", "-an")
"""Source: Amazon S3, "General purpose bucket naming rules", as all of the above."""
_LONGEST_QUEUE: Final = 80
"""Source: Amazon SQS API Reference, "CreateQueue"."""
_DEAD: Final = "-dead"
"""What the name of the queue for dead letters ends in, before `.fifo`."""
_REPOSITORY: Final = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*")
_SHORTEST_REPOSITORY, _LONGEST_REPOSITORY = 2, 256
"""Source: Amazon ECR API Reference, "CreateRepository", as the pattern."""


def check_storage(stack: Stack, system: System) -> Iterator[Finding]:
    """Yield names of buckets, queues and repositories of a system that AWS does not accept, or that it has twice."""
    aws = stack.environment.aws
    if aws is None or system.aws is None or not system.enabled:
        return
    yield from _buckets(stack, aws, system, system.aws)
    yield from _queues(stack, system, system.aws)
    for path, container in _containers(system):
        yield from _repository(stack, (*path, "image", "repository"), container)


def _buckets(stack: Stack, aws: AwsEnvironment, system: System, own: SystemAws) -> Iterator[Finding]:
    taken = _taken(stack, aws, system)
    for key, bucket in own.buckets.items():
        path: Path = ("aws", "buckets", key)
        name = _bucket_name(stack, aws, system, key)
        at = path if bucket.name is None else (*path, "name")
        yield from _bucket(at, name, named=bucket.name is not None)
        if name in taken:
            holder, other = taken[name]
            where = f"{quoted(other)} of {holder.name}" if holder is not system else quoted(other)
            found = f"the name {quoted(name)} is that of the bucket {where}"
            first: Path | None = ("aws", "buckets", other) if holder is system else None
            yield Finding(at, found, "expected another one", first)
        taken.setdefault(name, (system, key))


def _taken(stack: Stack, aws: AwsEnvironment, system: System) -> dict[str, tuple[System, str]]:
    """Return the names of the buckets of systems before this one, and whose they are."""
    found: dict[str, tuple[System, str]] = {}
    for before in stack.systems.values():
        if before.name == system.name:
            break
        if before.enabled and before.aws is not None:
            for key in before.aws.buckets:
                found.setdefault(_bucket_name(stack, aws, before, key), (before, key))
    return found


def _bucket_name(stack: Stack, aws: AwsEnvironment, system: System, key: str) -> str:
    """Return what `manifests.aws.names.bucket_name` does."""
    given = system.aws.buckets[key].name if system.aws is not None else None
    return given or f"{system.name}-{stack.name}-{key}-{aws.account}"


def _bucket(path: Path, name: str, *, named: bool) -> Iterator[Finding]:
    """Yield the one thing that is wrong with the name of a bucket; the rest is seen once that is right."""
    if len(name) > _LONGEST and not named:
        room = _LONGEST - (len(name) - len(str(path[-1])))
        shorter = f"a key of at most {room}, or a name of its own" if room > 0 else "a name of its own"
        yield Finding(
            path, f"its name {quoted(name)} has {len(name)} characters, above {_LONGEST}", f"expected {shorter}"
        )
    elif not _SHORTEST <= len(name) <= _LONGEST:
        found = f"{quoted(name)} has {len(name)} {'character' if len(name) == 1 else 'characters'}"
        yield Finding(path, found, f"expected {_SHORTEST} to {_LONGEST}")
    elif _BUCKET.fullmatch(name) is None:
        expected = "expected lower case letters, digits, dots and dashes, a letter or digit at both ends"
        yield Finding(path, f"no name of a bucket: {quoted(name)}", expected)
    elif ".." in name:
        yield Finding(path, f"two dots beside each other in {quoted(name)}", "expected one")
    elif _ADDRESS.fullmatch(name):
        yield Finding(path, f"{quoted(name)} is an IP address", "expected a name")
    else:
        for beginning in filter(name.startswith, _RESERVED_BEGINNINGS):
            yield Finding(
                path, f"{quoted(name)} begins with {quoted(beginning)}, which S3 keeps", "expected another one"
            )
        for ending in filter(name.endswith, _RESERVED_ENDINGS):
            yield Finding(path, f"{quoted(name)} ends with {quoted(ending)}, which S3 keeps", "expected another one")


def _queues(stack: Stack, system: System, own: SystemAws) -> Iterator[Finding]:
    for key, queue in own.queues.items():
        path: Path = ("aws", "queues", key)
        name = f"{system.name}-{stack.name}-{key}{_DEAD}{'.fifo' if queue.fifo else ''}"
        room = _LONGEST_QUEUE - (len(name) - len(key))
        if room < len(key):
            found = f"the name {quoted(name)} of its queue for dead letters has {len(name)} characters"
            yield Finding(path, found, f"expected at most {_LONGEST_QUEUE}: a key of at most {max(room, 0)}")
        first = key.removesuffix(_DEAD)
        if first != key and first in own.queues and own.queues[first].fifo == queue.fifo:
            found = f"the queue for dead letters of {quoted(first)} has this name"
            yield Finding(path, found, "expected another one", ("aws", "queues", first))


def _repository(stack: Stack, path: Path, container: Container) -> Iterator[Finding]:
    registry = own_registry(stack.environment, container.image.registry)
    if registry is None:
        return
    name = registry.repository(container.image.repository)
    if not _SHORTEST_REPOSITORY <= len(name) <= _LONGEST_REPOSITORY:
        found = f"{quoted(name)} has {len(name)} {'character' if len(name) == 1 else 'characters'}"
        yield Finding(path, found, f"expected {_SHORTEST_REPOSITORY} to {_LONGEST_REPOSITORY}, as ECR has it")
    elif _REPOSITORY.fullmatch(name) is None:
        expected = "expected lower case letters and digits, with one of . _ __ - or / between them, as ECR has it"
        yield Finding(path, f"no name of a repository: {quoted(name)}", expected)


def _containers(system: System) -> Iterator[tuple[Path, Container]]:
    for section, workloads in (("services", system.services), ("dataStores", system.data_stores)):
        for name, workload in workloads.items():
            if workload.enabled:
                yield (section, name), workload
                for key, sidecar in workload.sidecars.items():
                    yield (section, name, "sidecars", key), sidecar
