"""What files say of AWS: a wrong value is told where it stands, a right one is explained and known to editors."""

import json
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from settings.schema import schemas
from tests.aws_projects import AwsProject

SHOP = "catalog/shop.yaml"
PROD = "Pulumi.prod.yaml"
HERE = "config.naru:environment."

WRONG = {
    "a-number-for-an-account": (
        (PROD, 'account: "111122223333"', "account: 111122223333"),
        f"{PROD}:41: {HERE}aws.account: found number 111122223333; expected text, in quotes",
    ),
    "an-account-with-dashes": (
        (PROD, 'account: "111122223333"', 'account: "1111-2222-3333"'),
        rf'{PROD}:41: {HERE}aws.account: found text "1111-2222-3333"; expected text that matches ^\d{{12}}$',
    ),
    "a-list-for-an-owner": (
        (PROD, "owner: platform", "owner: [platform]"),
        f"{PROD}:42: {HERE}aws.owner: found a list; expected text",
    ),
    "nobody-who-pays": (
        (PROD, '      costCentre: "4711"\n', ""),
        f'{PROD}:40: {HERE}aws.costCentre: the key "costCentre" is missing; expected text',
    ),
    "another-kind-of-identity": (
        (PROD, "owner: platform", "owner: platform\n      identity: irsa"),
        f'{PROD}:43: {HERE}aws.identity: found text "irsa"; expected one of "oidc", "pod-identity"',
    ),
    "a-domain-in-capitals": (
        (PROD, "{ example.com: Z0SHOP", "{ Example.com: Z0SHOP"),
        f'{PROD}:44: {HERE}aws.zones["Example.com"]: found the key "Example.com"; '
        'a host name has lower-case labels with dots between, such as "www.example.com"',
    ),
    "a-domain-twice": (
        (PROD, "example.org: Z0MAIL", "example.com: Z0MAIL"),
        f'{PROD}:44: {HERE}aws.zones["example.com"]: the key "example.com" again, first on line 44; '
        "expected each key once",
    ),
    "a-list-of-zones": (
        (PROD, "zones: { example.com: Z0SHOP, example.org: Z0MAIL }", "zones: [example.com]"),
        f"{PROD}:44: {HERE}aws.zones: found a list; expected a map",
    ),
    "a-range-that-begins-inside-itself": (
        (PROD, "cidr: 10.65.0.0/16", "cidr: 10.65.1.0/16"),
        f'{PROD}:26: {HERE}clusters.tokyo.aws.cidr: found text "10.65.1.0/16"; '
        'an address range begins where its network does: "10.65.0.0/16"',
    ),
    "one-subnet": (
        (PROD, "[subnet-000000000000000b1, subnet-000000000000000b2]", "[subnet-000000000000000b1]"),
        f"{PROD}:27: {HERE}clusters.tokyo.aws.privateSubnets: found a list; expected at least 2 of them",
    ),
    "text-for-drained": (
        (PROD, "context: prod-tokyo", 'drained: "true"\n        context: prod-tokyo'),
        f'{PROD}:18: {HERE}clusters.tokyo.drained: found text "true"; expected true or false, without quotes',
    ),
    "a-misspelt-part-of-a-system": (
        (SHOP, "queues: { orders: {} }", "queus: { orders: {} }"),
        f'{SHOP}:31: aws.queus: unknown key "queus"; did you mean "queues"?',
    ),
    "the-value-of-a-parameter": (
        (SHOP, "limits/orders: {}", "limits/orders: hunter2"),
        f"{SHOP}:32: aws.parameters.limits/orders: found a value that is not shown; expected a map",
    ),
    "the-value-of-a-parameter-under-a-key": (
        (SHOP, "limits/orders: {}", "limits/orders: { value: hunter2 }"),
        f'{SHOP}:32: aws.parameters.limits/orders.value: unknown key "value"; expected one of "description", "secret"',
    ),
}


@pytest.mark.parametrize(("change", "line"), WRONG.values(), ids=WRONG)
def test_a_wrong_value_is_told_in_one_line(project: AwsProject, change: tuple[str, str, str], line: str) -> None:
    project.change(*change)
    told = [said.replace(" (on prod)", "").replace(" (on dev)", "") for said in project.faults()]
    assert line in told
    assert "hunter2" not in "".join(told)


@pytest.mark.parametrize(
    ("subject", "path", "value", "place"),
    [
        ("environment", "aws.account", "111122223333", "Pulumi.prod.yaml:41"),
        ("environment", 'aws.zones["example.com"]', "Z0SHOP", "Pulumi.prod.yaml:44"),
        ("environment", "clusters.tokyo.aws.cidr", "10.65.0.0/16", "Pulumi.prod.yaml:26"),
        ("environment", "aws.images.keep", 200, ":0"),
        ("shop", 'aws.parameters["limits/orders"].secret', False, ":0"),
        ("shop", "aws.queues.orders", {}, "catalog/shop.yaml:31"),
    ],
)
def test_explain_gives_a_value_of_aws_its_file_and_line(
    project: AwsProject, subject: str, path: str, value: object, place: str
) -> None:
    origin = project.load("prod").explain(subject, path)[-1]
    assert (origin.value, f"{origin.file}:{origin.line}") == (value, place)


def valid(schema: str, data: Any) -> bool:
    return bool(Draft7Validator(schemas()[schema]).is_valid(data))


def test_schemas_know_what_files_say_of_aws(project: AwsProject) -> None:
    for schema, file in (("stack.schema.json", PROD), ("system.schema.json", SHOP)):
        assert valid(schema, yaml.safe_load((project.root / file).read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("schema", "file", "old", "new"),
    [
        ("stack.schema.json", PROD, "owner: platform", "ownr: platform"),
        ("stack.schema.json", PROD, 'account: "111122223333"', "account: 111122223333"),
        ("stack.schema.json", PROD, "vpc: vpc-0000000000000000b", "vpc: tokyo"),
        ("system.schema.json", SHOP, "queues: { orders: {} }", "queus: { orders: {} }"),
        ("system.schema.json", SHOP, "buckets: { backups: {} }", "buckets: { backups: { versioning: often } }"),
    ],
)
def test_schemas_refuse_what_is_wrong_of_aws(project: AwsProject, schema: str, file: str, old: str, new: str) -> None:
    project.change(file, old, new)
    assert not valid(schema, yaml.safe_load((project.root / file).read_text(encoding="utf-8")))


def test_schemas_describe_every_key_of_aws_that_is_documented() -> None:
    described = json.dumps(schemas()["stack.schema.json"])
    assert "The one account that this stack is applied to" in described
    assert "Whether its region is out of traffic" in described
