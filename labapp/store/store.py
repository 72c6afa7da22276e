"""One lab's store: its client, its keys, its counter, its clock, and what can be done to it as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from typing import Any, TypeVar

import redis
from redis.exceptions import WatchError

from labapp.clock import Clock
from labapp.errors import SetupError, StorageUnavailableError
from labapp.randomness import new_id
from labapp.store.client import ObservedClient, ObservedPipeline, Observer
from labapp.store.keys import Keys

T = TypeVar("T")
TRIES = 100
"""How often a transaction is tried again when somebody else changed what it watches."""


@dataclass(frozen=True)
class Entry:
    """One key as it stands in the store.

    Attributes:
        key: the name, prefix included.
        type: Redis' word for its type: string, hash, set, zset, list, stream.
        ttl: seconds until it goes, or None for ever.
        value: what it holds, as text or plain containers.
    """

    key: str
    type: str
    ttl: float | None
    value: Any


class Store:
    """What mechanisms are given instead of a bare Redis.

    Attributes:
        redis: a redis-py client (`decode_responses=True`) whose trips are counted.
        keys: the key names under this lab's prefix.
        observer: the counter, and the hook before each trip.
        clock: what the store goes by when it lets keys expire.
        url: where it is, without a password; `"fakeredis"` for the built-in one.
    """

    def __init__(
        self, client: ObservedClient, plain: redis.Redis, *, keys: Keys, clock: Clock, server: Any = None
    ) -> None:
        self.redis = client
        self._plain = plain
        self._server = server
        self.keys = keys
        self.clock = clock
        self.observer: Observer = client.observer
        self.url = self.observer.url

    @property
    def is_real(self) -> bool:
        """Is this a Redis server, rather than fakeredis in this process?"""
        return self._server is None

    def transaction(self, work: Callable[[ObservedPipeline], T], *watched: str) -> T:
        """Read under WATCH, queue writes, and have them happen all together or not at all.

        `work` is given a pipeline on which reads are immediate; it calls `multi()`, queues its writes, and returns.
        When a watched key was changed meanwhile, everything is done again from the start.

        Args:
            work: reads, decides, queues; it may run more than once.
            watched: the keys on which the decision rests.

        Returns:
            What `work` returned in the round that went through.

        Raises:
            StorageUnavailableError: the keys never stood still.
        """
        pipe: Any = self.redis.pipeline()
        with pipe:
            for _ in range(TRIES):
                try:
                    pipe.watch(*watched)
                    result = work(pipe)
                    pipe.execute()
                    return result
                except WatchError:
                    continue
                finally:
                    pipe.reset()
        raise StorageUnavailableError(f"{TRIES} transactions in a row were overtaken", url=self.url)

    def apart(self) -> Store:
        """Return the same store with a counter of its own, for data that no lesson puts a price on."""
        client = copy(self.redis)
        client.auto_close_connection_pool = False  # the connections stay the first one's
        client.observer = Observer(url=self.url, clock=self.clock)
        return Store(client, self._plain, keys=self.keys, clock=self.clock, server=self._server)

    def own_keys(self) -> Iterator[str]:
        """Name every key of this lab, and of no other on the same server."""
        with self._unobserved():
            yield from self._plain.scan_iter(match=self.keys.pattern, count=1000)

    def entries(self) -> list[Entry]:
        """Show every key with its type, remaining life and value, for the store explorer; nothing is counted."""
        found = []
        for key in sorted(self.own_keys()):
            with self._unobserved():
                kind = str(self._plain.type(key))
                ttl = self._plain.pttl(key)
                if kind != "none":
                    value = _READERS[kind](self._plain, key)
                    found.append(Entry(key, kind, ttl / 1000 if ttl >= 0 else None, value))
        return found

    def generation(self) -> str:
        """Return the name of this store's memory, and give it one if it has none.

        A Redis without a disk forgets everything when it restarts, also what was revoked.
        It then gets another name, so whoever remembers the old one can tell.
        """
        name = self.redis.get(self.keys.generation)
        if name is None:
            self.redis.set(self.keys.generation, new_id(6), nx=True)
            name = self.redis.get(self.keys.generation)
        return str(name)

    def clear(self) -> None:
        """Delete this lab's own keys; lab time stays as it is."""
        for key in list(self.own_keys()):
            if key != self.keys.clock_offset:
                with self._unobserved():
                    self._plain.delete(key)

    def leave(self) -> None:
        """Delete this lab's own keys, lab time included: on a shared server nothing is left behind."""
        self.clear()
        with self._unobserved():
            self._plain.delete(self.keys.clock_offset)

    def stop(self) -> None:
        """Take the built-in store down: every call fails until `start`.

        Raises:
            SetupError: this is a real server, which other people may be using.
        """
        self._fake().connected = False

    def start(self) -> None:
        """Bring the built-in store back, with everything it held."""
        self._fake().connected = True

    @contextmanager
    def outage(self) -> Iterator[None]:
        """Have the store down inside the `with` block."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def _fake(self) -> Any:
        if self._server is None:
            raise SetupError(
                "only the built-in store can be stopped from here; stop a real Redis by its own process"
            )
        return self._server

    @contextmanager
    def _unobserved(self) -> Iterator[None]:
        """Let the lab itself look into the store without that being counted."""
        trips, commands, before = self.observer.trips, self.observer.commands.copy(), self.observer.before
        self.observer.before = None
        try:
            with self.observer.trip([]):
                yield
        finally:
            self.observer.trips, self.observer.commands, self.observer.before = trips, commands, before

    def __repr__(self) -> str:
        return f"<Store {self.url} prefix={self.keys.prefix!r}>"


_READERS: dict[str, Callable[[Any, str], Any]] = {
    "string": lambda r, k: r.get(k),
    "hash": lambda r, k: r.hgetall(k),
    "set": lambda r, k: sorted(r.smembers(k)),
    "zset": lambda r, k: r.zrange(k, 0, -1, withscores=True),
    "list": lambda r, k: r.lrange(k, 0, -1),
    "stream": lambda r, k: r.xrange(k),
}
