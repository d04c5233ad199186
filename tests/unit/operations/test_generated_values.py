"""Values that a stack makes for itself: made once, put together of each other, and kept as ciphertext alone."""

import base64
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from operations.sealing import certificate, generated
from operations.sealing.format import label_of, unseal
from settings.faults import SettingsError
from settings.loading import load
from settings.stack import Stack
from tests.projects import Project
from tests.unit.operations.sealing_builders import a_certificate, a_key, pem

STACK = """\
config:
  naru:environment:
    tier: local
    clusters: { main: { context: nowhere, region: here } }
    domains: { shop: shop.localhost, mail: mail.localhost }
    registries: { harbor: harbor.example.com }
    issuers: { self: { server: self-signed } }
    defaultIssuer: self
    policies: { secrets: generated }
"""
KEYS = """\
  db:
    keys:
      password: {}
      url: { generate: "postgresql://{other/user}:{db/password}@store/{{x}}" }
  other:
    keys:
      user: { generate: shop }
      private: { generate: rsa-private-key }
      public: { generate: rsa-public-key private }
"""


@dataclass
class Server:
    """A cluster whose controller has this key, and which counts how often its private keys are read."""

    key: rsa.RSAPrivateKey
    read: int = 0
    certificates: dict[str, Any] = field(default_factory=dict)

    def get(self, path: str) -> dict[str, Any]:
        assert path.endswith("/services/sealed-secrets-controller")
        return {"metadata": {}, "spec": {"ports": [{"name": "http"}]}}

    def text(self, path: str) -> str:
        assert path == ("/api/v1/namespaces/kube-system/services/http:sealed-secrets-controller:http/proxy/v1/cert.pem")
        return a_certificate(self.key).pem.decode()

    def items(self, path: str, labelSelector: str) -> list[dict[str, Any]]:  # noqa: N803 - Kubernetes calls it so
        assert path == "/api/v1/namespaces/kube-system/secrets"
        assert labelSelector == "sealedsecrets.bitnami.com/sealed-secrets-key"
        self.read += 1
        encoded = base64.b64encode(pem(self.key)).decode()
        return [{"metadata": {"name": "key"}, "data": {"tls.key": encoded}}]


