"""What cert-manager may change in Route 53, and who is cert-manager."""

from typing import Any

import pytest

from manifests.aws.cert_manager import proving_permissions
from manifests.aws.identity import RoleArgs, roles
from manifests.aws.permissions import permission_policy
from settings.stack import Stack
from tests.aws_stacks import ACCOUNT, an_aws_cluster, an_aws_stack
from tests.builders import a_service, a_system
from tests.unit.aws.policies.evaluator import allowed, trusted
from tests.unit.aws.policies.linting import findings, trust_findings

CHANGE, ZONE = "route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/"
DOMAINS = {"www": "www.example.com", "any": "*.example.com", "shop": "shop.example.org"}
ROLE = "arn:aws:iam::123456789012:role/dns"


def issued(*solvers: dict[str, Any]) -> dict[str, Any]:
    issuer = {"server": "letsencrypt-production", "email": "ops@example.com", "solvers": solvers}
    return {"domains": DOMAINS, "issuers": {"public": issuer}, "defaultIssuer": "public"}


def by_zone(zone: str, *hosts: str, **more: str) -> dict[str, Any]:
    return {"route53": {"hostedZoneId": zone, "region": "ap-northeast-2", **more}, "hosts": hosts}


SOLVERS = ({"http01IngressClass": "nginx"}, by_zone("Z0COM", "www", "any"), by_zone("Z0ORG"))


def stack_with(*solvers: dict[str, Any], aws: dict[str, Any] | None = None, **changes: Any) -> Stack:
    return an_aws_stack(a_system(a_service(), aws={}), aws=aws, **{**issued(*solvers), **changes})


def role_of(stack: Stack) -> RoleArgs:
    ((scope, args),) = roles(stack)
    assert scope.logical("role", args.key) == "global/common/aws/role/cert-manager"
    return args


def may(zone: str, name: str, kind: str = "TXT", action: str = "UPSERT") -> bool:
    context = {
        f"{CHANGE}NormalizedRecordNames": name,
        f"{CHANGE}RecordTypes": kind,
        f"{CHANGE}Actions": action,
    }
    policy = permission_policy(role_of(stack_with(*SOLVERS)).permissions, {})
    return allowed([policy], CHANGE, f"{ZONE}{zone}", context=context)


@pytest.mark.parametrize(
    ("zone", "name"),
    [
        ("Z0COM", "_acme-challenge.www.example.com"),
        ("Z0COM", "_acme-challenge.example.com"),
        ("Z0ORG", "_acme-challenge.shop.example.org"),
    ],
    ids=["host", "wildcard", "solver-of-every-host"],
)
def test_cert_manager_writes_challenges_of_its_hosts_and_takes_them_away(zone: str, name: str) -> None:
    assert may(zone, name)
    assert may(zone, name, action="DELETE")


NOT: dict[str, dict[str, str]] = {
    "the-host-itself": {"name": "www.example.com"},
    "an-address": {"kind": "A"},
    "another-host": {"name": "_acme-challenge.mail.example.com"},
    "another-zone": {"zone": "Z0ORG0"},
    "a-record-that-is-there": {"action": "CREATE"},
}


@pytest.mark.parametrize("changes", NOT.values(), ids=NOT)
def test_cert_manager_changes_nothing_else(changes: dict[str, str]) -> None:
    assert not may(**{"zone": "Z0COM", "name": "_acme-challenge.www.example.com", **changes})


def test_policy_has_nothing_to_be_said_against_it() -> None:
    role = role_of(stack_with(*SOLVERS))
    assert findings(permission_policy(role.permissions, {})) == []
    assert trust_findings(role.trust) == []


@pytest.mark.parametrize("action", ["route53:ListResourceRecordSets", "route53:DeleteHostedZone"])
def test_cert_manager_reads_no_zone_and_deletes_none(action: str) -> None:
    policy = permission_policy(role_of(stack_with(*SOLVERS)).permissions, {})
    assert not allowed([policy], action, f"{ZONE}Z0COM")
    assert allowed([policy], "route53:GetChange", "arn:aws:route53:::change/C1")


def test_solver_with_a_role_of_its_own_needs_nothing_of_ours() -> None:
    assert list(roles(stack_with(by_zone("Z0COM", role=ROLE)))) == []
    assert list(roles(stack_with({"http01IngressClass": "nginx"}))) == []
    environment = stack_with(by_zone("Z0COM", role=ROLE), by_zone("Z0ORG", "www")).environment
    proving = proving_permissions(environment).statements
    assert [one["Resource"] for one in proving] == [["arn:aws:route53:::change/*"], [f"{ZONE}Z0ORG"]]


def test_two_solvers_of_a_zone_are_one_statement() -> None:
    environment = stack_with(by_zone("Z0COM", "www"), by_zone("Z0COM", "any", "www")).environment
    (_, proving) = proving_permissions(environment).statements
    assert proving["Condition"]["ForAllValues:StringLike"] == {
        f"{CHANGE}NormalizedRecordNames": ["_acme-challenge.www.example.com", "_acme-challenge.example.com"]
    }


@pytest.mark.parametrize("cluster", ["seoul", "tokyo"])
def test_cert_manager_of_every_cluster_takes_on_the_role_and_no_other_pod(cluster: str) -> None:
    stack = stack_with(*SOLVERS)
    here = stack.environment.clusters[cluster].aws
    assert here is not None
    assert here.oidc_issuer is not None
    issuer = here.oidc_issuer.removeprefix("https://")

    def takes_on(subject: str) -> bool:
        return trusted(
            role_of(stack).trust,
            "sts:AssumeRoleWithWebIdentity",
            f"arn:aws:iam::{ACCOUNT}:role/naru-prod-cert-manager",
            principal=f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}",
            context={f"{issuer}:sub": f"system:serviceaccount:{subject}", f"{issuer}:aud": "sts.amazonaws.com"},
        )

    assert takes_on("cert-manager:cert-manager")
    assert not takes_on("cert-manager:cert-manager-webhook")
    assert not takes_on("demo:cert-manager")


def test_cluster_without_an_issuer_is_not_asked_for_tokens() -> None:
    tokyo = an_aws_cluster("tokyo", "ap-northeast-1", 65, dataDomain="data.example.com")
    del tokyo["aws"]["oidcIssuer"]
    clusters = {"seoul": an_aws_cluster("seoul", "ap-northeast-2", 64, primary=True), "tokyo": tokyo}
    assert len(role_of(stack_with(*SOLVERS, clusters=clusters)).trust["Statement"]) == 1
    found = role_of(stack_with(*SOLVERS, clusters=clusters, aws={"identity": "pod-identity"})).associations
    assert [(one.cluster_name, one.namespace, one.service_account) for one in found] == [
        ("seoul", "cert-manager", "cert-manager"),
        ("tokyo", "cert-manager", "cert-manager"),
    ]
