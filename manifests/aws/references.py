"""What a service is told of AWS in its variables, by names that are known before anything is there."""

from functools import partial

from manifests.aws.names import bucket_name, parameter_name, queue_url, secret_name
from manifests.aws.scope import Scope, has_aws
from manifests.placed import Place
from settings.aws.references import replaced
from settings.container import Container
from settings.service import Service


def told(place: Place, service: Service) -> Service:
    """Return the service with the references in its variables, and in those of its sidecars, replaced.

    The region is not among them: EKS tells it to every pod that has a role (`AWS_REGION`).
    Source: AWS, "amazon-eks-pod-identity-webhook".
    """
    if not (has_aws(place.stack, place.system) and service.aws.used):
        return service
    scope = Scope(place.stack, place.system, place.cluster_name)
    sidecars = {
        key: sidecar.model_copy(update={"env": _filled(scope, sidecar)}) for key, sidecar in service.sidecars.items()
    }
    return service.model_copy(update={"env": _filled(scope, service), "sidecars": sidecars})


def _filled(scope: Scope, container: Container) -> dict[str, str]:
    return {variable: replaced(text, partial(_called, scope)) for variable, text in container.env.items()}


def _called(scope: Scope, kind: str, name: str) -> str:
    match kind:
        case "bucket":
            return bucket_name(scope, name)
        case "bucketRegion":
            return Scope(scope.stack, scope.system).region
        case "queue":
            return queue_url(scope, name)
        case "secret":
            return secret_name(scope, name)
        case _:
            return parameter_name(scope, name)
