"""Changes of the project's own files, each with the risks that a review must be told of: all of them, and no other."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from operations.diff.model import Danger, Level
from tests.assembled import ROOT

_COPIED = ("catalog", "releases", "secrets", "settings", "manifests", "operations")


@dataclass(frozen=True)
class Edit:
    """One place of a file that says something else."""

    file: str
    old: str
    new: str

    def apply(self, root: Path) -> None:
        """Change the file, which says `old` exactly once."""
        path = root / self.file
        text = path.read_text(encoding="utf-8")
        assert text.count(self.old) == 1, f"{text.count(self.old)} times in {self.file}: {self.old}"
        path.write_text(text.replace(self.old, self.new), encoding="utf-8")


@dataclass(frozen=True)
class Named:
    """A risk: at least one, and one for each object that the pattern finds, such as `StatefulSet *`."""

    level: Level
    danger: Danger
    subject: str
    says: str = ""
    """A part of the reason."""


@dataclass(frozen=True)
class Planted:
    """A change of files, and what it comes to on one stack."""

    name: str
    stack: str
    edits: tuple[Edit, ...]
    risks: tuple[Named, ...] = ()
    """None for a harmless one."""
    code: bool = False
    """Whether it changes the code, which a process of its own has to run."""


def copied(root: Path) -> Path:
    """Return a folder with what the project's stacks are rendered from."""
    for name in _COPIED:
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in ROOT.glob("Pulumi*.yaml"):
        shutil.copy2(path, root / path.name)
    return root


def edit(file: str, old: str, new: str) -> tuple[Edit, ...]:
    """Return one edit."""
    return (Edit(file, old, new),)


def below(file: str, anchor: str, *lines: str) -> tuple[Edit, ...]:
    """Return the edit that adds lines below those of `anchor`."""
    return edit(file, f"{anchor}\n", "".join(f"{line}\n" for line in (anchor, *lines)))


def without(file: str, text: str) -> tuple[Edit, ...]:
    """Return the edit that takes text away."""
    return edit(file, text, "")


def overriding(stack: str, systems: str) -> tuple[Edit, ...]:
    """Return the edit that lets a stack's own file change systems."""
    return below(f"Pulumi.{stack}.yaml", '  pulumi:disable-default-providers: ["*"]', f"  naru:systems: {systems}")


_C, _H, _M, _L = Level.CRITICAL, Level.HIGH, Level.MEDIUM, Level.LOW
_AMS, _PLATE, _KOREA = "catalog/ams.yaml", "catalog/plate.yaml", "catalog/korea-public-data.yaml"
_PLATFORM, _IMMERSIVERSE, _COMMON = "catalog/services-platform.yaml", "catalog/immersiverse.yaml", "catalog/common.yaml"
_SECRETS_OF_AMS = "    secrets:\n      ams-secrets: { source"
_PROD, _RELEASE = "Pulumi.prod.yaml", "releases/prod.yaml"

AWS = (
    Planted(
        "a region is drained",
        "prod",
        below(_PROD, "        region: ap-northeast-1", "        drained: true"),
        (Named(_M, Danger.DOWNTIME, "AWS PublicRecords immersiverse/*", "no longer leads to tokyo"),),
    ),
    Planted(
        "a database of AWS goes back a version",
        "prod",
        edit(_IMMERSIVERSE, 'version: "17"', 'version: "16"'),
        (Named(_H, Danger.DATA, "AWS Database immersiverse/*", "which AWS refuses"),),
    ),
    Planted(
        "a service may read the backups",
        "prod",
        below(
            _AMS,
            "        aws: # all that its role allows; migrations write their dumps by a role of their own",
            "          buckets: { backups: read }",
        ),
        (Named(_M, Danger.PERMISSIONS, "AWS ServiceRole ams/*", "s3:GetObject"),),
    ),
)

