"""What a command imports before it does anything."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["operations.__main__", "operations.rendering"])
def test_render_starts_without_what_it_does_not_need(module: str) -> None:
    heavy = ("typer", "rich", "pulumi", "kubernetes", "grpc")
    program = f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
