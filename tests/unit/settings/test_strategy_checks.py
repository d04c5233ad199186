"""A strategy that the service, its environment or its release does not fit is refused, in one line with its place."""

from typing import Any

import pytest

from tests.projects import Project

SHOP = "catalog/shop.yaml"
MAIL = "catalog/mail.yaml"
DEV = "Pulumi.dev.yaml"
PROD = "Pulumi.prod.yaml"
DEV_RELEASE = "releases/dev.yaml"
PROD_RELEASE = "releases/prod.yaml"

HERE = "catalog/shop.yaml:14: services.api.strategy"
REPLICAS = "replicas: 2"
IN_PROD = "api: { replicas: 4 }"
PORT = "http: { container: 8080 }"
VOLUME = "cache: { scratch: { limit: 1Gi } }"
EXPOSED = "    exposure: { public: { hosts: [shop], paths: [{ path: /api }] } }\n"
TWO_WAYS = """\
    exposure:
      public: { hosts: [shop], paths: [{ path: /api }] }
      second: { name: second, tlsSecret: second, hosts: [shop], paths: [{ path: /second }] }
"""
RELEASED = "api: { tag: 1.0.0 }"
SHARED = "{ type: canaryDeployment, weight: 50 }"
COLORED = "{ type: blueGreenIngress }"
BLUE_GREEN = "{ type: blueGreen, preview: { hosts: [mail] } }"
SIDECAR = """sidecars:
      proxy:
        image: { repository: proxy, tag: "1" }
        ports: { proxy: { container: 3000 } }
        probes: { startup: { tcp: proxy }, readiness: { tcp: proxy }, liveness: { tcp: proxy } }
        resources: { requests: { cpu: 1 }, limits: {} }"""
BY_GATEWAY = (SHOP, "hosts: [shop], paths", "route: gateway, gateway: main, hosts: [shop], paths")
A_GATEWAY = (SHOP, "secrets:", "gateways:\n  main: { hosts: [shop], tlsSecret: main-tls }\nsecrets:")


def change(file: str, old: str, new: str) -> tuple[str, str, str]:
    return file, old, new


def strategy(text: str) -> tuple[str, str, str]:
    return SHOP, REPLICAS, f"{REPLICAS}\n    strategy: {text}"


def canary(steps: str, more: str = "") -> tuple[str, str, str]:
    return strategy(f"{{ type: canary, {more}steps: [{steps}] }}")


def released(text: str) -> tuple[str, str, str]:
    return PROD_RELEASE, RELEASED, f"api: {{ tag: 1.0.0, {text} }}"


def in_both(old: str, new: str) -> list[tuple[str, str, str]]:
    return [change(file, old, new) for file in (DEV, PROD)]