DATA = (
    Planted(
        "a protected volume is removed",
        "prod",
        overriding("prod", "{ plate: { claims: { plate-cache: null } } }"),
        (Named(_H, Danger.DATA, "PersistentVolumeClaim fe-web-prod/plate-cache", "Prune=false"),),
    ),
    Planted(
        "an unprotected volume is removed",
        "dev",
        overriding("dev", "{ plate: { claims: { plate-cache: null } } }"),
        (Named(_C, Danger.DATA, "PersistentVolumeClaim fe-web-dev/plate-cache", "deleted"),),
    ),
    Planted(
        "the volume of a database shrinks",
        "prod",
        edit(_IMMERSIVERSE, "kafka: { replicas: 3 }", "kafka: { replicas: 3, storage: { size: 20Gi } }"),
        (Named(_H, Danger.DATA, "StatefulSet production/kafka", "shrinks from 50Gi to 20Gi, which no volume can"),),
    ),
    Planted(
        "the volume of a database grows, which Argo CD cannot do",
        "prod",
        edit(_AMS, _SECRETS_OF_AMS, f"      mongodb: {{ storage: {{ size: 80Gi }} }}\n{_SECRETS_OF_AMS}"),
        (Named(_M, Danger.DOWNTIME, "StatefulSet ams-prod/mongodb", "the sync fails until"),),
    ),
    Planted(
        "a volume gets another storage class",
        "prod",
        edit(_PLATE, "storageClass: openebs-hostpath", "storageClass: gp3"),
        (Named(_H, Danger.DATA, "PersistentVolumeClaim fe-web-prod/plate-cache", "storageClassName gp3"),),
    ),
    Planted(
        "a namespace is renamed, and so one removed",
        "prod",
        edit(_PLATE, "builds: { name: fe-web-prod,", "builds: { name: builds-prod,"),
        (Named(_H, Danger.DATA, "Namespace fe-web-prod", "PersistentVolumeClaim plate-cache"),),
    ),
    Planted(
        "data are protected no more",
        "prod",
        below(_PROD, "      mutableTags: false", "      protectData: false"),
        (
            Named(_C, Danger.DATA, "Namespace ams-prod", "loses"),
            Named(_C, Danger.DATA, "Namespace production", "loses"),
            Named(_C, Danger.DATA, "Namespace korea-public-data", "loses"),
            Named(_C, Danger.DATA, "Namespace plate-prod", "PersistentVolumeClaim fe-web-prod/plate-cache"),
            Named(_C, Danger.DATA, "Namespace gateway", "Namespace data"),
            Named(_H, Danger.DATA, "Application argocd/*", "finalizer"),
            Named(_H, Danger.DATA, "AWS *", "from deletion any more"),
        ),
    ),
    Planted(
        "retention is weakened in the code",
        "prod",
        edit("manifests/data_store.py", '"whenDeleted": "Retain"', '"whenDeleted": "Delete"'),
        (Named(_H, Danger.DATA, "StatefulSet *", "whenDeleted is Delete"),),
        code=True,
    ),
)

