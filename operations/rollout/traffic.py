"""What share of the traffic goes to which version, and which pods a Service leads to. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from manifests.exposure import urls
from manifests.placed import Place
from operations.rollback.version import shown
from operations.rollout.live import LiveWorkload
from operations.rollout.revision import HASH, Revision
from settings.service import Service
from settings.strategy import Canary, CanaryDeployment
from settings.variants import preview_of

Object = dict[str, Any]

COLOR = "naru/color"


@dataclass(frozen=True, slots=True)
class Weight:
    """The share of a new version, in percent."""

    asked: int
    actual: int
    """What it has: of whole pods, or as the router was told."""
    pods: int
    of: int
    routed: bool
    """Whether a router divides the traffic, else the number of pods does."""

    def __str__(self) -> str:
        """Give it as words; where pods divide the traffic with what the share comes to in pods."""
        if self.routed:
            asked = f"{self.asked} % asked for, " if self.actual != self.asked else ""
            return f"{asked}{self.actual} % routed"
        rounded = f"{self.actual} % = {self.pods} of {self.of} pods"
        return rounded if self.actual == self.asked else f"{self.asked} % asked for, {rounded}"


def weight_of(service: Service, workloads: Sequence[LiveWorkload]) -> Weight | None:
    """Return the share of the new version; None where no share is given to one."""
    main = workloads[0]
    match service.strategy:
        case Canary(traffic=traffic) if main.weight is not None and main.current is not None:
            new, old = main.current, main.stable
            if old is None or new == old:
                return None
            weights = ((main.object.get("status") or {}).get("canary") or {}).get("weights") or {}
            if traffic != "replicas":
                actual = int((weights.get("canary") or {}).get("weight") or 0)
                return Weight(main.weight, actual, new.ready, new.ready + old.ready, routed=True)
            return _by_pods(main.weight, new.ready, sum(one.ready for one in main.revisions))
        case CanaryDeployment(weight=asked, traffic=traffic) if len(workloads) > 1:
            pods = workloads[1].ready
            if traffic == "nginx":
                return Weight(asked, asked if pods else 0, pods, pods + main.ready, routed=True)
            return _by_pods(asked, pods, pods + main.ready)
    return None


def _by_pods(asked: int, pods: int, of: int) -> Weight:
    return Weight(asked, round(100 * pods / of) if of else 0, pods, of, routed=False)


def leads_to(found: Object, workloads: Sequence[LiveWorkload]) -> str:
    """Say in a few words which pods a Service leads to."""
    selector = (found.get("spec") or {}).get("selector") or {}
    if not selector:
        return "nothing yet: it has no selector"
    main = workloads[0]
    if pod_hash := selector.get(HASH["Rollout"]):
        revision = main.by_hash(pod_hash)
        return f"the {version_role(main, revision)} version {shown(revision.image)}" if revision else "no pod"
    if color := selector.get(COLOR):
        workload = next((one for one in workloads if one.role == color), None)
        if workload is not None and workload.current is not None:
            return f"{color} ({shown(workload.current.image)})"
        return f"{color}, which is not there"
    name = selector.get("app.kubernetes.io/name")
    workload = next((one for one in workloads if one.name == name), None)
    if workload is None or len(workloads) == 1:
        return "all pods"
    return f"the pods of {name}"


def version_role(workload: LiveWorkload, revision: Revision) -> str:
    """Return what a revision is in its workload: stable, active, preview, canary, new or old."""
    current, stable = workload.current, workload.stable
    status = (workload.object.get("status") or {}).get("blueGreen") or {}
    if workload.kind == "Rollout" and "blueGreen" in workload.object["spec"]["strategy"]:
        if revision.hash == status.get("activeSelector"):
            return "active"
        return "preview" if revision == current else "old"
    if revision == stable:
        return "stable"
    if revision == current:
        return "canary" if workload.kind == "Rollout" else "new"
    return "old"


def preview_urls(place: Place, service: Service) -> tuple[str, ...]:
    """Return where the new version of a blue-green service can be looked at."""
    preview = preview_of(service)
    if preview is None:
        return ()
    return tuple(urls(place, service.model_copy(update={"exposure": {"preview": preview}})))
