"""Keeps the two deadlines instead of the two times."""

from labapp.errors import InvalidGrantError

LIFE = 8 * 3600
IDLE = 3600


def begin(now):
    return {"ends": now + LIFE, "idle_ends": now + IDLE}


def rotate(family, now):
    if expires_in(family, now) == 0:
        raise InvalidGrantError("over")
    return {"ends": family["ends"], "idle_ends": now + IDLE}


def expires_in(family, now):
    remaining = min(family["ends"], family["idle_ends"]) - now
    return remaining if remaining > 0 else 0
