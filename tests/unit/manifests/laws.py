"""What holds for the objects of every stack, as functions that return what breaks it: nothing where all is well."""

import re
from collections import Counter, defaultdict
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
_LABELS = {"Namespace", "Service", "Deployment", "Rollout", "StatefulSet", "Gateway", "Job"}
POD_OWNERS = {"Deployment", "Rollout", "StatefulSet", "Job"}
_ROUTES = {"Ingress", "HTTPRoute", "VirtualService"}
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
        for selector in _selectors(placed.manifest):
            if any("version" in key or "hash" in key for key in selector):
                yield f"{placed.reference}: selects by version"
            found = {
                workload.reference
                for workload, labels in pods
                if _home(workload)[0] == _home(placed)[0] and selector.items() <= labels.items()
            }
            meant = _meant(placed, [workload for workload, _ in pods])
            if found not in meant:
                yield f"{placed.reference}: selects {sorted(found)}, not {' or '.join(map(str, map(sorted, meant)))}"


def managed(assembled: Assembled) -> Iterator[str]:
    """A Service that a Rollout manages has no selector of ours, and precedes it; every other has one."""
    for objects in assembled.values():
        named = {reference for placed in objects for reference in _managed_by(placed)}
        seen: set[str] = set()
        for placed in objects:
            spec = placed.manifest.get("spec", {})
            if placed.manifest["kind"] == "Service" and spec["type"] == "ClusterIP":
                if placed.reference in named and "selector" in spec:
                    yield f"{placed.reference}: has a selector of ours, and a Rollout manages it"
                if placed.reference not in named and "selector" not in spec:
                    yield f"{placed.reference}: has no selector, and no Rollout manages it"
            yield from (
                f"{placed.reference}: precedes {needed}" for needed in _managed_by(placed) if needed not in seen
            )
            seen.add(placed.reference)


def handed_over(assembled: Assembled) -> Iterator[str]:
    """What leads to a Deployment comes after it; what leads to a Rollout stands before it, whichever strategy it has.

    A Rollout comes after routes only where it divides its traffic by them.
    """
    known: defaultdict[tuple[object, str], list[Placed]] = defaultdict(list)
    for placed in _all(assembled):
        if placed.manifest["kind"] in {"Deployment", "Rollout"}:
            known[_home(placed), placed.component].append(placed)
    begun: set[tuple[object, str]] = set()
    for placed in _all(assembled):
        key = (_home(placed), placed.component)
        if placed.manifest["kind"] == "Rollout":
            begun.add(key)
            routes = {needed for needed in placed.after if needed.split("/")[0] in _ROUTES}
            if bool(routes) != ("trafficRouting" in placed.manifest["spec"]["strategy"].get("canary", {})):
                yield f"{placed.reference}: comes after {sorted(routes)}"
        elif placed.manifest["kind"] in {"Service", *_ROUTES} and known[key]:
            if known[key][0].manifest["kind"] == "Rollout":
                if key in begun or known[key][0].reference in placed.after:
                    yield f"{placed.reference}: stands after the Rollout"
            elif not any(workload.reference in placed.after for workload in known[key]):
                yield f"{placed.reference}: comes after no workload"


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
    allowed = {
        (subject["namespace"], subject["name"])
        for placed in _all(assembled)
        for subject in placed.manifest.get("subjects", ())
    }
    for placed in _all(assembled):
        spec = _pod(placed.manifest)
        with_rights = (_home(placed)[0], spec.get("serviceAccountName")) in allowed
        if spec and not with_rights and spec.get("automountServiceAccountToken") is not False:
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
    """Whoever counts pods is one: the workload itself, an autoscaler, or what guards a second Deployment."""
    targets = {
        (target["apiVersion"], target["kind"], placed.manifest["metadata"]["namespace"], target["name"])
        for placed in _all(assembled)
        if placed.manifest["kind"] == "HorizontalPodAutoscaler"
        for target in [placed.manifest["spec"]["scaleTargetRef"]]
    }
    guards = {placed.reference for placed in _all(assembled) if placed.manifest["kind"] == "ServiceAccount"}
    for placed in _all(assembled):
        if placed.manifest["kind"] in {"Deployment", "Rollout", "StatefulSet"}:
            manifest, metadata = placed.manifest, placed.manifest["metadata"]
            guard = f"ServiceAccount/{metadata['namespace']}/{metadata['name']}-guard"
            target = (manifest["apiVersion"], manifest["kind"], metadata["namespace"], metadata["name"])
            scaled = target in targets or guard in guards
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


def _meant(placed: Placed, workloads: list[Placed]) -> list[set[str]]:
    """Return whose pods an object is for: one set, or of a Service those that its strategy chooses from."""
    kind, name = placed.manifest["kind"], placed.manifest["metadata"]["name"]
    own = [workload for workload in workloads if _home(workload) == _home(placed)]
    if kind in POD_OWNERS:
        return [{placed.reference}]
    for owner, component in ((f"{placed.component}-migrate",) * 2, (f"{placed.component}-canary-guard", None)):
        if kind == "NetworkPolicy" and name == owner:
            jobs = [workload for workload in own if workload.manifest["kind"] == "Job"]
            return [{job.reference for job in jobs if job.component == (component or placed.component)}]
    running = {
        workload.manifest["metadata"]["name"]: workload.reference
        for workload in own
        if workload.component == placed.component and workload.manifest["kind"] != "Job"
    }
    every = set(running.values())
    if kind == "Service" and name in running:
        return [{running[name]}, *([every] if name == placed.component else [])]
    if kind == "Service":
        return [{one} for one in sorted(every)]
    return [{running[name]} if name in running else every]


def _managed_by(placed: Placed) -> Iterator[str]:
    """Yield the references of the Services that a Rollout manages."""
    strategies = placed.manifest["spec"]["strategy"] if placed.manifest["kind"] == "Rollout" else {}
    for strategy in strategies.values():
        for key in ("activeService", "previewService", "stableService", "canaryService"):
            if key in strategy:
                yield f"Service/{_home(placed)[0]}/{strategy[key]}"


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
    elif kind in {"Deployment", "Rollout", "StatefulSet", "PodDisruptionBudget"}:
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
