"""The workloads of a service as a cluster has them now, and the mark of a version that was seen healthy."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from manifests.placed import Place
from operations.api_server import ApiError, ApiServer, Object
from operations.rollout.phase import Phase, deployment_phase, desired, is_observed, rollout_phase
from operations.rollout.revision import HEALTHY, Revision, revisions
from settings.service import Service
from settings.variants import Kind, Role, Variant, variants

GROUP: Final[Mapping[Kind, str]] = {"Deployment": "/apis/apps/v1", "Rollout": "/apis/argoproj.io/v1alpha1"}
_OTHER: Final[Mapping[Kind, Kind]] = {"Deployment": "Rollout", "Rollout": "Deployment"}
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class LiveWorkload:
    """One workload of a service on one cluster."""

    cluster: str
    namespace: str
    name: str
    kind: Kind
    role: Role
    object: Object
    """As the API server has it; empty where it is absent."""
    revisions: tuple[Revision, ...] = ()
    """Newest first."""
    missing: str = ""
    """Why it is absent."""

    @property
    def path(self) -> str:
        """Where the API server has it."""
        return workload_path(self.kind, self.namespace, self.name)

    @property
    def phase(self) -> Phase:
        """How far it is: of an aborted Rollout `degraded`, although its stable version serves."""
        return self._told[0]

    @property
    def reason(self) -> str:
        """Why it is not healthy, in one line."""
        return self._told[1]

    @property
    def _told(self) -> tuple[Phase, str]:
        if not self.object:
            return "absent", self.missing or "it is not there"
        if self.kind == "Rollout":
            return rollout_phase(self.object)
        if not self.desired and self.role in {"main", "canary"}:  # a colour may well rest
            return "degraded", "it is scaled to 0 pods"
        return deployment_phase(self.object)

    @property
    def desired(self) -> int:
        """How many pods it should have."""
        return desired(self.object) if self.object else 0

    @property
    def ready(self) -> int:
        """How many of its pods are ready, of whichever version."""
        return int(self._status.get("readyReplicas") or 0)

    @property
    def current(self) -> Revision | None:
        """The version it is to have: what its pod template says."""
        if self.kind == "Rollout":
            return self.by_hash(str(self._status.get("currentPodHash") or ""))
        return self.revisions[0] if self.revisions else None

    @property
    def stable(self) -> Revision | None:
        """The version that it had last in full.

        Argo Rollouts knows it. Of a Deployment it is the current one once that is complete; before that the newest
        other one that was healthy, or else has pods.
        """
        if self.kind == "Rollout":
            return self.by_hash(str(self._status.get("stableRS") or ""))
        if self.phase == "healthy":
            return self.current
        older = self.revisions[1:]
        return next((one for one in older if one.healthy), None) or next((one for one in older if one.replicas), None)

    @property
    def step(self) -> int | None:
        """The index of a canary's step, from 0; as many as `steps` once all are done, None where there are none."""
        index = self._status.get("currentStepIndex")
        return int(index) if index is not None and self.steps else None

    @property
    def steps(self) -> int:
        """How many steps a canary has."""
        return len(self.canary_steps)

    @property
    def canary_steps(self) -> list[Object]:
        """The steps of a Rollout's canary."""
        strategy = (self.object.get("spec") or {}).get("strategy") or {}
        return list((strategy.get("canary") or {}).get("steps") or ())

    @property
    def weight(self) -> int | None:
        """The share of the new version that a canary's step asks for, in percent; None for what is no canary."""
        if not self.steps:
            return None
        if self._status.get("abort"):
            return 0
        index = self.step or 0
        if index >= self.steps or self.current == self.stable:
            return 100
        asked = [step["setWeight"] for step in self.canary_steps[: index + 1] if "setWeight" in step]
        return int(asked[-1]) if asked else 0

    @property
    def aborted(self) -> bool:
        """Whether a Rollout was called off, by its analysis or by hand."""
        return bool(self._status.get("abort"))

    @property
    def _status(self) -> Object:
        return dict(self.object.get("status") or {})

    @property
    def observed(self) -> bool:
        """Whether its controller has seen the newest change of its specification."""
        return is_observed(self.object)

    def by_hash(self, found: str) -> Revision | None:
        """Return the revision with this hash of its pod template."""
        return next((one for one in self.revisions if found and one.hash == found), None)


def workload_path(kind: Kind, namespace: str, name: str = "") -> str:
    """Return where the API server has a workload, or all of a namespace."""
    path = f"{GROUP[kind]}/namespaces/{namespace}/{kind.lower()}s"
    return f"{path}/{name}" if name else path


def live(server: ApiServer, cluster: str, place: Place, service: Service) -> tuple[LiveWorkload, ...]:
    """Return the workloads that the settings ask for, the one that serves most first.

    Raises ApiError and UnreachableError.
    """
    namespace = place.namespace(service.namespace)
    return tuple(_live(server, cluster, namespace, variant) for variant in variants(service))


def mark_healthy(server: ApiServer, workload: LiveWorkload) -> bool:
    """Mark the version that a workload has in full, once; tell whether it was marked now.

    That is a Rollout's stable version, whatever else is under way, and a Deployment's when it is complete; all of its
    pods must be ready. Raises ApiError and UnreachableError.
    """
    stable = workload.stable
    if stable is None or stable.healthy or not 0 < stable.replicas <= stable.ready:
        return False
    if workload.kind == "Deployment" and workload.phase != "healthy":
        return False
    # A clock that goes behind the cluster's would put the mark before the version itself.
    moment = max(datetime.now(UTC), datetime.fromisoformat(stable.created))
    mark = {HEALTHY: moment.strftime("%Y-%m-%dT%H:%M:%SZ")}
    path = f"/apis/apps/v1/namespaces/{workload.namespace}/replicasets/{stable.name}"
    server.merge(path, {"metadata": {"annotations": mark}})
    return True


def _live(server: ApiServer, cluster: str, namespace: str, variant: Variant) -> LiveWorkload:
    kind = variant.kind
    found = _found(server, workload_path(kind, namespace, variant.name))
    if found is None:
        missing = _why_missing(server, namespace, variant)
        return LiveWorkload(cluster, namespace, variant.name, kind, variant.role, {}, missing=missing)
    selector = ",".join(f"{key}={value}" for key, value in found["spec"]["selector"]["matchLabels"].items())
    sets = server.items(f"/apis/apps/v1/namespaces/{namespace}/replicasets", labelSelector=selector)
    return LiveWorkload(cluster, namespace, variant.name, kind, variant.role, found, revisions(found, kind, sets))


def _found(server: ApiServer, path: str) -> Object | None:
    try:
        return server.get(path)
    except ApiError as error:
        if error.status == _NOT_FOUND:
            return None
        raise


def _why_missing(server: ApiServer, namespace: str, variant: Variant) -> str:
    if variant.kind == "Rollout" and _found(server, GROUP["Rollout"]) is None:
        return "this cluster has no Rollouts: Argo Rollouts is not installed there"
    other = _OTHER[variant.kind]
    if _found(server, workload_path(other, namespace, variant.name)) is not None:
        return f"it is still a {other}: its new strategy was not deployed yet"
    return "it is not deployed yet"
