"""What more can be reached, and what pods may do, and what only looks so."""

from typing import Any

import pytest

from manifests.placed import Manifest
from operations.diff.model import Level
from operations.diff.pairs import Sides
from operations.diff.risks.exposure import exposure
from tests.unit.operations.diff.risks.samples import (
    CONTAINER,
    GONE,
    Case,
    container,
    harmless,
    ingress,
    job,
    judged,
    made,
    namespace,
    put,
    risky,
    service,
    side,
    workload,
)

_HOST, _OTHER = "a.example.com", "b.example.com"
_NGINX = "nginx.ingress.kubernetes.io"
_POD = "spec/template/spec"
_DENY = made("NetworkPolicy", "default-deny", spec={"podSelector": {}, "policyTypes": ["Ingress"]})
_RIGHTS = f"{CONTAINER}/securityContext"


def _gateway(*schemes: str, allowed: str = "Same") -> Manifest:
    listeners = [
        {
            "name": scheme,
            "hostname": _HOST,
            "protocol": scheme.upper(),
            "allowedRoutes": {"namespaces": {"from": allowed}},
            **({"tls": {"mode": "Terminate"}} if scheme == "https" else {}),
        }
        for scheme in schemes
    ]
    return made("Gateway", "edge", spec={"listeners": listeners})


def _route(*listeners: str, path: str = "/", redirects: bool = False, host: str = _HOST) -> Manifest:
    rule: Manifest = {"matches": [{"path": {"value": path}}], "backendRefs": [{"name": "api"}]}
    if redirects:
        rule = {"matches": rule["matches"], "filters": [{"type": "RequestRedirect"}]}
    parents = [{"name": "edge", "sectionName": listener} for listener in listeners]
    name = "api-redirect" if redirects else "api"
    return made("HTTPRoute", name, spec={"parentRefs": parents, "hostnames": [host], "rules": [rule]})


