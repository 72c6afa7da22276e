"""Signing keys, key sets, and the ring of keys that an issuer signs with.

A verifier must know beforehand which keys it trusts and what each of them is for.
So a key here is never a bare value: it has a name (`kid`) and exactly one algorithm, and both are used at
verification (RFC 8725 section 3.1).
The token's header is only a hint for finding the key; it cannot bring one along (`jwk`, `jku`, `x5c` are not read).

- With an asymmetric algorithm (RS256, ES256, EdDSA) the issuer alone can sign, and everybody may have the public half.
- With a symmetric one (HS256) whoever can verify can also sign: give that secret to one service only.

A ring is kept from the oldest key to the newest:
a new key is published before it signs, and an old one stays published until the last token it signed has expired.

Where `cryptography` is not installed, as in a browser, only HS256 and its siblings work.
"""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

import jwt
from jwt.algorithms import get_default_algorithms

from labapp.errors import SetupError
from labapp.randomness import new_id
from labapp.tokens.anatomy import encode

SYMMETRIC = {"HS256": 32, "HS384": 48, "HS512": 64}
"""Algorithm → bytes of secret, as many as the hash gives (RFC 7518 section 3.2)."""

ASYMMETRIC = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
RSA_BITS = 2048
"""RFC 7518 section 3.3: 2048 bits or more."""

_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
"""Members of a JWK that only its owner may know (RFC 7518 section 6)."""

_CURVES = {"ES256": "SECP256R1", "ES384": "SECP384R1", "ES512": "SECP521R1"}


def default_algorithm() -> str:
    """Return RS256, or HS256 where `cryptography` is not installed."""
    return "RS256" if find_spec("cryptography") else "HS256"


@dataclass(frozen=True)
class VerifyingKey:
    """What a verifier needs: the key, its name, and the one algorithm it is for."""

    kid: str
    alg: str
    key: Any = field(repr=False)

    @property
    def is_secret(self) -> bool:
        """Could whoever holds this key also sign with it?"""
        return self.alg in SYMMETRIC

    def to_jwk(self) -> dict[str, Any]:
        """Return the key as a JSON Web Key (RFC 7517); of a symmetric one this is the secret itself."""
        jwk = dict(_algorithm(self.alg).to_jwk(self.key, as_dict=True))
        jwk.pop("key_ops", None)
        return {**jwk, "kid": self.kid, "alg": self.alg, "use": "sig"}

    def to_pem(self) -> str:
        """Return a public key as PEM text.

        Raises:
            SetupError: a symmetric secret has no public form.
        """
        if self.is_secret:
            raise SetupError(f"{self.alg} has one shared secret and no public key to publish")
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        return str(self.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii"))


@dataclass(frozen=True)
class SigningKey:
    """A key that can sign; it never leaves the issuer."""

    kid: str
    alg: str
    key: Any = field(repr=False)

    def sign(self, claims: dict[str, Any], *, typ: str) -> str:
        """Sign claims into a token in compact serialization, with `kid`, `alg` and `typ` in its header."""
        return jwt.encode(claims, self.key, algorithm=self.alg, headers={"kid": self.kid, "typ": typ})

    def sign_text(self, header: dict[str, Any], payload: bytes) -> str:
        """Sign any payload under any header: the signature is genuine, and whether the rest makes sense is not asked.

        For testing verifiers: a refusal must not come from the signature.
        """
        signing_input = f"{encode(json.dumps(header).encode())}.{encode(payload)}"
        signer = _algorithm(self.alg)
        signature = signer.sign(signing_input.encode("ascii"), signer.prepare_key(self.key))
        return f"{signing_input}.{encode(signature)}"

    def verifying(self) -> VerifyingKey:
        """Return the half that verifiers are given."""
        public = self.key if self.alg in SYMMETRIC else self.key.public_key()
        return VerifyingKey(self.kid, self.alg, public)

    def to_private_jwk(self) -> str:
        """Return the whole key as JSON text, to hand to the workers of one issuer; it is a secret."""
        jwk = _algorithm(self.alg).to_jwk(self.key, as_dict=True)
        return json.dumps({**jwk, "kid": self.kid, "alg": self.alg})

    @classmethod
    def from_private_jwk(cls, text: str) -> SigningKey:
        """Read what `to_private_jwk` wrote."""
        jwk = json.loads(text)
        return cls(jwk["kid"], jwk["alg"], _algorithm(jwk["alg"]).from_jwk(jwk))


def new_key(alg: str | None = None, *, kid: str | None = None) -> SigningKey:
    """Make a signing key from the operating system's randomness.

    Args:
        alg: one of `SYMMETRIC` or `ASYMMETRIC`; None for the default.
        kid: its name; a random one unless given, because a name must never be used twice.

    Raises:
        SetupError: the algorithm is unknown, or needs `cryptography`, which is not installed.

    Example:
        >>> key = new_key("HS256")
        >>> key.sign({"sub": "alice"}, typ="JWT").count(".")
        2
    """
    alg = alg or default_algorithm()
    kid = kid or new_id(9)
    if alg in SYMMETRIC:
        return SigningKey(kid, alg, secrets.token_bytes(SYMMETRIC[alg]))
    if alg not in ASYMMETRIC:
        raise SetupError(f"no algorithm {alg!r}; there are {', '.join((*SYMMETRIC, *ASYMMETRIC))}")
    if not find_spec("cryptography"):
        raise SetupError(
            f"{alg} needs the package `cryptography`, which is not installed; HS256 works without"
        )
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if alg == "EdDSA":
        return SigningKey(kid, alg, ed25519.Ed25519PrivateKey.generate())
    if alg in _CURVES:
        return SigningKey(kid, alg, ec.generate_private_key(getattr(ec, _CURVES[alg])()))
    return SigningKey(kid, alg, rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS))


