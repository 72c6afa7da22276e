"""A forger's bench: tokens written byte by byte, and signed with any key, or with none.

`Bench.token` signs whatever header and claims it is given, so a test can put exactly one thing wrong into a token that
is genuine otherwise; nothing here goes through the issuer of the lab.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from jwt.algorithms import get_default_algorithms

from labapp.clock import LAB_START
from labapp.tokens.access import AccessTokenIssuer, AccessTokenVerifier
from labapp.tokens.keys import KeyRing, SigningKey

ISSUER = "https://id.harbour.test"
AUDIENCE = "bank"
NOW = LAB_START
LIFE = 300
ALGORITHMS = ("HS256", "RS256", "ES256", "EdDSA")

ABSENT: Any = object()
"""Stands for a member that is left out."""


def b64(data: bytes | str) -> str:
    """Base64url without padding."""
    data = data.encode() if isinstance(data, str) else data
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def unb64(text: str) -> bytes:
    """The bytes behind it."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def written(members: dict[str, Any] | bytes | str) -> bytes:
    """JSON as bytes; text and bytes are taken as they are, however odd."""
    if isinstance(members, bytes):
        return members
    if isinstance(members, str):
        return members.encode("utf-8")
    return json.dumps({k: v for k, v in members.items() if v is not ABSENT}, separators=(",", ":")).encode()


def raw_signature(alg: str, key: Any, signing_input: str) -> bytes:
    """Sign with PyJWT's algorithm, with no opinion on what is signed."""
    signature: bytes = get_default_algorithms()[alg].sign(signing_input.encode(), key)
    return signature


@dataclass(frozen=True)
class Bench:
    """One issuer's key, and a verifier that trusts it."""

    alg: str
    ring: KeyRing
    stranger: SigningKey

    @property
    def key(self) -> SigningKey:
        return self.ring.signing

    def verifier(self, *, leeway: int = 0) -> AccessTokenVerifier:
        return AccessTokenVerifier(ISSUER, AUDIENCE, self.ring.published, leeway=leeway)

    def issuer(self) -> AccessTokenIssuer:
        return AccessTokenIssuer(ISSUER, self.ring, life=LIFE)

    def header(self, **changes: Any) -> dict[str, Any]:
        return {"alg": self.alg, "typ": "at+jwt", "kid": self.key.kid} | changes

    def claims(self, **changes: Any) -> dict[str, Any]:
        return {
            "iss": ISSUER,
            "sub": "alice",
            "aud": AUDIENCE,
            "client_id": "web",
            "scope": "accounts",
            "iat": NOW,
            "exp": NOW + LIFE,
            "jti": "j-1",
        } | changes

    def token(
        self,
        header: dict[str, Any] | bytes | str | None = None,
        claims: dict[str, Any] | bytes | str | None = None,
        *,
        sign_alg: str | None = None,
        key: Any = None,
    ) -> str:
        """A token of exactly this header and these claims, really signed."""
        head = b64(written(self.header() if header is None else header))
        body = b64(written(self.claims() if claims is None else claims))
        signed = raw_signature(sign_alg or self.alg, self.key.key if key is None else key, f"{head}.{body}")
        return f"{head}.{body}.{b64(signed)}"

    def genuine(self, **changes: Any) -> str:
        """A token whose only peculiarity is these claims."""
        return self.token(claims=self.claims(**changes))


@cache
def bench(alg: str) -> Bench:
    """One bench an algorithm for the whole run, because an RSA key takes a while."""
    return Bench(alg, KeyRing(alg), KeyRing(alg).signing)
