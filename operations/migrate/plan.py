"""What a service's migration would run, and its dry run for CI."""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from manifests.migration import dry_run_job
from manifests.placed import Place
from manifests.text import to_yaml
from operations.api_server import ApiError, ContextError, UnreachableError, connect
from operations.exits import Exit, Stop
from operations.migrate.observed import observed
from operations.migrate.state import MigrationState
from operations.migrate.step import Step, migrated, steps
from operations.output import say, write_json, write_lines
from settings.loading import load
from settings.migration import Migration

_REFERENCE = re.compile(r"\$\$|\$\(([A-Za-z_][A-Za-z0-9_]*)\)|[\\\"`$]")


def plan(root: Path, stack: str, subject: str, *, as_json: bool) -> int:
    """Show the Jobs of a service in the order they run, and whether each ran already. Raises SettingsError."""
    place, service = migrated(load(root, stack).stack, subject)
    found = steps(place, service)
    ran = {state.job: state for state in _on_cluster(root, place, found)}
    told = [_told(place, ran.get(step.job)) for step in found]
    if as_json:
        write_json({"stack": stack, "service": subject, "steps": [*map(_as_json, found, told)]})
    else:
        for number, (step, said) in enumerate(zip(found, told, strict=True), 1):
            write_lines(_lines(number, step, said))
    return Exit.OK


def dry_run(root: Path, stack: str, subject: str, *, script: bool) -> int:
    """Write what tells the state of a service's databases: Jobs for `kubectl create -f -`, or a shell script.

    Raises SettingsError, and Stop where no engine of the service has a dry run.
    """
    place, service = migrated(load(root, stack).stack, subject)
    migration = service.migration
    assert migration is not None  # noqa: S101 - for the type checker; `migrated` has looked
    found = [step for step in steps(place, service) if not step.backup]
    without = [step.database for step in found if not step.dry_run]
    if len(without) == len(found):
        raise Stop(Exit.FAULTS, f"{subject}: its engine has no dry run; give migration.dryRun a command")
    for database in without:
        say(f"warning: {subject}: no dry run of {database}: its engine has none, and migration.dryRun no command")
    if script:
        write_lines(_script(place, migration, [step for step in found if step.dry_run]))
        return Exit.OK
    jobs = (dry_run_job(place, service, step.database) for step in found)
    write_lines(["---\n".join(to_yaml(placed.manifest) for placed in jobs if placed is not None).rstrip("\n")])
    return Exit.OK


def _on_cluster(root: Path, place: Place, found: Sequence[Step]) -> list[MigrationState]:
    """Return how the Jobs are; nothing where the cluster cannot be asked, or Argo CD makes new ones for each sync."""
    if not place.direct:
        return []
    try:
        return observed(connect(place.cluster, root), found)
    except (ContextError, UnreachableError, ApiError):
        return []


def _told(place: Place, state: MigrationState | None) -> str:
    if not place.direct:
        return "runs with every sync of Argo CD"
    if state is None:
        return "not asked: the cluster cannot be reached"
    return "not yet" if state.status == "absent" else state.status


def _as_json(step: Step, said: str) -> dict[str, Any]:
    known = {"complete": True, "not yet": False, "pending": False, "running": False, "failed": False}
    return {**asdict(step), "status": said, "ran": known.get(said)}


def _lines(number: int, step: Step, said: str) -> Iterator[str]:
    wave = "" if step.wave is None else f", wave {step.wave}"
    yield f"{number}. {step.title}{wave}{f' ({step.engine})' if step.engine else ''}"
    rows = {
        "job": f"{step.namespace}/{step.job}",
        "image": step.image,
        "command": shlex.join(step.command),
        "dry run": shlex.join(step.dry_run) or ("" if step.backup else "none"),
        "schema": step.schema or ("" if step.backup else "the release says none"),
        "ran": said,
    }
    for title, value in rows.items():
        if value:
            first, *more = value.splitlines()
            rest = f" … (and {len(more)} lines: --json has them)" if more else ""
            yield f"   {title:<8} {first}{rest}"


def _script(place: Place, migration: Migration, found: Sequence[Step]) -> Iterator[str]:
    first = found[0]
    yield "#!/bin/sh"
    yield f"# Dry run of the migrations of {first.subject} on {place.stack.name}: nothing is migrated."
    yield f"# Run it in {first.image} with the keys of the secret {migration.secret} as variables."
    yield "set -eu"
    yield from _exports(migration.env)
    for step in found:
        yield f"echo {shlex.quote(f'== {step.database} ({step.engine})')}"
        yield shlex.join(step.dry_run)


def _exports(variables: Mapping[str, str]) -> Iterator[str]:
    for name, value in variables.items():
        yield f'export {name}="{_REFERENCE.sub(_in_shell, value)}"'


def _in_shell(found: re.Match[str]) -> str:
    """Return for the shell what Kubernetes expands in a variable: `$(KEY)`, and `$$` for a dollar."""
    if found[1]:
        return f"${{{found[1]}}}"
    return "\\$" if found[0] == "$$" else f"\\{found[0]}"
