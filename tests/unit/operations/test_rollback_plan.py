"""Which version a service goes back to, for every strategy, and when there is none."""

from dataclasses import replace
from typing import Any

import pytest

from manifests.placed import Place
from operations.rollback.plan import Decision, NoWay, Released, Stay, Way, decide, following, together
from operations.rollback.version import parts, shown, version_of
from operations.rollout.live import LiveWorkload
from settings.container import Image, Version
from settings.service import Service
from settings.strategy import BlueGreen, BlueGreenIngress, Canary, CanaryDeployment, CanaryStep, Rolling
from tests.aws_stacks import ECR, SEOUL, TOKYO, an_aws_stack
from tests.builders import a_place, a_system
from tests.unit.operations.rollback_builders import absent, deployment, image, replica_set, rollout, workload

CANARY = Canary(type="canary", steps=(CanaryStep(weight=20),))
BLUE_GREEN = BlueGreen(type="blueGreen")


def service(strategy: Any = None, **more: Any) -> Service:
    return Service.model_validate(
        {
            "name": "web",
            "image": {"repository": "shop/web", "registry": "harbor", "tag": "1.0.0"},
            "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
            "strategy": strategy or Rolling(),
            **more,
        }
    )


def rolling(*sets: dict[str, Any], phase: str = "healthy", **annotations: str) -> LiveWorkload:
    told = {f"naru/{key.replace('_', '-')}": value for key, value in annotations.items()}
    return workload(deployment(*sets, phase=phase, annotations=told), *sets)


def argo(*sets: dict[str, Any], stable: int = 0, **more: Any) -> LiveWorkload:
    return workload(rollout(*sets, stable=sets[stable], **more), *sets, kind="Rollout")


def of_argo(number: int, tag: str, **more: Any) -> dict[str, Any]:
    return replica_set(number, tag, kind="Rollout", **more)


def summary(found: Decision) -> str:
    """Return a decision in a few words."""
    if isinstance(found, NoWay):
        return f"no: {found.reason}"
    if isinstance(found, Stay):
        return f"stays at {shown(found.revision.image)}"
    left = shown(found.left.image) if found.left else "-"
    return f"{found.how}: {left} to {shown(found.target.image)}"


GOOD, BETTER, BAD = (
    replica_set(1, "1.0.0", healthy=True),
    replica_set(2, "1.1.0", healthy=True),
    replica_set(3, "1.2.0", pods=2),
)


