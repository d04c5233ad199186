"""What the real Prometheus answers to the queries that abort a rollout, and when the alerts made of them fire."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from local.progress import lines
from local.toolchain.build import ensure
from manifests.alerts import objective_alerts
from manifests.analysis import cluster_template, templates
from manifests.canary_guard import canary_guard
from manifests.placed import Manifest
from settings.service import Service
from tests.assembled import STACKS, objects
from tests.builders import a_place, a_service, an_environment, the

BROKEN, KEPT, QUIET, UNKNOWN = 2, 1, -1, 0

CANARY = {"type": "canary", "steps": [{"weight": 20, "pause": "10m"}]}
OBJECTIVES = {
    "errorRate": {"threshold": 5, "window": "5m"},
    "responseTime": {"threshold": "2s", "window": "3m"},
    "healthCheckFailures": 3,
    "queueBacklog": {"threshold": 100, "window": "5m", "metric": "queued"},
}
ENVIRONMENT: dict[str, Any] = {"domains": {"web": "web.example.com"}}
EXPOSED = {"public": {"hosts": ["web"]}}
ARGUMENTS = {
    "service-name": "api",
    "workload": "api",
    "pod-template-hash": "7d9f8c6b54",
    "namespace": "demo",
    "startup-seconds": "120",
}

NEW: Final = "api-7d9f8c6b54-x2x4z"
OLD: Final = "api-6b547d9f8c-b5b6c"
HTTP: Final = f'http_requests_total{{namespace="demo",pod="{NEW}",handler="/"'


class Promtool:
    """The command, and a folder for what it reads."""

    def __init__(self, command: Path, folder: Path) -> None:
        self._command = command
        self._folder = folder

    def check(self, groups: Any) -> subprocess.CompletedProcess[str]:
        """Have it read rules."""
        return self._run("check", "rules", str(self._write("rules.yaml", {"groups": groups})))

    def answers(
        self,
        series: Mapping[str, str],
        asked: Mapping[str, float],
        at: str,
        groups: Sequence[Manifest] = (),
        alerts: Sequence[Manifest] = (),
    ) -> None:
        """Fail unless each expression has its one value at a time, and the alerts are as they are said to be."""
        self._write("rules.yaml", {"groups": list(groups)})
        test: dict[str, Any] = {
            "interval": "1m",
            "input_series": [{"series": name, "values": values} for name, values in series.items()],
            "promql_expr_test": [
                {"expr": query, "eval_time": at, "exp_samples": [{"labels": "{}", "value": value}]}
                for query, value in asked.items()
            ],
            "alert_rule_test": list(alerts),
        }
        tests = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": [test]}
        ended = self._run("test", "rules", str(self._write("tests.yaml", tests)))
        assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}"

    def _write(self, name: str, content: Any) -> Path:
        path = self._folder / name
        path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        return path

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([self._command, *words], capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def command() -> Path:
    return ensure(["promtool"], lines(sys.__stderr__))["promtool"]


@pytest.fixture
def promtool(command: Path, tmp_path: Path) -> Promtool:
    return Promtool(command, tmp_path)


def a_canary(**settings: Any) -> Service:
    return a_service(**{"strategy": CANARY, "objectives": OBJECTIVES, "metrics": {"port": "http"}, **settings})


def state(metric: Manifest, **arguments: str) -> str:
    """Return an expression of what a metric's answer means, as its conditions have it."""
    limit = metric["failureCondition"].rpartition(" ")[2]
    query = metric["provider"]["prometheus"]["query"]
    for name, value in {**ARGUMENTS, **{key.replace("_", "-"): value for key, value in arguments.items()}}.items():
        query = query.replace("{{args." + name + "}}", value)
    assert "{{" not in query
    return (
        f"count(({query}) > {limit}) * {BROKEN} or count(({query}) == -1) * {QUIET}"
        f" or count(({query}) <= {limit}) * {KEPT} or vector({UNKNOWN})"
    )


