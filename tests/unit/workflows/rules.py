"""What every workflow here keeps to and no linter asks for. Each rule yields a line for what does not."""

import re
from collections.abc import Iterator
from typing import Any

from tests.unit.workflows.steps import ROOT

Workflow = dict[str, Any]

PINNED = re.compile(r"uses: (?:\./\S+|[\w./-]+@[0-9a-f]{40} # \S+)$")
WRITES = {
    ("pull-request-comment", "comment"): {"pull-requests", "security-events"},
    ("publish", "publish"): {"contents", "id-token"},
    ("drift", "compare"): {"id-token"},
    ("drift", "tell"): {"issues"},
    ("service-delivery", "push"): {"id-token"},
}
"""Every job whose token may write, and what."""


def faults(name: str, text: str, parsed: Workflow) -> list[str]:
    """Return what a workflow does not keep to."""
    rules = (_top, _jobs, _steps, _locks, _untrusted)
    return [f"{name}: {fault}" for rule in rules for fault in rule(name, text, parsed)]


def _top(_name: str, text: str, parsed: Workflow) -> Iterator[str]:
    if parsed.get("permissions") != {}:
        yield "the permissions of the whole are not empty"
    if any("run" in step for _, _, step in steps(parsed)) and parsed.get("defaults") != {"run": {"shell": "bash"}}:
        yield "the shell is not named, so a pipe may fail unseen"
    for number, line in enumerate(text.splitlines(), 1):
        if "uses: " in line and not line.lstrip().startswith("#") and not PINNED.search(line):
            yield f"line {number}: no commit, or not which version it is"


def _jobs(name: str, _text: str, parsed: Workflow) -> Iterator[str]:
    for key, job in parsed["jobs"].items():
        if "uses" not in job and not isinstance(job.get("timeout-minutes"), int):
            yield f"{key} has no timeout-minutes"
        if "permissions" not in job:
            yield f"{key} does not say what its token may do"
        granted = {what for what, access in (job.get("permissions") or {}).items() if access == "write"}
        if "uses" not in job and granted != WRITES.get((name, key), set()):
            yield f"{key} may write {', '.join(sorted(granted)) or 'nothing'}"
        if job.get("secrets") == "inherit":
            yield f"{key} hands on all secrets"


def _steps(_name: str, _text: str, parsed: Workflow) -> Iterator[str]:
    for job, number, step in steps(parsed):
        place = f"{job}, step {number}"
        if "${{" in str(step.get("run", "")):
            yield f"{place}: a value becomes part of a script"
        used = str(step.get("uses", ""))
        if used.startswith("actions/checkout@") and (step.get("with") or {}).get("persist-credentials") is not False:
            yield f"{place}: the token stays in the checkout"
        if used.startswith("./") and not (ROOT / used / "action.yml").is_file():
            yield f"{place}: there is no {used}"


def _locks(name: str, _text: str, parsed: Workflow) -> Iterator[str]:
    for key, job in parsed["jobs"].items():
        if "uses" in job:
            continue
        lock = job.get("concurrency") or parsed.get("concurrency") or {}
        if not lock.get("group"):
            yield f"{key} has no concurrency group"
        writes = WRITES.get((name, key), set())
        if writes and lock.get("cancel-in-progress") is not False:
            yield f"{key} may be ended in the middle of writing"
        # Whoever is bound to an environment has the lock of that environment's stack.
        environment = job.get("environment")
        stack = "matrix.stack" if name == "drift" else "outputs.stack"
        if environment and stack not in lock.get("group", ""):
            yield f"{key} does not hold the lock of its stack"


def _untrusted(name: str, text: str, parsed: Workflow) -> Iterator[str]:
    if "pull_request_target" in parsed["on"]:
        yield "it runs with secrets on what nobody has reviewed"
    if name == "pull-request":
        if "secrets." in text or "secrets[" in text:
            yield "it has secrets"
        for key, job in parsed["jobs"].items():
            if job.get("permissions") != {"contents": "read"}:
                yield f"{key} may do more than read"
    if "workflow_run" in parsed["on"]:
        for job, number, step in steps(parsed):
            used, script = str(step.get("uses", "")), str(step.get("run", ""))
            if used.startswith(("actions/checkout@", "./")) or re.search(r"\bgit (clone|fetch)|gh (repo|pr) c", script):
                yield f"{job}, step {number}: it checks something out"


def steps(parsed: Workflow) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Yield each step with its job and its number."""
    for key, job in parsed["jobs"].items():
        for number, step in enumerate(job.get("steps", ()), 1):
            yield key, number, step
