"""Counts the idle time from the login instead of the last use, and throws busy users out.

Refused by: test_a_used_login_goes_on
"""

from labapp.errors import InvalidGrantError

LIFE = 8 * 3600
IDLE = 3600


def begin(now):
    return {"born": now, "used": now}


def rotate(family, now):
    if now >= family["born"] + LIFE:
        raise InvalidGrantError("absolute")
    if now >= family["born"] + IDLE:
        raise InvalidGrantError("idle")
    return {"born": family["born"], "used": now}


def expires_in(family, now):
    return max(0, min(family["born"] + LIFE, family["used"] + IDLE) - now)
