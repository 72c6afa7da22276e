"""Every forged or odd token is refused by the rule that is meant to, and every genuine one is accepted.

Each table is keyed by what was done to the token; a forger has the public keys, any number of genuine tokens, and a key
of their own, and does not have the issuer's private key.
`test_what_is_odd_but_genuine` and the tables of claims go further: there the issuer itself signed the oddity.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from jwt.algorithms import get_default_algorithms

from labapp.errors import InvalidTokenError
from labapp.tokens.keys import KeyRing, KeySet, SigningKey
from labapp.tokens.reading import MAX_LENGTH
from labapp.tokens.refusals import REFUSALS, reason
from tests.tokens.forging import (
    ABSENT,
    AUDIENCE,
    ISSUER,
    LIFE,
    NOW,
    Bench,
    b64,
    bench,
    raw_signature,
    unb64,
    written,
)

Forgery = Callable[[Bench], Any]


def refusal(forge: Bench, token: Any, *, now: float = NOW, leeway: int = 0) -> str:
    """Verify, and return the word of the rule that refused, or `accepted`."""
    try:
        forge.verifier(leeway=leeway).verify(token, now=now)
    except REFUSALS as error:
        assert str(error).isascii(), "the message goes into a header line"
        return reason(error)
    return "accepted"


def test_a_genuine_token_is_accepted_and_told_as_it_is(forge: Bench) -> None:
    token = forge.issuer().issue(
        "alice", client_id="web", audience=AUDIENCE, scope="accounts transfers", now=NOW + 0.9,
        roles=("customer",), auth_time=NOW - 60.5, family="f-1",
    )  # fmt: skip
    told = forge.verifier().verify(token, now=NOW + 1)
    assert (told.issuer, told.subject, told.client_id) == (ISSUER, "alice", "web")
    assert (told.scope, told.roles) == ({"accounts", "transfers"}, {"customer"})
    assert (told.issued_at, told.expires_at, told.auth_time) == (NOW, NOW + LIFE, NOW - 61)
    assert told.family == "f-1"
    assert told.jti == told.claims["jti"]


def test_the_bench_itself_makes_genuine_tokens(forge: Bench) -> None:
    """Or every refusal below would prove nothing."""
    assert refusal(forge, forge.token()) == "accepted"


def test_two_tokens_of_one_second_differ_by_name(forge: Bench) -> None:
    """A denylist entry for one must not end the other."""
    issue, verify = forge.issuer().issue, forge.verifier().verify
    tokens = [
        verify(issue("alice", client_id="web", audience=AUDIENCE, scope="", now=NOW), now=NOW)
        for _ in range(50)
    ]
    assert len({token.jti for token in tokens}) == 50


# --- without the issuer's key ---------------------------------------------------------------------------------------


def none_token(alg: Any) -> Forgery:
    """A token that says it is not signed, with something in the place of the signature."""
    return lambda f: f"{b64(written(f.header(alg=alg)))}.{b64(written(f.claims()))}.{f.token().split('.')[2]}"


def stranger(**header: Any) -> Forgery:
    """Signed well, with a key that is not the issuer's."""
    return lambda f: f.token(f.header(**header), key=f.stranger.key)


def swapped(part: int, **claims: Any) -> Forgery:
    """One part taken from another genuine token of the same issuer."""

    def forgery(f: Bench) -> str:
        own, other = f.token().split("."), f.genuine(jti="j-2", sub="bob", **claims).split(".")
        own[part] = other[part]
        return ".".join(own)

    return forgery


def signature(change: Callable[[bytes], bytes]) -> Forgery:
    def forgery(f: Bench) -> str:
        head, body, signed = f.token().split(".")
        return f"{head}.{body}.{b64(change(unb64(signed)))}"

    return forgery


def embedded(name: str, value: Callable[[Bench], Any], **header: Any) -> Forgery:
    """The forger's key, or where to find it, in the header."""
    return lambda f: f.token(f.header(**{name: value(f)}, **header), key=f.stranger.key)


def stranger_jwk(f: Bench) -> dict[str, Any]:
    return f.stranger.verifying().to_jwk()


