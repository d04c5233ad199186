"""What a YAML file may hold, and what is said about one that holds anything else."""

import os
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from settings import source, syntax
from settings.compose import MAX_DEPTH
from settings.faults import SettingsError
from settings.source import MAX_BYTES, parse, read, try_parse, try_read


@pytest.fixture(params=[yaml.CSafeLoader, syntax.PortableLoader], ids=["libyaml", "portable"])
def _each_parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syntax, "LOADER", request.param)


def refusal(text: str | bytes) -> list[str]:
    """Give the lines that refuse a text, without the name of its file."""
    with pytest.raises(SettingsError) as caught:
        parse(text, "f.yaml")
    return [line.removeprefix("f.yaml") for line in str(caught.value).splitlines()]


@pytest.mark.usefixtures("_each_parser")
class TestScalars:
    @pytest.mark.parametrize("text", ["no", "yes", "on", "off", "y", "n", "NO", "True", "FALSE", "Null", "NULL"])
    def test_words_other_than_true_false_and_null_are_text(self, text: str) -> None:
        assert parse(f"country: {text}", "f.yaml").data == {"country": text}

    @pytest.mark.parametrize("text", ["0777", "0o17", "0x1F", "1_000", "1:30", "1e3", ".5", "1.", ".inf", ".nan", "08"])
    def test_numbers_other_than_plain_decimals_are_text(self, text: str) -> None:
        assert parse(f"a: {text}", "f.yaml").data == {"a": text}

    @pytest.mark.parametrize("text", ["2026-01-31", "2026-01-31T10:00:00Z", "=", "1.2.3", "9" * 5000, "1." + "0" * 500])
    def test_dates_versions_and_endless_digits_are_text(self, text: str) -> None:
        assert parse(f"a: {text}", "f.yaml").data == {"a": text}

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            *(("true", True), ("false", False), ("null", None), ("~", None), ("", None)),
            *(("0", 0), ("-7", -7), ("+7", 7), ("8080", 8080), ("1.5", 1.5), ("-0.25", -0.25)),
        ],
    )
    def test_plain_constants_and_numbers(self, text: str, value: object) -> None:
        data = parse(f"a: {text}", "f.yaml").data
        assert data == {"a": value}
        assert type(data["a"]) is type(value)

    @pytest.mark.parametrize("text", ['"true"', "'8080'", '"~"', "|-\n  1.5", ">-\n  null"])
    def test_quoted_and_block_scalars_are_text(self, text: str) -> None:
        assert isinstance(parse(f"a: {text}", "f.yaml").data["a"], str)

    def test_quoted_text_after_the_same_plain_text_stays_text(self) -> None:
        assert parse('a: 1\nb: "1"\nc: 1', "f.yaml").data == {"a": 1, "b": "1", "c": 1}


