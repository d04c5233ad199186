"""What one system is: its namespaces, its services and data stores, and how it is delivered and looked after."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic.alias_generators import to_camel

from settings.aws.system import SystemAws
from settings.data_store import DataStore
from settings.sealed import Scope
from settings.service import Claim, Service
from settings.types import Duration, Name, Quantity, Settings


class LimitDefaults(Settings):
    """What the LimitRange gives a container that says nothing."""

    request_cpu: Quantity = "50m"
    request_memory: Quantity = "64Mi"
    limit_cpu: Quantity = "500m"
    limit_memory: Quantity = "256Mi"


class Namespace(Settings):
    """A namespace, what may run in it and how much of it."""

    name: Name | None = None
    """Its name in the cluster; the key where none is given."""
    labels: dict[str, str] = {}
    pod_security: Literal["privileged", "baseline", "restricted"] = "restricted"
    quota: dict[str, Quantity] = {}
    """ResourceQuota: resource to the most of it, such as `requests.cpu: "20"`."""
    limits: LimitDefaults = LimitDefaults()


class SecretKey(Settings):
    """One key of a secret: how a stack that generates its secrets makes a value, and where a store keeps it."""

    generate: Annotated[str, Field(min_length=1)] = "password"
    """`password`, `rsa-private-key`, `rsa-public-key KEY`, or a text in which `{SECRET/KEY}` is another key's value."""
    remote_key: Annotated[str, Field(min_length=1)] | None = None
    """For the source `external`: the entry of the store; `<system>/<environment>/<secret>` where none is given."""
    remote_property: Annotated[str, Field(min_length=1)] | None = None
    """For the source `external`: the field of that entry; the key's own name where none is given."""


class Secret(Settings):
    """A Secret that services of a namespace read; never its values."""

    namespace: Name | None = None
    keys: dict[Annotated[str, Field(pattern=r"^[-._a-zA-Z0-9]+$")], SecretKey] = Field(min_length=1)
    source: Literal["generated", "sealed", "external", "existing"] | None = None
    """The environment's where none is given."""
    scope: Scope = Scope.STRICT
    """For the sources `sealed` and `generated`."""
    store: Name | None = None
    """For the source `external`: one of the system's `secretStores`."""
    refresh_interval: Duration = "1h"
    """For the source `external`: how often the store is asked."""
    template: dict[str, Annotated[str, Field(min_length=1)]] = {}
    """For the source `external`: keys that are put together of others, `{{ .KEY }}` being another key's value."""
    revision: int = Field(default=1, ge=1)
    """Raised when a value changed elsewhere: pods that read the secret roll."""


class SecretStore(Settings):
    """Where External Secrets reads values: a SecretStore in each namespace that uses it, or one ClusterSecretStore."""

    provider: Literal["vault", "aws-secrets-manager", "aws-parameter-store"]
    cluster_wide: bool = False
    """Whether it is a ClusterSecretStore."""
    server: Annotated[str, Field(pattern=r"^https://")] | None = None
    """Vault's address."""
    path: str | None = None
    """Vault's secrets engine."""
    version: Literal["v1", "v2"] | None = None
    """The version of Vault's KV engine."""
    role: str | None = None
    """Vault's role for Kubernetes authentication, or the ARN of the IAM role to take on."""
    auth_mount: str = "kubernetes"
    """Where Vault has its Kubernetes authentication."""
    service_account: Name | None = None
    """Whose token proves who asks; External Secrets' own identity where none is given."""
    region: str | None = None
    """The AWS region."""

    @model_validator(mode="after")
    def _fields_fit_provider(self) -> Self:
        of_vault, of_aws = ("server", "path", "version", "auth_mount"), ("region",)
        is_vault = self.provider == "vault"
        needed, unused = (of_vault[:2], of_aws) if is_vault else (of_aws, of_vault)
        lacking = [name for name in needed if getattr(self, name) is None]
        given = [to_camel(name) for name in unused if name in self.model_fields_set and getattr(self, name) is not None]
        if lacking or given:
            wants = [f"needs {' and '.join(lacking)}"] if lacking else []
            wants += [f"has no use for {' and '.join(given)}"] if given else []
            message = f"provider is {self.provider}, which {' and '.join(wants)}"
            raise ValueError(message)
        return self


