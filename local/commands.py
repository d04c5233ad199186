"""How each process of the control plane is started: its arguments, all of them, as functions of where things are."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import local
from local import in_cluster, prometheus, rollouts, sealing
from local.certificates import Authority
from local.ports import ADDRESS
from local.processes import Command

SERVICES: Final = "10.96.0.0/16"
SERVICE_API: Final = "10.96.0.1"
PODS: Final = "10.244.0.0/16"

# The order in which they depend on each other: they are started in it, and stopped in the reverse.
ORDER: Final = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kwok",
    "kubelet",
    prometheus.NAME,
    sealing.NAME,
    rollouts.NAME,
)

# They would look for the definitions of what they watch at ever longer intervals: these have to be served first.
OF_CUSTOM_RESOURCES: Final = (sealing.NAME, rollouts.NAME)


@dataclass(frozen=True)
class Places:
    """Where the control plane keeps what its processes read and write."""

    data: Path

    @property
    def pki(self) -> Path:
        """Certificates and keys."""
        return self.data / "pki"

    @property
    def cluster_authority(self) -> Authority:
        """Signs for the API server and whoever talks to it."""
        return Authority(self.pki, "ca")

    @property
    def etcd_authority(self) -> Authority:
        """Signs for etcd and the API server, its one client: nobody else of the cluster gets past RBAC that way."""
        return Authority(self.pki, "etcd-ca")

    @property
    def signing_key(self) -> Path:
        """Signs service account tokens."""
        return self.pki / "service-accounts.key"

    @property
    def tokens(self) -> Path:
        """The bearer tokens the API server knows, for whom a certificate will not do."""
        return self.pki / "tokens.csv"

    @property
    def sealing_account(self) -> Path:
        """What the Sealed Secrets controller finds as its service account."""
        return self.data / "sealed-secrets"

    @property
    def prometheus(self) -> Path:
        """What Prometheus reads and writes."""
        return self.data / "prometheus"

    @property
    def scraped(self) -> Path:
        """What Prometheus is told when it starts: what to scrape, and how often."""
        return self.prometheus / "prometheus.yaml"

    @property
    def targets(self) -> Path:
        """Where it finds the addresses of what it scrapes."""
        return self.prometheus / prometheus.TARGETS

    @property
    def records(self) -> Path:
        """Which processes were started."""
        return self.data / "run"

    @property
    def logs(self) -> Path:
        """What they say."""
        return self.data / "logs"

    @property
    def ports(self) -> Path:
        """The ports they listen on."""
        return self.data / "ports.json"

    @property
    def stages(self) -> Path:
        """KWOK's stages, with the delays of this control plane."""
        return self.data / "stages.yaml"

    def kubeconfig(self, user: str) -> Path:
        """Return the kubeconfig of a user; `admin` has the one for people."""
        return self.data / ("kubeconfig" if user == "admin" else f"{user}.kubeconfig")


def etcd(places: Places, ports: Mapping[str, int], binary: Path, version: str) -> Command:
    """Run one member, with client certificates for clients and peers: every user of this machine can reach loopback."""
    client, peer = (f"https://{ADDRESS}:{ports[purpose]}" for purpose in ("etcd", "etcd-peer"))
    pair, authority = places.etcd_authority.member("etcd"), places.etcd_authority.pair.certificate
    return Command(
        "etcd",
        (
            str(binary),
            "--name=naru",
            f"--data-dir={places.data / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=naru={peer}",
            f"--cert-file={pair.certificate}",
            f"--key-file={pair.key}",
            f"--trusted-ca-file={authority}",
            "--client-cert-auth",
            f"--peer-cert-file={pair.certificate}",
            f"--peer-key-file={pair.key}",
            f"--peer-trusted-ca-file={authority}",
            "--peer-client-cert-auth",
            # What a power cut may cost here is a cluster of simulated pods.
            "--unsafe-no-fsync",
            "--auto-compaction-mode=periodic",
            "--auto-compaction-retention=5m",
            "--log-level=warn",
        ),
        version,
        ports["etcd"],
    )


def api_server(places: Places, ports: Mapping[str, int], binary: Path, version: str) -> Command:
    """Run the API server with RBAC and the admission plugins of a default cluster, Pod Security among them."""
    server, client = places.cluster_authority.member("kube-apiserver"), places.etcd_authority.member("etcd-client")
    return Command(
        "kube-apiserver",
        (
            str(binary),
            f"--bind-address={ADDRESS}",
            f"--advertise-address={ADDRESS}",
            f"--secure-port={ports['api']}",
            f"--tls-cert-file={server.certificate}",
            f"--tls-private-key-file={server.key}",
            f"--client-ca-file={places.cluster_authority.pair.certificate}",
            f"--token-auth-file={places.tokens}",
            "--anonymous-auth=false",
            "--authorization-mode=RBAC",
            "--allow-privileged=false",
            f"--etcd-servers=https://{ADDRESS}:{ports['etcd']}",
            f"--etcd-cafile={places.etcd_authority.pair.certificate}",
            f"--etcd-certfile={client.certificate}",
            f"--etcd-keyfile={client.key}",
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            f"--service-account-key-file={places.signing_key}",
            f"--service-account-signing-key-file={places.signing_key}",
            f"--service-cluster-ip-range={SERVICES}",
            # A loopback address is no endpoint of the Service `kubernetes`; trying would only fill the log.
            "--endpoint-reconciler-type=none",
            "--profiling=false",
            "--v=0",
        ),
        version,
        ports["api"],
    )


