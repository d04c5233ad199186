"""What holds for every stack, seen to hold for generated catalogs and for the project's own."""

import copy
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from manifests.assembly import assemble
from manifests.placed import Manifest, Part, Placed
from manifests.text import to_yaml
from settings.environment import Delivery
from settings.stack import Stack
from tests.assembled import ROOT, STACKS
from tests.assembled import stack as project_stack
from tests.builders import PROBES, a_data_store, a_service, a_stack, a_system
from tests.unit.manifests import laws
from tests.unit.manifests.catalogs import CLUSTERS, stacks
from tests.unit.manifests.laws import Assembled
from tests.unit.manifests.references import declared_secrets, not_in_foundation, unresolved

Law = Callable[[Assembled], Iterator[str]]
ALL: tuple[Law, ...] = (
    laws.names,
    laws.spelling,
    laws.selectors,
    laws.managed,
    laws.handed_over,
    laws.order,
    laws.quantities,
    laws.counts,
)

generated = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def on_each_cluster(stack: Stack) -> list[Assembled]:
    return [assemble(stack, cluster) for cluster in stack.environment.clusters]


@given(stack=stacks())
@generated
def test_laws_hold_for_every_catalog(stack: Stack) -> None:
    for assembled in on_each_cluster(stack):
        assert [fault for law in (*ALL, laws.hardening) for fault in law(assembled)] == []
        assert list(unresolved(assembled, declared_secrets(stack))) == []
        assert list(not_in_foundation(assembled)) == []
        if stack.environment.delivery is Delivery.GITOPS:
            assert list(laws.annotations(assembled)) == []


@given(stack=stacks())
@generated
def test_same_settings_give_the_same_text(stack: Stack) -> None:
    for cluster in stack.environment.clusters:
        first, second = (
            [to_yaml(placed.manifest) for found in assemble(made, cluster).values() for placed in found]
            for made in (stack, copy.deepcopy(stack))
        )
        assert first == second


@pytest.mark.parametrize("name", STACKS)
def test_laws_hold_for_the_project(name: str) -> None:
    """But for hardening: the catalog says of images that cannot bear all of it, each with its source."""
    stack = project_stack(name)
    for assembled in on_each_cluster(stack):
        assert [fault for law in ALL for fault in law(assembled)] == []
        assert list(unresolved(assembled, declared_secrets(stack))) == []
        assert list(not_in_foundation(assembled)) == []
        if stack.environment.delivery is Delivery.GITOPS:
            assert list(laws.annotations(assembled)) == []


MIGRATION = {
    "engine": "goose",
    "secret": "own",
    "databases": {"main": {"urlKey": "token", "directory": "/migrations"}},
}

PROGRAM = """
import hashlib, sys
from pathlib import Path
from operations.render import rendered
from settings.loading import load, stacks
root = Path(sys.argv[1])
for name in stacks(root):
    print(name, hashlib.sha256(repr(rendered(load(root, name).stack)).encode()).hexdigest())
"""


def test_no_hash_seed_changes_what_is_rendered() -> None:
    def ask(seed: int) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
        command = [sys.executable, "-c", PROGRAM, str(ROOT)]
        return subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True, text=True).stdout

    first, *others = (ask(seed) for seed in (0, 1, 4711))
    assert [line.split()[0] for line in first.splitlines()] == sorted(STACKS)
    assert others == [first, first]


@pytest.fixture(scope="module")
def whole() -> Stack:
    """A stack with one of everything that a fault is planted in."""
    web = {"hosts": ["www"]}
    system = a_system(
        a_service(
            "api",
            probes=PROBES,
            env={"A": "1"},
            configFiles={"/etc/a": "b"},
            writablePaths=["/tmp"],
            secretEnv={"TOKEN": {"secret": "own", "key": "token"}},
            volumes={"work": {"claim": {"size": "1Gi"}}},
            mounts={"/srv/files": "work"},
            placement={"priorityClass": "data"},
            dependsOn=["store"],
            migration={**MIGRATION, "backup": {"size": "1Gi"}},
            exposure={"web": web, "edge": {**web, "route": "gateway", "gateway": "edge", "name": "edge"}},
        ),
        a_service("many", probes=PROBES, scaling={"min": 2, "max": 3}, dependsOn=["store"]),
        a_data_store("store", probes={probe: {"tcp": "postgresql"} for probe in PROBES}),
        secrets={
            "own": {"source": "sealed", "keys": {"token": {}}},
            "far": {"source": "external", "store": "vault", "keys": {"token": {}}},
        },
        secretStores={"vault": {"provider": "vault", "server": "https://vault.example.com", "path": "secret"}},
        gateways={"edge": {"hosts": ["www"], "tlsSecret": "edge-tls"}},
    )
    return a_stack(
        system,
        clusters={"main": CLUSTERS["seoul"]},
        delivery="gitops",
        domains={"www": "www.example.com"},
        issuers={"self": {"server": "self-signed"}},
        defaultIssuer="self",
        priorityClasses={"data": {"value": 1, "description": "data"}},
    )


