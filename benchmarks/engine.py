"""What the stack `local` costs in the engine, on an embedded control plane of its own.

A preview without changes stands beside the engine's floor: a program of as many components that do nothing. An update
from nothing stands beside that floor and `kubectl apply --server-side` of the same objects; it waits for pods, they
do not.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.measure import CommandFailedError, Run, Runs, run, side_by_side
from local.plane import ControlPlane
from local.progress import Step
from local.toolchain import ensure
from manifests.assembly import assemble
from manifests.text import to_yaml
from operations.local_commands import classes
from operations.sealing.generated import prepared
from settings.loading import load

STACK = "local"
_PROJECT = "name: %s\nruntime: python\n"
_FLOOR = '''"""As many components as the stack has resources, none of which does anything."""

import pulumi


class Nothing(pulumi.ComponentResource):
    def __init__(self, name: str) -> None:
        super().__init__("bench:index:Nothing", name)
        self.register_outputs({})


for number in range(%d):
    Nothing(f"nothing-{number}")
'''


@dataclass(frozen=True, slots=True)
class EngineCosts:
    """The runs of the stack, of the floor and of kubectl, by what they do; empty where that was not asked for."""

    resources: int
    objects: int
    preview: Mapping[str, Runs] = field(default_factory=dict)
    up: Mapping[str, Runs] = field(default_factory=dict)


def measure(root: Path, folder: Path, *, previews: int, updates: int, say: Callable[[str], None]) -> EngineCosts:
    """Measure as many previews and updates, of the project at `root`. Raises CommandFailedError and ToolchainError."""
    bench = _Bench(root, folder)
    with bench.plane(say):
        say(f"update the stack {STACK} from nothing")
        updated = {"stack": [bench.up(bench.project)]}
        resources = bench.resources()
        bench.write_floor(resources)
        updated["floor"] = [bench.up(bench.floor)]
        preview = {}
        if previews:
            say("preview without changes")
            preview = side_by_side(
                {"stack": lambda: bench.preview(bench.project), "floor": lambda: bench.preview(bench.floor)}, previews
            )
        objects = bench.write_objects()
        if not updates:
            return EngineCosts(resources, objects, preview)
        updated["kubectl"] = []
        for number in range(updates):
            say(f"update from nothing, and apply with kubectl: {number + 1} of {updates}")
            bench.destroy(bench.project)
            updated["kubectl"].append(bench.apply())
            bench.delete()
            if number + 1 < updates:
                updated["stack"].append(bench.up(bench.project))
                bench.destroy(bench.floor)
                updated["floor"].append(bench.up(bench.floor))
        return EngineCosts(resources, objects, preview, {name: Runs(tuple(runs)) for name, runs in updated.items()})


class _Bench:
    """A copy of the project and the floor's project, with a control plane and a state backend that are theirs alone."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.project = folder / "project"
        self.floor = folder / "floor"
        self._control_plane = ControlPlane(self.project)
        self._output = folder / "output"
        self._objects = folder / "objects.yaml"
        self._environment: dict[str, str] = {}
        self._bytecode = folder / "bytecode"
        for name in ("catalog", "releases"):
            shutil.copytree(root / name, self.project / name)
        for path in (root / "__main__.py", *root.glob("Pulumi.*.yaml")):
            shutil.copy(path, self.project)
        self.floor.mkdir()
        for path, name in ((self.project, "naru"), (self.floor, "floor")):
            (path / "Pulumi.yaml").write_text(_PROJECT % name, encoding="utf-8")

    @contextmanager
    def plane(self, say: Callable[[str], None]) -> Iterator[None]:
        """Have the control plane run, and both stacks be there."""

        def progress(step: Step) -> None:
            say(f"{step.name} ({step.index} of {step.total})")

        stack = load(self.project, STACK).stack
        try:
            storage, ingress = classes(stack)
            self._control_plane.up(progress=progress, storage_classes=storage, ingress_classes=ingress)
            self._environment = {
                **{key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"},
                **self._control_plane.pulumi_environment(progress),
                "PYTHONPYCACHEPREFIX": str(self._bytecode),
            }
            prepared(self.project, STACK)
            for folder in (self.project, self.floor):
                self._pulumi(folder, "stack", "init", "--stack", STACK)
            yield
        finally:
            self._control_plane.down(delete=True)

    def write_floor(self, resources: int) -> None:
        """Make the floor's program have as many resources; one is the stack itself."""
        (self.floor / "__main__.py").write_text(_FLOOR % (resources - 1), encoding="utf-8")

    def resources(self) -> int:
        """Count what the state holds."""
        command = ["pulumi", "stack", "export", "--stack", STACK]
        done = subprocess.run(command, cwd=self.project, env=self._environment, capture_output=True, check=True)
        return len(json.loads(done.stdout)["deployment"]["resources"])

    def write_objects(self) -> int:
        """Write every object of the stack into one file, in the order in which they need each other; count them."""
        stack = load(self.project, STACK).stack
        systems = assemble(stack, stack.environment.primary).values()
        texts = [to_yaml(placed.manifest) for objects in systems for placed in objects]
        self._objects.write_text("---\n".join(texts), encoding="utf-8")
        return len(texts)

    def up(self, folder: Path) -> Run:
        """Update, without a preview before."""
        return self._pulumi(folder, "up", "--stack", STACK, "--yes", "--skip-preview", "--non-interactive")

    def preview(self, folder: Path) -> Run:
        """Preview, and see that nothing changes."""
        return self._pulumi(folder, "preview", "--stack", STACK, "--non-interactive", "--expect-no-changes")

    def destroy(self, folder: Path) -> Run:
        """Delete everything."""
        return self._pulumi(folder, "destroy", "--stack", STACK, "--yes", "--skip-preview", "--non-interactive")

    def apply(self) -> Run:
        """Apply the objects with kubectl."""
        return self._kubectl("apply", "--server-side")

    def delete(self) -> Run:
        """Delete the objects with kubectl, and wait until they are gone."""
        return self._kubectl("delete", "--ignore-not-found")

    def _kubectl(self, *words: str) -> Run:
        kubectl = ensure(["kubectl"])["kubectl"]
        return self._run(
            [kubectl, "--kubeconfig", self._control_plane.kubeconfig, *words, "--filename", self._objects], self.project
        )

    def _pulumi(self, folder: Path, *words: str) -> Run:
        return self._run(["pulumi", *words], folder)

    def _run(self, command: Sequence[str | Path], folder: Path) -> Run:
        try:
            return run(command, self._output, environment=self._environment, folder=folder)
        except CommandFailedError as error:
            message = f"{error}\n{self._output.read_text(encoding='utf-8')[-4000:]}"
            raise CommandFailedError(message) from None
