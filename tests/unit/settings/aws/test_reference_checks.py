"""A variable that names what the service may not use, or what its environment does not have, is refused in one line."""

import pytest

from settings.aws.references import KINDS, readable_folders, referable
from settings.aws.system import ServiceAws
from tests.aws_projects import AwsProject
from tests.builders import a_system

SHOP = "catalog/shop.yaml"
ENV = "    env: { MODE: fast }\n"
USED = "{ buckets: { backups: read }, queues: { orders: send }, parameters: [limits/orders], secrets: [api] }"


def faults(project: AwsProject, text: str, aws: str = USED) -> list[str]:
    """Return what is said where the service api of shop uses this and is told this, in prod."""
    project.change(SHOP, ENV, f'    aws: {aws}\n    env: {{ TOLD: "{text}" }}\n')
    return project.faults("prod")


@pytest.mark.parametrize(
    "text",
    [
        "{bucket/backups}",
        "{bucketRegion/backups}",
        "{queue/orders}",
        "{secret/api}",
        "{parameter/limits/orders}",
        "aws-parameterstore:{parameters/limits}/",
    ],
)
def test_what_the_service_lists_can_be_named(project: AwsProject, text: str) -> None:
    assert faults(project, text) == []


REFUSED = {
    "bucket": ("{bucket/backup}", 'no bucket "backup" of those that', 'did you mean "backups"?'),
    "region-of-a-bucket": ("{bucketRegion/backup}", 'no bucket "backup" of those that', 'did you mean "backups"?'),
    "queue": ("{queue/order}", 'no queue "order" of those that', 'did you mean "orders"?'),
    "secret": ("{secret/apis}", 'no secret "apis" with an entry of its own, of those that', 'did you mean "api"?'),
    "parameter": ("{parameter/limits}", 'no parameter "limits" of those that', 'did you mean "limits/orders"?'),
    "folder": ("{parameters/limit}", 'no folder of parameters "limit" of those all of which', 'did you mean "limits"?'),
    "one-of-two": ("{queue/orders} {bucket/backup}", 'no bucket "backup" of those that', 'did you mean "backups"?'),
}


@pytest.mark.parametrize(("text", "found", "expected"), REFUSED.values(), ids=list(REFUSED))
def test_what_the_service_does_not_list_is_refused(project: AwsProject, text: str, found: str, expected: str) -> None:
    (said,) = faults(project, text)
    assert said == (f"catalog/shop.yaml:15: services.api.env.TOLD: {found} the service lists in its aws; {expected}")


def test_service_that_lists_nothing_is_told_what_to_do(project: AwsProject) -> None:
    (said,) = faults(project, "{queue/orders}", "{ buckets: { backups: read } }")
    assert said.endswith("lists in its aws; expected it listed there, by which its role allows it")


@pytest.mark.parametrize("kind", KINDS)
def test_environment_without_aws_wants_another_value(project: AwsProject, kind: str) -> None:
    project.change(SHOP, ENV, f'    env: {{ TOLD: "{{{kind}/any}}" }}\n')
    (said,) = project.faults("dev")
    assert 'services.api.env.TOLD: "{' in said
    assert said.endswith("names what is in AWS, and shop has none; expected another value here")


def test_sidecar_is_held_to_what_its_service_lists(project: AwsProject) -> None:
    sidecar = (
        "{ image: { registry: ecr, repository: proxy, tag: '1' }, env: { TOLD: '{queue/orders}' }, "
        "resources: { requests: { cpu: 10m, memory: 16Mi }, limits: { memory: 16Mi } } }"
    )
    project.change(SHOP, ENV, f"    sidecars: {{ proxy: {sidecar} }}\n")
    (said,) = [one for one in project.faults("prod") if "TOLD" in one]
    assert "services.api.sidecars.proxy.env.TOLD: no queue" in said


def test_service_that_is_not_there_is_told_nothing(project: AwsProject) -> None:
    project.change(SHOP, ENV, '    enabled: false\n    env: { TOLD: "{queue/none}" }\n')
    assert not any("TOLD" in one for one in project.faults())


