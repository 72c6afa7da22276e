"""A redis-py client that is counted, can be interrupted, and says so when nobody answers.

The client that the mechanisms use is an ordinary `redis.Redis` (or `fakeredis.FakeRedis`) with three additions:

- every trip to the store is counted, because lesson 13 puts a price on it;
- a hook may run just before a trip, which is how a race is made to happen on purpose (`labapp.store.interleave`);
- a store that does not answer raises `StorageUnavailableError`, so that no caller mistakes an outage for "not found".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import redis
from redis.client import Pipeline
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from labapp import clock
from labapp.errors import StorageUnavailableError

Hook = Callable[[list[str]], None]
"""Called with the names of the commands that are about to be sent together."""


class Observer:
    """What one store's clients report to: the counter and the hook.

    Example:
        >>> observer = Observer(url="fakeredis", clock=clock.LabClock())
        >>> with observer.trip(["GET"]):
        ...     pass
        >>> observer.trips, observer.commands["GET"]
        (1, 1)
    """

    def __init__(self, *, url: str, clock: clock.Clock) -> None:
        self.url = url
        self.clock = clock
        self.trips = 0
        self.commands: Counter[str] = Counter()
        self.before: Hook | None = None

    def reset(self) -> None:
        """Start counting anew."""
        self.trips = 0
        self.commands.clear()

    @contextmanager
    def trip(self, names: list[str]) -> Iterator[None]:
        """Account for one trip to the store.

        Args:
            names: the commands that travel together.

        Raises:
            StorageUnavailableError: nobody answered.
        """
        if self.before is not None:
            self.before(names)
        self.trips += 1
        self.commands.update(names)
        try:
            with clock.keeping(self.clock):  # the store has its own clock, also when the caller's is wrong
                yield
        except (RedisConnectionError, RedisTimeoutError) as error:
            raise StorageUnavailableError(
                f"the store at {self.url} does not answer; nothing that needs it can be decided", url=self.url
            ) from error


class _Observable(Protocol):
    observer: Observer


class ObservedPipeline(Pipeline):
    """A pipeline that reports to the observer: one trip for each immediate command and one for the batch."""

    observer: Observer

    def immediate_execute_command(self: Any, *args: Any, **options: Any) -> Any:
        """Send one command now, as redis-py does between WATCH and MULTI."""
        with self.observer.trip([str(args[0])]):
            return super().immediate_execute_command(*args, **options)  # type: ignore[no-untyped-call]

    def execute(self: Any, raise_on_error: bool = True) -> list[Any]:
        """Send everything queued, as one transaction unless told otherwise."""
        if not self.command_stack:
            return list(super().execute(raise_on_error))
        with self.observer.trip([str(args[0]) for args, _ in self.command_stack]):
            return list(super().execute(raise_on_error))


class ObservedClient(redis.Redis):
    """A redis-py client that reports to the observer."""

    observer: Observer

    def execute_command(self: Any, *args: Any, **options: Any) -> Any:
        """Send one command and wait for its reply."""
        with self.observer.trip([str(args[0])]):
            return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]

    def pipeline(self: Any, transaction: bool = True, shard_hint: Any = None) -> ObservedPipeline:
        """Open a pipeline that reports to the same observer."""
        pipe = ObservedPipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)
        pipe.observer = self.observer
        return pipe
