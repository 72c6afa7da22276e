"""Open a store: fakeredis in this process, or a real Redis by its URL."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

import fakeredis
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from labapp.clock import Clock, LabClock, RunningClock, SystemClock
from labapp.errors import SetupError, StorageUnavailableError
from labapp.store.client import ObservedClient, Observer
from labapp.store.keys import Keys
from labapp.store.shared_time import running_clock
from labapp.store.store import Store

_CLIENT: dict[str, Any] = {"decode_responses": True, "retry": Retry(NoBackoff(), 0), "protocol": 2}
"""No silent retries: a command whose reply was lost may have been carried out; only the caller can judge that."""


class _FakeClient(ObservedClient, fakeredis.FakeRedis):
    """fakeredis, observed."""


def open_store(url: str | None = None, *, clock: Clock | None = None, prefix: str = "") -> Store:
    """Open the store.

    Args:
        url: `redis://host:port/0`, `rediss://…` or `unix:///path/to/socket`; None for the built-in fakeredis.
        clock: what keys expire by.
            fakeredis keeps any clock.
            A real server has its own: None gives the shared running lab time of that server and prefix, and
            `SystemClock()` leaves time alone.
        prefix: put before every key; must not be empty on a server that others share.

    Returns:
        A store that has answered once.

    Raises:
        SetupError: the URL is of no known kind.
        StorageUnavailableError: nobody answers there.
    """
    if url is None:
        clock = clock or LabClock()
        # One connection: in this process a pool would only cost a quarter of each trip.
        server = fakeredis.FakeServer()
        client: ObservedClient = _FakeClient(server=server, single_connection_client=True, **_CLIENT)
        client.observer = Observer(url="fakeredis", clock=clock)
        return Store(
            client,
            fakeredis.FakeRedis(server=server, **_CLIENT),
            keys=Keys(prefix),
            clock=clock,
            server=server,
        )
    shown = without_password(url)
    if urlsplit(url).scheme not in ("redis", "rediss", "unix"):
        raise SetupError(f"{shown} is not a Redis URL; write redis://host:port/0 or unix:///path/to/socket")
    plain = redis.Redis.from_url(url, **_CLIENT)
    try:
        plain.ping()
    except redis.exceptions.RedisError as error:
        raise StorageUnavailableError(
            f"no Redis answers at {shown} ({error.__class__.__name__}); start one there, "
            "or unset LAB_REDIS_URL to use the built-in fakeredis",
            url=shown,
        ) from error
    keys = Keys(prefix)
    clock = clock or running_clock(plain, keys)
    if not isinstance(clock, SystemClock | RunningClock):
        raise SetupError(
            "the clock of a real Redis runs; a lab clock that stands still needs the built-in fakeredis"
        )
    client = cast(ObservedClient, ObservedClient.from_url(url, **_CLIENT))
    client.observer = Observer(url=shown, clock=clock)
    return Store(client, plain, keys=keys, clock=clock)


def without_password(url: str) -> str:
    """Return the URL as it may be shown.

    Example:
        >>> without_password("redis://:hunter2@localhost:6379/0")
        'redis://…@localhost:6379/0'
    """
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return urlunsplit(parts._replace(query=""))
    return urlunsplit(parts._replace(netloc="…@" + parts.netloc.rpartition("@")[2], query=""))
