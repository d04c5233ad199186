"""What is held of a release after something was taken back."""

from functools import lru_cache
from pathlib import Path

from operations.publishing.history import Commit
from operations.publishing.holding import Taken, held_files, held_versions, taken_versions
from operations.publishing.record import Place, Said
from settings.loaded import Loaded
from settings.loading import load

API, WEB, LIVE = Place("plate", "plate-api"), Place("plate", "plate-web"), Place("plate", "plate-api", "live")
ROOT = Path(__file__).parents[4]


@lru_cache
def loaded() -> Loaded:
    return load(ROOT, "local")


def taken(before: dict[Place, Said], after: dict[Place, Said], name: str = "a", **files: str | None) -> Taken:
    commit = Commit(name, "", (), "", "", "")
    return Taken(commit, before, after, {path.replace("_", "/") + ".yaml": blob for path, blob in files.items()})


def test_version_that_was_taken_back_is_held_where_the_release_says_it() -> None:
    one = taken({API: Said("1")}, {API: Said("2")})
    [held] = held_versions([one], {API: Said("1")}, {API: Said("2")}, loaded())
    assert (held.file, held.path) == ("releases/local.yaml", "plate.plate-api.tag")
    assert held.line > 1
    assert str(held).endswith("still 2, which was taken back; expected 1, which the branch has now, or a newer version")


def test_another_version_is_not_held() -> None:
    one = taken({API: Said("1")}, {API: Said("2")})
    for tag in ("1", "3"):
        assert held_versions([one], {API: Said("1")}, {API: Said(tag)}, loaded()) == []


def test_version_that_the_commit_did_not_bring_is_not_held() -> None:
    one = taken({API: Said("1"), WEB: Said("5")}, {API: Said("2"), WEB: Said("5")})
    assert held_versions([one], {API: Said("1"), WEB: Said("5")}, {API: Said("1"), WEB: Said("5")}, loaded()) == []
    assert taken_versions([one], {API: Said("1"), WEB: Said("4")}).keys() == {API}


def test_version_that_runs_again_is_not_held() -> None:
    one = taken({API: Said("1")}, {API: Said("2")})
    assert held_versions([one], {API: Said("2")}, {API: Said("2")}, loaded()) == []


def test_service_that_a_revert_took_away_is_to_be_taken_out() -> None:
    one = taken({}, {API: Said("2")})
    [held] = held_versions([one], {}, {API: Said("2")}, loaded())
    assert "take it out, or a newer version" in str(held)
    assert held.as_json()["expected"] is None
    assert held_versions([one], {}, {}, loaded()) == []


def test_traffic_that_was_sent_back_stays_there() -> None:
    one = taken({LIVE: Said("blue")}, {LIVE: Said("green")})
    [held] = held_versions([one], {LIVE: Said("blue")}, {LIVE: Said("green")}, loaded())
    assert str(held).endswith("still green, which was taken back; expected blue, which the branch has now")


def test_file_is_held_while_it_would_be_exactly_what_was_taken_back() -> None:
    one = taken({}, {}, main_a="bad", main_b="bad too")
    tip = {"main/a.yaml": "good", "main/b.yaml": "good"}
    assert list(held_files([one], tip, {"main/a.yaml": "bad", "main/b.yaml": "better"})) == ["main/a.yaml"]
    assert held_files([one], tip, {"main/a.yaml": "better"}) == {}
    assert held_files([one], {"main/a.yaml": "bad"}, {"main/a.yaml": "bad"}) == {}


def test_file_that_would_be_removed_again_is_held() -> None:
    one = taken({}, {}, main_a=None)
    assert list(held_files([one], {"main/a.yaml": "good"}, {})) == ["main/a.yaml"]


def test_map_that_gives_way_to_one_of_another_name_is_not_held() -> None:
    path = "main/shop/workloads/1-manifest/v1-configmap-shop-web-env-a6d7d940.yaml"
    one = Taken(Commit("a", "", (), "", "", ""), {}, {}, {path: None})
    assert held_files([one], {path: "good"}, {}) == {}


def test_record_is_told_by_its_versions_alone() -> None:
    one = Taken(Commit("a", "", (), "", "", ""), {}, {}, {"release.yaml": "2"})
    assert held_files([one], {"release.yaml": "1"}, {"release.yaml": "2"}) == {}
