"""The options that mocks do not see."""

from collections.abc import Mapping

import pulumi
import pytest

from components.declare import Surroundings, declare, resource_name, resource_type
from components.options import Protection, options, protection, resolved
from manifests.placed import Part, Placed
from manifests.secret import secrets
from settings.stack import Stack
from tests.builders import a_data_store, a_place, a_system
from tests.unit.components.conftest import Recorded


def an_object(kind: str = "Service", name: str = "api", **placed: object) -> Placed:
    manifest = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "shop"}}
    return Placed(manifest, Part.WORKLOADS, **placed)  # type: ignore[arg-type]


def test_data_is_protected_and_retained_in_production(stacks: Mapping[str, Stack]) -> None:
    volume = an_object("PersistentVolumeClaim", keeps_data=True)
    assert protection(volume, stacks["prod"].environment) == Protection(protect=True, retain=True)


def test_data_can_go_where_the_environment_does_not_protect_it(stacks: Mapping[str, Stack]) -> None:
    volume = an_object("PersistentVolumeClaim", keeps_data=True)
    assert protection(volume, stacks["local"].environment) == Protection(protect=False, retain=False)


def test_a_stateless_object_can_go_in_production(stacks: Mapping[str, Stack]) -> None:
    assert protection(an_object(), stacks["prod"].environment) == Protection(protect=False, retain=False)


@pytest.mark.parametrize("source", ["sealed", "external"])
def test_what_makes_the_secret_of_a_data_store_is_protected_as_its_volume_is(
    source: str, stacks: Mapping[str, Stack]
) -> None:
    """Deleting it would delete the Secret, and nobody could log in to the data that is left."""
    store = {"provider": "vault", "server": "https://vault.example.com", "path": "secret"}
    system = a_system(
        a_data_store(secretEnvFrom=["read"]),
        secrets={name: {"keys": {"a": {}}, "source": source, "store": "vault"} for name in ("read", "unread")},
        secretStores={"vault": store},
    )
    decided = {
        placed.manifest["metadata"]["name"]: (
            protection(placed, stacks["prod"].environment),
            protection(placed, stacks["local"].environment),
        )
        for placed in secrets(a_place(system=system))
    }
    loose = Protection(protect=False, retain=False)
    assert decided["read"] == (Protection(protect=True, retain=True), loose)
    assert {decided[name] for name in decided.keys() - {"read"}} == {(loose, loose)}


@pytest.mark.parametrize("stack", ["local", "prod"])
def test_a_config_map_stays_for_earlier_revisions_but_is_not_protected(stack: str, stacks: Mapping[str, Stack]) -> None:
    config_map = an_object("ConfigMap", kept=True, hashed=True)
    assert protection(config_map, stacks[stack].environment) == Protection(protect=False, retain=True)


def test_options_carry_parent_provider_and_order(recorded: Recorded, stacks: Mapping[str, Stack]) -> None:
    parent = pulumi.ComponentResource("naru:test:Parent", "parent")
    provider = pulumi.ProviderResource("kubernetes", "cluster", {})
    earlier = pulumi.ComponentResource("naru:test:Earlier", "earlier")
    made = options(an_object(), stacks["prod"].environment, parent=parent, provider=provider, after=[earlier])
    assert (made.parent, made.provider, made.depends_on) == (parent, provider, [earlier])
    assert made.additional_secret_outputs is None


def test_the_data_of_a_secret_is_secret_in_state(recorded: Recorded, stacks: Mapping[str, Stack]) -> None:
    parent = pulumi.ComponentResource("naru:test:Parent", "parent")
    provider = pulumi.ProviderResource("kubernetes", "cluster", {})
    made = options(an_object("Secret"), stacks["prod"].environment, parent=parent, provider=provider)
    assert made.additional_secret_outputs == ["data", "stringData"]


def test_what_a_controller_writes_is_left_as_it_is(recorded: Recorded, stacks: Mapping[str, Stack]) -> None:
    parent = pulumi.ComponentResource("naru:test:Parent", "parent")
    provider = pulumi.ProviderResource("kubernetes", "cluster", {})
    made = [
        options(placed, stacks["prod"].environment, parent=parent, provider=provider).ignore_changes
        for placed in (an_object("HTTPRoute", not_ours=("spec.rules",)), an_object())
    ]
    assert made == [["spec.rules"], None]


def test_an_order_that_names_something_later_is_refused() -> None:
    late = an_object(after=("Namespace//shop",))
    with pytest.raises(LookupError, match="Service/shop/api comes after Namespace//shop"):
        resolved(late, {})


def test_type_tokens_name_the_core_group() -> None:
    assert resource_type({"apiVersion": "v1", "kind": "Service"}) == "kubernetes:core/v1:Service"
    assert resource_type({"apiVersion": "apps/v1", "kind": "Deployment"}) == "kubernetes:apps/v1:Deployment"


def test_a_kept_object_keeps_its_logical_name_when_its_content_changes() -> None:
    first = an_object("ConfigMap", "api-env-0a1b2c3d", kept=True, hashed=True, component="api")
    second = an_object("ConfigMap", "api-env-ffff0000", kept=True, hashed=True, component="api")
    assert resource_name("c/shop/api", first) == resource_name("c/shop/api", second) == "c/shop/api:configmap:api-env"


def test_the_callers_options_go_to_the_component_alone(recorded: Recorded, stacks: Mapping[str, Stack]) -> None:
    """A `protect` of the caller must not reach children: one of them would then refuse to be replaced."""
    component = pulumi.ComponentResource("naru:test:Parent", "parent", None, pulumi.ResourceOptions(protect=True))
    provider = pulumi.ProviderResource("kubernetes", "cluster", {})
    surroundings = Surroundings(stacks["local"].environment, dict.fromkeys(Part, provider))
    made = options(an_object(), stacks["local"].environment, parent=component, provider=provider)
    assert made.protect is False
    assert list(declare(component, "c", [an_object()], surroundings)) == ["Service/shop/api"]
