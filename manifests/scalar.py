"""How go-yaml v2 writes one string or number: plain, quoted or as a block, and where it folds a line.

Source: `encode.go` and `emitterc.go` of `go.yaml.in/yaml/v2`, which `sigs.k8s.io/yaml` writes with.
"""

import re
from decimal import Decimal
from enum import Enum, auto
from functools import lru_cache
from math import isfinite

from manifests.implicit import is_implicit

_FOLD_AFTER = 80
_BREAKS = "\n\u2028\u2029"
_LONGEST_INTEGER = 1 << 63

# Without blanks nearly every printable character may stand in plain text, but for the first and a colon at the end.
_SAFE = re.compile(r"[A-Za-z0-9_/$(^;<=+)](?:[!-~]*[!-9;-~])?")
_INDICATED = re.compile(r"---|\.\.\.|[#,\[\]{}&*!|>'\"%@`]|[?:-](?: |$)|.*(?::(?: |$)| #)")
_BREAK = re.compile(f"[{_BREAKS}]")
_KEY_BREAK = re.compile(f"[{_BREAKS}\r\x85]")
_BLANK_BREAK = re.compile(f" [{_BREAKS}]")
_BREAK_BLANK = re.compile(f"[{_BREAKS}] ")
_AFTER_BREAKS = re.compile(f"(?:(?<=[{_BREAKS}])|^)(?=[^{_BREAKS}])")
_ASCII_SPECIAL = re.compile(r"[^\n -~]")
_ESCAPED = frozenset('"\\\n\u2028\u2029')
_ESCAPES = {"\0": "0", "\a": "a", "\b": "b", "\t": "t", "\n": "n", "\v": "v", "\f": "f", "\r": "r", "\x1b": "e"} | {
    '"': '"',
    "\\": "\\",
    "\x85": "N",
    "\xa0": "_",
    "\u2028": "L",
    "\u2029": "P",
}


class _Style(Enum):
    PLAIN = auto()
    SINGLE = auto()
    DOUBLE = auto()
    LITERAL = auto()


@lru_cache(maxsize=1 << 16)
def one_line(text: str) -> str:
    """Write text that looks the same wherever it stands; give nothing for text that `placed` has to write."""
    if _SAFE.fullmatch(text) and not is_implicit(text):
        return text
    return "" if " " in text or _BREAK.search(text) else _unfolded(text)


@lru_cache(maxsize=1 << 12)
def placed(text: str, column: int, indent: int) -> str:
    """Write text that begins in `column` and goes on in lines of `indent` blanks; with the line break at its end."""
    style = _style(text)
    margin = " " * indent
    if style is _Style.LITERAL:
        return _literal(text, margin)
    if style is _Style.SINGLE and _BREAK.search(text):
        return _folded(text, style, column, margin) + "\n"
    written = _unfolded(text)
    fits = column + len(written) <= _FOLD_AFTER
    return (written if fits else _folded(text, style, column, margin)) + "\n"


def is_simple_key(text: str) -> bool:
    """Say whether a key can stand before its colon: on one line, of at most 128 bytes."""
    return len(text.encode()) <= 128 and not _KEY_BREAK.search(text)


def simple_key(text: str) -> str:
    """Write a key that can stand before its colon."""
    return _unfolded(text)


def number(value: float) -> str:
    """Write a number as it comes out of JSON: a whole one without a point, others with six places before an exponent.

    Raises ValueError for what JSON has no word for.
    """
    if isinstance(value, int) and -_LONGEST_INTEGER <= value < _LONGEST_INTEGER:
        return str(value)
    if not isfinite(value):
        message = f"not a number that JSON can hold: {value}"
        raise ValueError(message)
    exact = Decimal(repr(float(value))).normalize()
    if exact == exact.to_integral_value() and -_LONGEST_INTEGER <= exact < 2 * _LONGEST_INTEGER:
        return str(int(exact))
    exponent = exact.adjusted()
    if -5 < exponent < 6:
        return format(exact, "f")
    sign, (first, *others), _ = exact.as_tuple()
    point = "." if others else ""
    return f"{'-' * sign}{first}{point}{''.join(map(str, others))}e{exponent:+03d}"


