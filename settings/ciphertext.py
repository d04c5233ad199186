"""What can be told of a ciphertext without the key that opens it.

Source: sealed-secrets v0.31.0, pkg/crypto: two bytes of length, the session key by RSA-OAEP, the value by AES-256-GCM.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping

# Of RSA keys with 2048 to 16384 bits, in steps of 512.
_KEY_BYTES = range(256, 2048 + 1, 64)
_LENGTH_BYTES, _TAG_BYTES = 2, 16


def digest(values: Mapping[str, str]) -> str:
    """Return what tells whether any ciphertext, or the key it belongs to, was changed."""
    pairs = "".join(f"{key}\0{values[key]}\n" for key in sorted(values))
    return hashlib.sha256(pairs.encode()).hexdigest()[:16]


def content_size(ciphertext: str) -> int:
    """Return how many bytes were sealed. Raises ValueError for what no controller opens, without a word of it."""
    try:
        raw = base64.b64decode(ciphertext, validate=True)
    except (binascii.Error, ValueError):
        message = "ciphertext that is no base64"
        raise ValueError(message) from None
    key = int.from_bytes(raw[:_LENGTH_BYTES], "big")
    size = len(raw) - _LENGTH_BYTES - key - _TAG_BYTES
    if key not in _KEY_BYTES or size < 0:
        message = "text that is no ciphertext, or not all of one"
        raise ValueError(message)
    return size
