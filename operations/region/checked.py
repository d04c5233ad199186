"""What Route 53 holds of the regions that hosts lead to: what is against a drain, and what a restore is told."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from operations.aws import health_checks
from operations.aws.health_checks import Health
from operations.deployed import Deployed
from operations.region.leading import Host, checks
from settings.environment import Cluster
from settings.stack import Stack

CHECK: Final = "aws:route53/healthCheck:HealthCheck"
_NO_CHECK: Final = Health(unknown="the state has no health check of it: `naru up` makes it")


@dataclass
class Said:
    """What there is to say before records change."""

    refused: list[str] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)


def look(stack: Stack, deployed: Deployed, clusters: Iterable[str]) -> dict[str, Health]:
    """Ask Route 53 for the health of clusters' entrances.

    Ids are the state's: what has made the records has made these checks. Tags could be on others as well, and a
    drained region's check is in no record.
    """
    names, ids = checks(stack), deployed.ids_of(CHECK)
    wanted = {cluster: ids.get(names.get(cluster, ""), "") for cluster in clusters}
    asked = {cluster: check for cluster, check in wanted.items() if check}
    region = stack.environment.clusters[stack.environment.primary].region
    found = health_checks.ask(stack.name, region, asked) if asked else {}
    return {cluster: found.get(cluster, _NO_CHECK) for cluster in wanted}


def of_drain(
    cluster: str, kept: Mapping[str, Sequence[Host]], known: Mapping[str, Health], clusters: Mapping[str, Cluster]
) -> Said:
    """Return what is against draining a cluster, whose hosts others keep: a host that none of them could answer for.

    An unhealthy one that Route 53 passes over for a healthy one is a warning, and so is what nobody knows.
    """
    said = Said()
    for name, hosts in kept.items():
        health, where = known[name], _where(name, clusters)
        stranded = [host for host in hosts if all(known[one].status == "unhealthy" for one in host.clusters)]
        if health.status == "unknown":
            said.warned.append(f"whether {where}, which keeps {_named(hosts)}, is healthy is not known: {health}")
        elif health.status == "unhealthy" and stranded:
            said.refused.append(
                f"Route 53 holds {where} unhealthy, which would keep {_named(stranded)}: {health}: mend {name} first, "
                f"or `--no-health-check` drains {cluster} all the same"
            )
        elif health.status == "unhealthy":
            said.warned.append(f"Route 53 holds {where} unhealthy; others keep {_named(hosts)}: {health}")
    return said


def of_restore(cluster: str, hosts: Sequence[Host], health: Health, clusters: Mapping[str, Cluster]) -> Said:
    """Return what is to be known before a cluster comes back: its health decides whether anybody is led there."""
    where = _where(cluster, clusters)
    if health.status == "unknown":
        return Said(warned=[f"whether {where} is healthy is not known: {health}"])
    if health.status == "unhealthy":
        ways = f"users of {_named(hosts)} come there once it is healthy, or where no other region is"
        return Said(warned=[f"Route 53 holds {where} unhealthy: {health}: {ways}"])
    return Said()


def not_known(known: Mapping[str, Health]) -> list[str]:
    """Return why the health of some clusters is not known, a line for each reason."""
    reasons: dict[str, list[str]] = {}
    for cluster, health in known.items():
        if health.status == "unknown":
            reasons.setdefault(health.unknown, []).append(cluster)
    return [f"the health of {' and '.join(names)} is not known: {reason}" for reason, names in reasons.items()]


def _where(cluster: str, clusters: Mapping[str, Cluster]) -> str:
    return f"{cluster} ({clusters[cluster].region})"


def _named(hosts: Sequence[Host]) -> str:
    return " and ".join(host.host for host in hosts)
