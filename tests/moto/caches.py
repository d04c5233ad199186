"""Caches (ElastiCache)."""

from typing import Any

from botocore.validate import ParamValidator

from tests.moto.cloud import ACCOUNT, Account, Inputs, Made, creates, tag_list

_REPLICATION_GROUP = {
    "atRestEncryptionEnabled": "AtRestEncryptionEnabled",
    "autoMinorVersionUpgrade": "AutoMinorVersionUpgrade",
    "automaticFailoverEnabled": "AutomaticFailoverEnabled",
    "description": "ReplicationGroupDescription",
    "engine": "Engine",
    "engineVersion": "EngineVersion",
    "kmsKeyId": "KmsKeyId",
    "maintenanceWindow": "PreferredMaintenanceWindow",
    "multiAzEnabled": "MultiAZEnabled",
    "nodeType": "CacheNodeType",
    "numCacheClusters": "NumCacheClusters",
    "parameterGroupName": "CacheParameterGroupName",
    "port": "Port",
    "replicationGroupId": "ReplicationGroupId",
    "securityGroupIds": "SecurityGroupIds",
    "snapshotRetentionLimit": "SnapshotRetentionLimit",
    "snapshotWindow": "SnapshotWindow",
    "subnetGroupName": "CacheSubnetGroupName",
    "transitEncryptionEnabled": "TransitEncryptionEnabled",
    "transitEncryptionMode": "TransitEncryptionMode",
}

ASKED: dict[str, dict[str, Any]] = {}
"""By ARN, what the calls were given: moto has no parameter groups, and tells little of what a group was made with."""


@creates("aws:elasticache/subnetGroup:SubnetGroup")
def subnet_group(account: Account, inputs: Inputs, _: str) -> Made:
    name = inputs.take("name")
    made = account.client("elasticache").create_cache_subnet_group(
        CacheSubnetGroupName=name,
        CacheSubnetGroupDescription=inputs.take("description"),
        SubnetIds=inputs.take("subnetIds"),
        Tags=tag_list(inputs.maybe("tags")),
    )
    return Made(name, {"arn": made["CacheSubnetGroup"]["ARN"]})


@creates("aws:elasticache/parameterGroup:ParameterGroup")
def parameter_group(account: Account, inputs: Inputs, _: str) -> Made:
    name = inputs.take("name")
    made = {
        "CacheParameterGroupName": name,
        "CacheParameterGroupFamily": inputs.take("family"),
        "Description": inputs.take("description"),
        "Tags": tag_list(inputs.maybe("tags")),
    }
    changed = [{"ParameterName": one["name"], "ParameterValue": one["value"]} for one in inputs.maybe("parameters", [])]
    _validated(account, "CreateCacheParameterGroup", made)
    _validated(account, "ModifyCacheParameterGroup", {"CacheParameterGroupName": name, "ParameterNameValues": changed})
    arn = f"arn:aws:elasticache:{account.region}:{ACCOUNT}:parametergroup:{name}"
    ASKED[arn] = {**made, "ParameterNameValues": changed}
    return Made(name, {"arn": arn})


@creates("aws:elasticache/replicationGroup:ReplicationGroup")
def replication_group(account: Account, inputs: Inputs, _: str) -> Made:
    given = {called: inputs.take(key) for key, called in _REPLICATION_GROUP.items() if key in inputs}
    given = {key: int(value) if isinstance(value, float) else value for key, value in given.items()}
    given["Tags"] = tag_list(inputs.maybe("tags"))
    final = inputs.take("finalSnapshotIdentifier")
    name = given["ReplicationGroupId"]
    _validated(account, "DeleteReplicationGroup", {"ReplicationGroupId": name, "FinalSnapshotIdentifier": final})
    made = account.client("elasticache").create_replication_group(**given)["ReplicationGroup"]
    ASKED[made["ARN"]] = {**given, "FinalSnapshotIdentifier": final}
    endpoint = made["NodeGroups"][0]["PrimaryEndpoint"]
    return Made(name, {"arn": made["ARN"], "primaryEndpointAddress": endpoint["Address"]})


def _validated(account: Account, operation: str, arguments: dict[str, Any]) -> None:
    """Raise ValueError for arguments that botocore would not send, of calls that moto lacks or that come at the end."""
    shape = account.client("elasticache").meta.service_model.operation_model(operation).input_shape
    report = ParamValidator().validate(arguments, shape)
    if report.has_errors():
        raise ValueError(report.generate_report())
