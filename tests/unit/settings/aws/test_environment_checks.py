"""What an environment says of AWS and cannot be is refused, in one line that says what would be right."""

from pathlib import Path

import botocore.session
import pytest

from settings.aws.regions import REGIONS
from tests.aws_projects import PROD as PROD_TEXT
from tests.aws_projects import AwsProject, FullProject

SHOP = "catalog/shop.yaml"
MAIL = "catalog/mail.yaml"
PROD = "Pulumi.prod.yaml"
DEV = "Pulumi.dev.yaml"
HERE = "config.naru:environment."
LISTED = (
    'expected one of "af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", '
    '"ap-south-1", …'
)


def change(file: str, old: str, new: str) -> tuple[str, str, str]:
    return file, old, new


def at(text: str, said: str, path: str, *, offset: int = 0) -> str:
    """Return what is said at the line of prod that starts with a text."""
    lines = [line.strip() for line in PROD_TEXT.splitlines()]
    return f"{PROD}:{lines.index(text) + 1 + offset}: {HERE}{path}: {said}"


def line_of(text: str) -> str:
    lines = [line.strip() for line in PROD_TEXT.splitlines()]
    return f"{PROD}:{lines.index(text) + 1}"


TOKYO = "region: ap-northeast-1"
SEOUL_CIDR = "cidr: 10.64.0.0/16"
TOKYO_CIDR = "cidr: 10.65.0.0/16"
REGISTRIES = "registries: { harbor: harbor.example.com, ecr: 111122223333.dkr.ecr.ap-northeast-2.amazonaws.com }"
ZONES = "zones: { example.com: Z0SHOP, example.org: Z0MAIL }"
PRIVATE_ZONE = "privateZone: { id: Z0PRIVATE, domain: prod.internal }"
TOKYO_AWS = PROD_TEXT[PROD_TEXT.index("        aws:\n", PROD_TEXT.index("tokyo:")) : PROD_TEXT.index("    domains:")]
AWS = PROD_TEXT[PROD_TEXT.index("\n    aws:\n") + 1 :]

REGION = {
    "that-is-misspelt": (
        change(PROD, "region: ap-northeast-1\n", "region: ap-norhteast-1\n"),
        at(TOKYO, 'no region of AWS "ap-norhteast-1"; did you mean "ap-northeast-1"?', "clusters.tokyo.region"),
    ),
    "that-is-no-code": (
        change(PROD, "region: ap-northeast-1\n", "region: 도쿄\n"),
        at(TOKYO, f'no region of AWS "도쿄"; {LISTED}', "clusters.tokyo.region"),
    ),
    "of-a-zone-that-proves-hosts": (
        change(PROD, "hostedZoneId: Z0SHOP, region: ap-northeast-2", "hostedZoneId: Z0SHOP, region: ap-northeast-9"),
        at(
            "solvers: [{ route53: { hostedZoneId: Z0SHOP, region: ap-northeast-2 } }]",
            'no region of AWS "ap-northeast-9"; did you mean "ap-northeast-3"?',
            "issuers.public.solvers[0].route53.region",
        ),
    ),
    "of-a-store-of-secrets": (
        change(SHOP, "aws-secrets-manager, region: ap-northeast-2", "aws-secrets-manager, region: seoul"),
        'catalog/shop.yaml:28: secretStores.aws.region: no region of AWS "seoul" (on prod); ' + LISTED,
    ),
    "of-a-registry": (
        change(PROD, "ecr.ap-northeast-2.amazonaws", "ecr.ap-northeast-22.amazonaws"),
        at(REGISTRIES, 'no region of AWS "ap-northeast-22"; did you mean "ap-northeast-2"?', "registries.ecr"),
    ),
}