def _style(text: str) -> _Style:
    if "\n" in text:
        fits = not (text.endswith(" ") or _BLANK_BREAK.search(text) or _is_special(text))
        return _Style.LITERAL if fits else _Style.DOUBLE
    if is_implicit(text) or _is_special(text) or _BLANK_BREAK.search(text) or _BREAK_BLANK.search(text):
        return _Style.DOUBLE
    if text[0] == " " or text[-1] == " " or _BREAK.search(text) or _INDICATED.match(text):
        return _Style.SINGLE
    return _Style.PLAIN


def _unfolded(text: str) -> str:
    """Write text without line breaks on one line."""
    style = _style(text)
    if style is _Style.PLAIN:
        return text
    return f"'{text.replace(chr(39), chr(39) * 2)}'" if style is _Style.SINGLE else f'"{_escaped(text)}"'


def _is_special(text: str) -> bool:
    """Say whether text has a character that only double quotes can hold."""
    # A pattern of what is printable takes longer to compile than all others together: its sets span all of Unicode.
    if text.isascii():
        return _ASCII_SPECIAL.search(text) is not None
    return not all(map(_is_printable, text))


def _is_printable(character: str) -> bool:
    """Say whether go-yaml writes a character as it is; none beyond the basic plane is."""
    return (
        " " <= character <= "~"
        or character == "\n"
        or "\xa0" <= character <= "\ud7ff"
        or ("\ue000" <= character <= "\ufffd" and character != "\ufeff")
    )


def _escaped(text: str) -> str:
    # go-yaml asks of each character whether the whole text begins with a byte order mark.
    return "".join(map(_escape if text.startswith("\ufeff") else _quoted, text))


def _quoted(character: str) -> str:
    """Write a character inside double quotes."""
    plain = _is_printable(character) and character not in _ESCAPED
    return character if plain else _escape(character)


def _escape(character: str) -> str:
    if short := _ESCAPES.get(character):
        return "\\" + short
    code = ord(character)
    return f"\\x{code:02X}" if code <= 0xFF else f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def _literal(text: str, margin: str) -> str:
    """Write text of several lines as a block, its lines behind the margin and empty ones empty."""
    hint = "2" if text[0] == " " or text[0] in _BREAKS else ""
    ends = text[-1] in _BREAKS
    chomp = "-" if not ends else "+" if len(text) == 1 or text[-2] in _BREAKS else ""
    return f"|{hint}{chomp}\n{_AFTER_BREAKS.sub(margin, text)}{'' if ends else chr(10)}"


def _folded(text: str, style: _Style, column: int, margin: str) -> str:
    """Write text that reaches beyond the last column, a line break in place of the first blank there.

    In double quotes a break is read as one blank, so that a second blank needs a backslash; elsewhere only a blank
    that stands alone is given up for a break.
    """
    double = style is _Style.DOUBLE
    quote = {_Style.PLAIN: "", _Style.SINGLE: "'", _Style.DOUBLE: '"'}[style]
    written = [quote]
    column += len(quote)
    last = len(text) - 1
    marked = double and text.startswith("\ufeff")
    for at, character in enumerate(text):
        before = text[at - 1] if at else ""
        if character == " " and not marked:
            alone = double or text[at + 1 : at + 2] != " "
            if before != " " and column > _FOLD_AFTER and 0 < at < last and alone:
                piece = "\n" + margin + ("\\" if text[at + 1] == " " else "")
                column = len(piece) - 1
            else:
                piece = " "
                column += 1
        elif double:
            piece = _escape(character) if marked else _quoted(character)
            column += len(piece)
        elif character in _BREAKS:
            piece = character
            column = 0
        else:
            piece = (margin if before and before in _BREAKS else "") + (
                character * 2 if character == "'" == quote else character
            )
            column += len(piece)
        written.append(piece)
    return "".join(written) + quote
