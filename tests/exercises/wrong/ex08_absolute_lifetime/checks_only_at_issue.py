"""Checks nothing at an exchange: what was good once is good for ever.

Refused by: test_a_busy_login_ends_at_its_absolute_lifetime
"""

from labapp.errors import InvalidGrantError

LIFE = 8 * 3600
IDLE = 3600


def begin(now):
    return {"born": now, "used": now}


def rotate(family, now):
    if now >= family["used"] + IDLE:
        raise InvalidGrantError("idle")
    return {"born": family["born"], "used": now}


def expires_in(family, now):
    return max(0, min(family["born"] + LIFE, family["used"] + IDLE) - now)
