"""Every object of every stack is what the real API server, with all CustomResourceDefinitions, takes as it is."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.plane import ControlPlane
from local.session import Session
from manifests.assembly import assemble
from manifests.placed import Manifest
from tests.assembled import STACKS, objects, stack
from tests.integration.judge import POD_OWNERS, Judge, changes, deployments_of, pods_of
from tests.unit.manifests.argocd.stacks import named
from tests.unit.manifests.strategies import BY_ALB, BY_INGRESS_NGINX, every_strategy, with_entrances

WITH_ARGO_CD = [name for name in STACKS if stack(name).environment.argocd]
CLUSTERS = [(name, cluster) for name in STACKS for cluster in stack(name).environment.clusters]
LABELS = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
NAMESPACE: Manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "planted", "labels": LABELS}}
ACCOUNT: Manifest = {
    "apiVersion": "v1",
    "kind": "ServiceAccount",
    "metadata": {"name": "faulty", "namespace": "planted"},
    "automountServiceAccountToken": False,
}
RIGHTS = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


@pytest.fixture
def judge(plane: ControlPlane) -> Iterator[Judge]:
    with Session(plane.kubeconfig) as session:
        made = Judge(session)
        try:
            yield made
        finally:
            made.remove()


@pytest.mark.parametrize(("name", "cluster"), CLUSTERS)
def test_every_object_is_taken_without_a_word_and_kept_whole(judge: Judge, name: str, cluster: str) -> None:
    manifests = list(objects(name, cluster).values())
    # That of the Ingress controller, to which load balancers are bound, is there before anything of ours.
    there = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": stack(name).environment.ingress_namespace}}
    judge.create([there, *manifests])
    assert [fault for manifest in manifests for fault in judge.faults(manifest)] == []


@pytest.mark.parametrize(("name", "cluster"), CLUSTERS)
def test_every_pod_is_let_into_its_namespace(judge: Judge, name: str, cluster: str) -> None:
    manifests = list(objects(name, cluster).values())
    judge.create(manifests)
    pods = [pod for manifest in manifests for pod in pods_of(manifest)]
    assert len(pods) == sum(manifest["kind"] in POD_OWNERS for manifest in manifests) > 0
    assert [fault for pod in pods for fault in judge.faults(pod)] == []


@pytest.mark.parametrize(("name", "cluster"), CLUSTERS)
def test_every_rollouts_pods_could_be_a_deployments(judge: Judge, name: str, cluster: str) -> None:
    """Of a template in a Rollout the API server checks the shape alone: the rest is said of a Deployment's."""
    manifests = list(objects(name, cluster).values())
    judge.create(manifests)
    made = [deployment for manifest in manifests for deployment in deployments_of(manifest)]
    assert len(made) == sum(manifest["kind"] == "Rollout" for manifest in manifests)
    assert [fault for deployment in made for fault in judge.faults(deployment)] == []


