"""The release record: what it says of a stack, and what is read back from it."""

from typing import Any

import pytest

from operations.publishing.record import (
    Place,
    Said,
    VersionChange,
    changed_versions,
    record_in,
    record_of,
    text_of,
    versions_in,
)
from operations.schema_gate import recorded
from settings.container import Image, Version
from settings.service import Service
from settings.stack import Stack
from tests.unit.operations import builders

DIGEST, OTHER = (f"sha256:{letter * 64}" for letter in "ab")
RESOURCES = {"requests": {"cpu": "100m", "memory": "1Mi"}, "limits": {"cpu": "100m", "memory": "1Mi"}}


def service(name: str, tag: str | None = "1.0.0", **more: Any) -> Service:
    image = more.pop("image", Image(repository=f"example.com/{name}", tag=tag))
    return Service.model_validate({"name": name, "image": image, "resources": RESOURCES, **more})


def sidecar(tag: str) -> dict[str, Any]:
    return {"image": {"repository": "example.com/proxy", "tag": tag}, "resources": RESOURCES}


def stack(*services: Service, **more: Any) -> Stack:
    return builders.stack(builders.system("shop", services={one.name: one for one in services}, **more))


SHARED = service(
    "api",
    strategy={"type": "canaryDeployment", "weight": 10},
    canary=Version(tag="1.1.0", needs_schema={"db": "8"}),
    image=Image(repository="example.com/api", tag="1.0.0", digest=DIGEST, needs_schema={"db": "7"}),
)
COLORED = service("web", strategy={"type": "blueGreenIngress"}, colors={"green": Version(tag="2.0.0")}, live="green")


def test_record_has_every_version_that_runs() -> None:
    found = record_of(stack(SHARED, COLORED, service("worker", sidecars={"proxy": sidecar("3")})))
    assert found == {
        "shop": {
            "api": {
                "tag": "1.0.0",
                "digest": DIGEST,
                "needsSchema": {"db": 7},
                "canary": {"tag": "1.1.0", "needsSchema": {"db": 8}},
            },
            "web": {"tag": "1.0.0", "colors": {"green": {"tag": "2.0.0"}}, "live": "green"},
            "worker": {"tag": "1.0.0"},
            "worker/proxy": {"tag": "3"},
        }
    }


def test_what_is_not_rendered_is_not_in_it() -> None:
    assert record_of(stack(service("api", enabled=False))) == {}
    assert record_of(stack(service("api"), enabled=False)) == {}


@pytest.mark.parametrize("tag", ["1.10", "1e3", "0x1f", "null", "2024-01-01", "yes", "1", "latest"])
def test_what_is_written_is_read_back(tag: str) -> None:
    text = text_of(stack(SHARED, COLORED, service("worker", tag)))
    record = record_in(text.encode())
    assert record["shop"]["worker"] == {"tag": tag}
    assert versions_in(record) == versions_in(record_of(stack(SHARED, COLORED, service("worker", tag))))
    assert recorded(record, "release.yaml") == {("shop", "api", "db"): "8"}


def test_record_says_where_a_release_is_changed() -> None:
    assert "a release is changed in releases/staging.yaml, never here" in text_of(stack(service("api")))


def test_each_service_has_lines_of_its_own_with_one_between() -> None:
    lines = text_of(stack(service("api"), service("web"))).splitlines()
    assert lines[-4:] == ["    api:", "      tag: 1.0.0", "    web:", "      tag: 1.0.0"]


@pytest.mark.parametrize("content", [None, b"", b"[1", b"systems: 3", b"systems: {shop: 1}", b"\xff"])
def test_record_that_is_none_says_nothing(content: bytes | None) -> None:
    assert versions_in(record_in(content)) == {}


def test_versions_are_told_apart_by_their_place() -> None:
    found = versions_in(record_of(stack(SHARED, COLORED)))
    assert {str(place): str(said) for place, said in found.items()} == {
        "shop/api": "1.0.0",
        "shop/api canary": "1.1.0",
        "shop/web": "1.0.0",
        "shop/web green": "2.0.0",
        "shop/web live": "green",
    }


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Said("1"), Said("1"), True),
        (Said("1"), Said("2"), False),
        (Said("1", DIGEST), Said("1"), True),
        (Said("1", DIGEST), Said("1", OTHER), False),
        (Said("1", DIGEST), Said("2", DIGEST), True),
        (Said(None, DIGEST), Said(None, OTHER), False),
        (Said(None, DIGEST), Said("1"), False),
        (Said("1"), None, False),
    ],
)
def test_digest_decides_where_both_have_one(one: Said, other: Said | None, same: bool) -> None:
    assert one.same(other) is same


API = Place("shop", "api")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (Said("1"), Said("2"), "shop/api 1 → 2"),
        (None, Said("2"), "shop/api 2 added"),
        (Said("1"), None, "shop/api 1 removed"),
        (Said("1", DIGEST), Said("1", OTHER), "shop/api 1@sha256:aaaaaaaaaaaa → 1@sha256:bbbbbbbbbbbb"),
        (Said(None, DIGEST), Said("1"), "shop/api sha256:aaaaaaaaaaaa → 1"),
    ],
)
def test_change_is_told_by_what_tells_it_apart(before: Said | None, after: Said | None, said: str) -> None:
    one, other = ({API: version} if version else {} for version in (before, after))
    assert [str(change) for change in changed_versions(one, other)] == [said]


def test_what_stays_is_no_change() -> None:
    assert changed_versions({API: Said("1")}, {API: Said("1")}) == ()


@pytest.mark.parametrize(
    ("place", "path"),
    [
        (API, ("services", "api", "image", "tag")),
        (Place("shop", "api/proxy"), ("services", "api", "sidecars", "proxy", "image", "tag")),
        (Place("shop", "api", "canary"), ("services", "api", "canary", "tag")),
        (Place("shop", "api", "blue"), ("services", "api", "colors", "blue", "tag")),
        (Place("shop", "api", "live"), ("services", "api", "live")),
    ],
)
def test_place_is_a_setting(place: Place, path: tuple[str, ...]) -> None:
    assert place.setting("tag") == path


def test_change_as_data_has_its_parts() -> None:
    change = VersionChange(Place("shop", "api/proxy", ""), None, Said("1", DIGEST))
    assert change.as_json() == {
        "system": "shop",
        "service": "api/proxy",
        "role": None,
        "before": None,
        "after": "1@sha256:aaaaaaaaaaaa",
    }
