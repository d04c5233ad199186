"""`naru seal`, `seal --check` and `reseal` from outside: what is written and refused, and that no value is shown."""

import base64
import getpass
import io
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from operations.__main__ import main
from operations.exits import Exit
from operations.sealing.certificate import Certificate
from operations.sealing.format import label_of, unseal
from settings.sealed_files import parse_sealed
from tests.unit.operations.sealing_builders import a_certificate, a_key, pem

Project = Callable[..., Path]
Capture = pytest.CaptureFixture[str]

VALUE = "correct-horse-battery-staple"
SECRETS = """\
secrets:
  db: { source: sealed, keys: { user: {}, password: {} } }
  mine: { source: existing, keys: { token: {} } }
"""
READS = "    secretEnvFrom: [db, mine]\n"
FILE = "secrets/test/shop.yaml"


@dataclass(frozen=True)
class Shop:
    """A project whose stack `test` seals the secret `shop/db`."""

    root: Path

    def add(self, file: str, text: str | bytes) -> Path:
        """Write a file of the project."""
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def committed(self, certificate: Certificate) -> None:
        """Have a certificate to seal with."""
        self.add("secrets/test/certificate.pem", certificate.pem)

    def seal(self, *words: str) -> int:
        """Run the command."""
        return main(["seal", "shop/db", "--stack", "test", *words])

    def opened(self) -> dict[str, bytes]:
        """Return the values in the file, as the controller has them."""
        found, faults = parse_sealed((self.root / FILE).read_bytes(), FILE)
        assert faults == []
        sealed = found["db"]
        return {key: unseal(text, [a_key()], label_of(sealed)) for key, text in sealed.values.items()}

    def files(self) -> dict[str, bytes]:
        """Return every file of the project."""
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes() for path in self.root.rglob("*") if path.is_file()
        }


