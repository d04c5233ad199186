"""The guard of a second Deployment: its commands, run with its own token by the real kubectl, and nothing beyond them.

Pods are simulated here, so its steps are run in its place: as the Job has them, with the rights that its account has.
Argo Rollouts measures the analysis, of what Prometheus is told of the requests.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from local.plane import ControlPlane
from local.provider.objects import Type
from local.session import Session
from local.toolchain import ensure
from manifests.assembly import assemble
from manifests.placed import Manifest
from settings.service import Service
from tests.builders import a_service, a_stack, a_system
from tests.e2e.traffic import Traffic
from tests.integration.space import PATIENCE, POD, Space, new_space

DEPLOYMENT: Final = Type("apps", "v1", "Deployment")
JOB: Final = Type("batch", "v1", "Job")
ROLE: Final = Type("rbac.authorization.k8s.io", "v1", "Role")
RUN: Final = Type("argoproj.io", "v1alpha1", "AnalysisRun")

OBJECTIVES: dict[str, Any] = {
    "errorRate": {"threshold": 5, "window": "10s"},
    "healthCheckFailures": 3,
    "interval": "1s",
    "initialDelay": "1s",
    "minimumRequests": 5,
}
VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
# The token is a credential of the environment's, so that it lies in no file and in no command line.
CREDENTIAL = "GUARD_CREDENTIAL"


class Guarded:
    """A service that tries a second version in a namespace of its own."""

    def __init__(self, space: Space, session: Session, kubeconfig: Path, folder: Path) -> None:
        self.space = space
        self._session = session
        self._kubeconfig = kubeconfig
        self._folder = folder
        self.warnings: list[str] = []

    def apply(self, tag: str, **settings: Any) -> None:
        """Apply all objects of the service, as every update does, and wait until its rights hold."""
        for manifest in self.objects(a_canary(tag, **settings)):
            self.space.api.apply(manifest, field_manager="pulumi", force=True, dry_run=False, warn=self.warnings.append)
        self.space.until(lambda: self.has_rights(tag))

    def objects(self, service: Service) -> list[Manifest]:
        namespaces = {"main": {"name": self.space.name}}
        stack = a_stack(a_system(service, namespaces=namespaces))
        return [placed.manifest for found in assemble(stack, "main").values() for placed in found]

    def steps(self, tag: str) -> dict[str, list[str]]:
        """Return the commands of the Job of a version, by the names of its containers."""
        (job,) = (made for made in self.objects(a_canary(tag)) if made["kind"] == "Job")
        pod = self.space.read(JOB, job["metadata"]["name"])["spec"]["template"]["spec"]
        return {made["name"]: made["command"] for made in (*pod["initContainers"], *pod["containers"])}

    def run_name(self, tag: str) -> str:
        (run,) = (made for made in self.objects(a_canary(tag)) if made["kind"] == "AnalysisRun")
        name: str = run["metadata"]["name"]
        return name

    def begin(self, command: list[str]) -> subprocess.Popen[str]:
        """Start a command of the guard as its account."""
        kubectl = ensure(["kubectl"])["kubectl"]
        words = [word.replace("/cache", str(self._folder / "cache")) for word in command[1:]]
        return subprocess.Popen(
            [kubectl, *words],
            env={
                **os.environ,
                "KUBECONFIG": str(self._account()),
                CREDENTIAL: self._token(),
                "HOME": str(self._folder),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def do(self, command: list[str]) -> str:
        """Run a command of the guard as its account, to its good end."""
        code, said = self.try_(command)
        assert code == 0, said
        return said

    def try_(self, command: list[str]) -> tuple[int, str]:
        """Run a command as the guard's account, and return how it ended and what it said."""
        with self.begin(command) as process:
            said, _ = process.communicate(timeout=PATIENCE)
        return process.returncode, said

    def pods(self) -> int:
        """Return how many pods the second Deployment is to have."""
        found: int = self.space.read(DEPLOYMENT, "api-canary")["spec"]["replicas"]
        return found

    def running(self) -> set[str]:
        """Return the pods of the second Deployment that there are."""
        labels = "app.kubernetes.io/name=api-canary"
        return {pod["metadata"]["name"] for pod in self.space.api.list(POD, self.space.name, labelSelector=labels)}

    def may(self) -> set[tuple[str, str, str, str]]:
        """Return what the guard's account may do: verb, group, resource and name, of all that matters here."""
        run = self.run_name("2.0.0")
        things = [
            *(("argoproj.io", "analysisruns", name) for name in (run, "another", "")),
            *(("apps", resource, name) for resource in ("deployments", "deployments/scale") for name in NAMES),
            *(
                ("", resource, "")
                for resource in ("secrets", "pods", "configmaps", "services", "serviceaccounts/token")
            ),
            ("argoproj.io", "rollouts", ""),
            ("batch", "jobs", ""),
            ("rbac.authorization.k8s.io", "roles", ""),
        ]
        asked = [(verb, *thing) for thing in things for verb in VERBS]
        return {one for one in asked if self.allowed(*one)}

    def allowed(self, verb: str, group: str, resource: str, name: str) -> bool:
        kind, _, subresource = resource.partition("/")
        attributes = {"namespace": self.space.name, "verb": verb, "group": group, "resource": kind, "name": name}
        spec = {
            "user": f"system:serviceaccount:{self.space.name}:api-canary-guard",
            "groups": ["system:serviceaccounts", "system:authenticated"],
            "resourceAttributes": {**attributes, "subresource": subresource},
        }
        path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        answer, _ = self._session.request("POST", path, body={"spec": spec})
        return bool(answer["status"]["allowed"])

    def has_rights(self, tag: str) -> bool:
        """Tell whether the API server, which learns of roles a while after they are made, knows those of a version."""
        return self.allowed("get", "argoproj.io", "analysisruns", self.run_name(tag))

    def _token(self) -> str:
        path = f"/api/v1/namespaces/{self.space.name}/serviceaccounts/api-canary-guard/token"
        asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}}
        answer, _ = self._session.request("POST", path, body=asked)
        status = {"token": answer["status"]["token"]}
        return json.dumps({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status})

    def _account(self) -> Path:
        """Return a kubeconfig that takes its token from the environment."""
        found: dict[str, Any] = yaml.safe_load(self._kubeconfig.read_text(encoding="utf-8"))
        asked = {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": "printenv",
            "args": [CREDENTIAL],
            "interactiveMode": "Never",
        }
        found["users"] = [{"name": user["name"], "user": {"exec": asked}} for user in found["users"]]
        path = self._folder / "kubeconfig"
        path.write_text(yaml.safe_dump(found), encoding="utf-8")
        return path


