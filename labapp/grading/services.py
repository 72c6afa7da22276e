"""The services that a check lends to an answer; each is a marker here, and a proxy where the answer runs.

A check passes a marker as an ordinary argument: `attempt.call("issue", attempt.redis, …)`.
The answer's function receives a redis-py client, or a function `http`, and what it does with it is carried out here.
A service is open for one answer process only, and ends with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from labapp.errors import LabError, StorageUnavailableError
from labapp.grading.relay import Relay
from labapp.grading.wire import WireError
from labapp.store import Store

Handler = Callable[[str, str, dict[str, str], str | bytes | None], tuple[int, dict[str, str], Any]]
"""Answers one request: method, URL, headers and body in; status, headers and body out."""


class UnreachableError(Exception):
    """The service does not answer; the answer sees what a program sees when a server is down."""


class Service(Protocol):
    """What serves one answer process.

    Attributes:
        done: what it did, a few words each, for the trace.
    """

    done: list[str]

    def serve(self, arguments: list[Any]) -> Any:
        """Do what the answer asks.

        Args:
            arguments: plain data, chosen by the answer.

        Returns:
            Plain data.

        Raises:
            UnreachableError: the service is down.
            WireError: our own proxy would not have sent such arguments.
        """

    def close(self) -> None:
        """Let go of what was opened for that process."""


@runtime_checkable
class Proxy(Protocol):
    """A marker that a check passes to the answer."""

    def content(self) -> dict[str, Any]:
        """Say what the other side needs in order to make its half."""

    def open(self) -> Service:
        """Make our half for one answer process."""


@dataclass(frozen=True, eq=False)
class RedisProxy:
    """A store, as an ordinary redis-py client.

    Attributes:
        store: the store on this side, into which the check can look.
        decode_responses: does the client give text, rather than bytes?
    """

    store: Store
    decode_responses: bool = True

    def content(self) -> dict[str, Any]:
        """Say that it is a store."""
        return {"kind": "redis", "decode_responses": self.decode_responses}

    def open(self) -> Service:
        """Open a relay to the store."""
        return _RedisService(Relay(self.store))

    def __repr__(self) -> str:
        return "redis"


@dataclass(frozen=True, eq=False)
class HttpProxy:
    """Something that answers requests, as a function `http(method, url, headers, body)`.

    Attributes:
        handler: what answers them on this side.
    """

    handler: Handler

    def content(self) -> dict[str, Any]:
        """Say that it speaks HTTP."""
        return {"kind": "http"}

    def open(self) -> Service:
        """Serve requests by the handler."""
        return _HttpService(self.handler)

    def __repr__(self) -> str:
        return "http"


class _RedisService:
    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self.done = relay.done

    def serve(self, arguments: list[Any]) -> Any:
        if [type(argument) for argument in arguments] != [int, bytes]:
            raise WireError("a store was asked in a way that no client asks")
        try:
            return self._relay.ask(arguments[0], arguments[1])
        except StorageUnavailableError as error:
            raise UnreachableError(str(error)) from error

    def close(self) -> None:
        self._relay.close()


class _HttpService:
    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self.done: list[str] = []

    def serve(self, arguments: list[Any]) -> Any:
        method, url, headers, body = arguments if len(arguments) == 4 else (None,) * 4
        if type(method) is not str or type(url) is not str or type(headers) is not dict:
            raise UnreachableError("http(method, url, headers, body) wants two texts, a dict and a text")
        if not all(type(value) is str for value in headers.values()):
            raise UnreachableError("every header is a text")
        if type(body) not in (str, bytes, type(None)):
            raise UnreachableError("a body is a text, bytes or None")
        try:
            status, sent_headers, sent_body = self._handler(method, url, headers, body)
        except (LabError, ValueError, OSError) as error:
            self.done.append(f"{method} {url} failed")
            raise UnreachableError(f"no answer from {url[:200]}: {error}") from error
        self.done.append(f"{method} {url} {status}")
        return [status, sent_headers, sent_body]

    def close(self) -> None:
        """Nothing was opened."""
