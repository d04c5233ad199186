"""A release that goes back to an image older than the schema is noticed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settings.release_order import Regression, going_back, schema_of, versions
from settings.service import Service
from settings.types import schema_order
from tests.builders import a_service, a_stack, a_system

VERSIONS = st.lists(st.integers(0, 99), min_size=1, max_size=3).map(lambda parts: ".".join(map(str, parts)))


def a_release(needs: dict[str, Any], runs_on: dict[str, Any] | None = None, **changes: Any) -> Service:
    image = {"repository": "example/api", "tag": "1", "needsSchema": needs, "runsOnSchema": runs_on or {}}
    databases = {name: {"directory": "/migrations", "urlKey": f"{name}_url"} for name in ("main", "log", "a", "b")}
    return a_service(image=image, migration={"engine": "goose", "secret": "db", "databases": databases}, **changes)


def test_newest_schema_is_the_one_accepted_where_there_is_one() -> None:
    assert schema_of(a_release({"main": 7, "log": 3}, {"main": 9}).image) == {"main": "9", "log": "3"}


def test_accepted_schema_that_is_older_than_the_needed_one_changes_nothing() -> None:
    assert schema_of(a_release({"main": "2.10"}, {"main": "2.9"}).image) == {"main": "2.10"}


def test_image_that_records_nothing_has_no_schema() -> None:
    assert schema_of(a_service().image) == {}


@pytest.mark.parametrize(
    ("needs", "runs_on", "reached", "back"),
    [
        pytest.param("7", None, "8", True, id="older"),
        pytest.param("7", None, "7", False, id="same"),
        pytest.param("8", None, "7", False, id="newer"),
        pytest.param("2.9", None, "2.10", True, id="versions-are-no-text"),
        pytest.param("7", "8", "8", False, id="accepted"),
        pytest.param("7", "8", "9", True, id="accepted-for-less"),
    ],
)
def test_release_goes_back_where_its_image_knows_less_than_the_database(
    needs: str, runs_on: str | None, reached: str, *, back: bool
) -> None:
    service = a_release({"main": needs}, None if runs_on is None else {"main": runs_on})
    found = going_back(a_stack(a_system(service)), {("demo", "api", "main"): reached})
    assert found == ([Regression("demo", "api", "main", runs_on or needs, reached)] if back else [])


@pytest.mark.parametrize("place", [("other", "api", "main"), ("demo", "gone", "main"), ("demo", "api", "unmigrated")])
def test_what_the_stack_does_not_migrate_is_left_out(place: tuple[str, str, str]) -> None:
    assert going_back(a_stack(a_system(a_release({"main": 1}))), {place: "9"}) == []


def test_release_that_says_no_more_what_it_needs_goes_back() -> None:
    found = going_back(a_stack(a_system(a_release({"main": 7}))), {("demo", "api", "log"): "3"})
    assert found == [Regression("demo", "api", "log", "", "3")]


def test_what_is_not_enabled_does_not_go_back() -> None:
    reached = {("demo", "api", "main"): "9"}
    assert going_back(a_stack(a_system(a_release({"main": 1}, enabled=False))), reached) == []
    assert going_back(a_stack(a_system(a_release({"main": 1}), enabled=False)), reached) == []


def a_canary(needs: str | None) -> dict[str, Any]:
    return {
        "strategy": {"type": "canaryDeployment", "weight": 50},
        "canary": {"tag": "2"} | ({} if needs is None else {"needsSchema": {"main": needs}}),
    }


@pytest.mark.parametrize(
    ("of_service", "of_canary", "said"),
    [
        pytest.param("8", "8", [], id="both-know"),
        pytest.param("8", "7", [("canary",)], id="canary-is-older"),
        pytest.param("7", "8", [("image",)], id="live-one-is-older"),
        pytest.param("8", None, [("canary",)], id="canary-says-nothing"),
        pytest.param("7", "7", [("canary",), ("image",)], id="both-are-older"),
    ],
)
def test_every_version_that_would_run_counts(of_service: str, of_canary: str | None, said: list[Any]) -> None:
    service = a_release({"main": of_service}, **a_canary(of_canary))
    found = going_back(a_stack(a_system(service)), {("demo", "api", "main"): "8"})
    assert [regression.said for regression in found] == said


def test_canary_that_no_strategy_runs_does_not_count() -> None:
    service = a_release({"main": "8"}, canary={"tag": "2"})
    assert going_back(a_stack(a_system(service)), {("demo", "api", "main"): "8"}) == []


def test_versions_stand_where_the_release_has_them() -> None:
    colored = a_release(
        {"main": "8"}, strategy={"type": "blueGreenIngress"}, colors={"green": {"tag": "2", "needsSchema": {"main": 9}}}
    )
    assert {said: image.tag for said, image in versions(colored).items()} == {("image",): "1", ("colors", "green"): "2"}
    assert schema_of(versions(colored)["colors", "green"]) == {"main": "9"}


def test_regressions_come_sorted() -> None:
    reached = {("demo", "api", database): "9" for database in ("b", "a")}
    assert [found.database for found in going_back(a_stack(a_system(a_release({"a": 1, "b": 1}))), reached)] == [
        "a",
        "b",
    ]


@given(needs=VERSIONS, runs_on=VERSIONS, reached=VERSIONS)
def test_accepting_a_schema_never_makes_a_release_worse(needs: str, runs_on: str, reached: str) -> None:
    place = {("demo", "api", "main"): reached}
    without = going_back(a_stack(a_system(a_release({"main": needs}))), place)
    accepted = going_back(a_stack(a_system(a_release({"main": needs}, {"main": runs_on}))), place)
    assert bool(accepted) <= bool(without)
    assert bool(accepted) == (max(map(schema_order, (needs, runs_on))) < schema_order(reached))
