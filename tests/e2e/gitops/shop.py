"""A small project with a service that migrates, one that goes, and data that stay."""

from __future__ import annotations

from typing import Final

from tests.projects import COMMON

STACK: Final = "dev"
CONTEXT: Final = "naru-shop-dev"
NAMESPACE: Final = "shop-git"

_SHOP: Final = """\
description: Shop
namespaces:
  main: { name: shop-git }
services:
  api:
    image: { repository: shop/api }
    ports: { http: { container: 8080 } }
    replicas: 2
    env: { MODE: fast }
    secretEnv: { PASSWORD: { secret: db, key: PASSWORD } }
    dependsOn: [store]
    migration:
      engine: goose
      backoffLimit: 0 # the guide's three more tries have pauses of 10, 20 and 40 s between them
      secret: db
      databases: { shop: { directory: /migrations, urlKey: DATABASE_URL } }
  web:
    image: { repository: shop/web }
    ports: { http: { container: 8080, service: 80 } }
    dependsOn: [api]
    replicas: 2
  old:
    image: { repository: shop/old }
    ports: { http: { container: 8080 } }
dataStores:
  store:
    engine: postgresql
    secretEnv: { POSTGRES_PASSWORD: { secret: db, key: PASSWORD } }
claims:
  archive: { size: 1Gi, storageClass: standard }
secrets:
  db: { keys: { DATABASE_URL: {}, PASSWORD: {} } }
sync: { automated: true, selfHeal: true, retry: { limit: 0 } }
"""
_CONFIG: Final = """\
config:
  pulumi:disable-default-providers: ["*"]
  naru:environment:
    tier: development
    delivery: gitops
    clusters: {{ main: {{ context: {context}, region: local }} }}
    registries: {{ harbor: harbor.example.com }}
    issuers: {{ self: {{ server: self-signed }} }}
    defaultIssuer: self
    storageClass: standard
    policies: {{ secrets: sealed, protectData: true }}
    argocd: {{ repository: "{url}" }}
"""
_RELEASE: Final = """\
shop:
  api: { tag: 1.0.0 }
  web: { tag: 1.0.0 }
  old: { tag: 1.0.0 }
"""


def files(url: str) -> dict[str, str]:
    """Return the project's files; Argo CD reads the repository at `url`."""
    common, _, _ = COMMON.partition("environments:")
    return {
        "Pulumi.yaml": "name: example\nruntime: python\n",
        f"Pulumi.{STACK}.yaml": _CONFIG.format(context=CONTEXT, url=url),
        "catalog/common.yaml": common,
        "catalog/shop.yaml": _SHOP,
        f"releases/{STACK}.yaml": _RELEASE,
    }
