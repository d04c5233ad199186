"""Pulumi's command line as Automation runs it, in a process group of its own: Ctrl-C comes to us, and we pass it on."""

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import IO

from pulumi.automation import CommandResult, OnOutput, PulumiCommand
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

from operations.exits import Exit, Stop

_INSTALL = "install it from https://www.pulumi.com/docs/iac/download-install/"
OLDEST = VersionInfo(3, 250)  # the protocol of the SDK in use


class InterruptedUpdateError(Exception):
    """The user ended an operation; what was done until then is in the state."""


class EngineCommand(PulumiCommand):
    """Runs `pulumi`: the first Ctrl-C has the engine finish what is in flight, the second ends it and its plugins."""

    def __init__(
        self, environment: Mapping[str, str], notify: Callable[[str], None], *, without: Collection[str] = ()
    ) -> None:
        """Find `pulumi` on the PATH it will run with; it sees no variable named in `without`.

        Raises Stop where there is none, or one too old.
        """
        self._ambient = {name: value for name, value in os.environ.items() if name not in without}
        # The base class would look on this process's own PATH, which is not the one of the embedded control plane.
        found = shutil.which("pulumi", path=environment.get("PATH", os.environ.get("PATH")))
        if found is None:
            raise Stop(Exit.REFUSED, f"Pulumi is not installed: {_INSTALL}")
        self.command = str(Path(found).absolute())
        self._notify = notify
        said = subprocess.run(
            [self.command, "version"],
            env={**self._ambient, **environment, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            capture_output=True,
            text=True,
            check=False,
        ).stdout.strip()
        try:
            self.version = VersionInfo.parse(said.removeprefix("v"))
        except ValueError:
            raise Stop(Exit.REFUSED, f"{found} does not tell its version: {_INSTALL}") from None
        if self.version < OLDEST:
            raise Stop(Exit.REFUSED, f"{found} is Pulumi {self.version}, and {OLDEST} or newer is needed: {_INSTALL}")

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: OnOutput | None = None,
        on_error: OnOutput | None = None,
    ) -> CommandResult:
        """Run one command to its end. Raises CommandError where it fails, InterruptedUpdateError after Ctrl-C."""
        with subprocess.Popen(
            [self.command, "--non-interactive", *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env={**self._ambient, **additional_env, "PULUMI_AUTOMATION_API": "true"},
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        ) as process:
            out, out_reader = _collect(process.stdout, on_output)
            err, err_reader = _collect(process.stderr, on_error)
            interrupts = self._wait(process)
            out_reader.join()
            err_reader.join()
        if interrupts:
            raise InterruptedUpdateError
        result = CommandResult(stdout="\n".join(out), stderr="\n".join(err), code=process.returncode)
        if result.code:
            raise create_command_error(result)
        return result

    def _wait(self, process: subprocess.Popen[str]) -> int:
        """Return how many times Ctrl-C was pressed; what it asks for is done where the next one is caught as well."""
        interrupts = answered = 0
        while True:
            try:
                if interrupts > answered:
                    self._stop(process, interrupts)
                    answered = interrupts
                process.wait()
            except KeyboardInterrupt:
                interrupts += 1
            else:
                return interrupts

    def _stop(self, process: subprocess.Popen[str], interrupts: int) -> None:
        if interrupts == 1:
            self._notify("stopping: what is in flight is finished first; Ctrl-C again ends it now")
            process.send_signal(signal.SIGINT)
        elif process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)


def _collect(stream: IO[str] | None, tell: OnOutput | None) -> tuple[list[str], threading.Thread]:
    lines: list[str] = []

    def read() -> None:
        for line in stream or ():
            lines.append(line.rstrip())
            if tell is not None:
                tell(lines[-1])

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    return lines, reader
