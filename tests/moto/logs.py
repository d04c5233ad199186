"""Log groups (CloudWatch Logs)."""

from tests.moto.cloud import Account, Inputs, Made, creates


@creates("aws:cloudwatch/logGroup:LogGroup")
def log_group(account: Account, inputs: Inputs, _: str) -> Made:
    client, name = account.client("logs"), inputs.take("name")
    key = inputs.maybe("kmsKeyId")
    encrypted = {"kmsKeyId": key} if key else {}
    client.create_log_group(logGroupName=name, tags=inputs.maybe("tags", {}), **encrypted)
    days = inputs.maybe("retentionInDays")
    if days is not None:
        client.put_retention_policy(logGroupName=name, retentionInDays=int(days))
    (made,) = client.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return Made(name, {"arn": made["arn"].removesuffix(":*")})
