"""Volume claims of StatefulSets where Argo CD applies, which can change none of them."""

import pytest

from manifests.placed import Manifest
from operations.diff.finding import Finding
from operations.diff.model import Danger, Level
from operations.diff.pairs import Sides
from operations.diff.risks.data import data
from operations.diff.risks.downtime import downtime
from tests.unit.operations.diff.risks.samples import job, made, put, side, store

_SPEC = "spec/volumeClaimTemplates/0/spec"
_SIZE = f"{_SPEC}/resources/requests/storage"
_APPLICATION = made("Application", "shop", spec={})
_HOOK = job(annotations={"argocd.argoproj.io/hook": "Sync"})
_FAILS = "Argo CD cannot change it: the sync fails until the StatefulSet is made anew by hand; its claims stay"


def _told(before: Manifest, after: Manifest, *beside: Manifest) -> list[Finding]:
    sides = Sides(side([before, *beside]), side([after, *beside]))
    return [*data(sides), *downtime(sides)]


@pytest.mark.parametrize("beside", [_APPLICATION, _HOOK], ids=["Application", "hook"])
def test_a_volume_that_grows_fails_the_sync(beside: Manifest) -> None:
    (found,) = _told(store(), put(store(), _SIZE, "20Gi"), beside)

    assert (found.level, found.danger) == (Level.MEDIUM, Danger.DOWNTIME)
    assert found.reason == f"the claim data grows from 10Gi to 20Gi. {_FAILS}"


def test_a_volume_that_shrinks_fails_the_sync_and_is_one_risk() -> None:
    (found,) = _told(store(), put(store(), _SIZE, "5Gi"), _APPLICATION)

    assert (found.level, found.danger) == (Level.HIGH, Danger.DATA)
    assert found.reason == f"the claim data shrinks from 10Gi to 5Gi, which no volume can. {_FAILS}"


def test_another_storage_class_fails_the_sync_and_is_one_risk() -> None:
    (found,) = _told(store(), put(store(), f"{_SPEC}/storageClassName", "gp2"), _APPLICATION)

    assert (found.level, found.danger) == (Level.HIGH, Danger.DATA)
    assert found.reason == f"the claim data has the storageClassName gp2 for gp3. {_FAILS}"


def test_a_claim_of_another_name_fails_the_sync_and_is_one_risk() -> None:
    (found,) = _told(store(), put(store(), "spec/volumeClaimTemplates/0/metadata/name", "files"), _APPLICATION)

    assert (found.level, found.danger) == (Level.HIGH, Danger.DATA)
    assert "the claim data is removed or renamed: pods would start with empty volumes" in found.reason
    assert found.reason.endswith(_FAILS)


def test_another_selector_fails_the_sync() -> None:
    (found,) = _told(store(), put(store(), "spec/serviceName", "other"), _APPLICATION)

    assert (found.level, found.danger) == (Level.HIGH, Danger.DOWNTIME)
    assert found.reason == f"serviceName changes. {_FAILS}"


def test_the_same_size_in_another_spelling_is_no_risk() -> None:
    assert _told(store(), put(store(), _SIZE, "10240Mi"), _APPLICATION) == []


def test_without_argo_cd_it_is_made_anew() -> None:
    found = _told(store(), put(store(), _SIZE, "20Gi"))

    assert [one.danger for one in found] == [Danger.DOWNTIME]
    assert "it is deleted and made again" in found[0].reason
