"""What objects, places, images and amounts are called in what people read of a comparison. Pure."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

from operations.diff.grouped import Entry, compared
from operations.diff.model import Action, Cost, ImageChange, Level, Report, StackDiff, Subject
from operations.diff.places import Thing, Touched, Where, thing, together
from operations.diff.told import Alike, risks
from operations.diff.values import flat
from operations.rollback.version import parts

_NAMES: Final = 8
_COMMIT: Final = 12
_HASH: Final = re.compile(r"[0-9a-f]{7,64}")
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


def trouble(*stacks: StackDiff) -> str:
    """Return why a side of a stack is missing, and what is told all the same; of several the same is missing."""
    count = sum(number for stack in stacks for _, number in alone_lines(stack))
    who = "they" if len(stacks) > 1 else "it"
    told = f"; {who} would have {plural(count, 'object')}, compared with nothing" if count else ""
    return f"{flat(stacks[0].trouble).rstrip('.')}{told}"


def troubles(report: Report) -> list[tuple[StackDiff, ...]]:
    """Return the stacks with a side that is missing, those for the same reason together."""
    troubled = (stack for stack in report.stacks if stack.trouble)
    return [tuple(group) for group in together(troubled, lambda stack: stack.trouble)]


def about(subject: Subject) -> str:
    """Return what a risk is about: the object, and its system where the object's name does not say that."""
    system, name = flat(subject.system), named(thing(subject))
    if not name or subject.namespace.startswith(subject.system) or subject.name.startswith(subject.system):
        return name or system
    return f"{system}, {name}" if system else name


def about_all(alike: Alike) -> str:
    """Return what risks are about: of several, how many of what kind, `16 workloads`."""
    if not alike.names:
        return about(alike.told[0].risk.subject)
    kinds = {one.risk.subject.kind for one in alike.told}
    kind = flat(next(iter(kinds))) if len(kinds) == 1 else "object"
    noun = "workload" if kinds <= _ROLLING else kind
    return f"{len(alike.told)} {_many(noun)}"


def reason_of(alike: Alike) -> str:
    """Return the reason of risks; of several with the names of what they are about, of critical ones all names."""
    if not alike.names:
        return flat(alike.reason)
    most = len(alike.names) if alike.told[0].risk.level is Level.CRITICAL else _NAMES
    return f"{flat(alike.reason)}: {some(alike.names, most)}"


def some(names: Iterable[str], most: int = _NAMES) -> str:
    """Return the first few names, and how many more there are."""
    found = list(map(flat, names))
    more = len(found) - most
    return ", ".join([*found[:most], f"{more} more"] if more > 0 else found)


def _many(noun: str) -> str:
    if noun.endswith("y"):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith("s") else f"{noun}s"


def against(report: Report) -> tuple[str, str]:
    """Return the base as it was asked for, and its commit; once and short where the base was asked for by that."""
    base, commit = flat(report.base), flat(report.commit)[:_COMMIT]
    if _HASH.fullmatch(base):
        base = base[:_COMMIT]
        return base, "" if not commit or commit.startswith(base) else commit
    return base, commit


def tally(report: Report) -> str:
    """Return `448 changes, 7 risks (2 critical, 5 low)`; of stacks that were not compared no risks are known."""
    changes = sum(len(stack.changes) for stack in report.stacks)
    levels = Counter(one.risk.level for one in risks(report))
    total = sum(levels.values())
    listed = ", ".join(f"{levels[level]} {level.name.lower()}" for level in sorted(levels, reverse=True))
    blind = sum(1 for stack in report.stacks if not compared(stack))
    unknown = [f"risks unknown: {plural(blind, 'stack')} not compared"] if blind else []
    if blind and blind == len(report.stacks) and not changes and not total:
        return unknown[0]
    none = [] if unknown else ["no risks"]
    found = [plural(changes, "change"), *([f"{plural(total, 'risk')} ({listed})"] if total else none)]
    return ", ".join((*found, *unknown))


def plural(count: int, noun: str) -> str:
    """Return `1 change`, `2 changes`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def cause_text(cause: str, action: Action, entries: Iterable[Entry]) -> str:
    """Return `12 workloads on 2 stacks roll because ConfigMap shop/web-1 changed`, each once on all its clusters."""
    listed = list(entries)
    count = len({(entry.system, one) for entry in listed for one in entry.things})
    stacks = len({stack for entry in listed for stack in entry.counts})
    on = f" on {stacks} stacks" if stacks > 1 else ""
    rolls = action == "changed" and all(kind in _ROLLING for entry in listed for kind, _, _ in entry.things)
    noun = "workload" if rolls else "object"
    verb = {"changed": "roll" if rolls else "change"}.get(action, f"are {action}")
    if count == 1:
        verb = verb.replace("are ", "is ") if " " in verb else f"{verb}s"
    reason = flat(cause)
    return f"{plural(count, noun)}{on} {verb} {'' if reason.startswith('because ') else 'because '}{reason}"


def becomes(entry: Entry) -> str:
    """Return what to say of objects that are made anew, behind their names; nothing of others."""
    return "" if entry.action != "replaced" else " is replaced" if len(entry.things) == 1 else " are replaced"


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
