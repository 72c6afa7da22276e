"""Why a token was refused, in one word each; PyJWT's errors and the lab's in one table.

Catch `REFUSALS`, not `jwt.InvalidTokenError`: PyJWT raises `InvalidKeyError` and others that are not below it.

Example:
    >>> import jwt
    >>> reason(jwt.ExpiredSignatureError("Signature has expired"))
    'exp'
"""

from __future__ import annotations

import jwt

from labapp.errors import CredentialError

REFUSALS = (jwt.PyJWTError, CredentialError)
"""Whatever verifying a token may raise to say no."""

_WORDS: dict[type[Exception], str] = {
    jwt.ExpiredSignatureError: "exp",
    jwt.ImmatureSignatureError: "not-yet",
    jwt.InvalidSignatureError: "signature",
    jwt.InvalidAudienceError: "aud",
    jwt.InvalidIssuerError: "iss",
    jwt.InvalidAlgorithmError: "alg",
    jwt.MissingRequiredClaimError: "missing",
    jwt.DecodeError: "malformed",
}


def reason(refusal: Exception) -> str:
    """Name the rule that refused, in one word, for the trail."""
    if isinstance(refusal, CredentialError):
        return refusal.refused
    return _WORDS.get(type(refusal)) or type(refusal).__name__.removesuffix("Error").lower()
