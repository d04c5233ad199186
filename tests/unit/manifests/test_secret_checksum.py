"""What rolls the pods that read a secret, and what does not."""

import re
from typing import Any

import pytest

from manifests.container import all_containers
from manifests.placed import Part
from manifests.pod import pod_template
from manifests.secret_checksum import reads_of, secret_checksum
from settings.service import Service
from tests.builders import a_container, a_place, a_service, a_system

SEALED = {"db": {"user": "AgA1", "password": "AgA2"}, "tls": {"key": "AgA3"}}
SECRETS: dict[str, Any] = {
    "db": {"source": "sealed", "keys": {"user": {}, "password": {}}},
    "tls": {"source": "sealed", "keys": {"key": {}}},
}


def checksum_of(
    service: Service, sealed: dict[str, dict[str, str]] | None = None, secrets: dict[str, Any] | None = None
) -> str | None:
    system = a_system(service, secrets=SECRETS if secrets is None else secrets)
    place = a_place(system=system, sealed=SEALED if sealed is None else sealed)
    metadata = pod_template(place, service, Part.WORKLOADS).manifest["metadata"]
    found: str | None = metadata.get("annotations", {}).get("checksum/secrets")
    return found


def changed(secret: str, key: str) -> dict[str, dict[str, str]]:
    return {**SEALED, secret: {**SEALED[secret], key: "AgA9"}}


READERS = {
    "variable": {"secretEnv": {"A": {"secret": "db", "key": "password"}}},
    "all variables": {"secretEnvFrom": ["db"]},
    "file": {"secretFiles": {"/etc/db": {"secret": "db", "items": {"p": "password"}}}},
    "sidecar": {"sidecars": {"proxy": a_container(secretEnv={"A": {"secret": "db", "key": "password"}})}},
    "variable and file": {
        "secretEnv": {"A": {"secret": "db", "key": "user"}},
        "secretFiles": {"/etc/db": {"secret": "db", "items": {"p": "password"}}},
    },
    "variable of a secret that is read whole before": {
        "secretEnvFrom": ["db"],
        "sidecars": {"proxy": a_container(secretEnv={"A": {"secret": "db", "key": "user"}})},
    },
}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_pods_roll_when_a_key_they_read_is_sealed_again(reader: dict[str, Any]) -> None:
    service = a_service(**reader)
    first = checksum_of(service)
    assert first is not None
    assert re.fullmatch("[0-9a-f]{16}", first)
    assert checksum_of(service) == first
    assert checksum_of(service, changed("db", "password")) not in {first, None}


def test_pods_stay_when_a_key_they_do_not_read_is_sealed_again() -> None:
    service = a_service(secretEnv={"A": {"secret": "db", "key": "password"}})
    assert checksum_of(service, changed("db", "user")) == checksum_of(service, changed("tls", "key"))
    assert checksum_of(service, changed("db", "user")) == checksum_of(service)


def test_two_secrets_that_swap_their_values_are_another_content() -> None:
    service = a_service(secretEnvFrom=["a", "b"])
    secrets = {name: {"source": "sealed", "keys": {"k": {}}} for name in "ab"}
    one, other = ({"a": {"k": first}, "b": {"k": second}} for first, second in (("1", "2"), ("2", "1")))
    assert checksum_of(service, one, secrets) != checksum_of(service, other, secrets)


def test_order_of_the_readers_changes_nothing() -> None:
    there, back = (a_service(secretEnvFrom=names) for names in (["db", "tls"], ["tls", "db"]))
    assert checksum_of(there) == checksum_of(back)


@pytest.mark.parametrize("source", ["external", "existing"])
def test_values_that_others_keep_roll_pods_by_their_revision(source: str) -> None:
    service = a_service(secretEnvFrom=["db"])

    def at(revision: int) -> str | None:
        secret = {"source": source, "keys": {"k": {}}, "revision": revision}
        return checksum_of(service, {"db": {"k": "AgA1"}}, {"db": secret})

    assert at(1) is None
    assert len({at(2), at(3), None}) == 3


def test_nothing_is_said_where_nothing_is_known() -> None:
    assert checksum_of(a_service()) is None
    assert checksum_of(a_service(secretEnvFrom=["db"]), {}) is None
    assert checksum_of(a_service(secretEnvFrom=["somebody-elses"])) is None


def test_annotations_of_the_workload_stay_beside_the_checksum() -> None:
    service = a_service(secretEnvFrom=["db"], podAnnotations={"a": "b"})
    place = a_place(system=a_system(service, secrets=SECRETS), sealed=SEALED)
    assert pod_template(place, service, Part.WORKLOADS, annotations={"c": "d"}).manifest["metadata"]["annotations"] == {
        "a": "b",
        "c": "d",
        "checksum/secrets": checksum_of(service),
    }


def test_whoever_is_no_workload_names_what_it_reads() -> None:
    place = a_place(system=a_system(secrets=SECRETS), sealed=SEALED)
    assert secret_checksum(place, {"db": None}) == checksum_of(a_service(secretEnvFrom=["db"]))


def test_reads_are_told_in_the_order_of_the_settings_each_secret_once() -> None:
    service = a_service(
        secretEnv={"A": {"secret": "b", "key": "x"}, "B": {"secret": "a", "key": "y"}},
        secretEnvFrom=["a"],
        secretFiles={"/etc/b": {"secret": "b", "items": {"f": "z"}}},
    )
    assert list(reads_of(all_containers(service)).items()) == [("b", frozenset({"x", "z"})), ("a", None)]