@pytest.mark.parametrize(
    ("found", "says", "to", "expected"),
    [
        pytest.param(rolling(BAD, BETTER, GOOD), "1.2.0", None, "version: 1.2.0 to 1.1.0", id="the last healthy one"),
        pytest.param(
            rolling(BAD, replica_set(2, "1.1.0"), GOOD, phase="degraded"),
            "1.2.0",
            None,
            "version: 1.2.0 to 1.0.0",
            id="one that never was healthy is passed over",
        ),
        pytest.param(
            rolling(replica_set(3, "1.2.0", healthy=True, pods=2), BETTER, GOOD),
            "1.2.0",
            None,
            "version: 1.2.0 to 1.1.0",
            id="a healthy version too, as it may be wrong in what nobody measures",
        ),
        pytest.param(rolling(BAD), "1.2.0", None, "no: it has no earlier version", id="a first deployment"),
        pytest.param(
            rolling(BAD, replica_set(1, "1.0.0")),
            "1.2.0",
            None,
            "no: no earlier version was seen healthy; --to takes one of 1.0.0 (revision 1)",
            id="nothing was marked",
        ),
        pytest.param(
            rolling(BAD, replica_set(1, "1.2.0", healthy=True)),
            "1.2.0",
            None,
            "no: revision 1 has the same image (1.2.0): what is other now is configuration, "
            "which does not go back with a release",
            id="only configuration is other",
        ),
        pytest.param(
            rolling(replica_set(4, "1.1.0", healthy=True, pods=2, born=2), BAD, GOOD, rolled_back_to="h2"),
            "1.1.0",
            None,
            "stays at 1.1.0",
            id="a second run",
        ),
        pytest.param(
            rolling(replica_set(4, "1.1.0", healthy=True, pods=2, born=2), BAD, GOOD, rolled_back_to="h2"),
            "1.2.0",
            None,
            "version: 1.2.0 to 1.1.0",
            id="it went back by itself, and the release does not say so",
        ),
        pytest.param(
            rolling(replica_set(4, "1.1.0", healthy=True, pods=2, born=2), BAD, GOOD),
            "1.2.0",
            None,
            "version: 1.2.0 to 1.1.0",
            id="it was taken back by kubectl",
        ),
        pytest.param(
            rolling(replica_set(4, "1.1.0", healthy=True, pods=2, born=2), GOOD),
            "9.9.9",
            None,
            "version: 1.1.0 to 1.0.0",
            id="what the release says was never deployed",
        ),
        pytest.param(
            rolling(
                replica_set(4, "1.1.0", healthy=True, pods=2, born=2),
                replica_set(3, "1.2.0", healthy=True),
                GOOD,
                phase="degraded",
                rolled_back_to="h2",
                rolled_back_from="h3",
            ),
            "1.1.0",
            None,
            "version: 1.1.0 to 1.0.0",
            id="not to what it fled from",
        ),
        pytest.param(
            rolling(
                replica_set(5, "1.3.0", pods=2), replica_set(4, "1.1.0", healthy=True, born=2), BAD, rolled_back_to="h2"
            ),
            "1.3.0",
            None,
            "version: 1.3.0 to 1.1.0",
            id="a release after a rollback",
        ),
        pytest.param(rolling(BAD, BETTER, GOOD), "1.2.0", "1.0.0", "version: 1.2.0 to 1.0.0", id="to a tag"),
        pytest.param(rolling(BAD, BETTER, GOOD), "1.2.0", "1", "version: 1.2.0 to 1.0.0", id="to a number"),
        pytest.param(
            rolling(BAD, replica_set(2, "1", healthy=True), GOOD),
            "1.2.0",
            "1",
            "version: 1.2.0 to 1",
            id="to a tag that looks like a number",
        ),
        pytest.param(
            rolling(BAD, replica_set(2, "1.1.0", digest="sha256:" + "b" * 64)),
            "1.2.0",
            "b" * 12,
            "version: 1.2.0 to 1.1.0",
            id="to the beginning of a digest, and to what nobody marked",
        ),
        pytest.param(rolling(BAD, GOOD), "1.2.0", "1.2.0", "stays at 1.2.0", id="to what it has"),
        pytest.param(
            rolling(BAD, GOOD),
            "1.2.0",
            "7.0.0",
            "no: it has no version 7.0.0; it has 1.2.0 (revision 3), 1.0.0 (revision 1, healthy)",
            id="to what there is not",
        ),
        pytest.param(absent(), "1.2.0", None, "no: it is not deployed yet", id="not deployed"),
    ],
)
def test_of_one_deployment(found: LiveWorkload, says: str, to: str | None, expected: str) -> None:
    assert summary(decide(service(), [found], {"web": Released(image(says))}, to)) == expected


@pytest.mark.parametrize("strategy", [CANARY, BLUE_GREEN], ids=["canary", "blueGreen"])
@pytest.mark.parametrize(
    ("found", "says", "expected"),
    [
        pytest.param(
            argo(of_argo(2, "1.1.0", pods=1), of_argo(1, "1.0.0", pods=4), stable=1, phase="Paused"),
            "1.1.0",
            "version: 1.1.0 to 1.0.0",
            id="in progress, to the stable one, marked or not",
        ),
        pytest.param(
            argo(of_argo(2, "1.1.0"), of_argo(1, "1.0.0", pods=5), stable=1, phase="Degraded", abort=True),
            "1.1.0",
            "version: 1.1.0 to 1.0.0",
            id="aborted",
        ),
        pytest.param(
            argo(of_argo(3, "1.2.0", pods=5), of_argo(2, "1.1.0"), of_argo(1, "1.0.0", healthy=True)),
            "1.2.0",
            "version: 1.2.0 to 1.0.0",
            id="complete, to the last healthy one",
        ),
        pytest.param(
            argo(of_argo(2, "1.0.0", config="web-22222222"), of_argo(1, "1.0.0", pods=5), stable=1, phase="Paused"),
            "1.0.0",
            "no: revision 1 has the same image (1.0.0): what is other now is configuration, "
            "which does not go back with a release",
            id="in progress with configuration alone",
        ),
        pytest.param(
            argo(of_argo(3, "1.0.0", pods=5, born=1), of_argo(2, "1.1.0"), annotations={"naru/rolled-back-to": "h1"}),
            "1.0.0",
            "stays at 1.0.0",
            id="a second run",
        ),
    ],
)
def test_of_a_rollout(strategy: Any, found: LiveWorkload, says: str, expected: str) -> None:
    assert summary(decide(service(strategy), [found], {"web": Released(image(says))})) == expected


def tried(*, to: str | None = None, **annotations: str) -> str:
    strategy = CanaryDeployment(type="canaryDeployment", weight=10)
    main = rolling(BETTER, GOOD, **annotations)
    second = replica_set(1, "1.3.0", name="web-canary", pods=1)
    beside = workload(deployment(second, name="web-canary"), second, role="canary")
    said = {"web": Released(image("1.1.0")), "web-canary": Released(image("1.3.0"))}
    return summary(decide(service(strategy, canary=Version(tag="1.3.0")), [main, beside], said, to))


