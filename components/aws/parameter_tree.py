"""A tree of Parameter Store, whose values somebody else sets."""

import pulumi
import pulumi_aws as aws

from manifests.aws.parameters import UNSET, ParameterArgs, TreeArgs


class ParameterTree(pulumi.ComponentResource):
    """The parameters of a system in one region.

    Each is made with a placeholder that the provider writes once and never reads back: neither the program nor its
    state ever has a value, and what somebody sets stays. `key` is the ARN of the key that SecureStrings are encrypted
    by; Raises ValueError where there are any and it is missing.
    """

    arns: pulumi.Output[dict[str, str]]
    """By the parameter's name below the tree."""

    def __init__(
        self,
        name: str,
        args: TreeArgs,
        *,
        key: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("naru:aws:ParameterTree", name, None, opts)
        if args.needs_key and key is None:
            message = f"{name} has a SecureString, which needs the key that it is encrypted by"
            raise ValueError(message)
        made = {
            parameter.key: self._parameter(f"{name}/{parameter.key}", parameter, key, protect=args.protect)
            for parameter in args.parameters
        }
        self.arns = pulumi.Output.all(**{key: parameter.arn for key, parameter in made.items()})
        self.register_outputs({"arns": self.arns})

    def _parameter(
        self, name: str, args: ParameterArgs, key: pulumi.Input[str] | None, *, protect: bool
    ) -> aws.ssm.Parameter:
        return aws.ssm.Parameter(
            name,
            name=args.name,
            type="SecureString" if args.secret else "String",
            key_id=key if args.secret else None,
            description=args.description,
            value_wo=UNSET,
            # Another number would write the placeholder over what was set.
            value_wo_version=1,
            tags=args.tags,
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=protect,
                retain_on_delete=protect,
                # The call that changes a description needs the value, which the provider does not have.
                # Source: hashicorp/terraform-provider-aws, internal/service/ssm/parameter.go, resourceParameterUpdate.
                # SSM keeps the key as it was spelt by whoever set the value.
                ignore_changes=["description", "keyId"],
                replace_on_changes=["type"],
                delete_before_replace=True,
            ),
        )
