"""A PostgreSQL that RDS runs in place of a data store in the cluster."""

import secrets

import pulumi
import pulumi_aws as aws

from components.aws.database_surroundings import DatabaseSurroundings
from manifests.aws.store_args import DatabaseArgs

MASTER = "postgres"


class Database(pulumi.ComponentResource):
    """An instance of RDS for PostgreSQL: encrypted, private, in two zones, with backups, by TLS alone.

    Its master user is `postgres`; it has the first of the data store's databases, and neither the others nor the roles
    that services sign in as, which somebody makes in it once.

    RDS makes the master's password and keeps it in Secrets Manager (`secret`), where it is changed every week; no
    program ever sees it. AWS makes no read replica of an instance whose password it keeps like that. Where there are
    replicas, the instance begins with a random password that is thrown away: it is in the state alone, encrypted, and
    ends when whoever runs the database has the master sign in by IAM (`aws rds modify-db-instance
    --master-user-authentication-type iam-db-auth`) or gives another password. A database that gets its first replica
    needs that step before: by IAM, and then `pulumi refresh`.
    Source: AWS, "Password management with Amazon RDS and AWS Secrets Manager", limitations.
    """

    address: pulumi.Output[str]
    arn: pulumi.Output[str]
    secret: pulumi.Output[str]
    """The ARN of the secret that RDS made; empty where the database has replicas."""

    def __init__(
        self,
        name: str,
        args: DatabaseArgs,
        *,
        key: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Register the instance; `key` is the ARN of the system's key in the primary region."""
        super().__init__("naru:aws:Database", name, None, opts)
        around = DatabaseSurroundings(name, args, key=key, opts=pulumi.ResourceOptions(parent=self))
        kept = not args.replicated
        instance = aws.rds.Instance(
            name,
            identifier=args.identifier,
            engine="postgres",
            engine_version=args.version,
            auto_minor_version_upgrade=args.minor_upgrades,
            # AWS refuses one while there are replicas: `naru diff` tells of both before it comes to that.
            allow_major_version_upgrade=None if args.replicated else True,
            instance_class=args.instance_class,
            multi_az=args.multi_az,
            allocated_storage=args.storage_gib,
            max_allocated_storage=args.storage_limit_gib,
            db_name=args.database,
            username=MASTER,
            manage_master_user_password=True if kept else None,
            master_user_secret_kms_key_id=key if kept else None,
            password_wo=None if kept else secrets.token_urlsafe(48),
            password_wo_version=None if kept else 1,
            skip_final_snapshot=False,
            final_snapshot_identifier=f"{args.identifier}-final",
            **around.of_instance(args),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[around],
                protect=args.protect,
                retain_on_delete=args.protect,
                # Another one at every run, and none of them is to be set after the first.
                ignore_changes=[] if kept else ["passwordWo"],
            ),
        )
        self.address = instance.address
        self.arn = instance.arn
        self.secret = instance.master_user_secrets.apply(lambda made: (made[0].secret_arn or "") if made else "")
        self.register_outputs({"address": self.address, "arn": self.arn, "secret": self.secret})
