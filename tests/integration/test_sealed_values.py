"""Values from `naru seal` and kubeseal to the Secret that the real controller makes of them, and what it refuses."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.plane import ControlPlane
from local.provider.objects import Type
from local.session import Session
from local.toolchain import ensure
from operations.sealing.certificate import parse_private_keys
from operations.sealing.format import label_of, unseal
from settings.sealed_files import parse_sealed
from tests.integration.on_plane import POD, SECRET, Cluster, OnPlane, until

SEALED_SECRET = Type("bitnami.com", "v1alpha1", "SealedSecret")
FILE = "secrets/local/safe.yaml"
FIRST, SECOND, THIRD = "typed-by-nobody-1", "typed-by-nobody-2", "typed-by-nobody-3"

SAFE = """\
description: Safe
namespaces:
  main: { name: safe }
services:
  box:
    image: { repository: safe/box }
    ports: { http: { container: 8080 } }
    secretEnvFrom: [first]
    secretFiles: { /etc/secrets: { secret: second, items: { jwt.pem: jwt.pem } } }
secrets:
  first: { source: sealed, keys: { A: {}, B: {} } }
  second: { source: sealed, scope: namespace-wide, keys: { jwt.pem: {} } }
"""
RELEASE = "safe:\n  box: { tag: 1.0.0 }\n"


@pytest.fixture(scope="module")
def safe(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> OnPlane:
    return OnPlane(tmp_path_factory.mktemp("safe"), plane, {"safe": SAFE}, RELEASE)


@pytest.fixture(scope="module")
def cluster(plane: ControlPlane) -> Iterator[Cluster]:
    with Session(plane.kubeconfig) as session:
        yield Cluster(session)


def kubeseal(plane: ControlPlane, text: str, *words: str) -> str:
    done = subprocess.run(
        [ensure(["kubeseal"])["kubeseal"], *words],
        input=text,
        capture_output=True,
        text=True,
        # It looks for a default namespace even where the manifest names one.
        env={**os.environ, "KUBECONFIG": str(plane.kubeconfig)},
        check=True,
    )
    return done.stdout


def private_key(cluster: Cluster, folder: Path) -> Path:
    """Return a file with the key of the plane's controller."""
    label = "sealedsecrets.bitnami.com/sealed-secrets-key"
    (key,) = cluster.api.list(SECRET, "kube-system", labelSelector=label)
    path = folder / "key.pem"
    path.write_bytes(base64.b64decode(key["data"]["tls.key"]))
    return path


def opened(cluster: Cluster, name: str) -> dict[str, str]:
    data = cluster.read(SECRET, "safe", name)["data"]
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


def test_an_update_with_values_that_lack_is_refused_and_says_what_to_run(safe: OnPlane) -> None:
    refused = safe.naru("up", "--stack", "local")
    assert refused.code == 1
    assert "no ciphertext in secrets/local/safe.yaml; run `naru seal safe/first --stack local`" in refused.stderr


def test_what_naru_and_kubeseal_seal_the_controller_opens(safe: OnPlane, plane: ControlPlane, cluster: Cluster) -> None:
    safe.write("given.env", f"A={FIRST}\nB={SECOND}\n")
    told = safe.naru("seal", "safe/first", "--stack", "local", "--from-env-file", "given.env").succeeded()
    safe.remove("given.env")
    assert "sealed A, B of safe/first" in told.stdout
    metadata = {"name": "second", "namespace": "safe"}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"jwt.pem": THIRD}}
    scope = ("--scope", "namespace-wide", "--format", "yaml", "--cert", f"{plane.sealing_url}/v1/cert.pem")
    safe.add(FILE, f"---\n{kubeseal(plane, json.dumps(secret), *scope).removeprefix('---').lstrip()}")
    safe.naru("seal", "--check").succeeded()
    safe.naru("up", "--stack", "local").succeeded()
    assert opened(cluster, "first") == {"A": FIRST, "B": SECOND}
    assert opened(cluster, "second") == {"jwt.pem": THIRD}


