"""The records of one public host."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from manifests.aws.records import PublicRecordsArgs, RecordArgs


class PublicRecords(pulumi.ComponentResource):
    """Leads a host to the entrances of the clusters that are in traffic."""

    def __init__(
        self,
        name: str,
        args: PublicRecordsArgs,
        *,
        dns_names: Mapping[str, pulumi.Input[str]],
        zone_ids: Mapping[str, pulumi.Input[str]],
        health_checks: Mapping[str, pulumi.Input[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """By cluster: the name and zone of its entrance, and the id of its health check."""
        super().__init__("naru:aws:PublicRecords", name, None, opts)
        for record in args.records:
            target = aws.route53.RecordAliasArgs(
                name=dns_names[record.cluster],
                zone_id=zone_ids[record.cluster],
                evaluate_target_health=record.asks_targets,
            )
            # None waits for another: it is left as it is while that one alone goes.
            aws.route53.Record(
                f"{name}/{record.key}",
                zone_id=args.zone,
                name=args.host,
                type="A",
                aliases=[target],
                set_identifier=record.key if record.routed else None,
                health_check_id=health_checks[record.cluster] if record.routed else None,
                latency_routing_policies=_latency(record),
                failover_routing_policies=_failover(record),
                opts=pulumi.ResourceOptions(
                    parent=self, aliases=[pulumi.Alias(name=f"{name}/{record.was}")] if record.was else None
                ),
            )
        self.register_outputs({})


def _latency(record: RecordArgs) -> list[aws.route53.RecordLatencyRoutingPolicyArgs] | None:
    return None if record.region is None else [aws.route53.RecordLatencyRoutingPolicyArgs(region=record.region)]


def _failover(record: RecordArgs) -> list[aws.route53.RecordFailoverRoutingPolicyArgs] | None:
    return None if record.role is None else [aws.route53.RecordFailoverRoutingPolicyArgs(type=record.role)]