def container(manifest: Manifest) -> dict[str, Any]:
    found: dict[str, Any] = manifest["spec"]["template"]["spec"]["containers"][0]
    return found


API, MANY, STORE = "Deployment/demo/api", "Deployment/demo/many", "StatefulSet/demo/store"
JOB, BACKUP = "Job/demo/api-migrate", "Job/demo/api-backup-main"
# The object, what is done to it, and what is said then.
PLANTED: dict[str, tuple[str, Callable[[Manifest], Any], str]] = {
    "two of one name": ("Service/demo/many", lambda it: it["metadata"].update(name="api"), "Service/demo/api: 2 times"),
    "long name": ("Service/demo/many", lambda it: it["metadata"].update(name="a" * 64), "'aaa"),
    "name no host has": ("Service/demo/many", lambda it: it["metadata"].update(name="a_b"), "'a_b'"),
    "long label": (MANY, lambda it: it["metadata"]["labels"].update(a="b" * 64), "'bbb"),
    "long port name": (API, lambda it: container(it)["ports"][0].update(name="a" * 16), "'aaa"),
    "version in a selector": (
        "Service/demo/api",
        lambda it: it["spec"]["selector"].update({"app.kubernetes.io/version": "1"}),
        "selects by version",
    ),
    "selector of another's pods": (
        "Service/demo/many",
        lambda it: it["spec"].update(selector={"app.kubernetes.io/name": "api"}),
        "selects ['Deployment/demo/api'], not ['Deployment/demo/many']",
    ),
    "selector of everybody's pods": (
        "Service/demo/api",
        lambda it: it["spec"]["selector"].pop("app.kubernetes.io/name"),
        f"selects ['{API}', '{MANY}', '{BACKUP}', '{JOB}', '{STORE}']",
    ),
    "policy for nobody": (
        "NetworkPolicy/demo/api",
        lambda it: it["spec"]["podSelector"]["matchLabels"].update({"app.kubernetes.io/name": "nobody"}),
        "selects []",
    ),
    "policy for Jobs that lets a service through": (
        "NetworkPolicy/demo/api-migrate",
        lambda it: it["spec"]["podSelector"]["matchLabels"].update({"app.kubernetes.io/name": "api"}),
        f"selects ['{API}'], not ['{BACKUP}', '{JOB}']",
    ),
    "budget for nobody": (
        "PodDisruptionBudget/demo/many",
        lambda it: it["spec"]["selector"]["matchLabels"].update({"app.kubernetes.io/name": "nobody"}),
        "selects []",
    ),
    "quantity of many spellings": (
        API,
        lambda it: container(it)["resources"]["requests"].update(cpu="1000m"),
        "'1000m'",
    ),
    "claim of many spellings": (
        STORE,
        lambda it: it["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"].update(storage="1024Mi"),
        "'1024Mi'",
    ),
    "limit of many spellings": (
        API,
        lambda it: it["spec"]["template"]["spec"]["volumes"][-1]["emptyDir"].update(sizeLimit="1024Mi"),
        "'1024Mi'",
    ),
    "counted by two": (MANY, lambda it: it["spec"].update(replicas=1), "counted by two"),
    "counted by nobody": (API, lambda it: it["spec"].pop("replicas"), "counted by nobody"),
    "no probe": (API, lambda it: container(it).pop("startupProbe"), "no startupProbe"),
    "no request": (STORE, lambda it: container(it)["resources"]["requests"].pop("cpu"), "requests {'memory'"),
    "no limit": (API, lambda it: container(it)["resources"].pop("limits"), "limits None"),
    "root": (API, lambda it: container(it)["securityContext"].update(runAsNonRoot=False), "runAsNonRoot is False"),
    "capability": (
        API,
        lambda it: container(it)["securityContext"]["capabilities"].update(add=["SYS_ADMIN"]),
        "capabilities is",
    ),
    "privileged": (API, lambda it: container(it)["securityContext"].update(privileged=True), "api: privileged"),
    "token": (API, lambda it: it["spec"]["template"]["spec"].pop("automountServiceAccountToken"), "mounts a token"),
    "annotation for Pulumi": (
        API,
        lambda it: it["metadata"].update(annotations={"pulumi.com/skipAwait": "true"}),
        "pulumi.com/skipAwait",
    ),
    "annotation for Pulumi on pods": (
        API,
        lambda it: it["spec"]["template"]["metadata"].update(annotations={"pulumi.com/skipAwait": "true"}),
        "pulumi.com/skipAwait",
    ),
    "no namespace": ("Namespace//demo", lambda it: it["metadata"].update(name="other"), "no Namespace//demo"),
    "no account": (
        "ServiceAccount/demo/api",
        lambda it: it["metadata"].update(name="other"),
        "no ServiceAccount/demo/api",
    ),
    "no priority": ("PriorityClass//data", lambda it: it["metadata"].update(name="other"), "no PriorityClass//data"),
    "no issuer": ("ClusterIssuer//self", lambda it: it["metadata"].update(name="other"), "no ClusterIssuer//self"),
    "no certificate": (
        "Certificate/demo/edge-tls",
        lambda it: it["metadata"].update(name="other"),
        "no Certificate/demo/edge-tls",
    ),
    "no claim": (
        "PersistentVolumeClaim/demo/api-work",
        lambda it: it["metadata"].update(name="other"),
        "no PersistentVolumeClaim/demo/api-work",
    ),
    "no headless service": (
        "Service/demo/store-headless",
        lambda it: it["metadata"].update(name="other"),
        "no Service/demo/store-headless",
    ),
    "no target": (MANY, lambda it: it["metadata"].update(name="other"), "no Deployment/demo/many"),
    "no backend": ("Service/demo/api", lambda it: it["metadata"].update(name="other"), "no Service api"),
    "no port of a backend": (
        "Service/demo/api",
        lambda it: it["spec"]["ports"][0].update(port=1),
        "no port 80 of the Service api",
    ),
    "no port of the pods": ("Service/demo/api", lambda it: it["spec"]["ports"][0].update(targetPort="x"), "no port x"),
    "no port for a probe": (
        API,
        lambda it: container(it)["livenessProbe"]["httpGet"].update(port="x"),
        "no port x for the livenessProbe",
    ),
    "no secret store": (
        "ExternalSecret/demo/far",
        lambda it: it["spec"]["secretStoreRef"].update(name="gone"),
        "no SecretStore/demo/gone",
    ),
    "no listener": (
        "HTTPRoute/demo/edge",
        lambda it: it["spec"]["parentRefs"][0].update(sectionName="x"),
        "no listener x",
    ),
    "no account for a Job": (
        "ServiceAccount/demo/api-migrate",
        lambda it: it["metadata"].update(name="other"),
        f"{JOB}: ServiceAccount/demo/api-migrate is not in the foundation",
    ),
    "root in a Job": (JOB, lambda it: container(it)["securityContext"].update(runAsNonRoot=False), "runAsNonRoot is"),
    "Job that no policy is for": (
        JOB,
        lambda it: it["spec"]["template"]["metadata"]["labels"].update({"app.kubernetes.io/name": "other"}),
        f"selects ['{BACKUP}'], not ['{BACKUP}', '{JOB}']",
    ),
    "no volume": (API, lambda it: container(it)["volumeMounts"][0].update(name="x"), "no volume x"),
    "no secret": (
        API,
        lambda it: container(it)["env"][0]["valueFrom"]["secretKeyRef"].update(name="x"),
        "no Secret/demo/x",
    ),
    "no configuration": (
        API,
        lambda it: container(it)["envFrom"][0]["configMapRef"].update(name="x"),
        "no ConfigMap/demo/x",
    ),
    "no file": (
        API,
        lambda it: next(found for found in container(it)["volumeMounts"] if "subPath" in found).update(subPath="x"),
        "no key x of api-files-",
    ),
}


