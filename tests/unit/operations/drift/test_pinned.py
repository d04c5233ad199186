"""What should run of each system: what its Applications are pinned to, on the clusters that they name."""

from collections.abc import Mapping
from typing import Any

import pytest

from operations.drift.pinned import Pinned, Pins, pinned
from settings.environment import Cluster
from settings.stack import Stack
from tests.unit.operations.builders import manifest, stack, system

OLD, NEW = "a" * 40, "b" * 40


class Branch:
    """The commits of a branch, the newest last."""

    def __init__(self, **commits: dict[str, Any]) -> None:
        self._commits = dict(commits)
        self.tip = list(commits)[-1]

    def has(self, commit: str) -> bool:
        return commit in self._commits

    def files(self, commit: str) -> Mapping[str, dict[str, Any]]:
        return self._commits[commit]


def application(cluster: str, name: str = "shop", *, context: str = "", part: str = "workloads", path: str = "") -> Any:
    destination = {"name": context or {"seoul": "ctx-seoul", "tokyo": "t"}[cluster]}
    spec = {"source": {"path": path or f"{cluster}/{name}/{part}"}, "destination": destination}
    return manifest("Application", f"staging-{cluster}-{name}-{part}", "argocd", spec=spec)


def commit(version: str, *applications: Any, **more: Any) -> dict[str, Any]:
    """Return the files of a commit: those Applications, and a Deployment in the folder of each."""
    files = {}
    for one in applications:
        name, path = one["metadata"]["name"], one["spec"]["source"]["path"]
        files[f"seoul/applications/{path.split('/')[1]}/1-manifest/{name}.yaml"] = one
        files[f"{path}/1-manifest/api.yaml"] = manifest("Deployment", "api", spec={"version": version})
    return {**files, **more}


def looked(branch: Branch, pins: Mapping[str, Pins] | None = None, *systems: str, among: Stack | None = None) -> Pinned:
    found = among or stack(*(system(one) for one in systems or ("shop",)))
    return pinned(branch, found, lambda _: True, lambda one: (pins or {}).get(one, Pins()))


def versions(found: Pinned) -> list[tuple[str, str, str]]:
    return [(one.cluster, one.system, one.manifest["spec"]["version"]) for one in found.objects]


BOTH = Branch(**{OLD: commit("1", application("seoul")), NEW: commit("2", application("seoul"))})


def pins(commit: str, *names: str) -> Pins:
    return Pins(dict.fromkeys(names or ("staging-seoul-shop-workloads",), commit))


def test_release_that_waits_for_its_sync_is_not_what_should_run() -> None:
    found = looked(BOTH, {"shop": pins(OLD)})
    assert versions(found) == [("seoul", "shop", "1")]
    assert found.told == f"what {OLD[:12]} published ({NEW[:12]} is newer)"


def test_release_that_is_synced_is_what_should_run() -> None:
    found = looked(BOTH, {"shop": pins(NEW)})
    assert versions(found) == [("seoul", "shop", "2")]
    assert found.told == f"what {NEW[:12]} published"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (Pins(), "not synced yet"),
        (Pins(silent="Argo CD cannot be asked: no"), "Argo CD cannot be asked: no"),
        (pins("c" * 40), "its Application is at cccccccccccc"),
        (pins("env/staging"), "its Application is at env/staging"),
    ],
)
def test_where_nothing_says_what_should_run_it_is_the_newest_and_that_is_told(said: Pins, why: str) -> None:
    found = looked(BOTH, {"shop": said})
    assert versions(found) == [("seoul", "shop", "2")]
    assert found.told == f"what {NEW[:12]}, the newest, published: {why}"


def test_each_system_is_at_its_own_commit() -> None:
    names = ("shop", "mail", "desk")
    branch = Branch(**{one: commit(one[0], *(application("seoul", name) for name in names)) for one in (OLD, NEW)})
    said = {"shop": pins(OLD, "staging-seoul-shop-workloads"), "mail": pins(NEW, "staging-seoul-mail-workloads")}
    found = looked(branch, said, *names)
    assert versions(found) == [("seoul", "shop", "a"), ("seoul", "mail", "b"), ("seoul", "desk", "b")]
    assert found.told == (
        f"what was published: {OLD[:12]} of shop; {NEW[:12]} of mail; {NEW[:12]} of desk (the newest: not synced yet)"
    )