DOWNTIME = (
    Planted(
        "one pod is left of three",
        "prod",
        edit(_KOREA, "    replicas: 3\n", "    replicas: 1\n"),
        (Named(_H, Danger.DOWNTIME, "Rollout korea-public-data/korea-frontend", "1 pod left of 3"),),
    ),
    Planted(
        "an autoscaler keeps fewer pods than the budget allows",
        "prod",
        edit(_PLATFORM, "websocket: { scaling: { min: 3, max: 12 } }", "websocket: { scaling: { min: 1, max: 12 } }"),
        (Named(_H, Danger.DOWNTIME, "Deployment gateway/websocket", "1 pod left of 3"),),
    ),
    Planted(
        "a canary becomes a rolling update",
        "staging",
        overriding("staging", "{ ams: { services: { ams: { strategy: { type: rolling } } } } }"),
        (Named(_H, Danger.DOWNTIME, "Deployment ams-staging/ams", "strategy canary and its analysis goes"),),
    ),
    Planted(
        "a new version is promoted by itself",
        "prod",
        edit(_KOREA, "autoPromotionEnabled: false", "autoPromotionEnabled: true"),
        (Named(_M, Danger.DOWNTIME, "Rollout korea-public-data/korea-frontend", "autoPromotionEnabled"),),
    ),
    Planted(
        "the pauses of a canary are cut",
        "prod",
        edit(_KOREA, "weight: 20, pause: 10m", "weight: 20, pause: 1m")
        + edit(_KOREA, "weight: 40, pause: 10m", "weight: 40, pause: 1m"),
        (Named(_M, Danger.DOWNTIME, "Rollout korea-public-data/korea-backend", "from 40 min to 22 min"),),
    ),
    Planted(
        "nothing judges a new version before it is promoted",
        "prod",
        without(_KOREA, "      prePromotionAnalysis: [success-rate]\n"),
        (Named(_H, Danger.DOWNTIME, "Rollout korea-public-data/korea-frontend", "from prePromotionAnalysis"),),
    ),
    Planted(
        "an analysis judges by another share of errors",
        "prod",
        edit(_AMS, "errorRate: { threshold: 5, window: 5m }", "errorRate: { threshold: 50, window: 5m }"),
        (Named(_L, Danger.DOWNTIME, "AnalysisTemplate ams-prod/*", "judges otherwise: "),),
    ),
    Planted(
        "certificates are issued by one that browsers refuse",
        "prod",
        edit(_PROD, "defaultIssuer: letsencrypt-prod", "defaultIssuer: letsencrypt-staging"),
        (Named(_H, Danger.DOWNTIME, "*", "issued by letsencrypt-staging for letsencrypt-prod: browsers would refuse"),),
    ),
    Planted(
        "a namespace asks for more than its quota",
        "prod",
        edit(_COMMON, 'requests.cpu: "40"', 'requests.cpu: "1"'),
        (Named(_H, Danger.DOWNTIME, "ResourceQuota *", "requests.cpu is 1, and the namespace asks for"),),
    ),
    Planted(
        "a container has half of its memory",
        "prod",
        edit(_AMS, 'limits: { cpu: "2", memory: 2Gi }', 'limits: { cpu: "2", memory: 1Gi }'),
        (Named(_M, Danger.DOWNTIME, "Rollout ams-prod/ams", "may be killed for memory"),),
    ),
    Planted(
        "a data store gets another major version",
        "prod",
        edit(_KOREA, "image: { tag: 7-alpine }", "image: { tag: 8-alpine }"),
        (Named(_H, Danger.DOWNTIME, "StatefulSet korea-public-data/redis*", "written by major 7"),),
    ),
    Planted(
        "a Service answers on another port",
        "prod",
        edit(_PLATE, "service: 80 } } # the guide", "service: 8000 } } # the guide"),
        (Named(_H, Danger.DOWNTIME, "Service plate-prod/plate-api", "port 80 goes"),),
    ),
    Planted(
        "a way in is removed",
        "prod",
        edit(_PLATE, "hosts: [plate, plate-www, plate-admin]", "hosts: [plate, plate-admin]"),
        (Named(_H, Danger.DOWNTIME, "Ingress plate-prod/plate-web", "www.cocdev.co.kr goes"),),
    ),
    Planted(
        "a service is removed",
        "prod",
        overriding("prod", "{ korea-public-data: { services: { korea-frontend: null } } }")
        + without(_RELEASE, "  korea-frontend: { tag: 1.0.0 }\n"),
        (
            Named(_M, Danger.DOWNTIME, "Rollout korea-public-data/korea-frontend", "is removed"),
            Named(_H, Danger.DOWNTIME, "Ingress korea-public-data/korea-frontend*", "nothing answers there"),
            # Ingress counts no requests any more: the pods' own numbers do.
            Named(_L, Danger.DOWNTIME, "AnalysisTemplate korea-public-data/success-rate", "judges otherwise: query"),
        ),
    ),
    Planted(
        "the selectors of all workloads change in the code",
        "local",
        edit(
            "manifests/placed.py",
            '"app.kubernetes.io/part-of": self.system.name}',
            '"app.kubernetes.io/managed-by": "naru"}',
        ),
        (
            Named(_H, Danger.DOWNTIME, "Deployment *", "selector changes"),
            Named(_H, Danger.DOWNTIME, "StatefulSet *", "selector changes"),
            Named(_H, Danger.DOWNTIME, "Rollout *", "selector changes"),
            Named(_L, Danger.DOWNTIME, "Service *", "finds the same pods"),
        ),
        code=True,
    ),
    Planted(
        "the readiness probes are lost in the code",
        "prod",
        without(
            "manifests/container.py", '            manifest["readinessProbe"] = probe(settings.probes.readiness)\n'
        ),
        (
            Named(_H, Danger.DOWNTIME, "Deployment *", "readiness probe"),
            Named(_H, Danger.DOWNTIME, "StatefulSet *", "readiness probe"),
            Named(_H, Danger.DOWNTIME, "Rollout *", "readiness probe"),
        ),
        code=True,
    ),
)

