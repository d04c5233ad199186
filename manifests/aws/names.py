"""What things are called in AWS, and their ARNs, where both can be told before they are there.

Policies, and manifests that are files, name what some other resource makes: both ask here.
"""

from manifests.aws.scope import Scope
from settings.system import Secret


def bucket_name(scope: Scope, key: str) -> str:
    """Return the name of one of the system's buckets, among all of the world: the account's number makes it ours."""
    return scope.system_aws.buckets[key].name or scope.name(key, scope.aws.account)


def bucket_arn(scope: Scope, key: str) -> str:
    """Return the ARN of one of the system's buckets; its objects are what comes after `/`."""
    return f"arn:aws:s3:::{bucket_name(scope, key)}"


def queue_name(scope: Scope, key: str) -> str:
    """Return the name of one of the system's queues; SQS wants the ending `.fifo` on those that keep the order."""
    return scope.name(key) + (".fifo" if scope.system_aws.queues[key].fifo else "")


def queue_arn(scope: Scope, key: str) -> str:
    """Return the ARN of one of the system's queues in the region of the scope."""
    return scope.arn("sqs", queue_name(scope, key))


def queue_url(scope: Scope, key: str) -> str:
    """Return the URL by which SQS knows one of the system's queues in the region of the scope.

    Source: AWS, "Amazon SQS queue and message identifiers".
    """
    return f"https://sqs.{scope.region}.amazonaws.com/{scope.aws.account}/{queue_name(scope, key)}"


def secret_name(scope: Scope, key: str) -> str:
    """Return the name of the entry that one of the system's secrets has in Secrets Manager.

    A key of the secret may name another entry (`remoteKey`), which is not ours to make: `secret_entries` has all.
    """
    return f"{scope.system_name}/{scope.stack.name}/{key}"


def secret_entries(scope: Scope, key: str, secret: Secret) -> tuple[str, ...]:
    """Return the names of all entries of Secrets Manager that the keys of a secret are fetched from, each once."""
    fetched = (setting for name, setting in secret.keys.items() if name not in secret.template)
    return tuple(dict.fromkeys(setting.remote_key or secret_name(scope, key) for setting in fetched))


def secret_arn(scope: Scope, name: str, region: str | None = None) -> str:
    """Return the pattern of the ARN of an entry of Secrets Manager, in the region of the scope where none is given.

    AWS ends an ARN in six characters of its own, which `??????` stands for and `*` would be too much for: it would
    match names that only begin alike. Source: AWS, "Permissions policy examples for AWS Secrets Manager".
    """
    if name.startswith("arn:"):
        return name
    return f"arn:aws:secretsmanager:{region or scope.region}:{scope.aws.account}:secret:{name}-??????"


def parameter_name(scope: Scope, name: str) -> str:
    """Return the name of one of the system's parameters in Parameter Store, or the path of a folder of them."""
    return f"/{scope.system_name}/{scope.stack.name}/{name}"


def parameter_arn(scope: Scope, name: str, region: str | None = None) -> str:
    """Return the ARN of a parameter by its whole name, in the region of the scope where none is given."""
    if name.startswith("arn:"):
        return name
    return f"arn:aws:ssm:{region or scope.region}:{scope.aws.account}:parameter/{name.removeprefix('/')}"


def role_name(scope: Scope, service: str) -> str:
    """Return the name of the role of a service, or of another that has one, such as `external-secrets`."""
    return scope.name(service)


def role_arn(scope: Scope, service: str) -> str:
    """Return the ARN of that role."""
    return scope.arn("iam", f"role/{role_name(scope, service)}", regional=False)
