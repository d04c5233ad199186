"""A small project in a folder: two systems, two stacks, nothing wrong with it until a test changes a file."""

from pathlib import Path

from settings.faults import SettingsError
from settings.loading import Loaded, check, load

COMMON = """\
defaults:
  service:
    image: { registry: harbor }
    resources:
      requests: { cpu: 100m, memory: 128Mi }
      limits: { cpu: 500m, memory: 256Mi }
    probes:
      startup: { http: { path: /health } }
      readiness: { http: { path: /health } }
      liveness: { http: { path: /health } }
    writablePaths: [/tmp]
engines:
  postgresql:
    image: { registry: harbor, repository: postgres, tag: "17" }
    ports: { postgresql: { container: 5432 } }
    dataPath: /var/lib/postgresql/data
    resources: { requests: { cpu: 250m, memory: 512Mi }, limits: { memory: 1Gi } }
    storage: { size: 1Gi }
    probes:
      startup: { tcp: postgresql }
      readiness: { tcp: postgresql }
      liveness: { tcp: postgresql }
environments:
  prod:
    defaults:
      dataStore: { storage: { size: 10Gi } }
"""

SHOP = """\
description: Shop
namespaces:
  main: { name: shop }
services:
  web:
    image: { repository: shop/web }
    ports: { http: { container: 8080, service: 80 } }
    exposure: { public: { hosts: [shop] } }
    dependsOn: [api]
  api:
    image: { repository: shop/api }
    ports: { http: { container: 8080 } }
    replicas: 2
    env: { MODE: fast }
    secretEnv: { PASSWORD: { secret: db, key: password } }
    mounts: { /cache: cache }
    volumes: { cache: { scratch: { limit: 1Gi } } }
    exposure: { public: { hosts: [shop], paths: [{ path: /api }] } }
    dependsOn: [store]
dataStores:
  store:
    engine: postgresql
    secretEnv: { POSTGRES_PASSWORD: { secret: db, key: password } }
secrets:
  db: { keys: { password: {} } }
environments:
  prod:
    services:
      api: { replicas: 4 }
"""

MAIL = """\
description: Mail
namespaces:
  mail: {}
services:
  relay:
    image: { repository: mail/relay }
    ports: { http: { container: 8025 } }
    dependsOn: [shop/api]
"""

CONFIG = """\
config:
  kubernetes:enableServerSideApply: "true"
  naru:environment:
    tier: {tier}
    clusters:
      main: {{ context: {stack}, region: seoul }}
    domains: {{ shop: shop.{stack}.example.com, mail: mail.{stack}.example.com }}
    registries: {{ harbor: harbor.example.com }}
    issuers: {{ self: {{ server: self-signed }} }}
    defaultIssuer: self
    policies: {{ mutableTags: {mutable} }}
"""

RELEASE = """\
shop:
  web: { tag: 1.0.0 }
  api: { tag: 1.0.0 }
mail:
  relay: { tag: 1.0.0 }
"""

FILES = {
    "Pulumi.yaml": "name: example\nruntime: python\n",
    "Pulumi.dev.yaml": CONFIG.format(tier="development", stack="dev", mutable="true"),
    "Pulumi.prod.yaml": CONFIG.format(tier="production", stack="prod", mutable="false"),
    "catalog/common.yaml": COMMON,
    "catalog/mail.yaml": MAIL,
    "catalog/shop.yaml": SHOP,
    "releases/dev.yaml": RELEASE,
    "releases/prod.yaml": RELEASE,
}
"""The files of the project by their paths."""


class Project:
    """The project in a folder of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for file, text in FILES.items():
            self.write(file, text)

    def write(self, file: str, content: str | bytes) -> None:
        """Give a file new content."""
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def change(self, file: str, old: str, new: str) -> None:
        """Change the one place in a file that says `old`."""
        text = (self.root / file).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{text.count(old)} times in {file}: {old}"
        self.write(file, text.replace(old, new))

    def add(self, file: str, text: str) -> None:
        """Add lines to the end of a file."""
        self.write(file, (self.root / file).read_text(encoding="utf-8") + text)

    def remove(self, file: str) -> None:
        """Remove a file."""
        (self.root / file).unlink()

    def load(self, stack: str = "dev") -> Loaded:
        """Load one stack."""
        return load(self.root, stack)

    def faults(self, stack: str | None = None) -> list[str]:
        """Return the lines that refuse the project, or one stack of it; none where it is accepted."""
        try:
            if stack is None:
                check(self.root)
            else:
                load(self.root, stack)
        except SettingsError as error:
            return str(error).splitlines()
        return []
