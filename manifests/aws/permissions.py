"""What a role may do: no more than what was declared, each on its own ARN.

What a system keeps is encrypted by the key it has in each region. The id of a key is known once it is there, so that
the statements about keys are made last, from ARNs that the caller brings.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from manifests.aws.names import bucket_arn, parameter_arn, parameter_name, queue_arn, secret_arn, secret_entries
from manifests.aws.reader import read_entries
from manifests.aws.scope import Scope, placed
from manifests.aws.secrets import secret_regions
from settings.aws.references import readable_folders
from settings.aws.system import Access, QueueAccess, ServiceAws

Statement = dict[str, Any]
Document = dict[str, Any]

LONGEST_POLICY = 10240
"""Characters of all policies that stand in a role itself, without blanks. Source: AWS, "IAM and AWS STS quotas"."""

_READ_SECRET = ("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue")
_READ_PARAMETER = ("ssm:GetParameter", "ssm:GetParameters")
# A multipart upload that is given up leaves parts that cost. Deleting is nobody's: versions are to outlive mistakes.
_WRITE_OBJECT = ("s3:AbortMultipartUpload", "s3:PutObject")
_KNOW_QUEUE = ("sqs:GetQueueAttributes", "sqs:GetQueueUrl")
_SEND = ("sqs:SendMessage",)
_RECEIVE = ("sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage")
_DECRYPT, _DATA_KEY = "kms:Decrypt", "kms:GenerateDataKey"


@dataclass(frozen=True, slots=True)
class KeyUse:
    """What a role does with the system's key of a region, through which services alone."""

    region: str
    action: str
    services: tuple[str, ...]
    """Such as `s3`."""

    @property
    def endpoints(self) -> list[str]:
        """The services as KMS knows them."""
        return [f"{service}.{self.region}.amazonaws.com" for service in self.services]


@dataclass(frozen=True, slots=True)
class Permissions:
    """Statements that are known beforehand, and the uses of keys that they bring with them."""

    statements: tuple[Statement, ...]
    key_uses: tuple[KeyUse, ...]

    @property
    def key_regions(self) -> tuple[str, ...]:
        """The regions whose key has to be known."""
        return tuple(dict.fromkeys(use.region for use in self.key_uses))


def service_permissions(scope: Scope, declared: ServiceAws) -> Permissions:
    """Return what a service may do with all that it declares, in each region that its system runs in."""
    regions = list(placed(scope))
    gathered = _Gathered(scope)
    for key in declared.secrets:
        for region in secret_regions(scope, key):
            gathered.read_secret(region, _entries(scope, key))
    folders = () if scope.system is None else readable_folders(scope.system, declared)
    for cluster in regions:
        for name in declared.parameters:
            secret = scope.system_aws.parameters[name].secret
            gathered.read_parameter(cluster.region, parameter_name(scope, name), keyed=secret)
        for folder in folders:
            gathered.read_folder(cluster.region, parameter_name(scope, folder))
    # A bucket is in one region, and reached from all of them.
    for key, access in declared.buckets.items():
        gathered.use_bucket(bucket_arn(scope, key), access)
    for cluster in regions:
        for key, queue_access in declared.queues.items():
            gathered.use_queue(cluster.region, queue_arn(cluster, key), queue_access)
    return gathered.permissions()


def reader_permissions(scope: Scope) -> Permissions:
    """Return what External Secrets may read: the entries of the system's external secrets, and no others.

    In a region that the system is not in it has no key either: what is read there is encrypted by somebody else's.
    """
    keyed = {cluster.region for cluster in placed(scope)}
    gathered = _Gathered(scope)
    for region, entries, parameters in read_entries(scope):
        gathered.read_secret(region, entries, keyed=region in keyed)
        for name in parameters:
            gathered.read_parameter(region, literal(name), keyed=region in keyed)
    return gathered.permissions()


def backup_permissions(scope: Scope, bucket: str, prefix: str) -> Permissions:
    """Return what a backup needs: to put objects below a prefix of one bucket, by its key. It cannot read them."""
    folder = prefix.strip("/")
    gathered = _Gathered(scope)
    gathered.write_objects(f"{bucket_arn(scope, bucket)}/{literal(folder + '/' if folder else '')}*")
    return gathered.permissions()


