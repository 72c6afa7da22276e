"""Carry out on the trusted side what an answer's redis-py client asks of its store.

The answer's client thinks that it has a socket; what it writes arrives here as bytes, and the replies go back as bytes.
Each of its connections has one of its own here, so that WATCH, MULTI and EXEC mean what they mean in Redis.

Rules kept here:

- Commands are read strictly and run one at a time; replies are parsed, never timed.
- Each command is one trip, reported to `store.observer`: it is counted, and another operation may come in before it.
- MULTI … EXEC is one trip, at EXEC, named by the commands in it: nothing comes in between, in Redis as here.
  MULTI, what is queued, DISCARD and UNWATCH are not counted; they change nothing that others could see.
- A plain pipeline of n commands is n trips: in Redis others may come in between.
- The store goes by its own clock while it works.
- A store that is down closes the connection, as a dead server would.
- The store lives in the grader's memory and works in its time, so there is an end to both for each answer.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from labapp import clock
from labapp.errors import StorageUnavailableError
from labapp.grading.relay.resp import NULL_ARRAY, RespError, read_commands, write_error, write_reply
from labapp.grading.relay.rules import NOT_A_HANDSHAKE, cost, handshake, refusal
from labapp.store import Store

MOST_CONNECTIONS = 40
"""For one answer; the store's own pool has a hundred, and two answers may race."""

MOST_REPLY_BYTES = 2_000_000
MOST_BYTES = 10_000_000
"""What one answer may send to its store in all."""

MOST_SECONDS = 10.0
"""How long a store may work for one answer in all."""

_TOO_LARGE = "ERR the reply is larger than the lab passes on"
_ABORTED = "EXECABORT Transaction discarded because of previous errors."


class Relay:
    r"""The way of one answer process to one store.

    Args:
        store: where commands are carried out.

    Attributes:
        done: the names of the commands that were carried out, in order.

    Example:
        >>> from labapp.store import open_store
        >>> relay = Relay(open_store())
        >>> relay.ask(1, b"*3\r\n$3\r\nSET\r\n$4\r\ncoin\r\n$1\r\n1\r\n")
        b'$2\r\nOK\r\n'
        >>> relay.close()
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._connections: dict[int, _Connection] = {}
        self._bytes = 0
        self._effort = Effort()
        self.done: list[str] = []

    def ask(self, number: int, data: bytes) -> bytes:
        """Carry out commands.

        Args:
            number: which of the client's connections they came by.
            data: what it wrote there.

        Returns:
            The replies, one for each command.

        Raises:
            StorageUnavailableError: the store is down; that connection is closed.
        """
        try:
            commands = read_commands(data)
        except RespError as error:
            return write_error(f"ERR Protocol error: {error}")
        if why := self._too_much(number, commands):
            return write_error(why) * len(commands)
        try:
            return self._replies(self._connections[number], commands)
        except StorageUnavailableError:
            self._connections.pop(number).close()
            raise

    def _too_much(self, number: int, commands: list[list[bytes]]) -> str:
        """Say which limit is reached, or open the connection."""
        self._bytes += sum(map(cost, commands))
        if self._bytes > MOST_BYTES or self._effort.seconds > MOST_SECONDS:
            return "ERR the lab's store does no more for this answer: it has sent or asked for too much"
        if number not in self._connections:
            if len(self._connections) >= MOST_CONNECTIONS:
                return "ERR max number of clients reached"
            self._connections[number] = _Connection(self._store, self.done, self._effort)
        return ""

    def _replies(self, connection: _Connection, commands: list[list[bytes]]) -> bytes:
        replies = []
        room = MOST_REPLY_BYTES
        for command in commands:
            reply = connection.run(command)
            room -= len(reply)
            replies.append(reply if room >= 0 else write_error(_TOO_LARGE))
        return b"".join(replies)

    def close(self) -> None:
        """Close the connections."""
        while self._connections:
            self._connections.popitem()[1].close()


class Effort:
    """How long a store has worked for an answer."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count the time inside the `with` block."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - began


