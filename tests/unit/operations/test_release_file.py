"""A release changed by a program: what was asked for is other, and not a character more."""

import difflib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.release_file import ReleaseFile, read_release
from settings.container import Version
from settings.faults import SettingsError
from settings.source import parse
from tests.projects import Project

DIGEST = "sha256:" + "a" * 64
TEXT = """\
# yaml-language-server: $schema=../docs/schemas/release.schema.json
# 어떤 버전: which version of each service runs.
shop:
  web: { tag: 1.0.0 } # since May
  api: {tag: 1.0.0, digest: DIGEST}

  # the next one is slow to start
  mail:
    tag: 1.0.0  # seen by Kim
    needsSchema: { mail_db: 7 }
    # the colour of the old one
    colors:
      blue: { tag: 0.9.0 }

    live: blue
  web/proxy: { tag: "3.1" }
empty:
bare:
  one: {}
""".replace("DIGEST", DIGEST)


def release(text: str = TEXT) -> ReleaseFile:
    return ReleaseFile("releases/prod.yaml", text)


def difference(after: ReleaseFile, before: str = TEXT) -> list[str]:
    """Return the lines that went and came, signed."""
    lines = difflib.unified_diff(before.splitlines(), after.text.splitlines(), n=0, lineterm="")
    return [line for line in lines if line[:2] not in {"--", "++", "@@"}]


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        pytest.param(
            lambda release: release.set_version("shop", "web", Version(tag="1.1.0")),
            ["-  web: { tag: 1.0.0 } # since May", "+  web: { tag: 1.1.0 } # since May"],
            id="a tag",
        ),
        pytest.param(
            lambda release: release.set_version("shop", "api", Version(tag="1.1.0")),
            [f"-  api: {{tag: 1.0.0, digest: {DIGEST}}}", "+  api: {tag: 1.1.0}"],
            id="the digest goes with its tag",
        ),
        pytest.param(
            lambda release: release.set_version("shop", "api", Version(digest=DIGEST)),
            [f"-  api: {{tag: 1.0.0, digest: {DIGEST}}}", f"+  api: {{digest: {DIGEST}}}"],
            id="the first of two goes",
        ),
        pytest.param(
            lambda release: release.set_version(
                "shop", "web", Version(tag="1.1", digest=DIGEST, needs_schema={"db": "8", "l": "2.1"})
            ),
            [
                "-  web: { tag: 1.0.0 } # since May",
                f'+  web: {{ tag: "1.1", digest: {DIGEST}, needsSchema: {{ db: 8, l: "2.1" }} }} # since May',
            ],
            id="what a reader would take for a number is quoted",
        ),
        pytest.param(
            lambda release: release.set_version("shop", "mail", Version(tag="1.1.0", needs_schema={"mail_db": "8"})),
            [
                "-    tag: 1.0.0  # seen by Kim",
                "-    needsSchema: { mail_db: 7 }",
                "+    tag: 1.1.0  # seen by Kim",
                "+    needsSchema: { mail_db: 8 }",
            ],
            id="over several lines",
        ),
        pytest.param(
            lambda release: release.set_version("shop", "mail", Version(tag="1.0.0", digest=DIGEST)),
            ["-    needsSchema: { mail_db: 7 }", f"+    digest: {DIGEST}"],
            id="a line goes and another comes in its order",
        ),
        pytest.param(
            lambda release: release.set_version("shop", "web/proxy", Version(tag="3.2")),
            ['-  web/proxy: { tag: "3.1" }', '+  web/proxy: { tag: "3.2" }'],
            id="a sidecar",
        ),
        pytest.param(
            lambda release: release.set_canary("shop", "web", Version(tag="1.1.0")),
            ["-  web: { tag: 1.0.0 } # since May", "+  web: { tag: 1.0.0, canary: { tag: 1.1.0 } } # since May"],
            id="a canary",
        ),
        pytest.param(
            lambda release: release.set_color("shop", "mail", "green", Version(tag="1.1.0")),
            ["+      green: { tag: 1.1.0 }"],
            id="another colour",
        ),
        pytest.param(
            lambda release: release.set_color("shop", "mail", "blue", Version(tag="1.1.0")),
            ["-      blue: { tag: 0.9.0 }", "+      blue: { tag: 1.1.0 }"],
            id="the same colour",
        ),
        pytest.param(
            lambda release: release.set_color("shop", "mail", "blue", None),
            ["-    colors:", "-      blue: { tag: 0.9.0 }"],
            id="the last colour takes the map with it, and no comment",
        ),
        pytest.param(
            lambda release: release.set_live("shop", "mail", "green"),
            ["-    live: blue", "+    live: green"],
            id="which is live",
        ),
        pytest.param(
            lambda release: release.set_live("shop", "web", "green"),
            ["-  web: { tag: 1.0.0 } # since May", "+  web: { tag: 1.0.0, live: green } # since May"],
            id="which is live, for the first time",
        ),
        pytest.param(
            lambda release: release.set_version("bare", "one", Version(tag="2")),
            ["-  one: {}", '+  one: { tag: "2" }'],
            id="an empty map",
        ),
        pytest.param(
            lambda release: release.set_version("empty", "one", Version(tag="2.0.0")),
            ["-empty:", "+empty: { one: { tag: 2.0.0 } }"],
            id="nothing at all",
        ),
        pytest.param(
            lambda release: release.set_version("bare", "two", Version(tag="2.0.0")),
            ["+  two: { tag: 2.0.0 }"],
            id="a new service",
        ),
        pytest.param(
            lambda release: release.set_version("new", "one", Version(tag="2.0.0")),
            ["+new:", "+  one: { tag: 2.0.0 }"],
            id="a new system",
        ),
        pytest.param(
            lambda release: release.set_version("shop", "web", Version(tag="1.0.0")), [], id="what is there already"
        ),
        pytest.param(lambda release: release.set_canary("shop", "web", None), [], id="what is not there"),
    ],
)
def test_only_what_was_asked_for_is_other(change: Callable[[ReleaseFile], ReleaseFile], lines: list[str]) -> None:
    assert difference(change(release())) == lines


