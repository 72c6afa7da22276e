"""Needs no memory of single tokens: a token names its family and its number, under a MAC.

The family remembers the number that is live; any lower one under a good MAC is reuse.
"""

import hashlib
import hmac
import secrets

from redis.exceptions import WatchError

from labapp.errors import InvalidGrantError, InvalidScopeError, ReplayedRefreshTokenError

ACCESS_LIFE = 300
FAMILY_LIFE = 8 * 3600


def key_of(redis):
    redis.set("mac-key", secrets.token_hex(32), nx=True)
    return bytes.fromhex(redis.get("mac-key"))


def write_token(redis, family, number):
    text = f"{family}.{number}"
    mac = hmac.new(key_of(redis), text.encode(), hashlib.sha256).hexdigest()
    return f"{text}.{mac}"


def read_token(redis, token):
    text, _, mac = token.rpartition(".")
    good = hmac.new(key_of(redis), text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(good.encode(), mac.encode("utf-8", "surrogatepass")):
        raise InvalidGrantError("not a token of ours")
    family, _, number = text.partition(".")
    return family, int(number)


def pair(redis, family, number, record, scope, now):
    claims = {
        "sub": record["user"],
        "client_id": record["client"],
        "scope": scope,
        "iat": now,
        "exp": now + ACCESS_LIFE,
    }
    return {"refresh_token": write_token(redis, family, number), "claims": claims}


def issue(redis, *, user, client_id, scope, now):
    family = secrets.token_hex(16)
    record = {"user": user, "client": client_id, "scope": scope, "number": 0, "alive": "yes"}
    redis.hset(f"f:{family}", mapping=record)
    redis.expire(f"f:{family}", FAMILY_LIFE)
    return pair(redis, family, 0, record, scope, now)


def rotate(redis, refresh_token, *, client_id, now, scope=None):
    family, number = read_token(redis, refresh_token)
    while True:
        with redis.pipeline() as pipe:
            try:
                pipe.watch(f"f:{family}")
                record = pipe.hgetall(f"f:{family}")
                if not record or record["alive"] != "yes" or record["client"] != client_id:
                    raise InvalidGrantError("refused")
                granted = set(record["scope"].split())
                if scope is not None and set(scope.split()) - granted:
                    raise InvalidScopeError("refused")
                pipe.multi()
                if number != int(record["number"]):
                    pipe.hset(f"f:{family}", "alive", "no")
                    pipe.execute()
                    raise ReplayedRefreshTokenError("refused")
                pipe.hincrby(f"f:{family}", "number", 1)
                pipe.execute()
                break
            except WatchError:
                continue
    return pair(redis, family, number + 1, record, scope or record["scope"], now)
