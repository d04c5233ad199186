"""What does not fit together is refused, in one line that names both sides."""

from typing import Any

import pytest

from settings.workload_checks import check_workload
from tests.builders import a_place, a_service
from tests.projects import Project

SHOP = "catalog/shop.yaml"
MAIL = "catalog/mail.yaml"
COMMON = "catalog/common.yaml"
DEV = "Pulumi.dev.yaml"
PROD = "Pulumi.prod.yaml"
DEV_RELEASE = "releases/dev.yaml"
PROD_RELEASE = "releases/prod.yaml"

API = "catalog/shop.yaml:{}: services.api."
REPLICAS = "replicas: 2"
MOUNT = "/cache: cache"
VOLUME = "cache: { scratch: { limit: 1Gi } }"
PORT = "http: { container: 8080 }"
EXPOSED = "exposure: { public: { hosts: [shop], paths: [{ path: /api }] } }"
IN_PROD = "api: { replicas: 4 }"
DB = "db: { keys: { password: {} } }"


def change(file: str, old: str, new: str) -> tuple[str, str, str]:
    return file, old, new


def test_small_project_is_right(project: Project) -> None:
    assert project.faults() == []


@pytest.mark.parametrize(("scope", "taken"), [("true", 1), ("false", 0)])
def test_a_cluster_has_one_store_of_a_name(project: Project, scope: str, taken: int) -> None:
    store = f"secretStores: {{ aws: {{ provider: aws-secrets-manager, region: seoul, clusterWide: {scope} }} }}\n"
    project.change(SHOP, "environments:\n", f"{store}environments:\n")
    project.add(MAIL, store)
    assert len([line for line in project.faults() if 'the ClusterSecretStore "aws" is taken' in line]) == taken


@pytest.mark.parametrize(("length", "refused"), [(52, False), (53, True)])
def test_a_name_leaves_room_for_the_names_made_of_it(length: int, *, refused: bool) -> None:
    service = a_service("w" * length)
    place = a_place(service)
    found = [finding.found for finding in check_workload(place.environment, place.system, ("services",), service)]
    assert ("a name of 53 characters" in found) is refused


DEPENDENCIES = {
    "on-no-service": (
        change(SHOP, "dependsOn: [api]", "dependsOn: [apo]"),
        'catalog/shop.yaml:9: services.web.dependsOn[0]: no service or data store "apo"; did you mean "api"?',
    ),
    "of-a-data-store-on-no-service": (
        change(SHOP, "engine: postgresql", "engine: postgresql\n    dependsOn: [stor]"),
        'catalog/shop.yaml:23: dataStores.store.dependsOn[0]: no service or data store "stor"; did you mean "store"?',
    ),
    "on-no-service-of-another-system": (
        change(MAIL, "shop/api", "shop/x"),
        "catalog/mail.yaml:8: services.relay.dependsOn[0]: "
        'no service or data store "x"; expected one of "api", "store", "web"',
    ),
    "on-no-system": (
        change(MAIL, "shop/api", "shup/api"),
        'catalog/mail.yaml:8: services.relay.dependsOn[0]: no system "shup"; did you mean "shop"?',
    ),
    "on-a-service-that-is-not-enabled": (
        change(SHOP, IN_PROD, "api: { enabled: false }"),
        'catalog/mail.yaml:8: services.relay.dependsOn[0]: "shop/api" is not enabled (on prod); '
        "enable it, or do without it",
        'catalog/shop.yaml:9: services.web.dependsOn[0]: "api" is not enabled (on prod); enable it, or do without it',
    ),
    "on-a-system-that-is-not-enabled": (
        change(SHOP, "description: Shop", "description: Shop\nenabled: false"),
        'catalog/mail.yaml:8: services.relay.dependsOn[0]: "shop/api" is not enabled; enable it, or do without it',
    ),
}

