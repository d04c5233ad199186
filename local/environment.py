"""The variables with which Pulumi runs on the embedded control plane."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from local import provider
from local.files import private_directory
from local.progress import Progress, silent
from local.toolchain import ensure


def pulumi(home: Path, passphrase: Path, progress: Progress = silent) -> dict[str, str]:
    """Return PATH and Pulumi's own variables; state, plugins and settings are below `home`.

    Raises ToolchainError where Pulumi is neither installed nor can be built.
    """
    state = private_directory(home / "state")
    tools = ensure(["pulumi", "pulumi-language-python", "kubectl"], progress)
    plugin = official_provider(_user_home()) or _own_provider(home / "bin")
    return {
        "PATH": search_path([*(path.parent for path in tools.values()), plugin]),
        "VIRTUAL_ENV": sys.prefix,
        "PULUMI_HOME": str(home / "pulumi-home"),
        "PULUMI_BACKEND_URL": state.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase),
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        # The engine's own default is four for each core, and pods that are waited for would keep others from starting.
        "PULUMI_PARALLEL": "64",
    }


def search_path(folders: Iterable[Path]) -> str:
    """Return PATH with this interpreter's folder first, then the folders that are not on it yet."""
    ambient = os.environ.get("PATH", os.defpath).split(os.pathsep)
    added = [folder for folder in dict.fromkeys(map(str, folders)) if folder not in ambient]
    return os.pathsep.join([str(Path(sys.executable).parent), *added, *ambient])


def official_provider(user_home: Path) -> Path | None:
    """Return the folder of the newest installed official Kubernetes provider, in a user's Pulumi home."""
    found = {
        tuple(map(int, version.groups())): folder
        for folder in (user_home / "plugins").glob("resource-kubernetes-v*")
        if (version := re.fullmatch(r"resource-kubernetes-v(\d+)\.(\d+)\.(\d+)", folder.name))
        and os.access(folder / provider.PLUGIN, os.X_OK)
    }
    return found[max(found)] if found else None


def _user_home() -> Path:
    return Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")


def _own_provider(folder: Path) -> Path:
    return provider.install(private_directory(folder)).parent
