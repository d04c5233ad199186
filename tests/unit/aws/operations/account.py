"""What a small stack wants of AWS, and moto's account with all of it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse

from operations.aws.client import Aws
from operations.aws.wanted import Bucket, Database, Dumps, Image, Parameter, Secret, Wanted
from tests.moto.cloud import ACCOUNT, Account

SEOUL = "ap-northeast-2"
TOKYO = "ap-northeast-1"
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
DIGEST = f"sha256:{'1' * 64}"
OTHER = f"sha256:{'2' * 64}"

IMAGE = Image("shop", SEOUL, "shop/api", "1.2.3", DIGEST)
COPY = Image("shop", TOKYO, "shop/api", "1.2.3", DIGEST, source=SEOUL)
SECRET = Secret("shop", SEOUL, "shop/prod/api", (TOKYO,))
PARAMETER = Parameter("shop", SEOUL, "/shop/prod/limits/orders")
HIDDEN = Parameter("shop", SEOUL, "/shop/prod/token", "SecureString", "alias/shop-prod")
BUCKET = Bucket("shop", SEOUL, "shop-prod-files")
DATABASE = Database("shop", SEOUL, "postgresql", "shop-prod-postgresql")
REPLICA = Database("shop", TOKYO, "postgresql", "shop-prod-postgresql", replica=True)
CACHE = Database("shop", SEOUL, "redis", "shop-prod-redis", "elasticache")
DUMPS = Dumps("shop", SEOUL, "api", "shop-prod-files", "backup/")

WANTED = Wanted(
    "prod",
    ACCOUNT,
    SEOUL,
    images=(IMAGE, COPY),
    secrets=(SECRET,),
    parameters=(PARAMETER, HIDDEN),
    buckets=(BUCKET,),
    databases=(DATABASE, REPLICA, CACHE),
    dumps=(DUMPS,),
    entrances=("seoul",),
)


def fill(wanted: Wanted) -> None:
    """Make all of it, as it is to be."""
    for image in wanted.images:
        push(image)
    for secret in wanted.secrets:
        copies = {"AddReplicaRegions": [{"Region": one} for one in secret.replicas]} if secret.replicas else {}
        made = Account(secret.region).client("secretsmanager")
        made.create_secret(Name=secret.name, SecretString="hush-hush", **copies)
    for parameter in wanted.parameters:
        for value in ("unset", "set"):
            put(parameter, value)
    for bucket in wanted.buckets:
        where = {"LocationConstraint": bucket.region}
        Account(bucket.region).client("s3").create_bucket(Bucket=bucket.name, CreateBucketConfiguration=where)
    for database in wanted.databases:
        (start_cache if database.kind == "elasticache" else start_database)(database)


def repository(image: Image) -> None:
    """Make the repository of an image, unless it is there."""
    client = Account(image.region).client("ecr")
    with suppress(client.exceptions.RepositoryAlreadyExistsException):
        client.create_repository(repositoryName=image.repository)


def push(image: Image, digest: str | None = None, tag: str | None = None) -> None:
    """Push an image, under its own digest and tag unless others are given."""
    repository(image)
    found = digest or image.digest or OTHER
    kind = "application/vnd.oci.image.manifest.v1+json"
    Account(image.region).client("ecr").put_image(
        repositoryName=image.repository,
        imageManifest=json.dumps({"schemaVersion": 2, "mediaType": kind, "annotations": {"of": found}}),
        imageDigest=found,
        imageTag=tag or image.tag or "latest",
    )


def put(parameter: Parameter, value: str) -> None:
    """Give a parameter a value."""
    Account(parameter.region).client("ssm").put_parameter(
        Name=parameter.name, Value=value, Type=parameter.type, Overwrite=True
    )


def start_database(database: Database) -> None:
    """Start an instance of PostgreSQL, or a replica of the one in the first region."""
    client = Account(database.region).client("rds")
    if database.replica:
        client.create_db_instance_read_replica(
            DBInstanceIdentifier=database.identifier,
            SourceDBInstanceIdentifier=f"arn:aws:rds:{SEOUL}:{ACCOUNT}:db:{database.identifier}",
            SourceRegion=SEOUL,
        )
        return
    client.create_db_instance(
        DBInstanceIdentifier=database.identifier,
        DBInstanceClass="db.t4g.medium",
        Engine="postgres",
        MasterUsername="postgres",
        MasterUserPassword="hush-hush",
        AllocatedStorage=20,
        StorageEncrypted=True,
        BackupRetentionPeriod=14,
    )


def start_cache(cache: Database) -> None:
    """Start a replication group."""
    Account(cache.region).client("elasticache").create_replication_group(
        ReplicationGroupId=cache.identifier,
        ReplicationGroupDescription="redis of shop",
        Engine="redis",
        CacheNodeType="cache.t4g.small",
        AtRestEncryptionEnabled=True,
        SnapshotRetentionLimit=14,
    )


def health_check() -> str:
    """Make a health check, of which moto's one checker says it is healthy, and return its id."""
    made = (
        Account(SEOUL)
        .client("route53")
        .create_health_check(
            CallerReference="check",
            HealthCheckConfig={"Type": "HTTPS", "FullyQualifiedDomainName": "shop.example.com", "Port": 443},
        )
    )
    return str(made["HealthCheck"]["Id"])


def elsewhere() -> dict[str, str]:
    """Return the variables of credentials of another account."""
    made = (
        Account(SEOUL)
        .client("sts")
        .assume_role(RoleArn="arn:aws:iam::999999999999:role/else", RoleSessionName="else")["Credentials"]
    )
    return {
        "AWS_ACCESS_KEY_ID": made["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"],
        "AWS_SESSION_TOKEN": made["SessionToken"],
    }


def take(bucket: str) -> None:
    """Have another account make a bucket of that name; moto lets everybody in unless it is told not to."""
    theirs = elsewhere()
    boto3.client(
        "s3",
        region_name=SEOUL,
        aws_access_key_id=theirs["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=theirs["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=theirs["AWS_SESSION_TOKEN"],
    ).create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": SEOUL})


class Body:
    """The body of an answer, as urllib3 has it."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._content


def refusal(code: str, message: str = "", status: int = 400, *, xml: bool = False) -> Callable[[Any], AWSResponse]:
    """Return what answers a request with an error, as services that speak JSON word it, or those that speak XML."""

    def answer(request: Any) -> AWSResponse:
        if xml:
            text = f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
            return AWSResponse(request.url, status, {"content-type": "text/xml"}, Body(text.encode()))
        body = json.dumps({"__type": code, "message": message}).encode()
        return AWSResponse(request.url, status, {"content-type": "application/x-amz-json-1.1"}, Body(body))

    return answer


@contextmanager
def answering(
    aws: Aws, service: str, answer: Callable[[Any], AWSResponse | None], *, times: int = 10**6
) -> Iterator[list[str]]:
    """Have an answer in place of moto's for the first `times` requests; yield the URLs of all."""
    client, asked = aws._client(service), list[str]()

    def instead(request: Any, **_: Any) -> AWSResponse | None:
        asked.append(request.url)
        return answer(request) if len(asked) <= times else None

    client.meta.events.register_first("before-send", instead)
    try:
        yield asked
    finally:
        client.meta.events.unregister("before-send", instead)
