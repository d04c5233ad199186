"""The YAML parser, and what it complains about, in plain words."""

import re
from collections.abc import Callable
from typing import Any

import yaml
from yaml.events import Event, ScalarEvent
from yaml.reader import ReaderError
from yaml.scanner import ScannerError

from settings.faults import Fault, quoted

USE_QUOTES = "put the value in quotes"
_ALIGN = "expected one indentation for all keys of a map and for all items of a list"
# libyaml's set of characters.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# A part of what libyaml or PyYAML says ("context: problem"), and what it means to the person who wrote the file.
_COMPLAINTS = (
    ("unexpected end of stream", "a quotation that is never closed", "expected a closing quotation mark"),
    ("node content", "a bracket or a comma where a value is to begin", USE_QUOTES),
    ("flow sequence", "a list in [ ] that is not closed", 'expected "," or "]"'),
    ("flow mapping", "a map in { } that is not closed", 'expected "," or "}"'),
    ("mapping values are not allowed", 'a ":" where no key can be', f"check the indentation, or {USE_QUOTES}"),
    ("sequence entries are not allowed", 'a "- " where no list can begin', "begin the list on a line of its own"),
    ("could not find expected ':'", 'a line without ":"', 'expected "key: value"'),
    ("alphabetic or numeric", 'a value that begins with "*" or "&"', USE_QUOTES),
    ("quoted scalar", "an escape that YAML does not know", "use single quotes, or write two backslashes"),
    ("scanning a block scalar", "text that begins beside its | or >", "begin it on the next line, indented by spaces"),
    ("ing a tag", 'a value that begins with "!"', USE_QUOTES),
    ("tag handle", "a tag", "write the value without a tag"),
    ("document start", "text after the end of the document", "keep one document in a file"),
    ("directive", "a line that begins with %", "leave it out"),
    ("incompatible YAML", "a version of YAML other than 1.1 and 1.2", "leave the %YAML line out"),
    ("parsing a block", "a line that is indented differently from its neighbours", _ALIGN),
)


class PortableLoader(yaml.SafeLoader):
    """PyYAML's own parser, for where libyaml is missing, made to refuse the characters libyaml refuses."""

    def get_event(self) -> Event:
        """Give the next event."""
        try:
            event: Event = super().get_event()  # type: ignore[no-untyped-call]
            if isinstance(event, ScalarEvent):
                event.value.encode()
        except (ValueError, OverflowError):
            mark = self.get_mark()
            raise ScannerError("while scanning a quoted scalar", mark, "not a character", mark) from None
        return event


LOADER: type[yaml.CSafeLoader | PortableLoader] = yaml.CSafeLoader if yaml.__with_libyaml__ else PortableLoader


def events(text: str) -> Callable[[], Any]:
    """Give the function that gives the next event of `text`; both raise YAMLError, which `complaint` explains."""
    following: Callable[[], Any] = LOADER(text).get_event
    return following


def complaint(file: str, text: str, error: yaml.YAMLError) -> Fault:
    """Say what a parser found wrong, at the line that is to be mended."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return _control_character(file, text, error)
    said = f"{error.context}: {error.problem}"
    mark, begin = error.problem_mark, error.context_mark
    # An unclosed quotation, and a line without a colon, are noticed only after the line to be mended.
    late = begin is not None and ("unexpected end of stream" in said or "scanning a simple key" in said)
    line = (begin if late and begin else mark).line + 1
    before = text[text.rfind("\n", 0, mark.index) + 1 : mark.index].strip()
    character = text[mark.index : mark.index + 1]
    if character == "\t":
        return Fault(file, line, "", "a tab in the indentation", "indent with spaces")
    if "cannot start any token" in said:
        return Fault(file, line, "", f"a value that begins with {quoted(character)}", USE_QUOTES)
    if "parsing a block" in said and "node content" not in said and before:
        return Fault(file, line, "", "more text after the end of a value", f"{USE_QUOTES}, all of it")
    for part, found, expected in _COMPLAINTS:
        if part in said:
            return Fault(file, line, "", found, expected)
    return Fault(file, line, "", f"not YAML: {error.problem}", "expected valid YAML")


def _control_character(file: str, text: str, error: yaml.YAMLError) -> Fault:
    place = _UNPRINTABLE.search(text) if isinstance(error, ReaderError) else None
    if place is None:
        return Fault(file, 0, "", "not YAML", "expected valid YAML")
    found = f"the control character U+{ord(place[0]):04X}"
    return Fault(file, text.count("\n", 0, place.start()) + 1, "", found, "remove it, or escape it in double quotes")
