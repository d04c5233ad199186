"""What AWS has of all that a stack wants: asked here, judged in `preflight`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from operations.aws.errors import NotAllowed, NotThere
from operations.aws.wanted import Bucket, Database, Image, Parameter, Secret, Wanted

if TYPE_CHECKING:
    from operations.aws.client import Aws

_NO_SUCH_IMAGE: Final = "ImageNotFoundException"


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What the repository has of an image."""

    repository: bool = True
    """Whether there is a repository at all."""
    digest: str | None = None
    """Of the image that was wanted; None where it is not there."""
    tags: frozenset[str] = frozenset()
    """Of that image."""
    tagged: str | None = None
    """The digest that the wanted tag points to."""
    at_source: bool = False
    """Whether the region that it is pushed to has it, where this one has not."""


@dataclass(frozen=True, slots=True)
class SecretFacts:
    """What Secrets Manager says of a secret, beside its value."""

    exists: bool = True
    has_value: bool = True
    """Whether a version is the current one (AWSCURRENT)."""
    deleted: bool = False
    """Whether it is to be deleted when its recovery window ends."""
    replicas: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Region to status and what is said of it."""


@dataclass(frozen=True, slots=True)
class ParameterFacts:
    """What Parameter Store says of a parameter, beside its value."""

    type: str
    version: int


@dataclass(frozen=True, slots=True)
class BucketFacts:
    """Whose a bucket's name is: nobody's, ours, or somebody else's."""

    exists: bool = True
    taken: bool = False
    region: str = ""


@dataclass
class Facts:
    """What was found; what may not be asked is in `refused` in place of an answer."""

    images: dict[Image, ImageFacts] = field(default_factory=dict)
    secrets: dict[Secret, SecretFacts] = field(default_factory=dict)
    parameters: dict[Parameter, ParameterFacts | None] = field(default_factory=dict)
    buckets: dict[Bucket, BucketFacts] = field(default_factory=dict)
    databases: dict[Database, bool] = field(default_factory=dict)
    """Whether each is there."""
    refused: dict[tuple[str, str], str] = field(default_factory=dict)
    """Region and permission that is missing, to what is said of it."""


def account_of(aws: "Aws") -> str:
    """Return the account whose credentials are used. Raises AwsError."""
    return str(aws.ask("sts", "get_caller_identity")["Account"])


def gather(aws: "Aws", wanted: Wanted, done: Callable[[], None] = lambda: None) -> Facts:
    """Ask for all of it, and call `done` after each answer; `questions` says how many there are.

    What somebody may not ask is noted, and the rest is asked all the same. Raises AwsError for anything else.
    """
    facts = Facts()
    for ask in _questions(aws, wanted, facts):
        try:
            ask()
        except NotAllowed as error:
            facts.refused.setdefault((error.region, error.action), str(error))
        done()
    return facts


def questions(wanted: Wanted) -> int:
    """Return how many questions `gather` has."""
    singles = (wanted.images, wanted.secrets, wanted.buckets, wanted.databases)
    return sum(map(len, singles)) + len(_paths(wanted))


def _questions(aws: "Aws", wanted: Wanted, facts: Facts) -> Iterator[Callable[[], None]]:
    yield from (partial(_keep, facts.images, one, _image, aws, one) for one in wanted.images)
    yield from (partial(_keep, facts.secrets, one, _secret, aws, one) for one in wanted.secrets)
    for (region, path), parameters in _paths(wanted).items():
        yield partial(_parameters, facts, aws.at(region), path, parameters)
    yield from (partial(_keep, facts.buckets, one, _bucket, aws, one, wanted.account) for one in wanted.buckets)
    yield from (partial(_keep, facts.databases, one, _is_there, aws, one) for one in wanted.databases)


def _keep(found: dict[Any, Any], of: Any, ask: Callable[..., Any], *arguments: Any) -> None:
    found[of] = ask(*arguments)


