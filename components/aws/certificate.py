"""A certificate of ACM, asked for: it is of use once its records are there and it is validated."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from manifests.aws.certificates import CertificateArgs


class Certificate(pulumi.ComponentResource):
    """A certificate for the public hosts of a system in one region, to be validated by DNS."""

    arn: pulumi.Output[str]
    """Not validated yet: a listener is given that of a `ValidatedCertificate`."""
    validation_options: pulumi.Output[Sequence[aws.acm.outputs.CertificateDomainValidationOption]]
    """For `CertificateRecords`."""

    def __init__(self, name: str, args: CertificateArgs, *, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("naru:aws:Certificate", name, None, opts)
        certificate = aws.acm.Certificate(
            name,
            domain_name=args.host,
            subject_alternative_names=list(args.alternatives),
            validation_method="DNS",
            key_algorithm="RSA_2048",
            tags=args.tags,
            # With another host it is another one, which listeners have before the old one goes.
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = certificate.arn
        self.validation_options = certificate.domain_validation_options
        self.register_outputs({"arn": self.arn})
