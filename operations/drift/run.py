"""`naru drift`: asks every cluster of a stack, tells what is not as it was rendered, and changes nothing."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Final, Literal

from manifests.assembly import COMMON
from operations import output
from operations.api_server import ApiError, ApiServer, UnreachableError, connect_each
from operations.argocd.control import Applications
from operations.cluster_facts import resources
from operations.drift import telling
from operations.drift.look import DRIFT, Found, look
from operations.drift.pinned import Pins, pinned
from operations.drift.unexpected import Scope, unexpected
from operations.drift.wanted import Wanted, wanted
from operations.exits import Exit, Stop
from operations.selection import chosen
from operations.tally import one_line
from settings.faults import SettingsError
from settings.loading import load, stacks
from settings.stack import Stack

DRIFTED: Final = 2
"""The exit code for drift."""

Source = Literal["files", "published"]


@dataclass(frozen=True, slots=True)
class _Basis:
    """What the clusters are held against."""

    objects: list[Wanted]
    told: str
    unknown: list[Found]


def drift(
    root: Path, name: str, named: Sequence[str], *, source: Source | None, remote: str | None = None, form: str
) -> int:
    """Compare, tell and return the exit code. Raises SettingsError and Stop."""
    stack = load(root, name).stack
    systems = chosen(stack, named)
    from_branch = _from_branch(stack, source, remote)
    servers = _connected(root, stack)
    # Where none is named, what is left of a system that nothing renders any more is asked for as well.
    asked: Callable[[str], bool] = systems.__contains__ if named else lambda _: True
    elsewhere = cache(partial(namespaces_elsewhere, root, stack))
    try:
        basis = (
            _published(root, stack, servers, lambda system: asked(system) or system == COMMON, remote)
            if from_branch
            else _Basis(wanted(stack, systems), "the files here", [])
        )
        found = list(basis.unknown)
        for cluster, server in servers.items():
            members = [one for one in basis.objects if one.cluster == cluster]
            served = resources(server)
            found += look(server, members, served)
            found += unexpected(server, members, served, Scope(stack, cluster, asked, elsewhere))
    except (ApiError, UnreachableError) as error:
        raise Stop(Exit.REFUSED, f"refused: {error}") from None
    _tell(form, name, basis.told, found)
    if any(one.state in DRIFT for one in found):
        return DRIFTED
    return Exit.FAILED if any(one.state == "unknown" for one in found) else Exit.OK


def _from_branch(stack: Stack, source: Source | None, remote: str | None) -> bool:
    environment = stack.environment
    if source == "published" and not environment.by_argocd:
        raise Stop(Exit.USAGE, f"{stack.name} is not published: its delivery is {environment.delivery.value}")
    from_branch = (source or ("published" if environment.by_argocd else "files")) == "published"
    if remote is not None and not from_branch:
        raise Stop(Exit.USAGE, "--remote says where the branch is, and the files here are what is held against")
    return from_branch


def _published(
    root: Path, stack: Stack, servers: Mapping[str, ApiServer], asked: Callable[[str], bool], remote: str | None
) -> _Basis:
    from operations.publishing.reading import published_branch  # noqa: PLC0415 - asks Git, which the files need not

    argocd = stack.environment.argocd
    applications = argocd and Applications(servers[stack.environment.primary], stack, argocd)

    def pins_of(system: str) -> Pins:
        try:
            _, children = applications.of(system) if applications else (None, [])
        except ApiError as error:
            return Pins(silent=f"Argo CD cannot be asked: {one_line(str(error))}")
        return Pins({child.name: child.target for child in children})

    with published_branch(root, stack, remote=remote) as branch:
        basis = pinned(branch, stack, asked, pins_of)
    unknown = [Found(one, "unknown", reason=reason) for one, reason in basis.unknown]
    return _Basis(basis.objects, basis.told, unknown)


def namespaces_elsewhere(root: Path, stack: Stack) -> Collection[str] | None:
    """Return the namespaces of the other stacks; None where one has a cluster of ours, or cannot be read."""
    contexts = {cluster.context for cluster in stack.environment.clusters.values()}
    found: set[str] = set()
    for name in stacks(root):
        if name == stack.name:
            continue
        try:
            other = load(root, name).stack
        except SettingsError:
            return None
        if contexts & {cluster.context for cluster in other.environment.clusters.values()}:
            return None
        found |= {system.namespace_name(key) for system in other.systems.values() for key in system.namespaces}
    return frozenset(found)


def _connected(root: Path, stack: Stack) -> dict[str, ApiServer]:
    servers, silent = connect_each(stack.environment.clusters, root)
    if silent:
        raise Stop(Exit.REFUSED, *(f"refused: {name}: {problem}" for name, problem in silent.items()))
    return servers


def _tell(form: str, name: str, told: str, found: Sequence[Found]) -> None:
    if form == "json":
        output.write_json(telling.data(name, told, found))
    elif form == "markdown":
        output.write_lines(telling.markdown(name, told, found).splitlines())
    else:
        output.write_lines(telling.lines(name, told, found))
