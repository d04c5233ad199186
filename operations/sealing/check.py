"""`naru seal --check`: what lacks, what is superfluous, and which certificates end."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from operations.exits import Exit
from operations.output import say, write_json, write_lines
from operations.sealing import certificate
from settings.faults import Fault, SettingsError
from settings.loading import load, stacks
from settings.sealed import COMMITTED
from settings.sealed_checks import superfluous, unsealed
from settings.sealed_files import CERTIFICATE
from settings.stack import Stack


def run(root: Path, chosen: Sequence[str], *, as_json: bool) -> int:
    """Check the sealed secrets of stacks, all by default. Raises SettingsError with every fault."""
    faults: list[Fault] = []
    warnings: list[str] = []
    keys = 0
    for name in chosen or stacks(root):
        try:
            loaded = load(root, name)
        except SettingsError as error:
            faults += error.faults
            continue
        faults += (*unsealed(loaded, {"sealed"}), *superfluous(loaded))
        keys += sum(len(sealed.values) for system in loaded.stack.sealed.values() for sealed in system.values())
        found, told = _certificate(root, loaded.stack)
        faults += found
        warnings += told
    for warning in warnings:
        say(f"warning: {warning}")
    if as_json:
        lines = [
            {key: getattr(fault, key) for key in ("file", "line", "path", "found", "expected")}
            for fault in SettingsError(faults).faults
        ]
        write_json({"ok": not faults, "faults": lines, "warnings": warnings})
        return Exit.FAULTS if faults else Exit.OK
    if faults:
        raise SettingsError(faults)
    write_lines([f"{keys} sealed values: none lacks, none is superfluous"])
    return Exit.OK


def _certificate(root: Path, stack: Stack) -> tuple[list[Fault], list[str]]:
    place = f"{COMMITTED}/{stack.name}/{CERTIFICATE}"
    if not (root / place).exists():
        return [], []
    try:
        found = certificate.read(root / place, place)
    except SettingsError as error:
        return list(error.faults), []
    now = datetime.now(UTC)
    trouble = found.trouble(now)
    warning = found.warning(now)
    others = [
        f"{sealed.file}:{sealed.line}: {name} has values that are sealed for another certificate than {place}: "
        f"naru seal {system}/{name} --stack {stack.name}, or naru reseal"
        for system, secrets in stack.sealed.items()
        for name, sealed in secrets.items()
        if sealed.file.startswith(COMMITTED) and {*sealed.certificates} - {found.fingerprint}
    ]
    return [trouble] if trouble else [], [warning, *others] if warning and not trouble else others
