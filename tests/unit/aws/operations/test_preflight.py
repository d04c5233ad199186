"""What AWS has against a release, on moto: each thing that can be missing or wrong, and what is to be done about it."""

from dataclasses import replace
from typing import Any

import pytest
from moto.ssm.models import ssm_backends

from operations.aws.client import Aws
from operations.aws.errors import AwsError
from operations.aws.facts import Facts, SecretFacts, gather, questions
from operations.aws.preflight import Finding, findings, refusing, summary, wrong_account
from operations.aws.wanted import Bucket, Image, Parameter, Secret, Wanted
from tests.moto.cloud import ACCOUNT, Account
from tests.unit.aws.operations import account
from tests.unit.aws.operations.account import (
    BUCKET,
    COPY,
    DATABASE,
    HIDDEN,
    IMAGE,
    OTHER,
    PARAMETER,
    SECRET,
    SEOUL,
    TOKYO,
    WANTED,
    answering,
    fill,
    push,
    put,
    refusal,
    repository,
)

NOTHING = Wanted("prod", ACCOUNT, SEOUL)


def said(aws: Aws, wanted: Wanted) -> list[str]:
    return [str(one) for one in findings(gather(aws, wanted))]


def about(aws: Aws, **wanted: Any) -> list[str]:
    given: dict[str, Any] = {name: (value,) for name, value in wanted.items()}
    return said(aws, replace(NOTHING, **given))


def test_account_with_all_of_it_has_nothing_against_the_release(aws: Aws) -> None:
    fill(WANTED)
    assert said(aws, WANTED) == []


def test_first_up_is_possible_on_an_empty_account(aws: Aws) -> None:
    found = findings(gather(aws, WANTED))
    assert len(found) == 9
    assert refusing(found) == []
    assert all("is not there yet: `naru up` makes it" in one.text for one in found)


def test_every_answer_is_counted(aws: Aws) -> None:
    answers: list[None] = []
    gather(aws, WANTED, lambda: answers.append(None))
    assert len(answers) == questions(WANTED) == 8


def test_wrong_account_is_refused_and_names_both() -> None:
    assert wrong_account(NOTHING, ACCOUNT) is None
    found = wrong_account(NOTHING, "999999999999")
    assert found is not None
    assert found.stops
    assert "these credentials are of the account 999999999999" in str(found)
    assert f"the stack prod is of {ACCOUNT}" in str(found)


def test_digest_that_is_not_there_is_refused(aws: Aws) -> None:
    repository(IMAGE)
    assert about(aws, images=IMAGE) == [
        "refused: ap-northeast-2/shop: there is no shop/api:1.2.3@sha256:111111111111…: push it, or correct the release"
    ]


def test_digest_that_is_not_there_says_where_its_tag_points_to(aws: Aws) -> None:
    push(IMAGE, digest=OTHER)
    (line,) = about(aws, images=IMAGE)
    assert "there is no shop/api:1.2.3@sha256:111111111111… (its tag 1.2.3 points to sha256:222222222222…)" in line
    assert line.startswith("refused: ")


def test_tag_that_points_to_another_digest_is_refused(aws: Aws) -> None:
    push(IMAGE, tag="1.2.2")
    push(IMAGE, digest=OTHER)
    assert about(aws, images=IMAGE) == [
        "refused: ap-northeast-2/shop: the tag 1.2.3 of shop/api points to sha256:222222222222…, and the release says "
        "sha256:111111111111…: correct the release, or tag the image"
    ]


def test_tag_that_an_image_does_not_have_is_refused(aws: Aws) -> None:
    push(IMAGE, tag="1.2.2")
    (line,) = about(aws, images=IMAGE)
    assert "the tag 1.2.3 of shop/api is not there, and the release says sha256:111111111111…" in line


def test_image_with_several_tags_is_right_by_each(aws: Aws) -> None:
    push(IMAGE, tag="1.2")
    push(IMAGE)
    assert about(aws, images=IMAGE) == []