STEPS = {
    "weights-that-fall": (
        canary("{ weight: 60 }, { weight: 50 }, { weight: 80 }"),
        HERE + ".steps[1].weight: the weight falls: 50 after 60; expected more than 60",
    ),
    "a-weight-that-stays": (
        canary("{ weight: 50 }, { weight: 50 }"),
        HERE + ".steps[1].weight: the weight stays: 50 after 50; expected more than 50",
    ),
    "a-weight-after-all": (
        canary("{ weight: 100 }, { weight: 80 }"),
        HERE + ".steps[1].weight: the weight falls: 80 after 100; nothing comes after 100",
    ),
    "a-weight-above-all": (
        canary("{ weight: 101 }"),
        HERE + ".steps[0].weight: found number 101; expected at most 100",
    ),
    "a-pause-that-is-no-duration": (
        canary("{ weight: 50, pause: soon }"),
        HERE + '.steps[0].pause: found text "soon"; '
        'a duration is whole hours, minutes and seconds, such as "10m", "1h30m" or "45s"',
    ),
    "a-pause-without-unit": (
        canary("{ weight: 50, pause: 10 }"),
        HERE + ".steps[0].pause: found number 10; "
        'a duration is whole hours, minutes and seconds, such as "10m", "1h30m" or "45s"',
    ),
    "less-than-one-pod": (
        canary("{ weight: 25 }, { weight: 50 }"),
        HERE + ".steps[0].weight: 25 % of 2 pods is less than one pod (on dev); "
        "expected a weight of at least 50, more replicas, or traffic nginx (catalog/shop.yaml:13)",
    ),
    "less-than-one-pod-of-the-fewest": (
        change(SHOP, REPLICAS, "scaling: { min: 3, max: 40 }\n    strategy: { type: canary, steps: [{ weight: 33 }] }"),
        HERE + ".steps[0].weight: 33 % of 3 pods is less than one pod; "
        "expected a weight of at least 34, more replicas, or traffic nginx (catalog/shop.yaml:13)",
    ),
    "less-than-one-pod-of-one": (
        change(SHOP, REPLICAS, "replicas: 1\n    strategy: { type: canary, steps: [{ weight: 50 }] }"),
        HERE + ".steps[0].weight: 50 % of 1 pod is less than one pod (on dev); "
        "expected a weight of at least 100, more replicas, or traffic nginx (catalog/shop.yaml:13)",
    ),
    "a-weight-that-is-rounded-to-none": (
        canary("{ weight: 75 }", "maxSurge: 0, maxUnavailable: 1, "),
        HERE + ".steps[0].weight: 75 % of 2 pods is rounded to none without a pod more (on dev); "
        "expected another weight, or maxSurge above 0 (catalog/shop.yaml:13)",
    ),
    "less-than-one-pod-beside-the-others": (
        strategy("{ type: canaryDeployment, weight: 25 }"),
        HERE + ".weight: 25 % of 2 pods is less than one pod beside them (on dev); "
        "expected a weight of at least 34, more replicas, or traffic nginx (catalog/shop.yaml:13)",
    ),
    "all-of-the-pods-beside-the-others": (
        strategy("{ type: canaryDeployment, weight: 100 }"),
        HERE + ".weight: 100 % of the pods, beside those that stay; expected at most 99, or traffic nginx",
    ),
    "time-to-watch-and-no-step-for-it": (
        canary("{ weight: 50 }"),
        change(SHOP, "    env: { MODE: fast }", "    env: { MODE: fast }\n    objectives: { stabilisation: 5m }"),
        "catalog/shop.yaml:16: services.api.objectives.stabilisation: a stabilisation of 5m, and no step of 100 that "
        "takes so long; expected { weight: 100 } as last step (catalog/shop.yaml:14)",
    ),
    "neither-more-nor-less-pods": (
        strategy("{ type: rolling, maxSurge: 0, maxUnavailable: 0% }"),
        HERE + ".maxSurge: neither a pod more nor a pod less while a new version takes over; "
        "expected maxSurge or maxUnavailable above 0",
    ),
    "neither-more-nor-less-pods-of-a-canary": (
        canary("{ weight: 50 }", "maxSurge: 0%, "),
        HERE + ".maxSurge: neither a pod more nor a pod less while a new version takes over; "
        "expected maxSurge or maxUnavailable above 0",
    ),
    "neither-more-nor-less-pods-of-a-canary-deployment": (
        strategy("{ type: canaryDeployment, weight: 50, maxSurge: 0 }"),
        HERE + ".maxSurge: neither a pod more nor a pod less while a new version takes over; "
        "expected maxSurge or maxUnavailable above 0",
    ),
}

