"""What people read of a comparison: what is alike is told once, the stacks that matter most come first."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from operations.diff import markdown, terminal
from operations.diff.model import Danger, ImageChange, Level, Report, StackDiff
from operations.diff.wording import cause_text
from tests.unit.operations.diff.reports import COMMIT, change, report, risk, stack, subject

_WRITABLE = "root file system is writable (readOnlyRootFilesystem)"


def _shown(found: Report) -> str:
    stream = io.StringIO()
    terminal.show(found, Console(file=stream, width=200))
    return stream.getvalue()


def _writable(count: int, level: Level = Level.MEDIUM) -> StackDiff:
    names = [f"api-{chr(97 + number)}" for number in range(count)]
    found = (
        risk(level, Danger.EXPOSURE, subject(name), f"{name}: {_WRITABLE}", file="a.yaml", line=7) for name in names
    )
    return stack("prod", risks=tuple(found))


def test_risks_that_differ_by_their_objects_alone_are_one_that_counts_and_names_them() -> None:
    found = _shown(report(_writable(16), stack("dev")))
    assert "medium  exposure: 16 workloads\n" in found
    assert f"prod: {_WRITABLE}: api-a, api-b, api-c, api-d, api-e, api-f, api-g, api-h, 8 more  a.yaml:7\n" in found
    assert "Risks (16)" in found
    comment = markdown.text(report(_writable(16), stack("dev")))
    assert "- **medium**, exposure: `16 workloads`, in prod<br>root file system" in comment
    assert "(readOnlyRootFilesystem): api-a" in comment.replace("`", "")
    assert comment.count("root file system is writable") == 1


def test_each_of_a_few_risks_is_told_by_itself() -> None:
    assert _shown(report(_writable(2))).count(_WRITABLE) == 2


def test_what_is_critical_is_named_to_the_last() -> None:
    assert "api-l" in _shown(report(_writable(12, Level.CRITICAL)))


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("TLS of {}.example.com, www.{}.example.com is removed", "TLS of … is removed"),
        ("the readiness probe of {} is removed: bad", "the readiness probe of … is removed: bad"),
        ("{} goes back from 2.0.0 to 1.0.0", "… goes back from 2.0.0 to 1.0.0"),
    ],
)
def test_hosts_and_containers_are_no_difference(reason: str, shown: str) -> None:
    names = ("one", "two", "three")
    found = stack(
        "prod", risks=tuple(risk(about=subject(f"x-{name}"), reason=reason.format(name, name)) for name in names)
    )
    assert f"{shown}: x-one, x-two, x-three" in _shown(report(found))


def test_numbers_versions_levels_and_places_are_a_difference() -> None:
    reasons = (
        "1 pod left of 2",
        "2 pods left of 4",
        "3 pods left of 5",
        "a goes back from 2.0 to 1.0",
        "a goes back to 3",
    )
    found = stack("prod", risks=tuple(risk(about=subject(f"x-{n}"), reason=reason) for n, reason in enumerate(reasons)))
    assert " objects\n" not in _shown(report(found))
    assert "workloads" not in _shown(report(found))


def test_kinds_are_counted_by_what_they_are() -> None:
    def three(*kinds: str) -> str:
        told = (risk(about=subject(f"x-{n}", kind), reason="same") for n, kind in enumerate(kinds))
        return _shown(report(stack("prod", risks=tuple(told))))

    assert "3 Ingresses\n" in three("Ingress", "Ingress", "Ingress")
    assert "3 NetworkPolicies\n" in three("NetworkPolicy", "NetworkPolicy", "NetworkPolicy")
    assert "3 workloads\n" in three("Deployment", "StatefulSet", "Rollout")
    assert "3 objects\n" in three("Deployment", "Job", "Job")


def test_services_of_one_name_are_told_with_their_systems() -> None:
    told = (risk(about=subject("redis", "StatefulSet", system=name), reason="same") for name in ("a", "b", "c"))
    assert "same: a/redis, b/redis, c/redis" in _shown(report(stack("prod", risks=tuple(told))))


def _image(system: str, name: str, cluster: str = "seoul") -> ImageChange:
    about = subject(name, "StatefulSet", system=system, cluster=cluster)
    return ImageChange(about, name, "docker.io/redis:7", "docker.io/redis:8", back=False)


def test_one_image_of_several_services_is_one_line_with_all_of_them_and_all_clusters() -> None:
    images = (_image("ams", "redis"), _image("plate", "cache"), _image("ams", "redis", "tokyo"))
    found = _shown(report(stack("prod", images=images), stack("dev", images=images[:1])))
    assert "Images (1)\n" in found
    assert "ams/redis, plate/cache  7 -> 8  prod, dev\n" in found
    comment = markdown.text(report(stack("prod", images=images), stack("dev", images=images[:1])))
    assert "- `ams/redis, plate/cache`: `7` → `8`, in prod, dev" in comment


def test_stacks_are_in_the_order_of_their_tiers_whatever_they_are_called() -> None:
    tiers = {"a": "local", "b": "development", "c": "", "d": "production", "e": "staging"}
    found = report(*(replace(stack(name, change(), risks=(risk(),)), tier=tier) for name, tier in tiers.items()))
    lines = _shown(found).splitlines()
    assert [line.split()[0] for line in lines[3:8]] == ["d", "e", "b", "a", "c"]
    assert "d, e, b, a, c: " in _shown(found)
    rows = [line for line in markdown.text(found).splitlines() if line.startswith("| ")][1:6]
    assert [row.split()[1] for row in rows] == ["d", "e", "b", "a", "c"]


def test_stacks_that_were_not_compared_have_unknown_risks_and_one_trouble() -> None:
    blind = [stack(name, trouble="the base is broken", alone=(subject(),), before=None) for name in ("dev", "prod")]
    found = _shown(report(*blind))
    assert found.startswith("risks unknown: 2 stacks not compared, against origin/main")
    assert "trouble: dev, prod: the base is broken; they would have 2 objects, compared with nothing\n" in found
    comment = markdown.text(report(*blind))
    assert "### naru diff: risks unknown: 2 stacks not compared\n" in comment
    assert "- **trouble** with dev, prod: the base is broken; they would" in comment


def test_known_risks_stand_beside_what_is_unknown() -> None:
    blind = stack("dev", trouble="broken", alone=(subject(),), before=None)
    assert _shown(report(blind, stack("prod", change(), risks=(risk(),)))).startswith(
        "1 change, 1 risk (1 high), risks unknown: 1 stack not compared"
    )


def test_causes_count_objects_and_stacks() -> None:
    from operations.diff.grouped import sections  # noqa: PLC0415

    def told(*names: str, stacks: int = 1, because: str = "Job x was removed", cluster: str = "seoul") -> str:
        changes = [change("changed", subject(name, "Job", cluster=cluster), because=because) for name in names]
        (section,) = sections(report(*(stack(f"s{n}", *changes) for n in range(stacks))))
        ((cause, action), entries), *_ = section.by_cause().items()
        return cause_text(cause, action, entries)

    assert told("a", "b", stacks=4) == "2 objects on 4 stacks change because Job x was removed"
    assert told("a") == "1 object changes because Job x was removed"
    assert told("a", stacks=2) == "1 object on 2 stacks changes because Job x was removed"


def test_several_that_are_replaced_are_replaced() -> None:
    two = [change("replaced", subject(name)) for name in ("a", "b")]
    assert "plate-dev/a, plate-dev/b are replaced" in _shown(report(stack("prod", *two)))
    assert "plate-dev/a, plate-dev/b are replaced" in markdown.text(report(stack("prod", *two)))


def test_a_base_that_is_a_commit_is_told_once_and_short() -> None:
    found = Report(COMMIT, COMMIT, (stack("dev", change()),))
    assert f"Against `{COMMIT[:12]}`.\n" in markdown.text(found)
    assert f"--base {COMMIT[:12]} " in markdown.text(found)
    assert COMMIT not in markdown.text(found)
    assert _shown(found).splitlines()[0].endswith(f"against {COMMIT[:12]}")


def test_artifacts_are_told_of_where_there_are_any() -> None:
    found = report(stack("dev", change()))
    assert "artifacts" not in markdown.text(found)
    assert "which is among the artifacts of the run too" in markdown.text(found, artifacts=True)
