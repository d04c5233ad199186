"""A control plane with the real Argo CD, for the tests of this folder; it goes when they are done."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from local.plane import ControlPlane
from local.progress import lines
from local.session import Session
from tests.integration.on_plane import Cluster


@pytest.fixture(scope="package")
def argocd_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane on which Argo CD runs, with pods that take a second or two to start and to end."""
    made = ControlPlane(tmp_path_factory.mktemp("argocd"), pod_seconds=(0.5, 2))
    try:
        made.up(
            progress=lines(sys.__stderr__),
            storage_classes=["gp3", "openebs-hostpath", "standard"],
            extras=["argocd"],
        )
        yield made
    finally:
        made.down(delete=True)


@pytest.fixture(scope="package")
def argocd_cluster(argocd_plane: ControlPlane) -> Iterator[Cluster]:
    """The control plane as the tests look at it."""
    with Session(argocd_plane.kubeconfig) as session:
        yield Cluster(session)
