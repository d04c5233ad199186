"""What Argo CD, its processes and its users are called."""

from typing import Final

NAME: Final = "argocd"
NAMESPACE: Final = "argocd"

REDIS: Final = "redis-server"
GIT: Final = "git-daemon"
REPO_SERVER: Final = "argocd-repo-server"
CONTROLLER: Final = "argocd-application-controller"

# In the order in which they depend on each other.
PROCESSES: Final = (REDIS, GIT, REPO_SERVER, CONTROLLER)

CONTROLLER_USER: Final = f"naru:{CONTROLLER}"
"""Reads and writes what is Argo CD's own, in its namespace."""
CLUSTER_USER: Final = "naru:argocd-manager"
"""As whom Argo CD manages a cluster, as after `argocd cluster add`; every control plane knows it."""
CLUSTER_KUBECONFIG: Final = "argocd-manager"

RECONCILIATION_SECONDS: Final = 10
"""How long a commit stays unseen at most."""
