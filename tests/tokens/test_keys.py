"""Keys: a name and one algorithm each, a ring that rolls over without refusing anybody, and no secret published."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labapp.errors import SetupError
from labapp.tokens.access import AccessTokenVerifier
from labapp.tokens.keys import ASYMMETRIC, SYMMETRIC, KeyRing, KeySet, SigningKey, new_key
from tests.tokens.forging import AUDIENCE, ISSUER, NOW, Bench, bench

PUBLIC_MEMBERS = {
    "RS256": {"kty", "n", "e", "kid", "alg", "use"},
    "ES256": {"kty", "crv", "x", "y", "kid", "alg", "use"},
    "EdDSA": {"kty", "crv", "x", "kid", "alg", "use"},
}


@pytest.mark.parametrize("alg", PUBLIC_MEMBERS)
def test_what_is_published_holds_public_members_only(alg: str) -> None:
    (jwk,) = KeyRing(keys=[bench(alg).key]).published.to_jwks()["keys"]
    assert set(jwk) == PUBLIC_MEMBERS[alg]
    assert (jwk["kid"], jwk["alg"], jwk["use"]) == (bench(alg).key.kid, alg, "sig")


@pytest.mark.parametrize("alg", SYMMETRIC)
def test_a_shared_secret_is_never_published(alg: str) -> None:
    ring = KeyRing(keys=[bench("ES256").key, new_key(alg)])
    assert [jwk["alg"] for jwk in ring.published.to_jwks()["keys"]] == ["ES256"]
    assert KeyRing(alg).published.to_jwks() == {"keys": []}
    with pytest.raises(SetupError):
        ring.signing.verifying().to_pem()


def test_a_key_does_not_show_itself(forge: Bench) -> None:
    """A `repr` ends up in logs and in the output of cells."""
    private = json.loads(forge.key.to_private_jwk())
    shown = repr(forge.key) + repr(forge.key.verifying()) + repr(forge.ring) + repr(forge.ring.published)
    assert not any(private.get(name, "absent") in shown for name in ("d", "k", "p", "q"))
    assert "key=" not in shown


@pytest.mark.parametrize("alg", [*SYMMETRIC, *(a for a in ASYMMETRIC if a[:2] not in ("RS", "PS"))])
def test_a_new_key_is_as_long_as_its_algorithm_asks(alg: str) -> None:
    """RFC 7518 section 3.2; PyJWT says so when it is not."""
    key = new_key(alg)
    token = key.sign({"sub": "alice"}, typ="JWT")
    options: Any = {"enforce_minimum_key_length": True}
    assert jwt.decode(token, key.verifying().key, algorithms=[alg], options=options) == {"sub": "alice"}


def test_a_new_rsa_key_has_2048_bits() -> None:
    assert bench("RS256").key.key.key_size == 2048


@pytest.mark.parametrize("alg", ["none", "None", "", "HS1", "RSA", "Ed25519", "rs256"])
def test_an_algorithm_that_we_do_not_know_makes_no_key(alg: str) -> None:
    if alg == "":
        assert new_key(alg).alg == new_key().alg, "not said is the default"
        return
    with pytest.raises(SetupError, match="no algorithm"):
        new_key(alg)


def test_no_two_keys_are_called_the_same(forge: Bench) -> None:
    assert len({new_key("HS256").kid for _ in range(200)}) == 200
    with pytest.raises(SetupError, match="two keys"):
        KeySet([forge.key.verifying(), forge.key.verifying()])


def test_a_private_key_can_be_handed_to_another_worker(forge: Bench) -> None:
    twin = SigningKey.from_private_jwk(forge.key.to_private_jwk())
    assert (twin.kid, twin.alg) == (forge.key.kid, forge.alg)
    token = KeyRing(keys=[twin]).signing.sign(forge.claims(), typ="at+jwt")
    assert forge.verifier().verify(token, now=NOW).subject == "alice"


def test_a_published_set_reads_back_as_the_keys_it_was_made_of(forge: Bench) -> None:
    text = json.dumps(forge.ring.published.to_jwks())
    found = KeySet.from_jwks(json.loads(text), [forge.alg])
    assert [key.kid for key in found] == ([] if forge.alg == "HS256" else [forge.key.kid])
    if forge.alg != "HS256":
        verifier = AccessTokenVerifier(ISSUER, AUDIENCE, found)
        assert verifier.verify(forge.token(), now=NOW).subject == "alice"


# --- the ring -------------------------------------------------------------------------------------------------------


def test_a_rollover_refuses_no_token_that_is_still_good(forge: Bench) -> None:
    """Publish, then sign with it, then retire the old one: in this order nobody is shut out."""
    ring = KeyRing(keys=[forge.stranger])
    verifier = AccessTokenVerifier(ISSUER, AUDIENCE, lambda: ring.published)

    def signed() -> str:
        return ring.signing.sign(forge.claims(), typ="at+jwt")

    old = signed()
    new = ring.publish(forge.alg)
    assert ring.signing.kid == forge.stranger.kid, "a new key does not sign at once"
    assert verifier.verify(signed(), now=NOW)
    ring.activate(new.kid)
    young = signed()
    assert verifier.verify(old, now=NOW)
    assert verifier.verify(young, now=NOW)
    ring.retire(forge.stranger.kid)
    assert verifier.verify(young, now=NOW)
    with pytest.raises(Exception, match="no key of ours"):
        verifier.verify(old, now=NOW)


def test_a_ring_makes_one_key_when_it_is_first_needed() -> None:
    ring = KeyRing("HS256")
    assert [key.kid for key in ring.published] == [ring.signing.kid]
    assert len(ring.published) == 1


def test_the_key_that_signs_cannot_be_retired_and_a_retired_one_cannot_sign() -> None:
    ring = KeyRing("HS256")
    old = ring.signing.kid
    with pytest.raises(SetupError, match="still signs"):
        ring.retire(old)
    ring.activate(ring.publish().kid)
    ring.retire(old)
    with pytest.raises(SetupError, match="no key"):
        ring.activate(old)
    assert len(ring.published) == 1


def test_a_ring_may_change_its_algorithm() -> None:
    ring = KeyRing("HS256")
    assert ring.signing.alg == "HS256"
    ring.activate(ring.publish("ES256").kid)
    assert ring.signing.alg == "ES256"
    assert [key.alg for key in ring.published] == ["HS256", "ES256"]


# --- key sets from outside ------------------------------------------------------------------------------------------


def good() -> dict[str, Any]:
    """A JWK that is fine, of the issuer."""
    return bench("ES256").key.verifying().to_jwk()


def other(**changes: Any) -> dict[str, Any]:
    """Another one, changed."""
    return {**bench("ES256").stranger.verifying().to_jwk(), **changes}


def without(name: str) -> dict[str, Any]:
    return {k: v for k, v in other().items() if k != name}


def p384(**changes: Any) -> dict[str, Any]:
    return {**new_key("ES384").verifying().to_jwk(), **changes}


UNUSABLE: dict[str, Callable[[], Any]] = {
    "null": lambda: None,
    "a text": lambda: "key",
    "a number": lambda: 7,
    "a list": lambda: [good()],
    "an empty object": dict,
    "no kid": lambda: without("kid"),
    "kid empty": lambda: other(kid=""),
    "kid a number": lambda: other(kid=7),
    "kid a list": lambda: other(kid=["k"]),
    "kid null": lambda: other(kid=None),
    "no alg": lambda: without("alg"),
    "alg a list": lambda: other(alg=["ES256"]),
    "alg none": lambda: other(alg="none"),
    "alg not on the list": lambda: p384(),
    "alg of another curve": lambda: p384(alg="ES256"),
    "alg of another kind of key": lambda: other(alg="RS256"),
    "alg symmetric": lambda: other(alg="HS256"),
    "a shared secret": lambda: {"kty": "oct", "k": "c2VjcmV0", "kid": "k", "alg": "HS256"},
    "a shared secret that says RS256": lambda: {"kty": "oct", "k": "c2VjcmV0", "kid": "k", "alg": "RS256"},
    "for encryption": lambda: other(use="enc"),
    "use null": lambda: other(use=None),
    "key_ops that only sign": lambda: other(key_ops=["sign"]),
    "key_ops no list": lambda: other(key_ops="verify-not"),
    "no kty": lambda: without("kty"),
    "kty a list": lambda: other(kty=["EC"]),
    "no x": lambda: without("x"),
    "x null": lambda: other(x=None),
    "x a number": lambda: other(x=7),
    "x too short": lambda: other(x="AAAA"),
    "x not base64": lambda: other(x="!" * 43),
    "x a lone surrogate": lambda: other(x="\ud800"),
    "a point off the curve": lambda: other(x="A" * 43),
    "an unknown curve": lambda: other(crv="P-999"),
    "with its private half": lambda: {**other(), **json.loads(bench("ES256").stranger.to_private_jwk())},
    "an RSA key with its private half": lambda: (
        json.loads(bench("RS256").stranger.to_private_jwk()) | {"alg": "RS256"}
    ),
    "an RSA modulus that is empty": lambda: {"kty": "RSA", "n": "", "e": "AQAB", "kid": "k", "alg": "RS256"},
    "an RSA exponent of one": lambda: {**bench("RS256").key.verifying().to_jwk(), "e": "AQ"},
}  # fmt: skip


@pytest.mark.parametrize("member", UNUSABLE.values(), ids=UNUSABLE)
def test_a_member_that_cannot_be_used_is_passed_over(member: Callable[[], Any]) -> None:
    """RFC 7517 section 5; the good keys beside it stay good, whichever comes first."""
    for members in ([member(), good()], [good(), member()]):
        found = KeySet.from_jwks({"keys": members}, ["ES256", "RS256", "HS256"])
        assert [key.kid for key in found] == [good()["kid"]]


def test_a_name_that_means_two_keys_is_trusted_for_neither() -> None:
    twins = [good(), other(kid=good()["kid"])]
    third = {**new_key("ES256").verifying().to_jwk(), "kid": "third"}
    for members in (twins, twins[::-1]):
        assert [key.kid for key in KeySet.from_jwks({"keys": [*members, third]}, ["ES256"])] == ["third"]


def test_a_name_is_only_taken_by_a_key_that_could_be_used() -> None:
    """RFC 7517 section 4.5: one name for a key to sign and one to encrypt with is fine."""
    members = [other(kid=good()["kid"], use="enc"), good()]
    assert len(KeySet.from_jwks({"keys": members}, ["ES256"])) == 1


@pytest.mark.parametrize(
    "text", ["null", "7", '"keys"', "[]", "{}", '{"keys":null}', '{"keys":{}}', '{"keys":"k"}']
)
def test_what_is_no_key_set_is_told_so_and_never_taken_for_an_empty_one(text: str) -> None:
    """Whoever fetched it keeps the keys that they had."""
    with pytest.raises(jwt.PyJWKSetError):
        KeySet.from_jwks(json.loads(text), ["ES256"])


def test_an_empty_key_set_is_one() -> None:
    assert len(KeySet.from_jwks({"keys": []}, ["ES256"])) == 0


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@given(
    st.dictionaries(
        st.sampled_from(["kty", "kid", "alg", "use", "key_ops", "crv", "x", "y", "n", "e", "d"]), ODD
    ),
    st.sampled_from(["ES256", "RS256", "EdDSA"]),
)
@settings(deadline=None)
def test_reading_any_member_ends_in_a_key_or_without_one(changes: dict[str, Any], alg: str) -> None:
    member = bench(alg).stranger.verifying().to_jwk() | changes
    for key in KeySet.from_jwks({"keys": [member, good()]}, ["ES256", "RS256", "EdDSA"]):
        assert type(key.kid) is str
        assert not key.is_secret
        assert not hasattr(key.key, "sign")


@pytest.mark.parametrize("kid", [None, 7, ["k"], {}, "", True, "\ud800"], ids=repr)
def test_looking_for_an_odd_name_finds_nothing(forge: Bench, kid: Any) -> None:
    assert forge.ring.published.find(kid) is None