class _Connection:
    """One connection of the client, and the one to the store that belongs to it."""

    def __init__(self, store: Store, done: list[str], effort: Effort) -> None:
        self._store = store
        self._done = done
        self._effort = effort
        self._raw: Any = None
        self._queued: list[str] | None = None
        self._is_spoiled = False

    def run(self, command: list[bytes]) -> bytes:
        """Carry out one command and write its reply."""
        reply = handshake(command)
        if reply is not NOT_A_HANDSHAKE:
            return write_reply(reply)
        shared = bool(self._store.keys.prefix)
        if why := refusal(command, is_real=self._store.is_real, is_shared=shared):
            self._is_spoiled = self._queued is not None  # as in Redis, EXEC then does nothing
            return write_error(why)
        name = command[0].decode("ascii").upper()
        if name == "MULTI":
            return self._multi(command)
        if name == "EXEC" and self._queued is not None:
            return self._exec(command)
        if name == "DISCARD":
            self._queued = None
        if self._queued is not None or name in ("DISCARD", "UNWATCH"):
            return self._queue(name, command)
        with self._trip([name]):
            return _written(self._send(command))

    def close(self) -> None:
        """Give the connection back to the store's pool, without what was watched or queued on it."""
        if self._raw is not None:
            self._raw.disconnect()
            self._store.redis.connection_pool.release(self._raw)
            self._raw = None

    def _multi(self, command: list[bytes]) -> bytes:
        with self._uncounted():
            reply = self._send(command)
        if not isinstance(reply, Exception):
            self._queued, self._is_spoiled = [], False
        return write_reply(reply)

    def _queue(self, name: str, command: list[bytes]) -> bytes:
        with self._uncounted():
            reply = self._send(command)
        if self._queued is not None and not isinstance(reply, Exception):
            self._queued.append(name)
        return write_reply(reply)

    def _exec(self, command: list[bytes]) -> bytes:
        names, self._queued = self._queued or [], None
        if self._is_spoiled:
            with self._uncounted():
                self._send([b"DISCARD"])
            return write_error(_ABORTED)
        with self._trip(names):
            reply = self._send(command)
        return NULL_ARRAY if reply is None else _written(reply)

    def _send(self, command: list[bytes]) -> Any:
        """Send one command; an error that the server replied is returned, one of the connection is raised."""
        if self._raw is None:
            self._raw = self._store.redis.connection_pool.get_connection()
        try:
            with self._effort.counted():
                self._raw.send_command(*command)
                return self._raw.read_response(disable_decoding=True)
        except Exception as error:
            if _is_of_the_connection(error):
                raise
            return error

    @contextmanager
    def _trip(self, names: list[str]) -> Iterator[None]:
        with self._store.observer.trip(names):
            self._done.append(names[0] if len(names) == 1 else f"MULTI({' '.join(names)})")
            yield

    @contextmanager
    def _uncounted(self) -> Iterator[None]:
        try:
            with clock.keeping(self._store.clock):
                yield
        except Exception as error:
            if not _is_of_the_connection(error):
                raise
            raise StorageUnavailableError(
                f"the store at {self._store.url} does not answer", url=self._store.url
            ) from error


def _written(reply: Any) -> bytes:
    """Write a reply, unless it is so large that writing it would take all memory."""
    return write_reply(reply) if _size(reply) <= MOST_REPLY_BYTES else write_error(_TOO_LARGE)


def _size(reply: Any) -> int:
    if isinstance(reply, list | tuple | set):
        return sum(map(_size, reply))
    return len(reply) if isinstance(reply, bytes | str) else 8


def _is_of_the_connection(error: Exception) -> bool:
    """Say whether redis-py could not talk to the server; an error that the server replied is something else.

    redis-py marks its errors by where they come from; its classes have their own door in this house (`labapp.store`).
    """
    kind = getattr(error, "error_type", None)
    return kind is None or kind.value in ("network", "tls")