ACCOUNT = {
    "of-a-registry": (
        change(PROD, "ecr: 111122223333", "ecr: 000000000000"),
        at(
            REGISTRIES,
            "a registry of the account 000000000000; expected the stack's, 111122223333",
            "registries.ecr",
        ),
    ),
    "of-an-image-named-in-full": (
        change(
            SHOP,
            "{ registry: ecr, repository: shop/api }",
            "{ registry: null, repository: 000000000000.dkr.ecr.ap-northeast-2.amazonaws.com/shop/api }",
        ),
        "catalog/shop.yaml:11: services.api.image.repository: a registry of the account 000000000000 (on prod); "
        "expected the stack's, 111122223333",
    ),
    "of-the-image-of-a-sidecar": (
        change(
            SHOP,
            "    dependsOn: [store]",
            "    dependsOn: [store]\n    sidecars:\n      proxy:\n"
            '        image: { repository: 000000000000.dkr.ecr.ap-northeast-2.amazonaws.com/proxy, tag: "1" }\n'
            "        resources: { requests: { cpu: 1 }, limits: {} }\n        ports: { proxy: { container: 3000 } }\n"
            "        probes: { startup: { tcp: proxy }, readiness: { tcp: proxy }, liveness: { tcp: proxy } }",
        ),
        "catalog/shop.yaml:22: services.api.sidecars.proxy.image.repository: "
        "a registry of the account 000000000000 (on prod); expected the stack's, 111122223333",
    ),
    "of-a-function": (
        change(SHOP, "ap-northeast-2:111122223333:function", "ap-northeast-2:444455556666:function"),
        "catalog/shop.yaml:35: aws.secrets.api.rotation.function: a function of the account 444455556666 (on prod); "
        "expected the stack's, 111122223333",
    ),
    "of-a-function-elsewhere": (
        change(SHOP, "ap-northeast-2:111122223333:function", "ap-northeast-1:111122223333:function"),
        "catalog/shop.yaml:35: aws.secrets.api.rotation.function: a function in ap-northeast-1 (on prod); "
        "expected one in ap-northeast-2, where the secret is",
    ),
    "with-a-registry-where-no-cluster-is": (
        change(PROD, "ecr.ap-northeast-2.amazonaws", "ecr.us-east-1.amazonaws"),
        at(
            REGISTRIES,
            "a registry in us-east-1, where no cluster of the stack is; "
            "expected one in ap-northeast-1 or ap-northeast-2",
            "registries.ecr",
        ),
    ),
}

RANGES = {
    "of-two-clusters": (
        change(PROD, TOKYO_CIDR, "cidr: 10.64.128.0/17"),
        at(
            TOKYO_CIDR,
            '10.64.128.0/17 overlaps 10.64.0.0/16 of "seoul"; '
            f"expected ranges apart, or neither reaches the other ({line_of(SEOUL_CIDR)})",
            "clusters.tokyo.aws.cidr",
        ),
        at(
            "dataCidr: 10.64.0.0/16",
            '10.64.0.0/16 overlaps 10.64.128.0/17, the VPC of "tokyo"; '
            f'expected the range of the data of "seoul", within 10.64.0.0/16 ({line_of(TOKYO_CIDR)})',
            "clusters.tokyo.dataCidr",
        ),
    ),
    "of-data-that-are-said-to-be-here": (
        change(PROD, "dataCidr: 10.64.0.0/16", "dataCidr: 10.65.0.0/16"),
        at(
            "dataCidr: 10.64.0.0/16",
            '10.65.0.0/16 overlaps 10.65.0.0/16, the VPC of "tokyo"; '
            f'expected the range of the data of "seoul", within 10.64.0.0/16 ({line_of(TOKYO_CIDR)})',
            "clusters.tokyo.dataCidr",
        ),
    ),
    "of-data-beyond-the-primary": (
        change(PROD, "dataCidr: 10.64.0.0/16", "dataCidr: 10.64.0.0/18"),
        change(PROD, SEOUL_CIDR + "\n          private", "cidr: 10.64.0.0/19\n          private"),
        at(
            "dataCidr: 10.64.0.0/16",
            '10.64.0.0/18 overlaps 10.64.0.0/19, the VPC of "seoul"; '
            f'expected the range of the data of "seoul", within 10.64.0.0/19 ({line_of(SEOUL_CIDR)})',
            "clusters.tokyo.dataCidr",
        ),
    ),
    "that-are-public": (
        change(PROD, TOKYO_CIDR, "cidr: 172.32.0.0/16"),
        at(
            TOKYO_CIDR,
            "172.32.0.0/16 is not private; "
            "expected a range in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10",
            "clusters.tokyo.aws.cidr",
        ),
    ),
    "that-are-of-ipv6": (
        change(PROD, TOKYO_CIDR, "cidr: fd00::/56"),
        at(
            TOKYO_CIDR,
            "fd00::/56 is not private; expected a range in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10",
            "clusters.tokyo.aws.cidr",
        ),
    ),
    "that-are-too-large": (
        change(PROD, TOKYO_CIDR, "cidr: 10.66.0.0/15"),
        at(TOKYO_CIDR, "10.66.0.0/15 is too large for a VPC; expected /16 to /28", "clusters.tokyo.aws.cidr"),
    ),
    "that-are-too-small": (
        change(PROD, TOKYO_CIDR, "cidr: 10.66.0.0/29"),
        at(TOKYO_CIDR, "10.66.0.0/29 is too small for a VPC; expected /16 to /28", "clusters.tokyo.aws.cidr"),
    ),
}

