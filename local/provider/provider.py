"""What the engine asks of a provider, on property maps: the decisions of one configured provider, without gRPC."""

from __future__ import annotations

import functools
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local.provider import checking, kubeconfig, observed, rendering
from local.provider.api import Api
from local.provider.awaiting import NotReady
from local.provider.configuration import Configuration
from local.provider.diff import (
    Change,
    changes,
    forces_replacement,
    keeps_name,
    property_path,
    under,
)
from local.provider.objects import (
    Type,
    id_of,
    is_true,
    namespace_of,
    split_id,
    with_namespace,
)
from local.provider.properties import JsonObject, has_unknowns, mark_secrets, plain, secret_texts
from local.provider.readiness import Ready, verdict
from local.provider.resources import Logs, Resources
from local.provider.transport import Transport

REPLACE_UNREADY = 'metadata.annotations["pulumi.com/replaceUnready"]'


class InitFailed(Exception):  # noqa: N818 - the object is there, and the engine records it
    """A resource that exists but is not ready: what the state is to hold of it, and why it is not ready."""

    def __init__(self, resource_id: str, state: JsonObject, inputs: JsonObject | None, reasons: Sequence[str]) -> None:
        self.resource_id = resource_id
        self.state = state
        self.inputs = inputs
        self.reasons = list(reasons)
        super().__init__("; ".join(reasons))


@dataclass(frozen=True)
class Plan:
    """What an update would do: its changes, and those paths among them that need a new object."""

    changes: Sequence[Change] = ()
    replaces: Sequence[str] = ()
    delete_before_replace: bool = False


@dataclass(frozen=True)
class Found:
    """A resource that was read: empty ID where it is gone."""

    resource_id: str = ""
    state: JsonObject = field(default_factory=dict)
    inputs: JsonObject = field(default_factory=dict)


def cluster_of(settings: Configuration) -> kubeconfig.Cluster:
    """Return the cluster a provider is configured for. Raises kubeconfig.KubeconfigError."""
    return kubeconfig.parse(kubeconfig.read(settings.kubeconfig), settings.context, settings.cluster)


