"""What cert-manager may change in Route 53: the records that prove hosts ours, and nothing else."""

from collections.abc import Iterable
from typing import Final

from manifests.aws.permissions import Permissions, Statement, literal
from manifests.aws.scope import Scope
from manifests.aws.trust import Account
from settings.environment import Environment

CERT_MANAGER: Final = "cert-manager"
"""What the role is called after the stack's name; the namespace and the ServiceAccount that take it on.

Source: cert-manager's Helm chart, for a release called so.
"""
_CHALLENGE: Final = "_acme-challenge"
_CHANGE: Final = "route53:ChangeResourceRecordSets"


def proving_accounts() -> tuple[Account, ...]:
    """Return the ServiceAccount that cert-manager runs as."""
    return (Account(CERT_MANAGER, CERT_MANAGER),)


def proving_clusters(scope: Scope) -> list[Scope]:
    """Return the stack's clusters whose cert-manager can take on a role: with `oidc` those that have an issuer."""
    return [
        Scope(scope.stack, None, name)
        for name, cluster in scope.environment.clusters.items()
        if cluster.aws is not None and (scope.aws.identity != "oidc" or cluster.aws.oidc_issuer is not None)
    ]


def proving_permissions(environment: Environment) -> Permissions:
    """Return what the solvers by `route53` need that name no role of their own; no statement where there is none.

    It writes a TXT record for each challenge and takes it away, and asks whether Route 53 has it everywhere. All of a
    host have one name, and each a set identifier of its own, so that clusters prove it side by side.
    Source: cert-manager 1.20, pkg/issuer/acme/dns/route53; AWS, "Using IAM policy conditions for fine-grained access
    control" (Route 53).
    """
    zones: dict[str, list[str]] = {}
    for issuer in environment.issuers.values():
        for solver in issuer.solvers:
            if solver.route53 is not None and solver.route53.role is None:
                hosts = [environment.domains[name] for name in solver.hosts]
                zones.setdefault(solver.route53.hosted_zone_id, []).extend(_challenges(hosts))
    if not zones:
        return Permissions((), ())
    proving = (_proving(zone, names) for zone, names in zones.items())
    asking: Statement = {
        "Sid": "AskForChanges",
        "Effect": "Allow",
        "Action": ["route53:GetChange"],
        "Resource": ["arn:aws:route53:::change/*"],
    }
    return Permissions((asking, *proving), ())


def _challenges(hosts: Iterable[str]) -> list[str]:
    """Return the names of the records that prove some hosts; of a solver for every host, all there may be."""
    # A wildcard is proven where its domain is.
    return [f"{_CHALLENGE}.{host.removeprefix('*.')}" for host in hosts] or [f"{_CHALLENGE}.*"]


def _proving(zone: str, names: Iterable[str]) -> Statement:
    return {
        "Sid": f"ProveHostsIn{''.join(filter(str.isalnum, zone))}",
        "Effect": "Allow",
        "Action": [_CHANGE],
        "Resource": [f"arn:aws:route53:::hostedzone/{literal(zone)}"],
        "Condition": {
            "ForAllValues:StringEquals": {f"{_CHANGE}Actions": ["UPSERT", "DELETE"], f"{_CHANGE}RecordTypes": ["TXT"]},
            "ForAllValues:StringLike": {f"{_CHANGE}NormalizedRecordNames": list(dict.fromkeys(names))},
        },
    }
