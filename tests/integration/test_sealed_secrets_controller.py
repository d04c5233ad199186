"""The real Sealed Secrets controller on the control plane: what it opens, what it refuses, and who learns of that."""

from __future__ import annotations

import base64
import http.client
import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from local import in_cluster, sealing
from local.plane import ControlPlane
from local.provider.api import Api
from local.provider.awaiting import NotReady
from local.provider.objects import Type
from local.provider.resources import Logs, Resources
from local.provider.transport import ApiError
from local.session import Session
from local.toolchain import ensure
from tests.integration.space import PATIENCE, POD, SECRET, Space, new_space, ports_stay_free

SEALED = Type("bitnami.com", "v1alpha1", "SealedSecret")
SERVICE = Type("", "v1", "Service")


@pytest.fixture
def session(plane: ControlPlane) -> Iterator[Session]:
    with Session(plane.kubeconfig) as opened:
        yield opened


@pytest.fixture
def space(session: Session) -> Iterator[Space]:
    with new_space(session) as made:
        yield made


def certificate(plane: ControlPlane) -> bytes:
    address = urlsplit(plane.sealing_url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE)
    try:
        connection.request("GET", "/v1/cert.pem")
        return connection.getresponse().read()
    finally:
        connection.close()


def seal(
    plane: ControlPlane, namespace: str, name: str, values: Mapping[str, str], scope: str = "strict"
) -> dict[str, Any]:
    """Return what kubeseal makes of a Secret."""
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "stringData": dict(values),
    }
    kubeseal = ensure(["kubeseal"])["kubeseal"]
    done = subprocess.run(
        [kubeseal, "--cert", f"{plane.sealing_url}/v1/cert.pem", "--scope", scope, "--format", "json"],
        input=json.dumps(secret),
        capture_output=True,
        text=True,
        # It looks for a default namespace even where the manifest names one.
        env={**os.environ, "KUBECONFIG": str(plane.kubeconfig)},
        check=True,
    )
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def apply(space: Space, sealed: dict[str, Any]) -> None:
    space.api.apply(sealed, field_manager="test", force=True, dry_run=False, warn=lambda _: None)


def value(space: Space, name: str, key: str) -> str:
    return base64.b64decode((space.read(SECRET, name).get("data") or {}).get(key, "")).decode()


def test_what_kubeseal_sealed_becomes_a_secret_of_its_own(plane: ControlPlane, space: Space) -> None:
    sealed = seal(plane, space.name, "keys", {"token": "correct horse"})
    assert "correct horse" not in json.dumps(sealed)
    apply(space, sealed)
    space.until(lambda: space.condition(SEALED, "keys", "Synced") == "True")
    assert value(space, "keys", "token") == "correct horse"
    [owner] = space.read(SECRET, "keys")["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"]) == ("SealedSecret", "keys")
    space.api.delete(SEALED, space.name, "keys", propagation="Background")
    space.until(lambda: not space.read(SECRET, "keys"))


@pytest.mark.parametrize("damage", ["name", "namespace", "bit"])
def test_what_was_not_sealed_for_it_is_refused_and_said_so(plane: ControlPlane, space: Space, damage: str) -> None:
    sealed = seal(plane, "elsewhere" if damage == "namespace" else space.name, "keys", {"token": "correct horse"})
    name = "other" if damage == "name" else "keys"
    for metadata in (sealed["metadata"], sealed["spec"]["template"]["metadata"]):
        metadata.update(name=name, namespace=space.name)
    if damage == "bit":
        sealed["spec"]["encryptedData"]["token"] = flipped(sealed["spec"]["encryptedData"]["token"])
    apply(space, sealed)
    space.until(lambda: space.condition(SEALED, name, "Synced") == "False")
    assert space.condition(SEALED, name, "Synced", "message") == "no key could decrypt secret (token)"
    space.until(lambda: ("ErrUnsealFailed", "Failed to unseal: no key could decrypt secret (token)") in events(space))
    assert not space.read(SECRET, name)


