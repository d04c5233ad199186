"""Generated catalogs: stacks that `naru check` finds nothing in, of systems that have a little of everything."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from settings.checks import check_stack
from settings.data_store import DataStore
from settings.faults import dotted
from settings.layers import Position
from settings.sealed import Scope
from settings.service import Service
from settings.stack import Stack
from settings.system import System
from tests.builders import a_container, a_data_store, a_service, a_stack, a_system, with_sealed

CLUSTERS: dict[str, Any] = {
    "seoul": {"context": "seoul", "region": "seoul", "primary": True},
    "tokyo": {"context": "tokyo", "region": "tokyo", "dataDomain": "data.example.com", "dataCidr": "10.20.0.0/16"},
}
HOSTS = {f"host{number}": f"host{number}.example.com" for number in range(24)}

# With room for the endings that objects give to the names of what they belong to; dashes and digits where they may be.
_NAMES = st.from_regex(r"[a-z]([-a-z0-9]{0,22}[a-z0-9])?", fullmatch=True)
# As somebody may write them; objects have one spelling for each.
_CPU = st.sampled_from(("100m", "0.1", "1000m", 1, "1.5", "250m"))
_MEMORY = st.sampled_from(("128Mi", "1024Mi", "0.5Gi", 268435456, "1500M"))
_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20)
_VARIABLES = st.dictionaries(st.from_regex(r"[A-Z][A-Z0-9_]{0,8}", fullmatch=True), _TEXTS, max_size=3)
_FILES = st.dictionaries(st.sampled_from(("/etc/app/a.yaml", "/etc/app_a.yaml", "/srv/한글")), _TEXTS, max_size=2)
_MIGRATED = {"urlKey": "token", "directory": "/migrations"}
_DATABASES = st.sampled_from(
    (
        {"main": _MIGRATED},
        {"second_db": {**_MIGRATED, "wave": -4}, "first_db": {**_MIGRATED, "urlKey": "part", "wave": -5}},
    )
)
_SOURCES = st.sampled_from(("existing", "sealed", "external"))
_PATHS = st.sampled_from(((), ("/tmp",), ("/tmp", "/var/tmp")))

_TRIED: tuple[dict[str, Any], ...] = ({}, {"canary": {"tag": "2"}})
_COLORS: tuple[dict[str, Any], ...] = ({}, {"live": "green"}, {"colors": {"green": {"tag": "2"}}})
_ASKED: tuple[dict[str, Any], ...] = (
    {},
    {"metrics": {}},
    {
        "metrics": {},
        "objectives": {"errorRate": {"threshold": 5, "window": "5m"}, "healthCheckFailures": 3, "stabilisation": "10m"},
    },
)
_STORES: tuple[dict[str, Any], ...] = (
    {"provider": "vault", "server": "https://vault.example.com", "path": "secret", "role": "demo"},
    {"provider": "vault", "server": "https://vault.example.com", "path": "kv", "version": "v1", "clusterWide": True},
    {"provider": "aws-secrets-manager", "region": "ap-northeast-2"},
    {"provider": "aws-parameter-store", "region": "ap-northeast-2", "clusterWide": True, "serviceAccount": "reader"},
)


def _asked(**question: Any) -> dict[str, Any]:
    return dict.fromkeys(("startup", "readiness", "liveness"), question)


@st.composite
def _resources(draw: st.DrawFn) -> dict[str, Any]:
    return {"requests": {"cpu": draw(_CPU), "memory": draw(_MEMORY)}, "limits": {"cpu": 2, "memory": "2048Mi"}}


@st.composite
def _sidecars(draw: st.DrawFn) -> dict[str, Any]:
    if not draw(st.booleans()):
        return {}
    proxy = a_container(
        ports={"proxy": {"container": 9901}},
        probes=_asked(tcp="proxy"),
        env=draw(_VARIABLES),
        resources=draw(_resources()),
        writablePaths=draw(_PATHS),
    )
    return {"proxy": proxy}


@st.composite
def _common(draw: st.DrawFn, name: str, home: str) -> dict[str, Any]:
    """Give what services and data stores have alike; each namespace has a secret of its name."""
    return {
        "namespace": home,
        "env": draw(_VARIABLES),
        "configFiles": draw(_FILES),
        "writablePaths": draw(_PATHS),
        "resources": draw(_resources()),
        "sidecars": draw(_sidecars()),
        "secretEnv": draw(st.sampled_from(({}, {"TOKEN": {"secret": f"{home}-secret", "key": "token"}}))),
        "secretEnvFrom": draw(st.sampled_from(((), (f"{home}-secret",)))),
        "secretFiles": draw(st.sampled_from(({}, {"/keys": {"secret": f"{home}-secret", "items": {"t": "token"}}}))),
        "placement": {"priorityClass": draw(st.sampled_from((None, "data")))},
        "labels": draw(st.sampled_from(({}, {"team": name[:10].strip("-")}))),
    }


@st.composite
def _secrets(draw: st.DrawFn, home: str, store: str) -> dict[str, Any]:
    return {
        "namespace": home,
        "keys": {"token": {}, "part": {}},
        "store": store,
        "scope": draw(st.sampled_from(tuple(Scope))),
        "template": draw(st.sampled_from(({}, {"token": "a{{ .part }}"}))),
        "revision": draw(st.integers(1, 2)),
    }


@st.composite
def _services(
    draw: st.DrawFn, name: str, home: str, calls: Sequence[str], hosts: Iterator[str], ingress_class: str
) -> Service:
    changes: dict[str, Any] = draw(_common(name, home))
    kind = draw(st.sampled_from(("none", "scratch", "own", "shared")))
    sources = {
        "scratch": {"scratch": {"limit": "1024Mi", "memory": draw(st.booleans())}},
        "own": {"claim": {"size": "1024Mi"}},
        "shared": {"sharedClaim": f"{home}-claim"},
    }
    if kind in sources:
        changes |= {"volumes": {"work": sources[kind]}, "mounts": {"/srv/files": "work"}}
    if kind != "own":
        low = draw(st.integers(1, 3))
        changes |= draw(
            st.sampled_from(({"replicas": low}, {"replicas": 5, "scaling": {"min": low, "max": 9, "memory": 80}}))
        )
    exposed = {
        "hosts": [next(hosts)],
        "paths": [{"path": "/"}, {"path": "/rpc", "port": "rpc"}],
        "sslRedirect": draw(st.booleans()),
    }
    ways: tuple[dict[str, str], ...] = ({}, {"route": "gateway", "gateway": "edge"})
    changes["exposure"] = draw(st.sampled_from(({}, *({"open": {**exposed, **way}} for way in ways))))
    changes |= draw(_strategies(name, changes, kind == "own", next(hosts), ingress_class))
    migration = {"engine": "goose", "secret": f"{home}-secret", "databases": draw(_DATABASES)}
    return a_service(
        name,
        **changes,
        ports={"http": {"container": 8080, "service": 80}, "rpc": {"container": 9090}},
        dependsOn=sorted(draw(st.sets(st.sampled_from(calls), max_size=3))),
        profile=draw(st.sampled_from((None, "dev"))),
        migration=draw(st.sampled_from((None, migration))),
    )


@st.composite
def _strategies(
    draw: st.DrawFn, name: str, changes: dict[str, Any], one_node: bool, preview: str, ingress_class: str
) -> dict[str, Any]:
    """Give a strategy that fits the exposure and the pods of a service, the release's part of it, and what is asked."""
    found: list[dict[str, Any]] = [{"strategy": {"type": "rolling"}}]
    exposure = changes["exposure"].get("open")
    if not one_node:
        steps = [{"weight": 50, "pause": "10m"}, {"weight": 75}, {"weight": 100}]
        tried = draw(st.sampled_from(_TRIED))
        colors = draw(st.sampled_from(_COLORS))
        least = changes["scaling"]["min"] if "scaling" in changes else changes["replicas"]
        dividing = ["replicas", "istio"] if least > 1 else ["istio"]
        switched = ["service"]
        if exposure is not None and "gateway" in exposure:
            dividing.append("gateway")
        elif exposure is not None:
            dividing.append(ingress_class)
            switched += ["ingress", *(["alb"] if ingress_class == "alb" else [])]
        if draw(st.booleans()):
            found = []
        found += [{"strategy": {"type": "canary", "traffic": traffic, "steps": steps}} for traffic in dividing]
        found += [
            {"strategy": {"type": "canaryDeployment", "traffic": traffic, "weight": 50}, **tried}
            for traffic in dividing
            if traffic in {"replicas", "nginx"}
        ]
        found += [{"strategy": {"type": "blueGreenIngress", "traffic": traffic}, **colors} for traffic in switched]
        if exposure is not None:
            named = {"activeService": f"{name}-live", "previewService": f"{name}-next"} if draw(st.booleans()) else {}
            blue_green = {"type": "blueGreen", "preview": {"hosts": [preview]}, **named}
            found.append({"strategy": blue_green})
    asked = draw(st.sampled_from(_ASKED))
    return {**draw(st.sampled_from(found)), **asked}


