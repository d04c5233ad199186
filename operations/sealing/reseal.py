"""`naru reseal`: ciphertext that the keys at hand open, sealed anew with another certificate."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from operations.api_server import ApiError, ContextError, UnreachableError, connect
from operations.exits import Exit
from operations.output import say, write_lines
from operations.sealing import certificate, file
from operations.sealing.certificate import Certificate
from operations.sealing.format import CannotOpenError, label_of, seal, unseal
from operations.sealing.seal import warn
from operations.selection import chosen
from settings.faults import Fault, SettingsError, dotted, unreadable
from settings.loading import load
from settings.sealed import COMMITTED, Sealed
from settings.sealed_files import CERTIFICATE
from settings.stack import Stack


@dataclass(frozen=True, slots=True)
class Resealed:
    """One secret under the new certificate, and the keys that nothing at hand opened."""

    sealed: Sealed
    opened: int
    unopened: tuple[str, ...] = field(default=())


def run(
    root: Path,
    name: str,
    named: Sequence[str],
    *,
    certificate_file: Path,
    private_keys: Sequence[Path],
    partial: bool,
    dry_run: bool,
) -> int:
    """Seal the committed values of a stack anew. Raises SettingsError, and nothing is written, unless all of them open.

    With `partial` those that open are sealed anew, and the others stay as they are; with `dry_run` nothing is written.
    """
    stack = load(root, name).stack
    new = certificate.usable(certificate.read(certificate_file, str(certificate_file)))
    warn(new)
    files = {f"{COMMITTED}/{name}/{system}.yaml": system for system in chosen(stack, named)}
    present = {path: found for path in files if (found := file.kept(root / path, root))}
    keys = _keys(root, stack, private_keys) if present else []
    outcomes = {path: [reseal(sealed, keys, new) for sealed in found.values()] for path, found in present.items()}
    faults = [
        _unopened(outcome.sealed, key, files[path], name)
        for path, resealed in outcomes.items()
        for outcome in resealed
        for key in outcome.unopened
    ]
    count = sum(outcome.opened for resealed in outcomes.values() for outcome in resealed)
    if faults and not (partial and count):
        raise SettingsError(faults)
    told = f"the certificate {new.fingerprint}, until {new.until:%Y-%m-%d}"
    if dry_run:
        for fault in faults:
            say(f"to type again: {fault}")
        write_lines([f"{count} values open and would be sealed for {told}; nothing was written"])
        return Exit.FAULTS if faults else Exit.OK
    texts = {root / path: _text(root / path, [one.sealed for one in found], new) for path, found in outcomes.items()}
    for place, text in texts.items():
        file.write(place, text)
    committed = root / COMMITTED / name / CERTIFICATE
    if committed.exists():
        file.write(committed, new.pem.decode())
    for fault in faults:
        say(f"to type again: {fault}")
    write_lines([f"{count} values are sealed for {told}"])
    return Exit.FAULTS if faults else Exit.OK


def reseal(sealed: Sealed, keys: Sequence[RSAPrivateKey], new: Certificate) -> Resealed:
    """Return a secret with each value that opens under the new certificate, and the others as they were."""
    values, unopened = dict(sealed.values), []
    for key, ciphertext in sealed.values.items():
        try:
            values[key] = seal(unseal(ciphertext, keys, label_of(sealed)), new.key, label_of(sealed))
        except CannotOpenError:
            unopened.append(key)
    others = sealed.certificates if unopened else ()
    certificates = tuple(sorted({*others, new.fingerprint})) if len(unopened) < len(values) else others
    return Resealed(
        replace(sealed, values=values, certificates=certificates), len(values) - len(unopened), tuple(unopened)
    )


def _text(path: Path, secrets: list[Sealed], new: Certificate) -> str:
    return file.text(file.header(path, secrets, new), secrets)


def _keys(root: Path, stack: Stack, files: Sequence[Path]) -> list[RSAPrivateKey]:
    if files:
        contents = []
        for path in files:
            try:
                contents.append((str(path), path.read_bytes()))
            except OSError as error:
                found = unreadable(error)
                raise SettingsError([Fault(str(path), 0, "", found, "expected a PEM private key")]) from None
        return certificate.parse_private_keys(contents)
    cluster = stack.environment.primary
    try:
        return certificate.private_keys(connect(stack.environment.clusters[cluster], root))
    except (ApiError, ContextError, UnreachableError) as error:
        expected = "give --private-key PEM, or get the right to read Secrets in kube-system"
        found = f"no private key at hand: {error}"
        raise SettingsError([Fault(cluster, 0, "", found, expected)]) from None


def _unopened(sealed: Sealed, key: str, system: str, stack: str) -> Fault:
    path = dotted(("spec", "encryptedData", key))
    found = f"no key at hand opens {key} of {sealed.name}: another certificate's, or changed since it was sealed"
    expected = f"type it again: naru seal {system}/{sealed.name} --stack {stack} --key {key}"
    return Fault(sealed.file, sealed.lines.get(key, sealed.line), path, found, expected)
