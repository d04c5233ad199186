"""What is asked of the tests on the command line, and what all of them run with."""

import gc

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that `make golden` gives."""
    parser.addoption("--golden", action="store_true", help="rewrite the golden file of each stack")


def pytest_configure() -> None:
    """Look for garbage less often.

    A third of the time went into walking what Pulumi's SDKs, botocore and moto have once loaded, and found nothing.
    """
    gc.set_threshold(50_000, 20, 100)