@st.composite
def _data_stores(draw: st.DrawFn, name: str, home: str) -> DataStore:
    return a_data_store(
        name,
        **draw(_common(name, home)),
        probes=_asked(tcp="postgresql"),
        storage={"size": draw(st.sampled_from(("10Gi", "10240Mi", "1.5Gi")))},
        replicas=draw(st.integers(1, 3)),
        readReplica=draw(st.booleans()),
        exporterPort=draw(st.sampled_from((None, "postgresql"))),
    )


@st.composite
def _systems(
    draw: st.DrawFn, name: str, members: Sequence[str], calls: Sequence[str], hosts: Iterator[str], ingress_class: str
) -> System:
    homes = ["main", "data"][: draw(st.integers(1, 2))]
    workloads: list[Service | DataStore] = []
    for index, member in enumerate(members):
        home = draw(st.sampled_from(homes))
        if index % 3 == 2:
            workloads.append(draw(_data_stores(member, home)))
        else:
            workloads.append(draw(_services(member, home, calls, hosts, ingress_class)))
    gated = any(
        exposure.gateway for found in workloads if isinstance(found, Service) for exposure in found.exposure.values()
    )
    return a_system(
        *workloads,
        name=name,
        clusters=draw(st.sampled_from(("all", "primary"))),
        namespaces={home: {"name": f"{name}-{home}", "quota": {"requests.cpu": "20000m"}} for home in homes},
        secrets={f"{home}-secret": draw(_secrets(home, f"{name}-store")) for home in homes},
        secretStores={f"{name}-store": draw(st.sampled_from(_STORES))},
        claims={
            f"{home}-claim": {"namespace": home, "size": "2048Mi", "accessMode": "ReadWriteMany"} for home in homes
        },
        gateways={"edge": {"namespace": "main", "hosts": ["edge"], "tlsSecret": "edge-tls"}} if gated else {},
    )


