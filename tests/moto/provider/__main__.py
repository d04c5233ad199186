"""Run the provider for the engine whose address is the last argument."""

import sys

from local.provider.server import serve
from tests.moto.provider.service import MotoService

if __name__ == "__main__":
    serve(sys.argv[-1] if len(sys.argv) > 1 else "", MotoService)
