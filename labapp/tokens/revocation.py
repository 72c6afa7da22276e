"""Ending an access token before its time: strategies that can be exchanged for each other.

A signed token is good until `exp`, and nothing in it changes when somebody logs out.
Whoever wants to end it earlier must look something up at each request, and so brings back the state that the token was
meant to save (OWASP JWT Cheat Sheet; the three ways are those of ASVS v5.0.0-7.4.1).

| strategy | ends | looks up | remembers |
|---|---|---|---|
| `Wait` | nothing; the token dies at `exp` | nothing | nothing |
| `Denylist` | one token, by (`iss`, `jti`) | one key | each revoked token until `exp` plus leeway |
| `EndedFamilies` | every token of one login | one key | each ended login until its last token has expired |
| `CutOff` | every token of one user issued up to a second | one key | one time per user |
| `StoreMemory` | every token of a login that the store has forgotten | one key | one name, for the whole store |

Rules kept here:

- A denylist entry is named by issuer and `jti`, never by the token's text: a text can have a second spelling.
- An entry lives until `exp` *plus leeway*, because that is how long verifiers accept the token.
- When the store does not answer, nobody gets in: `StorageUnavailableError` is not "not revoked".
- However many strategies are combined, one trip to the store answers them all.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from labapp.errors import RevokedTokenError
from labapp.store import Store, fingerprint
from labapp.tokens.access import AccessToken


class Revocation(Protocol):
    """What a resource server asks after it has verified a token."""

    def refuse_if_revoked(self, token: AccessToken, *, now: float) -> None:
        """Raise if the token was ended.

        Raises:
            RevokedTokenError: it was; `refused` names the strategy.
            StorageUnavailableError: nobody could say.
        """


class Wait:
    """Look nothing up: a token is good until it expires, also after logout."""

    def refuse_if_revoked(self, token: AccessToken, *, now: float) -> None:
        """Accept every verified token."""


class Strategy(Protocol):
    """One way to remember what was ended, as `Lookup` combines it with others."""

    name: str

    def key(self, token: AccessToken) -> str:
        """Return the key to look up for this token."""

    def is_revoked(self, token: AccessToken, found: str | None) -> bool:
        """Judge by what stands under that key, or by nothing standing there."""


class Lookup:
    """Ask any number of strategies in one trip to the store.

    Example:
        >>> from labapp.store import open_store
        >>> store = open_store()
        >>> Lookup(store, [Denylist(store, leeway=5), CutOff(store, life=300)]).names
        ['denylist', 'cut-off']
    """

    def __init__(self, store: Store, strategies: Sequence[Strategy]) -> None:
        self._store = store
        self._strategies = list(strategies)

    @property
    def names(self) -> list[str]:
        """The strategies asked, by name."""
        return [strategy.name for strategy in self._strategies]

    def refuse_if_revoked(self, token: AccessToken, *, now: float) -> None:
        """Raise if any strategy remembers the token as ended."""
        found = self._store.redis.mget([strategy.key(token) for strategy in self._strategies])
        for strategy, value in zip(self._strategies, found, strict=True):
            if strategy.is_revoked(token, None if value is None else str(value)):
                raise RevokedTokenError("this token was revoked", refused=strategy.name)


class Denylist:
    """Single tokens that were revoked, by issuer and `jti`.

    Args:
        store: where entries are kept.
        leeway: what verifiers forgive, in seconds; an entry must outlive that.
    """

    name = "denylist"

    def __init__(self, store: Store, *, leeway: int) -> None:
        self._store = store
        self.leeway = leeway

    def key(self, token: AccessToken) -> str:
        """Return the entry's name."""
        return self._store.keys.denied(fingerprint(token.issuer, token.jti))

    def is_revoked(self, token: AccessToken, found: str | None) -> bool:
        """Any entry means revoked."""
        return found is not None

    def revoke(self, token: AccessToken, *, now: float) -> None:
        """Refuse this token from now on, for as long as any verifier would accept it."""
        remaining = math.ceil(token.expires_at + self.leeway - now) + 1
        if remaining > 0:
            self._store.redis.set(self.key(token), "1", ex=remaining)


class EndedFamilies:
    """Logins that were ended, so that the access tokens that descend from them are refused.

    Args:
        store: where marks are kept.
        life: how long an access token lives, in seconds.
        leeway: what verifiers forgive, in seconds.
    """

    name = "ended-family"

    def __init__(self, store: Store, *, life: int, leeway: int = 0) -> None:
        self._store = store
        self.life = life
        self.leeway = leeway

    def key(self, token: AccessToken) -> str:
        """Return the mark's name; a token without a family has one that is never set."""
        return self._store.keys.ended(token.family or "-")

    def is_revoked(self, token: AccessToken, found: str | None) -> bool:
        """Any mark means ended."""
        return found is not None and token.family is not None

    def mark(self, pipe: Any, families: Iterable[str], *, now: float) -> None:
        """Queue the marks on a pipeline, so that they are set together with what ends the family."""
        for family in families:
            pipe.set(self._store.keys.ended(family), str(now), ex=self.life + self.leeway + 1)


class StoreMemory:
    """Whether the store still remembers: a Redis that restarted empty has forgotten what was revoked.

    Without this, losing the store would bring every revoked token back to life.
    A family's ID begins with the name of the memory it was kept in; when that memory is gone, so is the login.
    A token without a family is not judged.

    Args:
        store: whose memory it is.
    """

    name = "forgotten"

    def __init__(self, store: Store) -> None:
        self._store = store

    def key(self, token: AccessToken) -> str:
        """Return where the present memory has its name."""
        return self._store.keys.generation

    def is_revoked(self, token: AccessToken, found: str | None) -> bool:
        """Was its login kept in another memory than the present one?"""
        return token.family is not None and token.family.partition(".")[0] != found


class CutOff:
    """A time per user: whatever was issued up to that second is refused.

    `iat` counts whole seconds, so a token of the very second of the cut-off cannot be told from one issued just before.
    It is refused as well: losing an honest token for a second beats serving a stolen one until it expires.

    Args:
        store: where the times are kept.
        life: how long an access token lives, in seconds.
        leeway: what verifiers forgive, in seconds.
    """

    name = "cut-off"

    def __init__(self, store: Store, *, life: int, leeway: int = 0) -> None:
        self._store = store
        self.life = life
        self.leeway = leeway

    def key(self, token: AccessToken) -> str:
        """Return the name of the user's cut-off."""
        return self._store.keys.cut_off(fingerprint(token.issuer, token.subject))

    def is_revoked(self, token: AccessToken, found: str | None) -> bool:
        """Was it issued at or before the cut-off?"""
        # An `iat` may have a fraction (RFC 7519 section 2), and must not slip under the cut-off's second with it.
        return found is not None and math.floor(token.issued_at) <= int(found)

    def set(self, issuer: str, user: str, *, now: float) -> None:
        """Refuse every token that this issuer has issued to this user up to now.

        A cut-off never moves back: a second administrator with a slow clock must not revive what the first one ended.
        """
        key = self._store.keys.cut_off(fingerprint(issuer, user))

        def move_on(pipe: Any) -> None:
            before = pipe.get(key)
            pipe.multi()
            second = max(math.floor(now), int(before or 0))
            pipe.set(key, str(second), ex=self.life + self.leeway + 1)

        self._store.transaction(move_on, key)
