"""Faults are one line each, whatever stands in the files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settings.faults import (
    Fault,
    SettingsError,
    did_you_mean,
    dotted,
    escaped,
    is_secret,
    nearest,
    quoted,
    shown,
    undotted,
)

UNKNOWN = Fault("catalog/plate.yaml", 12, "services.api.replica", 'unknown key "replica"', 'did you mean "replicas"?')


def test_fault_reads_as_file_line_path_and_remedy() -> None:
    assert str(UNKNOWN) == (
        'catalog/plate.yaml:12: services.api.replica: unknown key "replica"; did you mean "replicas"?'
    )


def test_fault_of_a_whole_file_has_no_line_and_no_path() -> None:
    assert str(Fault("a.yaml", 0, "", "an empty file", "expected a map")) == "a.yaml: an empty file; expected a map"


def test_fault_without_remedy_ends_with_what_was_found() -> None:
    assert str(Fault("a.yaml", 1, "b", "`max` (2) is below `min` (3)", "")) == (
        "a.yaml:1: b: `max` (2) is below `min` (3)"
    )


@given(st.text(), st.text(), st.text(), st.text())
def test_fault_is_one_printable_line(file: str, path: str, found: str, expected: str) -> None:
    assert str(Fault(file, 1, path, found, expected)).isprintable()


def test_terminal_escapes_and_direction_marks_are_spelled_out() -> None:
    assert escaped("a\nb\x1b[31m\u202ec") == "a\\nb\\x1b[31m\\u202ec"


def test_error_sorts_its_faults_by_line_and_keeps_each_once() -> None:
    second, other_file = Fault("b.yaml", 10, "", "x", ""), Fault("a.yaml", 30, "", "x", "")
    first = Fault("b.yaml", 9, "", "x", "")
    error = SettingsError([second, first, other_file, second])
    assert error.faults == (other_file, first, second)
    assert str(error) == "a.yaml:30: x\nb.yaml:9: x\nb.yaml:10: x"


@pytest.mark.parametrize(
    ("word", "candidates", "said"),
    [
        ("replica", ["image", "replicas"], 'did you mean "replicas"?'),
        ("REPLICAS", ["image", "replicas"], 'did you mean "replicas"?'),
        ("zzz", ["image", "cpu"], 'expected one of "cpu", "image"'),
        ("zzz", ["image"], 'expected "image"'),
        ("zzz", [], ""),
    ],
)
def test_did_you_mean_names_the_nearest_candidate_or_all(word: str, candidates: list[str], said: str) -> None:
    assert did_you_mean(word, candidates) == said


def test_did_you_mean_cuts_a_long_list() -> None:
    said = did_you_mean("x", [f"candidate{number}" for number in range(100)])
    assert said.endswith(", …")
    assert len(said) < 150


def test_nothing_is_near_to_another_word() -> None:
    assert nearest("replica", ["image"]) is None


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("two", 'text "two"'),
        ("", 'text ""'),
        (3, "number 3"),
        (1.5, "number 1.5"),
        (True, "true"),
        (None, "null"),
        ({"a": 1}, "a map"),
        ({}, "an empty map"),
        ([1], "a list"),
        ([], "an empty list"),
    ],
)
def test_values_are_shown_with_their_kind(value: object, said: str) -> None:
    assert shown(value) == said


def test_long_text_is_cut_to_sixty_characters() -> None:
    assert quoted("x" * 500) == f'"{"x" * 59}…"'


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "DB_PASSWORD",
        "apiToken",
        "clientSecret",
        "secrets",
        "SSHKey",
        "credentials",
        "passphrase",
        "API_KEY",
    ],
)
def test_values_of_such_names_are_secret(name: str) -> None:
    assert is_secret(("env", name))


@pytest.mark.parametrize("name", ["replicas", "monkey", "keyboard", "tokenize", "secretary"])
def test_values_of_other_names_are_not_secret(name: str) -> None:
    assert not is_secret(("env", name, 0))


def test_what_stands_inside_a_secret_is_secret() -> None:
    assert is_secret(("secrets", "database", 0, "value"))


def test_what_is_given_in_place_of_a_parameter_is_secret() -> None:
    assert is_secret(("aws", "parameters", "orders/limit"))
    assert not is_secret(("aws", "parameters"))
    assert not is_secret(("dataStores", "db", "managed", "parameters", "log_statement"))


def test_paths_are_written_with_dots_indexes_and_quotes_where_needed() -> None:
    path = ("services", "api", "ports", 0, "labels", "app.kubernetes.io/name")
    assert dotted(path) == 'services.api.ports[0].labels["app.kubernetes.io/name"]'


@given(st.lists(st.text() | st.integers(min_value=0)).map(tuple))
def test_a_written_path_is_read_back(path: tuple[str | int, ...]) -> None:
    assert undotted(dotted(path)) == path


@pytest.mark.parametrize("text", ["a..b", "a[x]", "a.", 'a["b', "[", "a]"])
def test_text_that_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a path from"):
        undotted(text)
