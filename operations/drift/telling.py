"""How drift is told: to a person, in an issue or a job's summary, and to a script."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from operations.drift.compare import Difference
from operations.drift.look import DRIFT, Found, State
from operations.tally import one_line

_WORDS: Final[Mapping[State, str]] = {
    "drifted": "changed",
    "missing": "missing",
    "unexpected": "not rendered",
    "kept": "kept",
    "unknown": "not compared",
}


def lines(stack: str, source: str, found: Sequence[Found]) -> list[str]:
    """Return what a person reads: a line a cluster, then each object that is not as it was rendered."""
    told = []
    for cluster, members in _by_cluster(found):
        told.append(f"{stack}/{cluster}: {_counted(members)}, beside {source}")
        for one in (one for one in members if one.state != "same"):
            told.append(f"  {_WORDS[one.state]:<12} {one.wanted.system:<18} {one.wanted.subject}{_why(one)}")
            told += [f"    {_difference(difference)}" for difference in one.differences]
    return told


def markdown(stack: str, source: str, found: Sequence[Found]) -> str:
    """Return the same for an issue or the summary of a job."""
    text = [f"## Drift of `{stack}`", ""]
    for cluster, members in _by_cluster(found):
        text += [f"**{cluster}**: {_counted(members)}, beside {source}.", ""]
        others = [one for one in members if one.state != "same"]
        if others:
            text += ["| what | system | object | why |", "|---|---|---|---|"]
            text += [
                f"| {_WORDS[one.state]} | {_code(one.wanted.system)} | {_code(one.wanted.subject)} | {_cell(one)} |"
                for one in others
            ]
            text.append("")
    return "\n".join(text)


def data(stack: str, source: str, found: Sequence[Found]) -> dict[str, Any]:
    """Return the same as plain data."""
    return {
        "stack": stack,
        "source": source,
        "drifted": any(one.state in DRIFT for one in found),
        "objects": len(found),
        "found": [
            {
                "state": one.state,
                "cluster": one.wanted.cluster,
                "system": one.wanted.system,
                "kind": one.wanted.manifest["kind"],
                "namespace": one.wanted.manifest["metadata"].get("namespace", ""),
                "name": one.wanted.manifest["metadata"]["name"],
                "reason": one.reason,
                "differences": [
                    {"path": item.path, "live": item.live, "rendered": item.rendered, "by": item.by}
                    for item in one.differences
                ],
            }
            for one in found
            if one.state != "same"
        ],
    }


def _by_cluster(found: Sequence[Found]) -> Iterator[tuple[str, list[Found]]]:
    for cluster in dict.fromkeys(one.wanted.cluster for one in found):
        yield cluster, [one for one in found if one.wanted.cluster == cluster]


def _counted(found: Sequence[Found]) -> str:
    counts = Counter(one.state for one in found)
    rendered = len(found) - counts["unexpected"] - counts["kept"]
    parts = [f"{counts[state]} {word}" for state, word in _WORDS.items() if counts[state]]
    return (
        f"{rendered} object{'' if rendered == 1 else 's'}, {', '.join(parts) if parts else 'none of them has drifted'}"
    )


def _difference(difference: Difference) -> str:
    by = f" ({difference.by})" if difference.by else ""
    return f"{difference.path}: {_value(difference.live)}, rendered {_value(difference.rendered)}{by}"


def _value(value: Any) -> str:
    if value is None:
        return "nothing"
    return one_line(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), 120)


def _why(one: Found) -> str:
    return f": {one_line(one.reason)}" if one.reason else ""


def _cell(one: Found) -> str:
    parts = [_code(_difference(difference)) for difference in one.differences]
    return "<br>".join([*parts, *([_code(one_line(one.reason))] if one.reason else [])])


def _code(text: str) -> str:
    """Return text as code that no Markdown, mention or table can break out of."""
    return f"`{text.replace('`', chr(39)).replace('|', chr(92) + '|')}`"
