"""Buckets and all that is set of one (S3)."""

from typing import Any

from tests.moto.cloud import Account, Inputs, Made, creates, tag_list
from tests.moto.spelling import pascal


@creates("aws:s3/bucket:Bucket")
def bucket(account: Account, inputs: Inputs, _: str) -> Made:
    name, client = inputs.take("bucket"), account.client("s3")
    place: dict[str, Any] = {"CreateBucketConfiguration": {"LocationConstraint": account.region}}
    client.create_bucket(
        Bucket=name,
        ObjectLockEnabledForBucket=inputs.maybe("objectLockEnabled", default=False),
        **({} if account.region == "us-east-1" else place),
    )
    inputs.maybe("forceDestroy")  # of the provider, which empties a bucket before it deletes it
    client.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tag_list(inputs.maybe("tags"))})
    return Made(name, {"arn": f"arn:aws:s3:::{name}", "bucket": name})


@creates("aws:s3/bucketOwnershipControls:BucketOwnershipControls")
def ownership(account: Account, inputs: Inputs, _: str) -> Made:
    name = inputs.take("bucket")
    account.client("s3").put_bucket_ownership_controls(
        Bucket=name, OwnershipControls={"Rules": [pascal(inputs.take("rule"))]}
    )
    return Made(name)


@creates("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
def public_access(account: Account, inputs: Inputs, _: str) -> Made:
    name = inputs.take("bucket")
    settings = {
        "BlockPublicAcls": inputs.take("blockPublicAcls"),
        "BlockPublicPolicy": inputs.take("blockPublicPolicy"),
        "IgnorePublicAcls": inputs.take("ignorePublicAcls"),
        "RestrictPublicBuckets": inputs.take("restrictPublicBuckets"),
    }
    account.client("s3").put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=settings)
    return Made(name)


@creates("aws:s3/bucketPolicy:BucketPolicy")
def policy(account: Account, inputs: Inputs, _: str) -> Made:
    name = inputs.take("bucket")
    account.client("s3").put_bucket_policy(Bucket=name, Policy=inputs.take("policy"))
    return Made(name, {"bucket": name})


@creates("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")
def encryption(account: Account, inputs: Inputs, _: str) -> Made:
    name = inputs.take("bucket")
    rules = []
    for rule in inputs.take("rules"):
        given = Inputs("a rule of encryption", rule)
        default = Inputs("what encrypts by default", given.take("applyServerSideEncryptionByDefault"))
        made = {"SSEAlgorithm": default.take("sseAlgorithm")}
        if "kmsMasterKeyId" in default:
            made["KMSMasterKeyID"] = default.take("kmsMasterKeyId")
        by_key = given.maybe("bucketKeyEnabled", default=False)
        rules.append({"ApplyServerSideEncryptionByDefault": made, "BucketKeyEnabled": by_key})
        default.finish()
        given.finish()
    account.client("s3").put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})
    return Made(name)


@creates("aws:s3/bucketVersioning:BucketVersioning")
def versioning(account: Account, inputs: Inputs, _: str) -> Made:
    name = inputs.take("bucket")
    account.client("s3").put_bucket_versioning(
        Bucket=name, VersioningConfiguration=pascal(inputs.take("versioningConfiguration"))
    )
    return Made(name)


@creates("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
def lifecycle(account: Account, inputs: Inputs, _: str) -> Made:
    name = inputs.take("bucket")
    rules = [{"ID": rule.pop("Id"), **rule} for rule in pascal(inputs.take("rules"))]
    account.client("s3").put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})
    return Made(name)


@creates("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration")
def object_lock(account: Account, inputs: Inputs, _: str) -> Made:
    name = inputs.take("bucket")
    lock = {"ObjectLockEnabled": "Enabled", "Rule": pascal(inputs.take("rule"))}
    account.client("s3").put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=lock)
    return Made(name)
