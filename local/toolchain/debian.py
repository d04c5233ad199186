"""A command of a Debian package, for those who may not install one: fetched with apt, unpacked into the user's cache.

apt checks the signatures as for an installation. Of the package's dependencies the libraries come along that the system
does not have; everything else they name is for the service that an installation would set up.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from local.files import locked
from local.progress import Progress, Step, silent
from local.toolchain import cache
from local.toolchain.go import ToolchainError
from local.toolchain.program import Program
from local.toolchain.tools import Version, parse_version

_SECONDS: Final = 10.0  # what fetching takes, the lists of packages included


def redis_server(progress: Progress = silent) -> Program:
    """Return a redis-server that Argo CD can use: the installed one, else Debian's. Raises ToolchainError."""
    return find("redis-server", ("redis-server", "redis-tools"), (6, 0, 0), progress)


def find(name: str, packages: Sequence[str], oldest: Version, progress: Progress = silent) -> Program:
    """Return a command on PATH that is not too old, else from packages. Raises ToolchainError with the remedy."""
    path = shutil.which(name)
    installed = None if path is None else _program(Path(path), {})
    if installed is not None and _version(installed) >= oldest:
        return installed
    kept = cache.directory() / "bin" / f"{name}-{_system()}"
    with locked(cache.directory() / "bin" / ".lock"):
        unpacked = _unpacked(kept, name)
        if unpacked is None:
            progress(Step(f"fetch {name} from the packages of this system", 1, 1, _SECONDS))
            trouble = _fetch(packages, kept)
            unpacked = None if trouble else _unpacked(kept, name)
            if unpacked is None:
                needed = ".".join(map(str, oldest[:2]))
                have = f"{path} is older or does not run" if path else "there is none on PATH"
                message = (
                    f"{name} {needed} or newer is needed, and {have}: install it (apt-get install {packages[0]}); "
                    f"it cannot be fetched: {trouble or 'what was fetched does not run here'}"
                )
                raise ToolchainError(message)
    return unpacked


def _unpacked(kept: Path, name: str) -> Program | None:
    path = next((path for path in (kept / "usr/bin" / name, kept / "usr/sbin" / name) if path.exists()), None)
    libraries = sorted({str(file.parent) for file in kept.rglob("*.so*")})
    return None if path is None else _program(path, {"LD_LIBRARY_PATH": ":".join(libraries)} if libraries else {})


def _program(path: Path, environment: Mapping[str, str]) -> Program | None:
    """Return a command with its version, None where it does not run."""
    answer = _run([str(path), "--version"], environment=environment)
    version = parse_version(answer.stdout)
    return None if answer.returncode or version is None else Program(path, ".".join(map(str, version)), environment)


def _version(program: Program) -> Version:
    return parse_version(program.version) or (0, 0, 0)


def _fetch(packages: Sequence[str], kept: Path) -> str:
    """Unpack packages and the libraries they miss into a folder; return what is in the way, nothing if nothing is."""
    if not all(map(shutil.which, ("apt-get", "dpkg-deb", "dpkg-query"))):
        return "this system has no apt"
    kept.parent.mkdir(parents=True, exist_ok=True)
    # Beside its place, so that moving it there is one step: nobody ever finds half of it.
    with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".fetch-") as temporary:
        folder, tree = Path(temporary), Path(temporary, "tree")
        options: list[str] = []
        known, wanted = set(packages), list(packages)
        while wanted:
            answer = _download(wanted, folder, options)
            if answer.returncode and not options:
                # The system's lists may be missing or stale, and are root's: these are ours.
                options = _own_lists(folder)
                _run(["apt-get", *options, "update"])
                answer = _download(wanted, folder, options)
            if answer.returncode:
                return " ".join(answer.stderr.split()) or "apt-get download failed"
            fetched = sorted(folder.glob("*.deb"))
            wanted = sorted({name for file in fetched for name in _libraries(file)} - known)
            known |= set(wanted)
            wanted = [name for name in wanted if not _installed(name)]
            for file in fetched:
                answer = _run(["dpkg-deb", "--extract", str(file), str(tree)])
                if answer.returncode:
                    return " ".join(answer.stderr.split())
                file.unlink()
        shutil.rmtree(kept, ignore_errors=True)
        tree.replace(kept)
    return ""


def _download(packages: Sequence[str], folder: Path, options: Sequence[str]) -> subprocess.CompletedProcess[str]:
    # apt would have another user write into our folder, who may not.
    sandbox = ["-o", "APT::Sandbox::User=root"] if os.geteuid() == 0 else []
    return _run(["apt-get", *sandbox, *options, "download", *packages], folder)


def _own_lists(folder: Path) -> list[str]:
    lists, archives = folder / "lists", folder / "archives"
    for place in (lists, archives):
        (place / "partial").mkdir(parents=True)
    settings = (
        f"Dir::State::Lists={lists}",
        f"Dir::Cache={folder}",
        "APT::Sandbox::User=root",
        "Acquire::Languages=none",
    )
    return [word for setting in settings for word in ("-o", setting)]


def _libraries(file: Path) -> list[str]:
    """Return the libraries a package depends on, the first of alternatives."""
    depends = _run(["dpkg-deb", "--field", str(file), "Depends"]).stdout
    return re.findall(r"(?:^|,)\s*(lib[a-z0-9.+-]+)", depends)


def _installed(package: str) -> bool:
    answer = _run(["dpkg-query", "--show", "--showformat=${db:Status-Status} ", package])
    return "installed" in answer.stdout.split()


def _system() -> str:
    """Return which system the packages are for, so that those of an older release are not taken for its own."""
    try:
        found = platform.freedesktop_os_release()
    except OSError:
        return platform.machine()
    return f"{found.get('ID', '')}-{found.get('VERSION_ID', '')}-{platform.machine()}"


def _run(
    words: Sequence[str], folder: Path | None = None, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive", **(environment or {})}
    try:
        return subprocess.run(words, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    except OSError as error:
        return subprocess.CompletedProcess(words, 127, "", str(error))
