"""What must hold for roles: what a service uses is there to be used, and IAM can have a role of that name."""

import re
from collections.abc import Iterator
from typing import Final

from settings.aws.regions import REGIONS
from settings.aws.system import SystemAws
from settings.environment import Environment
from settings.faults import Path, quoted
from settings.findings import Finding, unknown
from settings.secret_source import source_of
from settings.service import Service
from settings.stack import Stack
from settings.system import Secret, SecretKey, SecretStore, System

LONGEST_ROLE: Final = 64
"""Source: AWS, "IAM and AWS STS quotas"."""
DEEPEST_PARAMETER: Final = 15
"""Levels of a parameter's name, the system's and the stack's among them. Source: AWS, "PutParameter"."""

_ROLE = "eks.amazonaws.com/role-arn"
_ENTRY = re.compile(r"(arn:aws:secretsmanager:[a-z0-9-]+:\d{12}:secret:)?[A-Za-z0-9/_+=.@-]{1,512}")
_PARAMETER = re.compile(r"(arn:aws:ssm:[a-z0-9-]+:\d{12}:parameter)?/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")


def check_identity(stack: Stack, system: System) -> Iterator[Finding]:
    """Yield what does not fit together in what a system's services use of AWS, and in their roles."""
    if stack.environment.aws is None or system.aws is None:
        return
    for name, service in system.services.items():
        if service.enabled:
            yield from _uses(stack.environment, system, system.aws, ("services", name), service)
            yield from _overwriting(stack, system, ("services", name), service)
    yield from _kept(stack.environment, system, system.aws)
    yield from _regions(stack, system, system.aws)
    yield from _entries(stack.environment, system)
    yield from _parameters(system, system.aws)
    yield from _roles(stack, system)


def role_names(stack: Stack, system: System) -> Iterator[tuple[str, Path]]:
    """Yield the name of each role that a system may have, and the path to what it is for."""
    start = f"{system.name}-{stack.name}"
    for name, service in system.services.items():
        if service.enabled and service.aws.used:
            yield f"{start}-{name}", ("services", name)
        if service.enabled and _backs_up(stack, system, service):
            yield f"{start}-{name}-migrate", ("services", name, "migration", "backup", "bucket")
    if any(store.provider != "vault" and store.role is None for _, _, store in _external(stack.environment, system)):
        yield f"{start}-external-secrets", ("secretStores",)


def _overwriting(stack: Stack, system: System, path: Path, service: Service) -> Iterator[Finding]:
    """Yield where a service may write over the dumps of its own migrations."""
    buckets = {} if system.aws is None else system.aws.buckets
    for key, access in service.aws.buckets.items():
        if "write" in access and key in buckets and _backs_up(stack, system, service, key):
            found = f"{access} in the bucket of its migrations' dumps"
            yield Finding((*path, "aws", "buckets", key), found, "expected read, or a bucket of its own to write to")


def _backs_up(stack: Stack, system: System, service: Service, key: str | None = None) -> bool:
    """Tell whether migrations of a service write to a bucket of the system, or to the one of that key."""
    backup = service.migration.backup if service.migration is not None else None
    bucket = backup.bucket if backup is not None else None
    if bucket is None or bucket.endpoint is not None or system.aws is None or stack.environment.aws is None:
        return False
    end = f"-{stack.environment.aws.account}"
    names = {known: one.name or f"{system.name}-{stack.name}-{known}{end}" for known, one in system.aws.buckets.items()}
    return bucket.name in (names.values() if key is None else (names.get(key),))


def _uses(environment: Environment, system: System, aws: SystemAws, path: Path, service: Service) -> Iterator[Finding]:
    for what, used, known in (
        ("bucket", service.aws.buckets, aws.buckets),
        ("queue", service.aws.queues, aws.queues),
    ):
        for key in used:
            yield from unknown((*path, "aws", f"{what}s", key), key, known, what)
    for index, name in enumerate(service.aws.parameters):
        yield from unknown((*path, "aws", "parameters", index), name, aws.parameters, "parameter")
    for index, name in enumerate(service.aws.secrets):
        here = (*path, "aws", "secrets", index)
        yield from unknown(here, name, system.secrets, "secret")
        yield from _not_there(environment, system, here, name)
    if service.aws.used and _ROLE in service.service_account_annotations:
        here = (*path, "serviceAccountAnnotations", _ROLE)
        expected = "leave it out, as the service has one of its own for what it uses"
        yield Finding(here, "a role of somebody else's", expected, (*path, "aws"))


def _not_there(environment: Environment, system: System, path: Path, name: str) -> Iterator[Finding]:
    """Yield a finding where a secret of the system is kept elsewhere than in Secrets Manager."""
    secret = system.secrets.get(name)
    if secret is None:
        return
    source, store = source_of(environment, secret), system.secret_stores.get(secret.store or "")
    if source != "external":
        found = f"{quoted(name)} is of the source {source}, so that Secrets Manager has none"
    elif store is not None and store.provider != "aws-secrets-manager":
        found = f"{quoted(name)} is kept by a store of the provider {store.provider}"
    elif store is not None and not _in_account(environment, store):
        found = f"{quoted(name)} is kept in another account, by whose role its store is asked"
    else:
        return
    yield Finding(path, found, "expected a secret that a store of the provider aws-secrets-manager keeps")


