"""Files of sealed secrets: what is taken of them, and what is refused without a word of what is in them."""

import base64
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settings.ciphertext import content_size, digest
from settings.sealed import Scope
from settings.sealed_document import DIGEST, MOST_CONTENT
from settings.sealed_files import parse_sealed, read_sealed
from tests.projects import Project
from tests.unit.settings.sealed import WIDE, ciphertext, document

DEV = "Pulumi.dev.yaml"
SEALED = (DEV, "mutableTags: true", "mutableTags: true, secrets: sealed")
FILE = "secrets/dev/shop.yaml"
GENERATED = ".naru/secrets/dev/shop.yaml"
PLAIN = "apiVersion: v1\nkind: Secret\nmetadata: { name: db, namespace: shop }\nstringData: { password: hunter2 }\n"
AGAIN = "take the document out and seal it again"
ONE = ciphertext()
OVER = ciphertext(MOST_CONTENT // 2 + 1)


def told(text: str | bytes) -> list[str]:
    """Return the lines that refuse a file."""
    return [str(fault) for fault in parse_sealed(text, "f")[1]]


def flipped(text: str, bit: int) -> str:
    raw = bytearray(base64.b64decode(text))
    raw[bit // 8] ^= 1 << bit % 8
    return base64.b64encode(raw).decode()


class TestReading:
    def test_documents_come_by_name_with_their_lines(self) -> None:
        text = document("one", {"a": ONE, "b": ciphertext(0)}) + "# more\n" + document("two")
        found, faults = parse_sealed(text, "f")
        assert faults == []
        assert [(sealed.name, sealed.namespace, sealed.line) for sealed in found.values()] == [
            ("one", "shop", 6),
            ("two", "shop", 23),
        ]
        assert found["one"].lines == {"a": 10, "b": 11}
        assert found["one"].values == {"a": ONE, "b": ciphertext(0)}
        assert found["two"].lines == {"password": 27}

    def test_lines_are_those_of_the_file(self) -> None:
        text = "# a note\n\n" + document("one") + "---\n\n" + document("two")
        found, _ = parse_sealed(text, "f")
        lines = text.splitlines()
        assert [lines[sealed.line - 1].strip() for sealed in found.values()] == ["name: one", "name: two"]
        assert [lines[line - 1].strip()[:8] for sealed in found.values() for line in sealed.lines.values()] == [
            "password"
        ] * 2

    @pytest.mark.parametrize("text", ["", "---\n", "# a note\n---\n\n---\n# another\n"])
    def test_file_may_be_empty(self, text: str) -> None:
        assert parse_sealed(text, "f") == ({}, [])

    def test_lines_may_end_as_on_windows(self) -> None:
        text = (document("one") + document("two")).replace("\n", "\r\n")
        found, faults = parse_sealed(text, "f")
        assert (list(found), faults) == (["one", "two"], [])

    @pytest.mark.parametrize(
        ("annotations", "scope"),
        [
            ({}, Scope.STRICT),
            ({WIDE + "namespace-wide": "true"}, Scope.NAMESPACE_WIDE),
            ({WIDE + "cluster-wide": "true"}, Scope.CLUSTER_WIDE),
            ({WIDE + "namespace-wide": "true", WIDE + "cluster-wide": "true"}, Scope.CLUSTER_WIDE),
            ({WIDE + "cluster-wide": "false"}, Scope.STRICT),
        ],
    )
    def test_scope_is_that_of_the_annotations(self, annotations: dict[str, str], scope: Scope) -> None:
        found, faults = parse_sealed(document(annotations=annotations), "f")
        assert (found["db"].scope, faults) == (scope, [])

    def test_cluster_wide_secret_needs_no_namespace(self) -> None:
        text = document(annotations={WIDE + "cluster-wide": "true"}).replace("  namespace: shop\n", "", 1)
        assert parse_sealed(text, "f")[0]["db"].namespace == ""

    @pytest.mark.parametrize("key", [256, 384, 512])
    def test_size_of_what_was_sealed_is_known(self, key: int) -> None:
        assert content_size(ciphertext(77, key=key)) == 77

    def test_digest_is_of_keys_and_ciphertext_in_any_order(self) -> None:
        assert digest({"a": "x", "b": "y"}) == digest({"b": "y", "a": "x"})
        assert re.fullmatch("[0-9a-f]{16}", digest({}))
        assert len({digest({"a": "x", "b": "y"}), digest({"a": "y", "b": "x"}), digest({"ab": "xy"})}) == 3

    def test_digest_that_fits_is_accepted(self) -> None:
        assert told(document(annotations={DIGEST: digest({"password": ONE})})) == []

    def test_file_that_is_not_there_has_none(self, tmp_path: Path) -> None:
        assert read_sealed(tmp_path / "gone.yaml", tmp_path) == ({}, [])


REFUSED: dict[str, tuple[str | bytes, str]] = {
    "a-secret-in-the-clear": (
        PLAIN,
        "f:2: kind: a Secret that anyone can read; "
        "take it out, change its values where they count, then `naru seal` them",
    ),
    "a-secret-in-the-clear-among-others": (
        document() + "---\n" + PLAIN,
        "f:18: kind: a Secret that anyone can read; "
        "take it out, change its values where they count, then `naru seal` them",
    ),
    "another-kind": (
        "kind: ConfigMap\n",
        'f:1: kind: the kind "ConfigMap"; expected "SealedSecret"',
    ),
    "no-kind": ("stringData: { password: hunter2 }\n", 'f:1: kind: no kind; expected "SealedSecret"'),
    "another-version": (
        document().replace("v1alpha1", "v2"),
        'f:2: apiVersion: the apiVersion "bitnami.com/v2"; expected "bitnami.com/v1alpha1"',
    ),
    "no-name": (
        document().replace("  name: db\n", "", 1),
        "f:4: metadata.name: no name; expected the one it was sealed for",
    ),
    "no-namespace": (
        document().replace("  namespace: shop\n", "", 1),
        "f:4: metadata.namespace: no namespace; expected the one it was sealed for",
    ),
    "no-ciphertext": (
        "\n".join(line for line in document().splitlines() if "password" not in line) + "\n",
        "f:9: spec.encryptedData: no ciphertext; expected a map of keys to ciphertext",
    ),
    "one-secret-twice": (
        document() + document(namespace="other"),
        'f:21: metadata.name: the secret "db" again, first on line 6; expected each secret once',
    ),
    "one-key-twice": (
        document().replace("  template:", f"    password: {ONE}\n  template:"),
        'f:11: spec.encryptedData.password: the key "password" again, first on line 10; expected each key once',
    ),
    "what-is-no-base64": (
        document(values={"password": "hunter2!"}),
        "f:10: spec.encryptedData.password: ciphertext that is no base64; "
        "expected ciphertext of kubeseal or `naru seal`",
    ),
    "a-number": (
        document(values={"password": "12345678"}),
        "f:10: spec.encryptedData.password: a value that is no text; expected ciphertext of kubeseal or `naru seal`",
    ),
    **{
        f"what-is-no-ciphertext-{name}": (
            document(values={"password": text}),
            "f:10: spec.encryptedData.password: text that is no ciphertext, or not all of one; "
            "expected ciphertext of kubeseal or `naru seal`",
        )
        for name, text in {
            "a-value-in-base64": base64.b64encode(b"hunter2").decode(),
            "of-another-key": ciphertext(key=300),
            "without-a-tag": base64.b64encode(base64.b64decode(ciphertext(0))[:-1]).decode(),
            "empty": '""',
        }.items()
    },
    "a-flipped-bit": (
        document(values={"password": flipped(ONE, 2100)}, annotations={DIGEST: digest({"password": ONE})}),
        f"f:11: spec.encryptedData: ciphertext that was changed after it was sealed; bring it back, or {AGAIN}",
    ),
    "ciphertext-of-another-key": (
        document(
            values={"a": ONE, "b": ciphertext(seed=2)},
            annotations={DIGEST: digest({"b": ONE, "a": ciphertext(seed=2)})},
        ),
        f"f:11: spec.encryptedData: ciphertext that was changed after it was sealed; bring it back, or {AGAIN}",
    ),
    "more-than-a-secret-holds": (
        document(values={"a": OVER, "b": OVER}),
        "f:9: spec.encryptedData: 1,048,578 bytes of content; a Secret has at most 1 MiB",
    ),
    "another-name-than-it-was-sealed-for": (
        document(sealed_for=("bd", "shop")),
        f'f:6: metadata.name: "db", but sealed for the name "bd"; opens nowhere else: {AGAIN}',
    ),
    "another-namespace-than-it-was-sealed-for": (
        document(sealed_for=("db", "stop")),
        f'f:7: metadata.namespace: "shop", but sealed for the namespace "stop"; opens nowhere else: {AGAIN}',
    ),
    "another-namespace-than-it-was-sealed-for-under-any-name": (
        document(sealed_for=("bd", "stop"), annotations={WIDE + "namespace-wide": "true"}),
        f'f:9: metadata.namespace: "shop", but sealed for the namespace "stop"; opens nowhere else: {AGAIN}',
    ),
    "a-template-with-values": (
        document() + "    data: { password: hunter2 }\n",
        'f:16: spec.template.data: unknown key "data"; did you mean "metadata"?',
    ),
    "values-beside-the-ciphertext": (
        document() + "stringData: { password: hunter2 }\n",
        'f:16: stringData: unknown key "stringData"; '
        'expected one of "apiVersion", "kind", "metadata", "spec", "status"',
    ),
    "another-type-of-secret": (
        document() + "    type: kubernetes.io/tls\n",
        'f:16: spec.template.type: a type of its own; Naru makes Secrets of the type "Opaque"',
    ),
    "a-copy-of-the-secret-in-an-annotation": (
        document(annotations={"kubectl.kubernetes.io/last-applied-configuration": "hunter2"}),
        'f:6: metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"]: '
        "a copy of the Secret, in the clear; take it out, and change its values",
    ),
    "an-annotation-that-is-no-text": (
        document(annotations={WIDE + "cluster-wide": "true"}).replace('"true"', "true"),
        'f:6: metadata.annotations["sealedsecrets.bitnami.com/cluster-wide"]: a value that is no text; '
        'expected text: "true" in quotes',
    ),
    "what-is-no-yaml": (
        document() + "---\na: [hunter2\n",
        'f:18: a list in [ ] that is not closed; expected "," or "]"',
    ),
    "a-value-that-is-an-alias": (
        PLAIN.replace("hunter2", "*hunter2"),
        "f:4: stringData.password: an alias without an anchor; if it is text, put the value in quotes",
    ),
    "a-value-that-is-a-tag": (
        PLAIN.replace("hunter2", "!hunter2 x"),
        "f:4: stringData.password: a tag; write the value without a tag",
    ),
    "a-list": ("- a\n", 'f:1: found a list; expected a map: lines of "key: value"'),
    "what-is-no-utf-8": (b"a: \xff\n", "f:1: byte 0xff at offset 3 is not UTF-8; save the file as UTF-8"),
}


@pytest.mark.parametrize(("text", "line"), [pytest.param(*case, id=key) for key, case in REFUSED.items()])
def test_file_that_no_controller_opens_is_refused_in_one_line(text: str | bytes, line: str) -> None:
    assert told(text) == [line]


@pytest.mark.parametrize("wide", ["namespace-wide", "cluster-wide"])
def test_name_does_not_matter_to_wider_scopes(wide: str) -> None:
    assert told(document(sealed_for=("bd", "shop"), annotations={WIDE + wide: "true"})) == []


def test_namespace_does_not_matter_to_the_widest_scope() -> None:
    assert told(document(sealed_for=("db", "stop"), annotations={WIDE + "cluster-wide": "true"})) == []


class TestProjects:
    """What is in the files, against what the catalog says."""

    def test_sealed_secrets_are_part_of_the_stack(self, project: Project) -> None:
        project.change(*SEALED)
        project.write(FILE, document())
        sealed = project.load().stack.sealed["shop"]["db"]
        assert (sealed.file, sealed.line, sealed.values) == (FILE, 6, {"password": ONE})
        assert project.faults() == []

    def test_stack_without_files_has_none(self, project: Project) -> None:
        assert project.load().stack.sealed == {}

    def test_generated_secrets_come_from_their_own_file(self, project: Project) -> None:
        project.change(DEV, "mutableTags: true", "mutableTags: true, secrets: generated")
        project.change(DEV, "tier: development", "tier: local")
        assert project.load().stack.sealed == {}
        project.write(GENERATED, document(values={"password": ciphertext(seed=7)}))
        project.write(FILE, document())
        assert project.load().stack.sealed["shop"]["db"].values == {"password": ciphertext(seed=7)}

    def test_generated_file_is_not_read_where_nothing_is_generated(self, project: Project) -> None:
        project.change(*SEALED)
        project.write(FILE, document())
        project.write(GENERATED, "no: secret\n")
        assert project.faults() == []

    @pytest.mark.parametrize(
        ("text", "secret", "line"),
        [
            pytest.param(
                document(namespace="stop"),
                "db: { keys: { password: {} } }",
                f'{FILE}:6: metadata.namespace: "db" is sealed for the namespace "stop"; '
                f'the catalog says "shop": {AGAIN}',
                id="another-namespace",
            ),
            pytest.param(
                document(),
                "db: { scope: cluster-wide, keys: { password: {} } }",
                f'{FILE}:6: metadata.annotations: "db" is sealed for the scope strict; '
                f"the catalog says cluster-wide: {AGAIN}",
                id="another-scope",
            ),
            pytest.param(
                document(namespace="stop", annotations={WIDE + "namespace-wide": "true"}),
                "db: { scope: namespace-wide, keys: { password: {} } }",
                f'{FILE}:8: metadata.namespace: "db" is sealed for the namespace "stop"; '
                f'the catalog says "shop": {AGAIN}',
                id="another-namespace-for-any-name",
            ),
            pytest.param(
                document(namespace="stop", annotations={WIDE + "cluster-wide": "true"}),
                "db: { scope: cluster-wide, keys: { password: {} } }",
                None,
                id="any-namespace",
            ),
            pytest.param(
                PLAIN, "db: { keys: { password: {} } }", f"{FILE}:2: {REFUSED['a-secret-in-the-clear'][1][5:]}"
            ),
        ],
    )
    def test_secret_that_would_not_open_is_refused(
        self, project: Project, text: str, secret: str, line: str | None
    ) -> None:
        project.change(*SEALED)
        project.change("catalog/shop.yaml", "db: { keys: { password: {} } }", secret)
        project.write(FILE, text)
        assert project.faults("dev") == ([] if line is None else [line])

    def test_secret_in_the_clear_is_refused_whatever_the_source_is(self, project: Project) -> None:
        project.write(FILE, PLAIN)
        assert len(project.faults("dev")) == 1

    def test_ciphertext_of_another_source_need_not_fit(self, project: Project) -> None:
        project.write(FILE, document(namespace="stop"))
        assert project.faults() == []

    def test_folder_in_place_of_a_file_is_told(self, project: Project) -> None:
        (project.root / FILE).mkdir(parents=True)
        assert project.faults() == [f"{FILE}: a directory; expected a YAML file"]

    def test_folder_for_no_stack_is_told(self, project: Project) -> None:
        project.write("secrets/prd/shop.yaml", document())
        assert project.faults() == ['secrets/prd: secrets for no stack; did you mean "prod"?']
        assert project.faults("prod") == []

    def test_file_for_no_system_is_told(self, project: Project) -> None:
        project.write("secrets/prod/shop.yml", document())
        assert project.faults() == ['secrets/prod/shop.yml: secrets for no system; did you mean "shop.yaml"?']

    def test_certificate_and_notes_may_lie_beside(self, project: Project) -> None:
        for file in ("secrets/README.md", "secrets/dev/README.md", "secrets/dev/certificate.pem", "secrets/dev/README"):
            project.write(file, "x")
        assert project.faults() == []


WORDS = st.text("abcdefghijklmnopqrstuvwxyz0123456789!*&:{}[]#-'\" ", min_size=6, max_size=12)


class TestSecrecy:
    @pytest.mark.parametrize("text", [case[0] for case in REFUSED.values()], ids=REFUSED)
    def test_no_fault_shows_a_value(self, text: str | bytes) -> None:
        said = "".join(told(text))
        values = re.findall(r"[A-Za-z0-9+/]{12}(?=[A-Za-z0-9+/]{40})", str(text))
        assert not [part for part in ("hunter2", "12345678", *values) if part in said]

    @settings(max_examples=200, deadline=None)
    @given(
        value=WORDS.map(lambda word: f"v4{word}"),
        style=st.sampled_from(["{}", '"{}"', "'{}'", "|\n          {}", "!{}", "*{}"]),
    )
    def test_no_fault_shows_any_value_of_a_secret(self, value: str, style: str) -> None:
        for text in (
            f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\nstringData:\n  PASS: {style.format(value)}\n",
            document(values={"PASS": style.format(value)}),
        ):
            assert value not in "".join(told(text))

    @settings(max_examples=100, deadline=None)
    @given(bit=st.integers(0, (2 + 256 + 12 + 16) * 8 - 1))
    def test_any_flipped_bit_is_noticed_and_nothing_is_shown(self, bit: int) -> None:
        changed = flipped(ONE, bit)
        lines = told(document(values={"password": changed}, annotations={DIGEST: digest({"password": ONE})}))
        assert len(lines) == 1
        assert changed[:8] not in lines[0]

    def test_nothing_of_a_project_shows_a_value(self, project: Project) -> None:
        project.change(*SEALED)
        for text, _ in REFUSED.values():
            project.write(FILE, text)
            said = "".join(project.faults("dev"))
            assert said
            assert "hunter2" not in said


@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_content_is_accepted_or_refused(content: bytes) -> None:
    found, faults = parse_sealed(content, "f")
    assert found == {}
    # What is never closed is told at the end of the file, which may be a line that is not there.
    assert all(
        0 <= fault.line <= len(re.findall(rb"[\r\n]|\xc2\x85|\xe2\x80[\xa8\xa9]", content)) + 2 for fault in faults
    )
