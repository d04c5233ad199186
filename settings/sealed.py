"""Sealed values as their files have them: ciphertext that only the Sealed Secrets controller of a cluster opens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

COMMITTED = "secrets"
"""The folder of the ciphertext that is committed: `secrets/<stack>/<system>.yaml`."""
GENERATED = ".naru/secrets"
"""The folder of the ciphertext that a stack of the tier `local` makes for itself."""


class Scope(StrEnum):
    """Under which name and namespace a ciphertext can be opened. Not who may read the Secret: that is RBAC."""

    STRICT = "strict"
    """Under the name and in the namespace it was sealed for."""
    NAMESPACE_WIDE = "namespace-wide"
    """Under any name in the namespace it was sealed for."""
    CLUSTER_WIDE = "cluster-wide"
    """Under any name in any namespace."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """One SealedSecret of a file."""

    name: str
    namespace: str
    scope: Scope
    values: Mapping[str, str]
    """Key to ciphertext, in base64 as kubeseal writes it."""
    file: str
    line: int
    lines: Mapping[str, int] = field(default_factory=dict)
    """The line of each key."""
    certificates: tuple[str, ...] = ()
    """The fingerprints of the certificates it was sealed for, sorted; none where kubeseal did not say."""
