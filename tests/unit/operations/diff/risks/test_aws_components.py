"""What a change of single components puts at risk: what opens, what leads elsewhere, what goes."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from operations.diff.model import Danger, Level, Objects
from operations.diff.report import compared_stack
from operations.diff.sides import Side


def judged(before: Objects, kind: str, changed: Callable[[Any], Any] | None, root: Path) -> list[str]:
    """Return what is told of components that changed so: all of a kind, or of those that go for None."""
    after = {}
    for one, made in before.items():
        if one.kind == kind and changed is not None:
            after[one] = deepcopy(made)
            changed(after[one])
        elif one.kind != kind:
            after[one] = made
    risks = compared_stack(root, "prod", before, Side(after)).risks
    return [f"{risk.level.name} {risk.danger}: {risk.subject}: {risk.reason}" for risk in risks]


def _open_to_all(made: Any) -> None:
    made["network"]["ranges"]["anybody"] = "0.0.0.0/0"


def _another_group(made: Any) -> None:
    made["network"]["groups"]["tokyo"] = "sg-1"
    made["network"]["ranges"]["office"] = "10.9.0.0/16"


def _a_part_of_a_range(made: Any) -> None:
    made["network"]["ranges"] = dict.fromkeys(made["network"]["ranges"], "10.65.1.0/24")


def _everybody(made: Any) -> None:
    made["policy"]["Statement"] = [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]


def _another_account(made: Any) -> None:
    made["policy"]["Statement"].append(
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::1:root"}, "Action": "kms:Decrypt", "Resource": "*"}
    )


def _all_of_s3(made: Any) -> None:
    made["policy"]["Statement"].append({"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::x"})


def _others(made: Any) -> None:
    made["trust"]["Statement"].append(
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::1:root"}, "Action": "sts:AssumeRole"}
    )


def _one_test_less(made: Any) -> None:
    made["policy"]["Statement"] = [
        {key: value for key, value in one.items() if key != "Condition"} for one in made["policy"]["Statement"]
    ]


def _nowhere(made: Any) -> None:
    made["records"] = []


def _made_anew(made: Any) -> None:
    made["name"] = "other"


def _in_the_clear(made: Any) -> None:
    made["parameters"] = [{**one, "secret": not one["secret"]} for one in made["parameters"]]


def _elsewhere(made: Any) -> None:
    made["target"] = "other"


def _other_port(made: Any) -> None:
    made["network"]["port"] = 1


def _less(made: Any) -> None:
    made.update(storageGib=10) if "storageGib" in made else made.update(retentionSeconds=86400)


def _no_copies(made: Any) -> None:
    made["replicas"] = []


def _other_function(made: Any) -> None:
    made["rotation"] = {**made["rotation"], "function": "arn:aws:lambda:x"}


def _fewer_images(made: Any) -> None:
    made["keep"] = 5


def _renamed(made: Any) -> None:
    made["identifier"] = "other"


def _no_rules(made: Any) -> None:
    made["managed"] = [one for one in made["managed"] if one["name"] != "reputation"]


def _only_counting(made: Any) -> None:
    made["rateCounting"] = True
    made["managed"] = [{**one, "onlyCounted": [*one["onlyCounted"], "A"]} for one in made["managed"][:1]] + made[
        "managed"
    ][1:]


ACCESS: dict[str, tuple[str, Callable[[Any], Any] | None, list[str]]] = {
    "a-database-that-everybody-reaches": (
        "AWS Database", _open_to_all, ["CRITICAL exposure: AWS Database shop/store: 0.0.0.0/0 (anybody) reaches it now"]
    ),
    "a-database-that-more-reach": (
        "AWS Database",
        _another_group,
        [
            "MEDIUM exposure: AWS Database shop/store: 10.9.0.0/16 (office) reaches it now; "
            "the security group sg-1 (tokyo) reaches it now"
        ],
    ),
    "a-database-that-fewer-reach": ("AWS Database", _a_part_of_a_range, []),
    "a-bucket-for-everybody": (
        "AWS Bucket",
        _everybody,
        [
            "CRITICAL permissions: AWS Bucket shop/backups: its policy allows s3:GetObject to *; "
            "its policy does not refuse NoPlainHttp any more; its policy does not refuse NoOldTls any more"
        ],
    ),
    "a-key-for-another-account": (
        "AWS EncryptionKey",
        _another_account,
        [
            "HIGH permissions: AWS EncryptionKey shop/key: its policy allows kms:Decrypt to arn:aws:iam::1:root",
        ],
    ),
    "roles-that-may-all-of-s3": (
        "AWS ServiceRole",
        _all_of_s3,
        [
            "CRITICAL permissions: AWS ServiceRole common/cert-manager: may s3:* on arn:aws:s3:::x now",
            "CRITICAL permissions: AWS ServiceRole shop/api: may s3:* on arn:aws:s3:::x now",
            "CRITICAL permissions: AWS ServiceRole shop/external-secrets: may s3:* on arn:aws:s3:::x now",
        ],
    ),
    "roles-for-others": (
        "AWS ServiceRole",
        _others,
        [
            "HIGH permissions: AWS ServiceRole common/cert-manager: others may take it on: arn:aws:iam::1:root",
            "HIGH permissions: AWS ServiceRole shop/api: others may take it on: arn:aws:iam::1:root",
            "HIGH permissions: AWS ServiceRole shop/external-secrets: others may take it on: arn:aws:iam::1:root",
        ],
    ),
    "hosts-that-lead-nowhere": (
        "AWS PublicRecords",
        _nowhere,
        [
            "HIGH downtime: AWS PublicRecords shop/shop: "
            "shop.example.com leads nowhere: its last region (seoul, tokyo) is out of traffic"
        ],
    ),
    "hosts-without-records": (
        "AWS PublicRecords",
        None,
        ["HIGH downtime: AWS PublicRecords shop/shop: no record of ours leads shop.example.com anywhere any more"],
    ),
    "entrances-that-go": (
        "AWS Entrance",
        None,
        [
            "HIGH downtime: AWS Entrance common/entrance: "
            "the load balancer of shop is removed, and with it every way in"
        ],
    ),
    "entrances-that-are-made-anew": (
        "AWS Entrance",
        _made_anew,
        [
            "HIGH downtime: AWS Entrance common/entrance: "
            "name cannot change: the load balancer is made anew, under another address"
        ],
    ),
    "nothing-that-blocks": (
        "AWS WebAcl",
        None,
        ["HIGH exposure: AWS WebAcl common/web-acl: nothing is blocked before the load balancer any more"],
    ),
    "nothing-that-logs": (
        "AWS WebAclLogging",
        None,
        [
            "MEDIUM exposure: AWS WebAclLogging common/web-acl-logging: "
            "nobody can look up any more what was blocked, and what was let through"
        ],
    ),
    "logs-that-go": (
        "AWS LogBucket",
        None,
        [
            "LOW data could be lost: AWS LogBucket common/log-bucket: it is removed: "
            "as it is protected, the update ends there; once somebody lifts that, the logs in it are gone"
        ],
    ),
    "logs-that-are-kept-shorter": (
        "AWS LogBucket",
        lambda made: made.update(days=7),
        ["MEDIUM data could be lost: AWS LogBucket common/log-bucket: logs are kept for 7 days, not 90"],
    ),
    "data-stores-by-another-target": (
        "AWS DataAddress",
        _elsewhere,
        [
            "HIGH data could be lost: AWS DataAddress shop/cache: cache.shop.prod.internal leads to other, "
            "not seoul/shop/aws/data-store/cache",
            "HIGH data could be lost: AWS DataAddress shop/store-replica: store-replica.tokyo.shop.prod.internal leads "
            "to other, not tokyo/shop/aws/data-store/store",
            "HIGH data could be lost: AWS DataAddress shop/store: store.shop.prod.internal leads to other, "
            "not seoul/shop/aws/data-store/store",
        ],
    ),
    "a-cache-at-another-port": (
        "AWS Cache", _other_port, ["HIGH downtime: AWS Cache shop/cache: it answers at the port 1, not 6379"]
    ),
    "data-stores-by-another-name": (
        "AWS DataAddress",
        lambda made: made.update(host="other"),
        [
            f"HIGH downtime: AWS DataAddress shop/{name}: {host} becomes other: "
            "who calls it by the old name does not find it"
            for name, host in (
                ("cache", "cache.shop.prod.internal"),
                ("store", "store.shop.prod.internal"),
                ("store-replica", "store-replica.tokyo.shop.prod.internal"),
            )
        ],
    ),
    "data-stores-without-a-name": (
        "AWS DataAddress",
        None,
        [
            f"HIGH downtime: AWS DataAddress shop/{name}: {host} is removed: "
            "who calls the data store by that name does not find it"
            for name, host in (
                ("cache", "cache.shop.prod.internal"),
                ("store", "store.shop.prod.internal"),
                ("store-replica", "store-replica.tokyo.shop.prod.internal"),
            )
        ],
    ),
    "a-database-that-is-renamed": (
        "AWS Database",
        _renamed,
        ["HIGH downtime: AWS Database shop/store: it is renamed to other: it restarts, under another address"],
    ),
    "rules-that-are-gone": (
        "AWS WebAcl", _no_rules, ["HIGH exposure: AWS WebAcl common/web-acl: the rules reputation are gone"]
    ),
    "rules-that-count-more": (
        "AWS WebAcl",
        _only_counting,
        [
            "HIGH exposure: AWS WebAcl common/web-acl: requests above the rate are only counted; "
            "A of the rules reputation only counts"
        ],
    ),
    "secrets-without-copies": (
        "AWS KeptSecret",
        _no_copies,
        ["MEDIUM data could be lost: AWS KeptSecret shop/api: no copy of it is in ap-northeast-1 any more"],
    ),
    "secrets-by-another-function": (
        "AWS KeptSecret",
        _other_function,
        ["MEDIUM secrets: AWS KeptSecret shop/api: its values are made by arn:aws:lambda:x"],
    ),
    "fewer-images": (
        "AWS ImageRepository",
        _fewer_images,
        ["MEDIUM data could be lost: AWS ImageRepository shop/shop/api: 5 images are kept, not 200"],
    ),
    "a-cache-that-goes": (
        "AWS Cache",
        None,
        [
            "MEDIUM data could be lost: AWS Cache shop/cache: it is removed: "
            "as it is protected, the update ends there; once somebody lifts that, what is in it is gone"
        ],
    ),
    "a-database-that-shrinks": (
        "AWS Database",
        _less,
        ["MEDIUM data could be lost: AWS Database shop/store: its storage shrinks to 10 GiB, which RDS refuses"],
    ),
    "messages-that-are-kept-shorter": (
        "AWS Queue",
        _less,
        ["MEDIUM data could be lost: AWS Queue shop/orders: messages are kept for 1 days, not 4"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "changed", "told"), ACCESS.values(), ids=ACCESS)
def test_what_goes_opens_or_leads_elsewhere_is_told(
    kind: str, changed: Callable[[Any], Any] | None, told: list[str], tmp_path: Path, before: Objects
) -> None:
    assert sorted(judged(before, kind, changed, tmp_path)) == sorted(told)


@pytest.mark.parametrize(
    ("lock", "told"),
    [
        ({"lockMode": "GOVERNANCE", "lockDays": 30}, "its object lock is one that somebody may lift"),
        ({"lockMode": "COMPLIANCE", "lockDays": 7}, "its object lock holds for 7 days, not 30"),
        ({}, "no object lock keeps its objects any more"),
        ({"lockMode": "COMPLIANCE", "lockDays": 60}, ""),
    ],
)
def test_weaker_object_lock_is_told(lock: dict[str, Any], told: str, tmp_path: Path, before: Objects) -> None:
    locked = {
        one: {**made, "lockMode": "COMPLIANCE", "lockDays": 30} if one.kind == "AWS Bucket" else made
        for one, made in before.items()
    }

    def other(made: Any) -> None:
        del made["lockMode"], made["lockDays"]
        made.update(lock)

    found = [one for one in judged(locked, "AWS Bucket", other, tmp_path) if "cannot change" not in one]
    assert found == ([f"HIGH data could be lost: AWS Bucket shop/backups: {told}"] if told else [])


def test_right_without_its_conditions_is_more(tmp_path: Path, before: Objects) -> None:
    told = judged(before, "AWS ServiceRole", _one_test_less, tmp_path)
    assert all("under other conditions" in one for one in told)
    assert {one.split(":")[0] for one in told} <= {"HIGH permissions", "MEDIUM permissions"}
    assert told


def test_parameter_that_is_no_longer_encrypted_is_told(tmp_path: Path, before: Objects) -> None:
    secret = {one: deepcopy(made) for one, made in before.items()}
    for one, made in secret.items():
        if one.kind == "AWS ParameterTree":
            _in_the_clear(made)
    assert judged(secret, "AWS ParameterTree", _in_the_clear, tmp_path) == [
        "HIGH secrets: AWS ParameterTree shop/parameters: /shop/prod/limits/orders is no longer encrypted"
    ]
    assert judged(before, "AWS ParameterTree", _in_the_clear, tmp_path) == []


def test_a_stack_that_gets_aws_is_told_what_the_world_reaches(tmp_path: Path, before: Objects) -> None:
    told = {
        (risk.level, risk.danger, risk.subject.kind)
        for risk in compared_stack(tmp_path, "prod", {}, Side(before)).risks
    }
    assert told == {
        (Level.MEDIUM, Danger.EXPOSURE, "AWS PublicRecords"),
        (Level.MEDIUM, Danger.EXPOSURE, "AWS Entrance"),
        (Level.MEDIUM, Danger.PERMISSIONS, "AWS ServiceRole"),
    }
