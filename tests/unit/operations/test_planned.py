"""What a stack has in AWS is written to a file of its own, and to nothing that is applied from files."""

from pathlib import Path

import pytest

from operations.__main__ import main
from operations.diff.reading import parse
from operations.exits import Exit
from operations.planned import folders, listing, planned
from tests.aws_projects import FullProject


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("more", [[], ["--json"]], ids=["plain", "json"])
def test_render_writes_what_a_stack_has_in_aws_beside_its_objects(tmp_path: Path, more: list[str]) -> None:
    project = FullProject(tmp_path / "project")
    words = ["render", "--stack", "prod", "--root", str(project.root)]
    assert main([*words, "--out", str(tmp_path / "without")]) == Exit.OK
    assert main([*words, "--out", str(tmp_path / "with"), "--aws", str(tmp_path / "aws.yaml"), *more]) == Exit.OK
    assert files(tmp_path / "with") == files(tmp_path / "without")
    text = (tmp_path / "aws.yaml").read_text(encoding="utf-8")
    assert parse(text) == planned(project.load("prod").stack)
    assert text == listing(project.load("prod").stack)


def test_stack_without_aws_is_an_empty_map(tmp_path: Path) -> None:
    assert listing(FullProject(tmp_path).load("dev").stack) == "{}\n"


def test_components_are_in_folders_by_cluster_and_system(tmp_path: Path) -> None:
    made = folders(planned(FullProject(tmp_path).load("prod").stack))
    assert set(made) == {
        f"{cluster}/{system}/aws" for cluster in ("", "seoul", "tokyo") for system in ("common", "shop")
    }
    names = {(one["kind"], one["metadata"]["namespace"], one["metadata"]["name"]) for one in made["seoul/shop/aws"]}
    assert {("AWS EncryptionKey", "shop", "key"), ("AWS Queue", "shop", "orders")} <= names


def test_no_argument_takes_the_place_of_what_says_whose_it_is(tmp_path: Path) -> None:
    for one in planned(FullProject(tmp_path).load("prod").stack).values():
        assert not {"kind", "metadata", "apiVersion"} & one["arguments"].keys()
