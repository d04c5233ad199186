"""Run the provider for the engine whose address is the last argument."""

from __future__ import annotations

import sys

from local.provider.server import serve

if __name__ == "__main__":
    serve(sys.argv[-1] if len(sys.argv) > 1 else "")
