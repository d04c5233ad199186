"""All that a stack has in AWS as plain data, by logical name: what a review reads, and what a golden file holds.

It is put together from the planners of every area. Tags are the same on all resources of a system, and stand once.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Any, Final

from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from manifests.aws import data_stores
from manifests.aws.buckets import bucket_policy, buckets, lifecycle_rules
from manifests.aws.certificates import certificate_records, certificates
from manifests.aws.entrances import entrances, web_acls
from manifests.aws.identity import roles
from manifests.aws.images import lifecycle_policy, replications, repositories, repository_policy
from manifests.aws.keys import key_policy, keys
from manifests.aws.logs import log_buckets, log_lifecycle, log_policy, web_acl_logs
from manifests.aws.parameters import parameters
from manifests.aws.permissions import permission_policy
from manifests.aws.queues import queue_policy, queues
from manifests.aws.records import health_checks, records
from manifests.aws.scope import Scope, has_aws, systems
from manifests.aws.secrets import kept_secrets, secret_policy
from manifests.aws.spending import budgets
from manifests.aws.target_groups import weighted_targets
from settings.stack import Stack


@dataclass(frozen=True, slots=True)
class Planned:
    """A component and its arguments: maps, lists and scalars, in camelCase but for what AWS itself has keys for."""

    component: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Area:
    """What makes components of one kind."""

    component: str
    """The class in `components/aws/`."""
    planner: Callable[[Stack], Iterator[tuple[Scope, Any]]]
    called: Callable[[Any], tuple[str, ...]]
    """From the arguments to the end of the logical name: a word for the kind, then what tells it apart in its scope."""
    documents: Callable[[Any], dict[str, Any]] = lambda _: {}
    """From the arguments to what the component makes of them, and a review should see: policies."""
    hidden: tuple[str, ...] = ()
    """Arguments that a document says already."""


AREAS: Final = (
    Area(
        "EncryptionKey",
        keys,
        lambda _: ("key",),
        lambda args: {"policy": key_policy(args.account, args.region, args.alias)},
    ),
    Area(
        "ImageRepository",
        repositories,
        lambda args: ("repository", args.name),
        lambda args: {
            "policy": repository_policy(args.account),
            "lifecycle": lifecycle_policy(args.keep, args.untagged_days),
        },
    ),
    Area("ImageReplication", replications, lambda args: ("replication", args.region)),
    Area(
        "KeptSecret",
        kept_secrets,
        lambda args: ("secret", args.key),
        lambda args: {"policy": secret_policy(args.account)},
    ),
    Area("ParameterTree", parameters, lambda _: ("parameters",)),
    Area(
        "Bucket",
        buckets,
        lambda args: ("bucket", args.key),
        lambda args: {"policy": bucket_policy(args.arn), "lifecycle": lifecycle_rules(args)},
    ),
    Area(
        "Queue",
        queues,
        lambda args: ("queue", args.key),
        lambda args: {
            "policy": queue_policy(args.arn, args.account),
            "deadLetterPolicy": queue_policy(args.dead_letter_arn, args.account),
        },
    ),
    Area("Database", data_stores.databases, lambda args: ("data-store", args.store)),
    Area("DatabaseReplica", data_stores.replicas, lambda args: ("data-store", args.store)),
    Area("Cache", data_stores.caches, lambda args: ("data-store", args.store)),
    Area("DataAddress", data_stores.data_addresses, lambda args: ("data-address", args.store)),
    Area(
        "ServiceRole",
        roles,
        lambda args: ("role", args.key),
        lambda args: {
            "policy": permission_policy(
                args.permissions, {region: f"the key in {region}" for region in args.permissions.key_regions}
            )
        },
        hidden=("permissions",),
    ),
    Area("Certificate", certificates, lambda _: ("certificate",)),
    Area("CertificateRecords", certificate_records, lambda _: ("certificate-records",)),
    Area(
        "LogBucket",
        log_buckets,
        lambda _: ("log-bucket",),
        lambda args: {"policy": log_policy(args), "lifecycle": log_lifecycle(args)},
    ),
    Area("Entrance", entrances, lambda _: ("entrance",)),
    Area("WebAcl", web_acls, lambda _: ("web-acl",)),
    Area("WebAclLogging", web_acl_logs, lambda _: ("web-acl-logging",)),
    Area("WeightedTargets", weighted_targets, lambda args: ("targets", *args.key.split("/"))),
    Area("HealthCheck", health_checks, lambda _: ("health-check",)),
    Area("PublicRecords", records, lambda args: ("records", args.key)),
    Area("SpendingBudget", budgets, lambda _: ("budget",)),
)
"""Every planner there is, each before those whose components want what its own give."""


def plan(stack: Stack) -> dict[str, Planned]:
    """Return all components of a stack in AWS by their logical names; none where it has no AWS.

    Raises ValueError where two would have one name, and SettingsError for what AWS would not take.
    """
    found: dict[str, Planned] = {}
    for logical, made in _planned(stack):
        if logical in found:
            kinds = f"{found[logical].component} and {made.component}"
            message = f"two components of {stack.name} are called {logical}: {kinds}"
            raise ValueError(message)
        found[logical] = made
    return found


def declared(stack: Stack) -> Iterator[tuple[str, str, Scope, Any]]:
    """Yield the component, logical name, scope and arguments of all there is, in the order in which it can be made."""
    for area in AREAS if has_aws(stack) else ():
        for scope, args in area.planner(stack):
            yield area.component, scope.logical(*area.called(args)), scope, args


def _planned(stack: Stack) -> Iterator[tuple[str, Planned]]:
    if not has_aws(stack):
        return
    for scope in (Scope(stack), *systems(stack)):
        yield scope.logical("tags"), Planned("Tags", scope.tags())
    for area in AREAS:
        for scope, args in area.planner(stack):
            shown = {key: value for key, value in _fields(args).items() if key not in area.hidden}
            arguments = {**_plain(shown), **_plain(area.documents(args))}
            yield scope.logical(*area.called(args)), Planned(area.component, arguments)


def _fields(args: Any) -> dict[str, Any]:
    """Return the fields of a dataclass that are given, but for tags."""
    found = {field.name: getattr(args, field.name) for field in fields(args)}
    return {
        to_camel(name): value
        for name, value in found.items()
        if value is not None and name != "tags" and not name.endswith("_tags")
    }


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(_fields(value))
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_none=True)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(map(_plain, value))
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.value if isinstance(value, Enum) else value
