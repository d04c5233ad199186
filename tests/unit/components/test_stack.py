"""A stack under mocks: what is registered is what is rendered."""

import re
from collections import Counter
from collections.abc import Mapping

import pytest

from components.declare import resource_type
from components.providers import KUBERNETES_VERSION
from local import provider
from manifests.assembly import COMMON, assemble
from settings.stack import Stack
from tests.unit.components.conftest import Recorded, Registered

STACKS = ["local", "dev", "staging", "prod"]


@pytest.mark.parametrize("name", STACKS)
def test_components_register_exactly_the_objects_that_are_rendered(
    name: str, stacks: Mapping[str, Stack], registered: Registered
) -> None:
    stack = stacks[name]
    rendered = [
        (resource_type(placed.manifest), placed.manifest)
        for cluster in stack.environment.clusters
        for objects in assemble(stack, cluster).values()
        for placed in objects
    ]
    seen = [(args.typ, args.inputs) for args in registered(stack).objects]
    assert len(seen) == len(rendered)
    for found in seen:
        assert found in rendered


@pytest.mark.parametrize("name", STACKS)
def test_every_logical_name_is_unique_and_carries_no_hash(
    name: str, stacks: Mapping[str, Stack], registered: Registered
) -> None:
    objects = registered(stacks[name]).objects
    names = Counter((args.typ, args.name) for args in objects)
    assert [name for name, count in names.items() if count > 1] == []
    configured = [args.name for args in objects if args.typ == "kubernetes:core/v1:ConfigMap"]
    assert configured
    assert [name for name in configured if re.search(r"-[0-9a-f]{8}$", name)] == []


@pytest.mark.parametrize("name", ["local", "prod"])
def test_an_update_of_some_systems_registers_these_alone_and_changes_no_provider_and_no_address(
    name: str, stacks: Mapping[str, Stack], recorded: Recorded, registered: Registered
) -> None:
    def found() -> tuple[set[str], set[str], dict[str, dict[str, list[str]]]]:
        providers = {args.name for args in recorded.resources if args.typ == "pulumi:providers:kubernetes"}
        systems = {args.name.partition("/")[2].partition("/")[0].partition(":")[0] for args in recorded.objects}
        answer = systems, providers, dict(recorded.answering)
        recorded.resources.clear()
        recorded.answering.clear()
        return answer

    registered(stacks[name])
    systems, providers, addresses = found()
    assert systems == {*stacks[name].systems, COMMON}
    assert addresses
    registered(stacks[name], only=["ams", "plate"])
    assert found() == ({"ams", "plate", COMMON}, providers, addresses)


def test_a_multi_cluster_stack_has_one_provider_for_each_directory(
    stacks: Mapping[str, Stack], registered: Registered
) -> None:
    providers = {
        args.name: args.inputs["renderYamlToDirectory"]
        for args in registered(stacks["prod"]).resources
        if args.typ == "pulumi:providers:kubernetes"
    }
    assert providers["tokyo/immersiverse/workloads"] == "rendered/test/tokyo/immersiverse/workloads"
    assert "tokyo/plate/workloads" not in providers


def test_a_direct_stack_has_one_provider_for_each_cluster(stacks: Mapping[str, Stack], registered: Registered) -> None:
    providers = [args for args in registered(stacks["local"]).resources if args.typ == "pulumi:providers:kubernetes"]
    assert [args.name for args in providers] == ["embedded"]
    assert providers[0].inputs == {
        "context": "naru-local",
        "kubeconfig": ".naru/plane/kubeconfig",
        "clusterIdentifier": "local/embedded",
        "enableSecretMutable": "true",
    }


@pytest.mark.parametrize("name", STACKS)
def test_the_engine_sees_what_makes_a_secret_and_never_a_secret(
    name: str, stacks: Mapping[str, Stack], registered: Registered
) -> None:
    objects = registered(stacks[name]).objects
    makers = ("kubernetes:bitnami.com/v1alpha1:SealedSecret", "kubernetes:external-secrets.io/v1:ExternalSecret")
    made = {args.inputs["metadata"]["name"] for args in objects if args.typ in makers}
    assert made == {secret for system in stacks[name].systems.values() for secret in system.secrets}
    assert [args.name for args in objects if args.typ == "kubernetes:core/v1:Secret"] == []


def test_the_local_provider_follows_the_version_that_the_program_asks_for() -> None:
    assert KUBERNETES_VERSION == provider.VERSION
