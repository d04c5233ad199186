"""The engine's operations on one stack, through Pulumi's Automation API."""

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import yaml
from pulumi.automation import (
    CommandError,
    ConcurrentUpdateError,
    EngineEvent,
    LocalWorkspace,
    Stack,
    StackNotFoundError,
)

from components.stack_resources import ONLY
from operations.deployed import Deployed
from operations.engine_command import EngineCommand
from operations.exits import Exit, Stop

OnEvent = Callable[[EngineEvent], object]

_SALT: Final = re.compile(r"^encryptionsalt:.*\n?", re.MULTILINE)
_HOLDER: Final = re.compile(r"created by \S*?@(\S+) \(pid (\d+)\)")


class EngineError(Exception):
    """An operation that failed; what failed has been told by events, and the engine's own words are in the log."""


@dataclass(frozen=True, slots=True)
class Request:
    """What an operation is about: everything where neither pattern is given."""

    exclude: Sequence[str] = ()
    target: Sequence[str] = ()
    systems: Sequence[str] = ()
    """The systems that are not excluded, where others are as a whole: the program registers these alone."""
    clusters: Sequence[str] = ()
    """The same for clusters."""
    refresh: bool = False
    serial: bool = False
    """Of an update: one resource at a time.

    For one that leaves out what is in the state and declared no more. Two resources that still come after that may
    otherwise be written before it, and the engine refuses to read such a state ever again: it copies the first one's
    dependencies with it and takes them for written when it comes to the second (pulumi 3.250, `step_generator.go`).
    """


