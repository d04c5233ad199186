"""Random values, made once."""

import stat
from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from components.generated_secrets import by_reference, keep, missing
from settings.stack import Stack


def test_every_declared_key_has_a_value(stacks: Mapping[str, Stack]) -> None:
    stack = stacks["local"]
    values = missing(stack, {})
    for system in stack.systems.values():
        for name, secret in system.secrets.items():
            assert set(values[system.name][name]) == set(secret.keys)
            assert all(values[system.name][name].values())


def test_values_are_made_once(tmp_path: Path, stacks: Mapping[str, Stack]) -> None:
    file = tmp_path / "kept" / "secrets.json"
    first = keep(file, stacks["local"])
    before = file.stat().st_mtime_ns
    assert keep(file, stacks["local"]) == first
    assert file.stat().st_mtime_ns == before


def test_values_are_readable_by_the_user_alone(tmp_path: Path, stacks: Mapping[str, Stack]) -> None:
    file = tmp_path / "kept" / "secrets.json"
    keep(file, stacks["local"])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_lost_key_is_made_again_and_the_others_stay(stacks: Mapping[str, Stack]) -> None:
    first = missing(stacks["local"], {})
    changed = {system: {name: dict(keys) for name, keys in secrets.items()} for system, secrets in first.items()}
    del changed["immersiverse"]["auth-service-secrets"]["DB_PASS"]
    second = missing(stacks["local"], changed)
    assert (
        second["immersiverse"]["auth-service-secrets"]["DB_PASS"]
        != first["immersiverse"]["auth-service-secrets"]["DB_PASS"]
    )
    assert second["plate" if "plate" in second else "ams"] == first["plate" if "plate" in first else "ams"]


def test_an_address_carries_the_password_of_its_data_store(stacks: Mapping[str, Stack]) -> None:
    platform = missing(stacks["local"], {})["services-platform"]
    password = platform["postgresql-credentials"]["password"]
    assert platform["auth-secrets"]["DATABASE_URL"] == f"postgresql://platform:{password}@postgresql.data:5432/auth_db"


def test_the_two_jwt_keys_belong_together(stacks: Mapping[str, Stack]) -> None:
    keys = missing(stacks["local"], {})["immersiverse"]["auth-service-secrets"]
    private = serialization.load_pem_private_key(keys["jwt-private.pem"].encode(), password=None)
    public = serialization.load_pem_public_key(keys["jwt-public.pem"].encode())
    assert private.public_key() == public


def test_stacks_that_generate_nothing_get_nothing(stacks: Mapping[str, Stack]) -> None:
    assert missing(stacks["prod"], {}) == {}


def test_a_text_that_names_no_key_is_refused(stacks: Mapping[str, Stack]) -> None:
    stack = stacks["local"]
    ams = stack.systems["ams"]
    secret = ams.secrets["ams-secrets"]
    broken_key = next(iter(secret.keys.values())).model_copy(update={"generate": "{nowhere/password}"})
    broken = secret.model_copy(update={"keys": {"URL": broken_key}})
    system = ams.model_copy(update={"secrets": {"ams-secrets": broken}})
    with pytest.raises(ValueError, match="no key password of the secret nowhere"):
        missing(Stack("local", stack.environment, {"ams": system}), {})


def test_values_are_found_by_the_object_that_carries_them(stacks: Mapping[str, Stack]) -> None:
    stack = stacks["local"]
    found = by_reference(stack, missing(stack, {}))
    assert "DB_PASS" in found["Secret/development/auth-service-secrets"]
    assert "DATABASE_URL" in found["Secret/services/auth-secrets"]
