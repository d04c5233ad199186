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


def test_folder_that_holds_what_others_read_cannot_be_named() -> None:
    system = a_system(aws={"parameters": {"api/a": {}, "api/b": {}, "own/c": {}}})
    assert readable_folders(system, ServiceAws(parameters=("api/a", "own/c"))) == ("own",)


def test_secret_whose_keys_are_all_elsewhere_has_no_entry_to_name() -> None:
    keys = {"theirs": {"keys": {"A": {"remoteKey": "team/a"}}}, "ours": {"keys": {"A": {}}}}
    system = a_system(secrets=keys, aws={})
    assert referable(system, ServiceAws(secrets=("theirs", "ours")), "secret") == ("ours",)
