"""The control plane itself: what it serves, how its pods behave, and that it survives what happens to processes."""

from __future__ import annotations

import base64
import os
import signal
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from cryptography import x509

from local import cluster
from local.commands import ORDER
from local.plane import ControlPlane, PlaneError
from local.provider import kubeconfig
from local.provider.api import Api
from local.provider.awaiting import NotReady
from local.provider.objects import Type
from local.provider.resources import Logs, Resources
from local.provider.transport import ApiError
from local.session import Session
from tests.integration.space import PATIENCE, POD, SECRET, Space, new_space, ports_stay_free


@pytest.fixture
def session(plane: ControlPlane) -> Iterator[Session]:
    with Session(plane.kubeconfig) as opened:
        yield opened


@pytest.fixture
def space(session: Session) -> Iterator[Space]:
    with new_space(session) as made:
        yield made


def test_every_process_runs_with_its_version(plane: ControlPlane) -> None:
    status = {process.name: process for process in plane.status()}
    assert tuple(status) == ORDER
    assert all(process.running and process.version for process in status.values())
    assert status["kube-apiserver"].version.startswith("1.36")


def test_second_up_changes_nothing(plane: ControlPlane, session: Session) -> None:
    api = Api(session)
    before = plane.status()
    classes = Type("storage.k8s.io", "v1", "StorageClass")
    versions = [obj["metadata"]["resourceVersion"] for obj in api.list(classes, "")]
    plane.up(storage_classes=["openebs-hostpath"])
    assert plane.status() == before
    assert [obj["metadata"]["resourceVersion"] for obj in api.list(classes, "")] == versions
    assert len(api.list(Type("", "v1", "Node"), "")) == 6


def listening(pid: int) -> set[tuple[str, int]]:
    """Return the local addresses, as `/proc/net` writes them, and ports on which a process listens."""
    sockets, found = set(), set()
    for file in Path("/proc", str(pid), "fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            sockets.add(str(file.readlink()))
    for family in ("tcp", "tcp6"):
        for line in Path("/proc/net", family).read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            address, _, port = fields[1].rpartition(":")
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                found.add((address, int(port, 16)))
    return found


def test_nothing_but_loopback_is_listened_on(plane: ControlPlane) -> None:
    """Whatever port a process listens on, told or not: by the sockets it holds."""
    found = {process.name: listening(process.pid) for process in plane.status() if process.pid}
    assert {address for sockets in found.values() for address, _ in sockets} == {"0100007F"}
    told = {process.name: process.port for process in plane.status() if process.port}
    assert told.keys() == {name for name, sockets in found.items() if sockets}
    assert all(port in {one for _, one in found[name]} for name, port in told.items())


def test_nobody_gets_in_without_a_certificate(plane: ControlPlane, tmp_path: Path) -> None:
    stranger = yaml.safe_load(plane.kubeconfig.read_text(encoding="utf-8"))
    stranger["users"][0]["user"] = {}
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(stranger), encoding="utf-8")
    with Session(path) as session, pytest.raises(ApiError) as refused:
        session.request("GET", "/version")
    assert refused.value.status == 401


def test_etcd_takes_no_certificate_of_the_cluster(plane: ControlPlane) -> None:
    known = kubeconfig.parse(plane.kubeconfig.read_text(encoding="utf-8"))
    [port] = [process.port for process in plane.status() if process.name == "etcd"]
    context = kubeconfig.tls(known)
    assert context is not None
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE

    def ask() -> bytes:
        with (
            socket.create_connection(("127.0.0.1", port or 0)) as plain,
            context.wrap_socket(plain) as connection,
        ):
            connection.sendall(b"GET /version HTTP/1.1\r\nHost: etcd\r\nConnection: close\r\n\r\n")
            return connection.recv(100)

    with pytest.raises(OSError, match=r"alert|reset|closed"):
        assert ask() != b""


def test_pod_security_is_enforced(space: Space) -> None:
    space.namespace({"pod-security.kubernetes.io/enforce": "restricted"})
    with pytest.raises(ApiError, match="violates PodSecurity"):
        space.pod("app")


def test_privileged_container_is_refused_everywhere(space: Space) -> None:
    container = {"name": "app", "image": "app:1", "securityContext": {"privileged": True}}
    with pytest.raises(ApiError, match="disallowed by cluster policy"):
        space.apply("v1", "Pod", "app", spec={"containers": [container]})