ADDRESSES = {
    "two-services-on-one-host-and-path": (
        change(SHOP, "paths: [{ path: /api }]", "paths: [{ path: / }]"),
        'catalog/shop.yaml:18: services.api.exposure.public: the path / of the host "shop" is taken; '
        "services.web.exposure.public has it at catalog/shop.yaml:8",
    ),
    "one-path-with-and-without-a-slash-at-its-end": (
        change(SHOP, "paths: [{ path: /api }]", "paths: [{ path: /api/ }, { path: /api }]"),
        'catalog/shop.yaml:18: services.api.exposure.public: the path /api of the host "shop" is taken; '
        "services.api.exposure.public has it at catalog/shop.yaml:18",
    ),
    "two-systems-on-one-host-under-two-names": (
        change(MAIL, "dependsOn: [shop/api]", "exposure: { public: { hosts: [mail] } }"),
        change(PROD, "mail: mail.prod", "mail: shop.prod"),
        'catalog/shop.yaml:8: services.web.exposure.public: the path / of the host "shop" is taken (on prod); '
        "services.relay.exposure.public has it at catalog/mail.yaml:8",
    ),
    "a-host-that-is-no-domain": (
        change(SHOP, "hosts: [shop], paths", "hosts: [shop, shoop], paths"),
        API.format(18) + 'exposure.public.hosts[1]: no domain "shoop"; did you mean "shop"?',
    ),
    "an-issuer-that-there-is-not": (
        change(SHOP, "hosts: [shop], paths", "hosts: [shop], issuer: sefl, paths"),
        API.format(18) + 'exposure.public.issuer: no issuer "sefl"; did you mean "self"?',
    ),
    "no-issuer-at-all": (
        change(PROD, "    defaultIssuer: self\n", ""),
        API.format(18)
        + "exposure.public: no issuer (on prod); expected one here, or a defaultIssuer of the environment",
        "catalog/shop.yaml:8: services.web.exposure.public: no issuer (on prod); "
        "expected one here, or a defaultIssuer of the environment",
    ),
    "two-exposures-with-one-name": (
        change(
            SHOP,
            EXPOSED,
            "exposure: { a: { hosts: [shop], tlsSecret: a, paths: [{ path: /a }] }, b: { hosts: [mail] } }",
        ),
        API.format(18) + 'exposure.b: the name "api" of an Ingress is taken; '
        "services.api.exposure.a has it at catalog/shop.yaml:18",
    ),
    "two-exposures-with-one-certificate": (
        change(SHOP, "hosts: [shop], paths", "hosts: [shop], tlsSecret: web-tls, paths"),
        API.format(18) + 'exposure.public.tlsSecret: the TLS secret "web-tls" is taken; '
        "services.web.exposure.public.tlsSecret has it at catalog/shop.yaml:8",
    ),
    "a-gateway-that-there-is-not": (
        change(SHOP, "hosts: [shop], paths", "route: gateway, gateway: main, hosts: [shop], paths"),
        API.format(18) + 'exposure.public.gateway: no gateway "main"; there is no gateway at all',
    ),
    "a-host-that-the-gateway-does-not-listen-for": (
        change(SHOP, "hosts: [shop], paths", "route: gateway, gateway: main, hosts: [shop], paths"),
        change(SHOP, "secrets:", "gateways:\n  main: { hosts: [mail], tlsSecret: main-tls }\nsecrets:"),
        API.format(18) + 'exposure.public.hosts[0]: the gateway "main" does not listen for "shop"; '
        'expected one of "mail"',
    ),
    "a-gateway-with-the-certificate-of-a-service": (
        change(SHOP, "secrets:", "gateways:\n  main: { hosts: [mail], tlsSecret: web-tls }\nsecrets:"),
        'catalog/shop.yaml:25: gateways.main.tlsSecret: the TLS secret "web-tls" is taken; '
        "services.web.exposure.public.tlsSecret has it at catalog/shop.yaml:8",
    ),
    "a-gateway-for-no-domain": (
        change(SHOP, "secrets:", "gateways:\n  main: { hosts: [male], issuer: x, tlsSecret: main-tls }\nsecrets:"),
        'catalog/shop.yaml:25: gateways.main.hosts[0]: no domain "male"; did you mean "mail"?',
        'catalog/shop.yaml:25: gateways.main.issuer: no issuer "x"; expected "self"',
    ),
}

