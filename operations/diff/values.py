"""How a value that is another one is written down: on a line where it fits, else as a small unified diff. Pure."""

import difflib
import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final, Literal, TypeAlias

import yaml

from operations.diff.model import Field
from operations.diff.sealed import without_ciphertext
from settings.faults import escaped

Sign: TypeAlias = Literal["-", "+", " ", "…"]
Line: TypeAlias = tuple[Sign, str]
"""A line of one side, of both, or one that says how many more there are."""

CUT: Final = "…"
_AROUND: Final = 12  # characters of what two long values have in common, beside where they part
# Texts that are no texts in YAML, or would not be seen: they are told from numbers by their quotes.
_QUOTED: Final = re.compile(
    r"|[-+.]?[0-9][-+.0-9eE_:xXoO]*|true|false|yes|no|on|off|null|~|y|n|[\[{\"'].*", re.IGNORECASE
)


def flat(text: str) -> str:
    """Return a text as one line without ciphertext, control characters and what turns the direction of writing."""
    return escaped(without_ciphertext(text))


def cut(text: str, limit: int) -> str:
    """Return a text of at most so many characters: the middle of a longer one is left out."""
    if len(text) <= limit:
        return text
    head = max(1, (limit - 1) * 2 // 3)
    tail = limit - 1 - head
    return f"{text[:head]}{CUT}{text[-tail:] if tail > 0 else ''}"


def cut_pair(before: str, after: str, limit: int) -> tuple[str, str]:
    """Return two texts that are cut where they are the same, so that what they differ in is left."""
    if max(len(before), len(after)) <= limit:
        return before, after
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    return tuple(cut(_middle(text, start, end), limit) for text in (before, after))  # type: ignore[return-value]


def _common(one: str, two: str) -> int:
    return next((index for index, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))


def _middle(text: str, start: int, end: int) -> str:
    head = text[:start] if start <= 2 * _AROUND else f"{text[:_AROUND]}{CUT}{text[start - _AROUND : start]}"
    last = len(text) - end
    tail = text[last:] if end <= 2 * _AROUND else f"{text[last : last + _AROUND]}{CUT}{text[len(text) - _AROUND :]}"
    return f"{head}{text[start:last]}{tail}"


def one_line(value: Any) -> str:
    """Return a value on one line; a text is in quotes where it would be read as something else."""
    if isinstance(value, str) and not _QUOTED.fullmatch(value) and value == value.strip():
        return flat(value)
    return flat(json.dumps(value, ensure_ascii=False, sort_keys=True, default=str))


def is_short(value: Any, limit: int) -> bool:
    """Tell whether a value reads well on one line."""
    if isinstance(value, str):
        return "\n" not in value.rstrip("\n")
    return not isinstance(value, dict | list | tuple) or len(one_line(value)) <= limit


def lines(field: Field, limit: int, most: int) -> list[Line]:
    """Return both sides of a field, each line at most `limit` characters, at most `most` lines and one about the rest.

    A side with no value has no line. The sides are never shown as equal.
    """
    if is_short(field.before, limit) and is_short(field.after, limit):
        return list(_pair(field, limit))
    found = list(_unified(_block(field.before), _block(field.after)))
    if not any(sign in "+-" for sign, _ in found):  # the end of a text, or the type of a value
        return list(_pair(field, limit))
    found = _cut_lines(found, limit)
    return found if len(found) <= most + 1 else [*found[:most], (CUT, f"{len(found) - most} more lines")]


def _pair(field: Field, limit: int) -> Iterator[Line]:
    if field.before is None or field.after is None:
        yield (
            ("-", cut(one_line(field.before), limit))
            if field.after is None
            else ("+", cut(one_line(field.after), limit))
        )
        return
    before, after = one_line(field.before), one_line(field.after)
    if before == after:  # what is one text only once it is flat
        before, after = (ascii(value) for value in (field.before, field.after))
    before, after = cut_pair(before, after, limit)
    yield "-", before
    yield "+", after


def _block(value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str):
        return value.splitlines() or [value]
    if isinstance(value, dict | list | tuple):
        plain = json.loads(json.dumps(value, default=str))
        return yaml.safe_dump(plain, allow_unicode=True, width=10_000).splitlines()
    return [one_line(value)]


def _unified(before: list[str], after: list[str]) -> Iterator[Line]:
    hunks = 0
    for index, line in enumerate(difflib.unified_diff(before, after, lineterm="", n=1)):
        if index < 2:  # the names of two files
            continue
        if line.startswith("@@"):
            hunks += 1
            if hunks > 1:
                yield " ", CUT
            continue
        sign: Sign = "-" if line[0] == "-" else "+" if line[0] == "+" else " "
        yield sign, line[1:]


def _cut_lines(found: list[Line], limit: int) -> list[Line]:
    """Cut lines that are too long; one that takes the place of another is cut where the two are the same."""
    made: list[Line] = [(sign, flat(text)) for sign, text in found]
    for index, ((one, before), (two, after)) in enumerate(pairwise(tuple(made))):
        if (one, two) == ("-", "+"):
            shorter = cut_pair(before, after, limit)
            made[index : index + 2] = [("-", shorter[0]), ("+", shorter[1])]
    return [(sign, cut(text, limit)) for sign, text in made]
