"""What one environment is: its clusters, how things get there, and the names the world knows it by."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from settings.aws.environment import AwsEnvironment, ClusterAws
from settings.types import Cidr, HostName, Name, Settings


class Tier(StrEnum):
    """How much an environment matters. Not its name: two stacks may be of one tier."""

    LOCAL = "local"
    DEVELOPMENT = "development"
    STAGING = "staging"
    PRODUCTION = "production"


class Delivery(StrEnum):
    """Who applies: Pulumi itself, or Argo CD from files that Pulumi writes."""

    DIRECT = "direct"
    GITOPS = "gitops"


class Cluster(Settings):
    """One Kubernetes cluster of the environment."""

    context: Annotated[str, Field(min_length=1)]
    """The kubeconfig's context; the stack is applied to no other."""
    region: Annotated[str, Field(min_length=1)]
    kubeconfig: str | None = None
    """A path, relative to the project; the user's own kubeconfig where none is given."""
    primary: bool = False
    """Whether data stores live here."""
    data_domain: HostName | None = None
    """Elsewhere than in the primary cluster: the domain under which its data stores answer,
    as `<data store>.<namespace>.<domain>`."""
    data_cidr: Cidr | None = None
    """The address range behind that domain."""
    drained: bool = False
    """Whether its region is out of traffic: no public record leads to it, but of systems that run there alone.
    What runs there stays as it is."""
    aws: ClusterAws | None = None
    """Where it stands in AWS; needed where the environment has AWS."""


class Route53(Settings):
    """A DNS-01 solver in a Route 53 zone."""

    hosted_zone_id: str
    region: str
    role: Annotated[str, Field(pattern=r"^arn:aws:iam::\d{12}:role/")] | None = None


class Cloudflare(Settings):
    """A DNS-01 solver at Cloudflare, with an API token in a Secret of cert-manager's namespace."""

    token_secret: Name
    token_key: str = "api-token"  # noqa: S105 - the name of a key


class Solver(Settings):
    """How cert-manager proves that a host is ours: exactly one of `http01`, `route53` and `cloudflare`."""

    http01_ingress_class: Name | None = Field(default=None, alias="http01IngressClass")
    route53: Route53 | None = None
    cloudflare: Cloudflare | None = None
    hosts: tuple[Name, ...] = ()
    """Names among the environment's `domains` that this solver is for; all where none is given."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        given = [way for way in (self.http01_ingress_class, self.route53, self.cloudflare) if way is not None]
        if len(given) != 1:
            message = f"a solver has exactly one of http01IngressClass, route53 and cloudflare, not {len(given)}"
            raise ValueError(message)
        return self


class Issuer(Settings):
    """A ClusterIssuer of cert-manager."""

    server: Literal["letsencrypt-staging", "letsencrypt-production", "self-signed"]
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")] | None = None
    solvers: tuple[Solver, ...] = ()

    @model_validator(mode="after")
    def _acme_needs_solvers(self) -> Self:
        if self.server != "self-signed" and not (self.solvers and self.email):
            message = f"server is {self.server}, so email and at least one solver are needed"
            raise ValueError(message)
        return self

    def by_http01(self, host: str) -> bool:
        """Tell whether cert-manager proves a host, named as `domains` names it, by a pod that answers HTTP.

        A solver for the very host goes before one for every host, and of equals the first wins (cert-manager,
        `pkg/util/solverpicker`).
        """
        for_host = next((solver for solver in self.solvers if host in solver.hosts), None)
        chosen = for_host or next((solver for solver in self.solvers if not solver.hosts), None)
        return chosen is not None and chosen.http01_ingress_class is not None


class Priority(Settings):
    """A PriorityClass."""

    value: int = Field(ge=-2147483648, le=1000000000)
    description: str
    preempts: bool = True


Role = Literal["developers", "qa", "operations"]
"""Who works on a system, as the guides' access tables have it."""


class ArgoCD(Settings):
    """Where Argo CD runs for this environment (in the primary cluster), and what it reads."""

    repository: Annotated[str, Field(pattern=r"^(https?|ssh|git|file)://\S+$|^[^@\s]+@[^:\s]+:\S+$")]
    """The Git repository with the rendered files, as Argo CD reaches it."""
    branch: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$")] | None = None
    """The branch that `naru publish` writes; `env/<stack>` where none is given."""
    namespace: Name = "argocd"
    groups: dict[Role, tuple[str, ...]] = {}
    """The groups of the identity provider that have each role."""


class Policies(Settings):
    """What the environment does not let pass."""

    mutable_tags: bool = False
    """Whether images with the tag `latest` are accepted. Never in production."""
    protect_data: bool = True
    """Whether namespaces, volumes and data are protected from deletion, and kept when their resource goes."""
    default_deny: bool = True
    """Whether only declared traffic passes between pods."""
    secrets: Literal["generated", "sealed", "external", "existing"] = "existing"
    """Where Secrets come from, unless the secret itself says; `generated` only on the tier `local`."""


class Environment(Settings):
    """Where a stack's systems run."""

    tier: Tier
    delivery: Delivery = Delivery.DIRECT
    clusters: dict[Name, Cluster] = Field(min_length=1)
    domains: dict[Name, HostName] = {}
    """Every public host name, by the name the catalog uses for it."""
    registries: dict[Name, Annotated[str, Field(pattern=r"^[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)*$")]] = {}
    """Every image registry, by the name the catalog uses for it."""
    image_pull_secrets: tuple[Name, ...] = ()
    issuers: dict[Name, Issuer] = {}
    default_issuer: Name | None = None
    ingress_class: Name = "nginx"
    ingress_namespace: Name = "ingress-nginx"
    """Where the Ingress controller's pods run: they may reach exposed services."""
    monitoring_namespace: Name = "monitoring"
    """Where the Prometheus of the Prometheus Operator runs: it may reach metrics ports."""
    monitoring_labels: dict[str, str] = {}
    """By which labels that Prometheus selects PodMonitors and PrometheusRules; a Helm release of kube-prometheus-stack
    selects by `release: <its name>` unless it is told otherwise."""
    prometheus: Annotated[str, Field(pattern=r"^https?://")] | None = None
    """Where Argo Rollouts finds Prometheus; where its controller was told to look if none is given."""
    argocd: ArgoCD | None = None
    """Argo CD, for the delivery `gitops`; without it files are written, and who applies them is not Naru's business."""
    mesh: Literal["istio"] | None = None
    """The service mesh, where there is one: it can divide traffic and has metrics of its own."""
    storage_class: Name | None = None
    """The class of claims that name none; the cluster's default where none is given."""
    address_pending: bool = False
    """Whether nothing gives Ingresses an address here, so that nobody should wait for one."""
    priority_classes: dict[Name, Priority] = {}
    policies: Policies = Policies()
    aws: AwsEnvironment | None = None
    """AWS, for the systems that have an `aws` of their own."""

    @model_validator(mode="after")
    def _one_primary(self) -> Self:
        primaries = [name for name, cluster in self.clusters.items() if cluster.primary]
        if len(self.clusters) > 1 and len(primaries) != 1:
            message = f"of several clusters exactly one is primary, not {' and '.join(primaries) or 'none'}"
            raise ValueError(message)
        return self

    @property
    def by_argocd(self) -> bool:
        """Whether Argo CD applies, from a branch that `naru publish` writes."""
        return self.delivery is Delivery.GITOPS and self.argocd is not None

    @property
    def primary(self) -> str:
        """The name of the cluster where data stores live."""
        return next((name for name, cluster in self.clusters.items() if cluster.primary), next(iter(self.clusters)))
