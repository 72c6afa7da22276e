"""Access tokens: what the issuer signs, and what a resource server checks before it believes a word of it.

The shape is the JWT profile for access tokens (RFC 9068):
header `typ: at+jwt`, `alg`, `kid`; claims `iss exp aud sub client_id iat jti`, and where they apply `scope`, `roles`,
`auth_time`, `sid`.
No personal data: whoever holds the token can read it.

Verification, in this order (RFC 9068 section 4, RFC 8725 section 3):

1. the text is one plain token (`labapp.tokens.reading`);
2. `typ` says access token, so that no other kind of token can stand in for one (RFC 8725 section 3.11);
3. the key is ours, found by `kid`; the algorithm is that key's, whatever the header says (sections 3.1, 3.10);
4. PyJWT verifies signature, `iss`, `aud`, `exp`, `nbf`, `iat`, and that no required claim is missing;
5. every claim has the type that it must have: PyJWT takes a time written as text.

Only then is it an `AccessToken`.
Whether it was revoked is another question (`labapp.tokens.revocation`), and whether it allows the action a third.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import jwt

from labapp import clock
from labapp.errors import InvalidTokenError
from labapp.randomness import new_id
from labapp.tokens.keys import KeyRing, KeySet, VerifyingKey
from labapp.tokens.reading import is_name, is_time, read

TYPE = "at+jwt"
REQUIRED = ("iss", "exp", "aud", "sub", "client_id", "iat", "jti")


@dataclass(frozen=True)
class AccessToken:
    """A verified access token.

    Attributes:
        issuer: who vouches for it.
        subject: whom it is about, meaningful together with the issuer only (ASVS v5.0.0-10.3.3).
        client_id: the program it was issued to.
        scope: what it allows.
        roles: what its subject was when it was issued, which may be stale.
        issued_at: `iat`, in seconds.
        expires_at: `exp`, in seconds.
        jti: its own name.
        auth_time: when the subject last logged in, in seconds, if the issuer said so.
        family: the login it descends from (`sid`), if any.
        claims: everything it says.
    """

    issuer: str
    subject: str
    client_id: str
    scope: frozenset[str]
    roles: frozenset[str]
    issued_at: float
    expires_at: float
    jti: str
    auth_time: float | None
    family: str | None
    claims: dict[str, Any]

    @property
    def name(self) -> str:
        """What to call this token where its text must not be written: issuer and `jti`."""
        return f"{self.issuer} {self.jti}"


class AccessTokenIssuer:
    """Signs access tokens.

    Args:
        issuer: the `iss` that verifiers expect, an https URL.
        ring: the keys to sign with.
        life: how long a token is good, in seconds, unless told otherwise.

    Example:
        >>> ring = KeyRing("HS256")
        >>> issuer = AccessTokenIssuer("https://id.harbour.test", ring, life=300)
        >>> text = issuer.issue("alice", client_id="web", audience="bank", scope="accounts", now=1893456000)
        >>> verifier = AccessTokenVerifier("https://id.harbour.test", "bank", ring.published)
        >>> verifier.verify(text, now=1893456000).subject
        'alice'
        >>> verifier.verify(text, now=1893456300)
        Traceback (most recent call last):
        ...
        jwt.exceptions.ExpiredSignatureError: Signature has expired
    """

    def __init__(self, issuer: str, ring: KeyRing, *, life: int) -> None:
        self.issuer = issuer
        self.ring = ring
        self.life = life

    def issue(
        self,
        subject: str,
        *,
        client_id: str,
        audience: str,
        scope: str,
        now: float,
        roles: tuple[str, ...] = (),
        auth_time: float | None = None,
        family: str | None = None,
        life: int | None = None,
    ) -> str:
        """Sign an access token.

        Args:
            subject: the user's or service's stable name.
            client_id: the program that asked for it.
            audience: the one service that it is for.
            scope: what it allows, words separated by spaces.
            now: the time of issue; the token carries whole seconds.
            roles: coarse roles of the subject at this moment.
            auth_time: when the subject last logged in.
            family: the login it descends from, so that ending the login can end the token.
            life: seconds, if not the usual.

        Returns:
            The token in compact serialization.
        """
        issued_at = math.floor(now)
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "sub": subject,
            "aud": audience,
            "client_id": client_id,
            "scope": scope,
            "iat": issued_at,
            "exp": issued_at + (self.life if life is None else life),
            "jti": new_id(),
        }
        if roles:
            claims["roles"] = list(roles)
        if auth_time is not None:
            claims["auth_time"] = math.floor(auth_time)
        if family is not None:
            claims["sid"] = family
        return self.ring.signing.sign(claims, typ=TYPE)


class AccessTokenVerifier:
    """Decides whether a text is an access token for this service.

    Args:
        issuer: the only `iss` that is accepted.
        audience: this service's own name.
        keys: the issuer's keys; or a function that returns them, where they are fetched and cached.
        leeway: clock difference to forgive, in seconds.
    """

    def __init__(self, issuer: str, audience: str, keys: KeySet | Any, *, leeway: int = 0) -> None:
        self.issuer = issuer
        self.audience = audience
        self._keys = keys
        self.leeway = leeway

    def verify(self, compact: object, *, now: float) -> AccessToken:
        """Verify a token's text.

        Args:
            compact: what came after `Bearer`.
            now: the time to judge by.

        Returns:
            What it says, which may now be believed.

        Raises:
            jwt.PyJWTError: PyJWT's reasons: signature, key, algorithm, issuer, audience, time, missing claim.
            InvalidTokenError: another kind of token, an unknown key, or a claim of the wrong type.
        """
        header, claims = read(compact)
        self._check_type(header)
        key = self._find_key(header)
        self._check_claims(claims)
        with clock.at(now):
            claims = jwt.decode(
                str(compact),
                key.key,
                algorithms=[key.alg],
                issuer=self.issuer,
                audience=self.audience,
                leeway=self.leeway,
                options={"require": list(REQUIRED), "enforce_minimum_key_length": True},
            )
        return AccessToken(
            issuer=claims["iss"],
            subject=claims["sub"],
            client_id=claims["client_id"],
            scope=frozenset(claims.get("scope", "").split()),
            roles=frozenset(claims.get("roles", ())),
            issued_at=claims["iat"],
            expires_at=claims["exp"],
            jti=claims["jti"],
            auth_time=claims.get("auth_time"),
            family=claims.get("sid"),
            claims=claims,
        )

    def _check_type(self, header: dict[str, Any]) -> None:
        typ = header.get("typ")
        # RFC 7515 section 4.1.9: `application/` may be left out, and media types are compared without case.
        if not isinstance(typ, str) or typ.lower().removeprefix("application/") != TYPE:
            raise InvalidTokenError(f"this is not an access token: its typ is not {TYPE}", refused="typ")

    def _find_key(self, header: dict[str, Any]) -> VerifyingKey:
        keys: KeySet = self._keys() if callable(self._keys) else self._keys
        key = keys.find(header.get("kid"))
        if key is None:
            raise InvalidTokenError("no key of ours has the name in this token's kid", refused="kid")
        if header.get("alg") != key.alg:
            raise jwt.InvalidAlgorithmError(f"the key {key.kid} is for {key.alg} and nothing else")
        return key

    @staticmethod
    def _check_claims(claims: dict[str, Any]) -> None:
        """Refuse claims of a wrong type; a missing one is left for PyJWT to name."""
        for name, valid in _TYPES.items():
            if name in claims and not valid(claims[name]):
                raise InvalidTokenError(f"the claim {name} is not what it must be", refused=name)


def _is_audience(value: object) -> bool:
    return is_name(value) or (isinstance(value, list) and 0 < len(value) <= 16 and all(map(is_name, value)))


def _are_roles(value: object) -> bool:
    return isinstance(value, list) and len(value) <= 16 and all(is_name(role, 64) for role in value)


_TYPES = {
    "iss": is_name,
    "sub": is_name,
    "aud": _is_audience,
    "client_id": is_name,
    "jti": is_name,
    "sid": is_name,
    "exp": is_time,
    "iat": is_time,
    "nbf": is_time,
    "auth_time": is_time,
    "scope": lambda value: value == "" or is_name(value, 1024),
    "roles": _are_roles,
}