def asked(service: Service, name: str) -> Manifest:
    """Return what a Rollout of a service asks."""
    if name == "health":
        found: Manifest = cluster_template(an_environment(), {})["spec"]["metrics"][0]
        return found
    (template,) = (
        placed.manifest
        for placed in templates(a_place(service, **ENVIRONMENT))
        if placed.manifest["metadata"]["name"] == name
    )
    (metric,) = template["spec"]["metrics"]
    return dict(metric)


@dataclass(frozen=True)
class Counted:
    """Who counts requests, in what words."""

    service: Service
    labels: str
    requests: str
    seconds: str
    unit: float = 1.0
    status: str = "status"
    ok: str = "200"
    failed: str = "500"

    def answered(self, *, failed: int, of: int) -> dict[str, str]:
        """Return series of so many requests a minute, some of them failed."""
        return {
            f'{self.requests}{{{self.labels},{self.status}="{self.ok}"}}': f"0+{of - failed}x30",
            f'{self.requests}{{{self.labels},{self.status}="{self.failed}"}}': f"0+{failed}x30",
        }

    def took(self, *, slow: int, of: int) -> dict[str, str]:
        """Return buckets of so many requests a minute, some of which took between 2 and 5 s."""
        buckets = {1.0: of - slow, 2.0: of - slow, 5.0: of}
        found = {
            f'{self.seconds}{{{self.labels},le="{bound * self.unit:g}"}}': f"0+{count}x30"
            for bound, count in buckets.items()
        }
        return {**found, f'{self.seconds}{{{self.labels},le="+Inf"}}': f"0+{of}x30"}


_AT_NGINX = ("nginx_ingress_controller_requests", "nginx_ingress_controller_request_duration_seconds_bucket")
_PREVIEWED = a_service(
    strategy={
        "type": "blueGreen",
        "preview": {"hosts": ["web"]},
        "prePromotionAnalysis": ["success-rate", "latency"],
    },
    objectives=OBJECTIVES,
    exposure=EXPOSED,
)
_ROUTED = a_canary(strategy={**CANARY, "traffic": "nginx"}, exposure=EXPOSED)
_OF_POD = f'namespace="demo",pod="{NEW}"'

SOURCES = {
    "nginx": Counted(_PREVIEWED, 'namespace="demo",ingress="api",service="api",method="GET"', *_AT_NGINX),
    "nginx-without-honorLabels": Counted(
        _PREVIEWED,
        'namespace="ingress-nginx",service="controller",exported_namespace="demo",exported_service="api"',
        *_AT_NGINX,
    ),
    "nginx-by-class-of-status": Counted(
        _PREVIEWED, 'namespace="demo",ingress="api",service="api"', *_AT_NGINX, ok="2xx", failed="5xx"
    ),
    "nginx-canary": Counted(_ROUTED, 'namespace="demo",ingress="api",service="api",canary="demo-api-80"', *_AT_NGINX),
    "nginx-canary-without-honorLabels": Counted(
        _ROUTED, 'namespace="ingress-nginx",exported_namespace="demo",canary="demo-api-80"', *_AT_NGINX
    ),
    "http": Counted(a_canary(), _OF_POD, "http_requests_total", "http_request_duration_seconds_bucket"),
    "fastapi": Counted(
        a_canary(),
        f'{_OF_POD},handler="/items"',
        "http_requests_total",
        "http_request_duration_highr_seconds_bucket",
        ok="2xx",
        failed="5xx",
    ),
    "spring": Counted(
        a_canary(metrics={"port": "http", "requests": "spring"}),
        f'{_OF_POD},uri="/items"',
        "http_server_requests_seconds_count",
        "http_server_requests_seconds_bucket",
    ),
    "istio": Counted(
        a_canary(strategy={**CANARY, "traffic": "istio"}),
        f'{_OF_POD},reporter="destination"',
        "istio_requests_total",
        "istio_request_duration_milliseconds_bucket",
        unit=1000.0,
        status="response_code",
    ),
}
EACH = pytest.mark.parametrize("source", SOURCES.values(), ids=list(SOURCES))


