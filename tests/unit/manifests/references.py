"""Whether what objects name is there: among the stack's own objects, or declared to come from elsewhere."""

import json
from collections.abc import Iterator

from manifests.placed import Manifest, Part, reference
from settings.stack import Stack
from tests.unit.manifests.laws import POD_OWNERS, Assembled

_POD_SOURCES = {
    "configMap": ("ConfigMap", "name"),
    "secret": ("Secret", "secretName"),
    "persistentVolumeClaim": ("PersistentVolumeClaim", "claimName"),
}

_ACTION = "alb.ingress.kubernetes.io/actions."


def declared_secrets(stack: Stack) -> set[str]:
    """Return the Secrets of a stack that are there when its pods start, whoever makes them."""
    return {
        reference("Secret", system.namespace_name(secret.namespace), name)
        for system in stack.systems.values()
        for name, secret in system.secrets.items()
    }


def unresolved(assembled: Assembled, elsewhere: set[str]) -> Iterator[str]:
    """Yield each name that objects of a cluster have for what is neither one of them nor `elsewhere`."""
    objects = {placed.reference: placed.manifest for found in assembled.values() for placed in found}
    for owner, manifest in objects.items():
        for wanted in _named(manifest):
            if wanted not in objects and wanted not in elsewhere:
                yield f"{owner}: no {wanted}"
        yield from (f"{owner}: {fault}" for fault in _inside(manifest, objects))


def not_in_foundation(assembled: Assembled) -> Iterator[str]:
    """Yield what pods of Jobs need that would come too late: a hook runs before all but the foundation.

    A Secret that others make is there before either.
    """
    foundation = {
        placed.reference for found in assembled.values() for placed in found if placed.part is Part.FOUNDATION
    }
    makers = {
        reference("Secret", *wanted.split("/")[1:]): wanted
        for found in assembled.values()
        for wanted in (placed.reference for placed in found)
        if wanted.startswith(("SealedSecret/", "ExternalSecret/"))
    }
    others = {placed.reference for found in assembled.values() for placed in found} - foundation
    guarded = any(wanted.startswith("NetworkPolicy/") for wanted in foundation)
    jobs = (job for found in assembled.values() for job in found if job.manifest["kind"] == "Job")
    for placed in (job for job in jobs if job.component.endswith("-migrate")):
        metadata, pod = placed.manifest["metadata"], placed.manifest["spec"]["template"]["spec"]
        wanted = [makers.get(name, name) for name in _of_pod(pod, metadata["namespace"])]
        if guarded:
            wanted.append(reference("NetworkPolicy", metadata["namespace"], pod["serviceAccountName"]))
        for name in wanted:
            if name in others or (name not in foundation and not name.startswith("Secret/")):
                yield f"{placed.reference}: {name} is not in the foundation"


def _named(manifest: Manifest) -> Iterator[str]:
    kind, metadata, spec = manifest["kind"], manifest["metadata"], manifest.get("spec", {})
    home = metadata.get("namespace")
    if home is not None and kind != "TargetGroupBinding":  # that of the Ingress controller is there before us
        yield reference("Namespace", None, home)
    yield from _of_pod(spec.get("template", {}).get("spec", {}), home)
    if kind == "StatefulSet":
        yield reference("Service", home, spec["serviceName"])
    elif kind == "HorizontalPodAutoscaler":
        yield reference(spec["scaleTargetRef"]["kind"], home, spec["scaleTargetRef"]["name"])
    elif kind == "Rollout":
        yield from _of_strategy(spec["strategy"], home)
    elif kind == "VirtualService":
        for route in spec["http"]:
            yield from (reference("Service", home, found["destination"]["host"]) for found in route["route"])
    elif kind == "Ingress":
        annotations = metadata["annotations"]
        if "nginx.ingress.kubernetes.io/canary" not in annotations:  # its certificate is that of the one beside it
            yield reference("ClusterIssuer", None, annotations["cert-manager.io/cluster-issuer"])
        for key, action in annotations.items():
            if key.startswith(_ACTION):
                groups = json.loads(action)["forwardConfig"]["targetGroups"]
                yield from (reference("Service", home, group["serviceName"]) for group in groups)
    elif kind == "ExternalSecret":
        store = spec["secretStoreRef"]
        yield reference(store["kind"], None if store["kind"].startswith("Cluster") else home, store["name"])
    elif kind == "Certificate":
        yield reference("ClusterIssuer", None, spec["issuerRef"]["name"])
    elif kind == "Gateway":
        # cert-manager makes the Secret that a Certificate of the same name asks for.
        for listener in spec["listeners"]:
            for secret in listener.get("tls", {}).get("certificateRefs", ()):
                yield reference("Certificate", home, secret["name"])


