"""Where the time of one `naru render` goes: print, as JSON, the seconds of each of its parts, in their order."""

import gc
import json
import sys
import time
from pathlib import Path


def main(root: Path, stack: str, out: Path) -> dict[str, float]:
    """Render once, without collecting garbage, as the command does; return the seconds of each part."""
    gc.disable()
    seconds: dict[str, float] = {}
    last = time.perf_counter()

    def passed(part: str) -> None:
        nonlocal last
        now = time.perf_counter()
        seconds[part] = now - last
        last = now

    import pydantic  # noqa: PLC0415 - importing is what is measured

    pydantic.BaseModel  # noqa: B018 - imported when it is first asked for
    passed("import pydantic")
    from settings.loading import load  # noqa: PLC0415

    passed("define the settings")
    from manifests.assembly import assemble  # noqa: PLC0415
    from operations.render import render  # noqa: PLC0415

    passed("import manifests and render")
    loaded = load(root, stack)
    passed("read, layer, validate, check")
    for cluster in loaded.stack.environment.clusters:
        assemble(loaded.stack, cluster)
    passed("make the objects")
    render(loaded.stack, out)
    # Rendering makes them once more.
    seconds["write text and files"] = time.perf_counter() - last - seconds["make the objects"]
    return seconds


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))))
