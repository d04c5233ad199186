"""Whether a deployment may begin."""

from typing import Any

import pytest

from operations.cluster_facts import served
from operations.needs import Needs, needs
from operations.preflight import Facts, findings, refusing
from tests.unit.operations.builders import manifest, placed, workload

POD = {"containers": [], "imagePullSecrets": [{"name": "registry"}]}
NEEDED = needs(
    placed(
        manifest("Namespace", "ns", ""),
        manifest("ClusterIssuer", "le", "", "cert-manager.io/v1"),
        manifest("HorizontalPodAutoscaler", "h", version="autoscaling/v2"),
        manifest("Ingress", "i", version="networking.k8s.io/v1", spec={"ingressClassName": "nginx"}),
        manifest("PersistentVolumeClaim", "c", spec={}),
        workload(pod=POD),
    )
)
RESOURCES = {
    ("v1", "Namespace"): "namespaces",
    ("v1", "PersistentVolumeClaim"): "persistentvolumeclaims",
    ("apps/v1", "Deployment"): "deployments",
    ("autoscaling/v2", "HorizontalPodAutoscaler"): "horizontalpodautoscalers",
    ("cert-manager.io/v1", "ClusterIssuer"): "clusterissuers",
    ("networking.k8s.io/v1", "Ingress"): "ingresses",
}
DEFAULT = {"storageclass.kubernetes.io/is-default-class": "true"}


def facts(**more: Any) -> Facts:
    known: dict[str, Any] = {
        "server": "https://10.0.0.1",
        "resources": RESOURCES,
        "classes": {"IngressClass": {"nginx": {}}, "StorageClass": {"fast": DEFAULT}},
        "namespaces": {"ns": ("uid-1", "Active"), "kube-system": ("uid-0", "Active")},
        "secrets": {"ns": frozenset({"registry"})},
    }
    return Facts(**{**known, **more})


def texts(found: Facts, known: dict[str, str] | None = None, *, refresh: bool = False) -> list[str]:
    return [str(finding) for finding in findings("seoul", NEEDED, found, known or {}, refresh=refresh)]


def test_nothing_is_said_of_a_cluster_that_has_all() -> None:
    assert texts(facts(), {"ns": "uid-1"}) == []


def test_a_missing_kind_names_what_to_install() -> None:
    without = {kind: plural for kind, plural in RESOURCES.items() if kind[1] != "ClusterIssuer"}
    assert texts(facts(resources=without)) == [
        "refused: seoul: ClusterIssuer (cert-manager.io/v1) is not served: install cert-manager"
    ]


