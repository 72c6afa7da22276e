"""Lab time on a real Redis: the server's clock plus an offset that is kept there.

The server's clock can be neither stopped nor moved.
So lab time runs, and every process that shares the store agrees on it, because the offset lives in the store.
When lab time is moved ahead, every key of this lab is aged by as much: `SET … EX 60` is gone after sixty lab seconds,
as it is on fakeredis.
Expiry must be relative (EX, PX, EXPIRE); an absolute one (EXAT) would mean the server's own year.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import redis

from labapp.clock import LAB_START, RunningClock
from labapp.store.keys import Keys

_BATCH = 1000


def running_clock(client: redis.Redis, keys: Keys) -> RunningClock:
    """Return the lab time that is shared through this server under this prefix.

    The first one to ask sets it to the lab's start.
    """

    def server_time(reply: tuple[int, int]) -> float:
        return reply[0] + reply[1] / 1_000_000

    def read() -> float:
        with client.pipeline(transaction=False) as pipe:
            pipe.time()
            pipe.get(keys.clock_offset)
            reply, offset = pipe.execute()
        if offset is None:
            client.set(keys.clock_offset, repr(LAB_START - server_time(reply)), nx=True)
            return read()
        return server_time(reply) + float(offset)

    def move(seconds: float) -> None:
        read()
        age(client, client.scan_iter(match=keys.pattern, count=_BATCH), seconds)
        client.incrbyfloat(keys.clock_offset, seconds)

    return RunningClock(read, move)


def age(client: redis.Redis, names: Iterable[str], seconds: float) -> int:
    """Shorten the remaining life of keys, as if time had passed; a negative amount gives it back.

    Args:
        client: the server.
        names: the keys to age; those without a TTL are left alone.
        seconds: how much time has passed.

    Returns:
        How many keys were aged or had their time come.
    """
    names = iter(names)
    aged = 0
    while batch := list(islice(names, _BATCH)):
        with client.pipeline(transaction=False) as pipe:
            for name in batch:
                pipe.pttl(name)
            lives = pipe.execute()
            for name, life in zip(batch, lives, strict=True):
                if life >= 0:
                    pipe.pexpire(name, max(0, int(life - seconds * 1000)))
                    aged += 1
            pipe.execute()
    return aged
