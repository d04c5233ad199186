"""Two regions: a control plane each, and a small project whose stack is deployed to both."""

from __future__ import annotations

import json
import socketserver
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from local.plane import ControlPlane
from local.provider.objects import Type
from local.provider.transport import ApiError
from local.session import Session
from tests.e2e.delivery import REPLICA_SET, ROLLOUT, SERVICE
from tests.integration.on_plane import CONFIG_MAP, DEPLOYMENT, POD, Cluster, Ended, OnPlane, until

STACK: Final = "local"
RELEASE_FILE: Final = "releases/local.yaml"
NAMESPACE: Final = "market"
PRIMARY_ONLY: Final = "ledger"

MARKET: Final = """\
description: Market
clusters: all
namespaces:
  main: { name: market }
services:
  web:
    image: { repository: market/web }
    replicas: 2
    ports: { http: { container: 8080 } }
    env: { MODE: fast }
    probes: { startup: { http: { path: /health }, periodSeconds: 1 } }
  api:
    image: { repository: market/api }
    replicas: 2
    ports: { http: { container: 8080 } }
    strategy: { type: canary, steps: [{ weight: 50, pause: 2s }, { weight: 100 }] }
"""
LEDGER: Final = """\
description: Ledger, which only the primary region has
namespaces:
  main: { name: ledger }
services:
  books:
    image: { repository: ledger/books }
    ports: { http: { container: 8080 } }
"""
RELEASE: Final = """\
market:
  web: { tag: 1.0.0 }
  api: { tag: 1.0.0 }
ledger:
  books: { tag: 1.0.0 }
"""
# The primary region is not the first one of the file.
CLUSTERS: Final = """\
    clusters:
      tokyo: { context: naru-local, region: ap-northeast-1, kubeconfig: .naru/tokyo/kubeconfig }
      seoul: { context: naru-local, region: ap-northeast-2, kubeconfig: .naru/plane/kubeconfig, primary: true }
"""

_QUIET: Final = 2.0  # seconds
_KINDS: Final = (DEPLOYMENT, ROLLOUT, REPLICA_SET, CONFIG_MAP, SERVICE)
_POLICY: Final = Type("admissionregistration.k8s.io", "v1", "ValidatingAdmissionPolicyBinding")


class TwoRegions(OnPlane):
    """The project; the command runs as its user runs it."""

    def __init__(self, root: Path, seoul: ControlPlane, tokyo: ControlPlane) -> None:
        super().__init__(root, seoul, {"market": MARKET, "ledger": LEDGER}, RELEASE)
        (self.private / "tokyo").symlink_to(tokyo.kubeconfig.parent)
        one = "    clusters:\n      main: { context: naru-local, region: local, kubeconfig: .naru/plane/kubeconfig }\n"
        self.change("Pulumi.local.yaml", one, CLUSTERS)

    def up(self, *words: str) -> Ended:
        """Update the stack."""
        return self.naru("up", "--stack", STACK, *words)

    def release(self, service: str, old: str, new: str) -> None:
        """Give a service another version."""
        self.change(RELEASE_FILE, f"{service}: {{ tag: {old} }}", f"{service}: {{ tag: {new} }}")


def settled(cluster: Cluster) -> dict[str, tuple[str, str]]:
    """Return the `versions` of the market once its controllers have nothing left to write.

    An update is over when all pods are ready; what the controllers note of that, they may note later.
    """

    def quiet() -> dict[str, tuple[str, str]]:
        found = versions(cluster)
        time.sleep(_QUIET)
        return found if _all_is_noted(cluster) and versions(cluster) == found else {}

    found: dict[str, tuple[str, str]] = until(quiet, "the controllers have nothing left to write")
    return found


def versions(cluster: Cluster) -> dict[str, tuple[str, str]]:
    """Return what tells whether anything of the market was written: UID and content of its objects.

    Without what controllers write at any time afterwards: status, and all of a ReplicaSet but that it is there. A
    generation counts every other change of what is asked for, also one that was taken back.
    """
    return {
        f"{type_.kind}/{item['metadata']['name']}": (
            item["metadata"]["uid"],
            "" if type_ is REPLICA_SET else _written(item),
        )
        for type_ in _KINDS
        for item in cluster.api.list(type_, NAMESPACE)
    }


def _written(item: Mapping[str, Any]) -> str:
    metadata = {
        key: value for key, value in item["metadata"].items() if key not in {"resourceVersion", "managedFields"}
    }
    return json.dumps({**item, "metadata": metadata, "status": None}, sort_keys=True)


def tags(cluster: Cluster) -> dict[str, str]:
    """Return the tag that each workload of the market is to have."""
    found = (*cluster.api.list(DEPLOYMENT, NAMESPACE), *cluster.api.list(ROLLOUT, NAMESPACE))
    return {item["metadata"]["name"]: _tag(item["spec"]["template"]) for item in found}


def is_through(cluster: Cluster, name: str) -> bool:
    """Tell whether a Rollout of the market serves its newest version alone."""
    found = cluster.read(ROLLOUT, NAMESPACE, name)
    metadata, status = found["metadata"], found["status"]
    return status["phase"] == "Healthy" and str(status["observedGeneration"]) == str(metadata["generation"])


