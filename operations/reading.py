"""The commands that only read the project's files: check, explain and schema."""

import json
from collections.abc import Mapping
from pathlib import Path

from operations.exits import Exit
from operations.output import say, write_json, write_lines
from settings import loading
from settings.faults import Fault, SettingsError
from settings.loading import Loaded


def check(root: Path, *, as_json: bool, base: str | None = None, accept_older_code: bool = False) -> int:
    """Check all files of all stacks, and with a base what its releases say of schemas.

    Raises SettingsError with the faults, unless they are wanted as JSON.
    """
    try:
        loaded = loading.check(root)
        older = [] if base is None else _older_code(root, loaded, base)
        if older and not accept_older_code:
            raise SettingsError(older)
    except SettingsError as error:
        if not as_json:
            raise
        faults = [
            {key: getattr(fault, key) for key in ("file", "line", "path", "found", "expected")}
            for fault in error.faults
        ]
        write_json({"ok": False, "faults": faults})
        return Exit.FAULTS
    for fault in older:
        say(f"warning: {fault}")
    if as_json:
        write_json({"ok": True, "faults": [], "stacks": list(loaded)})
    else:
        names = ", ".join(loaded)
        systems = {system for found in loaded.values() for system in found.stack.systems}
        write_lines([f"{len(loaded)} stacks ({names}), {len(systems)} systems: no faults"])
    return Exit.OK


def _older_code(root: Path, loaded: Mapping[str, Loaded], base: str) -> list[Fault]:
    """Return where a release goes back behind the schema that the same file at a revision of Git asks for."""
    from operations import schema_gate  # noqa: PLC0415 - nothing else that only reads asks Git

    commit = schema_gate.known_revision(root, base)
    return [
        fault
        for name, stack in loaded.items()
        for fault in schema_gate.older_code(stack, schema_gate.at_revision(root, commit, name))
    ]


def explain(root: Path, stack: str, subject: str, path: str, *, as_json: bool) -> int:
    """Write a value and where it comes from. Raises SettingsError where there is none."""
    origins = loading.load(root, stack).explain(subject, path)
    if as_json:
        layers = [
            {"value": origin.value, "file": origin.file, "line": origin.line, "layer": origin.layer}
            for origin in origins
        ]
        write_json({"subject": subject, "path": path, "stack": stack, "value": origins[-1].value, "origins": layers})
        return Exit.OK
    lines = [_shown(origins[-1].value)]
    for verb, origin in zip(("set by", *("which replaced" for _ in origins[1:])), reversed(origins), strict=True):
        where = f"{origin.file}:{origin.line}" if origin.file else "the default of the model"
        lines.append(
            f"  {verb:<15} {where} ({origin.layer})" + ("" if verb == "set by" else f": {_shown(origin.value)}")
        )
    write_lines(lines)
    return Exit.OK


def schema(out: Path, *, check_only: bool) -> int:
    """Write the schemas of all kinds of files to a directory, or tell which are not up to date."""
    from settings.schema import schemas  # noqa: PLC0415 - all models at once, which nothing else needs

    wanted = {name: json.dumps(found, indent=2, ensure_ascii=False) + "\n" for name, found in schemas().items()}
    stale = [name for name, text in wanted.items() if _text(out / name) != text]
    if check_only:
        for name in stale:
            say(f"{out / name}: not up to date; run `naru schema`")
        return Exit.FAULTS if stale else Exit.OK
    out.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (out / name).write_text(wanted[name], encoding="utf-8")
    write_lines([f"{len(wanted)} schemas in {out}, {len(stale)} of them changed"])
    return Exit.OK


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
