"""The console script `naru`: straight to `render` and `diff` where that is what is asked, else to the whole of it."""

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
            root, aws = (Path(plain[name]) if name in plain else None for name in ("--root", "--aws"))
            return run_guarded(lambda: rendering.run(root, plain["--stack"], Path(plain["--out"]), aws=aws))
    if words[:1] == ["diff"]:
        from operations import diff_commands  # noqa: PLC0415 - typer, but neither Pulumi nor the other commands

        gc.disable()
        return run_guarded(lambda: diff_commands.run(words[1:]))
    from operations.command import run  # noqa: PLC0415 - typer and rich, which `render` does not need

    return run_guarded(lambda: run(words), debug="--debug" in words)


if __name__ == "__main__":
    sys.exit(main())
