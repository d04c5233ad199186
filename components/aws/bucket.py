"""A bucket of S3: encrypted by the system's key, closed to the public and to anything but TLS."""

import json

import pulumi
import pulumi_aws as aws

from components.aws.closing import after, close
from manifests.aws.buckets import BucketArgs, bucket_policy, lifecycle_rules


class Bucket(pulumi.ComponentResource):
    """A bucket with all that S3 has as settings of their own, each of which comes before what needs it."""

    arn: pulumi.Output[str]
    name: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: BucketArgs,
        *,
        key_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("naru:aws:Bucket", name, None, opts)
        # A bucket that is kept stays as closed as it was: its settings are kept too.
        kept = pulumi.ResourceOptions(parent=self, retain_on_delete=args.protect)
        bucket = aws.s3.Bucket(
            name,
            bucket=args.name,
            object_lock_enabled=args.lock_mode is not None,
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, retain_on_delete=args.protect),
        )
        closed = close(name, bucket, kept)
        aws.s3.BucketPolicy(
            f"{name}/policy",
            bucket=bucket.bucket,
            policy=json.dumps(bucket_policy(args.arn)),
            opts=after(kept, closed),
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{name}/encryption",
            bucket=bucket.bucket,
            rules=[
                {
                    "apply_server_side_encryption_by_default": {
                        "sse_algorithm": "aws:kms",
                        "kms_master_key_id": key_arn,
                    },
                    "bucket_key_enabled": True,
                }
            ],
            opts=kept,
        )
        versions = aws.s3.BucketVersioning(
            f"{name}/versioning",
            bucket=bucket.bucket,
            versioning_configuration={"status": "Enabled" if args.versioning else "Suspended"},
            opts=kept,
        )
        aws.s3.BucketLifecycleConfiguration(
            f"{name}/lifecycle", bucket=bucket.bucket, rules=lifecycle_rules(args), opts=after(kept, versions)
        )
        if args.lock_mode is not None:
            aws.s3.BucketObjectLockConfiguration(
                f"{name}/object-lock",
                bucket=bucket.bucket,
                rule={"default_retention": {"mode": args.lock_mode, "days": args.lock_days}},
                opts=after(kept, versions),
            )
        self.arn = bucket.arn
        self.name = bucket.bucket
        self.register_outputs({"arn": self.arn, "name": self.name})
