"""A login ends: rotation renews the token and never the login.

A family of refresh tokens is described by a dict of your own making; it is stored for you, as JSON.
You decide what stands in it, when an exchange is refused, and how long the client may still hope.
"""

from __future__ import annotations

from labapp.errors import InvalidGrantError

LIFE = 8 * 3600
"""A login lasts at most this long, however busy: its absolute lifetime, in seconds."""

IDLE = 3600
"""A login that is not used for this long is over: its idle lifetime, in seconds."""


def begin(now: int) -> dict[str, int]:
    """Begin a family at a login.

    Args:
        now: the time of the login, in seconds.

    Returns:
        What must be remembered of it: a dict that JSON can hold.
    """
    # TODO: Which two times does a family have, and which of them does an exchange change?
    raise NotImplementedError


def rotate(family: dict[str, int], now: int) -> dict[str, int]:
    """Exchange the live token of a family at `now`.

    Args:
        family: what `begin`, or the last `rotate`, returned.
        now: the time of the exchange, in seconds.

    Returns:
        The family as it is after the exchange.

    Raises:
        InvalidGrantError: the absolute or the idle lifetime has been reached; at that very second it is over.
    """
    # TODO: Check both lifetimes here too: a family that was good when it began may be over by now.
    raise NotImplementedError


def expires_in(family: dict[str, int], now: int) -> int:
    """Say for how many seconds from `now` the live token can still be exchanged, if it is not used before.

    Args:
        family: what `begin`, or the last `rotate`, returned.
        now: the time, in seconds.

    Returns:
        Seconds; 0 when the family is over.
    """
    # TODO: Two ends are waiting. Which comes first?
    raise NotImplementedError
