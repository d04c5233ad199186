"""How a new version of a service takes over from the old one, and what calls it off."""

from typing import Annotated, Literal

from pydantic import Field

from settings.types import CountOrShare, Duration, Name, Percent, Settings


class Rolling(Settings):
    """Pods are replaced a few at a time."""

    type: Literal["rolling"] = "rolling"
    max_surge: CountOrShare = "25%"
    max_unavailable: CountOrShare = 0


class BlueGreen(Settings):
    """Two complete versions; the active Service moves to the new one at once (Argo Rollouts)."""

    type: Literal["blueGreen"]
    active_service: Name
    preview_service: Name
    auto_promotion_enabled: bool = False
    scale_down_delay_seconds: int = Field(default=30, ge=0)
    pre_promotion_analysis: tuple[Name, ...] = ()
    """Names of analysis templates, asked with the preview Service as `service-name`."""
    post_promotion_analysis: tuple[Name, ...] = ()
    """Names of analysis templates, asked with the active Service as `service-name`."""


class CanaryStep(Settings):
    """A share of the traffic in percent, and how long it stays there (until promoted where no pause is given)."""

    weight: Percent
    pause: Duration | None = None


class Canary(Settings):
    """A growing share of the traffic goes to the new version (Argo Rollouts)."""

    type: Literal["canary"]
    max_surge: CountOrShare = "25%"
    max_unavailable: CountOrShare = 0
    steps: tuple[CanaryStep, ...] = Field(min_length=1)
    traffic: Literal["replicas", "nginx", "alb", "istio", "gateway"] = "replicas"
    analysis: tuple[Name, ...] = ()


class CanaryDeployment(Settings):
    """A second Deployment, `<name>-canary`, takes a share of the traffic while something new is tried."""

    type: Literal["canaryDeployment"]
    weight: Percent
    traffic: Literal["replicas", "nginx"] = "replicas"
    max_surge: CountOrShare = "25%"
    max_unavailable: CountOrShare = 0


class BlueGreenIngress(Settings):
    """Two Deployments, blue and green, and one value that says which is live."""

    type: Literal["blueGreenIngress"]
    live: Literal["blue", "green"]
    traffic: Literal["ingress", "service", "alb"] = "ingress"


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
    """The most messages that may wait."""

    threshold: int = Field(ge=0)
    window: Duration


class Objectives(Settings):
    """What a version must hold to; past it a rollout is aborted and an alert is sent."""

    error_rate: ErrorRate | None = None
    response_time: ResponseTime | None = None
    health_check_failures: int | None = Field(default=None, ge=1)
    queue_backlog: QueueBacklog | None = None
    stabilisation: Duration | None = None