@dataclass(frozen=True)
class Engine:
    """One stack of one project, in the state backend that the environment names.

    `own` says that the backend is the embedded control plane's, which nobody else uses: then what a crash left behind
    is put right without asking, and the tracked stack file stays as it is.
    """

    root: Path
    stack: str
    command: EngineCommand
    log: Path
    notify: Callable[[str], None]
    environment: Mapping[str, str] = field(default_factory=dict)
    own: bool = False

    def known(self) -> Deployed:
        """Return what the state holds, and change nothing: it is empty where there is no stack yet. Raises Stop."""
        return self._exported() or Deployed({})

    def deployed(self) -> Deployed:
        """Return what the state holds, a stack that is not there yet being created. Raises Stop and EngineError."""
        deployed = self._exported()
        if deployed is None:
            self._create()
            deployed = Deployed({})
        if self.own and deployed.pending:
            self._import(deployed.without_pending())
            self.notify(f"an interrupted update had begun {len(deployed.pending)} resources: they are applied again")
        return deployed

    def _exported(self) -> Deployed | None:
        try:
            return Deployed(json.loads(self._run(self.root, "stack", "export", "--stack", self.stack)))
        except StackNotFoundError:
            return None
        except CommandError as error:
            raise Stop(Exit.FAILED, f"cannot read the state of {self.stack}: {_said(error)}") from None

    def preview(self, request: Request, on_event: OnEvent) -> None:
        """Find out what an update would do. Raises EngineError and InterruptedUpdateError."""
        run = partial(
            self._open(request).preview,
            target=list(request.target),
            exclude=list(request.exclude),
            refresh=request.refresh or None,
        )
        self._operate(lambda: run(on_event=on_event, on_output=self._record, config_file=self._config_file()))

    def up(self, request: Request, on_event: OnEvent) -> None:
        """Update the stack; after a failure nothing more is begun. Raises as `preview` does.

        Going on in spite of it would also delete what the update no longer has, while what was to do without it, and
        could not be updated, still uses it.
        """
        run = partial(
            self._open(request).up,
            target=list(request.target),
            exclude=list(request.exclude),
            refresh=request.refresh or None,
            parallel=1 if request.serial else None,
            show_secrets=False,
            suppress_outputs=True,
        )
        self._operate(lambda: run(on_event=on_event, on_output=self._record, config_file=self._config_file()))

    def destroy(self, request: Request, on_event: OnEvent) -> None:
        """Delete what the stack made. Raises as `preview` does."""
        run = partial(
            self._open(request).destroy,
            target=list(request.target),
            refresh=request.refresh or None,
            continue_on_error=True,
            show_secrets=False,
            suppress_outputs=True,
        )
        self._operate(lambda: run(on_event=on_event, on_output=self._record, config_file=self._config_file()))

    def _open(self, request: Request) -> Stack:
        said = ":".join(",".join(names) for names in ([self.stack], request.systems, request.clusters)).rstrip(":")
        only = said if request.systems or request.clusters else ""
        return Stack.select(self.stack, self._workspace({ONLY: only}))

    def _workspace(self, more: Mapping[str, str]) -> "_Workspace":
        return _Workspace(work_dir=str(self.root), env_vars={**self.environment, **more}, pulumi_command=self.command)

    def _operate(self, operation: Callable[[], object]) -> None:
        try:
            self._unlocking(operation)
        except CommandError as error:
            self._record(str(error))
            raise EngineError(_said(error)) from None

    def _unlocking(self, operation: Callable[[], object]) -> None:
        """Run an operation, once more where all that kept it was the lock of a process that died. Raises Stop."""
        try:
            operation()
        except ConcurrentUpdateError as error:
            if not (self.own and _holders_are_gone(str(error))):
                raise Stop(Exit.FAILED, *_locked(self.stack, str(error))) from None
            self.notify("the last run died at work: its lock is taken away")
            self._run(self.root, "cancel", "--yes", "--stack", self.stack)
            operation()

    def _create(self) -> None:
        """Create the stack, the embedded plane's beside a project file of its own.

        `pulumi stack init` takes no `--config-file`, and writes the salt of the passphrase into the stack file beside
        the project file it finds: on every machine another one, in a file that is tracked.
        """
        folder = self.root
        if self.own:
            folder = self._own_folder()
            project = yaml.safe_load((self.root / "Pulumi.yaml").read_text(encoding="utf-8"))
            settings = {"name": project["name"], "runtime": "python"}
            (folder / "Pulumi.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
            self._config_file()
        try:
            self._run(folder, "stack", "init", self.stack, "--no-select")
        except CommandError as error:
            raise Stop(Exit.FAILED, f"cannot create the stack {self.stack}: {_said(error)}") from None

    def _own_folder(self) -> Path:
        folder = self.root / ".naru" / "stacks"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    def _config_file(self) -> str | None:
        """Return the stack file to use instead of the tracked one: its copy, with this machine's salt."""
        if not self.own:
            return None
        copy = self._own_folder() / f"Pulumi.{self.stack}.yaml"
        salt = _SALT.search(copy.read_text(encoding="utf-8")) if copy.exists() else None
        tracked = _SALT.sub("", (self.root / f"Pulumi.{self.stack}.yaml").read_text(encoding="utf-8"))
        copy.write_text(tracked.rstrip("\n") + "\n" + (salt[0] if salt else ""), encoding="utf-8")
        return str(copy)

    def _import(self, checkpoint: Mapping[str, Any]) -> None:
        with tempfile.NamedTemporaryFile("w", dir=self._own_folder(), suffix=".json", encoding="utf-8") as file:
            json.dump(checkpoint, file)
            file.flush()
            arguments = ("stack", "import", "--stack", self.stack, "--file", file.name)
            self._unlocking(lambda: self._run(self.root, *arguments))

    def _run(self, folder: Path, *args: str) -> str:
        return self.command.run([*args], str(folder), self.environment).stdout

    def _record(self, line: str) -> None:
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"{line}\n")


class _Workspace(LocalWorkspace):
    """A project that never changes which stack the user's plain `pulumi` commands are for."""

    def select_stack(self, stack_name: str) -> None:
        """Leave the selection: every command names its stack."""


def _said(error: CommandError) -> str:
    """Return what the engine gave as the reason: its last line that begins with `error:`, else its last line."""
    text = str(error).partition("stderr:")[2] or str(error)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error:")]
    return (errors or lines or ["it gives no reason"])[-1]


def _locked(stack: str, text: str) -> list[str]:
    held = ", ".join(f"process {pid} on {host}" for host, pid in _HOLDER.findall(text))
    return [
        f"another update of {stack} is at work ({held or 'see the state backend'}): wait for its end",
        f"if it is dead, `pulumi cancel --stack {stack}` takes its lock away",
    ]


def _holders_are_gone(text: str) -> bool:
    """Tell whether every process that holds a lock was of this machine and runs no more."""
    holders = _HOLDER.findall(text)
    return bool(holders) and all(host == os.uname().nodename and not _runs(int(pid)) for host, pid in holders)


def _runs(pid: int) -> bool:
    found = subprocess.run(["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return "pulumi" in found.stdout
