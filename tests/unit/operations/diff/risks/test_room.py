"""Whether pods still have the room that they ask for: a namespace's quota, a container's memory."""

import pytest

from manifests.placed import Manifest
from operations.diff.model import Level
from operations.diff.risks.room import room
from tests.unit.operations.diff.risks.samples import (
    CONTAINER,
    Case,
    claim,
    harmless,
    judged,
    made,
    put,
    risky,
    workload,
)


def _quota(**hard: str) -> Manifest:
    return made("ResourceQuota", "quota", spec={"hard": {key.replace("_", "."): value for key, value in hard.items()}})


def _limited(memory: str) -> Manifest:
    return put(workload(), f"{CONTAINER}/resources/limits", {"memory": memory})


CASES = [
    risky(
        "a quota below what is asked for",
        Level.HIGH,
        "requests.cpu is 0.2, and the namespace asks for 0.3",
        (_quota(requests_cpu="1"), workload()),
        (_quota(requests_cpu="200m"), workload()),
    ),
    risky(
        "a quota of memory",
        Level.HIGH,
        "requests.memory is 256 MiB, and the namespace asks for 384 MiB",
        (_quota(requests_memory="1Gi"), workload()),
        (_quota(requests_memory="256Mi"), workload()),
    ),
    risky(
        "a quota of pods", Level.HIGH, "pods is 2, and", (_quota(pods="9"), workload()), (_quota(pods="2"), workload())
    ),
    risky(
        "a quota of claims",
        Level.HIGH,
        "persistentvolumeclaims is 0",
        (_quota(persistentvolumeclaims="3"), claim()),
        (_quota(persistentvolumeclaims="0"), claim()),
    ),
    risky("a new quota", Level.HIGH, "pods is 2, and", workload(), (_quota(pods="2"), workload())),
    risky(
        "more than the quota",
        Level.HIGH,
        "pods is 3, and the namespace asks for 5",
        (_quota(pods="3"), workload()),
        (_quota(pods="3"), workload(replicas=5)),
    ),
    risky("half the memory", Level.MEDIUM, "limit of api is 1Gi for 2Gi", _limited("2Gi"), _limited("1Gi")),
    risky("a quarter less memory", Level.LOW, "may be killed for memory", _limited("4Gi"), _limited("3Gi")),
    harmless("a little less memory", _limited("1000Mi"), _limited("800Mi")),
    harmless("more memory", _limited("1Gi"), _limited("2Gi")),
    harmless("no limit any more", _limited("1Gi"), workload()),
    harmless("a lower quota that has room", (_quota(pods="9"), workload()), (_quota(pods="5"), workload())),
    harmless("too much as before", (_quota(pods="2"), workload()), (_quota(pods="2"), workload(replicas=4))),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_pods_have_room(case: Case) -> None:
    judged(room, case)
