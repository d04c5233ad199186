"""What an instance of RDS needs in its region before it is made: subnets, a security group, parameters, log groups."""

from typing import Any, Final

import pulumi
import pulumi_aws as aws

from components.aws.store_security_group import StoreSecurityGroup
from manifests.aws.store_args import DatabaseArgs, ReplicaArgs

_CERTIFICATE_AUTHORITY: Final = "rds-ca-rsa2048-g1"
"""It signs the server's certificate. Source: AWS, "Using SSL/TLS to encrypt a connection to a DB instance"."""
_TLS_BY_DEFAULT: Final = 15  # the major version from which on RDS refuses connections without TLS by itself


class DatabaseSurroundings(pulumi.ComponentResource):
    """A subnet group, a security group, log groups, and a parameter group that has connections without TLS refused.

    A log group that is not there before the instance is made by RDS, without a key, tags, or an end. So the instance
    has to come after all of it (`depends_on`).
    """

    subnet_group: pulumi.Output[str]
    security_group: pulumi.Output[str]
    parameter_group: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: DatabaseArgs | ReplicaArgs,
        *,
        key: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Register them; `key` is the ARN of the system's key in the region."""
        super().__init__("naru:aws:DatabaseSurroundings", name, None, opts)
        # What a database that is kept stands on is kept too.
        below = pulumi.ResourceOptions(parent=self, retain_on_delete=args.protect)
        subnets = aws.rds.SubnetGroup(
            name,
            name=args.identifier,
            description=f"The private subnets of {args.identifier}",
            subnet_ids=args.network.subnets,
            tags=args.tags,
            opts=below,
        )
        parameters = aws.rds.ParameterGroup(
            name,
            # With the family in it: the one of a new major version is there before the one of the old goes.
            name=f"{args.identifier}-{args.family}",
            family=args.family,
            description=f"Of {args.identifier}",
            parameters=_parameters(args.parameters, args.family),
            tags=args.tags,
            opts=below,
        )
        for log, group in args.logs.groups.items():
            aws.cloudwatch.LogGroup(
                f"{name}/{log}",
                name=group,
                kms_key_id=key,
                retention_in_days=args.logs.days,
                tags={**args.tags, "Name": group},
                opts=below,
            )
        self._key = key
        self.subnet_group = subnets.name
        self.security_group = StoreSecurityGroup(name, args.network, opts=pulumi.ResourceOptions(parent=self)).id
        self.parameter_group = parameters.name
        self.register_outputs({"subnetGroup": self.subnet_group, "parameterGroup": self.parameter_group})

    def of_instance(self, args: DatabaseArgs | ReplicaArgs) -> dict[str, Any]:
        """Return what a primary and its replica both are: private, encrypted, backed up, watched and kept."""
        return {
            "storage_type": "gp3",
            "storage_encrypted": True,
            "kms_key_id": self._key,
            "iam_database_authentication_enabled": True,
            "port": args.network.port,
            "publicly_accessible": False,
            "db_subnet_group_name": self.subnet_group,
            "vpc_security_group_ids": [self.security_group],
            "parameter_group_name": self.parameter_group,
            "ca_cert_identifier": _CERTIFICATE_AUTHORITY,
            "backup_retention_period": args.care.backup_days,
            "backup_window": args.care.backup_window,
            "maintenance_window": args.care.maintenance_window,
            "copy_tags_to_snapshot": True,
            "delete_automated_backups": False,
            "deletion_protection": args.protect,
            "performance_insights_enabled": True,
            "performance_insights_kms_key_id": self._key,
            "performance_insights_retention_period": 7,
            "enabled_cloudwatch_logs_exports": list(args.logs.groups),
            "tags": args.tags,
        }


def _parameters(given: dict[str, str], family: str) -> list[aws.rds.ParameterGroupParameterArgs]:
    # At a restart, as AWS refuses to apply at once what needs one, and nothing here knows which do.
    others = [
        aws.rds.ParameterGroupParameterArgs(name=name, value=value, apply_method="pending-reboot")
        for name, value in sorted(given.items())
        if name != "rds.force_ssl"
    ]
    # From 15 on it is AWS' own default, with the other method: said otherwise it would be a difference at every update.
    # Source: hashicorp/terraform-provider-aws, issue 39252.
    method = "pending-reboot" if int(family.removeprefix("postgres")) >= _TLS_BY_DEFAULT else "immediate"
    return [aws.rds.ParameterGroupParameterArgs(name="rds.force_ssl", value="1", apply_method=method), *others]
