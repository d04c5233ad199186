"""What External Secrets is told: which store it asks, for what, and what it makes of the answers."""

from typing import Any

import pytest

from manifests.external_secret import external_secret
from manifests.placed import Manifest
from manifests.secret_store import secret_store
from settings.system import SecretStore
from tests.builders import a_place, a_system

VAULT = {"provider": "vault", "server": "https://vault.example.com", "path": "secret"}
PARAMETERS = {"provider": "aws-parameter-store", "region": "ap-northeast-2"}
MANAGER = {"provider": "aws-secrets-manager", "region": "ap-northeast-2"}
LABELS = {"app.kubernetes.io/part-of": "demo", "app.kubernetes.io/managed-by": "naru"}


def external_of(store: dict[str, Any] | None = None, **settings: Any) -> Manifest:
    secret = {"keys": {"password": {}}, "source": "external", "store": "vault", **settings}
    system = a_system(secrets={"db": secret}, secretStores={"vault": store or VAULT})
    return external_secret(a_place(system=system), "db", system.secrets["db"])


def remote_of(store: dict[str, Any], **key: Any) -> dict[str, str]:
    (entry,) = external_of(store, keys={"password": key})["spec"]["data"]
    found: dict[str, str] = entry["remoteRef"]
    return {name: value for name, value in found.items() if name in {"key", "property"}}


def provider_of(**settings: Any) -> Manifest:
    store = SecretStore.model_validate(settings)
    found: Manifest = secret_store(a_place(), "store", store, "demo")["spec"]["provider"]
    return found


def test_external_secret_spells_out_every_default_of_its_definition() -> None:
    labels = {"app.kubernetes.io/name": "db", **LABELS}
    assert external_of() == {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": {"name": "db", "namespace": "demo", "labels": labels},
        "spec": {
            "refreshInterval": "1h0m0s",
            "secretStoreRef": {"kind": "SecretStore", "name": "vault"},
            "target": {
                "name": "db",
                "creationPolicy": "Owner",
                "deletionPolicy": "Retain",
                "template": {
                    "engineVersion": "v2",
                    "mergePolicy": "Replace",
                    "type": "Opaque",
                    "metadata": {"labels": labels},
                },
            },
            "data": [
                {
                    "secretKey": "password",
                    "remoteRef": {
                        "key": "demo/dev/db",
                        "property": "password",
                        "conversionStrategy": "Default",
                        "decodingStrategy": "None",
                        "metadataPolicy": "None",
                    },
                }
            ],
        },
    }


@pytest.mark.parametrize(
    ("given", "written"),
    [("1h", "1h0m0s"), ("90m", "1h30m0s"), ("10m", "10m0s"), ("45s", "45s"), ("0s", "0s"), ("1h5s", "1h0m5s")],
)
def test_refresh_interval_is_written_as_go_writes_it(given: str, written: str) -> None:
    assert external_of(refreshInterval=given)["spec"]["refreshInterval"] == written


@pytest.mark.parametrize("store", [VAULT, MANAGER], ids=["vault", "secrets-manager"])
def test_key_is_a_field_of_the_secrets_own_entry_unless_it_says_otherwise(store: dict[str, Any]) -> None:
    assert remote_of(store) == {"key": "demo/dev/db", "property": "password"}
    assert remote_of(store, remoteKey="shared") == {"key": "shared", "property": "password"}
    assert remote_of(store, remoteProperty="pass") == {"key": "demo/dev/db", "property": "pass"}


def test_key_is_a_parameter_of_its_own_in_parameter_store() -> None:
    assert remote_of(PARAMETERS) == {"key": "/demo/dev/db/password"}
    assert remote_of(PARAMETERS, remoteKey="/shared") == {"key": "/shared"}
    assert remote_of(PARAMETERS, remoteProperty="a") == {"key": "/demo/dev/db/password", "property": "a"}


def test_template_has_what_is_only_fetched_as_well_and_its_own_keys_are_not_fetched() -> None:
    keys: dict[str, Any] = {"URL": {}, "USER": {}, "pass-word": {}, "a.pem": {}}
    spec = external_of(keys=keys, template={"URL": "postgresql://{{ .USER }}@db"})["spec"]
    assert [entry["secretKey"] for entry in spec["data"]] == ["USER", "pass-word", "a.pem"]
    assert spec["target"]["template"]["data"] == {
        "USER": "{{ .USER }}",
        "pass-word": '{{ index . "pass-word" }}',
        "a.pem": '{{ index . "a.pem" }}',
        "URL": "postgresql://{{ .USER }}@db",
    }


def test_store_of_the_cluster_is_named_by_its_kind() -> None:
    spec = external_of({**VAULT, "clusterWide": True})["spec"]
    assert spec["secretStoreRef"] == {"kind": "ClusterSecretStore", "name": "vault"}


def test_store_is_in_its_namespace_and_that_of_the_cluster_in_none() -> None:
    own, shared = (
        secret_store(a_place(), "vault", SecretStore.model_validate({**VAULT, "clusterWide": wide}), "two")
        for wide in (False, True)
    )
    labels = {"app.kubernetes.io/name": "vault", **LABELS}
    assert (own["kind"], own["metadata"]) == ("SecretStore", {"name": "vault", "namespace": "two", "labels": labels})
    assert (shared["kind"], shared["metadata"]) == ("ClusterSecretStore", {"name": "vault", "labels": labels})
    assert own["apiVersion"] == shared["apiVersion"] == "external-secrets.io/v1"
    assert own["spec"] == shared["spec"]


def test_vault_is_asked_at_its_engine_and_without_a_role_by_nobody() -> None:
    assert provider_of(**VAULT) == {"vault": {"server": "https://vault.example.com", "path": "secret", "version": "v2"}}
    assert provider_of(**VAULT, version="v1")["vault"]["version"] == "v1"


def test_role_at_vault_is_proven_by_a_token_of_kubernetes() -> None:
    given = {"role": "reader", "authMount": "kubernetes-seoul"}
    mount = {"mountPath": "kubernetes-seoul", "role": "reader"}
    assert provider_of(**VAULT, **given)["vault"]["auth"] == {"kubernetes": mount}
    assert provider_of(**VAULT, **given, serviceAccount="asks")["vault"]["auth"] == {
        "kubernetes": {**mount, "serviceAccountRef": {"name": "asks"}}
    }


@pytest.mark.parametrize(
    ("settings", "service"), [(MANAGER, "SecretsManager"), (PARAMETERS, "ParameterStore")], ids=["manager", "parameter"]
)
def test_aws_is_asked_by_the_operators_own_identity_unless_a_role_or_an_account_is_given(
    settings: dict[str, Any], service: str
) -> None:
    plain = {"service": service, "region": "ap-northeast-2"}
    role = "arn:aws:iam::000000000000:role/reader"
    assert provider_of(**settings) == {"aws": plain}
    assert provider_of(**settings, role=role) == {"aws": {**plain, "role": role}}
    account = {"jwt": {"serviceAccountRef": {"name": "asks"}}}
    assert provider_of(**settings, serviceAccount="asks") == {"aws": {**plain, "auth": account}}


def test_account_of_a_store_of_the_cluster_is_named_with_its_namespace() -> None:
    account = {"name": "asks", "namespace": "demo"}
    aws = provider_of(**MANAGER, clusterWide=True, serviceAccount="asks")["aws"]
    vault = provider_of(**VAULT, clusterWide=True, role="reader", serviceAccount="asks")["vault"]
    assert aws["auth"]["jwt"]["serviceAccountRef"] == vault["auth"]["kubernetes"]["serviceAccountRef"] == account