def test_a_canary_deployment_that_is_tried_is_taken_out_first() -> None:
    assert tried() == "canary: 1.3.0 to 1.1.0"
    assert tried(rolled_back_to="h2") == "canary: 1.3.0 to 1.1.0"
    assert tried(to="1.1.0") == "canary: 1.3.0 to 1.1.0"
    assert tried(to="1.0.0") == "version: 1.1.0 to 1.0.0"


def test_without_a_canary_it_goes_back_as_a_rolling_one() -> None:
    strategy = CanaryDeployment(type="canaryDeployment", weight=10)
    assert summary(decide(service(strategy), [rolling(BETTER, GOOD)], {"web": Released(image("1.1.0"))})) == (
        "version: 1.1.0 to 1.0.0"
    )


def colors(live: LiveWorkload, idle: LiveWorkload, to: str | None = None, says: str = "1.1.0") -> str:
    strategy = BlueGreenIngress(type="blueGreenIngress")
    said = {live.name: Released(image(says)), idle.name: Released(image("1.0.0"))}
    return summary(decide(service(strategy, live="green"), [live, idle], said, to))


def color(role: Any, *sets: dict[str, Any], phase: str = "healthy", **annotations: str) -> LiveWorkload:
    told = {f"naru/{key.replace('_', '-')}": value for key, value in annotations.items()}
    return workload(deployment(*sets, name=f"web-{role}", phase=phase, annotations=told), *sets, role=role)


def of_color(role: str, number: int, tag: str, **more: Any) -> dict[str, Any]:
    return replica_set(number, tag, name=f"web-{role}", **more)


NOW = color("green", of_color("green", 2, "1.1.0", healthy=True, born=5), of_color("green", 1, "0.8.0", healthy=True))
BEFORE = of_color("blue", 1, "1.0.0", healthy=True, born=2)


@pytest.mark.parametrize(
    ("live", "idle", "to", "expected"),
    [
        pytest.param(NOW, color("blue", BEFORE), None, "live: 1.1.0 to 1.0.0", id="to the other colour"),
        pytest.param(
            NOW, color("blue", BEFORE, phase="degraded"), None, "color: 1.1.0 to 0.8.0", id="which is not ready"
        ),
        pytest.param(
            NOW,
            color("blue", of_color("blue", 3, "1.2.0", healthy=True, born=9)),
            None,
            "color: 1.1.0 to 0.8.0",
            id="which has a newer one that was not live yet",
        ),
        pytest.param(
            NOW,
            color("blue", of_color("blue", 1, "1.1.0", healthy=True, born=2)),
            None,
            "color: 1.1.0 to 0.8.0",
            id="which has the same version",
        ),
        pytest.param(NOW, absent(role="blue", name="web-blue"), None, "color: 1.1.0 to 0.8.0", id="which is not there"),
        pytest.param(NOW, color("blue", BEFORE), "blue", "live: 1.1.0 to 1.0.0", id="by its name"),
        pytest.param(NOW, color("blue", BEFORE), "1.0.0", "live: 1.1.0 to 1.0.0", id="by its tag"),
        pytest.param(NOW, color("blue", BEFORE), "1", "color: 1.1.0 to 0.8.0", id="a number is of the live colour"),
        pytest.param(
            color(
                "green",
                of_color("green", 2, "1.1.0", healthy=True, born=5),
                of_color("green", 1, "0.8.0", healthy=True),
                rolled_back_to="h5",
            ),
            color("blue", BEFORE),
            None,
            "stays at 1.1.0",
            id="a second run",
        ),
    ],
)
def test_of_two_colours(live: LiveWorkload, idle: LiveWorkload, to: str | None, expected: str) -> None:
    assert colors(live, idle, to) == expected


def way(tag: str) -> Way:
    found = decide(service(), [rolling(BAD, replica_set(2, tag, healthy=True))], {"web": Released(image("1.2.0"))})
    assert isinstance(found, Way)
    return found


def test_clusters_go_back_together() -> None:
    alone = NoWay("it has no earlier version")
    plan = together({"seoul": way("1.1.0"), "tokyo": way("1.1.0"), "osaka": alone})
    assert not isinstance(plan, NoWay)
    assert list(plan.ways) == ["seoul", "tokyo"]
    assert plan.left_out == {"osaka": "it has no earlier version"}


def test_clusters_that_would_go_to_different_versions_are_refused() -> None:
    plan = together({"seoul": way("1.1.0"), "tokyo": way("1.0.0")})
    assert isinstance(plan, NoWay)
    assert "seoul to 1.1.0, tokyo to 1.0.0" in plan.reason