EXPOSURE = (
    Planted(
        "a service answers at a new host",
        "prod",
        below(_PROD, "      plate-www: www.cocdev.co.kr", "      plate-beta: beta.cocdev.co.kr")
        + edit(_PLATE, "plate-www, plate-admin]", "plate-www, plate-admin, plate-beta]"),
        (Named(_M, Danger.EXPOSURE, "Ingress plate-prod/plate-web", "beta.cocdev.co.kr is new"),),
    ),
    Planted(
        "a service answers on a new path",
        "prod",
        edit(_PLATFORM, "paths: [{ path: /graphql }]", "paths: [{ path: /graphql }, { path: /admin }]"),
        (Named(_M, Danger.EXPOSURE, "HTTPRoute gateway/graphql-bff", "platform.example.com/admin"),),
    ),
    Planted(
        "plain HTTP is no longer redirected",
        "prod",
        overriding("prod", "{ plate: { services: { plate-llm: { exposure: { public: { sslRedirect: false } } } } } }"),
        (Named(_M, Danger.EXPOSURE, "Ingress plate-prod/plate-llm", "without TLS too"),),
    ),
    Planted(
        "Ingresses lose TLS in the code",
        "prod",
        without(
            "manifests/ingress.py",
            '            "tls": [{"hosts": hosts, "secretName": settings.tls_secret or f"{service.name}-tls"}],\n',
        ),
        (Named(_H, Danger.EXPOSURE, "Ingress *", "TLS of"),),
        code=True,
    ),
    Planted(
        "a service may reach another one",
        "prod",
        below(_PLATE, "    image: { repository: plate/plate-llm }", "    dependsOn: [plate-web]"),
        (Named(_L, Danger.EXPOSURE, "NetworkPolicy plate-prod/plate-web", "plate-llm in plate-prod"),),
    ),
    Planted(
        "nothing is denied by default any more",
        "dev",
        below("Pulumi.dev.yaml", "      protectData: false", "      defaultDeny: false"),
        (Named(_H, Danger.EXPOSURE, "NetworkPolicy */default-deny", "everybody may reach"),),
    ),
    Planted(
        "a container runs as root on a file system that it may write",
        "prod",
        below(
            _PLATE,
            "    image: { repository: plate/plate-llm }",
            "    security: { runAsNonRoot: false, runAsUser: 0, readOnlyRootFilesystem: false }",
        )
        + below(_PLATE, "    name: plate-dev", "    podSecurity: baseline"),
        (
            Named(_H, Danger.EXPOSURE, "Deployment plate-prod/plate-llm", "runs as root"),
            Named(_M, Danger.EXPOSURE, "Namespace plate-prod", "Pod Security is baseline"),
        ),
    ),
)

SECRETS = (
    Planted(
        "a key is removed that is still read",
        "dev",
        edit(
            _PLATFORM,
            ':5432/auth_db" }\n      JWT_SECRET: { generate: password }\n  personal-secrets',
            ':5432/auth_db" }\n  personal-secrets',
        ),
        (Named(_H, Danger.SECRETS, "SealedSecret services/auth-secrets", "JWT_SECRET"),),
    ),
    Planted(
        "secrets are read from another store",
        "prod",
        edit(_IMMERSIVERSE, "server: https://vault.example.com", "server: https://vault.example.org"),
        (Named(_M, Danger.SECRETS, "SecretStore production/vault", "the store is another"),),
    ),
)

PERMISSIONS = (
    Planted(
        "pods get a role of the cloud",
        "prod",
        below(
            _PLATE,
            "    dependsOn: [plate-llm]",
            "    serviceAccountAnnotations: { eks.amazonaws.com/role-arn: arn:aws:iam::000000000000:role/plate }",
        ),
        (Named(_H, Danger.PERMISSIONS, "ServiceAccount plate-prod/plate-api", "role/plate"),),
    ),
    Planted(
        "production syncs by itself",
        "prod",
        overriding("prod", "{ services-platform: { sync: { automated: true } } }"),
        (Named(_M, Danger.PERMISSIONS, "Application argocd/prod-services-platform", "syncs by itself"),),
    ),
    Planted(
        "more people may sync",
        "prod",
        edit(_PROD, "operations: [operations]", "operations: [operations, everybody]"),
        (Named(_M, Danger.PERMISSIONS, "AppProject argocd/*", "the group everybody has the role operations"),),
    ),
    Planted(
        "any repository may be deployed from, by the code",
        "prod",
        edit("manifests/argocd/projects.py", '"sourceRepos": [argocd.repository]', '"sourceRepos": ["*"]'),
        (Named(_C, Danger.PERMISSIONS, "AppProject argocd/*", "any repository"),),
        code=True,
    ),
)

