"""Secrets that somebody needs and nobody gives, that are in the clear, or that come from elsewhere."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from manifests.placed import Manifest
from operations.diff.finding import Finding, listed
from operations.diff.model import Danger, Level, Objects, Subject
from operations.diff.pairs import RUNNING, Sides, annotations
from operations.diff.pods import containers
from operations.diff.risks.reads import SOURCES, Given, Read, given, reads

_STORES = ("SecretStore", "ClusterSecretStore")
_WIDE_SCOPES = ("sealedsecrets.bitnami.com/cluster-wide", "sealedsecrets.bitnami.com/namespace-wide")

Secrets: TypeAlias = Mapping[tuple[str, str, str], Given]
"""By cluster, namespace and name."""


def secrets(sides: Sides) -> Iterator[Finding]:
    """Yield what is wrong with secrets on the new side that was not on the old."""
    before, after = _given(sides.before), _given(sides.after)
    yield from _missing(sides, before, after)
    yield from _in_the_clear(sides)
    yield from _moved(before, after)
    yield from _stores(sides)


def _given(objects: Objects) -> dict[tuple[str, str, str], Given]:
    found = {}
    for subject, manifest in objects.items():
        if subject.kind in SOURCES:
            name, one = given(subject, manifest)
            found[subject.cluster, subject.namespace, name] = one
    return found


def _missing(sides: Sides, before: Secrets, after: Secrets) -> Iterator[Finding]:
    readers: defaultdict[tuple[str, str, str], list[tuple[Subject, Read]]] = defaultdict(list)
    for kind in RUNNING:
        for subject, manifest in sides.kinds_after.get(kind, ()):
            for read in reads(manifest):
                readers[subject.cluster, subject.namespace, read.secret].append((subject, read))
    for place, found in readers.items():
        was, now = before.get(place), after.get(place)
        if was is None and now is None:
            continue  # made by something else
        if now is None:
            if was is not None:
                reason = f"the secret is removed, and is still read by {_who(found)}: new pods do not start"
                yield Finding(Level.HIGH, Danger.SECRETS, was.subject, reason)
            continue
        yield from _keys(sides, was, now, found)


def _keys(sides: Sides, was: Given | None, now: Given, found: list[tuple[Subject, Read]]) -> Iterator[Finding]:
    old = frozenset[str]() if was is None else was.keys
    wanted: defaultdict[str, list[tuple[Subject, Read]]] = defaultdict(list)
    for subject, read in found:
        for key in [read.key] if read.key else sorted(old - now.keys):
            if key not in now.keys and not now.open:
                wanted[key].append((subject, read))
    for key, who in wanted.items():
        if key in old:
            whole = all(not read.key for _, read in who)
            follows = "they run without it, or fail" if whole else "new pods do not start"
            reason = f"the key {key} is removed, and is still read by {_who(who)}: {follows}"
        elif any(not _read_it(sides, subject, read) for subject, read in who) or was is None:
            reason = f"there is no key {key}, which {_who(who)} reads: new pods do not start"
        else:
            continue  # as it was before
        yield Finding(Level.HIGH, Danger.SECRETS, now.subject, reason, ("keys",))


def _read_it(sides: Sides, subject: Subject, read: Read) -> bool:
    manifest = sides.old(subject.cluster, subject.kind, subject.namespace, subject.name)
    return manifest is not None and any((one.secret, one.key) == (read.secret, read.key) for one in reads(manifest))


def _who(found: list[tuple[Subject, Read]]) -> str:
    return listed(dict.fromkeys(f"{subject.kind} {subject.name} {read.how}" for subject, read in found), most=3)


def _in_the_clear(sides: Sides) -> Iterator[Finding]:
    for pair in sides.differing("Secret"):
        after = pair.after
        if after is None or not (after.get("data") or after.get("stringData")):
            continue
        reason = "a Secret in the clear: its values are in Git and in rendered files for everybody who reads them"
        if pair.before is None or not (pair.before.get("data") or pair.before.get("stringData")):
            yield Finding(Level.CRITICAL, Danger.SECRETS, pair.subject, reason)
    for pair in sides.workloads():
        if pair.before is None or pair.after is None:
            continue
        now = containers(pair.after)
        for name, container in containers(pair.before).items():
            hidden = {variable["name"] for variable in container.get("env") or () if _is_secret(variable)}
            shown = sorted(hidden & _values(sides, pair.subject, now.get(name, {})))
            if shown:
                reason = f"{listed(shown)} of {name} came from a secret, and is in the clear now"
                yield Finding(Level.CRITICAL, Danger.SECRETS, pair.subject, reason, ("env",))


def _is_secret(variable: Manifest) -> bool:
    return "secretKeyRef" in (variable.get("valueFrom") or {})


def _values(sides: Sides, subject: Subject, container: Manifest) -> set[str]:
    """Return the variables whose values can be read, in the container or in a ConfigMap of it."""
    own = container.get("env") or ()
    found = {variable["name"] for variable in own if "value" in variable}
    for source in container.get("envFrom") or ():
        named = (source.get("configMapRef") or {}).get("name")
        config = sides.new(subject.cluster, "ConfigMap", subject.namespace, named) if named else None
        found |= {f"{source.get('prefix') or ''}{key}" for key in (config or {}).get("data") or {}}
    return found - {variable["name"] for variable in own if _is_secret(variable)}


def _moved(before: Secrets, after: Secrets) -> Iterator[Finding]:
    for place, now in after.items():
        was = before.get(place)
        if was is None or was.manifest == now.manifest:
            continue
        if was.manifest["kind"] != now.manifest["kind"]:
            if now.manifest["kind"] == "Secret":
                continue  # told as a Secret in the clear
            reason = f"the values come from a {now.manifest['kind']} for a {was.manifest['kind']}: they may be others"
            yield Finding(Level.MEDIUM, Danger.SECRETS, now.subject, reason, ("source",))
        elif now.manifest["kind"] == "ExternalSecret":
            yield from _elsewhere(was, now)
        else:
            wide = [name.partition("/")[2] for name in _WIDE_SCOPES if _noted(now, name) and not _noted(was, name)]
            if wide:
                reason = f"it can be unsealed {wide[0]}: whoever may make SealedSecrets there gets its values"
                yield Finding(Level.MEDIUM, Danger.SECRETS, now.subject, reason)


def _noted(found: Given, name: str) -> bool:
    return annotations(found.manifest).get(name) == "true"


def _elsewhere(was: Given, now: Given) -> Iterator[Finding]:
    stores = [found.manifest["spec"].get("secretStoreRef") for found in (was, now)]
    if stores[0] != stores[1]:
        named = [(store or {}).get("name", "none") for store in stores]
        reason = f"the values come from the store {named[1]} for {named[0]}: they may be others"
        yield Finding(Level.MEDIUM, Danger.SECRETS, now.subject, reason, ("store",))
    places = [
        {entry["secretKey"]: (entry["remoteRef"].get("key"), entry["remoteRef"].get("property")) for entry in found}
        for found in (one.manifest["spec"].get("data") or () for one in (was, now))
    ]
    others = sorted(key for key, place in places[1].items() if places[0].get(key, place) != place)
    if others:
        reason = f"{listed(others)} is read from another place of the store: the value may be another"
        yield Finding(Level.MEDIUM, Danger.SECRETS, now.subject, reason, ("keys",))
    policies = [(found.manifest["spec"].get("target") or {}).get("deletionPolicy", "Retain") for found in (was, now)]
    if policies[0] == "Retain" != policies[1]:
        reason = f"deletionPolicy is {policies[1]}: what is lost in the store is taken from running pods too"
        yield Finding(Level.MEDIUM, Danger.SECRETS, now.subject, reason)


def _stores(sides: Sides) -> Iterator[Finding]:
    for subject, before, after in sides.changed(*_STORES):
        if before["spec"].get("provider") != after["spec"].get("provider"):
            reason = "the store is another, or is asked otherwise: values may be others, or not to be had"
            yield Finding(Level.MEDIUM, Danger.SECRETS, subject, reason)
    for subject, _ in sides.removed(*_STORES):
        users = [
            other.name
            for other, found in sides.kinds_after.get("ExternalSecret", ())
            if other.cluster == subject.cluster
            and (subject.kind == "ClusterSecretStore" or other.namespace == subject.namespace)
            and (found["spec"].get("secretStoreRef") or {}).get("name") == subject.name
        ]
        if users:
            reason = f"the store is removed, and {listed(users)} still asks it: new values and new keys never come"
            yield Finding(Level.HIGH, Danger.SECRETS, subject, reason)