@pytest.mark.parametrize("name", WITH_ARGO_CD)
def test_every_object_of_argo_cd_is_taken_without_a_word_and_kept_whole(judge: Judge, name: str) -> None:
    argocd = stack(name).environment.argocd
    assert argocd is not None
    judge.create([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": argocd.namespace}}])
    manifests = named(stack(name))
    assert {manifest["kind"] for manifest in manifests.values()} == {"AppProject", "Application"}
    assert [fault for manifest in manifests.values() for fault in judge.faults(manifest)] == []


@pytest.mark.parametrize("delivery", ["direct", "gitops"])
@pytest.mark.parametrize(("services", "ingress"), [(BY_INGRESS_NGINX, "nginx"), (BY_ALB, "alb")], ids=["nginx", "alb"])
def test_every_strategy_and_way_to_divide_traffic_is_taken_and_kept_whole(
    judge: Judge, services: dict[str, dict[str, Any]], ingress: str, delivery: str
) -> None:
    made = assemble(every_strategy(services, ingressClass=ingress, delivery=delivery), "main")
    manifests = [placed.manifest for found in made.values() for placed in found]
    judge.create(manifests)
    derived = [one for manifest in manifests for one in (*pods_of(manifest), *deployments_of(manifest))]
    assert [fault for manifest in (*manifests, *derived) for fault in judge.faults(manifest)] == []


@pytest.mark.parametrize("delivery", ["direct", "gitops"])
def test_bindings_of_target_groups_are_taken_and_kept_whole(judge: Judge, delivery: str) -> None:
    judge.create([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ingress-nginx"}}])
    made = assemble(with_entrances(delivery=delivery), "tokyo")
    manifests = [placed.manifest for found in made.values() for placed in found]
    judge.create(manifests)
    assert sum(manifest["kind"] == "TargetGroupBinding" for manifest in manifests) == 7
    assert [fault for manifest in manifests for fault in judge.faults(manifest)] == []


def test_binding_of_an_unknown_field_is_refused(judge: Judge) -> None:
    judge.create([NAMESPACE])
    binding: Manifest = {
        "apiVersion": "elbv2.k8s.aws/v1beta1",
        "kind": "TargetGroupBinding",
        "metadata": {"name": "faulty", "namespace": "planted"},
        "spec": {"serviceRef": {"name": "web", "port": 80}, "targetGroupNames": "web"},
    }
    (fault,) = judge.faults(binding)
    assert "targetGroupNames" in fault


def a_deployment(change: Callable[[Manifest], None]) -> Manifest:
    """Return a Deployment that is right, but for the change."""
    labels = {"app": "faulty"}
    container = {"name": "app", "image": "example.com/app:1", "securityContext": copy.deepcopy(RIGHTS)}
    spec = {"serviceAccountName": "faulty", "automountServiceAccountToken": False, "containers": [container]}
    manifest = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "faulty", "namespace": "planted"},
        "spec": {
            "selector": {"matchLabels": dict(labels)},
            "template": {"metadata": {"labels": dict(labels)}, "spec": spec},
        },
    }
    change(manifest)
    return manifest


def a_rollout(change: Callable[[Manifest], None]) -> Manifest:
    """Return a Rollout that is right, but for the change."""
    manifest = a_deployment(lambda _: None)
    manifest |= {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout"}
    manifest["spec"]["strategy"] = {"blueGreen": {"activeService": "faulty"}}
    change(manifest)
    return manifest


def container_of(manifest: Manifest) -> dict[str, Any]:
    """Return the only container of a Deployment."""
    found: dict[str, Any] = manifest["spec"]["template"]["spec"]["containers"][0]
    return found


def custom(api_version: str, kind: str, **spec: Any) -> Manifest:
    """Return a custom resource."""
    metadata = {"name": "faulty", "namespace": "planted"}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}


def a_certificate(**spec: Any) -> Manifest:
    """Return a Certificate that is right, but for what is given."""
    issuer = {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": "self"}
    whole = {"secretName": "tls", "dnsNames": ["www.example.com"], "issuerRef": issuer, **spec}
    return custom("cert-manager.io/v1", "Certificate", **whole)


def an_ingress(spec: dict[str, Any], **metadata: Any) -> Manifest:
    """Return an Ingress that is right, but for what is given."""
    manifest = custom("networking.k8s.io/v1", "Ingress", rules=[{"host": "www.example.com"}], **spec)
    manifest["spec"]["defaultBackend"] = {"service": {"name": "faulty", "port": {"number": 80}}}
    manifest["metadata"] |= metadata
    return manifest


AN_APPLICATION = {"project": "faulty", "destination": {"name": "main"}, "source": {"repoURL": "a", "path": "b"}}

# What each is, and what is said of it: a judge that takes one of them would take it of a stack, too.
PLANTED: dict[str, tuple[Manifest, str]] = {
    "unknown field": (a_deployment(lambda it: it["spec"].update(replica=2)), "field not declared in schema"),
    "unknown field far down": (
        a_deployment(lambda it: container_of(it).update(resources={"request": {"cpu": "1"}})),
        "field not declared in schema",
    ),
    "wrong type": (a_deployment(lambda it: it["spec"].update(replicas="two")), "refused"),
    "unquoted variable": (a_deployment(lambda it: container_of(it).update(env=[{"name": "A", "value": 1}])), "refused"),
    "value that does not exist": (
        a_deployment(lambda it: container_of(it).update(imagePullPolicy="Sometimes")),
        "Unsupported value",
    ),
    "selector of other pods": (
        a_deployment(lambda it: it["spec"]["selector"]["matchLabels"].update(app="other")),
        "does not match template",
    ),
    "privileged container": (
        a_deployment(lambda it: container_of(it)["securityContext"].update(privileged=True)),
        "refused",
    ),
    "container that may be root": (
        a_deployment(lambda it: container_of(it)["securityContext"].pop("runAsNonRoot")),
        'warning: would violate PodSecurity "restricted',
    ),
    "deprecated annotation": (
        an_ingress({}, annotations={"kubernetes.io/ingress.class": "nginx"}),
        'warning: annotation "kubernetes.io/ingress.class" is deprecated',
    ),
    "deprecated label": (
        a_deployment(lambda it: it["spec"]["template"]["spec"].update(nodeSelector={"beta.kubernetes.io/os": "linux"})),
        "warning: spec.template.spec.nodeSelector[beta.kubernetes.io/os]: deprecated",
    ),
    "field that is dropped for its default": (an_ingress({}, annotations={}), "metadata.annotations is lost"),
    "version that is gone": ({**an_ingress({}), "apiVersion": "extensions/v1beta1"}, "serves no Ingress"),
    "kind that nobody defines": (custom("example.com/v1", "Nothing"), "serves no Nothing"),
    "unknown field of a custom resource": (a_certificate(dnsName="www.example.com"), "field not declared in schema"),
    "wrong type in a custom resource": (a_certificate(dnsNames="www.example.com"), "refused"),
    "custom resource that lacks a field": (custom("cert-manager.io/v1", "Certificate", secretName="tls"), "Required"),
    "value that a custom resource does not know": (a_certificate(usages=["typing"]), "Unsupported value"),
    "unknown field of a Rollout": (a_rollout(lambda it: it["spec"].update(replica=2)), "field not declared in schema"),
    "unknown field of a Rollout's strategy": (
        a_rollout(lambda it: it["spec"]["strategy"]["blueGreen"].update(activeservice="x")),
        "field not declared in schema",
    ),
    "unknown field of a Rollout's pods": (
        a_rollout(lambda it: container_of(it).update(resources={"request": {"cpu": "1"}})),
        "field not declared in schema",
    ),
    "unknown field of an AppProject": (
        custom("argoproj.io/v1alpha1", "AppProject", sourceRepo=["*"]),
        "field not declared in schema",
    ),
    "unknown field of an Application": (
        custom("argoproj.io/v1alpha1", "Application", **AN_APPLICATION, syncPolicy={"automatic": {}}),
        "field not declared in schema",
    ),
    "quantity that is not canonical": (
        a_deployment(lambda it: container_of(it).update(resources={"limits": {"cpu": "1000m"}})),
        "resources.limits.cpu is '1', sent as '1000m'",
    ),
}


@pytest.mark.parametrize(("manifest", "said"), PLANTED.values(), ids=PLANTED)
def test_planted_fault_is_noticed(judge: Judge, manifest: Manifest, said: str) -> None:
    judge.create([NAMESPACE, ACCOUNT])
    found = judge.faults(manifest)
    assert found
    assert said in "\n".join(found)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda it: container_of(it).update(imagePullPolicy="Sometimes"), "Unsupported value"),
        (lambda it: container_of(it)["securityContext"].pop("runAsNonRoot"), "warning: would violate PodSecurity"),
        (lambda it: it["spec"]["selector"]["matchLabels"].update(app="other"), "does not match template"),
        (lambda it: container_of(it).update(volumeMounts=[{"name": "gone", "mountPath": "/a"}]), "Not found"),
    ],
    ids=["value that does not exist", "container that may be root", "selector of other pods", "volume of nobody"],
)
def test_fault_in_a_rollouts_pods_is_noticed_in_a_deployment(
    judge: Judge, change: Callable[[Manifest], None], said: str
) -> None:
    judge.create([NAMESPACE, ACCOUNT])
    faulty = a_rollout(change)
    assert judge.faults(faulty) == []
    (deployment,) = deployments_of(faulty)
    assert said in "\n".join(judge.faults(deployment))


