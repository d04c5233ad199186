"""Rendered files are read as they were meant."""

from pathlib import Path
from typing import Any

import pytest

from manifests.text import to_yaml
from operations.diff.reading import parse, read
from tests.yaml_cases import OBJECTS


@pytest.mark.parametrize("name", OBJECTS)
def test_what_is_read_would_be_written_so_again(name: str) -> None:
    _, text = OBJECTS[name]

    assert to_yaml(parse(text)) == text


@pytest.mark.parametrize(
    "word",
    ["0o17", "017", "1_000", "0x1F", "1:30", "2026-01-01", "2026-01-01T00:00:00Z", "=", "<<", "yes", "off", "n", "~",
     "", "1e3", "1e+06", "12e03", "0b11", ".5", "+1", "true", "null", "1.0", "0", "007", ".inf", "@a", "- a", "a: b",
     "1a2b3c4d", "1234e567", "12345678"],
)  # fmt: skip
def test_text_stays_text(word: str) -> None:
    assert parse(to_yaml({"a": word, word: "key"})) == {"a": word, word: "key"}


def test_folders_are_those_above_the_last_one_however_deep(tmp_path: Path) -> None:
    for path in ("seoul/shop/workloads/1-manifest/a.yaml", "seoul/argocd/1-manifest/b.yaml"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text("kind: A\nmetadata: {name: a}\n", encoding="utf-8")
    (tmp_path / "seoul/argocd/pinned.jsonnet").write_text("[]", encoding="utf-8")
    wanted: dict[str, Any] = {"kind": "A", "metadata": {"name": "a"}}

    assert read(tmp_path) == {"seoul/shop/workloads": [wanted], "seoul/argocd": [wanted]}