PREVIEWS = {
    "none": (
        strategy("{ type: blueGreen }"),
        HERE + ": a blue-green without preview exposure; expected preview: { hosts: [...] }",
    ),
    "of-an-unknown-domain": (
        strategy("{ type: blueGreen, preview: { hosts: [mail, next] } }"),
        HERE + '.preview.hosts[1]: no domain "next"; expected one of "mail", "shop"',
    ),
    "of-an-unknown-exposure": (
        strategy("{ type: blueGreen, preview: { hosts: [mail], exposure: publik } }"),
        HERE + '.preview.exposure: no exposure "publik"; did you mean "public"?',
    ),
    "of-one-of-several-exposures": (
        strategy(BLUE_GREEN),
        change(SHOP, EXPOSED, TWO_WAYS),
        HERE + '.preview: a preview of which exposure; expected exposure: one of "public", "second"',
    ),
    "of-a-service-without-exposure": (
        strategy(BLUE_GREEN),
        change(SHOP, EXPOSED, ""),
        HERE + ".preview: a preview of a service without exposure; expected an exposure of the service",
    ),
    "of-a-host-that-the-gateway-does-not-listen-for": (
        strategy(BLUE_GREEN),
        BY_GATEWAY,
        A_GATEWAY,
        HERE + '.preview.hosts[0]: the gateway "main" does not listen for "mail"; expected one of "shop"',
    ),
    "with-the-live-service": (
        strategy("{ type: blueGreen, previewService: api, preview: { hosts: [mail] } }"),
        HERE + '.previewService: "api" is before the live version already; expected a Service of another name',
    ),
    "that-is-promoted-by-nobody-after-a-while": (
        strategy("{ type: blueGreen, autoPromotionDelay: 5m, preview: { hosts: [mail] } }"),
        HERE + ".autoPromotionDelay: a delay of 5m before a promotion that does not come by itself; "
        "expected autoPromotionEnabled: true, or no delay",
    ),
    "of-a-service-that-others-call-by-its-own-name": (
        strategy("{ type: blueGreen, activeService: live, preview: { hosts: [mail] } }"),
        *(
            f'catalog/{file}: no Service is called "api": its activeService is "live"; '
            "leave activeService out, as others call it by its own name"
            for file in ("mail.yaml:8: services.relay.dependsOn[0]", "shop.yaml:9: services.web.dependsOn[0]")
        ),
    ),
}

TRAFFIC = {
    **{
        f"by-{traffic}-without-an-ingress": (
            strategy(f"{{ {kind}, traffic: {traffic} }}"),
            change(SHOP, EXPOSED, ""),
            HERE + f".traffic: traffic by {traffic}, and no exposure by Ingress; expected one with the route ingress",
        )
        for kind, traffic in (
            ("type: canary, steps: [{ weight: 5 }]", "nginx"),
            ("type: canary, steps: [{ weight: 5 }]", "alb"),
            ("type: canaryDeployment, weight: 5", "nginx"),
            ("type: blueGreenIngress", "alb"),
            ("type: blueGreenIngress", "ingress"),
        )
    },
    "by-alb-of-another-ingress-class": (
        canary("{ weight: 5 }", "traffic: alb, "),
        HERE + '.traffic: traffic by alb, and Ingresses of the class "nginx"; '
        "expected the environment's ingressClass to be alb",
    ),
    "by-nginx-of-another-ingress-class": (
        canary("{ weight: 5 }", "traffic: nginx, "),
        change(PROD, "    defaultIssuer", "    ingressClass: alb\n    defaultIssuer"),
        HERE + '.traffic: traffic by nginx, and Ingresses of the class "alb" (on prod); '
        "expected the environment's ingressClass to be nginx",
    ),
    "by-gateway-without-one": (
        canary("{ weight: 5 }", "traffic: gateway, "),
        HERE + ".traffic: traffic by gateway, and no exposure by one; expected one with the route gateway",
    ),
    "by-nginx-behind-a-gateway": (
        canary("{ weight: 5 }", "traffic: nginx, "),
        BY_GATEWAY,
        A_GATEWAY,
        HERE + ".traffic: traffic by nginx, and no exposure by Ingress; expected one with the route ingress",
    ),
    "by-istio-without-a-mesh": (
        canary("{ weight: 5 }", "traffic: istio, "),
        HERE + ".traffic: traffic by istio, and no mesh; expected the environment to say mesh: istio",
    ),
    "to-a-canary-by-the-live-service": (
        canary("{ weight: 5 }", "traffic: nginx, canaryService: api, "),
        HERE + '.canaryService: "api" is before the live version already; expected a Service of another name',
    ),
}