class Provider:
    """One configured provider. It speaks to its cluster only when a call needs that."""

    def __init__(self, settings: Configuration, cancelled: threading.Event) -> None:
        self._settings = settings
        self._cancelled = cancelled
        self._connected: Resources | None = None
        self._lock = threading.Lock()

    @property
    def _resources(self) -> Resources:
        with self._lock:
            if self._connected is None:
                transport = Transport(cluster_of(self._settings))
                self._connected = Resources(Api(transport), self._namespace, self._cancelled)
            return self._connected

    @functools.cached_property
    def _namespace(self) -> str:
        """The namespace of objects that name none. Raises kubeconfig.KubeconfigError."""
        return self._settings.namespace or ("default" if self._renders else cluster_of(self._settings).namespace)

    @property
    def _renders(self) -> bool:
        return bool(self._settings.directory)

    def check(self, type_: Type, news: Mapping[str, Any]) -> tuple[JsonObject, checking.Failures]:
        """Return the inputs a resource is to have, and what is wrong with them by property."""
        inputs, failures = checking.check(type_, news)
        if not failures and checking.lacks_namespace(type_, inputs):
            inputs = with_namespace(inputs, self._namespace)
        return inputs, failures

    def diff(
        self,
        type_: Type,
        resource_id: str,
        old: Mapping[str, Any],
        new: Mapping[str, Any],
        state: Mapping[str, Any],
    ) -> Plan:
        """Return what bringing a resource from its old inputs to new ones would do."""
        before, after = self._comparable(old, resource_id), self._comparable(new, resource_id)
        found = changes(before, after)
        mutability = self._settings.mutability
        replacing = [change for change in found if forces_replacement(change, after, mutability)]
        replaces = [property_path(change.path) for change in replacing]
        if found and not replaces and not self._renders and not has_unknowns(new):
            fields = self._resources.refused_fields(after)
            replaces = [property_path(change.path) for name in fields for change in under(found, name)]
        if self._is_to_be_replaced(type_, resource_id, after, state):
            replaces.append(REPLACE_UNREADY)
        return Plan(found, list(dict.fromkeys(replaces)), bool(replaces) and keeps_name(before, after))

    def create(self, inputs: Mapping[str, Any], *, timeout: float, preview: bool, logs: Logs) -> tuple[str, JsonObject]:
        """Create a resource and return its ID and state; of a preview the ID is empty. Raises InitFailed, too."""
        obj = plain(inputs)
        if preview:
            return "", self._previewed(inputs, logs)
        if self._renders:
            return id_of(obj), self._render(inputs, logs)
        try:
            live = self._resources.create(obj, timeout=timeout, logs=logs)
        except NotReady as error:
            raise InitFailed(id_of(error.live), _state(error.live, inputs), None, error.reasons) from error
        return id_of(live), _state(live, inputs)

    def update(
        self,
        resource_id: str,
        inputs: Mapping[str, Any],
        ignored: Sequence[str],
        *,
        timeout: float,
        preview: bool,
        logs: Logs,
    ) -> JsonObject:
        """Bring a resource to its inputs and return its state. Raises InitFailed, too."""
        obj = plain(inputs)
        if preview:
            return self._previewed(inputs, logs, resource_id, ignored)
        if self._renders:
            return self._render(inputs, logs)
        try:
            live = self._resources.update(obj, resource_id, ignored, timeout=timeout, logs=logs)
        except NotReady as error:
            raise InitFailed(resource_id, _state(error.live, inputs), None, error.reasons) from error
        return _state(live, inputs)

    def read(self, type_: Type, resource_id: str, known: Mapping[str, Any], state: Mapping[str, Any]) -> Found:
        """Return a resource as it is: with known inputs, these as they are now, else all that looks like an input.

        Raises InitFailed for a known one that is not ready.
        """
        if self._renders:
            return Found(resource_id, dict(state), dict(known))
        live = self._resources.read(type_, resource_id)
        if live is None:
            return Found()
        if not known:
            inputs = observed.imported(live)
            return Found(id_of(live), _state(live, inputs), mark_secrets(inputs, inputs))
        inputs = mark_secrets(observed.inputs(live, plain(known)), known)
        found = Found(resource_id, _state(live, known), inputs)
        if reasons := self._resources.unreadiness(plain(known), live):
            raise InitFailed(resource_id, found.state, found.inputs, reasons)
        return found

    def delete(self, type_: Type, resource_id: str, inputs: Mapping[str, Any], *, timeout: float, logs: Logs) -> None:
        """Delete a resource and wait until it is gone."""
        if self._renders:
            rendering.remove(self._settings.directory, plain(inputs))
        else:
            self._resources.delete(type_, resource_id, plain(inputs), timeout=timeout, logs=logs)

    def _render(self, inputs: Mapping[str, Any], logs: Logs) -> JsonObject:
        path = rendering.write(self._settings.directory, plain(inputs))
        if secret_texts(inputs):
            logs.warning(f"{path} holds a secret in the clear; seal it, or refer to it by name")
        logs.status(f"rendered {path}")
        return dict(inputs)

    def _previewed(
        self, inputs: Mapping[str, Any], logs: Logs, resource_id: str = "", ignored: Sequence[str] = ()
    ) -> JsonObject:
        if self._renders or has_unknowns(inputs):
            return dict(inputs)
        live = self._resources.preview(plain(inputs), logs, resource_id, ignored)
        return dict(inputs) if live is None else mark_secrets(live, inputs)

    def _comparable(self, inputs: Mapping[str, Any], resource_id: str) -> JsonObject:
        """Return plain inputs in which a namespace left out is the one the object has."""
        obj: JsonObject = plain(inputs)
        namespace, _ = split_id(resource_id)
        return obj if namespace_of(obj) or not namespace else with_namespace(obj, self._namespace)

    def _is_to_be_replaced(
        self, type_: Type, resource_id: str, new: Mapping[str, Any], state: Mapping[str, Any]
    ) -> bool:
        """Tell whether a Job asks to be replaced while it has not completed: as the state knows, else as it is now."""
        if self._renders or type_.kind != "Job" or not is_true(new, "replaceUnready"):
            return False
        return not isinstance(verdict(plain(state)), Ready) and self._resources.is_unready_job(type_, resource_id)


def _state(live: Mapping[str, Any], inputs: Mapping[str, Any]) -> JsonObject:
    return mark_secrets(observed.outputs(live), inputs)
