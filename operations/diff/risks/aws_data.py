"""What AWS keeps and could be lost: data stores, buckets, keys, secrets, parameters, queues and images."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from manifests.placed import Manifest
from operations.diff.compare import fields
from operations.diff.finding import Finding, Weak, listed, together
from operations.diff.immutable import fixed
from operations.diff.model import Danger, Level, Subject
from operations.diff.pairs import Sides

_STORES: Final = ("AWS Database", "AWS Cache", "AWS DatabaseReplica")
_GOES: Final[Mapping[str, Weak]] = {
    "AWS Database": (Level.CRITICAL, "the database is deleted; what is left of it is its final snapshot"),
    "AWS EncryptionKey": (Level.CRITICAL, "nobody can read what it encrypted once it is gone, 30 days later"),
    "AWS Bucket": (Level.HIGH, "it goes if it is empty, and the update fails if it is not"),
    "AWS Cache": (Level.HIGH, "what is in it is gone"),
    "AWS DatabaseReplica": (Level.HIGH, "its region has no copy to go on with"),
    "AWS ImageRepository": (Level.HIGH, "the images in it cannot be pulled any more, by an earlier release either"),
    "AWS KeptSecret": (Level.HIGH, "its value is gone once the days of its recovery have passed"),
    "AWS LogBucket": (Level.MEDIUM, "the logs in it are gone"),
    "AWS ParameterTree": (Level.HIGH, "the values of its parameters are gone"),
    "AWS Queue": (Level.HIGH, "the messages in it are gone"),
}
"""What keeps something: how bad it is that it goes, and what goes with it."""


def aws_data(sides: Sides) -> Iterator[Finding]:
    """Yield what could lose something that AWS keeps, or that it could not be had back any more."""
    for subject, before in sides.removed(*_GOES):
        yield _gone(subject, before, "it is removed")
    for subject, before, after in sides.changed(*_GOES):
        if found := fixed(before, after, fields(before, after)):
            paths = listed(field.path for field in found)
            yield _gone(subject, before, f"{paths} cannot change, so that another one takes its place, empty")
    for kind, weaker in _WEAKER.items():
        for subject, before, after in sides.changed(kind):
            at = ("managed",) if kind in _STORES else ()
            yield from together(Danger.DATA, subject, list(weaker(before, after)), at)
    yield from _unprotected(sides)
    yield from _stores(sides)


def _gone(subject: Subject, before: Manifest, what: str) -> Finding:
    level, goes = _GOES[subject.kind]
    if before.get("protect"):
        level = Level(level - 1)
        goes = f"as it is protected, the update ends there; once somebody lifts that, {goes}"
    return Finding(level, Danger.DATA, subject, f"{what}: {goes}")


def _unprotected(sides: Sides) -> Iterator[Finding]:
    found: dict[str, list[Subject]] = {}
    for subject, before, after in sides.changed(*_GOES):
        if before.get("protect") and not after.get("protect"):
            found.setdefault(subject.system, []).append(subject)
    for subjects in found.values():
        reason = f"nothing protects {listed(dict.fromkeys(map(str, subjects)))} from deletion any more"
        yield Finding(Level.HIGH, Danger.DATA, subjects[0], reason, ("policies", "protectData"), environment=True)


def _database(before: Manifest, after: Manifest) -> Iterator[Weak]:
    if _older(before, after):
        yield Level.HIGH, f"the version goes back from {before['version']} to {after['version']}, which AWS refuses"
    if after.get("storageGib", 0) < before.get("storageGib", 0):
        yield Level.MEDIUM, f"its storage shrinks to {after['storageGib']} GiB, which RDS refuses"
    yield from _fewer_backups(before, after)
    if "logs" in before and "logs" in after:
        yield from _logs(before["logs"], after["logs"])


def _fewer_backups(before: Manifest, after: Manifest) -> Iterator[Weak]:
    was, now = (one.get("care", {}).get("backupDays", 0) for one in (before, after))
    if now < was:
        yield Level.MEDIUM, f"backups are kept for {now} days, not {was}"


def _bucket(before: Manifest, after: Manifest) -> Iterator[Weak]:
    if before["versioning"] and not after["versioning"]:
        yield Level.HIGH, "without versions what is overwritten or deleted is gone"
    was, now = before.get("lockMode"), after.get("lockMode")
    if was and not now:
        yield Level.HIGH, "no object lock keeps its objects any more"
    elif was == "COMPLIANCE" and now == "GOVERNANCE":
        yield Level.HIGH, "its object lock is one that somebody may lift"
    elif was and now and after["lockDays"] < before["lockDays"]:
        yield Level.HIGH, f"its object lock holds for {after['lockDays']} days, not {before['lockDays']}"
    if _sooner(before, after, "expireAfter"):
        yield Level.HIGH, f"its objects are deleted after {after['expireAfter']} days"
    if _sooner(before, after, "oldVersions"):
        yield Level.MEDIUM, f"old versions are deleted after {after['oldVersions']} days, not {before['oldVersions']}"


def _sooner(before: Manifest, after: Manifest, key: str) -> bool:
    return key in after and (key not in before or after[key] < before[key])


def _queue(before: Manifest, after: Manifest) -> Iterator[Weak]:
    if after["retentionSeconds"] < before["retentionSeconds"]:
        was, now = (one["retentionSeconds"] // 86400 for one in (before, after))
        yield Level.MEDIUM, f"messages are kept for {now} days, not {was}"


def _logs(before: Manifest, after: Manifest) -> Iterator[Weak]:
    if after["days"] < before["days"]:
        yield Level.MEDIUM, f"logs are kept for {after['days']} days, not {before['days']}"


def _secret(before: Manifest, after: Manifest) -> Iterator[Weak]:
    if after["recoveryDays"] < before["recoveryDays"]:
        yield Level.MEDIUM, f"once deleted it can be had back for {after['recoveryDays']} days"
    lost = [region for region in before["replicas"] if region not in after["replicas"]]
    if lost:
        yield Level.MEDIUM, f"no copy of it is in {listed(lost)} any more"


def _parameters(before: Manifest, after: Manifest) -> Iterator[Weak]:
    kept = {one["name"] for one in after["parameters"]}
    gone = [one["name"] for one in before["parameters"] if one["name"] not in kept]
    if gone:
        yield Level.HIGH, f"{listed(gone)} {'is' if len(gone) == 1 else 'are'} removed, with the value"


def _images(before: Manifest, after: Manifest) -> Iterator[Weak]:
    if after["keep"] < before["keep"]:
        yield Level.MEDIUM, f"{after['keep']} images are kept, not {before['keep']}"


_WEAKER: Final = {
    "AWS Database": _database,
    "AWS Cache": _database,
    "AWS Bucket": _bucket,
    "AWS Queue": _queue,
    "AWS KeptSecret": _secret,
    "AWS LogBucket": _logs,
    "AWS ParameterTree": _parameters,
    "AWS ImageRepository": _images,
}
"""What keeps something: what there is less of, how bad that is."""


def _stores(sides: Sides) -> Iterator[Finding]:
    """Yield what a data store is down for, or has nobody to take over for."""
    for subject, before, after in sides.changed(*_STORES):
        found: list[Weak] = []
        if before["identifier"] != after["identifier"] and not fixed(before, after, fields(before, after)):
            found.append((Level.HIGH, f"it is renamed to {after['identifier']}: it restarts, under another address"))
        if _port(before) != _port(after):
            found.append((Level.HIGH, f"it answers at the port {_port(after)}, not {_port(before)}"))
        if _numbers(after)[:1] > _numbers(before)[:1]:
            text = f"the major version {after['version']} is new: down while it is raised, and no way back from it"
            found.append((Level.MEDIUM, text))
        if before.get("multiAz") and not after.get("multiAz"):
            found.append((Level.MEDIUM, "no other zone takes over"))
        if before["instanceClass"] != after["instanceClass"]:
            level = Level.LOW if after.get("multiAz") else Level.MEDIUM
            found.append((level, f"it becomes a {after['instanceClass']}, and restarts for it"))
        yield from together(Danger.DOWNTIME, subject, found, ("managed",))


def _port(manifest: Manifest) -> Any:
    return manifest["network"]["port"]


def _numbers(manifest: Manifest) -> tuple[int, ...]:
    return tuple(int(part) for part in str(manifest.get("version", "")).split(".") if part.isdecimal())


def _older(before: Manifest, after: Manifest) -> bool:
    was, now = _numbers(before), _numbers(after)
    length = min(len(was), len(now))
    return now[:length] < was[:length]
