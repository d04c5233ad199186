"""Certificates (ACM) of the public hosts of each system, in each region, and the records that prove them ours."""

from collections.abc import Iterator
from dataclasses import dataclass

from manifests.aws.scope import Scope, placed, systems
from settings.aws.traffic import public_hosts, zone_of
from settings.stack import Stack


@dataclass(frozen=True, slots=True)
class CertificateArgs:
    """A certificate for all public hosts of a system, in one region."""

    host: str
    alternatives: tuple[str, ...]
    tags: dict[str, str]


@dataclass(frozen=True, slots=True)
class ValidationArgs:
    """The record by which ACM knows one host, and all below it, as ours."""

    key: str
    host: str
    """As the certificate has it, `*.` included."""
    zone: str


@dataclass(frozen=True, slots=True)
class CertificateRecordsArgs:
    """The records that validate a system's certificates.

    ACM asks for the same record wherever an account wants a certificate for a host, so that regions share them.
    Source: AWS Certificate Manager, "DNS validation".
    """

    records: tuple[ValidationArgs, ...]


def certified(stack: Stack) -> Iterator[Scope]:
    """Yield the scope of each system that has public hosts of ours, over all its regions."""
    for scope in systems(stack):
        if scope.system is not None and scope.system_aws.traffic and public_hosts(stack.environment, scope.system):
            yield scope


def certificates(stack: Stack) -> Iterator[tuple[Scope, CertificateArgs]]:
    """Yield the certificate of each such system in each of its regions, the primary one first."""
    for system in certified(stack):
        # The shortest host leads: the first one may have 64 characters. Source: AWS, "RequestCertificate".
        host, *others = sorted(_hosts(system).values(), key=lambda one: (len(one), one))
        for scope in placed(system):
            yield scope, CertificateArgs(host, tuple(others), scope.tags(scope.name()))


def certificate_records(stack: Stack) -> Iterator[tuple[Scope, CertificateRecordsArgs]]:
    """Yield the records that validate the certificates of each such system."""
    for scope in certified(stack):
        records: dict[str, ValidationArgs] = {}
        for key, host in _hosts(scope).items():
            zone = zone_of(scope.aws.zones, host)
            if zone is None:
                message = f"{host} is in no hosted zone of the environment"
                raise ValueError(message)
            # A wildcard is proven by the same record as the domain that it is of.
            records.setdefault(host.removeprefix("*."), ValidationArgs(key, host, zone))
        yield scope, CertificateRecordsArgs(tuple(records.values()))


def _hosts(scope: Scope) -> dict[str, str]:
    return {} if scope.system is None else public_hosts(scope.environment, scope.system)
