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
    # BEGIN SOLUTION
    # Make a token, store what the family must remember (but never the token itself), return the pair.
    family, token = secrets.token_urlsafe(16), secrets.token_urlsafe(32)
    digest = hashlib.sha256(token.encode()).hexdigest()
    record = {"user": user, "client_id": client_id, "scope": scope, "live": digest, "ended": "0"}
    with redis.pipeline() as pipe:
        pipe.hset(f"family:{family}", mapping=record)
        pipe.expire(f"family:{family}", FAMILY_LIFE)
        pipe.set(f"refresh:{digest}", family, ex=FAMILY_LIFE)
        pipe.execute()
    claims = {"sub": user, "client_id": client_id, "scope": scope, "iat": now, "exp": now + ACCESS_LIFE}
    return {"refresh_token": token, "claims": claims}
    # END SOLUTION


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
    # BEGIN SOLUTION
    # Find the family. Is this token its live one? If it is one that was used before, end the family.
    digest = hashlib.sha256(refresh_token.encode("utf-8", "surrogatepass")).hexdigest()
    family = redis.get(f"refresh:{digest}")
    if family is None:
        raise InvalidGrantError("unknown refresh token")

    successor = secrets.token_urlsafe(32)
    successor_digest = hashlib.sha256(successor.encode()).hexdigest()

    def exchange(pipe: Any) -> dict[str, str]:
        record: dict[str, str] = pipe.hgetall(f"family:{family}")
        if not record or record["client_id"] != client_id:
            raise InvalidGrantError("expired, or issued to another client")
        if record["ended"] == "1":
            raise InvalidGrantError("this login was ended")
        if scope is not None and not set(scope.split()) <= set(record["scope"].split()):
            raise InvalidScopeError("a refresh narrows the scope, it never widens it")
        pipe.multi()
        if digest == record["live"]:
            pipe.hset(f"family:{family}", "live", successor_digest)
            pipe.set(f"refresh:{successor_digest}", family, ex=FAMILY_LIFE)
        else:
            pipe.hset(f"family:{family}", "ended", "1")
        return record

    # WATCH, read, decide, MULTI, write, EXEC; all of it again if somebody else was faster.
    record = redis.transaction(exchange, f"family:{family}", value_from_callable=True)
    if digest != record["live"]:
        raise ReplayedRefreshTokenError("this token was used before: its family is ended")
    claims = {
        "sub": record["user"],
        "client_id": client_id,
        "scope": record["scope"] if scope is None else scope,
        "iat": now,
        "exp": now + ACCESS_LIFE,
    }
    return {"refresh_token": successor, "claims": claims}
    # END SOLUTION
