"""What calls a second Deployment off when nobody is there: an analysis in the cluster, and a Job that acts on its end.

Argo Rollouts measures the AnalysisRun. The Job has three steps, each a command of kubectl: it gives the Deployment its
pods, waits until the analysis is over (an objective is broken, or Prometheus has not answered for too long), and takes
the pods away. What has no endpoints gets no traffic: a Service leads to the pods that are left, and ingress-nginx
forgets a canary backend without endpoints and sends all requests to the main one.
Source: kubernetes/ingress-nginx, rootfs/etc/nginx/lua/balancer.lua, sync_backend and route_to_alternative_balancer.

The Deployment itself says nothing of its number of pods, so that applying it again does not bring back what was called
off. Another version makes another analysis and another Job, whose names carry a hash of their content.
"""

from manifests.account import service_account
from manifests.container import rights
from manifests.image import image_reference
from manifests.job import content_hash, fitting
from manifests.measurement import metric
from manifests.objective import Whose, given, judged, objectives_of
from manifests.objective_query import pods_of
from manifests.placed import Manifest, Part, Place, Placed, reference
from manifests.pod import pod_rights
from settings.container import Security
from settings.service import Service
from settings.strategy import CanaryDeployment
from settings.variants import Variant, canary_name, guard_name, pods_beside, variants

KUBECTL = "registry.k8s.io/kubectl:v1.36.3"
"""Nothing but kubectl, no shell. Source: kubernetes/kubernetes, build/server-image/kubectl/Dockerfile."""

_SECURITY = Security(run_as_user=65532, run_as_group=65532)
_NEVER = 1_000_000
"""More often than anything happens here."""
_API_SERVER_PORTS = (443, 6443)
"""Of its Service, and of itself: a policy sees one or the other, and has no name for it."""


def canary_guard(place: Place, service: Service) -> list[Placed]:
    """Return what watches the second Deployment of a service; nothing where there is none, or no objective for it."""
    tried = tried_version(service)
    run = None if tried is None else _analysis_run(place, service, tried)
    if tried is None or run is None:
        return []
    namespace, name = place.namespace(service.namespace), guard_name(service)
    account = service_account(place, namespace, name, Part.WORKLOADS)
    rights = [_role(place, service, tried, run), _role_binding(place, service)]
    deployment = reference("Deployment", namespace, tried.name)
    watched = Placed(run, Part.WORKLOADS, service.name, (deployment,), hashed=True)
    objects = [
        Placed(account.manifest, Part.WORKLOADS, service.name),
        *(Placed(manifest, Part.WORKLOADS, service.name) for manifest in rights),
        watched,
    ]
    if place.environment.policies.default_deny:
        objects.append(Placed(_network_policy(place, service), Part.FOUNDATION, service.name))
    needed = tuple(placed.reference for placed in objects)
    job = _job(place, service, tried, run["metadata"]["name"])
    return [*objects, Placed(job, Part.WORKLOADS, service.name, (deployment, *needed), hashed=True)]


def tried_version(service: Service) -> Variant | None:
    """Return the second Deployment of a service, where there is one."""
    return next((variant for variant in variants(service) if variant.role == "canary"), None)


def canary_pods(service: Service) -> int:
    """Return how many pods the second Deployment of a service gets, for its share beside the fewest of the main one."""
    strategy = service.strategy
    if not isinstance(strategy, CanaryDeployment):
        return 0
    pods = service.replicas if service.scaling is None else service.scaling.min
    return pods_beside(strategy.weight, pods, routed=strategy.traffic != "replicas")


def _analysis_run(place: Place, service: Service, tried: Variant) -> Manifest | None:
    """Return the analysis of one version: what it is cannot change, so that the version is in its name."""
    strategy = service.strategy
    asked = strategy.analysis if isinstance(strategy, CanaryDeployment) else None
    namespace = place.namespace(service.namespace)
    whose = Whose(namespace, pods_of(tried.name), canary=canary_name(service))
    # It goes on for as long as the version is tried: without traffic, at night, it knows nothing and is not over.
    objectives = objectives_of(service).model_copy(update={"inconclusive_limit": _NEVER})
    metrics = [
        metric(place.environment, one, objectives, None)
        for one in judged(place.environment, service, whose)
        if one.analysis in (given(service) if asked is None else asked)
    ]
    if not metrics:
        return None
    spec = {"metrics": metrics}
    version = content_hash({"image": image_reference(tried.image, place), "spec": spec})
    name = f"{fitting(tried.name)}-{version}"
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AnalysisRun",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": place.labels(tried.name, service.name),
            **_unheeded(place),
        },
        "spec": spec,
    }


