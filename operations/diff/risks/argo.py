"""What Argo CD is allowed to do, and does unasked.

Source: Argo CD 3.3, AppProjectSpec and ApplicationSpec (`pkg/apis/application/v1alpha1/types.go`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from manifests.placed import Manifest
from operations.diff.finding import Finding, Weak, listed, together
from operations.diff.model import Danger, Level
from operations.diff.pairs import Sides
from settings.types import duration_seconds

_RISKY_OPTIONS = {
    "Replace=true": "objects are replaced in place of changed",
    "Force=true": "objects that cannot be changed are deleted and made again",
    "Validate=false": "what the API server would refuse is sent all the same",
}
_CONFIRMED = ("Prune=confirm", "Delete=confirm", "Prune=false", "Delete=false")


def argo(sides: Sides) -> Iterator[Finding]:
    """Yield AppProjects that allow more, and Applications that do more by themselves.

    What follows from what else is rendered is not told: a namespace or a kind of object that is new itself.
    """
    for pair in sides.differing("AppProject"):
        if pair.after is not None:
            found = [*_project(sides, pair.before, pair.after)]
            who = all(text.startswith("the group") for _, text in found)
            for finding in together(Danger.PERMISSIONS, pair.subject, found, ("sync",)):
                yield replace(finding, also=("argocd", "groups")) if who else finding
    for subject, before, after in sides.changed("Application"):
        yield from together(Danger.PERMISSIONS, subject, [*_application(before, after)], ("sync",))


def _project(sides: Sides, before: Manifest | None, after: Manifest) -> Iterator[Weak]:
    old: Manifest = {} if before is None else before["spec"]
    new: Manifest = after["spec"]
    whole = before is None
    yield from _sources(old, new, whole=whole)
    yield from _destinations(sides, old, new, whole=whole)
    yield from _kinds(sides, old, new, whole=whole)
    if whole:
        return
    yield from _roles(sides, old, new)
    yield from _windows(old, new)
    if old.get("signatureKeys") and not new.get("signatureKeys"):
        yield Level.HIGH, "commits need no signature any more"
    if more := sorted(set(new.get("sourceNamespaces") or ()) - set(old.get("sourceNamespaces") or ())):
        yield Level.HIGH, f"Applications may be made in {listed(more)} too"


def _sources(old: Manifest, new: Manifest, *, whole: bool) -> Iterator[Weak]:
    more = [repo for repo in new.get("sourceRepos") or () if repo not in (old.get("sourceRepos") or ())]
    if wild := [repo for repo in more if "*" in repo]:
        yield Level.CRITICAL if "*" in wild else Level.HIGH, f"any repository ({listed(wild)}) may be deployed from"
    if (rest := [repo for repo in more if "*" not in repo]) and not whole:
        yield Level.HIGH, f"{listed(rest)} may be deployed from too"


def _destinations(sides: Sides, old: Manifest, new: Manifest, *, whole: bool) -> Iterator[Weak]:
    made = {subject.name for subject, _ in sides.added("Namespace")}
    more = [found for found in new.get("destinations") or () if found not in (old.get("destinations") or ())]
    wild = [found for found in more if "*" in _where(found)]
    if wild:
        every = any(found.get("namespace") == "*" for found in wild)
        yield Level.CRITICAL if every else Level.HIGH, f"may deploy to {listed(map(_where, wild))}"
    rest = [found for found in more if found not in wild and found.get("namespace") not in made]
    if rest and not whole:
        yield Level.MEDIUM, f"may deploy to {listed(map(_where, rest))} too"


def _where(destination: Mapping[str, Any]) -> str:
    return f"{destination.get('name') or destination.get('server', '')}/{destination.get('namespace', '')}"


def _kinds(sides: Sides, old: Manifest, new: Manifest, *, whole: bool) -> Iterator[Weak]:
    made = set(sides.kinds_after) - set(sides.kinds_before)
    for key, what in (("clusterResourceWhitelist", "of the cluster"), ("namespaceResourceWhitelist", "of namespaces")):
        wide = key == "clusterResourceWhitelist"
        if key in old and key not in new and not wide:
            yield Level.HIGH, "every kind of namespaces may be made"  # no list is no limit here
        more = [found for found in new.get(key) or () if found not in (old.get(key) or ())]
        if any(found["kind"] == "*" for found in more):
            yield Level.CRITICAL if wide else Level.HIGH, f"every kind {what} may be made"
        follows = {(subject.kind, subject.name) for subject, _ in sides.added(*sides.kinds_after)}
        rest = [
            found["kind"]
            for found in more
            if found["kind"] not in {"*", *made} and (found["kind"], found.get("name")) not in follows
        ]
        if rest and not whole and (key in old or wide):
            yield Level.HIGH if wide else Level.MEDIUM, f"{listed(rest)} {what} may be made too"
    for key in ("clusterResourceBlacklist", "namespaceResourceBlacklist"):
        less = [found["kind"] for found in old.get(key) or () if found not in (new.get(key) or ())]
        if less:
            yield Level.HIGH, f"{listed(less)} is forbidden no more"


def _roles(sides: Sides, old: Manifest, new: Manifest) -> Iterator[Weak]:
    made = {subject.name for subject, _ in sides.added("Application")}
    was = {role["name"]: role for role in old.get("roles") or ()}
    for role in new.get("roles") or ():
        known: Manifest = was.get(role["name"], {})
        more = [
            policy
            for policy in role.get("policies") or ()
            if policy not in (known.get("policies") or ())
            and not policy.rstrip().endswith("deny")
            # Of an Application that is new itself, it follows.
            and not any(part.strip().rpartition("/")[2] in made for part in policy.split(","))
        ]
        if more:
            wild = any("*" in part for policy in more for part in policy.split(",")[3:4])
            rights = listed(" ".join(part.strip() for part in policy.split(",")[2:5]) for policy in more)
            yield Level.HIGH if wild else Level.MEDIUM, f"{role['name']} may {rights}"
        less = [
            policy
            for policy in known.get("policies") or ()
            if policy.rstrip().endswith("deny") and policy not in (role.get("policies") or ())
        ]
        if less:
            yield Level.HIGH, f"{role['name']} is denied less: {listed(less)}"
        if groups := [group for group in role.get("groups") or () if group not in (known.get("groups") or ())]:
            they = "the group" if len(groups) == 1 else "the groups"
            have = "has" if len(groups) == 1 else "have"
            yield Level.MEDIUM, f"{they} {listed(groups)} {have} the role {role['name']} now"


def _windows(old: Manifest, new: Manifest) -> Iterator[Weak]:
    was, now = ({_window(one): one for one in side.get("syncWindows") or ()} for side in (old, new))
    for key, window in was.items():
        kind, schedule = key[0], key[1]
        other = now.get(key)
        if kind == "deny" and other is None:
            yield Level.HIGH, f"the window that forbids syncs ({schedule}, {window['duration']}) is removed"
        elif kind == "deny" and other is not None and _seconds(other) < _seconds(window):
            yield Level.MEDIUM, f"the window that forbids syncs ({schedule}) is cut to {other['duration']}"
        elif kind == "allow" and other is not None and _seconds(other) > _seconds(window):
            yield Level.MEDIUM, f"the window that allows syncs ({schedule}) is longer: {other['duration']}"
        if other is not None and other.get("manualSync") and not window.get("manualSync"):
            yield Level.MEDIUM, f"syncs by hand pass the window {schedule} now"
    allowed = [[key for key in side if key[0] == "allow"] for side in (was, now)]
    if allowed[0] and not allowed[1]:
        yield Level.HIGH, "no window limits when to sync any more: it is allowed always"
    elif allowed[0] and (more := [key for key in allowed[1] if key not in allowed[0]]):
        yield Level.MEDIUM, f"syncs are allowed at other times too: {listed(key[1] for key in more)}"


def _window(window: Mapping[str, Any]) -> tuple[str, str, str, str]:
    about = "/".join(str(window.get(key) or "") for key in ("applications", "namespaces", "clusters"))
    return window.get("kind", ""), window.get("schedule", ""), window.get("timeZone", ""), about


def _seconds(window: Mapping[str, Any]) -> int:
    try:
        return duration_seconds(str(window.get("duration", "0s")))
    except ValueError:
        return 0


def _application(before: Manifest, after: Manifest) -> Iterator[Weak]:
    old, new = before["spec"].get("syncPolicy") or {}, after["spec"].get("syncPolicy") or {}
    was, now = (side.get("automated") for side in (old, new))
    on = [side is not None and side.get("enabled", True) for side in (was, now)]
    if on[1] and not on[0]:
        yield Level.MEDIUM, "it syncs by itself: each commit on its branch is applied, and nobody is asked"
    effects = {
        "prune": (Level.MEDIUM, "it prunes by itself: what is no longer rendered is deleted"),
        "selfHeal": (Level.MEDIUM, "it heals by itself: what somebody changes by hand is put back"),
        "allowEmpty": (Level.HIGH, "it may delete everything: an empty folder is applied too"),
    }
    for key, weak in effects.items():
        if on[1] and (now or {}).get(key) and not (on[0] and (was or {}).get(key)):
            yield weak
    options = [set(side.get("syncOptions") or ()) for side in (old, new)]
    for option, effect in _RISKY_OPTIONS.items():
        if option in options[1] - options[0]:
            yield Level.HIGH, f"{option}: {effect}"
    if lost := sorted((options[0] - options[1]) & set(_CONFIRMED)):
        yield Level.MEDIUM, f"{listed(lost)} is removed: less is kept from being deleted or changed"
    if before["spec"].get("project") != after["spec"].get("project"):
        yield Level.HIGH, f"its project is {after['spec'].get('project')}, whose rights it has"
    places = [side["spec"].get("destination") for side in (before, after)]
    if places[0] != places[1]:
        yield Level.HIGH, f"it deploys to {_where(places[1] or {})} for {_where(places[0] or {})}"
