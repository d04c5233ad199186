"""Pulumi's gRPC messages, without the SDK around them.

`import pulumi.runtime.proto` runs the SDK's own `__init__` first, 0.25 s of every process, and the engine starts one
process for each provider resource. The generated modules need nothing of it, so their folder is opened as a package of
its own.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi.runtime.proto import (
        engine_pb2,
        engine_pb2_grpc,
        plugin_pb2,
        provider_pb2,
        status_pb2,
    )
else:
    _PACKAGE = f"{__name__}.proto"

    def _load(module: str) -> ModuleType:
        if _PACKAGE not in sys.modules:
            spec = importlib.util.find_spec("pulumi")
            if spec is None or not spec.submodule_search_locations:
                raise ImportError("the Pulumi SDK for Python is not installed")
            package = ModuleType(_PACKAGE)
            package.__path__ = [str(Path(spec.submodule_search_locations[0], "runtime", "proto"))]
            sys.modules[_PACKAGE] = package
        return importlib.import_module(f"{_PACKAGE}.{module}")

    engine_pb2 = _load("engine_pb2")
    engine_pb2_grpc = _load("engine_pb2_grpc")
    plugin_pb2 = _load("plugin_pb2")
    provider_pb2 = _load("provider_pb2")
    status_pb2 = _load("status_pb2")

__all__ = [
    "engine_pb2",
    "engine_pb2_grpc",
    "plugin_pb2",
    "provider_pb2",
    "status_pb2",
]