def _job(place: Place, service: Service, tried: Variant, run: str) -> Manifest:
    namespace, name = place.namespace(service.namespace), guard_name(service)
    deployment = f"deployment/{tried.name}"
    template: Manifest = {
        # Not of the service's component: its own Service finds pods by that where pods divide the traffic.
        "metadata": {"labels": place.labels(name, name)},
        "spec": {
            "restartPolicy": "OnFailure",
            "enableServiceLinks": False,
            "serviceAccountName": name,
            "automountServiceAccountToken": True,
            "securityContext": pod_rights(_SECURITY),
            "initContainers": [
                _kubectl(namespace, "start", "scale", deployment, f"--replicas={canary_pods(service)}"),
                _kubectl(namespace, "watch", *_until_over(run)),
            ],
            "containers": [_kubectl(namespace, "call-off", "scale", deployment, "--replicas=0")],
            "volumes": [{"name": "cache", "emptyDir": {"sizeLimit": "16Mi"}}],
        },
    }
    if place.environment.image_pull_secrets:
        template["spec"]["imagePullSecrets"] = [{"name": secret} for secret in place.environment.image_pull_secrets]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": f"{fitting(name)}-{content_hash(template)}",
            "namespace": namespace,
            "labels": place.labels(name, service.name),
            **_unheeded(place),
        },
        # Restarted as often as it takes: a guard that gave up would leave its version unguarded.
        "spec": {"backoffLimit": _NEVER, "template": template},
    }


def _until_over(run: str) -> tuple[str, ...]:
    # Whatever it ends as: a version that is measured no longer is not to go on.
    return "wait", f"analysisruns.argoproj.io/{run}", "--for=jsonpath={.status.completedAt}", "--timeout=168h"


def _kubectl(namespace: str, name: str, *command: str) -> Manifest:
    return {
        "name": name,
        "image": KUBECTL,
        "imagePullPolicy": "IfNotPresent",
        "command": ["kubectl", *command, f"--namespace={namespace}", "--cache-dir=/cache"],
        "resources": {
            "requests": {"cpu": "10m", "memory": "64Mi"},
            "limits": {"cpu": "200m", "memory": "128Mi"},
        },
        "securityContext": rights(_SECURITY),
        "volumeMounts": [{"name": "cache", "mountPath": "/cache"}],
    }


def _unheeded(place: Place) -> dict[str, dict[str, str]]:
    """Return the annotations of what runs for as long as a version is tried: nobody waits for its end."""
    if place.direct:
        return {"annotations": {"pulumi.com/skipAwait": "true"}}
    return {"annotations": {"argocd.argoproj.io/ignore-healthcheck": "true"}}


def _role(place: Place, service: Service, tried: Variant, run: Manifest) -> Manifest:
    """Return the rights to look at one analysis, and to say how many pods one Deployment has."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": _metadata(place, service),
        "rules": [
            {
                "apiGroups": ["argoproj.io"],
                "resources": ["analysisruns"],
                "resourceNames": [run["metadata"]["name"]],
                "verbs": ["get", "list", "watch"],
            },
            {"apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": [tried.name], "verbs": ["get"]},
            {
                "apiGroups": ["apps"],
                "resources": ["deployments/scale"],
                "resourceNames": [tried.name],
                "verbs": ["patch"],
            },
        ],
    }


def _role_binding(place: Place, service: Service) -> Manifest:
    name = guard_name(service)
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": _metadata(place, service),
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": place.namespace(service.namespace)}],
    }


def _network_policy(place: Place, service: Service) -> Manifest:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": _metadata(place, service),
        "spec": {
            "podSelector": {"matchLabels": place.selector(guard_name(service))},
            "policyTypes": ["Ingress", "Egress"],
            "egress": [{"ports": [{"port": port, "protocol": "TCP"} for port in _API_SERVER_PORTS]}],
        },
    }


def _metadata(place: Place, service: Service) -> Manifest:
    return {
        "name": guard_name(service),
        "namespace": place.namespace(service.namespace),
        "labels": place.labels(guard_name(service), service.name),
    }
