"""Image repositories and their replication (ECR)."""

import json

from tests.moto.cloud import Account, Inputs, Made, creates, tag_list


@creates("aws:ecr/repository:Repository")
def repository(account: Account, inputs: Inputs, _: str) -> Made:
    (encryption,) = inputs.take("encryptionConfigurations")
    made = account.client("ecr").create_repository(
        repositoryName=inputs.take("name"),
        imageTagMutability=inputs.take("imageTagMutability"),
        imageScanningConfiguration=inputs.take("imageScanningConfiguration"),
        encryptionConfiguration=encryption,
        tags=tag_list(inputs.maybe("tags")),
    )["repository"]
    return Made(made["repositoryName"], {"arn": made["repositoryArn"], "repositoryUrl": made["repositoryUri"]})


@creates("aws:ecr/lifecyclePolicy:LifecyclePolicy")
def lifecycle_policy(account: Account, inputs: Inputs, _: str) -> Made:
    policy = inputs.take("policy")
    json.loads(policy)
    made = account.client("ecr").put_lifecycle_policy(
        repositoryName=inputs.take("repository"), lifecyclePolicyText=policy
    )
    return Made(made["repositoryName"])


@creates("aws:ecr/repositoryPolicy:RepositoryPolicy")
def repository_policy(account: Account, inputs: Inputs, _: str) -> Made:
    made = account.client("ecr").set_repository_policy(
        repositoryName=inputs.take("repository"), policyText=inputs.take("policy")
    )
    return Made(made["repositoryName"])


@creates("aws:ecr/replicationConfiguration:ReplicationConfiguration")
def replication_configuration(account: Account, inputs: Inputs, _: str) -> Made:
    client = account.client("ecr")
    client.put_replication_configuration(replicationConfiguration=inputs.take("replicationConfiguration"))
    return Made(client.describe_registry()["registryId"])
