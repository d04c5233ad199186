"""How a stack that generates its secrets makes one value: the one reader of what `generate` may say."""

from dataclasses import dataclass
from string import Formatter
from typing import Literal

KeyPlace = tuple[str, str]
"""A secret and one of its keys."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A value that is random, the public half of another key, or a text with other keys' values in it."""

    kind: Literal["password", "rsa-private-key", "rsa-public-key", "text"]
    private_key: str = ""
    """Of the kind `rsa-public-key`: the key of the same secret that holds the private half."""
    parts: tuple[tuple[str, KeyPlace | None], ...] = ()
    """Of the kind `text`: each literal, and whose value follows it."""


def recipe(text: str) -> Recipe:
    """Read a recipe. Raises ValueError for a brace without its other half."""
    if text == "password":
        return Recipe("password")
    if text == "rsa-private-key":
        return Recipe("rsa-private-key")
    word, _, argument = text.partition(" ")
    if word == "rsa-public-key":
        return Recipe("rsa-public-key", argument)
    parts = ((literal, None if field is None else _place(field)) for literal, field, _, _ in Formatter().parse(text))
    return Recipe("text", parts=tuple(parts))


def _place(field: str) -> KeyPlace:
    secret, _, key = field.partition("/")
    return secret, key