COUNTS = {
    "a-minimum-above-the-maximum": (
        change(SHOP, REPLICAS, "scaling:\n      min: 5\n      max: 3"),
        API.format(14) + "scaling.min: min (5) is above max (3); at most 3 (catalog/shop.yaml:15)",
    ),
    "a-minimum-above-the-maximum-in-one-environment": (
        change(SHOP, REPLICAS, "scaling: { min: 2, max: 9 }"),
        change(SHOP, IN_PROD, "api: { scaling: { max: 1 } }"),
        API.format(13) + "scaling.min: min (2) is above max (1) (on prod); at most 1 (catalog/shop.yaml:29)",
    ),
    "a-budget-that-keeps-every-pod": (
        change(SHOP, REPLICAS, "budget: { minAvailable: 1 }"),
        API.format(13) + "budget.minAvailable: minAvailable 1 of 1 pod blocks every eviction (on dev); "
        "at least one must be free to go",
    ),
    "a-budget-that-keeps-every-pod-of-the-fewest": (
        change(SHOP, REPLICAS, "scaling: { min: 3, max: 9 }\n    budget: { minAvailable: 67% }"),
        API.format(14) + "budget.minAvailable: minAvailable 67% of 3 pods blocks every eviction; "
        "at least one must be free to go",
    ),
    "a-budget-that-lets-none-go": (
        change(SHOP, REPLICAS, "replicas: 2\n    budget: { maxUnavailable: 0% }"),
        API.format(14) + "budget.maxUnavailable: maxUnavailable 0% of 2 pods blocks every eviction (on dev); "
        "at least one must be free to go",
        API.format(14) + "budget.maxUnavailable: maxUnavailable 0% of 4 pods blocks every eviction (on prod); "
        "at least one must be free to go",
    ),
    "a-request-above-its-limit": (
        change(SHOP, REPLICAS, "resources: { requests: { memory: 1Gi } }"),
        API.format(13) + "resources.requests.memory: a request of 1Gi is above the limit of 256Mi; "
        "at most 256Mi (catalog/common.yaml:6)",
    ),
    "a-grace-period-that-the-pre-stop-uses-up": (
        change(SHOP, REPLICAS, "gracePeriodSeconds: 5"),
        API.format(13) + "gracePeriodSeconds: a grace period of 5 s, and a preStop of 5 s; "
        "expected more, so that the process can stop too",
    ),
}

SIDECAR = """sidecars:
      proxy:
        image: { repository: proxy, tag: "1" }
        ports: { proxy: { container: 3000 } }
        probes: { startup: { tcp: proxy }, readiness: { tcp: proxy }, liveness: { tcp: proxy } }
        resources: { requests: { cpu: 1 }, limits: {} }"""