@pytest.mark.parametrize("tag", ["1.2.3", None], ids=["a-tag", "neither-tag-nor-digest"])
def test_image_without_a_digest_is_asked_for_by_tag(aws: Aws, tag: str | None) -> None:
    image = replace(IMAGE, tag=tag, digest=None)
    repository(image)
    (line,) = about(aws, images=image)
    assert line.startswith("refused: ap-northeast-2/shop: there is no shop/api")
    push(image)
    assert about(aws, images=image) == []


def test_repository_that_is_not_there_is_ours_to_make_or_refused(aws: Aws) -> None:
    (ours,) = about(aws, images=IMAGE)
    assert ours.startswith("warning: ap-northeast-2/shop: the repository shop/api is not there yet: `naru up` makes it")
    (others,) = about(aws, images=replace(IMAGE, ours=False))
    assert others.startswith("refused: ap-northeast-2/shop: there is no repository shop/api, and it is not ours")


def test_copy_that_is_late_is_told_from_an_image_that_nobody_pushed(aws: Aws) -> None:
    repository(COPY)
    (missing,) = about(aws, images=COPY)
    assert "ap-northeast-1/shop: there is no shop/api:1.2.3" in missing
    push(IMAGE)
    (late,) = about(aws, images=COPY)
    assert late.startswith(
        "refused: ap-northeast-1/shop: shop/api:1.2.3@sha256:111111111111… is in ap-northeast-2 and not here yet"
    )
    push(COPY)
    assert about(aws, images=COPY) == []


def test_secret_without_a_value_is_refused(aws: Aws) -> None:
    Account(SEOUL).client("secretsmanager").create_secret(Name=SECRET.name, AddReplicaRegions=[{"Region": TOKYO}])
    assert about(aws, secrets=SECRET) == [
        "refused: ap-northeast-2/shop: the secret shop/prod/api has no value yet: `aws secretsmanager put-secret-value "
        "--region ap-northeast-2 --secret-id shop/prod/api --secret-string file://...`"
    ]


def test_secret_without_a_value_is_a_warning_while_its_system_is_made(aws: Aws) -> None:
    Account(SEOUL).client("secretsmanager").create_secret(Name=SECRET.name, AddReplicaRegions=[{"Region": TOKYO}])
    found = findings(gather(aws, replace(NOTHING, secrets=(SECRET,), databases=(DATABASE,))))
    assert [(one.kind, one.stops) for one in found] == [("secret", False), ("database", False)]
    mail = replace(DATABASE, system="mail", identifier="mail-prod-postgresql")
    found = findings(gather(aws, replace(NOTHING, secrets=(SECRET,), databases=(mail,))))
    assert [(one.kind, one.stops) for one in found] == [("secret", True), ("database", False)]


def test_update_of_some_systems_names_the_one_that_makes_what_is_missing(aws: Aws) -> None:
    found = findings(gather(aws, WANTED), "prod")
    assert len(found) == 9
    assert refusing(found) == []
    assert all("is not there yet: `naru up --stack prod` (of all systems) makes it" in one.text for one in found)


def test_secret_without_a_value_is_refused_where_nothing_of_its_system_is_made(aws: Aws) -> None:
    Account(SEOUL).client("secretsmanager").create_secret(Name=SECRET.name, AddReplicaRegions=[{"Region": TOKYO}])
    found = findings(gather(aws, replace(NOTHING, secrets=(SECRET,), databases=(DATABASE,))), "prod")
    assert [(one.kind, one.stops) for one in found] == [("secret", True), ("database", False)]


def test_secret_of_others_that_is_not_there_is_refused(aws: Aws) -> None:
    (line,) = about(aws, secrets=Secret("shop", SEOUL, "shared/token", ours=False))
    assert line.startswith("refused: ap-northeast-2/shop: the secret shared/token is not there, and it is not ours")


