"""Where a cluster pulls an image from."""

from collections.abc import Iterator
from typing import Any

import pytest

from manifests.assembly import assemble
from manifests.aws.images import repositories
from manifests.image import image_reference
from manifests.placed import Place
from settings.aws.registry import anywhere
from settings.container import Image
from settings.stack import Stack
from tests.aws_stacks import ACCOUNT, ECR, SEOUL, TOKYO, an_aws_stack
from tests.builders import a_container, a_service, a_stack, a_system

IMAGE = {"registry": "ecr", "repository": "shop/api", "tag": "1"}
IN_TOKYO = ECR.replace(SEOUL, TOKYO)


def a_shop(**changes: Any) -> Stack:
    sidecars = {"proxy": a_container(image={**IMAGE, "repository": "shop/proxy"})}
    migration = {"engine": "command", "secret": "db", "databases": {"shop": {}}, "command": ["migrate"]}
    service = a_service(image=IMAGE, sidecars=sidecars, migration=migration)
    settings = {"aws": {}, "clusters": "all", "secrets": {"db": {"keys": {"url": {}}}}}
    system = a_system(service, name="shop", **{**settings, **changes.pop("system", {})})
    return an_aws_stack(system, **changes)


def pulled(stack: Stack, cluster: str, **image: Any) -> str:
    place = Place(stack, stack.systems["shop"], cluster)
    return image_reference(Image.model_validate({**IMAGE, **image}), place)


def images(value: Any) -> Iterator[str]:
    """Yield every image in an object."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "image" and isinstance(inner, str):
                yield inner
            else:
                yield from images(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from images(inner)


def test_each_cluster_pulls_from_the_registry_of_its_region() -> None:
    stack = a_shop()
    assert pulled(stack, "seoul") == f"{ECR}/shop/api:1"
    assert pulled(stack, "tokyo") == f"{IN_TOKYO}/shop/api:1"


def test_every_container_is_pulled_from_a_repository_that_is_made() -> None:
    stack = a_shop()
    made = {args.url for _, args in repositories(stack)}
    for cluster, address in {"seoul": ECR, "tokyo": IN_TOKYO}.items():
        objects = assemble(stack, cluster)["shop"]
        own = {image for placed in objects for image in images(placed.manifest) if "amazonaws.com" in image}
        assert {image.rpartition(":")[0] for image in own} == {f"{address}/shop/api", f"{address}/shop/proxy"}
        assert {image.rpartition(":")[0] for image in own} <= made


@pytest.mark.parametrize(
    "stack",
    [
        a_shop(aws={"images": {"replicate": False}}),
        a_shop(system={"aws": None}),
        a_shop(registries={"ecr": ECR.replace(ACCOUNT, "999999999999"), "harbor": "harbor.example.com"}),
        a_shop(registries={"ecr": "ecr.example.com", "harbor": "harbor.example.com"}),
        a_shop(registries={"ecr": ECR.replace(SEOUL, "eu-west-1"), "harbor": "harbor.example.com"}),
    ],
    ids=["not copied", "a system without AWS", "another account's", "no ECR", "a region of no cluster"],
)
def test_image_without_a_copy_is_pulled_from_where_it_is(stack: Stack) -> None:
    address = stack.environment.registries["ecr"]
    for cluster in ("seoul", "tokyo"):
        assert pulled(stack, cluster) == f"{address}/shop/api:1"


def test_stack_without_aws_pulls_as_its_files_say() -> None:
    stack = a_stack(a_system(name="shop", aws={}), registries={"ecr": ECR})
    assert pulled(stack, "main") == f"{ECR}/shop/api:1"


def test_registry_keeps_its_path_in_every_region() -> None:
    stack = a_shop(registries={"ecr": f"{ECR}/team", "harbor": "harbor.example.com"})
    assert pulled(stack, "tokyo") == f"{IN_TOKYO}/team/shop/api:1"
    assert {args.url for _, args in repositories(stack)} >= {f"{IN_TOKYO}/team/shop/api"}


def test_digest_is_the_same_in_every_region() -> None:
    digest = "sha256:" + "a" * 64
    assert pulled(a_shop(), "tokyo", digest=digest) == f"{IN_TOKYO}/shop/api:1@{digest}"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (f"{ECR}/shop/api:1", f"{IN_TOKYO}/shop/api:1", True),
        (f"{ECR}/shop/api:1", f"{IN_TOKYO}/shop/api:2", False),
        (f"{ECR}/shop/api:1", f"{ECR.replace(ACCOUNT, '999999999999')}/shop/api:1", False),
        ("harbor.example.com/shop/api:1", "harbor.example.org/shop/api:1", False),
    ],
)
def test_copies_of_an_image_are_told_from_other_images(one: str, other: str, same: bool) -> None:
    assert (anywhere(one) == anywhere(other)) is same
