"""How a Rollout lets a new version take over: all at once, or by a share of the traffic that grows."""

from collections.abc import Iterator, Sequence

from manifests.analysis import Moment, analysis
from manifests.placed import Manifest, Place, Placed
from manifests.traffic import traffic_routing
from settings.service import Service
from settings.strategy import BlueGreen, Canary, CanaryStep
from settings.types import duration_seconds
from settings.variants import names

_WHOLE = 100


def rollout_strategy(place: Place, service: Service, routes: Sequence[Placed]) -> Manifest:
    """Return the strategy of a service's Rollout. Raises ValueError where it has no Rollout."""
    match service.strategy:
        case BlueGreen() as strategy:
            return {"blueGreen": _blue_green(place, service, strategy)}
        case Canary() as strategy:
            return {"canary": _canary(place, service, strategy, routes)}
    message = f"{service.name} has the strategy {service.strategy.type}, and no Rollout"
    raise ValueError(message)


def _blue_green(place: Place, service: Service, strategy: BlueGreen) -> Manifest:
    services = names(service)
    manifest: Manifest = {
        "activeService": services.serving,
        "previewService": services.preview,
        "autoPromotionEnabled": strategy.auto_promotion_enabled,
        "scaleDownDelaySeconds": strategy.scale_down_delay_seconds,
    }
    if strategy.auto_promotion_delay is not None:
        manifest["autoPromotionSeconds"] = duration_seconds(strategy.auto_promotion_delay)
    if strategy.preview_replicas is not None:
        manifest["previewReplicaCount"] = strategy.preview_replicas
    moments: dict[str, Moment] = {
        "prePromotionAnalysis": "pre-promotion",
        "postPromotionAnalysis": "post-promotion",
    }
    for field, moment in moments.items():
        asked = analysis(place, service, moment)
        if asked is not None:
            manifest[field] = asked
    return manifest


def _canary(place: Place, service: Service, strategy: Canary, routes: Sequence[Placed]) -> Manifest:
    stabilisation = service.objectives.stabilisation if service.objectives else None
    manifest: Manifest = {
        "maxSurge": strategy.max_surge,
        "maxUnavailable": strategy.max_unavailable,
        "steps": [made for step in strategy.steps for made in _steps(step, stabilisation)],
    }
    services = names(service)
    if strategy.traffic != "replicas":
        manifest["canaryService"] = services.canary
        manifest["stableService"] = services.stable
        manifest["trafficRouting"] = traffic_routing(place, service, routes)
    asked = analysis(place, service, "background")
    if asked is not None:
        manifest["analysis"] = asked
    return manifest


def _steps(step: CanaryStep, stabilisation: str | None) -> Iterator[Manifest]:
    yield {"setWeight": step.weight}
    pause = step.pause or (stabilisation if step.weight == _WHOLE else None)
    if pause is not None:
        yield {"pause": {"duration": pause}}
    elif step.weight < _WHOLE:
        yield {"pause": {}}