def test_every_definition_is_served(space: Space) -> None:
    for type_ in (
        Type("argoproj.io", "v1alpha1", "Rollout"),
        Type("argoproj.io", "v1alpha1", "Application"),
        Type("bitnami.com", "v1alpha1", "SealedSecret"),
        Type("cilium.io", "v2", "CiliumNetworkPolicy"),
        Type("external-secrets.io", "v1", "ExternalSecret"),
        Type("monitoring.coreos.com", "v1", "PrometheusRule"),
    ):
        assert space.api.list(type_, space.name) == []


def test_healthy_pod_becomes_ready_with_an_address(space: Space) -> None:
    space.pod("app", initContainers=[{"name": "init", "image": "app:1"}])
    space.until(lambda: space.condition(POD, "app", "Ready") == "True")
    status = space.read(POD, "app")["status"]
    assert status["phase"] == "Running"
    assert status["podIP"].startswith("10.244.")
    assert "terminated" in status["initContainerStatuses"][0]["state"]
    assert space.read(POD, "app")["spec"]["nodeName"] in {node["metadata"]["name"] for node in cluster.nodes()}


def test_native_sidecar_keeps_running(space: Space) -> None:
    space.pod("app", initContainers=[{"name": "proxy", "image": "app:1", "restartPolicy": "Always"}])
    space.until(lambda: space.condition(POD, "app", "Ready") == "True")
    [proxy] = space.read(POD, "app")["status"]["initContainerStatuses"]
    assert proxy["ready"]
    assert "running" in proxy["state"]


def test_pod_without_its_secret_waits_with_the_kubelets_reason_and_starts_once_it_is_there(space: Space) -> None:
    reference = {"name": "A", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "b"}}}
    space.pod("app", containers=[{"name": "app", "image": "app:1", "env": [reference]}])
    space.until(lambda: space.waiting("app"))
    assert space.waiting("app") == {"reason": "CreateContainerConfigError", "message": 'secret "keys" not found'}
    space.until(lambda: ("Failed", 'Error: secret "keys" not found') in space.events("app"))

    space.apply("v1", "Secret", "keys", stringData={"a": "x"})
    space.until(lambda: "couldn't find key b in Secret" in space.waiting("app").get("message", ""))
    space.apply("v1", "Secret", "keys", stringData={"a": "x", "b": "y"})
    space.until(lambda: space.condition(POD, "app", "Ready") == "True")


def test_pod_without_its_volume_stays_creating_with_an_event(space: Space) -> None:
    space.pod(
        "app",
        containers=[{"name": "app", "image": "app:1", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}],
        volumes=[{"name": "v", "configMap": {"name": "settings"}}],
    )
    expected = ("FailedMount", 'MountVolume.SetUp failed for volume "v" : configmap "settings" not found')
    space.until(lambda: expected in space.events("app"))
    assert space.waiting("app") == {"reason": "ContainerCreating"}


@pytest.mark.parametrize(
    ("tag", "phase", "reason"),
    [("crash", "Running", "CrashLoopBackOff"), ("pull", "Pending", "ImagePullBackOff"), ("unready", "Running", None)],
)
def test_fault_follows_the_tag(space: Space, tag: str, phase: str, reason: str | None) -> None:
    space.pod("app", f"example.com/app:1-{tag}")
    space.until(lambda: space.condition(POD, "app", "naru.local/Started") == "True")
    assert space.condition(POD, "app", "Ready") == "False"
    assert space.read(POD, "app")["status"]["phase"] == phase
    assert space.waiting("app").get("reason") == reason
    space.until(lambda: space.events("app"))


def test_fault_of_an_init_container_holds_up_the_pod(space: Space) -> None:
    space.pod("app", initContainers=[{"name": "migrate", "image": "app:1-crash"}])
    space.until(lambda: space.condition(POD, "app", "naru.local/Started") == "True")
    status = space.read(POD, "app")["status"]
    assert status["phase"] == "Pending"
    assert status["initContainerStatuses"][0]["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert space.waiting("app") == {"reason": "PodInitializing"}


def test_failed_job_is_told_with_its_pods_exit_code_and_last_words(space: Space) -> None:
    container = {"name": "migrate", "image": "app:1-fail", "terminationMessagePolicy": "FallbackToLogsOnError"}
    template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "migrate", "namespace": space.name},
        "spec": {"backoffLimit": 0, "template": template},
    }
    resources = Resources(space.api, "default", threading.Event())
    with pytest.raises(NotReady) as failed:
        resources.create(job, timeout=PATIENCE, logs=Logs(lambda _: None, lambda _: None))
    [job_failed, pod_failed, *_] = failed.value.reasons
    assert "BackoffLimitExceeded" in job_failed
    assert pod_failed.startswith("pod migrate-")
    assert "container migrate ended with exit code 1: Error: simulated failure: the tag of app:1-fail" in pod_failed


