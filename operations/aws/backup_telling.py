"""How backups are told: to a person as tables, to a script as data. Pure."""

from datetime import UTC, datetime
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from operations.aws.backup_facts import Backups, DumpsFound, Snapshot, StoreBackups


def lacking(found: Backups) -> list[str]:
    """Return a line for everything that is to be backed up and cannot be restored; a replica is not to be."""
    lines = []
    for one in found.stores:
        where = f"{one.database.system}/{one.database.store} in {one.database.region}"
        if one.database.replica:
            continue
        if not one.status:
            lines.append(f"{where}: {one.database.kind} {one.database.identifier} is not there")
        elif one.database.kind == "rds" and one.latest is None:
            lines.append(f"{where}: no moment of {one.database.identifier} can be restored: it has no automated backup")
        elif one.database.kind == "elasticache" and one.newest is None:
            lines.append(f"{where}: {one.database.identifier} has no snapshot")
    lines += [
        f"{one.dumps.system}/{one.dumps.service}: the bucket {one.dumps.bucket} is not there"
        for one in found.dumps
        if not one.exists
    ]
    return lines


def table(found: Backups) -> Table:
    """Return a line for each data store and each place of dumps."""
    shown = _table("System", "Region", "What", "Status", "Can be restored", "Snapshots", "Kept", "Encrypted", "Replica")
    for one in found.stores:
        shown.add_row(*map(escape, _store(one)))
    for dumps in found.dumps:
        shown.add_row(*map(escape, _dumped(dumps)))
    return shown


def addresses(found: Backups) -> list[str]:
    """Return, for each data store that is there, its own host name and where its master's password is.

    Lines, as both are longer than a table has room for.
    """
    lines = []
    for one in found.stores:
        where = f"{one.database.identifier} in {one.database.region}"
        if one.status:
            lines.append(f"{where}: its own host is {one.endpoint or 'not there yet'}")
        if one.master_secret:
            lines.append(f"{where}: its master's password is in {one.master_secret}")
    return lines


def snapshot_table(found: Backups) -> Table:
    """Return a line for each snapshot, the newest first."""
    shown = _table("Snapshot", "Region", "Type", "Status", "Made", "Size", "Encrypted")
    for store in found.stores:
        for one in store.ordered:
            cells = (one.name, store.database.region, one.type, one.status, _time(one.created), one.size)
            shown.add_row(*map(escape, (*cells, _yes(one.encrypted))))
    return shown


def data(found: Backups) -> dict[str, Any]:
    """Return the same as plain data; times are UTC, in ISO 8601."""
    return {
        "stack": found.stack,
        "account": found.account,
        "databases": [_store_data(one) for one in found.stores if one.database.kind == "rds"],
        "caches": [_store_data(one) for one in found.stores if one.database.kind == "elasticache"],
        "dumps": [
            {
                "system": one.dumps.system,
                "service": one.dumps.service,
                "region": one.dumps.region,
                "bucket": one.dumps.bucket,
                "prefix": one.dumps.prefix,
                "exists": one.exists,
                "count": one.count,
                "newest": [{"key": each.key, "bytes": each.size, "made": _iso(each.modified)} for each in one.newest],
            }
            for one in found.dumps
        ],
        "lacking": lacking(found),
    }


def _store_data(one: StoreBackups) -> dict[str, Any]:
    window = {"from": _iso(one.earliest), "to": _iso(one.latest)} if one.latest else None
    return {
        "system": one.database.system,
        "store": one.database.store,
        "region": one.database.region,
        "identifier": one.database.identifier,
        "replica": one.database.replica,
        "status": one.status or None,
        "endpoint": one.endpoint or None,
        "masterSecret": one.master_secret or None,
        "keptDays": one.days,
        "encrypted": one.encrypted,
        "restorable": window,
        "replication": one.replication or None,
        "lagSeconds": one.lag_seconds,
        "snapshots": [_snapshot_data(each) for each in one.ordered],
    }


def _snapshot_data(one: Snapshot) -> dict[str, Any]:
    return {
        "name": one.name,
        "type": one.type,
        "status": one.status,
        "made": _iso(one.created),
        "size": one.size,
        "encrypted": one.encrypted,
    }


def _store(one: StoreBackups) -> tuple[str, ...]:
    newest = one.newest
    snapshots = f"{len(one.snapshots)}, newest {_time(newest.created)}" if newest else str(len(one.snapshots) or "none")
    moments = f"{_time(one.earliest)} to {_time(one.latest)}" if one.earliest else f"up to {_time(one.latest)}"
    if one.database.kind == "elasticache":
        moments = "its snapshots"
    elif one.latest is None:
        moments = "" if one.database.replica else "nothing"
    lag = "" if one.lag_seconds is None else f"{one.lag_seconds:.0f} s behind"
    replica = ", ".join(part for part in (one.replication, lag) if part) or "lag not known"
    return (
        f"{one.database.system}/{one.database.store}",
        one.database.region,
        one.database.identifier,
        one.status or "not there",
        moments,
        snapshots,
        f"{one.days} days" if one.days else "",
        _yes(one.encrypted),
        replica if one.database.replica else "",
    )


def _dumped(one: DumpsFound) -> tuple[str, ...]:
    newest = f", newest {_time(one.newest[0].modified)}" if one.newest else ""
    return (
        f"{one.dumps.system}/{one.dumps.service}",
        one.dumps.region,
        f"s3://{one.dumps.bucket}/{one.dumps.prefix}",
        "" if one.exists else "not there",
        "its dumps",
        f"{one.count}{newest}",
        "",
        "",
        "",
    )


def _table(*headings: str) -> Table:
    shown = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        shown.add_column(heading, overflow="fold", no_wrap=heading not in {"Can be restored", "Snapshots"})
    return shown


def _time(moment: datetime | None) -> str:
    return "being made" if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%MZ")


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds")


def _yes(value: bool | None) -> str:  # noqa: FBT001 - what AWS says
    return {True: "yes", False: "no", None: ""}[value]
