"""Writing a file of the project as a whole: it has the old text or the new one, at every moment."""

import os
from pathlib import Path

from settings.faults import Fault, SettingsError


def put_in_place(root: Path, file: str, text: str) -> None:
    """Put a text in place in one step, with the rights of the file that was there. Raises SettingsError."""
    path = (root / file).resolve()  # a link stays one
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_text(text, encoding="utf-8", newline="")
        unfinished.chmod(path.stat().st_mode & 0o7777)
        unfinished.replace(path)
    except OSError as error:
        found = f"cannot be written: {(error.strerror or 'output error').lower()}"
        raise SettingsError([Fault(file, 0, "", found, "")]) from None
    finally:
        unfinished.unlink(missing_ok=True)
