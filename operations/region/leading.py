"""Where the public hosts of a stack lead, and what changes of it when a region comes or goes. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from manifests.aws import records
from manifests.aws.records import RecordArgs
from manifests.aws.scope import has_aws
from settings.aws.traffic import public_hosts
from settings.environment import Cluster
from settings.faults import Fault, did_you_mean, quoted
from settings.stack import Stack

Action = Literal["drain", "restore"]
Role = Literal["answers", "stands by"]


@dataclass(frozen=True, slots=True)
class Host:
    """A public host, and its records."""

    system: str
    host: str
    records: Mapping[str, RecordArgs]
    """By the logical name of each, the one that is asked first before others."""

    @property
    def clusters(self) -> list[str]:
        """The clusters that it leads to."""
        return list(dict.fromkeys(record.cluster for record in self.records.values()))

    @property
    def follows_health(self) -> bool:
        """Whether health decides where it leads: one with a single region to go to leads there anyway."""
        return any(record.routed for record in self.records.values())

    def role(self, cluster: str) -> Role | None:
        """Return what a cluster is to the host; None where it does not lead there."""
        found = [record for record in self.records.values() if record.cluster == cluster]
        if not found:
            return None
        return "stands by" if all(record.role == "SECONDARY" for record in found) else "answers"


def hosts(stack: Stack) -> list[Host]:
    """Return each public host whose records are ours."""
    return [
        Host(
            scope.system_name,
            args.host,
            {scope.logical("records", args.key, record.key): record for record in args.records},
        )
        for scope, args in (records.records(stack) if has_aws(stack) else ())
    ]


def checks(stack: Stack) -> dict[str, str]:
    """Return the logical name of the health check of each cluster's entrance, drained or not."""
    planned = records.health_checks(stack) if has_aws(stack) else ()
    return {scope.cluster_name or "": scope.logical("health-check") for scope, _ in planned}


def not_ours(stack: Stack, cluster: str) -> list[str]:
    """Return the systems with public hosts on a cluster whose records others see to."""
    on_all = stack.environment.primary == cluster
    ours = {host.system for host in hosts(stack)}
    return [
        name
        for name, system in stack.systems.items()
        if system.enabled
        and (on_all or system.clusters == "all")
        and name not in ours
        and public_hosts(stack.environment, system)
    ]


def staying(stack: Stack, cluster: str) -> list[str]:
    """Return the systems whose hosts lead to a cluster drained or not, as they run there alone."""
    after = with_drained(stack, cluster, drained=True)
    return list(dict.fromkeys(host.system for host in hosts(after) if host.role(cluster)))


def with_drained(stack: Stack, cluster: str, *, drained: bool) -> Stack:
    """Return the same stack with one cluster out of traffic, or in it."""
    clusters = dict(stack.environment.clusters)
    clusters[cluster] = clusters[cluster].model_copy(update={"drained": drained})
    return replace(stack, environment=stack.environment.model_copy(update={"clusters": clusters}))


def moved(stack: Stack, cluster: str, action: Action) -> tuple[Stack, Stack]:
    """Return the stack as it is before and after, whatever its file says by now: one may go on where another failed."""
    return (
        with_drained(stack, cluster, drained=action == "restore"),
        with_drained(stack, cluster, drained=action == "drain"),
    )


def changes(before: Stack, after: Stack) -> dict[str, str]:
    """Return what happens to each record that changes, by its logical name: create, update or delete."""
    old = {name: record for host in hosts(before) for name, record in host.records.items()}
    new = {name: record for host in hosts(after) for name, record in host.records.items()}
    found = {name: "create" for name in new if name not in old}
    found |= {name: "update" for name, record in new.items() if name in old and old[name] != record}
    return found | {name: "delete" for name in old if name not in new}


def concerned(before: Stack, after: Stack) -> list[str]:
    """Return the logical names of all records of the hosts of which any changes.

    Records of a host come after its first one, so that the state has them depend on what may go: the engine has to look
    at them together.
    """
    found = changes(before, after)
    names = [list(host.records) for stack in (before, after) for host in hosts(stack)]
    of_hosts = {name.rpartition("/")[0] for name in found}
    return list(dict.fromkeys(name for each in names for name in each if name.rpartition("/")[0] in of_hosts))


def keeping(before: Stack, after: Stack) -> dict[str, list[Host]]:
    """Return, by cluster, the hosts of which a record changes and that lead there then."""
    changed = {name.rpartition("/")[0] for name in changes(before, after)}
    found: dict[str, list[Host]] = {}
    for host in hosts(after):
        if any(name.rpartition("/")[0] in changed for name in host.records):
            for cluster in host.clusters:
                found.setdefault(cluster, []).append(host)
    return found


def fault(stack: Stack, cluster: str, action: Action, file: str, line: int) -> Fault | None:
    """Return why a region cannot be taken out of traffic, or put back; None where it can."""
    clusters = stack.environment.clusters
    path = f"config.naru:environment.clusters.{cluster}"
    if cluster not in clusters:
        found = f"no cluster {quoted(cluster)}"
        return Fault(file, line, "config.naru:environment.clusters", found, did_you_mean(cluster, clusters))
    if len(clusters) == 1:
        return Fault(file, line, path, "the stack's only cluster", "expected one of several")
    if not hosts(stack):
        found = "no record of ours leads to a region of this stack"
        return Fault(file, line, path, found, "expected a system with aws.traffic, on a stack with aws")
    others = [name for name in clusters if name != cluster]
    if action == "drain" and all(clusters[name].drained for name in others):
        after = with_drained(stack, cluster, drained=True)
        without = dict.fromkeys(host.system for host in hosts(after) if not host.records)
        found = f"the last region in traffic{' of ' if without else ''}{' and '.join(without)}"
        return Fault(file, line, path, found, f"restore {' or '.join(others)} first")
    return None


def sentences(found: Sequence[Host], clusters: Mapping[str, Cluster]) -> Iterator[str]:
    """Yield a line about where each host leads."""
    for host in found:
        named = [f"{name} ({clusters[name].region})" for name in host.clusters]
        first = next(iter(host.records.values()), None)
        if len(named) > 1 and first is not None and first.role:
            yield f"{host.host} leads to {named[0]}, and to {named[1]} while that is not healthy"
        elif len(named) > 1:
            yield f"{host.host} leads to the nearest of {', '.join(named[:-1])} and {named[-1]}"
        else:
            yield f"{host.host} leads to {named[0] if named else 'no cluster'}"
