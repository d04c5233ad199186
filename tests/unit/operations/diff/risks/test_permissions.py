"""Who may do more, to the API server, in the cloud and through Argo CD; and who only seems to."""

from typing import Any

import pytest

from manifests.placed import Manifest
from operations.diff.model import Level
from operations.diff.risks.permissions import permissions
from tests.unit.operations.diff.risks.samples import GONE, Case, harmless, judged, made, namespace, put, risky

_REPOSITORY = "https://git.example.com/shop.git"
_DAYS = {"kind": "allow", "schedule": "0 9 * * *", "duration": "8h"}
_NIGHTS = {"kind": "deny", "schedule": "0 22 * * *", "duration": "8h"}


def _role(*verbs: str, resource: str = "pods", kind: str = "Role", **rule: Any) -> Manifest:
    return made(kind, "r", rules=[{"apiGroups": [""], "resources": [resource], "verbs": list(verbs), **rule}])


def _bound(*names: str, role: str = "r", kind: str = "RoleBinding", to: str = "Role", who: str = "User") -> Manifest:
    subjects = [{"kind": who, "name": name} for name in names]
    return made(kind, "b", roleRef={"kind": to, "name": role}, subjects=subjects)


def _account(**annotations: str) -> Manifest:
    return made("ServiceAccount", metadata={"annotations": annotations})


def _project(**spec: Any) -> Manifest:
    whole = {
        "sourceRepos": [_REPOSITORY],
        "destinations": [{"name": "seoul", "namespace": "shop"}],
        "clusterResourceWhitelist": [{"group": "", "kind": "Namespace", "name": "shop"}],
        "namespaceResourceWhitelist": [{"group": "apps", "kind": "Deployment"}],
        "roles": [{"name": "developers", "policies": ["p, proj:shop:developers, applications, get, shop/*, allow"]}],
    }
    return made("AppProject", "shop", spec={**whole, **spec})


def _application(**spec: Any) -> Manifest:
    policy = {"syncOptions": ["ServerSideApply=true"]}
    destination = {"name": "seoul", "namespace": "shop"}
    return made(
        "Application", "shop", spec={"project": "shop", "destination": destination, "syncPolicy": policy, **spec}
    )


def _policies(*rights: str, **more: Any) -> Manifest:
    roles = [{"name": "developers", "policies": [f"p, proj:shop:developers, {right}" for right in rights], **more}]
    return _project(roles=roles)


_GET, _SYNC = "applications, get, shop/*, allow", "applications, sync, shop/*, allow"
_ALL = {"group": "*", "kind": "*"}
_ROLE_ARN = "eks.amazonaws.com/role-arn"

