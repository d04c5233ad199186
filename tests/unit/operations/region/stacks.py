"""A stack in Seoul and Tokyo whose hosts lead to both: by latency (`shop`), by failover (`mail`), or by others."""

from typing import Any

from operations.region.leading import with_drained
from settings.stack import Stack
from settings.system import System
from tests.aws_stacks import an_aws_stack
from tests.builders import a_service, a_system

SHOP = "global/shop/aws/records/shop"
MAIL = "global/mail/aws/records/mail"


def a_system_of(name: str, traffic: str | None, clusters: str = "all") -> System:
    aws = {"aws": {"traffic": traffic}} if traffic else {}
    service = a_service(exposure={"web": {"hosts": [name]}})
    return a_system(service, name=name, clusters=clusters, **aws)


def a_led_stack(*systems: System, drained: tuple[str, ...] = (), **changes: Any) -> Stack:
    found = systems or (a_system_of("shop", "latency"), a_system_of("mail", "failover"), a_system_of("wiki", None))
    stack = an_aws_stack(
        *found,
        aws={"zones": {"example.com": "Z0COM"}},
        **{
            "domains": {name: f"{name}.example.com" for name in ("shop", "mail", "wiki")},
            "issuers": {"self": {"server": "self-signed"}},
            "defaultIssuer": "self",
            **changes,
        },
    )
    for name in drained:
        stack = with_drained(stack, name, drained=True)
    return stack
