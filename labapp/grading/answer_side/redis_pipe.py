"""An ordinary redis-py client whose connection is the pipe to the trusted side.

redis-py writes commands to a socket and then reads the replies.
Here the socket keeps what is written, and the first read sends all of it in one frame and waits for the replies.
So WATCH, MULTI and EXEC keep their meaning: each connection has a number, and the other side keeps one for each.
"""

from __future__ import annotations

import itertools
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.connection import ConnectionPool, UnixDomainSocketConnection
from redis.retry import Retry

from labapp.grading.answer_side import Ask

MOST_BYTES = 1_000_000


class PipeSocket:
    """What redis-py takes for a connected socket."""

    def __init__(self, ask: Ask, number: int) -> None:
        self._ask = ask
        self._number = number
        self._written = bytearray()
        self._replies = b""

    def sendall(self, data: Any) -> None:
        """Keep what is to be sent."""
        if len(self._written) + len(data) > MOST_BYTES:
            self._written.clear()
            raise OSError(f"more than {MOST_BYTES:,} bytes were sent to the store at once")
        self._written += data

    def recv(self, size: int) -> bytes:
        """Give replies, after sending what is kept.

        Raises:
            TimeoutError: nothing was asked, so nothing will come.
        """
        if not self._replies and self._written:
            asked, self._written = bytes(self._written), bytearray()
            self._replies = self._ask([self._number, asked])
        if not self._replies:
            raise TimeoutError("nothing was asked")
        given, self._replies = self._replies[:size], self._replies[size:]
        return given

    def recv_into(self, buffer: Any) -> int:
        """Give replies into a buffer, as the hiredis parser wants them."""
        given = self.recv(len(buffer))
        buffer[: len(given)] = given
        return len(given)

    def settimeout(self, seconds: float | None) -> None:
        """Do nothing: the deadline is the other side's."""

    def shutdown(self, how: int) -> None:
        """Forget what was neither sent nor read."""
        self._written.clear()
        self._replies = b""

    def close(self) -> None:
        """Do nothing: the trusted side ends its connections when the answer ends."""


class PipeConnection(UnixDomainSocketConnection):
    """A redis-py connection over a `PipeSocket`."""

    def __init__(self, *, ask: Ask, numbers: Any, **options: Any) -> None:
        super().__init__(path="the lab's store", **options)  # type: ignore[no-untyped-call]
        self._ask = ask
        self._numbers = numbers

    def _connect(self) -> Any:
        return PipeSocket(self._ask, next(self._numbers))


class Line:
    """Where a client's questions go; a spare client has none yet."""

    def __init__(self) -> None:
        self.ask: Ask = lambda arguments: b"+PONG\r\n"

    def __call__(self, arguments: list[Any]) -> Any:
        """Ask where the questions go now."""
        return self.ask(arguments)


_spare: list[tuple[redis.Redis, Line]] = []


def prepare() -> None:
    """Make a client ahead of time, which takes milliseconds; a fork of this process then finds it ready."""
    client, line = _client(decode_responses=True)
    client.ping()
    _spare.append((client, line))


def redis_client(ask: Ask, *, decode_responses: bool) -> redis.Redis:
    """Return a client whose questions go to `ask`."""
    client, line = _spare.pop() if _spare and decode_responses else _client(decode_responses=decode_responses)
    line.ask = ask
    return client


def _client(*, decode_responses: bool) -> tuple[redis.Redis, Line]:
    """Make a client; like the lab's own it never retries silently, since a lost reply may be a command carried out."""
    line = Line()
    pool = ConnectionPool(
        connection_class=PipeConnection,
        ask=line,
        numbers=itertools.count(1),
        decode_responses=decode_responses,
        protocol=2,
        driver_info=None,
        retry=Retry(NoBackoff(), 0),
    )
    return redis.Redis(connection_pool=pool), line
