"""A process that believes it runs in a pod: it finds its service account where every pod has it.

The place is fixed (client-go, `rest.InClusterConfig`), belongs to root, and a machine has it once. So the process gets
a mount namespace of its own, in which our folder is there: nobody else's mounts change, and these end with it.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from local.errors import PlaneError

ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")

# The last word is what runs in the end, under the number that the first one was started with.
_SCRIPT: Final = (
    'set -e; account=$1; folder=$2; shift 2; mount -t tmpfs tmpfs /var/run; mkdir -p "$account"; '
    'mount --bind "$folder" "$account"; exec "$@"'
)

# By a right to mount, which root has, or else in a user namespace, where everybody has it.
_WAYS: Final = (("-m",), ("-r", "-m"))


def environment(address: str, port: int, namespace: str) -> Mapping[str, str]:
    """Return the variables that tell a process in a pod where the API server is, and itself."""
    return {"KUBERNETES_SERVICE_HOST": address, "KUBERNETES_SERVICE_PORT": str(port), "POD_NAMESPACE": namespace}


def launcher(folder: Path, account: Path = ACCOUNT) -> tuple[str, ...]:
    """Return the words before a command that have it find a folder as its service account.

    There are none where a link leads to the folder already. Raises PlaneError where the system does not allow it.
    """
    if account.resolve() == folder.resolve():
        return ()
    unshare = shutil.which("unshare")
    if unshare is None:
        raise _refused("unshare (util-linux, on Linux only) is not installed", folder, account)
    reasons = []
    for options in _WAYS:
        words = (unshare, *options, "/bin/sh", "-c", _SCRIPT, "sh", str(account), str(folder))
        attempt = subprocess.run([*words, "true"], capture_output=True, text=True, check=False)
        if attempt.returncode == 0:
            return words
        reasons += attempt.stderr.strip().splitlines()[-1:]
    raise _refused("; ".join(dict.fromkeys(reasons)) or "none is to be had", folder, account)


def _refused(reason: str, folder: Path, account: Path) -> PlaneError:
    return PlaneError(
        f"the Sealed Secrets controller needs a mount namespace for its service account, and {reason}: "
        "allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, on Ubuntu "
        "kernel.apparmor_restrict_unprivileged_userns=0), or lead the way there by hand: "
        f"sudo mkdir -p {account.parent} && sudo ln -sfn {folder} {account}"
    )
