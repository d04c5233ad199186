"""The commands Naru runs: found on PATH where they fit, else built from the Go modules pinned in the folders here."""

from local.toolchain.build import ToolchainError, ensure
from local.toolchain.tools import TOOLS, Tool

__all__ = ["TOOLS", "Tool", "ToolchainError", "ensure"]