def _all_is_noted(cluster: Cluster) -> bool:
    """Tell whether every Deployment and Rollout of the market is complete, and no pod is on its way out."""
    deployments = cluster.api.list(DEPLOYMENT, NAMESPACE)
    reasons = [{one["reason"] for one in item["status"].get("conditions") or ()} for item in deployments]
    seen = all(item["status"].get("observedGeneration") == item["metadata"]["generation"] for item in deployments)
    ending = any("deletionTimestamp" in pod["metadata"] for pod in cluster.api.list(POD, NAMESPACE))
    through = all(is_through(cluster, name) for name in cluster.names(ROLLOUT, NAMESPACE))
    return seen and not ending and through and all("NewReplicaSetAvailable" in found for found in reasons)


def last_ready(cluster: Cluster, **of: str) -> str:
    """Return when the last pod of the market became ready, of these services and tags or of all; fail if one is not."""
    pods = [pod for pod in cluster.api.list(POD, NAMESPACE) if "deletionTimestamp" not in pod["metadata"]]
    wanted = [pod for pod in pods if not of or of.get(pod["metadata"]["labels"][_COMPONENT]) == _tag(pod)]
    assert wanted
    conditions = [one for pod in wanted for one in pod["status"]["conditions"] if one["type"] == "Ready"]
    assert [one["status"] for one in conditions] == ["True"] * len(wanted)
    return max(str(one["lastTransitionTime"]) for one in conditions)


def made(cluster: Cluster, type_: Type, tag: str = "") -> str:
    """Return when the first object of a kind was made in the market, of a tag if one is given."""
    found = [item for item in cluster.api.list(type_, NAMESPACE) if not tag or _tag(item["spec"]["template"]) == tag]
    return min(str(item["metadata"]["creationTimestamp"]) for item in found)


_COMPONENT: Final = "app.kubernetes.io/component"


def _tag(of: Mapping[str, Any]) -> str:
    return str(of["spec"]["containers"][0]["image"]).rpartition(":")[2]


class Outage(socketserver.ThreadingTCPServer):
    """The end of a cluster's processes; whoever still comes to its API server is hung up on.

    A port that nobody listens on would be taken by the next control plane of the machine, which does answer.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, plane: ControlPlane) -> None:
        (port,) = (one.port for one in plane.status() if one.name == "kube-apiserver")
        plane.down()
        super().__init__(("127.0.0.1", port or 0), socketserver.BaseRequestHandler)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.1,))
        self._thread.start()

    def over(self) -> None:
        """Leave the port to the API server."""
        self.shutdown()
        self._thread.join()
        self.server_close()


@contextmanager
def impatience(plane: ControlPlane, seconds: int = 6) -> Iterator[None]:
    """Have a cluster give up soon on a version that crashes, in place of the ten minutes of the manifests."""
    ended = threading.Event()

    def hurry(cluster: Cluster) -> None:
        looks = 0
        while not ended.wait(0.2):
            found = cluster.read(DEPLOYMENT, NAMESPACE, "web")
            conditions: Sequence[Mapping[str, Any]] = found["status"].get("conditions") or ()
            # Before the cluster has noted that something new is on its way, a change makes it forget to. On a busy
            # machine it may note other things, and that one never: a while later a change does no harm either way.
            noted = any(one["type"] == "Progressing" and one["reason"] == "ReplicaSetUpdated" for one in conditions)
            looks += _tag(found["spec"]["template"]).endswith("-crash")
            if looks > 40 or (looks and noted):
                cluster.apply("apps/v1", "Deployment", NAMESPACE, "web", spec={"progressDeadlineSeconds": seconds})
                return

    with Session(plane.kubeconfig) as session:
        thread = threading.Thread(target=hurry, args=(Cluster(session),))
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


@contextmanager
def refusing(cluster: Cluster, tag: str) -> Iterator[None]:
    """Have a cluster admit no Deployment of a tag, as a policy of that region alone would."""
    name = "naru-test"
    rule = {
        "apiGroups": ["apps"],
        "apiVersions": ["v1"],
        "operations": ["CREATE", "UPDATE"],
        "resources": ["deployments"],
    }
    expression = f"!object.spec.template.spec.containers.exists(one, one.image.endsWith(':{tag}'))"
    _admission(
        cluster,
        "ValidatingAdmissionPolicy",
        name,
        failurePolicy="Fail",
        matchConstraints={"resourceRules": [rule]},
        validations=[{"expression": expression, "message": f"{tag} is not let into this region"}],
    )
    _admission(cluster, "ValidatingAdmissionPolicyBinding", name, policyName=name, validationActions=["Deny"])
    try:
        until(lambda: not _admits(cluster, tag), "the policy is in force")
        yield
    finally:
        cluster.api.delete(_POLICY, "", name, propagation="Background")
        until(lambda: _admits(cluster, tag), "the policy is gone")


def _admission(cluster: Cluster, kind: str, name: str, **spec: Any) -> None:
    cluster.add(
        {"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
    )


def _admits(cluster: Cluster, tag: str) -> bool:
    labels = {"app": "tried"}
    container = {"name": "tried", "image": f"example.com/tried:{tag}"}
    spec = {
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
    }
    tried = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "tried", "namespace": "default"}}
    try:
        cluster.api.apply({**tried, "spec": spec}, field_manager="test", force=True, dry_run=True, warn=lambda _: None)
    except ApiError:
        return False
    return True