PODS = {
    "a-mount-without-a-volume": (
        change(SHOP, MOUNT, "/cache: cash"),
        API.format(16) + 'mounts./cache: no volume "cash"; did you mean "cache"?',
    ),
    "a-mount-of-a-volume-that-one-environment-removes": (
        change(SHOP, IN_PROD, "api: { volumes: { cache: null } }"),
        API.format(16) + 'mounts./cache: no volume "cache" (on prod); there is no volume at all',
    ),
    "a-mount-over-everything": (
        change(SHOP, MOUNT, "/: cache"),
        API.format(16) + "mounts./: a mount over the root file system; expected a directory below /",
    ),
    "a-path-that-is-mounted-twice": (
        change(SHOP, MOUNT, "/tmp/: cache"),
        "catalog/common.yaml:11: defaults.service.writablePaths[0]: /tmp is mounted already; "
        "mounts has it (catalog/shop.yaml:16)",
    ),
    "a-claim-that-there-is-not": (
        change(SHOP, VOLUME, "cache: { sharedClaim: cash }"),
        API.format(17) + 'volumes.cache.sharedClaim: no claim "cash"; there is no claim at all',
    ),
    "a-claim-for-one-pod-and-several-pods": (
        change(SHOP, VOLUME, "cache: { claim: { size: 1Gi } }"),
        API.format(17) + "volumes.cache: ReadWriteOnce for more than one pod; "
        "expected ReadWriteMany, or one replica and no scaling",
    ),
    "a-claim-of-the-system-for-one-pod-and-several-pods": (
        change(SHOP, VOLUME, "cache: { sharedClaim: all }"),
        change(SHOP, "secrets:", "claims:\n  all: { size: 1Gi, accessMode: ReadWriteOncePod }\nsecrets:"),
        API.format(17) + "volumes.cache: ReadWriteOncePod for more than one pod; "
        "expected ReadWriteMany, or one replica and no scaling",
    ),
    "a-claim-of-another-namespace": (
        change(SHOP, VOLUME, "cache: { sharedClaim: all }"),
        change(SHOP, REPLICAS, "namespace: main"),
        change(SHOP, IN_PROD, "api: { }"),
        change(SHOP, "main: { name: shop }", "main: { name: shop }\n  other: {}"),
        change(SHOP, "  web:\n", "  web:\n    namespace: main\n"),
        change(SHOP, "engine: postgresql", "engine: postgresql\n    namespace: main"),
        change(SHOP, DB, "db: { namespace: main, keys: { password: {} } }"),
        change(SHOP, "secrets:", "claims:\n  all: { size: 1Gi, namespace: other }\nsecrets:"),
        API.format(19) + 'volumes.cache.sharedClaim: a claim of the namespace "other"; the pods run in "shop"',
    ),
    "a-probe-of-a-port-that-there-is-not": (
        change(SHOP, PORT, "web: { container: 8080 }"),
        API.format(18) + 'exposure.public.paths[0].port: no port "http"; expected "web"',
        *(
            f'catalog/common.yaml:{line}: defaults.service.probes.{name}.http.port: no port "http"; expected "web"'
            for line, name in ((8, "startup"), (9, "readiness"), (10, "liveness"))
        ),
    ),
    "a-probe-by-tcp-of-a-port-that-there-is-not": (
        change(COMMON, "liveness: { tcp: postgresql }", "liveness: { tcp: postgres }"),
        "catalog/common.yaml:22: engines.postgresql.probes.liveness.tcp: "
        'no port "postgres"; did you mean "postgresql"?',
    ),
    "an-exposed-port-that-there-is-not": (
        change(SHOP, "paths: [{ path: /api }]", "paths: [{ path: /api, port: grpc }]"),
        API.format(18) + 'exposure.public.paths[0].port: no port "grpc"; expected "http"',
    ),
    "metrics-of-a-port-that-there-is-not": (
        change(SHOP, REPLICAS, "metrics: { port: metrics }"),
        API.format(13) + 'metrics.port: no port "metrics"; expected "http"',
    ),
    "an-exporter-at-a-port-that-there-is-not": (
        change(SHOP, "engine: postgresql", "engine: postgresql\n    exporterPort: metrics"),
        'catalog/shop.yaml:23: dataStores.store.exporterPort: no port "metrics"; expected "postgresql"',
    ),
    "one-port-of-the-service-twice": (
        change(SHOP, PORT, "http: { container: 8080, service: 80 }, admin: { container: 80 }"),
        API.format(12) + 'ports.admin: "http" is port 80 of the Service already; expected another service port',
    ),
    "no-probes": (
        change(SHOP, REPLICAS, "probes: null"),
        "catalog/shop.yaml:10: services.api: no probes; expected startup, readiness and liveness",
    ),
    "no-probes-of-a-sidecar": (
        change(SHOP, REPLICAS, "\n".join(line for line in SIDECAR.splitlines() if "probes" not in line)),
        API.format(14) + "sidecars.proxy: no probes; expected startup, readiness and liveness",
    ),
    "a-sidecar-with-the-name-of-the-main-container": (
        change(SHOP, REPLICAS, f"containerName: proxy\n    {SIDECAR}"),
        API.format(15) + 'sidecars.proxy: "proxy" is the main container; expected another name',
    ),
    "a-priority-class-that-there-is-not": (
        change(SHOP, REPLICAS, "placement: { priorityClass: high }"),
        API.format(13) + 'placement.priorityClass: no priority class "high"; there is no priority class at all',
    ),
}