@st.composite
def stacks(draw: st.DrawFn) -> Stack:
    """Generate stacks of one to three systems with up to four members each, on one cluster or two.

    Names are the stack's own, hosts are a member's own; of members every third is a data store.
    """
    names = draw(st.lists(_NAMES, min_size=3, max_size=12, unique=True))
    count = draw(st.integers(1, 3))
    names, members = names[:count], [names[count:][index::count] for index in range(count)]
    calls = [f"{system}/{member}" for system, found in zip(names, members, strict=True) for member in found] or [""]
    hosts = itertools.cycle(HOSTS)
    ingress = draw(st.sampled_from(("nginx", "alb")))
    gitops = draw(st.booleans())
    generated = not gitops and draw(st.booleans())
    stack = a_stack(
        *(draw(_systems(name, found, calls, hosts, ingress)) for name, found in zip(names, members, strict=True)),
        ingressClass=ingress,
        mesh="istio",
        tier="local" if generated else "development",
        delivery="gitops" if gitops else "direct",
        clusters=draw(st.sampled_from(({"seoul": CLUSTERS["seoul"]}, CLUSTERS))),
        domains={**HOSTS, "edge": "*.example.com"},
        issuers={"self": {"server": "self-signed"}},
        defaultIssuer="self",
        addressPending=draw(st.booleans()),
        priorityClasses={"data": {"value": 1000, "description": "Data stores go last."}},
        policies={"secrets": "generated" if generated else draw(_SOURCES), "defaultDeny": draw(st.booleans())},
        imagePullSecrets=draw(st.sampled_from(((), ("pull",)))),
        storageClass=draw(st.sampled_from((None, "fast"))),
    )
    assume(not check_stack(stack, lambda system, path: (Position(system, 0), dotted(path))))
    ciphertext = st.dictionaries(st.sampled_from(("token", "part")), st.just("AgB0"), max_size=2)
    return with_sealed(
        stack,
        {system.name: {secret: draw(ciphertext) for secret in system.secrets} for system in stack.systems.values()},
    )
