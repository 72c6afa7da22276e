"""Where random values come from: the operating system for secrets, a seed for stories.

Two sources that must never be mixed up:

- `Csprng` draws from the operating system.
  Everything that protects somebody (session IDs, refresh tokens, `jti`, salts, keys) comes from it.
- `seeded(seed, purpose)` gives a repeatable stream for people, traffic and incidents, so that a lesson shows the same
  story twice.
  A seeded value must never leave the process as a credential.

Sources: OWASP ASVS v5.0.0-11.5.1 and v5.0.0-7.2.3 (session IDs: 128 bits or more from a CSPRNG).
"""

from __future__ import annotations

import random
import secrets

ID_BYTES = 32
"""Bytes of randomness in a session ID or refresh token: 256 bits, twice what ASVS v5.0.0-7.2.3 asks for."""


def new_secret(size: int = ID_BYTES) -> str:
    """Draw an unguessable text from the operating system.

    Args:
        size: bytes of randomness; the text is about a third longer.

    Returns:
        URL-safe base64 without padding.

    Example:
        >>> len(new_secret()), new_secret() == new_secret()
        (43, False)
    """
    return secrets.token_urlsafe(size)


def new_id(size: int = 16) -> str:
    """Draw an identifier that must not collide but protects nothing by itself, such as a `jti`.

    Example:
        >>> len(new_id())
        22
    """
    return secrets.token_urlsafe(size)


def seeded(seed: int, purpose: str) -> random.Random:
    """Return a repeatable stream of numbers for one purpose.

    Two purposes under one seed are independent, so a new drill does not change the people.

    Args:
        seed: the lab's seed.
        purpose: a word that names the stream, for example `"people"`.

    Example:
        >>> seeded(7, "people").random() == seeded(7, "people").random()
        True
        >>> seeded(7, "people").random() == seeded(7, "traffic").random()
        False
    """
    return random.Random(f"{seed}:{purpose}")  # noqa: S311 - stories, never secrets
