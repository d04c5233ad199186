"""What objects, places, images and amounts are called in what people read of a comparison. Pure."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from operations.diff.grouped import Entry, compared
from operations.diff.model import Action, Cost, ImageChange, Report, StackDiff, Subject
from operations.diff.places import Thing, Touched, Where, thing
from operations.diff.told import risks
from operations.diff.values import flat
from operations.rollback.version import parts

_ROLLING: Final = frozenset({"DaemonSet", "Deployment", "Rollout", "StatefulSet"})


def named(one: Thing) -> str:
    """Return `Deployment shop/web`; nothing for what is about no object."""
    kind, namespace, name = one
    return flat(f"{kind} {f'{namespace}/' if namespace else ''}{name}".strip())


def all_named(things: Iterable[Thing]) -> str:
    """Return objects with each kind said once: `Service shop/api, shop/web; Ingress shop/web`."""
    found: dict[str, list[str]] = {}
    for kind, namespace, name in things:
        found.setdefault(flat(kind), []).append(flat(f"{namespace}/{name}" if namespace else name))
    return "; ".join(f"{kind} {', '.join(names)}".strip() for kind, names in found.items())


def by_system_named(entries: Iterable[Entry]) -> str:
    """Return `plate: Deployment plate/api, plate/web; ams: Deployment ams/api`."""
    found: dict[str, list[Thing]] = {}
    for entry in entries:
        found.setdefault(flat(entry.system), []).extend(entry.things)
    return "; ".join(
        f"{system}: {all_named(things)}" if system else all_named(things) for system, things in found.items()
    )


def where_text(where: Where, stacks: int) -> str:
    """Return `dev, prod (seoul)`, or that it is everywhere, where `stacks` is how many there are."""
    if len(where) == stacks > 2 and not any(clusters for _, clusters in where):
        return "all stacks"
    return ", ".join(
        flat(stack) + (f" ({', '.join(map(flat, clusters))})" if clusters else "") for stack, clusters in where
    )


def clusters_text(touched: Touched) -> str:
    """Return `seoul (dev, prod), tokyo (prod)`."""
    found: dict[str, list[str]] = {}
    for stack, clusters in touched.items():
        for cluster in clusters:
            found.setdefault(flat(cluster), []).append(flat(stack))
    return ", ".join(f"{cluster} ({', '.join(stacks)})" for cluster, stacks in found.items())


def alone_lines(stack: StackDiff) -> list[tuple[str, int]]:
    """Return the objects of a stack that nothing was compared with, a line for each system and kind, with how many."""
    found: dict[tuple[str, str], dict[Thing, None]] = {}
    for subject in sorted(stack.alone, key=lambda one: (one.system, one.kind, one.namespace, one.name)):
        found.setdefault((subject.system, subject.kind), {})[thing(subject)] = None
    return [(f"{flat(system)}: {all_named(things)}", len(things)) for (system, _), things in found.items()]


def trouble(stack: StackDiff) -> str:
    """Return why a side of a stack is missing, and what is told all the same."""
    count = sum(number for _, number in alone_lines(stack))
    told = f"; it would have {plural(count, 'object')}, compared with nothing" if count else ""
    return f"{flat(stack.trouble).rstrip('.')}{told}"


def about(subject: Subject) -> str:
    """Return what a risk is about: the object, and its system where the object's name does not say that."""
    system, name = flat(subject.system), named(thing(subject))
    if not name or subject.namespace.startswith(subject.system) or subject.name.startswith(subject.system):
        return name or system
    return f"{system}, {name}" if system else name


def tally(report: Report) -> str:
    """Return `448 changes, 7 risks (2 critical, 5 low)`."""
    changes = sum(len(stack.changes) for stack in report.stacks)
    levels = Counter(one.risk.level for one in risks(report))
    total = sum(levels.values())
    listed = ", ".join(f"{levels[level]} {level.name.lower()}" for level in sorted(levels, reverse=True))
    blind = sum(1 for stack in report.stacks if not compared(stack))
    found = [plural(changes, "change"), f"{plural(total, 'risk')} ({listed})" if total else "no risks"]
    return ", ".join((*found, *([f"{plural(blind, 'stack')} not compared"] if blind else [])))


