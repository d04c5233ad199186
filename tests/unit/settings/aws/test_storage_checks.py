"""Names that AWS does not accept are refused, in one line that says what would be right."""

from typing import Any

import pytest

from manifests.aws.buckets import buckets
from manifests.aws.queues import queues
from settings.aws.storage_checks import check_storage
from settings.faults import quoted
from settings.findings import Finding
from settings.system import System
from tests.aws_stacks import ACCOUNT, ECR, an_aws_stack
from tests.builders import a_container, a_data_store, a_service, a_stack, a_system


def a_shop(name: str = "shop", **aws: Any) -> System:
    return a_system(name=name, aws=aws)


def found(*systems: System, **changes: Any) -> list[Finding]:
    stack = an_aws_stack(*systems, **changes)
    return [finding for system in stack.systems.values() for finding in check_storage(stack, system)]


def of_bucket(name: str) -> list[tuple[str, str]]:
    return [(one.found, one.expected) for one in found(a_shop(buckets={"data": {"name": name}}))]


@pytest.mark.parametrize("name", ["abc", "a" * 63, "exports.example.com", "1-2-3", "1.2.3.4.5", "xn-a", "x-s3"])
def test_name_that_s3_accepts_is_accepted(name: str) -> None:
    assert of_bucket(name) == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ab", ('"ab" has 2 characters', "expected 3 to 63")),
        ("a", ('"a" has 1 character', "expected 3 to 63")),
        ("a" * 64, (f"{quoted('a' * 64)} has 64 characters", "expected 3 to 63")),
        *(
            (
                name,
                (
                    f"no name of a bucket: {quoted(name)}",
                    "expected lower case letters, digits, dots and dashes, a letter or digit at both ends",
                ),
            )
            for name in ("Shop", "shop_data", "-shop", "shop-", ".shop", "shop.", "가게-자료", "shop data", "shop\n")
        ),
        ("a..b", ('two dots beside each other in "a..b"', "expected one")),
        ("192.168.5.4", ('"192.168.5.4" is an IP address', "expected a name")),
        *(
            (f"{start}data", (f'"{start}data" begins with "{start}", which S3 keeps', "expected another one"))
            for start in ("xn--", "sthree-", "amzn-s3-demo-")
        ),
        *(
            (f"data{end}", (f'"data{end}" ends with "{end}", which S3 keeps', "expected another one"))
            for end in ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3", "-an")
        ),
    ],
)
def test_name_that_s3_does_not_accept_is_refused(name: str, said: tuple[str, str]) -> None:
    assert of_bucket(name) == [said]


def test_bucket_is_named_where_its_name_is_said() -> None:
    (one,) = found(a_shop(buckets={"data": {"name": "ab"}}))
    assert one.path == ("aws", "buckets", "data", "name")


def test_name_that_comes_out_too_long_says_how_long_the_key_may_be() -> None:
    longest = 63 - len(f"shop-prod--{ACCOUNT}")
    assert found(a_shop(buckets={"k" * longest: {}})) == []
    (one,) = found(a_shop(buckets={"k" * (longest + 1): {}}))
    assert one.path == ("aws", "buckets", "k" * (longest + 1))
    assert one.found.endswith("has 64 characters, above 63")
    assert one.expected == f"expected a key of at most {longest}, or a name of its own"
    (one,) = found(a_shop("s" * 60, buckets={"k": {}}))
    assert one.expected == "expected a name of its own"


def test_two_buckets_of_a_system_have_two_names() -> None:
    (one,) = found(a_shop(buckets={"data": {"name": "twice"}, "more": {"name": "twice"}}))
    assert one.path == ("aws", "buckets", "more", "name")
    assert one.found == 'the name "twice" is that of the bucket "data"'
    assert one.other == ("aws", "buckets", "data")


def test_buckets_of_two_systems_have_two_names() -> None:
    name = f"shop-prod-data-{ACCOUNT}"
    (one,) = found(a_shop(buckets={"data": {}}), a_shop("mail", buckets={"own": {"name": name}}))
    assert (one.path, one.other) == (("aws", "buckets", "own", "name"), None)
    assert one.found == f'the name "{name}" is that of the bucket "data" of shop'


def test_what_is_checked_is_what_is_made() -> None:
    shop = a_shop(buckets={"data": {}, "named": {"name": "named-one"}})
    names = [args.name for _, args in buckets(an_aws_stack(shop))]
    mail = a_shop("mail", buckets={f"b{number}": {"name": name} for number, name in enumerate(names)})
    assert len(found(shop, mail)) == 2


@pytest.mark.parametrize("fifo", [False, True])
def test_longest_queue_that_is_made_is_accepted_and_no_longer_one(fifo: bool) -> None:
    name = "s" * 40
    longest = 80 - len(f"{name}-prod--dead{'.fifo' if fifo else ''}")
    system = a_shop(name, queues={"k" * longest: {"fifo": fifo}})
    ((_, args),) = queues(an_aws_stack(system))
    assert len(args.dead_letter_name) == 80
    assert found(system) == []
    (one,) = found(a_shop(name, queues={"k" * (longest + 1): {"fifo": fifo}}))
    assert one.path == ("aws", "queues", "k" * (longest + 1))
    assert one.found.endswith("of its queue for dead letters has 81 characters")
    assert one.expected == f"expected at most 80: a key of at most {longest}"


def test_queue_does_not_take_the_name_of_anothers_dead_letters() -> None:
    (one,) = found(a_shop(queues={"orders": {}, "orders-dead": {}}))
    assert (one.path, one.other) == (("aws", "queues", "orders-dead"), ("aws", "queues", "orders"))
    assert found(a_shop(queues={"orders": {"fifo": True}, "orders-dead": {}})) == []


@pytest.mark.parametrize("name", ["shop/api", "a.b_c__d-e---f/g", "ab"])
def test_name_that_ecr_accepts_is_accepted(name: str) -> None:
    image = {"registry": "ecr", "repository": name, "tag": "1"}
    assert found(a_system(a_service(image=image), name="shop", aws={})) == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a", '"a" has 1 character'),
        ("a" * 257, f"{quoted('a' * 257)} has 257 characters"),
        ("a..b", 'no name of a repository: "a..b"'),
        ("a//b", 'no name of a repository: "a//b"'),
        ("a:b", 'no name of a repository: "a:b"'),
        ("a___b", 'no name of a repository: "a___b"'),
    ],
)
def test_name_that_ecr_does_not_accept_is_refused(name: str, said: str) -> None:
    image = {"registry": "ecr", "repository": name, "tag": "1"}
    for workload, path in (
        (a_service(image=image), ("services", "api")),
        (a_service(sidecars={"proxy": a_container(image=image)}), ("services", "api", "sidecars", "proxy")),
        (a_data_store(image=image), ("dataStores", "store")),
    ):
        (one,) = found(a_system(workload, name="shop", aws={}))
        assert (one.path, one.found) == ((*path, "image", "repository"), said)
        elsewhere = {"ecr": ECR.replace(ACCOUNT, "999999999999"), "harbor": "harbor.example.com"}
        assert found(a_system(workload, name="shop", aws={}), registries=elsewhere) == []


def test_what_is_not_made_is_not_checked() -> None:
    wrong = {"buckets": {"data": {"name": "ab"}}}
    assert found(a_system(name="shop", aws=wrong, enabled=False)) == []
    stack = a_stack(a_system(name="shop", aws=wrong))
    assert list(check_storage(stack, stack.systems["shop"])) == []
