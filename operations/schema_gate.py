"""Whether a release goes back to code older than the schema: what databases have reached, and where it is written."""

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from settings.faults import Fault, SettingsError
from settings.loaded import Loaded
from settings.release_order import Regression, going_back
from settings.source import parse
from settings.types import SchemaVersion, schema_order

Reached = dict[tuple[str, str, str], str]
"""The version of each database's schema, by system, service and database."""

_VERSION: TypeAdapter[str] = TypeAdapter(SchemaVersion)


def older_code(loaded: Loaded, reached: Mapping[tuple[str, str, str], str]) -> list[Fault]:
    """Return a fault for each database whose service goes back below what it has reached, where the release says so."""
    return [_fault(loaded, found) for found in going_back(loaded.stack, reached)]


def _fault(loaded: Loaded, found: Regression) -> Fault:
    image = ("services", found.service, "image")
    service = loaded.stack.systems[found.system].services[found.service]
    key = "needsSchema" if found.database in service.image.needs_schema else "runsOnSchema"
    position, path = loaded.merged[found.system].locate((*image, key, found.database))
    return Fault(
        *position,
        path,
        f"the image of {found.system}/{found.service} runs on version {found.needs} of {found.database}, "
        f"which is at {found.reached}",
        f"release an image that needs {found.reached}, or, if this one was seen to run on it, add "
        f"runsOnSchema: {{ {found.database}: {found.reached} }} beside needsSchema; "
        "--accept-older-code lets it pass this once",
    )


def at_revision(root: Path, revision: str, stack: str) -> Reached:
    """Return what a stack's release said at a revision of Git: the schema that its databases then have.

    Empty where there was no such file. Raises SettingsError where the revision cannot be read.
    """
    file = f"releases/{stack}.yaml"
    if not _git(root, "ls-tree", "--name-only", revision, "--", file).strip():
        return {}
    named = f"{revision}:{file}"
    return recorded(parse(_git(root, "show", f"{revision}:./{file}"), named).data, named)


def known_revision(root: Path, revision: str) -> str:
    """Return the commit that a revision names. Raises SettingsError for what is no repository or no commit."""
    try:
        _git(root, "rev-parse", "--git-dir")
    except SettingsError:
        fault = Fault("--base", 0, "", f"{root} is not in a Git repository", "a base is a commit, branch or tag of one")
        raise SettingsError([fault]) from None
    try:
        return _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").strip()
    except SettingsError:
        fault = Fault("--base", 0, "", f'no commit "{revision}" in this repository', "fetch it first, if it is remote")
        raise SettingsError([fault]) from None


def recorded(release: Mapping[str, Any], file: str) -> Reached:
    """Return what the data of a release file say of each database: the newer of what is needed and accepted.

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
        for service, image in services.items() if isinstance(services, Mapping) else ():
            for key in ("needsSchema", "runsOnSchema") if isinstance(image, Mapping) else ():
                versions = image.get(key)
                for database, version in versions.items() if isinstance(versions, Mapping) else ():
                    yield (system, service, database), version


def _git(root: Path, *words: str) -> str:
    try:
        ended = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        fault = Fault("--base", 0, "", "git is not installed", "it is needed to read the base")
        raise SettingsError([fault]) from None
    if ended.returncode:
        said = ended.stderr.strip().splitlines()
        fault = Fault("--base", 0, "", f"git {words[0]}: {said[-1] if said else 'failed'}", "")
        raise SettingsError([fault])
    return ended.stdout
