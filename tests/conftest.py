"""What is asked of the tests on the command line."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that `make golden` gives."""
    parser.addoption("--golden", action="store_true", help="rewrite the golden file of each stack")
