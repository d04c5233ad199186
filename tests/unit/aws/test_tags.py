"""The law that every resource says whose it is, and who pays."""

from typing import Any

import pytest

from manifests.aws.scope import Scope
from tests.aws_stacks import an_aws_stack
from tests.moto.cloud import CREATORS, Cloud, Registration
from tests.moto.laws import TAGS, UNTAGGABLE, takes_tags, untagged, without_tags

QUEUE = "aws:sqs/queue:Queue"


def registered(token: str = QUEUE, **inputs: Any) -> Registration:
    return Registration("urn", token, "a", inputs, "", "", "", frozenset(), False, False, ())


def test_law_is_about_the_tags_that_a_scope_gives() -> None:
    assert set(TAGS) == set(Scope(an_aws_stack()).tags())


def test_resource_with_all_tags_keeps_the_law() -> None:
    assert without_tags([registered(tags=dict.fromkeys((*TAGS, "Name"), "x"))]) == []


@pytest.mark.parametrize("lacking", TAGS)
def test_every_tag_is_missed(lacking: str) -> None:
    tags = {tag: "x" for tag in TAGS if tag != lacking}
    assert without_tags([registered(tags=tags)]) == [f"a ({QUEUE}): without {lacking}"]
    assert without_tags([registered(tags={**tags, lacking: ""})]) == [f"a ({QUEUE}): without {lacking}"]


def test_resource_without_tags_is_found_in_a_cloud() -> None:
    cloud = Cloud()
    cloud.registered.append(registered())
    assert untagged(cloud) == [f"a ({QUEUE}): without {', '.join(TAGS)}"]


def test_type_without_tags_has_to_be_listed() -> None:
    token = "aws:sqs/queuePolicy:QueuePolicy"
    assert without_tags([registered(token)]) == [
        f"a ({token}): a type that takes no tags, and is not listed among those"
    ]


@pytest.mark.parametrize("token", sorted(UNTAGGABLE))
def test_listed_type_takes_no_tags(token: str) -> None:
    assert not takes_tags(token)


def test_every_type_that_is_made_takes_tags_or_is_listed() -> None:
    assert Cloud().registered == []
    assert len(CREATORS) > 10
    assert [token for token in sorted(CREATORS) if not takes_tags(token) and token not in UNTAGGABLE] == []
