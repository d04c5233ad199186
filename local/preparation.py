"""What the processes of the control plane read when they start: certificates, ports, kubeconfigs, stages."""

from __future__ import annotations

import csv
import io
import json
import secrets
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from local import commands, kubeconfig, prometheus, rollouts, sealing
from local.argocd import names as argocd
from local.certificates import Identity, signing_key
from local.files import private_directory, write_private
from local.places import Places
from local.ports import ADDRESS, choose

_SERVER_HOSTS: Final = (
    ADDRESS,
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
    commands.SERVICE_API,
)

# The users of the API server, by the name of their kubeconfig; Kubernetes' own roles know the two `system:` ones.
_USERS: Final = {
    "admin": Identity("naru:admin", groups=("system:masters",)),
    "controllers": Identity("system:kube-controller-manager"),
    "scheduler": Identity("system:kube-scheduler"),
    "kwok": Identity("naru:kwok"),
    "kubelet": Identity("naru:kubelet"),
    "rollouts": Identity(rollouts.USER),
    "argocd": Identity(argocd.CONTROLLER_USER),
    argocd.CLUSTER_KUBECONFIG: Identity(argocd.CLUSTER_USER),
}
_CLUSTER_MEMBERS: Final = {"kube-apiserver": Identity("kube-apiserver", hosts=_SERVER_HOSTS), **_USERS}
_ETCD_MEMBERS: Final = {
    "etcd": Identity("etcd", hosts=(ADDRESS, "localhost")),
    "etcd-client": Identity("kube-apiserver"),
}
_LISTENING: Final = {
    "etcd": {"etcd", "etcd-peer"},
    "kube-apiserver": {"api"},
    sealing.NAME: {"sealing"},
    prometheus.NAME: {"prometheus"},
    argocd.REDIS: {"redis"},
    argocd.GIT: {"git"},
    argocd.REPO_SERVER: {"argocd-repo-server"},
    argocd.CONTROLLER: {"argocd-controller"},
}


def prepare(places: Places, stages: str, running: Collection[str]) -> dict[str, int]:
    """Write every file that is not right yet, and return the ports; the processes that run keep theirs."""
    for directory in (
        places.data,
        places.pki,
        places.records,
        places.logs,
        places.sealing_account,
        places.prometheus,
        places.targets,
    ):
        private_directory(directory)
    for authority, members in (
        (places.cluster_authority, _CLUSTER_MEMBERS),
        (places.etcd_authority, _ETCD_MEMBERS),
    ):
        if not authority.sound(list(members)):
            authority.create(members)
    signing_key(places.signing_key)
    _sealing_account(places)
    ports = choose(_remembered(places.ports), {purpose for name in running for purpose in _LISTENING.get(name, ())})
    write_private(places.ports, json.dumps(ports))
    for user in _USERS:
        pair = places.cluster_authority.member(user)
        server, authority_file = f"https://{ADDRESS}:{ports['api']}", places.cluster_authority.pair.certificate
        write_private(places.kubeconfig(user), kubeconfig.text(server, authority_file, user, pair))
    write_private(places.stages, stages)
    write_private(places.scraped, prometheus.configuration())
    return ports


def _sealing_account(places: Places) -> None:
    """Write what a pod finds as its service account, with a token that is made once and that the API server is told.

    A token it had signed could only be had once it runs, and would end with the account or in time.
    """
    token = places.sealing_account / "token"
    if not token.exists():
        write_private(token, secrets.token_urlsafe(32))
    known = io.StringIO()
    csv.writer(known).writerow(
        [token.read_text(encoding="ascii"), sealing.USER, sealing.NAME, ",".join(sealing.GROUPS)]
    )
    write_private(places.tokens, known.getvalue())
    write_private(token.with_name("ca.crt"), places.cluster_authority.pair.certificate.read_bytes())
    write_private(token.with_name("namespace"), sealing.NAMESPACE)


def _remembered(file: Path) -> Mapping[str, int]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return (
        {purpose: port for purpose, port in found.items() if isinstance(port, int)} if isinstance(found, dict) else {}
    )