@EACH
@pytest.mark.parametrize(
    ("failed", "of", "expected"),
    [
        pytest.param(6, 100, BROKEN, id="six-percent"),
        pytest.param(5, 100, KEPT, id="five-percent"),
        pytest.param(0, 100, KEPT, id="none"),
        pytest.param(1, 1, QUIET, id="five-requests-in-five-minutes"),
        pytest.param(0, 0, QUIET, id="silence"),
    ],
)
def test_the_error_rate_is_judged_by_whoever_counts(
    promtool: Promtool, source: Counted, failed: int, of: int, expected: int
) -> None:
    query = state(asked(source.service, "success-rate"))
    promtool.answers(source.answered(failed=failed, of=of), {query: expected}, "20m")


@EACH
@pytest.mark.parametrize(
    ("slow", "expected"), [pytest.param(6, BROKEN, id="six-in-a-hundred"), pytest.param(4, KEPT, id="four")]
)
def test_the_95th_percentile_is_judged_by_whoever_counts(
    promtool: Promtool, source: Counted, slow: int, expected: int
) -> None:
    series = {**source.answered(failed=0, of=100), **source.took(slow=slow, of=100)}
    promtool.answers(series, {state(asked(source.service, "latency")): expected}, "20m")


def test_nothing_that_ever_failed_is_no_error_and_not_no_data(promtool: Promtool) -> None:
    metric = asked(a_canary(), "success-rate")
    promtool.answers({f'{HTTP},status="2xx"}}': "0+100x30"}, {state(metric): KEPT}, "20m")


@pytest.mark.parametrize("name", ["success-rate", "latency", "queue-backlog", "health"])
def test_no_metrics_at_all_say_nothing(promtool: Promtool, name: str) -> None:
    promtool.answers({"up": "1x30"}, {state(asked(a_canary(), name)): UNKNOWN}, "20m")


@pytest.mark.parametrize("name", ["success-rate", "latency"])
def test_metrics_that_went_away_say_nothing(promtool: Promtool, name: str) -> None:
    source = SOURCES["http"]
    series = {**source.answered(failed=50, of=100), **source.took(slow=50, of=100)}
    before = {name: values.replace("x30", "x10 stale") for name, values in series.items()}
    promtool.answers(before, {state(asked(source.service, name)): UNKNOWN}, "20m")


def test_without_buckets_a_response_time_is_not_known(promtool: Promtool) -> None:
    source = SOURCES["spring"]
    promtool.answers(source.answered(failed=0, of=100), {state(asked(source.service, "latency")): UNKNOWN}, "20m")


def test_buckets_that_end_too_early_are_not_asked_where_there_are_better_ones(promtool: Promtool) -> None:
    # FastAPI's instrumentator: by handler up to 1 s, and without it up to 60 s.
    coarse = {
        f'http_request_duration_seconds_bucket{{{_OF_POD},handler="/items",le="{bound}"}}': f"0+{count}x30"
        for bound, count in {"0.1": 50, "0.5": 50, "1": 50, "+Inf": 100}.items()
    }
    fine = SOURCES["fastapi"].took(slow=50, of=100)
    series = {**SOURCES["fastapi"].answered(failed=0, of=100), **coarse, **fine}
    promtool.answers(series, {state(asked(a_canary(), "latency")): BROKEN}, "20m")


def test_probes_are_no_traffic(promtool: Promtool) -> None:
    probed = HTTP.replace('handler="/"', 'handler="/health"')
    promtool.answers(
        {f'{probed},status="2xx"}}': "0+100x30", f'{HTTP},status="5xx"}}': "0+1x30"},
        {state(asked(a_canary(), "success-rate")): QUIET},
        "20m",
    )