class KeySet:
    """The keys that a verifier trusts, by name.

    Example:
        >>> key = new_key("HS256", kid="k1")
        >>> keys = KeySet([key.verifying()])
        >>> keys.find("k1").alg, keys.find("k2") is None
        ('HS256', True)
    """

    def __init__(self, keys: Iterable[VerifyingKey] = ()) -> None:
        self._keys: dict[str, VerifyingKey] = {}
        for key in keys:
            if key.kid in self._keys:
                raise SetupError(f"two keys are called {key.kid!r}; a name must mean one key")
            self._keys[key.kid] = key

    def find(self, kid: object) -> VerifyingKey | None:
        """Return the key of that name, or None."""
        return self._keys.get(kid) if isinstance(kid, str) else None

    def __iter__(self) -> Iterator[VerifyingKey]:
        return iter(self._keys.values())

    def __len__(self) -> int:
        return len(self._keys)

    def to_jwks(self) -> dict[str, Any]:
        """Return the public keys as a JWK Set (RFC 7517 section 5); symmetric secrets are left out."""
        return {"keys": [key.to_jwk() for key in self if not key.is_secret]}

    @classmethod
    def from_jwks(cls, jwks: object, algorithms: Iterable[str]) -> KeySet:
        """Read a JWK Set and keep the keys that have a name, are for signing, and whose algorithm is on the list.

        A member that cannot be used is passed over (RFC 7517 section 5): one odd key must not shut everybody out.
        So is a key that was published with its private half, and every key of a name that means more than one.

        Args:
            jwks: as fetched from the issuer.
            algorithms: what we accept from this issuer; a key without `alg` is not guessed at.

        Raises:
            jwt.PyJWKSetError: it is no JWK Set at all; whoever fetched it keeps the keys that they had.
        """
        members = jwks.get("keys") if isinstance(jwks, dict) else None
        if not isinstance(members, list):
            raise jwt.PyJWKSetError("this is not a JWK Set: there is no list of keys in it")
        wanted = set(algorithms) - set(SYMMETRIC)
        usable = [key for member in members if (key := _usable(member, wanted)) is not None]
        meanings = Counter(key.kid for key in usable)
        return cls(key for key in usable if meanings[key.kid] == 1)


class KeyRing:
    """An issuer's signing keys, oldest first; the one that signs need not be the newest.

    The first key is made when it is first needed, because an RSA key takes tens of milliseconds.

    Example:
        >>> ring = KeyRing("HS256")
        >>> old = ring.signing.kid
        >>> new = ring.publish()
        >>> ring.signing.kid == old, len(ring.published)
        (True, 2)
        >>> ring.activate(new.kid)
        >>> ring.retire(old)
        >>> ring.signing.kid == new.kid, len(ring.published)
        (True, 1)
    """

    def __init__(self, alg: str | None = None, keys: Iterable[SigningKey] = ()) -> None:
        self._keys = list(keys)
        self.alg = alg or (self._keys[0].alg if self._keys else default_algorithm())
        self._active: str | None = self._keys[-1].kid if self._keys else None
        self._published: KeySet | None = None

    @property
    def signing(self) -> SigningKey:
        """The key that signs now."""
        if self._active is None:
            self.activate(self.publish().kid)
        return next(key for key in self._keys if key.kid == self._active)

    @property
    def published(self) -> KeySet:
        """The keys that verifiers may know: those that sign, will sign, or have signed tokens still alive."""
        if self._published is None:
            if not self._keys:
                self.signing  # noqa: B018 - makes the first key
            self._published = KeySet(key.verifying() for key in self._keys)
        return self._published

    def publish(self, alg: str | None = None) -> SigningKey:
        """Add a new key that verifiers learn about before it signs anything."""
        key = new_key(alg or self.alg)
        self._keys.append(key)
        self._published = None
        return key

    def activate(self, kid: str) -> None:
        """Sign with this key from now on."""
        if not any(key.kid == kid for key in self._keys):
            raise SetupError(f"no key {kid!r} in the ring")
        self._active = kid

    def retire(self, kid: str) -> None:
        """Stop publishing a key: whatever it signed is refused from now on.

        Raises:
            SetupError: it is the one that signs; activate another first.
        """
        if kid == self._active:
            raise SetupError("this key still signs; activate another one first")
        self._keys = [key for key in self._keys if key.kid != kid]
        self._published = None


def _usable(jwk: Any, wanted: set[str]) -> VerifyingKey | None:
    """Return the public key that a member of a JWK Set describes, or None when it is none for us."""
    if not isinstance(jwk, dict) or _PRIVATE & jwk.keys():
        return None
    kid, alg, operations = jwk.get("kid"), jwk.get("alg"), jwk.get("key_ops", ["verify"])
    if not (isinstance(kid, str) and kid and isinstance(alg, str) and alg in wanted):
        return None
    if jwk.get("use", "sig") != "sig" or not isinstance(operations, list) or "verify" not in operations:
        return None
    algorithm = _algorithm(alg)
    try:
        # `prepare_key` refuses a curve that the algorithm is not for; `from_jwk` does not look.
        return VerifyingKey(kid, alg, algorithm.prepare_key(algorithm.from_jwk(jwk)))
    except (jwt.PyJWTError, ValueError, TypeError):
        return None


def _algorithm(alg: str) -> Any:
    algorithms = get_default_algorithms()
    if alg not in algorithms:
        raise SetupError(f"{alg!r} is not available here")
    return algorithms[alg]
