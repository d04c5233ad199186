"""What objects need of a cluster."""

from operations.needs import needs
from tests.unit.operations.builders import manifest, placed, workload


def test_every_kind_is_needed_in_its_version_and_every_right_in_its_namespace() -> None:
    found = needs(
        placed(manifest("Namespace", "ns", ""), manifest("ConfigMap", "a"), manifest("ConfigMap", "b", "other"))
    )
    assert found.kinds == {("v1", "Namespace"), ("v1", "ConfigMap")}
    assert (("v1", "ConfigMap"), "other") in found.rights
    assert (("v1", "Namespace"), "") in found.rights
    assert found.namespaces == {"ns"}


def test_classes_are_those_that_ingresses_gateways_and_claims_name() -> None:
    claims = [{"metadata": {"name": "data"}, "spec": {"storageClassName": "fast"}}]
    found = needs(
        placed(
            manifest("Ingress", "i", spec={"ingressClassName": "nginx"}),
            manifest("Gateway", "g", spec={"gatewayClassName": "cilium"}),
            manifest("PersistentVolumeClaim", "c", spec={}),
            workload("StatefulSet", volumeClaimTemplates=claims),
        )
    )
    assert found.classes == {
        ("IngressClass", "nginx"),
        ("GatewayClass", "cilium"),
        ("StorageClass", ""),
        ("StorageClass", "fast"),
    }


def test_secrets_are_those_that_pods_name_in_any_way_and_we_do_not_make() -> None:
    pod = {
        "imagePullSecrets": [{"name": "registry"}],
        "volumes": [
            {"secret": {"secretName": "keys"}},
            {"secret": {"secretName": "fetched"}},
            {"projected": {"sources": [{"secret": {"name": "projected"}}, {"configMap": {"name": "no"}}]}},
            {"configMap": {"name": "no"}},
        ],
        "initContainers": [
            {"name": "i", "envFrom": [{"secretRef": {"name": "from"}}, {"configMapRef": {"name": "no"}}]}
        ],
        "containers": [
            {
                "name": "m",
                "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "env", "key": "k"}}}, {"name": "B"}],
            }
        ],
    }
    made = (manifest("Secret", "env"), manifest("SealedSecret", "keys"), manifest("ExternalSecret", "fetched"))
    found = needs(placed(workload(pod=pod), *made))
    assert found.secrets == {("ns", "registry"), ("ns", "from"), ("ns", "projected")}


def test_a_secret_of_another_namespace_does_not_count() -> None:
    pod = {"containers": [], "imagePullSecrets": [{"name": "registry"}]}
    found = needs(placed(workload(pod=pod), manifest("Secret", "registry", "elsewhere")))
    assert found.secrets == {("ns", "registry")}
