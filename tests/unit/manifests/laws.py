"""What holds for the objects of every stack, as functions that return what breaks it: nothing where all is well."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from manifests.placed import Manifest, Placed
from manifests.text import file_name
from settings.types import canonical_quantity

Assembled = dict[str, tuple[Placed, ...]]
"""What `manifests.assembly.assemble` returns."""

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(rf"{_LABEL.pattern}(\.{_LABEL.pattern})*")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
# Their names are hosts, or values of labels that controllers write; the others have 253 characters.
_LABELS = {"Namespace", "Service", "Deployment", "StatefulSet", "Gateway", "Job"}
POD_OWNERS = {"Deployment", "StatefulSet", "Job"}
_POD_NAME = "statefulset.kubernetes.io/pod-name"


def names(assembled: Assembled) -> Iterator[str]:
    """Each object of a cluster has a name of its own, and each a file of its own in its part."""
    objects = list(_all(assembled))
    for reference, count in Counter(placed.reference for placed in objects).items():
        if count > 1:
            yield f"{reference}: {count} times"
    for system, found in assembled.items():
        for file, count in Counter((placed.part, file_name(placed.manifest)) for placed in found).items():
            if count > 1:
                yield f"{system}: {count} times the file {file}"


def spelling(assembled: Assembled) -> Iterator[str]:
    """Names are DNS labels or subdomains of the length that their kind may have, and labels are what labels may be."""
    for placed in _all(assembled):
        metadata = placed.manifest["metadata"]
        shape, longest = (_LABEL, 63) if placed.manifest["kind"] in _LABELS else (_SUBDOMAIN, 253)
        found = [(metadata["name"], shape, longest)]
        labels = [metadata["labels"], _template(placed.manifest).get("metadata", {}).get("labels", {})]
        found += [(value, _LABEL_VALUE, 63) for some in labels for value in some.values()]
        spec = _pod(placed.manifest)
        found += [(volume["name"], _LABEL, 63) for volume in spec.get("volumes", ())]
        for container in spec.get("containers", ()):
            found.append((container["name"], _LABEL, 63))
            found += [(port["name"], _LABEL, 15) for port in container.get("ports", ())]
        for text, wanted, most in found:
            if len(text) > most or wanted.fullmatch(text) is None:
                yield f"{placed.reference}: {text!r}"


def selectors(assembled: Assembled) -> Iterator[str]:
    """A selector carries no version, and finds the pods of its own workload: all of them and no other's."""
    pods = [(placed, _pod_labels(placed)) for placed in _all(assembled) if _template(placed.manifest)]
    for placed in _all(assembled):
        own = {workload.reference for workload, _ in pods if _belongs(placed, workload)}
        for selector in _selectors(placed.manifest):
            if any("version" in key or "hash" in key for key in selector):
                yield f"{placed.reference}: selects by version"
            found = {
                workload.reference
                for workload, labels in pods
                if _home(workload)[0] == _home(placed)[0] and selector.items() <= labels.items()
            }
            if found != own or (len(found) != 1 and not _for_jobs(placed)):
                yield f"{placed.reference}: selects {sorted(found)}, not {sorted(own)}"


def order(assembled: Assembled) -> Iterator[str]:
    """What an object comes after precedes it in its system."""
    for objects in assembled.values():
        seen: set[str] = set()
        for placed in objects:
            yield from (f"{placed.reference}: comes after {needed}" for needed in placed.after if needed not in seen)
            seen.add(placed.reference)


def hardening(assembled: Assembled) -> Iterator[str]:
    """A container that runs on has three probes, requests and limits, and no right that it could do without."""
    rights = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    for placed in _all(assembled):
        spec = _pod(placed.manifest)
        if spec and spec.get("automountServiceAccountToken") is not False:
            yield f"{placed.reference}: mounts a token"
        for container in (*spec.get("initContainers", ()), *spec.get("containers", ())):
            at = f"{placed.reference}: {container['name']}"
            probes = () if placed.manifest["kind"] == "Job" else ("startup", "readiness", "liveness")
            yield from (f"{at}: no {kind}Probe" for kind in probes if f"{kind}Probe" not in container)
            resources = container.get("resources", {})
            if not {"cpu", "memory"} <= resources.get("requests", {}).keys():
                yield f"{at}: requests {resources.get('requests')}"
            if "memory" not in resources.get("limits", {}):
                yield f"{at}: limits {resources.get('limits')}"
            context = container.get("securityContext", {})
            yield from (
                f"{at}: {right} is {context.get(right)}"
                for right, least in rights.items()
                if context.get(right) != least
            )
            if context.get("privileged"):
                yield f"{at}: privileged"


