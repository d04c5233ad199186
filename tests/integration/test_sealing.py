"""Every scope in both directions: what Naru and kubeseal seal, under the names where the real controller opens it."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from local.plane import ControlPlane
from local.provider.objects import Type
from local.session import Session
from local.toolchain import ensure
from operations.api_server import connect
from operations.sealing import certificate, file
from operations.sealing.certificate import Certificate
from operations.sealing.format import CannotOpenError, label, label_of, seal, unseal
from settings.environment import Cluster
from settings.sealed import Scope, Sealed
from settings.sealed_files import parse_sealed
from tests.integration.space import SECRET, Space, new_space

SEALED_SECRET = Type("bitnami.com", "v1alpha1", "SealedSecret")
KEYS = "sealedsecrets.bitnami.com/sealed-secrets-key"
# It looks for a default namespace even where the manifest names one; nobody listens there.
NOWHERE = """\
apiVersion: v1
kind: Config
current-context: nowhere
clusters: [{ name: nowhere, cluster: { server: "http://127.0.0.1:1" } }]
contexts: [{ name: nowhere, context: { cluster: nowhere, user: "" } }]
"""
# Not UTF-8, with a line end at its end: values are bytes.
VALUE = b"correct horse\xff\x00\n"


@pytest.fixture(autouse=True)
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep kubeseal off every cluster."""
    (tmp_path / "kubeconfig").write_text(NOWHERE, encoding="utf-8")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))


@pytest.fixture
def space(plane: ControlPlane) -> Iterator[Space]:
    with Session(plane.kubeconfig) as session, new_space(session) as made:
        yield made


@pytest.fixture(scope="module")
def current(plane: ControlPlane) -> Certificate:
    server = connect(Cluster(context="naru-local", region="r", kubeconfig=str(plane.kubeconfig)), Path("/"))
    return certificate.of_cluster(server, "main")


@pytest.fixture(scope="module")
def key(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the controller's private key."""
    server = connect(Cluster(context="naru-local", region="r", kubeconfig=str(plane.kubeconfig)), Path("/"))
    items = server.items("/api/v1/namespaces/kube-system/secrets", labelSelector=KEYS)
    path = tmp_path_factory.mktemp("key") / "key.pem"
    path.write_bytes(base64.b64decode(items[0]["data"]["tls.key"]))
    return path


def kubeseal(text: str, *words: str) -> str:
    """Return what kubeseal writes."""
    done = subprocess.run(
        [ensure(["kubeseal"])["kubeseal"], *words],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def by_naru(namespace: str, scope: Scope, current: Certificate) -> str:
    """Return the file that Naru makes of a Secret `db` with one value."""
    ciphertext = {"a.b": seal(VALUE, current.key, label(scope, namespace, "db"))}
    return file.text(file.COMMITTED_HEADER, [Sealed("db", namespace, scope, ciphertext, "", 0)])


def by_kubeseal(namespace: str, scope: Scope, current: Certificate, folder: Path) -> str:
    """Return what kubeseal makes of the same Secret."""
    (folder / "certificate.pem").write_bytes(current.pem)
    metadata = {"name": "db", "namespace": namespace}
    data = {"a.b": base64.b64encode(VALUE).decode()}
    secret = json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data})
    return kubeseal(secret, "--cert", str(folder / "certificate.pem"), "--scope", scope.value, "--format", "yaml")


def apply(space: Space, sealed: Sealed, name: str) -> None:
    """Apply what a file holds as Naru does, under a name in the namespace of the test."""
    moved = {**file.document(sealed), "spec": {"encryptedData": dict(sealed.values)}}
    moved["metadata"] = {**moved["metadata"], "name": name, "namespace": space.name}
    space.api.apply(moved, field_manager="test", force=True, dry_run=False, warn=lambda _: None)


