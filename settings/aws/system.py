"""What a system has in AWS: buckets, queues, parameters, the keeping of its secrets, and its way in."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from settings.aws.environment import Owned, Spending
from settings.types import Name, Settings

Days = Annotated[int, Field(ge=1, le=36500)]
ParameterName = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_.-]+(/[a-zA-Z0-9_.-]+)*$")]
"""Of a parameter below `/<system>/<stack>/`."""
Access = Literal["read", "write", "read-write"]
"""What a service may do with the objects of a bucket; who writes may not delete versions."""
QueueAccess = Literal["send", "receive", "send-receive"]


class ObjectLock(Settings):
    """For how long nobody can delete or overwrite a version of an object."""

    mode: Literal["governance", "compliance"] = "governance"
    """Whether somebody with a permission of its own can all the same, or nobody at all, AWS included."""
    days: Days


class S3Bucket(Settings):
    """An S3 bucket: encrypted, versioned, closed to the public and to anything but TLS."""

    name: Annotated[str, Field(min_length=1)] | None = None
    """Its name among all buckets of the world; `<system>-<stack>-<key>-<account>` where none is given."""
    versioning: bool = True
    object_lock: ObjectLock | None = None
    """Only when the bucket is made; it needs versioning."""
    archive_after: Days | None = None
    """Days until objects go to Glacier Instant Retrieval."""
    expire_after: Days | None = None
    """Days until objects are deleted; never where none is given."""
    old_versions: Days = 90
    """Days until a version that was replaced or deleted is gone for good."""

    @model_validator(mode="after")
    def _lock_fits(self) -> Self:
        if self.object_lock is not None and not self.versioning:
            message = "versioning is false but there is an objectLock, which locks versions"
            raise ValueError(message)
        if self.archive_after and self.expire_after and self.expire_after <= self.archive_after:
            message = f"expireAfter ({self.expire_after}) is not after archiveAfter ({self.archive_after})"
            raise ValueError(message)
        return self


class Queue(Settings):
    """An SQS queue, encrypted, with one beside it for messages that were received too often."""

    visibility_seconds: int = Field(default=60, ge=0, le=43200)
    retention_days: int = Field(default=4, ge=1, le=14)
    receives: int = Field(default=5, ge=1, le=1000)
    """How often a message is received before it goes to the dead-letter queue."""
    fifo: bool = False


class Parameter(Settings):
    """An entry of Parameter Store; never its value, which is set beside this program."""

    secret: bool = False
    """Whether it is a SecureString."""
    description: str = ""


class Rotation(Settings):
    """Who makes new values of a secret, and how often."""

    function: Annotated[str, Field(pattern=r"^arn:aws:lambda:[a-z0-9-]+:\d{12}:function:[\w-]+(:[\w-]+)?$")]
    """The Lambda function that does it."""
    days: int = Field(default=30, ge=1, le=1000)


class KeptSecret(Settings):
    """How Secrets Manager keeps one of the system's `secrets`; where none is given, without rotation."""

    rotation: Rotation | None = None
    recovery_days: int = Field(default=30, ge=7, le=30)
    """For how long a deleted secret can be had back."""
    replicate: bool = True
    """Whether every other region that the system runs in has a replica."""


class SystemAws(Owned):
    """What a system has in AWS, where its environment has it; the environment says who owns and pays otherwise."""

    buckets: dict[Name, S3Bucket] = {}
    queues: dict[Name, Queue] = {}
    parameters: dict[ParameterName, Parameter] = {}
    secrets: dict[Name, KeptSecret] = {}
    """By the name of one of the system's `secrets` whose store is of the provider `aws-secrets-manager`."""
    traffic: Literal["latency", "failover"] | None = None
    """Whether its public hosts lead to each cluster's load balancer by records of ours, and which region answers:
    the nearest one, or the primary cluster's for as long as it is healthy. Without it others see to its records."""
    spending: Spending | None = None


class ServiceAws(Settings):
    """What a service uses of its system's resources, and so all that its role allows.

    What each is called in AWS its variables name in braces, such as `{bucket/media}`: `settings/aws/references.py`.
    """

    secrets: tuple[Name, ...] = ()
    """Of the system's `secrets` that Secrets Manager keeps, those that it reads itself."""
    parameters: tuple[ParameterName, ...] = ()
    """Of the system's parameters, each by its whole name; where all of a folder are listed, it may be read by its path
    as well."""
    buckets: dict[Name, Access] = {}
    queues: dict[Name, QueueAccess] = {}

    @property
    def used(self) -> bool:
        """Whether there is anything that needs a role."""
        return bool(self.secrets or self.parameters or self.buckets or self.queues)
