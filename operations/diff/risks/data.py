"""Data that could be lost: volumes and what claims them, what keeps them, and what is saved of them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from manifests.placed import Manifest
from manifests.protection import SYNC_OPTIONS
from operations.diff.finding import Finding, Weak, listed, together
from operations.diff.model import Danger, Level, Subject
from operations.diff.pairs import PART_OF, WORKLOADS, Sides, annotations, label
from operations.diff.pods import claims, containers, template
from operations.diff.risks.volumes import by_argo, other_volume

_KEEPS = ("Prune=false", "Delete=false")
_NO_DATA = ("ConfigMap", "Secret", "SealedSecret", "ExternalSecret")
"""Kept by Argo CD as well: for earlier revisions that name them, or told as secrets."""
_CASCADING = "resources-finalizer.argocd.argoproj.io"
_STORES = ("StatefulSet", "PersistentVolumeClaim")
_BACKUP_HOOK = "pre.hook.backup.velero.io/command"


def data(sides: Sides) -> Iterator[Finding]:
    """Yield what could lose data."""
    yield from _namespaces(sides)
    yield from _removed(sides)
    yield from _changed(sides)
    yield from _unprotected(sides)
    yield from _reclaimed(sides)
    yield from _not_saved(sides)


def kept(manifest: Manifest) -> bool:
    """Tell whether Argo CD leaves an object where it is once it is no longer rendered."""
    return "Prune=false" in _options(manifest)


def _options(manifest: Manifest) -> set[str]:
    return {option.strip() for option in annotations(manifest).get(SYNC_OPTIONS, "").split(",") if option.strip()}


def _retains(manifest: Manifest, event: str = "whenDeleted") -> bool:
    """Tell whether the claims of a StatefulSet stay without it; the API server's default is that they do."""
    if manifest["kind"] != "StatefulSet":
        return False
    policy: Mapping[str, str] = manifest["spec"].get("persistentVolumeClaimRetentionPolicy") or {}
    return policy.get(event, "Retain") == "Retain"


def _level(manifest: Manifest) -> Level:
    return Level.HIGH if kept(manifest) or _retains(manifest) else Level.CRITICAL


def _namespaces(sides: Sides) -> Iterator[Finding]:
    for subject, before in sides.removed("Namespace"):
        inside = [
            found
            for found in sides.before
            if (found.cluster, found.namespace) == (subject.cluster, subject.name)
            and sides.new(found.cluster, found.kind, found.namespace, found.name) is None
        ]
        stores = [found for found in inside if found.kind in _STORES and claims(sides.before[found])]
        named = [f"{found.kind} {found.name}" for found in stores]
        rest = len(inside) - len(stores)
        what = listed([*named, *([f"{rest} other objects"] if rest else [])], most=8) or "nothing of this stack"
        moved = sorted({to for store in stores if (to := _elsewhere(sides, store))})
        began = f"; in {listed(moved)} they begin empty" if moved else ""
        stays = "; Prune=false keeps the namespace in the cluster, declared by nobody" if kept(before) else ""
        level = Level.HIGH if kept(before) or not stores else Level.CRITICAL
        reason = f"the namespace is removed, and with it what is in it: {what}{stays}{began}"
        yield Finding(level, Danger.DATA, subject, reason, ("name",))


def _removed(sides: Sides) -> Iterator[Finding]:
    for subject, before in sides.removed(*sides.kinds_before):
        protected = bool(_options(before) & set(_KEEPS)) and subject.kind not in (*_NO_DATA, "Namespace")
        if (subject.cluster, subject.namespace) in sides.namespaces_gone:
            continue
        if not protected and not (subject.kind in _STORES and claims(before)):
            continue
        moved = _elsewhere(sides, subject)
        did = f"it is declared in {moved} now, where it begins empty" if moved else "it is removed"
        yield Finding(_level(before), Danger.DATA, subject, f"{did}: {_what_stays(before)}")


def _what_stays(manifest: Manifest) -> str:
    if kept(manifest):
        return "Prune=false keeps it in the cluster, declared by nobody"
    if _retains(manifest):
        return "its volumes stay, as their claims are retained, but nothing uses or backs them up"
    return "its volumes are deleted, and the data on them"


def _elsewhere(sides: Sides, subject: Subject) -> str:
    """Return the other namespace where the new side has a store of that name that the old side does not have."""
    for other, _ in sides.added(subject.kind):
        if (other.cluster, other.name) == (subject.cluster, subject.name) and other.namespace != subject.namespace:
            return other.namespace
    return ""


def _changed(sides: Sides) -> Iterator[Finding]:
    for subject, before, after in sides.changed(*_STORES):
        level = max(_level(before), _level(after))
        found: list[Weak] = []
        if subject.kind == "StatefulSet" and sides.gitops:
            yield from by_argo(subject, before, after, level)
        else:
            now = claims(after)
            for name, old in claims(before).items():
                called = f"the claim {name}" if name else "the claim"
                if name not in now:
                    found.append((level, f"{called} is removed or renamed: pods start with empty volumes"))
                    continue
                found += ((level, f"{called} {text}") for text in _other_volume(old, now[name]))
        if subject.kind == "StatefulSet":
            found += _less_retained(before, after)
            found += ((level, text) for text in _mounted_elsewhere(before, after))
        at = _at(subject, found)
        yield from together(Danger.DATA, subject, found, at)


