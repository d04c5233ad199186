"""What one service is: its containers, its address, how it scales, where it runs, what it needs."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from settings.aws.system import ServiceAws
from settings.container import Container, Version
from settings.migration import Migration
from settings.strategy import Objectives, Rolling, Strategy
from settings.types import (
    AbsolutePath,
    Cidr,
    CountOrShare,
    Duration,
    HostName,
    Name,
    Percent,
    PortNumber,
    Quantity,
    Settings,
)


class Claim(Settings):
    """A PersistentVolumeClaim: space that outlives pods."""

    size: Quantity
    storage_class: Name | None = None
    """The environment's default class where none is given."""
    access_mode: Literal["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"] = "ReadWriteOnce"
    namespace: Name | None = None
    """Of a system's own claims: one of its `namespaces`; a service's claim lives with the service."""


class Scratch(Settings):
    """An empty directory that lives as long as its pod."""

    limit: Quantity
    memory: bool = False
    """In memory rather than on the node's disk; it then counts against the container's memory limit."""


class Volume(Settings):
    """Exactly one of a claim of its own, a claim of the system, and scratch space."""

    claim: Claim | None = None
    shared_claim: Name | None = None
    """The name of one of the system's `claims`."""
    scratch: Scratch | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [name for name in ("claim", "shared_claim", "scratch") if getattr(self, name) is not None]
        if len(given) != 1:
            message = f"a volume is exactly one of claim, sharedClaim and scratch, not {' and '.join(given) or 'none'}"
            raise ValueError(message)
        return self


class Scaling(Settings):
    """A HorizontalPodAutoscaler (autoscaling/v2); with one, the workload has no replicas of its own."""

    min: int = Field(ge=1)
    max: int = Field(ge=1)
    cpu: Percent | None = 70
    """Average use of the requested CPU, in percent."""
    memory: Percent | None = None
    scale_down_window: Duration = "5m"


class Budget(Settings):
    """A PodDisruptionBudget, by exactly one of its two measures."""

    min_available: CountOrShare | None = None
    max_unavailable: CountOrShare | None = None

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if (self.min_available is None) == (self.max_unavailable is None):
            message = "a budget has exactly one of minAvailable and maxUnavailable"
            raise ValueError(message)
        return self


class Route(StrEnum):
    """What carries a request from outside to a Service. Not who may send one: that is the NetworkPolicy."""

    INGRESS = "ingress"
    GATEWAY = "gateway"


class ExposedPath(Settings):
    """One path of a host and the port of the Service that answers it."""

    path: AbsolutePath = "/"
    type: Literal["Prefix", "Exact"] = "Prefix"
    port: Name = "http"


class Exposure(Settings):
    """The way in from outside the cluster: an Ingress, or an HTTPRoute to one of the system's gateways."""

    route: Route = Route.INGRESS
    name: Name | None = None
    """The name of the Ingress or HTTPRoute; the service's where none is given."""
    hosts: tuple[Name, ...] = Field(min_length=1)
    """Names among the environment's `domains`."""
    paths: tuple[ExposedPath, ...] = Field(default=(ExposedPath(),), min_length=1)
    tls_secret: Name | None = None
    """The Secret of the certificate; `<service>-tls` where none is given."""
    issuer: Name | None = None
    """A ClusterIssuer among the environment's `issuers`; the environment's default where none is given."""
    gateway: Name | None = None
    """One of the system's `gateways`, for the route `gateway`."""
    annotations: dict[str, str] = {}
    ssl_redirect: bool = True
    """Whether plain HTTP is sent on to HTTPS."""

    @model_validator(mode="after")
    def _gateway_fits_route(self) -> Self:
        if (self.route is Route.GATEWAY) != (self.gateway is not None):
            message = f"route is {self.route.value} but gateway is {self.gateway or 'not given'}"
            raise ValueError(message)
        return self


class ExternalHost(Settings):
    """A host outside the cluster that a service may call."""

    host: HostName
    ports: tuple[PortNumber, ...] = (443,)
    cidrs: tuple[Cidr, ...] = ()
    """Its address ranges; every public address where none is given, as a NetworkPolicy knows no names."""


class Placement(Settings):
    """Which nodes a pod prefers and which pods it keeps away from."""

    spread: bool = True
    """Evenly over zones and nodes."""
    anti_affinity: Literal["preferred", "required", "none"] = "preferred"
    """Whether two pods of the same service share a node."""
    priority_class: Name | None = None
    """A name among the environment's `priorityClasses`."""
    node_selector: dict[str, str] = {}


class Metrics(Settings):
    """Where Prometheus reads the service's metrics, and what those of its requests are called."""

    port: Name = "http"
    path: AbsolutePath = "/metrics"
    requests: Literal["http", "spring", "none"] = "http"
    """`http_requests_total` and `http_request_duration_seconds`, as most libraries have it; Micrometer's
    `http_server_requests_seconds`; or none at all."""


class Workload(Container):
    """What services and their like have in common: a main container and the pod round it."""

    name: Name
    namespace: Name | None = None
    """One of the system's `namespaces`; may be left out where it has but one."""
    container_name: Name | None = None
    """The name of the main container; the workload's own where none is given."""
    replicas: int = Field(default=1, ge=0)
    sidecars: dict[Name, Container] = {}
    volumes: dict[Name, Volume] = {}
    placement: Placement = Placement()
    depends_on: tuple[Annotated[str, Field(pattern=r"^[a-z0-9-]+(/[a-z0-9-]+)?$")], ...] = ()
    """Services and data stores it calls, `name` in its own system or `system/name` in another."""
    external_hosts: dict[Name, ExternalHost] = {}
    grace_period_seconds: int = Field(default=30, ge=1)
    labels: dict[str, str] = {}
    pod_annotations: dict[str, str] = {}


Color = Literal["blue", "green"]
"""The two Deployments of a `blueGreenIngress`."""


class Service(Workload):
    """A long-running, stateless service behind a stable address."""

    enabled: bool = True
    scaling: Scaling | None = None
    budget: Budget | None = None
    """At most one pod away at a time where none is given and there is more than one."""
    exposure: dict[Name, Exposure] = {}
    """By name, so that an environment can change one of several."""
    metrics: Metrics | None = None
    strategy: Strategy = Rolling()
    canary: Version | None = None
    """What is tried by a `canaryDeployment`; said in the release."""
    colors: dict[Color, Version] = {}
    """The versions of a `blueGreenIngress`, the service's own where none is given; said in the release."""
    live: Color = "blue"
    """Which of the two traffic goes to; said in the release."""
    objectives: Objectives | None = None
    migration: Migration | None = None
    service_account_annotations: dict[str, str] = {}
    mutual_tls: bool = False
    """Mutual TLS between this service and those it calls."""
    profile: str | None = None
    """The Spring profile, for services that have one."""
    feature_flags: Literal["launchdarkly", "unleash"] | None = None
    aws: ServiceAws = ServiceAws()
    """What it uses in AWS, and so what its role allows; nothing where its environment has no AWS."""
