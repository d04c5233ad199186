"""Random values for the secrets of a stack that generates them, made once and kept in one file of the user's own."""

import json
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from manifests.placed import Place, reference
from manifests.secret import source_of
from settings.recipe import KeyPlace, Recipe, recipe
from settings.stack import Stack

Values = dict[str, dict[str, dict[str, str]]]
"""System → secret → key → value."""


def missing(stack: Stack, kept: Mapping[str, Mapping[str, Mapping[str, str]]]) -> Values:
    """Return what `kept` has and, made now, what it lacks; what nobody declares any more is left out.

    Raises ValueError for a text that names a key no secret of the system has.
    """
    values: Values = {}
    for system in stack.systems.values():
        recipes = {
            (name, key): setting.generate
            for name, secret in system.secrets.items()
            if source_of(Place(stack, system, stack.environment.primary), secret) == "generated"
            for key, setting in secret.keys.items()
        }
        made: dict[KeyPlace, str] = {
            (name, key): kept[system.name][name][key]
            for name, key in recipes
            if key in kept.get(system.name, {}).get(name, {})
        }
        for place in recipes:
            _make(place, recipes, made)
        for name, key in recipes:
            values.setdefault(system.name, {}).setdefault(name, {})[key] = made[name, key]
    return values


def _make(place: KeyPlace, recipes: Mapping[KeyPlace, str], made: dict[KeyPlace, str]) -> str:
    if place not in made:
        if place not in recipes:
            message = f"no key {place[1]} of the secret {place[0]} to take a value from"
            raise ValueError(message)
        made[place] = _value(place[0], recipe(recipes[place]), lambda other: _make(other, recipes, made))
    return made[place]


def _value(secret: str, how: Recipe, value_of: Callable[[KeyPlace], str]) -> str:
    match how.kind:
        case "password":
            return secrets.token_urlsafe(24)
        case "rsa-private-key":
            return _private_key()
        case "rsa-public-key":
            return _public_key(value_of((secret, how.private_key)))
        case "text":
            return "".join(literal + (value_of(place) if place else "") for literal, place in how.parts)


def _private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _public_key(private: str) -> str:
    key = serialization.load_pem_private_key(private.encode(), password=None)
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def keep(file: Path, stack: Stack) -> Values:
    """Return the values of a stack's generated secrets, from `file` or made now and kept there (mode 0600)."""
    kept: Values = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    values = missing(stack, kept)
    if values != kept:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = file.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_text(json.dumps(values, indent=1), encoding="utf-8")
        new.replace(file)
    return values


def by_reference(stack: Stack, values: Values) -> dict[str, dict[str, str]]:
    """Return values by the reference of the Secret that carries them."""
    return {
        reference("Secret", system.namespace_name(secret.namespace), name): values[system.name][name]
        for system in stack.systems.values()
        for name, secret in system.secrets.items()
        if name in values.get(system.name, {})
    }
