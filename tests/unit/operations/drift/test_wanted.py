"""Which fields of an object are another's to write: those that Argo CD ignores, and no others."""

import pytest

from manifests.tree import tree
from operations.drift.wanted import fields_of, of_application, subject_of, wanted
from tests.assembled import STACKS, stack

RULES = [
    {"kind": "Deployment", "group": "apps", "namespace": "ns", "name": "api", "jsonPointers": ["/spec/replicas"]},
    {"kind": "Service", "namespace": "ns", "name": "live", "jqPathExpressions": [".spec.selector | select(. != null)"]},
    {"kind": "Ingress", "namespace": "ns", "name": "api", "jsonPointers": ["/metadata/annotations/a.b~1c"]},
    {"kind": "PriorityClass", "name": "high", "jsonPointers": ["/value"]},
]


def test_rules_of_argo_cd_are_fields_of_the_objects_they_are_about() -> None:
    assert fields_of(RULES) == {
        ("Deployment", "ns", "api"): ("spec.replicas",),
        ("Service", "ns", "live"): ("spec.selector",),
        ("Ingress", "ns", "api"): ('metadata.annotations["a.b/c"]',),
        ("PriorityClass", "", "high"): ("value",),
    }


@pytest.mark.parametrize("name", STACKS)
def test_what_argo_cd_ignores_of_each_object_is_no_drift_whichever_way_it_is_found(name: str) -> None:
    """Of the files here by their settings, of a branch by the rules that its Applications have."""
    found = stack(name)
    folders = tree(found).folders
    files = {
        f"{folder}/{index}.yaml": placed.manifest
        for folder, objects in folders.items()
        for index, placed in enumerate(objects)
    }
    applications = {path: one for path, one in files.items() if path.split("/")[1] == "applications"}
    assert bool(applications) == found.environment.by_argocd
    contexts = {cluster.context: key for key, cluster in found.environment.clusters.items()}
    by_branch = {
        (one.cluster, *subject_of(one.manifest)): one.ignored
        for path, application in applications.items()
        for one in of_application(
            contexts[application["spec"]["destination"]["name"]], path.split("/")[2], application, files
        )
    }
    by_files = {(one.cluster, *subject_of(one.manifest)): one.ignored for one in wanted(found, found.systems)}
    assert by_files
    assert by_branch in (by_files, {})
    if applications:
        assert any(by_branch.values()), "there are fields that are ignored"
        scaled = [key for key in by_files if key[1] == "HorizontalPodAutoscaler"]
        assert scaled
        assert "spec.replicas" in {field for fields in by_files.values() for field in fields}
