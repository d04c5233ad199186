"""Objects as files, for a provider with `renderYamlToDirectory`: no API server is asked anything."""

from __future__ import annotations

from pathlib import Path

from local.provider.properties import JsonObject


def path_of(directory: str, obj: JsonObject) -> Path:
    """Return the file of an object below the directory."""
    from manifests.text import file_name  # noqa: PLC0415 - a provider that applies needs no YAML

    return Path(directory, file_name(obj))


def write(directory: str, obj: JsonObject) -> Path:
    """Write an object to its file and return that. The file is the user's alone, since Secrets are rendered plainly."""
    from manifests.text import to_yaml  # noqa: PLC0415 - as above

    path = path_of(directory, obj)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(to_yaml(obj), encoding="utf-8")
    return path


def remove(directory: str, obj: JsonObject) -> None:
    """Remove the file of an object; one that is gone already is as well."""
    path_of(directory, obj).unlink(missing_ok=True)