@pytest.mark.parametrize(
    ("kind", "operator"),
    [
        (("argoproj.io/v1alpha1", "Rollout"), "Argo Rollouts"),
        (("argoproj.io/v1alpha1", "AnalysisTemplate"), "Argo Rollouts"),
        (("argoproj.io/v1alpha1", "ClusterAnalysisTemplate"), "Argo Rollouts"),
        (("argoproj.io/v1alpha1", "Application"), "Argo CD"),
        (("monitoring.coreos.com/v1", "PrometheusRule"), "Prometheus Operator"),
        (("elbv2.k8s.aws/v1beta1", "TargetGroupBinding"), "AWS Load Balancer Controller"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[1],
)
def test_a_missing_kind_of_a_rollout_names_whose_it_is(kind: tuple[str, str], operator: str) -> None:
    needed = needs(placed(manifest(kind[1], "x", version=kind[0], spec={})))
    [found] = findings("seoul", needed, facts(), {})
    assert str(found).endswith(f"{kind[1]} ({kind[0]}) is not served: install {operator}")


def test_a_kind_in_another_version_names_the_one_there_is() -> None:
    other = {**RESOURCES, ("autoscaling/v1", "HorizontalPodAutoscaler"): "horizontalpodautoscalers"}
    del other["autoscaling/v2", "HorizontalPodAutoscaler"]
    [text] = texts(facts(resources=other))
    assert "served as autoscaling/v1, not as autoscaling/v2" in text


def test_a_missing_class_names_those_there_are() -> None:
    [text] = texts(facts(classes={"IngressClass": {"traefik": {}}, "StorageClass": {"fast": DEFAULT}}))
    assert "no IngressClass nginx (it has traefik)" in text


def test_a_claim_without_a_class_needs_a_default() -> None:
    [text] = texts(facts(classes={"IngressClass": {"nginx": {}}, "StorageClass": {"fast": {}}}))
    assert "no default StorageClass (it has fast)" in text


def test_classes_that_may_not_be_listed_are_not_judged() -> None:
    assert texts(facts(classes={})) == []


def test_a_namespace_that_is_being_deleted_is_waited_for() -> None:
    [text] = texts(facts(namespaces={"ns": ("uid-1", "Terminating")}))
    assert "the namespace ns is being deleted" in text


def test_rights_are_told_with_verbs_resource_and_namespace() -> None:
    refused = frozenset((("apps/v1", "Deployment"), "ns", verb) for verb in ("create", "patch"))
    refused |= {(("v1", "Namespace"), "", "create")}
    assert texts(facts(refused=refused)) == [
        "refused: seoul: you may not create and patch deployments.apps in the namespace ns: "
        "ask for a Role, or use other credentials",
        "refused: seoul: you may not create namespaces in the cluster: ask for a Role, or use other credentials",
    ]


def test_a_missing_secret_is_a_warning_that_does_not_stop() -> None:
    found = findings("seoul", NEEDED, facts(secrets={"ns": frozenset()}), {})
    assert [str(finding) for finding in found] == [
        "warning: seoul: there is no Secret registry in ns yet: pods that name it will wait for it"
    ]
    assert refusing(found) == []


def test_secrets_that_may_not_be_listed_are_not_judged() -> None:
    assert texts(facts(secrets={})) == []


@pytest.mark.parametrize("namespaces", [{}, {"ns": ("another", "Active")}], ids=["none there", "others there"])
def test_a_cluster_without_the_namespaces_of_the_state_is_another_one(namespaces: dict[str, tuple[str, str]]) -> None:
    text = texts(facts(namespaces=namespaces), {"ns": "uid-1"})[0]
    assert text.startswith("refused: seoul: https://10.0.0.1 is not the cluster this stack was deployed to")


def test_with_refresh_another_cluster_is_only_warned_about() -> None:
    [text] = texts(facts(namespaces={}), {"ns": "uid-1"}, refresh=True)
    assert text.startswith("warning: ")


def test_one_namespace_that_is_still_there_is_enough() -> None:
    assert texts(facts(), {"ns": "uid-1", "gone": "uid-2"}) == []


def test_a_cluster_whose_namespaces_may_not_be_read_is_not_judged() -> None:
    assert texts(facts(namespaces=None), {"ns": "uid-1"}) == []


def test_all_findings_are_told_at_once() -> None:
    assert len(texts(Facts("https://x", {}, {"IngressClass": {}}, {}))) == len(NEEDED.kinds) + 1


def test_nothing_needed_is_nothing_missing() -> None:
    assert findings("seoul", needs(()), Facts("https://x", {}, {}, {}), {}) == []
    assert needs(()) == Needs(frozenset(), frozenset(), frozenset(), frozenset(), frozenset())


def test_discovery_gives_the_plural_of_each_kind_in_core_and_in_groups() -> None:
    def group(name: str, version: str, kind: str, plural: str) -> dict[str, Any]:
        resources = [{"resource": plural, "responseKind": {"group": name, "version": version, "kind": kind}}]
        return {"metadata": {"name": name} if name else {}, "versions": [{"version": version, "resources": resources}]}

    core = {"items": [group("", "v1", "Secret", "secrets")]}
    groups = {"items": [group("apps", "v1", "Deployment", "deployments")]}
    assert served(core, groups) == {("v1", "Secret"): "secrets", ("apps/v1", "Deployment"): "deployments"}
