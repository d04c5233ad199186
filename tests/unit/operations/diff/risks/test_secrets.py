"""Secrets that somebody needs and nobody gives, that are in the clear, or that come from elsewhere."""

from typing import Any

import pytest

from manifests.placed import Manifest
from operations.diff.model import Level
from operations.diff.pairs import Sides
from operations.diff.risks.secrets import secrets
from tests.unit.operations.diff.risks.samples import (
    CONTAINER,
    Case,
    harmless,
    job,
    judged,
    made,
    put,
    risky,
    side,
    workload,
)

_VALUE = "not-to-be-seen"


def _sealed(*keys: str, **metadata: Any) -> Manifest:
    return made("SealedSecret", "creds", spec={"encryptedData": dict.fromkeys(keys, _VALUE)}, metadata=metadata)


def _external(*keys: str, store: str = "vault", entry: str = "shop/creds", **spec: Any) -> Manifest:
    data = [{"secretKey": key, "remoteRef": {"key": entry, "property": key}} for key in keys]
    return made("ExternalSecret", "creds", spec={"secretStoreRef": {"name": store}, "data": data, **spec})


def _plain(**data: str) -> Manifest:
    return made("Secret", "creds", data=data)


def _variable(key: str, name: str = "PASSWORD", **more: Any) -> Manifest:
    source = {"secretKeyRef": {"name": "creds", "key": key, **more}}
    return put(workload(), f"{CONTAINER}/env", [{"name": name, "valueFrom": source}])


def _all(prefix: str = "") -> Manifest:
    source = {"secretRef": {"name": "creds"}, **({"prefix": prefix} if prefix else {})}
    return put(workload(), f"{CONTAINER}/envFrom", [source])


def _mounted(*keys: str) -> Manifest:
    items = {"items": [{"key": key, "path": key} for key in keys]} if keys else {}
    volume = {"name": "creds", "secret": {"secretName": "creds", **items}}
    return put(workload(), "spec/template/spec/volumes", [volume])


def _literal() -> Manifest:
    return put(workload(), f"{CONTAINER}/env", [{"name": "PASSWORD", "value": _VALUE}])


_STORE = made("SecretStore", "vault", spec={"provider": {"vault": {"server": "https://vault.example.com"}}})
_CONFIG = made("ConfigMap", "api-env", data={"PASSWORD": _VALUE})
_FROM_CONFIG = put(workload(), f"{CONTAINER}/envFrom", [{"configMapRef": {"name": "api-env"}}])
_KEEPS, _DELETES = {"deletionPolicy": "Retain"}, {"deletionPolicy": "Delete"}

