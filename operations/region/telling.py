"""What is said of regions: the table, and what came of taking one out of traffic or putting it back. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.table import Table

from operations.aws.health_checks import Health, Status
from operations.region.leading import Action, Host, hosts, not_ours, sentences, staying, with_drained
from operations.region.setting import KEY
from settings.stack import Stack

TTL_SECONDS: Final = 60
"""For how long resolvers keep where a host leads.

Source: AWS, "Amazon Route 53 FAQs": alias records to load balancers have a fixed TTL of 60 seconds.
"""
_LEADING: Final = "Hosts that lead here"
DONE: Final[Mapping[Action, str]] = {"drain": "out of traffic", "restore": "in traffic"}


def as_json(stack: Stack, known: Mapping[str, Health]) -> dict[str, Any]:
    """Return the regions of a stack as plain data, with what is known of their health; `null` where none was asked."""
    clusters = stack.environment.clusters
    return {"stack": stack.name, "clusters": [_cluster(stack, name, known.get(name)) for name in clusters]}


def _cluster(stack: Stack, name: str, health: Health | None) -> dict[str, Any]:
    cluster = stack.environment.clusters[name]
    systems: dict[str, str] = {}
    for host in hosts(stack):
        role = host.role(name)
        if role is not None and systems.get(host.system) != "answers":
            systems[host.system] = role
    alone = staying(stack, name)
    return {
        "cluster": name,
        "region": cluster.region,
        "primary": name == stack.environment.primary,
        "drained": cluster.drained,
        "health": {"status": health.status, **asdict(health)} if health else None,
        "systems": [{"system": system, "role": role, "alone": system in alone} for system, role in systems.items()],
        "hosts": [
            {
                "host": host.host,
                "system": host.system,
                "role": host.role(name),
                "health": health.status if health and host.follows_health else None,
            }
            for host in hosts(stack)
            if host.role(name)
        ],
    }


def table(stack: Stack, known: Mapping[str, Health]) -> Table:
    """Return the regions of a stack as a table; what Route 53 holds of them where it was asked."""
    made = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("Cluster", "Region", "Primary", "Setting", *(["Route 53"] if known else []), _LEADING):
        made.add_column(heading, overflow="fold", no_wrap=heading != _LEADING)
    for one in as_json(stack, known)["clusters"]:
        systems = [
            entry["system"]
            + (" (stands by)" if entry["role"] == "stands by" else " (here alone)" if entry["alone"] else "")
            for entry in one["systems"]
        ]
        setting = "[yellow]drained" if one["drained"] else "[green]not drained"
        primary = "primary" if one["primary"] else ""
        health = [_health(known.get(one["cluster"]))] if known else []
        made.add_row(one["cluster"], one["region"], primary, setting, *health, ", ".join(systems))
    return made


def host_table(stack: Stack, known: Mapping[str, Health]) -> Table:
    """Return what Route 53 goes by for each host, a column for each cluster; empty where a host does not lead there."""
    made = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("Host", *stack.environment.clusters):
        made.add_column(heading, overflow="fold")
    for host in hosts(stack):
        made.add_row(host.host, *(_of_host(host, name, known.get(name)) for name in stack.environment.clusters))
    return made


def _of_host(host: Host, cluster: str, health: Health | None) -> str:
    role = host.role(cluster)
    if role is None:
        return ""
    held = _coloured(health.status) if health and host.follows_health else "whatever its health"
    return f"{held} (stands by)" if role == "stands by" else held


def _health(health: Health | None) -> str:
    if health is None:
        return ""
    counted = f", {health.healthy} of {health.checkers} checkers" if health.checkers else ""
    return f"{_coloured(health.status)}{counted}"


def _coloured(status: Status) -> str:
    colours: Mapping[Status, str] = {"healthy": "green", "unhealthy": "red", "unknown": "yellow"}
    return f"[{colours[status]}]{status}[/]"


def stay(stack: Stack, cluster: str) -> Iterator[str]:
    """Yield whose hosts a drained region keeps."""
    for system in staying(stack, cluster):
        yield f"warning: {system} runs in {cluster} alone: its hosts go on leading there"


def again(action: Action, stack: str, cluster: str, flags: Sequence[str] = ()) -> str:
    """Return a command as one types it, but for `naru`."""
    return " ".join((f"region {action} --stack {stack} {cluster}", *flags))


def asked(file: str, cluster: str, action: Action, records: int) -> str:
    """Return what is about to be done."""
    if not records:
        return f"{action} {cluster}: {KEY} in {file}, and no record"
    return f"{action} {cluster}: {records} record{'' if records == 1 else 's'}, and nothing in any cluster"


def leading(stack: Stack, cluster: str, action: Action) -> Iterator[str]:
    """Yield where the hosts lead once a region has moved, and what does not move with it."""
    after = with_drained(stack, cluster, drained=action == "drain")
    yield from sentences(hosts(after), after.environment.clusters)
    others = not_ours(stack, cluster)
    if others:
        yield f"the records of {', '.join(others)} are not ours: they lead where they did (no aws.traffic)"


def ended(file: str, cluster: str, action: Action, changed: str, *, written: bool) -> Iterator[str]:
    """Yield how it ended well: `changed` says what became of records, and is empty where all were so already."""
    if not changed and not written:
        yield f"no change: {cluster} is {DONE[action]} already"
        return
    yield f"{cluster} is {DONE[action]}: {changed or 'no record had to change'}"
    if changed:
        yield (
            f"resolvers follow within {TTL_SECONDS} s (the TTL of alias records to load balancers); "
            "open connections stay until their clients end them"
        )
    yield f"commit {file}, or the next update from elsewhere undoes it: {_commit(file, cluster, action)}"


def setting(file: str, stack: str, cluster: str, action: Action, *, written: bool) -> Iterator[str]:
    """Yield what is to be done where only the file was written."""
    if not written:
        yield f"no change: {file} has {cluster} {DONE[action]} already"
        return
    yield f"{file} has {cluster} {DONE[action]}; no record was changed"
    yield f"commit it ({_commit(file, cluster, action)}): the records follow with the next `naru up --stack {stack}`"


def failed(file: str, stack: str, cluster: str, action: Action, left: Sequence[str], on: str) -> Iterator[str]:
    """Yield what is in the file and in Route 53 after a failure, and how to go on: by the command `on`, or back."""
    yield says(file, cluster, action)
    yield f"not changed: {', '.join(left)}" if left else "every record was changed"
    back: Action = "restore" if action == "drain" else "drain"
    yield f"`naru {on}` goes on from here, `naru {again(back, stack, cluster)}` goes back"


def says(file: str, cluster: str, action: Action) -> str:
    """Return what is in the file once it is written for good."""
    what = f"says `{KEY}: true` of {cluster}" if action == "drain" else f"does not say any more that {cluster} is {KEY}"
    return f"{file} {what}, and stays so"


def _commit(file: str, cluster: str, action: Action) -> str:
    return f'git commit -m "{action} {cluster}" -- {file}'
