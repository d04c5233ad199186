"""A certificate that ACM has issued."""

import pulumi
import pulumi_aws as aws


class ValidatedCertificate(pulumi.ComponentResource):
    """Waits until ACM finds the records of a certificate and issues it; makes nothing itself."""

    arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        certificate_arn: pulumi.Input[str],
        record_names: pulumi.Input[list[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("naru:aws:ValidatedCertificate", name, None, opts)
        validation = aws.acm.CertificateValidation(
            name,
            certificate_arn=certificate_arn,
            validation_record_fqdns=record_names,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = validation.certificate_arn
        self.register_outputs({"arn": self.arn})