def faults_of(assembled: Assembled, stack: Stack) -> list[str]:
    every = (*ALL, laws.hardening, laws.annotations)
    found = [fault for law in every for fault in law(assembled)]
    return [*found, *unresolved(assembled, declared_secrets(stack)), *not_in_foundation(assembled)]


@pytest.mark.parametrize(("reference", "plant", "said"), PLANTED.values(), ids=PLANTED)
def test_planted_fault_breaks_a_law(whole: Stack, reference: str, plant: Callable[[Manifest], Any], said: str) -> None:
    assembled = assemble(whole, "main")
    assert faults_of(assembled, whole) == []

    def planted(placed: Placed) -> Placed:
        manifest = copy.deepcopy(placed.manifest)
        plant(manifest)
        return Placed(manifest, placed.part, placed.component, placed.after)

    broken = {
        name: tuple(planted(placed) if placed.reference == reference else placed for placed in objects)
        for name, objects in assembled.items()
    }
    assert broken != assembled
    assert said in "\n".join(faults_of(broken, whole))


@pytest.mark.parametrize(
    "reference",
    [
        "ServiceAccount/demo/api-migrate",
        "PersistentVolumeClaim/demo/api-backup",
        "NetworkPolicy/demo/api-migrate",
        "SealedSecret/demo/own",
    ],
)
def test_what_a_hook_needs_breaks_a_law_among_the_workloads(whole: Stack, reference: str) -> None:
    assembled = assemble(whole, "main")
    late = {
        name: tuple(
            replace(placed, part=Part.WORKLOADS) if placed.reference == reference else placed for placed in objects
        )
        for name, objects in assembled.items()
    }
    assert late != assembled
    assert [fault for fault in not_in_foundation(late) if reference in fault]


def test_object_before_what_it_needs_breaks_a_law(whole: Stack) -> None:
    assembled = assemble(whole, "main")
    found = list(laws.order({"demo": assembled["demo"][::-1]}))
    assert f"{MANY}: comes after {STORE}" in found
