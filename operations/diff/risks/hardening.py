"""What pods may do to their node, to each other and to the API server."""

from collections.abc import Iterator

from manifests.placed import Manifest
from operations.diff.finding import Finding, Weak, together
from operations.diff.model import Danger, Level, Subject
from operations.diff.pairs import RUNNING, Pair, Sides, component
from operations.diff.pods import containers, pod

_HARMLESS = frozenset({"NET_BIND_SERVICE"})
_STRONGEST = frozenset({"ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO", "BPF"})


def hardening(sides: Sides) -> Iterator[Finding]:
    """Yield workloads whose pods may do more than before; new ones, more than a hardened pod may.

    A Job of a service says nothing of its own where the service's workload says as much.
    """
    said: dict[tuple[str, str, str], set[Weak]] = {}
    jobs = [pair for pair in sides.differing("Job", "CronJob") if pair.after is not None]
    for pair in [*sides.workloads(), *jobs]:
        if pair.after is None:
            continue
        found = _more(sides, pair)
        place = (pair.subject.cluster, pair.subject.namespace, component(pair.after))
        if pair.subject.kind in {"Job", "CronJob"} and _kinds(found) <= _kinds(list(said.get(place, ()))):
            continue
        said.setdefault(place, set()).update(found)
        yield from together(Danger.EXPOSURE, pair.subject, found, ("security",))
    for subject, before, after in sides.changed("ServiceAccount"):
        yield from _token_of_account(sides, subject, before, after)


def _kinds(found: list[Weak]) -> set[str]:
    return {text.partition(": ")[2] for _, text in found}


def _more(sides: Sides, pair: Pair) -> list[Weak]:
    after = pair.after
    if after is None:
        return []
    old = set() if pair.before is None else set(_weak(sides, pair.subject, pair.before, new=False))
    return [weak for weak in _weak(sides, pair.subject, after, new=True) if weak not in old]


def _weak(sides: Sides, subject: Subject, manifest: Manifest, *, new: bool) -> Iterator[Weak]:
    """Yield what is weak about an object's pods, each as `<whose>: <what>`."""
    spec = pod(manifest)
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(key):
            yield Level.HIGH, f"pod: {key}, what belongs to the node is theirs"
    for volume in spec.get("volumes") or ():
        if "hostPath" in volume:
            yield Level.HIGH, f"pod: a folder of the node, {volume['hostPath']['path']}"
    if _has_token(sides, subject, spec, new=new):
        yield Level.MEDIUM, "pod: a token for the API server"
    for name, container in containers(manifest).items():
        own, shared = container.get("securityContext") or {}, spec.get("securityContext") or {}
        yield from ((level, f"{name}: {text}") for level, text in _of_container(own, shared))
        for port in container.get("ports") or ():
            if port.get("hostPort"):
                yield Level.MEDIUM, f"{name}: port {port['hostPort']} of the node"


def _of_container(own: Manifest, shared: Manifest) -> Iterator[Weak]:
    if own.get("privileged"):
        yield Level.CRITICAL, "privileged, it can take the node over"
    user = own.get("runAsUser", shared.get("runAsUser"))
    if user == 0:
        yield Level.HIGH, "runs as root"
    elif user is None and not own.get("runAsNonRoot", shared.get("runAsNonRoot")):
        yield Level.HIGH, "may run as root"
    capabilities = own.get("capabilities") or {}
    for name in sorted(set(capabilities.get("add") or ()) - _HARMLESS):
        yield Level.CRITICAL if name in _STRONGEST else Level.HIGH, f"has the capability {name}"
    if "ALL" not in (capabilities.get("drop") or ()):
        yield Level.MEDIUM, "keeps the capabilities of the container runtime"
    if own.get("allowPrivilegeEscalation") is not False:
        yield Level.MEDIUM, "may gain privileges (allowPrivilegeEscalation)"
    if not own.get("readOnlyRootFilesystem"):
        yield Level.MEDIUM, "root file system is writable (readOnlyRootFilesystem)"
    seccomp = own.get("seccompProfile") or shared.get("seccompProfile") or {}
    if seccomp.get("type", "Unconfined") == "Unconfined":
        yield Level.MEDIUM, "no seccomp profile confines its system calls"
    if own.get("procMount") == "Unmasked":
        yield Level.MEDIUM, "sees all of /proc"


def _has_token(sides: Sides, subject: Subject, spec: Manifest, *, new: bool) -> bool:
    said = spec.get("automountServiceAccountToken")
    if said is None:
        side = sides.new if new else sides.old
        account = side(subject.cluster, "ServiceAccount", subject.namespace, spec.get("serviceAccountName", "default"))
        said = True if account is None else account.get("automountServiceAccountToken", True)
    return bool(said)


def _token_of_account(sides: Sides, subject: Subject, before: Manifest, after: Manifest) -> Iterator[Finding]:
    was, now = (side.get("automountServiceAccountToken", True) for side in (before, after))
    if not now or was:
        return
    for kind in RUNNING:
        for other, found in sides.kinds_after.get(kind, ()):
            spec = pod(found)
            here = (other.cluster, other.namespace) == (subject.cluster, subject.namespace)
            if here and spec.get("serviceAccountName") == subject.name:
                if spec.get("automountServiceAccountToken") is None:
                    reason = "its token is mounted into pods: who is in one can ask the API server as it"
                    yield Finding(Level.MEDIUM, Danger.EXPOSURE, subject, reason)
                return
