"""An entry of Secrets Manager, into which somebody else puts a value."""

import json
from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from manifests.aws.secrets import KeptSecretArgs, secret_policy


class KeptSecret(pulumi.ComponentResource):
    """A secret with a copy in each other region, each encrypted by that region's key, closed to other accounts.

    `keys` are the ARNs of the system's keys by region: those of `args.key_regions` are needed.
    """

    arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: KeptSecretArgs,
        *,
        keys: Mapping[str, pulumi.Input[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("naru:aws:KeptSecret", name, None, opts)
        # A secret that is kept stays as closed as it was, and goes on being rotated.
        kept = pulumi.ResourceOptions(parent=self, retain_on_delete=args.protect)
        secret = aws.secretsmanager.Secret(
            name,
            name=args.name,
            description=args.description,
            kms_key_id=keys[args.region],
            recovery_window_in_days=args.recovery_days,
            replicas=[
                aws.secretsmanager.SecretReplicaArgs(region=region, kms_key_id=keys[region]) for region in args.replicas
            ],
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, retain_on_delete=args.protect),
        )
        aws.secretsmanager.SecretPolicy(
            name,
            secret_arn=secret.arn,
            policy=json.dumps(secret_policy(args.account)),
            block_public_policy=True,
            opts=kept,
        )
        if args.rotation is not None:
            aws.secretsmanager.SecretRotation(
                name,
                secret_id=secret.id,
                rotation_lambda_arn=args.rotation.function,
                rotation_rules={"automatically_after_days": args.rotation.days},
                # There may be no value yet that a function could make the next one of.
                rotate_immediately=False,
                opts=kept,
            )
        self.arn = secret.arn
        self.register_outputs({"arn": self.arn})