def test_requests_of_the_version_before_are_not_the_new_ones(promtool: Promtool) -> None:
    series = {f'{HTTP},status="2xx"}}': "0+100x30", f'{HTTP.replace(NEW, OLD)},status="5xx"}}': "0+100x30"}
    promtool.answers(series, {state(asked(a_canary(), "success-rate")): KEPT}, "20m")


def test_requests_of_the_main_version_are_not_the_canarys(promtool: Promtool) -> None:
    canary = SOURCES["nginx-canary"]
    main = Counted(_ROUTED, 'namespace="demo",ingress="api",service="api"', *_AT_NGINX)
    series = {**canary.answered(failed=50, of=100), **main.answered(failed=0, of=10_000)}
    promtool.answers(series, {state(asked(_ROUTED, "success-rate")): BROKEN}, "20m")


def test_requests_of_a_preview_are_not_the_live_ones(promtool: Promtool) -> None:
    live, query = SOURCES["nginx"], asked(_PREVIEWED, "success-rate")
    preview = Counted(_PREVIEWED, 'namespace="demo",ingress="api",service="api-preview"', *_AT_NGINX)
    series = {**live.answered(failed=0, of=100), **preview.answered(failed=100, of=100)}
    expected = {state(query): KEPT, state(query, service_name="api-preview"): BROKEN}
    promtool.answers(series, expected, "20m")


def pods(*found: tuple[str, bool, int, bool]) -> dict[str, str]:
    """Return what kube-state-metrics says of pods: their names, readiness, second of creation, and whether they end."""
    series: dict[str, str] = {}
    for name, ready, created, ends in found:
        labels = f'namespace="demo",pod="{name}",uid="{name}"'
        series[f'kube_pod_status_ready{{{labels},condition="true"}}'] = f"{int(ready)}x30"
        series[f'kube_pod_status_ready{{{labels},condition="false"}}'] = f"{int(not ready)}x30"
        series[f"kube_pod_created{{{labels}}}"] = f"{created}x30"
        if ends:
            series[f"kube_pod_deletion_timestamp{{{labels}}}"] = "1200x30"
    return series


@pytest.mark.parametrize(
    ("failed", "expected"), [pytest.param(1, KEPT, id="evicted"), pytest.param(0, BROKEN, id="not")]
)
def test_a_pod_that_was_evicted_is_no_failed_check(promtool: Promtool, failed: int, expected: int) -> None:
    evicted = f"{NEW[:-1]}9"
    phase = f'kube_pod_status_phase{{namespace="demo",pod="{evicted}",uid="{evicted}",phase="Failed"}}'
    series = {**pods((NEW, True, 0, False), (evicted, False, 0, False)), phase: f"{failed}x30"}
    promtool.answers(series, {state(asked(a_canary(), "health")): expected}, "20m")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param([(NEW, True, 0, False)], KEPT, id="ready"),
        pytest.param([(NEW, False, 0, False)], BROKEN, id="never-ready"),
        pytest.param([(NEW, True, 0, False), (f"{NEW[:-1]}9", False, 0, False)], BROKEN, id="one-of-two"),
        pytest.param([(NEW, False, 1100, False)], KEPT, id="still-starting"),
        pytest.param([(NEW, False, 1079, False)], BROKEN, id="started-long-enough-ago"),
        pytest.param([(NEW, False, 0, True)], KEPT, id="going-away"),
        pytest.param([(NEW, True, 0, False), (OLD, False, 0, False)], KEPT, id="of-the-version-before"),
        pytest.param([(OLD, False, 0, False)], UNKNOWN, id="no-pod-yet"),
    ],
)
def test_health_is_that_of_new_pods_that_had_the_time_to_start(
    promtool: Promtool, found: list[tuple[str, bool, int, bool]], expected: int
) -> None:
    promtool.answers(pods(*found), {state(asked(a_canary(), "health")): expected}, "20m")


