"""What Prometheus is asked about each objective: one place, so that an alert and an aborted rollout cannot disagree.

Answers are one number. Too few requests are -1, and no data is no answer or NaN: none of these keeps or breaks an
objective.

nginx   nginx_ingress_controller_requests, _request_duration_seconds_bucket: namespace, ingress, service (of the path of
        the Ingress, for a canary's requests too), canary (`<namespace>-<service>-<port>`, else empty), status. Without
        honorLabels, the default of the chart, the controller's own namespace and Service take these names, and the
        labels are exported_namespace and exported_service: both are asked.
        Source: kubernetes/ingress-nginx, internal/ingress/metric/collectors/socket.go, internal/ingress/controller/
        util.go, rootfs/etc/nginx/lua/monitor.lua and balancer.lua
istio   istio_requests_total, istio_request_duration_milliseconds_bucket: reporter, response_code
        Source: https://istio.io/latest/docs/reference/config/metrics/
http    http_requests_total, http_request_duration_seconds_bucket: status ("500" or "5xx"), handler. FastAPI's
        instrumentator ends the buckets of the latter at 1 s, and has http_request_duration_highr_seconds_bucket with
        buckets to 60 s and no handler beside it: that is asked first.
        Source: trallnag/prometheus-fastapi-instrumentator, README.md and metrics.py
spring  http_server_requests_seconds_count, _bucket: status, uri. There are buckets only with
        management.metrics.distribution.percentiles-histogram.http.server.requests.
        Source: https://docs.spring.io/spring-boot/reference/actuator/metrics.html
pods    kube_pod_status_ready, kube_pod_status_phase, kube_pod_created, kube_pod_deletion_timestamp: namespace, pod,
        uid; with honorLabels, as its chart has it.
        Source: kubernetes/kube-state-metrics, docs/metrics/workload/pod-metrics.md

namespace and pod of what applications and the mesh count are labels of the scrape, as the Prometheus Operator sets
them. Buckets must go beyond the threshold: of what is slower than the last one, histogram_quantile knows no more.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from settings.measured import Source
from settings.service import Service, Workload

LOW_TRAFFIC = -1

_FAILED = "5.."
# What names of pods and of pod template hashes end in: k8s.io/apimachinery, pkg/util/rand, without vowels.
_RANDOM = "[b-df-hj-np-tv-z2-9]"

_PROBED_BY = {"http": "handler", "spring": "uri"}
_COUNTED = {"http": "http_requests_total", "spring": "http_server_requests_seconds_count"}
_TIMED = {
    "http": ("http_request_duration_highr_seconds_bucket", "http_request_duration_seconds_bucket"),
    "spring": ("http_server_requests_seconds_bucket",),
}


@dataclass(frozen=True, slots=True)
class Requests:
    """Whose requests a query is about. Values are matchers of labels, in which `{{args.NAME}}` may stand."""

    source: Source
    namespace: str
    pods: str
    """A regular expression of pod names; not for ingress-nginx."""
    services: str = ""
    """For ingress-nginx: a regular expression of the Services that Ingresses name."""
    canary: str = ""
    """For ingress-nginx, in place of `services`: the Service of a canary."""
    unasked: tuple[str, ...] = ()
    """Paths that no user asks for: a probe's and Prometheus' own requests would pass for traffic."""


def requests_of(source: Source, namespace: str, service: Service, pods: str) -> Requests:
    """Return the requests that pods of a service answer, as they count them themselves or the mesh does."""
    probes = service.probes
    asked = () if probes is None else (probes.startup, probes.readiness, probes.liveness)
    paths = [probe.http.path for probe in asked if probe.http is not None and probe.http.path != "/"]
    if service.metrics is not None:
        paths.append(service.metrics.path)
    return Requests(source, namespace, pods, unasked=tuple(sorted(set(paths))))


def pods_of(*workloads: str) -> str:
    """Return the regular expression of the pods of workloads, whatever their revision, and of no other workload."""
    names = workloads[0] if len(workloads) == 1 else f"({'|'.join(workloads)})"
    return f"{names}-{_RANDOM}+-{_RANDOM}+"


def pods_of_revision(workload: str, pod_template_hash: str) -> str:
    """Return the regular expression of the pods of one revision."""
    return f"{workload}-{pod_template_hash}-.+"


def error_rate(requests: Requests, window: str, minimum: int) -> str:
    """Return the share of requests that were answered by a 5xx, from 0 to 1.

    A service that never failed has no series of a 5xx at all: that is 0, and not no data.
    """
    failed, counted = _count(requests, window, _FAILED), _count(requests, window)
    return _unless_quiet(f"({failed} or vector(0)) / ({counted} >= {minimum})", counted, minimum)


def response_time(requests: Requests, percentile: int, window: str, minimum: int) -> str:
    """Return a percentile of the response times in seconds."""
    buckets = " or ".join(f"sum by (le) ({series})" for series in _buckets(requests, window))
    quantile = f"histogram_quantile({percentile / 100:g}, {buckets})"
    if requests.source == "istio":
        quantile += " / 1000"
    counted = _count(requests, window)
    return _unless_quiet(f"({quantile} and {counted} >= {minimum})", counted, minimum)


def queue_backlog(metric: str, namespace: str, pods: str, window: str) -> str:
    """Return how much waited in the queues of some pods, on average."""
    waiting = _series(metric, f'namespace="{namespace}"', f'pod=~"{pods}"')
    return f"sum(avg_over_time({waiting}[{window}]))"


def unhealthy(namespace: str, pods: str, startup_seconds: int | str) -> str:
    """Return how many pods are not ready although they had the time to start and nobody is ending them.

    One that was evicted stays for long as a failed one, and another has its place.
    """
    of_pods = (f'namespace="{namespace}"', f'pod=~"{pods}"')
    ready = _series("kube_pod_status_ready", *of_pods, 'condition="true"')
    created, ending = _series("kube_pod_created", *of_pods), _series("kube_pod_deletion_timestamp", *of_pods)
    evicted = _series("kube_pod_status_phase", *of_pods, 'phase="Failed"')
    return (
        f"count({ready} == 0"
        f" and on (namespace, pod) time() - {created} > {startup_seconds}"
        f" unless on (namespace, pod) {ending}"
        f" unless on (namespace, pod) {evicted} == 1)"
        f" or count({ready}) * 0"
    )


def startup_seconds(workload: Workload) -> int:
    """Return how long a new pod may take to be ready, by its probes: then its containers are restarted or unready."""
    patience = (
        probes.startup.initial_delay_seconds
        + probes.startup.period_seconds * probes.startup.failure_threshold
        + probes.readiness.initial_delay_seconds
        + probes.readiness.period_seconds
        for container in (workload, *workload.sidecars.values())
        if (probes := container.probes) is not None
    )
    return _SCHEDULING_SECONDS + max(patience, default=0)


_SCHEDULING_SECONDS = 30
"""Until a pod has its node and its image."""


def _unless_quiet(measured: str, counted: str, minimum: int) -> str:
    return f"{measured} or ({counted} < {minimum}) * 0 - {-LOW_TRAFFIC}"


def _count(requests: Requests, window: str, status: str = "") -> str:
    label = "response_code" if requests.source == "istio" else "status"
    matchers = [f'{label}=~"{status}"'] if status else []
    if requests.source == "nginx":
        increase = _at_nginx(requests, "nginx_ingress_controller_requests", window, *matchers)
    elif requests.source == "istio":
        increase = f"increase({_of_mesh(requests, 'istio_requests_total', *matchers)}[{window}])"
    else:
        increase = f"increase({_of_pods(requests, _COUNTED[requests.source], *matchers)}[{window}])"
    return f"sum({increase})"


def _buckets(requests: Requests, window: str) -> Iterator[str]:
    if requests.source == "nginx":
        yield _at_nginx(requests, "nginx_ingress_controller_request_duration_seconds_bucket", window)
    elif requests.source == "istio":
        yield f"increase({_of_mesh(requests, 'istio_request_duration_milliseconds_bucket')}[{window}])"
    else:
        for name in _TIMED[requests.source]:
            yield f"increase({_of_pods(requests, name)}[{window}])"


def _at_nginx(requests: Requests, name: str, window: str, *matchers: str) -> str:
    def scraped(exported: str) -> str:
        if requests.canary:
            of_service = f'canary=~"{requests.namespace}-{requests.canary}-.+"'
        else:
            of_service = f'{exported}service=~"{requests.services}"'
        series = _series(name, f'{exported}namespace="{requests.namespace}"', of_service, *matchers)
        return f"increase({series}[{window}])"

    return f"{scraped('')} or {scraped('exported_')}"


def _of_mesh(requests: Requests, name: str, *matchers: str) -> str:
    of_pods = (f'namespace="{requests.namespace}"', f'pod=~"{requests.pods}"')
    return _series(name, 'reporter="destination"', *of_pods, *matchers)


def _of_pods(requests: Requests, name: str, *matchers: str) -> str:
    of_pods = [f'namespace="{requests.namespace}"', f'pod=~"{requests.pods}"']
    if requests.unasked:
        of_pods.append(f'{_PROBED_BY[requests.source]}!~"{"|".join(requests.unasked)}"')
    return _series(name, *of_pods, *matchers)


def _series(name: str, *matchers: str) -> str:
    return f"{name}{{{','.join(matchers)}}}"
