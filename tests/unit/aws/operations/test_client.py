"""The way to AWS: what it lets through, how patient it is, and the one line for each thing that goes wrong."""

from typing import Any

import boto3
import botocore.session
import pytest
from botocore import exceptions, xform_name
from botocore.awsrequest import AWSResponse

from operations.aws.calls import CALLS
from operations.aws.client import Aws
from operations.aws.errors import AwsError, NotAllowed, NotThere, safe
from operations.aws.explaining import HURRIED, PATIENT, explained
from operations.aws.facts import account_of
from tests.moto.cloud import ACCOUNT, Account
from tests.unit.aws.operations.account import SEOUL, TOKYO, Body, answering, elsewhere, refusal


def described(aws: Aws) -> dict[str, Any]:
    return aws.ask("secretsmanager", "describe_secret", SecretId="shop/prod/api")


def fault(aws: Aws) -> str:
    """Return the one line of a question that has no answer."""
    with pytest.raises(AwsError) as caught:
        described(aws)
    (line,) = str(caught.value).splitlines()
    return line


@pytest.fixture
def secret() -> None:
    Account(SEOUL).client("secretsmanager").create_secret(Name="shop/prod/api", SecretString="hush-hush")


@pytest.mark.parametrize(
    ("service", "operation"),
    [("secretsmanager", "get_secret_value"), ("ssm", "get_parameter"), ("s3", "delete_bucket"), ("iam", "list_users")],
)
def test_call_that_is_not_in_the_table_is_not_made(aws: Aws, service: str, operation: str) -> None:
    with pytest.raises(LookupError, match=f"{service}.{operation} is not in the table of calls"):
        aws.ask(service, operation, SecretId="x")
    with pytest.raises(LookupError):
        list(aws.pages(service, operation, "Items"))


def test_client_is_patient_within_limits_and_says_who_it_is(aws: Aws) -> None:
    config = aws._client("ecr").meta.config
    assert config.retries == {"mode": "standard", "total_max_attempts": PATIENT.attempts}
    assert (config.connect_timeout, config.read_timeout) == (5, 20)
    assert "naru/" in config.user_agent


def test_question_in_a_hurry_is_given_up_sooner(secret: None) -> None:
    aws = Aws("prod", SEOUL, HURRIED)
    config = aws.at(TOKYO)._client("secretsmanager").meta.config
    assert config.retries == {"mode": "standard", "total_max_attempts": 3}
    assert (config.connect_timeout, config.read_timeout) == (3, 5)

    def silent(_: Any) -> AWSResponse:
        raise exceptions.ReadTimeoutError(endpoint_url="https://secretsmanager")

    with answering(aws, "secretsmanager", silent) as asked:
        assert "did not answer within 5 s, asked 3 times" in fault(aws)
    assert len(asked) == 3


def test_region_is_the_stacks_whatever_the_user_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    aws = Aws("prod", SEOUL)
    assert aws._client("ecr").meta.region_name == SEOUL
    assert aws.at(TOKYO)._client("ecr").meta.region_name == TOKYO


def test_other_region_is_asked_as_the_same_somebody(aws: Aws) -> None:
    assert aws.at(TOKYO)._session is aws._session
    assert aws.at(TOKYO)._client("ecr") is aws.at(TOKYO)._client("ecr")
    assert aws.at(SEOUL) is aws


def test_account_is_that_of_the_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    assert account_of(Aws("prod", SEOUL)) == ACCOUNT
    for name, value in elsewhere().items():
        monkeypatch.setenv(name, value)
    assert account_of(Aws("prod", SEOUL)) == "999999999999"


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize("code", ["ThrottlingException", "TooManyRequestsException"])
def test_throttled_call_is_made_again(aws: Aws, code: str) -> None:
    with answering(aws, "secretsmanager", refusal(code, "Rate exceeded"), times=PATIENT.attempts - 1) as asked:
        assert described(aws)["Name"] == "shop/prod/api"
    assert len(asked) == PATIENT.attempts


