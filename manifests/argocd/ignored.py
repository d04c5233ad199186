"""What Argo CD leaves as it finds it: the fields of our objects that other controllers write, found in the objects.

field                              written by                        ignored
`replicas` of a workload           its HorizontalPodAutoscaler       always
a list that is declared once       Argo Rollouts                     always: `Placed.not_ours`
the selector of a managed Service  Argo Rollouts                     while it is not theirs
annotations of an Ingress          people, and other controllers     where the system's `sync` says so

What is ignored is sent as it was found (`RespectIgnoreDifferences`), so that it is not lost on the day on which it is
no longer declared: a Deployment that an autoscaler takes over keeps its pods, a Service that a Rollout takes over goes
on serving. Fields that no object of ours ever declared (the Ingress and the annotation by which Argo Rollouts has an
Ingress controller divide traffic, the number of pods of a guarded canary) need no rule: a server-side apply that does
not name them leaves them alone, and a rule would write back what was found a moment before.
Source: argo-cd 3.3, controller/sync.go, `normalizeTargetResources`; docs/user-guide/diffing.md.
"""

from collections.abc import Iterable

from manifests.argocd.kinds import group_of
from manifests.placed import Manifest, Placed
from manifests.rollout import REVISION_LABEL

_NOT_YET_THEIRS = f'.spec.selector | select(. != null and (has("{REVISION_LABEL}") | not))'
"""A selector that is Argo Rollouts' own is neither compared nor sent: sent a moment late, it would lead live traffic
back to the version before."""


def ignored(objects: Iterable[Placed], *, ingress_annotations: bool) -> list[Manifest]:
    """Return the rules for those objects of one Application, in their order, each for one of them by name."""
    objects = tuple(objects)
    scaled = {_target(placed.manifest) for placed in objects if placed.manifest["kind"] == "HorizontalPodAutoscaler"}
    managed = {name for placed in objects if placed.manifest["kind"] == "Rollout" for name in _managed(placed.manifest)}
    rules = []
    for placed in objects:
        manifest = placed.manifest
        kind, metadata = manifest["kind"], manifest["metadata"]
        here = (metadata.get("namespace", ""), metadata["name"])
        pointers = ["/" + path.replace(".", "/") for path in placed.not_ours]
        if (kind, *here) in scaled:
            pointers.append("/spec/replicas")
        if ingress_annotations and kind == "Ingress":
            pointers.append("/metadata/annotations")
        if pointers:
            rules.append(_rule(manifest, jsonPointers=pointers))
        if kind == "Service" and here in managed and "selector" not in manifest["spec"]:
            rules.append(_rule(manifest, jqPathExpressions=[_NOT_YET_THEIRS]))
    return rules


def _target(autoscaler: Manifest) -> tuple[str, str, str]:
    target = autoscaler["spec"]["scaleTargetRef"]
    return target["kind"], autoscaler["metadata"]["namespace"], target["name"]


def _managed(rollout: Manifest) -> list[tuple[str, str]]:
    """Return the Services whose selector a Rollout writes, each with its namespace."""
    (strategy,) = rollout["spec"]["strategy"].values()
    named = ("activeService", "previewService", "canaryService", "stableService")
    return [(rollout["metadata"]["namespace"], strategy[name]) for name in named if strategy.get(name)]


def _rule(manifest: Manifest, **fields: list[str]) -> Manifest:
    metadata = manifest["metadata"]
    rule = {
        "group": group_of(manifest),
        "kind": manifest["kind"],
        "namespace": metadata.get("namespace"),
        "name": metadata["name"],
    }
    # Nothing empty: see manifests/argocd/applications.py.
    return {**{key: value for key, value in rule.items() if value}, **fields}
