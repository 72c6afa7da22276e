"""Sessions on the server: an opaque ID, a record in the store, two timeouts, and an end that is really the end.

Rules kept here:

- The ID is 256 random bits from the operating system and means nothing (ASVS v5.0.0-7.2.3).
- Only its hash is stored; a copy of the store opens no door.
- An ID that the server did not issue is never adopted (OWASP Session Management Cheat Sheet, strict IDs).
- A new ID at login and whenever the user proves again who they are; the old one is dead (ASVS v5.0.0-7.2.4).
- Two timeouts (ASVS v5.0.0-7.3.1, 7.3.2), each kept by the server, as two keys:
  the *record* lives until the absolute timeout and its life is never extended;
  the *last use* lives until the idle timeout and is written anew at each request.
  A busy thief outlives the first, and not the second.
- A write at a request never brings back a session that was ended meanwhile (`SET … XX`).
- Every user has an index of their sessions, so that all can be listed and ended; it does not grow for ever.
- At most `cap` sessions per user; the oldest goes, also when many logins arrive at once.

Example:
    >>> from labapp.store import open_store
    >>> sessions = Sessions(open_store(), idle=900, absolute=28800, cap=5)
    >>> sid = sessions.start("alice", now=0).sid
    >>> sessions.resolve(sid, now=899).user
    'alice'
    >>> sessions.resolve(sid, now=899 + 900)
    Traceback (most recent call last):
    ...
    labapp.errors.ExpiredSessionError: this session was not used for 900 s
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict, dataclass, replace
from typing import Any

from labapp.errors import ExpiredSessionError, UnknownSessionError
from labapp.randomness import new_secret
from labapp.store import Store, fingerprint

_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


@dataclass(frozen=True)
class Session:
    """A session as the server knows it.

    Attributes:
        user: whose it is.
        created: when the user logged in; the absolute timeout counts from here.
        auth_time: when the user last proved who they are.
        device: what the login said of the device, for the user's own list.
        seen: when it was last used before this request.
        handle: a public name for it, for listing and ending; it opens nothing.
    """

    user: str
    created: float
    auth_time: float
    device: str
    seen: float
    handle: str


@dataclass(frozen=True)
class Started:
    """What starting or renewing gives: the new ID, shown once, and what was ended to make room.

    Attributes:
        sid: the session ID, for the cookie; the server keeps only its hash.
        session: the session behind it.
        evicted: handles of sessions that the cap ended.
    """

    sid: str
    session: Session
    evicted: tuple[str, ...] = ()


class Sessions:
    """All sessions of the bank.

    Args:
        store: where they are kept.
        idle: seconds without a request after which a session is dead.
        absolute: seconds after login after which it is dead, however busy.
        cap: how many sessions a user may have.
    """

    def __init__(self, store: Store, *, idle: int, absolute: int, cap: int) -> None:
        self._store = store
        self.idle = idle
        self.absolute = absolute
        self.cap = cap

    def start(self, user: str, *, now: float, device: str = "") -> Started:
        """Open a session for somebody who has just logged in.

        Args:
            user: who logged in.
            now: the time of the login.
            device: a short description for the user's own list.

        Returns:
            The new ID and the session; sessions over the cap are ended by then.
        """
        sid = new_secret()
        session = Session(user, now, now, device[:100], now, _handle(sid))
        keys, digest = self._store.keys, fingerprint(sid)
        index = keys.sessions_of(user)
        with self._store.redis.pipeline() as pipe:
            self._write(pipe, digest, session, now)
            pipe.zremrangebyscore(index, "-inf", now)  # forget those that have reached their absolute timeout
            pipe.zadd(index, {digest: now + self.absolute})
            pipe.expire(index, self.absolute)
            # Add first, then cut: whichever of several logins comes last sees all of them.
            pipe.zrange(index, 0, -(self.cap + 1))
            pipe.zremrangebyrank(index, 0, -(self.cap + 1))
            results = pipe.execute()
        over = [str(digest) for digest in results[-2]]
        self._delete(over)
        return Started(sid, session, tuple(digest[:16] for digest in over))

    def resolve(self, sid: object, *, now: float) -> Session:
        """Return the session behind an ID, and note that it was used.

        Args:
            sid: what the cookie brought.
            now: the time of the request.

        Raises:
            UnknownSessionError: there is none, or it was ended.
            ExpiredSessionError: it has reached a timeout; it is deleted by then.
        """
        digest = _digest(sid)
        try:
            session = self._load(digest, now)
        except ExpiredSessionError:
            self.end(sid)
            raise
        if now > session.seen:
            # XX: only if it is still there. A logout that came in between must win.
            kept = self._store.redis.set(
                self._store.keys.session_seen(digest), repr(now), xx=True, ex=self._idle_ttl
            )
            if not kept:
                raise UnknownSessionError("this session was ended")
        return session

    def peek(self, sid: object, *, now: float) -> Session:
        """Return the session behind an ID without using it: looking does not keep it alive.

        Raises:
            UnknownSessionError: there is none, or it was ended.
            ExpiredSessionError: it has reached a timeout.
        """
        return self._load(_digest(sid), now)

    def renew(self, sid: object, *, now: float, auth_time: float | None = None) -> Started:
        """Give a session a new ID; the old one is dead, and everything else stays.

        Args:
            sid: the present ID.
            now: the time.
            auth_time: when the user has just proved again who they are, if that is why.

        Raises:
            UnknownSessionError: there is no such session any more.
            ExpiredSessionError: it has reached a timeout.
        """
        old = _digest(sid)
        session = self._load(old, now)
        new_sid = new_secret()
        new = fingerprint(new_sid)
        renewed = replace(
            session,
            seen=now,
            auth_time=session.auth_time if auth_time is None else auth_time,
            handle=_handle(new_sid),
        )
        keys, index = self._store.keys, self._store.keys.sessions_of(session.user)

        def swap(pipe: Any) -> bool:
            alive = pipe.exists(keys.session(old))
            pipe.multi()
            if not alive:
                return False
            self._write(pipe, new, renewed, now)
            pipe.zadd(index, {new: session.created + self.absolute})
            pipe.zrem(index, old)
            pipe.delete(keys.session(old), keys.session_seen(old))
            return True

        if not self._store.transaction(swap, keys.session(old)):
            raise UnknownSessionError("this session was ended")
        return Started(new_sid, renewed)

    def end(self, sid: object) -> Session | None:
        """End the session behind an ID.

        Returns:
            The session that was ended, or None when there was none.
        """
        try:
            digest = _digest(sid)
        except UnknownSessionError:
            return None
        record = self._store.redis.get(self._store.keys.session(digest))
        if record is None:
            return None
        session = _session(str(record), seen=0.0)
        self._store.redis.zrem(self._store.keys.sessions_of(session.user), digest)
        self._delete([digest])
        return session

    def of(self, user: str, *, now: float) -> list[Session]:
        """List a user's living sessions, oldest login first."""
        found = []
        for digest in self._index(user):
            try:
                found.append(self._load(digest, now))
            except (UnknownSessionError, ExpiredSessionError):
                continue
        return found

    def end_one(self, user: str, handle: str) -> bool:
        """End one of a user's sessions by its public handle; another user's handle does nothing.

        Returns:
            Was there one?
        """
        for digest in self._index(user):
            if digest[:16] == handle:
                self._store.redis.zrem(self._store.keys.sessions_of(user), digest)
                self._delete([digest])
                return True
        return False

    def end_of(self, user: str, *, keep: object = None) -> list[str]:
        """End every session of a user, perhaps but the one behind an ID.

        Returns:
            The handles of those that were ended.
        """
        kept = fingerprint(keep) if isinstance(keep, str) else None
        index = self._store.keys.sessions_of(user)

        def finish(pipe: Any) -> list[str]:
            doomed = [str(digest) for digest in pipe.zrange(index, 0, -1) if digest != kept]
            pipe.multi()
            if doomed:
                pipe.zrem(index, *doomed)
                pipe.delete(*self._names(doomed))
            return doomed

        return [digest[:16] for digest in self._store.transaction(finish, index)]

    @property
    def _idle_ttl(self) -> int:
        # One second more than the timeout: the store only tidies up, the comparison in `_load` decides.
        return self.idle + 1

    def _load(self, digest: str, now: float) -> Session:
        keys = self._store.keys
        record, seen = self._store.redis.mget(keys.session(digest), keys.session_seen(digest))
        if record is None:
            raise UnknownSessionError("there is no such session")
        session = _session(str(record), seen=float(seen or 0))
        if now >= session.created + self.absolute:
            raise ExpiredSessionError(f"this session is older than {self.absolute} s", timeout="absolute")
        if seen is None or now >= session.seen + self.idle:
            raise ExpiredSessionError(f"this session was not used for {self.idle} s", timeout="idle")
        return session

    def _write(self, pipe: Any, digest: str, session: Session, now: float) -> None:
        keys = self._store.keys
        record = {name: value for name, value in asdict(session).items() if name != "seen"}
        left = max(1, math.ceil(session.created + self.absolute - now))
        pipe.set(keys.session(digest), json.dumps(record, separators=(",", ":")), ex=left)
        pipe.set(keys.session_seen(digest), repr(now), ex=self._idle_ttl)

    def _index(self, user: str) -> list[str]:
        return [str(digest) for digest in self._store.redis.zrange(self._store.keys.sessions_of(user), 0, -1)]

    def _delete(self, digests: list[str]) -> None:
        if digests:
            self._store.redis.delete(*self._names(digests))

    def _names(self, digests: list[str]) -> list[str]:
        keys = self._store.keys
        return [name for digest in digests for name in (keys.session(digest), keys.session_seen(digest))]


def _digest(sid: object) -> str:
    # A fixed shape first: odd text never reaches the store.
    if not isinstance(sid, str) or not _SHAPE.fullmatch(sid):
        raise UnknownSessionError("this is not a session ID of ours")
    return fingerprint(sid)


def _handle(sid: str) -> str:
    return fingerprint(sid)[:16]


def _session(record: str, *, seen: float) -> Session:
    return Session(**json.loads(record), seen=seen)
