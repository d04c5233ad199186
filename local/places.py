"""Where the control plane keeps what its processes read and write."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from local import prometheus
from local.certificates import Authority


@dataclass(frozen=True)
class Places:
    """The files of a control plane, all below one folder."""

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
