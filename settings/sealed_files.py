"""The files of sealed secrets: a stream of SealedSecrets each, as kubeseal writes them and kubectl takes them."""

from collections.abc import Collection, Iterator
from pathlib import Path

from settings.environment import Environment
from settings.faults import Fault, did_you_mean, quoted
from settings.findings import namespace_name
from settings.sealed import COMMITTED, GENERATED, Sealed
from settings.sealed_document import (
    BOUND_TO,
    SEAL_AGAIN,
    faults_of,
    sealed_secret,
)
from settings.secret_source import KEPT_AS_CIPHERTEXT, source_of
from settings.source import Document, try_parse_stream, try_read_stream
from settings.system import System

CERTIFICATE = "certificate.pem"
"""In `secrets/<stack>/`: whom to seal for."""

_Found = tuple[dict[str, Sealed], list[Fault]]


def sealed_of(root: Path, stack: str, environment: Environment, system: System) -> _Found:
    """Return a system's sealed secrets on a stack by name, and what is wrong with them.

    Those that the stack generates are in a file of their own; a file that is not there has none.
    """
    found, faults = read_sealed(root / COMMITTED / stack / f"{system.name}.yaml", root)
    sources = {name: source_of(environment, secret) for name, secret in system.secrets.items()}
    generated = [name for name, source in sources.items() if source == "generated"]
    if generated:
        made, wrong = read_sealed(root / GENERATED / stack / f"{system.name}.yaml", root)
        found = {name: sealed for name, sealed in found.items() if name not in generated}
        # What was made for another namespace or scope is made anew.
        found |= {name: made[name] for name in generated if name in made and not list(_unfit(system, name, made[name]))}
        faults += wrong
    for name, sealed in found.items():
        if sources.get(name) in KEPT_AS_CIPHERTEXT:
            faults += _unfit(system, name, sealed)
    return found, faults


def read_sealed(path: Path, root: Path) -> _Found:
    """Return the sealed secrets of a file by name, and what is wrong with it; a file that is not there has none."""
    try:
        path.lstat()
    except OSError:
        return {}, []
    return _read(*try_read_stream(path, root))


def parse_sealed(text: str | bytes, file: str) -> _Found:
    """Return the sealed secrets in the text of a file by name, and what is wrong with it."""
    return _read(*try_parse_stream(text, file))


def strays(root: Path, stacks: Collection[str], systems: Collection[str]) -> Iterator[Fault]:
    """Yield whatever lies among the committed secrets and belongs to no stack, or to no system of one."""
    for folder in sorted((root / COMMITTED).glob("*")):
        file = folder.relative_to(root).as_posix()
        if _is_note(folder):
            continue
        if folder.name not in stacks:
            expected = did_you_mean(folder.name, stacks)
            yield Fault(file, 0, "", "secrets for no stack", expected)
            continue
        names = [f"{system}.yaml" for system in systems]
        for path in sorted(folder.glob("*")):
            if not _is_note(path) and path.name != CERTIFICATE and path.name not in names:
                expected = did_you_mean(path.name, [*names, CERTIFICATE])
                yield Fault(path.relative_to(root).as_posix(), 0, "", "secrets for no system", expected)


def _is_note(path: Path) -> bool:
    return path.is_file() and (path.suffix == ".md" or path.name == "README" or path.name.startswith(".git"))


def _read(documents: list[Document], faults: tuple[Fault, ...]) -> _Found:
    found: dict[str, Sealed] = {}
    wrong = list(faults)
    for document in documents:
        told = list(faults_of(document))
        wrong += told
        if told:
            continue
        sealed = sealed_secret(document)
        first = found.setdefault(sealed.name, sealed)
        if first is not sealed:
            again = f"the secret {quoted(sealed.name)} again, first on line {first.line}"
            wrong.append(Fault(sealed.file, sealed.line, "metadata.name", again, "expected each secret once"))
    return found, wrong


def _unfit(system: System, name: str, sealed: Sealed) -> Iterator[Fault]:
    """Yield why a controller could not open what the catalog makes of a sealed secret."""
    secret = system.secrets[name]
    if sealed.scope is not secret.scope:
        found = f"{quoted(name)} is sealed for the scope {sealed.scope.value}"
        expected = f"the catalog says {secret.scope.value}: {SEAL_AGAIN}"
        yield Fault(sealed.file, sealed.line, "metadata.annotations", found, expected)
        return
    wanted = namespace_name(system, secret.namespace)
    if "namespace" in BOUND_TO[sealed.scope] and wanted is not None and sealed.namespace != wanted:
        found = f"{quoted(name)} is sealed for the namespace {quoted(sealed.namespace)}"
        expected = f"the catalog says {quoted(wanted)}: {SEAL_AGAIN}"
        yield Fault(sealed.file, sealed.line, "metadata.namespace", found, expected)