def test_init_container_that_fails_is_the_end_of_a_pod_that_is_never_restarted(space: Space) -> None:
    container = {"name": "wait", "image": "app:1-fail", "terminationMessagePolicy": "FallbackToLogsOnError"}
    space.pod("migrate", restartPolicy="Never", initContainers=[container])
    space.until(lambda: space.read(POD, "migrate")["status"].get("phase") == "Failed")
    [status] = space.read(POD, "migrate")["status"]["initContainerStatuses"]
    assert status["state"]["terminated"]["exitCode"] == 1
    assert status["state"]["terminated"]["message"].startswith("simulated failure")
    assert space.waiting("migrate") == {"reason": "PodInitializing"}


def test_container_without_the_policy_leaves_no_last_words(space: Space) -> None:
    space.pod("migrate", "app:1-fail", restartPolicy="Never")
    space.until(lambda: space.read(POD, "migrate")["status"].get("phase") == "Failed")
    [status] = space.read(POD, "migrate")["status"]["containerStatuses"]
    assert status["state"]["terminated"]["exitCode"] == 1
    assert "message" not in status["state"]["terminated"]


@pytest.mark.parametrize(("tag", "condition"), [("1", "Complete"), ("1-fail", "Failed")])
def test_job_ends_as_its_tag_says(space: Space, tag: str, condition: str) -> None:
    job = Type("batch", "v1", "Job")
    pod = {"restartPolicy": "Never", "containers": [{"name": "migrate", "image": f"app:{tag}"}]}
    space.apply("batch/v1", "Job", "migrate", spec={"backoffLimit": 0, "template": {"spec": pod}})
    space.until(lambda: space.condition(job, "migrate", condition) == "True")


def test_deleted_pod_ends_after_a_while(space: Space, session: Session) -> None:
    space.pod("app")
    space.until(lambda: space.condition(POD, "app", "Ready") == "True")
    ending, _ = session.request("DELETE", f"/api/v1/namespaces/{space.name}/pods/app")
    assert ending["metadata"]["deletionGracePeriodSeconds"] > 0
    space.until(lambda: not space.read(POD, "app"))


def test_volume_is_made_for_the_pod_that_uses_it_and_goes_with_its_claim(space: Space) -> None:
    claims, volumes = Type("", "v1", "PersistentVolumeClaim"), Type("", "v1", "PersistentVolume")
    for name in ("used", "lonely"):
        space.apply(
            "v1",
            "PersistentVolumeClaim",
            name,
            spec={
                "accessModes": ["ReadWriteOnce"],
                "storageClassName": "openebs-hostpath",
                "resources": {"requests": {"storage": "1Gi"}},
            },
        )
    space.pod("app", volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "used"}}])
    space.until(lambda: space.condition(POD, "app", "Ready") == "True")
    claim = space.read(claims, "used")
    assert claim["status"]["phase"] == "Bound"
    assert space.read(claims, "lonely")["status"]["phase"] == "Pending"
    volume = space.read(volumes, claim["spec"]["volumeName"])
    [term] = volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert term["matchExpressions"][0]["values"] == [space.read(POD, "app")["spec"]["nodeName"]]

    space.api.delete(POD, space.name, "app", propagation="Background")
    space.until(lambda: not space.read(POD, "app"))
    space.api.delete(claims, space.name, "used", propagation="Background")
    space.until(lambda: not space.read(volumes, volume["metadata"]["name"]))


def test_entrances_get_addresses(space: Space) -> None:
    ingress = Type("networking.k8s.io", "v1", "Ingress")
    service = Type("", "v1", "Service")
    space.apply("v1", "Service", "web", spec={"type": "LoadBalancer", "ports": [{"port": 80}]})
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    space.apply("networking.k8s.io/v1", "Ingress", "web", spec={"ingressClassName": "nginx", "defaultBackend": backend})
    space.apply("networking.k8s.io/v1", "Ingress", "nobodys", spec={"defaultBackend": backend})
    space.until(lambda: space.read(ingress, "web")["status"]["loadBalancer"].get("ingress"))
    space.until(lambda: space.read(service, "web")["status"]["loadBalancer"].get("ingress"))
    assert not space.read(ingress, "nobodys")["status"]["loadBalancer"]


