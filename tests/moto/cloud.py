"""Pulumi's mocks on moto: each resource is made by boto3, so that botocore and moto check what a component declares.

A creator makes what one type of resource is, from its inputs as the provider gets them (camelCase), and returns its id
and outputs. It has to take every input: one that it does not look at raises, as does a type without a creator. So what
no call of AWS was given is not tested by accident.
"""

import os
import pkgutil
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Final

import boto3
import pulumi
from botocore.config import Config
from pulumi.runtime import mocks

ACCOUNT: Final = "123456789012"
"""moto's account."""


class Inputs:
    """The inputs of one resource, each of which somebody has to take."""

    def __init__(self, of: str, given: Mapping[str, Any]) -> None:
        self._of = of
        self._left = dict(given)

    def take(self, name: str) -> Any:
        """Return an input that has to be there. Raises LookupError where it is not."""
        if name not in self._left:
            message = f"{self._of} has no {name}"
            raise LookupError(message)
        return self._left.pop(name)

    def maybe(self, name: str, default: Any = None) -> Any:
        """Return an input that may be missing."""
        return self._left.pop(name, default)

    def __contains__(self, name: str) -> bool:
        return name in self._left

    def finish(self) -> None:
        """Raise LookupError where an input was not taken."""
        if self._left:
            message = f"no call of AWS was given {', '.join(sorted(self._left))} of {self._of}"
            raise LookupError(message)


@dataclass(frozen=True)
class Made:
    """What came of creating a resource."""

    id: str
    outputs: dict[str, Any] = field(default_factory=dict)


class Account:
    """Clients of moto's account in one region."""

    _clients: dict[tuple[str, str, str], Any] = {}

    def __init__(self, region: str) -> None:
        self.region = region

    def client(self, service: str, region: str | None = None) -> Any:
        """Return a client, made once in a process: botocore reads a description of megabytes for each."""
        # botocore itself goes by AWS_ENDPOINT_URL, to moto as a server.
        key = (service, region or self.region, os.environ.get("AWS_ENDPOINT_URL", ""))
        if key not in self._clients:
            self._clients[key] = boto3.client(
                service, region_name=key[1], config=Config(retries={"total_max_attempts": 1})
            )
        return self._clients[key]


Creator = Callable[[Account, Inputs, str], Made]
"""Takes the account in the resource's region, its inputs and its logical name."""

CREATORS: Final[dict[str, Creator]] = {}


def creates(token: str) -> Callable[[Creator], Creator]:
    """Register a creator for a type such as `aws:sqs/queue:Queue`."""

    def registered(creator: Creator) -> Creator:
        if token in CREATORS:
            message = f"{token} has two creators"
            raise ValueError(message)
        CREATORS[token] = creator
        return creator

    return registered


def tag_list(tags: Mapping[str, str] | None) -> list[dict[str, str]]:
    """Return tags as most of AWS' calls take them."""
    return [{"Key": key, "Value": value} for key, value in (tags or {}).items()]


@dataclass(frozen=True)
class Registration:
    """One resource as the engine would have been asked for it."""

    urn: str
    type: str
    name: str
    inputs: Mapping[str, Any]
    parent: str
    provider: str
    region: str
    """Of its AWS provider; empty for anything else."""
    dependencies: frozenset[str]
    """URNs of all that it waits for: by `depends_on` and by each of its inputs."""
    protect: bool
    retain_on_delete: bool
    ignore_changes: tuple[str, ...]

    @property
    def component(self) -> bool:
        """Whether it is one of ours rather than a thing in AWS or a cluster."""
        return self.type.startswith("naru:")


class _Monitor(mocks.MockMonitor):
    """Keeps of each request what mocks do not see."""

    def __init__(self, cloud: "Cloud") -> None:
        super().__init__(cloud)
        self._cloud = cloud

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the engine's name
        self._cloud.current.request = request
        response = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        if request.type != "pulumi:pulumi:Stack":
            self._cloud.note(request, response.urn)
        return response


