"""Image repositories and their copies, as moto has them."""

import json
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.aws.image_replication import ImageReplication
from components.aws.image_repository import ImageRepository
from manifests.aws.images import RepositoryArgs, replications, repositories, repository_policy
from settings.stack import Stack
from settings.system import System
from tests.aws_stacks import ECR, SEOUL, TOKYO, an_aws_stack
from tests.builders import a_container, a_data_store, a_service, a_system
from tests.moto.cloud import ACCOUNT, Account, Cloud, run
from tests.moto.laws import untagged


def a_shop(name: str = "shop", *repositories: str, registry: str = "ecr", **changes: Any) -> System:
    services = [
        a_service(f"s{number}", image={"registry": registry, "repository": repository, "tag": "1"})
        for number, repository in enumerate(repositories or ("shop/api",))
    ]
    return a_system(*services, name=name, **{"aws": {}, "clusters": "all", **changes})


def planned(*systems: System, **changes: Any) -> dict[tuple[str, str], RepositoryArgs]:
    return {(args.region, args.name): args for _, args in repositories(an_aws_stack(*systems, **changes))}


def made(cloud: Cloud, stack: Stack) -> list[dict[str, str]]:
    def program() -> pulumi.Output[list[dict[str, str]]]:
        providers = {region: aws.Provider(region, region=region) for region in (SEOUL, TOKYO)}
        found = [
            ImageRepository(
                scope.logical("repository", args.name),
                args,
                opts=pulumi.ResourceOptions(providers=[providers[args.region]]),
            )
            for scope, args in repositories(stack)
        ]
        for scope, args in replications(stack):
            ImageReplication(
                scope.logical("image-replication", args.region),
                args,
                repositories=found,
                opts=pulumi.ResourceOptions(providers=[providers[args.region]]),
            )
        return pulumi.Output.all(*(pulumi.Output.all(url=one.url, arn=one.arn) for one in found))

    result: list[dict[str, str]] = run(cloud, program)
    return result


def described(region: str, name: str = "shop/api") -> dict[str, Any]:
    found: dict[str, Any] = (
        Account(region).client("ecr").describe_repositories(repositoryNames=[name])["repositories"][0]
    )
    return found


def test_repository_is_where_and_what_was_foretold(cloud: Cloud) -> None:
    stack = an_aws_stack(a_shop())
    outputs = made(cloud, stack)
    assert outputs == [
        {"url": args.url, "arn": scope.arn("ecr", f"repository/{args.name}")} for scope, args in repositories(stack)
    ]
    assert [one["url"] for one in outputs] == [f"{ECR}/shop/api", f"{ECR.replace(SEOUL, TOKYO)}/shop/api"]


@pytest.mark.parametrize("region", [SEOUL, TOKYO])
def test_repository_keeps_tags_as_they_are_and_scans_what_is_pushed(cloud: Cloud, region: str) -> None:
    made(cloud, an_aws_stack(a_shop()))
    found = described(region)
    assert found["imageTagMutability"] == "IMMUTABLE"
    assert found["imageScanningConfiguration"] == {"scanOnPush": True}
    assert found["encryptionConfiguration"]["encryptionType"] == "AES256"


@pytest.mark.parametrize("region", [SEOUL, TOKYO])
def test_old_images_go_by_themselves(cloud: Cloud, region: str) -> None:
    made(cloud, an_aws_stack(a_shop(), aws={"images": {"keep": 20, "untaggedDays": 3}}))
    text = Account(region).client("ecr").get_lifecycle_policy(repositoryName="shop/api")["lifecyclePolicyText"]
    rules = {rule["selection"]["tagStatus"]: rule["selection"] for rule in json.loads(text)["rules"]}
    assert (rules["untagged"]["countType"], rules["untagged"]["countNumber"]) == ("sinceImagePushed", 3)
    assert (rules["tagged"]["countType"], rules["tagged"]["countNumber"]) == ("imageCountMoreThan", 20)
    assert rules["tagged"]["tagPatternList"] == ["*"]


