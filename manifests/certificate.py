"""What cert-manager is told: who issues certificates, how hosts are proven ours, and which certificates there are."""

from collections.abc import Iterable

from manifests.placed import Manifest
from settings.environment import Environment, Issuer, Solver

ACME_SERVERS = {
    "letsencrypt-production": "https://acme-v02.api.letsencrypt.org/directory",
    "letsencrypt-staging": "https://acme-staging-v02.api.letsencrypt.org/directory",
}


def cluster_issuer(name: str, issuer: Issuer, environment: Environment, *, labels: dict[str, str]) -> Manifest:
    """Return a ClusterIssuer: an ACME account with its solvers, or one whose certificates sign themselves."""
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "ClusterIssuer",
        "metadata": {"name": name, "labels": labels},
        "spec": {"selfSigned": {}} if issuer.server == "self-signed" else {"acme": _acme(name, issuer, environment)},
    }


def certificate(
    namespace: str, secret_name: str, hosts: Iterable[str], issuer_name: str, *, labels: dict[str, str]
) -> Manifest:
    """Return a Certificate, named as its Secret is, which is how cert-manager names those it makes for Ingresses."""
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": {"name": secret_name, "namespace": namespace, "labels": labels},
        "spec": {
            "secretName": secret_name,
            "dnsNames": list(hosts),
            "issuerRef": {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": issuer_name},
            # What Let's Encrypt gives, whatever is asked for; others give what is asked for.
            "duration": "2160h0m0s",
            # A month in which a renewal may fail and somebody may notice.
            "renewBefore": "720h0m0s",
            "privateKey": {"algorithm": "ECDSA", "size": 256, "encoding": "PKCS8", "rotationPolicy": "Always"},
            "usages": ["digital signature", "server auth"],
            "revisionHistoryLimit": 1,
        },
    }


def _acme(name: str, issuer: Issuer, environment: Environment) -> Manifest:
    return {
        "server": ACME_SERVERS[issuer.server],
        "email": issuer.email,
        "privateKeySecretRef": {"name": f"{name}-account-key"},
        "solvers": [_solver(solver, environment) for solver in issuer.solvers],
    }


def _solver(solver: Solver, environment: Environment) -> Manifest:
    manifest: Manifest = {}
    if solver.hosts:
        manifest["selector"] = {"dnsNames": [environment.domains[host] for host in solver.hosts]}
    if solver.http01_ingress_class is not None:
        # cert-manager's own default, NodePort, would open a port on every node for as long as a challenge lasts.
        ingress = {"ingressClassName": solver.http01_ingress_class, "serviceType": "ClusterIP"}
        manifest["http01"] = {"ingress": ingress}
    elif solver.route53 is not None:
        zone = {"region": solver.route53.region, "hostedZoneID": solver.route53.hosted_zone_id}
        if solver.route53.role is not None:
            zone["role"] = solver.route53.role
        manifest["dns01"] = {"route53": zone}
    elif solver.cloudflare is not None:
        token = {"name": solver.cloudflare.token_secret, "key": solver.cloudflare.token_key}
        manifest["dns01"] = {"cloudflare": {"apiTokenSecretRef": token}}
    return manifest
