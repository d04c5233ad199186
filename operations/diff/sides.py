"""The two sides of a comparison: every object of each stack, by its own code, before and after."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from manifests.argocd.names import APPLICATIONS
from manifests.placed import Manifest
from operations.diff import elsewhere
from operations.diff.base import Base
from operations.diff.elsewhere import CODE, Failed, Outcome
from operations.diff.kept import Kept, fingerprint
from operations.diff.model import Objects, Subject
from operations.diff.reading import Folders
from operations.diff.worktree import checked_out
from operations.planned import folders as components
from operations.planned import planned
from settings.faults import Fault, SettingsError
from settings.loading import Loaded, check, load, stacks
from settings.sealed import GENERATED

_HERE: Final = Path(__file__).parents[2]
"""Where the code that runs is."""


@dataclass(frozen=True, slots=True)
class Side:
    """A stack of the work tree."""

    objects: Objects
    loaded: Loaded | None = None
    """As it was loaded; None where other code than this did that."""


def after(root: Path, wanted: Sequence[str]) -> dict[str, Side]:
    """Return the stacks of the work tree as it is, whether committed or not. Raises SettingsError for faults in it."""
    if (root / CODE).is_file() and root.resolve() != _HERE.resolve():
        # Another checkout than the one whose command this is.
        outcomes = elsewhere.render(root, wanted)
        return {stack: Side(objects_of(stack, _rendered(stack, outcome))) for stack, outcome in outcomes.items()}
    from manifests.tree import tree  # noqa: PLC0415 - all of `manifests`, which nothing else here needs

    known = check(root) if set(wanted) == set(stacks(root)) else _each(root, wanted)
    found: dict[str, Side] = {}
    for stack in wanted:
        made = tree(known[stack].stack)
        folders = {path: [placed.manifest for placed in members] for path, members in made.folders.items()}
        folders |= components(planned(known[stack].stack))
        # As it will be read from files: no tuples, no enumerations.
        found[stack] = Side(objects_of(stack, json.loads(json.dumps(folders)), made.shared), known[stack])
    return found


def _each(root: Path, wanted: Sequence[str]) -> dict[str, Loaded]:
    found: dict[str, Loaded] = {}
    faults: list[Fault] = []
    for stack in wanted:
        try:
            found[stack] = load(root, stack)
        except SettingsError as error:
            faults += error.faults
    if faults:
        raise SettingsError(dict.fromkeys(faults))
    return found


def _rendered(stack: str, outcome: Outcome) -> Folders:
    if isinstance(outcome, Failed):
        fault = Fault(f"Pulumi.{stack}.yaml", 0, "", f"the stack cannot be rendered: {outcome.reason}", "mend it first")
        raise SettingsError([fault])
    return outcome


def before(root: Path, base: Base, wanted: Sequence[str]) -> dict[str, Objects | Failed]:
    """Return the stacks of the base, each as its own code renders it, or why that is not possible.

    What the same files gave before is read again. Raises SettingsError where the base cannot be checked out.
    """
    kept = Kept(root, base.tree)
    given = {stack: fingerprint(root / GENERATED / stack) for stack in wanted}
    outcomes: dict[str, Outcome] = {}
    for stack in wanted:
        if (folders := kept.read(stack, given[stack])) is not None:
            outcomes[stack] = folders
    missing = [stack for stack in wanted if stack not in outcomes]
    if missing and not base.own_code and (root / CODE).is_file():
        outcomes |= dict.fromkeys(missing, Failed(f"it has no {CODE}"))
    elif missing:
        with checked_out(root, base.commit) as checkout:
            _lend_ciphertext(root, checkout / base.folder)
            made = elsewhere.render(checkout / base.folder, missing)
        outcomes |= made
        for stack, outcome in made.items():
            if not isinstance(outcome, Failed):
                kept.write(stack, given[stack], outcome)
    return {
        stack: outcome if isinstance(outcome, Failed) else objects_of(stack, outcome)
        for stack, outcome in outcomes.items()
    }


def _lend_ciphertext(root: Path, checkout: Path) -> None:
    """Let the base find what this machine made for a stack that generates its secrets: it belongs to no commit."""
    made, wanted = root / GENERATED, checkout / GENERATED
    if made.is_dir() and not wanted.exists():
        wanted.parent.mkdir(parents=True, exist_ok=True)
        wanted.symlink_to(made.resolve(), target_is_directory=True)


def objects_of(
    stack: str, folders: Mapping[str, Sequence[Manifest]], shared: Mapping[str, str] | None = None
) -> Objects:
    """Return every object of a stack's folders, those of a folder that clusters share once for each of them.

    Where nobody says which folders are `shared`, the Applications do: by their names and paths.
    """
    found: dict[Subject, Manifest] = {}
    for folder, members in folders.items():
        cluster, system = _place(folder)
        found |= {_subject(cluster, system, manifest): manifest for manifest in members}
    for own, other in (_shared(stack, folders) if shared is None else shared).items():
        cluster, system = _place(own)
        found |= {_subject(cluster, system, manifest): manifest for manifest in folders.get(other, ())}
    return found


def _subject(cluster: str, system: str, manifest: Manifest) -> Subject:
    metadata = manifest["metadata"]
    return Subject(cluster, system, manifest["kind"], str(metadata.get("namespace") or ""), str(metadata["name"]))


def _place(folder: str) -> tuple[str, str]:
    """Return the cluster and the system of a folder; of what Pulumi applies for Argo CD, `argocd` in its place."""
    cluster, *rest = folder.split("/")
    if rest[:1] == [APPLICATIONS] and len(rest) > 1:
        return cluster, rest[1]
    return cluster, rest[0] if rest else ""


def _shared(stack: str, folders: Mapping[str, Sequence[Manifest]]) -> dict[str, str]:
    """Return which folders are another cluster's, as the Applications have it: `<stack>-<cluster>-<system>-<part>`."""
    found: dict[str, str] = {}
    for folder, members in folders.items():
        if f"/{APPLICATIONS}/" not in folder:
            continue
        for manifest in members:
            path = str(((manifest.get("spec") or {}).get("source") or {}).get("path") or "")
            name = str(manifest["metadata"]["name"])
            _, slash, rest = path.partition("/")
            end = f"-{rest.replace('/', '-')}"
            if slash and name.startswith(f"{stack}-") and name.endswith(end):
                own = name[len(stack) + 1 : -len(end)]
                if own:
                    found[f"{own}/{rest}"] = path
    return found
