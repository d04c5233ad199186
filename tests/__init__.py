"""The tests, as a package for what several of them build with: `tests.builders`."""
