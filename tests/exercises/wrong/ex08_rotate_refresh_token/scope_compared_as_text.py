"""Looks for the scope's text inside the granted text, so that `accounts` would cover `account`.

Refused by: test_scope_never_widens
"""

import hashlib
import json
import secrets

from labapp.errors import InvalidGrantError, InvalidScopeError, ReplayedRefreshTokenError

ACCESS_LIFE = 300
FAMILY_LIFE = 8 * 3600


def digest_of(token):
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def pair(token, family, now, scope):
    claims = {
        "sub": family["user"],
        "client_id": family["client_id"],
        "scope": scope,
        "iat": now,
        "exp": now + ACCESS_LIFE,
    }
    return {"refresh_token": token, "claims": claims}


def issue(redis, *, user, client_id, scope, now):
    token = secrets.token_urlsafe(32)
    family_id = secrets.token_hex(8)
    family = {"user": user, "client_id": client_id, "scope": scope, "live": digest_of(token), "ended": False}
    redis.set("family:" + family_id, json.dumps(family), ex=FAMILY_LIFE)
    redis.set("token:" + digest_of(token), family_id, ex=FAMILY_LIFE)
    return pair(token, family, now, scope)


def rotate(redis, refresh_token, *, client_id, now, scope=None):
    family_id = redis.get("token:" + digest_of(refresh_token))
    if family_id is None:
        raise InvalidGrantError("unknown")
    family = json.loads(redis.get("family:" + family_id))
    if family["client_id"] != client_id:
        raise InvalidGrantError("another client's")
    if family["ended"]:
        raise InvalidGrantError("ended")
    if digest_of(refresh_token) != family["live"]:
        family["ended"] = True
        redis.set("family:" + family_id, json.dumps(family), keepttl=True)
        raise ReplayedRefreshTokenError("reuse")
    if scope is not None and not any(word.startswith(family["scope"].split()[0]) for word in scope.split()):
        raise InvalidScopeError("too wide")
    token = secrets.token_urlsafe(32)
    family["live"] = digest_of(token)
    redis.set("family:" + family_id, json.dumps(family), keepttl=True)
    redis.set("token:" + family["live"], family_id, ex=FAMILY_LIFE)
    return pair(token, family, now, scope or family["scope"])