@pytest.mark.usefixtures("_each_parser")
class TestFaults:
    @pytest.mark.parametrize(
        ("text", "line"),
        [
            ("a: [1, 2\nb: 3\n", ':2: a list in [ ] that is not closed; expected "," or "]"'),
            ("a: {x: 1\n", ':2: a map in { } that is not closed; expected "," or "}"'),
            ('b: 1\na: "abc\nc: 1\n', ":2: a quotation that is never closed; expected a closing quotation mark"),
            ("a: b: c", ':1: a ":" where no key can be; check the indentation, or put the value in quotes'),
            ("a:\n\tb: 1", ":2: a tab in the indentation; indent with spaces"),
            ("a:\n  b: 1\n\tc: 2", ":3: a tab in the indentation; indent with spaces"),
            ("a: |\n\tb", ":2: a tab in the indentation; indent with spaces"),
            ("a: 1\nlost\nb: 2", ':2: a line without ":"; expected "key: value"'),
            ("a: @x", ':1: a value that begins with "@"; put the value in quotes'),
            ("a: %x", ':1: a value that begins with "%"; put the value in quotes'),
            ("a: * * *", ':1: a value that begins with "*" or "&"; put the value in quotes'),
            ("a: !<x", ':1: a value that begins with "!"; put the value in quotes'),
            ("a: ]", ":1: a bracket or a comma where a value is to begin; put the value in quotes"),
            ('a: "x" y', ":1: more text after the end of a value; put the value in quotes, all of it"),
            ('a: "\\q"', ":1: an escape that YAML does not know; use single quotes, or write two backslashes"),
            ('a: "\\ud800"', ":1: an escape that YAML does not know; use single quotes, or write two backslashes"),
            ('a: "\\UFFFFFFFF"', ":1: an escape that YAML does not know; use single quotes, or write two backslashes"),
            ("a: - b", ':1: a "- " where no list can begin; begin the list on a line of its own'),
            ("a: |x\n  b", ":1: text that begins beside its | or >; begin it on the next line, indented by spaces"),
            ("!e!x: 1", ":1: a tag; write the value without a tag"),
            ("a: 1\n...\nb", ":3: text after the end of the document; keep one document in a file"),
            ("%YAML 3.0\n---\na: 1", ":1: a version of YAML other than 1.1 and 1.2; leave the %YAML line out"),
            ("b: 1\na: \x01", ":2: the control character U+0001; remove it, or escape it in double quotes"),
        ],
    )
    def test_syntax_is_explained_at_the_line_to_mend(self, text: str, line: str) -> None:
        assert refusal(text) == [line]

    @pytest.mark.parametrize("text", ["a:\n  b: 1\n c: 2\n", "- a\nb: 1\n", "a: 1\n- b\n", "a: 1\n}\n"])
    def test_uneven_indentation_is_named(self, text: str) -> None:
        (line,) = refusal(text)
        assert "indented differently from its neighbours; expected one indentation" in line

    def test_duplicate_key_names_both_lines(self) -> None:
        assert refusal("s:\n  a: 1\n  b: 2\n  a: 3\n") == [
            ':4: s.a: the key "a" again, first on line 2; expected each key once'
        ]

    def test_quoted_and_plain_spelling_are_the_same_key(self) -> None:
        assert "first on line 1" in refusal("a: 1\n'a': 2")[0]

    @pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n", "---\n...\n", "\ufeff"])
    def test_empty_file_is_refused(self, text: str) -> None:
        assert refusal(text) == [": an empty file; expected a map"]

    @pytest.mark.parametrize(
        ("text", "found"), [("- a\n- b", "a list"), ("[]", "a list"), ("hunter2", "a single value"), ("~", "a single")]
    )
    def test_only_a_map_can_be_at_the_top(self, text: str, found: str) -> None:
        (line,) = refusal(text)
        assert line.startswith(f":1: found {found}")
        assert "expected a map" in line
        assert "hunter2" not in line

    @pytest.mark.parametrize(
        ("key", "found"), [("8080", "number 8080"), ("true", "true"), ("null", "null"), ("1.5", "number 1.5")]
    )
    def test_key_that_is_not_text_is_to_be_quoted(self, key: str, found: str) -> None:
        assert refusal(f"ports:\n  {key}: x")[0].endswith(f'{found} as a key; put it in quotes: "{key}"')

    @pytest.mark.parametrize("text", ["a: {{ x }}", "? [a]\n: b", "a: &a b\n*a : c"])
    def test_key_that_is_no_scalar_is_refused(self, text: str) -> None:
        assert "a map, a list or an alias as a key" in refusal(text)[0]

    @pytest.mark.parametrize("key", ["!!str a", "&x a"])
    def test_key_with_tag_or_anchor_is_refused(self, key: str) -> None:
        assert "a key with a tag or an anchor" in refusal(f"{key}: 1")[0]

    def test_words_of_other_languages_are_keys(self) -> None:
        assert parse("on: 1\nno: 2\ny: 3", "f.yaml").data == {"on": 1, "no": 2, "y": 3}

    @pytest.mark.parametrize(
        "tag", ["!!str", "!!int", "!!binary", "!!python/object:os.system", "!custom", "!", "!!timestamp"]
    )
    def test_tags_are_refused(self, tag: str) -> None:
        assert refusal(f"a: {tag} x") == [f':1: a: a tag "{tag}"; write the value without a tag']

    def test_second_document_is_refused_at_its_line(self) -> None:
        assert refusal("a: 1\n---\nb: 2\n") == [":2: a second document; keep one document in a file"]

    def test_merge_key_is_refused(self) -> None:
        assert refusal("a: &a {x: 1}\nb:\n  <<: *a\n") == [
            ":3: b.<<: a merge key; put what is shared into a lower layer"
        ]

    def test_alias_without_anchor_is_refused(self) -> None:
        assert refusal("a:\n  - *nope") == [
            ':2: a[0]: an alias "*nope" without an anchor; if it is text, put the value in quotes'
        ]

    def test_anchor_is_given_once(self) -> None:
        assert refusal("a: &x 1\nb: &x 2") == [':2: b: an anchor that exists already "&x"; give it a new name']

    def test_value_that_contains_itself_is_refused(self) -> None:
        assert refusal("a: &a\n  b: [*a]") == [
            ':2: a.b[0]: an alias "*a" inside its own anchor; a value cannot contain itself'
        ]

    @pytest.mark.parametrize("value", ["*hunter2", "!hunter2 x", "&x 1\nb: 1\ntoken: &x 1"])
    def test_secret_values_are_not_repeated(self, value: str) -> None:
        assert "hunter2" not in "".join(refusal(f"password: {value}"))

    def test_all_faults_of_a_file_are_given_at_once(self) -> None:
        lines = refusal("a: 1\na: 2\n8080: x\nb: !t y\nc: *nope\nd: [\n")
        assert [line.split(":")[1] for line in lines] == ["2", "3", "4", "5", "7"]

    @pytest.mark.parametrize(
        "text",
        ["[" * 5000, "{a: " * 5000, "a:\n  " + "- " * 5000, "".join(f"{' ' * depth}a:\n" for depth in range(2000))],
        ids=["[[", "{{", "- -", "indented"],
    )
    def test_deep_nesting_is_refused(self, text: str) -> None:
        (line,) = refusal(text)
        assert f"more than {MAX_DEPTH} levels of nesting" in line
        assert len(line) < 120

    def test_nesting_up_to_the_limit_is_read(self) -> None:
        depth = MAX_DEPTH - 1
        assert parse("a: " + "[" * depth + "]" * depth, "f.yaml").data

    def test_anchor_bomb_is_refused_without_unfolding_it(self) -> None:
        levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 100)]
        (line,) = refusal("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "\n".join(levels))
        assert "aliases that unfold to more than 1,000,000 values" in line

    def test_bomb_of_nested_maps_is_refused(self) -> None:
        levels = [f"a{n}: &a{n} {{x: *a{n - 1}}}" for n in range(1, 2000)]
        assert "levels of nesting" in refusal("a0: &a0 {x: 1}\n" + "\n".join(levels))[0]


@pytest.mark.usefixtures("_each_parser")
class TestText:
    @pytest.mark.parametrize(
        ("raw", "line"),
        [
            (b"a: 1\nb: caf\xe9\n", ":2: byte 0xe9 at offset 11 is not UTF-8; save the file as UTF-8"),
            ("a: 1".encode("utf-16"), ":1: byte 0xff at offset 0 is not UTF-8; save the file as UTF-8"),
            ("a: \ud800", ":1: byte 0xed at offset 3 is not UTF-8; save the file as UTF-8"),
        ],
    )
    def test_text_that_is_not_utf8_is_refused_at_its_line(self, raw: str | bytes, line: str) -> None:
        assert refusal(raw) == [line]

    def test_byte_order_mark_is_skipped(self) -> None:
        document = parse(b"\xef\xbb\xbfa: 1\n", "f.yaml")
        assert document.data == {"a": 1}
        assert document.line(("a",)) == 1

    def test_byte_order_mark_moves_no_column(self) -> None:
        assert refusal("\ufeffa: @x") == [':1: a value that begins with "@"; put the value in quotes']

    def test_windows_line_ends_count_as_one_line(self) -> None:
        assert parse(b"a: 1\r\nb: 2\r\n", "f.yaml").line(("b",)) == 2

    def test_huge_file_is_refused(self) -> None:
        assert refusal(b"#" * (MAX_BYTES + 1)) == [": a file of more than 5 MB; expected settings written by people"]


@pytest.mark.usefixtures("_each_parser")
class TestLines:
    TEXT = """\
# comment
services:
  api:
    image: plate
    hosts:
      - one
      - {name: two,
         port: 2}
    text: |
      several
      lines
    far:

      value
    empty:
shared: &s
  x: 1
again: *s
"""

    @pytest.mark.parametrize(
        ("path", "key_line", "line"),
        [
            ((), 0, 0),
            (("services",), 2, 2),
            (("services", "api"), 3, 3),
            (("services", "api", "image"), 4, 4),
            (("services", "api", "hosts"), 5, 5),
            (("services", "api", "hosts", 0), 6, 6),
            (("services", "api", "hosts", 1), 7, 7),
            (("services", "api", "hosts", 1, "port"), 8, 8),
            (("services", "api", "text"), 9, 9),
            (("services", "api", "far"), 12, 14),
            (("services", "api", "empty"), 15, 15),
            (("again",), 18, 18),
            (("again", "x"), 17, 17),
        ],
    )
    def test_every_key_and_value_knows_its_line(self, path: tuple[str | int, ...], key_line: int, line: int) -> None:
        document = parse(self.TEXT, "f.yaml")
        assert (document.key_line(path), document.line(path)) == (key_line, line)

    @pytest.mark.parametrize(
        ("path", "line"),
        [
            (("services", "api", "nothing", "here"), 3),
            (("services", "api", "hosts", 7), 5),
            (("services", "api", "hosts", "x"), 5),
            (("services", "api", "image", "x"), 4),
            (("nothing",), 0),
        ],
    )
    def test_unknown_path_has_the_line_of_its_deepest_known_part(self, path: tuple[str | int, ...], line: int) -> None:
        assert parse(self.TEXT, "f.yaml").line(path) == line


class TestFiles:
    def test_file_is_named_relative_to_the_root(self, tmp_path: Path) -> None:
        file = tmp_path / "catalog" / "plate.yaml"
        file.parent.mkdir()
        file.write_text("a: 1\n")
        document = read(file, tmp_path)
        assert document.file == "catalog/plate.yaml"
        assert document.data == {"a": 1}

    def test_file_outside_the_root_has_its_whole_name(self, tmp_path: Path) -> None:
        file = tmp_path / "plate.yaml"
        file.write_text("a: 1\n")
        assert read(file, tmp_path / "project").file == file.as_posix()

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("plat.yaml", 'plat.yaml: no such file; did you mean "plate.yaml"?'),
            ("zzz.yaml", "zzz.yaml: no such file"),
            ("away/plate.yaml", 'away/plate.yaml: no such file; its folder "away" is missing too'),
            ("folder", "folder: a directory; expected a YAML file"),
            ("pipe", "pipe: neither file nor directory; expected a YAML file"),
        ],
    )
    def test_what_cannot_be_opened_is_explained(self, tmp_path: Path, name: str, said: str) -> None:
        (tmp_path / "plate.yaml").write_text("a: 1\n")
        (tmp_path / "notes.txt").write_text("")
        (tmp_path / "folder").mkdir()
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(SettingsError, match=f"^{re.escape(said)}$"):
            read(tmp_path / name, tmp_path)

    def test_file_that_may_not_be_read_is_explained(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        file = tmp_path / "plate.yaml"
        file.write_text("a: 1\n")

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)
        with pytest.raises(SettingsError, match=r"^plate\.yaml: cannot be read: permission denied$"):
            read(file, tmp_path)

    def test_huge_file_is_not_read_to_its_end(self, tmp_path: Path) -> None:
        file = tmp_path / "huge.yaml"
        with file.open("wb") as opened:
            opened.truncate(10 * MAX_BYTES)
        with pytest.raises(SettingsError, match="more than 5 MB"):
            read(file, tmp_path)


