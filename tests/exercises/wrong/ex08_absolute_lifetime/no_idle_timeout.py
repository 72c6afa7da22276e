"""Knows the absolute lifetime only: a forgotten phone stays logged in all day.

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
    return {"born": family["born"], "used": now}


def expires_in(family, now):
    return max(0, min(family["born"] + LIFE, family["used"] + IDLE) - now)