def flipped(ciphertext: str) -> str:
    content = bytearray(base64.b64decode(ciphertext))
    content[-1] ^= 1
    return base64.b64encode(content).decode("ascii")


def events(space: Space) -> list[tuple[str, str]]:
    found = space.api.list(Type("", "v1", "Event"), space.name)
    return [(event["reason"], event["message"]) for event in found]


def test_namespace_wide_scope_allows_another_name(plane: ControlPlane, space: Space) -> None:
    sealed = seal(plane, space.name, "keys", {"token": "correct horse"}, scope="namespace-wide")
    sealed["metadata"]["name"] = sealed["spec"]["template"]["metadata"]["name"] = "other"
    apply(space, sealed)
    space.until(lambda: value(space, "other", "token") == "correct horse")


def test_pod_waits_for_the_secret_and_then_for_its_key(plane: ControlPlane, space: Space) -> None:
    reference = {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "token"}}}
    space.pod("app", containers=[{"name": "app", "image": "app:1", "env": [reference]}])
    space.until(lambda: space.waiting("app").get("message") == 'secret "keys" not found')
    assert space.waiting("app")["reason"] == "CreateContainerConfigError"
    apply(space, seal(plane, space.name, "keys", {"other": "x"}))
    space.until(lambda: space.waiting("app").get("message") == f"couldn't find key token in Secret {space.name}/keys")
    apply(space, seal(plane, space.name, "keys", {"other": "x", "token": "y"}))
    space.until(lambda: space.condition(POD, "app", "Ready") == "True")


def deploy(space: Space, sealed: dict[str, Any], *, seconds: float = PATIENCE, again: bool = False) -> dict[str, Any]:
    """Create or update a SealedSecret as the provider does, and wait until it is synced."""
    resources = Resources(space.api, "default", threading.Event())
    logs = Logs(warning=lambda _: None, status=lambda _: None)
    metadata = {**sealed["metadata"], "annotations": {"pulumi.com/waitFor": "condition=Synced"}}
    wanted = {"apiVersion": sealed["apiVersion"], "kind": "SealedSecret", "metadata": metadata, "spec": sealed["spec"]}
    if again:
        return resources.update(wanted, f"{space.name}/{metadata['name']}", [], timeout=seconds, logs=logs)
    return resources.create(wanted, timeout=seconds, logs=logs)


def test_provider_returns_once_the_secret_is_there_at_each_change(plane: ControlPlane, space: Space) -> None:
    deploy(space, seal(plane, space.name, "keys", {"token": "one"}))
    assert value(space, "keys", "token") == "one"
    # What the controller said of the ciphertext before does not count.
    for number in range(5):
        deploy(space, seal(plane, space.name, "keys", {"token": f"two {number}"}), again=True)
        assert value(space, "keys", "token") == f"two {number}"


def test_provider_names_object_and_cause_when_its_time_is_over(plane: ControlPlane, space: Space) -> None:
    sealed = seal(plane, space.name, "keys", {"token": "one"})
    sealed["spec"]["encryptedData"]["token"] = flipped(sealed["spec"]["encryptedData"]["token"])
    # However late the controller is: it has said so before anybody begins to wait.
    apply(space, sealed)
    space.until(lambda: space.condition(SEALED, "keys", "Synced") == "False")
    with pytest.raises(NotReady) as caught:
        deploy(space, sealed, seconds=1)
    assert caught.value.reasons == [
        f"not ready after 1 s: waiting for condition=Synced of SealedSecret {space.name}/keys, "
        "found False: no key could decrypt secret (token)"
    ]


def test_service_says_where_the_controller_is(plane: ControlPlane, session: Session) -> None:
    service = Api(session).read(SERVICE, "kube-system", "sealed-secrets-controller") or {}
    assert service["metadata"]["annotations"]["naru.local/url"] == plane.sealing_url
    assert "selector" not in service["spec"]


