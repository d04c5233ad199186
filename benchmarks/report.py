"""The results as Markdown: in the terminal, and between the markers of `docs/performance.md`."""

import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.diff import Differing, table_rows
from benchmarks.engine import EngineCosts
from benchmarks.measure import Runs
from benchmarks.rendering import Rendering

START, END = "<!-- bench:start -->", "<!-- bench:end -->"


def machine(date: str) -> str:
    """Say where and when, as times of one machine say little of another."""
    return (
        f"{date}, {os.cpu_count()} cores, {platform.machine()}, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}."
    )


def rendering(found: Rendering, times: int) -> str:
    """Return the tables of rendering: times, ratios, growth, memory, and where the time goes."""
    rows = [_rendered_row("start-up alone", "", found.start)]
    rows += [_rendered_row(str(size.services), str(size.objects), size.runs) for size in found.sizes]
    header = (
        "services", "objects", "`naru render`", "nothing changed", "`helm template`", "`kustomize build`",
        "naru ÷ helm", "naru ÷ kustomize", "naru's peak",
    )  # fmt: skip
    lines = [
        f"### Rendering\n\nMedians of {times} runs in turn, in seconds. Start-up alone is a catalog of one service, an "
        "empty chart and one object.\n",
        _table(header, rows),
        _growth(found),
        "\nWhere the time of `naru render` goes, in seconds of one run:\n",
        _table(
            ("part", *(f"{services} services" for services in found.phases)),
            [
                (part, *(f"{seconds[part]:.3f}" for seconds in found.phases.values()))
                for part in next(iter(found.phases.values()), {})
            ],
        ),
    ]
    return "\n".join(line for line in lines if line)


def _rendered_row(services: str, objects: str, runs: Mapping[str, Runs]) -> tuple[str, ...]:
    names = ("naru", "naru again", "helm", "kustomize")
    seconds = [f"{runs[name].seconds:.3f}" if name in runs else "–" for name in names]
    ratios = [_ratio(runs["naru"], runs.get(name)) for name in ("helm", "kustomize")]
    return (services, objects, *seconds, *ratios, f"{runs['naru'].mib:.0f} MiB")


def _ratio(ours: Runs, theirs: Runs | None) -> str:
    return "–" if theirs is None else f"{ours.seconds / theirs.seconds:.2f}"


def _growth(found: Rendering) -> str:
    """Say how time per object grows from the last size but one to the last, with and without the start."""
    if len(found.sizes) < 2:
        return ""
    small, large = found.sizes[-2:]
    whole, rest = (
        ((found.growth[large.services].seconds - free) / large.objects)
        / ((found.growth[small.services].seconds - free) / small.objects)
        for free in (0.0, found.growth[1].seconds)
    )
    return (
        f"Time per object at {large.services} services, against {small.services}, the two in turn: {whole:.2f}; "
        f"{rest:.2f} with the start-up taken off both."
    )


def diff(found: Differing, times: int) -> str:
    """Return the table of comparisons of all stacks with a base."""
    header = ("command", "seconds", "÷ `naru render`", "peak")
    return f"### Comparing stacks\n\nMedians of {times} runs in turn.\n\n{_table(header, table_rows(found))}"


def engine(found: EngineCosts) -> str:
    """Return the tables of previews and updates of the stack `local`."""
    lines = [
        f"### The stack `local` in the engine\n\n{found.resources} resources, of which {found.objects} Kubernetes "
        "objects. The floor is as many components that do nothing. In seconds.\n"
    ]
    rows = []
    if found.preview:
        stack, floor = found.preview["stack"], found.preview["floor"]
        rows.append(
            ("preview without changes", f"{stack.seconds:.1f}", f"{floor.seconds:.1f}", "–",
             f"{stack.seconds / floor.seconds:.2f} × the floor")
        )  # fmt: skip
    if found.up:
        stack, floor, kubectl = (found.up[name] for name in ("stack", "floor", "kubectl"))
        ratio = stack.seconds / (floor.seconds + kubectl.seconds)
        rows.append(
            ("update from nothing, waiting included", f"{stack.seconds:.1f}", f"{floor.seconds:.1f}",
             f"{kubectl.seconds:.1f}", f"{ratio:.2f} × (kubectl + floor)")
        )  # fmt: skip
    header = ("operation", "stack `local`", "floor", "`kubectl apply --server-side`", "ratio")
    return "\n".join([*lines, _table(header, rows)])


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def write(path: Path, text: str) -> None:
    """Put the results between the markers of a page. Raises ValueError where it has none."""
    page = path.read_text(encoding="utf-8")
    before, start, rest = page.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        message = f"{path} has no place for the results: put {START} and {END} where they belong"
        raise ValueError(message)
    path.write_text(f"{before}{START}\n{text.strip()}\n{END}{after}", encoding="utf-8")