def test_gateway_and_its_route_are_accepted_in_each_generation(space: Space) -> None:
    gateways, routes = (Type("gateway.networking.k8s.io", "v1", kind) for kind in ("Gateway", "HTTPRoute"))

    def listen(port: int) -> None:
        listener = {"name": "http", "port": port, "protocol": "HTTP"}
        spec = {"gatewayClassName": "cilium", "listeners": [listener]}
        space.apply("gateway.networking.k8s.io/v1", "Gateway", "web", spec=spec)

    def programmed() -> int:
        conditions = space.read(gateways, "web")["status"]["conditions"]
        return max(int(one.get("observedGeneration", 0)) for one in conditions if one["type"] == "Programmed")

    listen(80)
    space.apply("gateway.networking.k8s.io/v1", "HTTPRoute", "web", spec={"parentRefs": [{"name": "web"}]})
    space.until(lambda: programmed() == 1)
    assert space.read(gateways, "web")["status"]["addresses"]
    space.until(lambda: space.read(routes, "web").get("status", {}).get("parents"))
    [parent] = space.read(routes, "web")["status"]["parents"]
    assert {one["type"]: one["status"] for one in parent["conditions"]} == {"Accepted": "True", "ResolvedRefs": "True"}
    listen(8080)
    space.until(lambda: programmed() == 2)


def test_ingress_gets_its_certificate_once_the_issuer_is_there(space: Space) -> None:
    certificates = Type("cert-manager.io", "v1", "Certificate")
    space.apply(
        "networking.k8s.io/v1",
        "Ingress",
        "web",
        annotations={"cert-manager.io/issuer": "acme"},
        spec={
            "ingressClassName": "nginx",
            "tls": [{"secretName": "web-tls", "hosts": ["a.example.com"]}],
            "defaultBackend": {"service": {"name": "web", "port": {"number": 80}}},
        },
    )
    space.until(lambda: space.condition(certificates, "web-tls", "Ready") == "False")
    space.apply("cert-manager.io/v1", "Issuer", "acme", spec={"selfSigned": {}})
    space.until(lambda: space.condition(certificates, "web-tls", "Ready") == "True")
    space.until(lambda: space.condition(Type("cert-manager.io", "v1", "Issuer"), "acme", "Ready") == "True")
    chain = base64.b64decode(space.read(SECRET, "web-tls")["data"]["tls.crt"])
    names = x509.load_pem_x509_certificate(chain).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert names.value.get_values_for_type(x509.DNSName) == ["a.example.com"]