CLUSTERS = {
    "without-aws": (
        change(PROD, TOKYO_AWS, ""),
        at(
            "tokyo:",
            "nothing said of aws; expected eks, vpc, cidr, its subnets and securityGroup, or no aws of the environment",
            "clusters.tokyo",
        ),
    ),
    "called-global": (
        change(PROD, "      tokyo:", "      global:"),
        at(
            "tokyo:",
            'a cluster called "global", by which resources of all regions go; expected another name',
            "clusters.global",
        ),
    ),
    "with-one-vpc-in-two-regions": (
        change(PROD, "vpc: vpc-0000000000000000b", "vpc: vpc-0000000000000000a"),
        at(
            "vpc: vpc-0000000000000000b",
            'vpc-0000000000000000a is of "seoul", in another region; '
            f'expected one of "tokyo" itself ({line_of("vpc: vpc-0000000000000000a")})',
            "clusters.tokyo.aws.vpc",
        ),
    ),
    "with-one-subnet-in-two-regions": (
        change(PROD, "publicSubnets: [subnet-000000000000000b3", "publicSubnets: [subnet-000000000000000a1"),
        at(
            "publicSubnets: [subnet-000000000000000b3, subnet-000000000000000b4]",
            'subnet-000000000000000a1 is of "seoul", in another region; expected one of "tokyo" itself '
            f"({line_of('privateSubnets: [subnet-000000000000000a1, subnet-000000000000000a2]')})",
            "clusters.tokyo.aws.publicSubnets[0]",
        ),
    ),
    "with-one-security-group-in-two-regions": (
        change(PROD, "securityGroup: sg-0000000000000000b", "securityGroup: sg-0000000000000000a"),
        at(
            "securityGroup: sg-0000000000000000b",
            'sg-0000000000000000a is of "seoul", in another region; '
            f'expected one of "tokyo" itself ({line_of("securityGroup: sg-0000000000000000a")})',
            "clusters.tokyo.aws.securityGroup",
        ),
    ),
    "with-one-issuer": (
        change(PROD, "eks.ap-northeast-1.amazonaws.com/id/TOKYO", "eks.ap-northeast-2.amazonaws.com/id/SEOUL"),
        at(
            "oidcIssuer: https://oidc.eks.ap-northeast-1.amazonaws.com/id/TOKYO",
            'the issuer of the cluster "seoul"; '
            "expected its own, or pods of both would take on each other's roles "
            f"({line_of('oidcIssuer: https://oidc.eks.ap-northeast-2.amazonaws.com/id/SEOUL')})",
            "clusters.tokyo.aws.oidcIssuer",
        ),
    ),
    "that-are-all-drained": (
        change(PROD, "context: prod-seoul", "drained: true\n        context: prod-seoul"),
        change(PROD, "context: prod-tokyo", "drained: true\n        context: prod-tokyo"),
        at(
            "context: prod-tokyo",
            "the last region in traffic is drained; expected one cluster at least without drained",
            "clusters.tokyo.drained",
            offset=1,
        ),
    ),
    "of-which-there-is-one-that-is-drained": (
        change(DEV, "main: { context", "main: { drained: true, context"),
        "Pulumi.dev.yaml:6: config.naru:environment.clusters.main.drained: "
        "the only region is drained; expected one cluster at least without drained",
    ),
}

