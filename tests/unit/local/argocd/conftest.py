"""A control plane's files with those of Argo CD, prepared in a folder of the test."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.argocd import files
from local.argocd.files import Files
from local.places import Places
from local.ports import PREFERRED
from local.preparation import prepare


@pytest.fixture
def places(tmp_path: Path) -> Places:
    made = Places(tmp_path / "plane")
    prepare(made, "stages", [])
    return made


@pytest.fixture
def prepared(places: Places) -> Files:
    made = Files.of(places)
    files.prepare(made, dict(PREFERRED))
    return made
