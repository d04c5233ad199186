"""The files of a branch, and how changes of them are counted."""

import re
from typing import Protocol

import pytest

from operations.publishing import files
from operations.publishing.files import FileChange, branch_of, changed_files, files_of
from settings.environment import ArgoCD
from tests.unit.operations.builders import stack, system

ARGOCD = ArgoCD(repository="https://git.example.com/rendered.git")


class Pins(Protocol):
    """Returns what pins the Applications of a system, with other content of some of its parts."""

    def __call__(self, system_: str, **changed: bytes) -> bytes: ...


def an_application(path: str, *, prune: bool = True) -> bytes:
    automated = "{ prune: true }" if prune else "{}"
    return f"spec: {{ source: {{ path: {path} }}, syncPolicy: {{ automated: {automated} }} }}\n".encode()


SERVICE = "seoul/shop/workloads/1-manifest/v1-service-a-b.yaml"
RENDERED = {
    "seoul/shop/foundation/1-manifest": {"v1-namespace-shop.yaml": b"kind: Namespace\n"},
    "seoul/shop/workloads/1-manifest": {"v1-service-a-b.yaml": b"kind: Service\n"},
    "seoul/applications/shop/1-manifest": {
        "b.yaml": an_application("seoul/shop/workloads"),
        "a.yaml": an_application("seoul/shop/foundation"),
        "c.yaml": an_application("seoul/shop/workloads"),
    },
    "seoul/applications/common/1-manifest": {"c.yaml": an_application("seoul/common/foundation", prune=False)},
    "seoul/argocd/1-manifest": {"d.yaml": b"d\n"},
}


@pytest.fixture
def pins(monkeypatch: pytest.MonkeyPatch) -> Pins:
    """What pins the Applications of a system where these files are rendered, with one changed."""

    def of(system_: str, **changed: bytes) -> bytes:
        rendered = {folder: {**inside} for folder, inside in RENDERED.items()}
        for part, content in changed.items():
            (name,) = rendered[f"seoul/shop/{part}/1-manifest"]
            rendered[f"seoul/shop/{part}/1-manifest"] = {name: content}
        monkeypatch.setattr(files, "rendered", lambda _: rendered)
        return files_of(stack(system("shop"), system("desk")))[f"seoul/applications/{system_}/pinned.jsonnet"]

    return of


def test_each_folder_of_applications_is_pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "rendered", lambda _: RENDERED)
    found = files_of(stack(system("shop"), system("desk")))
    pinned = {path for path in found if path.endswith(".jsonnet")}
    assert pinned == {f"seoul/applications/{name}/pinned.jsonnet" for name in ("common", "shop")}
    assert found.keys() - pinned - {"release.yaml"} == {
        f"{folder}/{name}" for folder, inside in RENDERED.items() for name in inside
    }


def applied(pin: bytes) -> dict[str, list[str]]:
    """Return what each Application is said to apply, by its file, of those that are to be synced for it."""
    found = re.findall(r"importstr '1-manifest/(.)\.yaml', true, \[\n(.*?)  \]\)", pin.decode(), re.DOTALL)
    return {name: re.findall(r"importstr '(.+)'", lines) for name, lines in found}


def test_pin_reads_what_each_application_applies(pins: Pins) -> None:
    """As it stands beside it in the branch: Argo CD's repository server makes the hash."""
    foundation = ["../../shop/foundation/1-manifest/v1-namespace-shop.yaml"]
    workloads = ["../../shop/workloads/1-manifest/v1-service-a-b.yaml"]
    assert applied(pins("shop")) == {"a": foundation, "b": workloads, "c": workloads}


def test_pin_stays_with_another_content_so_that_neighbours_are_reverted_one_by_one(pins: Pins) -> None:
    assert pins("shop", workloads=b"kind: Serving\n") == pins("shop")


def test_pin_names_no_config_map_whose_name_changes_with_its_content(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("v1-configmap-a-b-env-0123abcd.yaml", "v1-configmap-a-b.yaml", "v1-service-a-0123abcd.yaml")
    inside = {"seoul/shop/workloads/1-manifest": dict.fromkeys(names, b"kind: Any\n")}
    monkeypatch.setattr(files, "rendered", lambda _: {**RENDERED, **inside})
    found = files_of(stack(system("shop"), system("desk")))["seoul/applications/shop/pinned.jsonnet"]
    assert [path.rpartition("/")[2] for path in applied(found)["b"]] == list(names[1:])


def test_application_that_does_not_prune_is_not_synced_without_a_difference(pins: Pins) -> None:
    """Argo CD would not: it takes it for one that waits for somebody to delete what is no longer there."""
    assert "importstr '1-manifest/c.yaml', false, [" in pins("common").decode()


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
        "seoul/applications/shop/pinned.jsonnet": "1",
        "seoul/argocd/1-manifest/e": "1",
        "release.yaml": "1",
    }
    found = changed_files(before, after)
    assert found == {"argocd": FileChange(2, 0, 0), "shop": FileChange(2, 1, 1)}
    assert [str(one) for one in found.values()] == ["2 added", "2 added, 1 changed, 1 removed"]
