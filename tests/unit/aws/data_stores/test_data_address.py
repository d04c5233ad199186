"""The names of managed data stores: what the clusters call leads to what AWS made."""

from manifests.assembly import assemble
from settings.aws.managed import identifier
from tests.moto.network import records
from tests.unit.aws.data_stores.conftest import Made
from tests.unit.manifests.test_managed_store import hosts

REPLICA = "tokyo/shop/aws/data-store/books"
REPLICA_HOST = "books-replica.tokyo.shop.data.internal"


def cnames(made: Made) -> dict[str, tuple[list[str], int]]:
    aws = made.stack.environment.aws
    assert aws is not None
    assert aws.private_zone is not None
    return {
        str(one["Name"]).rstrip("."): ([value["Value"] for value in one["ResourceRecords"]], one["TTL"])  # type: ignore[attr-defined, misc]
        for one in records(aws.private_zone.id)
        if one["Type"] == "CNAME"
    }


def test_each_name_leads_to_its_instance(made: Made) -> None:
    outputs = made.outputs
    assert cnames(made) == {
        **{
            f"{name}.shop.data.internal": ([outputs[f"seoul/shop/aws/data-store/{name}"]["address"]], 60)
            for name in ("db", "books", "redis", "valkey")
        },
        REPLICA_HOST: ([outputs[REPLICA]["address"]], 60),
    }
    assert len({target for (target,), _ in cnames(made).values()}) == 5


def test_what_pods_call_is_what_the_zone_has(made: Made) -> None:
    """The Services are made of names alone, so that files have them before anything is in AWS."""
    called = {cluster: hosts(assemble(made.stack, cluster)["shop"]) for cluster in made.stack.environment.clusters}
    assert set(called["tokyo"].values()) == set(cnames(made))
    assert set(called["seoul"].values()) == set(cnames(made)) - {REPLICA_HOST}
    assert called["tokyo"]["books-replica"] == REPLICA_HOST


def test_name_in_aws_is_the_one_that_is_checked(made: Made) -> None:
    system = made.stack.systems["shop"]
    checked = {identifier(made.stack, system, store) for store in system.data_stores.values()}
    arns = {str(found["arn"]).rsplit(":", 1)[1] for found in made.outputs.values()}
    assert arns == checked
