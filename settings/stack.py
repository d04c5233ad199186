"""One stack: an environment and the systems as it has them."""

from dataclasses import dataclass

from settings.environment import Environment
from settings.system import System


@dataclass(frozen=True, slots=True)
class Stack:
    """What `load` returns: everything that decides which objects exist."""

    name: str
    environment: Environment
    systems: dict[str, System]
    """By name, in the order of the catalog's files."""
