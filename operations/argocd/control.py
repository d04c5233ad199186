"""What Argo CD is told: look now, sync now, give up what you are at.

A merge patch that names the version of the object it is for: what was decided over another one is refused.
Source: Argo CD 3.3, `util/argo/argo.go` (SetAppOperation), `server/application/application.go` (TerminateOperation).
"""

import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from manifests.argocd.names import parent_name, project_name
from operations.api_server import ApiError, ApiServer, Object
from operations.argocd.state import Application, application
from settings.environment import ArgoCD
from settings.stack import Stack

_API: Final = "/apis/argoproj.io/v1alpha1"
_REFRESH: Final = "argocd.argoproj.io/refresh"
_WAVE: Final = "argocd.argoproj.io/sync-wave"
_GIVE_UP: Final = {"status": {"operationState": {"phase": "Terminating"}}}
_TRIES: Final = 20
_LOOK_EVERY: Final = 0.5


class Applications:
    """The Applications of a stack, where its Argo CD is."""

    def __init__(self, server: ApiServer, stack: Stack, argocd: ArgoCD) -> None:
        self._server = server
        self._stack = stack
        self._folder = f"{_API}/namespaces/{argocd.namespace}/applications"

    def of(self, system: str) -> tuple[Application | None, list[Application]]:
        """Return the parent of a system and its children, in the order they are moved.

        None where there is no parent. Raises ApiError and UnreachableError.
        """
        parent = self._read(parent_name(self._stack, system))
        if parent is None:
            return None, []
        return application(parent), [application(child) for child in self._children(system)]

    def refresh(self, system: str, *, children: bool = False) -> None:
        """Have a system's parent compared with its branch now. Raises ApiError and UnreachableError."""
        self._refresh(parent_name(self._stack, system))
        for child in self._children(system) if children else ():
            self._refresh(child["metadata"]["name"])

    def refreshed(self, system: str) -> bool:
        """Tell whether what `refresh` asked for is done. Raises ApiError and UnreachableError."""
        live = self._server.get(f"{self._folder}/{parent_name(self._stack, system)}")
        return _REFRESH not in (live["metadata"].get("annotations") or {})

    def sync(self, name: str, commit: str, *, by: str) -> None:
        """Start the sync of an Application to a commit; one that is at work gives that up instead, and is asked again.

        Raises ApiError and UnreachableError.
        """
        for _ in range(_TRIES):
            live = self._server.get(f"{self._folder}/{name}")
            if live.get("operation"):
                self._patch(live, _GIVE_UP)
                time.sleep(_LOOK_EVERY)
                continue
            policy = live["spec"].get("syncPolicy") or {}
            operation: dict[str, Any] = {
                "initiatedBy": {"username": by},
                "sync": {
                    "revision": commit,
                    "prune": self._prunes(live),
                    "syncOptions": policy.get("syncOptions") or [],
                    "syncStrategy": {"hook": {}},
                },
            }
            if self._patch(live, {"operation": operation, "status": {"operationState": None}}):
                return
        raise ApiError(HTTPStatus.CONFLICT, f"{name} does not give up what it is at")

    def terminate(self, name: str) -> None:
        """Have an Application give up what it is at. Raises ApiError and UnreachableError."""
        live = self._read(name)
        if live is not None and live.get("operation"):
            self._patch(live, _GIVE_UP)

    def give_up(self, system: str, commit: str) -> list[str]:
        """Have a system's Applications give up what they are at if it is for another commit; return their names.

        They would end that first, tries again and all, while a newer commit waits. Raises ApiError, UnreachableError.
        """
        parent, children = self.of(system)
        both = (*([parent] if parent else []), *children)
        left = [one.name for one in both if one.running and one.operated not in ("", commit)]
        for name in left:
            self.terminate(name)
        return left

    def _prunes(self, live: Object) -> bool:
        system = self._stack.systems.get((live["metadata"].get("labels") or {}).get("app.kubernetes.io/part-of", ""))
        return system is None or system.sync.prune

    def _children(self, system: str) -> list[Object]:
        project = project_name(self._stack, system)
        found = [one for one in self._server.items(self._folder) if one["spec"].get("project") == project]
        return sorted(found, key=lambda one: (_wave(one), one["metadata"]["name"]))

    def _refresh(self, name: str) -> None:
        self._server.merge(f"{self._folder}/{name}", {"metadata": {"annotations": {_REFRESH: "normal"}}})

    def _read(self, name: str) -> Object | None:
        try:
            return self._server.get(f"{self._folder}/{name}")
        except ApiError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def _patch(self, live: Object, body: Mapping[str, Any]) -> bool:
        """Change an Application that is still as it was read, and tell whether it was."""
        metadata = live["metadata"]
        try:
            self._server.merge(
                f"{self._folder}/{metadata['name']}",
                {**body, "metadata": {"resourceVersion": metadata["resourceVersion"]}},
            )
        except ApiError as error:
            if error.status == HTTPStatus.CONFLICT:
                return False
            raise
        return True


def _wave(live: Object) -> int:
    return int((live["metadata"].get("annotations") or {}).get(_WAVE, "0"))
