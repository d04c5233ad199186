"""The tree of Parameter Store that a system has in each of its regions: names, never values."""

from collections.abc import Iterator
from dataclasses import dataclass

from manifests.aws.names import parameter_name
from manifests.aws.scope import Scope, placed, systems
from settings.stack import Stack

UNSET = "unset"
"""What a parameter says until somebody gives it a value: Parameter Store knows none without."""


@dataclass(frozen=True, slots=True)
class ParameterArgs:
    """One entry of the tree."""

    key: str
    """Its name below `/<system>/<stack>/`."""
    name: str
    secret: bool
    """Whether it is a SecureString."""
    description: str
    tags: dict[str, str]


@dataclass(frozen=True, slots=True)
class TreeArgs:
    """A tree of Parameter Store in one region."""

    parameters: tuple[ParameterArgs, ...]
    protect: bool = True

    @property
    def needs_key(self) -> bool:
        """Whether there is anything to encrypt."""
        return any(parameter.secret for parameter in self.parameters)


def parameters(stack: Stack) -> Iterator[tuple[Scope, TreeArgs]]:
    """Yield the tree of each system that has parameters, in each of its regions."""
    for system in systems(stack):
        for scope in placed(system):
            tree = tuple(_parameters(scope))
            if tree:
                yield scope, TreeArgs(tree, stack.environment.policies.protect_data)


def _parameters(scope: Scope) -> Iterator[ParameterArgs]:
    for key, parameter in scope.system_aws.parameters.items():
        name = parameter_name(scope, key)
        description = parameter.description or f"{key} of {scope.system_name} ({scope.stack.name})"
        yield ParameterArgs(key, name, parameter.secret, description, scope.tags(name))
