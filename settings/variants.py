"""Which workloads and Services a service has, as its strategy says: one workload, or two that share the traffic."""

import math
from dataclasses import dataclass
from typing import Literal

from settings.container import Image, Version
from settings.service import Exposure, Service
from settings.strategy import BlueGreen, BlueGreenIngress, Canary, CanaryDeployment, Strategy
from settings.types import CountOrShare

Kind = Literal["Deployment", "Rollout"]
Role = Literal["main", "canary", "blue", "green"]


@dataclass(frozen=True, slots=True)
class Variant:
    """One workload of a service."""

    name: str
    kind: Kind
    role: Role
    image: Image


@dataclass(frozen=True, slots=True)
class Names:
    """What the Services of a service are called."""

    serving: str
    """The one that traffic from outside goes to."""
    preview: str | None = None
    """Before what is not promoted yet."""
    canary: str | None = None
    """Before what takes a share, where traffic is divided by an address of its own."""
    stable: str | None = None
    """Before what is not the canary, likewise."""
    colors: tuple[str, ...] = ()
    """One before each of two colours."""
    managed: frozenset[str] = frozenset()
    """Those whose selector Argo Rollouts writes: they carry none of ours."""

    @property
    def all(self) -> tuple[str, ...]:
        """Every Service, the serving one first."""
        found = (self.serving, self.stable, self.preview, self.canary, *self.colors)
        return tuple(dict.fromkeys(name for name in found if name is not None))


def kind_of(strategy: Strategy) -> Kind:
    """Return what runs the pods: a Rollout for what Argo Rollouts does, a Deployment for all else."""
    return "Rollout" if isinstance(strategy, BlueGreen | Canary) else "Deployment"


def variants(service: Service) -> tuple[Variant, ...]:
    """Return the workloads of a service, the one that serves most first."""
    match service.strategy:
        case BlueGreenIngress():
            idle: Literal["blue", "green"] = "green" if service.live == "blue" else "blue"
            return tuple(
                Variant(f"{service.name}-{color}", "Deployment", color, _at(service.image, service.colors.get(color)))
                for color in (service.live, idle)
            )
        case CanaryDeployment() if service.canary is not None:
            tried = Variant(canary_name(service), "Deployment", "canary", _at(service.image, service.canary))
            return Variant(service.name, "Deployment", "main", service.image), tried
        case _:
            return (Variant(service.name, kind_of(service.strategy), "main", service.image),)


def names(service: Service) -> Names:
    """Return the Services of a service. Where traffic is divided by nothing but pods there is one."""
    name = service.name
    match service.strategy:
        case BlueGreen() as strategy:
            active, preview = strategy.active_service or name, strategy.preview_service or f"{name}-preview"
            return Names(active, preview=preview, managed=frozenset({active, preview}))
        case Canary(traffic=traffic) as strategy if traffic != "replicas":
            canary = strategy.canary_service or canary_name(service)
            return Names(name, canary=canary, stable=name, managed=frozenset({name, canary}))
        case CanaryDeployment(traffic="nginx") if service.canary is not None:
            return Names(name, canary=canary_name(service), stable=name)
        case BlueGreenIngress(traffic=traffic):
            colors = tuple(f"{name}-{color}" for color in ("blue", "green"))
            serving = f"{name}-{service.live}" if traffic == "ingress" else name
            return Names(serving, stable=name, colors=() if traffic == "service" else colors)
        case _:
            return Names(name)


def canary_name(service: Service) -> str:
    """Return what a service's second Deployment, and the Service of its canary, are called."""
    return f"{service.name}-canary"


def guard_name(service: Service) -> str:
    """Return what the objects are called that call a service's second Deployment off."""
    return f"{canary_name(service)}-guard"


def exposure_name(service: Service, exposure: Exposure) -> str:
    """Return what the Ingress or HTTPRoute of an exposure is called."""
    return exposure.name or service.name


def canary_ingress_name(service: Service, exposure: Exposure) -> str:
    """Return what the Ingress beside that of an exposure is called, which takes a share for the second Deployment."""
    return f"{exposure_name(service, exposure)}-canary"


def preview_of(service: Service) -> Exposure | None:
    """Return where a new version of a blue-green service is looked at, as an exposure of its own.

    None where there is none, and where it does not say of which exposure it is.
    """
    preview = service.strategy.preview if isinstance(service.strategy, BlueGreen) else None
    if preview is None:
        return None
    key = next(iter(service.exposure)) if preview.exposure is None and len(service.exposure) == 1 else preview.exposure
    live = service.exposure.get(key or "")
    if live is None:
        return None
    changes = {
        "name": f"{exposure_name(service, live)}-preview",
        "hosts": preview.hosts,
        "tls_secret": f"{service.name}-preview-tls",
        "annotations": {**live.annotations, **preview.annotations},
    }
    return live.model_copy(update=changes)


def pods_at(weight: int, pods: int, max_surge: CountOrShare = "25%") -> tuple[int, int]:
    """Return how many pods of the new and of the old version a canary by replicas has at a weight.

    As Argo Rollouts rounds, to whichever whole numbers come closest, of `pods` or of one more where it may surge:
    both versions keep a pod below 100 %. Source: argo-rollouts 1.9, utils/replicaset/canary.go.
    """
    if pods == 0 or weight in {0, 100}:
        return (pods, 0) if weight == 100 else (0, pods)
    surges = (max_surge if isinstance(max_surge, int) else int(max_surge.removesuffix("%"))) > 0
    least, most = pods * weight // 100, -(-pods * weight // 100)
    none_allowed = pods == 1 and not surges
    options = [(most, pods)] if most < pods or none_allowed else []
    for total in (pods, pods + 1) if surges else (pods,):
        options += [(most, total)] if total > pods else []
        # Of two that are as close the higher one is taken; the share as a float is theirs too.
        tied = math.modf(total * (weight / 100))[0] == 0.5
        options += [(least, total)] if not tied and (least > 0 or none_allowed) else []
    new, total = min(options, key=lambda option: abs(option[0] * 100 / option[1] - weight), default=(0, pods))
    return new, total - new


def pods_beside(weight: int, pods: int, *, routed: bool = False) -> int:
    """Return how many pods a second Deployment has for its share of the traffic, beside `pods` that stay.

    Where pods divide the traffic that is the closest whole number to the weight, which is below 100; where it is
    `routed`, the weight's share of what the live version needs for all of it. At least one.
    """
    if routed:
        return max(1, -(-weight * pods // 100))
    rest = 100 - weight
    return max(1, (2 * weight * pods + rest) // (2 * rest))


def _at(image: Image, version: Version | None) -> Image:
    """Return an image at another version: tag and digest together, as either alone would mix two."""
    return image if version is None else image.model_copy(update=dict(version))
