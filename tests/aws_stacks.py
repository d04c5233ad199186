"""Small stacks with AWS, in Seoul and Tokyo: valid with nothing given, and different in what a test is about."""

from typing import Any, Final

from settings.stack import Stack
from settings.system import System
from tests.builders import a_stack, an_environment

ACCOUNT: Final = "123456789012"
SEOUL, TOKYO = "ap-northeast-2", "ap-northeast-1"
ECR: Final = f"{ACCOUNT}.dkr.ecr.{SEOUL}.amazonaws.com"


def an_aws_cluster(name: str, region: str, number: int, **changes: Any) -> dict[str, Any]:
    """Return the settings of a cluster in AWS, whose VPC has the range `10.<number>.0.0/16`."""
    subnets = [f"subnet-{number:03}{index:014}" for index in range(4)]
    issuer = f"https://oidc.eks.{region}.amazonaws.com/id/{name.upper()}"
    settings = {
        "context": name,
        "region": region,
        "aws": {
            "eks": name,
            "oidcIssuer": issuer,
            "vpc": f"vpc-{number:017}",
            "cidr": f"10.{number}.0.0/16",
            "privateSubnets": subnets[:2],
            "publicSubnets": subnets[2:],
            "securityGroup": f"sg-{number:017}",
        },
    }
    return {**settings, **changes}


def an_aws_stack(*systems: System, aws: dict[str, Any] | None = None, **changes: Any) -> Stack:
    """Return the stack `prod` of those systems; `changes` are the environment's, `aws` those of its AWS."""
    settings = {
        "tier": "production",
        "clusters": {
            "seoul": an_aws_cluster("seoul", SEOUL, 64, primary=True),
            "tokyo": an_aws_cluster("tokyo", TOKYO, 65, dataDomain="data.example.com"),
        },
        "registries": {"harbor": "harbor.example.com", "ecr": ECR},
        "aws": {"account": ACCOUNT, "owner": "platform", "costCentre": "4711", **(aws or {})},
    }
    return a_stack(*systems, name="prod", environment=an_environment(**{**settings, **changes}))
