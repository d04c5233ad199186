"""Whether the inputs of a resource make sense before any API server is asked, and what they are then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from local.provider import conditions
from local.provider.objects import Type, annotation, dig, type_of
from local.provider.properties import JsonObject, Unknown, plain

Failures = dict[str, str]

# Modules of the official provider that are programs of their own rather than Kubernetes objects.
_OTHER_MODULES: Final = frozenset({"helm.sh", "kustomize", "yaml"})


def check(type_: Type, news: Mapping[str, Any]) -> tuple[JsonObject, Failures]:
    """Return the inputs with their type filled in, and what is wrong with them by property."""
    if type_.group in _OTHER_MODULES:
        return dict(news), {"": f"{type_} is not served by this provider; it needs the official one"}
    inputs: JsonObject = {"apiVersion": type_.api_version, "kind": type_.kind, **news}
    return inputs, _type_failures(type_, inputs) | _metadata_failures(inputs)


def lacks_namespace(type_: Type, inputs: Mapping[str, Any]) -> bool:
    """Tell whether an object needs a namespace and names none; of kinds that only the API server knows, it decides."""
    return type_.is_namespaced is True and not dig(plain(inputs), "metadata", "namespace")


def _type_failures(type_: Type, inputs: Mapping[str, Any]) -> Failures:
    given = type_of(plain(inputs))
    if given == type_:
        return {}
    return {"kind": f"the object is {given}, the resource {type_}; both must be the same"}


def _metadata_failures(inputs: Mapping[str, Any]) -> Failures:
    metadata = plain(inputs.get("metadata"))
    if isinstance(metadata, Unknown):
        return {}
    if not isinstance(metadata, Mapping):
        return {"metadata": "missing; expected a map with a name"}
    name = metadata.get("name")
    if not isinstance(name, str | Unknown) or not name:
        return {"metadata.name": "missing; names are explicit here, none is made up"}
    try:
        if text := annotation({"metadata": metadata}, "waitFor"):
            conditions.parse(text)
    except conditions.ConditionError as error:
        return {'metadata.annotations["pulumi.com/waitFor"]': str(error)}
    return {}