RELEASES = {
    "a-canary-of-another-strategy": (
        released("canary: { tag: 2.0.0 }"),
        "releases/prod.yaml:3: shop.api.canary: canary of a service whose strategy is rolling; "
        "expected the strategy canaryDeployment, or none",
    ),
    "a-canary-of-a-rollout": (
        canary("{ weight: 50 }"),
        released("canary: { tag: 2.0.0 }"),
        "releases/prod.yaml:3: shop.api.canary: canary of a service whose strategy is canary; "
        "expected the strategy canaryDeployment, or none",
    ),
    "colors-of-another-strategy": (
        strategy(SHARED),
        released("colors: { green: { tag: 2.0.0 } }, live: green"),
        *(
            f"releases/prod.yaml:3: shop.api.{key}: {key} of a service whose strategy is canaryDeployment; "
            "expected the strategy blueGreenIngress, or none"
            for key in ("colors", "live")
        ),
    ),
    "a-canary-of-a-sidecar": (
        change(SHOP, REPLICAS, SIDECAR),
        change(PROD_RELEASE, f"  {RELEASED}", f"  {RELEASED}\n  api/proxy: {{ tag: 1.0.0, canary: {{}} }}"),
        'releases/prod.yaml:4: shop.api/proxy.canary: unknown key "canary"; '
        'expected one of "digest", "needsSchema", "runsOnSchema", "tag"',
    ),
    "a-canary-that-is-no-version": (
        strategy(SHARED),
        released("canary: { needsSchema: {} }"),
        "releases/prod.yaml:3: shop.api.canary: a canary without tag; expected one that never moves",
    ),
    "a-canary-that-moves": (
        strategy(SHARED),
        released("canary: { tag: latest }"),
        "releases/prod.yaml:3: shop.api.canary.tag: the tag latest, which moves; "
        "expected one that never moves, or a digest",
    ),
    "a-canary-that-is-text": (
        strategy(SHARED),
        released("canary: 2.0.0"),
        'releases/prod.yaml:3: shop.api.canary: found text "2.0.0"; expected a map',
    ),
    "a-color-that-is-no-version": (
        strategy(COLORED),
        released("colors: { green: {} }"),
        "releases/prod.yaml:3: shop.api.colors.green: a green version without tag; expected one that never moves",
    ),
    "a-color-that-moves": (
        strategy(COLORED),
        released("colors: { blue: { tag: latest } }"),
        "releases/prod.yaml:3: shop.api.colors.blue.tag: the tag latest, which moves; "
        "expected one that never moves, or a digest",
    ),
    "a-color-that-there-is-not": (
        strategy(COLORED),
        released("colors: { red: { tag: 1.0.0 } }, live: yellow"),
        'releases/prod.yaml:3: shop.api.colors.red: found the key "red"; expected one of "blue", "green"',
        'releases/prod.yaml:3: shop.api.live: found text "yellow"; expected one of "blue", "green"',
    ),
    "a-canary-that-needs-an-unknown-schema": (
        strategy(SHARED),
        released("canary: { tag: 2.0.0, needsSchema: { shop: 1 } }"),
        'releases/prod.yaml:3: shop.api.canary.needsSchema.shop: no migrated database "shop"; '
        "there is no migrated database at all",
    ),
    "a-color-that-runs-on-an-unknown-schema": (
        strategy(COLORED),
        released("colors: { green: { tag: 2.0.0, runsOnSchema: { shop: 1 } } }"),
        'releases/prod.yaml:3: shop.api.colors.green.runsOnSchema.shop: no migrated database "shop"; '
        "there is no migrated database at all",
    ),
}

