"""The project's own stacks as they are assembled, for tests that name what must be in them."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from manifests.assembly import assemble
from manifests.placed import Manifest
from settings.loading import load
from settings.sealed import GENERATED
from settings.service import Service
from settings.stack import Stack

ROOT = Path(__file__).parents[1]
STACKS = ("local", "dev", "staging", "prod")
_POD_OWNERS = {"Deployment", "Rollout", "StatefulSet"}


@cache
def stack(name: str) -> Stack:
    """Return one of the project's stacks as a fresh checkout has it: without what this machine has generated."""
    found = load(ROOT, name).stack
    committed = {
        system: {name: sealed for name, sealed in secrets.items() if not sealed.file.startswith(GENERATED)}
        for system, secrets in found.sealed.items()
    }
    return replace(found, sealed=committed)


@cache
def objects(name: str, cluster: str | None = None) -> dict[str, Manifest]:
    """Return all objects of a stack on a cluster (the primary one unless another is named) by their references."""
    found = assemble(stack(name), cluster or stack(name).environment.primary)
    return {placed.reference: placed.manifest for system in found.values() for placed in system}


def service(name: str, path: str) -> Service:
    """Return the settings of `system/service` on a stack."""
    system, _, key = path.partition("/")
    return stack(name).systems[system].services[key]


def pod(name: str, reference: str) -> Manifest:
    """Return the pod that a workload makes."""
    spec: Manifest = objects(name)[reference]["spec"]["template"]["spec"]
    return spec


def container(name: str, reference: str, called: str | None = None) -> Manifest:
    """Return a container of a workload: the first one, unless it is called by its name."""
    found: list[Manifest] = pod(name, reference)["containers"]
    return next(made for made in found if called in (None, made["name"]))


def variables(name: str, reference: str) -> dict[str, str]:
    """Return the variables that a workload's first container has from its ConfigMap."""
    namespace = reference.split("/")[1]
    sources = container(name, reference).get("envFrom", [])
    maps = [source["configMapRef"]["name"] for source in sources if "configMapRef" in source]
    return {
        key: value for found in maps for key, value in objects(name)[f"ConfigMap/{namespace}/{found}"]["data"].items()
    }


def secret_variables(name: str, reference: str) -> dict[str, tuple[str, str]]:
    """Return the secret and key behind each variable of a workload's first container."""
    references = {
        variable["name"]: variable["valueFrom"]["secretKeyRef"]
        for variable in container(name, reference).get("env", [])
    }
    return {variable: (found["name"], found["key"]) for variable, found in references.items()}


def whole_secrets(name: str, reference: str) -> list[str]:
    """Return the secrets all of whose keys are variables of a workload's first container."""
    sources = container(name, reference).get("envFrom", [])
    return [source["secretRef"]["name"] for source in sources if "secretRef" in source]


def ports(name: str, reference: str) -> dict[int, int]:
    """Return the ports of a Service, and the number of the container's port behind each."""
    _, namespace, called = reference.split("/")
    selector = {**(objects(name)[reference]["spec"].get("selector") or managing(name, namespace, called))}
    # Of a data store with a replica, which pod answers; all of them have the same ports.
    selector.pop("statefulset.kubernetes.io/pod-name", None)
    behind: dict[str, int] = {}
    for found in objects(name).values():
        template = found["spec"].get("template", {}) if found["kind"] in _POD_OWNERS else {}
        labels: dict[str, Any] = template.get("metadata", {}).get("labels", {})
        if found["metadata"].get("namespace") == namespace and selector.items() <= labels.items():
            for made in template["spec"]["containers"]:
                behind.update({port["name"]: port["containerPort"] for port in made.get("ports", [])})
    return {port["port"]: behind[port["targetPort"]] for port in objects(name)[reference]["spec"]["ports"]}


def managing(name: str, namespace: str, called: str) -> dict[str, str]:
    """Return the labels that find the pods of the Rollout that manages a Service."""
    (found,) = (
        made["spec"]["selector"]["matchLabels"]
        for made in objects(name).values()
        if made["kind"] == "Rollout" and made["metadata"]["namespace"] == namespace
        for strategy in made["spec"]["strategy"].values()
        if called in strategy.values()
    )
    selector: dict[str, str] = found
    return selector


def routes(name: str, reference: str) -> dict[str, str]:
    """Return what answers each `host/path` of an Ingress, as `service:port`."""
    return {
        f"{rule['host']}{path['path']}": "{name}:{port[number]}".format(**path["backend"]["service"])
        for rule in objects(name)[reference]["spec"]["rules"]
        for path in rule["http"]["paths"]
    }


def issuer(name: str, reference: str) -> str:
    """Return the cluster issuer that an Ingress asks for its certificate."""
    found: str = objects(name)[reference]["metadata"]["annotations"]["cert-manager.io/cluster-issuer"]
    return found


def probed(name: str, reference: str, called: str | None = None) -> dict[str, str]:
    """Return the path or port that each probe of a container asks."""
    made = container(name, reference, called)
    asked = {probe: made[f"{probe}Probe"] for probe in ("startup", "readiness", "liveness")}
    return {
        probe: found["httpGet"]["path"] if "httpGet" in found else str(found["tcpSocket"]["port"])
        for probe, found in asked.items()
    }


def claimed(name: str, reference: str) -> tuple[str, str]:
    """Return where a data store mounts the volume that it claims, and the size of that."""
    spec = objects(name)[reference]["spec"]
    (claim,) = spec["volumeClaimTemplates"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container(name, reference)["volumeMounts"]}
    return mounts[claim["metadata"]["name"]], claim["spec"]["resources"]["requests"]["storage"]