def _at(subject: Subject, found: Sequence[Weak]) -> tuple[str, ...]:
    if subject.kind != "PersistentVolumeClaim":
        return ("storage",)
    return ("size",) if any("shrinks" in text for _, text in found) else ("storageClass",)


def _other_volume(old: Manifest, new: Manifest) -> Iterator[str]:
    for worse, text in other_volume(old, new):
        if worse and text.startswith("shrinks"):
            yield f"{text}: no volume can, so it is refused or another, empty one takes its place"
        elif worse:
            yield f"{text}: a new volume begins empty"


def _less_retained(before: Manifest, after: Manifest) -> Iterator[Weak]:
    for event, when in (("whenDeleted", "with the StatefulSet"), ("whenScaled", "with each pod that is taken away")):
        if _retains(before, event) and not _retains(after, event):
            level = Level.HIGH if kept(after) else Level.CRITICAL
            yield level, f"retention is weakened: volumes are deleted {when} ({event} is Delete)"
    fewer = (after["spec"].get("replicas", 1), before["spec"].get("replicas", 1))
    if fewer[0] < fewer[1] and not _retains(after, "whenScaled"):
        yield Level.CRITICAL, f"{fewer[0]} pods for {fewer[1]}, and the volumes of the others are deleted"


def _mounted_elsewhere(before: Manifest, after: Manifest) -> Iterator[str]:
    templates = set(claims(before)) & set(claims(after))
    now = containers(after)
    for name, container in containers(before).items():
        mounts = {mount["name"]: _mount(mount) for mount in container.get("volumeMounts") or ()}
        others = {mount["name"]: _mount(mount) for mount in now.get(name, {}).get("volumeMounts") or ()}
        for volume in sorted(templates & set(mounts)):
            if name in now and others.get(volume) != mounts[volume]:
                path = others.get(volume, "no path")
                yield f"the data volume is mounted at {path} for {mounts[volume]}: it is empty there"


def _mount(mount: Mapping[str, str]) -> str:
    inside = mount.get("subPath", "")
    return f"{mount['mountPath']} ({inside})" if inside else mount["mountPath"]


def _unprotected(sides: Sides) -> Iterator[Finding]:
    """Yield one finding for all objects of a system that lose their protection, naming them."""
    lost: defaultdict[tuple[str, str], list[tuple[Level, Subject, str]]] = defaultdict(list)
    for subject, before, after in sides.changed(*sides.kinds_before):
        weaker = "" if subject.kind == "ConfigMap" else _weaker(before, after)
        if weaker:
            level = Level.CRITICAL if subject.kind in {"Namespace", "PersistentVolumeClaim"} else Level.HIGH
            lost[subject.cluster, label(after, PART_OF) or subject.system].append((level, subject, weaker))
    for found in lost.values():
        found.sort(key=lambda one: -one[0])
        level, subject, weaker = found[0]
        others = f"; so do {listed(other for _, other, _ in found[1:])}" if found[1:] else ""
        yield Finding(level, Danger.DATA, subject, f"{weaker}{others}", ("policies", "protectData"), environment=True)


def _weaker(before: Manifest, after: Manifest) -> str:
    options = [option for option in _KEEPS if option in _options(before) - _options(after)]
    if options:
        return f"it loses {' and '.join(options)}: Argo CD deletes it, and its data, once it is no longer declared"
    if _cascades(after) and not _cascades(before):
        return "it has a finalizer: deleting the Application deletes all that it deployed"
    return ""


def _cascades(manifest: Manifest) -> bool:
    # With or without the way in which it deletes, `/foreground` or `/background`, behind it.
    return any(name.startswith(_CASCADING) for name in manifest["metadata"].get("finalizers") or ())


def _reclaimed(sides: Sides) -> Iterator[Finding]:
    keys = {"StorageClass": "reclaimPolicy", "PersistentVolume": "persistentVolumeReclaimPolicy"}
    for subject, before, after in sides.changed(*keys):
        key = keys[subject.kind]
        was, now = ((side.get("spec") or side).get(key) for side in (before, after))
        if was == "Retain" and now != "Retain":
            reason = f"retention is weakened: {key} is {now or 'Delete'} for Retain, volumes go with their claims"
            yield Finding(Level.CRITICAL, Danger.DATA, subject, reason)


def _not_saved(sides: Sides) -> Iterator[Finding]:
    for subject, _ in sides.removed("CronJob", "Schedule"):
        if _is_backup(subject):
            yield Finding(Level.HIGH, Danger.DATA, subject, "the backup is removed: nothing newer can be restored")
    for subject, before, after in sides.changed("CronJob", "Schedule"):
        keys = ("suspend", "paused")
        if _is_backup(subject) and any(after["spec"].get(key) and not before["spec"].get(key) for key in keys):
            yield Finding(Level.HIGH, Danger.DATA, subject, "the backup is suspended: nothing newer can be restored")
    for subject, before, after in sides.changed(*WORKLOADS):
        if _BACKUP_HOOK in annotations(template(before)) and _BACKUP_HOOK not in annotations(template(after)):
            reason = "the hook before a backup is removed: what Velero saves may be inconsistent"
            yield Finding(Level.HIGH, Danger.DATA, subject, reason, ("backup",))


def _is_backup(subject: Subject) -> bool:
    return subject.kind == "Schedule" or "backup" in subject.name
