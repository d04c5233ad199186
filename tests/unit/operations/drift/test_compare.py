"""Where a live object differs from what it would be if ours were applied again."""

from typing import Any

import pytest

from operations.drift.compare import differences


def deployment(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "api"}, "spec": spec}


def paths(live: dict[str, Any], applied: dict[str, Any], *ignored: str) -> list[str]:
    return [one.path for one in differences(live, applied, ignored)]


def test_same_object_has_no_difference() -> None:
    assert differences(deployment(replicas=2), deployment(replicas=2)) == ()


def test_status_and_what_the_api_server_counts_are_not_compared() -> None:
    live = {**deployment(replicas=2), "status": {"replicas": 1}}
    live["metadata"] = {"name": "api", "resourceVersion": "7", "generation": 3, "managedFields": [], "uid": "u"}
    assert differences(live, deployment(replicas=2)) == ()


def test_changed_field_has_both_values() -> None:
    (found,) = differences(deployment(replicas=5), deployment(replicas=2))
    assert (found.path, found.live, found.rendered) == ("spec.replicas", 5, 2)


def test_field_that_is_gone_and_one_that_came_are_none_on_one_side() -> None:
    gone, came = differences(deployment(paused=True), deployment(minReadySeconds=5))
    assert (gone.path, gone.live, gone.rendered) == ("spec.paused", True, None)
    assert (came.path, came.live, came.rendered) == ("spec.minReadySeconds", None, 5)


def test_items_of_lists_are_told_by_their_name() -> None:
    live = deployment(containers=[{"name": "proxy", "image": "p:1"}, {"name": "api", "image": "a:2"}])
    applied = deployment(containers=[{"name": "proxy", "image": "p:1"}, {"name": "api", "image": "a:1"}])
    assert paths(live, applied) == ["spec.containers[api].image"]


def test_items_without_a_name_are_told_by_their_place() -> None:
    assert paths(deployment(args=["a", "b"]), deployment(args=["a", "c"])) == ["spec.args[1]"]


def test_items_whose_key_is_no_plain_value_are_told_by_their_place() -> None:
    before, after = ([{"port": {"number": 80}, "weight": weight}] for weight in (1, 2))
    assert paths(deployment(rules=before), deployment(rules=after)) == ["spec.rules[0].weight"]


def test_list_of_another_length_is_one_difference() -> None:
    assert paths(deployment(args=["a", "b"]), deployment(args=["a"])) == ["spec.args"]


@pytest.mark.parametrize("ignored", ["metadata.annotations", 'metadata.annotations["a.b/c"]', "metadata"])
def test_what_is_left_to_others_is_no_difference(ignored: str) -> None:
    live, applied = deployment(), deployment()
    live["metadata"] = {"name": "api", "annotations": {"a.b/c": "hand"}}
    assert paths(live, applied) == ["metadata.annotations"]
    applied["metadata"] = {"name": "api", "annotations": {"a.b/c": "ours"}}
    assert paths(live, applied) == ['metadata.annotations["a.b/c"]']
    assert paths(live, applied, ignored) == []


def test_field_whose_name_begins_like_an_ignored_one_is_told() -> None:
    assert paths(deployment(httpRoute=1), deployment(httpRoute=2), "spec.http") == ["spec.httpRoute"]


def test_values_of_a_secret_are_not_shown() -> None:
    live = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"key": "bGl2ZQ=="}}
    (found,) = differences(live, {**live, "data": {"key": "b3Vycw=="}})
    assert found.path == "data.key"
    assert "bGl2ZQ" not in str(found)
    assert "b3Vycw" not in str(found)


def managed(*entries: dict[str, Any]) -> dict[str, Any]:
    live = deployment(replicas=5, template={"containers": [{"name": "api", "image": "a:2"}]})
    live["metadata"] = {"name": "api", "managedFields": list(entries)}
    return live


APPLIED = deployment(replicas=2, template={"containers": [{"name": "api", "image": "a:1"}]})
CONTAINER: dict[str, Any] = {'k:{"name":"api"}': {".": {}, "f:image": {}}}


def test_difference_says_who_wrote_the_field_last_and_when() -> None:
    live = managed(
        {"manager": "argocd-controller", "time": "2026-01-01T00:00:00Z", "fieldsV1": {"f:spec": {"f:template": {}}}},
        {
            "manager": "kubectl-edit",
            "time": "2026-01-02T00:00:00Z",
            "fieldsV1": {"f:spec": {"f:replicas": {}, "f:template": {"f:containers": CONTAINER}}},
        },
    )
    assert [(one.path, one.by) for one in differences(live, APPLIED)] == [
        ("spec.replicas", "kubectl-edit, 2026-01-02T00:00:00Z"),
        ("spec.template.containers[api].image", "kubectl-edit, 2026-01-02T00:00:00Z"),
    ]


def test_owner_of_another_field_or_of_the_status_is_not_named() -> None:
    live = managed(
        {"manager": "other", "time": "2026-01-03T00:00:00Z", "fieldsV1": {"f:spec": {"f:paused": {}}}},
        {
            "manager": "controller",
            "subresource": "status",
            "time": "2026-01-04T00:00:00Z",
            "fieldsV1": {"f:spec": {"f:replicas": {}}},
        },
    )
    assert [one.by for one in differences(live, APPLIED)] == ["", ""]