SECRETS = {
    "a-secret-that-there-is-not": (
        change(SHOP, "secretEnv: { PASSWORD: { secret: db, key: password } }", "secretEnvFrom: [dd]"),
        API.format(15) + 'secretEnvFrom[0]: no secret "dd"; expected "db"',
    ),
    "a-key-that-there-is-not": (
        change(
            SHOP, "secretEnv: { PASSWORD: { secret: db, key: password } }", "secretEnv: { P: { secret: db, key: x } }"
        ),
        API.format(15) + 'secretEnv.P.key: no key of db "x"; expected "password"',
    ),
    "a-file-of-a-key-that-there-is-not": (
        change(SHOP, REPLICAS, "secretFiles: { /etc/secrets: { secret: db, items: { a.pem: pass } } }"),
        API.format(13) + 'secretFiles./etc/secrets.items["a.pem"]: no key of db "pass"; did you mean "password"?',
    ),
    "a-migration-without-its-secret": (
        change(SHOP, REPLICAS, "migration: { engine: flyway, secret: bd, databases: { shop: {} } }"),
        API.format(13) + 'migration.secret: no secret "bd"; expected "db"',
    ),
    "a-migration-without-its-address": (
        change(SHOP, REPLICAS, "migration: { engine: flyway, secret: db, databases: { shop: { urlKey: url } } }"),
        API.format(13) + 'migration.databases.shop.urlKey: no key of db "url"; expected "password"',
    ),
    "a-store-that-there-is-not": (
        change(SHOP, DB, "db: { store: vault, keys: { password: {} } }"),
        'catalog/shop.yaml:25: secrets.db.store: no secret store "vault"; there is no secret store at all',
    ),
    "generated-elsewhere-than-here": (
        change(SHOP, DB, "db: { source: generated, keys: { password: {} } }"),
        "catalog/shop.yaml:25: secrets.db.source: generated secrets on the tier development (on dev); "
        'expected "sealed", "external" or "existing"',
        "catalog/shop.yaml:25: secrets.db.source: generated secrets on the tier production (on prod); "
        'expected "sealed", "external" or "existing"',
    ),
    "a-text-of-a-key-that-there-is-not": (
        change(SHOP, "password: {}", "password: {}, url: { generate: 'x://{db/pass}@{bd/password}' }"),
        'catalog/shop.yaml:25: secrets.db.keys.url.generate: no key of db "pass"; did you mean "password"?',
        'catalog/shop.yaml:25: secrets.db.keys.url.generate: no secret "bd"; expected "db"',
    ),
    "a-text-that-is-made-of-itself": (
        change(SHOP, "password: {}", "password: {}, a: { generate: '{db/b}' }, b: { generate: 'x{db/a}' }"),
        *(
            f"catalog/shop.yaml:25: secrets.db.keys.{key}.generate: a value that is made of itself; "
            "expected a text that leads to made values"
            for key in "ab"
        ),
    ),
    "a-text-with-half-a-brace": (
        change(SHOP, "password: {}", "password: {}, a: { generate: 'x{' }"),
        "catalog/shop.yaml:25: secrets.db.keys.a.generate: a brace without its other half; "
        "write {{ or }} for the character itself",
    ),
    "a-public-key-of-no-private-key": (
        change(SHOP, "password: {}", "password: {}, a: { generate: rsa-public-key password }"),
        'catalog/shop.yaml:25: secrets.db.keys.a.generate: "password" is no RSA key; '
        'expected a key made by "rsa-private-key"',
    ),
    "a-public-key-of-a-key-that-there-is-not": (
        change(SHOP, "password: {}", "password: {}, a: { generate: rsa-public-key pass }"),
        'catalog/shop.yaml:25: secrets.db.keys.a.generate: no key of db "pass"; did you mean "password"?',
    ),
    "of-another-namespace": (
        change(MAIL, "mail: {}", "mail: {}\n  vault: {}"),
        change(
            MAIL,
            "dependsOn: [shop/api]",
            "namespace: mail\n    secretEnvFrom: [far]\nsecrets:\n  far: { namespace: vault, keys: { a: {} } }",
        ),
        'catalog/mail.yaml:10: services.relay.secretEnvFrom[0]: a secret of the namespace "vault"; '
        'the pods run in "mail"',
    ),
}