COST = (
    Planted(
        "a service asks for four times as much",
        "prod",
        edit(
            _PLATE,
            'requests: { cpu: 500m, memory: 1Gi }\n      limits: { cpu: "2", memory: 4Gi }',
            'requests: { cpu: "2", memory: 1Gi }\n      limits: { cpu: "2", memory: 4Gi }',
        ),
        (Named(_L, Danger.COST, "Deployment plate-prod/plate-llm", "each pod asks for 0.5 CPU, now 2"),),
    ),
    Planted(
        "volumes grow by more than half of what there is",
        "prod",
        edit(_PLATFORM, "data: { claim: { size: 20Gi } }", "data: { claim: { size: 2000Gi } }"),
        (Named(_M, Danger.COST, "PersistentVolumeClaim observability/prometheus-data", "storage"),),
    ),
)

IMAGES = (
    Planted(
        "a release goes back",
        "prod",
        edit(_RELEASE, "korea-frontend: { tag: 1.0.0 }", "korea-frontend: { tag: 0.9.0 }"),
        (Named(_M, Danger.IMAGES, "Rollout korea-public-data/korea-frontend", "from 1.0.0 to 0.9.0"),),
    ),
    Planted(
        "a release goes back whose databases are migrated further",
        "prod",
        edit(_RELEASE, "personal-service: { tag: 1.0.0 }", "personal-service: { tag: 0.10.0 }"),
        (
            Named(_H, Danger.IMAGES, "Deployment services/personal-service", "migrated further"),
            Named(_L, Danger.SCHEMA, "Job services/personal-service-migrate", "runs again"),
        ),
    ),
    Planted(
        "a tag that may be another image tomorrow",
        "staging",
        edit("releases/staging.yaml", "websocket: { tag: 1.0.0 }", "websocket: { tag: latest }"),
        (Named(_M, Danger.IMAGES, "Deployment gateway/websocket", "latest"),),
    ),
    Planted(
        "images come from another registry",
        "prod",
        edit(_PROD, "harbor: harbor.example.com", "harbor: mirror.example.org"),
        (
            Named(_H, Danger.IMAGES, "*", "mirror.example.org for harbor.example.com"),
            Named(_L, Danger.SCHEMA, "Job services/*", "runs again"),
        ),
    ),
)

SCHEMA = (
    Planted(
        "a migration is added",
        "local",
        edit(
            _PLATFORM,
            "        auth_db: { wave: -4,",
            "        audit_db: { wave: -2, directory: /app/services/identity/migrations/audit, urlKey: AUDIT_URL }\n"
            "        auth_db: { wave: -4,",
        )
        + edit(
            _PLATFORM,
            "      AUTH_DATABASE_URL: {",
            "      AUDIT_URL: { generate: password }\n      AUTH_DATABASE_URL: {",
        )
        + edit(_PLATFORM, "identity_db, legal_db]", "identity_db, legal_db, audit_db]"),
        (Named(_M, Danger.SCHEMA, "Job services/identity-service-migrate-audit-db*", "a migration is added"),),
    ),
    Planted(
        "no backup before a migration",
        "prod",
        overriding("prod", "{ ams: { services: { ams: { migration: { backup: null } } } } }"),
        (Named(_H, Danger.SCHEMA, "Job ams-prod/ams-backup-*", "no backup is taken"),),
    ),
    Planted(
        "a migration leads to a schema that the release names",
        "prod",
        edit(
            _RELEASE,
            "identity-service: { tag: 1.0.0 }",
            "identity-service: { tag: 1.1.0, needsSchema: { identity_db: 7 } }",
        ),
        (
            Named(_L, Danger.SCHEMA, "Job services/identity-service-migrate-identity-db", "identity_db=7"),
            Named(_L, Danger.SCHEMA, "Job services/identity-service-migrate-auth-db", "runs again"),
        ),
    ),
)

