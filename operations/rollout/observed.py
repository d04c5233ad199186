"""A service as a cluster has it: its workloads, analysis runs, Services, and what its pods say."""

from collections.abc import Sequence
from typing import Any

from manifests.placed import Place
from operations.api_server import ApiError, ApiServer, UnreachableError
from operations.readiness import pod_reason, pods_of
from operations.rollout.analysis import MetricState, metric_states, run_names
from operations.rollout.live import GROUP, LiveWorkload, live, mark_healthy
from operations.rollout.state import ServiceState, state_of
from operations.rollout.traffic import leads_to, preview_urls
from operations.tally import one_line
from settings.service import Service
from settings.variants import names

Object = dict[str, Any]


def observed(server: ApiServer, place: Place, service: Service) -> ServiceState:
    """Return how a service is, and mark what is healthy. Raises ApiError and UnreachableError."""
    workloads = live(server, place.cluster_name, place, service)
    for workload in workloads:
        _mark(server, workload)
    analysis, called_off = _analysis(server, service, workloads)
    return state_of(
        service,
        workloads,
        analysis=analysis,
        services=_services(server, place, service, workloads),
        preview=preview_urls(place, service),
        why=called_off or _why(server, workloads),
    )


def _mark(server: ApiServer, workload: LiveWorkload) -> None:
    try:
        mark_healthy(server, workload)
    except ApiError:  # who may only look leaves no mark
        return


def _analysis(server: ApiServer, service: Service, workloads: Sequence[LiveWorkload]) -> tuple[list[MetricState], str]:
    """Return what the analysis found, and why the guard of a second Deployment took its pods away, if it did."""
    main = workloads[0]
    path = f"{GROUP['Rollout']}/namespaces/{main.namespace}/analysisruns"
    found = {moment: _optional(server, f"{path}/{name}") for moment, name in run_names(main.object).items()}
    called_off = ""
    tried = next((one for one in workloads if one.role == "canary"), None)
    if tried is not None and (run := _newest(server, path, tried.name, service.name)) is not None:
        found["guard"] = run
        status = run.get("status") or {}
        if status.get("completedAt") and not tried.desired:
            called_off = one_line(f"its guard called it off: {status.get('phase')}: {status.get('message', '')}", 600)
    return [one for moment, run in found.items() if run for one in metric_states(moment, run)], called_off


def _newest(server: ApiServer, path: str, name: str, component: str) -> Object | None:
    selector = f"app.kubernetes.io/name={name},app.kubernetes.io/component={component}"
    try:
        runs = server.items(path, labelSelector=selector)
    except ApiError:  # no Argo Rollouts here
        return None
    return max(runs, key=lambda run: str(run["metadata"].get("creationTimestamp")), default=None)


def _services(server: ApiServer, place: Place, service: Service, workloads: Sequence[LiveWorkload]) -> dict[str, str]:
    if not service.ports:
        return {}
    path = f"/api/v1/namespaces/{place.namespace(service.namespace)}/services"
    found = {name: _optional(server, f"{path}/{name}") for name in names(service).all}
    return {name: leads_to(one, workloads) if one else "not there" for name, one in found.items()}


def _why(server: ApiServer, workloads: Sequence[LiveWorkload]) -> str:
    """Return why pods are not ready, in their own words; nothing where all are, or they may not be read."""
    for workload in workloads:
        if workload.phase not in {"progressing", "degraded"}:
            continue
        path = f"/api/v1/namespaces/{workload.namespace}"
        try:
            pods = pods_of(workload.object, server.items(f"{path}/pods"))
            events = server.items(f"{path}/events", fieldSelector="type=Warning")
        except (ApiError, UnreachableError):
            return ""
        return one_line(next((said for pod in reversed(pods) if (said := pod_reason(pod, events))), ""))
    return ""


def _optional(server: ApiServer, path: str) -> Object | None:
    try:
        return server.get(path)
    except ApiError:
        return None