class TestFaultsBesideADocument:
    @pytest.mark.parametrize("text", ["a: 1\na: 1", "a: !t 1", "1: x", "a: 1\n---\nb: 1", "a: &x 1\nb: &x 1"])
    def test_harmless_faults_leave_a_document_to_look_further_in(self, text: str) -> None:
        document, faults = try_parse(text, "f.yaml")
        assert document is not None
        assert len(faults) == 1

    @pytest.mark.parametrize("text", ["a: [", "a: *x", "a: &x [*x]", "<<: {a: 1}", "- a", "", "{{ a }}: 1", b"\xff"])
    def test_faults_that_change_the_meaning_leave_none(self, text: str | bytes) -> None:
        document, faults = try_parse(text, "f.yaml")
        assert document is None
        assert len(faults) == 1

    def test_missing_file_is_a_fault(self, tmp_path: Path) -> None:
        document, faults = try_read(tmp_path / "a.yaml", tmp_path)
        assert document is None
        assert [str(fault) for fault in faults] == ["a.yaml: no such file"]


SCALARS = st.text() | st.integers(-(10**17), 10**17) | st.booleans() | st.none()
DATA = st.dictionaries(
    st.text(),
    st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20),
    min_size=1,
)


@given(DATA, st.booleans())
def test_dumped_data_is_read_back(data: dict[str, object], flow: bool) -> None:
    text = yaml.safe_dump(data, default_flow_style=flow)
    assert parse(text, "f.yaml").data == data


