"""Images: from which to which, whether that goes back, and what is risky about it."""

import pytest

from manifests.placed import Manifest
from operations.diff.images import goes_back, images
from operations.diff.model import Level, Subject
from operations.diff.pairs import Sides
from operations.diff.risks.images import pulled
from tests.unit.operations.diff.risks.samples import (
    CONTAINER,
    Case,
    container,
    harmless,
    job,
    judged,
    put,
    risky,
    side,
    store,
    workload,
)

_ONE, _TWO = f"@sha256:{'1' * 64}", f"@sha256:{'2' * 64}"


def _runs(image: str, of: Manifest | None = None) -> Manifest:
    return put(of or workload(), f"{CONTAINER}/image", image)


def _beside_store(image: str) -> Manifest:
    found = store()
    found["spec"]["template"]["spec"]["containers"].append(container("exporter", image=image))
    return found


_API = "harbor.example.com/shop/api"

CASES = [
    risky(
        "it goes back",
        Level.MEDIUM,
        "api goes back from 1.2.0 to 1.1.9",
        _runs(f"{_API}:1.2.0"),
        _runs(f"{_API}:1.1.9"),
    ),
    risky(
        "it goes back behind its databases",
        Level.HIGH,
        "migrated further",
        (_runs(f"{_API}:1.2.0"), job()),
        (_runs(f"{_API}:1.1.9"), job()),
    ),
    risky(
        "a store goes back",
        Level.HIGH,
        "its data were written by a newer one",
        _runs("docker.io/library/postgres:17.6", store()),
        _runs("docker.io/library/postgres:16.1", store()),
    ),
    risky(
        "a store of another major version",
        Level.HIGH,
        "its data were written by major 17; this image may refuse to start on them",
        _runs("docker.io/library/postgres:17.6", store()),
        _runs("docker.io/library/postgres:18.1", store()),
    ),
    risky("latest", Level.MEDIUM, "runs the tag latest", _runs(f"{_API}:1.2.0"), _runs(f"{_API}:latest")),
    risky("no tag", Level.MEDIUM, "runs the tag latest", _runs(f"{_API}:1.2.0"), _runs(_API)),
    risky("a branch", Level.MEDIUM, "runs the tag main", _runs(f"{_API}:1.2.0"), _runs(f"{_API}:main")),
    risky("no digest", Level.MEDIUM, "loses its digest", _runs(f"{_API}:1.2.0{_ONE}"), _runs(f"{_API}:1.3.0")),
    risky(
        "a tag that moved",
        Level.MEDIUM,
        "the tag 1.2.0 of api is another image",
        _runs(f"{_API}:1.2.0{_ONE}"),
        _runs(f"{_API}:1.2.0{_TWO}"),
    ),
    risky(
        "another registry",
        Level.HIGH,
        "the registry mirror.example.org for harbor.example.com",
        _runs(f"{_API}:1.2.0"),
        _runs("mirror.example.org/shop/api:1.2.0"),
    ),
    risky("Docker Hub", Level.HIGH, "the registry docker.io for", _runs(f"{_API}:1.2.0"), _runs("shop/api:1.2.0")),
    risky(
        "another repository",
        Level.MEDIUM,
        "is another image: shop/web for shop/api",
        _runs(f"{_API}:1.2.0"),
        _runs("harbor.example.com/shop/web:1.2.0"),
    ),
    risky(
        "a new workload of latest",
        Level.MEDIUM,
        "another image tomorrow",
        workload(),
        (workload(), _runs(f"{_API}:latest", workload(name="web"))),
    ),
    risky(
        "a new workload from elsewhere",
        Level.HIGH,
        "from where nothing came",
        workload(),
        (workload(), _runs("quay.io/x/y:1", workload(name="web"))),
    ),
    harmless("it goes forward", _runs(f"{_API}:1.9.0"), _runs(f"{_API}:1.10.0")),
    harmless("a commit", _runs(f"{_API}:1.9.0"), _runs(f"{_API}:3f2a9c1")),
    harmless("from latest to a version", _runs(f"{_API}:latest"), _runs(f"{_API}:1.2.0")),
    harmless("latest as before", _runs(f"{_API}:latest"), put(_runs(f"{_API}:latest"), "spec/replicas", 5)),
    harmless("latest with a digest", _runs(f"{_API}:1.2.0"), _runs(f"{_API}:latest{_ONE}")),
    harmless("a digest is added", _runs(f"{_API}:1.2.0"), _runs(f"{_API}:1.2.0{_ONE}")),
    harmless("another tag, another digest", _runs(f"{_API}:1.2.0{_ONE}"), _runs(f"{_API}:1.3.0{_TWO}")),
    harmless("Docker Hub, spelt out", _runs("postgres:17"), _runs("postgres:18")),
    harmless("a new workload", workload(), (workload(), workload(name="web"))),
    harmless("the first workload of a stack", None, workload()),
    harmless(
        "a store goes forward within a major version",
        _runs("docker.io/library/postgres:17.4", store()),
        _runs("docker.io/library/postgres:17.6", store()),
    ),
    harmless(
        "what runs beside a store",
        _beside_store("example.com/exporter:1.0"),
        _beside_store("example.com/exporter:2.0"),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_images_that_are_pulled(case: Case) -> None:
    judged(pulled, case)


@pytest.mark.parametrize(
    ("before", "after", "back"),
    [
        ("1.2.0", "1.1.9", True),
        ("1.10.0", "1.9.0", True),
        ("v2.0.0", "v1.9.9", True),
        ("1.2.0", "1.2.0-rc.1", True),
        ("1.2.0-rc.2", "1.2.0-rc.1", True),
        ("1.2.0-rc.1", "1.2.0-beta.4", True),
        ("17.6-bookworm", "17.5-bookworm", True),
        ("8-alpine", "7-alpine", True),
        ("2026.11.02", "2026.10.30", True),
        ("1.2.0", "1.10.0", False),
        ("1.2.0-rc.1", "1.2.0", False),
        ("17-alpine", "17-bookworm", False),
        ("7", "7.0", False),
        ("1.2.0", "latest", False),
        ("latest", "1.2.0", False),
        ("1.2.0", "4f2a9c1d", False),
        ("9f2a9c1d", "4f2a9c1d", False),
        ("1234567", "1.0.0", False),
        ("1.2.0", "1.2.0", False),
    ],
)
def test_a_tag_goes_back_where_both_can_be_compared(before: str, after: str, back: bool) -> None:
    assert goes_back(f"{_API}:{before}", f"{_API}:{after}") is back


def test_a_change_of_images_names_the_container_and_both() -> None:
    (found,) = images(side([_runs(f"{_API}:1.2.0")]), side([_runs(f"{_API}:1.1.0")]))

    assert found.subject == Subject("seoul", "shop", "Deployment", "shop", "api")
    assert (found.container, found.before, found.after, found.back) == ("api", f"{_API}:1.2.0", f"{_API}:1.1.0", True)


def test_one_image_in_a_migration_too_is_one_change_on_each_cluster() -> None:
    before, after = [_runs(f"{_API}:1.2.0"), _runs(f"{_API}:1.2.0", job())], [_runs(f"{_API}:1.3.0")]
    after.append(_runs(f"{_API}:1.3.0", job()))

    found = images(side(before) | side(before, "tokyo"), side(after) | side(after, "tokyo"))

    assert [(one.subject.cluster, str(one.subject)) for one in found] == [
        ("seoul", "Deployment shop/api"),
        ("tokyo", "Deployment shop/api"),
    ]


def test_containers_beside_and_before_are_looked_at_and_new_ones_are_not() -> None:
    before = put(workload(), "spec/template/spec/initContainers", [container("first")])
    after = put(before, "spec/template/spec/initContainers/0/image", "harbor.example.com/shop/first:1.3.0")
    after["spec"]["template"]["spec"]["containers"].append(container("beside"))

    assert [one.container for one in images(side([before]), side([after]))] == ["first"]


def test_images_from_another_registry_are_one_risk_that_names_the_workloads() -> None:
    before = [_runs(f"{_API}:1"), _runs(f"{_API}:1", workload(name="web"))]
    after = [_runs("quay.io/a/b:1"), _runs("quay.io/a/b:1", workload(name="web"))]

    (found,) = pulled(Sides(side(before), side(after)))

    assert "Deployment shop/web" in found.reason
