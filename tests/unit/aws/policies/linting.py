"""What parliament, a linter of IAM policies, finds in a policy."""

import json
import sys
import warnings
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final

ACCEPTED: Final[Mapping[str, str]] = {}
"""Beginnings of findings that are none in any policy, each with the reason."""
ACCEPTED_OF_TRUST: Final = {
    "UNKNOWN_FEDERATION_SOURCE: ": "parliament knows the great providers alone, not those of clusters",
    "UNKNOWN_CONDITION_FOR_ACTION: Unknown condition for action: Unknown condition oidc.eks.": "nor their claims",
}
"""The same, in policies that say who takes on a role."""


def findings(document: Mapping[str, Any]) -> list[str]:
    """Return what is to be said against a policy, each once: `issue: title: detail`. What is accepted is left out."""
    return [one for one in _said(document) if not one.startswith(tuple(ACCEPTED))]


def resource_findings(document: Mapping[str, Any], arn: str) -> list[str]:
    """Return what is to be said against a policy that stands at a resource, and need not say that it is about that."""
    about = [{**one, "Resource": arn} if one.get("Resource", "*") == "*" else one for one in document["Statement"]]
    return findings({**document, "Statement": about})


def trust_findings(document: Mapping[str, Any]) -> list[str]:
    """Return what is to be said against a trust policy."""
    found = resource_findings(document, "arn:aws:iam::123456789012:role/its-own")
    return [one for one in found if not one.startswith(tuple(ACCEPTED_OF_TRUST))]


def _said(document: Mapping[str, Any]) -> list[str]:
    return sorted(set(map(_told, _parliament().analyze_policy_string(json.dumps(document)).findings)))


def _told(finding: Any) -> str:
    found = _parliament().enhance_finding(finding)
    return f"{found.issue}: {found.title}: {found.detail}"


@cache
def _parliament() -> Any:
    """Import parliament.

    It asks setuptools where its own files are, which no newer one tells, and leaves them open.
    """
    resources = ModuleType("pkg_resources")
    resources.resource_filename = lambda package, name: str(Path(sys.modules[package].__file__ or "").with_name(name))  # type: ignore[attr-defined]
    before = sys.modules.get("pkg_resources")
    sys.modules["pkg_resources"] = resources
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return import_module("parliament")
    finally:
        del sys.modules["pkg_resources"]
        if before is not None:
            sys.modules["pkg_resources"] = before
