"""Objects and the text that `sigs.k8s.io/yaml` makes of them, by what they show.

The unit tests hold `manifests.text` to these, the integration tests the Go library itself.
"""

from typing import Any

LONG = "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore"

_PLAIN = [
    "web",
    "registry.example.com/team/web:1.2.3",
    "http://web.demo.svc:8080/path?a=b#c",
    "250m",
    "64Mi",
    "1.2.3",
    "25%",
    "$(POD_NAME)",
    "a=b,c in (d)",
    "maybe",
    "nope",
    "2024-13-01",
    "2023-02-29",
    "1900-02-29",
    "0x10000000000000000",
    "+0xffffffffffffffff",
    "1:70",
    "1e999",
    "0x",
    "._5",
    "-a",
    "a'b",
    'a"b',
    "a#b",
    "a:b",
    "<<",
    "=",
    "나루",
    "café",
    "(?i)x",
    "/",
    "--flag=1",
]
_DOUBLE = [
    "",
    "~",
    "null",
    "Null",
    "true",
    "False",
    "y",
    "N",
    "yes",
    "NO",
    "on",
    "Off",
    "0",
    "1",
    "-1",
    "+1",
    "007",
    "08",
    "1_000",
    "0x1f",
    "0b101",
    "0b-1",
    "0o17",
    "1.0",
    ".5",
    ".2_5",
    "1.",
    "1e3",
    "1E-3",
    ".inf",
    "-.INF",
    ".nan",
    "12:30",
    "1:30:45.5",
    "2024-02-29",
    "2000-02-29",
    "0xffffffffffffffff",
    "-0x8000000000000000",
    "2024-1-2",
    "2024-01-02T03:04:05Z",
    "2024-01-02t03:04:05.6+09:00",
    "2024-01-02 03:04:05",
]
_SINGLE = {
    " leading": "' leading'",
    "trailing ": "'trailing '",
    "a: b": "'a: b'",
    "a:": "'a:'",
    "a #b": "'a #b'",
    "#a": "'#a'",
    "- a": "'- a'",
    "-": "'-'",
    "? a": "'? a'",
    ":": "':'",
    "*a": "'*a'",
    "&a": "'&a'",
    "!a": "'!a'",
    "%a": "'%a'",
    "@a": "'@a'",
    "`a`": "'`a`'",
    "|a": "'|a'",
    ">a": "'>a'",
    "{}": "'{}'",
    "[a]": "'[a]'",
    ",a": "',a'",
    "---": "'---'",
    "...": "'...'",
    "'a'": "'''a'''",
    '"a"': "'\"a\"'",
    "it's: so": "'it''s: so'",
    " ": "' '",
}
_ESCAPED = {
    "a\tb": r'"a\tb"',
    "a\rb": r'"a\rb"',
    "\0": r'"\0"',
    "\a\b\v\f\x1b": r'"\a\b\v\f\e"',
    "\x01": r'"\x01"',
    '\t"\\': r'"\t\"\\"',
    "🚢": r'"\U0001F6A2"',
    "a\ufeff": r'"a\uFEFF"',
    "\ufeffa b\xa0": r'"\uFEFF\x61\x20\x62\_"',
    "a\u2028 b": r'"a\L b"',
    "a \u2029b": r'"a \Pb"',
}

SCALARS: dict[str, str] = {
    **{text: text for text in _PLAIN},
    **{text: f'"{text}"' for text in _DOUBLE},
    **_SINGLE,
    **_ESCAPED,
}
"""Text on one line, and how it is written."""

BLOCKS: dict[str, str] = {
    "a\nb": "|-\n  a\n  b\n",
    "a\nb\n": "|\n  a\n  b\n",
    "a\nb\n\n": "|+\n  a\n  b\n\n",
    "\n": "|2+\n\n",
    "\na": "|2-\n\n  a\n",
    "  a\nb": "|2-\n    a\n  b\n",
    "a\n\n\nb": "|-\n  a\n\n\n  b\n",
    "a\n  b: c\n# d\n": "|\n  a\n    b: c\n  # d\n",
    f"{LONG}\n": f"|\n  {LONG}\n",
    "a\u2028b\nc": "|-\n  a\u2028  b\n  c\n",
    "a\nb ": '"a\\nb "\n',
    "a \nb": '"a \\nb"\n',
    "a\n\tb": '"a\\n\\tb"\n',
    "a\r\nb": '"a\\r\\nb"\n',
    "a\u2028b": "'a\u2028  b'\n",
}
"""Text of several lines as the value of a key at the margin, with the line break at its end."""

