"""One control plane and one project for all tests of a session: rollouts are slow, so tests share what is deployed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

from local.plane import ControlPlane
from local.progress import lines
from local.session import Session
from tests.e2e.delivery import Delivery
from tests.e2e.figures import Figures
from tests.integration.on_plane import Cluster

_FIGURES = pytest.StashKey[Figures]()


def pytest_configure(config: pytest.Config) -> None:
    """Have one place for what is measured."""
    config.stash[_FIGURES] = Figures()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what was measured."""
    for line in config.stash[_FIGURES].lines():
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def figures(pytestconfig: pytest.Config) -> Figures:
    """Where tests note what they have measured."""
    return pytestconfig.stash[_FIGURES]


@pytest.fixture(scope="session")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane that is up, with pods that take 2 to 5 s to start and to end; removed after the last test."""
    made = ControlPlane(tmp_path_factory.mktemp("plane"), pod_seconds=(2, 5))
    try:
        made.up(progress=lines(sys.__stderr__), storage_classes=["standard"])
        yield made
    finally:
        made.down(delete=True)


@pytest.fixture(scope="session")
def delivery(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Delivery:
    """The project."""
    return Delivery(tmp_path_factory.mktemp("delivery"), plane)


@pytest.fixture(scope="session")
def cluster(plane: ControlPlane) -> Iterator[Cluster]:
    """The control plane as the tests look at it."""
    with Session(plane.kubeconfig) as session:
        yield Cluster(session)


@pytest.fixture(autouse=True)
def no_other_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every test off whatever cluster the user has."""
    monkeypatch.setenv("KUBECONFIG", os.devnull)
