"""A stack under mocks: what is registered is what is rendered."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pulumi
import pytest
from pulumi.runtime.mocks import MockResourceArgs

from components.declare import resource_type
from components.providers import KUBECONFIG, KUBERNETES_VERSION
from components.stack_resources import register
from local import provider
from manifests.assembly import COMMON
from manifests.tree import tree
from settings.environment import Delivery
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
        for objects in tree(stack).folders.values()
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


def test_an_update_of_one_cluster_registers_nothing_of_another_not_even_its_provider(
    stacks: Mapping[str, Stack], recorded: Recorded, registered: Registered
) -> None:
    prod = stacks["prod"]
    environment = prod.environment.model_copy(update={"delivery": Delivery.DIRECT, "argocd": None})
    stack = replace(prod, environment=environment)
    addresses = dict(registered(stack).answering)
    whole = {args.name: args.inputs for args in recorded.resources}
    found: dict[str, Any] = {}
    for cluster in environment.clusters:
        recorded.resources.clear()
        recorded.answering.clear()
        of_it = {args.name: args.inputs for args in registered(stack, clusters=[cluster]).resources}
        assert {name.partition("/")[0] for name in of_it if name != "naru-test"} == {cluster}
        assert cluster in of_it, "its provider"
        assert recorded.answering == addresses, "what is exported says where all of it answers"
        found |= of_it
    assert found == whole, "one cluster after the other comes to the whole"


def test_a_multi_cluster_stack_has_one_provider_for_each_directory(
    stacks: Mapping[str, Stack], registered: Registered
) -> None:
    providers = {
        args.name: args.inputs
        for args in registered(stacks["prod"]).resources
        if args.typ == "pulumi:providers:kubernetes"
    }
    assert providers["tokyo/immersiverse/foundation"] == {
        "renderYamlToDirectory": "rendered/test/tokyo/immersiverse/foundation"
    }
    assert providers.keys() - {"seoul"} == tree(stacks["prod"]).folders.keys() - {"seoul/argocd"}
    assert tree(stacks["prod"]).shared == {"tokyo/immersiverse/workloads": "seoul/immersiverse/workloads"}


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_what_argo_cd_needs_goes_to_the_primary_cluster_and_everything_else_to_files(
    name: str, stacks: Mapping[str, Stack], registered: Registered
) -> None:
    objects = registered(stacks[name]).objects
    applied = {args.inputs["metadata"]["name"] for args in objects if _provider(args) == "seoul"}
    assert applied == {placed.manifest["metadata"]["name"] for placed in tree(stacks[name]).applied}
    folders = {_provider(args) for args in objects} - {"seoul"}
    assert folders == tree(stacks[name]).folders.keys() - {"seoul/argocd"}


def test_the_provider_that_applies_for_argo_cd_is_handed_the_kubeconfig_and_no_other_is(
    stacks: Mapping[str, Stack], registered: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed = {}
    make = pulumi.ProviderResource.__init__

    def note(self: Any, provider: str, name: str, props: Any = None, opts: Any = None, **more: Any) -> None:
        handed[name] = opts.env_var_mappings
        make(self, provider, name, props, opts, **more)

    monkeypatch.setattr(pulumi.ProviderResource, "__init__", note)
    found = registered(stacks["prod"]).resources
    assert {name: variables for name, variables in handed.items() if variables} == {"seoul": {KUBECONFIG: "KUBECONFIG"}}
    (applying,) = [args.inputs for args in found if args.name == "seoul"]
    assert applying == {
        "context": "naru-prod-seoul",
        "clusterIdentifier": "prod/seoul",
        "enableSecretMutable": "true",
    }


@pytest.mark.parametrize("name", ["local", "staging"])
def test_argo_cds_objects_are_below_their_systems_component(
    name: str, stacks: Mapping[str, Stack], registered: Registered
) -> None:
    made = [args.name for args in registered(stacks[name]).resources if args.typ == "naru:gitops:GitOpsApplication"]
    expected = [f"seoul/{system}/argocd" for system in (COMMON, *stacks[name].systems)]
    assert made == (expected if name == "staging" else [])


def _provider(args: MockResourceArgs) -> str:
    """Return the logical name of the provider of an object: its reference is a URN and an ID."""
    return str(args.provider).split("::")[-2]


def test_an_action_is_done_once_every_object_is_there(stacks: Mapping[str, Stack], recorded: Recorded) -> None:
    seen: list[int] = []

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> Any:
        return register(stacks["dev"], rendered="r").once_there(lambda: seen.append(len(recorded.objects)))

    program()
    assert seen == [sum(map(len, tree(stacks["dev"]).folders.values()))]


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
