"""What must hold between secrets, those who read them, and how their values are made."""

import re
from collections.abc import Iterable, Iterator

from settings.environment import Environment
from settings.faults import Path, quoted
from settings.findings import Finding, elsewhere, unknown
from settings.recipe import KeyPlace, recipe
from settings.secret_source import source_of
from settings.service import Workload
from settings.system import Secret, System

_BLOCK = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
# A Go identifier, or any key in quotes. Source: Go, text/template.
_REFERENCE = re.compile(r'(?<![\w)])\.([A-Za-z_][-.\w]*)|\bindex \. "([^"]*)"')


def check_secret(
    system: System, workload: Workload, path: Path, name: str, keys: Iterable[tuple[Path, str]] = ()
) -> Iterator[Finding]:
    """Yield findings where the pods of a workload cannot read a secret, or lack one of the keys, each with its path."""
    yield from unknown(path, name, system.secrets, "secret")
    secret = system.secrets.get(name)
    if secret is not None:
        for key_path, key in keys:
            yield from unknown(key_path, key, secret.keys, f"key of {name}")
        yield from elsewhere(system, path, "a secret", of=secret.namespace, pods=workload.namespace)


def check_recipes(system: System) -> Iterator[Finding]:
    """Yield findings where a value of a secret is made of a key that there is not, or of itself."""
    needs: dict[KeyPlace, list[KeyPlace]] = {}
    for name, secret in system.secrets.items():
        for key, setting in secret.keys.items():
            path = ("secrets", name, "keys", key, "generate")
            needs[name, key] = []
            try:
                made = recipe(setting.generate)
            except ValueError:
                yield Finding(path, "a brace without its other half", "write {{ or }} for the character itself")
                continue
            if made.kind == "rsa-public-key":
                private = made.private_key
                yield from unknown(path, private, secret.keys, f"key of {name}")
                if private in secret.keys and secret.keys[private].generate != "rsa-private-key":
                    yield Finding(path, f"{quoted(private)} is no RSA key", 'expected a key made by "rsa-private-key"')
            for other, wanted in (place for _, place in made.parts if place is not None):
                yield from unknown(path, other, system.secrets, "secret")
                if other in system.secrets:
                    yield from unknown(path, wanted, system.secrets[other].keys, f"key of {other}")
                    needs[name, key].append((other, wanted))
    yield from _circles(needs)


def _circles(needs: dict[KeyPlace, list[KeyPlace]]) -> Iterator[Finding]:
    for start, first in needs.items():
        waiting, seen = list(first), set(first)
        while waiting:
            for other in needs.get(waiting.pop(), ()):
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
        if start in seen:
            path = ("secrets", start[0], "keys", start[1], "generate")
            yield Finding(path, "a value that is made of itself", "expected a text that leads to made values")


def check_external(environment: Environment, system: System) -> Iterator[Finding]:
    """Yield findings where a secret that a store holds names none, or puts values together that there are not."""
    for name, secret in system.secrets.items():
        if source_of(environment, secret) == "external":
            path: Path = ("secrets", name)
            if secret.store is None:
                known = ", ".join(map(quoted, system.secret_stores)) or "a secretStores entry of the system"
                yield Finding(path, "the source external without a store", f"expected store: {known}")
            yield from _template(path, name, secret)


def _template(path: Path, name: str, secret: Secret) -> Iterator[Finding]:
    for key, text in secret.template.items():
        here = (*path, "template", key)
        yield from unknown(here, key, secret.keys, f"key of {name}")
        rest = _BLOCK.sub("", text)
        if "{{" in rest or "}}" in rest:
            yield Finding(here, "braces without their other half", "expected {{ .KEY }}")
            continue
        references = [match for block in _BLOCK.findall(text) for match in _REFERENCE.findall(block)]
        if not references:
            yield Finding(here, "a text with no other key in it", "expected {{ .KEY }}, the value of another key")
        for plain, inside in references:
            other = plain or inside
            yield from unknown(here, other, secret.keys, f"key of {name}")
            if other in secret.template:
                yield Finding(here, f"{quoted(other)} is put together itself", "expected a key that the store holds")
            elif other in secret.keys and not inside and not other.isidentifier():
                found = f"{quoted(other)} after a dot, which is no identifier"
                yield Finding(here, found, f'expected {{{{ index . "{other}" }}}}')
