"""What a service uses of AWS and is not there, and roles that IAM could not have, are refused in one line."""

import pytest

from manifests.aws.identity import roles
from settings.aws.identity_checks import check_identity, role_names
from settings.aws.system import ServiceAws
from settings.faults import quoted
from settings.service import Service
from settings.system import System
from tests import assembled
from tests.aws_projects import AwsProject
from tests.builders import a_service, a_system
from tests.unit.aws.full_stack import api, full_stack, shop

SHOP = "catalog/shop.yaml"
PROD = "Pulumi.prod.yaml"
API = "    dependsOn: [store]\n"
SECRETS = "secrets:\n  db:"


def uses(project: AwsProject, aws: str) -> list[str]:
    """Return what is said where the service api of shop uses this."""
    project.change(SHOP, API, f"{API}    aws:\n      {aws}\n")
    return project.faults()


USED = {
    "bucket": (
        "buckets: { backup: read }",
        'services.api.aws.buckets.backup: no bucket "backup" (on prod); did you mean "backups"?',
    ),
    "queue": (
        "queues: { order: send }",
        'services.api.aws.queues.order: no queue "order" (on prod); did you mean "orders"?',
    ),
    "parameter": (
        "parameters: [limit/orders]",
        'services.api.aws.parameters[0]: no parameter "limit/orders" (on prod); did you mean "limits/orders"?',
    ),
    "secret": (
        "secrets: [apis]",
        'services.api.aws.secrets[0]: no secret "apis" (on prod); did you mean "api"?',
    ),
    "secret-that-is-kept-elsewhere": (
        "secrets: [api, db]",
        'services.api.aws.secrets[1]: "db" is of the source existing, so that Secrets Manager has none (on prod); '
        "expected a secret that a store of the provider aws-secrets-manager keeps",
    ),
}


@pytest.mark.parametrize(("aws", "said"), USED.values(), ids=list(USED))
def test_what_a_service_uses_has_to_be_there(project: AwsProject, aws: str, said: str) -> None:
    (found,) = uses(project, aws)
    assert found == f"catalog/shop.yaml:21: {said}"


@pytest.mark.parametrize(("access", "count"), [("write", 1), ("read-write", 1), ("read", 0)])
def test_service_may_not_write_over_the_dumps_of_its_own_migrations(access: str, count: int) -> None:
    stack = assembled.stack("prod")
    ams = stack.systems["ams"]
    uses = ServiceAws.model_validate({"buckets": {"backups": access}})
    service = ams.services["ams"].model_copy(update={"aws": uses})
    found = list(check_identity(stack, ams.model_copy(update={"services": {"ams": service}})))
    said = [(one.path, one.found) for one in found]
    what = (("services", "ams", "aws", "buckets", "backups"), f"{access} in the bucket of its migrations' dumps")
    assert said == [what] * count


def test_what_is_there_may_be_used(project: AwsProject) -> None:
    everything = "{ secrets: [api], parameters: [limits/orders], buckets: { backups: read }, queues: { orders: send } }"
    project.change(SHOP, API, f"{API}    aws: {everything}\n")
    assert project.faults() == []


KEPT = {
    "no-secret": (("api:\n      rotation", "apis:\n      rotation"), 'no secret "apis" (on prod); did you mean "api"?'),
    "another-source": (
        ("source: external, store: aws", "source: sealed"),
        '"api" is of the source sealed, so that Secrets Manager has none (on prod); '
        "expected a secret that a store of the provider aws-secrets-manager keeps",
    ),
    "another-store": (
        ("provider: aws-secrets-manager", "provider: aws-parameter-store"),
        '"api" is kept by a store of the provider aws-parameter-store (on prod); '
        "expected a secret that a store of the provider aws-secrets-manager keeps",
    ),
    "another-account": (
        ("region: ap-northeast-2 }", "region: ap-northeast-2, role: 'arn:aws:iam::999999999999:role/x' }"),
        '"api" is kept in another account, by whose role its store is asked (on prod); '
        "expected a secret that a store of the provider aws-secrets-manager keeps",
    ),
    "entries-of-others": (
        ("keys: { token: {} }", "keys: { token: { remoteKey: team/token } }"),
        'every key of "api" names an entry of its own, which others keep (on prod); take this out, or a remoteKey',
    ),
}


@pytest.mark.parametrize(("change", "said"), KEPT.values(), ids=list(KEPT))
def test_how_a_secret_is_kept_is_said_of_one_that_is_kept(
    project: AwsProject, change: tuple[str, str], said: str
) -> None:
    project.change(SHOP, *change)
    faults = [fault for fault in project.faults() if "aws.secrets." in fault]
    assert [fault.partition(": ")[2].partition(": ")[2] for fault in faults] == [said]


@pytest.mark.parametrize(
    ("provider", "store", "key"),
    [
        ("aws-secrets-manager", "Secrets Manager", "team/*"),
        ("aws-secrets-manager", "Secrets Manager", "team/t?ken"),
        ("aws-parameter-store", "Parameter Store", "/team/*"),
    ],
)
def test_entry_that_a_policy_would_take_for_many_is_refused(
    project: AwsProject, provider: str, store: str, key: str
) -> None:
    project.change(SHOP, "provider: aws-secrets-manager", f"provider: {provider}")
    project.change(SHOP, "keys: { token: {} }", f"keys: {{ other: {{}}, token: {{ remoteKey: '{key}' }} }}")
    found = [fault for fault in project.faults() if "remoteKey" in fault]
    assert [fault.partition("remoteKey: ")[2] for fault in found] == [
        f'no entry of {store} can be called "{key}" (on prod); '
        "expected its name, of letters, digits and a few signs, or its ARN"
    ]