NAMES = ("api-canary", "api", "")


def a_canary(tag: str, **settings: Any) -> Service:
    return a_service(
        **{
            "replicas": 3,
            "metrics": {"port": "http"},
            "objectives": OBJECTIVES,
            "strategy": {"type": "canaryDeployment", "weight": 40},
            "canary": {"tag": tag},
            **settings,
        }
    )


@pytest.fixture
def session(plane: ControlPlane) -> Iterator[Session]:
    with Session(plane.kubeconfig) as opened:
        yield opened


@pytest.fixture
def guarded(plane: ControlPlane, session: Session, tmp_path: Path) -> Iterator[Guarded]:
    with new_space(session) as space:
        made = Guarded(space, session, plane.kubeconfig, tmp_path)
        made.apply("2.0.0")
        yield made


@pytest.fixture
def traffic(plane: ControlPlane, guarded: Guarded) -> Iterator[Traffic]:
    with Traffic(plane, guarded.space.name) as made:
        made.calls(guarded.space.name, "api", 50.0)
        yield made


def phase(guarded: Guarded, tag: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = guarded.space.read(RUN, guarded.run_name(tag)).get("status") or {}
    return found


def test_a_bad_version_is_called_off_by_nobody_and_stays_off_until_another_is_tried(
    guarded: Guarded, traffic: Traffic
) -> None:
    steps = guarded.steps("2.0.0")
    guarded.do(steps["start"])
    assert guarded.pods() == 2
    guarded.space.until(lambda: guarded.space.condition(DEPLOYMENT, "api-canary", "Available") == "True")

    with guarded.begin(steps["watch"]) as watching:
        guarded.space.until(lambda: phase(guarded, "2.0.0").get("phase") == "Running")
        assert watching.poll() is None
        traffic.behaves("2.0.0", errors=0.5)
        guarded.space.until(lambda: phase(guarded, "2.0.0").get("phase") == "Failed")
        said, _ = watching.communicate(timeout=PATIENCE)
    assert (watching.returncode, "condition met" in said) == (0, True), said

    guarded.do(steps["call-off"])
    guarded.space.until(lambda: not guarded.running())
    for _ in range(3):
        guarded.apply("2.0.0")
        assert guarded.pods() == 0

    guarded.apply("2.0.1")
    assert guarded.pods() == 0
    guarded.do(guarded.steps("2.0.1")["start"])
    guarded.space.until(lambda: len(guarded.running()) == 2)
    assert guarded.run_name("2.0.1") != guarded.run_name("2.0.0")
    assert guarded.warnings == []


def test_a_good_version_and_a_quiet_one_are_watched_on(guarded: Guarded, traffic: Traffic) -> None:
    guarded.do(guarded.steps("2.0.0")["start"])

    def judged() -> dict[str, dict[str, Any]]:
        return {found["name"]: found for found in phase(guarded, "2.0.0").get("metricResults") or ()}

    guarded.space.until(lambda: judged().get("success-rate", {}).get("successful", 0) >= 3)
    traffic.calls(guarded.space.name, "api", 0.0)
    guarded.space.until(lambda: judged()["success-rate"].get("inconclusive", 0) >= 7)
    assert phase(guarded, "2.0.0")["phase"] == "Running"
    assert judged()["health"].get("failed", 0) == 0


def test_its_account_may_do_just_what_its_commands_do(guarded: Guarded) -> None:
    run = guarded.run_name("2.0.0")
    assert guarded.may() == {
        *((verb, "argoproj.io", "analysisruns", run) for verb in ("get", "list", "watch")),
        ("get", "apps", "deployments", "api-canary"),
        ("patch", "apps", "deployments/scale", "api-canary"),
    }


@pytest.mark.parametrize(
    "command",
    [
        pytest.param("scale deployment/api --replicas=0", id="main-deployment"),
        pytest.param("delete deployment/api-canary", id="deletion"),
        pytest.param("set image deployment/api-canary api=example.com/other:1", id="another-image"),
        pytest.param("get secrets", id="secrets"),
        pytest.param("get analysisruns.argoproj.io", id="all-analyses"),
    ],
)
def test_anything_else_is_forbidden_to_its_account(guarded: Guarded, command: str) -> None:
    code, said = guarded.try_(["kubectl", *command.split(), f"--namespace={guarded.space.name}", "--cache-dir=/cache"])
    assert code != 0
    assert "forbidden" in said.lower()


@pytest.mark.parametrize(
    ("rule", "verb", "step"),
    [
        (0, "get", "watch"),
        (0, "watch", "watch"),  # and to list, where an API server does not send what there is in the watch itself
        (1, "get", "call-off"),
        (2, "patch", "call-off"),
    ],
)
def test_each_of_its_rights_is_needed(guarded: Guarded, rule: int, verb: str, step: str) -> None:
    command = [word.replace("168h", "3s") for word in guarded.steps("2.0.0")[step]]
    assert not forbidden(guarded, command)
    rules = guarded.space.read(ROLE, "api-canary-guard")["rules"]
    rules[rule]["verbs"].remove(verb)
    left = [found for found in rules if found["verbs"]]
    guarded.space.apply("rbac.authorization.k8s.io/v1", "Role", "api-canary-guard", rules=left)
    # The API server learns of it a while later, and kubectl may be at its end before it was answered.
    code, _ = guarded.space.until(lambda: forbidden(guarded, command))
    assert code != 0


def forbidden(guarded: Guarded, command: list[str]) -> tuple[int, str] | None:
    """Return how a command ended that was forbidden something, None where it was not."""
    code, said = guarded.try_(command)
    return (code, said) if "forbidden" in said.lower() else None
