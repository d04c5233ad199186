"""Configuration as immutable ConfigMaps, named by what is in them.

New content is a new name, so a change rolls the pods, and an earlier revision that comes back still finds its own.
"""

import json
import re
from collections.abc import Iterable
from hashlib import sha256

from manifests.placed import Part, Place, Placed

_NOT_OF_KEYS = re.compile(r"[^-._a-zA-Z0-9]")
_LONGEST_KEY = 253


def content_name(prefix: str, owner: str, data: dict[str, str]) -> str:
    """Return `prefix` and eight hexadecimal digits of the content.

    `owner` says whose content it is: `a` with a sidecar `b`, and `a-b`, share a prefix and must not share a name.
    """
    canonical = json.dumps([owner, data], sort_keys=True, separators=(",", ":"))
    return f"{prefix}-{sha256(canonical.encode()).hexdigest()[:8]}"


def file_keys(paths: Iterable[str]) -> dict[str, str]:
    """Return the ConfigMap key of each path: the path in the letters that a key may have, numbered where two meet."""
    keys: dict[str, str] = {}
    taken: set[str] = set()
    for path in sorted(paths):
        wanted = _NOT_OF_KEYS.sub("_", path).strip("._")[-_LONGEST_KEY + 10 :] or "file"
        key, number = wanted, 2
        while key in taken:
            key, number = f"{wanted}.{number}", number + 1
        taken.add(key)
        keys[path] = key
    return keys


def config_map(
    place: Place, namespace: str, prefix: str, owner: str, data: dict[str, str], *, component: str, part: Part
) -> Placed:
    """Return the ConfigMap of `data`; the cluster keeps it when other content takes its place."""
    manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": content_name(prefix, owner, data),
            "namespace": namespace,
            "labels": place.labels(component, component),
        },
        "immutable": True,
        "data": data,
    }
    return Placed(manifest, part, component, kept=True, hashed=True)
