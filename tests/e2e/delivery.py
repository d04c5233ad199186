"""Three of the real systems on the control plane, with pauses and windows a test can wait for; steps are as they are.

Everything else is the catalog's own. What is shortened stands in the stack's file, where an operator would put it too.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from local.plane import ControlPlane
from local.provider.objects import Type
from tests.integration.on_plane import REPOSITORY, Cluster, Ended, OnPlane

ROLLOUT: Final = Type("argoproj.io", "v1alpha1", "Rollout")
REPLICA_SET: Final = Type("apps", "v1", "ReplicaSet")
SERVICE: Final = Type("", "v1", "Service")

SYSTEMS: Final = ("ams", "immersiverse", "korea-public-data")
STACK: Final = "local"
RELEASE: Final = "releases/local.yaml"
STACK_FILE: Final = "Pulumi.local.yaml"

KOREA: Final = "korea-public-data"
BACKEND, FRONTEND = f"{KOREA}/korea-backend", f"{KOREA}/korea-frontend"
AMS: Final = "ams/ams"
AUTH: Final = "immersiverse/auth-service"

# Longer than a busy machine needs for what is looked at in a pause, and never waited for: who has looked promotes.
PAUSE: Final = "10m"
WINDOW: Final = "10s"
STABILISATION: Final = "15s"
WEIGHTS: Final = (20, 40, 60, 80)
"""Of the steps of korea-backend."""

_QUICK: Final = {
    "errorRate": {"threshold": 5, "window": WINDOW},
    "responseTime": {"threshold": "2s", "window": WINDOW},
    "interval": "2s",
    "initialDelay": "10s",
    # Pods that start late, or what Prometheus could not read in its second, say nothing about a version.
    "inconclusiveLimit": 100,
}
# A pod that is to be ready at once may be called unhealthy soon.
_IMPATIENT: Final = {"startup": {"periodSeconds": 1, "failureThreshold": 5}}


def steps(*weights: int, first: str = PAUSE) -> list[dict[str, Any]]:
    """Return steps with a pause after each weight, the `first` one of another length."""
    return [{"weight": weight, "pause": PAUSE if number else first} for number, weight in enumerate(weights)]


CANARY: Final[Mapping[str, Any]] = {
    "type": "canary",
    "traffic": "nginx",
    "steps": [*steps(5, 20, 50), {"weight": 100}],
}
"""What ams has in staging and prod."""
BLUE_GREEN: Final[Mapping[str, Any]] = {"type": "blueGreen", "preview": {"hosts": ["ams-preview"]}}
BLUE_GREEN_INGRESS: Final[Mapping[str, Any]] = {"type": "blueGreenIngress"}
CANARY_DEPLOYMENT: Final[Mapping[str, Any]] = {"type": "canaryDeployment", "weight": 10, "traffic": "nginx"}
ROLLING: Final[Mapping[str, Any]] = {"type": "rolling"}

ALWAYS: Final[Mapping[str, Any]] = {
    # Migrations have tests of their own (tests/integration/test_migrations.py).
    "ams": {"services": {"ams": {"migration": None, "probes": _IMPATIENT}}},
    "immersiverse": {"services": {"auth-service": {}}},
    KOREA: {"services": {"korea-backend": {"probes": _IMPATIENT}, "korea-frontend": {}}},
}
SHORTENED: Final[Mapping[str, Any]] = {
    "ams": {"services": {"ams": {"objectives": {**_QUICK, "stabilisation": STABILISATION}}}},
    "immersiverse": {"services": {"auth-service": {"objectives": _QUICK}}},
    KOREA: {
        "services": {
            "korea-backend": {
                "objectives": _QUICK,
                "strategy": {"steps": steps(*WEIGHTS)},
            },
            "korea-frontend": {"objectives": _QUICK},
        }
    },
}


class Delivery(OnPlane):
    """The systems in a project of their own."""

    def __init__(self, root: Path, plane: ControlPlane) -> None:
        super().__init__(root, plane, {}, "{}\n")
        for name in ("common", *SYSTEMS):
            catalog = _read(REPOSITORY / f"catalog/{name}.yaml")
            here = catalog.get("environments", {}).get(STACK)  # the only stack that this project has
            catalog["environments"] = {STACK: here} if here else {}
            self._write_yaml(f"catalog/{name}.yaml", catalog)
        self._write_yaml(RELEASE, {name: _read(REPOSITORY / RELEASE)[name] for name in SYSTEMS})
        self._strategies: dict[str, Mapping[str, Any]] = {AUTH: CANARY_DEPLOYMENT}
        self._deployed: set[str] = set()
        self.configure(shortened=True)

    def configure(
        self,
        strategies: Mapping[str, Mapping[str, Any]] | None = None,
        *,
        shortened: bool = True,
        beside: Mapping[str, Any] | None = None,
    ) -> None:
        """Give services other strategies, and pauses and windows as short as they are here, or the catalog's own.

        `beside` is what the stack's file says of systems until it is configured again.
        """
        self._strategies |= strategies or {}
        systems = _merged(_merged(ALWAYS, SHORTENED if shortened else {}), beside or {})
        for subject, strategy in self._strategies.items():
            system, _, service = subject.partition("/")
            systems[system]["services"][service]["strategy"] = strategy
        stack = _read(REPOSITORY / STACK_FILE)
        stack["config"]["naru:environment"]["domains"]["ams-preview"] = "preview.ams.localhost"
        stack["config"]["naru:systems"] = systems
        self._write_yaml(STACK_FILE, stack)

    def release(self, subject: str, **said: Any) -> None:
        """Say what a release says of a service; `None` takes it out."""
        system, _, service = subject.partition("/")
        release = _read(self.root / RELEASE)
        entry = {**release[system][service], **said}
        release[system][service] = {key: value for key, value in entry.items() if value is not None}
        self._write_yaml(RELEASE, release)

    def released(self, subject: str) -> dict[str, Any]:
        """Return what the release says of a service now."""
        system, _, service = subject.partition("/")
        found: dict[str, Any] = _read(self.root / RELEASE)[system][service]
        return found

    def up(self, *systems: str) -> Ended:
        """Update some systems."""
        self._deployed.update(systems)
        return self.naru("up", "--stack", STACK, *systems, "--json").succeeded()

    def deployed(self, *systems: str) -> None:
        """Update those of the systems that never were."""
        if missing := [system for system in systems if system not in self._deployed]:
            self.up(*missing)

    def rollout(self, command: str, subject: str, *options: str) -> Ended:
        """Run a command of `naru rollout` about a service."""
        return self.naru("rollout", command, subject, "--stack", STACK, *options)

    def roll_back(self, subject: str) -> Ended:
        """Roll a service back; behind the health page of a simulated pod there is no application."""
        words = ("rollback", subject, "--stack", STACK, "--no-health-check", "--yes", "--json")
        return self.naru(*words).succeeded()

    def status(self, subject: str) -> dict[str, Any]:
        """Return what `naru rollout status` says of a service."""
        (found,) = self.rollout("status", subject, "--json").data["clusters"]
        told: dict[str, Any] = found
        return told

    def _write_yaml(self, file: str, content: Any) -> None:
        self.write(file, yaml.dump(content, Dumper=_Plain, sort_keys=False, allow_unicode=True))


class _Plain(yaml.SafeDumper):
    """YAML without anchors: a layer is merged into others, where an alias would be a value of two places."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: copy.deepcopy(value) for key, value in below.items()}
    for key, value in above.items():
        both = isinstance(value, Mapping) and isinstance(found.get(key), Mapping)
        found[key] = _merged(found[key], value) if both else copy.deepcopy(value)
    return found


def status_of(cluster: Cluster, namespace: str, name: str) -> dict[str, Any]:
    """Return the status of a Rollout, empty before there is one."""
    found = cluster.api.read(ROLLOUT, namespace, name) or {}
    status: dict[str, Any] = found.get("status") or {}
    return status


def is_healthy(status: Mapping[str, Any]) -> bool:
    """Tell whether a Rollout has nothing left to do."""
    return status.get("phase") == "Healthy" and status.get("stableRS") == status.get("currentPodHash")


def ready(cluster: Cluster, namespace: str, service: str) -> dict[str, int]:
    """Return how many pods of a service are ready, by the tag of their main image."""
    found: dict[str, int] = {}
    for one in cluster.api.list(REPLICA_SET, namespace, labelSelector=f"app.kubernetes.io/component={service}"):
        count = one.get("status", {}).get("readyReplicas", 0)
        if count:
            tag = one["spec"]["template"]["spec"]["containers"][0]["image"].rpartition(":")[2]
            found[tag] = found.get(tag, 0) + count
    return found