def test_external_secret_makes_its_secret(space: Space) -> None:
    vault = {"vault": {"server": "https://vault.example.com", "auth": {"tokenSecretRef": {"name": "t", "key": "t"}}}}
    stores = Type("external-secrets.io", "v1", "SecretStore")
    space.apply("external-secrets.io/v1", "SecretStore", "vault", spec={"provider": vault})
    space.apply(
        "external-secrets.io/v1",
        "ExternalSecret",
        "app",
        spec={
            "secretStoreRef": {"name": "vault", "kind": "SecretStore"},
            "target": {"name": "app-secrets"},
            "data": [{"secretKey": "token", "remoteRef": {"key": "app"}}],
        },
    )
    reference = {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "app-secrets", "key": "token"}}}
    space.pod("app", containers=[{"name": "app", "image": "app:1", "env": [reference]}])
    space.until(lambda: space.condition(POD, "app", "Ready") == "True")
    external = Type("external-secrets.io", "v1", "ExternalSecret")
    space.until(lambda: space.condition(external, "app", "Ready") == "True")
    space.until(lambda: space.condition(stores, "vault", "Ready") == "True")
    made = space.read(SECRET, "app-secrets")
    assert made["data"].keys() == {"token"}
    assert [owner["kind"] for owner in made["metadata"]["ownerReferences"]] == ["ExternalSecret"]


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane that tests may damage, beside the one that is up: so its preferred ports are taken."""
    made = ControlPlane(tmp_path_factory.mktemp("second"), pod_seconds=(0.1, 0.2))
    yield made
    made.down(delete=True)


def server(plane: ControlPlane) -> int | None:
    return urlsplit(kubeconfig.parse(plane.kubeconfig.read_text(encoding="utf-8")).server).port


def kill(plane: ControlPlane, name: str) -> int:
    [pid] = [process.pid for process in plane.status() if process.name == name]
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while any(process.running for process in plane.status() if process.name == name):
        time.sleep(0.01)
    return pid


def seeing(folder: str) -> list[str]:
    """Return the processes that see a folder of the second control plane mounted: the one it is for, or an orphan."""
    found = []
    for mounts in Path("/proc").glob("[0-9]*/mountinfo"):
        try:
            content = mounts.read_text(encoding="utf-8")
        except OSError:  # ended meanwhile
            continue
        if folder in content:
            found.append(mounts.parent.name)
    return found


def starts_pods(plane: ControlPlane, name: str) -> None:
    with Session(plane.kubeconfig) as session:
        space = Space(session, "default")
        space.pod(name)
        space.until(lambda: space.condition(POD, name, "Ready") == "True")


def uid(plane: ControlPlane, name: str) -> str:
    with Session(plane.kubeconfig) as session:
        return str(Space(session, "default").read(POD, name)["metadata"]["uid"])


def test_two_control_planes_stand_side_by_side(plane: ControlPlane, second: ControlPlane) -> None:
    second.up()
    assert server(second) != server(plane)
    starts_pods(second, "first")


@pytest.mark.parametrize("name", ORDER)
def test_up_heals_a_process_that_was_killed(second: ControlPlane, name: str) -> None:
    second.up()
    before = {process.name: process.pid for process in second.status()}
    kill(second, name)
    second.up()
    after = {process.name: process.pid for process in second.status()}
    assert {one for one in ORDER if before[one] != after[one]} == {name}
    starts_pods(second, f"after-{name}")


def test_down_frees_everything_after_a_crash_and_keeps_the_data(second: ControlPlane) -> None:
    second.up()
    starts_pods(second, "kept")
    kept = uid(second, "kept")
    ports = [process.port for process in second.status() if process.port]
    account = str(second.kubeconfig.parent / "sealed-secrets")
    assert len(seeing(account)) == 1
    kill(second, "etcd")
    with ports_stay_free():
        second.down()
        assert not any(process.running for process in second.status())
        assert seeing(account) == []
        for port in ports:
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port))
    second.up()
    assert uid(second, "kept") == kept


def test_taken_ports_are_given_up(second: ControlPlane) -> None:
    second.up()
    ports = [process.port for process in second.status() if process.port]
    assert len(ports) == 4
    with ExitStack() as listeners:
        with ports_stay_free():
            second.down()
            for port in ports:
                listener = listeners.enter_context(socket.socket())
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind(("127.0.0.1", port))
                listener.listen()
        second.up()
        assert not set(ports) & {process.port for process in second.status()}
        starts_pods(second, "moved")


def test_two_that_come_up_at_once_take_ports_of_their_own(second: ControlPlane, tmp_path: Path) -> None:
    second.up()
    second.down()
    third = ControlPlane(tmp_path, pod_seconds=(0.01, 0.05))
    try:
        with ThreadPoolExecutor() as threads:
            for coming in [threads.submit(one.up) for one in (second, third)]:
                coming.result()
        taken = [{process.port for process in one.status() if process.port} for one in (second, third)]
        assert [len(ports) for ports in taken] == [4, 4]
        assert not taken[0] & taken[1]
        assert all(process.running for one in (second, third) for process in one.status())
    finally:
        third.down(delete=True)


def test_records_of_another_boot_are_no_processes(second: ControlPlane) -> None:
    """A reboot leaves records of processes whose numbers others may have by then: here this very process has one."""
    second.up()
    second.down()
    records = second.kubeconfig.parent / "run"
    for name in ORDER:
        record = f'{{"pid": {os.getpid()}, "birth": "another boot/1", "digest": "", "version": "", "port": null}}'
        (records / f"{name}.json").write_text(record, encoding="utf-8")
    assert not any(process.running for process in second.status())
    second.down()
    second.up()
    starts_pods(second, "rebooted")


def test_process_that_cannot_run_is_named_with_its_last_words(second: ControlPlane) -> None:
    second.up()
    second.down()
    data = second.kubeconfig.parent / "etcd"
    data.rename(data.with_name("aside"))
    data.write_text("no folder", encoding="utf-8")
    try:
        with pytest.raises(PlaneError, match=r"(?s)etcd has ended; the last lines of .*etcd\.log:\n.+"):
            second.up()
        assert not any(process.running for process in second.status())
    finally:
        data.unlink()
        data.with_name("aside").rename(data)
    second.up()


def test_deleting_leaves_nothing_of_the_cluster(second: ControlPlane) -> None:
    second.up()
    second.down(delete=True)
    assert not second.kubeconfig.parent.exists()
    assert not any(process.running for process in second.status())
