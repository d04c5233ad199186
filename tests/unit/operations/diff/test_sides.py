"""Every object of a stack by the cluster, system and name it has."""

from typing import Any

import pytest

from operations.diff.model import Subject
from operations.diff.sides import objects_of

WEB = {"kind": "Deployment", "metadata": {"namespace": "shop", "name": "web"}}
PROJECT = {"kind": "AppProject", "metadata": {"namespace": "argocd", "name": "prod-shop"}}


def application(cluster: str, path: str) -> dict[str, Any]:
    name = f"prod-{cluster}-{'-'.join(path.split('/')[1:])}"
    return {
        "kind": "Application",
        "metadata": {"namespace": "argocd", "name": name},
        "spec": {"source": {"path": path}},
    }


@pytest.mark.parametrize(
    ("folder", "cluster", "system"),
    [
        ("seoul/shop/workloads", "seoul", "shop"),
        ("seoul/shop", "seoul", "shop"),
        ("seoul/applications/shop", "seoul", "shop"),
        ("seoul/argocd", "seoul", "argocd"),
    ],
)
def test_a_folder_says_cluster_and_system(folder: str, cluster: str, system: str) -> None:
    assert objects_of("prod", {folder: [WEB]}) == {Subject(cluster, system, "Deployment", "shop", "web"): WEB}


def test_what_clusters_share_is_told_of_each() -> None:
    found = objects_of("prod", {"seoul/shop/workloads": [WEB]}, {"tokyo/shop/workloads": "seoul/shop/workloads"})

    assert [(subject.cluster, subject.system) for subject in found] == [("seoul", "shop"), ("tokyo", "shop")]


def test_applications_say_what_clusters_share_where_nobody_else_does() -> None:
    path = "seoul/korea-public-data/workloads"
    children = [application("seoul", path), application("tokyo", path), application("new-york", path)]
    found = objects_of("prod", {path: [WEB], "seoul/applications/korea-public-data": children})

    assert [subject.cluster for subject in found if subject.kind == "Deployment"] == ["seoul", "tokyo", "new-york"]


def test_applications_of_other_names_share_nothing() -> None:
    path = "seoul/shop/workloads"
    other = {**application("tokyo", path), "metadata": {"namespace": "argocd", "name": "somebody-elses-of-the-shop"}}
    found = objects_of("prod", {path: [WEB], "seoul/applications/shop": [other], "seoul/argocd": [PROJECT]})

    assert [subject.kind for subject in found] == ["Deployment", "Application", "AppProject"]