@pytest.mark.usefixtures("secret")
def test_call_that_stays_throttled_ends_in_one_line(aws: Aws) -> None:
    with answering(aws, "secretsmanager", refusal("ThrottlingException", "Rate exceeded")) as asked:
        assert fault(aws) == (
            "secretsmanager.describe_secret in ap-northeast-2 was throttled, asked 5 times: "
            "wait a little and try again: ThrottlingException: Rate exceeded"
        )
    assert len(asked) == PATIENT.attempts


@pytest.mark.usefixtures("secret")
def test_service_that_is_down_is_asked_again_and_told(aws: Aws) -> None:
    with answering(aws, "secretsmanager", refusal("InternalServiceError", "down", status=503)) as asked:
        assert "failed, asked 5 times: InternalServiceError: down" in fault(aws)
    assert len(asked) == PATIENT.attempts


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            exceptions.ReadTimeoutError(endpoint_url="https://secretsmanager"),
            "secretsmanager.describe_secret in ap-northeast-2 did not answer within 20 s, asked 5 times",
        ),
        (
            exceptions.ConnectTimeoutError(endpoint_url="https://secretsmanager"),
            "secretsmanager.describe_secret in ap-northeast-2 cannot be reached (ConnectTimeoutError)",
        ),
        (
            exceptions.EndpointConnectionError(endpoint_url="https://secretsmanager"),
            "secretsmanager.describe_secret in ap-northeast-2 cannot be reached (EndpointConnectionError)",
        ),
        (
            exceptions.ProxyConnectionError(proxy_url="http://user:hush-hush@proxy"),
            "secretsmanager.describe_secret in ap-northeast-2 cannot be reached (ProxyConnectionError)",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_silence_is_asked_again_and_told(aws: Aws, error: Exception, said: str) -> None:
    def silent(_: Any) -> AWSResponse:
        raise error

    with answering(aws, "secretsmanager", silent) as asked:
        line = fault(aws)
    assert line.startswith(said)
    assert "hush-hush" not in line
    assert len(asked) == PATIENT.attempts


@pytest.mark.parametrize("code", ["ExpiredToken", "ExpiredTokenException", "RequestExpired"])
def test_expired_credentials_are_told_at_once(aws: Aws, code: str) -> None:
    said = "The security token included in the request is expired"
    with answering(aws, "secretsmanager", refusal(code, said)) as asked:
        assert fault(aws) == "the credentials for AWS have expired: sign in again, or get new ones"
    assert len(asked) == 1


@pytest.mark.parametrize("code", ["UnrecognizedClientException", "InvalidClientTokenId", "OptInRequired"])
def test_region_that_is_not_enabled_is_thought_of(aws: Aws, code: str) -> None:
    with answering(aws, "secretsmanager", refusal(code, "The security token included in the request is invalid")):
        line = fault(aws)
    assert "AWS in ap-northeast-2 does not know these credentials" in line
    assert "aws account get-region-opt-status --region-name ap-northeast-2" in line


def test_wrong_signature_says_nothing_of_what_was_signed(aws: Aws) -> None:
    said = "The Canonical String for this request should have been 'POST x-amz-security-token:hush-hush'"
    with answering(aws, "secretsmanager", refusal("InvalidSignatureException", said, status=403)):
        line = fault(aws)
    assert line.startswith("AWS does not accept the signature")
    assert "hush-hush" not in line


def test_missing_permission_names_action_resource_who_and_the_policy(aws: Aws) -> None:
    arn = f"arn:aws:secretsmanager:{SEOUL}:{ACCOUNT}:secret:shop/prod/api-AbCdEf"
    who = f"arn:aws:iam::{ACCOUNT}:user/kim"
    said = f"User: {who} is not authorized to perform: secretsmanager:DescribeSecret on resource: {arn} because no"
    with (
        answering(aws, "secretsmanager", refusal("AccessDeniedException", said)) as asked,
        pytest.raises(NotAllowed) as caught,
    ):
        described(aws)
    assert str(caught.value) == (
        f"{who} may not secretsmanager:DescribeSecret on {arn} in ap-northeast-2: the policy "
        "docs/aws/naru-operator-policy.json allows it, and `naru aws policy --stack prod` prints it"
    )
    assert (caught.value.action, caught.value.region) == ("secretsmanager:DescribeSecret", SEOUL)
    assert len(asked) == 1


def test_missing_permission_names_what_was_asked_for_where_aws_does_not(aws: Aws) -> None:
    with answering(aws, "secretsmanager", refusal("AccessDeniedException", "")):
        assert fault(aws).startswith("you may not secretsmanager:DescribeSecret on shop/prod/api in ap-northeast-2")


def test_what_is_not_there_is_an_answer(aws: Aws) -> None:
    with pytest.raises(NotThere) as caught:
        described(aws)
    assert caught.value.code == "ResourceNotFoundException"


def test_every_way_of_aws_to_say_that_something_is_not_there_is_known() -> None:
    models = botocore.session.get_session()
    for call in CALLS:
        service = models.get_service_model(call.service)
        name = next(one for one in service.operation_names if xform_name(one) == call.operation)
        for shape in service.operation_model(name).error_shapes:
            code = shape.metadata.get("error", {}).get("code") or shape.name
            error = exceptions.ClientError({"Error": {"Code": code}}, name)
            absent = isinstance(explained(error, "prod", SEOUL, call, {}), NotThere)
            assert absent == ("NotFound" in code or code.startswith("NoSuch")), code


def test_no_credentials_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    assert fault(Aws("prod", SEOUL)).startswith("there are no credentials for AWS: set AWS_PROFILE, or sign in")


def test_unknown_profile_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobodys")
    with pytest.raises(AwsError, match=r"there is no such profile of AWS: .*nobodys.*; set AWS_PROFILE"):
        Aws("prod", SEOUL)


@pytest.mark.parametrize(
    "error",
    [
        exceptions.UnauthorizedSSOTokenError(),
        exceptions.SSOTokenLoadError(error_msg="hush-hush"),
        exceptions.TokenRetrievalError(provider="sso", error_msg="hush-hush"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_ended_session_is_one_line(error: Exception) -> None:
    line = str(explained(error, "prod", SEOUL))
    assert line == "the session with AWS has ended: sign in again (`aws sso login` or `aws login`)"


def test_what_nobody_thought_of_is_one_line_without_keys(aws: Aws) -> None:
    token = "IQoJb3JpZ2luX2VjE" * 6
    said = f"key AKIAIOSFODNN7EXAMPLE, token {token}\nand more"
    with answering(aws, "secretsmanager", refusal("SomethingElse", said)):
        assert fault(aws).endswith("failed, asked once: SomethingElse: key …, token …")


def test_answer_of_somebody_else_is_one_line(aws: Aws) -> None:
    def portal(request: Any) -> AWSResponse:
        return AWSResponse(request.url, 200, {"content-type": "text/html"}, Body(b"<html>sign in: hush-hush"))

    with answering(aws, "sts", portal), pytest.raises(AwsError) as caught:
        account_of(aws)
    (line,) = str(caught.value).splitlines()
    assert line.startswith("sts.get_caller_identity in ap-northeast-2 got an answer that is not AWS'")
    assert "hush-hush" not in line


def test_what_aws_says_cannot_move_a_cursor() -> None:
    assert "\x1b" not in safe("\x1b[2Jgone")
    assert len(safe("word " * 100)) == 200


def test_arguments_are_checked_before_anything_is_sent(aws: Aws) -> None:
    with pytest.raises(AwsError, match=r"secretsmanager\.describe_secret in ap-northeast-2 could not be asked: "):
        aws.ask("secretsmanager", "describe_secret", Secret="shop/prod/api")


def test_all_pages_of_a_list_are_read(aws: Aws) -> None:
    client = boto3.client("ssm", region_name=SEOUL)
    for number in range(25):
        client.put_parameter(Name=f"/shop/prod/{number:02}", Value="x", Type="String")
    with answering(aws, "ssm", lambda _: None) as asked:
        found = [one["Name"] for one in aws.pages("ssm", "describe_parameters", "Parameters")]
    assert found == [f"/shop/prod/{number:02}" for number in range(25)]
    assert len(asked) == 3
