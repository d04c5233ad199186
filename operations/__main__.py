"""The console script `naru`: straight to `render` where that is all that is asked, else to the whole command line."""

import gc
import sys
from collections.abc import Sequence
from pathlib import Path

from operations.failures import run_guarded


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["render"]:
        from operations import rendering  # noqa: PLC0415 - pydantic and PyYAML, which the help does not need

        plain = rendering.plain_arguments(words)
        if plain is not None:
            # All that is made stays until the files are written: the collector would walk it and find nothing.
            gc.disable()
            root = Path(plain["--root"]) if "--root" in plain else None
            return run_guarded(lambda: rendering.run(root, plain["--stack"], Path(plain["--out"])))
    from operations.command import run  # noqa: PLC0415 - typer and rich, which `render` does not need

    return run_guarded(lambda: run(words), debug="--debug" in words)


if __name__ == "__main__":
    sys.exit(main())
