"""Parameters (Parameter Store of SSM)."""

from typing import Any

from tests.moto.cloud import Account, Inputs, Made, creates, tag_list


@creates("aws:ssm/parameter:Parameter")
def parameter(account: Account, inputs: Inputs, _: str) -> Made:
    name = inputs.take("name")
    # A value that the provider is to write goes with a number, which says when it is written again.
    assert inputs.take("valueWoVersion") >= 1
    asked: dict[str, Any] = {"KeyId": inputs.take("keyId")} if "keyId" in inputs else {}
    account.client("ssm").put_parameter(
        Name=name,
        Type=inputs.take("type"),
        Value=_plain(inputs.take("valueWo")),
        Description=inputs.take("description"),
        Tags=tag_list(inputs.maybe("tags")),
        **asked,
    )
    found = account.client("ssm").get_parameter(Name=name)["Parameter"]
    return Made(name, {"arn": found["ARN"], "version": found["Version"]})


def _plain(value: Any) -> str:
    """Return what a secret input holds: the engine would unwrap it for the provider."""
    return str(value["value"] if isinstance(value, dict) else value)