@pytest.fixture
def shop(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A project with a certificate, nobody at the terminal, and a TMPDIR that ends as empty as it began."""
    root = project()
    catalog = root / "catalog" / "shop.yaml"
    text = catalog.read_text(encoding="utf-8").replace("    ports:", f"{READS}    ports:")
    catalog.write_text(text + SECRETS, encoding="utf-8")
    made = Shop(root)
    made.committed(a_certificate())
    temporary = root / ".temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    yield made
    assert list(temporary.iterdir()) == []


def piped(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def typed(monkeypatch: pytest.MonkeyPatch, answers: dict[str, str]) -> None:
    def answer(prompt: str) -> str:
        return answers.get(prompt.split(maxsplit=1)[0], "")

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(getpass, "getpass", answer)


def by_file(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    return ["--from-file", f"password={shop.add('value.txt', VALUE)}"]


def by_env_file(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    return ["--from-env-file", str(shop.add("value.txt", f"# a comment\n\npassword={VALUE}\n"))]


def by_stdin(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    piped(monkeypatch, f"{VALUE}\n".encode())
    return ["--from-stdin", "password"]


def by_hand(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    typed(monkeypatch, {"password": VALUE})
    return ["--key", "password"]


Giving = Callable[[Shop, pytest.MonkeyPatch], list[str]]


@pytest.mark.parametrize("giving", [by_file, by_env_file, by_stdin, by_hand])
def test_a_value_is_sealed_and_shown_nowhere(
    shop: Shop, giving: Giving, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    words = giving(shop, monkeypatch)
    assert shop.seal(*words) == Exit.OK
    (shop.root / "value.txt").unlink(missing_ok=True)
    assert shop.opened() == {"password": VALUE.encode()}
    captured = capsys.readouterr()
    assert captured.out == f"sealed password of shop/db in {FILE}\n"
    assert "missing: user of shop/db" in captured.err
    assert VALUE not in captured.out + captured.err
    encoded = base64.b64encode(VALUE.encode())
    assert not [file for file, content in shop.files().items() if VALUE.encode() in content or encoded in content]


def test_keys_that_are_not_given_stay_as_they_are(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.add("env", "user=shop\npassword=old\n")
    assert shop.seal("--from-env-file", "env") == Exit.OK
    before, _ = parse_sealed((shop.root / FILE).read_bytes(), FILE)
    piped(monkeypatch, b"new")
    assert shop.seal("--from-stdin", "password") == Exit.OK
    after, _ = parse_sealed((shop.root / FILE).read_bytes(), FILE)
    assert after["db"].values["user"] == before["db"].values["user"]
    assert shop.opened() == {"user": b"shop", "password": b"new"}


def test_other_secrets_of_the_file_stay_as_they_are(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shop.seal(*by_stdin(shop, monkeypatch)) == Exit.OK
    text = (shop.root / FILE).read_text(encoding="utf-8")
    other = "---\n" + text.split("---\n", 1)[1].replace("name: db", "name: other")
    shop.add(FILE, text + other)
    assert shop.seal(*by_stdin(shop, monkeypatch)) == Exit.OK
    found, faults = parse_sealed((shop.root / FILE).read_bytes(), FILE)
    assert faults == []
    assert found["other"].values == parse_sealed(other, "f")[0]["other"].values


def test_an_empty_answer_leaves_a_key_as_it_is(shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    typed(monkeypatch, {})
    assert shop.seal() == Exit.OK
    assert "nothing was given" in capsys.readouterr().out
    assert not (shop.root / FILE).exists()


@pytest.mark.parametrize("answer", ["-----BEGIN PRIVATE KEY-----", "x" * 4095])
def test_an_answer_that_is_only_the_beginning_of_a_value_is_refused(
    shop: Shop, answer: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    typed(monkeypatch, {"password": answer})
    assert shop.seal() == Exit.FAULTS
    assert "the answer: password: the first line of several" in capsys.readouterr().err
    assert not (shop.root / FILE).exists()


def test_values_may_be_any_bytes(shop: Shop) -> None:
    content = bytes(range(256)) + b"\n"
    shop.add("value.bin", content)
    assert shop.seal("--from-file", "password=value.bin") == Exit.OK
    assert shop.opened() == {"password": content}


def test_nobody_at_the_terminal_is_told_what_to_give(shop: Shop, capsys: Capture) -> None:
    assert shop.seal() == Exit.USAGE
    assert "--from-env-file" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--key", "user", "--from-stdin", "user"], ["--json", "--from-stdin", "user"]])
def test_options_that_do_not_go_together_are_wrong_usage(shop: Shop, words: list[str], capsys: Capture) -> None:
    assert shop.seal(*words) == Exit.USAGE
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (shop.root / FILE).exists()


BAD = {
    "a-key-nobody-declares": (
        ["--from-file", "pasword=value.txt"],
        "value.txt: a key that shop/db does not declare; did",
    ),
    "a-key-to-ask-for-that-there-is-not": (["--key", "pasword"], 'shop/db: no key "pasword"; did you mean "password"?'),
    "a-key-given-twice": (
        ["--from-file", "user=value.txt", "--from-file", "user=value.txt"],
        "value.txt: a key that was given already; expected each key once",
    ),
    "a-value-in-place-of-a-file": (["--from-file", VALUE], "--from-file: no KEY=PATH; expected such as"),
    "a-file-that-is-not-there": (
        ["--from-file", "user=gone"],
        "--from-file user: cannot be read: no such file or directory; expected KEY=PATH",
    ),
    "an-empty-value": (
        ["--from-file", "user=empty"],
        "empty: user: an empty value; expected one, or leave the key out",
    ),
    "more-than-a-secret-holds": (
        ["--from-file", "user=huge"],
        "shop/db: 1,048,577 bytes of values; a Secret has at most",
    ),
    "a-line-without-a-key": (["--from-env-file", "value.txt"], "value.txt:1: a line without =; expected KEY=VALUE;"),
    "an-env-file-that-is-no-text": (["--from-env-file", "binary"], "binary: no UTF-8 text; give it by --from-file"),
    "a-value-with-an-equals-sign-in-place-of-a-file": (
        ["--from-file", f"postgres://{VALUE}@h/db?ssl=true"],
        "--from-file: cannot be read: no such file or directory; expected KEY=PATH",
    ),
    "a-value-in-place-of-an-env-file": (
        ["--from-env-file", f"password={VALUE}"],
        "--from-env-file: cannot be read: no such file or directory; expected lines KEY=VALUE",
    ),
    "a-value-beside-a-key-to-ask-for": (
        ["--key", f"pasword={VALUE}"],
        'shop/db: no key "pasword"; did you mean "password"?',
    ),
    "a-certificate-that-is-none": (["--certificate", "value.txt"], "value.txt: no certificate; expected a PEM"),
    "a-certificate-that-is-not-there": (["--certificate", "gone"], "gone: cannot be read: no such file or directory;"),
    "a-certificate-that-ended": (["--certificate", "ended.pem"], "ended.pem: a certificate that ended on "),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_and_nothing_is_written(case: str, shop: Shop, capsys: Capture) -> None:
    words, said = BAD[case]
    for file, content in {
        "value.txt": VALUE.encode(),
        "empty": b"",
        "huge": b"x" * (1024 * 1024 + 1),
        "binary": b"\xff\xfe",
        "ended.pem": a_certificate(days=-1).pem,
    }.items():
        shop.add(file, content)
    before = shop.files()
    assert shop.seal(*words) == Exit.FAULTS
    captured = capsys.readouterr()
    [line] = captured.err.splitlines()
    assert line.startswith(said), line
    assert captured.out == ""
    assert VALUE not in line
    assert shop.files() == before


def test_what_is_sealed_already_counts_for_the_size(shop: Shop, capsys: Capture) -> None:
    shop.add("large", b"x" * 600_000)
    assert shop.seal("--from-file", "user=large") == Exit.OK
    before = shop.files()
    capsys.readouterr()
    assert shop.seal("--from-file", "password=large") == Exit.FAULTS
    assert capsys.readouterr().err == "shop/db: 1,200,000 bytes of values; a Secret has at most 1 MiB\n"
    assert shop.files() == before
    assert shop.seal("--from-file", "user=large") == Exit.OK


@pytest.mark.parametrize("inside", ["\x0c", "\x1c", "\x85", "\u2028", "\r"], ids=ascii)
@pytest.mark.parametrize("end", ["\n", "\r\n", ""], ids=ascii)
def test_a_line_of_an_env_file_ends_where_the_line_ends(shop: Shop, inside: str, end: str) -> None:
    shop.add("env", f"\ufeffuser=shop{end or chr(10)}password=abc{inside}#def{end}")
    assert shop.seal("--from-env-file", "env") == Exit.OK
    assert shop.opened() == {"user": b"shop", "password": f"abc{inside}#def".encode()}


def test_what_a_terminal_would_show_is_not_read(shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    typed(monkeypatch, {"password": VALUE})
    assert shop.seal("--from-stdin", "password") == Exit.USAGE
    assert "ask without echo by --key" in capsys.readouterr().err

    def shows(prompt: str) -> str:
        warnings.warn("Can not control echo on the terminal.", getpass.GetPassWarning, stacklevel=2)
        return VALUE

    monkeypatch.setattr(getpass, "getpass", shows)
    assert shop.seal() == Exit.USAGE
    assert "this terminal shows what is typed" in capsys.readouterr().err
    assert not (shop.root / FILE).exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["shop/bd", "--stack", "test"], 'shop/bd: no secret "bd"; expected one of "db", "mine"'),
        (["shp/db", "--stack", "test"], 'shp/db: no system "shp"; did you mean "shop"?'),
        (["shop", "--stack", "test"], "shop: no secret; expected one of"),
        (["shop/mine", "--stack", "test"], "shop/mine: its source is existing on test; its values are in the cluster"),
        (["shop/db", "--stack", "tset"], 'Pulumi.tset.yaml: no such stack; did you mean "test"?'),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_secret_that_cannot_be_sealed_is_one_line(shop: Shop, words: list[str], said: str, capsys: Capture) -> None:
    assert main(["seal", *words]) == Exit.FAULTS
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(said), line


def test_without_a_certificate_or_a_cluster_it_says_where_one_belongs(shop: Shop, capsys: Capture) -> None:
    (shop.root / "secrets" / "test" / "certificate.pem").unlink()
    (shop.root / "secrets" / "test").rmdir()
    shop.add("value.txt", VALUE)
    assert shop.seal("--from-file", "password=value.txt") == Exit.FAULTS
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("secrets/test/certificate.pem: no certificate, and main: ")
    assert not (shop.root / FILE).exists()


def sealed(shop: Shop) -> None:
    shop.add("env", f"user=shop\npassword={VALUE}\n")
    assert shop.seal("--from-env-file", "env") == Exit.OK
    (shop.root / "env").unlink()


def test_check_passes_when_every_key_is_sealed(shop: Shop, capsys: Capture) -> None:
    sealed(shop)
    capsys.readouterr()
    assert main(["seal", "--check"]) == Exit.OK
    assert capsys.readouterr().out == "2 sealed values: none lacks, none is superfluous\n"


def flipped(text: str, *, digest: bool = False) -> str:
    """Return a file with one bit of a ciphertext changed, and without the digest that tells."""
    told = ("    naru/sealed-", "  annotations:")
    lines = [line for line in text.splitlines() if digest or not line.startswith(told)]
    at = next(number for number, line in enumerate(lines) if line.startswith("    password: "))
    ciphertext = lines[at].partition(": ")[2]
    raw = bytearray(base64.b64decode(ciphertext))
    raw[-1] ^= 1
    lines[at] = f"    password: {base64.b64encode(raw).decode()}"
    return "\n".join(lines) + "\n"


CHANGES: dict[str, tuple[Callable[[str], str], str]] = {
    "a-key-that-lacks": (
        lambda text: "",
        "no ciphertext in secrets/test/shop.yaml; run `naru seal shop/db --stack test`",
    ),
    "another-namespace": (
        lambda text: text.replace("namespace: shop", "namespace: mail"),
        'is sealed for the namespace "mail"; the catalog says "shop"',
    ),
    "a-secret-in-the-clear": (
        lambda text: f"apiVersion: v1\nkind: Secret\nmetadata: {{ name: db }}\nstringData: {{ password: {VALUE} }}\n",
        "a Secret that anyone can read",
    ),
    "a-flipped-bit": (lambda text: flipped(text, digest=True), "ciphertext that was changed after it was sealed"),
    "a-key-twice": (lambda text: text.replace("    password: ", "    password: x\n    password: ", 1), "password"),
    "a-secret-nobody-declares": (
        lambda text: text + "---\n" + text.split("---\n", 1)[1].replace("name: db", "name: bd"),
        'shop has no secret "bd"; expected one of',
    ),
}


@pytest.mark.parametrize("case", CHANGES)
def test_check_finds_what_is_wrong_with_a_file(case: str, shop: Shop, capsys: Capture) -> None:
    sealed(shop)
    change, said = CHANGES[case]
    shop.add(FILE, change((shop.root / FILE).read_text(encoding="utf-8")))
    capsys.readouterr()
    assert main(["seal", "--check"]) == Exit.FAULTS
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.err.startswith(("secrets/test/shop.yaml:", "catalog/shop.yaml:"))
    assert VALUE not in captured.err


def test_check_finds_a_certificate_that_ended_and_warns_of_one_that_will(shop: Shop, capsys: Capture) -> None:
    sealed(shop)
    shop.committed(a_certificate(days=10))
    assert main(["seal", "--check"]) == Exit.OK
    assert "the certificate ends on" in capsys.readouterr().err
    shop.committed(a_certificate(days=-1))
    assert main(["seal", "--check", "--stack", "test"]) == Exit.FAULTS
    told = capsys.readouterr().err.splitlines()
    assert "another certificate than secrets/test/certificate.pem" in told[0]
    assert told[1].startswith("secrets/test/certificate.pem: a certificate that ended on ")


def renewed(shop: Shop) -> list[str]:
    """Return the words that seal anew for another certificate, with the old key at hand."""
    shop.add("new.pem", a_certificate(a_key("new")).pem)
    return [
        "reseal",
        "--stack",
        "test",
        "--certificate",
        "new.pem",
        "--private-key",
        str(shop.add("old", pem(a_key()))),
    ]


def test_reseal_keeps_the_values_and_changes_the_certificate(shop: Shop, capsys: Capture) -> None:
    sealed(shop)
    assert main(renewed(shop)) == Exit.OK
    found, _ = parse_sealed((shop.root / FILE).read_bytes(), FILE)
    values = {key: unseal(text, [a_key("new")], label_of(found["db"])) for key, text in found["db"].values.items()}
    assert values == {"user": b"shop", "password": VALUE.encode()}
    assert (shop.root / "secrets/test/certificate.pem").read_bytes() == (shop.root / "new.pem").read_bytes()
    captured = capsys.readouterr()
    assert "2 values are sealed for the certificate" in captured.out
    assert VALUE not in captured.out + captured.err


def test_reseal_writes_nothing_where_a_value_does_not_open(shop: Shop, capsys: Capture) -> None:
    sealed(shop)
    shop.add(FILE, flipped((shop.root / FILE).read_text(encoding="utf-8")))
    words = renewed(shop)
    before = shop.files()
    capsys.readouterr()
    assert main(words) == Exit.FAULTS
    [line] = capsys.readouterr().err.splitlines()
    assert "no key at hand opens password of db" in line
    assert "type it again: naru seal shop/db --stack test --key password" in line
    assert shop.files() == before


def test_partial_reseal_leaves_what_does_not_open(shop: Shop, capsys: Capture) -> None:
    sealed(shop)
    shop.add(FILE, flipped((shop.root / FILE).read_text(encoding="utf-8")))
    before, _ = parse_sealed((shop.root / FILE).read_bytes(), FILE)
    assert main([*renewed(shop), "--partial"]) == Exit.FAULTS
    found, faults = parse_sealed((shop.root / FILE).read_bytes(), FILE)
    assert faults == []
    assert found["db"].values["password"] == before["db"].values["password"]
    assert unseal(found["db"].values["user"], [a_key("new")], label_of(found["db"])) == b"shop"
    assert "to type again: " in capsys.readouterr().err


@pytest.mark.parametrize("partial", [[], ["--partial"]], ids=["whole", "partial"])
def test_reseal_tells_what_opens_and_writes_nothing_when_it_is_asked_to(
    shop: Shop, partial: list[str], capsys: Capture
) -> None:
    sealed(shop)
    words = [*renewed(shop), *partial, "--dry-run"]
    before = shop.files()
    capsys.readouterr()
    assert main(words) == Exit.OK
    assert capsys.readouterr().out.startswith("2 values open and would be sealed for the certificate ")
    assert shop.files() == before
    shop.add(FILE, flipped((shop.root / FILE).read_text(encoding="utf-8")))
    before = shop.files()
    assert main(words) == Exit.FAULTS
    assert "no key at hand opens password of db" in capsys.readouterr().err
    assert shop.files() == before


@pytest.mark.parametrize(
    ("file", "said"),
    [("gone", "gone: cannot be read: "), ("new.pem", "new.pem: no private key; expected a PEM private")],
)
def test_reseal_without_a_key_is_one_line(shop: Shop, file: str, said: str, capsys: Capture) -> None:
    sealed(shop)
    words = [*renewed(shop)[:-1], file]
    capsys.readouterr()
    assert main(words) == Exit.FAULTS
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(said)


def test_check_takes_no_secret(capsys: Capture, shop: Shop) -> None:
    assert main(["seal", "shop/db", "--check"]) == Exit.USAGE
    assert "leave out the secret" in capsys.readouterr().err
    assert os.environ["TMPDIR"] == str(shop.root / ".temporary")