def test_what_the_faults_are_planted_in_is_right(judge: Judge) -> None:
    judge.create([NAMESPACE, ACCOUNT])
    rollout = a_rollout(lambda _: None)
    sound = [a_deployment(lambda _: None), a_certificate(), an_ingress({"ingressClassName": "nginx"}), rollout]
    derived = (*pods_of(sound[0]), *pods_of(rollout), *deployments_of(rollout))
    assert [fault for manifest in (*sound, *derived) for fault in judge.faults(manifest)] == []


@pytest.mark.parametrize(
    "rights",
    [
        {"privileged": True, "allowPrivilegeEscalation": True},
        {"runAsNonRoot": False},
        {"capabilities": {"drop": ["ALL"], "add": ["SYS_ADMIN"]}},
        {"seccompProfile": {"type": "Unconfined"}},
    ],
    ids=["privileged", "root", "capability", "no seccomp"],
)
def test_pod_with_too_many_rights_is_refused(judge: Judge, rights: dict[str, Any]) -> None:
    judge.create([NAMESPACE, ACCOUNT])
    (pod,) = pods_of(a_deployment(lambda it: container_of(it)["securityContext"].update(rights)))
    (fault,) = judge.faults(pod)
    assert fault.startswith("Pod/planted/faulty-0: refused: ")


def test_pod_without_its_account_or_priority_is_refused(judge: Judge) -> None:
    judge.create([NAMESPACE, ACCOUNT])
    for field in ("serviceAccountName", "priorityClassName"):
        (pod,) = pods_of(a_deployment(lambda _: None))
        pod["spec"][field] = "nobody"
        (fault,) = judge.faults(pod)
        assert fault.startswith("Pod/planted/faulty-0: refused: ")


def test_field_that_did_not_come_back_is_a_change() -> None:
    sent = {"a": {"b": 1, "c": [1, {"d": "e"}]}, "f": "g", "h": "1"}
    assert list(changes(sent, copy.deepcopy({**sent, "added": True}))) == []
    returned = {"a": {"c": [1, {"d": "x"}]}, "f": None, "h": 1}
    assert dict(changes(sent, returned)) == {
        "a.b": "lost",
        "a.c[1].d": "'x', sent as 'e'",
        "f": "None, sent as 'g'",
        "h": "1, sent as '1'",
    }
    assert dict(changes([1, 2], [1])) == {"": "[1], sent as [1, 2]"}