def permission_policy(permissions: Permissions, key_arns: Mapping[str, str]) -> Document:
    """Return the policy of a role, given the ARN of the key of each region. Raises KeyError where one is missing."""
    uses = (
        {
            "Sid": f"{use.action.partition(':')[2]}{use.region.replace('-', '')}",
            "Effect": "Allow",
            "Action": use.action,
            "Resource": key_arns[use.region],
            "Condition": {"StringEquals": {"kms:ViaService": use.endpoints}},
        }
        for use in permissions.key_uses
    )
    return {"Version": "2012-10-17", "Statement": [*permissions.statements, *uses]}


def size(document: Document) -> int:
    """Return how many characters of a policy count."""
    return len(json.dumps(document, separators=(",", ":")))


def literal(text: str) -> str:
    """Return a text that a policy takes as it is, though it have characters that stand for others.

    Source: AWS, "IAM policy elements: Variables and tags", special characters.
    """
    return "".join(f"${{{character}}}" if character in "*?$" else character for character in text)


class _Gathered:
    """Statements by kind, so that a role has one of each however much it uses."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._resources: dict[tuple[str, tuple[str, ...], str], list[str]] = {}
        self._uses: dict[tuple[str, str], list[str]] = {}

    def read_secret(self, region: str, entries: Iterable[str], *, keyed: bool = True) -> None:
        for entry in entries:
            self._allow("ReadSecrets", _READ_SECRET, secret_arn(self._scope, literal(entry), region))
            if keyed:
                self._use(region, _DECRYPT, "secretsmanager")

    def read_parameter(self, region: str, name: str, *, keyed: bool) -> None:
        self._allow("ReadParameters", _READ_PARAMETER, parameter_arn(self._scope, name, region))
        if keyed:
            self._use(region, _DECRYPT, "ssm")

    def read_folder(self, region: str, name: str) -> None:
        arn = parameter_arn(self._scope, name, region)
        # Clients spell a path with and without the slash.
        self._allow("ReadFolders", ("ssm:GetParametersByPath",), arn)
        self._allow("ReadFolders", ("ssm:GetParametersByPath",), f"{arn}/")

    def use_bucket(self, arn: str, access: Access) -> None:
        if access in ("read", "read-write"):
            self._allow("ListBuckets", ("s3:ListBucket",), arn, owner=self._scope.aws.account)
            self._allow("ReadObjects", ("s3:GetObject",), f"{arn}/*", owner=self._scope.aws.account)
            self._use(self._scope.region, _DECRYPT, "s3")
        if access in ("write", "read-write"):
            self.write_objects(f"{arn}/*")

    def write_objects(self, objects: str) -> None:
        self._allow("WriteObjects", _WRITE_OBJECT, objects, owner=self._scope.aws.account)
        self._use(self._scope.region, _DATA_KEY, "s3")
        # A large upload goes in parts, which S3 puts together: it decrypts them.
        # Source: AWS, "Protecting data using server-side encryption with AWS KMS keys".
        self._use(self._scope.region, _DECRYPT, "s3")

    def use_queue(self, region: str, arn: str, access: QueueAccess) -> None:
        self._allow("KnowQueues", _KNOW_QUEUE, arn)
        # A producer decrypts as well, as SQS uses a data key again. Source: AWS, "Encryption at rest in Amazon SQS".
        self._use(region, _DECRYPT, "sqs")
        if access in ("send", "send-receive"):
            self._allow("SendMessages", _SEND, arn)
            self._use(region, _DATA_KEY, "sqs")
        if access in ("receive", "send-receive"):
            self._allow("ReceiveMessages", _RECEIVE, arn)

    def permissions(self) -> Permissions:
        statements = tuple(
            {
                "Sid": sid,
                "Effect": "Allow",
                "Action": list(actions),
                "Resource": resources,
                **({"Condition": {"StringEquals": {"aws:ResourceAccount": owner}}} if owner else {}),
            }
            for (sid, actions, owner), resources in self._resources.items()
        )
        uses = (KeyUse(region, action, tuple(services)) for (region, action), services in self._uses.items())
        return Permissions(statements, tuple(uses))

    def _allow(self, sid: str, actions: tuple[str, ...], resource: str, *, owner: str = "") -> None:
        """Allow actions on a resource; of that account, where the ARN does not say whose it is, as those of S3."""
        resources = self._resources.setdefault((sid, actions, owner), [])
        if resource not in resources:
            resources.append(resource)

    def _use(self, region: str, action: str, service: str) -> None:
        services = self._uses.setdefault((region, action), [])
        if service not in services:
            services.append(service)


def _entries(scope: Scope, key: str) -> tuple[str, ...]:
    return () if scope.system is None else secret_entries(scope, key, scope.system.secrets[key])
