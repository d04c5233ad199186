"""The records by which ACM knows a system's public hosts as ours, in every region."""

from collections.abc import Sequence
from functools import partial

import pulumi
import pulumi_aws as aws

from manifests.aws.certificates import CertificateRecordsArgs

Options = Sequence[aws.acm.outputs.CertificateDomainValidationOption]


class CertificateRecords(pulumi.ComponentResource):
    """The validation records of a system's hosts, each once: every region's certificate is validated by them."""

    names: pulumi.Output[list[str]]

    def __init__(
        self,
        name: str,
        args: CertificateRecordsArgs,
        *,
        validation_options: pulumi.Output[Options],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`validation_options` are those of any of the certificates; they are the same in every region."""
        super().__init__("naru:aws:CertificateRecords", name, None, opts)
        made = []
        for record in args.records:
            option = validation_options.apply(partial(_of, record.host))
            made.append(
                aws.route53.Record(
                    f"{name}/{record.key}",
                    zone_id=record.zone,
                    name=option.apply(lambda one: str(one.resource_record_name)),
                    type=option.apply(lambda one: str(one.resource_record_type)),
                    ttl=300,
                    records=[option.apply(lambda one: str(one.resource_record_value))],
                    # Whoever had a certificate of this account for the host has made the same one.
                    allow_overwrite=True,
                    opts=pulumi.ResourceOptions(parent=self),
                )
            )
        self.names = pulumi.Output.all(*(record.fqdn for record in made))
        self.register_outputs({"names": self.names})


def _of(host: str, options: Options) -> aws.acm.outputs.CertificateDomainValidationOption:
    """Return what ACM asks for a host."""
    return next(option for option in options if option.domain_name == host)
