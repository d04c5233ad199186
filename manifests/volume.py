"""The volumes of one pod, and where its containers mount them."""

import re
from functools import lru_cache

from manifests.placed import Manifest
from settings.service import Volume

# Room for lock files, sockets and small caches; whoever needs more declares a scratch volume of its own.
WRITABLE_LIMIT = "64Mi"

_NOT_OF_NAMES = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME = 63


@lru_cache(maxsize=4096)
def volume_name(text: str) -> str:
    """Return a path or name in the letters of a volume's name; the end of what is too long tells more."""
    return _NOT_OF_NAMES.sub("-", text.lower()).strip("-")[-_LONGEST_NAME:].strip("-") or "root"


class Volumes:
    """Collects the volumes of one pod, each under a name of its own."""

    manifests: list[Manifest]

    def __init__(self) -> None:
        self.manifests = []
        self._names: set[str] = set()

    def reserve(self, wanted: str) -> str:
        """Take a name that no other volume of the pod has: the wanted one, numbered where it is taken."""
        name, number = wanted, 2
        while name in self._names:
            name, number = f"{wanted[: _LONGEST_NAME - 4]}-{number}", number + 1
        self._names.add(name)
        return name

    def add(self, wanted: str, source: Manifest) -> str:
        """Add a volume and return its name."""
        name = self.reserve(wanted)
        self.manifests.append({"name": name, **source})
        return name


def claim_name(component: str, volume: str) -> str:
    """Return the name of the claim behind a service's own volume."""
    return f"{component}-{volume}"


def volume_source(component: str, name: str, volume: Volume) -> Manifest:
    """Return what is behind a declared volume: a claim, or space that goes with the pod."""
    if volume.scratch is not None:
        empty: Manifest = {"sizeLimit": volume.scratch.limit}
        if volume.scratch.memory:
            empty["medium"] = "Memory"
        return {"emptyDir": empty}
    claim = claim_name(component, name) if volume.shared_claim is None else volume.shared_claim
    source: Manifest = {"claimName": claim}
    if reads_only(volume):
        source["readOnly"] = True
    return {"persistentVolumeClaim": source}


def reads_only(volume: Volume) -> bool:
    """Whether the volume's claim lets nobody write."""
    return volume.claim is not None and volume.claim.access_mode == "ReadOnlyMany"
