"""What should run where Argo CD delivers: of each system the commits that its Applications are pinned to.

A release that is published and not synced yet is no drift: what is live is beside it as it was published before.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from manifests.argocd.names import APPLICATIONS
from manifests.assembly import COMMON
from manifests.placed import Manifest
from operations.drift.wanted import Wanted, of_application
from settings.stack import Stack

Files = Mapping[str, Manifest]
"""Path to object."""


class Branch(Protocol):
    """A branch of rendered files."""

    tip: str

    def has(self, commit: str) -> bool:
        """Tell whether a commit is one of the branch."""

    def files(self, commit: str) -> Files:
        """Return every object of a commit."""


@dataclass(frozen=True, slots=True)
class Pins:
    """What a system's Applications in the cluster are pinned to."""

    commits: Mapping[str, str] = field(default_factory=dict)
    """By the name of the Application."""
    silent: str = ""
    """Why they could not be asked."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """What should run, and how that was found out."""

    objects: list[Wanted]
    told: str
    unknown: list[tuple[Wanted, str]]
    """A cluster each that the settings do not have, and what to say of it."""


@dataclass(frozen=True, slots=True)
class _Taken:
    """One Application as the commit has it that it is read from."""

    system: str
    commit: str
    manifest: Manifest
    why: str = ""
    """Why that is the newest commit, where nothing says that it should run."""


def pinned(branch: Branch, stack: Stack, asked: Callable[[str], bool], pins_of: Callable[[str], Pins]) -> Pinned:
    """Return what should run of the `asked` systems, on the clusters that their Applications name.

    Argo CD is asked for the systems that the stack or the newest commit has.
    """
    newest = applications_in(branch.files(branch.tip))
    systems = [system for system in dict.fromkeys((*newest, *stack.systems, COMMON)) if asked(system)]
    taken = [one for system in systems for one in _taken(branch, system, newest.get(system, {}), pins_of(system))]
    objects: list[Wanted] = []
    strange: dict[str, list[_Taken]] = {}
    for one in taken:
        cluster = _cluster(stack, one)
        if cluster is None:
            strange.setdefault(one.manifest["spec"]["destination"].get("name", ""), []).append(one)
        else:
            objects += of_application(cluster, one.system, one.manifest, branch.files(one.commit))
    return Pinned(objects, _told(branch.tip, taken), [_strange(*item) for item in strange.items()])


def applications_in(files: Files) -> dict[str, dict[str, Manifest]]:
    """Return the Applications of each system that parents read, by name."""
    found: dict[str, dict[str, Manifest]] = {}
    for path, manifest in files.items():
        steps = path.split("/")
        if len(steps) > 3 and steps[1] == APPLICATIONS and manifest["kind"] == "Application":
            found.setdefault(steps[2], {})[manifest["metadata"]["name"]] = manifest
    return found


def _taken(branch: Branch, system: str, newest: Mapping[str, Manifest], pins: Pins) -> Iterator[_Taken]:
    commits = set(pins.commits.values())
    if not commits:
        why = pins.silent or "not synced yet"
        yield from (_Taken(system, branch.tip, one, why) for one in newest.values())
    elif len(commits) == 1 and branch.has(commit := next(iter(commits))):
        # All of them, so that one which somebody deleted is missed with what it deployed.
        found = applications_in(branch.files(commit)).get(system, {})
        yield from (_Taken(system, commit, one) for one in found.values())
    else:
        # In the middle of a sync: a wave is at the new commit, and the next one at the one before.
        for name, commit in pins.commits.items():
            known = branch.has(commit)
            at = commit if known else branch.tip
            one = applications_in(branch.files(at)).get(system, {}).get(name)
            if one is not None:
                yield _Taken(system, at, one, "" if known else f"its Application is at {commit[:12] or 'nothing'}")


def _cluster(stack: Stack, one: _Taken) -> str | None:
    """Return the cluster that an Application delivers to: by its context, and by its name where several have that."""
    context = one.manifest["spec"]["destination"].get("name")
    known = [name for name, cluster in stack.environment.clusters.items() if cluster.context == context]
    name = one.manifest["metadata"]["name"]
    own = [cluster for cluster in known if name.startswith(f"{stack.name}-{cluster}-{one.system}-")]
    return next(iter((*own, *known)), None)


def _strange(context: str, taken: Sequence[_Taken]) -> tuple[Wanted, str]:
    manifest: Manifest = {"apiVersion": "", "kind": "Cluster", "metadata": {"name": context}}
    systems = ", ".join(dict.fromkeys(one.system for one in taken))
    return Wanted(
        context, "", manifest
    ), f"no cluster of the settings has this context, and {systems} is published to it"


def _told(tip: str, taken: Iterable[_Taken]) -> str:
    of_commits: dict[tuple[str, str], dict[str, None]] = {}
    for one in taken:
        of_commits.setdefault((one.commit, one.why), {})[one.system] = None
    newer = "" if not of_commits or any(commit == tip for commit, _ in of_commits) else f" ({tip[:12]} is newer)"
    if len(of_commits) == 1:
        ((commit, why),) = of_commits
        return (
            f"what {commit[:12]} published{newer}" if not why else f"what {commit[:12]}, the newest, published: {why}"
        )
    parts = [
        f"{commit[:12]} of {', '.join(systems)}{f' (the newest: {why})' if why else ''}"
        for (commit, why), systems in of_commits.items()
    ]
    return f"what was published: {'; '.join(parts)}{newer}" if parts else f"what {tip[:12]} published"