NAMES = {
    "a-preview-on-the-live-host": (
        strategy("{ type: blueGreen, preview: { hosts: [shop] } }"),
        HERE + '.preview: the path /api of the host "shop" is taken; '
        "services.api.exposure.public has it at catalog/shop.yaml:19",
    ),
    "a-preview-with-the-certificate-of-another": (
        strategy(BLUE_GREEN),
        change(SHOP, "exposure: { public: { hosts: [shop] } }", "exposure: { public: { hosts: [shop], %s } }"),
        change(SHOP, "%s", "tlsSecret: api-preview-tls"),
        HERE + '.preview: the TLS secret "api-preview-tls" is taken; '
        "services.web.exposure.public.tlsSecret has it at catalog/shop.yaml:8",
    ),
    "a-preview-with-the-ingress-of-another": (
        strategy(BLUE_GREEN),
        change(SHOP, "exposure: { public: { hosts: [shop] } }", "exposure: { public: { hosts: [shop], %s } }"),
        change(SHOP, "%s", "name: api-preview"),
        HERE + '.preview: the name "api-preview" of an Ingress is taken; '
        "services.web.exposure.public has it at catalog/shop.yaml:8",
    ),
    "an-ingress-beside-with-the-name-of-another": (
        strategy("{ type: canaryDeployment, weight: 5, traffic: nginx }"),
        change(SHOP, "exposure: { public: { hosts: [shop] } }", "exposure: { public: { hosts: [shop], %s } }"),
        change(SHOP, "%s", "name: api-canary"),
        'catalog/shop.yaml:19: services.api.exposure.public: the name "api-canary" of an Ingress is taken; '
        "services.web.exposure.public has it at catalog/shop.yaml:8",
    ),
    "an-ingress-of-argo-rollouts-with-the-name-of-another": (
        canary("{ weight: 5 }", "traffic: nginx, "),
        change(SHOP, "exposure: { public: { hosts: [shop] } }", "exposure: { public: { hosts: [shop], %s } }"),
        change(SHOP, "%s", "name: api-api-canary"),
        'catalog/shop.yaml:19: services.api.exposure.public: the name "api-api-canary" of an Ingress is taken; '
        "services.web.exposure.public has it at catalog/shop.yaml:8",
    ),
    "a-preview-with-the-name-of-what-redirects-to-https": (
        strategy("{ type: blueGreen, preview: { hosts: [mail] } }"),
        BY_GATEWAY,
        change(SHOP, "secrets:", "gateways:\n  main: { hosts: [shop, mail], tlsSecret: main-tls }\nsecrets:"),
        change(
            SHOP,
            "exposure: { public: { hosts: [shop] } }",
            "exposure: { public: { route: gateway, gateway: main, name: api-preview-redirect, hosts: [shop] } }",
        ),
        HERE + '.preview: the name "api-preview-redirect" of an HTTPRoute is taken; '
        "services.web.exposure.public has it at catalog/shop.yaml:8",
    ),
    "a-canary-with-the-name-of-a-service": (
        canary("{ weight: 5 }", "traffic: nginx, canaryService: web, "),
        HERE + '.canaryService: "web" in the namespace "shop" is taken; services.web has it at catalog/shop.yaml:5',
    ),
    "an-active-service-with-the-name-of-a-service": (
        strategy("{ type: blueGreen, activeService: web, preview: { hosts: [mail] } }"),
        change(SHOP, "dependsOn: [api]", "dependsOn: []"),
        change(MAIL, "dependsOn: [shop/api]", "dependsOn: []"),
        HERE + '.activeService: "web" in the namespace "shop" is taken; services.web has it at catalog/shop.yaml:5',
    ),
    **{
        f"{name}-of-a-{kind}-and-of-a-data-store": (
            strategy(text),
            change(SHOP, "  store:\n", f"  {name}:\n"),
            change(SHOP, "dependsOn: [store]", "dependsOn: []"),
            HERE + f': "{name}" in the namespace "shop" is taken; dataStores.{name} has it at catalog/shop.yaml:22',
        )
        for name, kind, text in (
            ("api-preview", "blue-green", BLUE_GREEN),
            ("api-canary", "canary-deployment", SHARED),
            ("api-canary-guard", "canary-deployment", SHARED),
            ("api-green", "blue-green-by-ingress", COLORED),
            ("api-canary", "canary", "{ type: canary, traffic: nginx, steps: [{ weight: 5 }] }"),
        )
    },
}

