"""One stack: an environment, the systems as it has them, and the ciphertext of their secrets."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from settings.environment import Environment
from settings.sealed import Sealed
from settings.system import System


@dataclass(frozen=True, slots=True)
class Stack:
    """What `load` returns: everything that decides which objects exist."""

    name: str
    environment: Environment
    systems: dict[str, System]
    """By name, in the order of the catalog's files."""
    sealed: Mapping[str, Mapping[str, Sealed]] = field(default_factory=dict)
    """By system and secret, those that have a file."""