RISKY = (*AWS, *DATA, *DOWNTIME, *EXPOSURE, *SECRETS, *PERMISSIONS, *COST, *IMAGES, *SCHEMA)

_NEW_SERVICE = """\
  plate-jobs:
    namespace: plate
    image: { repository: plate/plate-jobs, tag: 1.0.0 }
    replicas: 2
    ports: { http: { container: 8080, service: 80 } }
    probes:
      startup: { http: { path: /health } }
      readiness: { http: { path: /health } }
      liveness: { http: { path: /health } }
    dependsOn: [plate-api]
"""

_TWO = "    replicas: 2\n    profile: dev\n"
_STEPS = """\
            - { weight: 20, pause: 10m }
            - { weight: 50, pause: 10m }
            - { weight: 100 }
    dataStores:
"""
_LABELS = '            "app.kubernetes.io/managed-by": "naru",\n'

HARMLESS = (
    Planted("a description", "prod", edit(_PLATE, "description: Plate\n", "description: Plate, and a cache\n")),
    Planted(
        "a comment, and another order of keys",
        "prod",
        edit(_AMS, _TWO, "    # two\n    profile: dev\n    replicas: 2\n"),
    ),
    Planted(
        "a label", "prod", below(_AMS, "    image: { registry: ecr, repository: ams }", "    labels: { team: ams }")
    ),
    Planted("more pods", "prod", edit(_KOREA, "    replicas: 3\n", "    replicas: 4\n")),
    Planted("a higher least number of pods", "prod", edit(_AMS, "{ min: 3, max: 12 }", "{ min: 4, max: 16 }")),
    Planted(
        "another value of the configuration",
        "prod",
        edit(_IMMERSIVERSE, "KAFKA_BROKER: kafka:9092", "KAFKA_BROKER: kafka-0.kafka-headless:9092"),
    ),
    Planted(
        "a release that goes forward",
        "prod",
        edit(_RELEASE, "korea-backend: { tag: 1.0.0 }", "korea-backend: { tag: 1.10.0 }"),
    ),
    Planted("a little more memory", "prod", edit(_COMMON, "cpu: 100m, memory: 128Mi", "cpu: 100m, memory: 144Mi")),
    Planted(
        "quantities in another spelling",
        "prod",
        edit(_PLATE, "    size: 10Gi\n", "    size: 10240Mi\n")
        + edit(_AMS, "requests: { cpu: 500m, memory: 1Gi }", "requests: { cpu: 0.5, memory: 1024Mi }"),
    ),
    Planted(
        "probes that wait a little longer",
        "prod",
        edit(_COMMON, "readiness: { periodSeconds: 5, failureThreshold: 3 }", "readiness: { periodSeconds: 6 }"),
    ),
    Planted(
        "a canary with finer steps",
        "prod",
        edit(_AMS, _STEPS, f"            - {{ weight: 10, pause: 10m }}\n{_STEPS}"),
    ),
    Planted(
        "a key of a secret more",
        "prod",
        edit(_AMS, "      DATABASE_URL: { gen", "      API_KEY: { generate: password }\n      DATABASE_URL: { gen"),
    ),
    Planted(
        "a new service within", "prod", edit(_PLATE, "  plate-llm:\n    name", f"{_NEW_SERVICE}  plate-llm:\n    name")
    ),
    Planted(
        "a dependency less",
        "prod",
        edit(_PLATFORM, "dependsOn: [valkey, auth-service, jaeger]", "dependsOn: [valkey, auth-service]"),
    ),
    Planted(
        "a budget that keeps more pods", "prod", below(_KOREA, "    replicas: 5", "    budget: { minAvailable: 4 }")
    ),
    Planted("a larger volume", "prod", edit(_PLATE, "plate-cache: { size: 50Gi }", "plate-cache: { size: 60Gi }")),
    Planted("an alert that comes earlier", "prod", edit(_KOREA, ") > 0.1\n", ") > 0.05\n")),
    Planted(
        "a time in which nothing is synced",
        "prod",
        overriding(
            "prod",
            '{ services-platform: { sync: { windows: [{ kind: deny, schedule: "0 22 * * *", duration: 8h }] } } }',
        ),
    ),
    Planted(
        "a label of all objects, by the code",
        "prod",
        edit("manifests/placed.py", _LABELS, f'{_LABELS}            "example.com/owner": "platform",\n'),
        code=True,
    ),
)
