"""What is measured is what was meant to be, and the results land where they belong."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks import report
from benchmarks.catalog import STACK, names, write_project
from benchmarks.measure import CommandFailedError, Run, Runs, run, side_by_side
from benchmarks.others import write_chart, write_kustomization
from manifests.assembly import assemble
from settings.loading import load

SERVICES = 3


def objects_of(root: Path, services: int) -> list[dict[str, Any]]:
    write_project(root, services)
    stack = load(root, STACK).stack
    (cluster,) = stack.environment.clusters
    return [placed.manifest for objects in assemble(stack, cluster).values() for placed in objects]


@pytest.fixture
def objects(tmp_path: Path) -> list[dict[str, Any]]:
    return objects_of(tmp_path / "project", SERVICES)


def kinds(objects: list[dict[str, Any]], service: str) -> list[str]:
    """Give the kinds of the objects of one service."""
    key = "app.kubernetes.io/component"
    return sorted(found["kind"] for found in objects if found["metadata"].get("labels", {}).get(key) == service)


def test_project_has_as_many_alike_services_as_asked_for(objects: list[dict[str, Any]]) -> None:
    first, *others = (kinds(objects, name) for name in names(SERVICES))
    assert {"ConfigMap", "Deployment", "HorizontalPodAutoscaler", "Ingress", "NetworkPolicy", "Service"} <= set(first)
    assert others == [first] * (SERVICES - 1)


def test_one_service_is_a_project_too(tmp_path: Path) -> None:
    assert kinds(objects_of(tmp_path, 1), "service-0000")


def test_base_and_label_together_are_the_objects(tmp_path: Path, objects: list[dict[str, Any]]) -> None:
    overlay = write_kustomization(tmp_path / "kustomization", objects)
    label = yaml.safe_load((overlay / "kustomization.yaml").read_bytes())["labels"][0]["pairs"]
    base = overlay.parent / "base"
    found = [
        manifest
        for file in yaml.safe_load((base / "kustomization.yaml").read_bytes())["resources"]
        for manifest in yaml.safe_load_all((base / file).read_bytes())
    ]
    assert len(found) == len(objects)
    for manifest in found:
        assert not label.keys() & manifest["metadata"]["labels"].keys()
        manifest["metadata"]["labels"] |= label
        assert manifest in objects


def test_templates_of_a_chart_name_no_service(tmp_path: Path, objects: list[dict[str, Any]]) -> None:
    write_chart(tmp_path, objects, SERVICES)
    values = yaml.safe_load((tmp_path / "values.yaml").read_bytes())["services"]
    assert [service["name"] for service in values] == names(SERVICES)
    templates = {path.name: path.read_text("utf-8") for path in (tmp_path / "templates").iterdir()}
    assert "deployment.yaml" in templates
    for name, text in templates.items():
        assert "service-000" not in text
        assert text.startswith("{{- range .Values.services }}") or name in ("shared.yaml", "_partials.tpl")


def test_commands_run_in_turn() -> None:
    seen = []

    def contestant(name: str) -> Run:
        seen.append(name)
        return Run(seconds=len(seen), cpu=0, mib=len(seen))

    found = side_by_side({name: partial(contestant, name) for name in ("a", "b")}, 3)
    assert seen == ["a", "b"] * 3
    assert (found["a"].seconds, found["b"].seconds) == (3, 4)
    assert found["b"].mib == 6


def test_run_is_measured_and_its_output_kept(tmp_path: Path) -> None:
    measured = run(["sh", "-c", "echo $WORD"], tmp_path / "out", environment={"WORD": "said"}, folder=tmp_path)
    assert (tmp_path / "out").read_text("utf-8") == "said\n"
    assert measured.seconds > 0
    assert measured.mib > 0


def test_failing_command_says_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(CommandFailedError, match="ended with 3: nothing to see"):
        run(["sh", "-c", "echo nothing to see >&2; exit 3"], tmp_path / "out", environment={}, folder=tmp_path)


def test_results_replace_those_of_before_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{report.START}\nold\n{report.END}\nafter\n", encoding="utf-8")
    report.write(page, "new\n")
    assert page.read_text("utf-8") == f"before\n{report.START}\nnew\n{report.END}\nafter\n"


@pytest.mark.parametrize("text", ["", report.START, report.END, f"{report.END}{report.START}"])
def test_page_without_a_place_for_results_is_refused(tmp_path: Path, text: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="no place for the results"):
        report.write(page, "new")
    assert page.read_text("utf-8") == text


def test_median_and_peak_speak_for_all_runs() -> None:
    runs = Runs((Run(1, 0, 5), Run(9, 0, 3), Run(2, 0, 4)))
    assert (runs.seconds, runs.mib) == (2, 5)
