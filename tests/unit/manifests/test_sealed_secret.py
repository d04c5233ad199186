"""What the Sealed Secrets controller is given: ciphertext, and under which name it may be opened."""

from typing import Any

import pytest

from manifests.placed import Manifest
from manifests.sealed_secret import sealed_secret
from tests.builders import a_place, a_system


def sealed_of(values: dict[str, str] | None = None, **settings: Any) -> Manifest:
    system = a_system(secrets={"db": {"keys": {"user": {}, "password": {}}, "source": "sealed", **settings}})
    place = a_place(system=system, sealed={} if values is None else {"db": values})
    return sealed_secret(place, "db", system.secrets["db"])


def test_sealed_secret_carries_the_ciphertext_of_its_file_and_makes_an_opaque_secret() -> None:
    manifest = sealed_of({"user": "AgA1", "password": "AgA2"})
    labels = {
        "app.kubernetes.io/name": "db",
        "app.kubernetes.io/part-of": "demo",
        "app.kubernetes.io/managed-by": "naru",
    }
    assert manifest == {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": {"name": "db", "namespace": "demo", "labels": labels},
        "spec": {
            "encryptedData": {"user": "AgA1", "password": "AgA2"},
            "template": {"metadata": {"labels": labels}, "type": "Opaque"},
        },
    }


def test_keys_that_nobody_declares_are_left_out() -> None:
    assert sealed_of({"password": "AgA2", "forgotten": "AgA3"})["spec"]["encryptedData"] == {"password": "AgA2"}


def test_order_of_the_file_does_not_matter() -> None:
    assert list(sealed_of({"password": "2", "user": "1"})["spec"]["encryptedData"]) == ["user", "password"]


def test_secret_that_was_never_sealed_has_no_data_yet() -> None:
    assert sealed_of()["spec"]["encryptedData"] == {}


@pytest.mark.parametrize("scope", ["namespace-wide", "cluster-wide"])
def test_wider_scope_is_said_on_the_object_and_on_its_template(scope: str) -> None:
    manifest = sealed_of(scope=scope)
    said = {f"sealedsecrets.bitnami.com/{scope}": "true"}
    assert manifest["metadata"]["annotations"] == said
    assert manifest["spec"]["template"]["metadata"]["annotations"] == said


def test_strict_scope_is_said_nowhere() -> None:
    manifest = sealed_of(scope="strict")
    assert "annotations" not in manifest["metadata"]
    assert "annotations" not in manifest["spec"]["template"]["metadata"]