WAYS_IN = [
    risky(
        "a new host", Level.MEDIUM, f"{_OTHER} is new to the public: / to api", ingress(_HOST), ingress(_HOST, _OTHER)
    ),
    risky("a new host without TLS", Level.HIGH, "without TLS", None, ingress(_HOST, tls=False)),
    risky("every host", Level.HIGH, "every host that no rule names", None, ingress("*")),
    risky("hosts below one", Level.HIGH, "*.example.com is new", None, ingress("*.example.com")),
    risky("a new route", Level.MEDIUM, f"{_HOST} is new", _gateway("https"), (_gateway("https"), _route("https"))),
    risky(
        "a new path",
        Level.MEDIUM,
        f"{_HOST}/admin is new",
        ingress(_HOST),
        (ingress(_HOST), ingress(_HOST, path="/admin", name="admin")),
    ),
    risky("TLS is removed", Level.HIGH, f"TLS of {_HOST} is removed", ingress(_HOST), ingress(_HOST, tls=False)),
    risky(
        "no redirect",
        Level.MEDIUM,
        "without TLS too",
        ingress(_HOST),
        ingress(_HOST, notes={f"{_NGINX}/ssl-redirect": "false"}),
    ),
    risky(
        "a route without redirect",
        Level.MEDIUM,
        "without TLS too",
        (_gateway("http", "https"), _route("https"), _route("http", redirects=True)),
        (_gateway("http", "https"), _route("http", "https")),
    ),
    risky(
        "a route without TLS",
        Level.HIGH,
        "TLS of",
        (_gateway("http", "https"), _route("https")),
        (_gateway("http", "https"), _route("http")),
    ),
    risky(
        "a listener without TLS",
        Level.HIGH,
        f"no listener of {_HOST} has TLS",
        _gateway("http", "https"),
        _gateway("http"),
    ),
    risky(
        "routes of all namespaces",
        Level.MEDIUM,
        "routes of all namespaces",
        _gateway("https"),
        _gateway("https", allowed="All"),
    ),
    risky("a load balancer", Level.HIGH, "LoadBalancer", service(), service(type="LoadBalancer")),
    risky("a port of every node", Level.HIGH, "NodePort", None, service(type="NodePort")),
    risky(
        "a load balancer for everybody",
        Level.HIGH,
        "everybody may come",
        service(type="LoadBalancer", loadBalancerSourceRanges=["10.0.0.0/8"]),
        service(type="LoadBalancer"),
    ),
    risky("another address of a Service", Level.HIGH, "198.51.100.7", service(), service(externalIPs=["198.51.100.7"])),
    risky(
        "nobody has to sign in",
        Level.HIGH,
        "auth-secret, auth-type is removed",
        ingress(_HOST, notes={f"{_NGINX}/auth-type": "basic", f"{_NGINX}/auth-secret": "users"}),
        ingress(_HOST),
    ),
    risky(
        "more addresses may come",
        Level.HIGH,
        "0.0.0.0/0 may come",
        ingress(_HOST, notes={f"{_NGINX}/whitelist-source-range": "10.0.0.0/8"}),
        ingress(_HOST, notes={f"{_NGINX}/whitelist-source-range": "10.0.0.0/8, 0.0.0.0/0"}),
    ),
    risky(
        "a snippet",
        Level.MEDIUM,
        "server-snippet is new",
        ingress(_HOST),
        ingress(_HOST, notes={f"{_NGINX}/server-snippet": "autoindex on;"}),
    ),
    risky(
        "an internet-facing load balancer",
        Level.HIGH,
        "internet-facing",
        ingress(_HOST, notes={"alb.ingress.kubernetes.io/scheme": "internal"}),
        ingress(_HOST, notes={"alb.ingress.kubernetes.io/scheme": "internet-facing"}),
    ),
    risky(
        "Pod Security is weaker",
        Level.MEDIUM,
        "baseline for restricted",
        namespace(),
        namespace(**{"pod-security.kubernetes.io/enforce": "baseline"}),
    ),
    risky(
        "Pod Security is off",
        Level.HIGH,
        "privileged for restricted",
        namespace(),
        put(namespace(), "metadata/labels", {}),
    ),
    risky(
        "a new namespace without Pod Security", Level.HIGH, "privileged", None, put(namespace(), "metadata/labels", {})
    ),
    risky(
        "a listener and its route without TLS",
        Level.HIGH,
        "TLS of",
        (_gateway("http", "https"), _route("https")),
        (_gateway("http"), _route("http")),
    ),
    risky(
        "a load balancer within the cluster's network",
        Level.HIGH,
        "outside the cluster by a load balancer",
        service(type="NodePort"),
        service(type="LoadBalancer"),
    ),
    risky("a policy is removed", Level.HIGH, "no network policy is left", (workload(), _DENY), workload()),
    risky(
        "a standard that nobody knows",
        Level.HIGH,
        "privileged for restricted",
        namespace(),
        namespace(**{"pod-security.kubernetes.io/enforce": "strict"}),
    ),
    harmless(
        "ways in are removed",
        (ingress(_HOST, notes={f"{_NGINX}/auth-type": "basic"}), service(type="NodePort"), namespace()),
        None,
    ),
    harmless(
        "fewer addresses are let in",
        ingress(_HOST, notes={f"{_NGINX}/whitelist-source-range": "10.0.0.0/8,10.1.0.1/32"}),
        ingress(_HOST, notes={f"{_NGINX}/whitelist-source-range": "10.0.0.0/8"}),
    ),
    harmless(
        "more addresses are kept out",
        ingress(_HOST, notes={f"{_NGINX}/denylist-source-range": "10.0.0.0/8"}),
        ingress(_HOST, notes={f"{_NGINX}/denylist-source-range": "10.0.0.0/8,11.0.0.0/8"}),
    ),
    harmless("a host less", ingress(_HOST, _OTHER), ingress(_HOST)),
    harmless(
        "another Service behind a path",
        ingress(_HOST),
        put(ingress(_HOST), "spec/rules/0/http/paths/0/backend/service/name", "web"),
    ),
    harmless("TLS is added", ingress(_HOST, tls=False), ingress(_HOST)),
    harmless(
        "one certificate for all hosts below",
        ingress(_HOST),
        put(ingress(_HOST), "spec/tls/0/hosts", ["*.example.com"]),
    ),
    harmless(
        "a share for a canary",
        ingress(_HOST),
        (ingress(_HOST), ingress(_OTHER, name="canary", notes={f"{_NGINX}/canary": "true"})),
    ),
    harmless(
        "a redirect",
        (_gateway("http", "https"), _route("https")),
        (_gateway("http", "https"), _route("https"), _route("http", redirects=True)),
    ),
    harmless("a listener with TLS", _gateway("http"), _gateway("http", "https")),
    harmless("a Service within", None, service()),
    harmless("no load balancer any more", service(type="LoadBalancer"), service()),
    harmless(
        "fewer addresses may come",
        service(type="LoadBalancer"),
        service(type="LoadBalancer", loadBalancerSourceRanges=["10.0.0.0/8"]),
    ),
    harmless("somebody has to sign in", ingress(_HOST), ingress(_HOST, notes={f"{_NGINX}/auth-type": "basic"})),
    harmless("another annotation", ingress(_HOST), ingress(_HOST, notes={f"{_NGINX}/proxy-body-size": "8m"})),
    harmless("a new namespace", None, namespace()),
    harmless("Pod Security is stricter", namespace(**{"pod-security.kubernetes.io/enforce": "baseline"}), namespace()),
]

