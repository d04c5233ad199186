"""What the state says was deployed."""

from typing import Any

from operations.deployed import Deployed, logical_name, resource_type

STACK_URN = "urn:pulumi:prod::naru::"


def resource(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"urn": f"{STACK_URN}naru:system:System${kind}::{name}", "type": kind, **more}


def namespace(cluster: str, name: str, uid: str) -> dict[str, Any]:
    outputs = {"metadata": {"name": name, "uid": uid}}
    return resource("kubernetes:core/v1:Namespace", f"{cluster}/plate:namespace:{name}", outputs=outputs)


def deployed(*resources: dict[str, Any], pending: tuple[dict[str, Any], ...] = ()) -> Deployed:
    return Deployed({"version": 3, "deployment": {"resources": list(resources), "pending_operations": list(pending)}})


def creating(kind: str, name: str, operation: str = "creating") -> dict[str, Any]:
    return {"type": operation, "resource": resource(kind, name)}


def test_a_stack_that_never_was_deployed_has_nothing() -> None:
    checkpoints: tuple[dict[str, Any], ...] = (
        {},
        {"deployment": {}},
        {"deployment": None},
        {"deployment": {"resources": None}},
    )
    for checkpoint in checkpoints:
        empty = Deployed(checkpoint)
        assert (empty.objects, empty.systems, empty.namespaces("seoul"), empty.pending) == (0, [], {}, [])


def test_clusters_are_those_that_something_is_on() -> None:
    found = deployed(
        resource("naru:system:SharedResources", "seoul/common"),
        resource("naru:system:System", "seoul/plate"),
        resource("naru:system:System", "osaka/plate"),
        resource("pulumi:providers:kubernetes", "tokyo"),
    )
    assert found.clusters == ["seoul", "osaka"]


def test_counts_kubernetes_objects_alone() -> None:
    assert deployed(resource("naru:system:System", "seoul/plate"), namespace("seoul", "plate", "1")).objects == 1


def test_namespaces_are_those_of_one_cluster() -> None:
    found = deployed(namespace("seoul", "plate", "1"), namespace("tokyo", "plate", "2"))
    assert found.namespaces("seoul") == {"plate": "1"}
    assert found.namespaces("tokyo") == {"plate": "2"}


def test_a_system_on_two_clusters_is_one_system() -> None:
    names = ("seoul/plate", "tokyo/plate", "seoul/ams")
    assert deployed(*(resource("naru:system:System", name) for name in names)).systems == ["plate", "ams"]


def test_protected_resources_of_the_chosen_systems_are_named() -> None:
    found = deployed(
        resource("k", "main/shop:namespace:shop", protect=True),
        resource("k", "main/shop/db:statefulset:db", protect=True),
        resource("k", "main/shop/api:deployment:api"),
        resource("k", "main/shopping:namespace:shopping", protect=True),
    )
    assert found.protected_of(["shop"]) == ["main/shop:namespace:shop", "main/shop/db:statefulset:db"]
    assert found.protected_of([]) == []


def test_pending_creations_of_objects_and_components_are_forgotten_and_all_else_kept() -> None:
    bucket = creating("aws:s3/bucket:Bucket", "backups")
    update = creating("kubernetes:apps/v1:Deployment", "b", "updating")
    pending = (
        creating("kubernetes:apps/v1:Deployment", "a"),
        creating("naru:workload:WebService", "c"),
        bucket,
        update,
    )
    found = deployed(namespace("seoul", "plate", "1"), pending=pending)
    assert found.pending == ["a", "c"]
    kept = found.without_pending()
    assert kept["deployment"]["pending_operations"] == [bucket, update]
    assert kept["deployment"]["resources"] == found.checkpoint["deployment"]["resources"]
    assert kept["version"] == 3


def test_a_type_is_without_those_of_its_parents() -> None:
    urn = resource("kubernetes:apps/v1:Deployment", "seoul/plate/api:deployment:api")["urn"]
    assert resource_type(urn) == "kubernetes:apps/v1:Deployment"
    assert logical_name(urn) == "seoul/plate/api:deployment:api"
    assert resource_type("") == ""


def migrated(database: str, version: str, *, service: str = "api", **more: Any) -> dict[str, Any]:
    labels = {"app.kubernetes.io/part-of": "shop", "app.kubernetes.io/component": service}
    annotations = {"naru/schema": f"{database}={version}"} if version else {}
    inputs = {"metadata": {"labels": labels, "annotations": annotations}}
    return resource("kubernetes:batch/v1:Job", f"main/shop/{service}-migrate:job:x", inputs=inputs, **more)


def test_schemas_are_those_of_the_jobs_that_completed() -> None:
    found = deployed(
        migrated("a", "7"),
        migrated("b", ""),
        migrated("c", "9", initErrors=["failed"]),
        migrated("a", "1", service="web"),
    )
    assert found.schemas() == {("shop", "api", "a"): "7", ("shop", "web", "a"): "1"}


def test_newest_schema_counts_where_a_replaced_job_is_left() -> None:
    assert deployed(migrated("a", "2.10", delete=True), migrated("a", "2.9")).schemas() == {
        ("shop", "api", "a"): "2.10"
    }


def test_several_databases_of_one_job_are_told_apart() -> None:
    assert deployed(migrated("a", "7,b=3")).schemas() == {("shop", "api", "a"): "7", ("shop", "api", "b"): "3"}


def test_ids_are_of_one_type_and_of_what_is_not_to_be_deleted() -> None:
    found = deployed(
        resource("aws:sqs/queue:Queue", "seoul/shop/aws/queue/jobs", id="queue"),
        resource("aws:route53/healthCheck:HealthCheck", "seoul/common/aws/health-check", id="old", delete=True),
        resource("aws:route53/healthCheck:HealthCheck", "seoul/common/aws/health-check", id="new"),
        resource("aws:route53/healthCheck:HealthCheck", "tokyo/common/aws/health-check"),
        resource("aws:route53/healthCheck:HealthCheck", "osaka/common/aws/health-check", id="older", delete=True),
    )
    assert found.ids_of("aws:route53/healthCheck:HealthCheck") == {"seoul/common/aws/health-check": "new"}
