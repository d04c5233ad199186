"""What people read at the end."""

import io

from rich.console import Console

from operations.output import address_lines, change_lines, counted, next_lines, system_table
from operations.report import SystemState, WorkloadState
from operations.tally import Change


def shown(*states: SystemState, width: int = 80) -> str:
    stream = io.StringIO()
    Console(file=stream, width=width).print(system_table(states))
    return stream.getvalue()


WEB = WorkloadState("web", "shop", "Deployment", 2, 2)
BROKEN = WorkloadState("api", "shop", "Deployment", 0, 2, "1–5, cpu –/70%", "api-1: [x] ErrImagePull")


def test_a_system_is_named_once_and_each_workload_with_its_namespace_and_pods() -> None:
    lines = shown(SystemState("main", "shop", (WEB, WEB))).splitlines()
    assert [line.split() for line in lines[3:5]] == [["shop", "shop/web", "2/2"], ["shop/web", "2/2"]]


def test_columns_that_nothing_is_in_are_left_out() -> None:
    assert "Not ready" not in shown(SystemState("main", "shop", (WEB,)))
    assert "Cluster" not in shown(SystemState("main", "shop", (WEB,)))
    assert "Cluster" in shown(SystemState("main", "shop", (WEB,)), SystemState("other", "shop", (WEB,)))


def test_a_reason_is_shown_whole_and_its_brackets_are_no_markup() -> None:
    assert "api-1: [x] ErrImagePull" in shown(SystemState("main", "shop", (BROKEN,)), width=120)


def test_names_stay_whole_on_a_narrow_terminal() -> None:
    long = WorkloadState("auth-service", "korea-public-data", "Deployment", 0, 1, reason="word " * 30)
    assert "korea-public-data/auth-service" in shown(SystemState("main", "shop", (long,)))


def test_other_objects_have_a_row_with_their_reason() -> None:
    assert "Certificate shop/tls" in shown(SystemState("main", "shop", unready={"Certificate shop/tls": "no order"}))


def test_an_address_that_two_clusters_share_is_shown_once() -> None:
    both = [SystemState(cluster, "shop", addresses={"web": ("https://a/",)}) for cluster in ("seoul", "tokyo")]
    assert address_lines(both) == ["shop/web  https://a/"]


def test_rollout_under_way_has_a_column_and_says_once_what_to_do() -> None:
    canary = WorkloadState("api", "shop", "Rollout", 2, 2, under_way="step 2 of 4, 20 %")
    both = [SystemState(cluster, "shop", (WEB, canary)) for cluster in ("seoul", "tokyo")]
    assert "step 2 of 4, 20 %" in shown(*both, width=120)
    [line] = next_lines(both, "dev")
    assert "naru rollout status shop/api --stack dev --watch" in line
    assert "naru rollout promote shop/api --stack dev" in line
    assert next_lines([SystemState("main", "shop", (WEB,))], "dev") == []


def test_changes_are_sorted_and_say_which_properties_are_others() -> None:
    changes = (Change("update", "b", ("spec.x", "spec.y")), Change("create", "a", ("spec",)), Change("delete", "c"))
    assert change_lines(changes) == ["+ a", "~ b  [spec.x, spec.y]", "- c"]


def test_a_count_is_a_sentence() -> None:
    assert counted({"update": 1, "create": 2}, 5, 3.2) == "2 created, 1 updated (3 s)"
    assert counted({}, 5, 3.2) == "no change: 5 objects are as they should be (3 s)"
