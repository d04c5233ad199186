"""Logs of what comes in: what moto has of their buckets, and who writes there."""

import json
from typing import Any

import pytest

from manifests.aws.entrances import entrances
from manifests.aws.logs import log_buckets, log_policy
from settings.stack import Stack
from tests.aws_stacks import ACCOUNT, SEOUL, TOKYO
from tests.moto.cloud import Account, Cloud
from tests.moto.firewall import PROTECTED
from tests.unit.aws.policies.evaluator import allowed
from tests.unit.aws.policies.linting import findings
from tests.unit.aws.traffic.asked import REGIONS, balancer
from tests.unit.aws.traffic.wired import open_stack

BALANCERS, WEB_ACLS = "logdelivery.elasticloadbalancing.amazonaws.com", "delivery.logs.amazonaws.com"
OTHER = "999999999999"


def name(region: str) -> str:
    return f"aws-waf-logs-naru-prod-{region}-{ACCOUNT}"


def s3(region: str) -> Any:
    return Account(region).client("s3")


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("region", REGIONS.values())
def test_each_entrance_logs_to_a_bucket_of_its_own_region(region: str) -> None:
    assert s3(region).get_bucket_location(Bucket=name(region))["LocationConstraint"] == region
    elb = Account(region).client("elbv2")
    found = elb.describe_load_balancer_attributes(LoadBalancerArn=balancer(region)["LoadBalancerArn"])["Attributes"]
    attributes = {one["Key"]: one["Value"] for one in found}
    assert (attributes["access_logs.s3.enabled"], attributes["access_logs.s3.bucket"]) == ("true", name(region))


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("region", REGIONS.values())
def test_web_acl_logs_all_but_what_somebody_signs_in_with(region: str) -> None:
    waf = Account(region).client("wafv2")
    acl = waf.get_web_acl_for_resource(ResourceArn=balancer(region)["LoadBalancerArn"])["WebACL"]["ARN"]
    found = waf.get_logging_configuration(ResourceArn=acl)["LoggingConfiguration"]
    assert found["LogDestinationConfigs"] == [f"arn:aws:s3:::{name(region)}"]
    assert [one["SingleHeader"]["Name"] for one in found["RedactedFields"]] == ["authorization", "cookie"]
    assert "LoggingFilter" not in found


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("region", REGIONS.values())
def test_samples_of_requests_have_nothing_that_somebody_signs_in_with(region: str) -> None:
    waf = Account(region).client("wafv2")
    acl = waf.get_web_acl_for_resource(ResourceArn=balancer(region)["LoadBalancerArn"])["WebACL"]
    assert acl["VisibilityConfig"]["SampledRequestsEnabled"]
    (protection,) = PROTECTED[acl["ARN"]]["DataProtections"]
    assert protection == {
        "Action": "SUBSTITUTION",
        "Field": {"FieldType": "SINGLE_HEADER", "FieldKeys": ["authorization", "cookie"]},
    }


@pytest.mark.usefixtures("made")
def test_bucket_of_logs_is_closed_and_encrypted_by_the_only_key_that_load_balancers_take() -> None:
    closed = s3(SEOUL).get_public_access_block(Bucket=name(SEOUL))["PublicAccessBlockConfiguration"]
    assert set(closed.values()) == {True}
    assert len(closed) == 4
    (owner,) = s3(SEOUL).get_bucket_ownership_controls(Bucket=name(SEOUL))["OwnershipControls"]["Rules"]
    assert owner == {"ObjectOwnership": "BucketOwnerEnforced"}
    (rule,) = s3(SEOUL).get_bucket_encryption(Bucket=name(SEOUL))["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


@pytest.mark.usefixtures("made")
def test_logs_are_deleted_with_time() -> None:
    (rule,) = s3(SEOUL).get_bucket_lifecycle_configuration(Bucket=name(SEOUL))["Rules"]
    assert (rule["Status"], rule["Expiration"]["Days"]) == ("Enabled", 90)
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}


def test_environment_says_for_how_long() -> None:
    assert {args.days for _, args in log_buckets(open_stack(aws={"logDays": 400}))} == {400}


def test_load_balancer_and_web_acl_come_once_their_logs_may_be_written(registered: Cloud) -> None:
    for token in (
        "aws:lb/loadBalancer:LoadBalancer",
        "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
    ):
        made = registered.of_type(token)
        assert len(made) == 2
        for one in made:
            policies = [
                each for each in registered.of_type("aws:s3/bucketPolicy:BucketPolicy") if each.region == one.region
            ]
            assert {each.urn for each in policies} <= one.dependencies


@pytest.mark.parametrize("protect", [True, False])
def test_bucket_of_logs_is_kept_where_data_is_and_emptied_where_it_is_not(protect: bool) -> None:
    stack = open_stack(policies={"protectData": protect})
    assert {args.protect for _, args in log_buckets(stack)} == {protect}


def test_protected_bucket_is_never_emptied(registered: Cloud) -> None:
    for bucket in registered.of_type("aws:s3/bucket:Bucket"):
        assert (bucket.protect, bucket.retain_on_delete, bucket.inputs["forceDestroy"]) == (True, True, False)


def test_name_of_the_bucket_fits_and_is_of_the_account() -> None:
    stack = open_stack()
    long = Stack("a-stack-whose-name-is-longer-than-most", stack.environment, stack.systems)
    for _, args in log_buckets(long):
        assert len(args.name) <= 63
        assert args.name.startswith("aws-waf-logs-naru-a-stack")
        assert args.name.endswith(f"-{ACCOUNT}")
    assert len({args.name for _, args in log_buckets(long)}) == 2


