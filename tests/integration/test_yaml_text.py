"""`manifests.text` writes, byte for byte, what Go's `sigs.k8s.io/yaml` does."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import cmp_to_key
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from manifests.key_order import compare_keys
from manifests.text import to_yaml
from tests.yaml_cases import BLOCKS, OBJECTS, SCALARS

PROGRAM = Path(__file__).parent / "yaml_reference"
Reference = Callable[[Any], str]


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reference]:
    """Give what the Go library writes, from one process that is asked line by line."""
    program = tmp_path_factory.mktemp("yaml") / "yaml_reference"
    go = shutil.which("go")
    assert go, "this test builds a Go program: install Go"
    subprocess.run([go, "build", "-o", program, "."], cwd=PROGRAM, check=True)
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdin
        assert process.stdout
        questions, answers = process.stdin, process.stdout

        def ask(value: Any) -> str:
            questions.write(json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n")
            questions.flush()
            answer = json.loads(answers.readline())
            assert "error" not in answer, answer
            text: str = answer["text"]
            return text

        yield ask
        questions.close()


def has_one_order(value: Any) -> bool:
    """Say whether the keys of each map have but one order: go-yaml's own is no order for all sets of keys."""
    if isinstance(value, list):
        return all(map(has_one_order, value))
    if not isinstance(value, dict):
        return True
    keys = sorted(value, key=cmp_to_key(compare_keys))
    return all(compare_keys(a, b) < 0 for a, b in combinations(keys, 2)) and all(map(has_one_order, value.values()))


# Without what the library itself loses on the way (it refuses DEL, C1 controls and noncharacters, and folds NEL), and
# without letters that only the newer of Go's and Python's tables of Unicode may know.
CHARACTERS = st.characters(exclude_categories=["Cs", "Cn"], exclude_characters="\x7f").filter(
    lambda character: not "\x80" <= character <= "\x9f"
)
MARKS = "abT.-+_:?#&*!|>'\"%@`{}[],=<~0123456789\\ \n\t\r\u2028\u2029\xa0\ufeff"
PIECES = ["  ", "\n\n", "lorem ipsum dolor sit amet ", "x" * 30, "é", "나루", "🚢", "٣", "https://a.example/b?c=d"]
TOKENS = st.sampled_from([*SCALARS, *BLOCKS, *MARKS, *PIECES])
NUMBER_LIKE = st.text("0123456789+-_.:eExXbBoOaTtZ ", max_size=20)
TIMES = st.builds(
    "{:04d}-{}-{}{}".format,
    st.integers(0, 2400),
    st.integers(0, 13),
    st.integers(0, 32),
    st.just("")
    | st.builds(
        "{}{}:{}:{}{}{}".format,
        st.sampled_from(["T", "t", " ", "  "]),
        st.integers(0, 25),
        st.integers(0, 61),
        st.integers(0, 61),
        st.sampled_from(["", ".5", ",25", "."]),
        st.sampled_from(["", "Z", "+09:00", "-24:60", "+25:00", "+9:00"]),
    ),
)
TEXT = st.one_of(
    st.text(CHARACTERS, max_size=60),
    st.lists(TOKENS, max_size=12).map("".join),
    st.lists(st.text("abc.,:#'\"", min_size=1, max_size=12), min_size=8, max_size=40).map(" ".join),
    NUMBER_LIKE,
    TIMES,
)
# What reads JSON here takes keys of up to 1024 characters.
KEYS = TEXT.filter(lambda text: len(json.dumps(text)) < 1000)
NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    TEXT | NUMBERS | st.none() | st.booleans(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=15,
)
# The same in each run: what a new one finds would be a fault of whoever happens to run it next.
MANY = settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("text", [*SCALARS, *BLOCKS], ids=ascii)
def test_library_writes_the_named_texts_like_this(reference: Reference, text: str) -> None:
    expected = f"{SCALARS[text]}\n" if text in SCALARS else BLOCKS[text]
    assert reference({"key": text}) == f"key: {expected}"


@pytest.mark.parametrize("name", OBJECTS)
def test_library_writes_the_named_objects_like_this(reference: Reference, name: str) -> None:
    manifest, text = OBJECTS[name]
    assert reference(manifest) == text


@MANY
@given(text=TEXT)
def test_any_text_is_written_as_the_library_does(reference: Reference, text: str) -> None:
    manifest = {"key": text, "list": [text, [text]], "map": {"longer-key": text}}
    assert to_yaml(manifest) == reference(manifest)


@MANY
@given(value=NUMBERS)
def test_any_number_is_written_as_the_library_does(reference: Reference, value: float) -> None:
    assert to_yaml({"key": value}) == reference({"key": value})


@MANY
@given(manifest=st.dictionaries(KEYS, VALUES, max_size=5))
def test_any_object_is_written_as_the_library_does(reference: Reference, manifest: dict[str, Any]) -> None:
    assume(has_one_order(manifest))
    assert to_yaml(manifest) == reference(manifest)


@MANY
@given(keys=st.lists(st.text("ab01290._-/", max_size=12), unique=True, max_size=8))
def test_keys_of_labels_and_files_are_ordered_as_the_library_does(reference: Reference, keys: list[str]) -> None:
    manifest = dict.fromkeys(keys, 1)
    assume(has_one_order(manifest))
    assert to_yaml(manifest) == reference(manifest)
