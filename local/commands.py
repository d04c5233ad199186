"""How each process of Kubernetes is started: its arguments, all of them, as functions of where things are."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import local
from local import prometheus, rollouts, sealing
from local.argocd import names as argocd
from local.places import Places
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

# With what runs only where it was asked for, by what that is called.
EXTRAS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({argocd.NAME: argocd.PROCESSES})
EVERY: Final = (*ORDER, *(process for processes in EXTRAS.values() for process in processes))

# They would look for the definitions of what they watch at ever longer intervals: these have to be served first.
OF_CUSTOM_RESOURCES: Final = (sealing.NAME, rollouts.NAME)


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