def policy() -> dict[str, Any]:
    return log_policy(next(args for scope, args in log_buckets(open_stack()) if scope.region == SEOUL))


def writes(service: str, key: str, **context: str) -> bool:
    given = {"aws:PrincipalIsAWSService": "true", **context}
    arn = f"arn:aws:s3:::{name(SEOUL)}/{key}"
    return allowed([], "s3:PutObject", arn, principal=service, context=given, resource_policy=policy())


def test_policy_of_the_bucket_that_s3_has_is_the_planned_one(made: tuple[Stack, Cloud]) -> None:
    stack, _ = made
    planned = {args.name: log_policy(args) for _, args in log_buckets(stack)}
    for region in REGIONS.values():
        assert json.loads(s3(region).get_bucket_policy(Bucket=name(region))["Policy"]) == planned[name(region)]


def test_policy_has_nothing_to_be_said_against_it() -> None:
    # The linter takes whole numbers only, and misses the version of TLS on what is called by no client.
    assert [one for one in findings(policy()) if "s3:TlsVersion" not in one] == []


OURS = {"aws:SourceAccount": ACCOUNT}
BALANCER = f"arn:aws:elasticloadbalancing:{SEOUL}:{ACCOUNT}:loadbalancer/app/naru-prod/0123456789abcdef"
WRITERS: dict[str, tuple[str, str, dict[str, str], bool]] = {
    "the-load-balancer": (BALANCERS, ACCOUNT, {**OURS, "aws:SourceArn": BALANCER}, True),
    "a-load-balancer-of-whom-nothing-is-said": (BALANCERS, ACCOUNT, {}, True),
    "a-load-balancer-of-others": (BALANCERS, OTHER, {}, False),
    "another-account-in-our-folder": (BALANCERS, ACCOUNT, {"aws:SourceAccount": OTHER}, False),
    "another-load-balancer": (BALANCERS, ACCOUNT, {"aws:SourceArn": BALANCER.replace("naru-prod", "naru-pro")}, False),
    "a-load-balancer-elsewhere": (BALANCERS, ACCOUNT, {"aws:SourceArn": BALANCER.replace(SEOUL, TOKYO)}, False),
    "another-service": ("ec2.amazonaws.com", ACCOUNT, OURS, False),
}


@pytest.mark.parametrize(("service", "folder", "context", "expected"), WRITERS.values(), ids=WRITERS)
def test_only_our_load_balancer_writes_access_logs(
    service: str, folder: str, context: dict[str, str], expected: bool
) -> None:
    assert writes(service, f"AWSLogs/{folder}/elasticloadbalancing/a.log.gz", **context) is expected


DELIVERY = {
    "aws:SourceAccount": ACCOUNT,
    "aws:SourceArn": f"arn:aws:logs:{SEOUL}:{ACCOUNT}:delivery-source:waf",
    "s3:x-amz-acl": "bucket-owner-full-control",
}
DELIVERIES: dict[str, tuple[dict[str, str], bool]] = {
    "ours": ({}, True),
    "of-another-account": ({"aws:SourceAccount": OTHER}, False),
    "of-another-region": ({"aws:SourceArn": f"arn:aws:logs:{TOKYO}:{ACCOUNT}:delivery-source:waf"}, False),
    "that-others-would-own": ({"s3:x-amz-acl": "private"}, False),
    "in-plain-http": ({"aws:SecureTransport": "false"}, False),
}


@pytest.mark.parametrize(("changes", "expected"), DELIVERIES.values(), ids=DELIVERIES)
def test_only_logs_of_our_web_acls_are_delivered(changes: dict[str, str], expected: bool) -> None:
    assert writes(WEB_ACLS, f"AWSLogs/{ACCOUNT}/WAFLogs/a.log.gz", **{**DELIVERY, **changes}) is expected


def test_delivery_without_a_word_of_whose_it_is_is_refused() -> None:
    assert not writes(WEB_ACLS, f"AWSLogs/{ACCOUNT}/WAFLogs/a.log.gz", **{"s3:x-amz-acl": DELIVERY["s3:x-amz-acl"]})


def test_nobody_of_the_account_writes_logs_whatever_is_allowed() -> None:
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}

    def may(action: str) -> bool:
        arn = f"arn:aws:s3:::{name(SEOUL)}/AWSLogs/{ACCOUNT}/a"
        return allowed([everything], action, arn, context={"s3:TlsVersion": "1.3"}, resource_policy=policy())

    assert may("s3:GetObject")
    assert not may("s3:PutObject")


def test_who_writes_logs_can_read_none() -> None:
    for service, source in ((BALANCERS, BALANCER), (WEB_ACLS, DELIVERY["aws:SourceArn"])):
        arn = f"arn:aws:s3:::{name(SEOUL)}/AWSLogs/{ACCOUNT}/a"
        context = {"aws:PrincipalIsAWSService": "true", "aws:SourceArn": source, **OURS}
        assert not allowed([], "s3:GetObject", arn, principal=service, context=context, resource_policy=policy())


def test_bucket_goes_by_the_name_that_the_load_balancer_has() -> None:
    stack = open_stack()
    named = {scope.cluster_name: args.name for scope, args in entrances(stack)}
    assert {scope.cluster_name: args.load_balancer for scope, args in log_buckets(stack)} == named