def test_folder_inside_another_is_answered_with_the_outermost(project: AwsProject) -> None:
    project.change(SHOP, "limits/orders: {}", "limits/orders/most: {}, limits/days: {}")
    used = "{ parameters: [limits/orders/most, limits/days] }"
    (said,) = faults(project, "aws-parameterstore:{parameters/limits/orders}/", used)
    assert said == (
        'catalog/shop.yaml:15: services.api.env.TOLD: folder "limits/orders" is inside "limits", which its service '
        "lists all of; expected the outermost one, {parameters/limits}"
    )


def test_folder_with_nothing_in_it_is_inside_no_other(project: AwsProject) -> None:
    (said,) = faults(project, "{parameters/limits/none}")
    assert 'no folder of parameters "limits/none"' in said


CONTAINER = (
    "image: { registry: ecr, repository: proxy, tag: '1' }, "
    "resources: { requests: { cpu: 10m, memory: 16Mi }, limits: { memory: 16Mi } }"
)
ELSEWHERE = {
    "command": ("services.api.command[0]", ENV, f'{ENV}    command: ["{{queue/orders}}"]\n'),
    "args": ("services.api.args[1]", ENV, f'{ENV}    args: [serve, "--to={{queue/orders}}"]\n'),
    "config-file": (
        "services.api.configFiles",
        ENV,
        f'{ENV}    configFiles: {{ /etc/a.yaml: "a: {{queue/orders}}" }}\n',
    ),
    "sidecar": (
        "services.api.sidecars.proxy.args[0]",
        ENV,
        f'{ENV}    sidecars: {{ proxy: {{ {CONTAINER}, args: ["{{queue/orders}}"] }} }}\n',
    ),
    "migration": (
        "services.api.migration.env.TOLD",
        ENV,
        f"{ENV}    migration: {{ engine: goose, secret: db, databases: {{ main: {{}} }}, "
        'env: { TOLD: "{queue/orders}" } }\n',
    ),
    "data-store": (
        "dataStores.store.env.TOLD",
        "    engine: postgresql\n",
        '    engine: postgresql\n    env: { TOLD: "{queue/orders}" }\n',
    ),
    "args-of-a-data-store": (
        "dataStores.store.args[0]",
        "    engine: postgresql\n",
        '    engine: postgresql\n    args: ["{queue/orders}"]\n',
    ),
}


@pytest.mark.parametrize(("path", "old", "new"), ELSEWHERE.values(), ids=list(ELSEWHERE))
@pytest.mark.parametrize("stack", ["prod", "dev"])
def test_reference_where_none_is_replaced_is_refused(
    project: AwsProject, stack: str, path: str, old: str, new: str
) -> None:
    project.change(SHOP, old, new)
    (said,) = [one for one in project.faults(stack) if "{queue/orders}" in one]
    assert said.startswith("catalog/shop.yaml:")
    assert path in said
    assert said.endswith('"{queue/orders}" would stay as it is; references are for `env` of a service and its sidecars')


@pytest.mark.parametrize("text", ["{topic/x}", "{buckets/backups}", "${queue/orders}", '{ "a": 1 }'])
def test_other_braces_stay_wherever_they_are(project: AwsProject, text: str) -> None:
    project.change(SHOP, ENV, f"{ENV}    args: ['{text}']\n")
    assert project.faults("prod") == []


def test_data_store_that_is_not_there_is_told_nothing(project: AwsProject) -> None:
    project.change(
        SHOP,
        "    engine: postgresql\n",
        '    engine: postgresql\n    enabled: false\n    env: { TOLD: "{queue/none}" }\n',
    )
    assert not any("TOLD" in one for one in project.faults())


def test_folder_that_holds_what_others_read_cannot_be_named() -> None:
    system = a_system(aws={"parameters": {"api/a": {}, "api/b": {}, "own/c": {}}})
    assert readable_folders(system, ServiceAws(parameters=("api/a", "own/c"))) == ("own",)


def test_secret_whose_keys_are_all_elsewhere_has_no_entry_to_name() -> None:
    keys = {"theirs": {"keys": {"A": {"remoteKey": "team/a"}}}, "ours": {"keys": {"A": {}}}}
    system = a_system(secrets=keys, aws={})
    assert referable(system, ServiceAws(secrets=("theirs", "ours")), "secret") == ("ours",)
