"""Lets the last idle second count.

Refused by: test_an_idle_login_ends
"""

from labapp.errors import InvalidGrantError

LIFE = 8 * 3600
IDLE = 3600


def begin(now):
    return {"born": now, "used": now}


def rotate(family, now):
    if now >= family["born"] + LIFE:
        raise InvalidGrantError("absolute")
    if now > family["used"] + IDLE:
        raise InvalidGrantError("idle")
    return {"born": family["born"], "used": now}


def expires_in(family, now):
    return max(0, min(family["born"] + LIFE, family["used"] + IDLE) - now)
