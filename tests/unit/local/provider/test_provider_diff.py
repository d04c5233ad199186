"""What counts as a change, and which changes need a new object."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.provider.diff import (
    Change,
    Mutability,
    Path,
    changes,
    forces_replacement,
    keeps_name,
    parse_path,
    property_path,
    refused_fields,
    under,
)
from local.provider.properties import UNKNOWN, Secret

LOCKED = Mutability()


def replaced(
    obj: dict[str, Any], old: dict[str, Any], new: dict[str, Any], mutability: Mutability = LOCKED
) -> list[str]:
    """Return the paths for which a change from `old` to `new` replaces an object."""
    after = {**obj, **new}
    found = changes({**obj, **old}, after)
    return [property_path(change.path) for change in found if forces_replacement(change, after, mutability)]


def typed(api_version: str, kind: str) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "a", "namespace": "demo"}}


def test_equal_objects_have_no_changes() -> None:
    obj = {"spec": {"ports": [{"port": 80}], "flag": True}}
    assert changes(obj, obj) == []


def test_changes_name_what_was_added_deleted_and_updated() -> None:
    old = {"spec": {"a": 1, "b": 2, "list": [1, 2]}}
    new = {"spec": {"a": 3, "c": 4, "list": [1]}}
    assert changes(old, new) == [
        Change(("spec", "a"), "update", 1, 3),
        Change(("spec", "c"), "add", None, 4),
        Change(("spec", "list", 1), "delete", 2, None),
        Change(("spec", "b"), "delete", 2, None),
    ]


def test_a_secret_with_the_same_value_is_no_change() -> None:
    assert changes({"a": Secret("x")}, {"a": "x"}) == []


def test_an_unknown_value_is_a_change() -> None:
    assert [change.path for change in changes({"a": "x"}, {"a": UNKNOWN})] == [("a",)]


def test_true_and_one_differ() -> None:
    assert len(changes({"a": 1}, {"a": True})) == 1


@pytest.mark.parametrize(
    ("api_version", "kind", "old", "new", "paths"),
    [
        ("apps/v1", "Deployment", {"spec": {"replicas": 1}}, {"spec": {"replicas": 2}}, []),
        (
            "apps/v1",
            "Deployment",
            {"spec": {"selector": {"matchLabels": {"a": "1"}}}},
            {"spec": {"selector": {"matchLabels": {"a": "2"}}}},
            ["spec.selector.matchLabels.a"],
        ),
        (
            "apps/v1",
            "DaemonSet",
            {"spec": {"selector": {"matchLabels": {"a": "1"}}}},
            {"spec": {"selector": {"matchLabels": {"b": "1"}}}},
            ["spec.selector.matchLabels.b", "spec.selector.matchLabels.a"],
        ),
        (
            "apps/v1",
            "StatefulSet",
            {"spec": {"serviceName": "a"}},
            {"spec": {"serviceName": "b"}},
            ["spec.serviceName"],
        ),
        (
            "apps/v1",
            "StatefulSet",
            {"spec": {"volumeClaimTemplates": [{"spec": {"storageClassName": "a"}}]}},
            {"spec": {"volumeClaimTemplates": [{"spec": {"storageClassName": "b"}}]}},
            ["spec.volumeClaimTemplates[0].spec.storageClassName"],
        ),
        ("apps/v1", "StatefulSet", {"spec": {"template": {"a": 1}}}, {"spec": {"template": {"a": 2}}}, []),
        (
            "batch/v1",
            "Job",
            {"spec": {"template": {"spec": {"containers": [{"image": "a"}]}}}},
            {"spec": {"template": {"spec": {"containers": [{"image": "b"}]}}}},
            ["spec.template.spec.containers[0].image"],
        ),
        ("batch/v1", "Job", {"spec": {"suspend": True}}, {"spec": {"suspend": False}}, []),
        (
            "v1",
            "PersistentVolumeClaim",
            {"spec": {"resources": {"requests": {"storage": "1Gi"}}}},
            {"spec": {"resources": {"requests": {"storage": "2Gi"}}}},
            [],
        ),
        (
            "v1",
            "PersistentVolumeClaim",
            {"spec": {"storageClassName": "a", "volumeAttributesClassName": "a"}},
            {"spec": {"storageClassName": "b", "volumeAttributesClassName": "b"}},
            ["spec.storageClassName"],
        ),
        ("v1", "Service", {"spec": {"type": "ClusterIP"}}, {"spec": {"type": "NodePort"}}, []),
        ("v1", "Service", {"spec": {}}, {"spec": {"clusterIP": "None"}}, ["spec.clusterIP"]),
        ("v1", "Service", {}, {"spec": {"clusterIP": "None"}}, ["spec"]),
        ("v1", "Service", {}, {"spec": {"ports": []}}, []),
        ("scheduling.k8s.io/v1", "PriorityClass", {"value": 1}, {"value": 2}, ["value"]),
        ("storage.k8s.io/v1", "StorageClass", {"provisioner": "a"}, {"provisioner": "b"}, ["provisioner"]),
        (
            "rbac.authorization.k8s.io/v1",
            "RoleBinding",
            {"roleRef": {"name": "a"}, "subjects": []},
            {"roleRef": {"name": "b"}, "subjects": [{"name": "x"}]},
            ["roleRef.name"],
        ),
        ("v1", "Namespace", {"spec": {"finalizers": []}}, {"spec": {"finalizers": ["x"]}}, []),
    ],
)
def test_what_the_api_calls_immutable_needs_a_new_object(
    api_version: str, kind: str, old: dict[str, Any], new: dict[str, Any], paths: list[str]
) -> None:
    assert replaced(typed(api_version, kind), old, new) == paths


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
def test_data_needs_a_new_object_unless_the_provider_allows_otherwise(kind: str) -> None:
    obj, old, new = typed("v1", kind), {"data": {"a": "1"}}, {"data": {"a": "2"}}
    assert replaced(obj, old, new) == ["data.a"]
    assert replaced(obj, old, new, Mutability(config_maps=True, secrets=True)) == []


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
def test_data_that_is_marked_immutable_always_needs_a_new_object(kind: str) -> None:
    old, new = {"data": {"a": "1"}, "immutable": True}, {"data": {"a": "2"}, "immutable": True}
    assert replaced(typed("v1", kind), old, new, Mutability(config_maps=True, secrets=True)) == ["data.a"]


@pytest.mark.parametrize("key", ["name", "namespace"])
def test_another_name_or_namespace_is_another_object(key: str) -> None:
    new = {"metadata": {"name": "a", "namespace": "demo", key: "other"}}
    assert replaced(typed("example.org/v1", "Thing"), {}, new) == [f"metadata.{key}"]
    assert not keeps_name(typed("example.org/v1", "Thing"), new)


@pytest.mark.parametrize(
    "message",
    [
        "field is immutable",
        "spec is immutable after creation except resources.requests",
        "updates to statefulset spec for fields other than 'replicas' are forbidden",
        "pod updates may not change fields other than `spec.containers[*].image`",
        "cannot change roleRef",
        "may not be changed in an update.",
    ],
)
def test_every_way_of_saying_immutable_is_understood(message: str) -> None:
    assert refused_fields([{"field": "spec", "message": message}]) == ["spec"]


@pytest.mark.parametrize(
    "message", ["Required value", 'Invalid value: "x": must be a valid port', "Forbidden: not here"]
)
def test_an_invalid_value_is_not_taken_for_an_immutable_field(message: str) -> None:
    assert refused_fields([{"field": "spec", "message": message}]) == []


def test_a_refused_field_stands_for_the_changes_below_it() -> None:
    found = changes({"spec": {"a": {"x": 1}, "b": 1}}, {"spec": {"a": {"x": 2}, "b": 2}})
    assert [change.path for change in under(found, "spec.a")] == [("spec", "a", "x")]


def test_a_refused_field_that_did_not_change_stands_for_all_changes() -> None:
    found = changes({"spec": {"a": 1}}, {"spec": {"a": 2}})
    assert under(found, "<nil>") == found


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("spec", "ports", 0, "name"), "spec.ports[0].name"),
        (("metadata", "annotations", "a.b/c"), 'metadata.annotations["a.b/c"]'),
        (("a", 'quo"ted.'), 'a["quo\\"ted."]'),
    ],
)
def test_paths_are_spelled_as_the_engine_spells_them(path: Path, text: str) -> None:
    assert property_path(path) == text


KEYS = st.text('abcXYZ0123456789-_/."[]', min_size=1, max_size=6).filter(lambda key: "\\" not in key)


@given(st.lists(KEYS | st.integers(0, 99), min_size=1, max_size=5))
def test_a_spelled_path_is_read_again(parts: list[str | int]) -> None:
    path = ("root", *parts)
    assert parse_path(property_path(path)) == path
