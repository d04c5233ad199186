"""The provider's own inputs, and the kubeconfig among them."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.provider.checking import check, lacks_namespace
from local.provider.configuration import configuration, faults, replaced_by
from local.provider.kubeconfig import KubeconfigError, identity, parse, read
from local.provider.objects import Type
from local.provider.properties import UNKNOWN

CONFIG: dict[str, Any] = {
    "current-context": "here",
    "contexts": [
        {"name": "here", "context": {"cluster": "one", "user": "me", "namespace": "demo"}},
        {"name": "there", "context": {"cluster": "two", "user": "other"}},
    ],
    "clusters": [
        {"name": "one", "cluster": {"server": "https://127.0.0.1:6443/"}},
        {"name": "two", "cluster": {"server": "https://127.0.0.1:7443", "insecure-skip-tls-verify": True}},
    ],
    "users": [
        {"name": "me", "user": {"token": "t0ken"}},
        {"name": "other", "user": {"client-certificate-data": base64.b64encode(b"CERT").decode()}},
    ],
}
TEXT = yaml.safe_dump(CONFIG)


def changed(**more: Any) -> str:
    return json.dumps({**CONFIG, **more})


def test_the_current_context_is_used() -> None:
    cluster = parse(TEXT)
    assert (cluster.server, cluster.namespace, cluster.authorization) == (
        "https://127.0.0.1:6443",
        "demo",
        "Bearer t0ken",
    )


def test_a_named_context_or_cluster_is_used_instead() -> None:
    there = parse(TEXT, context="there")
    assert (there.server, there.namespace, there.insecure, there.certificate) == (
        "https://127.0.0.1:7443",
        "default",
        True,
        "CERT",
    )
    assert parse(TEXT, cluster="two").server == "https://127.0.0.1:7443"


def test_json_is_read_as_well() -> None:
    assert parse(json.dumps(CONFIG)) == parse(TEXT)


def test_credentials_do_not_show() -> None:
    assert "t0ken" not in repr(parse(TEXT))
    assert "CERT" not in repr(parse(TEXT, context="there"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "no YAML"),
        ("{", "no JSON"),
        ("- a\n- b", "no map"),
        (changed(**{"current-context": ""}), "no current-context"),
        (changed(**{"current-context": "gone"}), "no context gone; it has: here, there"),
        (changed(clusters=[]), "no cluster one; it has: none"),
        (changed(clusters=[{"name": "one", "cluster": {}}]), "has no `server`"),
        (changed(users=[{"name": "me", "user": {"exec": {"command": "x"}}}]), "certificates and tokens only"),
        (changed(users=[{"name": "me", "user": {"client-key-data": "%"}}]), "no base64"),
        (changed(users=[{"name": "me", "user": {"client-key": "/no/such"}}]), "/no/such: No such file"),
    ],
)
def test_a_kubeconfig_that_cannot_be_used_says_why(text: str, message: str) -> None:
    with pytest.raises(KubeconfigError, match=message):
        parse(text)


def test_a_kubeconfig_is_given_as_text_or_as_path(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(TEXT, encoding="utf-8")
    assert read(TEXT) == TEXT
    assert read(str(path)) == TEXT


def test_without_a_kubeconfig_the_ambient_one_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "config"
    path.write_text(TEXT, encoding="utf-8")
    monkeypatch.setenv("KUBECONFIG", str(path))
    assert read("") == TEXT


def test_a_path_without_a_file_names_it() -> None:
    with pytest.raises(KubeconfigError, match="/no/such/config: No such file"):
        read("/no/such/config")


def test_the_identity_of_a_cluster_is_its_entry() -> None:
    assert identity(TEXT) == {"server": "https://127.0.0.1:6443/"}
    assert identity("a: [") is None


def test_the_same_inputs_change_nothing() -> None:
    assert replaced_by({"kubeconfig": TEXT}, {"kubeconfig": TEXT}) == ([], [])


def test_another_cluster_replaces_everything_on_it() -> None:
    new = {"kubeconfig": TEXT, "context": "there"}
    assert replaced_by({"kubeconfig": TEXT}, new) == (["context"], ["context"])


def test_other_credentials_for_the_same_cluster_replace_nothing() -> None:
    new = {"kubeconfig": changed(users=[{"name": "me", "user": {"token": "new"}}])}
    assert replaced_by({"kubeconfig": TEXT}, new) == (["kubeconfig"], [])


def test_with_the_same_cluster_identifier_another_address_replaces_nothing() -> None:
    moved = changed(clusters=[{"name": "one", "cluster": {"server": "https://127.0.0.1:9443"}}])
    old, new = ({"kubeconfig": text, "clusterIdentifier": "local"} for text in (TEXT, moved))
    assert replaced_by(old, new) == (["kubeconfig"], [])
    assert replaced_by({"kubeconfig": TEXT}, {"kubeconfig": moved}) == (["kubeconfig"], ["kubeconfig"])


def test_another_cluster_identifier_replaces_everything() -> None:
    old, new = ({"kubeconfig": TEXT, "clusterIdentifier": name} for name in ("a", "b"))
    assert replaced_by(old, new) == (["clusterIdentifier"], ["clusterIdentifier"])


def test_another_directory_replaces_every_file() -> None:
    old, new = ({"renderYamlToDirectory": name} for name in ("a", "b"))
    assert replaced_by(old, new) == (["renderYamlToDirectory"], ["renderYamlToDirectory"])


def test_rendering_and_applying_cannot_share_a_provider() -> None:
    found = faults({"renderYamlToDirectory": "out", "kubeconfig": TEXT, "context": "here"})
    assert found.keys() == {"kubeconfig", "context"}
    assert "never both" in found["kubeconfig"]


def test_an_input_without_meaning_is_fine_and_an_unknown_one_is_not() -> None:
    assert faults({"suppressHelmHookWarnings": True, "version": "4", "__internal": {}}) == {}
    assert faults({"kubeconifg": TEXT}).keys() == {"kubeconifg"}


def test_applying_on_the_client_is_refused() -> None:
    assert faults({"enableServerSideApply": False}).keys() == {"enableServerSideApply"}
    assert faults({"enableServerSideApply": "true"}) == {}


@pytest.mark.parametrize("value", [True, "true"])
def test_flags_come_as_booleans_or_as_json(value: object) -> None:
    assert configuration({"enableSecretMutable": value}).mutability.secrets
    assert not configuration({}).mutability.secrets


def test_a_flag_can_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE", "true")
    assert configuration({}).mutability.config_maps


DEPLOYMENT = Type("apps", "v1", "Deployment")


def test_good_inputs_are_returned_as_they_are() -> None:
    obj = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "namespace": "demo"}}
    assert check(DEPLOYMENT, obj) == (obj, {})


def test_type_and_kind_are_filled_in() -> None:
    inputs, failures = check(DEPLOYMENT, {"metadata": {"name": "a"}})
    assert (inputs["apiVersion"], inputs["kind"], failures) == ("apps/v1", "Deployment", {})


@pytest.mark.parametrize(
    ("obj", "property_name", "message"),
    [
        (
            {"kind": "Job", "metadata": {"name": "a"}},
            "kind",
            "the object is apps/v1/Job, the resource apps/v1/Deployment",
        ),
        ({}, "metadata", "expected a map with a name"),
        ({"metadata": {}}, "metadata.name", "names are explicit"),
        ({"metadata": {"name": ""}}, "metadata.name", "names are explicit"),
        (
            {"metadata": {"name": "a", "annotations": {"pulumi.com/waitFor": "Ready"}}},
            'metadata.annotations["pulumi.com/waitFor"]',
            "neither the prefix",
        ),
    ],
)
def test_bad_inputs_say_what_is_wrong_and_where(obj: dict[str, Any], property_name: str, message: str) -> None:
    _, failures = check(DEPLOYMENT, obj)
    assert message in failures[property_name]


def test_a_name_that_is_not_known_yet_is_fine() -> None:
    assert check(DEPLOYMENT, {"metadata": {"name": UNKNOWN}})[1] == {}
    assert check(DEPLOYMENT, {"metadata": UNKNOWN})[1] == {}


def test_helm_is_left_to_the_official_provider() -> None:
    assert "needs the official one" in check(Type("helm.sh", "v3", "Release"), {})[1][""]


def test_only_kinds_known_to_be_namespaced_lack_a_namespace() -> None:
    obj = {"metadata": {"name": "a"}}
    assert lacks_namespace(DEPLOYMENT, obj)
    assert not lacks_namespace(DEPLOYMENT, {"metadata": {"name": "a", "namespace": UNKNOWN}})
    assert not lacks_namespace(Type("", "v1", "Namespace"), obj)
    assert not lacks_namespace(Type("cert-manager.io", "v1", "Certificate"), obj)