RBAC = [
    risky("a verb more", Level.MEDIUM, "may delete pods now", _role("get"), _role("get", "delete")),
    risky(
        "a verb more of the cluster",
        Level.HIGH,
        "may delete pods now",
        _role("get", kind="ClusterRole"),
        _role("get", "delete", kind="ClusterRole"),
    ),
    risky("all verbs", Level.CRITICAL, "may * pods", _role("get"), _role("*")),
    risky("all resources", Level.CRITICAL, "may get *", _role("get"), _role("get", resource="*")),
    risky("secrets", Level.HIGH, "may get secrets", _role("get"), _role("get", resource="secrets")),
    risky(
        "rights of others", Level.HIGH, "may impersonate users", _role("get"), _role("impersonate", resource="users")
    ),
    risky("all objects in place of one", Level.MEDIUM, "may get pods", _role("get", resourceNames=["a"]), _role("get")),
    risky("a new role of everything", Level.CRITICAL, "may * *", None, _role("*", resource="*")),
    risky(
        "somebody more",
        Level.MEDIUM,
        "User b has the Role r now (may get pods)",
        (_role("get"), _bound("a")),
        (_role("get"), _bound("a", "b")),
    ),
    risky("a new binding", Level.MEDIUM, "User a has the Role r", _role("get"), (_role("get"), _bound("a"))),
    risky(
        "a new binding of the cluster",
        Level.HIGH,
        "has the ClusterRole r",
        None,
        _bound("a", kind="ClusterRoleBinding", to="ClusterRole"),
    ),
    risky("another role", Level.MEDIUM, "has the Role s now", _bound("a"), _bound("a", role="s")),
    risky(
        "an administrator", Level.CRITICAL, "cluster-admin", None, _bound("a", role="cluster-admin", to="ClusterRole")
    ),
    risky("everybody", Level.CRITICAL, "Group system:authenticated", None, _bound("system:authenticated", who="Group")),
    risky("a role of the cloud", Level.HIGH, "the AWS role x", _account(), _account(**{_ROLE_ARN: "x"})),
    risky(
        "another role of the cloud", Level.HIGH, "x for y", _account(**{_ROLE_ARN: "y"}), _account(**{_ROLE_ARN: "x"})
    ),
    risky("a new account with a role", Level.MEDIUM, "the AWS role x", None, _account(**{_ROLE_ARN: "x"})),
    risky(
        "a path of the API server",
        Level.HIGH,
        "may get /metrics",
        _role("get", kind="ClusterRole"),
        put(_role("get", kind="ClusterRole"), "rules", [{"nonResourceURLs": ["/metrics"], "verbs": ["post", "get"]}]),
    ),
    risky(
        "reading more of the cluster",
        Level.MEDIUM,
        "may list pods.apps",
        _role("get", kind="ClusterRole", apiGroups=["apps"]),
        _role("get", "list", kind="ClusterRole", apiGroups=["apps"]),
    ),
    risky(
        "one object of the cluster",
        Level.MEDIUM,
        "may delete pods a",
        _role("get", kind="ClusterRole"),
        put(
            _role("get", kind="ClusterRole"),
            "rules",
            [*_role("get")["rules"], *_role("delete", resourceNames=["a"])["rules"]],
        ),
    ),
    risky(
        "an account with what its role may",
        Level.HIGH,
        "ServiceAccount other/x has the ClusterRole r now (may get secrets)",
        put(_role("get", kind="ClusterRole", resource="secrets"), "metadata/namespace", ""),
        (
            put(_role("get", kind="ClusterRole", resource="secrets"), "metadata/namespace", ""),
            put(
                _bound("x", to="ClusterRole"),
                "subjects/0",
                {"kind": "ServiceAccount", "name": "x", "namespace": "other"},
            ),
        ),
    ),
    harmless("a role that somebody has is removed", _bound("a"), None),
    harmless("a verb less", _role("get", "delete"), _role("get")),
    harmless("what a wildcard covers", _role("*"), _role("get", "delete")),
    harmless(
        "the same in two rules",
        _role("get", "list"),
        put(_role("get"), "rules", [*_role("get")["rules"], *_role("list")["rules"]]),
    ),
    harmless("one object in place of all", _role("get"), _role("get", resourceNames=["a"])),
    harmless("a new role that nobody has", None, _role("get")),
    harmless("somebody less", _bound("a", "b"), _bound("a")),
    harmless("a role is removed", (_role("*"), _bound("a")), None),
    harmless("no role of the cloud", _account(**{_ROLE_ARN: "x"}), _account()),
    harmless("another annotation", _account(), _account(note="x")),
]

