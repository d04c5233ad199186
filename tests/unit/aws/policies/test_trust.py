"""Who takes on a role: pods of its ServiceAccount on clusters of the stack, and nobody else."""

from typing import Final

import pytest

from tests.moto.cloud import ACCOUNT
from tests.unit.aws.full_stack import ISSUERS, SEOUL, TOKYO
from tests.unit.aws.policies.evaluator import trusted
from tests.unit.aws.policies.roles_of import roles_of

BY_TOKEN: Final = "sts:AssumeRoleWithWebIdentity"
PODS: Final = "pods.eks.amazonaws.com"
STRANGER: Final = "oidc.eks.ap-northeast-2.amazonaws.com/id/999999"


def by_token(
    role: str,
    subject: str,
    issuer: str = ISSUERS["seoul"],
    *,
    audience: str = "sts.amazonaws.com",
    account: str = ACCOUNT,
    signed_by: str | None = None,
    identity: str = "oidc",
) -> bool:
    """Tell whether a ServiceAccount, `namespace:name`, takes on a role by its token."""
    found = roles_of(identity)[role]
    return trusted(
        found.trust,
        BY_TOKEN,
        found.arn,
        principal=f"arn:aws:iam::{account}:oidc-provider/{signed_by or issuer}",
        context={f"{issuer}:sub": f"system:serviceaccount:{subject}", f"{issuer}:aud": audience},
    )


@pytest.mark.parametrize("issuer", ISSUERS.values(), ids=list(ISSUERS))
@pytest.mark.parametrize("role", ["api", "worker"])
def test_pods_of_a_service_take_on_its_role_in_every_region(role: str, issuer: str) -> None:
    assert by_token(f"shop-prod-{role}", f"shop:{role}", issuer)


NOT_BY_TOKEN: Final = {
    "another-service": {"subject": "shop:worker"},
    "a-name-that-begins-alike": {"subject": "shop:api2"},
    "another-namespace": {"subject": "post:api"},
    "the-migrations-of-the-service": {"subject": "shop:api-migrate"},
    "all-of-a-namespace": {"subject": "shop"},
    "a-token-for-the-api-server": {"subject": "shop:api", "audience": "https://kubernetes.default.svc"},
    "a-cluster-that-is-not-the-stacks": {"subject": "shop:api", "issuer": STRANGER},
    "a-cluster-that-claims-to-be-ours": {"subject": "shop:api", "signed_by": STRANGER},
    "the-other-cluster-with-claims-of-this-one": {"subject": "shop:api", "signed_by": ISSUERS["tokyo"]},
    "a-provider-of-another-account": {"subject": "shop:api", "account": "999999999999"},
}


@pytest.mark.parametrize("case", NOT_BY_TOKEN.values(), ids=list(NOT_BY_TOKEN))
def test_nobody_else_takes_on_the_role_of_a_service(case: dict[str, str]) -> None:
    assert not by_token("shop-prod-api", **case)


@pytest.mark.parametrize("identity", ["oidc", "pod-identity"])
def test_no_identity_of_an_account_takes_on_a_role(identity: str) -> None:
    for role in roles_of(identity).values():
        for principal in (f"arn:aws:iam::{ACCOUNT}:role/admin", f"arn:aws:iam::{ACCOUNT}:root", "ec2.amazonaws.com"):
            assert not trusted(role.trust, "sts:AssumeRole", role.arn, principal=principal, context={})


def test_migrations_take_on_a_role_of_their_own_where_data_is() -> None:
    assert by_token("shop-prod-api-migrate", "shop:api-migrate")
    assert not by_token("shop-prod-api-migrate", "shop:api-migrate", ISSUERS["tokyo"])
    assert not by_token("shop-prod-api-migrate", "shop:api")


@pytest.mark.parametrize("identity", ["oidc", "pod-identity"])
def test_external_secrets_reads_as_an_account_of_the_system_whichever_way_pods_do(identity: str) -> None:
    for issuer in ISSUERS.values():
        assert by_token("shop-prod-external-secrets", "shop:external-secrets", issuer, identity=identity)
    assert not by_token("shop-prod-external-secrets", "post:external-secrets", identity=identity)
    assert not by_token("shop-prod-external-secrets", "external-secrets:external-secrets", identity=identity)


def by_pod_identity(role: str, **changes: str) -> bool:
    """Tell whether EKS gets a role for a pod, by the tags of the session."""
    found = roles_of("pod-identity")[role]
    tags = {"cluster": f"arn:aws:eks:{SEOUL}:{ACCOUNT}:cluster/prod-seoul", "namespace": "shop", "account": "api"}
    said = {**tags, "source": ACCOUNT, "principal": PODS, "action": "sts:AssumeRole", **changes}
    context = {
        "aws:RequestTag/eks-cluster-arn": said["cluster"],
        "aws:RequestTag/kubernetes-namespace": said["namespace"],
        "aws:RequestTag/kubernetes-service-account": said["account"],
        "aws:SourceAccount": said["source"],
    }
    return trusted(found.trust, said["action"], found.arn, principal=said["principal"], context=context)


@pytest.mark.parametrize("action", ["sts:AssumeRole", "sts:TagSession"])
def test_eks_gives_the_pods_of_a_service_its_role_in_every_region(action: str) -> None:
    assert by_pod_identity("shop-prod-api", action=action)
    assert by_pod_identity("shop-prod-api", action=action, cluster=f"arn:aws:eks:{TOKYO}:{ACCOUNT}:cluster/prod-tokyo")


NOT_BY_POD_IDENTITY: Final = {
    "another-service": {"account": "worker"},
    "a-name-that-begins-alike": {"account": "api2"},
    "another-namespace": {"namespace": "post"},
    "another-cluster": {"cluster": f"arn:aws:eks:{SEOUL}:{ACCOUNT}:cluster/prod-seoul2"},
    "a-cluster-of-that-name-elsewhere": {"cluster": f"arn:aws:eks:{TOKYO}:{ACCOUNT}:cluster/prod-seoul"},
    "a-cluster-of-another-account": {"cluster": f"arn:aws:eks:{SEOUL}:999999999999:cluster/prod-seoul"},
    "on-behalf-of-another-account": {"source": "999999999999"},
    "another-service-of-aws": {"principal": "ec2.amazonaws.com"},
    "somebody-who-brings-the-tags": {"principal": f"arn:aws:iam::{ACCOUNT}:role/admin"},
}


@pytest.mark.parametrize("case", NOT_BY_POD_IDENTITY.values(), ids=list(NOT_BY_POD_IDENTITY))
def test_eks_gives_nobody_else_the_role_of_a_service(case: dict[str, str]) -> None:
    assert not by_pod_identity("shop-prod-api", **case)


def test_token_of_a_cluster_is_of_no_use_with_pod_identity() -> None:
    assert not by_token("shop-prod-api", "shop:api", identity="pod-identity")
