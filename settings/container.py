"""What one container of a pod is: its image, ports, probes, resources and the rights it has."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from settings.types import AbsolutePath, EnvironmentVariable, Name, PortNumber, Quantity, SchemaVersion, Settings


class PullPolicy(StrEnum):
    """When the kubelet asks the registry for an image. Not which image: that is tag and digest."""

    ALWAYS = "Always"
    IF_NOT_PRESENT = "IfNotPresent"
    NEVER = "Never"


class Version(Settings):
    """Which version of an image, as a release has it."""

    tag: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$")
    digest: str | None = Field(default=None, pattern=r"^sha256:[0-9a-f]{64}$")
    needs_schema: dict[str, SchemaVersion] = {}
    """The version of each database's schema that this image needs, by the database's name in `migration.databases`."""
    runs_on_schema: dict[str, SchemaVersion] = {}
    """A newer version, which the databases have already, that this older image was accepted to run on."""


class Image(Version):
    """An image by registry, repository, tag and digest."""

    registry: Name | None = None
    """A name among the environment's `registries`; none for an image that is named in full."""
    repository: str = Field(pattern=r"^[a-z0-9]+(?:[._:/-]+[a-z0-9]+)*$")
    pull_policy: PullPolicy = PullPolicy.IF_NOT_PRESENT


class Port(Settings):
    """A port of a container and, where they differ, of the Service before it."""

    container: PortNumber
    service: PortNumber | None = None
    """The Service's port; the container's where none is given."""
    protocol: Literal["TCP", "UDP"] = "TCP"
    app_protocol: str | None = None


class HttpGet(Settings):
    """A request that answers 200 to 399 when the container is well."""

    path: AbsolutePath
    port: Name = "http"


class Probe(Settings):
    """One question to a container, by exactly one of `http`, `tcp`, `grpc` and `exec`, and its patience."""

    http: HttpGet | None = None
    tcp: Name | None = None
    grpc: PortNumber | None = None
    exec: tuple[str, ...] | None = None
    initial_delay_seconds: int = Field(default=0, ge=0)
    period_seconds: int = Field(default=10, ge=1)
    timeout_seconds: int = Field(default=3, ge=1)
    failure_threshold: int = Field(default=3, ge=1)

    @model_validator(mode="after")
    def _one_question(self) -> Self:
        asked = [name for name in ("http", "tcp", "grpc", "exec") if getattr(self, name) is not None]
        if len(asked) != 1:
            message = f"a probe asks by exactly one of http, tcp, grpc and exec, not by {' and '.join(asked) or 'none'}"
            raise ValueError(message)
        return self


class Probes(Settings):
    """The three questions every long-running container answers."""

    startup: Probe
    readiness: Probe
    liveness: Probe


class Amounts(Settings):
    """CPU in cores, memory and scratch space in bytes."""

    cpu: Quantity | None = None
    memory: Quantity | None = None
    ephemeral_storage: Quantity | None = Field(default=None, alias="ephemeral-storage")


class Resources(Settings):
    """What a container is promised (`requests`) and where it is stopped (`limits`)."""

    requests: Amounts
    limits: Amounts


class Security(Settings):
    """The rights of a container: as few as its image can live with."""

    run_as_non_root: bool = True
    run_as_user: int | None = Field(default=None, ge=0)
    run_as_group: int | None = Field(default=None, ge=0)
    fs_group: int | None = Field(default=None, ge=0)
    """The group that owns the pod's volumes; of the pod, so only the main container's counts."""
    read_only_root_filesystem: bool = True
    allow_privilege_escalation: bool = False
    added_capabilities: tuple[str, ...] = ()
    seccomp_profile: Literal["RuntimeDefault", "Unconfined"] = "RuntimeDefault"


class SecretKeyReference(Settings):
    """One key of one of the system's secrets."""

    secret: Name
    key: str


class SecretFiles(Settings):
    """Keys of a secret as read-only files: file name to key."""

    secret: Name
    items: dict[str, str] = Field(min_length=1)


class Container(Settings):
    """One container: what it runs, what it is told and what it may do."""

    image: Image
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    ports: dict[Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$")], Port] = {}
    env: dict[EnvironmentVariable, str] = {}
    """Variables that are no secret; they reach the container through an immutable ConfigMap. Of a service they may name
    what it has in AWS, such as `{queue/orders}`."""
    secret_env: dict[EnvironmentVariable, SecretKeyReference] = {}
    secret_env_from: tuple[Name, ...] = ()
    """Secrets all of whose keys become variables."""
    secret_files: dict[AbsolutePath, SecretFiles] = {}
    """Directory to the files in it, mounted read-only."""
    config_files: dict[AbsolutePath, str] = {}
    """Path to content; each is mounted read-only from an immutable ConfigMap."""
    mounts: dict[AbsolutePath, Name] = {}
    """Path to the name of one of the service's `volumes`."""
    writable_paths: tuple[AbsolutePath, ...] = ()
    """Directories that stay writable on a read-only root file system, each an empty volume of its own."""
    probes: Probes | None = None
    resources: Resources
    security: Security = Security()
    pre_stop_seconds: int = Field(default=5, ge=0)
    """How long a stopping container waits while load balancers forget it."""
