"""How a service is on one cluster, whichever strategy it has: what `naru rollout status` shows. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from operations.rollout.analysis import MetricState
from operations.rollout.live import LiveWorkload
from operations.rollout.pause import INCONCLUSIVE, Pause, pauses
from operations.rollout.phase import Phase
from operations.rollout.traffic import Weight, version_role, weight_of
from settings.service import Service
from settings.strategy import BlueGreenIngress, CanaryDeployment

_WORST: Final[tuple[Phase, ...]] = ("absent", "degraded", "paused", "progressing", "healthy")


@dataclass(frozen=True, slots=True)
class VersionState:
    """One version that has pods, or should have."""

    workload: str
    role: str
    """`stable`, `canary`, `active`, `preview`, `new`, `old`, `blue (live)` and so on."""
    revision: int
    image: str
    ready: int
    desired: int


@dataclass(frozen=True, slots=True)
class ServiceState:
    """One service on one cluster."""

    cluster: str
    service: str
    strategy: str
    phase: Phase
    reason: str
    step: int | None = None
    """The number of a canary's step, from 1; None where there is none, or all are done."""
    steps: int = 0
    doing: str = ""
    """What that step is, as Argo spells it: `setWeight: 20`, `pause: 5m`."""
    weight: Weight | None = None
    versions: tuple[VersionState, ...] = ()
    pauses: tuple[Pause, ...] = ()
    analysis: tuple[MetricState, ...] = ()
    services: Mapping[str, str] = field(default_factory=dict)
    """Where each Service leads to."""
    preview: tuple[str, ...] = ()
    """Where the new version can be looked at."""
    notes: tuple[str, ...] = ()

    @property
    def settled(self) -> bool:
        """Whether nothing moves unless somebody does something."""
        return self.phase in {"healthy", "degraded", "absent"} or self.waits_for_somebody

    @property
    def waits_for_somebody(self) -> bool:
        """Whether it is paused with no end of its own."""
        return self.phase == "paused" and (not self.pauses or any(pause.for_somebody for pause in self.pauses))

    @property
    def inconclusive(self) -> tuple[MetricState, ...]:
        """The metrics that say nothing, if that is what it waits for."""
        if INCONCLUSIVE not in {pause.reason for pause in self.pauses}:
            return ()
        return tuple(one for one in self.analysis if one.phase == "Inconclusive")

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {**asdict(self), "waits_for_somebody": self.waits_for_somebody}


def state_of(
    service: Service,
    workloads: Sequence[LiveWorkload],
    *,
    analysis: Sequence[MetricState] = (),
    services: Mapping[str, str] | None = None,
    preview: Sequence[str] = (),
    why: str = "",
) -> ServiceState:
    """Return how a service is; `why` are the words of its pods where they are not ready."""
    main = workloads[0]
    phase, reason = _phase(service, workloads)
    shown = "; ".join(part for part in (reason, why) if part) if phase in {"progressing", "degraded"} else reason
    step = main.step if main.step is not None and main.step < main.steps else None
    return ServiceState(
        cluster=main.cluster,
        service=service.name,
        strategy=service.strategy.type,
        phase=phase,
        reason=shown,
        step=None if step is None else step + 1,
        steps=main.steps,
        doing="" if step is None else _step_words(main.canary_steps[step]),
        weight=weight_of(service, workloads),
        versions=tuple(version for workload in workloads for version in _versions(service, workload)),
        pauses=pauses(main),
        analysis=tuple(analysis),
        services=services or {},
        preview=tuple(preview),
        notes=tuple(_notes(service, workloads)),
    )


def _phase(service: Service, workloads: Sequence[LiveWorkload]) -> tuple[Phase, str]:
    """Return the worst phase among them; a canary beside the service is one that somebody has to decide about."""
    worst = min(workloads, key=lambda one: _WORST.index(one.phase))
    if worst.phase != "healthy":
        named = f"{worst.name}: " if len(workloads) > 1 else ""
        return worst.phase, f"{named}{worst.reason}" if worst.reason else ""
    if isinstance(service.strategy, CanaryDeployment) and len(workloads) > 1:
        return "paused", "a canary is being tried"
    return "healthy", ""


def _versions(service: Service, workload: LiveWorkload) -> Iterator[VersionState]:
    for one in workload.revisions:
        current = one == workload.current
        if not (one.replicas or one.ready or current):
            continue
        if isinstance(service.strategy, BlueGreenIngress):
            role = f"{workload.role} ({'live' if workload.role == service.live else 'idle'})" if current else "old"
        elif workload.role == "canary":
            role = "canary" if current else "old canary"
        else:
            role = version_role(workload, one)
        yield VersionState(workload.name, role, one.number, one.image, one.ready, one.replicas)


def _notes(service: Service, workloads: Sequence[LiveWorkload]) -> Iterator[str]:
    for workload in workloads:
        status = workload.object.get("status") or {}
        for condition in status.get("conditions") or ():
            if condition["type"] == "InvalidSpec" and condition.get("status") == "True":
                yield f"Argo Rollouts refuses it: {condition.get('message', '')}"
    if workloads[0].aborted and (stable := workloads[0].stable) is not None:
        yield f"{stable.image} serves on"
    if isinstance(service.strategy, BlueGreenIngress) and len(workloads) > 1:
        live, idle = workloads[0].current, workloads[1].current
        if live and idle and live.image != idle.image:
            yield f"{workloads[1].role} is idle and has another version: a promotion makes it live"


def _step_words(step: Mapping[str, Any]) -> str:
    if "setWeight" in step:
        return f"setWeight: {step['setWeight']}"
    if "pause" in step:
        duration = (step["pause"] or {}).get("duration")
        return "pause" if duration is None else f"pause: {duration}"
    return next(iter(step), "")