PROJECTS = [
    harmless("shorter syncs", _project(syncWindows=[_DAYS]), _project(syncWindows=[{**_DAYS, "duration": "4h"}])),
    harmless("longer nights", _project(syncWindows=[_NIGHTS]), _project(syncWindows=[{**_NIGHTS, "duration": "10h"}])),
    harmless("a project is removed", _project(sourceRepos=["*"]), None),
    risky("any repository", Level.CRITICAL, "any repository (*)", _project(), _project(sourceRepos=["*"])),
    risky(
        "any repository of a host",
        Level.HIGH,
        "any repository",
        _project(),
        _project(sourceRepos=["https://git.example.com/*"]),
    ),
    risky(
        "another repository",
        Level.HIGH,
        "other.git may be deployed from too",
        _project(),
        _project(sourceRepos=[_REPOSITORY, "https://git.example.com/other.git"]),
    ),
    risky(
        "another namespace",
        Level.MEDIUM,
        "may deploy to seoul/kube-system too",
        _project(),
        _project(destinations=[{"name": "seoul", "namespace": "shop"}, {"name": "seoul", "namespace": "kube-system"}]),
    ),
    risky(
        "any namespace",
        Level.CRITICAL,
        "may deploy to seoul/*",
        _project(),
        _project(destinations=[{"name": "seoul", "namespace": "*"}]),
    ),
    risky(
        "another kind",
        Level.MEDIUM,
        "RoleBinding of namespaces may be made too",
        _project(),
        _project(
            namespaceResourceWhitelist=[
                {"group": "apps", "kind": "Deployment"},
                {"group": "rbac", "kind": "RoleBinding"},
            ]
        ),
    ),
    risky(
        "another kind of the cluster",
        Level.HIGH,
        "ClusterRole of the cluster",
        _project(),
        _project(clusterResourceWhitelist=[{"group": "rbac", "kind": "ClusterRole"}]),
    ),
    risky(
        "every kind of the cluster",
        Level.CRITICAL,
        "every kind of the cluster",
        _project(),
        _project(clusterResourceWhitelist=[_ALL]),
    ),
    risky(
        "no list of kinds",
        Level.HIGH,
        "every kind of namespaces",
        _project(),
        put(_project(), "spec/namespaceResourceWhitelist", GONE),
    ),
    risky(
        "a kind that was forbidden",
        Level.HIGH,
        "Secret is forbidden no more",
        _project(namespaceResourceBlacklist=[{"group": "", "kind": "Secret"}]),
        _project(),
    ),
    risky(
        "a right more", Level.MEDIUM, "developers may applications sync shop/*", _policies(_GET), _policies(_GET, _SYNC)
    ),
    risky(
        "all rights",
        Level.HIGH,
        "developers may applications *",
        _policies(_GET),
        _policies(_GET, "applications, *, shop/*, allow"),
    ),
    risky(
        "a right that was denied",
        Level.HIGH,
        "denied less",
        _policies(_GET, "applications, delete, shop/*, deny"),
        _policies(_GET),
    ),
    risky(
        "a group more",
        Level.MEDIUM,
        "the group everybody has the role developers now",
        _policies(_GET, groups=["a"]),
        _policies(_GET, groups=["a", "everybody"]),
    ),
    risky("syncs at night", Level.HIGH, "is removed", _project(syncWindows=[_NIGHTS]), _project()),
    risky(
        "syncs for part of the night",
        Level.MEDIUM,
        "cut to 4h",
        _project(syncWindows=[_NIGHTS]),
        _project(syncWindows=[{**_NIGHTS, "duration": "4h"}]),
    ),
    risky("syncs at any time", Level.HIGH, "allowed always", _project(syncWindows=[_DAYS]), _project()),
    risky(
        "longer syncs",
        Level.MEDIUM,
        "longer: 12h",
        _project(syncWindows=[_DAYS]),
        _project(syncWindows=[{**_DAYS, "duration": "12h"}]),
    ),
    risky(
        "syncs at other times too",
        Level.MEDIUM,
        "at other times too",
        _project(syncWindows=[_DAYS]),
        _project(syncWindows=[_DAYS, {**_DAYS, "schedule": "0 20 * * *"}]),
    ),
    risky(
        "syncs by hand at any time",
        Level.MEDIUM,
        "by hand pass the window",
        _project(syncWindows=[_NIGHTS]),
        _project(syncWindows=[{**_NIGHTS, "manualSync": True}]),
    ),
    risky(
        "commits without signature",
        Level.HIGH,
        "need no signature",
        _project(signatureKeys=[{"keyID": "A"}]),
        _project(),
    ),
    risky("Applications elsewhere", Level.HIGH, "may be made in team", _project(), _project(sourceNamespaces=["team"])),
    risky("a new project for everything", Level.CRITICAL, "any repository", None, _project(sourceRepos=["*"])),
    harmless("a new project", None, _project()),
    harmless("a description", _project(), _project(description="Shop")),
    harmless(
        "a namespace that is new itself",
        _project(),
        (
            namespace("new"),
            _project(
                destinations=[{"name": "seoul", "namespace": "shop"}, {"name": "seoul", "namespace": "new"}],
                clusterResourceWhitelist=[
                    {"group": "", "kind": "Namespace", "name": "shop"},
                    {"group": "", "kind": "Namespace", "name": "new"},
                ],
            ),
        ),
    ),
    harmless(
        "a kind that is new itself",
        _project(),
        (
            made("Job", spec={}),
            _project(
                namespaceResourceWhitelist=[{"group": "apps", "kind": "Deployment"}, {"group": "batch", "kind": "Job"}]
            ),
        ),
    ),
    harmless(
        "a right for an Application that is new itself",
        _policies(_GET),
        (made("Application", "new", spec={}), _policies(_GET, "applications, sync, shop/new, allow")),
    ),
    harmless("a right less", _policies(_GET, _SYNC), _policies(_GET)),
    harmless("a right that is denied", _policies(_GET), _policies(_GET, "applications, delete, shop/*, deny")),
    harmless("no syncs at night", _project(), _project(syncWindows=[_NIGHTS])),
    harmless("syncs by day alone", _project(), _project(syncWindows=[_DAYS])),
    harmless("fewer kinds", _project(), _project(clusterResourceWhitelist=[])),
]

