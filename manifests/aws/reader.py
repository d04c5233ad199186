"""What External Secrets reads for a system in AWS, and as whom."""

from collections.abc import Iterator

from manifests.aws.names import role_arn, secret_entries
from manifests.aws.scope import Scope, clusters_of, has_aws, placed
from manifests.aws.secrets import external, in_account, secret_regions
from manifests.aws.trust import Account
from settings.stack import Stack
from settings.system import Secret, SecretStore, System

EXTERNAL_SECRETS = "external-secrets"
"""What the role is called after the stack's name, and the ServiceAccount in each namespace that takes it on."""


def read_stores(stack: Stack, system: System) -> dict[str, SecretStore]:
    """Return the stores that External Secrets asks by a role of ours: those of AWS that name no role themselves.

    It takes the role on by a token of a ServiceAccount, whichever way pods do, so that every cluster of the system
    needs an issuer. Source: External Secrets, "AWS Authentication".
    """
    if not has_aws(stack, system):
        return {}
    clusters = [stack.environment.clusters[name].aws for name in clusters_of(stack, system)]
    if any(cluster is None or cluster.oidc_issuer is None for cluster in clusters):
        return {}
    used = {secret.store for _, secret, _ in external(stack, system)}
    return {
        name: store
        for name, store in system.secret_stores.items()
        if name in used and store.provider != "vault" and store.role is None
    }


def asks_as(stack: Stack, system: System, name: str, store: SecretStore) -> str | None:
    """Return the ServiceAccount whose token a store is asked with; None where External Secrets asks as itself."""
    if store.service_account is not None:
        return store.service_account
    return EXTERNAL_SECRETS if name in read_stores(stack, system) else None


def reader_arn(stack: Stack, system: System) -> str:
    """Return the ARN of the role that reads for External Secrets."""
    return role_arn(Scope(stack, system), EXTERNAL_SECRETS)


def reader_accounts(stack: Stack, system: System) -> tuple[Account, ...]:
    """Return the ServiceAccounts that take on the role, in every namespace that has a store."""
    stores = read_stores(stack, system)
    found = {
        Account(namespace_of(system, store, secret), store.service_account or EXTERNAL_SECRETS)
        for _, secret, store in external(stack, system)
        if secret.store in stores
    }
    return tuple(sorted(found))


def namespace_of(system: System, store: SecretStore, secret: Secret) -> str:
    """Return the namespace of the ServiceAccount that a store asks as, for one of its secrets."""
    return system.namespace_name(None if store.cluster_wide else secret.namespace)


def store_region(scope: Scope, name: str, store: SecretStore) -> str:
    """Return the region that a cluster reads a store's entries in: its own, where that has a copy of all of them.

    So that no region waits for another. Elsewhere it is the one that the store says.
    """
    system, said = scope.system, store.region or scope.region
    if system is None or not has_aws(scope.stack, system):
        return said
    if store.provider != "aws-secrets-manager" or not in_account(scope.stack, store):
        return said
    secrets = [(key, secret) for key, secret, _ in external(scope.stack, system) if secret.store == name]
    copied = all(
        scope.region in (regions := secret_regions(scope, key))
        and said in regions
        and not any(setting.remote_key for setting in secret.keys.values())
        for key, secret in secrets
    )
    return scope.region if copied else said


def read_entries(scope: Scope) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Yield by region what the role reads: entries of Secrets Manager, and whole names of parameters."""
    system = scope.system
    if system is None:
        return
    stores = read_stores(scope.stack, system)
    for key, secret, store in external(scope.stack, system):
        if secret.store not in stores:
            continue
        name = secret.store or ""
        for region in dict.fromkeys(store_region(cluster, name, store) for cluster in placed(scope)):
            if store.provider == "aws-secrets-manager":
                yield region, secret_entries(scope, key, secret), ()
            else:
                yield region, (), _parameters(scope, key, secret)


def _parameters(scope: Scope, key: str, secret: Secret) -> tuple[str, ...]:
    fetched = {name: setting for name, setting in secret.keys.items() if name not in secret.template}
    own = f"/{scope.system_name}/{scope.stack.name}/{key}"
    return tuple(dict.fromkeys(setting.remote_key or f"{own}/{name}" for name, setting in fetched.items()))
