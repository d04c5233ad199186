"""The one way to AWS: calls of the table alone, patient with a busy service, and with one line for whatever goes wrong.

boto3 is imported with this module, so it is imported only where AWS is asked.
"""

import importlib.metadata
from collections.abc import Iterator
from typing import Any, Final, Self

import boto3
from botocore import exceptions
from botocore.config import Config
from botocore.parsers import ResponseParserError

from operations.aws.calls import call_of
from operations.aws.explaining import PATIENT, Patience, explained

_WRONG: Final = (exceptions.BotoCoreError, exceptions.ClientError, ResponseParserError)


class Aws:
    """AWS in one region, as whom the environment says: profile, variables, or the role of the machine."""

    def __init__(self, stack: str, region: str, patience: Patience = PATIENT) -> None:
        """Take the stack's name, for messages, and the region, which is the stack's and never the user's."""
        self.stack = stack
        self.region = region
        self.patience = patience
        try:
            self._session = boto3.session.Session(region_name=region)
        except exceptions.BotoCoreError as error:
            raise explained(error, stack, region) from None
        self._clients: dict[tuple[str, str], Any] = {}

    def at(self, region: str) -> Self:
        """Return AWS in another region; who asks is found out once."""
        if region == self.region:
            return self
        other = object.__new__(type(self))
        other.stack, other.region, other.patience = self.stack, region, self.patience
        other._session, other._clients = self._session, self._clients
        return other

    def ask(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        """Return what a call answers. Raises LookupError for one that is not in the table, and AwsError."""
        call = call_of(service, operation)
        try:
            answer: dict[str, Any] = getattr(self._client(service), operation)(**arguments)
        except _WRONG as error:
            raise explained(error, self.stack, self.region, call, arguments, self.patience) from None
        return answer

    def pages(self, service: str, operation: str, key: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        """Yield what all pages of a listing have under a key. Raises LookupError and AwsError as `ask` does."""
        call = call_of(service, operation)
        try:
            for page in self._client(service).get_paginator(operation).paginate(**arguments):
                yield from page.get(key, ())
        except _WRONG as error:
            raise explained(error, self.stack, self.region, call, arguments, self.patience) from None

    def _client(self, service: str) -> Any:
        key = (service, self.region)
        if key not in self._clients:
            config = Config(
                retries={"mode": "standard", "total_max_attempts": self.patience.attempts},
                connect_timeout=self.patience.connect_seconds,
                read_timeout=self.patience.read_seconds,
                user_agent_extra=f"naru/{importlib.metadata.version('naru')}",
            )
            self._clients[key] = self._session.client(service, region_name=self.region, config=config)
        return self._clients[key]
