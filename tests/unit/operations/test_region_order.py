"""In which order an update goes through the clusters, and what it says where it stops."""

import re

import pytest

from operations.region_order import Regions, beside, order, stopped
from settings.environment import Environment

THREE = ("seoul", "tokyo", "osaka")


def environment(*names: str, primary: str = "") -> Environment:
    clusters = {name: {"context": name, "region": name, "primary": name == primary} for name in names}
    return Environment.model_validate({"tier": "staging", "clusters": clusters})


def test_primary_comes_first_and_then_the_others_as_the_file_has_them() -> None:
    assert order(environment("osaka", "seoul", "tokyo", primary="seoul")) == ("seoul", "osaka", "tokyo")
    assert order(environment("main")) == ("main",)


def test_what_is_beside_a_cluster_is_all_of_the_others_and_their_providers() -> None:
    assert beside((*THREE, "tokyo"), ("seoul",)) == [
        "**::pulumi:providers:kubernetes::tokyo",
        "**::naru:system:**::tokyo/**",
        "**::pulumi:providers:kubernetes::osaka",
        "**::naru:system:**::osaka/**",
    ]
    assert beside(THREE, THREE) == []


@pytest.mark.parametrize(
    ("about", "excluded"),
    [
        ("pulumi:providers:kubernetes::tokyo", True),
        ("naru:system:System::tokyo/shop", True),
        ("naru:system:SharedResources$kubernetes:core/v1:Namespace::tokyo/common:namespace:x", True),
        (
            "naru:system:System$naru:workload:WebService$kubernetes:apps/v1:Deployment::tokyo/shop/web:deployment:w",
            True,
        ),
        ("naru:system:System::seoul/shop", False),
        ("naru:system:System::seoul/tokyo", False),
        ("naru:system:System$kubernetes:core/v1:Namespace::seoul/tokyo:namespace:tokyo", False),
        ("pulumi:providers:kubernetes::seoul", False),
        ("naru:aws:Bucket::tokyo/shop/aws/backups", False),
        ("naru:aws:Bucket$aws:s3/bucket:Bucket::tokyo/shop/aws/backups", False),
        ("pulumi:providers:aws::aws/ap-northeast-1", False),
        ("pulumi:pulumi:Stack::naru-prod", False),
    ],
)
def test_what_is_beside_a_cluster_is_told_from_all_else(about: str, excluded: bool) -> None:
    urn = f"urn:pulumi:prod::naru::{about}"
    # As the engine reads a pattern: `**` stands for anything, `*` for anything without a colon.
    patterns = [re.escape(one).replace(r"\*\*", ".*").replace(r"\*", "[^:]*") for one in beside(THREE, ("seoul",))]
    assert any(re.fullmatch(pattern, urn) for pattern in patterns) == excluded


@pytest.mark.parametrize(
    ("regions", "expected"),
    [
        (Regions(THREE, 0, "failed"), "stopped at seoul, which failed: tokyo and osaka were not touched"),
        (
            Regions(THREE, 1, "failed"),
            "stopped at tokyo, which failed: seoul has what the files say; osaka was not touched",
        ),
        (Regions(THREE, 2, "failed"), "stopped at osaka, which failed: seoul and tokyo have what the files say"),
        (
            Regions(THREE, 0, "waiting"),
            "stopped at seoul, which waits for a decision: tokyo and osaka were not touched",
        ),
        (
            Regions(THREE, 1, "interrupted"),
            "stopped at tokyo, where it was interrupted: seoul has what the files say; osaka was not touched",
        ),
    ],
)
def test_it_says_what_each_region_has(regions: Regions, expected: str) -> None:
    assert stopped(regions, "naru up --stack prod", "prod")[0] == expected


def test_it_says_what_to_do() -> None:
    again = "naru up --stack prod shop"
    _, failed = stopped(Regions(THREE, 1, "failed"), again, "prod", ["shop/web"])
    assert failed == (
        "  mend it and `naru up --stack prod shop` again, or take a service back in every region: "
        "`naru rollback shop/web --stack prod`"
    )
    _, several = stopped(Regions(THREE, 1, "failed"), again, "prod", ["shop/web", "shop/api"])
    assert several.endswith("`naru rollback SYSTEM/SERVICE --stack prod`")
    assert stopped(Regions(THREE, 1, "waiting"), again, "prod")[1] == (
        "  decide there; then `naru up --stack prod shop` goes on from here"
    )
    assert stopped(Regions(THREE, 1, "interrupted"), again, "prod")[1] == (
        "  `naru up --stack prod shop` goes on from here"
    )


def test_an_update_that_went_through_says_nothing_of_it() -> None:
    assert stopped(Regions(THREE, 3), "naru up --stack prod", "prod") == []


def test_a_script_is_told_of_every_region() -> None:
    assert [one["result"] for one in Regions(THREE, 3).as_json()] == ["verified"] * 3
    going_on = Regions(THREE, 3, under_way=True)
    assert [one["result"] for one in going_on.as_json()] == ["verified", "verified", "under way"]
    assert stopped(going_on, "naru up --stack prod", "prod") == []
    assert Regions(THREE, 1, "failed").as_json() == [
        {"cluster": "seoul", "result": "verified"},
        {"cluster": "tokyo", "result": "failed"},
        {"cluster": "osaka", "result": "untouched"},
    ]


def test_region_that_was_left_out_is_told_of_beside_the_others() -> None:
    through = Regions(("seoul", "osaka"), 2, under_way=True, left_out=("tokyo",))
    assert through.as_json() == [
        {"cluster": "seoul", "result": "verified"},
        {"cluster": "osaka", "result": "under way"},
        {"cluster": "tokyo", "result": "left out"},
    ]
    assert stopped(through, "naru up --stack prod", "prod") == []
    failed = Regions(("seoul", "osaka"), 0, "failed", left_out=("tokyo",))
    assert [one["result"] for one in failed.as_json()] == ["failed", "untouched", "left out"]
    assert stopped(failed, "naru up --stack prod", "prod")[0] == (
        "stopped at seoul, which failed: osaka was not touched; tokyo was left out"
    )
