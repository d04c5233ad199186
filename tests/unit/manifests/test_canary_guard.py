"""What calls a second Deployment off when nobody is there."""

from typing import Any

import pytest

from manifests.assembly import assemble
from manifests.canary_guard import canary_guard, canary_pods
from manifests.placed import Manifest, Part, Placed
from settings.service import Service
from tests.builders import a_place, a_service, a_stack, a_system, of_kind, the

OBJECTIVES: dict[str, Any] = {"errorRate": {"threshold": 5, "window": "5m"}, "healthCheckFailures": 3}
GITOPS = {"delivery": "gitops"}


def tried(tag: str = "2.0.0", *, objectives: Any = None, strategy: Any = None, **settings: Any) -> Service:
    given = {
        "metrics": {"port": "http"},
        "replicas": 3,
        "objectives": OBJECTIVES if objectives is None else objectives,
        "strategy": {"type": "canaryDeployment", "weight": 25, **(strategy or {})},
        "canary": {"tag": tag},
    }
    return a_service(**{**given, **settings})


def guard(service: Service, **environment: Any) -> list[Placed]:
    return canary_guard(a_place(service, **environment), service)


def run(service: Service, **environment: Any) -> Manifest:
    return the(guard(service, **environment), "AnalysisRun")


def job(service: Service, **environment: Any) -> Manifest:
    return the(guard(service, **environment), "Job")


def name(manifest: Manifest) -> str:
    found: str = manifest["metadata"]["name"]
    return found


def steps(service: Service) -> list[list[str]]:
    pod = job(service)["spec"]["template"]["spec"]
    return [container["command"] for container in (*pod["initContainers"], *pod["containers"])]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"canary": None}, id="nothing-tried"),
        pytest.param({"strategy": {"analysis": []}}, id="nothing-asked"),
        pytest.param({"objectives": {"interval": "1m"}}, id="no-objective"),
        pytest.param({"objectives": {"errorRate": OBJECTIVES["errorRate"]}, "metrics": None}, id="nothing-measures"),
    ],
)
def test_what_is_not_tried_or_not_measured_has_no_guard(changes: Any) -> None:
    assert guard(tried(**changes)) == []


def test_the_guard_starts_watches_and_calls_off_in_this_order() -> None:
    service = tried()
    end = ["--namespace=demo", "--cache-dir=/cache"]
    assert steps(service) == [
        ["kubectl", "scale", "deployment/api-canary", "--replicas=1", *end],
        [
            "kubectl",
            "wait",
            f"analysisruns.argoproj.io/{name(run(service))}",
            "--for=jsonpath={.status.completedAt}",
            "--timeout=168h",
            *end,
        ],
        ["kubectl", "scale", "deployment/api-canary", "--replicas=0", *end],
    ]


def test_the_guard_gives_as_many_pods_as_the_share_takes() -> None:
    half = tried(strategy={"weight": 50})
    assert canary_pods(half) == 3
    assert "--replicas=3" in steps(half)[0]
    scaled = tried(strategy={"weight": 50}, scaling={"min": 4, "max": 9})
    assert "--replicas=4" in steps(scaled)[0]


def test_the_analysis_is_of_the_second_deployment_alone() -> None:
    rate, health = run(tried())["spec"]["metrics"]
    assert 'pod=~"api-canary-' in rate["provider"]["prometheus"]["query"]
    assert 'pod=~"api-canary-' in health["provider"]["prometheus"]["query"]
    assert (rate["failureLimit"], health["failureLimit"]) == (0, 2)
    routed = tried(strategy={"traffic": "nginx"}, exposure={"public": {"hosts": ["web"]}})
    query = run(routed, domains={"web": "web.example.com"})["spec"]["metrics"][0]["provider"]["prometheus"]["query"]
    assert 'canary=~"demo-api-canary-.+"' in query


def test_the_analysis_needs_no_argument_and_has_no_end_of_its_own() -> None:
    spec = run(tried())["spec"]
    assert "args" not in spec
    assert "{{" not in str(spec)
    assert all("count" not in metric for metric in spec["metrics"])


def test_a_quiet_night_is_not_the_end_of_the_analysis() -> None:
    # Every minute of a year, as a version that is measured no longer is called off.
    assert all(metric["inconclusiveLimit"] > 60 * 24 * 365 for metric in run(tried())["spec"]["metrics"])


def test_a_silent_prometheus_is_its_end_as_the_objectives_say() -> None:
    metrics = run(tried(objectives={**OBJECTIVES, "consecutiveErrorLimit": 7}))["spec"]["metrics"]
    assert {metric["consecutiveErrorLimit"] for metric in metrics} == {7}


def test_requests_of_the_version_before_are_not_counted() -> None:
    rate = run(tried())["spec"]["metrics"][0]
    assert rate["initialDelay"] == "5m"


def test_the_same_version_has_the_same_guard() -> None:
    assert name(run(tried())) == name(run(tried()))
    assert name(job(tried())) == name(job(tried()))


