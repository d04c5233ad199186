"""Buckets, as moto has them."""

import json
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from botocore.exceptions import ClientError

from components.aws.bucket import Bucket
from manifests.aws.buckets import BucketArgs, buckets
from manifests.aws.names import bucket_arn
from manifests.aws.scope import Scope
from tests.aws_stacks import SEOUL, an_aws_stack
from tests.builders import a_system
from tests.moto.cloud import ACCOUNT, Account, Cloud, run
from tests.moto.laws import untagged

KEY = f"arn:aws:kms:{SEOUL}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
NAME = f"shop-prod-data-{ACCOUNT}"


def planned(**bucket: Any) -> tuple[Scope, BucketArgs]:
    system = a_system(name="shop", aws={"buckets": {"data": bucket}}, clusters="all")
    ((scope, args),) = buckets(an_aws_stack(system))
    return scope, args


def made(cloud: Cloud, **bucket: Any) -> dict[str, str]:
    scope, args = planned(**bucket)

    def program() -> pulumi.Output[dict[str, str]]:
        provider = aws.Provider("aws", region=SEOUL)
        options = pulumi.ResourceOptions(providers=[provider])
        found = Bucket(scope.logical("bucket", args.key), args, key_arn=pulumi.Output.from_input(KEY), opts=options)
        return pulumi.Output.all(arn=found.arn, name=found.name)

    result: dict[str, str] = run(cloud, program)
    return result


def s3() -> Any:
    return Account(SEOUL).client("s3")


def lifecycle() -> dict[str, dict[str, Any]]:
    return {rule["ID"]: rule for rule in s3().get_bucket_lifecycle_configuration(Bucket=NAME)["Rules"]}


def test_bucket_is_what_was_foretold(cloud: Cloud) -> None:
    scope, args = planned()
    assert made(cloud) == {"arn": bucket_arn(scope, "data"), "name": NAME}
    assert args.arn == bucket_arn(scope, "data")
    assert s3().get_bucket_location(Bucket=NAME)["LocationConstraint"] == SEOUL


def test_bucket_is_closed_to_the_public(cloud: Cloud) -> None:
    made(cloud)
    closed = s3().get_public_access_block(Bucket=NAME)["PublicAccessBlockConfiguration"]
    assert closed == {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": True,
        "RestrictPublicBuckets": True,
    }
    (rule,) = s3().get_bucket_ownership_controls(Bucket=NAME)["OwnershipControls"]["Rules"]
    assert rule == {"ObjectOwnership": "BucketOwnerEnforced"}


def test_bucket_refuses_plain_http_and_old_tls(cloud: Cloud) -> None:
    made(cloud)
    statements = json.loads(s3().get_bucket_policy(Bucket=NAME)["Policy"])["Statement"]
    assert {(one["Effect"], one["Principal"], one["Action"]) for one in statements} == {("Deny", "*", "s3:*")}
    assert [one["Resource"] for one in statements] == [[f"arn:aws:s3:::{NAME}", f"arn:aws:s3:::{NAME}/*"]] * 2
    assert [one["Condition"] for one in statements] == [
        {"Bool": {"aws:SecureTransport": "false"}},
        {"NumericLessThan": {"s3:TlsVersion": "1.2"}},
    ]


def test_bucket_is_encrypted_by_the_key_of_the_system(cloud: Cloud) -> None:
    made(cloud)
    (rule,) = s3().get_bucket_encryption(Bucket=NAME)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}
    assert rule["BucketKeyEnabled"]


@pytest.mark.parametrize(("versioning", "status"), [(True, "Enabled"), (False, "Suspended")])
def test_versions_are_kept_where_asked(cloud: Cloud, versioning: bool, status: str) -> None:
    made(cloud, versioning=versioning)
    assert s3().get_bucket_versioning(Bucket=NAME)["Status"] == status


def test_nothing_expires_but_what_was_replaced_or_given_up(cloud: Cloud) -> None:
    made(cloud, oldVersions=30)
    found = lifecycle()
    assert found["objects"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert found["objects"]["Expiration"] == {"ExpiredObjectDeleteMarker": True}
    assert "Transitions" not in found["objects"]
    assert found["uploads"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert {(rule["Status"], rule["Filter"]["Prefix"]) for rule in found.values()} == {("Enabled", "")}


def test_objects_are_archived_and_expire_where_asked(cloud: Cloud) -> None:
    made(cloud, archiveAfter=30, expireAfter=365)
    objects = lifecycle()["objects"]
    assert objects["Transitions"] == [{"Days": 30, "StorageClass": "GLACIER_IR"}]
    assert objects["Expiration"] == {"Days": 365}


def test_objects_are_locked_where_asked(cloud: Cloud) -> None:
    made(cloud, objectLock={"mode": "compliance", "days": 35})
    found = s3().get_object_lock_configuration(Bucket=NAME)["ObjectLockConfiguration"]
    assert found["ObjectLockEnabled"] == "Enabled"
    assert {"Mode": "COMPLIANCE", "Days": 35}.items() <= found["Rule"]["DefaultRetention"].items()


def test_objects_are_not_locked_unasked(cloud: Cloud) -> None:
    made(cloud)
    with pytest.raises(ClientError, match="ObjectLockConfigurationNotFoundError"):
        s3().get_object_lock_configuration(Bucket=NAME)


def test_bucket_is_tagged_protected_and_kept_as_closed_as_it_was(cloud: Cloud) -> None:
    made(cloud, objectLock={"days": 1})
    assert untagged(cloud) == []
    assert {"Key": "system", "Value": "shop"} in s3().get_bucket_tagging(Bucket=NAME)["TagSet"]
    assert cloud.named("global/shop/aws/bucket/data", "aws:s3/bucket:Bucket").protect
    assert len(cloud.resources) == 8
    assert all(one.retain_on_delete for one in cloud.resources)


def test_what_needs_a_setting_waits_for_it(cloud: Cloud) -> None:
    made(cloud, objectLock={"days": 1})
    base = "global/shop/aws/bucket/data"
    for later, first in {"policy": "public-access", "lifecycle": "versioning", "object-lock": "versioning"}.items():
        assert cloud.named(f"{base}/{first}").urn in cloud.named(f"{base}/{later}").dependencies


def test_names_of_all_buckets_are_known_beforehand() -> None:
    shop = a_system(name="shop", aws={"buckets": {"data": {}, "exports": {"name": "exports.example.com"}}})
    found = {args.key: args.name for _, args in buckets(an_aws_stack(shop, a_system(name="mail")))}
    assert found == {"data": NAME, "exports": "exports.example.com"}
