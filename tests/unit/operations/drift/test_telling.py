"""How drift is told."""

from operations.drift.compare import Difference
from operations.drift.look import Found, State, path_of
from operations.drift.telling import data, lines, markdown
from operations.drift.wanted import Wanted
from tests.unit.operations.builders import manifest

BY_HAND = Difference("spec.replicas", 5, 2, "kubectl-edit, 2026-01-02T00:00:00Z")


def found(state: State, name: str, *differences: Difference, reason: str = "", cluster: str = "seoul") -> Found:
    return Found(Wanted(cluster, "shop", manifest("Deployment", name)), state, differences, reason)


def test_nothing_drifted_is_one_line_a_cluster() -> None:
    told = lines("prod", "the files here", [found("same", "a"), found("same", "b", cluster="tokyo")])
    assert told == [
        "prod/seoul: 1 object, none of them has drifted, beside the files here",
        "prod/tokyo: 1 object, none of them has drifted, beside the files here",
    ]


def test_drift_names_object_field_both_values_and_who_wrote_it() -> None:
    told = "\n".join(lines("prod", "the files here", [found("same", "a"), found("drifted", "api", BY_HAND)]))
    assert "2 objects, 1 changed" in told
    assert "Deployment ns/api" in told
    assert "spec.replicas: 5, rendered 2 (kubectl-edit, 2026-01-02T00:00:00Z)" in told
    assert "ns/a\n" not in told


def test_object_that_is_not_rendered_is_not_counted_with_those_that_are() -> None:
    told = lines("prod", "x", [found("same", "a"), found("missing", "b"), found("unexpected", "c")])
    assert told[0].startswith("prod/seoul: 2 objects, 1 missing, 1 not rendered")


def test_markdown_is_a_table_that_values_do_not_break_out_of() -> None:
    evil = Difference("data.x", "a | b `c` @everyone\n# head", "ok")
    text = markdown("prod", "x", [found("drifted", "api", evil)])
    (row,) = [line for line in text.splitlines() if "data.x" in line]
    assert row.count("`") % 2 == 0
    assert row.replace("\\|", "").count("|") == 5
    assert "# head" not in [line.strip() for line in text.splitlines()]


def test_data_has_what_is_not_as_it_was_rendered_and_nothing_else() -> None:
    told = data("prod", "x", [found("same", "a"), found("drifted", "api", BY_HAND), found("unknown", "z", reason="no")])
    assert told["drifted"] is True
    assert told["objects"] == 3
    assert [(one["name"], one["state"], one["reason"]) for one in told["found"]] == [
        ("api", "drifted", ""),
        ("z", "unknown", "no"),
    ]
    assert told["found"][0]["differences"][0]["by"].startswith("kubectl-edit")


def test_what_could_not_be_compared_alone_is_no_drift() -> None:
    assert data("prod", "x", [found("unknown", "z", reason="no")])["drifted"] is False


def test_path_of_an_object_is_that_of_its_kind_as_the_cluster_serves_it() -> None:
    served = {("apps/v1", "Deployment"): "deployments", ("v1", "Namespace"): "namespaces"}
    one = manifest("Deployment", "api", version="apps/v1")
    assert path_of(one, served) == "/apis/apps/v1/namespaces/ns/deployments/api"
    assert path_of(manifest("Namespace", "ns", ""), served) == "/api/v1/namespaces/ns"
    assert path_of(manifest("Rollout", "api", version="argoproj.io/v1alpha1"), served) is None


def test_object_that_is_kept_is_told_and_is_no_drift() -> None:
    here = [found("same", "a"), found("kept", "store")]
    first, second = lines("prod", "x", here)
    assert first == "prod/seoul: 1 object, 1 kept, beside x"
    assert "Deployment ns/store" in second
    assert data("prod", "x", here)["drifted"] is False
