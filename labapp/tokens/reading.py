"""The strict reading of a token's text, before any key is touched.

PyJWT checks signatures well and is lenient about the rest: it takes the last of two equal members, reads UTF-16, lets a
padded or re-encoded text pass as a second spelling of the same token, and does not look at `typ`.
Each of that has been somebody's security bug, so here the text is read first, and refused unless it is plain:

- one spelling: three parts of base64url without padding, and each part is what encoding its bytes gives
  (RFC 7519 section 7.2: no extra characters);
- one meaning: UTF-8 (RFC 8725 section 3.7), no member twice (RFC 7519 section 4), no NaN;
- one size: `MAX_LENGTH`, and `DEEPEST` levels of nesting, so that nobody makes us parse a megabyte before they have
  shown a signature, and what is too deep is our decision, not that of the interpreter's stack;
- no extension that we do not know: `crit` and `b64` are refused (RFC 7515 section 4.1.11, RFC 7797).

A token that passes is still only a claim; `labapp.tokens.access` verifies it.
"""

from __future__ import annotations

import json
import re
from typing import Any

import jwt

from labapp.tokens.anatomy import decode

MAX_LENGTH = 8192
"""Characters; a bearer token travels in a header line, and common servers take 8 KiB of those."""

DEEPEST = 16
"""Levels of nesting in a part; the deepest that is of use here is a short chain of `act` (RFC 8693 section 4.1)."""

LAST_SECOND = 253_402_300_799
"""The end of the year 9999: a later time is a mistake, most often milliseconds where seconds belong."""

_REGISTERED = frozenset("alg typ kid iss sub aud exp nbf iat jti client_id scope roles auth_time sid".split())
"""Names that a message may repeat; any other was chosen by whoever wrote the token."""

_PART = "[A-Za-z0-9_-]"
_COMPACT = re.compile(rf"({_PART}+)\.({_PART}+)\.({_PART}+)", re.ASCII)
_LAST = {0: None, 2: frozenset("AQgw"), 3: frozenset("AEIMQUYcgkosw048")}
"""Length modulo 4 → the last characters whose unused bits are zero; a length of 1 modulo 4 encodes nothing."""


def read(compact: object) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read a token's text strictly.

    Args:
        compact: what came with the request.

    Returns:
        Header and claims, not verified.

    Raises:
        jwt.DecodeError: the text is not exactly one plain JWS in compact serialization.

    Example:
        >>> read("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIiwic3ViIjoiYiJ9.c2ln")
        Traceback (most recent call last):
        ...
        jwt.exceptions.DecodeError: the claims hold 'sub' twice
    """
    if not isinstance(compact, str):
        raise jwt.DecodeError("a token is text")
    if len(compact) > MAX_LENGTH:
        raise jwt.DecodeError(f"a token has at most {MAX_LENGTH} characters here")
    match = _COMPACT.fullmatch(compact)
    if match is None:
        raise jwt.DecodeError("a token is three parts of unpadded base64url, joined by dots")
    for part in match.groups():
        _one_spelling(part)
    header, claims = _object(match[1], "header holds"), _object(match[2], "claims hold")
    for extension in ("crit", "b64"):
        if extension in header:
            raise jwt.DecodeError(f"the header has {extension!r}, which is not used here")
    return header, claims


def _one_spelling(part: str) -> None:
    allowed = _LAST.get(len(part) % 4, frozenset())
    if allowed is not None and part[-1] not in allowed:
        raise jwt.DecodeError("a part is not the one spelling of its bytes")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _NotPlainError(f"{twice!r} twice" if twice in _REGISTERED else "a member twice")
    return members


def _no_constant(word: str) -> Any:
    raise _NotPlainError(f"{word}, which is not JSON")


class _NotPlainError(Exception):
    """What the JSON of a part holds that it must not."""


_JSON = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant)


def _object(part: str, holder: str) -> dict[str, Any]:
    try:
        value = _JSON.decode(decode(part).decode("utf-8"))
    except _NotPlainError as error:
        raise jwt.DecodeError(f"the {holder} {error}") from None
    except (ValueError, RecursionError) as error:
        raise jwt.DecodeError(f"the {holder} something that cannot be read as JSON in UTF-8") from error
    if not isinstance(value, dict):
        raise jwt.DecodeError(f"the {holder} something other than a JSON object")
    if _is_deeper(value, DEEPEST):
        raise jwt.DecodeError(f"the {holder} more than {DEEPEST} levels")
    return value


def _is_deeper(value: Any, levels: int) -> bool:
    layer = [value]
    for _ in range(levels):
        inside = (item for outer in layer for item in (outer.values() if type(outer) is dict else outer))
        layer = [item for item in inside if type(item) in (dict, list)]
        if not layer:
            return False
    return True


def is_time(value: object) -> bool:
    """Is this a NumericDate (RFC 7519 section 2): a number of seconds, not text, not a boolean, and in range?

    Example:
        >>> [is_time(v) for v in (1893456000, 1893456000.5, "1893456000", True, float("inf"), 10**400, -1)]
        [True, True, False, False, False, False, False]
    """
    return type(value) in (int, float) and 0 <= value <= LAST_SECOND  # type: ignore[operator]


def is_name(value: object, longest: int = 256) -> bool:
    """Is this text that may name somebody: not empty, not endless, printable, and encodable as UTF-8?

    Example:
        >>> [is_name(v) for v in ("alice", "", "a" * 300, "al" + chr(0) + "ice", chr(0xD800), 7)]
        [True, False, False, False, False, False]
    """
    return isinstance(value, str) and 0 < len(value) <= longest and value.isprintable()
