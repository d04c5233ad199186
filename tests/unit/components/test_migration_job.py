"""Migrations under mocks: a component for each service that has one."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

from components.declare import Surroundings, declare
from components.migration_job import MigrationJob
from components.options import resolved
from manifests.assembly import assemble
from manifests.placed import Part
from settings.stack import Stack
from tests.builders import a_place, a_service
from tests.unit.components.conftest import Recorded, Registered

TYPE = "naru:workload:MigrationJob"
STACKS = ["local", "dev", "staging", "prod"]
MIGRATION = {"engine": "goose", "secret": "db", "databases": {"main": {"directory": "/m"}}}


def of_type(recorded: Recorded, token: str) -> list[str]:
    return [args.name for args in recorded.resources if args.typ == token]


@pytest.mark.parametrize("name", STACKS)
def test_each_component_of_a_migrated_service_is_registered_once(
    name: str, stacks: Mapping[str, Stack], registered: Registered
) -> None:
    stack = stacks[name]
    recorded = registered(stack)
    primary = stack.environment.primary
    expected = [
        f"{primary}/{system.name}/{service.name}-migrate"
        for system in stack.systems.values()
        for service in system.services.values()
        if service.migration is not None
    ]
    assert len(expected) == 4
    assert sorted(of_type(recorded, TYPE)) == sorted(expected)
    counted = Counter(of_type(recorded, "naru:workload:WebService"))
    assert {f"{wanted.removesuffix('-migrate')}" for wanted in expected} <= counted.keys()
    assert set(counted.values()) == {1}


@pytest.mark.parametrize("name", STACKS)
def test_logical_name_of_a_job_carries_no_hash(name: str, stacks: Mapping[str, Stack], registered: Registered) -> None:
    jobs = of_type(registered(stacks[name]), "kubernetes:batch/v1:Job")
    primary = stacks[name].environment.primary
    assert f"{primary}/services-platform/auth-service-migrate:job:auth-service-migrate" in jobs
    assert [job for job in jobs if re.search(r"-[0-9a-f]{8}$", job)] == []


def test_jobs_are_named_in_the_outputs(recorded: Recorded) -> None:
    service = a_service(migration=MIGRATION)
    place = a_place(service, delivery="gitops")
    objects = assemble(place.stack, "main")["demo"]
    seen: list[list[str]] = []

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> pulumi.Output[Any]:
        provider = pulumi.ProviderResource("kubernetes", "main", {})
        surroundings = Surroundings(place.environment, dict.fromkeys(Part, provider))
        foundation = [placed for placed in objects if placed.part is Part.FOUNDATION]
        declare(provider, "demo", foundation, surroundings)
        component = MigrationJob(
            "demo/api-migrate",
            service,
            place=place,
            surroundings=surroundings,
            objects=[placed for placed in objects if placed.component == "api-migrate"],
        )
        return component.jobs.apply(seen.append)

    program()
    assert seen == [["api-migrate"]]
    assert of_type(recorded, TYPE) == ["demo/api-migrate"]


@pytest.mark.parametrize("name", STACKS)
def test_workload_is_registered_after_its_migrations(name: str, stacks: Mapping[str, Stack]) -> None:
    stack = stacks[name]
    objects = assemble(stack, stack.environment.primary)["services-platform"]
    resources: dict[str, Any] = {}
    for placed in objects:
        after = resolved(placed, resources)
        resources[placed.reference] = placed.reference
        if placed.reference == "Deployment/services/identity-service":
            assert sum(str(found).startswith("Job/services/identity-service-migrate-") for found in after) == 3
            return
    pytest.fail("no Deployment of the identity service")