@pytest.mark.parametrize(
    ("waiting", "expected"), [pytest.param(40, KEPT, id="eighty"), pytest.param(60, BROKEN, id="a-hundred-and-twenty")]
)
def test_a_backlog_is_what_waits_at_all_pods_together(promtool: Promtool, waiting: int, expected: int) -> None:
    labels = 'namespace="demo",pod="api-7d9f8c6b54'
    series = {f'queued{{{labels}-{pod}"}}': f"{waiting}x30" for pod in ("x2x4z", "b5b6c")}
    series['queued{namespace="demo",pod="' + OLD + '"}'] = "5000x30"
    promtool.answers(series, {state(asked(a_canary(), "queue-backlog")): expected}, "20m")


def test_what_guards_a_second_deployment_counts_its_pods_alone(promtool: Promtool) -> None:
    strategy = {"type": "canaryDeployment", "weight": 25}
    service = a_service(
        strategy=strategy, canary={"tag": "2"}, objectives=OBJECTIVES, metrics={"port": "http"}, replicas=3
    )
    metrics = the(canary_guard(a_place(service), service), "AnalysisRun")["spec"]["metrics"]
    failing = HTTP.replace(NEW, "api-canary-7d9f8c6b54-x2x4z")
    series = {f'{HTTP},status="2xx"}}': "0+10000x30", f'{failing},status="5xx"}}': "0+100x30"}
    promtool.answers(series, {state(metrics[0]): BROKEN}, "20m")
    fine = {f'{HTTP},status="5xx"}}': "0+10000x30", f'{failing},status="2xx"}}': "0+100x30"}
    promtool.answers(fine, {state(metrics[0]): KEPT}, "20m")


def groups_of(service: Service) -> list[Manifest]:
    rule = the(objective_alerts(a_place(service, **ENVIRONMENT), service), "PrometheusRule")
    found: list[Manifest] = rule["spec"]["groups"]
    return found


def firing(*names: str) -> dict[str, float]:
    """Return expressions by which just these alerts fire."""
    found = {f'count(ALERTS{{alertname="{name}",alertstate="firing"}})': 1.0 for name in names}
    return {**found, 'count(ALERTS{alertstate="firing"}) or vector(0)': float(len(names))}


def test_an_alert_fires_when_a_rollout_would_be_aborted_and_ends_with_it(promtool: Promtool) -> None:
    series = {f'{HTTP},status="2xx"}}': "0+94x30 2914+100x30", f'{HTTP},status="5xx"}}': "0+6x30 180x30"}
    groups, metric = groups_of(a_canary()), asked(a_canary(), "success-rate")
    promtool.answers(series, {**firing("ErrorRateAboveObjective"), state(metric): BROKEN}, "20m", groups)
    promtool.answers(series, {**firing(), state(metric): KEPT}, "45m", groups)


def test_a_slow_service_wakes_somebody(promtool: Promtool) -> None:
    source = SOURCES["http"]
    series = {**source.answered(failed=0, of=100), **source.took(slow=50, of=100)}
    promtool.answers(series, firing("ResponseTimeAboveObjective"), "20m", groups_of(a_canary()))


def test_no_data_and_too_little_traffic_wake_nobody(promtool: Promtool) -> None:
    groups = groups_of(a_canary())
    promtool.answers({"up": "1x400"}, firing(), "20m", groups)
    promtool.answers({f'{HTTP},status="5xx"}}': "0+1x30"}, firing(), "10m", groups)


def test_pods_must_fail_three_checks_before_somebody_is_woken(promtool: Promtool) -> None:
    # The allowance of these probes is 70 s, so that the first check that fails is that of the second minute.
    series, groups = pods((NEW, False, 0, False)), groups_of(a_canary())
    promtool.answers(series, firing(), "3m", groups)
    promtool.answers(series, firing("PodsFailChecks"), "4m", groups)


