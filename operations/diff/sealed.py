"""What of a Secret is never shown, in whichever format: its values, and the ciphertext they are kept as. Pure."""

import re
from collections.abc import Mapping
from typing import Any, Final

from operations.diff.model import Field

SEALED: Final = "(sealed)"
SEALED_ANEW: Final = "(sealed anew)"

_KINDS: Final = frozenset({"Secret", "SealedSecret"})
_HOLDERS: Final = frozenset({"data", "encryptedData", "stringData"})
_HOLDER_IN_PATH: Final = re.compile(r"(?:^|\.)(?:data|encryptedData|stringData)(?=$|[.\[])")
# The length of the sealed session key (two bytes), that key (at least 2,048 bits), and the value: all in base64.
_CIPHERTEXT: Final = re.compile(r"Ag[A-Za-z0-9+/]{300,}={0,2}")


def without_ciphertext(text: str) -> str:
    """Return a text with what looks like the ciphertext of Sealed Secrets replaced, wherever it stands."""
    return _CIPHERTEXT.sub(SEALED, text) if len(text) > 300 else text


def without_values(kind: str, field: Field) -> Field:
    """Return a field with the values of a Secret replaced, and whether they are others still told."""
    secret = kind in _KINDS
    inside = secret and _HOLDER_IN_PATH.search(field.path) is not None
    before = _closed(field.before, None, secret=secret, inside=inside, mark=SEALED)
    after = _closed(field.after, field.before, secret=secret, inside=inside, mark=SEALED_ANEW)
    return Field(without_ciphertext(field.path), before, after)


def _closed(value: Any, other: Any, *, secret: bool, inside: bool, mark: str) -> Any:
    if isinstance(value, Mapping):
        known = other if isinstance(other, Mapping) else {}
        return {
            without_ciphertext(str(key)): _closed(
                item, known.get(key), secret=secret, inside=inside or (secret and key in _HOLDERS), mark=mark
            )
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        others = (*(other if isinstance(other, list | tuple) else ()), *(None,) * len(value))
        pairs = zip(value, others, strict=False)
        return [_closed(one, two, secret=secret, inside=inside, mark=mark) for one, two in pairs]
    if value is None or not (inside or (isinstance(value, str) and _CIPHERTEXT.search(value))):
        return value
    return SEALED if other is None or other == value else mark
