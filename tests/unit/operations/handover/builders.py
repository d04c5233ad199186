"""A service in each of its strategies, as it was deployed and as it is to be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from manifests.placed import Manifest, Part, Placed
from operations.deployed import Deployed
from operations.handover.plan import Move, moves
from settings.container import Image
from settings.service import Service
from settings.strategy import BlueGreen, BlueGreenIngress, Canary, CanaryDeployment, CanaryStep, Rolling, Strategy
from settings.system import Namespace, System

POD = {"app.kubernetes.io/name": "web", "app.kubernetes.io/part-of": "shop"}
COLORED = {**POD, "naru/color": "blue"}

STRATEGIES: Mapping[str, Strategy] = {
    "rolling": Rolling(),
    "blueGreen": BlueGreen(type="blueGreen"),
    "blueGreen elsewhere": BlueGreen(type="blueGreen", active_service="web-active"),
    "canary": Canary(type="canary", steps=(CanaryStep(weight=50),)),
    "canary routed": Canary(type="canary", steps=(CanaryStep(weight=50),), traffic="nginx"),
    "canaryDeployment": CanaryDeployment(type="canaryDeployment", weight=20),
    "blueGreenIngress": BlueGreenIngress(type="blueGreenIngress", traffic="service"),
}
_ROLLOUTS: Mapping[str, Manifest] = {
    "blueGreen": {"blueGreen": {"activeService": "web"}},
    "blueGreen elsewhere": {"blueGreen": {"activeService": "web-active"}},
    "canary": {"canary": {"steps": []}},
    "canary routed": {"canary": {"stableService": "web", "trafficRouting": {"nginx": {}}}},
}
_MANAGED = {"blueGreen": "web", "blueGreen elsewhere": "web-active", "canary routed": "web"}


def service(strategy: str) -> Service:
    """Return the settings of the service `web`."""
    given: dict[str, Any] = {"name": "web", "image": Image(registry="r", repository="web", tag="1")}
    return Service.model_construct(**given, strategy=STRATEGIES[strategy], live="blue", colors={}, canary=None)


def objects(strategy: str, *, autoscaled: bool = False) -> list[Manifest]:
    """Return its workloads, its Services and its autoscaler."""
    count = {} if autoscaled else {"replicas": 3}
    if strategy in _ROLLOUTS:
        made = [workload("Rollout", "web", POD, strategy=_ROLLOUTS[strategy], **count)]
    elif strategy == "blueGreenIngress":
        made = [
            workload("Deployment", f"web-{color}", {**POD, "naru/color": color}, **count) for color in ("blue", "green")
        ]
    else:
        made = [workload("Deployment", "web", POD, **count)]
    managed = _MANAGED.get(strategy)
    selector = COLORED if strategy == "blueGreenIngress" else POD
    made.append(address(managed) if managed else address("web", selector))
    if autoscaled:
        made += [
            _object(
                "autoscaling/v2", "HorizontalPodAutoscaler", one["metadata"]["name"], {"scaleTargetRef": _named(one)}
            )
            for one in made
            if one["kind"] != "Service"
        ]
    return made


def workload(kind: str, name: str, labels: Mapping[str, str], **spec: Any) -> Manifest:
    """Return a Deployment or Rollout."""
    template = {"metadata": {"labels": dict(labels)}, "spec": {"containers": [{"name": "web"}]}}
    version = "apps/v1" if kind == "Deployment" else "argoproj.io/v1alpha1"
    return _object(version, kind, name, {**spec, "template": template})


def address(name: str, selector: Mapping[str, str] | None = None) -> Manifest:
    """Return a Service, of Argo Rollouts' where it has no selector."""
    return _object("v1", "Service", name, {} if selector is None else {"selector": dict(selector)})


def deployed(*manifests: Manifest) -> Deployed:
    """Return a state that holds these objects."""
    return Deployed({"deployment": {"resources": [_resource(one) for one in manifests]}})


def planned(before: Deployed, strategy: str, *, autoscaled: bool = False) -> list[Move]:
    """Return what is to be handed over for the service to have a strategy."""
    placed = tuple(Placed(one, Part.WORKLOADS, "web") for one in objects(strategy, autoscaled=autoscaled))
    system = System(name="shop", description="", namespaces={"shop": Namespace()}).model_copy(
        update={"services": {"web": service(strategy)}}
    )
    return moves({"main": {"shop": placed}}, {"shop": system}, before)


def _object(version: str, kind: str, name: str, spec: Manifest) -> Manifest:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": "shop"}, "spec": spec}


def _named(manifest: Manifest) -> Manifest:
    return {"apiVersion": manifest["apiVersion"], "kind": manifest["kind"], "name": manifest["metadata"]["name"]}


def _resource(manifest: Manifest) -> dict[str, Any]:
    version, kind, name = manifest["apiVersion"], manifest["kind"], manifest["metadata"]["name"]
    type_ = f"kubernetes:{version if '/' in version else f'core/{version}'}:{kind}"
    urn = f"urn:pulumi:test::naru::naru:system:System${type_}::main/shop/web:{kind.lower()}:{name}"
    return {"urn": urn, "type": type_, "inputs": manifest}
