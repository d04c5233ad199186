"""What is read from an object and its type token."""

from __future__ import annotations

import pytest

from local.provider.objects import (
    Type,
    id_of,
    split_id,
    timeout_of,
    type_of,
    type_of_token,
    type_of_urn,
    with_namespace,
)


@pytest.mark.parametrize(
    ("token", "api_version"),
    [
        ("kubernetes:apps/v1:Deployment", "apps/v1"),
        ("kubernetes:core/v1:Service", "v1"),
        ("kubernetes:cert-manager.io/v1:ClusterIssuer", "cert-manager.io/v1"),
    ],
)
def test_a_type_token_names_group_version_and_kind(token: str, api_version: str) -> None:
    kind = token.rpartition(":")[2]
    assert type_of_token(token) == type_of({"apiVersion": api_version, "kind": kind})
    assert type_of_token(token).api_version == api_version


@pytest.mark.parametrize("token", ["aws:s3/bucket:Bucket", "kubernetes:v1:Pod", "kubernetes:a/b/c:Pod"])
def test_a_token_of_another_shape_is_refused_with_the_right_one(token: str) -> None:
    with pytest.raises(ValueError, match="expected kubernetes:<group>/<version>:<Kind>"):
        type_of_token(token)


def test_the_type_of_a_child_is_the_last_of_its_urn() -> None:
    urn = "urn:pulumi:local::naru::naru:workload:WebService$kubernetes:apps/v1:Deployment::api"
    assert type_of_urn(urn) == Type("apps", "v1", "Deployment")


@pytest.mark.parametrize(
    ("type_", "namespaced"),
    [
        (Type("", "v1", "Secret"), True),
        (Type("", "v1", "Namespace"), False),
        (Type("rbac.authorization.k8s.io", "v1", "ClusterRole"), False),
        (Type("cert-manager.io", "v1", "ClusterIssuer"), None),
    ],
)
def test_only_the_api_server_knows_whether_a_custom_kind_is_namespaced(type_: Type, namespaced: bool | None) -> None:
    assert type_.is_namespaced is namespaced


@pytest.mark.parametrize("namespace", ["demo", ""])
def test_an_id_holds_namespace_and_name(namespace: str) -> None:
    obj = with_namespace({"metadata": {"name": "api"}}, namespace)
    assert split_id(id_of(obj)) == (namespace, "api")


def test_taking_the_namespace_away_leaves_no_empty_key() -> None:
    assert with_namespace({"metadata": {"name": "a", "namespace": "b"}}, "") == {"metadata": {"name": "a"}}


@pytest.mark.parametrize(
    ("requested", "annotation", "expected"), [(5, "30", 5), (0, "30", 30), (0, "", 600), (0, "soon", 600)]
)
def test_the_resource_option_beats_the_annotation_and_that_the_default(
    requested: float, annotation: str, expected: float
) -> None:
    obj = {"metadata": {"annotations": {"pulumi.com/timeoutSeconds": annotation}}}
    assert timeout_of(obj, requested, 600) == expected