@given(DATA)
def test_every_leaf_of_dumped_data_has_a_line_of_the_file(data: dict[str, object]) -> None:
    text = yaml.safe_dump(data)
    document = source.parse(text, "f.yaml")
    for key in data:
        assert 1 <= document.key_line((key,)) <= document.line((key,)) <= text.count("\n")


def read_or_refuse(raw: str | bytes) -> None:
    document, faults = try_parse(raw, "f.yaml")
    assert document is not None or faults
    for fault in faults:
        assert fault.line >= 0
        assert str(fault).isprintable()


@pytest.mark.parametrize("loader", [yaml.CSafeLoader, syntax.PortableLoader], ids=["libyaml", "portable"])
class TestAnyInput:
    @given(raw=st.binary())
    @example(raw=b"\x00")
    @example(raw=b"a: \xef\xbb\xbf")
    def test_any_bytes_are_read_or_refused(self, loader: type, raw: bytes) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(syntax, "LOADER", loader)
            read_or_refuse(raw)

    @given(
        raw=st.lists(
            st.sampled_from([*"ab:- \n\t[]{},&*!|>'\"#%@?~0.\\", "<<", "&a ", "*a", "---\n", "\ud800", "\x85"])
        )
    )
    def test_any_text_of_yaml_characters_is_read_or_refused(self, loader: type, raw: list[str]) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(syntax, "LOADER", loader)
            read_or_refuse("".join(raw))
