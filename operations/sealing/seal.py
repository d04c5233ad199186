"""`naru seal`: values of one secret to ciphertext in its file."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from operations.api_server import ApiError, ContextError, UnreachableError, connect
from operations.exits import Exit
from operations.output import say, write_lines
from operations.sealing import certificate, file, values
from operations.sealing.certificate import Certificate
from operations.sealing.format import label, seal
from settings.faults import Fault, SettingsError, did_you_mean, quoted
from settings.loaded import Loaded
from settings.loading import load
from settings.sealed import COMMITTED, Sealed
from settings.sealed_files import CERTIFICATE
from settings.secret_source import source_of
from settings.stack import Stack
from settings.system import Secret


@dataclass(frozen=True, slots=True)
class Target:
    """A secret of a stack, and the file its ciphertext is in."""

    stack: Stack
    system: str
    name: str
    secret: Secret

    @property
    def called(self) -> str:
        """What people call it."""
        return f"{self.system}/{self.name}"

    @property
    def file(self) -> str:
        """The path of its file below the project's folder."""
        return f"{COMMITTED}/{self.stack.name}/{self.system}.yaml"

    @property
    def namespace(self) -> str:
        """The name in the cluster of its namespace."""
        return self.stack.systems[self.system].namespace_name(self.secret.namespace)

    def holding(self, ciphertext: Mapping[str, str], certificates: Iterable[str] = ()) -> Sealed:
        """Return it with this ciphertext, sealed for the certificates of these fingerprints."""
        known = tuple(sorted(set(certificates)))
        return Sealed(self.name, self.namespace, self.secret.scope, dict(ciphertext), self.file, 0, certificates=known)


@dataclass(frozen=True, slots=True)
class Sources:
    """What the options of the command say of where values come from; nothing asks for them."""

    files: Sequence[str] = ()
    env_file: Path | None = None
    stdin: str | None = None

    @property
    def given(self) -> bool:
        """Whether any option names values."""
        return bool(self.files or self.env_file or self.stdin)


def run(
    root: Path, stack: str, secret: str, sources: Sources, certificate_file: Path | None, keys: Sequence[str] = ()
) -> int:
    """Seal values of one secret; of the `keys`, or of all it declares, nothing else is asked for.

    Raises SettingsError and Stop before anything is written.
    """
    loaded = load(root, stack)
    target = find(loaded, secret)
    for key in keys:
        if key not in target.secret.keys:
            # What follows a = may be a value, given by mistake.
            shown = key.partition("=")[0]
            raise _unfit(target.called, f"no key {quoted(shown)}", did_you_mean(shown, target.secret.keys))
    present = file.kept(root / target.file, root)
    kept = present.get(target.name, target.holding({}))
    before = kept.values
    sealing_for = certificate.usable(choose(root, loaded.stack, certificate_file))
    warn(sealing_for)
    if sources.given:
        found = values.given(sources.files, sources.env_file, sources.stdin, target.secret.keys)
    else:
        say(f"{target.called} on {stack}, sealed for {sealing_for.place} ({sealing_for.fingerprint})")
        found = values.asked(keys or target.secret.keys, before)
    values.check(target.called, found, target.secret.keys, before)
    bound_to = label(target.secret.scope, target.namespace, target.name)
    new = {key: seal(value.value, sealing_for.key, bound_to) for key, value in found.items()}
    if new:
        others = kept.certificates if before.keys() - new.keys() else ()
        after = target.holding({**before, **new}, (*others, sealing_for.fingerprint))
        secrets = file.merged(present, after)
        header = file.header(root / target.file, secrets, sealing_for)
        file.write(root / target.file, file.text(header, secrets))
        write_lines([f"sealed {', '.join(new)} of {target.called} in {target.file}"])
    else:
        write_lines([f"nothing was given, so {target.file} stays as it is"])
    for line in remaining(target, {**before, **new}):
        say(line)
    return Exit.OK


def find(loaded: Loaded, called: str) -> Target:
    """Return the secret of a stack that is meant. Raises SettingsError for one that is not there, or not sealed."""
    stack = loaded.stack
    system, _, name = called.partition("/")
    if system not in stack.systems:
        raise _unfit(called, f"no system {quoted(system)}", did_you_mean(system, stack.systems))
    secrets = stack.systems[system].secrets
    if name not in secrets:
        known = did_you_mean(name, secrets) or f"{system} declares none"
        raise _unfit(called, f"no secret {quoted(name)}" if name else "no secret", known)
    source = source_of(stack.environment, secrets[name])
    if source != "sealed":
        expected = {
            "generated": "`naru local up` makes and seals its values",
            "external": "its values are in its store",
            "existing": "its values are in the cluster",
        }[source]
        raise _unfit(called, f"its source is {source} on {stack.name}", expected)
    return Target(stack, system, name, secrets[name])


def choose(root: Path, stack: Stack, given: Path | None) -> Certificate:
    """Return the certificate to seal with: the one given, the committed one, else the controller's.

    Raises SettingsError where there is none.
    """
    if given is not None:
        return certificate.read(given, str(given))
    place = f"{COMMITTED}/{stack.name}/{CERTIFICATE}"
    if (root / place).exists():
        return certificate.read(root / place, place)
    name = stack.environment.primary
    try:
        server = connect(stack.environment.clusters[name], root)
    except (ContextError, UnreachableError, ApiError) as error:
        expected = "commit the controller's certificate there, or make its cluster reachable"
        raise SettingsError([Fault(place, 0, "", f"no certificate, and {name}: {error}", expected)]) from None
    return certificate.of_cluster(server, name)


def warn(found: Certificate, tell: Callable[[str], None] = say) -> None:
    """Tell what there is to say of a certificate that may be used."""
    warning = found.warning(datetime.now(UTC))
    if warning:
        tell(f"warning: {warning}")


def remaining(target: Target, sealed: Mapping[str, str]) -> list[str]:
    """Return a line for what is still missing, and one for what nobody declares."""
    missing = [key for key in target.secret.keys if key not in sealed]
    superfluous = [key for key in sealed if key not in target.secret.keys]
    lines = [f"missing: {', '.join(missing)} of {target.called}"] if missing else []
    return [*lines, *([f"superfluous: {', '.join(superfluous)} in {target.file}"] if superfluous else [])]


def _unfit(called: str, found: str, expected: str) -> SettingsError:
    return SettingsError([Fault(called, 0, "", found, expected)])