def _of_strategy(strategy: Manifest, home: str) -> Iterator[str]:
    """Yield what a Rollout names: without any of it Argo Rollouts refuses the Rollout."""
    for way in strategy.values():
        for key in ("activeService", "previewService", "stableService", "canaryService"):
            if key in way:
                yield reference("Service", home, way[key])
        for key in ("analysis", "prePromotionAnalysis", "postPromotionAnalysis"):
            for template in way.get(key, {}).get("templates", ()):
                wide = template.get("clusterScope", False)
                kind = "ClusterAnalysisTemplate" if wide else "AnalysisTemplate"
                yield reference(kind, None if wide else home, template["templateName"])
        for by, found in way.get("trafficRouting", {}).items():
            settings = found["argoproj-labs/gatewayAPI"] if by == "plugins" else found
            one = settings.get("stableIngress", settings.get("ingress", settings.get("httpRoute")))
            if by == "istio":
                yield reference("VirtualService", home, settings["virtualService"]["name"])
            elif one is not None:
                yield reference("HTTPRoute" if by == "plugins" else "Ingress", home, one)
            else:
                several = settings.get("stableIngresses", settings.get("ingresses", ()))
                yield from (reference("Ingress", home, name) for name in several)
                yield from (reference("HTTPRoute", home, route["name"]) for route in settings.get("httpRoutes", ()))


def _of_pod(pod: Manifest, home: str) -> Iterator[str]:
    if not pod:
        return
    yield reference("ServiceAccount", home, pod["serviceAccountName"])
    if "priorityClassName" in pod:
        yield reference("PriorityClass", None, pod["priorityClassName"])
    for volume in pod.get("volumes", ()):
        for source, (kind, key) in _POD_SOURCES.items():
            if source in volume:
                yield reference(kind, home, volume[source][key])
    for container in (*pod.get("initContainers", ()), *pod["containers"]):
        for source in container.get("envFrom", ()):
            if "configMapRef" in source:
                yield reference("ConfigMap", home, source["configMapRef"]["name"])
            else:
                yield reference("Secret", home, source["secretRef"]["name"])
        for variable in (found for found in container.get("env", ()) if "valueFrom" in found):
            yield reference("Secret", home, variable["valueFrom"]["secretKeyRef"]["name"])


def _inside(manifest: Manifest, objects: dict[str, Manifest]) -> Iterator[str]:
    """Yield the names of parts that what has them does not have: ports, listeners, keys, volumes."""
    kind, spec = manifest["kind"], manifest.get("spec", {})
    home = manifest["metadata"].get("namespace")
    if kind in POD_OWNERS:
        claimed = [template["metadata"]["name"] for template in spec.get("volumeClaimTemplates", ())]
        yield from _inside_pod(spec["template"]["spec"], claimed, home, objects)
    elif kind == "Service" and spec["type"] == "ClusterIP":
        selector = spec.get("selector") or _managing(manifest, objects)
        ports = {port["name"] for port in _ports_behind(selector, home, objects)}
        yield from (f"no port {port['targetPort']}" for port in spec["ports"] if port["targetPort"] not in ports)
    elif kind == "Ingress":
        for rule in spec["rules"]:
            for path in rule["http"]["paths"]:
                backend = path["backend"]["service"]
                if backend["port"] == {"name": "use-annotation"}:
                    yield from _by_action(backend["name"], manifest, objects)
                else:
                    yield from _backend(backend["name"], backend["port"]["number"], home, objects)
    elif kind == "HTTPRoute":
        for rule in spec["rules"]:
            for backend in rule.get("backendRefs", ()):
                yield from _backend(backend["name"], backend["port"], home, objects)
        for parent in spec["parentRefs"]:
            gateway = objects.get(reference("Gateway", parent["namespace"], parent["name"]), {})
            if parent["sectionName"] not in {
                listener["name"] for listener in gateway.get("spec", {}).get("listeners", ())
            }:
                yield f"no listener {parent['sectionName']}"


