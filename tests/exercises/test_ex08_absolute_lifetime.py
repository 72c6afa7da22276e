"""Checks of ex08_absolute_lifetime: two lifetimes, their boundaries, and a busy thief."""

from __future__ import annotations

import json
from typing import Any

from labapp.errors import InvalidGrantError
from labapp.grading.checks import Attempt, Failure, check

LIFE, IDLE = 8 * 3600, 3600
ABSOLUTE = "OWASP ASVS v5.0.0-10.4.8"


def test_a_used_login_goes_on(attempt: Attempt) -> None:
    """A login that is used now and then goes on, for most of its eight hours."""
    family, born = begin(attempt)
    for _ in range(9):
        attempt.clock.advance(attempt.rng.randrange(900, 3000))
        family = rotate(attempt, family, born)


@check(points=2, depends="test_a_used_login_goes_on")
def test_a_busy_login_ends_at_its_absolute_lifetime(attempt: Attempt) -> None:
    """However busy a login is, it is over eight hours after it began, to the second; rotation does not extend it."""
    family, born = busy(attempt, until=LIFE - 600)
    attempt.clock.advance(born + LIFE - 1 - attempt.clock.now())
    family = rotate(attempt, family, born)
    attempt.clock.advance(1)
    refused(attempt, family, "a busy login lives on after its absolute lifetime", ABSOLUTE)
    attempt.clock.advance(attempt.rng.randrange(1, 90_000))
    refused(attempt, family, "a login came back after its absolute lifetime", ABSOLUTE)


@check(depends="test_a_used_login_goes_on")
def test_an_idle_login_ends(attempt: Attempt) -> None:
    """A login that is not used for an hour is over, to the second, and each use starts that hour anew."""
    family, born = begin(attempt)
    for _ in range(3):
        attempt.clock.advance(IDLE - 1)
        family = rotate(attempt, family, born)
    attempt.clock.advance(IDLE)
    refused(attempt, family, "a login that nobody used for an hour lives on", "RFC 9700 section 4.14.2")


@check(depends="test_a_used_login_goes_on")
def test_expires_in_names_the_first_of_two_ends(attempt: Attempt) -> None:
    """The client is told the truth: what is left is the shorter of the two lifetimes, and 0 once it is over."""
    family, born = begin(attempt)
    left(attempt, family, IDLE)
    attempt.clock.advance(attempt.rng.randrange(1, 3000))
    left(attempt, family, born + IDLE - attempt.now)
    family, born = busy(attempt, until=LIFE - attempt.rng.randrange(600, 1800))
    left(attempt, family, born + LIFE - attempt.now)
    attempt.clock.advance(LIFE)
    left(attempt, family, 0)


@check(depends="test_a_used_login_goes_on")
def test_logins_do_not_share_their_times(attempt: Attempt) -> None:
    """A new login has eight hours of its own, whatever happened to the one before it."""
    old, _ = busy(attempt, until=LIFE - 300)
    attempt.clock.advance(400)
    refused(attempt, old, "a login lives on after its absolute lifetime", ABSOLUTE)
    family, born = begin(attempt)
    attempt.clock.advance(attempt.rng.randrange(1, 3000))
    rotate(attempt, family, born)
    refused(attempt, old, "an ended login came back when another one began", ABSOLUTE)


def begin(attempt: Attempt) -> tuple[dict[str, Any], int]:
    return stored(attempt, attempt.call("begin", attempt.now), "begin"), attempt.now


def rotate(attempt: Attempt, family: dict[str, Any], born: int) -> dict[str, Any]:
    try:
        return stored(attempt, attempt.call("rotate", family, attempt.now), "rotate")
    except InvalidGrantError as error:
        age = attempt.now - born
        raise Failure(
            f"an honest client is refused {age} s after its login",
            "a family ends LIFE seconds after the login, or IDLE seconds after its last use, and not before",
            actual=error,
        ) from None


def busy(attempt: Attempt, *, until: int) -> tuple[dict[str, Any], int]:
    """A login that is used all the time, `until` seconds after it began."""
    family, born = begin(attempt)
    while attempt.now - born < until:
        attempt.clock.advance(min(attempt.rng.randrange(900, 3000), until - (attempt.now - born)))
        family = rotate(attempt, family, born)
    return family, born


def refused(attempt: Attempt, family: dict[str, Any], seen: str, source: str) -> None:
    attempt.raises(
        InvalidGrantError,
        "rotate",
        family,
        attempt.now,
        seen=seen,
        hint="keep the time of the login in the family, never change it, and compare it at every exchange with >=",
        source=source,
    )


def left(attempt: Attempt, family: dict[str, Any], expected: int) -> None:
    actual = attempt.shaped(
        attempt.call("expires_in", family, attempt.now), (int, float), "what expires_in returns"
    )
    attempt.expect(
        actual == expected,
        "the client is told another time than the one at which its token dies",
        "two ends are waiting, LIFE after the login and IDLE after the last use: tell the nearer one, never below 0",
        expected=expected,
        actual=actual,
    )


def stored(attempt: Attempt, family: Any, function: str) -> dict[str, Any]:
    """The family as it comes back from the store."""
    attempt.shaped(family, dict, f"what {function} returns")
    return dict(json.loads(json.dumps(family)))
