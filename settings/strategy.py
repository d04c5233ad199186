"""How a new version of a service takes over from the old one, and what calls it off."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import Field

from settings.types import CountOrShare, Duration, Name, Percent, Settings

Analysis = Literal["success-rate", "latency", "health", "queue-backlog"]
"""What is asked of a new version: each is one of the service's objectives, by the name of its analysis template."""

OBJECTIVE_OF: Final[Mapping[Analysis, str]] = {
    "success-rate": "error_rate",
    "latency": "response_time",
    "health": "health_check_failures",
    "queue-backlog": "queue_backlog",
}
"""Which of a service's `objectives` an analysis asks about."""

Traffic = Literal["replicas", "nginx", "alb", "istio", "gateway"]
"""What divides the traffic: the number of pods, an Ingress of ingress-nginx or of an ALB, a mesh, an HTTPRoute."""


class Rolling(Settings):
    """Pods are replaced a few at a time."""

    type: Literal["rolling"] = "rolling"
    max_surge: CountOrShare = "25%"
    max_unavailable: CountOrShare = 0


class Preview(Settings):
    """Where people look at a new version before it is live: an Ingress or HTTPRoute of its own."""

    hosts: tuple[Name, ...] = Field(min_length=1)
    """Names among the environment's `domains`; route, issuer and paths are those of the service's exposure."""
    exposure: Name | None = None
    """Which of the service's `exposure`; may be left out where it has but one."""
    annotations: dict[str, str] = {}


class BlueGreen(Settings):
    """Two complete versions; the active Service moves to the new one at once (Argo Rollouts)."""

    type: Literal["blueGreen"]
    active_service: Name | None = None
    """The service's own name where none is given."""
    preview_service: Name | None = None
    """`<name>-preview` where none is given."""
    preview: Preview | None = None
    preview_replicas: int | None = Field(default=None, ge=1)
    """How many pods a new version has before its promotion; as many as the old one where none is given."""
    auto_promotion_enabled: bool = False
    auto_promotion_delay: Duration | None = None
    """How long a new version waits before it is promoted by itself."""
    scale_down_delay_seconds: int = Field(default=30, ge=0)
    pre_promotion_analysis: tuple[Analysis, ...] = ()
    """Asked of the preview Service, before anybody may promote it."""
    post_promotion_analysis: tuple[Analysis, ...] = ()
    """Asked of the active Service; where it fails, the old version is active again."""


class CanaryStep(Settings):
    """A share of the traffic in percent, and how long it stays there.

    Without a pause it stays until somebody promotes it, at 100 % for the objectives' `stabilisation`.
    """

    weight: Percent
    pause: Duration | None = None


class Canary(Settings):
    """A growing share of the traffic goes to the new version (Argo Rollouts)."""

    type: Literal["canary"]
    max_surge: CountOrShare = "25%"
    max_unavailable: CountOrShare = 0
    steps: tuple[CanaryStep, ...] = Field(min_length=1)
    traffic: Traffic = "replicas"
    canary_service: Name | None = None
    """The Service of the new version where traffic is routed; `<name>-canary` where none is given."""
    analysis: tuple[Analysis, ...] | None = None
    """Asked all the while (background analysis): every objective of the service where none is given, `[]` nothing."""


class CanaryDeployment(Settings):
    """A second Deployment, `<name>-canary`, takes a share of the traffic while something new is tried.

    It is there while the release gives the service a `canary`.
    """

    type: Literal["canaryDeployment"]
    weight: Percent
    traffic: Literal["replicas", "nginx"] = "replicas"
    max_surge: CountOrShare = "25%"
    max_unavailable: CountOrShare = 0
    analysis: tuple[Analysis, ...] | None = None
    """As of a canary; where it fails, the cluster itself takes the second Deployment's pods away."""


class BlueGreenIngress(Settings):
    """Two Deployments, `<name>-blue` and `<name>-green`; the service's `live` says which one traffic goes to."""

    type: Literal["blueGreenIngress"]
    traffic: Literal["ingress", "service", "alb", "target-groups"] = "ingress"
    """What is switched: the Ingress' backend, the Service's selector, the weights of an ALB's target groups by the
    annotation that AWS Load Balancer Controller reads, or those of the load balancer that Naru makes itself."""
    weights: dict[Literal["blue", "green"], Annotated[int, Field(ge=0, le=100)]] | None = None
    """For `target-groups`: percent of the traffic that each of the two has; all for the live one if none is given."""


Strategy = Annotated[Rolling | BlueGreen | Canary | CanaryDeployment | BlueGreenIngress, Field(discriminator="type")]


class ErrorRate(Settings):
    """The highest share of failed requests, in percent, over a window."""

    threshold: Percent
    window: Duration


class ResponseTime(Settings):
    """The longest response time of a percentile over a window."""

    threshold: Duration
    window: Duration
    percentile: Percent = 95


class QueueBacklog(Settings):
    """The most messages that may wait, on average over a window."""

    threshold: int = Field(ge=0)
    window: Duration
    metric: Annotated[str, Field(pattern=r"^[a-zA-Z_:][a-zA-Z0-9_:]*$")] | None = None
    """The gauge of the service that counts them."""


class Objectives(Settings):
    """What a version must hold to; past it a rollout is aborted and an alert is sent."""

    error_rate: ErrorRate | None = None
    response_time: ResponseTime | None = None
    health_check_failures: int | None = Field(default=None, ge=1)
    """How many failed checks of the new version's pods call a rollout off."""
    queue_backlog: QueueBacklog | None = None
    stabilisation: Duration | None = None
    """How long a new version with all of the traffic is watched before the old one goes."""
    interval: Duration = "1m"
    """Between two measurements."""
    initial_delay: Duration = "1m"
    """Before the first one, for the first requests to be counted."""
    minimum_requests: int = Field(default=20, ge=0)
    """Fewer requests in a window say nothing: such a measurement is inconclusive, as one without data is."""
    inconclusive_limit: int = Field(default=5, ge=0)
    """How many inconclusive measurements pass before the rollout waits for somebody; it is not aborted."""
    consecutive_error_limit: int = Field(default=30, ge=0)
    """How many times in a row, 10 s apart, Prometheus may fail to answer before the rollout is aborted."""
