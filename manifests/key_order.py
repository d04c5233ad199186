"""The order in which go-yaml v2 writes the keys of a map: letters last, numbers by their value."""

from itertools import takewhile

_WORD = 1 << 64


def compare_keys(one: str, other: str) -> int:
    """Say which key is written first: less than zero for `one`, more than zero for `other`, zero if they are equal.

    For some keys, such as `a9`, `a10` and `a1b`, this is no order, and what go-yaml writes is up to chance.
    Source: `keyList.Less` in `sorter.go` of `go.yaml.in/yaml/v2`.
    """
    at = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if at is None:
        return len(one) - len(other)
    a, b = one[at], other[at]
    if a.isalpha() or b.isalpha():
        return a.isalpha() - b.isalpha() or ord(a) - ord(b)
    # A zero that follows another digit counts for its place, not as a leading zero.
    start = 1 if "0" in (a, b) and _ends_in_number(one[:at]) else 0
    digits, other_digits = _digits(one[at:]), _digits(other[at:])
    by_value = _value(start, digits) - _value(start, other_digits)
    return by_value or len(digits) - len(other_digits) or ord(a) - ord(b)


def _ends_in_number(text: str) -> bool:
    return any(digit != "0" for digit in takewhile(str.isdecimal, reversed(text)))


def _digits(text: str) -> str:
    return "".join(takewhile(str.isdecimal, text))


def _value(start: int, digits: str) -> int:
    """Give the number that digits stand for; like an int64 it wraps round, so that long ones order as they do there."""
    value = start
    for digit in digits:
        value = value * 10 + ord(digit) - ord("0")
    return (value + _WORD // 2) % _WORD - _WORD // 2
