"""How CustomResourceDefinitions are read from modules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import crds
from local.progress import Step
from local.toolchain import ToolchainError, go

DEFINITION = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: {name}, annotations: {{made: 2024-01-01}}}}
spec: {{enum: ["!=", =, =~]}}
"""


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Modules with one definition each, in a module cache of their own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    places = {}
    for number, (module, place) in enumerate(crds.SOURCES.items()):
        root = tmp_path / str(number)
        file = root / place if place.endswith(".yaml") else root / place / "one.yaml"
        file.parent.mkdir(parents=True)
        file.write_text(DEFINITION.format(name=f"{number}.example.com"), encoding="utf-8")
        file.with_name("kustomization.yaml").write_text("resources: [one.yaml]\n", encoding="utf-8")
        places[module] = root
    monkeypatch.setattr(
        go, "download", lambda directory, names: {name: places[name.partition("@")[0]] for name in names}
    )
    crds._load.cache_clear()
    yield tmp_path
    crds._load.cache_clear()


def test_every_source_gives_its_definitions_and_nothing_else(modules: Path) -> None:
    found = crds.documents()
    assert {document["kind"] for document in found} == {"CustomResourceDefinition"}
    assert len(found) == len(crds.SOURCES)


def test_definitions_are_kept_and_read_once(modules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[Step] = []
    first = crds.documents(steps.append)
    crds._load.cache_clear()

    def refuse(directory: Path, names: list[str]) -> None:
        raise ToolchainError("no network")

    monkeypatch.setattr(go, "download", refuse)
    assert crds.documents(steps.append) == first
    assert len(steps) == 1


def test_scalars_are_read_as_kubernetes_does() -> None:
    [definition] = crds.parse(DEFINITION.format(name="x"))
    assert definition["spec"]["enum"] == ["!=", "=", "=~"]
    assert definition["metadata"]["annotations"]["made"] == "2024-01-01"


def test_empty_documents_are_passed_over() -> None:
    assert crds.parse("---\n---\nkind: List\n---\n") == []


def test_every_source_is_pinned_with_its_checksum() -> None:
    folder = Path(crds.__file__).parent / "toolchain" / "crds"
    required = dict(re.findall(r"^\t(\S+) (v\S+)$", (folder / "go.mod").read_text(encoding="utf-8"), re.MULTILINE))
    assert required.keys() == crds.SOURCES.keys()
    sums = (folder / "go.sum").read_text(encoding="utf-8")
    assert all(f"{module} {version} h1:" in sums for module, version in required.items())


def test_another_pin_gives_another_hash(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = crds.pins()
    for file in ("go.mod", "go.sum"):
        (tmp_path / file).write_text("other", encoding="utf-8")
    monkeypatch.setattr(crds, "_PINS", tmp_path)
    assert crds.pins() != before
