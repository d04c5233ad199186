"""What Argo CD is told: look now, sync now, give up what you are at.

A merge patch that names the version of the object it is for: what was decided over another one is refused.
Source: Argo CD 3.3, `util/argo/argo.go` (SetAppOperation), `server/application/application.go` (TerminateOperation).
"""

import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from manifests.argocd.names import parent_name, project_name
from manifests.assembly import COMMON
from operations.api_server import ApiError, ApiServer, Object
from operations.argocd.state import Application, application, commit_of
from settings.environment import ArgoCD
from settings.stack import Stack

_API: Final = "/apis/argoproj.io/v1alpha1"
_REFRESH: Final = "argocd.argoproj.io/refresh"
_WAVE: Final = "argocd.argoproj.io/sync-wave"
_PART_OF: Final = "app.kubernetes.io/part-of"
_TERMINATING: Final = {"status": {"operationState": {"phase": "Terminating"}}}
_WITHDRAWN: Final = {"operation": None, "status": {"operationState": None}}
_TRIES: Final = 60
_LOOK_EVERY: Final = 0.5


class Applications:
    """The Applications of a stack, where its Argo CD is. Everything raises ApiError and UnreachableError."""

    def __init__(self, server: ApiServer, stack: Stack, argocd: ArgoCD) -> None:
        self._server = server
        self._stack = stack
        self._folder = f"{_API}/namespaces/{argocd.namespace}/applications"

    def of(self, system: str) -> tuple[Application | None, list[Application]]:
        """Return the parent of a system and its children, in the order they are moved; None where there is no parent.

        What the branch has no more, and is only left over, is not among the children.
        """
        live = self._read(parent_name(self._stack, system))
        if live is None:
            return None, []
        parent = self._application(live)
        children = [self._application(one) for one in self._children(system)]
        return parent, [one for one in children if one.name not in parent.left_over]

    def refresh(self, system: str) -> None:
        """Have a system's parent compared with its branch now."""
        body = {"metadata": {"annotations": {_REFRESH: "normal"}}}
        self._server.merge(f"{self._folder}/{parent_name(self._stack, system)}", body)

    def refreshed(self, system: str) -> bool:
        """Tell whether what `refresh` asked for is done."""
        live = self._server.get(f"{self._folder}/{parent_name(self._stack, system)}")
        return _REFRESH not in (live["metadata"].get("annotations") or {})

    def sync(self, name: str, commit: str, *, by: str) -> None:
        """Start the sync of an Application to a commit, once it gave up another; one to the same goes on."""
        for _ in range(_TRIES):
            live = self._server.get(f"{self._folder}/{name}")
            if live.get("operation"):
                if commit_of(live) == commit and not _ends(live):
                    return
                self._give_up(live)
                time.sleep(_LOOK_EVERY)
                continue
            if self._patch(live, {"operation": self._operation(live, commit, by), "status": {"operationState": None}}):
                return
        raise ApiError(HTTPStatus.CONFLICT, f"{name} does not give up what it is at")

    def left_behind(self, system: str, commit: str) -> dict[str, str]:
        """Return what is under way for a commit that nobody wants any more: Application to that commit.

        Nothing where the parent is not at `commit` itself: it may be past it.
        """
        return {live["metadata"]["name"]: commit_of(live) for live in self._left_behind(system, commit)}

    def give_way(self, system: str, commit: str) -> list[str]:
        """Have what is left behind give up, and return its names: it would end first, tries again and all."""
        left = self._left_behind(system, commit)
        for live in left:
            self._give_up(live)
        return [live["metadata"]["name"] for live in left]

    def withdraw(self, system: str) -> None:
        """Take back the operation of a system's parent that a sync window keeps: it would begin with nobody there."""
        live = self._read(parent_name(self._stack, system))
        if live is not None and live.get("operation"):
            self._patch(live, _WITHDRAWN)

    def _left_behind(self, system: str, commit: str) -> list[Object]:
        live = self._read(parent_name(self._stack, system))
        if live is None or ((live.get("status") or {}).get("sync") or {}).get("revision") != commit:
            return []
        found = [live] if live.get("operation") and commit_of(live) not in ("", commit) and not _ends(live) else []
        for child in self._children(system):
            target = (child["spec"].get("source") or {}).get("targetRevision", "")
            if child.get("operation") and commit_of(child) not in ("", target) and not _ends(child):
                found.append(child)
        return found

    def _give_up(self, live: Object) -> None:
        """Have an operation end that was judged; one that has not begun is taken back, as there is no state to end."""
        begun = bool((live.get("status") or {}).get("operationState"))
        self._patch(live, _TERMINATING if begun else {"operation": None})

    def _operation(self, live: Object, commit: str, by: str) -> dict[str, Any]:
        policy = live["spec"].get("syncPolicy") or {}
        found: dict[str, Any] = {
            "initiatedBy": {"username": by},
            "sync": {
                "revision": commit,
                "prune": self._prunes(live),
                "syncOptions": policy.get("syncOptions") or [],
                "syncStrategy": {"hook": {}},
            },
        }
        if policy.get("retry"):
            # Somebody asked for this very commit: no try takes a newer one.
            found["retry"] = {key: value for key, value in policy["retry"].items() if key != "refresh"}
        return found

    def _prunes(self, live: Object) -> bool:
        name = (live["metadata"].get("labels") or {}).get(_PART_OF, "")
        if name == COMMON:
            return all(system.sync.prune for system in self._stack.systems.values() if system.enabled)
        system = self._stack.systems.get(name)
        return system is None or system.sync.prune

    def _application(self, live: Object) -> Application:
        return application(live, prunes=self._prunes(live))

    def _children(self, system: str) -> list[Object]:
        project = project_name(self._stack, system)
        listed = self._server.items(self._folder, labelSelector=f"{_PART_OF}={system}")
        found = [one for one in listed if one["spec"].get("project") == project]
        return sorted(found, key=lambda one: (_wave(one), one["metadata"]["name"]))

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


def _ends(live: Object) -> bool:
    return ((live.get("status") or {}).get("operationState") or {}).get("phase") == "Terminating"


def _wave(live: Object) -> int:
    return int((live["metadata"].get("annotations") or {}).get(_WAVE, "0"))
