"""Keeps the birth in a variable that all logins share.

Refused by: test_logins_do_not_share_their_times
"""

from labapp.errors import InvalidGrantError

LIFE = 8 * 3600
IDLE = 3600


BORN = {}


def begin(now):
    BORN["last"] = now
    return {"born": now, "used": now}


def rotate(family, now):
    if now >= BORN["last"] + LIFE:
        raise InvalidGrantError("absolute")
    if now >= family["used"] + IDLE:
        raise InvalidGrantError("idle")
    return {"born": family["born"], "used": now}


def expires_in(family, now):
    return max(0, min(family["born"] + LIFE, family["used"] + IDLE) - now)