PODS = {
    "two-versions-and-a-claim-for-one": (
        strategy(COLORED),
        change(SHOP, f"{REPLICAS}\n", "replicas: 1\n"),
        change(SHOP, IN_PROD, "api: {}"),
        change(SHOP, VOLUME, "cache: { claim: { size: 1Gi } }"),
        "catalog/shop.yaml:18: services.api.volumes.cache: ReadWriteOnce for two versions at once; "
        "expected ReadWriteMany, or the strategy rolling (catalog/shop.yaml:14)",
    ),
    "two-versions-and-a-claim-of-the-system-for-one": (
        strategy("{ type: canary, traffic: nginx, steps: [{ weight: 5 }] }"),
        change(SHOP, f"{REPLICAS}\n", "replicas: 1\n"),
        change(SHOP, IN_PROD, "api: {}"),
        change(SHOP, VOLUME, "cache: { sharedClaim: all }"),
        change(SHOP, "secrets:", "claims:\n  all: { size: 1Gi, accessMode: ReadWriteOncePod }\nsecrets:"),
        "catalog/shop.yaml:18: services.api.volumes.cache: ReadWriteOncePod for two versions at once; "
        "expected ReadWriteMany, or the strategy rolling (catalog/shop.yaml:14)",
    ),
}


def ids(table: dict[str, Any], about: str) -> list[Any]:
    return [pytest.param(table[key], id=f"{about}-{key}") for key in table]


@pytest.mark.parametrize(
    "case",
    [
        *ids(STEPS, "steps"),
        *ids(PREVIEWS, "preview"),
        *ids(TRAFFIC, "traffic"),
        *ids(RELEASES, "release"),
        *ids(NAMES, "name"),
        *ids(PODS, "pods"),
    ],
)
def test_what_does_not_fit_a_strategy_is_refused_in_one_line(project: Project, case: tuple[Any, ...]) -> None:
    for made in case:
        if isinstance(made, tuple):
            project.change(*made)
    assert sorted(project.faults()) == sorted(line for line in case if isinstance(line, str))


def test_strategy_that_divides_traffic_needs_a_port(project: Project) -> None:
    project.change(*strategy("{ type: blueGreenIngress, traffic: service }"))
    project.change(SHOP, f"    ports: {{ {PORT} }}\n", "    probes: null\n")
    assert HERE + ": Services to divide traffic by, and no port; expected one of `ports`" in project.faults()


@pytest.mark.parametrize(("length", "refused"), [(41, False), (42, True)])
def test_name_leaves_room_for_what_calls_a_canary_off(project: Project, length: int, *, refused: bool) -> None:
    name = "w" * length
    project.change(SHOP, "  api:\n    image", f"  {name}:\n    strategy: {SHARED}\n    image")
    project.change(SHOP, "dependsOn: [api]", "dependsOn: []")
    project.change(MAIL, "dependsOn: [shop/api]", "dependsOn: []")
    project.change(SHOP, IN_PROD, f"{name}: {{ replicas: 4 }}")
    for file in (DEV_RELEASE, PROD_RELEASE):
        project.change(file, RELEASED, f"{name}: {{ tag: 1.0.0 }}")
    told = (
        f"catalog/shop.yaml:10: services.{name}: a name of {length} characters; expected at most 41 with a "
        'canaryDeployment: "<name>-canary-guard" is a Job\'s'
    )
    assert project.faults() == ([told] if refused else [])


