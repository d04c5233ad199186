"""Databases (RDS)."""

from typing import Any

from tests.moto.cloud import Account, Inputs, Made, creates, tag_list

_COMMON = {
    "autoMinorVersionUpgrade": "AutoMinorVersionUpgrade",
    "caCertIdentifier": "CACertificateIdentifier",
    "copyTagsToSnapshot": "CopyTagsToSnapshot",
    "dbSubnetGroupName": "DBSubnetGroupName",
    "deletionProtection": "DeletionProtection",
    "enabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
    "iamDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
    "identifier": "DBInstanceIdentifier",
    "instanceClass": "DBInstanceClass",
    "kmsKeyId": "KmsKeyId",
    "maxAllocatedStorage": "MaxAllocatedStorage",
    "multiAz": "MultiAZ",
    "parameterGroupName": "DBParameterGroupName",
    "performanceInsightsEnabled": "EnablePerformanceInsights",
    "performanceInsightsKmsKeyId": "PerformanceInsightsKMSKeyId",
    "performanceInsightsRetentionPeriod": "PerformanceInsightsRetentionPeriod",
    "port": "Port",
    "publiclyAccessible": "PubliclyAccessible",
    "storageType": "StorageType",
    "vpcSecurityGroupIds": "VpcSecurityGroupIds",
}
_OF_PRIMARY = {
    "allocatedStorage": "AllocatedStorage",
    "backupRetentionPeriod": "BackupRetentionPeriod",
    "backupWindow": "PreferredBackupWindow",
    "dbName": "DBName",
    "engine": "Engine",
    "engineVersion": "EngineVersion",
    "maintenanceWindow": "PreferredMaintenanceWindow",
    "manageMasterUserPassword": "ManageMasterUserPassword",
    "masterUserSecretKmsKeyId": "MasterUserSecretKmsKeyId",
    "passwordWo": "MasterUserPassword",
    "storageEncrypted": "StorageEncrypted",
    "username": "MasterUsername",
}
_AFTERWARDS = {
    "backupRetentionPeriod": "BackupRetentionPeriod",
    "backupWindow": "PreferredBackupWindow",
    "maintenanceWindow": "PreferredMaintenanceWindow",
}
"""What the call that makes a replica does not take: the provider says it right after."""

SECRET = "4dabf18193072939515e22adb298388d"
"""The key by which the engine knows a value that is secret, and has it encrypted in the state."""

ASKED: dict[str, dict[str, Any]] = {}
"""By ARN, what the calls were given: moto tells nothing of Performance Insights, and little of a replica's own."""


@creates("aws:rds/subnetGroup:SubnetGroup")
def subnet_group(account: Account, inputs: Inputs, _: str) -> Made:
    name = inputs.take("name")
    made = account.client("rds").create_db_subnet_group(
        DBSubnetGroupName=name,
        DBSubnetGroupDescription=inputs.take("description"),
        SubnetIds=inputs.take("subnetIds"),
        Tags=tag_list(inputs.maybe("tags")),
    )
    return Made(name, {"arn": made["DBSubnetGroup"]["DBSubnetGroupArn"]})


@creates("aws:rds/parameterGroup:ParameterGroup")
def parameter_group(account: Account, inputs: Inputs, _: str) -> Made:
    client, name = account.client("rds"), inputs.take("name")
    made = client.create_db_parameter_group(
        DBParameterGroupName=name,
        DBParameterGroupFamily=inputs.take("family"),
        Description=inputs.take("description"),
        Tags=tag_list(inputs.maybe("tags")),
    )
    client.modify_db_parameter_group(
        DBParameterGroupName=name,
        Parameters=[
            {"ParameterName": one["name"], "ParameterValue": one["value"], "ApplyMethod": one["applyMethod"]}
            for one in inputs.take("parameters")
        ],
    )
    return Made(name, {"arn": made["DBParameterGroup"]["DBParameterGroupArn"]})


@creates("aws:rds/instance:Instance")
def instance(account: Account, inputs: Inputs, _: str) -> Made:
    client = account.client("rds")
    given = {**_taken(inputs, _COMMON), "Tags": tag_list(inputs.maybe("tags"))}
    _said_at_deletion(inputs)
    if "replicateSourceDb" in inputs:
        name = given["DBInstanceIdentifier"]
        source = inputs.take("replicateSourceDb")
        _replicable(account, source)
        assert inputs.take("storageEncrypted")  # no argument of the call: a replica of what is encrypted is too
        given |= {"SourceDBInstanceIdentifier": source, "SourceRegion": source.split(":")[3]}
        client.create_db_instance_read_replica(**given)
        later = _taken(inputs, _AFTERWARDS)
        client.modify_db_instance(DBInstanceIdentifier=name, **later)
        given |= later
        (made,) = client.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    else:
        given |= _taken(inputs, _OF_PRIMARY)
        inputs.maybe("allowMajorVersionUpgrade")  # for the call that changes the version
        if inputs.maybe("passwordWoVersion") is not None:
            assert "MasterUserPassword" in given
        made = client.create_db_instance(**given)["DBInstance"]
    ASKED[made["DBInstanceArn"]] = given
    secret = made.get("MasterUserSecret")
    return Made(
        made["DbiResourceId"],
        {
            "address": made["Endpoint"]["Address"],
            "arn": made["DBInstanceArn"],
            "masterUserSecrets": [{"secretArn": secret["SecretArn"]}] if secret else [],
        },
    )


def _taken(inputs: Inputs, calls: dict[str, str]) -> dict[str, Any]:
    found = {called: inputs.take(key) for key, called in calls.items() if key in inputs}
    return {key: _plain(value) for key, value in found.items()}


def _plain(value: Any) -> Any:
    """Return a number as a whole one, and a secret as the engine hands it to the provider: without its wrapping."""
    if isinstance(value, dict) and SECRET in value:
        return value["value"]
    return int(value) if isinstance(value, float) else value


def _said_at_deletion(inputs: Inputs) -> None:
    """Take what the call that deletes an instance would be given; AWS takes either a final snapshot or none."""
    skipped, snapshot = inputs.take("skipFinalSnapshot"), inputs.maybe("finalSnapshotIdentifier")
    assert skipped != bool(snapshot)
    assert inputs.take("deleteAutomatedBackups") is False


def _replicable(account: Account, source: str) -> None:
    """Refuse what AWS refuses and moto does not: a replica of an instance whose password RDS keeps.

    Source: AWS, "Password management with Amazon RDS and AWS Secrets Manager", limitations.
    """
    there = account.client("rds", source.split(":")[3])
    (found,) = there.describe_db_instances(DBInstanceIdentifier=source)["DBInstances"]
    if "MasterUserSecret" in found:
        message = (
            "Creating read replicas for source instance where ManageMasterUserPassword is enabled is not supported"
        )
        raise ValueError(message)
    if not found["BackupRetentionPeriod"]:
        message = "Automated backups are not enabled for this database instance"
        raise ValueError(message)
