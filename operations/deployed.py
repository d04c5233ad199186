"""What Pulumi's state says was deployed: read from an exported checkpoint, whose secrets stay encrypted. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from manifests.migration import SCHEMA
from settings.types import schema_order

KUBERNETES = "kubernetes:"
AWS = "aws:"
_SYSTEM = "naru:system:System"
_SHARED = "naru:system:SharedResources"
_NAMESPACE = "kubernetes:core/v1:Namespace"
_JOB = "kubernetes:batch/v1:Job"


def logical_name(urn: str) -> str:
    """Return the name a program gave a resource: the end of its URN."""
    return urn.rpartition("::")[2]


def resource_type(urn: str) -> str:
    """Return the type token of a resource, without those of its parents."""
    return urn.split("::")[2].rpartition("$")[2] if urn.count("::") >= 3 else ""


@dataclass(frozen=True, slots=True)
class Deployed:
    """The checkpoint of a stack, as `pulumi stack export` prints it."""

    checkpoint: Mapping[str, Any]

    def _listed(self, key: str) -> Iterator[Mapping[str, Any]]:
        yield from (self.checkpoint.get("deployment") or {}).get(key) or ()

    @property
    def objects(self) -> int:
        """How many Kubernetes objects there are."""
        return sum(resource["type"].startswith(KUBERNETES) for resource in self._listed("resources"))

    def protected_of(self, systems: Iterable[str]) -> list[str]:
        """Return the logical names of what Pulumi refuses to delete of these systems, on whichever cluster."""
        of = "|".join(map(re.escape, systems))
        mine = re.compile(rf"[^/]+/({of})([/:].*)?")
        names = (logical_name(resource["urn"]) for resource in self._listed("resources") if resource.get("protect"))
        return [name for name in names if mine.fullmatch(name)]

    @property
    def names(self) -> frozenset[str]:
        """The logical names of all objects and components."""
        listed = self._listed("resources")
        return frozenset(
            logical_name(resource["urn"]) for resource in listed if resource["type"].startswith((KUBERNETES, "naru:"))
        )

    def ids_of(self, kind: str) -> dict[str, str]:
        """Return the ids that the resources of a type have with whoever made them, by logical name."""
        return {
            logical_name(resource["urn"]): str(resource["id"])
            for resource in self._listed("resources")
            # What is replaced stays in the state until it is deleted.
            if resource["type"] == kind and resource.get("id") and not resource.get("delete")
        }

    def named(self, kind: str) -> list[str]:
        """Return the logical names of the resources and components of a type."""
        return [logical_name(resource["urn"]) for resource in self._listed("resources") if resource["type"] == kind]

    def regions_of_aws(self) -> dict[str, str]:
        """Return the region of what is in AWS by logical name; `global` of what has none, as its provider is called."""
        return {
            logical_name(resource["urn"]): _called(resource).removeprefix("aws/")
            for resource in self._listed("resources")
            if resource["type"].startswith(AWS) and not resource.get("delete")
        }

    def objects_of(self, kind: str) -> dict[str, Mapping[str, Any]]:
        """Return the objects of a kind as they were asked for, by logical name."""
        return {
            logical_name(resource["urn"]): resource.get("inputs") or {}
            for resource in self._listed("resources")
            if resource["type"].startswith(KUBERNETES) and resource["type"].rpartition(":")[2] == kind
        }

    @property
    def systems(self) -> list[str]:
        """The systems there are, on whichever cluster."""
        names = (logical_name(resource["urn"]) for resource in self._listed("resources") if resource["type"] == _SYSTEM)
        return list(dict.fromkeys(name.rpartition("/")[2] for name in names))

    @property
    def clusters(self) -> list[str]:
        """The clusters that something is on, those that the stack has no more among them."""
        mine = (_SYSTEM, _SHARED)
        names = (logical_name(resource["urn"]) for resource in self._listed("resources") if resource["type"] in mine)
        return list(dict.fromkeys(name.partition("/")[0] for name in names))

    def namespaces(self, cluster: str) -> dict[str, str]:
        """Return the UID of each namespace that was made on a cluster: what tells that cluster from any other."""
        found = {}
        for resource in self._listed("resources"):
            if resource["type"] == _NAMESPACE and logical_name(resource["urn"]).startswith(f"{cluster}/"):
                metadata = (resource.get("outputs") or {}).get("metadata") or {}
                if metadata.get("uid"):
                    found[metadata["name"]] = metadata["uid"]
        return found

    def schemas(self) -> dict[tuple[str, str, str], str]:
        """Return the version of the schema that each migrated database has, by system, service and database.

        A Job that failed is left out: the version that it was to lead to has not been reached.
        """
        reached: dict[tuple[str, str, str], str] = {}
        for resource in self._listed("resources"):
            if resource["type"] != _JOB or resource.get("initErrors"):
                continue
            metadata = (resource.get("inputs") or resource.get("outputs") or {}).get("metadata") or {}
            labels = metadata.get("labels") or {}
            place = (labels.get("app.kubernetes.io/part-of", ""), labels.get("app.kubernetes.io/component", ""))
            for said in filter(None, (metadata.get("annotations") or {}).get(SCHEMA, "").split(",")):
                database, _, version = said.partition("=")
                known = reached.get((*place, database), version)
                reached[*place, database] = max(known, version, key=schema_order)
        return reached

    @property
    def pending(self) -> list[str]:
        """The logical names of what an interrupted update had begun to make, and what can simply be made again."""
        return [
            logical_name(operation["resource"]["urn"])
            for operation in self._listed("pending_operations")
            if _forgettable(operation)
        ]

    def without_pending(self) -> dict[str, Any]:
        """Return the checkpoint without them: their names are fixed, so applying them again finds what there is."""
        kept = [operation for operation in self._listed("pending_operations") if not _forgettable(operation)]
        return {**self.checkpoint, "deployment": {**self.checkpoint["deployment"], "pending_operations": kept}}


def _called(resource: Mapping[str, Any]) -> str:
    """Return the logical name of a resource's provider, which the state refers to by URN and id."""
    return logical_name(str(resource.get("provider", "")).rpartition("::")[0])


def _forgettable(operation: Mapping[str, Any]) -> bool:
    # Components and providers are nothing outside the state; of anything else there may be one that nobody knows of.
    kind = operation["resource"]["type"]
    return bool(operation["type"] == "creating" and kind.startswith((KUBERNETES, "naru:", "pulumi:")))