CASES = [
    risky(
        "a key of a variable",
        Level.HIGH,
        "the key b is removed, and is still read by Deployment api as PASSWORD",
        (_sealed("a", "b"), _variable("b")),
        (_sealed("a"), _variable("b")),
    ),
    risky(
        "a key of all variables",
        Level.HIGH,
        "as variables: they run without it",
        (_sealed("a", "b"), _all()),
        (_sealed("a"), _all()),
    ),
    risky(
        "a key of variables with a prefix",
        Level.HIGH,
        "as variables DB_*",
        (_sealed("a", "b"), _all("DB_")),
        (_sealed("a"), _all("DB_")),
    ),
    risky(
        "a key of a file",
        Level.HIGH,
        "as the file b: new pods do not start",
        (_sealed("a", "b"), _mounted("a", "b")),
        (_sealed("a"), _mounted("a", "b")),
    ),
    risky(
        "a key of a mounted secret", Level.HIGH, "as files", (_sealed("a", "b"), _mounted()), (_sealed("a"), _mounted())
    ),
    risky(
        "a key that a Job reads",
        Level.HIGH,
        "Job api-migrate as variables",
        (_sealed("a", "b"), put(job(), f"{CONTAINER}/envFrom", [{"secretRef": {"name": "creds"}}])),
        (_sealed("a"), put(job(), f"{CONTAINER}/envFrom", [{"secretRef": {"name": "creds"}}])),
    ),
    risky(
        "a key of an external secret",
        Level.HIGH,
        "the key b is removed",
        (_external("a", "b"), _variable("b")),
        (_external("a"), _variable("b")),
    ),
    risky(
        "a key that never was",
        Level.HIGH,
        "there is no key b",
        (_sealed("a"), _variable("a")),
        (_sealed("a"), _variable("b")),
    ),
    risky(
        "a secret",
        Level.HIGH,
        "the secret is removed, and is still read by Deployment api",
        (_sealed("a"), _variable("a")),
        _variable("a"),
    ),
    risky("a secret in the clear", Level.CRITICAL, "a Secret in the clear", None, _plain(a="eA==")),
    risky(
        "a variable in the clear",
        Level.CRITICAL,
        "PASSWORD of api came from a secret",
        (_sealed("a"), _variable("a")),
        (_sealed("a"), _literal()),
    ),
    risky(
        "a variable in a ConfigMap",
        Level.CRITICAL,
        "in the clear now",
        (_sealed("a"), _variable("a")),
        (_sealed("a"), _CONFIG, _FROM_CONFIG),
    ),
    risky(
        "another source", Level.MEDIUM, "come from a ExternalSecret for a SealedSecret", _sealed("a"), _external("a")
    ),
    risky("another store", Level.MEDIUM, "the store aws for vault", _external("a"), _external("a", store="aws")),
    risky(
        "another entry of the store",
        Level.MEDIUM,
        "a is read from another place",
        _external("a"),
        _external("a", entry="other"),
    ),
    risky(
        "what is lost in the store is lost",
        Level.MEDIUM,
        "deletionPolicy is Delete",
        _external("a", target=_KEEPS),
        _external("a", target=_DELETES),
    ),
    risky(
        "a store that is another",
        Level.MEDIUM,
        "the store is another",
        _STORE,
        put(_STORE, "spec/provider/vault/server", "https://vault.example.org"),
    ),
    risky("a store that is removed", Level.HIGH, "creds still asks it", (_STORE, _external("a")), _external("a")),
    risky(
        "a wider seal",
        Level.MEDIUM,
        "cluster-wide",
        _sealed("a"),
        _sealed("a", annotations={"sealedsecrets.bitnami.com/cluster-wide": "true"}),
    ),
    risky("a sealed secret in the clear", Level.CRITICAL, "a Secret in the clear", _sealed("a"), _plain(a="eA==")),
    risky(
        "a secret that is new, without a key",
        Level.HIGH,
        "there is no key b",
        _variable("b"),
        (_sealed("a"), _variable("b")),
    ),
    harmless("a Secret that was in the clear", _plain(a="eA=="), _plain(a="eA==", b="eA==")),
    harmless("a label of a store", _STORE, put(_STORE, "metadata/labels/team", "a")),
    harmless(
        "a key of a secret of another namespace",
        (_sealed("a", "b"), put(_variable("b"), "metadata/namespace", "other")),
        (_sealed("a"), put(_variable("b"), "metadata/namespace", "other")),
    ),
    harmless("a key that nobody reads", (_sealed("a", "b"), _variable("a")), (_sealed("a"), _variable("a"))),
    harmless("a key with its reader", (_sealed("a", "b"), _variable("b")), (_sealed("a"), _variable("a"))),
    harmless("a key more", (_sealed("a"), _all()), (_sealed("a", "b"), _all())),
    harmless(
        "another ciphertext",
        (_sealed("a"), _variable("a")),
        (put(_sealed("a"), "spec/encryptedData/a", "other"), _variable("a")),
    ),
    harmless(
        "a key that may be missing",
        (_sealed("a", "b"), _variable("b", optional=True)),
        (_sealed("a"), _variable("b", optional=True)),
    ),
    harmless(
        "a key that only the store knows",
        (_external("a", "b"), _variable("b")),
        (_external("a", dataFrom=[{"extract": {"key": "x"}}]), _variable("b")),
    ),
    harmless(
        "a key that is made of others",
        (_external("a", "b"), _variable("b")),
        (_external("a", target={"template": {"data": {"b": "{{ .a }}"}}}), _variable("b")),
    ),
    harmless("a secret that something else makes", workload(), _variable("a")),
    harmless(
        "a key that was missing before",
        (_sealed("a"), _variable("b")),
        (_sealed("a"), put(_variable("b"), "spec/replicas", 5)),
    ),
    harmless("a secret that nobody reads is removed", (_sealed("a"), workload()), workload()),
    harmless("a Secret without values", None, made("Secret", "token", type="kubernetes.io/service-account-token")),
    harmless("a variable that was no secret", _literal(), put(_literal(), f"{CONTAINER}/env/0/value", "x")),
    harmless(
        "a literal that is no secret",
        (_sealed("a"), _variable("a")),
        (
            _sealed("a"),
            put(_variable("a"), f"{CONTAINER}/envFrom", [{"configMapRef": {"name": "api-env"}}]),
            made("ConfigMap", "api-env", data={"MODE": "fast"}),
        ),
    ),
    harmless("a key read of the same store", _external("a"), _external("a", "b")),
    harmless("a store with its secrets is removed", (_STORE, _external("a")), None),
    harmless("a store is added", None, (_STORE, _external("a"))),
    harmless(
        "a narrower seal", _sealed("a", annotations={"sealedsecrets.bitnami.com/cluster-wide": "true"}), _sealed("a")
    ),
    harmless("it is kept in the cluster", _external("a", target=_DELETES), _external("a", target=_KEEPS)),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_secrets(case: Case) -> None:
    judged(secrets, case)


def test_no_value_is_ever_in_a_reason() -> None:
    before = (_sealed("a", "b"), _plain(x=_VALUE), _variable("b"))
    after = (put(_sealed("a"), "spec/encryptedData/a", f"{_VALUE}2"), _plain(x=_VALUE, y=_VALUE), _literal())

    found = list(secrets(Sides(side(before), side(after)))) + list(secrets(Sides({}, side(after))))

    assert found
    assert all(_VALUE not in one.reason for one in found)


def test_who_reads_an_optional_secret_does_not_miss_it() -> None:
    optional = put(_mounted(), "spec/template/spec/volumes/0/secret/optional", True)

    assert list(secrets(Sides(side([_sealed("a"), optional]), side([optional])))) == []
