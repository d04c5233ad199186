"""Which Secret and key a pod waits for, where the kubelet's own words leave one of them out. Pure.

The kubelet names both only for a variable (`couldn't find key K in Secret NS/NAME`). Of a volume it says
`references non-existent secret key: K` without the Secret, of a Secret that is not there `secret "NAME" not found`
without a key (`pkg/kubelet/kubelet_pods.go`, `pkg/volume/secret` and `pkg/volume/projected` of Kubernetes 1.36).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

_KEY: Final = re.compile(r'volume "(?P<volume>[^"]+)".*references non-existent secret key: (?P<key>\S+)', re.DOTALL)
_SECRET: Final = re.compile(r'\bsecrets? "(?P<name>[^"]+)" not found')


def naming_secret(pod: Mapping[str, Any], said: str) -> str:
    """Return what is said of a pod with the Secret and key it waits for; unchanged where they are not what is wrong."""
    namespace, spec = pod["metadata"].get("namespace", ""), pod.get("spec") or {}
    if found := _KEY.search(said):
        names = [name for volume, name, keys in _volumes(spec) if volume == found["volume"] and found["key"] in keys]
        return f"{said} (no key {found['key']} in Secret {namespace}/{names[0]})" if names else said
    if found := _SECRET.search(said):
        keys = ", ".join(dict.fromkeys(_keys(spec, found["name"])))
        needed = f", of which it reads {keys}" if keys else ""
        return f"{said} (Secret {namespace}/{found['name']}{needed})"
    return said


def _volumes(spec: Mapping[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    """Yield the volumes that are made of a Secret: volume, Secret and the keys it names."""
    for volume in spec.get("volumes") or ():
        sources = (volume.get("projected") or {}).get("sources") or [volume]
        for source in sources:
            secret = source.get("secret") or {}
            if name := secret.get("secretName") or secret.get("name"):
                yield volume["name"], name, [item["key"] for item in secret.get("items") or ()]


def _keys(spec: Mapping[str, Any], secret: str) -> Iterator[str]:
    for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        for variable in container.get("env") or ():
            reference = (variable.get("valueFrom") or {}).get("secretKeyRef") or {}
            if reference.get("name") == secret:
                yield reference["key"]
    for _, name, keys in _volumes(spec):
        if name == secret:
            yield from keys
