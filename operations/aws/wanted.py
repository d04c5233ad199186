"""What a stack wants of its account: read off its settings and its objects. Pure."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from manifests.assembly import assemble
from manifests.aws.buckets import buckets
from manifests.aws.data_stores import caches, databases, replicas
from manifests.aws.images import repositories
from manifests.aws.names import secret_entries, secret_name
from manifests.aws.parameters import parameters
from manifests.aws.records import health_checks
from manifests.aws.scope import Scope, systems
from manifests.aws.secrets import in_secrets_manager, secret_regions
from manifests.placed import Manifest, Placed
from operations.needs import pod_spec
from settings.aws.registry import own_registry, regions
from settings.stack import Stack

_ECR: Final = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/"
    r"(?P<repository>[^:@]+)(?::(?P<tag>[^@]+))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
Assembled = Mapping[str, Mapping[str, tuple[Placed, ...]]]
"""By cluster and system, as `assemble` gives it."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image that pods of a system pull in a region."""

    system: str
    region: str
    repository: str
    tag: str | None = None
    digest: str | None = None
    source: str = ""
    """The region that the image is pushed to, from which ECR brings it here; empty where it is pushed here."""
    ours: bool = True
    """Whether this program makes the repository."""


@dataclass(frozen=True, slots=True)
class Secret:
    """An entry of Secrets Manager, in the region where it is written."""

    system: str
    region: str
    name: str
    replicas: tuple[str, ...] = ()
    """The regions that it is copied to."""
    ours: bool = True
    """Whether this program makes it; one that a `remoteKey` names is somebody else's."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """An entry of Parameter Store in one region."""

    system: str
    region: str
    name: str
    type: Literal["String", "SecureString"] = "String"
    key: str = ""
    """The alias of the key that a SecureString is encrypted by."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket, and where it stands."""

    system: str
    region: str
    name: str


@dataclass(frozen=True, slots=True)
class Database:
    """A database of RDS, or a replication group of ElastiCache."""

    system: str
    region: str
    store: str
    identifier: str
    kind: Literal["rds", "elasticache"] = "rds"
    replica: bool = False
    """Whether it is a read replica of the one in the primary cluster's region."""


@dataclass(frozen=True, slots=True)
class Dumps:
    """Where the dumps go that are made before migrations."""

    system: str
    region: str
    service: str
    bucket: str
    prefix: str = ""
    """With a `/` at its end; empty for the whole bucket."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """All of it, of the chosen systems."""

    stack: str
    account: str
    region: str
    """The primary cluster's."""
    partial: bool = False
    """Whether there are other systems too: an update of some makes nothing in AWS."""
    images: tuple[Image, ...] = ()
    secrets: tuple[Secret, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    buckets: tuple[Bucket, ...] = ()
    databases: tuple[Database, ...] = ()
    dumps: tuple[Dumps, ...] = ()
    entrances: tuple[str, ...] = ()
    """The clusters at whose way in Route 53 asks for their health."""


def wanted(stack: Stack, named: Collection[str] = (), assembled: Assembled | None = None) -> Wanted:
    """Return what a stack wants of AWS for some of its systems, all of them where none is named.

    Images are read off the objects, whatever puts them there (a service, a sidecar, a migration, a canary), for each
    cluster as its kubelets will ask for them, and of systems too that have nothing else in AWS.

    Raises ValueError where the stack has no AWS.
    """
    everywhere = Scope(stack)
    if assembled is None:
        assembled = {cluster: assemble(stack, cluster) for cluster in stack.environment.clusters}

    def asked(scope: Scope) -> bool:
        return not named or scope.system_name in named

    return Wanted(
        stack.name,
        everywhere.aws.account,
        everywhere.region,
        partial=bool(named) and any(one.enabled and name not in named for name, one in stack.systems.items()),
        images=tuple(dict.fromkeys(_images(stack, assembled, named or stack.systems))),
        secrets=tuple(dict.fromkeys(one for scope in systems(stack) if asked(scope) for one in _secrets(scope))),
        parameters=tuple(
            Parameter(scope.system_name, scope.region, one.name, "SecureString", f"alias/{scope.name()}")
            if one.secret
            else Parameter(scope.system_name, scope.region, one.name)
            for scope, tree in parameters(stack)
            if asked(scope)
            for one in tree.parameters
        ),
        buckets=tuple(
            Bucket(scope.system_name, scope.region, args.name) for scope, args in buckets(stack) if asked(scope)
        ),
        databases=tuple(one for one in _databases(stack) if not named or one.system in named),
        dumps=tuple(dict.fromkeys(one for scope in systems(stack) if asked(scope) for one in _dumps(scope))),
        entrances=tuple(scope.cluster_name or "" for scope, _ in health_checks(stack)),
    )


def _images(stack: Stack, assembled: Assembled, named: Collection[str]) -> Iterator[Image]:
    ours = {(args.region, args.name) for _, args in repositories(stack)}
    sources = {
        region: registry.region
        for registry in (own_registry(stack.environment, name) for name in stack.environment.registries)
        if registry is not None
        for region in regions(stack.environment, registry)
    }
    for objects in assembled.values():
        for system, members in objects.items():
            for reference in _references(member.manifest for member in members) if system in named else ():
                found = _ECR.fullmatch(reference)
                if found is None or found["account"] != Scope(stack).aws.account:
                    continue
                region, repository = found["region"], found["repository"]
                source = sources.get(region, region)
                yield Image(
                    system,
                    region,
                    repository,
                    found["tag"],
                    found["digest"],
                    source if source != region else "",
                    (region, repository) in ours,
                )


def _references(manifests: Iterable[Manifest]) -> Iterator[str]:
    for manifest in manifests:
        pods = pod_spec(manifest) or {}
        for container in (*pods.get("initContainers", ()), *pods.get("containers", ())):
            yield str(container["image"])


def _secrets(scope: Scope) -> Iterator[Secret]:
    for key, secret in in_secrets_manager(scope.stack, scope.system) if scope.system else ():
        home, *others = secret_regions(scope, key)
        for name in secret_entries(scope, key, secret):
            ours = name == secret_name(scope, key)
            yield Secret(scope.system_name, home, name, tuple(others) if ours else (), ours)


def _databases(stack: Stack) -> Iterator[Database]:
    for scope, database in databases(stack):
        yield Database(scope.system_name, scope.region, database.store, database.identifier)
    for scope, replica in replicas(stack):
        yield Database(scope.system_name, scope.region, replica.store, replica.identifier, replica=True)
    for scope, cache in caches(stack):
        yield Database(scope.system_name, scope.region, cache.store, cache.identifier, "elasticache")


def _dumps(scope: Scope) -> Iterator[Dumps]:
    for service in scope.system.services.values() if scope.system else ():
        backup = service.migration.backup if service.enabled and service.migration else None
        if backup and backup.bucket and backup.bucket.endpoint is None:
            bucket = backup.bucket
            folder = bucket.prefix.strip("/")
            yield Dumps(scope.system_name, bucket.region, service.name, bucket.name, f"{folder}/" if folder else "")
