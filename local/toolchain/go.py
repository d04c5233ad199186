"""Go itself: whether it is there and new enough, building a package of a pinned module, downloading modules."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from local.toolchain.tools import Tool

NEEDED: Final = (1, 26)

# Nothing but go.mod and go.sum decides what is built: no workspace around the checkout, no other toolchain fetched.
_ENVIRONMENT: Final = {
    "CGO_ENABLED": "0",
    "GO111MODULE": "on",
    "GOFLAGS": "-mod=readonly -trimpath -buildvcs=false",
    "GOTOOLCHAIN": "local",
    "GOWORK": "off",
}


class ToolchainError(Exception):
    """A command that is neither installed nor can be built; the message says what to do."""


def check(purpose: str) -> str:
    """Return the path of a Go that is new enough. Raises ToolchainError otherwise."""
    needed = ".".join(map(str, NEEDED))
    remedy = f"install Go {needed} or newer from https://go.dev/dl/ and put it on PATH"
    go = shutil.which("go")
    if go is None:
        message = f"Go is needed to {purpose}, and there is none: {remedy}"
        raise ToolchainError(message)
    answer = subprocess.run([go, "version"], capture_output=True, text=True, env=_environment(), check=False).stdout
    found = re.search(r"\bgo(\d+)\.(\d+)", answer)
    if found is not None and (int(found[1]), int(found[2])) >= NEEDED:
        return go
    have = "its version cannot be read" if found is None else f"{go} is {found[1]}.{found[2]}"
    message = f"Go {needed} is needed to {purpose}, and {have}: {remedy}"
    raise ToolchainError(message)


def build(tool: Tool, output: Path) -> None:
    """Build a tool into the file `output`. Raises ToolchainError with the end of what the compiler said."""
    go = check(f"build {tool.name}")
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".changed-") as temporary:
        options = changed(tool, _source(go, tool), Path(temporary)) if tool.changes else []
        _run(tool, [go, "build", *options, "-ldflags", tool.linker_flags, "-o", str(output), tool.package])
    if tool.beside:
        source = _source(go, tool)
        script = output.with_name(Path(tool.beside).name)
        shutil.copyfile(Path(source, tool.beside), script)
        script.chmod(0o755)


def download(directory: Path, modules: Sequence[str]) -> dict[str, Path]:
    """Return where each `module@version` lies in the module cache, checked against go.sum and the checksum database.

    Raises ToolchainError.
    """
    go = check("read the CustomResourceDefinitions")
    answer = subprocess.run(
        [go, "mod", "download", "-json", *modules],
        cwd=directory,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    found = {f"{entry['Path']}@{entry['Version']}": entry for entry in _documents(answer.stdout)}
    missing = [name for name in modules if not found.get(name, {}).get("Dir")]
    if missing:
        reasons = [str(found.get(name, {}).get("Error") or _end(answer.stderr)) for name in missing]
        message = f"cannot download {', '.join(missing)}: {'; '.join(dict.fromkeys(reasons))}"
        raise ToolchainError(message)
    return {name: Path(found[name]["Dir"]) for name in modules}


def changed(tool: Tool, source: Path, folder: Path) -> list[str]:
    """Return the options with which Go compiles the changed files of a module in the place of its own.

    They are written to `folder`; what is in the module cache stays as it is. Raises ToolchainError where a file is not
    what a change expects.
    """
    # Go refuses to replace a file below its cache (`-overlay`), so the module gets a name elsewhere.
    module = folder / "module"
    module.symlink_to(source)
    replaced = {}
    for number, change in enumerate(tool.changes):
        text = (source / change.file).read_text(encoding="utf-8")
        if text.count(change.before) != 1:
            message = f"cannot build {tool.name} {tool.version}: {change.file} does not say {change.before} just once"
            raise ToolchainError(message)
        file = folder / f"{number}.go"
        file.write_text(text.replace(change.before, change.after), encoding="utf-8")
        replaced[str(module / change.file)] = str(file)
    overlay, modules = folder / "overlay.json", folder / "go.mod"
    overlay.write_text(json.dumps({"Replace": replaced}), encoding="utf-8")
    pins = (tool.directory / "go.mod").read_text(encoding="utf-8")
    modules.write_text(f"{pins}\nreplace {tool.module} => {json.dumps(str(module))}\n", encoding="utf-8")
    shutil.copyfile(tool.directory / "go.sum", folder / "go.sum")
    return [f"-modfile={modules}", f"-overlay={overlay}"]


def _source(go: str, tool: Tool) -> Path:
    _run(tool, [go, "mod", "download", tool.module])
    return Path(_run(tool, [go, "list", "-m", "-f", "{{.Dir}}", tool.module]).strip())


def _run(tool: Tool, command: list[str]) -> str:
    done = subprocess.run(command, cwd=tool.directory, env=_environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"cannot build {tool.name} {tool.version}: {_end(done.stderr)}"
        raise ToolchainError(message)
    return done.stdout


def _environment() -> dict[str, str]:
    return {**os.environ, **_ENVIRONMENT}


def _end(text: str, lines: int = 8) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])


def _documents(text: str) -> list[dict[str, str]]:
    """Return the JSON documents that stand one after the other in a text."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while at < len(text):
        document, end = decoder.raw_decode(text, at)
        found.append(document)
        at = end + len(text[end:]) - len(text[end:].lstrip())
    return found
