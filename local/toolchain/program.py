"""A command as it is run here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Program:
    """Where a command is, which version it has, and the variables without which it would not start."""

    path: Path
    version: str
    environment: Mapping[str, str] = field(default_factory=dict)
