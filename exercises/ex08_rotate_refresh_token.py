"""Rotate refresh tokens, remember the family, and end it when a used token comes back (RFC 9700 section 4.14.2).

`redis` is an ordinary redis-py client (`decode_responses=True`) on an empty store.
`now` is the time, in seconds; use it for every time that you write, never the machine's clock.
There are no Lua scripts (EVAL) here; every other command of ordinary use is there.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from labapp.errors import InvalidGrantError, InvalidScopeError, ReplayedRefreshTokenError

ACCESS_LIFE = 300
"""How long an access token is good, in seconds."""

FAMILY_LIFE = 8 * 3600
"""How long a login lasts at most, in seconds."""


def issue(redis: Any, *, user: str, client_id: str, scope: str, now: int) -> dict[str, Any]:
    """Begin a family at a login.

    Args:
        redis: the store.
        user: who logged in.
        client_id: the program that will hold the tokens.
        scope: what was granted, words separated by spaces.
        now: the time of the login, in seconds.

    Returns:
        {"refresh_token": text that nobody can guess,
         "claims": {"sub": user, "client_id": …, "scope": …, "iat": now, "exp": now + ACCESS_LIFE}}.
        The bank signs the claims; you need not.
    """
    # TODO: Make a token, store what the family must remember (but never the token itself), return the pair.
    raise NotImplementedError


def rotate(
    redis: Any, refresh_token: str, *, client_id: str, now: int, scope: str | None = None
) -> dict[str, Any]:
    """Exchange a refresh token for the next one of its family.

    Args:
        redis: the store.
        refresh_token: what the client presented; it may be any text.
        client_id: the client that presented it.
        now: the time, in seconds.
        scope: a narrower scope for the new access token; None for all that was granted.

    Returns:
        The next pair, in the shape that `issue` returns.

    Raises:
        ReplayedRefreshTokenError: the token was exchanged before; the whole family is ended, and stays ended.
        InvalidScopeError: more was asked for than was granted.
        InvalidGrantError: the token is unknown, its family is ended, or it belongs to another client.
    """
    # TODO: Find the family. Is this token its live one? If it is one that was used before, end the family.
    raise NotImplementedError
