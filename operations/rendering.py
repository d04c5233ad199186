"""The command `render`: imported without typer, rich and Pulumi, as its start is most of its time."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from operations.exits import Exit, Stop
from operations.planned import listing
from operations.render import NotOursError, render
from settings.loading import find_root, load

_OPTIONS = ("--stack", "--out", "--root", "--aws")


def plain_arguments(argv: Sequence[str]) -> dict[str, str] | None:
    """Return the options of `render --stack S --out DIR [--root DIR] [--aws FILE]`; None for what typer reads."""
    if not argv or argv[0] != "render":
        return None
    found: dict[str, str] = {}
    words = iter(argv[1:])
    for word in words:
        option, equals, value = word.partition("=")
        if option not in _OPTIONS or option in found:
            return None
        found[option] = value if equals else next(words, "")
        if not found[option] or found[option].startswith("-"):
            return None
    return found if {"--stack", "--out"} <= found.keys() else None


def run(root: Path | None, stack: str, out: Path, *, aws: Path | None = None, as_json: bool = False) -> int:
    """Write a stack's files and say how many; return the exit code. Raises SettingsError, Stop and OSError.

    With `aws` a file of its own says what the stack has in AWS, which is no part of what is applied from files.
    """
    loaded = load(root or find_root(Path.cwd()), stack).stack
    text = "" if aws is None else listing(loaded)
    try:
        report = render(loaded, out)
    except NotOursError as error:
        raise Stop(Exit.FAULTS, str(error)) from None
    if aws is not None:
        aws.write_text(text, encoding="utf-8")
    if as_json:
        sys.stdout.write(json.dumps({"stack": stack, "directory": str(out), **asdict(report)}) + "\n")
    else:
        sys.stdout.write(
            f"{report.objects} objects in {out}: {report.written} written, {report.unchanged} unchanged, "
            f"{report.removed} removed\n"
        )
    return Exit.OK