def _in_account(environment: Environment, store: SecretStore) -> bool:
    account = environment.aws.account if environment.aws else ""
    return store.role is None or store.role.startswith(f"arn:aws:iam::{account}:")


def _regions(stack: Stack, system: System, aws: SystemAws) -> Iterator[Finding]:
    """Yield each store that is asked in a region that has none of what is kept for it."""
    environment = stack.environment
    primary = environment.clusters[environment.primary].region
    others = {cluster.region for cluster in environment.clusters.values()} if system.clusters == "all" else set[str]()
    for name, secret, store in _external(environment, system):
        ours = store.provider == "aws-secrets-manager" and _in_account(environment, store)
        if not ours or all(key.remote_key for key in _fetched(secret)):
            continue
        replicated = aws.secrets[name].replicate if name in aws.secrets else True
        kept = {primary, *(others if replicated else ())}
        if store.region in REGIONS - kept:
            path: Path = ("secretStores", secret.store or "", "region")
            found = f"{store.region}, where Secrets Manager does not keep {quoted(name)}"
            yield Finding(path, found, f"expected {' or '.join(sorted(kept))}", ("secrets", name))


def _kept(environment: Environment, system: System, aws: SystemAws) -> Iterator[Finding]:
    for name in aws.secrets:
        path: Path = ("aws", "secrets", name)
        yield from unknown(path, name, system.secrets, "secret")
        yield from _not_there(environment, system, path, name)
        secret = system.secrets.get(name)
        if secret is not None and all(key.remote_key for key in _fetched(secret)):
            found = f"every key of {quoted(name)} names an entry of its own, which others keep"
            yield Finding(path, found, "take this out, or a remoteKey")


def _entries(environment: Environment, system: System) -> Iterator[Finding]:
    """Yield the entries of stores in AWS that could not be called so, and that a policy would take for more."""
    for name, secret, store in _external(environment, system):
        if store.provider == "vault":
            continue
        in_manager = store.provider == "aws-secrets-manager"
        pattern, what = (_ENTRY, "Secrets Manager") if in_manager else (_PARAMETER, "Parameter Store")
        for key, setting in secret.keys.items():
            if setting.remote_key is not None and pattern.fullmatch(setting.remote_key) is None:
                path = ("secrets", name, "keys", key, "remoteKey")
                expected = "expected its name, of letters, digits and a few signs, or its ARN"
                yield Finding(path, f"no entry of {what} can be called {quoted(setting.remote_key)}", expected)


def _parameters(system: System, aws: SystemAws) -> Iterator[Finding]:
    for name in aws.parameters:
        path: Path = ("aws", "parameters", name)
        levels = name.count("/") + 3
        if levels > DEEPEST_PARAMETER:
            found = f"{levels} levels with the system's and the stack's name"
            yield Finding(path, found, f"expected {DEEPEST_PARAMETER} at most")
        if system.name.startswith(("aws", "ssm")):
            found = f"a parameter below /{system.name}, and AWS keeps names that begin with aws or ssm to itself"
            yield Finding(path, found, "expected none, or another name of the system")


def _roles(stack: Stack, system: System) -> Iterator[Finding]:
    names = list(role_names(stack, system))
    others = {
        name: other.name
        for other in stack.systems.values()
        if other.enabled and other.aws is not None and other.name < system.name
        for name, _ in role_names(stack, other)
    }
    seen: dict[str, Path] = {}
    for name, path in names:
        if len(name) > LONGEST_ROLE:
            found = f"its role would be called {quoted(name)}, {len(name)} characters"
            yield Finding(path, found, f"expected a shorter name, for {LONGEST_ROLE} at most")
        if name in others:
            found = f"its role would be called {quoted(name)}, as one of {others[name]} is"
            yield Finding(path, found, "expected another name")
        if name in seen:
            found = f"its role would be called {quoted(name)}, as another one is"
            yield Finding(path, found, "expected another name", seen[name])
        seen[name] = path
    aws = stack.environment.aws
    if aws is None or aws.identity != "oidc" or not names:
        return
    for name, cluster in stack.environment.clusters.items():
        runs = system.clusters == "all" or name == stack.environment.primary
        if runs and cluster.aws is not None and cluster.aws.oidc_issuer is None:
            found = f"roles by the identity oidc, and the cluster {quoted(name)} has no oidcIssuer"
            yield Finding(("aws",), found, "expected its issuer, or identity: pod-identity in the environment's aws")


def _external(environment: Environment, system: System) -> Iterator[tuple[str, Secret, SecretStore]]:
    for name, secret in system.secrets.items():
        store = system.secret_stores.get(secret.store or "")
        if store is not None and source_of(environment, secret) == "external":
            yield name, secret, store


def _fetched(secret: Secret) -> Iterator[SecretKey]:
    yield from (key for name, key in secret.keys.items() if name not in secret.template)