def _inside_pod(pod: Manifest, claimed: list[str], home: str, objects: dict[str, Manifest]) -> Iterator[str]:
    volumes = {volume["name"]: volume for volume in pod.get("volumes", ())}
    names = [*volumes, *claimed]
    if len(names) != len(set(names)) or len(volumes) != len(pod.get("volumes", ())):
        yield f"two volumes of one name: {names}"
    for container in (*pod.get("initContainers", ()), *pod["containers"]):
        ports = {port["name"] for port in container.get("ports", ())}
        for name in ("startupProbe", "readinessProbe", "livenessProbe"):
            probe = container.get(name, {})
            port = probe.get("httpGet", probe.get("tcpSocket", {})).get("port")
            if port is not None and port not in ports:
                yield f"no port {port} for the {name}"
        for mount in container.get("volumeMounts", ()):
            if mount["name"] not in names:
                yield f"no volume {mount['name']}"
            source = volumes.get(mount["name"], {}).get("configMap")
            if source is not None:
                data = objects.get(reference("ConfigMap", home, source["name"]), {}).get("data", {})
                if mount["subPath"] not in data:
                    yield f"no key {mount['subPath']} of {source['name']}"


def _backend(name: str, number: int, home: str, objects: dict[str, Manifest]) -> Iterator[str]:
    service = objects.get(reference("Service", home, name))
    if service is None:
        yield f"no Service {name}"
    elif number not in {port["port"] for port in service["spec"]["ports"]}:
        yield f"no port {number} of the Service {name}"


def _by_action(name: str, ingress: Manifest, objects: dict[str, Manifest]) -> Iterator[str]:
    """Yield that nobody says what an ALB does: neither an annotation, nor the Rollout of the Service named so."""
    home = ingress["metadata"]["namespace"]
    rollouts = (found for found in objects.values() if found["kind"] == "Rollout")
    roots = {
        rollout["spec"]["strategy"].get("canary", {}).get("trafficRouting", {}).get("alb", {}).get("rootService")
        for rollout in rollouts
        if rollout["metadata"]["namespace"] == home
    }
    if f"{_ACTION}{name}" not in ingress["metadata"]["annotations"] and name not in roots:
        yield f"no action {name}"


def _managing(service: Manifest, objects: dict[str, Manifest]) -> dict[str, str]:
    """Return the selector of the Rollout that manages a Service."""
    home, name = service["metadata"]["namespace"], service["metadata"]["name"]
    for found in objects.values():
        near = found["kind"] == "Rollout" and found["metadata"]["namespace"] == home
        if near and reference("Service", home, name) in _of_strategy(found["spec"]["strategy"], home):
            selector: dict[str, str] = found["spec"]["selector"]["matchLabels"]
            return selector
    return {"app.kubernetes.io/name": "nobody"}


def _ports_behind(selector: dict[str, str], home: str, objects: dict[str, Manifest]) -> Iterator[Manifest]:
    wanted = {key: value for key, value in selector.items() if key.startswith("app.kubernetes.io/")}
    for manifest in objects.values():
        template = manifest["spec"]["template"] if manifest["kind"] in POD_OWNERS else None
        if (
            template
            and manifest["metadata"]["namespace"] == home
            and wanted.items() <= template["metadata"]["labels"].items()
        ):
            for container in template["spec"]["containers"]:
                yield from container.get("ports", ())
