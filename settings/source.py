"""YAML files as plain data, in which every value knows its line."""

import re
import stat
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from settings.compose import Composer, Lines
from settings.faults import Fault, Path, SettingsError, Value, nearest, quoted, unreadable

MAX_BYTES = 5_000_000
# Column 0 of any line, block scalars included. Source: YAML 1.2.2, 9.1.2 "Document Markers".
_SEPARATOR = re.compile(r"^---(?=\s|\Z)", re.MULTILINE)
_NOTHING = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\r?(?:\n|\Z))*")


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """The map a file holds; its data is shared (aliases) and read only, and lines are known by the identity of maps."""

    file: str
    data: dict[str, Value]
    _lines: Lines = field(default_factory=dict, repr=False)
    _moved: dict[tuple[int, str], int] = field(default_factory=dict, repr=False)

    def line(self, path: Path) -> int:
        """Give the line of a value: of its key for a map or a list, of the deepest known part, 0 for the whole file."""
        return self._find(path)[1]

    def key_line(self, path: Path) -> int:
        """Give the line of a key, or of the deepest known part of the way to it; 0 for the whole file."""
        return self._find(path)[0]

    def _find(self, path: Path) -> tuple[int, int]:
        data: Value = self.data
        key_line = value_line = 0
        for part in path:
            lines = self._lines.get(id(data))
            if isinstance(part, str) and isinstance(data, dict) and isinstance(lines, dict) and part in data:
                key_line = lines[part]
                value_line = self._moved.get((id(data), part), key_line)
                data = data[part]
            elif isinstance(part, int) and isinstance(data, list) and isinstance(lines, list) and part < len(data):
                key_line = value_line = lines[part]
                data = data[part]
            else:
                break
        return key_line, value_line


def parse(text: str | bytes, file: str) -> Document:
    """Read the text of the file named `file`; SettingsError holds every fault."""
    return _checked(*try_parse(text, file))


def read(path: FilePath, root: FilePath) -> Document:
    """Read a file, named relative to `root` in faults; SettingsError holds every fault."""
    return _checked(*try_read(path, root))


def try_parse(text: str | bytes, file: str) -> tuple[Document | None, tuple[Fault, ...]]:
    """Read as `parse` does, but give the faults beside a document that is good enough to look for more in it."""
    try:
        composer = Composer(file, _decoded(text, file))
    except SettingsError as error:
        return None, error.faults
    data = composer.compose()
    document = None if data is None else Document(file, data, composer.lines, composer.moved)
    return document, tuple(composer.faults)


def try_read(path: FilePath, root: FilePath) -> tuple[Document | None, tuple[Fault, ...]]:
    """Read as `read` does, but give the faults beside a document that is good enough to look for more in it."""
    file = named(path, root)
    try:
        raw = _content(path, file)
    except SettingsError as error:
        return None, error.faults
    return try_parse(raw, file)


def try_parse_stream(text: str | bytes, file: str) -> tuple[list[Document], tuple[Fault, ...]]:
    """Read the documents of a file between lines `---`, but for empty ones and those that are wrong.

    Its faults show no value.
    """
    try:
        rest = _decoded(text, file)
    except SettingsError as error:
        return [], error.faults
    documents: list[Document] = []
    faults: list[Fault] = []
    line = 0
    for part in _SEPARATOR.split(rest):
        if not _NOTHING.fullmatch(part):
            # Blank lines in front let lines count from the top of the file.
            composer = Composer(file, "\n" * line + part, shows_names=False)
            data = composer.compose()
            faults += composer.faults
            if data is not None and not composer.faults:
                documents.append(Document(file, data, composer.lines, composer.moved))
        line += part.count("\n")
    return documents, tuple(faults)


def try_read_stream(path: FilePath, root: FilePath) -> tuple[list[Document], tuple[Fault, ...]]:
    """Read a file as `try_parse_stream` does."""
    file = named(path, root)
    try:
        return try_parse_stream(_content(path, file), file)
    except SettingsError as error:
        return [], error.faults


def named(path: FilePath, root: FilePath) -> str:
    """Return what a file is called in faults."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


def _checked(document: Document | None, faults: tuple[Fault, ...]) -> Document:
    if document is None or faults:
        raise SettingsError(faults)
    return document


def _content(path: FilePath, file: str) -> bytes:
    try:
        # A pipe or a device would be waited for.
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            found = "a directory" if stat.S_ISDIR(mode) else "neither file nor directory"
            raise SettingsError([Fault(file, 0, "", found, "expected a YAML file")])
        with path.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except FileNotFoundError:
        folder = path.parent
        if not folder.is_dir():
            fault = Fault(file, 0, "", "no such file", f"its folder {quoted(folder.name)} is missing too")
        else:
            near = nearest(path.stem, (entry.stem for entry in folder.iterdir() if entry.suffix == path.suffix))
            fault = Fault(file, 0, "", "no such file", f"did you mean {quoted(near + path.suffix)}?" if near else "")
        raise SettingsError([fault]) from None
    except OSError as error:
        fault = Fault(file, 0, "", unreadable(error), "")
        raise SettingsError([fault]) from None


def _decoded(text: str | bytes, file: str) -> str:
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(raw) > MAX_BYTES:
        raise SettingsError([Fault(file, 0, "", "a file of more than 5 MB", "expected settings written by people")])
    try:
        return raw.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{raw[error.start]:02x} at offset {error.start} is not UTF-8"
        raise SettingsError([Fault(file, line, "", found, "save the file as UTF-8")]) from None