RIGHT = {
    "weights-that-rise-to-all": [canary("{ weight: 50, pause: 1h30m }, { weight: 75 }, { weight: 100 }")],
    "a-weight-that-is-rounded": [canary("{ weight: 60 }")],
    "a-weight-of-exactly-one-pod": [
        change(SHOP, REPLICAS, "scaling: { min: 4, max: 9 }\n    strategy: { type: canary, steps: [{ weight: 25 }] }")
    ],
    "a-weight-finer-than-one-pod-where-traffic-is-routed": [canary("{ weight: 1 }", "traffic: nginx, ")],
    "a-share-of-exactly-one-pod-beside-the-others": [strategy("{ type: canaryDeployment, weight: 34 }")],
    "a-share-finer-than-one-pod-where-traffic-is-routed": [
        strategy("{ type: canaryDeployment, weight: 1, traffic: nginx }")
    ],
    "time-to-watch-and-a-step-for-it": [
        canary("{ weight: 50 }, { weight: 100 }"),
        change(SHOP, "    env: { MODE: fast }", "    env: { MODE: fast }\n    objectives: { stabilisation: 5m }"),
    ],
    "no-pod-more-but-one-less": [strategy("{ type: rolling, maxSurge: 0, maxUnavailable: 1 }")],
    "a-preview-of-the-only-exposure": [strategy(BLUE_GREEN)],
    "a-preview-of-one-of-several-exposures": [
        strategy("{ type: blueGreen, preview: { hosts: [mail], exposure: second } }"),
        change(SHOP, EXPOSED, TWO_WAYS),
    ],
    "a-preview-that-is-promoted-by-itself": [
        strategy("{ type: blueGreen, autoPromotionEnabled: true, autoPromotionDelay: 5m, preview: { hosts: [mail] } }")
    ],
    "an-active-service-of-another-name-that-nobody-calls": [
        strategy("{ type: blueGreen, activeService: live, preview: { hosts: [mail] } }"),
        change(SHOP, "dependsOn: [api]", "dependsOn: []"),
        change(MAIL, "dependsOn: [shop/api]", "dependsOn: []"),
    ],
    "traffic-by-alb": [
        canary("{ weight: 5 }", "traffic: alb, "),
        *in_both("    defaultIssuer", "    ingressClass: alb\n    defaultIssuer"),
    ],
    "traffic-by-gateway": [canary("{ weight: 5 }", "traffic: gateway, "), BY_GATEWAY, A_GATEWAY],
    "traffic-by-istio": [
        canary("{ weight: 5 }", "traffic: istio, "),
        change(SHOP, EXPOSED, ""),
        *in_both("    defaultIssuer", "    mesh: istio\n    defaultIssuer"),
    ],
    "colors-behind-an-ingress-of-any-class": [
        strategy(COLORED),
        *in_both("    defaultIssuer", "    ingressClass: traefik\n    defaultIssuer"),
    ],
    "colors-behind-a-service-alone": [
        strategy("{ type: blueGreenIngress, traffic: service }"),
        change(SHOP, EXPOSED, ""),
    ],
    "a-canary-of-a-canary-deployment": [strategy(SHARED), released("canary: { tag: 2.0.0 }")],
    "a-canary-by-digest-alone": [strategy(SHARED), released(f"canary: {{ digest: 'sha256:{'0' * 64}' }}")],
    "a-canary-that-moves-where-tags-may": [
        strategy(SHARED),
        change(DEV_RELEASE, RELEASED, "api: { tag: 1.0.0, canary: { tag: latest } }"),
    ],
    "two-colors-and-the-one-that-is-live": [
        strategy(COLORED),
        released("colors: { blue: { tag: 1.0.0 }, green: { tag: 2.0.0 } }, live: green"),
    ],
    "one-version-and-a-claim-for-one": [
        strategy("{ type: rolling }"),
        change(SHOP, f"{REPLICAS}\n", "replicas: 1\n"),
        change(SHOP, IN_PROD, "api: {}"),
        change(SHOP, VOLUME, "cache: { claim: { size: 1Gi } }"),
    ],
    "two-versions-and-a-claim-for-many": [
        strategy(COLORED),
        change(SHOP, VOLUME, "cache: { claim: { size: 1Gi, accessMode: ReadWriteMany } }"),
    ],
}


@pytest.mark.parametrize("changes", [pytest.param(changes, id=key) for key, changes in RIGHT.items()])
def test_what_fits_a_strategy_is_accepted(project: Project, changes: list[tuple[str, str, str]]) -> None:
    for made in changes:
        project.change(*made)
    assert project.faults() == []
