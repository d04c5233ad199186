"""Everything that a stack has in AWS: each planned component, given what the others came to."""

from typing import Any, ClassVar

import pulumi

from components.aws.bucket import Bucket
from components.aws.cache import Cache
from components.aws.certificate import Certificate
from components.aws.certificate_records import CertificateRecords
from components.aws.data_address import DataAddress
from components.aws.database import Database
from components.aws.database_replica import DatabaseReplica
from components.aws.encryption_key import EncryptionKey
from components.aws.entrance import Entrance
from components.aws.health_check import HealthCheck
from components.aws.image_replication import ImageReplication
from components.aws.image_repository import ImageRepository
from components.aws.kept_secret import KeptSecret
from components.aws.log_bucket import LogBucket
from components.aws.parameter_tree import ParameterTree
from components.aws.providers import AwsProviders
from components.aws.public_records import PublicRecords
from components.aws.queue import Queue
from components.aws.service_role import ServiceRole
from components.aws.spending_budget import SpendingBudget
from components.aws.validated_certificate import ValidatedCertificate
from components.aws.web_acl import WebAcl
from components.aws.web_acl_logging import WebAclLogging
from components.aws.weighted_targets import WeightedTargets
from manifests.aws.plan import declared
from manifests.aws.scope import Scope, placed
from settings.stack import Stack

Text = pulumi.Output[str]
Options = pulumi.ResourceOptions