class Gateway(Settings):
    """A Gateway (Gateway API) that HTTPRoutes of the system attach to."""

    namespace: Name | None = None
    class_name: Name = "cilium"
    hosts: tuple[Name, ...] = Field(min_length=1)
    """Names among the environment's `domains`."""
    tls_secret: Name
    issuer: Name | None = None


class Retry(Settings):
    """How often Argo CD tries a sync again that failed, and how long it waits before each time."""

    limit: int = Field(default=3, ge=0)
    backoff: Duration = "10s"
    factor: int = Field(default=2, ge=1)
    longest: Duration = "3m"


class SyncWindow(Settings):
    """A time in which Argo CD may sync, or may not."""

    kind: Literal["allow", "deny"]
    schedule: Annotated[str, Field(pattern=r"^\S+( \S+){4}$")]
    """When it begins: five fields, as cron has them."""
    duration: Duration
    time_zone: str = "Asia/Seoul"
    manual: bool = False
    """Whether somebody may sync by hand all the same."""


class Sync(Settings):
    """How Argo CD brings the cluster to what Git says."""

    automated: bool = False
    """Whether a new commit is synced by itself; else somebody syncs the system's Application."""
    self_heal: bool = False
    """Whether what was changed by hand in the cluster is put back."""
    prune: bool = True
    """Whether what is no longer rendered is deleted."""
    ignore_ingress_annotations: bool = False
    retry: Retry = Retry()
    windows: tuple[SyncWindow, ...] = ()


class Trigger(Settings):
    """What starts a deployment of an environment: a push to a branch, somebody's approval, or both."""

    branch: str | None = None
    approval: bool = False


class Notification(Settings):
    """A message to a channel when something happens to a deployment."""

    channel: Annotated[str, Field(pattern=r"^#[a-z0-9_-]+$")]
    fields: tuple[str, ...]


class Alert(Settings):
    """A rule of Prometheus."""

    group: str
    rule: str
    expr: str
    wait: Duration
    severity: Literal["info", "warning", "critical"]
    summary: str


class Scanning(Settings):
    """Which findings in an image stop it."""

    trivy: tuple[Literal["LOW", "MEDIUM", "HIGH", "CRITICAL"], ...] = ("HIGH", "CRITICAL")
    snyk: Literal["monitor", "off"] = "off"
    snyk_fail_on_issues: bool = False
    allow_unknown: bool = False
    highest_accepted_risk: Literal["low", "medium", "high"] = "medium"


class Goals(Settings):
    """What the deployments of a system are measured by."""

    success_rate: Annotated[int, Field(ge=0, le=100)]
    """More than this many percent of deployments succeed."""
    deployment_time: Duration
    rollback_time: Duration
    downtime: Duration = "0s"


class Operations(Settings):
    """How a system is delivered, watched and reported on, beside its objects in the cluster."""

    trigger: Trigger | None = None
    access: tuple[Literal["developers", "qa", "operations"], ...] = ()
    notifications: dict[str, Notification] = {}
    alerts: dict[str, Alert] = {}
    dashboard: dict[str, str] = {}
    """Panel to its query."""
    scanning: Scanning = Scanning()
    goals: Goals | None = None
    on_call: tuple[Literal["slack", "email", "pagerduty"], ...] = ()
    health_url: Annotated[str, Field(pattern=r"^https?://")] | None = None
    confirm_deployment: bool = False
    backup_before_deployment: bool = False


class System(Settings):
    """One of the systems, as one environment has it."""

    name: Name
    description: str
    enabled: bool = True
    clusters: Literal["primary", "all"] = "primary"
    """Where its services run; data stores live in the primary cluster alone."""
    namespaces: dict[Name, Namespace] = Field(min_length=1)
    services: dict[Name, Service] = {}
    data_stores: dict[Name, DataStore] = {}
    claims: dict[Name, Claim] = {}
    """Volumes of the system itself, which services or builds share."""
    secrets: dict[Name, Secret] = {}
    secret_stores: dict[Name, SecretStore] = {}
    gateways: dict[Name, Gateway] = {}
    sync: Sync = Sync()
    operations: Operations = Operations()
    aws: SystemAws | None = None
    """What it has in AWS, where its environment has AWS."""

    def namespace_name(self, key: str | None) -> str:
        """Return the name in the cluster of the namespace of that key (of the only one for None)."""
        found = next(iter(self.namespaces)) if key is None else key
        return self.namespaces[found].name or found
