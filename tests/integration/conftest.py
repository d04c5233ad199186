"""A control plane for all tests of a session; its commands come from the user's cache, or are built first."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.plane import ControlPlane
from local.progress import lines


@pytest.fixture(scope="session")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane that is up, with pods that take 2 to 5 s to start and to end; removed after the last test."""
    made = ControlPlane(tmp_path_factory.mktemp("plane"), pod_seconds=(2, 5))
    try:
        made.up(progress=lines(sys.__stderr__), storage_classes=["openebs-hostpath"])
        yield made
    finally:
        made.down(delete=True)


@pytest.fixture(scope="session")
def kubeconfig(plane: ControlPlane) -> Path:
    """The administrator's kubeconfig of the control plane."""
    return plane.kubeconfig


@pytest.fixture(autouse=True)
def no_other_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every test off whatever cluster the user has."""
    monkeypatch.setenv("KUBECONFIG", os.devnull)