@pytest.fixture
def shop(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.write("Pulumi.local.yaml", STACK)
    project.write("releases/local.yaml", (tmp_path / "releases/dev.yaml").read_bytes())
    project.change("catalog/shop.yaml", "  db: { keys: { password: {} } }\n", KEYS)
    return project


def ensure(project: Project, server: Server) -> bool:
    return generated.ensure(project.root, load(project.root, "local").stack, server)  # type: ignore[arg-type]


def values(project: Project, key: rsa.RSAPrivateKey) -> dict[str, str]:
    """Return every value as the controller opens it, by `secret/key`."""
    stack: Stack = load(project.root, "local").stack
    return {
        f"{name}/{entry}": unseal(text, [key], label_of(sealed)).decode()
        for name, sealed in stack.sealed["shop"].items()
        for entry, text in sealed.values.items()
    }


def ciphertext(project: Project) -> Mapping[str, bytes]:
    folder = project.root / ".naru" / "secrets" / "local"
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_values_are_made_of_each_other(shop: Project) -> None:
    assert ensure(shop, Server(a_key())) is True
    found = values(shop, a_key())
    assert len(found["db/password"]) >= 32
    assert found["db/url"] == f"postgresql://shop:{found['db/password']}@store/{{x}}"
    private = serialization.load_pem_private_key(found["other/private"].encode(), password=None)
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert found["other/public"] == public.decode()


def test_only_ciphertext_is_on_the_disk(shop: Project) -> None:
    ensure(shop, Server(a_key()))
    secret = values(shop, a_key())["db/password"].encode()
    kept = [path.read_bytes() for path in shop.root.rglob("*") if path.is_file()]
    assert not any(secret in content or base64.b64encode(secret) in content for content in kept)


def test_a_second_time_makes_nothing_and_reads_no_private_key(shop: Project) -> None:
    server = Server(a_key())
    ensure(shop, server)
    before, read = ciphertext(shop), server.read
    assert ensure(shop, server) is False
    assert (ciphertext(shop), server.read) == (before, read)


def test_a_new_key_is_made_of_the_values_there_are(shop: Project) -> None:
    server = Server(a_key())
    ensure(shop, server)
    before, sealed = values(shop, a_key()), load(shop.root, "local").stack.sealed["shop"]["db"].values["password"]
    shop.change(
        "catalog/shop.yaml", "      password: {}\n", '      password: {}\n      more: { generate: "{db/password}!" }\n'
    )
    assert ensure(shop, server) is True
    after = values(shop, a_key())
    assert after == {**before, "db/more": f"{before['db/password']}!"}
    assert load(shop.root, "local").stack.sealed["shop"]["db"].values["password"] == sealed


def test_a_changed_recipe_makes_its_value_anew_and_no_other(shop: Project) -> None:
    server = Server(a_key())
    ensure(shop, server)
    before = values(shop, a_key())
    shop.change("catalog/shop.yaml", "@store/", "@elsewhere/")
    assert ensure(shop, server) is True
    after = values(shop, a_key())
    assert after == {**before, "db/url": before["db/url"].replace("@store/", "@elsewhere/")}


def test_another_controller_makes_everything_anew(shop: Project) -> None:
    ensure(shop, Server(a_key()))
    before = values(shop, a_key())
    assert ensure(shop, Server(a_key("new"))) is True
    after = values(shop, a_key("new"))
    assert after.keys() == before.keys()
    assert after["db/password"] != before["db/password"]
    assert after["db/password"] in after["db/url"]


def test_what_is_made_for_another_namespace_is_sealed_anew_with_its_value(shop: Project) -> None:
    server = Server(a_key())
    ensure(shop, server)
    before = values(shop, a_key())
    shop.change("catalog/shop.yaml", "main: { name: shop }", "main: { name: store }")
    assert ensure(shop, server) is True
    assert {sealed.namespace for sealed in load(shop.root, "local").stack.sealed["shop"].values()} == {"store"}
    assert values(shop, a_key()) == before


def test_a_key_that_nobody_declares_any_more_goes(shop: Project) -> None:
    server = Server(a_key())
    ensure(shop, server)
    shop.change("catalog/shop.yaml", "      public: { generate: rsa-public-key private }\n", "")
    assert ensure(shop, server) is True
    assert "other/public" not in values(shop, a_key())


def test_a_value_without_what_it_is_made_of_is_not_kept() -> None:
    recipes = {("a", "text"): "{a/random}!", ("a", "random"): "password", ("b", "own"): "password"}
    assert generated.consistent(recipes, {("a", "text"): "x!", ("b", "own"): "y"}) == {("b", "own"): "y"}


def test_a_random_value_of_another_kind_is_made_anew_with_what_is_made_of_it(shop: Project) -> None:
    server = Server(a_key())
    shop.change("catalog/shop.yaml", "private: { generate: rsa-private-key }", "private: {}")
    shop.change("catalog/shop.yaml", "public: { generate: rsa-public-key private }", "public: {}")
    ensure(shop, server)
    before = values(shop, a_key())
    shop.change("catalog/shop.yaml", "private: {}", "private: { generate: rsa-private-key }")
    shop.change("catalog/shop.yaml", "public: {}", "public: { generate: rsa-public-key private }")
    assert ensure(shop, server) is True
    after = values(shop, a_key())
    private = serialization.load_pem_private_key(after["other/private"].encode(), password=None)
    public = serialization.load_pem_public_key(after["other/public"].encode())
    assert private.public_key() == public
    assert {key for key in after if after[key] != before[key]} == {"other/private", "other/public"}


def test_only_this_machine_is_asked_in_place_of_the_service() -> None:
    class Misled(Server):
        def get(self, path: str) -> dict[str, Any]:
            found = super().get(path)
            found["metadata"]["annotations"] = {"naru.local/url": "http://example.com"}
            return found

    assert certificate.of_cluster(Misled(a_key()), "main").pem == a_certificate().pem  # type: ignore[arg-type]


def test_a_service_without_a_port_is_one_line() -> None:
    class Portless(Server):
        def get(self, path: str) -> dict[str, Any]:
            return {"metadata": {}, "spec": {"ports": []}}

    with pytest.raises(SettingsError, match=r"^main: .* gives no certificate: its Service has no port; install Sealed"):
        certificate.of_cluster(Portless(a_key()), "main")  # type: ignore[arg-type]


def test_an_answer_that_is_no_http_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(b"nonsense\r\n\r\n")

        class Nearby(Server):
            def get(self, path: str) -> dict[str, Any]:
                url = f"http://127.0.0.1:{listener.getsockname()[1]}"
                return {"metadata": {"annotations": {"naru.local/url": url}}, "spec": {}}

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(SettingsError, match=r"^main: .* gives no certificate: nonsense"):
            certificate.of_cluster(Nearby(a_key()), "main")  # type: ignore[arg-type]
        thread.join()
