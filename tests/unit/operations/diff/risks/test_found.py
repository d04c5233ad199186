"""All risks of a stack together: merged over clusters, ordered, and with the file and line they come from."""

from pathlib import Path
from typing import Any

import pytest

from manifests.placed import Manifest
from operations.diff.model import Change, Danger, Field, Level, Subject
from operations.diff.origins import Origins
from operations.diff.pairs import RUNNING, Sides
from operations.diff.risks import found
from tests.projects import Project
from tests.unit.operations.diff.risks.samples import (
    CONTAINER,
    claim,
    ingress,
    made,
    namespace,
    put,
    service,
    side,
    workload,
)

_KINDS = (
    *RUNNING,
    *("AppProject", "Application", "Certificate", "CiliumNetworkPolicy", "ConfigMap", "ExternalSecret", "Gateway"),
    *("HTTPRoute", "HorizontalPodAutoscaler", "Ingress", "Namespace", "NetworkPolicy", "PersistentVolumeClaim"),
    *(
        "PodDisruptionBudget",
        "PrometheusRule",
        "Role",
        "RoleBinding",
        "SealedSecret",
        "Secret",
        "SecretStore",
        "Service",
    ),
    *("ServiceAccount", "StorageClass", "Whatever", "AnalysisTemplate"),
    *("ClusterAnalysisTemplate", "ClusterIssuer", "ResourceQuota"),
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def _origin(
    project: Project, before: Manifest, after: Manifest | None, *, system: str = "shop"
) -> list[tuple[str, int]]:
    def of(manifest: Manifest | None) -> dict[Subject, Manifest]:
        if manifest is None:
            return {}
        name, space = manifest["metadata"]["name"], manifest["metadata"].get("namespace", "")
        return {Subject("main", system, manifest["kind"], space, name): manifest}

    return [(risk.file, risk.line) for risk in found("dev", of(before), of(after), (), project.root)]


def _line(project: Project, file: str, text: str) -> int:
    lines = (project.root / file).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_the_same_risk_on_several_clusters_is_one_that_names_them(project: Project) -> None:
    before = side([workload()]) | side([workload()], "tokyo")
    after = side([workload(replicas=0)]) | side([workload(replicas=0)], "tokyo")

    (risk,) = [one for one in found("dev", before, after, (), project.root) if one.danger is Danger.DOWNTIME]

    assert risk.clusters == ("seoul", "tokyo")
    assert risk.subject.cluster == "seoul"


def test_the_highest_risk_comes_first(project: Project) -> None:
    before, after = side([claim(), workload(), service()]), side([workload(replicas=1), service(type="NodePort")])

    levels = [risk.level for risk in found("dev", before, after, (), project.root)]

    assert levels[0] is Level.CRITICAL
    assert levels == sorted(levels, reverse=True)


def test_what_the_comparison_saw_to_be_replaced_is_told_where_no_rule_does(project: Project) -> None:
    before, after = side([service(), workload()]), side([service(sessionAffinity="ClientIP"), workload(replicas=0)])
    field = (Field("spec.sessionAffinity", None, "ClientIP"),)
    changes = [Change("replaced", subject, field) for subject in after] + [
        Change("replaced", Subject("seoul", "shop", "Job", "shop", "api-migrate"), field)
    ]

    risks = [risk for risk in found("dev", before, after, changes, project.root) if risk.danger is Danger.DOWNTIME]

    assert [(str(risk.subject), "deleted and made again" in risk.reason) for risk in risks] == [
        ("Deployment shop/api", False),
        ("Service shop/api", True),
    ]


def test_objects_are_left_as_they_were(project: Project) -> None:
    before, after = side([claim(), workload()]), side([workload(replicas=1), ingress("a.example.com")])
    copies = repr(before), repr(after)

    found("dev", before, after, (), project.root)

    assert (repr(before), repr(after)) == copies


@pytest.mark.parametrize("kind", _KINDS)
def test_an_object_that_says_next_to_nothing_breaks_no_rule(kind: str, project: Project) -> None:
    spec: dict[str, Any] = {"spec": {}}
    if kind in {"RoleBinding"}:
        spec = {"roleRef": {"kind": "Role", "name": "r"}}
    if kind == "HorizontalPodAutoscaler":
        spec = {"spec": {"scaleTargetRef": {"kind": "Deployment", "name": "api"}}}
    if kind == "Rollout":
        spec = {"spec": {"strategy": {}}}
    little = side([made(kind, **spec), namespace()])
    more = side([put(made(kind, **spec), "metadata/labels/team", "a"), namespace()])

    for before, after in ((little, more), ({}, little), (little, {})):
        found("dev", before, after, (), project.root)


def test_a_setting_of_a_service_is_found_where_the_last_layer_has_it(project: Project) -> None:
    api = put(workload("Deployment"), f"{CONTAINER}/image", "harbor.example.com/shop/api:0.9.0")

    assert _origin(project, workload(), api) == [("releases/dev.yaml", _line(project, "releases/dev.yaml", "api:"))]


def test_where_the_old_files_are_at_hand_a_risk_is_told_of_where_the_change_is(project: Project) -> None:
    files = project.root.rglob("*.yaml")
    was = {path.relative_to(project.root).as_posix(): path.read_text(encoding="utf-8") for path in files}
    catalog = was["catalog/shop.yaml"]
    project.write("catalog/shop.yaml", catalog.replace("  api:\n", "  api:\n    # root\n"))
    before, after = (
        side([workload()], "main"),
        side([put(workload(), f"{CONTAINER}/securityContext/runAsUser", 0)], "main"),
    )

    (risk,) = found("dev", before, after, (), project.root, was=was.get)

    assert (risk.file, risk.line) == ("catalog/shop.yaml", _line(project, "catalog/shop.yaml", "# root"))


def test_a_setting_that_no_file_has_is_found_where_its_service_is_declared(project: Project) -> None:
    pods_away = put(workload(), f"{CONTAINER}/securityContext/runAsUser", 0)

    assert _origin(project, workload(), pods_away) == [
        ("catalog/shop.yaml", _line(project, "catalog/shop.yaml", "  api:"))
    ]


def test_what_is_declared_no_more_is_found_where_it_is_taken_away(project: Project) -> None:
    text = (project.root / "Pulumi.dev.yaml").read_text(encoding="utf-8")
    project.write(
        "Pulumi.dev.yaml",
        text.replace("config:\n", "config:\n  naru:systems:\n    mail:\n      services:\n        relay: null\n"),
    )
    project.change("releases/dev.yaml", "mail:\n  relay: { tag: 1.0.0 }\n", "")
    relay = workload(name="relay")
    relay["metadata"]["labels"]["app.kubernetes.io/component"] = "relay"

    assert _origin(project, relay, None, system="mail") == [
        ("Pulumi.dev.yaml", _line(project, "Pulumi.dev.yaml", "relay: null"))
    ]


def test_what_no_file_ever_declared_is_found_in_the_system_and_a_namespace_by_its_name(project: Project) -> None:
    assert _origin(project, claim("nobodys", labels={}), None) == [("catalog/shop.yaml", 1)]
    weaker = put(namespace(), "metadata/labels", {})
    assert _origin(project, namespace(), weaker) == [
        ("catalog/shop.yaml", _line(project, "catalog/shop.yaml", "  main:"))
    ]


def test_a_setting_of_the_environment_is_found_in_the_stack_file(project: Project) -> None:
    kept = claim(annotations={"argocd.argoproj.io/sync-options": "Prune=false"})

    assert _origin(project, kept, claim()) == [("Pulumi.dev.yaml", _line(project, "Pulumi.dev.yaml", "policies:"))]


def test_a_system_that_is_gone_is_looked_for_in_the_stack_file_and_else_nowhere(project: Project) -> None:
    assert _origin(project, claim(), None, system="gone") == [("Pulumi.dev.yaml", 1)]
    project.remove("Pulumi.dev.yaml")
    assert _origin(project, claim(), None, system="gone") == [("", 0)]


def test_files_that_cannot_be_loaded_still_name_the_system(project: Project) -> None:
    project.write("catalog/shop.yaml", "services: 1\n")

    assert _origin(project, claim(), None) == [("catalog/shop.yaml", 1)]


def test_a_stack_that_was_loaded_already_is_not_read_again(project: Project, tmp_path: Path) -> None:
    loaded = project.load("dev")
    before, after = side([workload()]), side([workload(replicas=0)])
    elsewhere = tmp_path / "elsewhere"

    (risk,) = [one for one in found("dev", before, after, (), elsewhere, loaded) if one.danger is Danger.DOWNTIME]

    assert (risk.file, risk.line) == ("catalog/shop.yaml", _line(project, "catalog/shop.yaml", "replicas: 2"))
    assert Origins(elsewhere, "dev", Sides(before, after)) is not None


def test_a_reason_stays_on_one_line_whatever_an_object_says(project: Project) -> None:
    odd = put(workload(), f"{CONTAINER}/securityContext/capabilities/add", ["NET\nADMIN"])

    (risk,) = found("dev", side([workload()]), side([odd]), (), project.root)

    assert "NET ADMIN" in risk.reason
