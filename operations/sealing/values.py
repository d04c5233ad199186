"""The values that somebody gives to be sealed: asked for, or read from files and stdin, and never shown."""

import getpass
import sys
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from operations.exits import Exit, Stop
from settings.ciphertext import content_size
from settings.faults import Fault, SettingsError, did_you_mean, unreadable
from settings.sealed_document import MOST_CONTENT

# A terminal hands over no more of a line (Linux: N_TTY_BUF_SIZE, without the line end); macOS takes 1024.
_LONGEST_LINE = 4095 if sys.platform == "linux" else 1023


@dataclass(frozen=True, slots=True)
class Given:
    """A value, and where it was given: an option, or a line of a file."""

    value: bytes = field(repr=False)
    place: str
    line: int = 0


def given(
    from_file: Iterable[str], from_env_file: Path | None, from_stdin: str | None, declared: Collection[str]
) -> dict[str, Given]:
    """Return the values that options name, by key.

    Raises SettingsError for what cannot be read, or comes twice, and Stop where stdin would show what is typed.
    """
    found: dict[str, Given] = {}
    faults: list[Fault] = []
    sources = (
        _of_files(from_file, declared, faults),
        () if from_env_file is None else _of_env_file(from_env_file, faults),
        () if from_stdin is None else _of_stdin(from_stdin),
    )
    for key, value in (pair for source in sources for pair in source):
        if key in found:
            faults.append(Fault(value.place, value.line, "", "a key that was given already", "expected each key once"))
        found[key] = value
    if faults:
        raise SettingsError(faults)
    return found


def _of_files(options: Iterable[str], declared: Collection[str], faults: list[Fault]) -> Iterator[tuple[str, Given]]:
    for option in options:
        key, _, path = option.partition("=")
        if not key or not path:
            # What stands there may be a value, given by mistake.
            faults.append(Fault("--from-file", 0, "", "no KEY=PATH", "expected such as JWT_KEY=./jwt.pem"))
            continue
        try:
            yield key, Given(Path(path).read_bytes(), path)
        except OSError as error:
            # The path is not shown, nor a key that nobody declares: a value with a = in it may have been given there.
            place = f"--from-file {key}" if key in declared else "--from-file"
            faults.append(Fault(place, 0, "", unreadable(error), "expected KEY=PATH, a file with the value"))


def _of_env_file(path: Path, faults: list[Fault]) -> Iterator[tuple[str, Given]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        # The path is not shown, as above.
        faults.append(Fault("--from-env-file", 0, "", unreadable(error), "expected lines KEY=VALUE"))
        return
    except UnicodeDecodeError:
        faults.append(Fault(str(path), 0, "", "no UTF-8 text", "give it by --from-file KEY=PATH"))
        return
    # Not `splitlines`: a value may have what else it takes for the end of a line.
    for number, line in enumerate((line.removesuffix("\r") for line in text.split("\n")), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key, equals, value = line.partition("=")
        if equals:
            yield key.strip(), Given(value.encode(), str(path), number)
        else:
            expected = "expected KEY=VALUE; a value of several lines comes by --from-file KEY=PATH"
            faults.append(Fault(str(path), number, "", "a line without =", expected))


def _of_stdin(key: str) -> Iterator[tuple[str, Given]]:
    if sys.stdin.isatty():
        raise Stop(Exit.USAGE, "stdin is a terminal, which shows what is typed: ask without echo by --key KEY")
    # What `pass` or `echo` writes ends with a line end that is not part of the value.
    yield key, Given(sys.stdin.buffer.read().removesuffix(b"\n"), "stdin")


def asked(keys: Iterable[str], sealed: Collection[str]) -> dict[str, Given]:
    """Ask for each key without echo; an empty answer leaves a key as it is. Raises Stop where nobody is there."""
    if not sys.stdin.isatty():
        raise Stop(
            Exit.USAGE,
            "nobody is there to type the values: give --from-file KEY=PATH, --from-env-file PATH or --from-stdin KEY",
        )
    try:
        with warnings.catch_warnings():
            # Where echo cannot be switched off, getpass warns and then asks all the same.
            warnings.simplefilter("error", getpass.GetPassWarning)
            answers = {
                key: getpass.getpass(f"{key} (empty {'keeps what is sealed' if key in sealed else 'leaves it out'}): ")
                for key in keys
            }
    except getpass.GetPassWarning:
        raise Stop(Exit.USAGE, "this terminal shows what is typed: give --from-file KEY=PATH") from None
    cut = [key for key, answer in answers.items() if answer.startswith("-----BEGIN ") or len(answer) >= _LONGEST_LINE]
    if cut:
        found = "the first line of several, or more than a terminal takes"
        raise SettingsError(Fault("the answer", 0, key, found, "give it by --from-file KEY=PATH") for key in cut)
    return {key: Given(answer.encode(), "the answer") for key, answer in answers.items() if answer}


def check(secret: str, values: Mapping[str, Given], declared: Collection[str], sealed: Mapping[str, str]) -> None:
    """Refuse keys that nobody declares, empty values, and more than a Secret holds with what is `sealed` already.

    Raises SettingsError.

    A key that is not declared is not shown either: it may be part of a value that took several lines.
    """
    faults = []
    for key, value in values.items():
        if key not in declared:
            found = f"a key that {secret} does not declare"
            faults.append(Fault(value.place, value.line, "", found, did_you_mean(key, declared)))
        elif not value.value:
            faults.append(Fault(value.place, value.line, key, "an empty value", "expected one, or leave the key out"))
    size = sum(len(value.value) for value in values.values())
    size += sum(content_size(text) for key, text in sealed.items() if key not in values)
    if size > MOST_CONTENT:
        faults.append(Fault(secret, 0, "", f"{size:,} bytes of values", "a Secret has at most 1 MiB"))
    if faults:
        raise SettingsError(faults)