def quantities(assembled: Assembled) -> Iterator[str]:
    """Quantities are spelled as the API server spells them."""
    for placed in _all(assembled):
        for quantity in _quantities(placed.manifest):
            if not isinstance(quantity, str) or canonical_quantity(quantity) != quantity:
                yield f"{placed.reference}: {quantity!r}"


def counts(assembled: Assembled) -> Iterator[str]:
    """Whoever counts pods is one: the workload itself, or an autoscaler."""
    targets = {
        ("Deployment", placed.manifest["metadata"]["namespace"], placed.manifest["spec"]["scaleTargetRef"]["name"])
        for placed in _all(assembled)
        if placed.manifest["kind"] == "HorizontalPodAutoscaler"
    }
    for placed in _all(assembled):
        if placed.manifest["kind"] in {"Deployment", "StatefulSet"}:
            metadata = placed.manifest["metadata"]
            scaled = (placed.manifest["kind"], metadata["namespace"], metadata["name"]) in targets
            if scaled == ("replicas" in placed.manifest["spec"]):
                yield f"{placed.reference}: counted by {'two' if scaled else 'nobody'}"


def annotations(assembled: Assembled) -> Iterator[str]:
    """Annotations for Pulumi stand on no object; only for stacks that Pulumi does not apply itself."""
    for placed in _all(assembled):
        for metadata in (placed.manifest["metadata"], _template(placed.manifest).get("metadata", {})):
            found = (key for key in metadata.get("annotations", {}) if key.startswith("pulumi.com/"))
            yield from (f"{placed.reference}: {key}" for key in found)


def _all(assembled: Assembled) -> Iterable[Placed]:
    return (placed for objects in assembled.values() for placed in objects)


def _home(placed: Placed) -> tuple[str, str]:
    metadata = placed.manifest["metadata"]
    return metadata.get("namespace", ""), metadata["labels"]["app.kubernetes.io/part-of"]


def _belongs(placed: Placed, workload: Placed) -> bool:
    of_jobs = workload.manifest["kind"] == "Job"
    owner = f"{placed.component}-migrate" if _for_jobs(placed) else placed.component
    return _for_jobs(placed) == of_jobs and (_home(workload), workload.component) == (_home(placed), owner)


def _for_jobs(placed: Placed) -> bool:
    """Tell whether a policy is for the Jobs of a service, not for its long-running pods."""
    metadata = placed.manifest["metadata"]
    return (placed.manifest["kind"], metadata["name"]) == ("NetworkPolicy", f"{placed.component}-migrate")


def _template(manifest: Manifest) -> Manifest:
    """Return the template of the pods that an object makes; the one of a SealedSecret is for a Secret."""
    found: Manifest = manifest["spec"]["template"] if manifest["kind"] in POD_OWNERS else {}
    return found


def _pod(manifest: Manifest) -> Manifest:
    found: Manifest = _template(manifest).get("spec", {})
    return found


def _pod_labels(placed: Placed) -> dict[str, str]:
    labels: dict[str, str] = dict(_template(placed.manifest)["metadata"]["labels"])
    if placed.manifest["kind"] == "StatefulSet":
        labels[_POD_NAME] = f"{placed.manifest['metadata']['name']}-0"  # as its controller labels the first pod
    return labels


def _selectors(manifest: Manifest) -> Iterator[dict[str, str]]:
    """Yield the selectors by which an object finds pods, but for those that mean all of them or those of others."""
    spec, kind = manifest.get("spec", {}), manifest["kind"]
    if kind == "Service" and "selector" in spec:
        yield spec["selector"]
    elif kind in {"Deployment", "StatefulSet", "PodDisruptionBudget"}:
        yield spec["selector"]["matchLabels"]
    elif kind in {"NetworkPolicy", "CiliumNetworkPolicy"}:
        labels = (spec.get("podSelector") or spec.get("endpointSelector") or {}).get("matchLabels", {})
        if any(key.startswith("app.kubernetes.io/") for key in labels):
            yield labels
    pod = _pod(manifest)
    terms = list(pod.get("topologySpreadConstraints", ()))
    for kind_of_term in pod.get("affinity", {}).get("podAntiAffinity", {}).values():
        terms += (term.get("podAffinityTerm", term) for term in kind_of_term)
    yield from (term["labelSelector"]["matchLabels"] for term in terms)


def _quantities(data: Any, key: str = "") -> Iterator[Any]:
    """Yield the values of maps that have nothing but quantities, and the limits of volumes."""
    if isinstance(data, dict):
        if key in {"requests", "limits", "hard", "default", "defaultRequest"}:
            yield from data.values()
        else:
            for name, value in data.items():
                if name == "sizeLimit":
                    yield value
                yield from _quantities(value, name)
    elif isinstance(data, list):
        for value in data:
            yield from _quantities(value)
