"""To the second: when a token begins, when it ends, and what leeway adds at either end."""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from labapp.clock import LabClock, SkewedClock
from labapp.tokens.refusals import REFUSALS, reason
from tests.tokens.forging import AUDIENCE, ISSUER, LIFE, NOW, Bench

LEEWAYS = pytest.mark.parametrize("leeway", [0, 1, 5, 60])
EPSILON = 0.001


def verdict(forge: Bench, token: str, *, now: float, leeway: int) -> str:
    try:
        forge.verifier(leeway=leeway).verify(token, now=now)
    except REFUSALS as error:
        return reason(error)
    return "accepted"


@LEEWAYS
def test_it_ends_at_exp_plus_leeway_and_not_a_moment_later(forge: Bench, leeway: int) -> None:
    """RFC 7519 section 4.1.4: refused on or after the time."""
    token, end = forge.genuine(exp=NOW + 60), NOW + 60 + leeway
    for now in (NOW, end - 1, end - EPSILON):
        assert verdict(forge, token, now=now, leeway=leeway) == "accepted"
    for now in (end, end + EPSILON, end + 1, end + 10**6):
        with pytest.raises(jwt.ExpiredSignatureError):
            forge.verifier(leeway=leeway).verify(token, now=now)


@LEEWAYS
@pytest.mark.parametrize("claim", ["nbf", "iat"])
def test_it_begins_at_nbf_and_iat_less_leeway(forge: Bench, claim: str, leeway: int) -> None:
    """RFC 7519 section 4.1.5; that a future `iat` counts as too early is PyJWT's reading."""
    token, begin = forge.genuine(**{claim: NOW + 60}), NOW + 60 - leeway
    for now in (begin, begin + EPSILON, begin + 1):
        assert verdict(forge, token, now=now, leeway=leeway) == "accepted"
    for now in (begin - EPSILON, begin - 1, begin - 60):
        assert verdict(forge, token, now=now, leeway=leeway) == "not-yet"


@pytest.mark.parametrize("claim", ["exp", "iat", "nbf", "auth_time"])
def test_a_time_in_fractions_of_a_second_is_a_time(forge: Bench, claim: str) -> None:
    """RFC 7519 section 2 allows it; PyJWT judges by the whole second below it."""
    value = NOW + 60.9 if claim == "exp" else NOW - 0.1
    token = forge.genuine(**{claim: value})
    assert verdict(forge, token, now=NOW + 59.9, leeway=0) == "accepted"
    if claim == "exp":
        assert verdict(forge, token, now=NOW + 60, leeway=0) == "exp"


def test_the_first_and_the_last_second_there_are(forge: Bench) -> None:
    assert verdict(forge, forge.genuine(exp=253402300799, iat=0), now=NOW, leeway=0) == "accepted"
    assert verdict(forge, forge.genuine(exp=0, iat=0), now=NOW, leeway=60) == "exp"


def test_the_issuers_own_tokens_live_their_life(forge: Bench) -> None:
    """Issued in the middle of a second: the token carries whole ones, rounded down."""
    token = forge.issuer().issue("alice", client_id="web", audience=AUDIENCE, scope="", now=NOW + 0.75)
    assert verdict(forge, token, now=NOW + 0.75, leeway=0) == "accepted"
    assert verdict(forge, token, now=NOW + LIFE - EPSILON, leeway=0) == "accepted"
    assert verdict(forge, token, now=NOW + LIFE, leeway=0) == "exp"


def test_a_life_of_its_own(forge: Bench) -> None:
    token = forge.issuer().issue("alice", client_id="web", audience=AUDIENCE, scope="", now=NOW, life=7)
    assert verdict(forge, token, now=NOW + 6, leeway=0) == "accepted"
    assert verdict(forge, token, now=NOW + 7, leeway=0) == "exp"


@pytest.mark.parametrize(
    ("skew", "leeway", "rule"),
    [
        (0, 0, "accepted"),
        (-3, 0, "not-yet"),
        (-3, 5, "accepted"),
        (-6, 5, "not-yet"),
        (300, 0, "exp"),
        (304, 5, "accepted"),
        (305, 5, "exp"),
    ],
)
def test_a_verifier_with_a_wrong_clock(forge: Bench, skew: float, leeway: int, rule: str) -> None:
    """Clock skew is the phenomenon, leeway the setting: one is forgiven as far as the other goes."""
    clock = LabClock()
    token = forge.issuer().issue("alice", client_id="web", audience=AUDIENCE, scope="", now=clock.now())
    now = SkewedClock(clock, seconds=skew).now()
    assert verdict(forge, token, now=now, leeway=leeway) == rule


def test_the_machines_clock_plays_no_part(forge: Bench) -> None:
    """A token of lab time would be from the future, and one of the machine's time long expired."""
    assert verdict(forge, forge.genuine(), now=NOW, leeway=0) == "accepted"
    assert verdict(forge, forge.genuine(iat=0, exp=300), now=299, leeway=0) == "accepted"


RULES: dict[str, tuple[dict[str, Any], str]] = {
    "expired and for another service": ({"exp": NOW - 1, "aud": "statements"}, "exp"),
    "of another issuer and for another service": ({"iss": "https://evil.test", "aud": "statements"}, "iss"),
    "too early and expired": ({"nbf": NOW + 9, "exp": NOW - 1}, "not-yet"),
}


@pytest.mark.parametrize(("claims", "rule"), RULES.values(), ids=RULES)
def test_one_rule_is_named_where_several_would_refuse(
    forge: Bench, claims: dict[str, Any], rule: str
) -> None:
    assert verdict(forge, forge.genuine(**claims), now=NOW, leeway=0) == rule


def test_an_issuer_is_part_of_who_somebody_is(forge: Bench) -> None:
    """`sub` means something together with `iss` only (ASVS v5.0.0-10.3.3)."""
    assert forge.verifier().verify(forge.genuine(), now=NOW).name == f"{ISSUER} j-1"
