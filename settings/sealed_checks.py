"""What of the sealed secrets lacks, and what of them nobody needs. A file is right without either."""

from collections.abc import Collection, Iterator

from settings.faults import Fault, did_you_mean, dotted, quoted
from settings.loaded import Loaded
from settings.sealed import COMMITTED, GENERATED, Sealed
from settings.secret_source import KEPT_AS_CIPHERTEXT, source_of
from settings.service import Service, Workload
from settings.system import System


def unsealed(loaded: Loaded, sources: Collection[str] = KEPT_AS_CIPHERTEXT) -> list[Fault]:
    """Return each key that a secret of those sources declares and its file lacks, where it is declared."""
    stack = loaded.stack
    faults = []
    for system in stack.systems.values():
        for name, secret in system.secrets.items() if system.enabled else ():
            source = source_of(stack.environment, secret)
            if source not in KEPT_AS_CIPHERTEXT or source not in sources:
                continue
            made = source == "generated"
            file = f"{GENERATED if made else COMMITTED}/{stack.name}/{system.name}.yaml"
            command = "naru local up" if made else f"naru seal {system.name}/{name} --stack {stack.name}"
            found = stack.sealed.get(system.name, {}).get(name)
            for key in secret.keys:
                if found is None or key not in found.values:
                    position, path = loaded.merged[system.name].locate(("secrets", name, "keys", key))
                    faults.append(Fault(*position, path, f"no ciphertext in {file}", f"run `{command}`"))
    return faults


def superfluous(loaded: Loaded) -> list[Fault]:
    """Return what is sealed and not declared, and what is declared to be sealed and read by no pod, sorted."""
    faults: list[Fault] = []
    for system in loaded.stack.systems.values():
        for name, sealed in loaded.stack.sealed.get(system.name, {}).items():
            faults += _undeclared(loaded, system, name, sealed)
        for name, key in _unread(loaded, system):
            position, path = loaded.merged[system.name].locate(("secrets", name, "keys", key))
            found = f"the key {quoted(key)} of {quoted(name)}, which no pod reads (on {loaded.stack.name})"
            faults.append(Fault(*position, path, found, "take it out, or name it where it is read"))
    return sorted(set(faults))


def _undeclared(loaded: Loaded, system: System, name: str, sealed: Sealed) -> Iterator[Fault]:
    secret = system.secrets.get(name)
    if secret is None:
        found = f"{system.name} has no secret {quoted(name)}"
        yield Fault(
            sealed.file, sealed.line, "metadata.name", found, did_you_mean(name, system.secrets) or "take it out"
        )
        return
    source = source_of(loaded.stack.environment, secret)
    if source not in KEPT_AS_CIPHERTEXT:
        found = f"ciphertext of {quoted(name)}, whose source is {source}"
        yield Fault(sealed.file, sealed.line, "metadata.name", found, "take it out")
        return
    for key in sealed.values:
        if key not in secret.keys:
            path = dotted(("spec", "encryptedData", key))
            line = sealed.lines.get(key, sealed.line)
            yield Fault(sealed.file, line, path, f"no key {quoted(key)} of {name}", did_you_mean(key, secret.keys))


def _unread(loaded: Loaded, system: System) -> Iterator[tuple[str, str]]:
    """Yield the keys of sealed secrets that no pod of the system reads, whether the stack enables it or not."""
    read: set[tuple[str, str]] = set()
    for workload in (*system.services.values(), *system.data_stores.values()):
        read.update(_reads(system, workload))
    for name, secret in system.secrets.items():
        if source_of(loaded.stack.environment, secret) == "sealed":
            yield from ((name, key) for key in secret.keys if (name, key) not in read)


def _reads(system: System, workload: Workload) -> Iterator[tuple[str, str]]:
    whole: list[str] = []
    for container in (workload, *workload.sidecars.values()):
        yield from ((reference.secret, reference.key) for reference in container.secret_env.values())
        yield from ((files.secret, key) for files in container.secret_files.values() for key in files.items.values())
        whole += container.secret_env_from
    if isinstance(workload, Service) and workload.migration is not None:
        whole.append(workload.migration.secret)
    for name in whole:
        if name in system.secrets:
            yield from ((name, key) for key in system.secrets[name].keys)
