"""The files of a branch, and how changes of them are counted."""

import pytest

from manifests.argocd.pin import pin
from operations.publishing import files
from operations.publishing.files import FileChange, branch_of, changed_files, files_of
from settings.environment import ArgoCD
from tests.unit.operations.builders import stack, system

ARGOCD = ArgoCD(repository="https://git.example.com/rendered.git")


def test_each_folder_of_applications_is_pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    rendered = {
        "seoul/shop/workloads/1-manifest": {"v1-service-a-b.yaml": b"kind: Service\n"},
        "seoul/applications/shop/1-manifest": {"b.yaml": b"b\n", "a.yaml": b"a\n"},
        "seoul/applications/common/1-manifest": {"c.yaml": b"c\n"},
        "seoul/argocd/1-manifest": {"d.yaml": b"d\n"},
    }
    monkeypatch.setattr(files, "rendered", lambda _: rendered)
    found = files_of(stack(system("shop"), system("desk")))
    pins = {path: content for path, content in found.items() if path.endswith(".jsonnet")}
    assert pins == {
        "seoul/applications/common/pinned.jsonnet": pin(["1-manifest/c.yaml"]).encode(),
        "seoul/applications/shop/pinned.jsonnet": pin(["1-manifest/a.yaml", "1-manifest/b.yaml"]).encode(),
    }
    assert found.keys() - pins.keys() - {"release.yaml"} == {
        f"{folder}/{name}" for folder, inside in rendered.items() for name in inside
    }


def test_branch_is_named_after_the_stack_unless_told() -> None:
    assert branch_of(stack()) == "env/staging"
    assert branch_of(stack(argocd=ARGOCD)) == "env/staging"
    told = ARGOCD.model_copy(update={"branch": "rendered"})
    assert branch_of(stack(argocd=told)) == "rendered"


def test_files_are_counted_by_system() -> None:
    before = {"seoul/shop/workloads/a": "1", "seoul/shop/foundation/b": "1", "seoul/desk/workloads/c": "1"}
    after = {
        "seoul/shop/workloads/a": "2",
        "tokyo/shop/workloads/a": "2",
        "seoul/desk/workloads/c": "1",
        "seoul/applications/shop/1-manifest/d": "1",
        "seoul/argocd/1-manifest/e": "1",
        "release.yaml": "1",
    }
    found = changed_files(before, after)
    assert found == {"argocd": FileChange(2, 0, 0), "shop": FileChange(1, 1, 1)}
    assert [str(one) for one in found.values()] == ["2 added", "1 added, 1 changed, 1 removed"]
