"""What the program costs beside other tools and the engine itself: ratios of one run, never seconds.

The best of a few runs in turn is compared, as another process on the machine only ever adds time.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import engine, rendering
from benchmarks.__main__ import memory
from benchmarks.engine import EngineCosts
from benchmarks.measure import Runs
from benchmarks.rendering import Rendering

ROOT = Path(__file__).parents[2]


def best(runs: Runs) -> float:
    return min(run.seconds for run in runs.runs)


def quiet(line: str) -> None:
    """Say nothing of the progress."""


@pytest.fixture(scope="module")
def rendered() -> Iterator[Rendering]:
    with tempfile.TemporaryDirectory(dir=memory()) as folder:
        yield rendering.measure(Path(folder), [200, 1000], 3, quiet)


@pytest.fixture(scope="module")
def costs(tmp_path_factory: pytest.TempPathFactory) -> EngineCosts:
    return engine.measure(ROOT, tmp_path_factory.mktemp("engine"), previews=4, updates=1, say=quiet)


def test_rendering_200_services_takes_at_most_four_and_a_half_times_helm(rendered: Rendering) -> None:
    runs = rendered.sizes[0].runs
    assert best(runs["naru"]) <= 4.5 * best(runs["helm"])


def test_rendering_200_services_takes_at_most_a_quarter_of_kustomize(rendered: Rendering) -> None:
    runs = rendered.sizes[0].runs
    assert best(runs["naru"]) <= 0.25 * best(runs["kustomize"])


def test_rendering_grows_no_faster_than_what_is_rendered(rendered: Rendering) -> None:
    small, large = (best(rendered.growth[size.services]) / size.objects for size in rendered.sizes)
    assert large <= 1.3 * small


def test_rendering_1000_services_stays_under_150_mib(rendered: Rendering) -> None:
    assert rendered.sizes[1].runs["naru"].mib < 150


def test_a_preview_without_changes_costs_at_most_two_and_a_half_times_the_engines_floor(costs: EngineCosts) -> None:
    assert best(costs.preview["stack"]) <= 2.5 * best(costs.preview["floor"])


def test_an_update_from_nothing_costs_at_most_five_times_kubectl_and_the_floor(costs: EngineCosts) -> None:
    assert best(costs.up["stack"]) <= 5 * (best(costs.up["kubectl"]) + best(costs.up["floor"]))