def test_a_canary_comes_and_goes_without_a_trace() -> None:
    tried = release().set_canary("shop", "web", Version(tag="1.1.0", digest=DIGEST))
    assert tried.entry("shop", "web")["canary"] == {"tag": "1.1.0", "digest": DIGEST}
    assert tried.set_canary("shop", "web", None).text == TEXT


def test_the_canary_and_the_colours_stay_when_the_version_changes() -> None:
    tried = release().set_canary("shop", "web", Version(tag="1.1.0")).set_version("shop", "web", Version(tag="1.0.1"))
    assert tried.entry("shop", "web") == {"tag": "1.0.1", "canary": {"tag": "1.1.0"}}


def test_line_ends_of_windows_stay() -> None:
    text = TEXT.replace("\n", "\r\n")
    after = release(text).set_version("shop", "mail", Version(tag="1.0.0", digest=DIGEST))
    assert difference(after, text) == ["-    needsSchema: { mail_db: 7 }", f"+    digest: {DIGEST}"]
    assert "\n" not in after.text.replace("\r\n", "")


def test_a_file_without_a_last_line_end_can_grow() -> None:
    after = release("shop:\n  web: { tag: 1.0.0 }").set_version("shop", "api", Version(tag="1.0.0"))
    assert after.text == "shop:\n  web: { tag: 1.0.0 }\n  api: { tag: 1.0.0 }"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("shop:\n  web: { tag: 1.0.0\n", "releases/prod.yaml:"),
        ("shop:\n  web: &v { tag: 1.0.0 }\n  api: *v\n", "releases/prod.yaml:3: shop.api: its change would"),
        ("shop:\n  api: {\n    tag: 1.0.0, # why\n    digest: x }\n", "a comment beside what is to go; change it by"),
        ("[]\n", "releases/prod.yaml:1"),
    ],
    ids=["not YAML", "one value for two services", "a comment that would go", "no map"],
)
def test_what_cannot_be_changed_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        release(text).set_version("shop", "api", Version(tag="1.1.0"))
    assert said in str(refused.value)


tags = st.from_regex(r"\A[A-Za-z0-9_][A-Za-z0-9._-]{0,20}\Z")


@given(st.sampled_from(["web", "api", "mail", "web/proxy", "new"]), tags, st.booleans())
def test_whatever_the_tag_it_is_read_back_and_nothing_else_is_other(target: str, tag: str, pinned: bool) -> None:
    version = Version(tag=tag, digest=DIGEST if pinned else None)
    after = release().set_version("shop", target, version)
    assert (
        Version.model_validate({k: v for k, v in after.entry("shop", target).items() if k in {"tag", "digest"}})
        == version
    )
    data, now = parse(TEXT, "").data, parse(after.text, "").data
    shop, then = data.pop("shop"), now.pop("shop")
    assert isinstance(shop, dict)
    assert isinstance(then, dict)
    assert (data, {**shop, target: None}) == (now, {**then, target: None})
    comments = [line.partition("#")[2] for line in TEXT.splitlines()]
    assert [said for said in comments if said] == [
        c for line in after.text.splitlines() if (c := line.partition("#")[2])
    ]


def test_what_is_written_loads_as_the_stack_and_keeps_the_rights_of_the_file(tmp_path: Path) -> None:
    project = Project(tmp_path)
    file = tmp_path / "releases" / "prod.yaml"
    file.chmod(0o640)
    found = read_release(tmp_path, "prod")
    assert found.text == file.read_text(encoding="utf-8")
    found.set_version("shop", "api", Version(tag="7.7.7")).write(tmp_path)
    assert project.load("prod").stack.systems["shop"].services["api"].image.tag == "7.7.7"
    assert file.stat().st_mode & 0o777 == 0o640
    assert {left.name for left in file.parent.iterdir()} == {"dev.yaml", "prod.yaml"}


def test_a_release_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"releases/prod\.yaml"):
        read_release(tmp_path, "prod")
