"""What a failed update sends back by itself, how, and what it says of it."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.placed import Part, Placed
from operations.rollback.automatic import WayBack, failed_deployments, roll_back, way_back
from operations.rollback.template import MANAGER, given_back, merge_patch
from operations.rollback.waiting import wait
from operations.tally import Failure
from settings.environment import Tier
from settings.stack import Stack
from tests.unit.operations.builders import environment, system
from tests.unit.operations.rollback_builders import (
    Server,
    deployment,
    image,
    merged,
    replica_set,
    template,
    workload,
)

AT = "/apis/apps/v1/namespaces/shop/deployments/web"
FAILED = Failure("seoul/shop/web:deployment:web", "pods do not start")
SERVICE = {
    "name": "web",
    "image": {"repository": "web", "tag": "1.1.0"},
    "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
}


class Opened:
    """As much of a session as is asked for."""

    def __init__(self, *servers: Server, strategy: dict[str, Any] | None = None) -> None:
        service = SERVICE if strategy is None else {**SERVICE, "strategy": strategy}
        shop = system("shop", services={"web": service})
        self.stack = Stack("prod", environment(Tier.PRODUCTION), {"shop": shop})
        one = Placed(deployment(replica_set(1, "1.1.0")) | {"kind": "Deployment"}, Part.WORKLOADS, "web")
        self.objects = {cluster: {"common": (), "shop": (one,)} for cluster in ("seoul", "tokyo")}
        self.servers = dict(zip(("seoul", "tokyo"), servers, strict=False))


def at_once(title: str, look: Callable[[], str]) -> str:
    return look()


def broken(*earlier: dict[str, Any]) -> Server:
    bad = replica_set(2, "1.1.0", pods=2, ready=0, config="web-22222222")
    return Server().add(deployment(bad, *earlier, phase="degraded"), bad, *earlier)


def test_a_failed_service_goes_back_to_the_template_it_had() -> None:
    server = broken(replica_set(1, "1.0.0", healthy=True))
    lines = roll_back(Opened(server), [FAILED], wait=at_once)  # type: ignore[arg-type]
    assert server.objects[AT]["spec"]["template"] == template(image("1.0.0"))
    assert server.objects[AT]["metadata"]["annotations"] == {
        "naru/rolled-back-from": "h2",
        "naru/rolled-back-to": "h1",
    }
    assert lines == [
        "rolled back: shop/web on seoul: to revision 1, 1.0.0, healthy since 2026-01-01T00:02:00Z, with its "
        "configuration; all its pods are ready",
        "  releases/prod.yaml still says 1.1.0: the next `naru up` tries that again",
        "  `naru rollback shop/web --stack prod` writes 1.0.0 there",
    ]


def test_one_that_failed_for_its_configuration_is_told_so() -> None:
    server = broken(replica_set(1, "1.1.0", healthy=True))
    lines = roll_back(Opened(server), [FAILED], wait=at_once)  # type: ignore[arg-type]
    assert server.objects[AT]["spec"]["template"] == template(image("1.1.0"))
    assert "what failed is its configuration, which catalog/shop.yaml still asks for" in lines[1]
    assert not any("naru rollback" in line for line in lines)


def test_pods_that_do_not_come_back_are_told_of() -> None:
    server = broken(replica_set(1, "1.0.0", healthy=True))
    server.settles = False
    lines = roll_back(Opened(server), [FAILED], wait=at_once)  # type: ignore[arg-type]
    assert lines[0].endswith("not ready yet: the cluster has not seen the change yet")


def test_who_does_not_wait_for_them_is_told_what_was_sent_back() -> None:
    def interrupted(*_: object) -> str:
        raise KeyboardInterrupt

    server = broken(replica_set(1, "1.0.0", healthy=True))
    lines = roll_back(Opened(server), [FAILED], wait=interrupted)  # type: ignore[arg-type]
    assert lines[0].endswith("not ready yet: its end was not waited for")


def test_a_cluster_that_did_not_fail_is_left_alone() -> None:
    servers = [broken(replica_set(1, "1.0.0", healthy=True)) for _ in range(2)]
    roll_back(Opened(*servers), [FAILED], wait=at_once)  # type: ignore[arg-type]
    assert servers[0].patched
    assert not servers[1].patched


@pytest.mark.parametrize(
    "failure",
    [
        Failure("seoul/shop/web-migrate:job:web-migrate", "failed"),
        Failure("seoul/shop/web:service:web", "no endpoints"),
        Failure("seoul/shop/api:deployment:api", "pods do not start"),
        Failure("stack", "the program"),
    ],
    ids=["a migration", "a Service", "another service", "the stack"],
)
def test_where_no_deployment_failed_there_is_nothing_to_do(failure: Failure) -> None:
    server = broken(replica_set(1, "1.0.0", healthy=True))
    assert roll_back(Opened(server), [failure], wait=at_once) == []  # type: ignore[arg-type]
    assert not server.patched


def test_only_rolling_services_go_back_by_themselves() -> None:
    opened = Opened(strategy={"type": "canaryDeployment", "weight": 10})
    assert failed_deployments(opened.stack, opened.objects, [FAILED]) == []
    assert [service.name for _, service in failed_deployments(Opened().stack, Opened().objects, [FAILED])] == ["web"]


def test_a_cluster_that_says_no_is_a_warning() -> None:
    lines = roll_back(Opened(Server()), [FAILED], wait=at_once)  # type: ignore[arg-type]
    assert lines == []  # it is not there: nothing was deployed
    lines = roll_back(Opened(Refusing(broken(replica_set(1, "1.0.0", healthy=True)))), [FAILED], wait=at_once)  # type: ignore[arg-type]
    assert lines == ["warning: not rolled back: shop/web on seoul: no rights"]


class Refusing(Server):
    """A server whose user may only look."""

    def __init__(self, server: Server) -> None:
        super().__init__(server.objects)

    def merge(self, path: str, body: Any, field_manager: str = "") -> Any:
        from operations.api_server import ApiError  # noqa: PLC0415

        raise ApiError(403, "no rights")


BAD = replica_set(2, "1.1.0", pods=2, ready=0)


@pytest.mark.parametrize(
    ("sets", "phase", "expected"),
    [
        ([BAD, replica_set(1, "1.0.0", healthy=True)], "degraded", "to 1"),
        ([BAD, replica_set(1, "1.0.0", healthy=True)], "healthy", "nothing"),
        ([BAD], "degraded", "it has no earlier version: this was its first deployment"),
        ([BAD, replica_set(1, "1.0.0")], "degraded", "of its 1 earlier versions none was seen healthy"),
        (
            [replica_set(2, "1.1.0", healthy=True), replica_set(1, "1.0.0", healthy=True)],
            "degraded",
            "it has the version that was healthy before",
        ),
    ],
    ids=[
        "a healthy one before",
        "it is well by now",
        "a first deployment",
        "nothing marked",
        "the update changed nothing",
    ],
)
def test_the_way_back(sets: list[dict[str, Any]], phase: str, expected: str) -> None:
    found = way_back(workload(deployment(*sets, phase=phase), *sets))
    said = f"to {found.target.number}" if found.target else found.reason or "nothing"
    assert (said, found == WayBack()) == (expected, expected == "nothing")


values = st.recursive(
    st.integers(0, 3) | st.lists(st.integers(0, 3), max_size=2),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.sampled_from("abc"), values, max_size=3)


@given(objects, objects)
def test_a_merge_patch_makes_the_one_of_the_other(now: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert merged(now, merge_patch(now, wanted)) == wanted
    assert merge_patch(wanted, wanted) == {}


PULUMI = {
    "manager": "pulumi-kubernetes-1",
    "operation": "Apply",
    "fieldsV1": {"f:spec": {"f:replicas": {}, "f:template": {"f:spec": {"f:a": {}}}}},
}
OURS = {
    "manager": MANAGER,
    "operation": "Update",
    "fieldsV1": {"f:metadata": {"f:annotations": {"f:naru/x": {}}}, "f:spec": {"f:template": {"f:spec": {"f:b": {}}}}},
}
STATUS = {"manager": "kube-controller-manager", "operation": "Update", "fieldsV1": {"f:status": {}}}


def test_the_fields_that_were_changed_are_pulumis_again_and_the_annotations_are_not() -> None:
    assert given_back([PULUMI, STATUS, OURS]) == [
        {**PULUMI, "fieldsV1": {"f:spec": {"f:replicas": {}, "f:template": {"f:spec": {"f:a": {}, "f:b": {}}}}}},
        STATUS,
        {**OURS, "fieldsV1": {"f:metadata": {"f:annotations": {"f:naru/x": {}}}}},
    ]


def test_without_pulumi_or_a_change_of_ours_there_is_nothing_to_give_back() -> None:
    assert given_back([STATUS, OURS]) is None
    assert given_back([STATUS, PULUMI]) is None
    assert given_back([]) is None


def test_waiting_ends_when_nothing_is_missing_or_patience_is_over(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    looks = iter(["a", "a", "b", ""])
    assert wait("t", lambda: next(looks), clock=lambda: now[0], sleep=sleep) == ""
    assert wait("t", lambda: "never", patience=30, clock=lambda: now[0], sleep=sleep) == "never"
    assert now[0] == pytest.approx(31.5)
    assert capsys.readouterr().err.splitlines() == ["t: 5 s; waiting: never"]
