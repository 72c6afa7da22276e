"""Refresh tokens: rotation, families, and what to do when a used one comes back.

An access token lives for minutes, so the client also holds a refresh token and exchanges it for a new pair.
A copy of a refresh token that never changes is access for as long as it lives, and nobody would notice.
Rotation is the answer (RFC 9700 section 4.14.2):

- Every exchange returns a new refresh token, and the one that was presented is dead.
- The server remembers the *family*: every token that descends from one login.
- When a dead token comes back, two parties hold tokens of one family.
  The server cannot know which of them is the thief, so it ends the family: both must log in again, and only the
  honest user can.

Rules kept here:

- Only hashes are stored; a copy of the store opens no door.
- A token belongs to one user, one client and one scope; scope can be narrowed, never widened (RFC 6749 section 6).
- The family's absolute life is counted from the login, and rotation does not extend it (ASVS v5.0.0-10.4.8).
- A family that is not used for a while is dead as well.
- Exchange is one transaction (WATCH, MULTI, EXEC): of any number of simultaneous uses, one wins.
- Reuse is reported each time, also of a family that has ended already: somebody holds a copy.
- *Grace*: an honest client may send the same token twice, from two tabs, or because an answer was lost.
  For `grace` seconds the immediate parent of the live token is refused without ending the family; nothing older is.
  While that window is open, a thief who comes second is not noticed; that is its price.

What rotation cannot see: a thief who keeps using the newest token while the victim stays away.

Example:
    >>> from labapp.store import open_store
    >>> families = RefreshFamilies(open_store(), life=8 * 3600, idle=3600)
    >>> first = families.begin("alice", client_id="web", scope="accounts", now=0)
    >>> second = families.rotate(first.refresh_token, client_id="web", now=60)
    >>> families.rotate(first.refresh_token, client_id="web", now=120)
    Traceback (most recent call last):
    ...
    labapp.errors.ReplayedRefreshTokenError: this refresh token was exchanged before; its whole family is ended
    >>> families.rotate(second.refresh_token, client_id="web", now=121)
    Traceback (most recent call last):
    ...
    labapp.errors.InvalidGrantError: this login was ended (reuse)
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from labapp.errors import InvalidGrantError, InvalidScopeError, ReplayedRefreshTokenError
from labapp.randomness import new_id, new_secret
from labapp.store import Store, fingerprint
from labapp.tokens.revocation import EndedFamilies

PREFIX = "rt_"
"""Tells people and leak scanners what they are looking at."""

_SHAPE = re.compile(PREFIX + "[A-Za-z0-9_-]{43}", re.ASCII)
_TIDY_UP = 60
"""Seconds that the store keeps a family beyond its life: it only tidies up, and a comparison decides and says why."""


@dataclass(frozen=True)
class Grant:
    """What one exchange gives: a new refresh token, and what an access token may now say.

    Attributes:
        refresh_token: the family's live token from now on; shown once, stored only as a hash.
        family: the family's ID; it names the login, and opens nothing.
        user: whose login it is.
        scope: what the access token may allow, perhaps narrower than the family's.
        auth_time: when the user logged in.
        expires: when the family dies whatever happens.
    """

    refresh_token: str
    family: str
    user: str
    scope: str
    auth_time: float
    expires: float


@dataclass(frozen=True)
class Family:
    """A family as the store has it.

    Attributes:
        id: its name.
        user: whose login it is.
        client_id: the program that holds its tokens.
        scope: what was granted at the login.
        born: when the login happened.
        expires: when it dies whatever happens.
        used: when it was last exchanged.
        live: hash of the one token that is good.
        parent: hash of the token that `live` was exchanged for, or empty.
        rotations: how often it was exchanged.
        ended: why it was ended, or empty while it lives.
    """

    id: str
    user: str
    client_id: str
    scope: str
    born: float
    expires: float
    used: float
    live: str
    parent: str
    rotations: int
    ended: str


class RefreshFamilies:
    """The server's memory of refresh tokens.

    Args:
        store: where families are kept.
        life: absolute life of a family, in seconds.
        idle: how long it may lie unused, in seconds.
        grace: how long the immediate parent may come back without ending the family, in seconds.
        ended: told when a family is ended, so that its access tokens are refused as well.
    """

    def __init__(
        self, store: Store, *, life: int, idle: int, grace: int = 0, ended: EndedFamilies | None = None
    ) -> None:
        self._store = store
        self.life = life
        self.idle = idle
        self.grace = grace
        self._ended = ended

    def begin(
        self, user: str, *, client_id: str, scope: str, now: float, auth_time: float | None = None
    ) -> Grant:
        """Start a family at a login.

        Args:
            user: who logged in.
            client_id: the program that will hold the tokens.
            scope: what was granted.
            now: the time of the login.
            auth_time: when the user proved who they are, if not now.

        Returns:
            The family's first refresh token and what belongs to it.
        """
        keys, token = self._store.keys, PREFIX + new_secret()
        family = (
            f"{self._store.generation()}.{new_id()}"  # a store that forgets can be told by it: StoreMemory
        )
        digest, expires = fingerprint(token), now + self.life
        with self._store.redis.pipeline() as pipe:
            pipe.hset(
                keys.family(family),
                mapping={
                    "user": user,
                    "client_id": client_id,
                    "scope": scope,
                    "born": now if auth_time is None else auth_time,
                    "expires": expires,
                    "used": now,
                    "live": digest,
                    "parent": "",
                    "rotations": 0,
                    "ended": "",
                },
            )
            pipe.expire(keys.family(family), self.life + _TIDY_UP)
            pipe.set(keys.refresh(digest), family, ex=self.life + _TIDY_UP)
            pipe.zremrangebyscore(keys.families_of(user), "-inf", now)  # the index must not grow for ever
            pipe.zadd(keys.families_of(user), {family: expires})
            pipe.expire(keys.families_of(user), self.life)
            pipe.execute()
        return Grant(token, family, user, scope, now if auth_time is None else auth_time, expires)

    def rotate(self, token: object, *, client_id: str, now: float, scope: str | None = None) -> Grant:
        """Exchange a refresh token for the next one of its family.

        Args:
            token: what the client presented.
            client_id: the client that presented it.
            now: the time of the exchange.
            scope: a narrower scope for the access token; None for the family's.

        Returns:
            The next refresh token and what belongs to it.

        Raises:
            ReplayedRefreshTokenError: it was exchanged before; the family is ended by now.
            InvalidScopeError: more was asked for than was granted; nothing has changed.
            InvalidGrantError: it is unknown, expired, ended, in its grace, or another client's.
        """
        digest, family_id = self._find(token)
        successor = PREFIX + new_secret()
        key = self._store.keys.family(family_id)

        def exchange(pipe: Any) -> Grant | InvalidGrantError:
            family = _family(family_id, pipe.hgetall(key))
            refused = self._refusal(family, digest, client_id=client_id, now=now, scope=scope)
            pipe.multi()
            if refused is not None or family is None:
                if family is not None and isinstance(refused, ReplayedRefreshTokenError) and not family.ended:
                    self._end(pipe, family, "reuse", now)
                return refused or _gone()
            remaining = math.ceil(family.expires - now) + _TIDY_UP
            pipe.hset(
                key,
                mapping={
                    "live": fingerprint(successor),
                    "parent": digest,
                    "used": now,
                    "rotations": family.rotations + 1,
                },
            )
            pipe.set(self._store.keys.refresh(fingerprint(successor)), family_id, ex=remaining)
            granted = family.scope if scope is None else " ".join(dict.fromkeys(scope.split()))
            return Grant(successor, family_id, family.user, granted, family.born, family.expires)

        result = self._store.transaction(exchange, key)
        if isinstance(result, InvalidGrantError):
            raise result
        return result

    def _refusal(
        self, family: Family | None, digest: str, *, client_id: str, now: float, scope: str | None
    ) -> InvalidGrantError | None:
        """Say why this exchange is refused, or None when it may go on."""
        if family is None:
            return _gone()
        if family.client_id != client_id:
            return InvalidGrantError("this refresh token was issued to another client", refused="client")
        # A clock that was set back counts as the moment of the last use, or a grace of 0 would be one after all.
        in_grace = digest == family.parent and max(now, family.used) < family.used + self.grace
        if digest != family.live and not in_grace:
            return ReplayedRefreshTokenError(
                "this refresh token was exchanged before; its whole family is ended"
            )
        if family.ended:
            return InvalidGrantError(f"this login was ended ({family.ended})", refused="ended")
        if now >= family.expires:
            return InvalidGrantError("this login has reached its absolute lifetime", refused="absolute")
        if now >= family.used + self.idle:
            return InvalidGrantError("this login was not used for too long", refused="idle")
        if in_grace:
            return InvalidGrantError(
                "this refresh token was exchanged a moment ago; use the answer to that request",
                refused="grace",
            )
        if scope is not None and not set(scope.split()) <= set(family.scope.split()):
            return InvalidScopeError("a refresh can narrow the scope that was granted, not widen it")
        return None

    def end(self, family_id: str, *, reason: str, now: float) -> bool:
        """End a family: its refresh token is dead, and its access tokens are refused where that is checked.

        Returns:
            Was it alive before?
        """
        key = self._store.keys.family(family_id)

        def finish(pipe: Any) -> bool:
            family = _family(family_id, pipe.hgetall(key))
            pipe.multi()
            if family is None or family.ended:
                return False
            self._end(pipe, family, reason, now)
            return self._is_alive(family, now)

        return self._store.transaction(finish, key)

    def end_of(self, user: str, *, reason: str, now: float, keep: str | None = None) -> list[str]:
        """End every family of a user, perhaps but one.

        Those that seem dead of old age are ended too: the clock that says so may run ahead, and be corrected.

        Returns:
            The IDs of those that were alive.
        """
        names = self._store.redis.zrange(self._store.keys.families_of(user), 0, -1)
        doomed = [str(name) for name in names if name != keep]
        return [name for name in doomed if self.end(name, reason=reason, now=now)]

    def of(self, user: str, *, now: float) -> list[Family]:
        """List a user's living families, oldest first."""
        names = self._store.redis.zrangebyscore(self._store.keys.families_of(user), f"({now}", "+inf")
        found = (self.get(str(name)) for name in names)
        return [f for f in found if f is not None and self._is_alive(f, now)]

    def get(self, family_id: str) -> Family | None:
        """Return a family as it stands, or None when it is gone."""
        return _family(family_id, self._store.redis.hgetall(self._store.keys.family(family_id)))

    def find(self, token: object) -> Family | None:
        """Return the family that a refresh token belongs to, whether it is live or used, or None."""
        try:
            _, family_id = self._find(token)
        except InvalidGrantError:
            return None
        return self.get(family_id)

    def _find(self, token: object) -> tuple[str, str]:
        # A fixed shape first: odd text never reaches the store.
        if not isinstance(token, str) or not _SHAPE.fullmatch(token):
            raise InvalidGrantError("this is not a refresh token", refused="shape")
        digest = fingerprint(token)
        family_id = self._store.redis.get(self._store.keys.refresh(digest))
        if family_id is None:
            raise InvalidGrantError("this refresh token is unknown or has expired", refused="unknown")
        return digest, str(family_id)

    def _is_alive(self, family: Family, now: float) -> bool:
        return not family.ended and now < family.expires and now < family.used + self.idle

    def _end(self, pipe: Any, family: Family, reason: str, now: float) -> None:
        pipe.hset(self._store.keys.family(family.id), mapping={"ended": reason})
        pipe.zrem(self._store.keys.families_of(family.user), family.id)
        if self._ended is not None:
            self._ended.mark(pipe, [family.id], now=now)


def _gone() -> InvalidGrantError:
    return InvalidGrantError("this login has expired", refused="unknown")


def _family(family_id: str, stored: dict[Any, Any]) -> Family | None:
    if not stored:
        return None
    return Family(
        id=family_id,
        user=stored["user"],
        client_id=stored["client_id"],
        scope=stored["scope"],
        born=float(stored["born"]),
        expires=float(stored["expires"]),
        used=float(stored["used"]),
        live=stored["live"],
        parent=stored["parent"],
        rotations=int(stored["rotations"]),
        ended=stored["ended"],
    )
