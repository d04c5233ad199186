"""What an edit of a project's files puts at risk in AWS: every risk of it is told, and no other."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from operations.diff.model import Danger, Level, Objects
from tests.unit.operations.diff.aws_sides import DRAINED, OLDER, PROD, SHOP, Change, compared


@dataclass(frozen=True)
class Case:
    """Edits of the project, and every risk that they are: level, danger, object, a part of the reason."""

    edits: tuple[Change, ...]
    risks: tuple[tuple[Level, Danger, str, str], ...]


HIGH, MEDIUM, LOW, CRITICAL = Level.HIGH, Level.MEDIUM, Level.LOW, Level.CRITICAL
BUCKET = "buckets: { backups: {} }"
DATABASE = "AWS Database shop/store"
API = "AWS ServiceRole shop/api"
STORE = "    dataStores:\n      store:\n"
WEB = "    services:\n      web:\n"
ROTATED = '    api:\n      rotation: { function: "arn:aws:lambda:ap-northeast-2:111122223333:function:rotate" }\n'
RISKS = {
    "a-bucket-that-goes": Case(
        ((SHOP, BUCKET, "buckets: {}"), (SHOP, "          buckets: { backups: read }\n", "")),
        ((MEDIUM, Danger.DATA, "AWS Bucket shop/backups", "it is removed: as it is protected, the update ends there"),),
    ),
    "a-bucket-that-is-renamed": Case(
        ((SHOP, BUCKET, "buckets: { backups: { name: shop-backups } }"),),
        (
            (MEDIUM, Danger.DATA, "AWS Bucket shop/backups", "name cannot change"),
            (MEDIUM, Danger.PERMISSIONS, API, "s3:GetObject on arn:aws:s3:::shop-backups"),
        ),
    ),
    "a-bucket-without-versions": Case(
        ((SHOP, BUCKET, "buckets: { backups: { versioning: false, expireAfter: 30, oldVersions: 10 } }"),),
        ((HIGH, Danger.DATA, "AWS Bucket shop/backups", "without versions"),),
    ),
    "a-bucket-that-is-locked": Case(
        ((SHOP, BUCKET, "buckets: { backups: { objectLock: { days: 30 } } }"),),
        ((MEDIUM, Danger.DATA, "AWS Bucket shop/backups", "lockMode cannot change"),),
    ),
    "an-older-version": Case(
        (OLDER,),
        ((HIGH, Danger.DATA, DATABASE, "the version goes back from 17 to 16, which AWS refuses"),),
    ),
    "a-newer-version": Case(
        ((SHOP, 'version: "17"', 'version: "18"'), (SHOP, STORE, f'{STORE}        image: {{ tag: "18" }}\n')),
        ((MEDIUM, Danger.DOWNTIME, DATABASE, "the major version 18 is new"),),
    ),
    "a-database-whose-logs-end-sooner": Case(
        ((SHOP, "storageGib: 20", "storageGib: 20\n          logDays: 7"),),
        ((MEDIUM, Danger.DATA, DATABASE, "logs are kept for 7 days, not 90"),),
    ),
    "a-smaller-database": Case(
        ((SHOP, "storageGib: 20", "storageGib: 20\n          multiAz: false\n          backupDays: 1"),),
        (
            (MEDIUM, Danger.DATA, DATABASE, "backups are kept for 1 days, not 14"),
            (MEDIUM, Danger.DOWNTIME, DATABASE, "no other zone takes over"),
        ),
    ),
    "another-instance-class": Case(
        ((SHOP, "db.t4g.medium", "db.t4g.large"),),
        (
            (LOW, Danger.DOWNTIME, DATABASE, "it becomes a db.t4g.large"),
            (MEDIUM, Danger.DOWNTIME, "AWS DatabaseReplica shop/store", "it becomes a db.t4g.large"),
        ),
    ),
    "another-first-database": Case(
        ((SHOP, "engine: postgresql\n", "engine: postgresql\n    databases: [orders]\n"),),
        ((HIGH, Danger.DATA, DATABASE, "database cannot change"),),
    ),
    "no-replica": Case(
        ((SHOP, "          replicas: [tokyo]\n", ""),),
        (
            (MEDIUM, Danger.DATA, "AWS DatabaseReplica shop/store", "its region has no copy to go on with"),
            (HIGH, Danger.DOWNTIME, "AWS DataAddress shop/store-replica", "does not find it"),
        ),
    ),
    "nothing-is-protected": Case(
        ((PROD, "policies: { mutableTags: false }", "policies: { mutableTags: false, protectData: false }"),),
        (
            (HIGH, Danger.DATA, DATABASE, "nothing protects AWS Database shop/store, "),
            (HIGH, Danger.DATA, "AWS LogBucket common/log-bucket", "nothing protects AWS LogBucket common/log-bucket "),
        ),
    ),
    "connections-without-tls": Case(
        ((SHOP, "cache.t4g.small }", "cache.t4g.small, plainAllowed: true }"),),
        ((HIGH, Danger.EXPOSURE, "AWS Cache shop/cache", "it takes connections without TLS"),),
    ),
    "a-role-that-may-more": Case(
        ((SHOP, "buckets: { backups: read }", "buckets: { backups: read-write }"),),
        ((HIGH, Danger.PERMISSIONS, API, "may s3:AbortMultipartUpload, s3:PutObject on arn:aws:s3:::"),),
    ),
    "a-role-that-may-less": Case(((SHOP, "          queues: { orders: send }\n", ""),), ()),
    "a-new-role": Case(
        ((SHOP, WEB, f"{WEB}        aws: {{ queues: {{ orders: receive }} }}\n"),),
        ((MEDIUM, Danger.PERMISSIONS, "AWS ServiceRole shop/web", "a new role, which may sqs:GetQueueAttributes, "),),
    ),
    "a-region-out-of-traffic": Case(
        (DRAINED,),
        ((MEDIUM, Danger.DOWNTIME, "AWS PublicRecords shop/shop", "shop.example.com no longer leads to tokyo"),),
    ),
    "another-host": Case(
        ((PROD, "shop: shop.example.com", "shop: www.example.com"),),
        ((HIGH, Danger.DOWNTIME, "AWS PublicRecords shop/shop", "the records of shop.example.com are made anew"),),
    ),
    "rules-that-only-count": Case(
        ((PROD, "owner: platform", "owner: platform\n      webAcl: { rateLimit: 9000, counting: [common] }"),),
        ((HIGH, Danger.EXPOSURE, "AWS WebAcl common/web-acl", "the rules common only count what they would block"),),
    ),
    "a-parameter-that-goes": Case(
        (
            (SHOP, "parameters: { limits/orders: {} }", "parameters: { other: {} }"),
            (SHOP, "          parameters: [limits/orders]\n", ""),
        ),
        ((HIGH, Danger.DATA, "AWS ParameterTree shop/parameters", "/shop/prod/limits/orders is removed"),),
    ),
    "no-rotation": Case(
        (
            (SHOP, ROTATED, "    api: { recoveryDays: 7 }\n"),
        ),
        (
            (MEDIUM, Danger.DATA, "AWS KeptSecret shop/api", "once deleted it can be had back for 7 days"),
            (MEDIUM, Danger.SECRETS, "AWS KeptSecret shop/api", "nobody makes new values of it any more"),
        ),
    ),
    "a-fifo-queue": Case(
        ((SHOP, "queues: { orders: {} }", "queues: { orders: { fifo: true } }"),),
        ((MEDIUM, Danger.DATA, "AWS Queue shop/orders", "fifo cannot change"),
         (HIGH, Danger.PERMISSIONS, API, "shop-prod-orders.fifo")),
    ),
    "no-budget": Case(
        ((SHOP, "      spending: { monthlyUsd: 500, notify: [shop@example.com] }\n", "      owner: shop\n"),),
        ((LOW, Danger.COST, "AWS SpendingBudget shop/budget", "nobody is told any more"),),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", RISKS.values(), ids=RISKS)
def test_every_risk_is_told_and_no_other(case: Case, tmp_path: Path, before: Objects) -> None:
    diff = compared(tmp_path, before, *case.edits)
    told = [f"{risk.level.name} {risk.danger}: {risk.subject}: {risk.reason}" for risk in diff.risks]
    for level, danger, subject, says in case.risks:
        found = [
            risk
            for risk in diff.risks
            if (risk.level, risk.danger, str(risk.subject)) == (level, danger, subject) and says in risk.reason
        ]
        assert len(found) == 1, (subject, says, told)
    assert len(diff.risks) == len(case.risks), told


@pytest.mark.parametrize("name", ["a-region-out-of-traffic", "an-older-version", "rules-that-only-count"])
def test_a_risk_is_told_where_the_change_is(name: str, tmp_path: Path, before: Objects) -> None:
    case = RISKS[name]
    (file, old, new), *_ = case.edits
    (risk,) = compared(tmp_path, before, *case.edits).risks
    at = (tmp_path / file).read_text().split(new)[0].count("\n") + 1
    assert (risk.file, risk.line - at in range(new.count("\n") + 1)) == (file, True), (risk.line, at)
    assert old not in (tmp_path / file).read_text().split("\n")[risk.line - 1]
