"""For all inputs: what the issuer did not sign never verifies, and refusing never ends in any other error."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from labapp.tokens.access import AccessToken
from labapp.tokens.refusals import REFUSALS, reason
from tests.tokens.forging import ALGORITHMS, AUDIENCE, ISSUER, NOW, b64, bench, unb64

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
ALG = st.sampled_from(ALGORITHMS)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
CLAIM = st.sampled_from(
    "iss sub aud exp nbf iat jti client_id scope roles auth_time sid act cnf azp x".split()
)
MEMBER = st.sampled_from("alg typ kid crit b64 jwk jku x5c x5u x5t cty zip enc p2c epk x".split())


def verify(alg: str, anything: Any) -> AccessToken | None:
    """Return the token or None; any error that does not say no is let through, and fails the test."""
    try:
        return bench(alg).verifier(leeway=5).verify(anything, now=NOW)
    except REFUSALS as error:
        word = reason(error)
        assert word
        assert word == word.lower()
        assert str(error).isascii()
        return None


@given(
    ALG,
    st.one_of(st.text(), st.binary(), st.text(ALPHABET + ".", min_size=5), st.none(), st.integers(), JSON),
)
@settings(deadline=None)
def test_anything_at_all_is_refused(alg: str, anything: Any) -> None:
    assert verify(alg, anything) is None


@given(ALG, st.binary(max_size=60), st.binary(max_size=60), st.binary(min_size=1, max_size=64))
@settings(deadline=None)
def test_any_bytes_in_three_parts_are_refused(
    alg: str, header: bytes, claims: bytes, signature: bytes
) -> None:
    assert verify(alg, f"{b64(header)}.{b64(claims)}.{b64(signature)}") is None


@given(ALG, st.data())
@settings(max_examples=300, deadline=None)
def test_no_mutation_of_a_genuine_token_verifies(alg: str, data: st.DataObject) -> None:
    """Replace, insert, leave out, double or swap anywhere; with ES256, too, that is never the second spelling."""
    token = bench(alg).token()
    changed = token
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(changed) - 1))
        letter = data.draw(st.sampled_from(ALPHABET + ".=+/ \n\0é"))
        length = data.draw(st.integers(1, 8))
        changed = data.draw(
            st.sampled_from(
                [
                    changed[:at] + letter + changed[at + 1 :],
                    changed[:at] + letter + changed[at:],
                    changed[:at] + changed[at + length :],
                    changed[: at + length] + changed[at:],
                    changed[at:] + changed[:at],
                ]
            )
        )
        assume(changed)
    assume(changed != token)
    assert verify(alg, changed) is None


@given(ALG, st.integers(0, 2), st.integers(0, 4095))
@settings(deadline=None)
def test_no_single_bit_may_be_turned(alg: str, part: int, bit: int) -> None:
    """In the bytes behind the text, so that the spelling is right and only the meaning is wrong."""
    parts = bench(alg).token().split(".")
    content = bytearray(unb64(parts[part]))
    content[bit // 8 % len(content)] ^= 1 << bit % 8
    parts[part] = b64(bytes(content))
    assert verify(alg, ".".join(parts)) is None


@given(ALG, st.dictionaries(CLAIM, JSON, max_size=4))
@example("HS256", {"exp": 1e308})
@example("HS256", {"iat": float("nan")})
@example("RS256", {"sub": "\ud800", "jti": "\0"})
@settings(max_examples=300, deadline=None)
def test_whatever_an_issuer_signs_is_refused_or_of_the_right_types(alg: str, odd: dict[str, Any]) -> None:
    token = verify(alg, bench(alg).genuine(**odd))
    if token is None:
        return
    assert token.issuer == ISSUER
    assert AUDIENCE in (token.claims["aud"], *token.claims["aud"])
    for text in (token.subject, token.client_id, token.jti, token.family or "-", *token.scope, *token.roles):
        assert type(text) is str
        assert text.isprintable()
        text.encode("utf-8")
    for time in (token.issued_at, token.expires_at, token.auth_time or 0):
        assert type(time) in (int, float)
        assert 0 <= time < 253402300800
    assert token.issued_at <= NOW + 5 < token.expires_at + 10


@given(ALG, st.dictionaries(MEMBER, JSON, min_size=1, max_size=4))
@settings(max_examples=300, deadline=None)
def test_whatever_stands_in_a_signed_header_is_refused_or_without_effect(
    alg: str, odd: dict[str, Any]
) -> None:
    forge = bench(alg)
    token = verify(alg, forge.token(forge.header(**odd)))
    if token is not None:
        assert not {"crit", "b64", "alg", "kid"} & {
            name for name in odd if odd[name] != forge.header().get(name)
        }
        assert token.claims == forge.claims()


@given(ALG, JSON, JSON)
@settings(deadline=None)
def test_a_part_that_is_no_object_is_refused(alg: str, header: Any, claims: Any) -> None:
    """Signed by the issuer, and still no token."""
    assume(not isinstance(header, dict) or not isinstance(claims, dict))
    assert verify(alg, bench(alg).token(json.dumps(header), json.dumps(claims))) is None


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_the_genuine_token_of_the_fuzz_is_accepted(alg: str) -> None:
    """The other side of every property above."""
    assert verify(alg, bench(alg).token()) is not None
