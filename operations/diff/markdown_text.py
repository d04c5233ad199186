"""Texts of others inside Markdown of ours: they cannot end what they stand in, address anybody, or become links. Pure.

GitHub finds mentions, issues and commits in the text that Markdown comes to, so that only code is safe from it: no
backslash or entity keeps `@name` from its owner.
"""

import html
import re
from collections.abc import Iterable
from typing import Final

from operations.diff.values import flat

# What is no markup, no beginning of a block, no mention, no reference of an issue (`GH-1`) and no link.
_WORD: Final = re.compile(r"""[("']?(?:[^\W\d_]+(?:['’-][^\W\d_]+)*|[0-9]{1,5}(?:[.,][0-9]{1,5})?%?)[)"',;:.!?]*""")
_COMMIT: Final = re.compile(r"[\"'(]?[0-9a-f]{7,}\W*", re.IGNORECASE)
_ARROW: Final = "->"
_PLAIN_CODE: Final = re.compile(r"[^`|\\\n\r]+")
_TICKS: Final = re.compile(r"`+")


def code(text: str) -> str:
    """Return a text as code, wherever in a paragraph, list or table; nothing for an empty one."""
    shown = flat(text)
    if not shown.strip():
        return ""
    if _PLAIN_CODE.fullmatch(shown):
        return f"`{shown}`"
    # A backtick would end it, and a bar the cell of a table, which no backslash keeps it from where one is before it.
    return f"<code>{''.join(c if c.isalnum() or c == ' ' else f'&#{ord(c)};' for c in shown)}</code>"


def prose(text: str) -> str:
    """Return a sentence with only those words as code that could be anything else than words."""
    made: list[tuple[bool, str]] = []
    for word in flat(text).split():
        plain = word == _ARROW or _plain(word)
        shown = "→" if word == _ARROW else word
        if not plain and made and not made[-1][0]:
            shown = f"{made.pop()[1]} {word}"
        made.append((plain, shown))
    return " ".join(shown if plain else _code_of_words(shown) for plain, shown in made)


def _code_of_words(words: str) -> str:
    """Return words as code, without what the sentence goes on with."""
    bare = words.rstrip(",;:.!?")
    return f"{code(bare)}{words[len(bare) :]}" if bare else code(words)


def in_summary(text: str) -> str:
    """Return a text for a line of HTML, where Markdown is not read."""
    shown = flat(text)
    words = html.escape(shown)
    return words if all(_plain(word) for word in shown.split()) else f"<code>{words}</code>"


def size_of(text: str) -> int:
    """Return the bytes of a text."""
    return len(text.encode())


def fence_for(lines: Iterable[str]) -> str:
    """Return a fence that none of the lines can end."""
    longest = max((len(run) for line in lines for run in _TICKS.findall(line)), default=0)
    return "`" * max(3, longest + 1)


def _plain(word: str) -> bool:
    return _WORD.fullmatch(word) is not None and _COMMIT.fullmatch(word) is None