def test_secret_that_is_being_deleted_is_refused(aws: Aws) -> None:
    fill(replace(NOTHING, secrets=(SECRET,)))
    Account(SEOUL).client("secretsmanager").remove_regions_from_replication(
        SecretId=SECRET.name, RemoveReplicaRegions=[TOKYO]
    )
    Account(SEOUL).client("secretsmanager").delete_secret(SecretId=SECRET.name)
    (line,) = about(aws, secrets=SECRET)
    assert line.startswith(
        "refused: ap-northeast-2/shop: the secret shop/prod/api is being deleted: `aws secretsmanager restore"
    )


@pytest.mark.parametrize(
    ("replicas", "said"),
    [
        ({TOKYO: ("InSync", "")}, []),
        ({TOKYO: ("InProgress", "")}, ["warning: {}: the secret {} is still being copied to {} (InProgress)"]),
        (
            {TOKYO: ("Failed", "exists already")},
            ["refused: {}: the secret {} could not be copied to {}: exists already"],
        ),
        ({}, ["warning: {}: the copy of the secret {} in {} is not there yet: `naru up` makes it"]),
    ],
    ids=["in-sync", "in-progress", "failed", "none"],
)
def test_copy_of_a_secret_is_to_be_in_sync(replicas: dict[str, tuple[str, str]], said: list[str]) -> None:
    facts = Facts(secrets={SECRET: SecretFacts(replicas=replicas)})
    wanted = [line.format("ap-northeast-2/shop", SECRET.name, TOKYO) for line in said]
    assert [str(one) for one in findings(facts)] == wanted


def test_copies_of_a_secret_are_asked_of_aws(aws: Aws) -> None:
    Account(SEOUL).client("secretsmanager").create_secret(Name=SECRET.name, SecretString="hush-hush")
    (line,) = about(aws, secrets=SECRET)
    assert "the copy of the secret shop/prod/api in ap-northeast-1" in line


def test_parameter_is_to_be_there_of_its_type_and_given_a_value(aws: Aws) -> None:
    (missing,) = about(aws, parameters=PARAMETER)
    assert missing.startswith("warning: ap-northeast-2/shop: the parameter /shop/prod/limits/orders is not there yet")
    put(PARAMETER, "unset")
    (unset,) = about(aws, parameters=PARAMETER)
    assert unset.startswith(
        "warning: ap-northeast-2/shop: the parameter /shop/prod/limits/orders still has the placeholder"
    )
    put(PARAMETER, "10")
    assert about(aws, parameters=PARAMETER) == []


def test_placeholder_of_a_secret_parameter_is_replaced_under_the_key_of_its_system(aws: Aws) -> None:
    put(HIDDEN, "unset")
    (line,) = about(aws, parameters=HIDDEN)
    assert line.endswith("--name /shop/prod/token --type SecureString --key-id alias/shop-prod --value file://...`")
    put(PARAMETER, "unset")
    (line,) = about(aws, parameters=PARAMETER)
    assert line.endswith("--name /shop/prod/limits/orders --value file://...`")


def test_secret_parameter_that_is_kept_in_the_clear_is_refused(aws: Aws) -> None:
    put(replace(HIDDEN, type="String"), "hush-hush")
    assert about(aws, parameters=HIDDEN) == [
        "refused: ap-northeast-2/shop: the parameter /shop/prod/token is a String, and the catalog says SecureString"
    ]


def test_over_a_thousand_parameters_are_found_on_all_pages(aws: Aws) -> None:
    wanted = [Parameter("shop", SEOUL, f"/shop/prod/many/{number:04}") for number in range(1050)]
    for parameter in wanted[:-1]:
        for _ in range(2):
            _put_directly(parameter.name)
    _put_directly("/shopping/prod/0000")
    with answering(aws, "ssm", lambda _: None) as asked:
        found = findings(gather(aws, replace(NOTHING, parameters=tuple(wanted))))
    assert [one.name for one in found] == ["/shop/prod/many/1049"]
    assert len(asked) > 100


