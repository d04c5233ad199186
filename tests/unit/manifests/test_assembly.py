"""Everything of a stack on one cluster: complete, in order, each name once."""

import pytest

from manifests.assembly import COMMON, assemble
from manifests.placed import Part, Placed
from settings.faults import SettingsError
from settings.stack import Stack
from tests.builders import TWO_CLUSTERS, a_data_store, a_service, a_stack, a_system, of_kind


def a_full_stack() -> Stack:
    system = a_system(
        a_service(
            dependsOn=["store"],
            env={"A": "1"},
            scaling={"min": 2, "max": 4},
            exposure={"public": {"hosts": ["api"]}},
            secretEnvFrom=["db", "somebody-elses"],
            volumes={"models": {"sharedClaim": "all-models"}},
        ),
        a_data_store(env={"B": "2"}, secretEnvFrom=["db"]),
        claims={"all-models": {"size": "1Gi", "accessMode": "ReadWriteMany"}},
        secrets={"db": {"keys": {"password": {}}}},
    )
    return a_stack(
        system,
        domains={"api": "api.example.com"},
        policies={"secrets": "generated"},
        issuers={"self": {"server": "self-signed"}},
        defaultIssuer="self",
        priorityClasses={"data": {"value": 1000, "description": "data"}},
    )


def system_of(stack: Stack, cluster: str = "main", name: str = "demo") -> tuple[Placed, ...]:
    return assemble(stack, cluster)[name]


def test_common_comes_first_and_systems_keep_their_order() -> None:
    full = a_full_stack()
    stack = Stack("dev", full.environment, {name: a_system(name=name) for name in ("b", "a", "c")})
    assert list(assemble(stack, "main")) == [COMMON, "b", "a", "c"]


def test_nothing_common_leaves_common_out() -> None:
    assert list(assemble(a_stack(a_system()), "main")) == ["demo"]


def test_every_kind_of_a_full_system_is_there() -> None:
    kinds = {placed.manifest["kind"] for placed in system_of(a_full_stack())}
    assert kinds >= {
        "Namespace",
        "LimitRange",
        "PersistentVolumeClaim",
        "SealedSecret",
        "StatefulSet",
        "NetworkPolicy",
        "Deployment",
        "HorizontalPodAutoscaler",
        "PodDisruptionBudget",
        "Ingress",
        "ConfigMap",
        "Service",
        "ServiceAccount",
    }


def test_foundation_precedes_workloads() -> None:
    parts = [placed.part for placed in system_of(a_full_stack())]
    assert Part.FOUNDATION in parts
    assert Part.WORKLOADS in parts
    assert parts == sorted(parts, key=list(Part).index)


def test_order_within_a_part_is_the_order_of_the_settings() -> None:
    stack = a_stack(a_system(a_service("z"), a_service("a"), a_service("m")))
    names = [placed.manifest["metadata"]["name"] for placed in of_kind(system_of(stack), "Deployment")]
    assert names == ["z", "a", "m"]


def test_everything_in_a_namespace_comes_after_it() -> None:
    for placed in system_of(a_full_stack()):
        namespace = placed.manifest["metadata"].get("namespace")
        assert (f"Namespace//{namespace}" in placed.after) == (namespace is not None)


def test_nothing_comes_after_what_is_not_there_or_after_itself() -> None:
    seen: set[str] = set()
    for placed in system_of(a_full_stack()):
        assert set(placed.after) <= seen
        assert len(placed.after) == len(set(placed.after))
        seen.add(placed.reference)


def test_deployment_waits_for_what_its_pods_need() -> None:
    (deployment,) = of_kind(system_of(a_full_stack()), "Deployment")
    assert {
        "ServiceAccount/demo/api",
        "SealedSecret/demo/db",
        "PersistentVolumeClaim/demo/all-models",
        "StatefulSet/demo/store",
    } <= set(deployment.after)
    assert "Secret/demo/somebody-elses" not in deployment.after


def test_order_keeps_everything_else_of_an_object() -> None:
    objects = system_of(a_full_stack())
    assert {placed.manifest["kind"] for placed in objects if placed.kept} == {"ConfigMap"}
    assert {placed.manifest["kind"] for placed in objects if placed.keeps_data} == {
        "Namespace",
        "PersistentVolumeClaim",
        "SealedSecret",
        "StatefulSet",
    }
    assert {placed.component for placed in of_kind(objects, "Deployment")} == {"api"}


def test_every_object_has_a_name_of_its_own() -> None:
    references = [placed.reference for objects in assemble(a_full_stack(), "main").values() for placed in objects]
    assert len(references) == len(set(references))


def test_what_is_off_is_left_out() -> None:
    stack = a_stack(
        a_system(a_service("on"), a_service("off", enabled=False), a_data_store("dark", enabled=False)),
        a_system(name="gone", enabled=False),
    )
    assembled = assemble(stack, "main")
    assert "gone" not in assembled
    assert [placed.reference for placed in of_kind(assembled["demo"], "Deployment")] == ["Deployment/demo/on"]
    assert of_kind(assembled["demo"], "StatefulSet") == []


def test_system_of_the_primary_cluster_is_nowhere_else() -> None:
    stack = a_stack(
        a_system(name="here"), a_system(a_service(), a_data_store(), name="all", clusters="all"), clusters=TWO_CLUSTERS
    )
    assert set(assemble(stack, "seoul")) == {"here", "all"}
    elsewhere = assemble(stack, "tokyo")
    assert set(elsewhere) == {"all"}
    assert of_kind(elsewhere["all"], "StatefulSet") == []
    assert "Deployment/all/api" in [placed.reference for placed in elsewhere["all"]]


def test_assembling_twice_gives_the_same() -> None:
    stack = a_full_stack()
    assert assemble(stack, "main") == assemble(stack, "main")


def test_two_objects_of_one_name_are_refused_with_both_owners() -> None:
    services = a_service("store-headless"), a_data_store("store")
    with pytest.raises(SettingsError) as raised:
        assemble(a_stack(a_system(*services)), "main")
    (fault,) = raised.value.faults
    assert "Service/demo/store-headless" in fault.found
    assert "store and store-headless" in fault.found
    assert fault.file == "catalog/demo.yaml"
