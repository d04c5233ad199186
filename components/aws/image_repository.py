"""A repository of images in ECR: tags that stay, a scan of each push, and a limit to what is kept."""

import json

import pulumi
import pulumi_aws as aws

from manifests.aws.images import RepositoryArgs, lifecycle_policy, repository_policy


class ImageRepository(pulumi.ComponentResource):
    """A repository that the account's clusters pull from, with its lifecycle and who may pull.

    It is encrypted by ECR's own key: that cannot be changed later, images have no secrets, and without a key of ours
    no pod could start.
    """

    url: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(self, name: str, args: RepositoryArgs, *, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("naru:aws:ImageRepository", name, None, opts)
        repository = aws.ecr.Repository(
            name,
            name=args.name,
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[{"encryption_type": "AES256"}],
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, retain_on_delete=args.protect),
        )
        # A repository that is kept keeps who may pull, and what goes.
        kept = pulumi.ResourceOptions(parent=self, retain_on_delete=args.protect)
        aws.ecr.LifecyclePolicy(
            f"{name}/lifecycle",
            repository=repository.name,
            policy=json.dumps(lifecycle_policy(args.keep, args.untagged_days)),
            opts=kept,
        )
        aws.ecr.RepositoryPolicy(
            f"{name}/policy",
            repository=repository.name,
            policy=json.dumps(repository_policy(args.account)),
            opts=kept,
        )
        self.url = repository.repository_url
        self.arn = repository.arn
        self.register_outputs({"url": self.url, "arn": self.arn})