def _image(aws: "Aws", image: Image) -> ImageFacts:
    try:
        found = _described(aws.at(image.region), image)
    except NotThere:
        return ImageFacts(repository=False)
    if found.digest is None and image.source:
        try:
            there = _described(aws.at(image.source), image)
        except NotThere:
            return found
        return ImageFacts(tagged=found.tagged, at_source=there.digest is not None)
    return found


def _described(aws: "Aws", image: Image) -> ImageFacts:
    """Ask for an image by its digest, or by its tag where it has none. Raises NotThere without a repository.

    Where the digest is not there, or has another tag, it is asked where the tag points to.
    """
    tag = image.tag or ("" if image.digest else "latest")  # as the kubelet pulls what says neither
    tagged: str | None = None
    if image.digest:
        digest, tags = _one(aws, image.repository, imageDigest=image.digest)
        if tag and tag not in tags:
            tagged, _ = _one(aws, image.repository, imageTag=tag)
        return ImageFacts(digest=digest, tags=tags, tagged=digest if tag in tags else tagged)
    digest, tags = _one(aws, image.repository, imageTag=tag)
    return ImageFacts(digest=digest, tags=tags, tagged=digest)


def _one(aws: "Aws", repository: str, **identifier: str) -> tuple[str | None, frozenset[str]]:
    """Return digest and tags of an image. Raises NotThere where not even its repository is there."""
    try:
        found = list(
            aws.pages("ecr", "describe_images", "imageDetails", repositoryName=repository, imageIds=[identifier])
        )
    except NotThere as error:
        if error.code != _NO_SUCH_IMAGE:
            raise
        found = []
    if not found:
        return None, frozenset()
    return str(found[0]["imageDigest"]), frozenset(found[0].get("imageTags", ()))


def _secret(aws: "Aws", secret: Secret) -> SecretFacts:
    try:
        found = aws.at(secret.region).ask("secretsmanager", "describe_secret", SecretId=secret.name)
    except NotThere:
        return SecretFacts(exists=False, has_value=False)
    stages = (found.get("VersionIdsToStages") or {}).values()
    return SecretFacts(
        has_value=any("AWSCURRENT" in names for names in stages),
        deleted=found.get("DeletedDate") is not None,
        replicas={
            one["Region"]: (one.get("Status", ""), one.get("StatusMessage", ""))
            for one in found.get("ReplicationStatus") or ()
        },
    )


def _paths(wanted: Wanted) -> Mapping[tuple[str, str], list[Parameter]]:
    """Return the parameters by region and the path that they are listed by, `/<system>/<stack>`."""
    found: dict[tuple[str, str], list[Parameter]] = {}
    for one in wanted.parameters:
        found.setdefault((one.region, "/".join(one.name.split("/")[:3])), []).append(one)
    return found


def _parameters(facts: Facts, aws: "Aws", path: str, parameters: Sequence[Parameter]) -> None:
    below = [{"Key": "Path", "Option": "Recursive", "Values": [path]}]
    found = {
        one["Name"]: ParameterFacts(one["Type"], int(one["Version"]))
        for one in aws.pages("ssm", "describe_parameters", "Parameters", ParameterFilters=below)
    }
    facts.parameters |= {one: found.get(one.name) for one in parameters}


def _bucket(aws: "Aws", bucket: Bucket, account: str) -> BucketFacts:
    try:
        found = aws.at(bucket.region).ask("s3", "head_bucket", Bucket=bucket.name, ExpectedBucketOwner=account)
    except NotThere:
        return BucketFacts(exists=False)
    except NotAllowed:
        # Whose a bucket is, S3 tells nobody who may not list it.
        return BucketFacts(taken=True)
    return BucketFacts(region=str(found.get("BucketRegion") or bucket.region))


def _is_there(aws: "Aws", database: Database) -> bool:
    asked = {
        "rds": ("describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
        "elasticache": ("describe_replication_groups", "ReplicationGroups", "ReplicationGroupId"),
    }
    operation, key, name = asked[database.kind]
    try:
        return any(
            True for _ in aws.at(database.region).pages(database.kind, operation, key, **{name: database.identifier})
        )
    except NotThere:
        return False
