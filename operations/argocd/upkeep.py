"""What an update by Pulumi does beside applying, done here where Argo CD applies.

Healthy versions are marked for a rollback to find, with room made for them, and ConfigMaps that no revision names any
more are deleted: Argo CD leaves them standing, since an earlier revision may come back to them.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from manifests.assembly import assemble
from manifests.placed import Place
from operations.api_server import ApiError, UnreachableError, connect_each
from operations.collect import collect
from operations.marks import mark
from operations.output import say
from settings.stack import Stack

_UNDER_WAY: Final = timedelta(minutes=15)
"""How long something may be under way that Argo CD applies, so that its ConfigMap is there and nothing names it yet."""


class Upkeep:
    """The clusters of a stack that can be asked; of the others a warning is all there is to say."""

    def __init__(self, root: Path, stack: Stack, systems: Collection[str]) -> None:
        self._stack = stack
        self._systems = {name: stack.systems[name] for name in systems if name in stack.systems}
        self._servers, silent = connect_each(stack.environment.clusters, root)
        for name, problem in silent.items():
            say(f"warning: {name}: {problem}; healthy versions are not marked there")

    def mark(self) -> None:
        """Mark what is healthy now."""
        self._mark(self._systems, replacing=False)

    def make_room(self, systems: Iterable[str]) -> None:
        """Mark what is healthy of systems that are to be synced now, and make room for it beside what comes."""
        self._mark(set(systems), replacing=True)

    def _mark(self, systems: Collection[str], *, replacing: bool) -> None:
        for cluster, server in self._servers.items():
            places = [Place(self._stack, one, cluster) for name, one in self._systems.items() if name in systems]
            try:
                mark(server, places, lambda _: replacing)
            except (ApiError, UnreachableError) as error:
                say(f"warning: {cluster}: {error}; healthy versions are not marked")

    def collect(self) -> int:
        """Delete the ConfigMaps that nothing names any more, and return how many there were."""
        found = 0
        for cluster, server in self._servers.items():
            assembled = assemble(self._stack, cluster)
            objects = [placed for name in self._systems for placed in assembled.get(name, ())]
            try:
                found += collect(server, objects, self._systems, made_before=_some_time_ago())
            except (ApiError, UnreachableError) as error:
                say(f"warning: {cluster}: {error}; old ConfigMaps stay for the next run")
        return found


def _some_time_ago() -> str:
    return (datetime.now(UTC) - _UNDER_WAY).strftime("%Y-%m-%dT%H:%M:%SZ")