def test_entry_may_be_named_by_its_arn(project: AwsProject) -> None:
    arn = "arn:aws:secretsmanager:ap-northeast-2:111122223333:secret:team/token-Ab12Cd"
    project.change(SHOP, "keys: { token: {} }", f"keys: {{ other: {{}}, token: {{ remoteKey: '{arn}' }} }}")
    assert project.faults() == []


def test_store_is_asked_where_its_secrets_are_kept(project: AwsProject) -> None:
    project.change(SHOP, "aws-secrets-manager, region: ap-northeast-2", "aws-secrets-manager, region: ap-northeast-1")
    (line,) = project.faults()
    assert line == (
        'catalog/shop.yaml:28: secretStores.aws.region: ap-northeast-1, where Secrets Manager does not keep "api" '
        "(on prod); expected ap-northeast-2 (catalog/shop.yaml:26)"
    )
    project.change(SHOP, "description: Shop\n", "description: Shop\nclusters: all\n")
    assert project.faults() == []


def test_store_of_another_account_may_be_asked_anywhere(project: AwsProject) -> None:
    theirs = "aws-secrets-manager, role: 'arn:aws:iam::444455556666:role/x', region: us-east-1"
    project.change(SHOP, "aws-secrets-manager, region: ap-northeast-2", theirs)
    rotation = '{ function: "arn:aws:lambda:ap-northeast-2:111122223333:function:rotate" }'
    project.change(SHOP, f"  secrets:\n    api:\n      rotation: {rotation}\n", "")
    assert project.faults() == []


def test_role_of_somebody_elses_beside_ours_is_refused(project: AwsProject) -> None:
    theirs = "serviceAccountAnnotations: { eks.amazonaws.com/role-arn: 'arn:aws:iam::111122223333:role/x' }"
    project.change(SHOP, API, f"{API}    {theirs}\n    aws: {{ queues: {{ orders: send }} }}\n")
    (line,) = project.faults()
    assert line == (
        'catalog/shop.yaml:20: services.api.serviceAccountAnnotations["eks.amazonaws.com/role-arn"]: '
        "a role of somebody else's (on prod); leave it out, as the service has one of its own for what it uses "
        "(catalog/shop.yaml:21)"
    )


def test_cluster_without_an_issuer_has_no_roles_by_oidc(project: AwsProject) -> None:
    project.change(PROD, "          oidcIssuer: https://oidc.eks.ap-northeast-2.amazonaws.com/id/SEOUL\n", "")
    assert [fault.partition(": aws: ")[2] for fault in project.faults()] == [
        'roles by the identity oidc, and the cluster "seoul" has no oidcIssuer (on prod); '
        "expected its issuer, or identity: pod-identity in the environment's aws"
    ]


def test_cluster_without_an_issuer_will_do_where_the_system_is_not(project: AwsProject) -> None:
    project.change(PROD, "          oidcIssuer: https://oidc.eks.ap-northeast-1.amazonaws.com/id/TOKYO\n", "")
    assert project.faults() == []


def test_cluster_without_an_issuer_will_do_for_pod_identity(project: AwsProject) -> None:
    project.change(PROD, "          oidcIssuer: https://oidc.eks.ap-northeast-2.amazonaws.com/id/SEOUL\n", "")
    project.change(PROD, "      owner: platform\n", "      owner: platform\n      identity: pod-identity\n")
    assert project.faults() == []


def found(*systems: System) -> list[tuple[str, str]]:
    """Return what is said of the last system of a stack, and where."""
    stack = full_stack(*systems)
    return [(".".join(map(str, one.path)), one.found) for one in check_identity(stack, systems[-1])]


def sender(name: str) -> Service:
    return a_service(name, aws={"queues": {"orders": "send"}})


def test_role_with_a_name_that_iam_does_not_take_is_refused() -> None:
    assert found(shop(sender("a" * 54))) == []
    longer = "a" * 55
    assert found(shop(sender(longer))) == [
        (f"services.{longer}", f"its role would be called {quoted(f'shop-prod-{longer}')}, 65 characters")
    ]


def test_service_that_would_have_the_role_of_external_secrets_is_refused() -> None:
    assert found(shop(sender("external-secrets"))) == [
        ("secretStores", 'its role would be called "shop-prod-external-secrets", as another one is')
    ]


def test_service_that_would_have_the_role_of_a_backup_is_refused() -> None:
    assert found(shop(api(), sender("api-migrate"))) == [
        ("services.api-migrate", 'its role would be called "shop-prod-api-migrate", as another one is')
    ]


def test_systems_whose_roles_would_have_one_name_are_refused() -> None:
    other = a_system(sender("x"), name="shop-prod", aws={"queues": {"orders": {}}})
    assert found(shop(sender("prod-x")), other) == [
        ("services.x", 'its role would be called "shop-prod-prod-x", as one of shop is')
    ]


def test_parameter_of_too_many_levels_is_refused(project: AwsProject) -> None:
    deep = "/".join("abcdefghijklm")
    project.change(SHOP, "limits/orders: {}", f"{deep}: {{}}")
    assert project.faults() == []
    project.change(SHOP, f"{deep}: {{}}", f"{deep}/n: {{}}")
    assert [fault.partition("n: ")[2] for fault in project.faults()] == [
        "16 levels with the system's and the stack's name (on prod); expected 15 at most"
    ]


def test_names_of_roles_are_those_that_are_made() -> None:
    stack = full_stack()
    checked = {name for system in stack.systems.values() for name, _ in role_names(stack, system)}
    assert checked == {args.name for _, args in roles(stack)}
    assert [finding for system in stack.systems.values() for finding in check_identity(stack, system)] == []
