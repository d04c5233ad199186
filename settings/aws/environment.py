"""What a stack has of AWS: whose account it is, where its clusters stand, and what all its resources share."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from settings.types import Cidr, HostName, Percent, Settings

Account = Annotated[str, Field(pattern=r"^\d{12}$")]
TagValue = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[a-zA-Z0-9 .:/=+@_-]*$")]
"""Source: AWS, "Tag naming limits and requirements"."""
Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
Vpc = Annotated[str, Field(pattern=r"^vpc-[0-9a-f]{8,17}$")]
Subnet = Annotated[str, Field(pattern=r"^subnet-[0-9a-f]{8,17}$")]
SecurityGroup = Annotated[str, Field(pattern=r"^sg-[0-9a-f]{8,17}$")]
ZoneId = Annotated[str, Field(pattern=r"^Z[0-9A-Z]{1,31}$")]
"""The id of a Route 53 hosted zone."""


class Owned(Settings):
    """Who answers for resources, and who pays: on the tags of all of them."""

    owner: TagValue | None = None
    cost_centre: TagValue | None = None


class PrivateZone(Settings):
    """The private hosted zone, associated with the VPC of every cluster, in which managed data stores have names."""

    id: ZoneId
    domain: HostName


class Images(Settings):
    """How the image repositories (ECR) of the stack's registry are kept."""

    replicate: bool = True
    """Whether every region of the stack has its own copies, which the region's cluster pulls."""
    keep: int = Field(default=200, ge=1, le=1000)
    """How many tagged images of each repository are kept."""
    untagged_days: int = Field(default=7, ge=1)
    """After how many days an image without a tag goes."""


class WebAcl(Settings):
    """What AWS WAF lets through to a load balancer: AWS' own rules against common attacks, and a rate."""

    rate_limit: int = Field(default=2000, ge=10, le=2_000_000_000)
    """Requests of one address within five minutes."""
    counting: tuple[Literal["common", "known-bad-inputs", "sql-injection", "rate"], ...] = ()
    """Rules that only count what they would block, for as long as they are tried."""


class Spending(Settings):
    """A monthly budget, and who is told when it is used up to a share of it."""

    monthly_usd: int = Field(ge=1)
    notify: tuple[Email, ...] = Field(min_length=1, max_length=10)
    at: tuple[Annotated[int, Field(ge=1, le=1000)], ...] = Field(default=(80, 100), min_length=1, max_length=5)
    """Percent of the budget that was spent."""
    forecast: Percent | None = 100
    """Percent of the budget that the month is going to cost."""


class AwsEnvironment(Owned):
    """AWS, for the systems that have an `aws` of their own; without it there is none of it."""

    account: Account
    """The one account that this stack is applied to; the provider and `naru` refuse any other."""
    owner: TagValue
    cost_centre: TagValue
    identity: Literal["oidc", "pod-identity"] = "oidc"
    """How a pod takes on its role: by the cluster's OIDC provider (IRSA), or EKS Pod Identity."""
    zones: dict[HostName, ZoneId] = {}
    """The public hosted zones, by domain; a host belongs to the longest that it ends in."""
    private_zone: PrivateZone | None = None
    images: Images = Images()
    web_acl: WebAcl = WebAcl()
    log_days: int = Field(default=90, ge=1, le=36500)
    """For how long the logs of load balancers and AWS WAF are kept: who asked for what, and what was blocked."""
    spending: Spending | None = None
    """Of the whole stack."""


class ClusterAws(Settings):
    """Where a cluster stands in AWS."""

    eks: Annotated[str, Field(pattern=r"^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$")]
    """The name of the EKS cluster."""
    oidc_issuer: Annotated[str, Field(pattern=r"^https://[^\s?#]+[^/\s?#]$")] | None = None
    """For the identity `oidc`: the cluster's issuer, which IAM knows as a provider."""
    vpc: Vpc
    cidr: Cidr
    """The address range of the VPC."""
    private_subnets: tuple[Subnet, ...] = Field(min_length=2)
    """In two zones or more: data stores."""
    public_subnets: tuple[Subnet, ...] = Field(min_length=2)
    """In two zones or more: load balancers."""
    security_group: SecurityGroup
    """Of the cluster's nodes and pods."""

    @model_validator(mode="after")
    def _subnets_once(self) -> Self:
        subnets = (*self.private_subnets, *self.public_subnets)
        twice = sorted({one for one in subnets if subnets.count(one) > 1})
        if twice:
            message = f"{', '.join(twice)} is listed twice: a subnet is private or public, and in one list once"
            raise ValueError(message)
        return self
