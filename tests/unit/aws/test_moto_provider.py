"""The provider that makes what the engine asks for in moto: as the official one, as far as the tests need it."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from local.provider.engine import Engine
from local.provider.properties import UNKNOWN, Secret, plain, read_struct, write_struct
from local.provider.resources import Refused
from local.provider.stubs import provider_pb2
from tests.moto.cloud import ACCOUNT, CREATORS, Account, Inputs, Made
from tests.moto.network import records
from tests.moto.provider import PLUGIN, install
from tests.moto.provider.records import RECORD
from tests.moto.provider.service import MotoService

SEOUL = "ap-northeast-2"
KEY = "aws:kms/key:Key"
KEY_INPUTS = {"description": "a key", "policy": "{}", "deletionWindowInDays": 30, "tags": {"owner": "a"}}


def record(account: Account, inputs: Inputs, _: str) -> Made:
    """Create a record as the official provider does: what is there already is no reason to overwrite it."""
    zone = inputs.take("zoneId")
    made = {
        "Name": inputs.take("name"),
        "Type": inputs.take("type"),
        "TTL": inputs.take("ttl"),
        "ResourceRecords": [{"Value": value} for value in inputs.take("records")],
        "SetIdentifier": inputs.take("setIdentifier"),
        "Region": inputs.take("latencyRoutingPolicies")[0]["region"],
    }
    changes = [{"Action": "CREATE", "ResourceRecordSet": made}]
    account.client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    return Made(f"{zone}_{made['Name']}", {"fqdn": made["Name"]})


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> MotoService:
    made = configured(region=SEOUL, allowedAccountIds=json.dumps([ACCOUNT]))
    monkeypatch.setitem(CREATORS, RECORD, record)
    return made


@pytest.fixture
def zone() -> str:
    made = Account(SEOUL).client("route53").create_hosted_zone(Name="example.com", CallerReference="one")
    return str(made["HostedZone"]["Id"]).removeprefix("/hostedzone/")


def configured(**inputs: str) -> MotoService:
    made = MotoService(Engine(""))
    made.configure(provider_pb2.ConfigureRequest(args=write_struct(inputs)))
    return made


def urn(kind: str, name: str = "thing") -> str:
    return f"urn:pulumi:test::naru::naru:aws:Component${kind}::{name}"


def create(service: MotoService, kind: str, inputs: dict[str, Any], *, preview: bool = False) -> Any:
    request = provider_pb2.CreateRequest(urn=urn(kind), properties=write_struct(inputs), preview=preview)
    return service.create(request)


def update(service: MotoService, kind: str, old: dict[str, Any], new: dict[str, Any], state: dict[str, Any]) -> Any:
    olds, old_inputs, news = map(write_struct, (state, old, new))
    request = provider_pb2.UpdateRequest(urn=urn(kind), id="id", olds=olds, old_inputs=old_inputs, news=news)
    return service.update(request)


def delete(service: MotoService, kind: str, inputs: dict[str, Any]) -> None:
    service.delete(provider_pb2.DeleteRequest(urn=urn(kind), id="id", old_inputs=write_struct(inputs)))


def diff(service: MotoService, kind: str, old: dict[str, Any], new: dict[str, Any]) -> tuple[list[str], list[str]]:
    request = provider_pb2.DiffRequest(urn=urn(kind), old_inputs=write_struct(old), news=write_struct(new))
    found = service.diff(request)
    assert bool(found.diffs) == (found.changes == found.DIFF_SOME)
    return list(found.diffs), list(found.replaces)


def in_region(zone: str, cluster: str, name: str = "shop.example.com") -> dict[str, Any]:
    return {
        "zoneId": zone,
        "name": name,
        "type": "CNAME",
        "ttl": 60,
        "records": [f"{cluster}.example.net"],
        "setIdentifier": cluster,
        "latencyRoutingPolicies": [{"region": SEOUL}],
    }


def kept(zone: str) -> set[tuple[object, object]]:
    return {
        (one["Name"], one["ResourceRecords"][0]["Value"])  # type: ignore[index]
        for one in records(zone)
        if one["Type"] == "CNAME"
    }


def test_resource_is_made_in_moto_in_the_region_of_its_provider(service: MotoService) -> None:
    made = create(service, KEY, KEY_INPUTS)
    found = Account(SEOUL).client("kms").describe_key(KeyId=made.id)["KeyMetadata"]
    assert found["Description"] == "a key"
    assert read_struct(made.properties) == {**KEY_INPUTS, "arn": found["Arn"], "keyId": made.id}


def test_preview_makes_nothing(service: MotoService) -> None:
    made = create(service, KEY, {**KEY_INPUTS, "policy": UNKNOWN}, preview=True)
    assert made.id == ""
    assert "arn" not in made.properties
    assert Account(SEOUL).client("kms").list_keys()["Keys"] == []


def test_another_account_than_those_that_are_allowed_is_refused() -> None:
    with pytest.raises(Refused, match=f"AWS account ID not allowed: {ACCOUNT}"):
        configured(region=SEOUL, allowedAccountIds=json.dumps(["999999999999"]))


def test_provider_without_a_region_is_refused() -> None:
    with pytest.raises(Refused, match="no region"):
        configured(allowedAccountIds=json.dumps([ACCOUNT]))


def test_type_without_a_creator_is_a_fault_of_the_resource(service: MotoService) -> None:
    found = service.check(provider_pb2.CheckRequest(urn=urn("aws:ec2/vpc:Vpc")))
    assert [fault.reason for fault in found.failures] == ["moto is not asked for the type aws:ec2/vpc:Vpc"]
    assert not service.check(provider_pb2.CheckRequest(urn=urn(KEY))).failures


def test_input_that_no_call_was_given_is_refused(service: MotoService) -> None:
    with pytest.raises(Refused, match="no call of AWS was given multiRegion"):
        create(service, KEY, {**KEY_INPUTS, "multiRegion": True})


def test_what_aws_refuses_is_told_in_its_words(service: MotoService, zone: str) -> None:
    elsewhere = in_region(zone, "seoul", "shop.example.org")
    with pytest.raises(Refused, match=r"InvalidChangeBatch: .*shop\.example\.org is not permitted in zone"):
        create(service, RECORD, elsewhere)


def test_value_of_a_secret_comes_back_as_a_secret(service: MotoService) -> None:
    made = create(service, KEY, {**KEY_INPUTS, "description": Secret("hidden")})
    state = read_struct(made.properties)
    assert isinstance(state["description"], Secret)
    assert plain(state)["description"] == "hidden"


def test_same_inputs_differ_in_nothing(service: MotoService) -> None:
    assert diff(service, KEY, KEY_INPUTS, dict(KEY_INPUTS)) == ([], [])


def test_changed_inputs_are_told_and_those_that_need_a_new_resource(service: MotoService, zone: str) -> None:
    old = in_region(zone, "seoul")
    assert diff(service, RECORD, old, {**old, "ttl": 30}) == (["ttl"], [])
    assert diff(service, RECORD, old, {**old, "ttl": 30, "name": "a.example.com"}) == (["name", "ttl"], ["name"])


def test_record_is_changed_where_it_stands(service: MotoService, zone: str) -> None:
    old = in_region(zone, "seoul")
    create(service, RECORD, old)
    update(service, RECORD, old, {**old, "records": ["other.example.net"]}, old)
    assert kept(zone) == {("shop.example.com.", "other.example.net")}


def test_record_is_deleted_and_no_other_of_its_region_or_name(service: MotoService, zone: str) -> None:
    others = [in_region(zone, "seoul"), in_region(zone, "tokyo", "mail.example.com")]
    for inputs in (*others, in_region(zone, "tokyo")):
        create(service, RECORD, inputs)
    delete(service, RECORD, in_region(zone, "tokyo"))
    assert kept(zone) == {("shop.example.com.", "seoul.example.net"), ("mail.example.com.", "tokyo.example.net")}


def test_record_that_was_deleted_can_be_made_again(service: MotoService, zone: str) -> None:
    for inputs in (in_region(zone, "seoul"), in_region(zone, "tokyo")):
        create(service, RECORD, inputs)
    delete(service, RECORD, in_region(zone, "tokyo"))
    create(service, RECORD, in_region(zone, "tokyo"))
    assert {value for _, value in kept(zone)} == {"seoul.example.net", "tokyo.example.net"}


def test_record_that_is_gone_is_seen_by_a_refresh_and_refused_by_a_deletion(service: MotoService, zone: str) -> None:
    inputs = in_region(zone, "seoul")
    create(service, RECORD, inputs)
    request = provider_pb2.ReadRequest(urn=urn(RECORD), id="id", inputs=write_struct(inputs))
    assert service.read(request).id == "id"
    delete(service, RECORD, inputs)
    assert service.read(request).id == ""
    with pytest.raises(Refused, match=r"there is no record shop\.example\.com CNAME seoul"):
        delete(service, RECORD, inputs)


def test_tags_are_changed_where_the_resource_stands(service: MotoService) -> None:
    made = create(service, KEY, KEY_INPUTS)
    new = {**KEY_INPUTS, "tags": {"cost-centre": "b"}}
    changed = update(service, KEY, KEY_INPUTS, new, read_struct(made.properties))
    assert read_struct(changed.properties)["tags"] == {"cost-centre": "b"}
    found = Account(SEOUL).client("kms").list_resource_tags(KeyId=made.id)["Tags"]
    assert found == [{"TagKey": "cost-centre", "TagValue": "b"}]


def test_change_and_deletion_that_no_test_needs_are_refused_by_name(service: MotoService) -> None:
    made = create(service, KEY, KEY_INPUTS)
    with pytest.raises(Refused, match="no updater for aws:kms/key:Key: description"):
        update(service, KEY, KEY_INPUTS, {**KEY_INPUTS, "description": "another"}, read_struct(made.properties))
    with pytest.raises(Refused, match="no deleter for aws:kms/key:Key"):
        delete(service, KEY, KEY_INPUTS)
    assert Account(SEOUL).client("kms").describe_key(KeyId=made.id)["KeyMetadata"]["Enabled"]


def test_another_region_means_other_resources(service: MotoService) -> None:
    def asked(old: dict[str, str], new: dict[str, str]) -> tuple[list[str], list[str]]:
        found = service.diff_config(provider_pb2.DiffRequest(old_inputs=write_struct(old), news=write_struct(new)))
        return list(found.diffs), list(found.replaces)

    here = {"region": SEOUL, "version": "1"}
    assert asked(here, {**here, "version": "2"}) == ([], [])
    assert asked(here, {**here, "region": "ap-northeast-1"}) == (["region"], ["region"])


def test_executable_serves_the_engine_by_its_port(tmp_path: Path) -> None:
    path = install(tmp_path)
    assert path.name == PLUGIN
    with subprocess.Popen([str(path)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert int(process.stdout.readline()) > 0
        finally:
            process.kill()
