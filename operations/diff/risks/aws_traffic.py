"""How the world reaches a stack through AWS: public records, entrances, what WAF lets through, names of data stores."""

from collections.abc import Iterator
from dataclasses import replace

from manifests.placed import Manifest
from operations.diff.finding import Finding, Weak, listed, together
from operations.diff.model import Danger, Level
from operations.diff.pairs import Sides

_MUCH = 2


def aws_traffic(sides: Sides) -> Iterator[Finding]:
    """Yield hosts and names that lead nowhere or elsewhere, and what reaches the clusters from outside."""
    yield from _records(sides)
    yield from _entrances(sides)
    yield from _addresses(sides)
    for subject, before, after in sides.changed("AWS WebAcl"):
        for finding in together(Danger.EXPOSURE, subject, list(_let_through(before, after)), ("aws", "webAcl")):
            yield replace(finding, environment=True)
    for subject, _ in sides.removed("AWS WebAclLogging"):
        if sides.new(subject.cluster, "AWS WebAcl", subject.namespace, "web-acl") is not None:
            reason = "nobody can look up any more what was blocked, and what was let through"
            yield Finding(Level.MEDIUM, Danger.EXPOSURE, subject, reason, ("aws",), environment=True)
    for subject, _ in sides.removed("AWS SpendingBudget"):
        yield Finding(Level.LOW, Danger.COST, subject, "nobody is told any more when it costs more than planned")


def _records(sides: Sides) -> Iterator[Finding]:
    for subject, before in sides.removed("AWS PublicRecords"):
        reason = f"no record of ours leads {before['host']} anywhere any more"
        yield Finding(Level.HIGH, Danger.DOWNTIME, subject, reason, ("traffic",))
    for subject, after in sides.added("AWS PublicRecords"):
        if after["records"]:
            reason = f"{after['host']} leads to {listed(_clusters(after))}"
            yield Finding(Level.MEDIUM, Danger.EXPOSURE, subject, reason, ("traffic",))
    for subject, before, after in sides.changed("AWS PublicRecords"):
        host, was, now = after["host"], _clusters(before), _clusters(after)
        lost = [name for name in was if name not in now]
        drained = ("clusters", lost[0], "drained") if lost else ()
        if lost and not now:
            reason = f"{host} leads nowhere: its last region ({listed(lost)}) is out of traffic"
            yield Finding(Level.HIGH, Danger.DOWNTIME, subject, reason, drained, environment=True)
        elif lost:
            reason = f"{host} no longer leads to {listed(lost)}, so that all of it goes to {listed(now)}"
            yield Finding(Level.MEDIUM, Danger.DOWNTIME, subject, reason, drained, environment=True)
        if before["host"] != host or before["zone"] != after["zone"]:
            reason = f"the records of {before['host']} are made anew, for {host} in the zone {after['zone']}"
            yield Finding(Level.HIGH, Danger.DOWNTIME, subject, reason, ("traffic",))


def _clusters(records: Manifest) -> list[str]:
    return list(dict.fromkeys(one["cluster"] for one in records["records"]))


def _entrances(sides: Sides) -> Iterator[Finding]:
    for subject, before in sides.removed("AWS Entrance"):
        reason = f"the load balancer of {listed(before['systems'])} is removed, and with it every way in"
        yield Finding(Level.HIGH, Danger.DOWNTIME, subject, reason, ("aws",), environment=True)
    for subject, after in sides.added("AWS Entrance"):
        reason = f"a load balancer that the internet reaches, before {listed(after['systems'])}"
        yield Finding(Level.MEDIUM, Danger.EXPOSURE, subject, reason, ("aws",), environment=True)
    for subject, before, after in sides.changed("AWS Entrance"):
        anew = [key for key in ("name", "vpc") if before[key] != after[key]]
        if anew:
            reason = f"{listed(anew)} cannot change: the load balancer is made anew, under another address"
            yield Finding(Level.HIGH, Danger.DOWNTIME, subject, reason, ("clusters", subject.cluster), environment=True)
    for subject, _ in sides.removed("AWS WebAcl"):
        if sides.new(subject.cluster, "AWS Entrance", subject.namespace, "entrance") is not None:
            reason = "nothing is blocked before the load balancer any more"
            yield Finding(Level.HIGH, Danger.EXPOSURE, subject, reason, ("aws",), environment=True)


def _let_through(before: Manifest, after: Manifest) -> Iterator[Weak]:
    now = {one["name"]: one for one in after["managed"]}
    for rule in before["managed"]:
        name = rule["name"]
        if name not in now:
            yield Level.HIGH, f"the rules {name} are gone"
        elif now[name]["counting"] and not rule["counting"]:
            yield Level.HIGH, f"the rules {name} only count what they would block"
        elif more := [one for one in now[name]["onlyCounted"] if one not in rule["onlyCounted"]]:
            yield Level.MEDIUM, f"{listed(more)} of the rules {name} only counts"
    if after["rateCounting"] and not before["rateCounting"]:
        yield Level.HIGH, "requests above the rate are only counted"
    was, limit = before["rateLimit"], after["rateLimit"]
    if limit > was:
        level = Level.MEDIUM if limit >= _MUCH * was else Level.LOW
        yield level, f"one address may send {limit} requests in five minutes, not {was}"


def _addresses(sides: Sides) -> Iterator[Finding]:
    for subject, before in sides.removed("AWS DataAddress"):
        reason = f"{before['host']} is removed: who calls the data store by that name does not find it"
        yield Finding(Level.HIGH, Danger.DOWNTIME, subject, reason, ("managed",))
    for subject, before, after in sides.changed("AWS DataAddress"):
        if before["host"] != after["host"]:
            reason = f"{before['host']} becomes {after['host']}: who calls it by the old name does not find it"
            yield Finding(Level.HIGH, Danger.DOWNTIME, subject, reason, ("managed",))
        elif before["target"] != after["target"]:
            reason = f"{after['host']} leads to {after['target']}, not {before['target']}"
            yield Finding(Level.HIGH, Danger.DATA, subject, reason, ("managed",))
