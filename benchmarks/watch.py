"""Run a command and print, as JSON, its seconds on the wall and on the processor, and its peak of memory in MiB.

A program of its own, which imports nothing of the project: on Linux a process counts the memory of the one that
started it as its own peak.
"""

import json
import os
import sys
import time


def main(output: str, command: list[str]) -> int:
    """Run the command, its output in a file, and return its exit code."""
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    redirected = [(os.POSIX_SPAWN_DUP2, descriptor, 1)]
    started = time.perf_counter()
    process = os.posix_spawnp(command[0], command, os.environ, file_actions=redirected)
    _, status, usage = os.wait4(process, 0)
    seconds = time.perf_counter() - started
    # Linux counts in KiB, macOS in bytes.
    unit = 2**20 if sys.platform == "darwin" else 2**10
    measured = {"seconds": seconds, "cpu": usage.ru_utime + usage.ru_stime, "mib": usage.ru_maxrss / unit}
    sys.stdout.write(json.dumps(measured))
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