class AwsResources:
    """Registers the plan of a stack, in its order, and keeps what later ones ask for.

    Nothing of it is exported: what clusters and people need to know of it is decided by name, before it is there.
    """

    def __init__(self, stack: Stack) -> None:
        self._entrances: dict[str, Entrance] = {}
        self._logs: dict[str, LogBucket] = {}
        self._web_acls: dict[str, Text] = {}
        self._keys: dict[tuple[str, str], Text] = {}
        self._repositories: list[ImageRepository] = []
        self._stores: dict[str, Database | DatabaseReplica | Cache] = {}
        self._certificates: dict[tuple[str, str], Certificate] = {}
        self._validated: dict[tuple[str, str], Text] = {}
        self._checks: dict[str, Text] = {}
        self._providers = AwsProviders()
        for component, name, scope, args in declared(stack):
            opts = pulumi.ResourceOptions(providers=[self._providers.of(scope, component)])
            self._registering[component](self, name, scope, args, opts)

    def _key_of(self, scope: Scope) -> Text:
        return self._keys[scope.system_name, scope.region]

    def _keys_of(self, scope: Scope) -> dict[str, Text]:
        return {region: key for (system, region), key in self._keys.items() if system == scope.system_name}

    def _key(self, name: str, scope: Scope, args: Any, opts: Options) -> None:
        self._keys[scope.system_name, scope.region] = EncryptionKey(name, args, opts=opts).arn

    def _repository(self, name: str, _: Scope, args: Any, opts: Options) -> None:
        self._repositories.append(ImageRepository(name, args, opts=opts))

    def _replication(self, name: str, scope: Scope, args: Any, _: Options) -> None:
        registry = self._providers.of(Scope(scope.stack, cluster_name=args.cluster))
        ImageReplication(name, args, repositories=self._repositories, opts=Options(providers=[registry]))

    def _secret(self, name: str, scope: Scope, args: Any, opts: Options) -> None:
        KeptSecret(name, args, keys=self._keys_of(scope), opts=opts)

    def _parameters(self, name: str, scope: Scope, args: Any, opts: Options) -> None:
        ParameterTree(name, args, key=self._key_of(scope), opts=opts)

    def _bucket(self, name: str, scope: Scope, args: Any, opts: Options) -> None:
        Bucket(name, args, key_arn=self._key_of(scope), opts=opts)

    def _queue(self, name: str, scope: Scope, args: Any, opts: Options) -> None:
        Queue(name, args, key_arn=self._key_of(scope), opts=opts)

    def _role(self, name: str, scope: Scope, args: Any, opts: Options) -> None:
        ServiceRole(name, args, keys=self._keys_of(scope), opts=opts)

    def _database(self, name: str, scope: Scope, args: Any, opts: Options) -> None:
        self._stores[name] = Database(name, args, key=self._key_of(scope), opts=opts)

    def _replica(self, name: str, scope: Scope, args: Any, opts: Options) -> None:
        source = self._stores[args.source].arn
        self._stores[name] = DatabaseReplica(name, args, source=source, key=self._key_of(scope), opts=opts)

    def _cache(self, name: str, scope: Scope, args: Any, opts: Options) -> None:
        self._stores[name] = Cache(name, args, key=self._key_of(scope), opts=opts)

    def _address(self, name: str, _: Scope, args: Any, opts: Options) -> None:
        DataAddress(name, args, target=self._stores[args.target].address, opts=opts)

    def _certificate(self, name: str, scope: Scope, args: Any, opts: Options) -> None:
        self._certificates[scope.system_name, scope.region] = Certificate(name, args, opts=opts)

    def _certificate_records(self, name: str, scope: Scope, args: Any, opts: Options) -> None:
        """Register the records once, from the primary region's certificate, and have every region wait for its own."""
        options = self._certificates[scope.system_name, scope.region].validation_options
        records = CertificateRecords(name, args, validation_options=options, opts=opts)
        for there in placed(scope):
            key = (there.system_name, there.region)
            self._validated[key] = ValidatedCertificate(
                there.logical("validated-certificate"),
                certificate_arn=self._certificates[key].arn,
                record_names=records.names,
                opts=pulumi.ResourceOptions(providers=[self._providers.of(there)]),
            ).arn

    def _entrance(self, name: str, scope: Scope, args: Any, opts: Options) -> None:
        cluster = scope.cluster_name or ""
        certificates = {system: self._validated[system, scope.region] for system in args.systems}
        logs = self._logs[cluster].name
        self._entrances[cluster] = Entrance(name, args, certificate_arns=certificates, log_bucket=logs, opts=opts)

    def _log_bucket(self, name: str, scope: Scope, args: Any, opts: Options) -> None:
        self._logs[scope.cluster_name or ""] = LogBucket(name, args, opts=opts)

    def _web_acl(self, name: str, scope: Scope, args: Any, opts: Options) -> None:
        cluster = scope.cluster_name or ""
        self._web_acls[cluster] = WebAcl(name, args, load_balancer_arn=self._entrances[cluster].arn, opts=opts).arn

    def _web_acl_logging(self, name: str, scope: Scope, args: Any, opts: Options) -> None:
        cluster = scope.cluster_name or ""
        acl, logs = self._web_acls[cluster], self._logs[cluster].arn
        WebAclLogging(name, args, web_acl_arn=acl, log_bucket_arn=logs, opts=opts)

    def _targets(self, name: str, scope: Scope, args: Any, opts: Options) -> None:
        entrance = self._entrances[scope.cluster_name or ""]
        WeightedTargets(
            name,
            args,
            http_listener_arn=entrance.http_listener_arn,
            https_listener_arn=entrance.https_listener_arn,
            opts=opts,
        )

    def _health_check(self, name: str, scope: Scope, args: Any, opts: Options) -> None:
        cluster = scope.cluster_name or ""
        self._checks[cluster] = HealthCheck(name, args, dns_name=self._entrances[cluster].dns_name, opts=opts).id

    def _records(self, name: str, _: Scope, args: Any, opts: Options) -> None:
        PublicRecords(
            name,
            args,
            dns_names={cluster: entrance.dns_name for cluster, entrance in self._entrances.items()},
            zone_ids={cluster: entrance.zone_id for cluster, entrance in self._entrances.items()},
            health_checks=self._checks,
            opts=opts,
        )

    def _budget(self, name: str, _: Scope, args: Any, opts: Options) -> None:
        SpendingBudget(name, args, opts=opts)

    _registering: ClassVar = {
        "EncryptionKey": _key,
        "ImageRepository": _repository,
        "ImageReplication": _replication,
        "KeptSecret": _secret,
        "ParameterTree": _parameters,
        "Bucket": _bucket,
        "Queue": _queue,
        "Database": _database,
        "DatabaseReplica": _replica,
        "Cache": _cache,
        "DataAddress": _address,
        "ServiceRole": _role,
        "Certificate": _certificate,
        "CertificateRecords": _certificate_records,
        "LogBucket": _log_bucket,
        "Entrance": _entrance,
        "WebAcl": _web_acl,
        "WebAclLogging": _web_acl_logging,
        "WeightedTargets": _targets,
        "HealthCheck": _health_check,
        "PublicRecords": _records,
        "SpendingBudget": _budget,
    }
