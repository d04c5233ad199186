"""Every object of every stack as it was when somebody last read it: one golden file for each stack.

What a stack has in AWS is in a file beside it, `<stack>.aws.yaml`.
"""

import difflib
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

import pytest

from operations.planned import listing
from operations.render import rendered
from settings.loading import stacks
from tests import assembled

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"
STACKS = stacks(ROOT)

SHOWN = 60  # lines of a difference; who wants all of it runs `make golden` and asks Git
ADVICE = "If the change is meant, run `make golden` and read the difference as a change of infrastructure."

_HEAD = "---\n# "
_NOTHING = "{}\n"


def written(files: Mapping[str, str]) -> str:
    """Return a golden file: every object, sorted by its path, which stands above it."""
    return "".join(f"{_HEAD}{path}\n{files[path]}" for path in sorted(files))


def read(text: str) -> dict[str, str]:
    """Return the objects of a golden file by path; no text within an object begins at the margin, as heads do."""
    first, *rest = ("\n" + text.removesuffix("\n")).split("\n" + _HEAD)
    assert not first, "a golden file starts with an object's path"
    pairs = (entry.partition("\n") for entry in rest)
    return {path: f"{content}\n" for path, _, content in pairs}


def objects_of(stack: str) -> dict[str, str]:
    """Return what `naru render` writes for a stack, by path."""
    folders = rendered(assembled.stack(stack))
    return {
        f"{folder}/{name}": content.decode() for folder, files in folders.items() for name, content in files.items()
    }


def components(text: str) -> dict[str, str]:
    """Return the components of what a stack has in AWS, by their logical names: only those begin at the margin."""
    found: dict[str, str] = {}
    name = ""
    for line in text.splitlines(keepends=True) if text != _NOTHING else ():
        if not line.startswith((" ", "\n")):
            name = line.rstrip(":\n")
        found[name] = found.get(name, "") + line
    return found


def difference(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """Return what changed from one to the other, object by object, and no more of it than somebody reads; else ""."""
    lines = list(_changes(before, after))
    more = len(lines) - SHOWN
    cut = [f"… {more} more lines"] if more > 0 else []
    return "\n".join([*islice(lines, SHOWN), *cut, ADVICE]) if lines else ""


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    yield from (f"- {path} is gone" for path in sorted(before.keys() - after.keys()))
    yield from (f"+ {path} is new" for path in sorted(after.keys() - before.keys()))
    for path in sorted(before.keys() & after.keys()):
        old, new = before[path].splitlines(), after[path].splitlines()
        yield from difflib.unified_diff(old, new, f"golden/{path}", f"now/{path}", n=2, lineterm="")


@pytest.mark.parametrize("stack", STACKS)
def test_stack_is_what_its_golden_file_says(stack: str, request: pytest.FixtureRequest) -> None:
    file, now = GOLDEN / f"{stack}.yaml", objects_of(stack)
    if request.config.getoption("--golden"):
        GOLDEN.mkdir(exist_ok=True)
        file.write_text(written(now), encoding="utf-8")
    found = difference(read(file.read_text(encoding="utf-8")) if file.exists() else {}, now)
    if found:
        pytest.fail(f"{stack} is not what {file.relative_to(ROOT)} says:\n{found}", pytrace=False)
    assert file.read_text(encoding="utf-8") == written(now)


@pytest.mark.parametrize("stack", STACKS)
def test_aws_of_a_stack_is_what_its_golden_file_says(stack: str, request: pytest.FixtureRequest) -> None:
    file, now = GOLDEN / f"{stack}.aws.yaml", listing(assembled.stack(stack))
    if request.config.getoption("--golden"):
        file.write_text(now, encoding="utf-8")
        if now == _NOTHING:
            file.unlink()
    text = file.read_text(encoding="utf-8") if file.exists() else _NOTHING
    found = difference(components(text), components(now))
    if found:
        pytest.fail(f"the AWS of {stack} is not what {file.relative_to(ROOT)} says:\n{found}", pytrace=False)
    assert text == now


def test_golden_files_are_those_of_the_stacks(request: pytest.FixtureRequest) -> None:
    known = {f"{stack}{end}.yaml" for stack in STACKS for end in ("", ".aws")}
    if request.config.getoption("--golden"):
        for file in GOLDEN.glob("*.yaml"):
            if file.name not in known:
                file.unlink()
    # A stack's own test tells of a file that is missing.
    assert {file.name for file in GOLDEN.glob("*.yaml")} <= known


def test_aws_is_told_component_by_component() -> None:
    text = "a/b:\n  c: 1\n  d: |-\n    e\n\n    f\ng/h:\n  i: {}\n"
    assert components(text)["g/h"] == "g/h:\n  i: {}\n"
    assert "".join(components(text).values()) == text
    assert components("{}\n") == {}


def test_golden_file_is_read_as_it_was_written() -> None:
    files = {"b/x.yaml": "a: 1\nb: |\n  ---\n  # c\n", "a/y.yaml": "c: |+\n  d\n\n"}
    text = written(files)
    assert text.startswith("---\n# a/y.yaml\nc: |+\n  d\n\n---\n# b/x.yaml\n")
    assert read(text) == files


def test_difference_names_the_object_its_lines_and_what_to_do() -> None:
    before = {"changed.yaml": "a: 1\nb: 2\n", "gone.yaml": "a: 1\n", "same.yaml": "a: 1\n"}
    after = {"changed.yaml": "a: 1\nb: 3\n", "new.yaml": "a: 1\n", "same.yaml": "a: 1\n"}
    found = difference(before, after)
    assert {"- gone.yaml is gone", "+ new.yaml is new", "--- golden/changed.yaml", "-b: 2", "+b: 3"} <= set(
        found.splitlines()
    )
    assert "same.yaml" not in found
    assert found.endswith(ADVICE)


def test_nothing_changed_is_no_difference() -> None:
    assert difference({"a": "b: 1\n"}, {"a": "b: 1\n"}) == ""


def test_long_difference_is_cut_and_says_how_much_there_is() -> None:
    found = difference({}, {f"{number:03}.yaml": "a: 1\n" for number in range(100)}).splitlines()
    assert found[SHOWN:] == [f"… {100 - SHOWN} more lines", ADVICE]
