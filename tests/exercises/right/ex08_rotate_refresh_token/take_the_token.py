"""Takes the live token out of the store with GETDEL; what is in the family's set and not there was used before."""

import hashlib
import json
import secrets

from labapp.errors import InvalidGrantError, InvalidScopeError, ReplayedRefreshTokenError

ACCESS_LIFE = 300
FAMILY_LIFE = 8 * 3600


def _hash(token):
    return hashlib.blake2b(token.encode("utf-8", "surrogatepass"), digest_size=32).hexdigest()


def _hand_out(redis, family, user, client_id, granted, scope, now):
    token = "refresh-" + secrets.token_hex(32)
    record = json.dumps([family, user, client_id, granted])
    with redis.pipeline() as pipe:
        pipe.set("live:" + _hash(token), record, ex=FAMILY_LIFE)
        pipe.set("ever:" + _hash(token), json.dumps([family, client_id]), ex=FAMILY_LIFE)
        pipe.execute()
    claims = {"sub": user, "client_id": client_id, "scope": scope, "iat": now, "exp": now + ACCESS_LIFE}
    return {"refresh_token": token, "claims": claims}


def issue(redis, *, user, client_id, scope, now):
    return _hand_out(redis, secrets.token_hex(8), user, client_id, scope, scope, now)


def rotate(redis, refresh_token, *, client_id, now, scope=None):
    ever = redis.get("ever:" + _hash(refresh_token))
    if ever is None:
        raise InvalidGrantError("never seen")
    family, owner = json.loads(ever)
    if owner != client_id:
        raise InvalidGrantError("not yours")
    if redis.exists("ended:" + family):
        raise InvalidGrantError("ended")
    live = redis.getdel("live:" + _hash(refresh_token))
    if live is None:
        redis.set("ended:" + family, 1, ex=FAMILY_LIFE)
        raise ReplayedRefreshTokenError("used before")
    family, user, client_id, granted = json.loads(live)
    if scope is not None and not set(scope.split()).issubset(granted.split()):
        raise InvalidScopeError("wider than granted")
    return _hand_out(redis, family, user, client_id, granted, scope or granted, now)
