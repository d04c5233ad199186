"""AMS reads its configuration in Parameter Store as Spring Cloud AWS does, and nothing beside it."""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from manifests.aws.identity import roles
from manifests.aws.parameters import parameters
from manifests.aws.permissions import permission_policy
from tests.assembled import stack, variables
from tests.unit.aws.policies.evaluator import allowed

REGION: Final = "ap-northeast-2"
IMPORT: Final = "aws-parameterstore:"
OWNER: Final = "000000000000"
ROLE: Final = f"arn:aws:iam::{OWNER}:role/ams-prod-ams"


def policy() -> dict[str, Any]:
    (found,) = [args for scope, args in roles(stack("prod")) if args.name == "ams-prod-ams"]
    return permission_policy(found.permissions, {REGION: f"arn:aws:kms:{REGION}:{OWNER}:key/1"})


def asked() -> str:
    """Return the path that the application asks for, as its variable has it."""
    said = variables("prod", "Rollout/ams-prod/ams")["SPRING_CONFIG_IMPORT"]
    assert said.startswith(IMPORT)
    return said.removeprefix(IMPORT)


def kept() -> Iterator[str]:
    for scope, tree in parameters(stack("prod")):
        if scope.system_name == "ams":
            yield from (one.name for one in tree.parameters)


def may(path: str, action: str = "ssm:GetParametersByPath") -> bool:
    arn = f"arn:aws:ssm:{REGION}:{OWNER}:parameter{path}"
    return allowed([policy()], action, arn, account=OWNER, principal=ROLE)


def test_every_parameter_is_a_property_by_its_name() -> None:
    # What is after the path is the property: the path has to end in a slash.
    # Source: Spring Cloud AWS, `ParameterStorePropertySource`.
    assert asked().endswith("/")
    assert {name.removeprefix(asked()).replace("/", ".") for name in kept()} == {
        "server.tomcat.threads.max",
        "management.tracing.sampling.probability",
        "feature-flags.sdk-key",
    }


def test_role_allows_what_the_application_asks_for() -> None:
    assert may(asked())
    assert may(asked().rstrip("/"))
    key = f"arn:aws:kms:{REGION}:{OWNER}:key/1"
    for service, expected in {"ssm": True, "s3": False}.items():
        context = {"kms:ViaService": f"{service}.{REGION}.amazonaws.com"}
        found = allowed([policy()], "kms:Decrypt", key, account=OWNER, principal=ROLE, context=context)
        assert found is expected


@pytest.mark.parametrize("path", ["/ams", "/ams/prod", "/ams/prod/", "/ams/staging/config/", "/ams/prod/config2/"])
def test_role_allows_no_other_path(path: str) -> None:
    assert not may(path)


def test_role_changes_nothing_there() -> None:
    assert not any(may(name, action) for name in kept() for action in ("ssm:PutParameter", "ssm:DeleteParameter"))


@pytest.mark.parametrize("name", ["local", "dev", "staging"])
def test_elsewhere_nothing_is_imported(name: str) -> None:
    reference = {"local": "Deployment/ams/ams", "dev": "Deployment/ams-dev/ams", "staging": "Rollout/ams-staging/ams"}
    assert "SPRING_CONFIG_IMPORT" not in variables(name, reference[name])
