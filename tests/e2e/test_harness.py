"""What the other tests measure with sees what it is there to see."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.plane import ControlPlane
from local.session import Session
from manifests.placed import Manifest
from tests.e2e.probe import Probe
from tests.e2e.reapply import nothing_moves
from tests.integration.space import POD, Space, new_space


@pytest.fixture
def space(plane: ControlPlane) -> Iterator[Space]:
    with Session(plane.kubeconfig) as session, new_space(session) as made:
        yield made


def run(space: Space, name: str) -> None:
    """Make a pod that the Service `web` may lead to, and wait until it is ready."""
    labels = {"run": "web", "version": name}
    space._apply(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": space.name, "labels": labels},
            "spec": {"containers": [{"name": "app", "image": "app:1"}]},
        }
    )
    space.until(lambda: space.condition(POD, name, "Ready") == "True")


def service(space: Space, **selector: str) -> Manifest:
    """Return a Service as a program declares it."""
    ports = [{"port": 80, "targetPort": 80, "protocol": "TCP"}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": space.name},
        "spec": {"ports": ports, **({"selector": selector} if selector else {})},
    }


def test_probe_sees_when_nobody_is_ready(plane: ControlPlane, space: Space) -> None:
    run(space, "web-1")
    space._apply(service(space, run="web"))
    with Probe(plane.kubeconfig, space.name, "web") as probe:
        space.until(lambda: probe["web"].now)
        before = probe["web"].last
        space.api.delete(POD, space.name, "web-1", propagation="Background")
        space.until(lambda: not probe["web"].now)
        run(space, "web-2")
        space.until(lambda: probe["web"].now == {"web-2"})
        probe.end()
        (gap,) = probe["web"].gaps(before)
        assert gap > 0
        with pytest.raises(AssertionError, match="web had no ready pod"):
            probe.check()
        probe["web"].changes[:] = probe["web"].changes[-1:]  # what is left has no gap to be told of


def test_applying_again_is_told_when_it_moves_a_selector_that_somebody_else_wrote(space: Space) -> None:
    declared = service(space)
    space._apply(declared)
    space.api.apply(
        service(space, run="web", version="web-1"),
        field_manager="rollouts-controller",
        force=True,
        dry_run=False,
        warn=lambda _: None,
    )
    nothing_moves(space.api, space.name, [declared])
    with pytest.raises(AssertionError, match="Service web: spec"):
        nothing_moves(space.api, space.name, [service(space, run="web")])
