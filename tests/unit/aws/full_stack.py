"""A stack with two regions and one of everything that a role may be about."""

from typing import Any, Final

from settings.environment import Environment
from settings.service import Service
from settings.stack import Stack
from settings.system import System
from tests.builders import a_data_store, a_service, a_stack, a_system, an_environment
from tests.moto.cloud import ACCOUNT

SEOUL: Final = "ap-northeast-2"
TOKYO: Final = "ap-northeast-1"
ISSUERS: Final = {
    "seoul": "oidc.eks.ap-northeast-2.amazonaws.com/id/5E0001",
    "tokyo": "oidc.eks.ap-northeast-1.amazonaws.com/id/70C401",
}
KEYS: Final = {
    SEOUL: f"arn:aws:kms:{SEOUL}:{ACCOUNT}:key/11111111-1111-1111-1111-111111111111",
    TOKYO: f"arn:aws:kms:{TOKYO}:{ACCOUNT}:key/22222222-2222-2222-2222-222222222222",
}
"""As if they were there."""
BACKUP: Final[dict[str, Any]] = {
    "engine": "goose",
    "secret": "db",
    "databases": {"shop": {"directory": "migrations"}},
    "backup": {"bucket": {"name": f"shop-prod-backups-{ACCOUNT}", "prefix": "dumps", "region": SEOUL}},
}


def an_aws_cluster(name: str, region: str, number: str, **changes: Any) -> dict[str, Any]:
    """Return a cluster that stands in AWS, as a file has it."""
    aws = {
        "eks": f"prod-{name}",
        "oidcIssuer": f"https://{ISSUERS[name]}",
        "vpc": f"vpc-0000000{number}",
        "cidr": f"10.6{number}.0.0/16",
        "privateSubnets": [f"subnet-000000{number}1", f"subnet-000000{number}2"],
        "publicSubnets": [f"subnet-000000{number}3", f"subnet-000000{number}4"],
        "securityGroup": f"sg-0000000{number}",
    }
    return {"context": name, "region": region, "aws": {**aws, **changes}}


def two_regions(**aws: Any) -> Environment:
    """Return an environment with a cluster in Seoul, the primary one, and one in Tokyo."""
    return an_environment(
        tier="production",
        policies={"secrets": "external"},
        clusters={
            "seoul": {**an_aws_cluster("seoul", SEOUL, "1"), "primary": True},
            "tokyo": {**an_aws_cluster("tokyo", TOKYO, "2"), "dataDomain": "data.example.com"},
        },
        aws={"account": ACCOUNT, "owner": "platform", "costCentre": "4711", **aws},
    )


def shop(*services: Service, **changes: Any) -> System:
    """Return the system `shop`, which runs in both regions; its services are those of the issue's kinds by default."""
    settings = {
        "clusters": "all",
        "secretStores": {"aws": {"provider": "aws-secrets-manager", "region": SEOUL}},
        "secrets": {
            "db": {"store": "aws", "keys": {"DATABASE_URL": {}}},
            "db-admin": {"store": "aws", "keys": {"PASSWORD": {}}},
            "local": {"store": "aws", "keys": {"PASSWORD": {}}},
        },
        "aws": {
            "buckets": {"media": {}, "reports": {}, "backups": {}},
            "queues": {"orders": {}, "audit": {"fifo": True}},
            "parameters": {
                "api/url": {},
                "api/token": {"secret": True},
                "worker/limit": {},
                "worker/pace": {},
                "flag": {},
            },
            "secrets": {"local": {"replicate": False}},
        },
    }
    given = services or (api(), worker(), a_service("web"))
    return a_system(*given, a_data_store("sql"), name="shop", **{**settings, **changes})


def api() -> Service:
    """Return a service that uses one of each."""
    return a_service(
        "api",
        dependsOn=["sql"],
        migration=BACKUP,
        aws={
            "secrets": ["db", "local"],
            "parameters": ["api/url", "api/token"],
            "buckets": {"media": "read-write", "reports": "read"},
            "queues": {"orders": "send"},
        },
    )


def worker() -> Service:
    """Return a service that uses what the other one does not, or does otherwise."""
    return a_service(
        "worker",
        aws={
            "parameters": ["worker/limit", "flag"],
            "buckets": {"reports": "write"},
            "queues": {"orders": "receive", "audit": "send-receive"},
        },
    )


def post() -> System:
    """Return another system of the same stack, with things that are called the same."""
    relay = a_service("api", aws={"buckets": {"media": "read"}, "queues": {"orders": "receive"}, "secrets": ["db"]})
    return a_system(
        relay,
        name="post",
        clusters="all",
        secretStores={"aws": {"provider": "aws-secrets-manager", "region": SEOUL}},
        secrets={"db": {"store": "aws", "keys": {"DATABASE_URL": {}}}},
        aws={"buckets": {"media": {}}, "queues": {"orders": {}}, "parameters": {}},
    )


def full_stack(*systems: System, identity: str = "oidc") -> Stack:
    """Return the stack `prod` of both systems in two regions."""
    return a_stack(*(systems or (shop(), post())), name="prod", environment=two_regions(identity=identity))
