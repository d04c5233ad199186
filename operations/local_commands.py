"""The embedded control plane from the command line: up, down, status."""

import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from local.plane import ArgoCD, ControlPlane, PlaneError
from local.progress import Progress, Step, lines
from local.toolchain import ToolchainError
from manifests.assembly import assemble
from operations.exits import Exit, Stop
from operations.needs import needs
from operations.output import errors, say, write_json, write_lines
from operations.sealing.generated import prepared
from settings.environment import Tier
from settings.loading import load
from settings.stack import Stack


def up(root: Path, name: str, extras: Iterable[str] = ()) -> int:
    """Bring up the control plane with the classes that a stack's objects name, and what is to run beside it."""
    stack = load(root, name).stack
    if stack.environment.tier is not Tier.LOCAL:
        raise Stop(Exit.REFUSED, f"{name} is of the tier {stack.environment.tier.value}: only the tier local runs here")
    plane = ControlPlane(root)
    begun = time.monotonic()
    storage, ingress = classes(stack)
    try:
        with _progress() as progress:
            kubeconfig = plane.up(
                progress=progress, storage_classes=storage, ingress_classes=ingress, extras=map(str, extras)
            )
            # What Pulumi needs is built with the rest, so that the next command begins at once.
            plane.pulumi_environment(progress)
        prepared(root, name)
    except ToolchainError as error:
        raise Stop(Exit.REFUSED, *str(error).splitlines()) from None
    except PlaneError as error:
        raise Stop(Exit.FAILED, *str(error).splitlines()) from None
    say(f"the control plane is ready ({time.monotonic() - begun:.0f} s)")
    if argocd := _argocd(plane):
        say(f"Argo CD reads {argocd.url}; push to {argocd.repository}")
    write_lines([f"KUBECONFIG={kubeconfig}"])
    return Exit.OK


def down(root: Path, *, delete: bool) -> int:
    """End the control plane; its data stay unless `delete`."""
    ControlPlane(root).down(delete=delete)
    say("the control plane is down, its data deleted" if delete else "the control plane is down; its data stay")
    return Exit.OK


def status(root: Path, *, as_json: bool) -> int:
    """Show each process; the exit code says whether all of them run."""
    plane = ControlPlane(root)
    processes = plane.status()
    running = all(process.running for process in processes)
    if as_json:
        found = [asdict(process) for process in processes]
        told = {"running": running, "kubeconfig": str(plane.kubeconfig), "processes": found}
        if argocd := _argocd(plane):
            told["argocd"] = {"url": argocd.url, "repository": str(argocd.repository)}
        write_json(told)
    else:
        write_lines(
            f"{process.name:<30}"
            + (
                f"pid {process.pid}, port {process.port or '–'}, {process.version}"
                if process.running
                else "not running"
            )
            for process in processes
        )
    return Exit.OK if running else Exit.FAILED


def _argocd(plane: ControlPlane) -> ArgoCD | None:
    try:
        return plane.argocd
    except PlaneError:
        return None


def classes(stack: Stack) -> tuple[list[str], list[str]]:
    """Return the StorageClasses and IngressClasses that a stack's objects name, and those of the environment."""
    environment = stack.environment
    named = {
        found
        for cluster in environment.clusters
        for systems in assemble(stack, cluster).values()
        for found in needs(systems).classes
        if found[1]
    }
    storage = {name for kind, name in named if kind == "StorageClass"} | {environment.storage_class or ""}
    ingress = {name for kind, name in named if kind == "IngressClass"} | {environment.ingress_class}
    return sorted(storage - {""}), sorted(ingress)


@contextmanager
def _progress() -> Iterator[Progress]:
    if not sys.stderr.isatty():
        yield lines()
        return
    with bars(errors()) as progress:
        yield progress


@contextmanager
def bars(console: Console) -> Iterator[Progress]:
    """Show a bar for each step, which fills in the time the step is expected to take and waits short of its end."""
    columns = (
        TextColumn("[{task.fields[place]}] {task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[expected]}", style="dim"),
    )
    ended, lock = threading.Event(), threading.Lock()
    with Bars(*columns, console=console) as display:
        current: list[tuple[TaskID, Step, float]] = []

        def finish() -> None:
            with lock:
                for task, _, _ in current:
                    display.update(task, completed=1, expected="")
                    display.stop_task(task)
                current.clear()

        def show(step: Step) -> None:
            finish()
            expected = f"of some {step.seconds:.0f} s" if step.seconds >= 2 else ""
            task = display.add_task(step.name, total=1, place=f"{step.index}/{step.total}", expected=expected)
            current.append((task, step, time.monotonic()))

        def fill() -> None:
            while not ended.wait(0.2):
                with lock:
                    for task, step, begun in current:
                        display.update(task, completed=min(0.98, (time.monotonic() - begun) / max(step.seconds, 0.1)))

        thread = threading.Thread(target=fill, daemon=True)
        thread.start()
        try:
            yield show
            finish()
        finally:
            ended.set()
            thread.join()