NAMES = {
    "no-namespace-of-several": (
        change(MAIL, "mail: {}", "mail: {}\n  other: {}"),
        'catalog/mail.yaml:6: services.relay: no namespace; expected one of "mail", "other"',
    ),
    "no-namespace-of-several-for-what-is-no-workload": (
        change(MAIL, "mail: {}", "mail: {}\n  other: {}"),
        change(
            MAIL,
            "dependsOn: [shop/api]",
            "namespace: mail\nclaims:\n  all: { size: 1Gi }\nsecrets:\n  key: { keys: { a: {} } }\n"
            "gateways:\n  web: { hosts: [mail], tlsSecret: web }",
        ),
        'catalog/mail.yaml:11: claims.all: no namespace; expected one of "mail", "other"',
        'catalog/mail.yaml:13: secrets.key: no namespace; expected one of "mail", "other"',
        'catalog/mail.yaml:15: gateways.web: no namespace; expected one of "mail", "other"',
    ),
    "a-namespace-that-there-is-not": (
        change(MAIL, "dependsOn: [shop/api]", "namespace: mial"),
        'catalog/mail.yaml:8: services.relay.namespace: no namespace "mial"; did you mean "mail"?',
    ),
    "two-systems-in-one-namespace": (
        change(MAIL, "mail: {}", "mail: { name: shop }"),
        'catalog/shop.yaml:3: namespaces.main: the namespace "shop" is taken; '
        "namespaces.mail has it at catalog/mail.yaml:3",
    ),
    "a-service-and-a-data-store-with-one-name": (
        change(SHOP, "dataStores:\n  store:", "dataStores:\n  api: { engine: postgresql }\n  store:"),
        'catalog/shop.yaml:10: services.api: "api" in the namespace "shop" is taken; '
        "dataStores.api has it at catalog/shop.yaml:21",
    ),
    "a-preview-with-the-name-of-a-service": (
        change(
            SHOP,
            REPLICAS,
            "strategy: { type: blueGreen, previewService: web, preview: { hosts: [mail] } }",
        ),
        API.format(13) + 'strategy.previewService: "web" in the namespace "shop" is taken; '
        "services.web has it at catalog/shop.yaml:5",
    ),
}

RELEASES = {
    "no-tag-in-production": (
        change(PROD_RELEASE, "  api: { tag: 1.0.0 }\n", ""),
        "catalog/shop.yaml:11: services.api.image: an image without tag (on prod); "
        "expected one that never moves, here or in the stack's release",
    ),
    "no-tag-elsewhere": (
        change(DEV_RELEASE, "  api: { tag: 1.0.0 }\n", ""),
        "catalog/shop.yaml:11: services.api.image: an image without tag (on dev); "
        "expected one, here or in the stack's release",
    ),
    "latest-in-production": (
        change(PROD_RELEASE, "api: { tag: 1.0.0 }", "api: { tag: latest }"),
        "releases/prod.yaml:3: shop.api.tag: the tag latest, which moves; expected one that never moves, or a digest",
    ),
    "mutable-tags-in-production": (
        change(PROD, "mutableTags: false", "mutableTags: true"),
        "Pulumi.prod.yaml:11: config.naru:environment.policies.mutableTags: mutable tags in production; expected false",
    ),
    "a-registry-that-there-is-not": (
        change(SHOP, "repository: shop/api", "registry: habor, repository: shop/api"),
        'catalog/shop.yaml:11: services.api.image.registry: no registry "habor"; did you mean "harbor"?',
    ),
    "of-an-unknown-service": (
        change(PROD_RELEASE, "  api:", "  apo:"),
        'releases/prod.yaml:3: shop.apo: a release for the unknown service "apo"; did you mean "api"?',
    ),
    "of-an-unknown-sidecar": (
        change(PROD_RELEASE, "  api:", "  api/proxy:"),
        'releases/prod.yaml:3: shop.api/proxy: a release for the unknown service "api/proxy"; '
        'expected one of "api", "web"',
    ),
    "of-an-unknown-system": (
        change(PROD_RELEASE, "mail:", "male:"),
        'releases/prod.yaml:4: male: a release for the unknown system "male"; did you mean "mail"?',
    ),
    "of-a-service-that-the-stack-removes": (
        change(SHOP, IN_PROD, "api: null"),
        'releases/prod.yaml:3: shop.api: a release for the unknown service "api"; expected "web"',
    ),
    "of-a-data-store": (
        change(PROD_RELEASE, "  api:", "  store:"),
        'releases/prod.yaml:3: shop.store: a release for the unknown service "store"; expected one of "api", "web"',
    ),
}

