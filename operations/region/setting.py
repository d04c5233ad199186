"""The one setting that takes a region out of traffic: a change of the stack file's text, which keeps all the rest."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from operations.exits import Exit, Stop
from operations.in_place import put_in_place
from operations.output import say
from operations.release_text import Unfit, changed
from settings.environment import Cluster
from settings.faults import Fault, SettingsError, Value, dotted
from settings.source import parse, read

CLUSTERS: Final = ("config", "naru:environment", "clusters")
KEY: Final = "drained"
# Where `drained` goes among the others: `aws` is written last, as it is the longest.
_OTHERS: Final = tuple(field.alias or name for name, field in Cluster.model_fields.items())
_ORDER: Final = (*(name for name in _OTHERS if name not in {KEY, "aws"}), KEY, "aws")
_COMMENTED: Final = re.compile(rf"\s*{KEY}\s*:[^#]*\s#")


@dataclass(frozen=True, slots=True)
class StackFile:
    """The text of a stack's file; a change gives another one."""

    file: str
    """Relative to the project, as faults name it."""
    text: str

    def line(self, cluster: str) -> int:
        """Return the line of a cluster, or of what is known of the way to it."""
        return parse(self.text, self.file).key_line((*CLUSTERS, cluster))

    def with_drained(self, cluster: str, *, drained: bool) -> "StackFile":
        """Say that a region is out of traffic, or say it no more. Raises SettingsError for a text of its own ways.

        A setting with a comment beside it stays as `false`: whoever wrote the comment takes it away.
        """
        place = (*CLUSTERS, cluster)
        before = parse(self.text, self.file)
        said = _map(_at(before.data, place))
        if said.get(KEY, False) is drained:
            return self
        line = self.text.splitlines()[before.key_line((*place, KEY)) - 1]
        values: tuple[Value, ...] = (True,) if drained else (False,) if _COMMENTED.match(line) else (None, False)
        problem = ""
        for value in values:
            try:
                text = changed(self.text, before.data, place, {KEY: value}, _ORDER)
            except Unfit as error:
                problem = str(error)
                continue
            if parse(text, self.file).data == _expected(before.data, place, value):
                return replace(self, text=text)
            problem = "its change would change something else too"
        advice = f"change it by hand: {KEY}: {str(drained).lower()}"
        raise SettingsError([Fault(self.file, before.key_line(place), dotted(place), problem, advice)])


def read_stack_file(root: Path, stack: str) -> StackFile:
    """Read the file of a stack. Raises SettingsError."""
    file = f"Pulumi.{stack}.yaml"
    read(root / file, root)  # says in its own words what is wrong with the file
    return StackFile(file, _text(root / file))


@contextmanager
def said(root: Path, before: StackFile, after: StackFile) -> Iterator["Kept"]:
    """Have the stack file say something else meanwhile, and put back what it said unless that is to be kept.

    Raises Stop where it does not say any more what was read.
    """
    kept = Kept()
    if after.text != before.text:
        if _text_now(root, before) not in {before.text, None}:  # one that cannot be read is not written either
            found = f"refused: {before.file} was changed since it was read, and stays as it is now: run this again"
            raise Stop(Exit.REFUSED, found)
        put_in_place(root, after.file, after.text)
    try:
        yield kept
    finally:
        if not kept.forever and after.text != before.text:
            if _text_now(root, after) == after.text:
                put_in_place(root, before.file, before.text)
            else:
                say(f"warning: {after.file} was changed meanwhile: look at what it says of {KEY}")


@dataclass
class Kept:
    """Whether what the file says stays."""

    forever: bool = False


def _text_now(root: Path, file: StackFile) -> str | None:
    """Return what the file says by now: None where it cannot be read, nothing where it is no text any more."""
    try:
        return _text(root / file.file)
    except OSError:
        return None
    except UnicodeDecodeError:
        return ""


def _text(path: Path) -> str:
    with path.open(encoding="utf-8", newline="") as opened:
        return opened.read()


def _expected(before: Mapping[str, Value], place: tuple[str, ...], value: Value) -> dict[str, Value]:
    after = dict(before)
    if not place:
        after.pop(KEY, None)
        return after if value is None else {**after, KEY: value}
    after[place[0]] = _expected(_map(after.get(place[0])), place[1:], value)
    return after


def _at(data: Mapping[str, Value], place: tuple[str, ...]) -> Value:
    found: Value = dict(data)
    for key in place:
        found = _map(found).get(key)
    return found


def _map(value: Value) -> dict[str, Value]:
    return value if isinstance(value, dict) else {}
