"""The scalar types of the settings: one spelling of each value, and a message that says what would be right."""

import ipaddress
import re
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel


class Settings(BaseModel):
    """The base of every model: frozen, no unknown keys, camelCase in files and snake_case in Python."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        use_attribute_docstrings=False,
    )


_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")


@lru_cache(maxsize=4096)
def canonical_quantity(text: str) -> str:
    """Spell a quantity as the API server does: `1000m` is `1`, `1024Mi` is `1Gi`, `0.5` is `500m`.

    Source: Kubernetes API conventions, resource quantities. Raises ValueError for what is no quantity.
    """
    match = _QUANTITY.fullmatch(text)
    if match is None:
        message = 'a quantity is a number with an optional unit, such as "250m", "512Mi" or "1"'
        raise ValueError(message)
    number, unit = Decimal(match[1]), match[2] or ""
    if unit.endswith("i"):
        power = _BINARY.index(unit)
        value = number * 1024**power
        if value != value.to_integral_value():
            return canonical_quantity(format(value.normalize(), "f"))
        whole, power = int(value), 0
        while whole and whole % 1024 == 0 and power < len(_BINARY) - 1:
            whole, power = whole // 1024, power + 1
        return f"{whole}{_BINARY[power]}"
    nano = int(number.scaleb(_DECIMAL[unit] + 9).to_integral_value(rounding="ROUND_UP"))
    if nano == 0:
        return "0"
    for suffix, exponent in reversed(_DECIMAL.items()):
        if nano % 10 ** (exponent + 9) == 0:
            return f"{nano // 10 ** (exponent + 9)}{suffix}"
    return f"{nano}n"


@lru_cache(maxsize=4096)
def quantity_value(text: str) -> Decimal:
    """Return a quantity as a number in its base unit (cores, bytes)."""
    match = _QUANTITY.fullmatch(text)
    if match is None:
        message = f"not a quantity: {text}"
        raise ValueError(message)
    number, unit = Decimal(match[1]), match[2] or ""
    return number * 1024 ** _BINARY.index(unit) if unit.endswith("i") else number.scaleb(_DECIMAL[unit])


def _quantity(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        message = 'a quantity is a number with an optional unit, such as "250m", "512Mi" or "1"'
        raise ValueError(message)
    return canonical_quantity(str(value))


Quantity = Annotated[
    str, BeforeValidator(_quantity), WithJsonSchema({"type": ["string", "number"], "pattern": f"^{_QUANTITY.pattern}$"})
]

_DURATION = re.compile(r"(?=[0-9])(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?")


@lru_cache(maxsize=1024)
def duration_seconds(text: str) -> int:
    """Return the seconds of a duration such as `10m`, `1h30m` or `45s`. Raises ValueError for any other text."""
    match = _DURATION.fullmatch(text)
    if match is None:
        message = 'a duration is whole hours, minutes and seconds, such as "10m", "1h30m" or "45s"'
        raise ValueError(message)
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def _duration(value: Any) -> str:
    # A plain number is told of as no duration either: in quotes it would be none.
    text = value if isinstance(value, str) else ""
    duration_seconds(text)
    return text


Duration = Annotated[
    str, BeforeValidator(_duration), WithJsonSchema({"type": "string", "pattern": f"^{_DURATION.pattern}$"})
]

_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_NAME = re.compile(_LABEL)
_HOST = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})+")


@lru_cache(maxsize=4096)
def _name(value: str) -> str:
    if len(value) > 63 or _NAME.fullmatch(value) is None:
        message = "a name has at most 63 lower-case letters, digits and dashes, and starts and ends with no dash"
        raise ValueError(message)
    return value


@lru_cache(maxsize=4096)
def _host(value: str) -> str:
    if len(value) > 253 or _HOST.fullmatch(value) is None or any(len(part) > 63 for part in value.split(".")):
        message = 'a host name has lower-case labels with dots between, such as "www.example.com"'
        raise ValueError(message)
    return value


def _cidr(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value))
    except ValueError:
        message = 'an address range is a network in CIDR form, such as "10.0.0.0/8"'
        if (meant := _network_of(value)) is not None:
            message = f'an address range begins where its network does: "{meant}"'
        raise ValueError(message) from None


def _network_of(value: str) -> str | None:
    try:
        return str(ipaddress.ip_interface(value).network)
    except ValueError:
        return None


def _path(value: str) -> str:
    if not value.startswith("/") or "//" in value or any(ord(character) <= 32 for character in value):
        message = 'a path starts with "/" and has no blanks and no empty parts'
        raise ValueError(message)
    return value


_SHARE = re.compile(r"(?:100|[1-9]?[0-9])%")


def _count_or_share(value: Any) -> int | str:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and _SHARE.fullmatch(value):
        return value
    message = 'a whole number of pods, such as 1, or a share of them, such as "25%"'
    raise ValueError(message)


Name = Annotated[
    str, AfterValidator(_name), WithJsonSchema({"type": "string", "maxLength": 63, "pattern": f"^{_NAME.pattern}$"})
]
HostName = Annotated[
    str, AfterValidator(_host), WithJsonSchema({"type": "string", "maxLength": 253, "pattern": f"^{_HOST.pattern}$"})
]
Cidr = Annotated[str, AfterValidator(_cidr)]
AbsolutePath = Annotated[str, AfterValidator(_path), WithJsonSchema({"type": "string", "pattern": "^/"})]
CountOrShare = Annotated[
    int | str,
    BeforeValidator(_count_or_share),
    WithJsonSchema({"type": ["integer", "string"], "minimum": 0, "pattern": f"^{_SHARE.pattern}$"}),
]
PortNumber = Annotated[int, Field(ge=1, le=65535)]
EnvironmentVariable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Percent = Annotated[int, Field(ge=1, le=100)]
SchemaVersion = Annotated[
    str,
    BeforeValidator(lambda value: str(value) if isinstance(value, int) and not isinstance(value, bool) else value),
    Field(pattern=r"^[0-9]+(\.[0-9]+)*$"),
    WithJsonSchema({"type": ["string", "integer"], "pattern": r"^[0-9]+(\.[0-9]+)*$"}),
]
"""A number that only grows, such as goose's `20250131120000` or flyway's `2.1`."""


def schema_order(version: str) -> tuple[int, ...]:
    """Return what orders versions of a schema: `2.10` comes after `2.9`."""
    return tuple(map(int, version.split(".")))