def test_only_the_account_pulls_and_nobody_pushes_by_the_repository(cloud: Cloud) -> None:
    made(cloud, an_aws_stack(a_shop()))
    text = Account(SEOUL).client("ecr").get_repository_policy(repositoryName="shop/api")["policyText"]
    (statement,) = json.loads(text)["Statement"]
    assert statement["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    assert set(statement["Action"]) == {
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer",
    }
    assert json.loads(text) == repository_policy(ACCOUNT)


def test_registry_copies_to_the_other_region_after_its_repositories_are_there(cloud: Cloud) -> None:
    made(cloud, an_aws_stack(a_shop("shop", "shop/api", "shop/web")))
    (rule,) = Account(SEOUL).client("ecr").describe_registry()["replicationConfiguration"]["rules"]
    assert rule["destinations"] == [{"region": TOKYO, "registryId": ACCOUNT}]
    assert [one["filter"] for one in rule["repositoryFilters"]] == ["shop/api", "shop/web"]
    assert Account(TOKYO).client("ecr").describe_registry()["replicationConfiguration"]["rules"] == []
    (copying,) = cloud.of_type("aws:ecr/replicationConfiguration:ReplicationConfiguration")
    there = {one.urn for one in cloud.of_type("aws:ecr/repository:Repository") if one.region == TOKYO}
    assert len(there) == 2
    assert there <= copying.dependencies


def test_repositories_are_tagged_protected_and_kept(cloud: Cloud) -> None:
    made(cloud, an_aws_stack(a_shop(aws={"costCentre": "shops"})))
    assert untagged(cloud) == []
    for one in cloud.of_type("aws:ecr/repository:Repository"):
        assert (one.protect, one.retain_on_delete) == (True, True)
        tags = (
            Account(one.region).client("ecr").list_tags_for_resource(resourceArn=described(one.region)["repositoryArn"])
        )
        assert {"Key": "cost-centre", "Value": "shops"} in tags["tags"]


def test_repository_of_one_region_waits_for_no_other(cloud: Cloud) -> None:
    made(cloud, an_aws_stack(a_shop()))
    regions = {one.urn: one.region for one in cloud.resources}
    for one in cloud.resources:
        if "replication" not in one.type:
            assert {regions[urn] for urn in one.dependencies if urn in regions} <= {one.region}


def test_images_that_are_not_copied_have_no_repository_elsewhere() -> None:
    aws = {"images": {"replicate": False}}
    assert list(planned(a_shop(), aws=aws)) == [(SEOUL, "shop/api")]
    assert list(replications(an_aws_stack(a_shop(), aws=aws))) == []


def test_every_image_of_the_registry_has_one_repository() -> None:
    image = {"registry": "ecr", "repository": "shop/api", "tag": "2"}
    api = a_service("api", image=image, sidecars={"proxy": a_container(image={**image, "repository": "shop/proxy"})})
    job = a_service("job", image=image, enabled=False)
    off = a_service("off", image={**image, "repository": "shop/off"}, enabled=False)
    store = a_data_store("db", image={**image, "repository": "shop/db"})
    harbor = a_service("harbor")
    found = planned(a_system(api, job, off, store, harbor, name="shop", aws={}))
    assert sorted({name for _, name in found}) == ["shop/api", "shop/db", "shop/off", "shop/proxy"]


def test_shared_repository_is_nobodys_own() -> None:
    found = planned(a_shop("shop", "base", "shop/api"), a_shop("mail", "base"))
    assert {name: args.tags["system"] for (_, name), args in found.items()} == {"base": "common", "shop/api": "shop"}


def test_system_without_aws_has_no_repository() -> None:
    assert planned(a_shop(aws=None)) == {}
    assert planned(a_shop(), registries={"ecr": ECR.replace(ACCOUNT, "999999999999")}) == {}
    assert planned(a_shop(enabled=False)) == {}


def test_registry_may_have_a_path() -> None:
    found = planned(a_shop(), registries={"ecr": f"{ECR}/team"})
    assert {(name, args.url) for (region, name), args in found.items() if region == SEOUL} == {
        ("team/shop/api", f"{ECR}/team/shop/api")
    }


def test_many_repositories_are_copied_by_several_rules() -> None:
    names = tuple(f"shop/{number:03}" for number in range(150))
    ((_, args),) = replications(an_aws_stack(a_shop("shop", *names)))
    assert [len(rule) for rule in args.rules] == [100, 50]
