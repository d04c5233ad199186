"""Where a secret's values come from."""

from settings.environment import Environment
from settings.system import Secret

KEPT_AS_CIPHERTEXT = frozenset({"sealed", "generated"})
"""The sources whose values stand in files of the project, which only a cluster's controller opens."""


def source_of(environment: Environment, secret: Secret) -> str:
    """Return what a secret says of its source, else what its environment says."""
    return secret.source or environment.policies.secrets
