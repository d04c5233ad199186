"""Create, read, update and delete against an API server, on plain objects."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from local.provider import conditions, observed
from local.provider.api import Api, NotServed
from local.provider.awaiting import Awaiter
from local.provider.diff import refused_fields
from local.provider.engine import Log
from local.provider.objects import (
    FIELD_MANAGER,
    Type,
    annotation,
    is_true,
    namespace_of,
    split_id,
    timeout_of,
    type_of,
    with_namespace,
)
from local.provider.ownership import leave_ignored
from local.provider.properties import JsonObject
from local.provider.readiness import Ready, default_timeout, is_awaited, verdict
from local.provider.transport import ApiError

# Seconds before each new try of a creation whose namespace or kind is not there yet: order is not always declared.
_RETRIES: Final = (0.5, 1.0, 2.0, 4.0, 8.0)

# Kinds for which `pulumi.com/skipAwait` skips the wait for their end, too, as in the official provider.
_SKIP_AT_DELETION: Final = frozenset({"DaemonSet", "Deployment", "Job", "Namespace", "Pod", "StatefulSet"})
_PROPAGATION: Final = {"orphan": "Orphan", "background": "Background"}


class Refused(Exception):  # noqa: N818 - what the API server did, not what went wrong here
    """An operation that changed nothing, with what would make it work."""


@dataclass(frozen=True)
class Logs:
    """Where to tell what the API server warns of, and what is being waited for."""

    warning: Log
    status: Log


class Resources:
    """The objects of one cluster; `namespace` is that of objects that name none."""

    def __init__(self, api: Api, namespace: str, cancelled: threading.Event) -> None:
        self._api = api
        self._namespace = namespace
        self._cancelled = cancelled
        self._awaiter = Awaiter(api, cancelled)

    def create(self, inputs: Mapping[str, Any], *, timeout: float, logs: Logs) -> JsonObject:
        """Create or take over an object, wait until it is ready, and return it as it is then.

        Raises Refused, awaiting.NotReady, transport.Unreachable.
        """
        live = self._apply_patiently(inputs, logs)
        return self._await(inputs, live, timeout=timeout, logs=logs)

    def update(
        self, inputs: Mapping[str, Any], resource_id: str, ignored: Sequence[str], *, timeout: float, logs: Logs
    ) -> JsonObject:
        """Bring an object to its inputs, wait until it is ready, and return it as it is then.

        Raises Refused, awaiting.NotReady, transport.Unreachable.
        """
        try:
            live = self._apply(self._amended(inputs, resource_id, ignored), logs)
        except (ApiError, NotServed) as error:
            raise Refused(_explained(error)) from error
        return self._await(inputs, live, timeout=timeout, logs=logs)

    def preview(
        self, inputs: Mapping[str, Any], logs: Logs, resource_id: str = "", ignored: Sequence[str] = ()
    ) -> JsonObject | None:
        """Return what creating or, by its ID, updating an object would make of it.

        None where that cannot be known before other resources are. Raises Refused where the API server would refuse.
        """
        try:
            obj = self._amended(inputs, resource_id, ignored) if resource_id else self._place(inputs)
            return observed.planned(self._apply(obj, logs, dry_run=True))
        except NotServed:
            return None
        except ApiError as error:
            # Forbidden: the right to create it, or the namespace's policy, may come with the same update.
            # Immutable: the old object is still there, and is replaced first.
            if error.status in (403, 404) or refused_fields(error.causes):
                return None
            raise Refused(_explained(error)) from error

    def read(self, type_: Type, resource_id: str) -> JsonObject | None:
        """Return an object, None where it is gone. Raises Refused, transport.Unreachable."""
        namespace, name = split_id(resource_id)
        try:
            if not namespace and self._api.endpoint(type_).namespaced:
                namespace = self._namespace
            return self._api.read(type_, namespace, name)
        except NotServed:
            return None
        except ApiError as error:
            raise Refused(_explained(error)) from error

    def unreadiness(self, inputs: Mapping[str, Any], live: JsonObject) -> list[str]:
        """Return why an object is not ready at this moment, nothing where it is or is not waited for."""
        wanted = _conditions(inputs)
        return self._awaiter.unreadiness(live, wanted) if _is_awaited(inputs, wanted) else []

    def refused_fields(self, inputs: Mapping[str, Any]) -> list[str]:
        """Return the fields the API server would not let an update change, by a dry run that is silent otherwise."""
        silent = Logs(warning=lambda _: None, status=lambda _: None)
        try:
            self._apply(self._place(inputs), silent, dry_run=True, force=True)
        except NotServed:
            return []
        except ApiError as error:
            return refused_fields(error.causes) if error.reason == "Invalid" else []
        return []

    def is_unready_job(self, type_: Type, resource_id: str) -> bool:
        """Tell whether a Job is there and has not completed."""
        live = self.read(type_, resource_id)
        return live is not None and not isinstance(verdict(live), Ready)

    def delete(self, type_: Type, resource_id: str, inputs: Mapping[str, Any], *, timeout: float, logs: Logs) -> None:
        """Delete an object and wait until it is gone. Raises Refused, awaiting.StillThere, transport.Unreachable."""
        namespace, name = split_id(resource_id)
        propagation = _PROPAGATION.get(annotation(inputs, "deletionPropagationPolicy").lower(), "Foreground")
        try:
            lingers = self._api.delete(type_, namespace, name, propagation=propagation)
        except ApiError as error:
            raise Refused(_explained(error)) from error
        if lingers and not (is_true(inputs, "skipAwait") and type_.kind in _SKIP_AT_DELETION):
            seconds = timeout_of(inputs, timeout, default_timeout(type_))
            self._awaiter.until_gone(type_, namespace, name, timeout=seconds, status=logs.status)

    def _apply_patiently(self, inputs: Mapping[str, Any], logs: Logs) -> JsonObject:
        for pause in (*_RETRIES, None):
            try:
                return self._apply(self._place(inputs), logs)
            except (ApiError, NotServed) as error:
                waits = isinstance(error, NotServed) or error.status == 404
                if not waits or pause is None:
                    raise Refused(_explained(error)) from error
                logs.status(f"trying again: {error}")
                if self._cancelled.wait(pause):
                    message = f"cancelled: {error}"
                    raise Refused(message) from error
        raise AssertionError("the last try returns or raises")

    def _apply(
        self, obj: Mapping[str, Any], logs: Logs, *, dry_run: bool = False, force: bool | None = None
    ) -> JsonObject:
        forced = is_true(obj, "patchForce") or os.environ.get("PULUMI_K8S_ENABLE_PATCH_FORCE") == "true"
        return self._api.apply(
            obj,
            field_manager=_field_manager(obj),
            force=forced if force is None else force,
            dry_run=dry_run,
            warn=logs.warning,
        )

    def _place(self, inputs: Mapping[str, Any]) -> JsonObject:
        namespaced = self._api.endpoint(type_of(inputs)).namespaced
        return with_namespace(inputs, (namespace_of(inputs) or self._namespace) if namespaced else "")

    def _amended(self, inputs: Mapping[str, Any], resource_id: str, ignored: Sequence[str]) -> JsonObject:
        """Return what to apply to an object that is there already. Raises Refused where it is not."""
        live = self._api.read(type_of(inputs), *split_id(resource_id))
        if live is None:
            message = f"{type_of(inputs).kind} {resource_id} is gone; `pulumi refresh` brings the state up to date"
            raise Refused(message)
        return leave_ignored(self._place(inputs), live, ignored, _field_manager(inputs))

    def _await(self, inputs: Mapping[str, Any], live: JsonObject, *, timeout: float, logs: Logs) -> JsonObject:
        wanted = _conditions(inputs)
        if not _is_awaited(inputs, wanted):
            return live
        seconds = timeout_of(inputs, timeout, default_timeout(type_of(inputs)))
        return self._awaiter.until_ready(live, timeout=seconds, conditions=wanted, status=logs.status)


def _conditions(inputs: Mapping[str, Any]) -> list[conditions.Condition]:
    text = annotation(inputs, "waitFor")
    return conditions.parse(text) if text else []


def _is_awaited(inputs: Mapping[str, Any], wanted: Sequence[conditions.Condition]) -> bool:
    return not is_true(inputs, "skipAwait") and (bool(wanted) or is_awaited(type_of(inputs)))


def _field_manager(obj: Mapping[str, Any]) -> str:
    return annotation(obj, "patchFieldManager") or FIELD_MANAGER


def _explained(error: ApiError | NotServed) -> str:
    conflicts = [
        f"{cause.get('field')}: {cause.get('message')}"
        for cause in getattr(error, "causes", ())
        if cause.get("reason") == "FieldManagerConflict"
    ]
    if not conflicts:
        return str(error)
    return (
        f"other field managers own fields that differ here: {'; '.join(conflicts)}. "
        'To take them over, annotate the object with pulumi.com/patchForce: "true"; to leave them, drop them here'
    )
