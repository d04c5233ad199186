"""A stack whose primary region is another one than that of what it keeps in AWS: nothing is made anew elsewhere."""

from typing import Any

import pytest

from operations.deployed import Deployed
from operations.primary_moved import moved, refusal
from settings.environment import Environment
from tests.aws_stacks import SEOUL, TOKYO, an_aws_cluster, an_aws_stack

BUCKET = "global/ams/aws/bucket/backups"
COPIES, REPLICATION = (
    f"global/common/aws/replication/{SEOUL}",
    "aws:ecr/replicationConfiguration:ReplicationConfiguration",
)
DATABASE, REPLICA = "seoul/ams/aws/data-store/postgresql", "tokyo/ams/aws/data-store/postgresql"


def resource(kind: str, name: str, provider: str = "", **more: Any) -> dict[str, Any]:
    urn = "urn:pulumi:prod::naru::"
    by = {"provider": f"{urn}pulumi:providers:aws::{provider}::1c0ffee"} if provider else {}
    return {"urn": f"{urn}{kind}::{name}", "type": kind, **by, **more}


STATE = Deployed(
    {
        "deployment": {
            "resources": [
                resource("naru:aws:Bucket", BUCKET),
                resource("aws:s3/bucket:Bucket", BUCKET, f"aws/{SEOUL}", protect=True),
                resource("aws:s3/bucketPolicy:BucketPolicy", f"{BUCKET}/policy", f"aws/{SEOUL}"),
                resource("aws:iam/role:Role", "global/ams/aws/role/ams", "aws/global"),
                resource("naru:aws:Database", DATABASE),
                resource("aws:rds/instance:Instance", DATABASE, f"aws/{SEOUL}", protect=True),
                resource("naru:aws:DatabaseReplica", REPLICA),
                resource("aws:rds/instance:Instance", REPLICA, f"aws/{TOKYO}", protect=True),
                resource("naru:aws:Cache", "seoul/ams/aws/data-store/redis"),
            ]
        }
    }
)


def environment(primary: str, **changes: Any) -> Environment:
    clusters = {
        "seoul": an_aws_cluster("seoul", SEOUL, 64, primary=primary == "seoul"),
        "tokyo": an_aws_cluster("tokyo", TOKYO, 65, primary=primary == "tokyo"),
    }
    return an_aws_stack(clusters=clusters, **changes).environment


def test_nothing_moves_while_the_primary_cluster_is_the_same() -> None:
    assert moved(STATE, environment("seoul")) == ()
    assert refusal(STATE, environment("seoul")) == []


def test_what_one_region_has_moves_with_the_primary_cluster() -> None:
    assert set(moved(STATE, environment("tokyo"))) == {
        DATABASE,
        "seoul/ams/aws/data-store/redis",
        BUCKET,
        f"{BUCKET}/policy",
    }


@pytest.mark.parametrize(
    "state",
    [
        Deployed({}),
        Deployed({"deployment": {"resources": [resource("aws:iam/role:Role", "global/a/aws/role/a", "aws/global")]}}),
        Deployed(
            {"deployment": {"resources": [resource("aws:s3/bucket:Bucket", BUCKET, f"aws/{SEOUL}", delete=True)]}}
        ),
        Deployed({"deployment": {"resources": [resource(REPLICATION, COPIES, f"aws/{SEOUL}")]}}),
    ],
    ids=["nothing-there-yet", "what-has-no-region", "what-is-being-deleted", "what-the-registry-has"],
)
def test_what_is_not_of_the_primary_region_does_not_move(state: Deployed) -> None:
    assert moved(state, environment("tokyo")) == ()


def test_refusal_says_what_would_be_made_anew_and_what_to_do() -> None:
    found, way = refusal(STATE, environment("tokyo"))
    assert found == (
        f"refused: tokyo ({TOKYO}) is the primary cluster now, where AWS would make "
        f"seoul/ams/aws/data-store/redis, {DATABASE}, {BUCKET} and 1 more anew, empty"
    )
    assert "When the primary region is lost" in way