@pytest.mark.parametrize(
    ("percent", "minutes", "burning"),
    [
        pytest.param(80, 61, ("ErrorBudgetBurnsFast",), id="most-of-an-hour"),
        pytest.param(35, 361, ("ErrorBudgetBurnsSlowly",), id="a-third-of-six-hours"),
        pytest.param(4, 361, (), id="within-the-objective"),
    ],
)
def test_the_budget_burns_as_fast_as_it_burns(
    promtool: Promtool, percent: int, minutes: int, burning: tuple[str, ...]
) -> None:
    series = {
        f'{HTTP},status="2xx"}}': f"0+{100 - percent}x{minutes}",
        f'{HTTP},status="5xx"}}': f"0+{percent}x{minutes}",
    }
    speeds = ("ErrorBudgetBurnsFast", "ErrorBudgetBurnsSlowly")
    asked = {
        f'count(ALERTS{{alertname="{speed}",alertstate="firing"}}) or vector(0)': float(speed in burning)
        for speed in speeds
        if speed != "ErrorBudgetBurnsSlowly" or percent < 80
    }
    promtool.answers(series, asked, f"{minutes}m", groups_of(a_canary()))


def test_a_budget_that_burns_no_longer_lets_everybody_sleep(promtool: Promtool) -> None:
    # The long windows remember; the short ones end it.
    series = {f'{HTTP},status="2xx"}}': "0+10x360 3600+100x60", f'{HTTP},status="5xx"}}': "0+90x360 32400x60"}
    groups = groups_of(a_canary())
    burning = ("ErrorRateAboveObjective", "ErrorBudgetBurnsFast", "ErrorBudgetBurnsSlowly")
    promtool.answers(series, firing(*burning), "360m", groups)
    promtool.answers(series, firing(), "395m", groups)


def test_failed_deployments_wake_somebody_by_environment(promtool: Promtool) -> None:
    groups = objects("prod")["PrometheusRule/korea-public-data/deployment-slo"]["spec"]["groups"]
    counted = 'deployment_status_total{environment="%s",status="%s"}'
    series = {
        counted % ("production", "failed"): "0+2x30",
        counted % ("production", "success"): "0+8x30",
        counted % ("staging", "failed"): "0+1x30",
        counted % ("staging", "success"): "0+99x30",
    }
    fired = {
        "exp_labels": {"severity": "critical", "environment": "production"},
        "exp_annotations": {"summary": "High deployment failure rate in production"},
    }
    alerts: list[Manifest] = [
        {"eval_time": "5m", "alertname": "DeploymentFailed", "exp_alerts": []},
        {"eval_time": "10m", "alertname": "DeploymentFailed", "exp_alerts": [fired]},
    ]
    promtool.answers(series, {}, "10m", groups, alerts)


def test_an_alert_says_what_it_measured_and_what_to_do(promtool: Promtool) -> None:
    series = {f'{HTTP},status="2xx"}}': "0+75x30", f'{HTTP},status="5xx"}}': "0+25x30"}
    fired = {
        "exp_labels": {"severity": "critical", "environment": "dev", "system": "demo", "service": "api"},
        "exp_annotations": {
            "summary": "demo/api fails more than 5 % of its requests over 5m",
            "value": "25%",
            "runbook": "See what is under way: naru rollout status demo/api --stack dev. "
            "Go back: naru rollback demo/api --stack dev",
        },
    }
    alert = {"eval_time": "20m", "alertname": "ErrorRateAboveObjective", "exp_alerts": [fired]}
    promtool.answers(series, {}, "20m", groups_of(a_canary()), [alert])


@pytest.mark.parametrize("name", STACKS)
def test_prometheus_reads_every_rule_of_a_stack(promtool: Promtool, name: str) -> None:
    rules = [made for made in objects(name).values() if made["kind"] == "PrometheusRule"]
    assert len(rules) >= 4
    for rule in rules:
        ended = promtool.check(rule["spec"]["groups"])
        assert ended.returncode == 0, ended.stdout


def test_a_rule_that_prometheus_cannot_read_is_found(promtool: Promtool) -> None:
    groups = groups_of(a_canary())
    groups[0]["rules"][0]["expr"] += ")"
    ended = promtool.check(groups)
    assert ended.returncode != 0
    assert "parse error" in ended.stdout + ended.stderr
