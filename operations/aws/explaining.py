"""What boto3 or AWS said, as one line that says what to do. boto3 is imported with this module."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore import exceptions
from botocore.parsers import ResponseParserError

from operations.aws.calls import Call
from operations.aws.errors import AwsError, NotAllowed, NotThere, safe
from operations.aws.policy import FILE


@dataclass(frozen=True, slots=True)
class Patience:
    """How long AWS is waited for."""

    attempts: int
    """How often a call is made before it has failed, with a growing and random wait between."""
    connect_seconds: int
    """How long a connection may take."""
    read_seconds: int
    """How long an answer may take."""


PATIENT: Final = Patience(5, 5, 20)
HURRIED: Final = Patience(3, 3, 5)
"""Where an answer is good to have, and what it is for must not wait."""

_NO_CREDENTIALS: Final = (
    exceptions.NoCredentialsError,
    exceptions.PartialCredentialsError,
    exceptions.CredentialRetrievalError,
    exceptions.ProfileNotFound,
    exceptions.ConfigParseError,
    exceptions.InvalidConfigError,
)
_SIGNED_OUT: Final = (exceptions.SSOError, exceptions.LoginError, exceptions.TokenRetrievalError)
_UNREACHED: Final = (exceptions.ConnectionError, exceptions.HTTPClientError)
_EXPIRED: Final = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_UNKNOWN: Final = {
    "AuthFailure",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "OptInRequired",
    "RegionDisabledException",
    "UnrecognizedClientException",
}
_WRONG_SIGNATURE: Final = {"InvalidSignatureException", "RequestTimeTooSkewed", "SignatureDoesNotMatch"}
_DENIED: Final = {"403", "AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}
_ABSENT: Final = {
    "404",
    "CacheClusterNotFound",
    "DBInstanceAutomatedBackupNotFound",
    "DBInstanceNotFound",
    "DBSnapshotNotFound",
    "ImageNotFoundException",
    "NoSuchBucket",
    "NoSuchHealthCheck",
    "ReplicationGroupNotFoundFault",
    "RepositoryNotFoundException",
    "ResourceNotFoundException",
    "SnapshotNotFoundFault",
}
_BUSY: Final = {
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}
_WHO: Final = re.compile(r"User: (arn:\S+)")
_ON: Final = re.compile(r"on resource: (\S+)")


def explained(
    error: Exception,
    stack: str,
    region: str,
    call: Call | None = None,
    arguments: Mapping[str, Any] | None = None,
    patience: Patience = PATIENT,
) -> AwsError:
    """Return an error of boto3 as one of ours: of the kind that it is, and with what to do about it."""
    if isinstance(error, exceptions.ClientError) and call is not None:
        return _refusal(error, stack, region, call, arguments or {})
    name = f"{call.service}.{call.operation}" if call else "AWS"
    if isinstance(error, exceptions.ProfileNotFound):
        text = f"there is no such profile of AWS: {safe(str(error))}; set AWS_PROFILE to one that is there"
    elif isinstance(error, _SIGNED_OUT):
        text = "the session with AWS has ended: sign in again (`aws sso login` or `aws login`)"
    elif isinstance(error, _NO_CREDENTIALS):
        text = f"there are no credentials for AWS: set AWS_PROFILE, or sign in ({safe(str(error))})"
    elif isinstance(error, exceptions.ReadTimeoutError):
        text = (
            f"{name} in {region} did not answer within {patience.read_seconds} s, asked {patience.attempts} times: "
            "try again, or look at the network"
        )
    elif isinstance(error, _UNREACHED):
        text = (
            f"{name} in {region} cannot be reached ({type(error).__name__}): "
            "is there a way out to AWS, and a proxy (HTTPS_PROXY) where one is needed?"
        )
    elif isinstance(error, ResponseParserError):
        text = (
            f"{name} in {region} got an answer that is not AWS': is there a proxy or a portal on the way that says so?"
        )
    else:
        text = f"{name} in {region} could not be asked: {safe(str(error))}"
    return AwsError(text)


def _refusal(
    error: exceptions.ClientError, stack: str, region: str, call: Call, arguments: Mapping[str, Any]
) -> AwsError:
    """Return what AWS answered."""
    code, said = (str(error.response.get("Error", {}).get(key, "")) for key in ("Code", "Message"))
    name, subject = f"{call.service}.{call.operation}", _subject(arguments)
    if code in _ABSENT:
        return NotThere(f"{name} in {region} finds no {subject}", code)
    if code in _DENIED:
        who, on = _WHO.search(said), _ON.search(said)
        text = (
            f"{who[1] if who else 'you'} may not {call.action or name} on {on[1] if on else subject} in {region}: "
            f"the policy {FILE} allows it, and `naru aws policy --stack {stack}` prints it"
        )
        return NotAllowed(text, call.action, region, code)
    if code in _EXPIRED:
        text = "the credentials for AWS have expired: sign in again, or get new ones"
    elif code in _UNKNOWN:
        text = (
            f"AWS in {region} does not know these credentials: are they right, and is the region enabled for the "
            f"account (`aws account get-region-opt-status --region-name {region}`)?"
        )
    elif code in _WRONG_SIGNATURE:
        text = "AWS does not accept the signature: is the secret key right, and is the clock of this machine?"
    else:
        attempts = int(error.response.get("ResponseMetadata", {}).get("RetryAttempts", 0)) + 1
        times = "once" if attempts == 1 else f"{attempts} times"
        what = (
            f"was throttled, asked {times}: wait a little and try again" if code in _BUSY else f"failed, asked {times}"
        )
        text = f"{name} in {region} {what}: {code}: {safe(said)}"
    return AwsError(text, code)


def _subject(arguments: Mapping[str, Any]) -> str:
    """Return what a call was about: its first argument that is a name."""
    return next((safe(value) for value in arguments.values() if isinstance(value, str)), "what was asked for")