OVERRIDES = {
    "of-no-service-by-its-environment": (
        change(SHOP, IN_PROD, "apo: { replicas: 4 }"),
        'catalog/shop.yaml:29: environments.prod.services.apo: overrides "apo", which shop does not have; '
        'did you mean "api"?',
    ),
    "of-no-data-store-by-its-environment": (
        change(SHOP, "    services:\n      api: { replicas: 4 }", "    dataStores:\n      stor: { replicas: 4 }"),
        'catalog/shop.yaml:29: environments.prod.dataStores.stor: overrides "stor", which shop does not have; '
        'did you mean "store"?',
    ),
    "of-no-service-by-the-stack": (
        change(
            PROD, "  naru:environment:", "  naru:systems:\n    shop: { services: { apo: {} } }\n  naru:environment:"
        ),
        'Pulumi.prod.yaml:4: config.naru:systems.shop.services.apo: overrides "apo", which shop does not have; '
        'did you mean "api"?',
    ),
    "of-no-system-by-the-stack": (
        change(PROD, "  naru:environment:", "  naru:systems:\n    shup: {}\n  naru:environment:"),
        'Pulumi.prod.yaml:4: config.naru:systems.shup: unknown key "shup"; did you mean "shop"?',
    ),
    "of-no-environment": (
        change(SHOP, "  prod:\n", "  prodd:\n"),
        'catalog/shop.yaml:27: environments.prodd: unknown key "prodd"; did you mean "prod"?',
    ),
    "of-no-environment-in-common": (
        change(COMMON, "  prod:\n", "  production:\n"),
        'catalog/common.yaml:24: environments.production: unknown key "production"; expected one of "dev", "prod"',
    ),
    "of-nothing-by-null": (
        change(SHOP, IN_PROD, "api: { env: { MOOD: null } }"),
        "catalog/shop.yaml:29: environments.prod.services.api.env.MOOD: null removes what no lower layer sets; "
        'did you mean "MODE"?',
    ),
}

ENVIRONMENTS = {
    "prometheus-selecting-by-a-label-of-ours": (
        change(DEV, "defaultIssuer: self", "defaultIssuer: self\n    monitoringLabels: { app.kubernetes.io/name: x }"),
        f'{DEV}:11: config.naru:environment.monitoringLabels["app.kubernetes.io/name"]: '
        "a label that every object has from naru; expected another one",
    ),
    "prometheus-in-a-namespace-of-ours": (
        change(DEV, "defaultIssuer: self", "defaultIssuer: self\n    monitoringNamespace: shop"),
        f'{DEV}:11: config.naru:environment.monitoringNamespace: "shop" is a namespace of shop; '
        "expected the one that the Prometheus Operator's runs in",
    ),
    "a-default-issuer-that-there-is-not": (
        change(DEV, "defaultIssuer: self", "defaultIssuer: sefl"),
        'Pulumi.dev.yaml:10: config.naru:environment.defaultIssuer: no issuer "sefl"; did you mean "self"?',
    ),
    "a-solver-for-no-domain": (
        change(
            DEV,
            "self: { server: self-signed }",
            "self: { server: self-signed, solvers: [{ http01IngressClass: nginx, hosts: [shap] }] }",
        ),
        "Pulumi.dev.yaml:9: config.naru:environment.issuers.self.solvers[0].hosts[0]: "
        'no domain "shap"; did you mean "shop"?',
    ),
    "generated-secrets-on-another-machine": (
        change(DEV, "mutableTags: true", "secrets: generated"),
        "Pulumi.dev.yaml:11: config.naru:environment.policies.secrets: generated secrets on the tier development; "
        'expected "sealed", "external" or "existing"',
    ),
    "generated-secrets-in-git": (
        change(DEV, "mutableTags: true", "secrets: generated"),
        change(DEV, "tier: development", "tier: local\n    delivery: gitops"),
        "Pulumi.dev.yaml:12: config.naru:environment.policies.secrets: generated secrets with the delivery gitops; "
        "they would stand in Git; expected direct",
    ),
    "data-stores-that-a-second-cluster-cannot-find": (
        change(SHOP, "description: Shop", "description: Shop\nclusters: all"),
        change(
            PROD,
            "main: { context: prod, region: seoul }",
            "main: { context: prod, region: seoul, primary: true }\n      far: { context: far, region: tokyo }",
        ),
        "Pulumi.prod.yaml:7: config.naru:environment.clusters.far: no dataDomain, "
        "but shop runs here and its data stores elsewhere; expected the domain under which they answer",
    ),
}


def ids(table: dict[str, Any], about: str) -> list[Any]:
    return [pytest.param(table[key], id=f"{about}-{key}") for key in table]