def test_a_cluster_that_stays_elsewhere_is_no_agreement() -> None:
    stay = Stay(way("1.0.0").target)
    assert isinstance(together({"seoul": way("1.1.0"), "tokyo": stay}), NoWay)
    assert not isinstance(together({"seoul": way("1.0.0"), "tokyo": stay}), NoWay)


def in_region(found: Way, region: str) -> Way:
    registry = ECR.replace(SEOUL, region)
    target = replace(found.target, image=found.target.image.replace("harbor.example.com", registry))
    return replace(found, target=target)


def test_clusters_that_pull_from_their_own_regions_go_to_one_version() -> None:
    both = {"seoul": in_region(way("1.1.0"), SEOUL), "tokyo": in_region(way("1.1.0"), TOKYO)}
    assert not isinstance(together(both), NoWay)
    assert isinstance(together({**both, "tokyo": in_region(way("1.0.0"), TOKYO)}), NoWay)


def test_a_release_came_to_a_cluster_that_has_its_images_from_another_region() -> None:
    seoul, tokyo = (in_region(way("1.1.0"), region).target for region in (SEOUL, TOKYO))
    assert seoul.image != tokyo.image
    assert Released(seoul.image, {"proxy": f"{ECR}/proxy:1"}).runs(
        replace(tokyo, images={"web": tokyo.image, "proxy": f"{ECR.replace(SEOUL, TOKYO)}/proxy:1"})
    )
    assert not Released(seoul.image, {"proxy": f"{ECR}/proxy:1"}).runs(
        replace(tokyo, images={"web": tokyo.image, "proxy": f"{ECR.replace(SEOUL, TOKYO)}/proxy:2"})
    )


def test_a_cluster_that_the_release_never_came_to_follows_and_goes_not_behind_what_it_has() -> None:
    said = Released(image("1.2.0"))
    clusters = {"seoul": [rolling(BAD, BETTER, GOOD)], "tokyo": [rolling(BETTER, GOOD)]}
    alone = {cluster: decide(service(), found, {"web": said}) for cluster, found in clusters.items()}
    assert {cluster: summary(found) for cluster, found in alone.items()} == {
        "seoul": "version: 1.2.0 to 1.1.0",
        "tokyo": "version: 1.1.0 to 1.0.0",
    }
    plan = together(following(alone, clusters, said))
    assert not isinstance(plan, NoWay)
    assert {cluster: shown(found.target.image) for cluster, found in plan.ways.items()} == {"seoul": "1.1.0"}
    assert plan.left_out == {"tokyo": "1.2.0 never came to it"}


def test_a_release_that_came_to_no_cluster_is_decided_by_each_of_them() -> None:
    said = Released(image("1.2.0"))
    clusters = {"seoul": [rolling(BETTER, GOOD)], "tokyo": [rolling(BETTER, GOOD)]}
    alone = {cluster: decide(service(), found, {"web": said}) for cluster, found in clusters.items()}
    assert following(alone, clusters, said) == alone


def test_no_way_on_any_cluster_is_none_at_all() -> None:
    plan = together({"seoul": NoWay("a"), "tokyo": NoWay("b")})
    assert plan == NoWay("seoul: a; tokyo: b")


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("nginx", ("nginx", None, None)),
        ("nginx:1.2", ("nginx", "1.2", None)),
        ("host:5000/a/b", ("host:5000/a/b", None, None)),
        ("host:5000/a/b:1@sha256:ab", ("host:5000/a/b", "1", "sha256:ab")),
        ("a/b@sha256:ab", ("a/b", None, "sha256:ab")),
    ],
)
def test_an_image_is_taken_apart(reference: str, expected: tuple[str, str | None, str | None]) -> None:
    assert parts(reference) == expected


def test_a_version_is_what_makes_the_image_again() -> None:
    digest = "sha256:" + "a" * 64
    asked = Image(registry="harbor", repository="shop/web", tag="2", digest=digest)
    assert version_of(image("1.0.0"), asked, a_place()) == Version(tag="1.0.0")
    assert version_of(image("1.0.0", digest), asked, a_place()) == Version(tag="1.0.0", digest=digest)
    assert version_of("elsewhere/web:1.0.0", asked, a_place()) is None


def test_a_version_is_the_same_in_every_region_that_has_its_image() -> None:
    asked = Image(registry="ecr", repository="shop/web", tag="2")
    stack = an_aws_stack(a_system(name="shop", aws={}, clusters="all"))
    for region in (SEOUL, TOKYO):
        running = f"{ECR.replace(SEOUL, region)}/shop/web:1.0.0"
        assert version_of(running, asked, Place(stack, stack.systems["shop"], "tokyo")) == Version(tag="1.0.0")
