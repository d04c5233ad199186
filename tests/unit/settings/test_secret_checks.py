"""A secret that no store can give, or a store that cannot be asked, is refused in one line."""

from typing import Any

import pytest

from tests.projects import Project

SHOP = "catalog/shop.yaml"
DB = "secrets:\n  db: { keys: { password: {} } }"
VAULT = "vault: { provider: vault, server: https://vault.example.com, path: secret }"
STORE = "catalog/shop.yaml:25: secretStores.vault: "
SECRET = "catalog/shop.yaml:27: secrets.db"


def stored(secret: str, store: str = VAULT) -> tuple[str, str, str]:
    return SHOP, DB, f"secretStores:\n  {store}\nsecrets:\n  db: {{ source: external, {secret} }}"


def with_template(template: str) -> tuple[str, str, str]:
    keys = "password: {}, other-key: {}, url: {}, twin: {}"
    return stored(f"store: vault, keys: {{ {keys} }}, template: {{ {template} }}")


KEYS = "keys: { password: {} }"
REFUSED: dict[str, tuple[Any, ...]] = {
    "external-without-a-store": (
        stored(KEYS),
        f'{SECRET}: the source external without a store; expected store: "vault"',
    ),
    "external-by-the-environment-without-a-store": (
        ("Pulumi.dev.yaml", "mutableTags: true", "mutableTags: true, secrets: external"),
        "catalog/shop.yaml:25: secrets.db: the source external without a store (on dev); "
        "expected store: a secretStores entry of the system",
    ),
    "a-store-that-there-is-not": (
        stored(f"store: valt, {KEYS}"),
        f'{SECRET}.store: no secret store "valt"; did you mean "vault"?',
    ),
    "vault-without-its-address": (
        stored(f"store: vault, {KEYS}", "vault: { provider: vault }"),
        f"{STORE}provider is vault, which needs server and path",
    ),
    "vault-with-a-region": (
        stored(f"store: vault, {KEYS}", VAULT.replace("path:", "region: seoul, path:")),
        f"{STORE}provider is vault, which has no use for region",
    ),
    "aws-without-a-region": (
        stored(f"store: vault, {KEYS}", "vault: { provider: aws-secrets-manager }"),
        f"{STORE}provider is aws-secrets-manager, which needs region",
    ),
    "aws-as-if-it-were-vault": (
        stored(
            f"store: vault, {KEYS}",
            "vault: { provider: aws-parameter-store, server: https://a, path: b, authMount: c, version: v2 }",
        ),
        f"{STORE}provider is aws-parameter-store, "
        "which needs region and has no use for server and path and version and authMount",
    ),
    "a-template-of-a-key-that-is-not-declared": (
        with_template("uri: 'x {{ .password }}'"),
        f'{SECRET}.template.uri: no key of db "uri"; did you mean "url"?',
    ),
    "a-template-with-a-key-that-is-not-declared": (
        with_template("url: 'x {{ .pasword }}'"),
        f'{SECRET}.template.url: no key of db "pasword"; did you mean "password"?',
    ),
    "a-template-with-no-key": (
        with_template("url: plain"),
        f"{SECRET}.template.url: a text with no other key in it; expected {{{{ .KEY }}}}, the value of another key",
    ),
    "a-template-with-itself": (
        with_template("url: '{{ .url }}'"),
        f'{SECRET}.template.url: "url" is put together itself; expected a key that the store holds',
    ),
    "a-template-with-another-template": (
        with_template("url: '{{ .twin }}', twin: '{{ .password }}'"),
        f'{SECRET}.template.url: "twin" is put together itself; expected a key that the store holds',
    ),
    "a-template-with-a-dash-after-a-dot": (
        with_template("url: '{{ .other-key }}'"),
        f'{SECRET}.template.url: "other-key" after a dot, which is no identifier; '
        'expected {{ index . "other-key" }}',
    ),
    "a-template-with-half-its-braces": (
        with_template("url: '{{ .password }'"),
        f"{SECRET}.template.url: braces without their other half; expected {{{{ .KEY }}}}",
    ),
}

RIGHT = {
    "a-secret-of-vault": [stored(f"store: vault, {KEYS}")],
    "a-secret-of-aws": [
        stored(f"store: aws, {KEYS}", "aws: { provider: aws-secrets-manager, region: seoul, role: a }")
    ],
    "templates": [with_template("url: 'x://{{ .password | urlquery }}/{{ index . \"other-key\" }}/{{- .password -}}'")],
    "no-store-where-none-is-asked": [(SHOP, DB, f"{DB}\nsecretStores:\n  {VAULT}")],
    "a-service-that-is-not-enabled-and-its-secrets": [
        (SHOP, "description: Shop", "description: Shop\nenabled: false"),
        ("catalog/mail.yaml", "    dependsOn: [shop/api]\n", ""),
        stored(KEYS),
    ],
}


@pytest.mark.parametrize("case", [pytest.param(case, id=key) for key, case in REFUSED.items()])
def test_secret_that_no_store_gives_is_refused_in_one_line(project: Project, case: tuple[Any, ...]) -> None:
    change, *lines = case
    project.change(*change)
    assert project.faults() == lines


@pytest.mark.parametrize("changes", [pytest.param(changes, id=key) for key, changes in RIGHT.items()])
def test_secret_that_a_store_gives_is_accepted(project: Project, changes: list[tuple[str, str, str]]) -> None:
    for change in changes:
        project.change(*change)
    assert project.faults() == []
