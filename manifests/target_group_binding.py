"""TargetGroupBindings: which pods AWS Load Balancer Controller registers in which target group of an entrance.

All that the controller would fill in is said, but for the ARN, which nobody knows before the target group is there: it
is named instead. The controller's webhook looks the ARN up when a binding is made, and never again, so that target
groups come first. The rules of security groups are the entrance's own, so that the controller is told of none.
Source: aws-load-balancer-controller 3.2, docs/guide/targetgroupbinding and webhooks/elbv2.
"""

from collections.abc import Iterator

from manifests.address import port_number, service_ports
from manifests.aws.entrances import CONTROLLER, CONTROLLER_PORT, controller_group, entered
from manifests.aws.scope import Scope
from manifests.aws.target_groups import COLORS, divided_ports, group_name
from manifests.placed import Manifest, Part, Place, Placed, reference
from settings.service import Service
from settings.stack import Stack


def color_bindings(place: Place, service: Service) -> Iterator[Placed]:
    """Yield what binds the Services of a service's colours to the target groups that its traffic is divided by."""
    scope = Scope(place.stack, place.system, place.cluster_name)
    namespace = place.namespace(service.namespace)
    for name, container in divided_ports(service).items():
        port = port_number(service_ports(service)[name])
        for color in COLORS:
            group, backend = group_name(scope, service, color, container), f"{service.name}-{color}"
            labels = place.labels(group, service.name)
            manifest = _binding(scope, group, namespace, labels, backend, port, "HTTP")
            after = (reference("Service", namespace, backend),)
            yield Placed(manifest, Part.WORKLOADS, service.name, after)


def entrance_bindings(stack: Stack, cluster_name: str, labels: dict[str, str]) -> Iterator[Manifest]:
    """Yield what binds the Ingress controller of a cluster to its entrance; nothing where there is none."""
    if not entered(stack, cluster_name):
        return
    scope = Scope(stack, None, cluster_name)
    group = controller_group(scope)
    yield _binding(
        scope,
        group.name,
        stack.environment.ingress_namespace,
        {**labels, "app.kubernetes.io/name": group.name},
        CONTROLLER,
        CONTROLLER_PORT,
        group.protocol,
    )


def _binding(
    scope: Scope, group: str, namespace: str, labels: dict[str, str], service: str, port: int, protocol: str
) -> Manifest:
    return {
        "apiVersion": "elbv2.k8s.aws/v1beta1",
        "kind": "TargetGroupBinding",
        # One binds one target group for good: that of another name has a binding of another name.
        "metadata": {"name": group, "namespace": namespace, "labels": labels},
        "spec": {
            "serviceRef": {"name": service, "port": port},
            "targetGroupName": group,
            "targetGroupProtocol": protocol,
            "targetType": "ip",
            "ipAddressType": "ipv4",
            "vpcID": scope.cluster_aws.vpc,
        },
    }
