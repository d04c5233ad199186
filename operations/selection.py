"""Which resources a command is about, when systems are named: by the logical names that components give."""

from collections.abc import Iterable, Sequence

from settings.faults import Fault, SettingsError, did_you_mean
from settings.stack import Stack
from settings.system import System


def chosen(stack: Stack, names: Sequence[str]) -> dict[str, System]:
    """Return the enabled systems of these names, in the stack's order, or all of them. Raises SettingsError."""
    enabled = {name: system for name, system in stack.systems.items() if system.enabled}
    unknown = [name for name in dict.fromkeys(names) if name not in enabled]
    if unknown:
        place = f"stack {stack.name}"
        raise SettingsError(
            Fault(place, 0, name, "no such system, or not enabled", did_you_mean(name, enabled)) for name in unknown
        )
    return {name: system for name, system in enabled.items() if not names or name in names}


def others(stack: Stack, systems: Iterable[str], deployed: Iterable[str] = ()) -> list[str]:
    """Return what to exclude from an update of some systems: the URNs of all others, `deployed` ones of old included.

    Excluding, rather than targeting, keeps what systems share (providers, issuers) in the update; and a dependency on
    something that is not there yet is no error.
    """
    wanted = set(systems)
    if wanted.issuperset(name for name, system in stack.systems.items() if system.enabled):
        return []
    return urns(stack, (name for name in dict.fromkeys((*stack.systems, *deployed)) if name not in wanted))


def urns(stack: Stack, systems: Iterable[str]) -> list[str]:
    """Return patterns for the URNs of systems on every cluster: the component, its own objects, its children."""
    return [
        f"**::{cluster}/{system}{rest}"
        for system in systems
        for cluster in stack.environment.clusters
        for rest in ("", ":**", "/**")
    ]
