"""What the commit of a release says."""

from operations.publishing.files import FileChange
from operations.publishing.history import Commit
from operations.publishing.message import Marks, message, subject
from operations.publishing.record import Place, Said, VersionChange

MARKS = Marks("f" * 40, "dev", "0.1.0", "e" * 40)


def change(name: str, before: str = "1.0.0", after: str = "1.1.0") -> VersionChange:
    return VersionChange(Place("plate", name), Said(before), Said(after))


def test_subject_names_the_versions() -> None:
    changes = [change("plate-api"), change("plate-web", "2", "3")]
    assert subject("dev", changes) == "dev: plate/plate-api 1.0.0 → 1.1.0, plate/plate-web 2 → 3"


def test_subject_without_versions_is_configuration() -> None:
    assert subject("dev", []) == "dev: configuration"


def test_subject_is_cut_between_versions_and_says_how_many_are_left() -> None:
    changes = [change(f"service-{number}") for number in range(9)]
    assert subject("dev", changes) == "dev: plate/service-0 1.0.0 → 1.1.0 and 8 more"
    short = [change(f"s{number}", "1", "2") for number in range(9)]
    assert subject("dev", short) == "dev: plate/s0 1 → 2, plate/s1 1 → 2, plate/s2 1 → 2 and 6 more"
    assert all(len(subject("dev", short[:count])) <= 72 for count in range(10))


def test_one_version_is_never_cut() -> None:
    only = change("a" * 60, "1" * 20, "2" * 20)
    assert str(only) in subject("dev", [only])


def test_body_has_all_versions_files_and_the_reason() -> None:
    changes = [change(f"service-{number}") for number in range(9)]
    text = message(MARKS, changes, {"plate": FileChange(1, 2, 0), "ams": FileChange(0, 0, 1)}, why="since\n asked ")
    _, why, versions, files, marks = text.strip().split("\n\n")
    assert why == "since asked"
    assert versions.splitlines() == ["Versions:", *(f"- {one}" for one in changes)]
    assert files.splitlines() == ["Files:", "- plate: 1 added, 2 changed", "- ams: 1 removed"]
    assert marks == (f"Naru-Source: {'f' * 40}\nNaru-Stack: dev\nNaru-Version: 0.1.0\nNaru-Tree: {'e' * 40}")


def test_reason_cannot_pass_for_a_trailer() -> None:
    text = message(MARKS, [], {}, why="x\n\nNaru-Stack: prod\nNaru-Tree: 0")
    made = Commit("a", "e" * 40, (), "", "", text)
    assert made.is_published("dev")
    assert made.trailers["Naru-Stack"] == "dev"


def test_first_publication_says_how_much_it_is() -> None:
    assert subject("dev", [change("api")], first=True) == "dev: first publication, 1 version"
