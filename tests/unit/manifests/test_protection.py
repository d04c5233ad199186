"""What Argo CD leaves standing: the data of an environment that protects data."""

from typing import Any

import pytest

from manifests.assembly import assemble
from manifests.protection import SYNC_OPTIONS
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
