"""A key of KMS that encrypts what a system keeps in one region."""

import json

import pulumi
import pulumi_aws as aws

from manifests.aws.keys import KeyArgs, key_policy


class EncryptionKey(pulumi.ComponentResource):
    """A key that rotates by itself every year, and its alias."""

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: KeyArgs, *, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("naru:aws:EncryptionKey", name, None, opts)
        key = aws.kms.Key(
            name,
            description=args.description,
            policy=json.dumps(key_policy(args.account, args.region, args.alias)),
            enable_key_rotation=True,
            deletion_window_in_days=30,
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, retain_on_delete=args.protect),
        )
        aws.kms.Alias(
            name,
            name=f"alias/{args.alias}",
            target_key_id=key.key_id,
            # A key that is kept goes on being called what it was: a command or an account's policy may name it so.
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=args.protect),
        )
        self.arn = key.arn
        self.register_outputs({"arn": self.arn})
