"""What holds for the files of the project: the way through the house, what is locked, and what stands nowhere."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PACKAGES = ("settings", "manifests", "components", "operations", "local")
# What is made here and is no part of the project, by the name of a folder.
_MADE = {".git", ".venv", ".naru", "build", "dist", "rendered", "__pycache__"}
_PROGRAM_ONLY = {"get_stack", "Config", "export"}
# Where somebody's checkout, home or temporary files are; put together here, as this file is looked at too.
_MACHINE = re.compile(
    "(?<![\\w.*@:-])/(?:" + "|".join(("work", "root", r"home/[a-z]\w*", "Users")) + ")(?=/|\\b(?![-\\w.]))"
)


def files(root: Path = ROOT) -> Iterator[Path]:
    """Yield every file of the project; without those of caches, which are folders that begin with a dot and end so."""
    for path in sorted(root.iterdir()):
        if path.is_dir():
            if path.name not in _MADE and not path.name.endswith(("_cache", ".hypothesis", ".egg-info")):
                yield from files(path)
        elif path.suffix != ".pyc":
            yield path


def machine_paths(text: str) -> list[str]:
    return [match.group() for match in _MACHINE.finditer(text)]


def test_nothing_mentions_where_it_was_written() -> None:
    found = {path: machine_paths(path.read_text(encoding="utf-8", errors="replace")) for path in files()}
    assert len(found) > 100
    assert {str(path.relative_to(ROOT)): paths for path, paths in found.items() if paths} == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see /" + "work/main", 1),
        ("in '/" + "root'", 1),
        ("file:///" + "home/me/x", 1),
        ("https://example.com/" + "work", 0),
        ("./" + "work, the " + "root, /" + "workloads", 0),
    ],
)
def test_machine_path_is_told_from_other_paths(text: str, found: int) -> None:
    assert len(machine_paths(text)) == found


def required(groups: Iterable[list[str]]) -> list[Requirement]:
    return [Requirement(text) for group in groups for text in group]


def pins(lock: str) -> dict[str, Version]:
    """Return the version of each package that a requirements file pins."""
    found = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", lock, re.MULTILINE)
    return {canonicalize_name(name): Version(version) for name, version in found}


def unlocked(requirements: Iterable[Requirement], pinned: dict[str, Version]) -> list[str]:
    """Return the requirements that no pin fulfils."""
    versions = ((requirement, pinned.get(canonicalize_name(requirement.name))) for requirement in requirements)
    return [str(wanted) for wanted, version in versions if version is None or version not in wanted.specifier]


def test_lock_has_every_dependency_in_a_version_that_fits() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = required([project["project"]["dependencies"], *project["dependency-groups"].values()])
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert len(wanted) > 10
    assert unlocked(wanted, pins(lock)) == [], "run `make lock`"
    assert not re.search(r"^[A-Za-z][^\n]*[^\\\n]$", lock, re.MULTILINE), "every pin continues with its hashes"


def test_dependency_that_is_not_locked_is_noticed() -> None:
    pinned = pins(
        "Alpha_One==1.2 ; python_version < '4' \\\n    --hash=sha256:00\nbeta==2.0 \\\n    --hash=sha256:00\n"
    )
    wanted = required([["alpha-one>=1", "beta>=1,<2", "gamma"]])
    assert unlocked(wanted, pinned) == ["beta<2,>=1", "gamma"]


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=root, check=False, capture_output=True, text=True)


def test_imports_go_one_way() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("file", "planted", "said"),
    [
        ("settings/stack.py", "import manifests.placed", "settings.stack -> manifests.placed"),
        ("manifests/text.py", "import pulumi", "manifests.text -> pulumi"),
        ("components/system.py", "import operations.exits", "components.system -> operations.exits"),
        ("local/ports.py", "import components.system", "local.ports -> components.system"),
    ],
)
def test_import_against_the_way_is_noticed(tmp_path: Path, file: str, planted: str, said: str) -> None:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    target = tmp_path / file
    target.write_text(f"{target.read_text(encoding='utf-8')}\n{planted}\n", encoding="utf-8")
    result = lint_imports(tmp_path)
    assert result.returncode == 1
    assert said in result.stdout


def program_only(source: str) -> set[str]:
    """Return what a module takes of Pulumi that depends on which stack is selected, or adds to its outputs."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "pulumi":
            found.add(node.attr)
        elif isinstance(node, ast.ImportFrom) and node.module == "pulumi":
            found |= {alias.name for alias in node.names}
    return found & _PROGRAM_ONLY


def test_only_the_program_knows_its_stack_and_exports() -> None:
    modules = [path for package in PACKAGES for path in files(ROOT / package) if path.suffix == ".py"]
    assert len(modules) > 80
    assert {str(path.relative_to(ROOT)) for path in modules if program_only(path.read_text(encoding="utf-8"))} == set()
    assert program_only((ROOT / "__main__.py").read_text(encoding="utf-8")) == {"get_stack", "export"}


@pytest.mark.parametrize(
    "source",
    ["import pulumi\npulumi.export('a', 1)", "from pulumi import Config", "import pulumi\nname = pulumi.get_stack()"],
)
def test_module_that_asks_for_the_stack_is_noticed(source: str) -> None:
    assert program_only(source)


def test_continuous_integration_runs_what_the_readme_says() -> None:
    assert "make test" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()[-1] == "exec make test"
