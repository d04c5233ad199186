"""Whether a release goes back to code older than the schema: what databases have reached, and where it is written."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from operations.revisions import ask, commit_of, folder_in, unfit
from settings.faults import Fault, SettingsError, quoted
from settings.loaded import Loaded
from settings.release_order import Regression, going_back, versions
from settings.source import parse
from settings.types import SchemaVersion, schema_order

Reached = dict[tuple[str, str, str], str]
"""The version of each database's schema, by system, service and database."""

_VERSION: TypeAdapter[str] = TypeAdapter(SchemaVersion)


def older_code(loaded: Loaded, reached: Mapping[tuple[str, str, str], str]) -> list[Fault]:
    """Return a fault for each database whose service goes back below what it has reached, where the release says so."""
    return [_fault(loaded, found) for found in going_back(loaded.stack, reached)]


def _fault(loaded: Loaded, found: Regression) -> Fault:
    said = ("services", found.service, *found.said)
    if not found.needs:
        position, path = loaded.merged[found.system].locate((*said, "tag"))
        return Fault(
            *position,
            path,
            f"the release says no more which version of {found.database} the image of {found.system}/{found.service} "
            f"needs, and the database is at {found.reached}",
            f"add needsSchema: {{ {found.database}: … }}; --accept-older-code lets it pass this once",
        )
    version = versions(loaded.stack.systems[found.system].services[found.service])[found.said]
    key = "needsSchema" if found.database in version.needs_schema else "runsOnSchema"
    position, path = loaded.merged[found.system].locate((*said, key, found.database))
    return Fault(
        *position,
        path,
        f"the image of {found.system}/{found.service} runs on version {found.needs} of {found.database}, "
        f"which is at {found.reached}",
        f"release an image that needs {found.reached}, or, if this one was seen to run on it, add "
        f"runsOnSchema: {{ {found.database}: {found.reached} }} beside needsSchema; "
        "--accept-older-code lets it pass this once",
    )


def known_revision(root: Path, revision: str) -> str:
    """Return the commit that a revision names. Raises SettingsError for what is no repository or no commit."""
    folder_in(root)
    commit = commit_of(root, revision)
    if not commit:
        found = f"no commit {quoted(revision)} in this repository"
        raise unfit(found, "fetch it first, if it is remote")
    return commit


def at_revision(root: Path, commit: str, stack: str) -> Reached:
    """Return what a stack's release said at a commit: the schema that its databases have since then.

    Empty where there was no such file. Raises SettingsError for one that cannot be used.
    """
    file = f"releases/{stack}.yaml"
    listed = ask(root, "ls-tree", "--name-only", commit, "--", file)
    if not listed.code and not listed.output:
        return {}
    named = f"{commit[:12]}:{file}"
    ended = ask(root, "show", f"{commit}:./{file}")
    if ended.code:  # a partial clone may lack it
        found = f"git cannot show {named}"
        raise unfit(found, "fetch it first")
    return recorded(parse(ended.text, named).data, named)


def recorded(release: Mapping[str, Any], file: str) -> Reached:
    """Return what the data of a release file say of each database: the newest of what is needed and accepted.

    Raises SettingsError for a version that is none.
    """
    reached: Reached = {}
    for place, version in _entries(release):
        try:
            found = _VERSION.validate_python(version)
        except ValidationError:
            fault = Fault(file, 0, ".".join(place), f"{version!r} is no version of a schema", "expected 7 or 2.1")
            raise SettingsError([fault]) from None
        reached[place] = max(reached.get(place, found), found, key=schema_order)
    return reached


def _entries(release: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str, str], object]]:
    for system, services in release.items():
        for service, released in services.items() if isinstance(services, Mapping) else ():
            for version in _released(released) if isinstance(released, Mapping) else ():
                for key in ("needsSchema", "runsOnSchema"):
                    schemas = version.get(key)
                    for database, schema in schemas.items() if isinstance(schemas, Mapping) else ():
                        yield (system, service, database), schema


def _released(release: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield each version that a service's release has, as it stands in the file."""
    colors = release.get("colors")
    second = [release.get("canary"), *(colors.values() if isinstance(colors, Mapping) else ())]
    yield release
    yield from (version for version in second if isinstance(version, Mapping))