def controllers(places: Places, binary: Path, version: str) -> Command:
    """Run every controller of a default cluster; it serves nothing, so it needs no port."""
    kubeconfig, authority = places.kubeconfig("controllers"), places.cluster_authority.pair.certificate
    return Command(
        "kube-controller-manager",
        (
            str(binary),
            f"--kubeconfig={kubeconfig}",
            "--secure-port=0",
            f"--client-ca-file={authority}",
            f"--root-ca-file={authority}",
            f"--service-account-private-key-file={places.signing_key}",
            "--use-service-account-credentials",
            "--allocate-node-cidrs",
            f"--cluster-cidr={PODS}",
            f"--service-cluster-ip-range={SERVICES}",
            # There is one of it: it need not wait for the lease of one that was killed.
            "--leader-elect=false",
            # Twice the stages' heartbeat, so that a laptop that slept does not find its nodes declared dead.
            "--node-monitor-grace-period=10m",
            "--kube-api-qps=300",
            "--kube-api-burst=600",
            "--profiling=false",
            "--v=0",
        ),
        version,
    )


def scheduler(places: Places, binary: Path, version: str) -> Command:
    """Run the default scheduler; it serves nothing, so it needs no port."""
    return Command(
        "kube-scheduler",
        (
            str(binary),
            f"--kubeconfig={places.kubeconfig('scheduler')}",
            "--secure-port=0",
            "--leader-elect=false",
            "--kube-api-qps=300",
            "--kube-api-burst=600",
            "--profiling=false",
            "--v=0",
        ),
        version,
    )


def kwok(places: Places, binary: Path, version: str) -> Command:
    """Run KWOK with our stages; without a node port it serves nothing."""
    return Command(
        "kwok",
        (
            str(binary),
            f"--kubeconfig={places.kubeconfig('kwok')}",
            f"--config={places.stages}",
            "--manage-all-nodes",
            f"--node-ip={ADDRESS}",
            "--node-port=0",
            # A lease would keep a KWOK that was started anew from its nodes until that of the old one runs out.
            "--node-lease-duration-seconds=0",
            "--v=WARN",
        ),
        version,
        environment={"KWOK_WORKDIR": str(places.data / "kwok")},  # not the user's own configuration of KWOK
    )


def kubelet(places: Places, version: str) -> Command:
    """See what KWOK cannot, in a Python process of ours. `version` is a hash of its code."""
    return Command(
        "kubelet",
        (sys.executable, "-m", "local.simulation", str(places.kubeconfig("kubelet"))),
        version,
        environment={"PYTHONPATH": str(Path(local.__file__).parent.parent), "PYTHONUNBUFFERED": "1"},
        state=version,
    )


def sealed_secrets(ports: Mapping[str, int], launcher: tuple[str, ...], binary: Path, version: str) -> Command:
    """Run the Sealed Secrets controller, which `launcher` has find its service account."""
    return Command(
        sealing.NAME,
        (
            *launcher,
            str(binary),
            f"--listen-addr={ADDRESS}:{ports['sealing']}",
            # It cannot be told to serve no metrics; nobody reads them, so any free port will do.
            f"--listen-metrics-addr={ADDRESS}:0",
            # What was sealed once is kept under .naru/ and stays sealed with the newest key: none comes by itself.
            "--key-renew-period=0",
        ),
        version,
        ports["sealing"],
        environment=in_cluster.environment(ADDRESS, ports["api"], sealing.NAMESPACE),
    )


def scraper(places: Places, ports: Mapping[str, int], binary: Path, version: str) -> Command:
    """Run Prometheus, which anybody on this machine may ask, and nobody change or end over the network."""
    return Command(
        prometheus.NAME,
        (
            str(binary),
            f"--config.file={places.scraped}",
            f"--web.listen-address={ADDRESS}:{ports['prometheus']}",
            f"--storage.tsdb.path={places.prometheus / 'data'}",
            # More than the longest window of an analysis; blocks are of two hours anyway.
            "--storage.tsdb.retention.time=2h",
            "--log.level=warn",
        ),
        version,
        ports["prometheus"],
    )


def argo_rollouts(places: Places, ports: Mapping[str, int], binary: Path, version: str) -> Command:
    """Run the Argo Rollouts controller, whose analyses ask our Prometheus where they name no other."""
    return Command(
        rollouts.NAME,
        (
            str(binary),
            f"--kubeconfig={places.kubeconfig('rollouts')}",
            "--leader-elect=false",
            # It would serve metrics and its health on every address of this machine, and cannot be told otherwise:
            # with a port that does not exist it logs that, and serves nothing.
            "--metricsPort=-1",
            "--healthzPort=-1",
            "--qps=300",
            "--burst=600",
            "--loglevel=warn",
        ),
        version,
        environment={
            "ARGO_ROLLOUTS_PROMETHEUS_ADDRESS": prometheus.url(ports["prometheus"]),
            "POD_NAMESPACE": rollouts.NAMESPACE,  # not that of a pod this machine may be
        },
    )
