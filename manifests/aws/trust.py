"""Who takes on a role: the ServiceAccounts of pods on clusters of the stack, and nobody else."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from manifests.aws.scope import Scope

LONGEST_TRUST = 2048
"""Characters of a trust policy, without blanks. Source: AWS, "IAM and AWS STS quotas"."""


@dataclass(frozen=True, slots=True, order=True)
class Account:
    """A ServiceAccount, the same on every cluster."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Association:
    """A ServiceAccount of a cluster, as EKS Pod Identity gives its pods a role."""

    cluster_name: str
    eks: str
    region: str
    namespace: str
    service_account: str


def oidc_trust(clusters: Iterable[Scope], accounts: Sequence[Account]) -> dict[str, Any]:
    """Return who may take on a role by a token of a cluster's OIDC provider, made for STS and no one else.

    Source: AWS, "Assign IAM roles to Kubernetes service accounts". Raises ValueError for a cluster without an issuer.
    """
    return _document(_by_oidc(cluster, accounts) for cluster in clusters)


def pod_identity_trust(clusters: Iterable[Scope], accounts: Sequence[Account]) -> dict[str, Any]:
    """Return who may take on a role by EKS Pod Identity, by the tags that EKS gives to every session.

    Source: AWS, "Create IAM role with trust policy required by EKS Pod Identity".
    """
    return _document(_by_pod_identity(cluster, account) for cluster in clusters for account in accounts)


def associations(clusters: Iterable[Scope], accounts: Sequence[Account]) -> Iterator[Association]:
    """Yield what tells EKS Pod Identity of a role, on each cluster."""
    for cluster in clusters:
        for account in accounts:
            name = cluster.cluster_name or cluster.environment.primary
            yield Association(name, cluster.cluster_aws.eks, cluster.region, account.namespace, account.name)


def _by_oidc(cluster: Scope, accounts: Sequence[Account]) -> dict[str, Any]:
    issuer = cluster.cluster_aws.oidc_issuer
    if issuer is None:
        message = f"the cluster {cluster.cluster_name} has no oidcIssuer"
        raise ValueError(message)
    provider = issuer.removeprefix("https://")
    subjects = [f"system:serviceaccount:{account.namespace}:{account.name}" for account in accounts]
    return {
        "Effect": "Allow",
        "Principal": {"Federated": cluster.arn("iam", f"oidc-provider/{provider}", regional=False)},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {
                f"{provider}:aud": "sts.amazonaws.com",
                f"{provider}:sub": subjects[0] if len(subjects) == 1 else subjects,
            }
        },
    }


def _by_pod_identity(cluster: Scope, account: Account) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {
            "StringEquals": {
                "aws:SourceAccount": cluster.aws.account,
                "aws:RequestTag/eks-cluster-arn": cluster.arn("eks", f"cluster/{cluster.cluster_aws.eks}"),
                "aws:RequestTag/kubernetes-namespace": account.namespace,
                "aws:RequestTag/kubernetes-service-account": account.name,
            }
        },
    }


def _document(statements: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}
