"""What a stack finds in its account: VPCs, subnets, security groups and hosted zones, made in moto."""

import ipaddress
import json
from dataclasses import replace
from itertools import count

from settings.aws.environment import AwsEnvironment, ClusterAws
from settings.environment import Cluster
from settings.stack import Stack
from settings.system import System
from tests.moto.cloud import ACCOUNT, Account, paged


def on_moto(stack: Stack) -> Stack:
    """Return the same stack on networks and zones of moto's account, which are made for it.

    Registries of ECR are those of the account too. Raises ValueError for a stack without AWS.
    """
    environment = stack.environment
    if environment.aws is None:
        message = f"the stack {stack.name} has no AWS"
        raise ValueError(message)
    clusters = {name: _cluster(cluster) for name, cluster in environment.clusters.items()}
    found = {
        "clusters": clusters,
        "aws": _zones(environment.aws, clusters),
        "registries": {
            name: address.replace(environment.aws.account, ACCOUNT) for name, address in environment.registries.items()
        },
    }
    systems = {name: _of_account(system, environment.aws.account) for name, system in stack.systems.items()}
    return replace(stack, environment=environment.model_copy(update=found), systems=systems)


def _of_account(system: System, account: str) -> System:
    """Return a system in which every name with the stack's account has moto's."""
    if system.aws is None:
        return system
    said = json.dumps(system.model_dump(mode="json", by_alias=True, exclude_unset=True))
    return System.model_validate_json(said.replace(account, ACCOUNT))


def _cluster(cluster: Cluster) -> Cluster:
    if cluster.aws is None:
        return cluster
    ec2 = Account(cluster.region).client("ec2")
    vpc = ec2.create_vpc(CidrBlock=cluster.aws.cidr)["Vpc"]["VpcId"]
    ranges = ipaddress.ip_network(cluster.aws.cidr).subnets(new_prefix=24)
    zones = count()

    def subnet() -> str:
        zone = f"{cluster.region}{'ac'[next(zones) % 2]}"
        made = ec2.create_subnet(VpcId=vpc, CidrBlock=str(next(ranges)), AvailabilityZone=zone)
        return str(made["Subnet"]["SubnetId"])

    group = ec2.create_security_group(GroupName=cluster.aws.eks, Description="nodes", VpcId=vpc)["GroupId"]
    made: ClusterAws = cluster.aws.model_copy(
        update={
            "vpc": vpc,
            "private_subnets": tuple(subnet() for _ in cluster.aws.private_subnets),
            "public_subnets": tuple(subnet() for _ in cluster.aws.public_subnets),
            "security_group": group,
        }
    )
    return cluster.model_copy(update={"aws": made})


def _zones(aws: AwsEnvironment, clusters: dict[str, Cluster]) -> AwsEnvironment:
    route53 = Account("us-east-1").client("route53")
    zones = {}
    for number, domain in enumerate(aws.zones):
        made = route53.create_hosted_zone(Name=domain, CallerReference=f"{domain}/{number}")
        zones[domain] = made["HostedZone"]["Id"].removeprefix("/hostedzone/")
    update: dict[str, object] = {"account": ACCOUNT, "zones": zones}
    if aws.private_zone is not None:
        first = next(cluster for cluster in clusters.values() if cluster.aws is not None)
        made = route53.create_hosted_zone(
            Name=aws.private_zone.domain,
            CallerReference=f"{aws.private_zone.domain}/private",
            VPC={"VPCRegion": first.region, "VPCId": first.aws.vpc if first.aws else ""},
        )
        zone = made["HostedZone"]["Id"].removeprefix("/hostedzone/")
        # moto's ids are not as AWS spells them, with a Z first.
        update["private_zone"] = aws.private_zone.model_copy(update={"id": zone})
    return aws.model_copy(update=update)


def records(zone: str) -> list[dict[str, object]]:
    """Return all records of a hosted zone."""
    return list(
        paged(
            Account("us-east-1").client("route53"), "list_resource_record_sets", "ResourceRecordSets", HostedZoneId=zone
        )
    )