@pytest.mark.parametrize(
    "case",
    [
        *ids(DEPENDENCIES, "dependency"),
        *ids(ADDRESSES, "address"),
        *ids(COUNTS, "count"),
        *ids(PODS, "pod"),
        *ids(SECRETS, "secret"),
        *ids(NAMES, "name"),
        *ids(RELEASES, "release"),
        *ids(OVERRIDES, "override"),
        *ids(ENVIRONMENTS, "environment"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(project: Project, case: tuple[Any, ...]) -> None:
    for change in case:
        if isinstance(change, tuple):
            project.change(*change)
    assert sorted(project.faults()) == sorted(line for line in case if isinstance(line, str))


RIGHT = {
    "latest-where-tags-may-move": [change(DEV_RELEASE, "api: { tag: 1.0.0 }", "api: { tag: latest }")],
    "a-digest-without-tag-in-production": [
        change(PROD_RELEASE, "api: { tag: 1.0.0 }", f"api: {{ digest: 'sha256:{'0' * 64}' }}")
    ],
    "one-path-once-by-prefix-and-once-exactly": [
        change(SHOP, "paths: [{ path: /api }]", "paths: [{ path: /, type: Exact }]")
    ],
    "a-minimum-that-is-the-maximum": [change(SHOP, REPLICAS, "scaling: { min: 3, max: 3 }")],
    "a-budget-that-lets-one-of-two-go": [change(SHOP, REPLICAS, "replicas: 2\n    budget: { minAvailable: 50% }")],
    "a-budget-that-lets-a-share-of-one-go": [change(SHOP, REPLICAS, "budget: { maxUnavailable: 1% }")],
    "a-request-that-is-its-limit-in-other-words": [
        change(SHOP, REPLICAS, "resources: { requests: { memory: 262144Ki, cpu: 0.5 } }")
    ],
    "a-claim-for-one-pod-and-one-pod": [
        change(SHOP, VOLUME, "cache: { claim: { size: 1Gi } }"),
        change(SHOP, REPLICAS, "replicas: 1"),
        change(SHOP, IN_PROD, "api: {}"),
    ],
    "a-claim-for-many-and-many-pods": [
        change(SHOP, VOLUME, "cache: { claim: { size: 1Gi, accessMode: ReadWriteMany } }")
    ],
    "an-exposed-port-of-a-sidecar": [
        change(SHOP, "paths: [{ path: /api }]", "paths: [{ path: /api, port: proxy }]"),
        change(SHOP, REPLICAS, SIDECAR),
    ],
    "one-number-by-tcp-and-udp": [
        change(SHOP, PORT, "http: { container: 8080 }, quic: { container: 8080, protocol: UDP }")
    ],
    "a-gateway-that-listens-for-every-host-of-a-domain": [
        change(SHOP, "hosts: [shop], paths", "route: gateway, gateway: main, hosts: [shop], paths"),
        change(SHOP, "secrets:", "gateways:\n  main: { hosts: [all], tlsSecret: main-tls }\nsecrets:"),
        change(DEV, "domains: { ", 'domains: { all: "*.dev.example.com", '),
        change(PROD, "domains: { ", 'domains: { all: "*.prod.example.com", '),
    ],
    "a-text-of-another-key": [change(SHOP, "password: {}", "password: {}, url: { generate: 'x://{db/password}' }")],
    "what-does-not-fit-in-a-system-that-is-not-enabled": [
        change(MAIL, "description: Mail", "description: Mail\nenabled: false"),
        change(MAIL, "shop/api", "shop/nobody"),
    ],
    "what-does-not-fit-in-a-service-that-is-not-enabled": [
        change(SHOP, "dependsOn: [api]", "dependsOn: [nobody]\n    enabled: false")
    ],
}


@pytest.mark.parametrize("changes", [pytest.param(changes, id=key) for key, changes in RIGHT.items()])
def test_what_fits_is_accepted(project: Project, changes: list[tuple[str, str, str]]) -> None:
    for made in changes:
        project.change(*made)
    assert project.faults() == []


def test_a_fault_of_every_stack_names_none(project: Project) -> None:
    project.change(SHOP, MOUNT, "/cache: cash")
    assert [line.count("(on") for line in project.faults()] == [0]


def test_one_stack_alone_has_no_others_to_be_told_apart_from(project: Project) -> None:
    project.change(SHOP, REPLICAS, "budget: { minAvailable: 1 }")
    assert project.faults("prod") == []
    assert [line.count("(on") for line in project.faults("dev")] == [0]
