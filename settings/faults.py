"""What is wrong in the files a person wrote, in one line each."""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value] | None"
"""Plain data, as YAML and JSON have it."""

Path: TypeAlias = tuple[str | int, ...]
"""The way to a value: a string is the key of a map, a number the index (from 0) of an item in a list."""

_SHOWN = 60
_LISTED = 120
_ARTICLES = {dict: "a map", list: "a list", bool: "", int: "number ", float: "number "}
_SECRET_WORDS = frozenset(
    f"{word}{plural}"
    for word in ("password", "passwd", "passphrase", "secret", "token", "key", "credential")
    for plural in ("", "s")
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_PLAIN_PART = re.compile(r'[^.\[\]"]+')
_PART = re.compile(r'(?:^|\.)([^.\[\]"]+)|\[([0-9]+)\]|\["((?:[^"\\]|\\["\\])*)"\]', re.DOTALL)


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is wrong, where it stands, and what would be right.

    `file` is relative to the project's root, `line` counts from 1 (0: the whole file), `path` is as `dotted` writes it.
    `found` and `expected` are clauses that read on from each other (`unknown key "replica"` and
    `did you mean "replicas"?`); an empty `expected` is left out.
    """

    file: str
    line: int
    path: str
    found: str
    expected: str

    def __str__(self) -> str:
        """Give the fault as one line that cannot move the cursor of a terminal."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        said = f"{self.found}; {self.expected}" if self.expected else self.found
        return escaped(": ".join(part for part in (place, self.path, said) if part))


class SettingsError(Exception):
    """Files that cannot be used, with every fault found in them: sorted, each once."""

    faults: tuple[Fault, ...]

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__(self.faults)

    def __str__(self) -> str:
        return "\n".join(map(str, self.faults))


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """Say which candidate `word` was probably meant to be, else which ones there are; nothing without candidates."""
    known = sorted(set(candidates))
    near = nearest(word, known)
    if near is not None:
        return f"did you mean {quoted(near)}?"
    if not known:
        return ""
    listed = ", ".join(map(quoted, known))
    if len(listed) > _LISTED:
        listed = listed[:_LISTED].rsplit(",", 1)[0] + ", …"
    return f"expected {'one of ' if len(known) > 1 else ''}{listed}"


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """Give the candidate that `word` was probably meant to be, whatever the case of its letters."""
    folded = {candidate.casefold(): candidate for candidate in candidates}
    near = difflib.get_close_matches(word.casefold(), folded, n=1)
    return folded[near[0]] if near else None


def escaped(text: str) -> str:
    """Spell out line breaks, control characters and invisible ones (text of either direction included)."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def unreadable(error: OSError) -> str:
    """Say why a file could not be read, without its name."""
    return f"cannot be read: {(error.strerror or 'input error').lower()}"


def quoted(text: str) -> str:
    """Put `text` in quotes, cut to some 60 characters."""
    return f'"{escaped(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")}"'


def shown(value: object) -> str:
    """Describe a value of a file: its kind, and what it is unless it is a collection."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return f"text {quoted(value)}"
    article = _ARTICLES.get(type(value), "")
    if isinstance(value, dict | list):
        return article if value else f"an empty {article.removeprefix('a ')}"
    plain = str(value).lower() if isinstance(value, bool) else str(value)
    return f"{article}{plain[:_SHOWN]}"


def is_secret(path: Sequence[str | int]) -> bool:
    """Tell whether the value at `path` must not be shown, by the words in the names that lead to it."""
    # A value of Parameter Store has no place in a file, which is where somebody may put it all the same.
    return (len(path) > 2 and tuple(path[:2]) == ("aws", "parameters")) or any(
        word.lower() in _SECRET_WORDS for part in path if isinstance(part, str) for word in _WORD.findall(part)
    )


def dotted(path: Path) -> str:
    """Write a path as `naru explain` takes it: `ports[0].name`, `labels["app.kubernetes.io/name"]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN_PART.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += '["' + part.replace("\\", "\\\\").replace('"', '\\"') + '"]'
    return text


def undotted(text: str) -> Path:
    """Read what `dotted` wrote; ValueError says where the text stops being a path."""
    path: list[str | int] = []
    at = 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None:
            message = f"{quoted(text)} is not a path from {quoted(text[at:])} on"
            raise ValueError(message)
        name, index, literal = part.groups()
        path.append(int(index) if index else name or re.sub(r'\\(["\\])', r"\1", literal or ""))
        at = part.end()
    return tuple(path)
