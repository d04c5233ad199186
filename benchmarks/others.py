"""The same objects for Helm and for Kustomize, written as somebody who uses them would have.

Both are derived from what Naru renders, so that all three make the same objects whatever a manifest comes to hold.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.catalog import neighbours, tag
from manifests.placed import Manifest
from manifests.text import to_yaml

_OWNED_BY = "app.kubernetes.io/component"
_MANAGED_BY = "app.kubernetes.io/managed-by"
_VERSION = "app.kubernetes.io/version"

# What stands for an expression until the text is made: letters alone, so that YAML quotes none of it.
_VALUE = re.compile(r"XvalueX([A-Za-z]+)X")
_INDENTED = re.compile(r"^( *)((?:- )?)([a-zA-Z]+): X(include|toYaml)X([A-Za-z]+)X$", re.MULTILINE)
_HASH = re.compile(r"-env-([0-9a-f]+)$")

_PARTIALS = """\
{{- define "selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/part-of: bench
{{- end }}
{{- define "labels" -}}
{{ include "selector" . }}
app.kubernetes.io/component: {{ .name }}
app.kubernetes.io/managed-by: naru
{{- end }}
{{- define "versioned" -}}
{{ include "labels" . }}
app.kubernetes.io/version: {{ .tag }}
{{- end }}
"""


def write_chart(root: Path, objects: Iterable[Manifest], services: int) -> None:
    """Write a chart with a template for each kind, which ranges over the services in `values.yaml`."""
    (root / "templates").mkdir(parents=True)
    write_empty_chart(root)
    owned, shared = _by_service(objects)
    values = []
    for name, upstream, client in neighbours(services):
        found = owned[name]
        values.append(
            {
                "name": name,
                "upstream": upstream,
                "client": client,
                "tag": tag(name),
                "hash": _hash(found),
                "env": next(manifest["data"] for manifest in found if manifest["kind"] == "ConfigMap"),
                "resources": _pod(found)["containers"][0]["resources"],
            }
        )
    templates = {"shared": "".join(f"---\n{to_yaml(manifest)}" for manifest in shared)}
    for manifest in next(iter(owned.values())):
        text = f"---\n{_template(manifest, values[0])}"
        templates[manifest["kind"].lower()] = templates.get(manifest["kind"].lower(), "") + text
    for name, text in templates.items():
        body = text if name == "shared" else f"{{{{- range .Values.services }}}}\n{text}{{{{- end }}}}\n"
        (root / "templates" / f"{name}.yaml").write_text(body, encoding="utf-8")
    (root / "templates" / "_partials.tpl").write_text(_PARTIALS, encoding="utf-8")
    (root / "values.yaml").write_text(to_yaml({"services": values}), encoding="utf-8")


def write_empty_chart(root: Path) -> None:
    """Write a chart of nothing, which shows what Helm costs before it does anything."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "Chart.yaml").write_text("apiVersion: v2\nname: bench\nversion: 1.0.0\n", encoding="utf-8")


def write_kustomization(root: Path, objects: Iterable[Manifest]) -> Path:
    """Write a base with a file for each service, and an overlay that labels every object; return the overlay."""
    base, overlay = root / "base", root / "overlay"
    for folder in (base, overlay):
        folder.mkdir(parents=True)
    owned, shared = _by_service(objects)
    for name, manifests in {"shared": shared, **owned}.items():
        text = "---\n".join(to_yaml(_without_label(manifest)) for manifest in manifests)
        (base / f"{name}.yaml").write_text(text, encoding="utf-8")
    resources = [f"{name}.yaml" for name in ("shared", *owned)]
    _write_kustomization(base, {"resources": resources})
    _write_kustomization(overlay, {"resources": ["../base"], "labels": [{"pairs": {_MANAGED_BY: "naru"}}]})
    return overlay


def write_empty_kustomization(root: Path) -> Path:
    """Write a kustomization of one small object, as Kustomize refuses none."""
    root.mkdir(parents=True)
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "bench"}}
    (root / "shared.yaml").write_text(to_yaml(namespace), encoding="utf-8")
    _write_kustomization(root, {"resources": ["shared.yaml"]})
    return root


def _write_kustomization(folder: Path, content: Mapping[str, Any]) -> None:
    text = to_yaml({"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", **content})
    (folder / "kustomization.yaml").write_text(text, encoding="utf-8")


def _by_service(objects: Iterable[Manifest]) -> tuple[dict[str, list[Manifest]], list[Manifest]]:
    owned: dict[str, list[Manifest]] = {}
    shared = []
    for manifest in objects:
        owner = manifest["metadata"].get("labels", {}).get(_OWNED_BY)
        if owner is None:
            shared.append(manifest)
        else:
            owned.setdefault(owner, []).append(manifest)
    return dict(sorted(owned.items())), shared


def _without_label(manifest: Manifest) -> Manifest:
    labels = {key: value for key, value in manifest["metadata"]["labels"].items() if key != _MANAGED_BY}
    return {**manifest, "metadata": {**manifest["metadata"], "labels": labels}}


def _pod(manifests: Iterable[Manifest]) -> dict[str, Any]:
    spec: dict[str, Any] = next(found for found in manifests if found["kind"] == "Deployment")["spec"]["template"][
        "spec"
    ]
    return spec


def _hash(manifests: Iterable[Manifest]) -> str:
    name = next(found for found in manifests if found["kind"] == "ConfigMap")["metadata"]["name"]
    match = _HASH.search(name)
    if match is None:
        message = f"a ConfigMap that is not named by its content: {name}"
        raise ValueError(message)
    return match[1]


def _template(manifest: Manifest, values: Mapping[str, Any]) -> str:
    """Turn one service's object into a template for all of them."""
    labels = {
        "app.kubernetes.io/name": values["name"],
        "app.kubernetes.io/part-of": "bench",
        _OWNED_BY: values["name"],
        _MANAGED_BY: "naru",
    }
    selector = dict(list(labels.items())[:2])
    parts = [
        (selector, "XincludeXselectorX"),
        (labels, "XincludeXlabelsX"),
        ({**labels, _VERSION: values["tag"]}, "XincludeXversionedX"),
        (values["resources"], "XtoYamlXresourcesX"),
        (values["env"], "XtoYamlXenvX"),
    ]

    def replaced(value: Any) -> Any:
        for part, placeholder in parts:
            if value == part:
                return placeholder
        if isinstance(value, dict):
            return {key: replaced(item) for key, item in value.items()}
        if isinstance(value, list):
            return [replaced(item) for item in value]
        if isinstance(value, str):
            for key in ("name", "upstream", "client", "tag", "hash"):
                value = value.replace(values[key], f"XvalueX{key}X")
        return value

    text = _INDENTED.sub(_call, to_yaml(replaced(manifest)))
    return _VALUE.sub(r"{{ .\1 }}", text)


def _call(found: re.Match[str]) -> str:
    margin, dash, key, function, argument = found.groups()
    call = f'include "{argument}" .' if function == "include" else f"toYaml .{argument}"
    return f"{margin}{dash}{key}:\n{{{{- {call} | nindent {len(margin) + len(dash) + 2} }}}}"
