"""What editors are told of the project's files: all of our own files are right, and mistakes are not."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from operations import reading
from settings.schema import schemas
from settings.source import parse, read

ROOT = Path(__file__).parents[3]
COMMON, SYSTEM, RELEASE, STACK = (f"{kind}.schema.json" for kind in ("common", "system", "release", "stack"))
FILES = {
    **dict.fromkeys(ROOT.glob("catalog/*.yaml"), SYSTEM),
    **dict.fromkeys(ROOT.glob("releases/*.yaml"), RELEASE),
    **dict.fromkeys(ROOT.glob("Pulumi.?*.yaml"), STACK),
    ROOT / "catalog" / "common.yaml": COMMON,
}
ENVIRONMENT = "config: {{ naru:environment: {{ tier: local, clusters: {{ a: {{ context: a, region: a }} }}{} }}{} }}"


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    return schemas()


def mistakes(schema: Any, text: str) -> list[str]:
    """Return the paths in a text that an editor would underline."""
    errors = Draft7Validator(schema).iter_errors(parse(text, "file").data)
    return sorted({"/".join(map(str, error.absolute_path)) for error in errors})


@pytest.mark.parametrize("name", [COMMON, SYSTEM, RELEASE, STACK])
def test_schemas_are_schemas(made: dict[str, Any], name: str) -> None:
    Draft7Validator.check_schema(made[name])


@pytest.mark.parametrize("file", sorted(FILES), ids=lambda file: file.name)
def test_files_of_the_project_are_right(made: dict[str, Any], file: Path) -> None:
    document = read(file, ROOT)
    assert [str(error) for error in Draft7Validator(made[FILES[file]]).iter_errors(document.data)] == []


@pytest.mark.parametrize("file", sorted(FILES), ids=lambda file: file.name)
def test_files_of_the_project_name_their_schema(file: Path) -> None:
    first, *_ = file.read_text(encoding="utf-8").splitlines()
    name = first.removeprefix("# yaml-language-server: $schema=")
    assert (file.parent / name).resolve() == ROOT / "docs" / "schemas" / FILES[file]


def test_schemas_in_the_repository_are_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert reading.schema(ROOT / "docs" / "schemas", check_only=True) == 0, capsys.readouterr()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param(SYSTEM, "services: { api: { replicas: 2 } }", id="a-part-of-a-service"),
        pytest.param(SYSTEM, "environments: { prod: { services: { api: null } } }", id="null-takes-away-a-service"),
        pytest.param(SYSTEM, "environments: { prod: null }", id="an-environment-without-differences"),
        pytest.param(SYSTEM, "services: { api: { env: { A: null }, scaling: null } }", id="null-takes-away-a-value"),
        pytest.param(SYSTEM, "services: { api: { strategy: { maxSurge: 1 } } }", id="a-part-of-a-strategy"),
        pytest.param(SYSTEM, "services: { api: { resources: { requests: { cpu: 0.5 } } } }", id="a-quantity-as-number"),
        pytest.param(SYSTEM, "services: { api: { budget: { minAvailable: 50% } } }", id="a-share"),
        pytest.param(COMMON, "engines: { redis: { storage: { size: 1Gi } } }", id="an-engine"),
        pytest.param(COMMON, "environments: { prod: { defaults: { service: { replicas: 2 } } } }", id="defaults"),
        pytest.param(RELEASE, "plate: { plate-web/backend: { tag: 1.0.0 } }", id="a-sidecar"),
        pytest.param(RELEASE, "shop: { api: { tag: 1.0.0, canary: { tag: 1.1.0 } } }", id="a-canary"),
        pytest.param(RELEASE, "shop: { api: { colors: { green: { tag: 1.1.0 } }, live: green } }", id="a-color"),
        pytest.param(STACK, ENVIRONMENT.format("", ", aws:region: x, other: { a: 1 }"), id="keys-of-others"),
        pytest.param(STACK, ENVIRONMENT.format("", ", naru:systems: { a: { enabled: false } }"), id="a-system"),
        pytest.param(STACK, "encryptionsalt: v1:x\n" + ENVIRONMENT.format("", ""), id="what-pulumi-keeps"),
    ],
)
def test_what_a_file_may_say_is_right(made: dict[str, Any], name: str, text: str) -> None:
    assert mistakes(made[name], text) == []


@pytest.mark.parametrize(
    ("name", "text", "path"),
    [
        pytest.param(SYSTEM, "servces: {}", "", id="unknown-key-of-a-system"),
        pytest.param(SYSTEM, "name: shop", "", id="name-of-a-system"),
        pytest.param(SYSTEM, "services: { api: { name: api } }", "services/api", id="name-of-a-service"),
        pytest.param(SYSTEM, "dataStores: { db: { name: db } }", "dataStores/db", id="name-of-a-data-store"),
        pytest.param(SYSTEM, "services: { api: { replica: 2 } }", "services/api", id="unknown-key"),
        pytest.param(SYSTEM, "services: { api: { replicas: two } }", "services/api/replicas", id="wrong-type"),
        pytest.param(SYSTEM, "services: { api: null }", "services/api", id="nothing-for-a-service"),
        pytest.param(SYSTEM, "services: { api: [] }", "services/api", id="list-for-a-map"),
        pytest.param(SYSTEM, "services: { API: {} }", "services", id="key-that-is-no-name"),
        pytest.param(SYSTEM, "dataStores: { db: { engine: oracle } }", "dataStores/db/engine", id="enumeration"),
        pytest.param(SYSTEM, "services: { api: { strategy: { type: big } } }", "services/api/strategy", id="strategy"),
        pytest.param(
            SYSTEM, "services: { api: { strategy: { type: canary, live: blue } } }", "services/api/strategy", id="kind"
        ),
        pytest.param(SYSTEM, "claims: { all: { size: 10 GB } }", "claims/all/size", id="quantity"),
        pytest.param(
            SYSTEM,
            "services: { api: { scaling: { scaleDownWindow: 5 min } } }",
            "services/api/scaling/scaleDownWindow",
            id="duration",
        ),
        pytest.param(
            SYSTEM,
            "services: { api: { budget: { maxUnavailable: -1 } } }",
            "services/api/budget/maxUnavailable",
            id="count",
        ),
        pytest.param(
            SYSTEM,
            "services: { api: { ports: { http: { container: 70000 } } } }",
            "services/api/ports/http/container",
            id="port",
        ),
        pytest.param(
            SYSTEM,
            "services: { api: { exposure: { public: { paths: [{ path: api }] } } } }",
            "services/api/exposure/public/paths/0/path",
            id="path",
        ),
        pytest.param(
            SYSTEM,
            "services: { api: { strategy: { type: canary, steps: [{ pause: 1m }] } } }",
            "services/api/strategy",
            id="part-of-an-item-of-a-list",
        ),
        pytest.param(
            SYSTEM,
            "environments: { prod: { services: { api: { replica: 2 } } } }",
            "environments/prod/services/api",
            id="unknown-key-in-an-environment",
        ),
        pytest.param(
            SYSTEM, "environments: { prod: { environments: {} } }", "environments/prod", id="nested-environments"
        ),
        pytest.param(COMMON, "default: {}", "", id="unknown-key-of-common"),
        pytest.param(COMMON, "defaults: { services: {} }", "defaults", id="unknown-default"),
        pytest.param(COMMON, "engines: { oracle: {} }", "engines", id="unknown-engine"),
        pytest.param(COMMON, "environments: { prod: { service: {} } }", "environments/prod", id="defaults-left-out"),
        pytest.param(RELEASE, "plate: { plate-api: 1.0.0 }", "plate/plate-api", id="text-for-a-version"),
        pytest.param(RELEASE, "plate: { plate-api: { tga: 1.0.0 } }", "plate/plate-api", id="unknown-key-of-a-version"),
        pytest.param(RELEASE, "plate: { plate-api: { digest: abc } }", "plate/plate-api/digest", id="digest"),
        pytest.param(
            RELEASE, "shop: { api/proxy: { canary: { tag: 1.0.0 } } }", "shop/api/proxy", id="canary-of-a-sidecar"
        ),
        pytest.param(RELEASE, "shop: { api: { live: red } }", "shop/api/live", id="no-color"),
        pytest.param(STACK, "encryptionsalt: x", "", id="no-config"),
        pytest.param(STACK, "config: {}", "config", id="no-environment"),
        pytest.param(
            STACK, "config: { naru:environment: { tier: local } }", "config/naru:environment", id="missing-key"
        ),
        pytest.param(STACK, ENVIRONMENT.format("", ", naru:system: {}"), "config", id="unknown-key-of-ours"),
        pytest.param(STACK, ENVIRONMENT.format("", "") + "\nfoo: 1", "", id="unknown-key-of-a-stack"),
        pytest.param(
            STACK, ENVIRONMENT.format(", domains: { a: A_b }", ""), "config/naru:environment/domains/a", id="host-name"
        ),
        pytest.param(
            STACK, ENVIRONMENT.format(", storageClass: null", ""), "config/naru:environment/storageClass", id="null"
        ),
        pytest.param(
            STACK,
            ENVIRONMENT.format(", issuers: { a: { server: self-signed, email: x } }", ""),
            "config/naru:environment/issuers/a/email",
            id="e-mail",
        ),
    ],
)
def test_a_mistake_is_underlined(made: dict[str, Any], name: str, text: str, path: str) -> None:
    assert mistakes(made[name], text) == [path]


def test_keys_are_described_as_their_models_are(made: dict[str, Any]) -> None:
    service = made[SYSTEM]["definitions"]["Service"]
    assert service["description"] == "A long-running, stateless service behind a stable address."
    assert service["properties"]["namespace"]["description"].startswith("One of the system's `namespaces`")
    cluster = made[STACK]["definitions"]["Cluster.whole"]["properties"]["dataDomain"]
    assert cluster["description"].endswith("as `<data store>.<namespace>.<domain>`.")


def test_choices_are_listed(made: dict[str, Any]) -> None:
    assert made[SYSTEM]["definitions"]["Engine"]["enum"][:2] == ["postgresql", "mongodb"]
    assert made[STACK]["definitions"]["Tier"]["enum"] == ["local", "development", "staging", "production"]


def test_nothing_is_required_of_a_layer(made: dict[str, Any]) -> None:
    layers = [found for name, found in made[SYSTEM]["definitions"].items() if not name.endswith(".whole")]
    assert [found["required"] for found in layers if "required" in found] == []
    assert made[SYSTEM]["definitions"]["CanaryStep.whole"]["required"] == ["weight"]


def test_schemas_are_the_same_each_time(made: dict[str, Any]) -> None:
    assert json.dumps(schemas()) == json.dumps(made)
