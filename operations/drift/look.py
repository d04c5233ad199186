"""Looking at what is live, object by object, without changing any."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Final, Literal
from urllib.parse import quote

from manifests.placed import Manifest
from operations.api_server import ApiError, ApiServer
from operations.drift.compare import Difference, differences
from operations.drift.wanted import Wanted
from operations.needs import Kind

MANAGER: Final = "naru-drift"
"""Who asks: it owns nothing, so that what it would apply takes nothing away."""

_AT_ONCE: Final = 8

State = Literal["same", "drifted", "missing", "unexpected", "kept", "unknown"]
DRIFT: Final[frozenset[State]] = frozenset({"drifted", "missing", "unexpected"})
"""`kept` is none: it is rendered no more, and stays because it says so itself."""


@dataclass(frozen=True, slots=True)
class Found:
    """How one object is."""

    wanted: Wanted
    state: State
    differences: tuple[Difference, ...] = ()
    reason: str = ""
    """Why it could not be compared, or would be refused if it were applied again."""


def look(server: ApiServer, objects: Sequence[Wanted], served: Mapping[Kind, str]) -> list[Found]:
    """Compare objects of one cluster with what is there. Raises UnreachableError."""
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return list(threads.map(partial(_look, server, served), objects))


def path_of(manifest: Manifest, served: Mapping[Kind, str]) -> str | None:
    """Return where an API server has an object; None where it does not serve the kind."""
    version, kind, metadata = manifest["apiVersion"], manifest["kind"], manifest["metadata"]
    plural = served.get((version, kind))
    if plural is None:
        return None
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    namespace = metadata.get("namespace")
    place = f"/namespaces/{namespace}" if namespace else ""
    return f"{root}{place}/{plural}/{quote(metadata['name'])}"


def _look(server: ApiServer, served: Mapping[Kind, str], one: Wanted) -> Found:
    path = path_of(one.manifest, served)
    if path is None:
        version, kind = one.manifest["apiVersion"], one.manifest["kind"]
        return Found(one, "missing", reason=f"the cluster does not serve {kind} of {version}")
    try:
        live = server.get(path)
    except ApiError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return Found(one, "missing")
        return Found(one, "unknown", reason=str(error))
    if live["metadata"].get("deletionTimestamp"):
        return Found(one, "missing", reason=f"it is being deleted since {live['metadata']['deletionTimestamp']}")
    try:
        applied = server.would_apply(path, one.manifest, MANAGER)
    except ApiError as error:
        # A field that cannot change has drifted, or another admission refuses what was let in before.
        state: State = "drifted" if error.status == HTTPStatus.UNPROCESSABLE_ENTITY else "unknown"
        return Found(one, state, reason=str(error))
    found = differences(live, applied, one.ignored)
    return Found(one, "drifted" if found else "same", found)
