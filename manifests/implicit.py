"""What go-yaml v2 reads plain text as, where that is not text.

Source: `resolve.go` and `isBase60Float` in `encode.go` of `go.yaml.in/yaml/v2`.
"""

import re
from math import isinf

_LIMIT = 1 << 63

_WORDS = {
    *("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"),
    *("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"),
    *("", "~", "null", "Null", "NULL", ".nan", ".NaN", ".NAN"),
    *(f"{sign}{word}" for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")),
}
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_POINTED = re.compile(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?")
_PREFIXED = re.compile(r"([-+]?)0(?:([xX])([0-9a-fA-F]+)|([oO])([0-7]+)|([bB])([01]+))")
_SIGNED_BINARY = re.compile(r"0b([-+])([01]+)")
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:([Tt]| +)([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?(Z|[-+]([0-9]{2}):([0-9]{2}))?)?"
)
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def is_implicit(text: str) -> bool:
    """Say whether text without quotes would be read as a number, a time, a truth value or nothing."""
    if text in _WORDS:
        return True
    first = text[0]
    if first == ".":
        return _POINTED.fullmatch(text) is not None and not isinf(float(text))
    if first not in "+-0123456789":
        return False
    digits = text.replace("_", "")
    if _FLOAT.fullmatch(digits):
        return not isinf(float(digits))
    return _is_integer(digits) or _is_timestamp(text) or _BASE_60.fullmatch(text) is not None


def _is_integer(text: str) -> bool:
    """Say whether text is an integer of 64 bits in base 2, 8 or 16; every other is also a float."""
    if match := _SIGNED_BINARY.fullmatch(text):
        sign, value = match[1], int(match[2], 2)
    elif match := _PREFIXED.fullmatch(text):
        sign = match[1]
        base = 16 if match[2] else 8 if match[4] else 2
        value = int(match[3] or match[5] or match[7], base)
    else:
        return False
    if sign == "-":
        return value <= _LIMIT
    return value < (_LIMIT if sign else 2 * _LIMIT)


def _is_timestamp(text: str) -> bool:
    match = _TIMESTAMP.fullmatch(text)
    if match is None or not _is_date(int(match[1]), int(match[2]), int(match[3])):
        return False
    if match[4] is None:
        return True
    # A zone follows the time exactly where the letter T precedes it.
    hour, minute, second, zone_hours, zone_minutes = (int(match[group] or 0) for group in (5, 6, 7, 9, 10))
    zone_fits = (match[8] is None) == (match[4][0] == " ") and zone_hours <= 24 and zone_minutes <= 60
    return zone_fits and hour < 24 and minute < 60 and second < 60


def _is_date(year: int, month: int, day: int) -> bool:
    leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 1 <= month <= 12 and 1 <= day <= _DAYS[month - 1] + leap
