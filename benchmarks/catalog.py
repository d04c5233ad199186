"""A project of any size: one system of alike services, as large as services of the real catalog are."""

from pathlib import Path

STACK = "bench"

_PULUMI = """\
name: naru
description: A catalog to measure
runtime: python
"""

_STACK = """\
config:
  pulumi:disable-default-providers: ["*"]
  naru:environment:
    tier: development
    delivery: gitops
    clusters:
      seoul: { context: bench, region: ap-northeast-2, primary: true }
    domains:
%(domains)s
    registries:
      harbor: harbor.example.com
    issuers:
      letsencrypt-staging:
        server: letsencrypt-staging
        email: platform@example.com
        solvers: [{ http01IngressClass: nginx }]
    defaultIssuer: letsencrypt-staging
"""

_COMMON = """\
defaults:
  service:
    image:
      registry: harbor
    resources:
      requests: { cpu: 100m, memory: 128Mi }
      limits: { cpu: "1", memory: 512Mi }
    probes:
      startup: { http: { path: /health }, periodSeconds: 2, failureThreshold: 60 }
      readiness: { http: { path: /ready }, periodSeconds: 5, failureThreshold: 3 }
      liveness: { http: { path: /health }, periodSeconds: 10, failureThreshold: 3 }
    security: { runAsUser: 10001, runAsGroup: 10001, fsGroup: 10001 }
    writablePaths: [/tmp]
"""

_SERVICE = """\
  %(name)s:
    image: { repository: bench/%(name)s }
    ports:
      http: { container: 8080, service: 80 }
    env:
      LOG_LEVEL: info
      WORKERS: "4"
      UPSTREAM_URL: http://%(upstream)s
    resources:
      requests: { cpu: 250m, memory: 256Mi }
    scaling: { min: 2, max: 10, cpu: 70 }
    exposure:
      web: { hosts: [%(name)s] }
    dependsOn: [%(upstream)s]
"""


def names(services: int) -> list[str]:
    """Return the names of the services, all of one length."""
    return [f"service-{number:04d}" for number in range(services)]


def neighbours(services: int) -> list[tuple[str, str, str]]:
    """Return each service, the one it calls and the one that calls it: a ring, so that all are alike."""
    ring = names(services)
    return [(name, ring[at - 1], ring[(at + 1) % services]) for at, name in enumerate(ring)]


def tag(name: str) -> str:
    """Return the version of a service that the stack runs."""
    return f"1.{int(name.rpartition('-')[2])}.0"


def write_project(root: Path, services: int) -> None:
    """Write the project's files below `root`."""
    for folder in ("catalog", "releases"):
        (root / folder).mkdir(parents=True)
    ring = neighbours(services)
    domains = "\n".join(f"      {name}: {name}.example.com" for name, _, _ in ring)
    system = "description: Alike services\nnamespaces:\n  bench: {}\nservices:\n" + "".join(
        _SERVICE % {"name": name, "upstream": upstream} for name, upstream, _ in ring
    )
    release = "bench:\n" + "".join(f"  {name}: {{ tag: {tag(name)} }}\n" for name, _, _ in ring)
    for file, text in {
        "Pulumi.yaml": _PULUMI,
        f"Pulumi.{STACK}.yaml": _STACK % {"domains": domains},
        "catalog/common.yaml": _COMMON,
        "catalog/bench.yaml": system,
        f"releases/{STACK}.yaml": release,
    }.items():
        (root / file).write_text(text, encoding="utf-8")
