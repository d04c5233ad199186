"""What the state keeps of a live object, and how drift shows in the inputs."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.provider import observed

LIVE: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "api",
        "namespace": "demo",
        "uid": "1",
        "resourceVersion": "5",
        "generation": 2,
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "annotations": {"deployment.kubernetes.io/revision": "2"},
        "managedFields": [{"manager": "x"}],
    },
    "spec": {
        "replicas": 3,
        "revisionHistoryLimit": 10,
        "template": {
            "spec": {
                "restartPolicy": "Always",
                "containers": [
                    {
                        "name": "api",
                        "image": "api:1",
                        "resources": {"limits": {"cpu": "1"}},
                        "terminationMessagePath": "/dev/termination-log",
                    }
                ],
            }
        },
    },
    "status": {"replicas": 3},
}
KNOWN: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "api", "namespace": "demo"},
    "spec": {
        "replicas": 3,
        "template": {
            "spec": {
                "hostNetwork": False,
                "nodeSelector": {},
                "containers": [{"name": "api", "image": "api:1", "resources": {"limits": {"cpu": "1000m"}}}],
            }
        },
    },
}


def live_with(**spec: Any) -> dict[str, Any]:
    return {**LIVE, "spec": {**LIVE["spec"], **spec}}


def containers(live: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = live["spec"]["template"]["spec"]["containers"]
    return found


def test_an_object_nobody_touched_shows_no_drift() -> None:
    assert observed.inputs(LIVE, KNOWN) == KNOWN


def test_a_changed_field_of_ours_shows() -> None:
    assert observed.inputs(live_with(replicas=1), KNOWN)["spec"]["replicas"] == 1


def test_a_removed_field_of_ours_shows() -> None:
    live = live_with()
    del live["spec"]["replicas"]
    assert "replicas" not in observed.inputs(live, KNOWN)["spec"]


def test_a_removed_flag_of_ours_shows_unless_it_was_off() -> None:
    ours = {"apiVersion": "v1", "kind": "Pod", "spec": {"hostNetwork": True, "hostPID": False}}
    assert observed.inputs({**ours, "spec": {}}, ours)["spec"] == {"hostPID": False}


def test_what_others_add_does_not_show() -> None:
    live = copy.deepcopy(LIVE)
    live["metadata"]["labels"] = {"other": "x"}
    containers(live).insert(0, {"name": "sidecar", "image": "injected"})
    assert observed.inputs(live, KNOWN) == KNOWN


def test_a_container_of_ours_that_is_gone_shows() -> None:
    live = copy.deepcopy(LIVE)
    containers(live)[0]["name"] = "other"
    assert containers(observed.inputs(live, KNOWN)) == []


@pytest.mark.parametrize(
    ("known", "live"),
    [
        ("1000m", "1"),
        ("0.5", "500m"),
        ("1024Mi", "1Gi"),
        (1, "1"),
        ("1k", "1000"),
        ("2048", "2Ki"),
        ("1000u", "1m"),
        ("1000n", "1u"),
    ],
)
def test_a_quantity_written_another_way_is_no_drift(known: Any, live: str) -> None:
    ours = {"apiVersion": "v1", "kind": "ResourceQuota", "spec": {"hard": {"x": known}}}
    assert observed.inputs({**ours, "spec": {"hard": {"x": live}}}, ours) == ours


def test_another_quantity_is_drift() -> None:
    ours = {"apiVersion": "v1", "kind": "ResourceQuota", "spec": {"hard": {"x": "1"}}}
    assert observed.inputs({**ours, "spec": {"hard": {"x": "2"}}}, ours)["spec"]["hard"]["x"] == "2"


def test_equal_numbers_that_are_no_quantities_are_drift() -> None:
    ours = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"x": "1000m"}}
    assert observed.inputs({**ours, "data": {"x": "1"}}, ours)["data"]["x"] == "1"


def test_items_added_to_a_list_of_a_custom_resource_show() -> None:
    ours = {"apiVersion": "example.org/v1", "kind": "Thing", "spec": {"steps": [{"name": "a"}]}}
    live = {**ours, "spec": {"steps": [{"name": "a"}, {"name": "b"}]}}
    assert len(observed.inputs(live, ours)["spec"]["steps"]) == 2


def test_string_data_is_compared_with_the_data_it_became() -> None:
    ours = {"apiVersion": "v1", "kind": "Secret", "stringData": {"a": "x", "gone": "y"}}
    live = {"apiVersion": "v1", "kind": "Secret", "data": {"a": "eA=="}}
    assert observed.inputs(live, ours)["stringData"] == {"a": "x"}


def test_the_state_leaves_out_owners_and_the_counter_of_writes() -> None:
    metadata = observed.outputs(LIVE)["metadata"]
    assert "managedFields" not in metadata
    assert "resourceVersion" not in metadata
    assert metadata["uid"] == "1"
    assert observed.outputs(LIVE)["status"] == LIVE["status"]


def test_a_foretold_state_holds_nothing_that_is_only_known_later() -> None:
    foretold = observed.planned(LIVE)
    assert "status" not in foretold
    assert not {"uid", "creationTimestamp"} & foretold["metadata"].keys()


def test_an_imported_object_has_the_inputs_a_user_would_have_written() -> None:
    inputs = observed.imported(LIVE)
    assert inputs["metadata"] == {"name": "api", "namespace": "demo"}
    assert inputs["spec"] == LIVE["spec"]


JSON = st.recursive(
    st.booleans() | st.integers(0, 9) | st.text("ab", min_size=1, max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(spec=st.dictionaries(st.text("abc", min_size=1, max_size=2), JSON, max_size=4))
def test_whatever_the_server_adds_to_maps_the_inputs_stay_the_same(spec: dict[str, Any]) -> None:
    ours = {"apiVersion": "example.org/v1", "kind": "Thing", "metadata": {"name": "a"}, "spec": spec}
    assert observed.inputs(_with_defaults(ours), ours) == ours


def _with_defaults(value: Any) -> Any:
    if isinstance(value, dict):
        return {**{key: _with_defaults(item) for key, item in value.items()}, "zz-default": 1}
    return [_with_defaults(item) for item in value] if isinstance(value, list) else value
