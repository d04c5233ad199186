"""What makes each Secret, by the source of its values, and what comes after it."""

from typing import Any

import pytest

from manifests.placed import Part, Placed
from manifests.secret import secret_reference, secrets
from settings.system import System
from tests.builders import TWO_CLUSTERS, a_data_store, a_place, a_system, of_kind

VAULT = {"provider": "vault", "server": "https://vault.example.com", "path": "secret"}
MAKERS = [("sealed", "SealedSecret"), ("generated", "SealedSecret"), ("external", "ExternalSecret")]


def a_system_with(*workloads: Any, source: str | None, **settings: Any) -> System:
    secret: dict[str, Any] = {"keys": {"password": {}}, "store": "vault", "source": source}
    return a_system(*workloads, **{"secrets": {"db": secret}, "secretStores": {"vault": VAULT}, **settings})


def made_of(source: str, **environment: Any) -> list[Placed]:
    return secrets(a_place(system=a_system_with(source=source), **environment))


@pytest.mark.parametrize(("source", "kind"), MAKERS)
def test_source_decides_what_makes_a_secret(source: str, kind: str) -> None:
    (made,) = of_kind(made_of(source), kind)
    assert made.reference == f"{kind}/demo/db"
    assert made.part is Part.FOUNDATION
    assert made.manifest["metadata"]["labels"]["app.kubernetes.io/name"] == "db"


def test_existing_secret_and_its_store_are_not_made() -> None:
    assert made_of("existing") == []


def test_own_source_of_a_secret_wins_over_the_environments() -> None:
    keys: dict[str, Any] = {"keys": {"k": {}}}
    system = a_system(secrets={"a": {**keys, "source": "existing"}, "b": {**keys, "source": "sealed"}, "c": keys})
    made = {
        source: [placed.reference for placed in secrets(a_place(system=system, policies={"secrets": source}))]
        for source in ("sealed", "existing")
    }
    assert made == {
        "sealed": ["SealedSecret/demo/b", "SealedSecret/demo/c"],
        "existing": ["SealedSecret/demo/b"],
    }


def test_no_secret_carries_values() -> None:
    kinds = {placed.manifest["kind"] for source, _ in MAKERS for placed in made_of(source)}
    assert kinds == {"SealedSecret", "ExternalSecret", "SecretStore"}


def test_external_secret_comes_after_its_store() -> None:
    store, external = made_of("external")
    assert external.after == (store.reference,) == ("SecretStore/demo/vault",)


def test_store_is_made_where_a_secret_uses_it_and_once_in_each_namespace() -> None:
    external = {"keys": {"k": {}}, "source": "external", "store": "vault"}
    system = a_system(
        namespaces={"one": {}, "two": {}, "three": {}},
        secrets={
            "a": {**external, "namespace": "one"},
            "b": {**external, "namespace": "one"},
            "c": {**external, "namespace": "two"},
            "d": {**external, "namespace": "three", "source": "sealed"},
        },
        secretStores={"vault": VAULT, "unused": VAULT},
    )
    stores = of_kind(secrets(a_place(system=system)), "SecretStore")
    assert [placed.reference for placed in stores] == ["SecretStore/one/vault", "SecretStore/two/vault"]


def test_store_of_the_cluster_is_made_once_for_all_namespaces() -> None:
    external = {"keys": {"k": {}}, "source": "external", "store": "vault"}
    system = a_system(
        namespaces={"one": {}, "two": {}},
        secrets={"a": {**external, "namespace": "one"}, "b": {**external, "namespace": "two"}},
        secretStores={"vault": {**VAULT, "clusterWide": True}},
    )
    made = secrets(a_place(system=system))
    assert [placed.reference for placed in of_kind(made, "ClusterSecretStore")] == ["ClusterSecretStore//vault"]
    assert {placed.after for placed in of_kind(made, "ExternalSecret")} == {("ClusterSecretStore//vault",)}


@pytest.mark.parametrize(
    ("source", "kind", "condition"), [("sealed", "SealedSecret", "Synced"), ("external", "ExternalSecret", "Ready")]
)
def test_pulumi_waits_for_the_secret_itself_where_it_applies(source: str, kind: str, condition: str) -> None:
    (direct,), (gitops,) = (of_kind(made_of(source, delivery=way), kind) for way in ("direct", "gitops"))
    assert direct.manifest["metadata"]["annotations"] == {
        "pulumi.com/waitFor": f"condition={condition}",
        "pulumi.com/timeoutSeconds": "120",
    }
    assert "annotations" not in gitops.manifest["metadata"]


@pytest.mark.parametrize(("source", "kind"), MAKERS)
def test_what_a_data_store_reads_is_kept_as_its_data_is(source: str, kind: str) -> None:
    reader = a_data_store(sidecars={}, secretEnv={"PASSWORD": {"secret": "db", "key": "password"}})
    (read,) = of_kind(secrets(a_place(system=a_system_with(reader, source=source))), kind)
    (unread,) = of_kind(made_of(source), kind)
    assert read.keeps_data
    assert not unread.keeps_data


def test_secret_is_not_kept_for_a_data_store_that_is_off_or_elsewhere() -> None:
    for cluster, enabled in (("seoul", False), ("tokyo", True)):
        reader = a_data_store(enabled=enabled, secretEnvFrom=["db"])
        place = a_place(system=a_system_with(reader, source="sealed"), cluster=cluster, clusters=TWO_CLUSTERS)
        assert [placed.keeps_data for placed in secrets(place)] == [False]


@pytest.mark.parametrize(("source", "kind"), [*MAKERS, ("existing", "Secret")])
def test_readers_come_after_what_makes_the_secret(source: str, kind: str) -> None:
    place = a_place(system=a_system_with(source=source))
    assert secret_reference(place, "db") == f"{kind}/demo/db"


def test_reference_is_in_the_namespace_of_the_secret() -> None:
    secret = {"keys": {"k": {}}, "namespace": "two", "source": "sealed"}
    place = a_place(system=a_system(namespaces={"one": {}, "two": {"name": "second"}}, secrets={"db": secret}))
    assert secret_reference(place, "db") == "SealedSecret/second/db"
