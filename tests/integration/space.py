"""A namespace of one test on the control plane: what is put there, and what becomes of it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from local.plane import _alone
from local.progress import silent
from local.provider.api import Api
from local.provider.objects import Type
from local.session import Session

PATIENCE = 180.0  # seconds; a bound for a machine that does other things too, never waited for

NAMESPACE = Type("", "v1", "Namespace")
POD = Type("", "v1", "Pod")
SECRET = Type("", "v1", "Secret")


class Space:
    """The namespace."""

    def __init__(self, session: Session, name: str) -> None:
        self.api = Api(session)
        self.name = name

    def namespace(self, labels: dict[str, str]) -> None:
        metadata = {"name": self.name, "labels": labels}
        self._apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})

    def apply(self, api_version: str, kind: str, name: str, annotations: Any = None, **fields: Any) -> None:
        metadata = {"name": name, "namespace": self.name, "annotations": annotations or {}}
        self._apply({"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields})

    def _apply(self, obj: dict[str, Any]) -> None:
        self.api.apply(obj, field_manager="test", force=True, dry_run=False, warn=lambda warning: None)

    def pod(self, name: str, image: str = "example.com/app:1", **spec: Any) -> None:
        self.apply("v1", "Pod", name, spec={"containers": [{"name": "app", "image": image}], **spec})

    def read(self, type_: Type, name: str) -> dict[str, Any]:
        return self.api.read(type_, self.name, name) or {}

    def until(self, condition: Callable[[], Any]) -> Any:
        end = time.monotonic() + PATIENCE
        while not (found := condition()):
            assert time.monotonic() < end, [
                (pod["metadata"]["name"], pod["status"]) for pod in self.api.list(POD, self.name)
            ]
            time.sleep(0.1)
        return found

    def condition(self, type_: Type, name: str, condition: str, field: str = "status") -> str:
        conditions = self.read(type_, name).get("status", {}).get("conditions") or []
        return next((str(one.get(field, "")) for one in conditions if one["type"] == condition), "")

    def waiting(self, name: str) -> dict[str, Any]:
        statuses = self.read(POD, name).get("status", {}).get("containerStatuses") or [{}]
        found: dict[str, Any] = statuses[0].get("state", {}).get("waiting") or {}
        return found

    def events(self, name: str) -> list[tuple[str, str]]:
        return [
            (event["reason"], event["message"])
            for event in self.api.list(Type("", "v1", "Event"), self.name)
            if event["involvedObject"]["name"] == name and event["type"] == "Warning"
        ]


def ports_stay_free() -> AbstractContextManager[None]:
    """Have no other control plane come up meanwhile: it would take ports that one has just given up."""
    return _alone(silent)


@contextmanager
def new_space(session: Session) -> Iterator[Space]:
    """Make a namespace in which pods can be created, and remove it in the end."""
    made = Space(session, f"test-{uuid.uuid4().hex[:8]}")
    made.namespace({})
    account = Type("", "v1", "ServiceAccount")
    made.until(lambda: made.read(account, "default"))
    yield made
    made.api.delete(NAMESPACE, "", made.name, propagation="Background")
