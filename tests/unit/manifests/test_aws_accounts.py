"""What Kubernetes is told of roles in AWS: by names alone, and nothing where there is no AWS."""

from typing import Any, Final

import pytest

from manifests.assembly import assemble
from manifests.aws.identity import roles
from manifests.aws.reader import read_entries
from manifests.aws.scope import Scope, systems
from manifests.network_graph import declared
from manifests.placed import Placed
from settings.service import Service
from settings.stack import Stack
from tests.builders import a_service, of_kind
from tests.moto.cloud import ACCOUNT
from tests.unit.aws.full_stack import BACKUP, SEOUL, TOKYO, full_stack, shop

ROLE: Final = "eks.amazonaws.com/role-arn"
MIXED: Final = {
    "mixed": {
        "store": "aws",
        "keys": {"OWN": {}, "LICENCE": {"remoteKey": "team/licence"}, "BOTH": {}},
        "template": {"BOTH": "{{ .OWN }}"},
    },
    "tree": {"store": "tree", "keys": {"TOKEN": {}, "THEIRS": {"remoteKey": "/team/token"}}},
}
STORES: Final = {
    "aws": {"provider": "aws-secrets-manager", "region": SEOUL},
    "tree": {"provider": "aws-parameter-store", "region": SEOUL},
}


def objects(stack: Stack, cluster: str = "seoul", system: str = "shop") -> tuple[Placed, ...]:
    return assemble(stack, cluster)[system]


def annotations(stack: Stack, cluster: str = "seoul") -> dict[str, dict[str, str]]:
    accounts = of_kind(objects(stack, cluster), "ServiceAccount")
    return {one.manifest["metadata"]["name"]: one.manifest["metadata"].get("annotations", {}) for one in accounts}


def arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/shop-prod-{name}"


def store(stack: Stack, cluster: str = "seoul", name: str = "aws") -> dict[str, Any]:
    (found,) = [
        one for one in of_kind(objects(stack, cluster), "SecretStore") if one.manifest["metadata"]["name"] == name
    ]
    return dict(found.manifest["spec"]["provider"]["aws"])


@pytest.mark.parametrize("cluster", ["seoul", "tokyo"])
def test_account_of_a_service_names_its_role_in_every_region(cluster: str) -> None:
    found = annotations(full_stack(), cluster)
    assert found["api"] == {ROLE: arn("api")}
    assert found["worker"] == {ROLE: arn("worker")}
    assert found["web"] == {}


def test_every_role_that_an_account_names_is_one_that_is_made() -> None:
    stack = full_stack()
    made = {role.name for _, role in roles(stack)}
    named = {
        one[ROLE].rpartition("/")[2] for name in ("seoul", "tokyo") for one in annotations(stack, name).values() if one
    }
    assert named == {name for name in made if name.startswith("shop-")}


def test_account_of_migrations_names_the_role_that_writes_backups() -> None:
    assert annotations(full_stack())["api-migrate"] == {ROLE: arn("api-migrate")}


