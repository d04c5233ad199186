"""From a base and the work tree to the report of what the change between them does to every stack."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from operations.diff import base as bases
from operations.diff import hashed, sides
from operations.diff.base import Base
from operations.diff.changes import of_paired
from operations.diff.cost import cost
from operations.diff.elsewhere import Failed
from operations.diff.images import images
from operations.diff.model import Objects, Report, StackDiff
from operations.diff.risks import found
from operations.diff.sides import Side
from operations.diff.touched import Files
from operations.revisions import ask
from settings.faults import Fault, SettingsError, did_you_mean
from settings.loading import stacks as stacks_of


def compare_stacks(root: Path, base: str | None, stacks: Sequence[str]) -> Report:
    """Compare the work tree with where its branch left `base`, or the default branch: these stacks, or all of them.

    Raises SettingsError for faults in the work tree, and for a base or a stack that is not there.
    """
    taken = bases.find(root, base)
    here = stacks_of(root)
    wanted = _wanted(here, taken, stacks)
    after = sides.after(root, [stack for stack in wanted if stack in here])
    before = sides.before(root, taken, [stack for stack in wanted if stack in taken.stacks])
    was = _files_at(root, taken.commit)
    compared = tuple(compared_stack(root, stack, before.get(stack), after.get(stack), was) for stack in wanted)
    return Report(taken.asked, taken.commit, compared, moved_on=taken.moved_on)


def compared_stack(
    root: Path, stack: str, before: Objects | Failed | None, side: Side | None, was: Files | None = None
) -> StackDiff:
    """Compare the two sides of a stack; None for one that does not have it. `was` gives files of the base."""
    after = None if side is None else side.objects
    loaded = None if side is None else side.loaded
    tier = "" if loaded is None else loaded.stack.environment.tier.value
    if isinstance(before, Failed):
        return _alone(stack, before, after or {}, tier)
    trouble = "the base has no such stack" if before is None else "the stack is removed" if after is None else ""
    paired = hashed.paired(before or {}, after or {})
    changes = of_paired(paired)
    return StackDiff(
        stack=stack,
        changes=changes,
        risks=found(stack, paired.before, paired.after, changes, root, loaded, was),
        images=images(paired.before, paired.after),
        before=None if before is None else cost(before),
        after=None if after is None else cost(after),
        trouble=trouble,
        tier=tier,
    )


def _files_at(root: Path, commit: str) -> Files:
    """Return what gives a file of the project as a commit has it, each asked of Git once it is wanted."""

    @cache
    def was(path: str) -> str | None:
        ended = ask(root, "show", f"{commit}:./{path}")
        return None if ended.code else ended.output.decode("utf-8", "replace")

    return was


def _alone(stack: str, failed: Failed, after: Objects, tier: str) -> StackDiff:
    """Return a stack whose base cannot be rendered: what it will be, and nothing of what changes."""
    trouble = f"the base cannot be rendered by its own code any more: {failed.reason}"
    return StackDiff(stack, (), (), (), None, cost(after), trouble, tuple(after), tier)


def _wanted(here: Sequence[str], base: Base, stacks: Sequence[str]) -> list[str]:
    known = sorted({*here, *base.stacks})
    unknown = [stack for stack in dict.fromkeys(stacks) if stack not in known]
    if unknown:
        raise SettingsError(
            Fault(f"Pulumi.{stack}.yaml", 0, "", "no such stack, nor on the base", did_you_mean(stack, known))
            for stack in unknown
        )
    return [stack for stack in known if not stacks or stack in stacks]
