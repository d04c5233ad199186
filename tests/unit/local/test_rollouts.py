"""What the Argo Rollouts controller of the control plane may do."""

from __future__ import annotations

from local import rollouts
from local.preparation import _USERS


def allows(group: str, resource: str) -> set[str]:
    [role] = [obj for obj in rollouts.objects() if obj["kind"] == "ClusterRole"]
    return {
        verb
        for rule in role["rules"]
        if group in rule["apiGroups"] and resource in rule["resources"]
        for verb in rule["verbs"]
    }


def test_it_may_change_what_it_manages_and_delete_only_what_it_made() -> None:
    assert allows("argoproj.io", "rollouts") == {"get", "list", "watch", "update", "patch"}
    assert "delete" in allows("apps", "replicasets")
    assert "delete" not in allows("", "pods")
    assert allows("", "secrets") == {"get", "list", "watch"}
    assert allows("apps", "deployments") == allows("", "podtemplates") == {"get", "list", "watch", "update"}


def test_it_may_do_nothing_about_rights_and_nodes() -> None:
    assert allows("rbac.authorization.k8s.io", "clusterroles") == set()
    assert allows("", "nodes") == set()


def test_rights_are_those_of_the_user_of_its_certificate_alone() -> None:
    [binding] = [obj for obj in rollouts.objects() if obj["kind"] == "ClusterRoleBinding"]
    assert [(subject["kind"], subject["name"]) for subject in binding["subjects"]] == [
        ("User", _USERS["rollouts"].name)
    ]
    assert _USERS["rollouts"].groups == ()
    assert binding["roleRef"]["name"] in {
        obj["metadata"]["name"] for obj in rollouts.objects() if obj["kind"] == "ClusterRole"
    }
