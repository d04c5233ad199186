"""Pulumi's own previews of several stacks, as they end."""

import json
from pathlib import Path

import pytest

from operations.diff import previews as under_test
from operations.diff.model import Previewed
from operations.diff.previews import previewed, previews

TOLD = {
    "stack": "dev",
    "result": "succeeded",
    "changes": {"update": 1, "create": 1},
    "failures": [],
    "resources": [
        {"operation": "update", "resource": "seoul/plate/api:deployment:api", "properties": ["spec.replicas"]},
        {"operation": "create", "resource": "seoul/plate/api:service:api", "properties": []},
    ],
}


def test_preview_that_succeeded_has_its_counts_and_a_line_for_each_resource() -> None:
    found = previewed("dev", 0, json.dumps(TOLD), "some progress")
    assert found == Previewed(
        "dev",
        "succeeded",
        {"update": 1, "create": 1},
        ("+ seoul/plate/api:service:api", "~ seoul/plate/api:deployment:api"),
    )


def test_preview_that_failed_says_which_resource_and_why() -> None:
    failed = {**TOLD, "result": "failed", "failures": [{"resource": "stack", "reason": "no plugin"}], "resources": []}
    assert previewed("dev", 3, json.dumps(failed), "").reasons == ("stack: no plugin",)


def test_preview_that_was_refused_says_what_it_wrote_for_people() -> None:
    found = previewed("prod", 4, "", "refused: seoul: your kubeconfig has no context naru-prod-seoul\n")
    assert (found.result, found.reasons) == (
        "failed",
        ("refused: seoul: your kubeconfig has no context naru-prod-seoul",),
    )


def test_preview_without_a_word_says_at_least_its_code() -> None:
    assert previewed("prod", 137, "", "").reasons == ("it ended with code 137 and no word",)


def test_all_stacks_are_told_in_order_whatever_became_of_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def run(root: Path, stack: str) -> Previewed:
        assert root == tmp_path
        return Previewed(stack, "failed" if stack == "dev" else "succeeded", {}, (), ("why",) if stack == "dev" else ())

    monkeypatch.setattr(under_test, "_preview", run)
    found = previews(tmp_path, ["dev", "staging", "prod"])
    assert [(one.stack, one.result) for one in found] == [
        ("dev", "failed"),
        ("staging", "succeeded"),
        ("prod", "succeeded"),
    ]
