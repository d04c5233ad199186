"""What closes every bucket, whatever is kept in it."""

import pulumi
import pulumi_aws as aws


def close(name: str, bucket: aws.s3.Bucket, options: pulumi.ResourceOptions) -> aws.s3.BucketPublicAccessBlock:
    """Give all objects of a bucket to its owner and the public none; return what a policy has to wait for."""
    aws.s3.BucketOwnershipControls(
        f"{name}/ownership", bucket=bucket.bucket, rule={"object_ownership": "BucketOwnerEnforced"}, opts=options
    )
    return aws.s3.BucketPublicAccessBlock(
        f"{name}/public-access",
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=options,
    )


def after(options: pulumi.ResourceOptions, *resources: pulumi.Resource) -> pulumi.ResourceOptions:
    """Return options that also wait for resources which no input refers to."""
    return pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=list(resources)))
