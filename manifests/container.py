"""One container of a pod template."""

from collections.abc import Mapping
from typing import Any

from manifests.config_map import config_map, file_keys
from manifests.image import image_reference
from manifests.placed import Manifest, Part, Place, Placed
from manifests.volume import WRITABLE_LIMIT, Volumes, reads_only, volume_name
from settings.container import Amounts, Container, Probe, Resources, Security
from settings.service import Volume, Workload

# A file that the pod's group may read; without such a group the kubelet leaves it to root, so everybody must.
_GROUP_READS = 0o440
_ALL_READ = 0o444


def probe(asked: Probe) -> Manifest:
    """Return a probe as the API has it, with the defaults that the server would add."""
    question: Manifest
    if asked.http is not None:
        question = {"httpGet": {"path": asked.http.path, "port": asked.http.port, "scheme": "HTTP"}}
    elif asked.tcp is not None:
        question = {"tcpSocket": {"port": asked.tcp}}
    elif asked.grpc is not None:
        question = {"grpc": {"port": asked.grpc, "service": ""}}
    else:
        question = {"exec": {"command": list(asked.exec or ())}}
    if asked.initial_delay_seconds:
        question["initialDelaySeconds"] = asked.initial_delay_seconds
    question["periodSeconds"] = asked.period_seconds
    question["timeoutSeconds"] = asked.timeout_seconds
    question["successThreshold"] = 1
    question["failureThreshold"] = asked.failure_threshold
    return question


def _amounts(amounts: Amounts) -> dict[str, str]:
    given = {"cpu": amounts.cpu, "memory": amounts.memory, "ephemeral-storage": amounts.ephemeral_storage}
    return {name: amount for name, amount in given.items() if amount is not None}


def resources(settings: Resources) -> Manifest:
    """Return what a container is promised and where it is stopped."""
    return {"requests": _amounts(settings.requests), "limits": _amounts(settings.limits)}


def identity(security: Security) -> Manifest:
    """Return what the security contexts of a container and of its pod both say: who runs, under which profile."""
    context: Manifest = {
        "runAsNonRoot": security.run_as_non_root,
        "seccompProfile": {"type": security.seccomp_profile},
    }
    if security.run_as_user is not None:
        context["runAsUser"] = security.run_as_user
    if security.run_as_group is not None:
        context["runAsGroup"] = security.run_as_group
    return context


def rights(security: Security) -> Manifest:
    """Return the security context of a container: all that Pod Security `restricted` asks for, unless it says less."""
    capabilities: dict[str, Any] = {"drop": ["ALL"]}
    if security.added_capabilities:
        capabilities["add"] = list(security.added_capabilities)
    return {
        "allowPrivilegeEscalation": security.allow_privilege_escalation,
        "capabilities": capabilities,
        "readOnlyRootFilesystem": security.read_only_root_filesystem,
        **identity(security),
    }


def all_containers(workload: Workload) -> tuple[Container, ...]:
    """Return the main container and the sidecars."""
    return (workload, *workload.sidecars.values())


class Containers:
    """Builds the containers of one pod; gathers the volumes and ConfigMaps they mount."""

    volumes: Volumes
    config_maps: list[Placed]

    def __init__(
        self,
        place: Place,
        namespace: str,
        component: str,
        part: Part,
        *,
        declared: Mapping[str, Volume],
        fs_group: int | None,
    ) -> None:
        self.volumes = Volumes()
        self.config_maps = []
        self._place = place
        self._namespace = namespace
        self._component = component
        self._part = part
        self._declared = declared
        self._secret_mode = _ALL_READ if fs_group is None else _GROUP_READS

    def build(self, settings: Container, sidecar: str | None = None) -> Manifest:
        """Return the main container, or the sidecar of that name."""
        manifest: Manifest = {
            "name": sidecar or self._component,
            "image": image_reference(settings.image, self._place),
            "imagePullPolicy": settings.image.pull_policy.value,
        }
        if settings.command:
            manifest["command"] = list(settings.command)
        if settings.args:
            manifest["args"] = list(settings.args)
        if settings.ports:
            manifest["ports"] = [
                {"name": name, "containerPort": port.container, "protocol": port.protocol}
                for name, port in settings.ports.items()
            ]
        self._environment(manifest, settings, sidecar)
        if settings.probes is not None:
            manifest["startupProbe"] = probe(settings.probes.startup)
            manifest["readinessProbe"] = probe(settings.probes.readiness)
            manifest["livenessProbe"] = probe(settings.probes.liveness)
        if settings.pre_stop_seconds:
            # Native since Kubernetes 1.30 (stable in 1.34), so that an image needs no shell to wait.
            manifest["lifecycle"] = {"preStop": {"sleep": {"seconds": settings.pre_stop_seconds}}}
        manifest["resources"] = resources(settings.resources)
        manifest["securityContext"] = rights(settings.security)
        mounts = self._mounts(settings, sidecar)
        if mounts:
            manifest["volumeMounts"] = mounts
        return manifest

    def _environment(self, manifest: Manifest, settings: Container, sidecar: str | None) -> None:
        sources: list[Manifest] = []
        if settings.env:
            sources.append({"configMapRef": {"name": self._config_map("env", dict(settings.env), sidecar)}})
        sources += ({"secretRef": {"name": secret}} for secret in settings.secret_env_from)
        if sources:
            manifest["envFrom"] = sources
        if settings.secret_env:
            manifest["env"] = [
                {"name": name, "valueFrom": {"secretKeyRef": {"name": value.secret, "key": value.key}}}
                for name, value in settings.secret_env.items()
            ]

    def _mounts(self, settings: Container, sidecar: str | None) -> list[Manifest]:
        mounts: list[Manifest] = []
        for path, name in settings.mounts.items():
            mount: Manifest = {"name": name, "mountPath": path}
            if reads_only(self._declared[name]):
                mount["readOnly"] = True
            mounts.append(mount)
        prefix = f"{sidecar}-" if sidecar else ""
        if settings.config_files:
            keys = file_keys(settings.config_files)
            data = {keys[path]: content for path, content in settings.config_files.items()}
            source = {"configMap": {"name": self._config_map("files", data, sidecar), "defaultMode": 0o644}}
            volume = self.volumes.add(volume_name(f"{prefix}files"), source)
            mounts += (
                {"name": volume, "mountPath": path, "subPath": key, "readOnly": True} for path, key in keys.items()
            )
        for path, files in settings.secret_files.items():
            items = [{"key": key, "path": file} for file, key in files.items.items()]
            source = {"secret": {"secretName": files.secret, "items": items, "defaultMode": self._secret_mode}}
            volume = self.volumes.add(volume_name(f"{prefix}secret-{path}"), source)
            mounts.append({"name": volume, "mountPath": path, "readOnly": True})
        for path in settings.writable_paths:
            volume = self.volumes.add(volume_name(f"{prefix}{path}"), {"emptyDir": {"sizeLimit": WRITABLE_LIMIT}})
            mounts.append({"name": volume, "mountPath": path})
        return mounts

    def _config_map(self, kind: str, data: dict[str, str], sidecar: str | None) -> str:
        owner = f"{self._component}/{sidecar or ''}"
        prefix = f"{self._component}-{sidecar}-{kind}" if sidecar else f"{self._component}-{kind}"
        placed = config_map(
            self._place, self._namespace, prefix, owner, data, component=self._component, part=self._part
        )
        self.config_maps.append(placed)
        name: str = placed.manifest["metadata"]["name"]
        return name
