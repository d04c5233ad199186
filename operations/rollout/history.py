"""`naru rollout history`: the versions that a cluster still has, newest first."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from operations.exits import Exit
from operations.output import say, write_json, write_lines
from operations.rollback.version import shown
from operations.rollout.live import LiveWorkload
from operations.rollout.revision import Revision
from operations.rollout.target import target_of
from operations.rollout.traffic import version_role


def history(root: Path, stack: str, named: str, *, cluster: str | None, as_json: bool) -> int:
    """Show the revisions of each workload, on the clusters that answer. Raises SettingsError and Stop."""
    target = target_of(root, stack, named, cluster, partly=True)
    for problem in target.silent:
        say(f"warning: {problem}")
    if as_json:
        found = [{**_place(one), "revisions": list(rows(one))} for one in target.all]
        write_json({"stack": stack, "service": target.subject.name, "workloads": found})
    else:
        write_lines(line for one in target.all for line in _lines(one))
    return Exit.FAILED if target.silent else Exit.OK


def rows(workload: LiveWorkload) -> Iterator[dict[str, Any]]:
    """Yield the revisions with what changed in each, against the one before it."""
    older: list[Revision | None] = [*workload.revisions[1:], None]
    for one, before in zip(workload.revisions, older, strict=True):
        yield {
            "revision": one.number,
            "image": one.image,
            "images": dict(one.images),
            "created": one.created,
            "healthy": one.healthy,
            "role": version_role(workload, one) if one.replicas or one == workload.current else "",
            "ready": one.ready,
            "desired": one.replicas,
            "config_maps": list(one.config_maps),
            "changed": list(_changed(one, before)) if before is not None else [],
            "replica_set": one.name,
        }


def _changed(one: Revision, before: Revision) -> Iterator[str]:
    for name, image in one.images.items():
        if before.images.get(name) != image:
            old = before.images.get(name)
            yield f"{name}: {shown(old) if old else 'new'} → {shown(image)}"
    named, then = _by_base(one.config_maps), _by_base(before.config_maps)
    for base in sorted(named.keys() | then.keys()):
        if named.get(base) != then.get(base):
            yield f"ConfigMap {base}: {then.get(base, 'new')} → {named.get(base, 'gone')}"


def _by_base(names: tuple[str, ...]) -> dict[str, str]:
    """Return the hashes of their content, which ConfigMaps are named by, by the rest of the name."""
    return {name.rpartition("-")[0]: name.rpartition("-")[2] for name in names}


def _place(workload: LiveWorkload) -> dict[str, str]:
    return {
        "cluster": workload.cluster,
        "namespace": workload.namespace,
        "name": workload.name,
        "kind": workload.kind,
        "role": workload.role,
    }


def _lines(workload: LiveWorkload) -> Iterator[str]:
    yield f"{workload.kind} {workload.namespace}/{workload.name} on {workload.cluster}"
    if workload.phase == "absent":
        yield f"   {workload.reason}"
    for row in rows(workload):
        healthy = f"healthy {row['healthy']}" if row["healthy"] else "never seen healthy"
        now = f"  ← {row['role']}, {row['ready']}/{row['desired']} ready" if row["role"] else ""
        yield f"   {row['revision']:>3}  {row['created']}  {row['image']}  {healthy}{now}"
        yield from (f"        {change}" for change in row["changed"])