def plural(count: int, noun: str) -> str:
    """Return `1 change`, `2 changes`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def cause_text(cause: str, action: Action, entries: Iterable[Entry]) -> str:
    """Return `12 workloads roll because ConfigMap shop/web-1 changed`, counted over stacks and clusters."""
    listed = list(entries)
    count = sum(entry.count for entry in listed)
    rolls = action == "changed" and all(kind in _ROLLING for entry in listed for kind, _, _ in entry.things)
    noun = "workload" if rolls else "object"
    verb = {"changed": "roll" if rolls else "change"}.get(action, f"are {action}")
    if count == 1:
        verb = verb.replace("are ", "is ") if " " in verb else f"{verb}s"
    reason = flat(cause)
    return f"{plural(count, noun)} {verb} {'' if reason.startswith('because ') else 'because '}{reason}"


def versions(image: ImageChange) -> tuple[str, str, str]:
    """Return the repository, and the two versions; where the repository is another one, nothing and both in full."""
    before, after = parts(image.before), parts(image.after)
    if before[0] != after[0] or not image.before or not image.after:
        return "", flat(image.before) or "none", flat(image.after) or "none"
    if before[1] != after[1] and before[1] and after[1]:
        return flat(before[0]), flat(before[1]), flat(after[1])
    shown = [" ".join(filter(None, (tag, digest and digest[:19]))) or "no tag" for _, tag, digest in (before, after)]
    if shown[0] == shown[1]:
        shown = [" ".join(filter(None, (tag, digest))) for _, tag, digest in (before, after)]
    return flat(before[0]), flat(shown[0]), flat(shown[1])


def cores(value: float, *, delta: bool = False) -> str:
    """Return a number of cores: `2.5`; with its sign as a difference, `=` for none."""
    rounded = round(value, 3) + 0.0
    if delta and not rounded:
        return "="
    text = f"{abs(rounded):.3f}".rstrip("0").rstrip(".")
    return f"{'-' if rounded < 0 else '+' if delta else ''}{text}"


def size(value: int, *, delta: bool = False) -> str:
    """Return a number of bytes: `512Mi`, `1.5Gi`; with its sign as a difference, `=` for none."""
    if delta and not value:
        return "="
    sign, amount = "-" if value < 0 else "+" if delta else "", abs(value)
    power = next((index for index in (4, 3, 2, 1) if amount >= 1024**index), 0)
    text = f"{amount / 1024**power:.2f}".rstrip("0").rstrip(".")
    return f"{sign}{text}{('', 'Ki', 'Mi', 'Gi', 'Ti')[power]}"


def cost_deltas(stack: StackDiff) -> tuple[str, str, str]:
    """Return what a stack asks for more or less: CPU, memory, storage; nothing where a side is not known."""
    if stack.before is None or stack.after is None:
        return ("", "", "")
    before, after = stack.before, stack.after
    return (
        cores(after.cpu - before.cpu, delta=True),
        size(after.memory - before.memory, delta=True),
        size(after.storage - before.storage, delta=True),
    )


def cost_text(before: Cost, after: Cost) -> str:
    """Return what a stack asks for on both sides: `CPU 4 -> 4.5 cores, memory 8Gi, storage 20Gi -> 30Gi`."""
    rows = (
        ("CPU", cores(before.cpu), cores(after.cpu), " cores"),
        ("memory", size(before.memory), size(after.memory), ""),
        ("storage", size(before.storage), size(after.storage), ""),
    )
    return ", ".join(f"{name} {old if old == new else f'{old} -> {new}'}{unit}" for name, old, new, unit in rows)