def test_key_is_a_large_one_and_stays_in_the_cluster(plane: ControlPlane, session: Session) -> None:
    served = x509.load_pem_x509_certificate(certificate(plane))
    public = served.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    assert public.key_size == 4096
    keys = Api(session).list(SECRET, "kube-system", labelSelector="sealedsecrets.bitnami.com/sealed-secrets-key")
    certificates = [x509.load_pem_x509_certificate(base64.b64decode(key["data"]["tls.crt"])) for key in keys]
    key = keys[certificates.index(served)]
    private = base64.b64decode(key["data"]["tls.key"])
    files = [file for file in plane.kubeconfig.parent.rglob("*") if file.is_file() and "etcd" not in file.parts]
    assert len(files) > 10
    assert not [file for file in files if private.splitlines()[1] in file.read_bytes()]


def test_its_token_opens_no_more_than_its_chart_gives_it(plane: ControlPlane, tmp_path: Path) -> None:
    bearer = yaml.safe_load(plane.kubeconfig.read_text(encoding="utf-8"))
    token = (plane.kubeconfig.parent / "sealed-secrets" / "token").read_text(encoding="ascii")
    bearer["users"][0]["user"] = {"token": token}
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(bearer), encoding="utf-8")
    with Session(path) as session:
        session.request("GET", "/api/v1/secrets", query={"limit": "1"})
        for method, place in (
            ("GET", "/api/v1/pods"),
            ("GET", "/api/v1/namespaces/kube-system/configmaps"),
            ("DELETE", "/apis/bitnami.com/v1alpha1/namespaces/default/sealedsecrets/x"),
            ("GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles"),
        ):
            with pytest.raises(ApiError) as refused:
                session.request(method, place)
            assert refused.value.status == 403
            assert "system:serviceaccount:kube-system:sealed-secrets-controller" in str(refused.value)


def test_its_mounts_are_seen_by_nobody_else(plane: ControlPlane) -> None:
    [pid] = [process.pid for process in plane.status() if process.name == sealing.NAME]
    folder = str(plane.kubeconfig.parent / "sealed-secrets")
    assert str(in_cluster.ACCOUNT.relative_to("/var")) in Path(f"/proc/{pid}/mountinfo").read_text(encoding="utf-8")
    assert folder not in Path("/proc/self/mountinfo").read_text(encoding="utf-8")


def test_its_process_is_the_controller_itself(plane: ControlPlane) -> None:
    [pid] = [process.pid for process in plane.status() if process.name == sealing.NAME]
    command = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    assert Path(command[0]).name == "sealed-secrets-controller"
    token = (plane.kubeconfig.parent / "sealed-secrets" / "token").read_text(encoding="ascii")
    assert token not in " ".join(command)


@pytest.fixture
def another(tmp_path: Path) -> Iterator[ControlPlane]:
    """A control plane that a test may stop and start, beside the one that is up."""
    made = ControlPlane(tmp_path, pod_seconds=(0.1, 0.2))
    made.up()
    yield made
    made.down(delete=True)


def test_key_and_address_are_right_after_a_restart_on_another_port(another: ControlPlane) -> None:
    before, url = certificate(another), another.sealing_url
    sealed = seal(another, "default", "keys", {"token": "correct horse"})
    with socket.socket() as listener:
        with ports_stay_free():
            another.down()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", urlsplit(url).port or 0))
            listener.listen()
        another.up()
    assert another.sealing_url != url
    assert certificate(another) == before
    with Session(another.kubeconfig) as session:
        service = Api(session).read(SERVICE, "kube-system", "sealed-secrets-controller") or {}
        assert service["metadata"]["annotations"]["naru.local/url"] == another.sealing_url
        space = Space(session, "default")
        apply(space, sealed)
        space.until(lambda: value(space, "keys", "token") == "correct horse")