OBJECTS: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "{}\n"),
    "empty map and list": ({"a": {}, "b": [], "c": [{}, []]}, "a: {}\nb: []\nc:\n- {}\n- []\n"),
    "numbers and constants": (
        {"a": 1, "b": -7, "c": True, "d": False, "e": None, "f": [0, None, True]},
        "a: 1\nb: -7\nc: true\nd: false\ne: null\nf:\n- 0\n- null\n- true\n",
    ),
    "whole floats have no point": ({"a": 1.0, "b": -0.0, "c": 1e20, "d": 1e21}, "a: 1\nb: 0\nc: 1e+20\nd: 1e+21\n"),
    "floats have six places before an exponent": (
        {"a": 0.5, "b": 123456.75, "c": 1234567.5, "d": 0.0001, "e": 0.00001, "f": 5e-324},
        "a: 0.5\nb: 123456.75\nc: 1.2345675e+06\nd: 0.0001\ne: 1e-05\nf: 5e-324\n",
    ),
    "integers beyond 64 bits are floats": (
        {"a": 2**63 - 1, "b": -(2**63), "c": 2**63 + 3, "d": 2**64 - 1, "e": [2**63]},
        "a: 9223372036854775807\nb: -9223372036854775808\nc: 9223372036854776000\n"
        "d: 1.8446744073709552e+19\ne:\n- 9223372036854776000\n",
    ),
    "keys in natural order, letters last": (
        dict.fromkeys(["b", "a10", "a9", "a-b", "ab", "a.b", "A", "_", "10", "9", "a", "a0", "a00"]),
        '_: null\n"9": null\n"10": null\nA: null\na: null\na-b: null\na.b: null\na0: null\na00: null\n'
        "a9: null\na10: null\nab: null\nb: null\n",
    ),
    "keys are quoted as values are": (
        {"": 1, "no": 1, "on": 1, "8080": 1, "a: b": 1, "*": 1},
        '"": 1\n\'*\': 1\n"8080": 1\n\'a: b\': 1\n"no": 1\n"on": 1\n',
    ),
    "lists stand at the margin of their key": (
        {"a": [{"b": 1, "c": ["d", {"e": [1]}]}, "f"]},
        "a:\n- b: 1\n  c:\n  - d\n  - e:\n    - 1\n- f\n",
    ),
    "lists in lists": ({"a": [["b", ["c"]], [{"d": 1, "e": 2}]]}, "a:\n- - b\n  - - c\n- - d: 1\n    e: 2\n"),
    "blocks stand two behind their key or dash": (
        {"a": {"b": "c\nd"}, "e": ["f\ng\n", {"h": "i\nj"}]},
        "a:\n  b: |-\n    c\n    d\ne:\n- |\n  f\n  g\n- h: |-\n    i\n    j\n",
    ),
    "plain text is folded after column 80": (
        {"key": LONG, "list": [LONG]},
        f"key: {LONG.replace(' incididunt', chr(10) + '  incididunt')}\n"
        f"list:\n- {LONG.replace(' ut', chr(10) + '  ut')}\n",
    ),
    "a blank in column 80 is no place to fold, the next one is": (
        {"a": f"{'x' * 77} y", "b": f"{'x' * 78} y"},
        f"a: {'x' * 77} y\nb: {'x' * 78}\n  y\n",
    ),
    "a blank that has a neighbour is no place to fold plain text": (
        {"a": f"{'x' * 90}  y z", "b": f"{'x' * 90} y"},
        f"a: {'x' * 90}  y\n  z\nb: {'x' * 90}\n  y\n",
    ),
    "quoted text is folded too": (
        {"a": f"'{'x' * 80} y", "b": f"\t{'x' * 80}  y z", "c": f"{'x' * 80}: "},
        f"a: '''{'x' * 80}\n  y'\nb: \"\\t{'x' * 80}\n  \\ y z\"\nc: '{'x' * 80}: '\n",
    ),
    "long keys have a line of their own": (
        {"k" * 128: 1, "l" * 129: ["a", {"b": 1}], "m" * 129: {"c": 1, "d": 2}, "가" * 43: "e"},
        f"{'k' * 128}: 1\n? {'l' * 129}\n: - a\n  - b: 1\n? {'m' * 129}\n: c: 1\n  d: 2\n? {'가' * 43}\n: e\n",
    ),
    "keys of several lines": ({"a\nb": "c\nd"}, "? |-\n  a\n  b\n: |-\n  c\n  d\n"),
}
"""Whole objects."""