def test_kubeseal_opens_what_naru_sealed_and_naru_what_kubeseal_sealed(
    safe: OnPlane, plane: ControlPlane, cluster: Cluster, tmp_path: Path
) -> None:
    key = private_key(cluster, tmp_path)
    text = (safe.root / FILE).read_text(encoding="utf-8")
    (ours,) = (f"---\n{part}" for part in text.split("---\n")[1:] if "name: first" in part)
    secret = json.loads(kubeseal(plane, ours, "--recovery-unseal", "--recovery-private-key", str(key)))
    assert base64.b64decode(secret["data"]["A"]).decode() == FIRST
    second = parse_sealed(text, FILE)[0]["second"]
    keys = parse_private_keys([("key", key.read_bytes())])
    assert unseal(second.values["jwt.pem"], keys, label_of(second)).decode() == THIRD


def test_a_changed_value_rolls_the_pods_that_read_it(safe: OnPlane, cluster: Cluster) -> None:
    before = {pod["metadata"]["uid"] for pod in cluster.api.list(POD, "safe")}
    safe.write("new", SECOND[::-1])
    safe.naru("seal", "safe/first", "--stack", "local", "--from-file", "B=new").succeeded()
    safe.remove("new")
    safe.naru("up", "--stack", "local").succeeded()
    assert opened(cluster, "first") == {"A": FIRST, "B": SECOND[::-1]}
    until(lambda: not before & {pod["metadata"]["uid"] for pod in cluster.api.list(POD, "safe")}, "new pods")


def test_values_are_sealed_anew_with_the_controllers_own_keys(safe: OnPlane, cluster: Cluster) -> None:
    before = (safe.root / FILE).read_text(encoding="utf-8")
    (key,) = cluster.api.list(SECRET, "kube-system", labelSelector="sealedsecrets.bitnami.com/sealed-secrets-key")
    safe.write("cert.pem", base64.b64decode(key["data"]["tls.crt"]))
    told = safe.naru("reseal", "--stack", "local", "--certificate", "cert.pem").succeeded()
    assert "3 values are sealed for the certificate" in told.stdout
    after = (safe.root / FILE).read_text(encoding="utf-8")
    old, new = parse_sealed(before, FILE)[0], parse_sealed(after, FILE)[0]
    assert all(old[name].values[key] != text for name, one in new.items() for key, text in one.values.items())
    safe.naru("up", "--stack", "local").succeeded()
    assert opened(cluster, "first") == {"A": FIRST, "B": SECOND[::-1]}


def flipped(ciphertext: str) -> str:
    raw = bytearray(base64.b64decode(ciphertext))
    raw[-1] ^= 1
    return base64.b64encode(raw).decode()


@pytest.mark.parametrize(
    ("secret", "key", "namespace", "change"),
    [("first", "A", "safe", str), ("second", "jwt.pem", "default", str), ("second", "jwt.pem", "safe", flipped)],
    ids=["another-name", "another-namespace", "a-flipped-bit"],
)
def test_what_is_moved_or_changed_stays_shut_and_says_so(
    safe: OnPlane, cluster: Cluster, secret: str, key: str, namespace: str, change: Callable[[str], str]
) -> None:
    sealed = parse_sealed((safe.root / FILE).read_bytes(), FILE)[0][secret]
    wide = {"sealedsecrets.bitnami.com/namespace-wide": "true"} if secret == "second" else {}
    cluster.api.apply(
        {
            "apiVersion": "bitnami.com/v1alpha1",
            "kind": "SealedSecret",
            "metadata": {"name": "moved", "namespace": namespace, "annotations": wide},
            "spec": {"encryptedData": {key: change(sealed.values[key])}},
        },
        field_manager="test",
        force=True,
        dry_run=False,
        warn=lambda warning: None,
    )

    def refused() -> str:
        conditions = cluster.read(SEALED_SECRET, namespace, "moved").get("status", {}).get("conditions", ())
        return next((str(one["message"]) for one in conditions if one["status"] == "False"), "")

    assert until(refused, "the controller's word") == f"no key could decrypt secret ({key})"
    assert "moved" not in cluster.names(SECRET, namespace)
    cluster.api.delete(SEALED_SECRET, namespace, "moved", propagation="Background")
    until(lambda: "moved" not in cluster.names(SEALED_SECRET, namespace), "its end")


def test_no_value_is_anywhere_but_in_the_cluster(safe: OnPlane) -> None:
    safe.naru("render", "--stack", "local", "--out", "rendered").succeeded()
    told = "".join(ended.text for ended in safe.told)
    for value in (FIRST, SECOND, SECOND[::-1], THIRD):
        assert value not in told
        assert safe.holding(value) == []