RIGHTS = [
    risky(
        "privileged", Level.CRITICAL, "take the node over", workload(), put(workload(), f"{_RIGHTS}/privileged", True)
    ),
    risky("root", Level.HIGH, "api: runs as root", workload(), put(workload(), f"{_RIGHTS}/runAsUser", 0)),
    risky(
        "perhaps root",
        Level.HIGH,
        "may run as root",
        workload(),
        put(put(workload(), f"{_RIGHTS}/runAsUser", GONE), f"{_RIGHTS}/runAsNonRoot", False),
    ),
    risky(
        "a capability",
        Level.HIGH,
        "NET_ADMIN",
        workload(),
        put(workload(), f"{_RIGHTS}/capabilities/add", ["NET_ADMIN"]),
    ),
    risky(
        "the strongest capability",
        Level.CRITICAL,
        "SYS_ADMIN",
        workload(),
        put(workload(), f"{_RIGHTS}/capabilities/add", ["SYS_ADMIN"]),
    ),
    risky(
        "capabilities are kept",
        Level.MEDIUM,
        "keeps the capabilities",
        workload(),
        put(workload(), f"{_RIGHTS}/capabilities", GONE),
    ),
    risky(
        "privileges are gained",
        Level.MEDIUM,
        "may gain privileges",
        workload(),
        put(workload(), f"{_RIGHTS}/allowPrivilegeEscalation", GONE),
    ),
    risky(
        "a writable root",
        Level.MEDIUM,
        "is writable",
        workload(),
        put(workload(), f"{_RIGHTS}/readOnlyRootFilesystem", False),
    ),
    risky(
        "no seccomp",
        Level.MEDIUM,
        "seccomp",
        workload(),
        put(workload(), f"{_RIGHTS}/seccompProfile/type", "Unconfined"),
    ),
    risky("the node's network", Level.HIGH, "hostNetwork", workload(), put(workload(), f"{_POD}/hostNetwork", True)),
    risky(
        "a folder of the node",
        Level.HIGH,
        "/var/run",
        workload(),
        put(workload(), f"{_POD}/volumes", [{"name": "x", "hostPath": {"path": "/var/run"}}]),
    ),
    risky(
        "a port of the node",
        Level.MEDIUM,
        "port 80 of the node",
        workload(),
        put(workload(), f"{CONTAINER}/ports/0/hostPort", 80),
    ),
    risky(
        "a token",
        Level.MEDIUM,
        "a token for the API server",
        workload(),
        put(workload(), f"{_POD}/automountServiceAccountToken", GONE),
    ),
    risky(
        "a new workload that may too much", Level.HIGH, "runs as root", None, put(workload(), f"{_RIGHTS}/runAsUser", 0)
    ),
    risky(
        "a token by the account",
        Level.MEDIUM,
        "its token is mounted",
        (
            put(workload(), f"{_POD}/automountServiceAccountToken", GONE),
            made("ServiceAccount", automountServiceAccountToken=False),
        ),
        (put(workload(), f"{_POD}/automountServiceAccountToken", GONE), made("ServiceAccount")),
    ),
    risky(
        "a Job as its service",
        Level.MEDIUM,
        "is writable",
        (workload(), job()),
        (
            put(workload(), f"{_RIGHTS}/readOnlyRootFilesystem", False),
            put(job(), f"{_RIGHTS}/readOnlyRootFilesystem", False),
        ),
    ),
    risky("all of /proc", Level.MEDIUM, "/proc", workload(), put(workload(), f"{_RIGHTS}/procMount", "Unmasked")),
    harmless("a scratch folder", workload(), put(workload(), f"{_POD}/volumes", [{"name": "x", "emptyDir": {}}])),
    harmless(
        "an account whose pods say it themselves",
        (workload(), made("ServiceAccount", automountServiceAccountToken=False)),
        (workload(), made("ServiceAccount")),
    ),
    harmless(
        "an account of others",
        (workload(name="web"), made("ServiceAccount", automountServiceAccountToken=False)),
        (workload(name="web"), made("ServiceAccount")),
    ),
    harmless(
        "an account without a token", made("ServiceAccount"), made("ServiceAccount", automountServiceAccountToken=False)
    ),
    harmless("a weak workload is removed", put(workload(), f"{_RIGHTS}/privileged", True), None),
    harmless("another user", workload(), put(workload(), f"{_RIGHTS}/runAsUser", 999)),
    harmless(
        "the pod says it for all",
        workload(),
        put(
            put(workload(), f"{_RIGHTS}/seccompProfile", GONE),
            f"{_POD}/securityContext",
            {"seccompProfile": {"type": "RuntimeDefault"}},
        ),
    ),
    harmless("low ports", workload(), put(workload(), f"{_RIGHTS}/capabilities/add", ["NET_BIND_SERVICE"])),
    harmless("less than before", put(workload(), f"{_RIGHTS}/privileged", True), workload()),
    harmless(
        "as much as before",
        put(workload(), f"{_RIGHTS}/runAsUser", 0),
        put(put(workload(), f"{_RIGHTS}/runAsUser", 0), "spec/replicas", 5),
    ),
    harmless("a hardened workload", None, (workload(), job())),
    harmless(
        "the account forbids the token",
        workload(),
        (
            put(workload(), f"{_POD}/automountServiceAccountToken", GONE),
            made("ServiceAccount", automountServiceAccountToken=False),
        ),
    ),
]


@pytest.mark.parametrize("case", [*WAYS_IN, *RIGHTS], ids=str)
def test_exposure(case: Case) -> None:
    judged(exposure, case)


def test_a_new_host_is_told_once_whatever_leads_there() -> None:
    after: list[Any] = [ingress(_HOST), ingress(_HOST, path="/api", name="web")]

    (found,) = exposure(Sides({}, side(after)))

    assert found.reason == f"{_HOST} is new to the public: / to api, /api to api"


def test_each_container_is_looked_at() -> None:
    weak = container("sidecar", securityContext={"privileged": True})
    after = put(workload(), f"{_POD}/initContainers", [weak])

    (found,) = exposure(Sides(side([workload()]), side([after])))

    assert found.reason.startswith("sidecar: privileged")
