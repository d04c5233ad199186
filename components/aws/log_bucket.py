"""A bucket of S3 for the logs of an entrance: closed to everybody but the services that write them."""

import json

import pulumi
import pulumi_aws as aws

from components.aws.closing import after, close
from manifests.aws.logs import LogBucketArgs, log_lifecycle, log_policy


class LogBucket(pulumi.ComponentResource):
    """A bucket that AWS delivers logs to, encrypted by S3's own key: load balancers take no other."""

    arn: pulumi.Output[str]
    """Once whoever delivers logs may write."""
    name: pulumi.Output[str]
    """Likewise."""

    def __init__(self, name: str, args: LogBucketArgs, *, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("naru:aws:LogBucket", name, None, opts)
        # A bucket that is kept stays as closed as it was: its settings are kept too.
        kept = pulumi.ResourceOptions(parent=self, retain_on_delete=args.protect)
        bucket = aws.s3.Bucket(
            name,
            bucket=args.name,
            # Logs come for as long as the load balancer is there: it would never be empty.
            force_destroy=not args.protect,
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, retain_on_delete=args.protect),
        )
        encrypted = aws.s3.BucketServerSideEncryptionConfiguration(
            f"{name}/encryption",
            bucket=bucket.bucket,
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            opts=kept,
        )
        closed = close(name, bucket, kept)
        policy = aws.s3.BucketPolicy(
            f"{name}/policy",
            bucket=bucket.bucket,
            policy=json.dumps(log_policy(args)),
            opts=after(kept, encrypted, closed),
        )
        aws.s3.BucketLifecycleConfiguration(
            f"{name}/lifecycle", bucket=bucket.bucket, rules=log_lifecycle(args), opts=kept
        )
        self.name = policy.bucket
        self.arn = policy.bucket.apply(lambda _: args.arn)
        self.register_outputs({"arn": self.arn, "name": self.name})
