"""Tells the client that minus so many seconds are left.

Refused by: test_expires_in_names_the_first_of_two_ends
"""

from labapp.errors import InvalidGrantError

LIFE = 8 * 3600
IDLE = 3600


def begin(now):
    return {"born": now, "used": now}


def rotate(family, now):
    if now >= family["born"] + LIFE:
        raise InvalidGrantError("absolute")
    if now >= family["used"] + IDLE:
        raise InvalidGrantError("idle")
    return {"born": family["born"], "used": now}


def expires_in(family, now):
    return min(family["born"] + LIFE, family["used"] + IDLE) - now
