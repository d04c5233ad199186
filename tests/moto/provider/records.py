"""Records of Route 53 as they change and go, each found in moto as it is there: AWS deletes no other."""

from collections.abc import Mapping
from typing import Any, Final

from local.provider.resources import Refused
from tests.moto.cloud import Account, paged

RECORD: Final = "aws:route53/record:Record"


class Upserting(Account):
    """An account in which records are made by UPSERT.

    moto refuses to make again what was deleted, by its journal of changes. Other tests keep their clients as they are.
    """

    _clients: dict[tuple[str, str, str], Any] = {}

    def client(self, service: str, region: str | None = None) -> Any:
        """Return a client as the base class does."""
        client = super().client(service, region)
        if service == "route53":
            event = "provide-client-params.route-53.ChangeResourceRecordSets"
            client.meta.events.register(event, _upsert, unique_id="upsert")
        return client


def _upsert(params: dict[str, Any], **_: Any) -> None:
    for change in params["ChangeBatch"]["Changes"]:
        if change["Action"] == "CREATE":
            change["Action"] = "UPSERT"


def found(account: Account, inputs: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the record set that these inputs were made into; None where there is none."""
    return next((one for one in _all(account, inputs["zoneId"]) if _key(one) == _wanted(inputs)), None)


def delete(account: Account, inputs: Mapping[str, Any]) -> None:
    """Delete a record. Raises Refused where it is not there: somebody else deleted it."""
    record = found(account, inputs)
    if record is None:
        message = f"there is no record {' '.join(filter(None, _wanted(inputs)))}"
        raise Refused(message)
    # moto deletes every record of the zone that has the same SetIdentifier, whatever its name.
    beside = [
        one
        for one in _all(account, inputs["zoneId"])
        if record.get("SetIdentifier") and one.get("SetIdentifier") == record["SetIdentifier"] and one != record
    ]
    _change(account, inputs["zoneId"], "DELETE", record)
    for one in beside:
        _change(account, inputs["zoneId"], "UPSERT", one)


def _all(account: Account, zone: str) -> list[dict[str, Any]]:
    client = account.client("route53")
    return list(paged(client, "list_resource_record_sets", "ResourceRecordSets", HostedZoneId=zone))


def _wanted(inputs: Mapping[str, Any]) -> tuple[str, str, str | None]:
    return inputs["name"].rstrip("."), inputs["type"], inputs.get("setIdentifier")


def _key(record: Mapping[str, Any]) -> tuple[str, str, str | None]:
    # Route 53 writes the `*` of a name as `\052`.
    return record["Name"].rstrip(".").replace("\\052", "*"), record["Type"], record.get("SetIdentifier")


def _change(account: Account, zone: str, action: str, record: Mapping[str, Any]) -> None:
    account.client("route53").change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": dict(record)}]}
    )
