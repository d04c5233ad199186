"""What the engine asks of a provider, answered by moto's creators."""

import json
import pkgutil
import threading
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final, NoReturn

from botocore.exceptions import BotoCoreError, ClientError
from google.protobuf import empty_pb2

from local.provider.diff import changes
from local.provider.engine import Engine
from local.provider.properties import has_unknowns, mark_secrets, plain, read_struct, write_struct
from local.provider.resources import Refused
from local.provider.server import ProviderService
from local.provider.stubs import plugin_pb2, provider_pb2
from tests.moto.cloud import CREATORS, Account, Inputs, Made
from tests.moto.provider import records

VERSION: Final = "7.51.1"
"""Of the official provider whose place it takes."""

REPLACED_BY: Final[Mapping[str, frozenset[str]]] = {
    records.RECORD: frozenset({"name", "zoneId"}),
}
"""By type, the inputs that the official provider changes by making the resource anew.

Source: terraform-provider-aws, the attributes `ForceNew` of each resource.
"""


class MotoService(ProviderService):
    """One provider process: in one region, of moto's account."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._account: Account | None = None
        self._lock = threading.Lock()
        for module in pkgutil.iter_modules(import_module("tests.moto").__path__, "tests.moto."):
            if not module.ispkg:
                import_module(module.name)  # each registers its creators

    @property
    def account(self) -> Account:
        """The account in the provider's region. Raises Refused before it is configured."""
        if self._account is None:
            raise Refused("the provider was asked about a resource before it was configured")
        return self._account

    def get_plugin_info(self, _: empty_pb2.Empty) -> plugin_pb2.PluginInfo:
        """Tell the version."""
        return plugin_pb2.PluginInfo(version=VERSION)

    def get_schema(self, _: provider_pb2.GetSchemaRequest) -> provider_pb2.GetSchemaResponse:
        """Tell the package's name."""
        return provider_pb2.GetSchemaResponse(schema=json.dumps({"name": "aws", "version": VERSION, "resources": {}}))

    def check_config(self, request: provider_pb2.CheckRequest) -> provider_pb2.CheckResponse:
        """Take the provider's inputs as they are."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def diff_config(self, request: provider_pb2.DiffRequest) -> provider_pb2.DiffResponse:
        """Tell whether the inputs changed; another region means other resources."""
        found = changes(read_struct(request.old_inputs), read_struct(request.news))
        changed = sorted({str(one.path[0]) for one in found} - {"version"})
        return _diff_response(changed, [name for name in changed if name == "region"])

    def configure(self, request: provider_pb2.ConfigureRequest) -> provider_pb2.ConfigureResponse:
        """Take region and account. Raises Refused for another account than those that are allowed."""
        inputs = plain(read_struct(request.args))
        if not inputs.get("region"):
            raise Refused("the provider has no region")
        account = records.Upserting(inputs["region"])
        own = account.client("sts").get_caller_identity()["Account"]
        # What is no text the SDK sends as JSON.
        allowed = json.loads(inputs.get("allowedAccountIds", "[]"))
        if allowed and own not in allowed:
            message = f"AWS account ID not allowed: {own}"
            raise Refused(message)
        self._account = account
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def check(self, request: provider_pb2.CheckRequest) -> provider_pb2.CheckResponse:
        """Take a resource's inputs as they are; a type without a creator is a fault at once."""
        kind = _type(request.urn)
        if kind not in CREATORS:
            failure = provider_pb2.CheckFailure(property="", reason=f"moto is not asked for the type {kind}")
            return provider_pb2.CheckResponse(inputs=request.news, failures=[failure])
        return provider_pb2.CheckResponse(inputs=request.news)

    def diff(self, request: provider_pb2.DiffRequest) -> provider_pb2.DiffResponse:
        """Tell which inputs differ, and which of them need a new resource."""
        found = changes(read_struct(request.old_inputs), read_struct(request.news))
        replaced_by = REPLACED_BY.get(_type(request.urn), frozenset())
        changed = {str(one.path[0]) for one in found}
        return _diff_response(sorted(changed), sorted(changed & replaced_by))

    def create(self, request: provider_pb2.CreateRequest) -> provider_pb2.CreateResponse:
        """Make a resource in moto; in a preview only its inputs are known."""
        inputs = read_struct(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=request.properties)
        made = self._make(request.urn, inputs)
        return provider_pb2.CreateResponse(id=made.id, properties=_state(inputs, made))

    def read(self, request: provider_pb2.ReadRequest) -> provider_pb2.ReadResponse:
        """Find a record that is gone; everything else is as it was last seen."""
        if _type(request.urn) == records.RECORD and not records.found(self.account, plain(read_struct(request.inputs))):
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    def update(self, request: provider_pb2.UpdateRequest) -> provider_pb2.UpdateResponse:
        """Change a record, or the tags of anything. Raises Refused for what no test needs."""
        old, new, state = (plain(read_struct(one)) for one in (request.old_inputs, request.news, request.olds))
        if request.preview:
            return provider_pb2.UpdateResponse(properties=write_struct({**state, **new}))
        kind = _type(request.urn)
        changed = {str(one.path[0]) for one in changes(old, new)}
        if kind == records.RECORD:
            with self._lock:
                records.delete(self.account, old)
            made = self._make(request.urn, read_struct(request.news))
            return provider_pb2.UpdateResponse(properties=_state(read_struct(request.news), made))
        if changed <= {"tags"} and "arn" in state:
            self._retag(state["arn"], old.get("tags") or {}, new.get("tags") or {})
            return provider_pb2.UpdateResponse(properties=write_struct({**state, **new}))
        message = f"no updater for {kind}: {', '.join(sorted(changed))}"
        raise Refused(message)

    def delete(self, request: provider_pb2.DeleteRequest) -> empty_pb2.Empty:
        """Delete a record. Raises Refused for what no test needs."""
        kind = _type(request.urn)
        if kind != records.RECORD:
            message = f"no deleter for {kind}"
            raise Refused(message)
        with self._lock:
            records.delete(self.account, plain(read_struct(request.old_inputs)))
        return empty_pb2.Empty()

    def invoke(self, request: provider_pb2.InvokeRequest) -> NoReturn:
        """Refuse: nothing of ours looks anything up while it registers."""
        message = f"an unknown call: {request.tok}"
        raise Refused(message)

    def _make(self, urn: str, inputs: Mapping[str, Any]) -> Made:
        kind, name = _type(urn), urn.rpartition("::")[2]
        if has_unknowns(inputs):
            message = f"{kind} ({name}) has an input that is not known"
            raise Refused(message)
        given = Inputs(f"{kind} ({name})", plain(inputs))
        try:
            with self._lock:
                made = CREATORS[kind](self.account, given, name)
            given.finish()
        except (AssertionError, BotoCoreError, ClientError, LookupError) as error:
            message = f"{type(error).__name__}: {error}"
            raise Refused(message) from error
        return made

    def _retag(self, arn: str, old: Mapping[str, str], new: Mapping[str, str]) -> None:
        client = self.account.client("resourcegroupstaggingapi")
        gone = sorted(old.keys() - new.keys())
        if gone:
            client.untag_resources(ResourceARNList=[arn], TagKeys=gone)
        client.tag_resources(ResourceARNList=[arn], Tags=dict(new))


def _type(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


def _state(inputs: Mapping[str, Any], made: Made) -> Any:
    return write_struct(mark_secrets({**plain(inputs), **made.outputs}, inputs))


def _diff_response(changed: list[str], replaces: list[str]) -> provider_pb2.DiffResponse:
    kinds = provider_pb2.DiffResponse
    return provider_pb2.DiffResponse(
        changes=kinds.DIFF_SOME if changed else kinds.DIFF_NONE, diffs=changed, replaces=replaces
    )