DOMAINS = {
    "with-a-wildcard": (
        change(PROD, "example.org: Z0MAIL }", '"*.example.org": Z0MAIL }'),
        at(ZONES, '"*.example.org" is no hosted zone; expected "example.org"', 'aws.zones["*.example.org"]'),
    ),
    "of-one-zone": (
        change(PROD, "example.org: Z0MAIL }", "example.org: Z0SHOP }"),
        at(ZONES, 'the zone Z0SHOP is that of "example.com"; expected its own', 'aws.zones["example.org"]'),
    ),
    "of-a-private-zone-with-a-wildcard": (
        change(PROD, "domain: prod.internal", 'domain: "*.prod.internal"'),
        at(PRIVATE_ZONE, '"*.prod.internal" is no hosted zone; expected "prod.internal"', "aws.privateZone.domain"),
    ),
    "of-a-private-zone-that-is-public": (
        change(PROD, "id: Z0PRIVATE", "id: Z0SHOP"),
        at(
            PRIVATE_ZONE,
            f'the zone Z0SHOP is the public one of "example.com"; expected a private one ({line_of(ZONES)})',
            "aws.privateZone.id",
        ),
    ),
    "of-a-private-and-a-public-zone": (
        change(PROD, "domain: prod.internal", "domain: example.com"),
        at(
            PRIVATE_ZONE,
            'the domain "example.com" is that of a public zone; expected one of its own, '
            f"or names of the public zone are unknown inside the VPCs ({line_of(ZONES)})",
            "aws.privateZone.domain",
        ),
    ),
}

MANAGED = 'managed: { version: "17", instanceClass: db.t4g.medium, storageGib: 20 }'
FORGOTTEN = {
    "a-managed-data-store": (
        change(
            MAIL,
            "dependsOn: [shop/api]",
            f"dependsOn: [shop/api]\ndataStores:\n  letters:\n    engine: postgresql\n    {MANAGED}",
        ),
        "catalog/mail.yaml:12: dataStores.letters.managed: a managed data store of a system without aws, "
        "so that it would run in the cluster (on prod); give the system `aws: {}`, or take managed out",
    ),
    "a-service-that-uses-aws": (
        change(MAIL, "dependsOn: [shop/api]", "dependsOn: [shop/api]\n    aws: { queues: { letters: send } }"),
        "catalog/mail.yaml:9: services.relay.aws: a service that uses AWS, of a system without aws (on prod); "
        "give the system an aws that has it, or take this out",
    ),
}


def told(project: AwsProject, case: tuple[object, ...]) -> tuple[list[str], list[str]]:
    """Make the changes of a case; return what is said, and what should be."""
    for step in case:
        if isinstance(step, tuple):
            project.change(*step)
    return project.faults(), sorted(line for line in case if isinstance(line, str))


def test_a_project_with_aws_in_two_regions_is_right(project: AwsProject) -> None:
    assert project.faults() == []


@pytest.mark.parametrize("case", REGION.values(), ids=REGION)
def test_a_region_that_aws_does_not_have_is_refused(project: AwsProject, case: tuple[object, ...]) -> None:
    found, expected = told(project, case)
    assert found == expected


@pytest.mark.parametrize("case", ACCOUNT.values(), ids=ACCOUNT)
def test_an_account_that_is_not_the_stacks_is_refused(project: AwsProject, case: tuple[object, ...]) -> None:
    found, expected = told(project, case)
    assert found == expected


@pytest.mark.parametrize("case", RANGES.values(), ids=RANGES)
def test_address_ranges_that_meet_are_refused(project: AwsProject, case: tuple[object, ...]) -> None:
    found, expected = told(project, case)
    assert sorted(found) == expected


@pytest.mark.parametrize("case", CLUSTERS.values(), ids=CLUSTERS)
def test_clusters_that_cannot_both_be_so_are_refused(project: AwsProject, case: tuple[object, ...]) -> None:
    found, expected = told(project, case)
    assert found == expected


