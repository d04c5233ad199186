"""Which fields two objects differ in, and what is no difference at all."""

import copy
from typing import Any

import pytest

from operations.diff.compare import fields
from operations.diff.model import Field
from tests.unit.operations.diff.sides_builders import made, workload


def paths(before: dict[str, Any], after: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {field.path: (field.before, field.after) for field in fields(before, after)}


def pod(**spec: Any) -> dict[str, Any]:
    return made("Deployment", spec={"template": {"spec": spec}})


def container(**content: Any) -> dict[str, Any]:
    return pod(containers=[{"name": "api", **content}])


def test_a_container_is_known_by_its_name() -> None:
    before = pod(containers=[{"name": "api", "image": "api:1"}, {"name": "proxy", "image": "proxy:1"}])
    after = pod(containers=[{"name": "proxy", "image": "proxy:1"}, {"name": "api", "image": "api:2"}])

    assert paths(before, after) == {"spec.template.spec.containers[api].image": ("api:1", "api:2")}


def test_a_variable_that_comes_is_told_whole() -> None:
    before = container(env=[{"name": "A", "value": "1"}])
    after = container(env=[{"name": "B", "value": "2"}, {"name": "A", "value": "1"}])

    assert paths(before, after) == {
        "spec.template.spec.containers[api].env[B]": (None, {"name": "B", "value": "2"}),
    }


@pytest.mark.parametrize(
    ("key", "items", "label"),
    [
        ("ports", [{"containerPort": 80, "protocol": "TCP"}, {"containerPort": 81, "protocol": "TCP"}], "80/TCP"),
        ("volumeMounts", [{"mountPath": "/a", "name": "x"}, {"mountPath": "/b", "name": "x"}], "/a"),
        ("envFrom", [{"configMapRef": {"name": "one"}}, {"secretRef": {"name": "two"}}], "one"),
        ("hostAliases", [{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}], "10.0.0.1"),
    ],
)
def test_items_are_known_by_what_kubernetes_merges_them_by(key: str, items: list[Any], label: str) -> None:
    changed = copy.deepcopy(items)
    changed[0]["said"] = "anew"

    assert paths(container(**{key: items}), container(**{key: changed})) == {
        f"spec.template.spec.containers[api].{key}[{label}].said": (None, "anew")
    }


def test_rules_of_an_ingress_are_known_by_host_and_their_paths_by_path() -> None:
    def ingress(service: str) -> dict[str, Any]:
        rule = {"host": "shop.example.com", "http": {"paths": [{"path": "/api", "backend": {"service": service}}]}}
        return {"kind": "Ingress", "spec": {"rules": [{"host": "example.com"}, rule][:: 1 if service == "a" else -1]}}

    assert paths(ingress("a"), ingress("b")) == {
        "spec.rules[shop.example.com].http.paths[/api].backend.service": ("a", "b")
    }


def test_keys_with_dots_and_slashes_stand_in_brackets() -> None:
    before = made("Deployment", metadata={"annotations": {"example.com/owner": "a"}})
    after = made("Deployment", metadata={"annotations": {"example.com/owner": "b"}})

    assert list(paths(before, after)) == ["metadata.annotations[example.com/owner]"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (container(resources={"requests": {"cpu": "1000m"}}), container(resources={"requests": {"cpu": 1}})),
        (container(resources={"limits": {"memory": "1Gi"}}), container(resources={"limits": {"memory": "1024Mi"}})),
        (pod(volumes=[{"name": "a", "emptyDir": {"sizeLimit": "1Gi"}}]),
         pod(volumes=[{"name": "a", "emptyDir": {"sizeLimit": "1024Mi"}}])),
        (container(securityContext={"capabilities": {"drop": ["ALL", "NET_RAW"]}}),
         container(securityContext={"capabilities": {"drop": ["NET_RAW", "ALL"]}})),
        ({"kind": "NetworkPolicy", "spec": {"ingress": [{"from": [{"a": 1}, {"b": 2}]}, {"ports": [{"port": 80}]}]}},
         {"kind": "NetworkPolicy", "spec": {"ingress": [{"ports": [{"port": 80}]}, {"from": [{"b": 2}, {"a": 1}]}]}}),
        ({"kind": "ClusterRole", "rules": [{"verbs": ["get", "list"]}, {"verbs": ["watch"]}]},
         {"kind": "ClusterRole", "rules": [{"verbs": ["watch"]}, {"verbs": ["list", "get"]}]}),
        (container(env=[{"name": "A", "value": "1"}, {"name": "B"}]),
         container(env=[{"name": "B"}, {"name": "A", "value": "1"}])),
        ({"kind": "Rollout", "spec": {"steps": [{"pause": {"duration": "10m"}}]}},
         {"kind": "Rollout", "spec": {"steps": [{"pause": {"duration": 600}}]}}),
        (container(command=None), container()),
    ],
    ids=["cpu", "memory", "size limit", "capabilities", "network policy", "role", "variables", "pause", "null"],
)  # fmt: skip
def test_order_and_spelling_are_no_difference(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert fields(before, after) == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (container(args=["a", "b"]), container(args=["b", "a"])),
        (pod(initContainers=[{"name": "a"}, {"name": "b"}]), pod(initContainers=[{"name": "b"}, {"name": "a"}])),
        (container(envFrom=[{"secretRef": {"name": "a"}}, {"secretRef": {"name": "b"}}]),
         container(envFrom=[{"secretRef": {"name": "b"}}, {"secretRef": {"name": "a"}}])),
        (container(env=[{"name": "A", "value": "1"}, {"name": "B", "value": "$(A)"}]),
         container(env=[{"name": "B", "value": "$(A)"}, {"name": "A", "value": "1"}])),
        (container(env=[{"name": "A", "value": "1"}]), container(env=[{"name": "A", "value": 1}])),
        (container(env=[{"name": "A", "value": "1000m"}]), container(env=[{"name": "A", "value": "1"}])),
        (pod(volumes=[{"name": "a", "emptyDir": {}}]), pod(volumes=[{"name": "a"}])),
        ({"kind": "NetworkPolicy", "spec": {"ingress": []}}, {"kind": "NetworkPolicy", "spec": {"ingress": [{}]}}),
    ],
    ids=["arguments", "init containers", "sources", "variables of variables", "text and number",
         "no quantity", "empty map", "empty rule"],
)  # fmt: skip
def test_what_means_something_else_is_a_difference(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert len(fields(before, after)) == 1


def test_one_rule_of_a_set_that_changes_is_told_by_its_inner_field() -> None:
    def policy(port: int) -> dict[str, Any]:
        rules = [{"ports": [{"port": 80}]}, {"ports": [{"port": port, "protocol": "TCP"}]}]
        return {"kind": "NetworkPolicy", "spec": {"egress": rules[:: 1 if port == 1 else -1]}}

    assert paths(policy(1), policy(2)) == {
        "spec.egress[].ports[1/TCP]": ({"port": 1, "protocol": "TCP"}, None),
        "spec.egress[].ports[2/TCP]": (None, {"port": 2, "protocol": "TCP"}),
    }


def test_steps_of_another_number_are_told_as_a_whole() -> None:
    before, after = (
        {"kind": "Rollout", "spec": {"steps": [{"setWeight": one} for one in steps]}} for steps in ([5], [5, 9])
    )

    assert paths(before, after) == {"spec.steps": ([{"setWeight": 5}], [{"setWeight": 5}, {"setWeight": 9}])}


def test_a_value_sealed_anew_is_told_by_its_key_and_never_by_its_ciphertext() -> None:
    def sealed(**data: str) -> dict[str, Any]:
        return made("SealedSecret", spec={"encryptedData": data})

    found = fields(
        sealed(password="AgOLD", gone="AgGONE", same="AgSAME"), sealed(password="AgNEW", same="AgSAME", come="AgCOME")
    )

    assert [field.path for field in found] == [
        "spec.encryptedData.password", "spec.encryptedData.gone", "spec.encryptedData.come",
    ]  # fmt: skip
    assert found[0] == Field("spec.encryptedData.password", "(sealed)", "(sealed anew)")
    assert "Ag" not in repr(found)


def test_the_data_of_a_secret_are_never_told() -> None:
    found = fields(made("Secret", stringData={"a": "hunter2"}), made("Secret", data={"a": "aHVudGVyMg=="}))

    assert found
    assert "hunter2" not in repr(found)
    assert "aHVudGVyMg" not in repr(found)


def test_equal_objects_have_no_differing_fields() -> None:
    assert fields(workload(), workload()) == ()
