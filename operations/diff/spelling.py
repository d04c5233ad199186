"""Whether two values are one value, spelt in two ways. Pure."""

import re
from typing import Any, Final

from settings.types import quantity_value

_OF_QUANTITIES: Final = frozenset({"capacity", "default", "defaultRequest", "hard", "limits", "max", "min", "requests"})
"""Maps whose values are quantities."""
_QUANTITIES: Final = frozenset({"averageValue", "sizeLimit"})
_DURATIONS: Final = frozenset(
    {"duration", "for", "initialDelay", "interval", "keep_firing_for", "maxDuration", "refreshInterval", "renewBefore",
     "scrapeTimeout", "timeout"}
)  # fmt: skip
_UNITS: Final = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_PART: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d|w)")


def same(before: Any, after: Any, parent: str, key: str) -> bool:
    """Tell whether two values that are neither maps nor lists mean the same, under a key of the map `parent`."""
    if before == after:
        return True
    if before is None or after is None:
        return False
    if parent in _OF_QUANTITIES or key in _QUANTITIES:
        return _quantity(before) is not None and _quantity(before) == _quantity(after)
    if key in _DURATIONS:
        return _seconds(before) is not None and _seconds(before) == _seconds(after)
    return False


def _quantity(value: Any) -> object:
    try:
        return quantity_value(str(value))
    except ValueError:
        return None


def _seconds(value: Any) -> float | None:
    text = str(value)
    if text.isascii() and text.isdigit():
        return float(text)
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)
