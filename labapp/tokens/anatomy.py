"""A token taken apart, without any key: decoding is not verifying.

A JWT in compact serialization is three texts joined by dots: header, claims, signature (RFC 7515 section 3.1).
Each is base64url without padding.
Base64 is an alphabet, not a lock: whoever holds a token reads its claims, and whoever writes one chooses them.
So nothing that this module returns may be trusted; `labapp.tokens.access` verifies.

Example:
    >>> parts = take_apart("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.")
    >>> parts.header, parts.claims
    ({'alg': 'none'}, {'sub': 'alice'})
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import Any

_ALPHABET = re.compile("[A-Za-z0-9_-]*", re.ASCII)


@dataclass(frozen=True)
class Parts:
    """What the text of a token says; none of it is verified.

    Attributes:
        header: the JOSE header, for example `{"alg": "RS256", "kid": "2030-01"}`.
        claims: the claims set.
        signature: the raw signature bytes.
        signing_input: the bytes that the signature is made over: header, dot, claims, as they stand in the text.
    """

    header: dict[str, Any]
    claims: dict[str, Any]
    signature: bytes
    signing_input: bytes

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes on the wire of each part, dots not counted."""
        header, claims = self.signing_input.split(b".")
        return {"header": len(header), "claims": len(claims), "signature": len(encode(self.signature))}


def decode(text: str) -> bytes:
    """Decode base64url without padding (RFC 7515 appendix C).

    Raises:
        ValueError: a character outside the alphabet, or a length that no bytes have.

    Example:
        >>> decode("YQ")
        b'a'
    """
    if not _ALPHABET.fullmatch(text):
        raise ValueError("a character that base64url does not have")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encode(data: bytes) -> str:
    """Encode as base64url without padding.

    Example:
        >>> encode(b"a")
        'YQ'
    """
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def take_apart(compact: str) -> Parts:
    """Read a token's text, leniently: a look at what is there.

    Args:
        compact: the token in compact serialization.

    Raises:
        ValueError: it does not have three parts, or a part is not what it should be; the message says which.
    """
    pieces = compact.split(".")
    if len(pieces) != 3:
        raise ValueError(f"a token in compact serialization has three parts, this text has {len(pieces)}")
    header = _json_object(pieces[0], "header")
    claims = _json_object(pieces[1], "claims")
    return Parts(header, claims, decode(pieces[2]), f"{pieces[0]}.{pieces[1]}".encode())


def put_together(header: dict[str, Any], claims: dict[str, Any], signature: bytes) -> str:
    """Write a token's text from its parts; whether the signature fits is another matter.

    Example:
        >>> put_together({"alg": "none"}, {"sub": "alice"}, b"")
        'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.'
    """
    texts = [json.dumps(part, separators=(",", ":")).encode() for part in (header, claims)]
    return ".".join(encode(part) for part in (*texts, signature))


def _json_object(text: str, name: str) -> dict[str, Any]:
    try:
        value = json.loads(decode(text))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the {name} is not base64url of JSON: {error}") from error
    if not isinstance(value, dict):
        raise ValueError(f"the {name} is JSON, but not an object")
    return value