def test_migrations_that_back_up_elsewhere_have_the_rights_of_the_service() -> None:
    bucket = {"name": "somebody-elses", "region": SEOUL}
    theirs = {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/theirs"}
    service = a_service(
        "api", dependsOn=["sql"], migration={**BACKUP, "backup": {"bucket": bucket}}, serviceAccountAnnotations=theirs
    )
    stack = full_stack(shop(service))
    assert annotations(stack)["api-migrate"] == theirs
    assert [role.key for _, role in roles(stack)] == ["external-secrets"]


def test_bucket_of_another_s3_is_not_ours_though_it_is_called_so() -> None:
    bucket = {**BACKUP["backup"]["bucket"], "endpoint": "minio.example.com"}
    stack = full_stack(shop(a_service("api", dependsOn=["sql"], migration={**BACKUP, "backup": {"bucket": bucket}})))
    assert [role.key for _, role in roles(stack)] == ["external-secrets"]


def test_service_keeps_its_own_annotations_beside_the_role() -> None:
    service = a_service("api", aws={"queues": {"orders": "send"}}, serviceAccountAnnotations={"team": "blue"})
    assert annotations(full_stack(shop(service)))["api"] == {"team": "blue", ROLE: arn("api")}


def test_accounts_name_no_role_with_pod_identity_but_the_one_that_external_secrets_takes_on_by_token() -> None:
    found = annotations(full_stack(identity="pod-identity"))
    assert {name: one for name, one in found.items() if one} == {"external-secrets": {ROLE: arn("external-secrets")}}


def without_aws(stack: Stack, of: str) -> Stack:
    """Return the stack without AWS in its environment, or in its system."""
    if of == "environment":
        environment = stack.environment.model_copy(update={"aws": None})
        return Stack(stack.name, environment, stack.systems)
    found = {name: system.model_copy(update={"aws": None}) for name, system in stack.systems.items()}
    return Stack(stack.name, stack.environment, found)


@pytest.mark.parametrize("of", ["environment", "system"])
def test_nothing_of_a_role_is_said_where_there_is_no_aws(of: str) -> None:
    stack = without_aws(full_stack(), of)
    assert "external-secrets" not in annotations(stack)
    assert not any(annotations(stack).values())
    for cluster in ("seoul", "tokyo"):
        assert store(stack, cluster) == {"service": "SecretsManager", "region": SEOUL}


def test_external_secrets_asks_as_an_account_that_is_there_before_the_store() -> None:
    found = objects(full_stack())
    (account,) = [one for one in found if one.reference == "ServiceAccount/shop/external-secrets"]
    (asked,) = of_kind(list(found), "SecretStore")
    assert asked.manifest["spec"]["provider"]["aws"]["auth"] == {
        "jwt": {"serviceAccountRef": {"name": "external-secrets"}}
    }
    assert account.reference in asked.after
    assert account.manifest["automountServiceAccountToken"] is False
    assert (account.part, account.component) == (asked.part, "")


def test_store_with_a_role_of_its_own_is_asked_as_before() -> None:
    theirs = "arn:aws:iam::123456789012:role/theirs"
    stack = full_stack(shop(secretStores={"aws": {**STORES["aws"], "role": theirs}}))
    assert store(stack) == {"service": "SecretsManager", "region": SEOUL, "role": theirs}
    assert "external-secrets" not in annotations(stack)
    assert "external-secrets" not in [role.key for _, role in roles(stack)]


def test_store_with_an_account_of_its_own_has_that_one_trusted() -> None:
    stack = full_stack(shop(secretStores={"aws": {**STORES["aws"], "serviceAccount": "reader"}}))
    assert store(stack)["auth"] == {"jwt": {"serviceAccountRef": {"name": "reader"}}}
    assert "external-secrets" not in annotations(stack)
    (role,) = [role for _, role in roles(stack) if role.key == "external-secrets"]
    said = str(role.trust)
    assert "system:serviceaccount:shop:reader" in said
    assert "system:serviceaccount:shop:external-secrets" not in said


def test_store_of_all_namespaces_is_asked_as_an_account_of_the_first_one() -> None:
    stack = full_stack(
        shop(
            a_service("web", namespace="main"),
            namespaces={"main": {"name": "shop"}, "back": {"name": "shop-back"}},
            secretStores={"aws": {**STORES["aws"], "clusterWide": True}},
            secrets={"db": {"store": "aws", "namespace": "back", "keys": {"DATABASE_URL": {}}}},
            dataStores={},
        )
    )
    (found,) = of_kind(objects(stack), "ClusterSecretStore")
    reference = found.manifest["spec"]["provider"]["aws"]["auth"]["jwt"]["serviceAccountRef"]
    assert reference == {"name": "external-secrets", "namespace": "shop"}
    assert "ServiceAccount/shop/external-secrets" in {one.reference for one in objects(stack)}
    (role,) = [role for _, role in roles(stack) if role.key == "external-secrets"]
    assert "system:serviceaccount:shop:external-secrets" in str(role.trust)


def test_external_secrets_asks_as_itself_where_a_cluster_has_no_issuer() -> None:
    stack = full_stack()
    tokyo = stack.environment.clusters["tokyo"]
    blind = tokyo.model_copy(update={"aws": tokyo.aws.model_copy(update={"oidc_issuer": None})}) if tokyo.aws else tokyo
    aws = stack.environment.aws
    environment = stack.environment.model_copy(
        update={
            "clusters": {**stack.environment.clusters, "tokyo": blind},
            "aws": aws.model_copy(update={"identity": "pod-identity"}) if aws else None,
        }
    )
    changed = Stack(stack.name, environment, stack.systems)
    assert "auth" not in store(changed)
    assert "external-secrets" not in [role.key for _, role in roles(changed)]


COPIED: Final = {"db": {"store": "aws", "keys": {"DATABASE_URL": {}}}}


def regions(**changes: Any) -> list[str]:
    """Return the region that the store is asked in, on each cluster."""
    stack = full_stack(
        shop(**{"secrets": COPIED, "secretStores": STORES, "aws": {}, **changes}, services={"web": a_service("web")})
    )
    return [store(stack, cluster)["region"] for cluster in ("seoul", "tokyo")]


def test_each_region_reads_its_own_copies() -> None:
    assert regions() == [SEOUL, TOKYO]


def test_region_reads_elsewhere_what_it_has_no_copy_of() -> None:
    assert regions(aws={"secrets": {"db": {"replicate": False}}}) == [SEOUL, SEOUL]
    assert regions(secrets={"db": {"store": "aws", "keys": {"URL": {"remoteKey": "team/url"}}}}) == [SEOUL, SEOUL]
    assert regions(secretStores={"aws": {**STORES["aws"], "region": "us-west-2"}}) == ["us-west-2", "us-west-2"]


def test_role_of_external_secrets_reads_what_external_secrets_fetches() -> None:
    stack = full_stack(
        shop(services={"web": a_service("web")}, secretStores=STORES, secrets={**COPIED, **MIXED}, aws={})
    )
    fetched: set[tuple[str, str]] = set()
    for cluster in ("seoul", "tokyo"):
        in_region = {name: store(stack, cluster, name)["region"] for name in STORES}
        for placed in of_kind(objects(stack, cluster), "ExternalSecret"):
            spec = placed.manifest["spec"]
            region = in_region[spec["secretStoreRef"]["name"]]
            fetched |= {(region, one["remoteRef"]["key"]) for one in spec["data"]}
    (scope,) = systems(stack)
    granted = {(region, name) for region, *names in read_entries(scope) for many in names for name in many}
    assert granted == fetched
    assert (SEOUL, "team/licence") in granted
    assert (SEOUL, "/shop/prod/tree/TOKEN") in granted


def test_scope_of_a_service_that_is_off_has_no_role() -> None:
    service: Service = a_service("api", enabled=False, aws={"queues": {"orders": "send"}})
    stack = full_stack(shop(service))
    assert Scope(stack, stack.systems["shop"]).name("api") not in {role.name for _, role in roles(stack)}


def ways_out(identity: str = "oidc", of: str = "shop/api") -> set[tuple[str, int]]:
    """Return where else than in the cluster the pods of a service may go."""
    edges = declared(full_stack(identity=identity), "seoul")
    return {(edge.target, edge.port) for edge in edges if edge.source == of and edge.target.startswith("external:")}


def test_pods_with_a_role_reach_aws() -> None:
    assert ways_out() == ways_out(of="shop/api-migrate") == {("external:public", 443)}
    assert ways_out(of="shop/web") == set()


def test_pods_with_a_role_reach_the_agent_of_pod_identity() -> None:
    agent = {("external:public", 443), ("external:169.254.170.23/32", 80)}
    assert ways_out("pod-identity") == ways_out("pod-identity", "shop/api-migrate") == agent
    assert ways_out("pod-identity", "shop/web") == set()


def test_pods_reach_nothing_more_where_there_is_no_aws() -> None:
    edges = declared(without_aws(full_stack(), "environment"), "seoul")
    assert {edge.target for edge in edges if edge.source == "shop/worker"} == {"dns"}
