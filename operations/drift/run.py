"""`naru drift`: asks every cluster of a stack, tells what is not as it was rendered, and changes nothing."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

from operations import output
from operations.api_server import ApiError, ApiServer, ContextError, UnreachableError, connect
from operations.cluster_facts import resources
from operations.drift import telling
from operations.drift.look import Found, look
from operations.drift.unexpected import unexpected
from operations.drift.wanted import Wanted, by_cluster, published, wanted
from operations.exits import Exit, Stop
from operations.selection import chosen
from settings.loading import load
from settings.stack import Stack

DRIFTED: Final = 2
"""The exit code for drift."""

Source = Literal["files", "published"]


def drift(root: Path, name: str, named: Sequence[str], *, source: Source | None, form: str) -> int:
    """Compare, tell and return the exit code. Raises SettingsError and Stop."""
    stack = load(root, name).stack
    systems = chosen(stack, named)
    objects, told = _wanted(root, stack, list(systems), source)
    servers = _connected(root, stack)
    found: list[Found] = []
    try:
        for cluster, members in by_cluster(objects):
            served = resources(servers[cluster])
            found += look(servers[cluster], members, served)
            extra = unexpected(servers[cluster], members, served, list(systems))
            found += [Found(one, "unexpected") for one in extra]
    except (ApiError, UnreachableError) as error:
        raise Stop(Exit.REFUSED, f"refused: {error}") from None
    if form == "json":
        output.write_json(telling.data(name, told, found))
    else:
        text = (
            telling.markdown(name, told, found).splitlines() if form == "markdown" else telling.lines(name, told, found)
        )
        output.write_lines(text)
    if any(one.state not in ("same", "unknown") for one in found):
        return DRIFTED
    return Exit.FAILED if any(one.state == "unknown" for one in found) else Exit.OK


def _wanted(root: Path, stack: Stack, systems: list[str], source: Source | None) -> tuple[list[Wanted], str]:
    environment = stack.environment
    if source == "published" and not environment.by_argocd:
        raise Stop(Exit.USAGE, f"{stack.name} is not published: its delivery is {environment.delivery.value}")
    if (source or ("published" if environment.by_argocd else "files")) == "files":
        return wanted(stack, systems), "the files here"
    from operations.publishing.reading import published_files  # noqa: PLC0415 - asks Git, which the files need not

    files, commit = published_files(root, stack)
    return published(stack, systems, files), f"what {commit[:12]} published"


def _connected(root: Path, stack: Stack) -> dict[str, ApiServer]:
    servers, silent = {}, []
    for name, cluster in stack.environment.clusters.items():
        try:
            servers[name] = connect(cluster, root)
        except (ContextError, UnreachableError, ApiError) as error:
            silent.append(f"refused: {name}: {error}")
    if silent:
        raise Stop(Exit.REFUSED, *silent)
    return servers