@pytest.mark.parametrize(
    ("changes", "same_run"),
    [
        pytest.param({"tag": "2.0.1"}, False, id="version"),
        pytest.param({"objectives": {**OBJECTIVES, "interval": "2m"}}, False, id="objectives"),
        pytest.param({"strategy": {"weight": 60}}, True, id="share"),
        pytest.param({"env": {"A": "b"}}, True, id="configuration"),
    ],
)
def test_another_version_has_another_guard(changes: Any, *, same_run: bool) -> None:
    other = tried(**changes)
    assert (name(run(other)) == name(run(tried()))) == same_run
    assert (name(job(other)) == name(job(tried()))) == ("env" in changes)


def test_its_account_may_look_at_one_analysis_and_scale_one_deployment() -> None:
    service = tried()
    made = guard(service)
    assert the(made, "Role")["rules"] == [
        {
            "apiGroups": ["argoproj.io"],
            "resources": ["analysisruns"],
            "resourceNames": [name(run(service))],
            "verbs": ["get", "list", "watch"],
        },
        {"apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["api-canary"], "verbs": ["get"]},
        {
            "apiGroups": ["apps"],
            "resources": ["deployments/scale"],
            "resourceNames": ["api-canary"],
            "verbs": ["patch"],
        },
    ]
    binding = the(made, "RoleBinding")
    assert binding["roleRef"]["name"] == name(the(made, "Role"))
    account = name(the(made, "ServiceAccount"))
    assert [(subject["kind"], subject["name"]) for subject in binding["subjects"]] == [("ServiceAccount", account)]
    assert job(service)["spec"]["template"]["spec"]["serviceAccountName"] == account


def test_its_token_reaches_its_own_pod_and_no_other() -> None:
    made = guard(tried())
    assert the(made, "ServiceAccount")["automountServiceAccountToken"] is False
    assert job(tried())["spec"]["template"]["spec"]["automountServiceAccountToken"] is True


def test_its_pod_has_no_rights_on_its_node() -> None:
    pod = job(tried())["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    for container in (*pod["initContainers"], *pod["containers"]):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "runAsGroup": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        }
        assert set(container["resources"]) == {"requests", "limits"}
        assert container["image"].startswith("registry.k8s.io/kubectl:v1.")


def test_its_pods_are_none_that_a_service_leads_to() -> None:
    labels = job(tried())["spec"]["template"]["metadata"]["labels"]
    assert labels["app.kubernetes.io/component"] == labels["app.kubernetes.io/name"] == "api-canary-guard"


def test_its_pods_reach_the_api_server_and_nothing_else() -> None:
    policy = the(guard(tried()), "NetworkPolicy")["spec"]
    labels = job(tried())["spec"]["template"]["metadata"]["labels"]
    assert policy["podSelector"]["matchLabels"].items() <= labels.items()
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in policy
    assert policy["egress"] == [{"ports": [{"port": 443, "protocol": "TCP"}, {"port": 6443, "protocol": "TCP"}]}]


def test_where_nothing_is_denied_nothing_is_allowed() -> None:
    assert of_kind(guard(tried(), policies={"defaultDeny": False}), "NetworkPolicy") == []


def test_the_guard_never_gives_up() -> None:
    found = job(tried())["spec"]
    assert found["backoffLimit"] > 100_000
    assert found["template"]["spec"]["restartPolicy"] == "OnFailure"
    assert "ttlSecondsAfterFinished" not in found
    assert "activeDeadlineSeconds" not in found


def test_nobody_waits_for_its_end_or_runs_it_again() -> None:
    for made in (job(tried()), run(tried())):
        assert made["metadata"]["annotations"] == {"pulumi.com/skipAwait": "true"}
    for made in (job(tried(), **GITOPS), run(tried(), **GITOPS)):
        assert made["metadata"]["annotations"] == {"argocd.argoproj.io/ignore-healthcheck": "true"}


def test_it_comes_after_what_it_needs_and_its_deployment() -> None:
    (placed,) = of_kind(guard(tried()), "Job")
    kinds = {reference.split("/")[0] for reference in placed.after}
    assert kinds == {"Deployment", "ServiceAccount", "Role", "RoleBinding", "NetworkPolicy", "AnalysisRun"}
    assert (placed.part, placed.component, placed.hashed) == (Part.WORKLOADS, "api", True)


def test_the_guarded_deployment_says_nothing_of_its_pods_so_that_zero_stays_zero() -> None:
    def deployments(service: Service) -> dict[str, Manifest]:
        made = [placed for found in assemble(a_stack(a_system(service)), "main").values() for placed in found]
        return {name(placed.manifest): placed.manifest["spec"] for placed in of_kind(made, "Deployment")}

    assert "replicas" not in deployments(tried())["api-canary"]
    assert deployments(tried())["api"]["replicas"] == 3
    assert deployments(tried(strategy={"analysis": []}))["api-canary"]["replicas"] == 1


def test_long_names_leave_room_for_the_hash() -> None:
    service = tried(name="a" + "-very" * 8 + "-long-name")
    for made in (run(service), job(service)):
        assert len(name(made)) <= 63