def content(space: Space, name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = space.read(SECRET, name).get("data") or {}
    return found


def is_refused(space: Space, name: str) -> bool:
    return space.condition(SEALED_SECRET, name, "Synced") == "False"


@pytest.mark.parametrize("maker", ["naru", "kubeseal"])
@pytest.mark.parametrize("scope", Scope, ids=lambda scope: scope.value)
def test_a_value_opens_where_its_scope_says_and_nowhere_else(
    scope: Scope, maker: str, space: Space, current: Certificate, tmp_path: Path
) -> None:
    found: dict[str, Sealed] = {}
    for namespace in (space.name, "elsewhere"):
        text = by_naru(namespace, scope, current) if maker == "naru" else ""
        text = text or by_kubeseal(namespace, scope, current, tmp_path)
        read, faults = parse_sealed(text, "f")
        assert faults == []
        assert read["db"].scope is scope
        found[namespace] = read["db"]
    here, elsewhere = found[space.name], found["elsewhere"]
    apply(space, here, "db")
    apply(space, here, "renamed")
    apply(space, elsewhere, "moved")
    opens = {"db": True, "renamed": scope is not Scope.STRICT, "moved": scope is Scope.CLUSTER_WIDE}
    expected = {"a.b": base64.b64encode(VALUE).decode()}
    for name, does in opens.items():
        if does:
            space.until(lambda name=name: content(space, name) == expected)  # type: ignore[misc]
        else:
            space.until(lambda name=name: is_refused(space, name))  # type: ignore[misc]
            said = space.condition(SEALED_SECRET, name, "Synced", "message")
            assert said == "no key could decrypt secret (a.b)"
            assert not space.read(SECRET, name)


@pytest.mark.parametrize("scope", Scope, ids=lambda scope: scope.value)
def test_kubeseal_opens_what_naru_seals_and_the_other_way_round(
    scope: Scope, current: Certificate, key: Path, tmp_path: Path
) -> None:
    ours = by_naru("shop", scope, current)
    secret = json.loads(kubeseal(ours, "--recovery-unseal", "--recovery-private-key", str(key)))
    assert base64.b64decode(secret["data"]["a.b"]) == VALUE
    assert (secret["metadata"]["name"], secret["metadata"]["namespace"]) == ("db", "shop")
    theirs = parse_sealed(by_kubeseal("shop", scope, current, tmp_path), "f")[0]["db"]
    keys = certificate.parse_private_keys([("key", key.read_bytes())])
    assert unseal(theirs.values["a.b"], keys, label_of(theirs)) == VALUE
    if scope is not Scope.CLUSTER_WIDE:
        with pytest.raises(CannotOpenError):
            unseal(theirs.values["a.b"], keys, label(scope, "elsewhere", "db"))


def test_kubeseal_adds_a_key_to_the_file_that_naru_made(current: Certificate, key: Path, tmp_path: Path) -> None:
    committed = tmp_path / "shop.yaml"
    committed.write_text(by_naru("shop", Scope.STRICT, current), encoding="utf-8")
    (tmp_path / "certificate.pem").write_bytes(current.pem)
    metadata = {"name": "db", "namespace": "shop"}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"more": "value"}}
    cert = ("--cert", str(tmp_path / "certificate.pem"))
    kubeseal(json.dumps(secret), *cert, "--format", "yaml", "--merge-into", str(committed))
    found, faults = parse_sealed(committed.read_bytes(), "f")
    # It leaves our digest of the keys there were before, which is to be taken out by hand.
    assert [fault.found for fault in faults] == ["ciphertext that was changed after it was sealed"]
    text = "".join(
        line
        for line in committed.read_text(encoding="utf-8").splitlines(keepends=True)
        if "naru/sealed-digest" not in line
    )
    found, faults = parse_sealed(text, "f")
    assert faults == []
    keys = certificate.parse_private_keys([("key", key.read_bytes())])
    opened = {name: unseal(value, keys, label_of(found["db"])) for name, value in found["db"].values.items()}
    assert opened == {"a.b": VALUE, "more": b"value"}
