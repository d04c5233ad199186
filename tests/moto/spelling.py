"""How boto3 has what Pulumi sends: `noncurrentDays: 90.0` is `NoncurrentDays: 90`."""

from typing import Any


def plain(value: Any) -> Any:
    """Return a value with whole numbers in it as such: on their way to the engine all numbers are of one kind."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def pascal(value: Any) -> Any:
    """Return the same with every key of it and inside it in PascalCase."""
    if isinstance(value, dict):
        return {key[:1].upper() + key[1:]: pascal(inner) for key, inner in value.items()}
    return [pascal(inner) for inner in value] if isinstance(value, list) else plain(value)
