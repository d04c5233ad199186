"""Which regions a change goes on without, and what is said of those and of others that cannot be asked."""

from typing import Any

import pytest

from operations.api_server import ApiError, ContextError, UnreachableError
from operations.left_out import left_out, refusal, warning
from settings.stack import Stack
from tests.aws_stacks import an_aws_stack
from tests.builders import a_stack, a_system
from tests.unit.operations.region.stacks import a_led_stack

THREE = ("seoul", "tokyo", "osaka")
SILENT = UnreachableError("https://10.0.0.1 does not answer: timed out")
REFUSING = (ApiError(401, "Unauthorized"), ContextError("your kubeconfig has no context tokyo"))


def stack(*drained: str, names: tuple[str, ...] = THREE, **more: Any) -> Stack:
    """Return a stack in these regions, the first one the primary, some of them drained."""
    clusters = {
        name: {"context": name, "region": name, "primary": name == names[0], "drained": name in drained}
        for name in names
    }
    return a_stack(a_system(), clusters=clusters, **more)


def test_drained_region_that_does_not_answer_is_left_out() -> None:
    assert left_out(stack("tokyo"), ["tokyo"]) == ("tokyo",)
    assert refusal(stack("tokyo"), {"tokyo": SILENT}) == []


def test_region_in_traffic_that_does_not_answer_refuses_and_says_how_to_go_on_without_it() -> None:
    assert left_out(stack("osaka"), ["tokyo"]) == ()
    refused, advice = refusal(stack("osaka"), {"tokyo": SILENT, "osaka": SILENT})
    assert refused == f"refused: tokyo: {SILENT}"
    assert advice == (
        "if the region of tokyo is down, go on without it: `drained: true` of it in Pulumi.dev.yaml "
        "(what `naru region drain --stack dev tokyo` writes where its records are ours), then this again"
    )


def test_where_its_records_are_ours_the_command_drains_it() -> None:
    _, advice = refusal(a_led_stack(), {"tokyo": SILENT})
    assert advice == (
        "if the region of tokyo is down, go on without it: `naru region drain --stack prod tokyo`, then this again"
    )


def test_where_no_host_of_ours_leads_the_file_drains_it_as_the_command_would_refuse() -> None:
    _, advice = refusal(an_aws_stack(a_system()), {"tokyo": SILENT})
    assert "go on without it: `drained: true` of it in Pulumi.prod.yaml" in advice


@pytest.mark.parametrize("drained", [("seoul",), ()])
def test_primary_region_is_never_left_out(drained: tuple[str, ...]) -> None:
    found = stack(*drained, "tokyo")
    assert left_out(found, ["seoul", "tokyo"]) == ("tokyo",)
    assert refusal(found, {"seoul": SILENT, "tokyo": SILENT}) == [
        f"refused: seoul: {SILENT}",
        "seoul is the primary region, drained or not: migrations, data stores and what is in AWS go with it, "
        "so nothing is changed without it",
    ]


@pytest.mark.parametrize("problem", REFUSING, ids=["refused", "no context"])
def test_region_that_answers_or_is_not_known_is_not_taken_for_one_that_is_down(problem: Exception) -> None:
    assert refusal(stack("tokyo"), {"tokyo": problem}) == [f"refused: tokyo: {problem}"]


def test_where_every_region_is_needed_none_is_left_out() -> None:
    assert refusal(stack("tokyo"), {"tokyo": SILENT}, every=True) == [f"refused: tokyo: {SILENT}"]


def test_argo_cd_leaves_nobody_out() -> None:
    found = stack("tokyo", delivery="gitops")
    assert left_out(found, ["tokyo"]) == ()
    assert refusal(found, {"tokyo": SILENT}) == [f"refused: tokyo: {SILENT}"]


def test_release_goes_back_by_git_where_argo_cd_answers_and_a_region_does_not() -> None:
    argocd = {"repository": "https://git.example.com/naru.git"}
    found = stack("tokyo", delivery="gitops", argocd=argocd)
    refused, advice = refusal(found, {"tokyo": SILENT})
    assert refused == f"refused: tokyo: {SILENT}"
    assert advice == (
        "without it a release goes back by Git: `git revert` on env/dev, or the version before in releases/dev.yaml "
        "and `naru publish --stack dev`"
    )
    assert refusal(found, {"seoul": SILENT}) == [f"refused: seoul: {SILENT}"]
    assert refusal(found, {}) == []


def test_only_region_there_is_has_nothing_to_go_on_with() -> None:
    assert refusal(stack(names=("main",)), {"main": SILENT}) == [f"refused: main: {SILENT}"]


def test_warning_says_what_is_left_out_and_what_brings_it_up() -> None:
    assert warning(stack("tokyo"), "tokyo", SILENT) == (
        f"warning: tokyo is left out: it is drained, and {SILENT}; when it answers, `naru up --stack dev` brings it "
        "up, and only then `naru region restore --stack dev tokyo` puts it back"
    )