class Cloud(mocks.Mocks):
    """Makes what is registered in moto. Use it inside moto's `mock_aws`."""

    def __init__(self) -> None:
        for module in pkgutil.iter_modules(import_module("tests.moto").__path__, "tests.moto."):
            import_module(module.name)  # each registers its creators
        self.registered: list[Registration] = []
        self.current = threading.local()
        self._regions: dict[str, str] = {}
        self._lock = threading.Lock()

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """Make a resource of AWS in moto; components, providers and objects of Kubernetes are only taken note of."""
        inputs = dict(args.inputs)
        if not args.custom or args.typ.startswith(("naru:", "kubernetes:", "pulumi:providers:")):
            return f"{args.name}-id", inputs
        if args.typ not in CREATORS:
            message = f"a resource of a type that moto is not asked for: {args.typ} ({args.name})"
            raise LookupError(message)
        region = self.region_of(self.current.request.provider)
        if not region:
            message = f"{args.typ} ({args.name}) has no explicit AWS provider"
            raise LookupError(message)
        given = Inputs(f"{args.typ} ({args.name})", inputs)
        with self._lock:
            made = CREATORS[args.typ](Account(region), given, args.name)
        given.finish()
        return made.id, {**inputs, **made.outputs}

    def call(self, args: mocks.MockCallArgs) -> Any:
        """Refuse: nothing of ours looks anything up while it registers."""
        message = f"an unknown call: {args.token}"
        raise LookupError(message)

    def note(self, request: Any, urn: str) -> None:
        """Keep a registration."""
        from pulumi.runtime import rpc  # noqa: PLC0415 - as the monitor does it

        inputs = rpc.deserialize_properties(request.object)
        if request.type == "pulumi:providers:aws":
            self._regions[urn] = inputs["region"]
        dependencies = {
            *request.dependencies,
            *(one for each in request.propertyDependencies.values() for one in each.urns),
        }
        self.registered.append(
            Registration(
                urn,
                request.type,
                request.name,
                inputs,
                request.parent,
                request.provider,
                self.region_of(request.provider) if request.type.startswith("aws:") else "",
                frozenset(dependencies),
                bool(request.protect),
                bool(request.retainOnDelete),
                tuple(request.ignoreChanges),
            )
        )

    def region_of(self, provider: str) -> str:
        """Return the region of a provider, by the reference (`urn::id`) that a resource has; empty for none."""
        return self._regions.get(provider.rpartition("::")[0], "")

    @property
    def resources(self) -> list[Registration]:
        """What was made in AWS."""
        return [one for one in self.registered if one.type.startswith("aws:")]

    def of_type(self, token: str) -> list[Registration]:
        """Return what was made of one type, such as `aws:sqs/queue:Queue`."""
        return [one for one in self.registered if one.type == token]

    def named(self, name: str, token: str = "") -> Registration:
        """Return the resource of a logical name (and type). Raises LookupError where there is not exactly one."""
        found = [one for one in self.registered if one.name == name and token in ("", one.type)]
        if len(found) != 1:
            names = ", ".join(f"{one.name} ({one.type})" for one in self.resources)
            message = f"{len(found)} resources are called {name}; there are {names}"
            raise LookupError(message)
        return found[0]


def run(cloud: Cloud, program: Callable[[], Any]) -> Any:
    """Run a program under the mocks until all it registered is made; return what its Outputs came to."""
    mocks.set_mocks(cloud, project="naru", stack="test", monitor=_Monitor(cloud))
    outcome: list[Any] = []

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def registering() -> pulumi.Output[Any]:
        return pulumi.Output.from_input(program()).apply(outcome.append)

    registering()
    return outcome[0] if outcome else None


def paged(client: Any, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
    """Yield what all pages of a listing have under a key."""
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page[key]
