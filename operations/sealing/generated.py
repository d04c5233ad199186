"""Random values for the secrets of a stack that generates them: made and sealed once, kept as ciphertext alone."""

import hashlib
import secrets
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from operations.api_server import ApiError, ApiServer, ContextError, UnreachableError, connect
from operations.exits import Exit, Stop
from operations.sealing import certificate, file
from operations.sealing.certificate import Certificate
from operations.sealing.format import CannotOpenError, label, label_of, seal, unseal
from settings.faults import SettingsError
from settings.loaded import Loaded
from settings.loading import load
from settings.recipe import KeyPlace, Recipe, recipe
from settings.sealed import GENERATED, Sealed
from settings.sealed_checks import unsealed
from settings.sealed_files import CERTIFICATE, read_sealed
from settings.secret_source import source_of
from settings.stack import Stack
from settings.system import Secret, System

Recipes = Mapping[KeyPlace, str]
"""How the value of each key of a system is made."""
_PRIVATE = "-----BEGIN PRIVATE KEY-----"


def ensure(root: Path, stack: Stack, server: ApiServer) -> bool:
    """Make and seal what a stack generates and lacks; tell whether anything was made.

    Values that others are put together of are opened with the controller's own keys. Where the controller is another
    one than before, everything is made anew. Raises SettingsError, ApiError and UnreachableError.
    """
    wanted = {name: found for name, system in stack.systems.items() if (found := _generated(stack, system))}
    if not wanted:
        return False
    current = certificate.usable(certificate.of_cluster(server, stack.environment.primary))
    folder = root / GENERATED / stack.name
    kept_for = folder / CERTIFICATE
    same = kept_for.is_file() and kept_for.read_bytes() == current.pem
    headers = {name: _header(stack.systems[name]) for name in wanted}
    if same and not any(_lacks(root, stack, name, found, headers[name]) for name, found in wanted.items()):
        return False
    keys = certificate.private_keys(server)
    made = False
    for name, found in wanted.items():
        path = folder / f"{name}.yaml"
        present, _ = read_sealed(path, root)
        after = complete(stack.systems[name], found, present, lambda sealed, key: _opened(sealed, key, keys), current)
        made |= file.write(path, file.text(headers[name], after), private=True)
    file.write(kept_for, current.pem.decode(), private=True)
    return made


def prepared(root: Path, name: str) -> Loaded:
    """Load a stack with every value that it generates made and sealed, and refuse it where one lacks.

    Raises SettingsError and Stop. A cluster that cannot be reached is left to whoever needs it next.
    """
    loaded = load(root, name)
    stack = loaded.stack
    if any(_generated(stack, system) for system in stack.systems.values()):
        try:
            server = connect(stack.environment.clusters[stack.environment.primary], root)
        except (ApiError, ContextError, UnreachableError):
            return loaded
        try:
            if ensure(root, stack, server):
                loaded = load(root, name)
        except (ApiError, UnreachableError) as error:
            raise Stop(Exit.REFUSED, f"refused: {stack.environment.primary}: {error}") from None
    lacking = unsealed(loaded)
    if lacking:
        raise SettingsError(lacking)
    return loaded


def complete(
    system: System,
    wanted: Mapping[str, Secret],
    present: Mapping[str, Sealed],
    opened: Callable[[Sealed, str], str | None],
    current: Certificate,
) -> list[Sealed]:
    """Return the secrets a system generates, whole: what opens stays as it is sealed, the rest is made and sealed now.

    `opened` gives the value of one key of a present secret, None where no key opens it.
    """
    recipes = {(name, key): setting.generate for name, secret in wanted.items() for key, setting in secret.keys.items()}
    known = {
        (name, key): value
        for name, key in recipes
        if name in present and key in present[name].values and (value := opened(present[name], key)) is not None
    }
    known = consistent(recipes, known)
    values = fill(recipes, known)
    found = []
    for name, secret in wanted.items():
        target = Sealed(name, system.namespace_name(secret.namespace), secret.scope, {}, "", 0)
        stays = name in present and label_of(present[name]) == label_of(target)
        bound_to = label(target.scope, target.namespace, target.name)
        ciphertext = {
            key: present[name].values[key]
            if stays and (name, key) in known
            else seal(values[name, key].encode(), current.key, bound_to)
            for key in secret.keys
        }
        found.append(Sealed(name, target.namespace, target.scope, ciphertext, "", 0))
    return found


def consistent(recipes: Recipes, known: Mapping[KeyPlace, str]) -> dict[KeyPlace, str]:
    """Return the known values without those that are made of one that is not known, or now made in another way."""
    left = {place: value for place, value in known.items() if _fits(recipes[place], value)}
    while True:
        stale = [
            place
            for place, value in left.items()
            if any(part not in left for part in _parts(place, recipes[place]))
            or _derived(place, recipes[place], left) not in (None, value)
        ]
        if not stale:
            return left
        for place in stale:
            del left[place]


def fill(recipes: Recipes, known: Mapping[KeyPlace, str]) -> dict[KeyPlace, str]:
    """Return all values: those known, and the others made now.

    Raises ValueError for a text that names a key no secret of the system has.
    """
    made = dict(known)
    for place in recipes:
        _make(place, recipes, made)
    return made


def _generated(stack: Stack, system: System) -> dict[str, Secret]:
    if not system.enabled:
        return {}
    return {
        name: secret for name, secret in system.secrets.items() if source_of(stack.environment, secret) == "generated"
    }


def _lacks(root: Path, stack: Stack, system: str, wanted: Mapping[str, Secret], header: str) -> bool:
    sealed = stack.sealed.get(system, {})
    if any(name not in sealed or secret.keys.keys() != sealed[name].values.keys() for name, secret in wanted.items()):
        return True
    path = root / GENERATED / stack.name / f"{system}.yaml"
    return not path.read_text(encoding="utf-8").startswith(header)


def _header(system: System) -> str:
    """Return what a file of generated values begins with: it tells whether a recipe has changed since."""
    recipes = (
        f"{name}/{key} {made.generate}\n"
        for name, secret in system.secrets.items()
        for key, made in secret.keys.items()
    )
    digest = hashlib.sha256("".join(sorted(recipes)).encode()).hexdigest()[:16]
    return f"{file.GENERATED_HEADER}# Recipes: {digest}\n"


def _opened(sealed: Sealed, key: str, keys: list[rsa.RSAPrivateKey]) -> str | None:
    try:
        return unseal(sealed.values[key], keys, label_of(sealed)).decode()
    except (CannotOpenError, UnicodeDecodeError):
        return None


def _fits(text: str, value: str) -> bool:
    """Return whether a value that is random is of its recipe's kind: it may have been made by another one."""
    kind = recipe(text).kind
    return kind not in {"password", "rsa-private-key"} or value.startswith(_PRIVATE) == (kind == "rsa-private-key")


def _derived(place: KeyPlace, text: str, known: Mapping[KeyPlace, str]) -> str | None:
    """Return a value that is made of others, None for one that is random."""
    how = recipe(text)
    return None if how.kind in {"password", "rsa-private-key"} else _value(place[0], how, known.__getitem__)


def _parts(place: KeyPlace, text: str) -> Iterator[KeyPlace]:
    how = recipe(text)
    if how.kind == "rsa-public-key":
        yield place[0], how.private_key
    yield from (part for _, part in how.parts if part is not None)


def _make(place: KeyPlace, recipes: Recipes, made: dict[KeyPlace, str]) -> str:
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
