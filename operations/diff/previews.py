"""Pulumi's own previews of several stacks, side by side: each in a process of its own, and none waits for another."""

import json
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Final

from operations.diff.model import Previewed
from operations.exits import Exit, Stop
from operations.output import say

_SIGNS: Final = {"create": "+", "delete": "-", "replace": "±", "update": "~"}
_AT_ONCE: Final = 4


def previews(root: Path, stacks: Sequence[str]) -> tuple[Previewed, ...]:
    """Preview stacks at once and return what each would do, or why it cannot be told, in the order they are given.

    Raises Stop where the user interrupts it.
    """
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        running = {threads.submit(_preview, root, stack): stack for stack in stacks}
        found = {}
        for ended in as_completed(running):
            one = ended.result()
            found[one.stack] = one
            say(f"previewed {one.stack}: {_said(one)} ({len(found)} of {len(stacks)})")
    return tuple(found[stack] for stack in stacks)


def previewed(stack: str, code: int, stdout: str, stderr: str) -> Previewed:
    """Return what a `naru preview --json` came to; what it refused it says on stderr alone."""
    try:
        told = json.loads(stdout)
    except ValueError:
        reasons = tuple(line for line in stderr.splitlines() if line.strip())[-3:]
        return Previewed(stack, "failed", {}, (), reasons or (f"it ended with code {code} and no word",))
    if told["result"] != "succeeded":
        reasons = tuple(f"{one['resource']}: {one['reason']}" for one in told["failures"])
        return Previewed(stack, "failed", told["changes"], (), reasons or (told["result"],))
    lines = tuple(f"{_SIGNS.get(one['operation'], one['operation'])} {one['resource']}" for one in told["resources"])
    return Previewed(stack, "succeeded", told["changes"], tuple(sorted(lines)))


def _preview(root: Path, stack: str) -> Previewed:
    words = [sys.executable, "-m", "operations", "preview", "--stack", stack, "--json", "--root", str(root)]
    # The code of this checkout, whichever project it is asked to preview.
    ended = subprocess.run(
        words, cwd=Path(__file__).parents[2], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if ended.returncode == Exit.INTERRUPTED:
        raise Stop(Exit.INTERRUPTED, "interrupted: nothing was changed")
    return previewed(stack, ended.returncode, ended.stdout, ended.stderr)


def _said(one: Previewed) -> str:
    if one.result == "failed":
        return f"failed: {one.reasons[0]}"
    return ", ".join(f"{count} to {operation}" for operation, count in one.changes.items()) or "no change"
