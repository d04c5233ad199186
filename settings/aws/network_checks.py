"""What must hold between the networks of a stack's clusters in AWS."""

import ipaddress
from collections.abc import Iterator
from itertools import combinations
from typing import Final

from settings.aws.environment import ClusterAws
from settings.environment import Cluster, Environment
from settings.faults import Path, quoted
from settings.findings import Finding

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_PRIVATE: Final = tuple(map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")))
"""Source: RFC 1918 and RFC 6598; AWS, "VPC CIDR blocks"."""
_LARGEST, _SMALLEST = 16, 28
"""The prefix of a VPC's range. Source: AWS, "VPC CIDR blocks"."""


def check_networks(environment: Environment) -> Iterator[Finding]:
    """Yield address ranges that a VPC cannot have or that meet, and what two clusters cannot have both."""
    known = {name: cluster.aws for name, cluster in environment.clusters.items() if cluster.aws is not None}
    for name, aws in known.items():
        yield from _vpc_range(("clusters", name, "aws", "cidr"), aws.cidr)
    for (first, one), (second, other) in combinations(known.items(), 2):
        region = environment.clusters[second].region
        if environment.clusters[first].region == region:
            found = f"{quoted(region)} is the region of {quoted(first)} too"
            expected = "expected another one: what a system has in a region it has there once"
            yield Finding(("clusters", second, "region"), found, expected, ("clusters", first, "region"))
            continue
        if one.vpc != other.vpc and _network(one.cidr).overlaps(_network(other.cidr)):
            found = f"{other.cidr} overlaps {one.cidr} of {quoted(first)}"
            expected = "expected ranges apart, or neither reaches the other"
            yield Finding(_cidr(second), found, expected, _cidr(first))
        yield from _of_one_region(first, one, second, other)
    for name, cluster in environment.clusters.items():
        yield from _data_range(environment, name, cluster)


def _vpc_range(path: Path, cidr: str) -> Iterator[Finding]:
    network = _network(cidr)
    if not isinstance(network, ipaddress.IPv4Network) or not any(map(network.subnet_of, _PRIVATE)):
        found = f"{cidr} is not private"
        yield Finding(path, found, "expected a range in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10")
    elif not _LARGEST <= network.prefixlen <= _SMALLEST:
        found = f"{cidr} is too {'large' if network.prefixlen < _LARGEST else 'small'} for a VPC"
        yield Finding(path, found, f"expected /{_LARGEST} to /{_SMALLEST}")


def _of_one_region(first: str, one: ClusterAws, second: str, other: ClusterAws) -> Iterator[Finding]:
    """Yield what two clusters of different regions both have, and only one region can."""
    having = dict(_things(first, one))
    for thing, path in _things(second, other):
        if thing in having:
            found = f"{thing} is of {quoted(first)}, in another region"
            yield Finding(path, found, f"expected one of {quoted(second)} itself", having[thing])
            if thing == other.vpc:
                return  # all else in it is the same mistake


def _things(name: str, aws: ClusterAws) -> Iterator[tuple[str, Path]]:
    path: Path = ("clusters", name, "aws")
    yield aws.vpc, (*path, "vpc")
    yield aws.security_group, (*path, "securityGroup")
    for key, subnets in (("privateSubnets", aws.private_subnets), ("publicSubnets", aws.public_subnets)):
        for index, subnet in enumerate(subnets):
            yield subnet, (*path, key, index)


def _data_range(environment: Environment, name: str, cluster: Cluster) -> Iterator[Finding]:
    """Yield each VPC that the range of a cluster's data meets and cannot be of.

    The data are in the primary's VPC, or behind endpoints in the cluster's own.
    """
    if cluster.data_cidr is None:
        return
    data = _network(cluster.data_cidr)
    for other, one in environment.clusters.items():
        if one.aws is None or not data.overlaps(_network(one.aws.cidr)):
            continue
        within = data.prefixlen >= _network(one.aws.cidr).prefixlen
        if other == environment.primary and within:
            continue
        if other == name and within and data.prefixlen > _network(one.aws.cidr).prefixlen:
            continue
        found = f"{cluster.data_cidr} overlaps {one.aws.cidr}, the VPC of {quoted(other)}"
        primary = environment.clusters[environment.primary]
        there = f", within {primary.aws.cidr}" if primary.aws else ""
        expected = f"expected the range of the data of {quoted(environment.primary)}{there}"
        yield Finding(("clusters", name, "dataCidr"), found, expected, _cidr(other))


def _network(cidr: str) -> Network:
    return ipaddress.ip_network(cidr)


def _cidr(name: str) -> Path:
    return ("clusters", name, "aws", "cidr")
