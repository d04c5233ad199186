"""What the cluster holds for Argo CD from the start."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.argocd import names, objects
from local.places import Places
from manifests.argocd.server_settings import server_settings


@pytest.fixture
def found(tmp_path: Path) -> dict[str, dict[str, Any]]:
    released = tmp_path / "argocd-cm.yaml"
    data = {"resource.exclusions": "released", "timeout.reconciliation": "180s"}
    released.write_text(yaml.safe_dump({"kind": "ConfigMap", "data": data}), encoding="utf-8")
    return {one["metadata"]["name"]: one for one in objects.settings(released, "key")}


def decoded(secret: dict[str, Any]) -> dict[str, str]:
    return {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}


def test_settings_are_the_released_ones_with_ours_and_narus(found: dict[str, dict[str, Any]]) -> None:
    settings = found["argocd-cm"]["data"]
    assert settings["resource.exclusions"] == "released"
    assert settings["timeout.reconciliation"] == "10s"
    assert server_settings().items() <= settings.items()
    assert server_settings()


def test_settings_are_found_by_the_label_that_argo_cd_looks_for(found: dict[str, dict[str, Any]]) -> None:
    assert found.keys() == {"argocd-cm", "argocd-cmd-params-cm", "argocd-rbac-cm", "argocd-secret"}
    for one in found.values():
        assert one["metadata"]["namespace"] == "argocd"
        assert one["metadata"]["labels"]["app.kubernetes.io/part-of"] == "argocd"


def test_argo_cd_has_a_key_to_sign_sessions_with(found: dict[str, dict[str, Any]]) -> None:
    assert decoded(found["argocd-secret"]) == {"server.secretkey": "key"}


def test_controller_may_do_nothing_outside_its_namespace() -> None:
    assert [one["kind"] for one in objects.rights()] == ["Role", "RoleBinding"]
    assert {one["metadata"]["namespace"] for one in objects.rights()} == {"argocd"}
    assert not any("*" in rule["verbs"] for one in objects.rights() for rule in one.get("rules", []))
    role, binding = objects.manager_rights()
    assert binding["subjects"][0]["name"] == names.CLUSTER_USER != names.CONTROLLER_USER
    assert role["rules"][0] == {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}


def test_cluster_is_known_by_a_name_with_credentials_of_its_own(places: Places) -> None:
    secret = objects.cluster_secret("naru-dev", places.kubeconfig(names.CLUSTER_KUBECONFIG))
    assert secret["metadata"]["labels"]["argocd.argoproj.io/secret-type"] == "cluster"
    content = decoded(secret)
    assert content["name"] == "naru-dev"
    tls = json.loads(content["config"])["tlsClientConfig"]
    pki = {key: base64.b64decode(value) for key, value in tls.items()}
    assert pki == {
        "caData": (places.pki / "ca.crt").read_bytes(),
        "certData": (places.pki / "argocd-manager.crt").read_bytes(),
        "keyData": (places.pki / "argocd-manager.key").read_bytes(),
    }


def test_two_names_of_one_cluster_are_two_clusters_to_argo_cd(places: Places) -> None:
    credentials = places.kubeconfig(names.CLUSTER_KUBECONFIG)
    dev, prod = (objects.cluster_secret(name, credentials) for name in ("naru-dev", "naru-prod-seoul"))
    assert dev["metadata"]["name"] != prod["metadata"]["name"]
    servers = [decoded(one)["server"] for one in (dev, prod)]
    assert len(set(servers)) == 2
    assert len({server.partition("#")[0] for server in servers}) == 1