APPLICATIONS = [
    risky(
        "it syncs by itself",
        Level.MEDIUM,
        "it syncs by itself",
        _application(),
        _application(syncPolicy={"automated": {}, "syncOptions": ["ServerSideApply=true"]}),
    ),
    risky(
        "it prunes by itself",
        Level.MEDIUM,
        "it prunes by itself",
        _application(syncPolicy={"automated": {}}),
        _application(syncPolicy={"automated": {"prune": True}}),
    ),
    risky(
        "it heals by itself",
        Level.MEDIUM,
        "it heals by itself",
        _application(syncPolicy={"automated": {}}),
        _application(syncPolicy={"automated": {"selfHeal": True}}),
    ),
    risky(
        "it may delete everything",
        Level.HIGH,
        "delete everything",
        _application(syncPolicy={"automated": {}}),
        _application(syncPolicy={"automated": {"allowEmpty": True}}),
    ),
    risky(
        "it replaces",
        Level.HIGH,
        "Replace=true",
        _application(),
        _application(syncPolicy={"syncOptions": ["ServerSideApply=true", "Replace=true"]}),
    ),
    risky(
        "it prunes without asking",
        Level.MEDIUM,
        "Prune=confirm is removed",
        _application(syncPolicy={"syncOptions": ["Prune=confirm"]}),
        _application(syncPolicy={"syncOptions": []}),
    ),
    risky("another project", Level.HIGH, "its project is default", _application(), _application(project="default")),
    risky(
        "another cluster",
        Level.HIGH,
        "tokyo/shop for seoul/shop",
        _application(),
        _application(destination={"name": "tokyo", "namespace": "shop"}),
    ),
    harmless("a new Application", None, _application(syncPolicy={"automated": {"prune": True, "selfHeal": True}})),
    harmless("nothing by itself", _application(syncPolicy={"automated": {"prune": True}}), _application()),
    harmless(
        "automatic, and turned off",
        _application(),
        _application(
            syncPolicy={"automated": {"enabled": False, "prune": True}, "syncOptions": ["ServerSideApply=true"]}
        ),
    ),
    harmless("another revision", _application(), _application(source={"targetRevision": "abc"})),
    harmless("another option", _application(), _application(syncPolicy={"syncOptions": ["PruneLast=true"]})),
]


@pytest.mark.parametrize("case", [*RBAC, *PROJECTS, *APPLICATIONS], ids=str)
def test_permissions(case: Case) -> None:
    judged(permissions, case)