FORGED: dict[str, tuple[Forgery, str]] = {
    "alg none": (none_token("none"), "alg"),
    "alg None": (none_token("None"), "alg"),
    "alg NONE": (none_token("NONE"), "alg"),
    "alg nOnE": (none_token("nOnE"), "alg"),
    "alg none with a space": (none_token("none "), "alg"),
    "alg empty": (none_token(""), "alg"),
    "alg null": (none_token(None), "alg"),
    "alg left out": (none_token(ABSENT), "alg"),
    "alg a list": (lambda f: none_token([f.alg])(f), "alg"),
    "alg an object": (none_token({}), "alg"),
    "alg a number": (none_token(0), "alg"),
    "alg true": (none_token(True), "alg"),
    "alg in small letters": (lambda f: none_token(f.alg.lower())(f), "alg" ),
    "alg with a NUL": (lambda f: none_token(f.alg + "\0")(f), "alg"),
    "alg none and no signature": (lambda f: none_token("none")(f).rpartition(".")[0] + ".", "malformed"),
    "alg none and one part fewer": (lambda f: none_token("none")(f).rpartition(".")[0], "malformed"),
    "signed with another key of the same kind": (stranger(), "signature"),
    "signed with another key and its own name": (lambda f: stranger(kid=f.stranger.kid)(f), "kid"),
    "the claims of another token": (swapped(1), "signature"),
    "the signature of another token": (swapped(2), "signature"),
    "the same claims with a space after them": (
        lambda f: "{0}.{2}.{1}".format(*f.token().split(".")[::2], b64(written(f.claims()) + b" ")), "signature"),
    "a signature of zeros": (signature(lambda s: bytes(len(s))), "signature"),
    "a signature of ones": (signature(lambda s: b"\xff" * len(s)), "signature"),
    "a signature without its last byte": (signature(lambda s: s[:-1]), "signature"),
    "half a signature": (signature(lambda s: s[: len(s) // 2]), "signature"),
    "the first byte of a signature": (signature(lambda s: s[:1]), "signature"),
    "a signature twice": (signature(lambda s: s + s), "signature"),
    "a signature and a byte": (signature(lambda s: s + b"\0"), "signature"),
    "a signature with its last bit turned": (signature(lambda s: s[:-1] + bytes([s[-1] ^ 1])), "signature"),
    "no signature": (lambda f: f.token().rpartition(".")[0] + ".", "malformed"),
    "a detached payload": (lambda f: "{0}..{2}".format(*f.token().split(".")), "malformed"),
    "b64 false and the payload as it is": (lambda f: f.token(f.header(b64=False, crit=["b64"])), "malformed"),
    "HMAC of the other parts with an empty secret": (
        lambda f: f.token(f.header(alg="HS256"), sign_alg="HS256", key=b"\0")
        if f.alg != "HS256" else stranger()(f), "signature|alg"),
    "the forger's key embedded": (embedded("jwk", stranger_jwk), "signature"),
    "the forger's key embedded under its own name": (
        lambda f: embedded("jwk", stranger_jwk, kid=f.stranger.kid)(f), "kid"),
    "the forger's key embedded and no kid": (embedded("jwk", stranger_jwk, kid=ABSENT), "kid"),
    "a URL of the forger's key set": (embedded("jku", lambda f: "https://evil.test/jwks.json"), "signature"),
    "a URL that begins like the issuer's": (
        embedded("jku", lambda f: f"{ISSUER}@evil.test/jwks.json", kid="evil"), "kid"),
    "a URL of a file": (embedded("jku", lambda f: "file:///dev/zero"), "signature"),
    "a certificate chain": (embedded("x5c", lambda f: ["TUlJ"]), "signature"),
    "a URL of a certificate": (embedded("x5u", lambda f: "https://evil.test/cert.pem", kid=ABSENT), "kid"),
    "a certificate's thumbprint": (embedded("x5t#S256", lambda f: "A" * 43), "signature"),
    "a megabyte": (lambda f: f.token() + "A" * 1_000_000, "malformed"),
    "a megabyte of claims": (lambda f: f.genuine(x="a" * 1_000_000), "malformed"),
    "a megabyte of header": (lambda f: f.token(f.header(x="a" * 1_000_000)), "malformed"),
    "a megabyte of dots": (lambda f: "." * 1_000_000, "malformed"),
    "a refresh token": (lambda f: "rt_" + "A" * 43, "malformed"),
    "the key set": (lambda f: json.dumps(f.ring.published.to_jwks()), "malformed"),
}  # fmt: skip


@pytest.mark.parametrize(("forgery", "rule"), FORGED.values(), ids=FORGED)
def test_a_forger_is_refused_by(forge: Bench, forgery: Forgery, rule: str) -> None:
    assert refusal(forge, forgery(forge)) in rule.split("|")


CONFUSED = {
    "RS256": ("RS384", "RS512", "PS256", "PS384", "PS512"),
    "HS256": ("HS384", "HS512"),
}


@pytest.mark.parametrize(("alg", "other"), [(alg, other) for alg in CONFUSED for other in CONFUSED[alg]])
def test_a_key_is_for_one_algorithm_even_where_another_would_fit_it(alg: str, other: str) -> None:
    """Really signed with the genuine key, under another algorithm of its family (RFC 8725 section 3.1)."""
    forge = bench(alg)
    token = forge.token(forge.header(alg=other), sign_alg=other)
    text, _, signed = token.rpartition(".")
    assert get_default_algorithms()[other].verify(text.encode(), forge.key.verifying().key, unb64(signed))
    assert refusal(forge, token) == "alg"


@pytest.mark.parametrize(
    "claimed", ["HS256", "RS256", "ES256", "ES384", "EdDSA", "Ed25519", "RSA-OAEP", "dir"]
)
def test_a_header_does_not_choose_the_algorithm(forge: Bench, claimed: str) -> None:
    """The signature is good for the key's own algorithm; only the header says something else."""
    token = forge.token(forge.header(alg=claimed))
    assert refusal(forge, token) == ("accepted" if claimed == forge.alg else "alg")


def public_forms(forge: Bench) -> dict[str, bytes]:
    """What a forger may try as an HMAC secret: a public key in every form in which it is published."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = forge.key.verifying()
    spki = key.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    forms = {
        "PEM": key.to_pem().encode(),
        "PEM without its last newline": key.to_pem().strip().encode(),
        "PEM with Windows line ends": key.to_pem().replace("\n", "\r\n").encode(),
        "PEM without its armour": b"".join(key.to_pem().encode().split(b"\n")[1:-2]),
        "DER": spki,
        "JWK": json.dumps(key.to_jwk()).encode(),
        "the JWK Set": json.dumps(forge.ring.published.to_jwks()).encode(),
    }
    if forge.alg == "RS256":
        forms["PKCS#1 PEM"] = key.key.public_bytes(Encoding.PEM, PublicFormat.PKCS1)
        forms["PKCS#1 DER"] = key.key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
        forms["the modulus"] = unb64(key.to_jwk()["n"])
    else:
        forms["the x coordinate"] = unb64(key.to_jwk()["x"])
    return forms


@pytest.mark.parametrize("alg", ["RS256", "ES256", "EdDSA"])
@pytest.mark.parametrize("hash_name", ["sha256", "sha384", "sha512"])
def test_a_public_key_is_no_hmac_secret_in_any_form(alg: str, hash_name: str) -> None:
    """Algorithm confusion (CVE-2015-9235): HMAC keyed with what everybody knows."""
    forge = bench(alg)
    for form, secret in public_forms(forge).items():
        for claimed, rule in ((f"HS{hash_name[3:]}", "alg"), (forge.alg, "signature")):
            text = f"{b64(written(forge.header(alg=claimed)))}.{b64(written(forge.claims(sub='ada')))}"
            token = f"{text}.{b64(hmac.digest(secret, text.encode(), hash_name))}"
            assert refusal(forge, token) == rule, form


@pytest.mark.parametrize("secret", [b"", b"secret", b"\0" * 32, b"key", b"HS256"], ids=repr)
def test_a_guessed_secret_is_not_ours(secret: bytes) -> None:
    forge = bench("HS256")
    text = f"{b64(written(forge.header()))}.{b64(written(forge.claims()))}"
    assert refusal(forge, f"{text}.{b64(hmac.digest(secret, text.encode(), 'sha256'))}") == "signature"


def test_a_secret_shorter_than_its_hash_verifies_nothing() -> None:
    """RFC 7518 section 3.2; refused also where the signature would fit."""
    weak = SigningKey("weak", "HS256", b"x" * 31)
    forge = Bench("HS256", KeyRing(keys=[weak]), bench("HS256").stranger)
    text = f"{b64(written(forge.header()))}.{b64(written(forge.claims()))}"
    token = f"{text}.{b64(hmac.digest(weak.key, text.encode(), hashlib.sha256))}"
    assert refusal(forge, token) == "invalidkey"


def test_an_rsa_key_that_is_too_short_verifies_nothing() -> None:
    from cryptography.hazmat.primitives.asymmetric import rsa

    weak = SigningKey("weak", "RS256", rsa.generate_private_key(public_exponent=65537, key_size=1024))
    forge = Bench("RS256", KeyRing(keys=[weak]), bench("RS256").stranger)
    assert refusal(forge, forge.token()) == "invalidkey"


ES256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@pytest.mark.parametrize(
    ("r", "s"),
    [(0, 0), (0, 1), (1, 0), (ES256_ORDER, 0), (0, ES256_ORDER), (ES256_ORDER, ES256_ORDER), (1, 1)],
)
def test_a_psychic_signature_is_refused(r: int, s: int) -> None:
    """CVE-2022-21449: r = s = 0 fitted every message."""
    forge = bench("ES256")
    head, body, _ = forge.token().split(".")
    assert (
        refusal(forge, f"{head}.{body}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}") == "signature"
    )


def test_an_es256_signature_in_der_is_refused() -> None:
    """RFC 7518 section 3.4 wants r and s side by side; a second form would be a second spelling."""
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    forge = bench("ES256")
    head, body, signed = forge.token().split(".")
    r, s = (int.from_bytes(half, "big") for half in (unb64(signed)[:32], unb64(signed)[32:]))
    assert refusal(forge, f"{head}.{body}.{b64(encode_dss_signature(r, s))}") == "signature"


def test_another_issuers_key_of_the_same_name_is_another_key(forge: Bench) -> None:
    """The name is only a hint: whoever chooses it does not choose the key."""
    impostor = Bench(
        forge.alg, KeyRing(keys=[SigningKey(forge.key.kid, forge.alg, forge.stranger.key)]), forge.stranger
    )
    token = impostor.issuer().issue("ada", client_id="web", audience=AUDIENCE, scope="admin", now=NOW)
    assert refusal(impostor, token) == "accepted"
    assert refusal(forge, token) == "signature"


def test_a_retired_key_is_refused_while_its_tokens_would_still_live(forge: Bench) -> None:
    ring = KeyRing(keys=[forge.stranger, forge.key])
    verifier = type(forge.verifier())(ISSUER, AUDIENCE, lambda: ring.published)
    token = forge.token()
    assert verifier.verify(token, now=NOW)
    ring.activate(forge.stranger.kid)
    assert verifier.verify(token, now=NOW), "still published"
    ring.retire(forge.key.kid)
    with pytest.raises(InvalidTokenError) as refused:
        verifier.verify(token, now=NOW)
    assert refused.value.refused == "kid"


def test_a_verifier_without_keys_accepts_nothing(forge: Bench) -> None:
    verifier = type(forge.verifier())(ISSUER, AUDIENCE, KeySet())
    with pytest.raises(InvalidTokenError):
        verifier.verify(forge.token(), now=NOW)


# --- with the issuer's key: the header ------------------------------------------------------------------------------

TYPES: dict[str, tuple[Any, str]] = {
    "at+jwt": ("at+jwt", "accepted"),
    "the media type in full": ("application/at+jwt", "accepted"),
    "capitals, since media types have no case": ("AT+JWT", "accepted"),
    "the media type in capitals": ("APPLICATION/AT+JWT", "accepted"),
    "left out": (ABSENT, "typ"),
    "null": (None, "typ"),
    "empty": ("", "typ"),
    "JWT": ("JWT", "typ"),
    "a refresh token's": ("rt+jwt", "typ"),
    "an ID token's": ("id+jwt", "typ"),
    "a logout token's": ("logout+jwt", "typ"),
    "a DPoP proof's": ("dpop+jwt", "typ"),
    "the prefix twice": ("application/application/at+jwt", "typ"),
    "another tree": ("text/at+jwt", "typ"),
    "a space behind": ("at+jwt ", "typ"),
    "a NUL behind": ("at+jwt\0", "typ"),
    "a parameter": ("at+jwt;v=1", "typ"),
    "a list": (["at+jwt"], "typ"),
    "an object": ({"at+jwt": 1}, "typ"),
    "a number": (1, "typ"),
    "true": (True, "typ"),
    "a lone surrogate": ("\ud800", "typ"),
}


@pytest.mark.parametrize(("typ", "rule"), TYPES.values(), ids=TYPES)
def test_typ_says_access_token_or_it_is_none(forge: Bench, typ: Any, rule: str) -> None:
    """RFC 8725 section 3.11, RFC 9068 section 2.1; `application/` may be left out (RFC 7515 section 4.1.9)."""
    assert refusal(forge, forge.token(forge.header(typ=typ))) == rule


KIDS: dict[str, Any] = {
    "left out": ABSENT,
    "unknown": "2029-12",
    "null": None,
    "empty": "",
    "a number": 7,
    "zero": 0,
    "true": True,
    "a list": ["k"],
    "an object": {"k": 1},
    "a path": "../../../../dev/null",
    "an absolute path": "/dev/null",
    "SQL": "x' UNION SELECT 'secret' -- ",
    "a command": "k|/usr/bin/id",
    "a template": "{{7*7}}",
    "a URL": "https://evil.test/key",
    "NUL": "\0",
    "a lone surrogate": "\ud800",
    "a Python name": "__class__",
    "4000 characters": "k" * 4000,
}


@pytest.mark.parametrize("kid", KIDS.values(), ids=KIDS)
def test_a_kid_that_names_no_key_of_ours_is_refused(forge: Bench, kid: Any) -> None:
    assert refusal(forge, forge.token(forge.header(kid=kid))) == "kid"


@pytest.mark.parametrize(
    "change",
    [lambda k: k + " ", lambda k: k + "\0", lambda k: [k], lambda k: k.swapcase(), lambda k: k[:-1]],
)
def test_a_kid_is_compared_exactly(forge: Bench, change: Callable[[str], Any]) -> None:
    assert refusal(forge, forge.token(forge.header(kid=change(forge.key.kid)))) == "kid"


def raw_header(change: Callable[[str], str | bytes]) -> Forgery:
    return lambda f: f.token(change(json.dumps(f.header())))


ODD_HEADERS: dict[str, tuple[Forgery, str]] = {
    "crit empty": (lambda f: f.token(f.header(crit=[])), "malformed"),
    "crit of something known": (lambda f: f.token(f.header(crit=["exp"])), "malformed"),
    "crit of something unknown": (lambda f: f.token(f.header(crit=["x"], x=1)), "malformed"),
    "crit null": (lambda f: f.token(f.header(crit=None)), "malformed"),
    "b64 true": (lambda f: f.token(f.header(b64=True)), "malformed"),
    "b64 false": (lambda f: f.token(f.header(b64=False)), "malformed"),
    "kid twice": (raw_header(lambda h: h[:-1] + ',"kid":"k"}'), "malformed"),
    "alg twice": (raw_header(lambda h: '{"alg":"none",' + h[1:]), "malformed"),
    "typ twice": (raw_header(lambda h: h[:-1] + ',"typ":"at+jwt"}'), "malformed"),
    "a nested member twice": (raw_header(lambda h: h[:-1] + ',"x":{"a":1,"a":1}}'), "malformed"),
    "UTF-16": (raw_header(lambda h: h.encode("utf-16")), "malformed"),
    "UTF-32": (raw_header(lambda h: h.encode("utf-32")), "malformed"),
    "a BOM": (raw_header(lambda h: "\ufeff" + h), "malformed"),
    "invalid UTF-8": (raw_header(lambda h: h.encode()[:-1] + b',"x":"\xff"}'), "malformed"),
    "a list": (raw_header(lambda h: f"[{h}]"), "malformed"),
    "NaN": (raw_header(lambda h: h[:-1] + ',"x":NaN}'), "malformed"),
    "nested deeply": (raw_header(lambda h: h[:-1] + ',"x":' + "[" * 900 + "]" * 900 + "}"), "malformed"),
    "nested as deeply as fits": (raw_header(lambda h: h[:-1] + ',"x":' + "[" * 2500 + "]" * 2500 + "}"), "malformed"),
}  # fmt: skip


@pytest.mark.parametrize(("forgery", "rule"), ODD_HEADERS.values(), ids=ODD_HEADERS)
def test_an_odd_header_under_a_genuine_signature_is_refused_by(
    forge: Bench, forgery: Forgery, rule: str
) -> None:
    assert refusal(forge, forgery(forge)) == rule


@pytest.mark.parametrize("extra", ["jwk", "jku", "x5c", "x5u", "x5t", "cty", "x", "zip", "enc"])
def test_a_header_member_without_a_meaning_here_changes_nothing(forge: Bench, extra: str) -> None:
    """The issuer signed it, and nothing follows from it: no key is taken from it, no URL is asked."""
    assert refusal(forge, forge.token(forge.header(**{extra: "https://evil.test"}))) == "accepted"


def test_white_space_in_json_is_no_second_meaning(forge: Bench) -> None:
    header, claims = (json.dumps(part, indent=1) for part in (forge.header(), forge.claims()))
    assert refusal(forge, forge.token(header, claims)) == "accepted"


# --- with the issuer's key: the claims ------------------------------------------------------------------------------

ODD_TIMES: dict[str, str] = {
    "text": f'"{NOW}"',
    "text of the future": f'"{NOW + 60}"',
    "empty text": '""',
    "a date": '"2030-01-07T09:05:00Z"',
    "true": "true",
    "false": "false",
    "null": "null",
    "1e400": "1e400",
    "-1e400": "-1e400",
    "10**400": "1" + "0" * 400,
    "1e300": "1e300",
    "2**63": str(2**63),
    "2**64": str(2**64),
    "the year 10000": "253402300800",
    "negative": "-1",
    "very negative": "-1e300",
    "a list": f"[{NOW}]",
    "an empty list": "[]",
    "an object": f'{{"t":{NOW}}}',
    "an empty object": "{}",
}
UNREADABLE_TIMES = {"NaN": "NaN", "Infinity": "Infinity", "-Infinity": "-Infinity", "hex": "0x70DBD880",
                    "a leading zero": f"0{NOW}", "a plus": f"+{NOW}", "5000 digits": "9" * 5000}  # fmt: skip


@pytest.mark.parametrize("claim", ["exp", "iat", "nbf", "auth_time"])
@pytest.mark.parametrize("value", ODD_TIMES.values(), ids=ODD_TIMES)
def test_a_time_that_is_none_is_refused_for_what_it_is(forge: Bench, claim: str, value: str) -> None:
    """PyJWT takes a time written as text, and true as one second after midnight."""
    claims = json.dumps(forge.claims(**{claim: "HERE"})).replace('"HERE"', value)
    with pytest.raises(InvalidTokenError) as refused:
        forge.verifier().verify(forge.token(claims=claims), now=NOW)
    assert refused.value.refused == claim


@pytest.mark.parametrize("claim", ["exp", "iat", "nbf", "auth_time"])
@pytest.mark.parametrize("value", UNREADABLE_TIMES.values(), ids=UNREADABLE_TIMES)
def test_a_time_that_json_does_not_have_is_malformed(forge: Bench, claim: str, value: str) -> None:
    claims = json.dumps(forge.claims(**{claim: "HERE"})).replace('"HERE"', value)
    assert refusal(forge, forge.token(claims=claims)) == "malformed"


@pytest.mark.parametrize("claim", ["exp", "iat", "nbf", "auth_time"])
def test_milliseconds_are_no_time(forge: Bench, claim: str) -> None:
    """`Date.now()` would make a token that lives tens of thousands of years."""
    assert refusal(forge, forge.genuine(**{claim: (NOW + 60) * 1000})) == claim


REQUIRED = ("iss", "sub", "aud", "client_id", "iat", "exp", "jti")


@pytest.mark.parametrize("claim", REQUIRED)
def test_a_required_claim_that_is_left_out_is_missed(forge: Bench, claim: str) -> None:
    with pytest.raises(jwt.MissingRequiredClaimError, match=claim):
        forge.verifier().verify(forge.genuine(**{claim: ABSENT}), now=NOW)


@pytest.mark.parametrize("claim", ["scope", "nbf", "auth_time", "roles", "sid"])
def test_an_optional_claim_may_be_left_out(forge: Bench, claim: str) -> None:
    assert refusal(forge, forge.genuine(**{claim: ABSENT})) == "accepted"


ODD_NAMES: dict[str, Any] = {
    "null": None,
    "empty": "",
    "a number": 7,
    "zero": 0,
    "true": True,
    "false": False,
    "an object": {"name": "alice"},
    "a lone high surrogate": "al\ud800ice",
    "a lone low surrogate": "\udc00",
    "surrogates the wrong way round": "\udc00\ud800",
    "NUL": "alice\0",
    "only NUL": "\0",
    "a newline": "alice\n",
    "a header line": "alice\r\nX-Admin: 1",
    "a terminal escape": "\x1b[31malice",
    "writing turned round": "\u202ealice",
    "too long": "a" * 1025,
}


@pytest.mark.parametrize("claim", ["sub", "jti", "client_id", "iss", "aud", "sid", "scope"])
@pytest.mark.parametrize("value", ODD_NAMES.values(), ids=ODD_NAMES)
def test_a_name_that_names_nobody_is_refused_for_what_it_is(forge: Bench, claim: str, value: Any) -> None:
    rule = refusal(forge, forge.genuine(**{claim: value}))
    assert rule == ("accepted" if claim == "scope" and value == "" else claim)


@pytest.mark.parametrize("claim", ["sub", "jti", "client_id", "iss", "sid", "scope"])
@pytest.mark.parametrize("value", [[], ["alice"], [ISSUER], [["alice"]]], ids=repr)
def test_a_list_is_no_name(forge: Bench, claim: str, value: Any) -> None:
    """`iss` as a list is how a substring or membership test is fooled."""
    assert refusal(forge, forge.genuine(**{claim: value})) == claim


ODD_ROLES: dict[str, Any] = {
    "text": "administrator",
    "null": None,
    "an object": {"administrator": True},
    "a number in a list": ["customer", 7],
    "a list in a list": [["administrator"]],
    "an empty name": [""],
    "a lone surrogate": ["\ud800"],
    "seventeen": ["r"] * 17,
    "true": True,
}


@pytest.mark.parametrize("value", ODD_ROLES.values(), ids=ODD_ROLES)
def test_roles_are_a_short_list_of_names(forge: Bench, value: Any) -> None:
    assert refusal(forge, forge.genuine(roles=value)) == "roles"


AUDIENCES: dict[str, tuple[Any, str]] = {
    "us": (AUDIENCE, "accepted"),
    "us in a list": ([AUDIENCE], "accepted"),
    "us among others": (["statements", AUDIENCE], "accepted"),
    "another service": ("statements", "aud"),
    "others in a list": (["statements", "edge"], "aud"),
    "an empty list": ([], "aud"),
    "us in a nested list": ([[AUDIENCE]], "aud"),
    "us as a key": ({AUDIENCE: 1}, "aud"),
    "us and a number": ([AUDIENCE, 7], "aud"),
    "us and null": ([AUDIENCE, None], "aud"),
    "us and an empty name": ([AUDIENCE, ""], "aud"),
    "us among seventeen": ([AUDIENCE] + ["x"] * 16, "aud"),
    "longer than us": (AUDIENCE + "s", "aud"),
    "shorter than us": (AUDIENCE[:-1], "aud"),
    "us in capitals": (AUDIENCE.upper(), "aud"),
    "us with a space": (AUDIENCE + " ", "aud"),
    "us with a slash": (AUDIENCE + "/", "aud"),
    "two words, one of them us": (f"statements {AUDIENCE}", "aud"),
    "everybody": ("*", "aud"),
    "left out": (ABSENT, "missing"),
}


@pytest.mark.parametrize(("aud", "rule"), AUDIENCES.values(), ids=AUDIENCES)
def test_the_audience_is_this_service(forge: Bench, aud: Any, rule: str) -> None:
    assert refusal(forge, forge.genuine(aud=aud)) == rule


ISSUERS: dict[str, str] = {
    "a trailing slash": ISSUER + "/",
    "a prefix of ours": ISSUER[:-1],
    "part of ours": "id.harbour.test",
    "ours with something behind": ISSUER + ".evil.test",
    "ours with a path": ISSUER + "/evil",
    "ours in capitals": ISSUER.upper(),
    "plain http": ISSUER.replace("https", "http"),
    "ours with its port": ISSUER + ":443",
    "ours with a space": ISSUER + " ",
    "somebody else": "https://evil.test",
}


@pytest.mark.parametrize("iss", ISSUERS.values(), ids=ISSUERS)
def test_the_issuer_is_compared_exactly(forge: Bench, iss: str) -> None:
    assert refusal(forge, forge.genuine(iss=iss)) == "iss"


def test_nested_claims_are_refused_at_every_depth_that_matters(forge: Bench) -> None:
    """Under a genuine signature, too: what one reader can take, the next may not."""
    for depth in (17, 100, *range(880, 1000, 7), 2000):
        text = json.dumps(forge.claims())[:-1] + ',"x":' + "[" * depth + "]" * depth + "}"
        assert refusal(forge, forge.token(claims=text)) == "malformed", depth
    assert refusal(forge, forge.genuine(act={"sub": "edge", "act": {"sub": "partner"}})) == "accepted"


def test_the_longest_token_that_is_accepted_is_accepted(forge: Bench) -> None:
    size = MAX_LENGTH - len(forge.genuine(x=""))
    token = forge.genuine(x="a" * (size * 3 // 4))
    assert MAX_LENGTH - 4 <= len(token) <= MAX_LENGTH
    assert refusal(forge, token) == "accepted"
    assert refusal(forge, forge.genuine(x="a" * (size * 3 // 4 + 8))) == "malformed"


def test_a_second_spelling_of_an_es256_signature_is_the_same_token() -> None:
    """(r, n - s) verifies as well; so a token is named by issuer and `jti`, never by its text."""
    forge = bench("ES256")
    token = forge.token()
    head, body, signed = token.split(".")
    s = ES256_ORDER - int.from_bytes(unb64(signed)[32:], "big")
    other = f"{head}.{body}.{b64(unb64(signed)[:32] + s.to_bytes(32, 'big'))}"
    assert other != token
    first, second = (forge.verifier().verify(text, now=NOW) for text in (token, other))
    assert first.name == second.name


def test_a_deterministic_signature_has_no_second_spelling() -> None:
    """EdDSA with S + L, which fits the equation too, must be refused (RFC 8032 section 5.1.7)."""
    forge = bench("EdDSA")
    head, body, signed = forge.token().split(".")
    order = 2**252 + 27742317777372353535851937790883648493
    s = int.from_bytes(unb64(signed)[32:], "little") + order
    other = unb64(signed)[:32] + s.to_bytes(32, "little")
    assert refusal(forge, f"{head}.{body}.{b64(other)}") == "signature"


def test_the_bench_signs_as_pyjwt_does() -> None:
    """A forger's bench of another make would prove nothing about tokens of ours."""
    forge = bench("EdDSA")
    text = forge.key.sign(forge.claims(), typ="at+jwt")
    head, body, signed = text.split(".")
    assert unb64(signed) == raw_signature("EdDSA", forge.key.key, f"{head}.{body}")