def test_in_the_middle_of_a_sync_each_part_is_at_its_own_commit() -> None:
    apps = (application("seoul"), application("tokyo"))
    branch = Branch(**{OLD: commit("1", *apps), NEW: commit("2", *apps)})
    said = Pins({"staging-seoul-shop-workloads": NEW, "staging-tokyo-shop-workloads": OLD})
    found = looked(branch, {"shop": said})
    assert versions(found) == [("seoul", "shop", "2"), ("tokyo", "shop", "1")]
    assert found.told == f"what was published: {NEW[:12]} of shop; {OLD[:12]} of shop"


def test_what_an_application_deployed_that_is_gone_is_missed() -> None:
    branch = Branch(**{OLD: commit("1", application("seoul"), application("tokyo"))})
    assert versions(looked(branch, {"shop": pins(OLD)})) == [("seoul", "shop", "1"), ("tokyo", "shop", "1")]


def test_branch_alone_says_which_folder_clusters_share() -> None:
    shared = application("tokyo", path="seoul/shop/workloads")
    branch = Branch(**{OLD: commit("1", application("seoul"), shared)})
    assert versions(looked(branch, {"shop": pins(OLD)})) == [("seoul", "shop", "1"), ("tokyo", "shop", "1")]


def test_cluster_is_the_one_of_the_context_and_of_the_name_where_several_have_it() -> None:
    clusters = {"seoul": Cluster(context="one", region="kr", primary=True), "tokyo": Cluster(context="one", region="j")}
    branch = Branch(**{OLD: commit("1", application("tokyo", context="one"))})
    found = looked(branch, {}, among=stack(system("shop"), clusters=clusters))
    assert [one.cluster for one in found.objects] == ["tokyo"]


def test_cluster_that_the_settings_do_not_have_is_told_once_and_the_others_are_compared() -> None:
    gone = [application("osaka", context="ctx-osaka", part=part) for part in ("foundation", "workloads")]
    found = looked(Branch(**{OLD: commit("1", application("seoul"), *gone)}), {"shop": pins(OLD)})
    assert versions(found) == [("seoul", "shop", "1")]
    ((one, why),) = found.unknown
    assert (one.cluster, one.subject) == ("ctx-osaka", "Cluster ctx-osaka")
    assert why == "no cluster of the settings has this context, and shop is published to it"


def test_fields_that_the_application_ignores_are_another_s() -> None:
    one = application("seoul")
    one["spec"]["ignoreDifferences"] = [
        {"kind": "Deployment", "group": "apps", "namespace": "ns", "name": "api", "jsonPointers": ["/spec/replicas"]}
    ]
    (found,) = looked(Branch(**{OLD: commit("1", one)}), {"shop": pins(OLD)}).objects
    assert found.ignored == ("spec.replicas",)


def test_what_is_published_of_a_system_that_the_files_here_do_not_have_is_compared_too() -> None:
    branch = Branch(**{OLD: commit("1", application("seoul", "mail"))})
    assert versions(looked(branch)) == [("seoul", "mail", "1")]
    only_shop = pinned(branch, stack(system("shop")), lambda one: one == "shop", lambda _: Pins())
    assert (only_shop.objects, only_shop.unknown) == ([], [])


def test_objects_of_a_sync_hook_are_not_expected_to_be_there() -> None:
    files = commit("1", application("seoul"))
    files["seoul/shop/workloads/1-manifest/job.yaml"] = manifest(
        "Job", "migrate", metadata={"annotations": {"argocd.argoproj.io/hook": "PreSync"}}
    )
    assert [one.manifest["kind"] for one in looked(Branch(**{OLD: files})).objects] == ["Deployment"]