@pytest.mark.parametrize("case", DOMAINS.values(), ids=DOMAINS)
def test_domains_of_zones_that_cannot_be_are_refused(project: AwsProject, case: tuple[object, ...]) -> None:
    found, expected = told(project, case)
    assert found == expected


@pytest.mark.parametrize("case", FORGOTTEN.values(), ids=FORGOTTEN)
def test_what_wants_aws_in_a_system_without_it_is_refused(project: AwsProject, case: tuple[object, ...]) -> None:
    found, expected = told(project, case)
    assert found == expected


def test_second_cluster_of_a_region_is_refused(project: AwsProject) -> None:
    project.change(PROD, "region: ap-northeast-1", "region: ap-northeast-2")
    (line,) = project.faults()
    assert line.endswith(
        'clusters.tokyo.region: "ap-northeast-2" is the region of "seoul" too; '
        "expected another one: what a system has in a region it has there once (Pulumi.prod.yaml:7)"
    )


def test_a_system_of_the_programs_own_name_is_refused(project: AwsProject) -> None:
    project.write("catalog/naru.yaml", "description: x\nnamespaces: { naru: {} }\naws: {}\n")
    (line,) = project.faults()
    assert line.startswith('catalog/naru.yaml: a system called "naru", by which what belongs to no system goes in AWS')


DATA = "dataCidr: 10.64.0.0/16"
ALLOWED = {
    "a-range-for-carriers": change(PROD, TOKYO_CIDR, "cidr: 100.65.0.0/16"),
    "a-part-of-the-primary's-vpc": change(PROD, DATA, "dataCidr: 10.64.3.0/24"),
    "endpoints-in-its-own-vpc": change(PROD, DATA, "dataCidr: 10.65.3.0/24"),
    "data-in-no-vpc-of-the-stack": change(PROD, DATA, "dataCidr: 10.99.0.0/16"),
    "a-drained-primary": change(PROD, "context: prod-seoul", "context: prod-seoul\n        drained: true"),
    "a-zone-below-another": change(PROD, "example.org: Z0MAIL", "shop.example.com: Z0MAIL"),
    "a-registry-that-nobody-uses": change(
        PROD, "{ harbor: harbor", "{ old: 000000000000.dkr.ecr.eu-west-1.amazonaws.com, harbor: harbor"
    ),
}


@pytest.mark.parametrize("case", ALLOWED.values(), ids=ALLOWED)
def test_what_may_be_so_is_left_alone(project: AwsProject, case: tuple[str, str, str]) -> None:
    project.change(*case)
    assert project.faults() == []


def test_without_aws_nothing_of_it_is_asked(project: AwsProject) -> None:
    project.change(PROD, AWS, "")
    project.change(PROD, "region: ap-northeast-1", "region: 도쿄")
    project.change(PROD, TOKYO_CIDR, SEOUL_CIDR)
    project.add(MAIL, f"dataStores:\n  letters:\n    engine: postgresql\n    {MANAGED}\n")
    assert project.faults() == []


def test_regions_are_those_that_ec2_has() -> None:
    assert frozenset(botocore.session.get_session().get_available_regions("ec2")) == REGIONS


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        pytest.param(
            "buckets: { backups: read }", "buckets: { backup: read }",
            'services.api.aws.buckets.backup: no bucket "backup"; did you mean "backups"?', id="identity",
        ),
        pytest.param(
            "buckets: { backups: {} }", "buckets: { backups: { name: a..b } }",
            'aws.buckets.backups.name: two dots beside each other in "a..b"', id="storage",
        ),
        pytest.param(
            'version: "17"', 'version: "12"',
            "dataStores.store.managed.version: AWS runs no postgresql 12", id="data-stores",
        ),
        pytest.param(
            "traffic: target-groups", "traffic: target-groups, weights: { blue: 99 }",
            "services.web.strategy.weights: blue 99 sum to 99", id="traffic",
        ),
    ],
)  # fmt: skip
def test_every_area_of_aws_is_checked(tmp_path: Path, old: str, new: str, line: str) -> None:
    project = FullProject(tmp_path)
    assert project.faults() == []
    project.change(SHOP, old, new)
    (told_line,) = project.faults()
    assert line in told_line
