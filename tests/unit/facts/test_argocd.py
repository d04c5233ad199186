"""How each environment is synced, and by whom, as the guides have it, seen in what Argo CD is given."""

from typing import Any

import pytest

from manifests.placed import Manifest
from tests.assembled import STACKS, stack
from tests.unit.manifests.argocd.stacks import named

WITH_ARGO = [name for name in STACKS if stack(name).environment.argocd]
HEALS = {"prune": True, "selfHeal": True}
AUTOMATIC = {"prune": True}
BY_HAND = None

# What the parent of a system does by itself; None is somebody's sync.
POLICIES: dict[str, dict[str, dict[str, bool] | None]] = {
    "services-platform": {"dev": AUTOMATIC, "staging": BY_HAND, "prod": BY_HAND},
    "plate": {"dev": HEALS, "staging": HEALS, "prod": HEALS},
    # prod: by approval, and so by the sync of somebody of operations.
    "korea-public-data": {"dev": AUTOMATIC, "staging": AUTOMATIC, "prod": BY_HAND},
    # Argo CD deploys what it sees in Git.
    "immersiverse": {"dev": AUTOMATIC, "staging": AUTOMATIC, "prod": AUTOMATIC},
    "ams": {"dev": AUTOMATIC, "staging": AUTOMATIC, "prod": AUTOMATIC},
}


def children(name: str, system: str) -> list[Manifest]:
    """Return the Applications of the parts of a system on a stack."""
    found = named(stack(name)).values()
    return [made for made in found if made["spec"].get("project") == f"{name}-{system}"]


def test_every_stack_that_is_delivered_by_git_has_its_argo_cd() -> None:
    assert WITH_ARGO == ["dev", "staging", "prod"]


@pytest.mark.parametrize("name", WITH_ARGO)
@pytest.mark.parametrize("system", POLICIES)
def test_system_is_synced_as_its_guide_has_it(name: str, system: str) -> None:
    policy = named(stack(name))[f"Application/{name}-{system}"]["spec"]["syncPolicy"]
    assert policy.get("automated") == POLICIES[system][name]
    assert policy["retry"]["limit"] > 0
    assert policy["retry"]["backoff"]["factor"] > 1


@pytest.mark.parametrize("name", WITH_ARGO)
@pytest.mark.parametrize("system", POLICIES)
def test_what_runs_follows_what_was_synced(name: str, system: str) -> None:
    found = children(name, system)
    assert len(found) == 2 * len({made["spec"]["destination"]["name"] for made in found})
    heals = HEALS if POLICIES[system][name] == HEALS else AUTOMATIC
    assert all(made["spec"]["syncPolicy"]["automated"] == heals for made in found)


@pytest.mark.parametrize("name", WITH_ARGO)
def test_plate_ignores_annotations_of_ingresses_in_production_alone(name: str) -> None:
    rules = [rule for made in children(name, "plate") for rule in made["spec"].get("ignoreDifferences", [])]
    ignored = {rule["name"] for rule in rules if rule.get("jsonPointers") == ["/metadata/annotations"]}
    assert ignored == ({"plate-api", "plate-web", "plate-llm"} if name == "prod" else set())


@pytest.mark.parametrize(
    ("name", "roles"), [("dev", {"developers"}), ("staging", {"qa"}), ("prod", {"operations"})], ids=WITH_ARGO
)
def test_korea_public_data_is_synced_by_those_who_have_access(name: str, roles: set[str]) -> None:
    objects = named(stack(name))
    for project, application in ((f"{name}-korea-public-data", "*"), (name, f"{name}-korea-public-data")):
        ending = f"applications, sync, {project}/{application}, allow"
        found: list[dict[str, Any]] = objects[f"AppProject/{project}"]["spec"]["roles"]
        assert {role["name"] for role in found if any(rule.endswith(ending) for rule in role["policies"])} == roles


def test_immersiverse_goes_to_one_region_of_production_after_the_other() -> None:
    wave = "argocd.argoproj.io/sync-wave"
    found = [
        (made["spec"]["destination"]["name"], made["metadata"]["annotations"][wave])
        for made in children("prod", "immersiverse")
    ]
    assert found == [
        ("naru-prod-seoul", "0"),
        ("naru-prod-seoul", "1"),
        ("naru-prod-tokyo", "2"),
        ("naru-prod-tokyo", "3"),
    ]


@pytest.mark.parametrize("name", WITH_ARGO)
def test_no_guide_names_a_time_in_which_nothing_may_be_synced(name: str) -> None:
    assert not [key for key, made in named(stack(name)).items() if "syncWindows" in made["spec"]]
