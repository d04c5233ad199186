"""Pulumi's mocks, and a stack registered under them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks

from components.stack_resources import register
from settings.stack import Stack
from tests import assembled


@dataclass
class Recorded(mocks.Mocks):
    """What was registered, in order. A call it does not know raises."""

    resources: list[mocks.MockResourceArgs] = field(default_factory=list)
    answering: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    """Where services answer, by `cluster/system` and service: what the program exports."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if args.typ.startswith(("aws:", "naru:aws:", "pulumi:providers:aws")):
            return f"{args.name}-id", {**args.inputs, **_of_aws(args)}
        if not args.typ.startswith(("kubernetes:", "naru:", "pulumi:providers:kubernetes")):
            message = f"a resource of an unknown type: {args.typ}"
            raise LookupError(message)
        self.resources.append(args)
        return f"{args.name}-id", dict(args.inputs)

    def call(self, args: mocks.MockCallArgs) -> Any:
        message = f"an unknown call: {args.token}"
        raise LookupError(message)

    @property
    def objects(self) -> list[mocks.MockResourceArgs]:
        return [args for args in self.resources if args.typ.startswith("kubernetes:")]


@pytest.fixture
def recorded() -> Recorded:
    """Mocks that are in force, with nothing registered yet."""
    recorded = Recorded()
    mocks.set_mocks(recorded, project="naru", stack="test")
    return recorded


@pytest.fixture(scope="session")
def stacks() -> Mapping[str, Stack]:
    return {name: assembled.stack(name) for name in assembled.STACKS}


Registered = Callable[..., Recorded]


@pytest.fixture
def registered(recorded: Recorded) -> Registered:
    """Register a stack, or some systems of it, under mocks and wait until it is."""

    def run(stack: Stack, only: Collection[str] = (), clusters: Collection[str] = ()) -> Recorded:
        @pulumi.runtime.test  # type: ignore[untyped-decorator]
        def program() -> pulumi.Output[Any]:
            made = register(stack, rendered="rendered/test", only=only, clusters=clusters)
            return pulumi.Output.all(**made.urls).apply(recorded.answering.update)

        program()
        return recorded

    return run


def _of_aws(args: mocks.MockResourceArgs) -> dict[str, Any]:
    """Return what other resources ask one of AWS for; what it really is, is for tests/unit/aws."""
    if args.typ != "aws:acm/certificate:Certificate":
        return {"arn": f"arn:aws:{args.name}"}
    hosts = [args.inputs["domainName"], *args.inputs.get("subjectAlternativeNames", ())]
    record = {
        "resourceRecordName": "_x.example.com",
        "resourceRecordType": "CNAME",
        "resourceRecordValue": "_y.example",
    }
    return {"domainValidationOptions": [{"domainName": host, **record} for host in hosts], "arn": "arn:aws:acm"}
