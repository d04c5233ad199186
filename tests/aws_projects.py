"""The small project of `tests.projects` with AWS: prod has two regions, and the system shop has all it can have."""

from pathlib import Path

from tests.projects import COMMON, FILES, MAIL, SHOP, Project

PROD = """\
config:
  naru:environment:
    tier: production
    clusters:
      seoul:
        context: prod-seoul
        region: ap-northeast-2
        primary: true
        aws:
          eks: prod
          oidcIssuer: https://oidc.eks.ap-northeast-2.amazonaws.com/id/SEOUL
          vpc: vpc-0000000000000000a
          cidr: 10.64.0.0/16
          privateSubnets: [subnet-000000000000000a1, subnet-000000000000000a2]
          publicSubnets: [subnet-000000000000000a3, subnet-000000000000000a4]
          securityGroup: sg-0000000000000000a
      tokyo:
        context: prod-tokyo
        region: ap-northeast-1
        dataDomain: data.example.com
        dataCidr: 10.64.0.0/16
        aws:
          eks: prod
          oidcIssuer: https://oidc.eks.ap-northeast-1.amazonaws.com/id/TOKYO
          vpc: vpc-0000000000000000b
          cidr: 10.65.0.0/16
          privateSubnets: [subnet-000000000000000b1, subnet-000000000000000b2]
          publicSubnets: [subnet-000000000000000b3, subnet-000000000000000b4]
          securityGroup: sg-0000000000000000b
    domains: { shop: shop.example.com, mail: mail.example.org }
    registries: { harbor: harbor.example.com, ecr: 111122223333.dkr.ecr.ap-northeast-2.amazonaws.com }
    issuers:
      self: { server: self-signed }
      public:
        server: letsencrypt-production
        email: platform@example.com
        solvers: [{ route53: { hostedZoneId: Z0SHOP, region: ap-northeast-2 } }]
    defaultIssuer: self
    policies: { mutableTags: false }
    aws:
      account: "111122223333"
      owner: platform
      costCentre: "4711"
      zones: { example.com: Z0SHOP, example.org: Z0MAIL }
      privateZone: { id: Z0PRIVATE, domain: prod.internal }
"""

SHOP_AWS = (
    SHOP.replace("repository: shop/api", "registry: ecr, repository: shop/api")
    .replace(
        "db: { keys: { password: {} } }\n",
        "db: { keys: { password: {} } }\n  api: { source: external, store: aws, keys: { token: {} } }\n",
    )
    .replace(
        "environments:\n",
        """\
secretStores:
  aws: { provider: aws-secrets-manager, region: ap-northeast-2 }
aws:
  buckets: { backups: {} }
  queues: { orders: {} }
  parameters: { limits/orders: {} }
  secrets:
    api:
      rotation: { function: "arn:aws:lambda:ap-northeast-2:111122223333:function:rotate" }
environments:
""",
    )
)
MAIL_AWS = MAIL.replace("repository: mail/relay", "registry: ecr, repository: mail/relay")


class AwsProject(Project):
    """That project in a folder of its own; `dev` has no AWS."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        ecr = "registries: { ecr: 444455556666.dkr.ecr.eu-west-1.amazonaws.com, harbor"
        self.write("Pulumi.dev.yaml", FILES["Pulumi.dev.yaml"].replace("registries: { harbor", ecr))
        self.write("Pulumi.prod.yaml", PROD)
        self.write("catalog/common.yaml", COMMON)
        self.write("catalog/shop.yaml", SHOP_AWS)
        self.write("catalog/mail.yaml", MAIL_AWS)


class FullProject(AwsProject):
    """That project with a component of every kind."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.change("catalog/shop.yaml", "description: Shop\n", "description: Shop\nclusters: all\n")
        self.change("catalog/shop.yaml", "aws:\n  buckets", "aws:\n  traffic: latency\n  buckets")
        self.change("catalog/shop.yaml", "dataStores:\n", f"dataStores:\n{CACHE}")
        self.change("catalog/shop.yaml", "environments:\n  prod:\n", f"environments:\n  prod:\n{FULL_SHOP}")
        self.change("catalog/shop.yaml", "      api: { replicas: 4 }\n", FULL_SERVICES)
        self.change("Pulumi.prod.yaml", "      owner: platform\n", f"      owner: platform\n{SPENDING}")


SPENDING = "      spending: { monthlyUsd: 900, notify: [ops@example.com] }\n"
CACHE = """\
  cache:
    engine: valkey
    image: { registry: harbor, repository: valkey, tag: "8" }
    ports: { redis: { container: 6379 } }
    dataPath: /data
    resources: { requests: { cpu: 250m, memory: 512Mi }, limits: { memory: 1Gi } }
    storage: { size: 1Gi }
    probes:
      startup: { tcp: redis }
      readiness: { tcp: redis }
      liveness: { tcp: redis }
"""
FULL_SHOP = """\
    aws:
      spending: { monthlyUsd: 500, notify: [shop@example.com] }
    dataStores:
      store:
        managed:
          version: "17"
          instanceClass: db.t4g.medium
          storageGib: 20
          replicas: [tokyo]
      cache:
        managed: { version: "8.1", instanceClass: cache.t4g.small }
"""
FULL_SERVICES = """\
      web:
        strategy: { type: blueGreenIngress, traffic: target-groups }
      api:
        replicas: 4
        aws:
          parameters: [limits/orders]
          buckets: { backups: read }
          queues: { orders: send }
"""
