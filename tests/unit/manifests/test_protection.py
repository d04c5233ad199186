"""What Argo CD leaves standing: the data of an environment that protects data."""

from typing import Any

import pytest

from manifests.assembly import assemble
from manifests.protection import COMPARE_OPTIONS, SYNC_OPTIONS
from tests.assembled import objects
from tests.builders import a_data_store, a_stack, a_system

KEPT = "Prune=false,Delete=false"


def kept(**environment: Any) -> set[str]:
    """Return the kinds of the objects of a stack with one data store that Argo CD never deletes."""
    system = a_system(
        a_data_store(secretEnv={"PASSWORD": {"secret": "db", "key": "password"}}),
        secrets={
            "db": {"keys": {"password": {}}, "source": "sealed"},
            "other": {"keys": {"password": {}}, "source": "sealed"},
        },
    )
    found = assemble(a_stack(system, **environment), "main")["demo"]
    return {
        placed.manifest["kind"]
        for placed in found
        if placed.manifest["metadata"].get("annotations", {}).get(SYNC_OPTIONS) == KEPT
    }


def test_argo_cd_keeps_namespaces_data_stores_and_their_secrets() -> None:
    assert kept(delivery="gitops") == {"Namespace", "StatefulSet", "SealedSecret"}


@pytest.mark.parametrize(
    "environment", [{"delivery": "direct"}, {"delivery": "gitops", "policies": {"protectData": False}}]
)
def test_nothing_says_so_where_pulumi_applies_or_data_are_not_protected(environment: dict[str, Any]) -> None:
    assert kept(**environment) == set()


def test_a_secret_that_no_data_store_reads_may_go() -> None:
    secrets = {name: found for name, found in objects("prod").items() if name.startswith("SealedSecret/")}
    held = {name for name, found in secrets.items() if SYNC_OPTIONS in found["metadata"].get("annotations", {})}
    assert "SealedSecret/data/postgresql-credentials" in held
    assert "SealedSecret/services/auth-secrets" in secrets.keys() - held


def test_what_stays_holds_no_later_sync_up() -> None:
    for found in objects("prod").values():
        annotations = found["metadata"].get("annotations") or {}
        assert ("Prune=false" in annotations.get(SYNC_OPTIONS, "")) == (COMPARE_OPTIONS in annotations)


@pytest.mark.parametrize(("stack", "options"), [("prod", "Prune=false"), ("local", None)])
def test_config_map_that_an_earlier_revision_may_name_is_not_pruned_by_argo_cd(stack: str, options: str | None) -> None:
    found = [one for name, one in objects(stack).items() if name.startswith("ConfigMap/")]
    assert found
    assert {(one["metadata"].get("annotations") or {}).get(SYNC_OPTIONS) for one in found} == {options}
