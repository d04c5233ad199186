"""How each process of Argo CD is started, and what serves it: a cache, and the repository."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from local.argocd import names
from local.argocd.files import GIT_ENVIRONMENT, Files
from local.places import Places
from local.ports import ADDRESS
from local.processes import Command
from local.toolchain.program import Program

# Of Argo CD's own environment; flags where there are some say more in `ps`.
_ROLE: Final = "ARGOCD_BINARY_NAME"


def redis(files: Files, ports: Mapping[str, int], program: Program) -> Command:
    """Run the cache; everything it is told stands in its configuration."""
    return Command(
        names.REDIS,
        (str(program.path), str(files.redis)),
        program.version,
        ports["redis"],
        environment=program.environment,
    )


def git_daemon(files: Files, ports: Mapping[str, int], program: Program) -> Command:
    """Serve the repository to whoever is on this machine, for reading: to push one has to reach its files."""
    return Command(
        names.GIT,
        (
            str(program.path),
            f"--listen={ADDRESS}",
            f"--port={ports['git']}",
            "--reuseaddr",
            "--export-all",
            "--strict-paths",
            f"--base-path={files.served}",
            "--init-timeout=10",
            "--timeout=60",
            str(files.repository),
        ),
        program.version,
        ports["git"],
        environment=GIT_ENVIRONMENT,
    )


def repo_server(files: Files, ports: Mapping[str, int], program: Program) -> Command:
    """Run the repo server, which makes objects of commits."""
    return Command(
        names.REPO_SERVER,
        (
            str(program.path),
            f"--address={ADDRESS}",
            f"--port={ports['argocd-repo-server']}",
            # It cannot be told to serve no metrics; nobody reads them, so any free port will do.
            f"--metrics-address={ADDRESS}",
            "--metrics-port=0",
            # Its certificate would be made up by itself, and verified by nobody.
            "--disable-tls",
            f"--redis={ADDRESS}:{ports['redis']}",
            f"--revision-cache-expiration={names.RECONCILIATION_SECONDS}s",
            "--loglevel=warn",
        ),
        program.version,
        ports["argocd-repo-server"],
        environment={
            **_shared(files),
            _ROLE: names.REPO_SERVER,
            "TMPDIR": str(files.temporary),
            "ARGOCD_ASK_PASS_SOCK": str(files.socket),
            "ARGOCD_GPG_ENABLED": "false",
            **GIT_ENVIRONMENT,
        },
    )


def controller(places: Places, files: Files, ports: Mapping[str, int], program: Program) -> Command:
    """Run the application controller, which brings clusters to what the repo server made."""
    return Command(
        names.CONTROLLER,
        (
            str(program.path),
            f"--kubeconfig={places.kubeconfig('argocd')}",
            f"--namespace={names.NAMESPACE}",
            f"--repo-server={ADDRESS}:{ports['argocd-repo-server']}",
            "--repo-server-plaintext",
            f"--redis={ADDRESS}:{ports['redis']}",
            # Whether it works is asked here. It is built so that this port is on 127.0.0.1 (`toolchain/tools.py`).
            f"--metrics-port={ports['argocd-controller']}",
            f"--app-resync={names.RECONCILIATION_SECONDS}",
            "--app-resync-jitter=0",
            "--loglevel=warn",
        ),
        program.version,
        ports["argocd-controller"],
        environment={**_shared(files), _ROLE: names.CONTROLLER, "TMPDIR": str(files.temporary)},
    )


def every(
    places: Places, ports: Mapping[str, int], programs: Mapping[str, Program]
) -> list[tuple[Command, list[Path]]]:
    """Return each process's command, with the files it reads when it starts; `programs` by process."""
    files, program = Files.of(places), programs.__getitem__
    password = files.credentials / "auth"
    return [
        (redis(files, ports, program(names.REDIS)), [files.redis]),
        (git_daemon(files, ports, program(names.GIT)), []),
        (repo_server(files, ports, program(names.REPO_SERVER)), [password]),
        (controller(places, files, ports, program(names.CONTROLLER)), [password, places.kubeconfig("argocd")]),
    ]


def _shared(files: Files) -> dict[str, str]:
    return {
        "REDIS_CREDS_DIR_PATH": str(files.credentials),
        # In a pod these folders are mounted; here they must not be whatever /app is on this machine.
        "ARGOCD_APP_CONF_PATH": str(files.empty),
        "ARGOCD_TLS_DATA_PATH": str(files.empty),
        "ARGOCD_SSH_DATA_PATH": str(files.empty),
        "ARGOCD_GPG_DATA_PATH": str(files.empty),
        "ARGOCD_PLUGINSOCKFILEPATH": str(files.empty),
    }
