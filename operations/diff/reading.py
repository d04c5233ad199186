"""Rendered files, read as Kubernetes reads them."""

import re
from math import isinf
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from manifests.placed import Manifest

Folders: TypeAlias = dict[str, list[Manifest]]
"""The objects of each folder by its path: `<cluster>/<system>/<part>` and the like, whatever is above `1-manifest`."""


class _Loader(yaml.CSafeLoader):
    """Reads plain words as JSON would: the files' writer puts quotes round text that YAML would read otherwise.

    YAML 1.1, which PyYAML knows, takes more words for numbers, dates and truth than Kubernetes does, and `1e+06` for
    text.
    """


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"null|~|", ["n", "~", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"-?(?:0|[1-9][0-9]*)", list("-0123456789")),
    ("float", r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", list("-0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), _first)


def _float(_: yaml.CSafeLoader, node: yaml.ScalarNode) -> float | str:
    """Return a number; what is too large for one was text, and the writer saw no need of quotes."""
    value = float(node.value)
    return node.value if isinf(value) else value


_Loader.add_constructor("tag:yaml.org,2002:float", _float)


def parse(text: str | bytes) -> Any:
    """Return what one file says. Raises yaml.YAMLError."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, with fewer words


def read(out: Path) -> Folders:
    """Return the objects of every folder below a directory, however deep. Raises OSError and yaml.YAMLError."""
    folders: Folders = {}
    for path in sorted(out.rglob("*.yaml")):
        found = parse(path.read_bytes())
        if isinstance(found, dict) and "kind" in found and "metadata" in found:
            folders.setdefault(path.parent.parent.relative_to(out).as_posix(), []).append(found)
    return folders