def _put_directly(name: str) -> None:
    """Put a parameter without a request: thousands of them would take seconds."""
    ssm_backends[ACCOUNT][SEOUL].put_parameter(
        name=name, description="", value="x", parameter_type="String", allowed_pattern="", keyid="", overwrite=True,
        tags=[], data_type="text", tier=None, policies=None,
    )  # fmt: skip


def test_name_of_a_bucket_that_is_free_is_told(aws: Aws) -> None:
    (line,) = about(aws, buckets=BUCKET)
    assert line == (
        "warning: ap-northeast-2/shop: the bucket shop-prod-files is not there yet: `naru up` makes it; "
        "its name is free"
    )


def test_name_of_a_bucket_that_somebody_else_has_is_refused(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS", "false")
    account.take(BUCKET.name)
    (line,) = about(aws, buckets=BUCKET)
    assert line.startswith(
        "refused: ap-northeast-2/shop: the bucket shop-prod-files belongs to another account, or you"
    )


def test_owner_of_a_bucket_is_asked_for(aws: Aws) -> None:
    fill(replace(NOTHING, buckets=(BUCKET,)))
    headers: list[Any] = []

    def look(request: Any) -> None:
        headers.append(request.headers["x-amz-expected-bucket-owner"])

    with answering(aws, "s3", look):
        assert about(aws, buckets=BUCKET) == []
    assert headers in ([ACCOUNT], [ACCOUNT.encode()])


def test_bucket_in_another_region_is_refused(aws: Aws) -> None:
    fill(replace(NOTHING, buckets=(replace(BUCKET, region=TOKYO),)))
    (line,) = about(aws, buckets=BUCKET)
    assert line.startswith(
        "refused: ap-northeast-2/shop: the bucket shop-prod-files is in ap-northeast-1, and a bucket cannot"
    )


def test_what_may_not_be_asked_is_refused_once_and_the_rest_is_asked(aws: Aws) -> None:
    fill(WANTED)
    wanted = replace(WANTED, secrets=(SECRET, Secret("shop", SEOUL, "shop/prod/other")), parameters=(PARAMETER, HIDDEN))
    put(replace(HIDDEN, type="String"), "hush-hush")
    with answering(aws, "secretsmanager", refusal("AccessDeniedException")):
        found = findings(gather(aws, wanted))
    assert [one.kind for one in found] == ["permission", "parameter"]
    assert found[0].text.startswith("you may not secretsmanager:DescribeSecret on shop/prod/api")


def test_service_that_does_not_answer_ends_the_questions(aws: Aws) -> None:
    with answering(aws, "ecr", refusal("ThrottlingException")), pytest.raises(AwsError, match="was throttled"):
        gather(aws, WANTED)


def test_what_stops_comes_first_and_is_counted() -> None:
    late = Finding("shop", SEOUL, "bucket", "b", "a warning", stops=False)
    wrong = Finding("shop", SEOUL, "bucket", "a", "an obstacle")
    assert summary(WANTED, [wrong, late]) == (
        f"prod: account {ACCOUNT}: 2 images, 1 secret, 2 parameters, 1 bucket, 3 data stores: 1 refused, 1 warnings"
    )
    assert summary(NOTHING, []) == f"prod: account {ACCOUNT}: nothing to ask for: all as it should be"


def test_no_value_is_ever_read(aws: Aws) -> None:
    fill(WANTED)
    asked: list[str] = []

    def look(request: Any) -> None:
        asked.append(str(request.headers.get("X-Amz-Target", b"")))

    with answering(aws, "secretsmanager", look), answering(aws, "ssm", look):
        found = said(aws, WANTED)
    assert len(asked) == 2
    assert not [target for target in asked if "GetSecretValue" in target or "GetParameter" in target]
    assert "hush-hush" not in "".join(found)


def test_image_of_two_regions_is_two_questions() -> None:
    assert Image("shop", SEOUL, "shop/api") != Image("shop", TOKYO, "shop/api")
    assert questions(replace(NOTHING, images=(IMAGE, COPY), buckets=(Bucket("shop", SEOUL, "a"),))) == 3
