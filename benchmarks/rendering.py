"""What it costs to render all objects of N services: `naru render`, `helm template` and `kustomize build`."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from benchmarks.catalog import STACK, write_project
from benchmarks.measure import Run, Runs, run, side_by_side
from benchmarks.others import write_chart, write_empty_chart, write_empty_kustomization, write_kustomization
from local.toolchain import ensure
from manifests.placed import Manifest

# Its time grows with the square of the objects: 8 s at 200 services, and as many minutes at 1000.
KUSTOMIZE_UP_TO = 200
_IDENTITY = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Rendered:
    """The runs of each command over the same objects."""

    services: int
    objects: int
    runs: Mapping[str, Runs]


@dataclass(frozen=True, slots=True)
class Rendering:
    """What rendering costs: before anything is done, by size, by size again in turn, and by part of the program."""

    start: Mapping[str, Runs]
    sizes: tuple[Rendered, ...]
    growth: Mapping[int, Runs]
    """Of Naru alone, by services: of one and of the two largest sizes."""
    phases: Mapping[int, Mapping[str, float]]


class DifferenceError(Exception):
    """Two commands that were to make the same objects did not."""


class Bench:
    """A folder of projects, charts and kustomizations of each size, and the commands that render them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tools = ensure(["helm", "kustomize"])
        self.naru = Path(sys.executable).with_name("naru")
        # Bytecode as an installation has it: compiled by the first run, whatever the shell says of writing it.
        self.environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"} | {
            "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
            **{f"HELM_{kind}_HOME": str(folder / "helm" / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA")},
        }
        self._numbers = count()

    def run(self, command: Sequence[str | Path], output: Path | None = None) -> Run:
        """Run a command once."""
        return run(command, output or self.folder / "output", environment=self.environment, folder=self.folder)

    def render(self, services: int, out: Path | None = None) -> Run:
        """Render a project into a directory that is new: file systems are slow where files were just removed."""
        target = out or self.folder / "rendered" / str(next(self._numbers))
        project = self.folder / "projects" / str(services)
        return self.run([self.naru, "render", "--root", project, "--stack", STACK, "--out", target])

    def helm(self, chart: Path, output: Path | None = None) -> Run:
        """Render a chart to standard output."""
        return self.run([self.tools["helm"], "template", "bench", chart], output)

    def kustomize(self, overlay: Path, output: Path | None = None) -> Run:
        """Render an overlay to standard output."""
        return self.run([self.tools["kustomize"], "build", overlay], output)

    def phases(self, services: int) -> Mapping[str, float]:
        """Render a project once more and say where the time went."""
        project, out = self.folder / "projects" / str(services), self.folder / "rendered" / str(next(self._numbers))
        command = [sys.executable, "-m", "benchmarks.phases", str(project), STACK, str(out)]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True)
        found: dict[str, float] = json.loads(done.stdout)
        return found


def measure(folder: Path, sizes: Sequence[int], times: int, say: Callable[[str], None]) -> Rendering:
    """Measure every size. Raises CommandFailedError, DifferenceError and ToolchainError."""
    bench = Bench(folder)
    write_project(folder / "projects" / "1", 1)
    write_empty_chart(folder / "charts" / "0")
    empty = write_empty_kustomization(folder / "kustomizations" / "0")
    bench.render(1)
    start = side_by_side(
        {
            "naru": lambda: bench.render(1),
            "helm": lambda: bench.helm(folder / "charts" / "0"),
            "kustomize": lambda: bench.kustomize(empty),
        },
        times,
    )
    rendered = tuple(_size(bench, services, times, say) for services in sizes)
    say("growth and parts")
    compared = (1, *sizes[-2:])
    growth = side_by_side({str(services): partial(bench.render, services) for services in compared}, times)
    phases = {services: bench.phases(services) for services in sizes}
    return Rendering(start, rendered, {int(services): runs for services, runs in growth.items()}, phases)


def _size(bench: Bench, services: int, times: int, say: Callable[[str], None]) -> Rendered:
    say(f"render {services} services")
    write_project(bench.folder / "projects" / str(services), services)
    first = bench.folder / "first" / str(services)
    bench.render(services, first)
    objects = [_parsed(path.read_bytes())[0] for path in sorted(first.rglob("*.yaml"))]
    chart = bench.folder / "charts" / str(services)
    write_chart(chart, objects, services)
    contestants = {
        "naru": lambda: bench.render(services),
        "naru again": lambda: bench.render(services, first),
        "helm": lambda: bench.helm(chart),
    }
    output = bench.folder / "helm.yaml"
    bench.helm(chart, output)
    _same("helm template", objects, _parsed(output.read_bytes()))
    if services <= KUSTOMIZE_UP_TO:
        overlay = write_kustomization(bench.folder / "kustomizations" / str(services), objects)
        contestants["kustomize"] = lambda: bench.kustomize(overlay)
        output = bench.folder / "kustomize.yaml"
        bench.kustomize(overlay, output)
        _same("kustomize build", objects, _parsed(output.read_bytes()))
    return Rendered(services, len(objects), side_by_side(contestants, times))


def _parsed(text: bytes) -> list[Manifest]:
    return [found for found in yaml.load_all(text, Loader=yaml.CSafeLoader) if found]


def _same(command: str, wanted: Iterable[Manifest], found: Iterable[Manifest]) -> None:
    ours, theirs = _by_identity(wanted), _by_identity(found)
    different = [key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)]
    if different:
        message = f"{command} makes other objects than naru render: {min(different)} and {len(different) - 1} more"
        raise DifferenceError(message)


def _by_identity(manifests: Iterable[Manifest]) -> dict[_IDENTITY, dict[str, Any]]:
    return {
        (found["apiVersion"], found["kind"], found["metadata"].get("namespace", ""), found["metadata"]["name"]): found
        for found in manifests
    }
