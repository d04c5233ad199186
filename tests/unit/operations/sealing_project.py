"""A project of two systems with sealed secrets, and a server in place of its cluster."""

import base64
import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from operations.__main__ import main
from operations.sealing.certificate import Certificate
from operations.sealing.format import label_of, unseal
from settings.sealed_files import parse_sealed
from tests.projects import Project
from tests.unit.operations.sealing_builders import a_certificate, a_key

STACK = """\
config:
  naru:environment:
    tier: TIER
    clusters: { main: { context: here, region: r, kubeconfig: kubeconfig } }
    domains: { shop: shop.example.com, mail: mail.example.com }
    registries: { harbor: harbor.example.com }
    issuers: { self: { server: self-signed } }
    defaultIssuer: self
    policies: { secrets: SOURCE }
"""
SHOP, MAIL = "secrets/test/shop.yaml", "secrets/test/mail.yaml"
CERTIFICATE = "secrets/test/certificate.pem"


class Sealing(Project):
    """The project; its stack `test` seals `shop/db` (password, url) and `mail/relay` (token)."""

    def __init__(self, root: Path, source: str = "sealed") -> None:
        super().__init__(root)
        for name in ("dev", "prod"):
            self.remove(f"Pulumi.{name}.yaml")
        self.write("releases/test.yaml", (root / "releases/dev.yaml").read_bytes())
        for name in ("dev", "prod"):
            self.remove(f"releases/{name}.yaml")
        self.write("Pulumi.test.yaml", STACK.replace("TIER", "local").replace("SOURCE", source))
        shop, _, _ = (root / "catalog/shop.yaml").read_text(encoding="utf-8").partition("environments:")
        common, _, _ = (root / "catalog/common.yaml").read_text(encoding="utf-8").partition("environments:")
        self.write("catalog/common.yaml", common)
        self.write("catalog/shop.yaml", shop)
        self.change("catalog/shop.yaml", "db: { keys: { password: {} } }", "db: { keys: { password: {}, url: {} } }")
        self.change("catalog/shop.yaml", "    env: { MODE: fast }\n", "    secretEnvFrom: [db]\n")
        self.add("catalog/mail.yaml", "    secretEnvFrom: [relay]\nsecrets:\n  relay: { keys: { token: {} } }\n")

    def certified(self, certificate: Certificate | None = None) -> None:
        """Have a certificate to seal with."""
        self.write(CERTIFICATE, (certificate or a_certificate()).pem)

    def naru(self, *words: str) -> int:
        """Run a command."""
        return main([*words, "--root", str(self.root)])

    def seal(self, *words: str, secret: str = "shop/db") -> int:
        """Run `naru seal` for one secret."""
        return self.naru("seal", secret, "--stack", "test", *words)

    def given(self, content: str | bytes, *, name: str = "given") -> str:
        """Return the path of a file with a value, beside the project."""
        path = self.root.parent / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    def opened(self, file: str = SHOP, key: RSAPrivateKey | None = None) -> dict[str, bytes]:
        """Return what a key, the controller's by default, opens of a file, by `secret/key`."""
        found, faults = parse_sealed((self.root / file).read_bytes(), file)
        assert faults == []
        return {
            f"{name}/{entry}": unseal(text, [key or a_key()], label_of(sealed))
            for name, sealed in found.items()
            for entry, text in sealed.values.items()
        }

    def files(self) -> dict[str, bytes]:
        """Return every file of the project, its logs included."""
        return {str(path.relative_to(self.root)): path.read_bytes() for path in self.root.rglob("*") if path.is_file()}

    def reached(self, port: int) -> None:
        """Have a kubeconfig for a server on 127.0.0.1."""
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "here",
            "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
            "users": [{"name": "u", "user": {"token": "the-token"}}],
            "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
        }
        self.write("kubeconfig", json.dumps(content))


def holding(files: dict[str, bytes], value: str) -> list[str]:
    """Return which files have a value in them, as it is or in base64."""
    raw = value.encode()
    return [name for name, content in files.items() if raw in content or base64.b64encode(raw) in content]
