"""What a service is told of AWS: by references in its variables, to what is called so in the region of its pod."""

from dataclasses import replace
from typing import Any

import pytest

from manifests.assembly import assemble
from settings.stack import Stack
from tests.builders import a_container, a_service, of_kind
from tests.moto.cloud import ACCOUNT
from tests.unit.aws.full_stack import SEOUL, TOKYO, full_stack, shop

USED: dict[str, Any] = {
    "secrets": ["db"],
    "parameters": ["api/url", "api/token"],
    "buckets": {"media": "read"},
    "queues": {"orders": "send", "audit": "receive"},
}


def told(stack: Stack, cluster: str = "seoul", container: str = "web-env") -> dict[str, str]:
    """Return the variables that a container has from its ConfigMap."""
    maps = of_kind(assemble(stack, cluster)["shop"], "ConfigMap")
    (found,) = [one.manifest for one in maps if one.manifest["metadata"]["name"].startswith(f"{container}-")]
    return dict(found["data"])


def a_stack(**changes: Any) -> Stack:
    return full_stack(shop(a_service("web", **{"aws": USED, **changes})))


@pytest.mark.parametrize(
    ("text", "in_seoul", "in_tokyo"),
    [
        ("{bucket/media}", f"shop-prod-media-{ACCOUNT}", f"shop-prod-media-{ACCOUNT}"),
        ("{bucketRegion/media}", SEOUL, SEOUL),
        (
            "{queue/orders}",
            f"https://sqs.{SEOUL}.amazonaws.com/{ACCOUNT}/shop-prod-orders",
            f"https://sqs.{TOKYO}.amazonaws.com/{ACCOUNT}/shop-prod-orders",
        ),
        (
            "{queue/audit}",
            f"https://sqs.{SEOUL}.amazonaws.com/{ACCOUNT}/shop-prod-audit.fifo",
            f"https://sqs.{TOKYO}.amazonaws.com/{ACCOUNT}/shop-prod-audit.fifo",
        ),
        ("{secret/db}", "shop/prod/db", "shop/prod/db"),
        ("{parameter/api/url}", "/shop/prod/api/url", "/shop/prod/api/url"),
        ("{parameters/api}", "/shop/prod/api", "/shop/prod/api"),
        (
            "s3://{bucket/media}/in,{parameters/api}/",
            f"s3://shop-prod-media-{ACCOUNT}/in,/shop/prod/api/",
            f"s3://shop-prod-media-{ACCOUNT}/in,/shop/prod/api/",
        ),
    ],
)
def test_reference_is_what_aws_calls_it(text: str, in_seoul: str, in_tokyo: str) -> None:
    stack = a_stack(env={"TOLD": text})
    assert told(stack)["TOLD"] == in_seoul
    assert told(stack, "tokyo")["TOLD"] == in_tokyo


@pytest.mark.parametrize("text", ["${bucket/media}", '{"bucket": "media"}', "{media}", "{bucket}", "{0}/{bucket /x}"])
def test_every_other_brace_stays(text: str) -> None:
    assert told(a_stack(env={"KEPT": text}))["KEPT"] == text


def test_sidecar_is_told_as_its_service_is() -> None:
    stack = a_stack(sidecars={"proxy": a_container(env={"BUCKET": "{bucket/media}"})})
    assert told(stack, container="web-proxy-env") == {"BUCKET": f"shop-prod-media-{ACCOUNT}"}


def test_nothing_is_told_that_nobody_asked_for() -> None:
    assert told(a_stack(env={"OWN": "1"})) == {"OWN": "1"}


def test_without_aws_text_stays_as_it_is() -> None:
    stack = a_stack(env={"TOLD": "{bucket/media}"})
    without = replace(stack, environment=stack.environment.model_copy(update={"aws": None}))
    assert told(without) == {"TOLD": "{bucket/media}"}
