"""Trees of Parameter Store, as moto has them: names and types, and a placeholder that is written once."""

from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.aws.parameter_tree import ParameterTree
from manifests.aws.names import parameter_arn, parameter_name
from manifests.aws.parameters import parameters
from tests.moto.cloud import Account, Cloud, paged, run
from tests.unit.aws.full_stack import KEYS, SEOUL, TOKYO, full_stack

TREE = "seoul/shop/aws/parameters"
PARAMETER = "aws:ssm/parameter:Parameter"


def made(cloud: Cloud, *, keys: dict[str, str] = KEYS) -> dict[str, dict[str, str]]:
    """Make the trees of a stack; return the ARNs of their parameters by region."""

    def program() -> pulumi.Output[dict[str, dict[str, str]]]:
        found = {}
        for scope, args in parameters(full_stack()):
            opts = pulumi.ResourceOptions(providers=[aws.Provider(scope.region, region=scope.region)])
            tree = ParameterTree(scope.logical("parameters"), args, key=keys.get(scope.region), opts=opts)
            found[scope.region] = tree.arns
        return pulumi.Output.all(**found)

    return dict(run(cloud, program))


def tree_of(region: str) -> dict[str, dict[str, Any]]:
    found = paged(
        Account(region).client("ssm"), "get_parameters_by_path", "Parameters", Path="/shop/prod/", Recursive=True
    )
    return {parameter["Name"]: parameter for parameter in found}


def test_every_region_has_the_tree_of_its_system(cloud: Cloud) -> None:
    arns = made(cloud)
    stack = full_stack()
    names = {f"/shop/prod/{key}" for key in stack.systems["shop"].aws.parameters}  # type: ignore[union-attr]
    for scope, args in parameters(stack):
        assert set(tree_of(scope.region)) == names
        for parameter in args.parameters:
            arn = parameter_arn(scope, parameter_name(scope, parameter.key))
            assert tree_of(scope.region)[parameter.name]["ARN"] == arn == arns[scope.region][parameter.key]


def test_secret_parameter_is_encrypted_by_the_key_of_its_region(cloud: Cloud) -> None:
    made(cloud)
    for region in (SEOUL, TOKYO):
        types = {name: parameter["Type"] for name, parameter in tree_of(region).items()}
        assert [name for name, type_ in types.items() if type_ == "SecureString"] == ["/shop/prod/api/token"]
        assert set(types.values()) == {"SecureString", "String"}
        described = Account(region).client("ssm").describe_parameters()["Parameters"]
        assert {one["KeyId"] for one in described if one["Type"] == "SecureString"} == {KEYS[region]}


def test_value_is_a_placeholder_that_only_the_provider_writes_and_once(cloud: Cloud) -> None:
    made(cloud)
    client = Account(SEOUL).client("ssm")
    for name in tree_of(SEOUL):
        assert client.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"] == "unset"
    for parameter in cloud.of_type(PARAMETER):
        # `value` and `insecureValue` would be read back into the state, and written again with each change.
        assert {"value", "insecureValue", "overwrite"}.isdisjoint(parameter.inputs)
        assert parameter.inputs["valueWoVersion"] == 1
        assert parameter.ignore_changes == ("description", "keyId")


def test_parameter_is_protected_and_kept(cloud: Cloud) -> None:
    made(cloud)
    assert {(one.protect, one.retain_on_delete) for one in cloud.of_type(PARAMETER)} == {(True, True)}


def test_secret_parameter_without_a_key_is_refused(cloud: Cloud) -> None:
    with pytest.raises(ValueError, match="seoul/shop/aws/parameters has a SecureString, which needs the key"):
        made(cloud, keys={})
