"""The one door to Redis: fakeredis unless a URL names a real server.

`open_store()` gives a `Store`: a redis-py client, the key names under one prefix, a counter, and the clock that the
store goes by.
Nothing else in the lab imports redis, and nothing here empties a server that others may share: a store touches the keys
under its own prefix only.

Example:
    >>> store = open_store()
    >>> store.redis.set(store.keys.user("alice"), "x", ex=60)
    True
    >>> store.observer.trips
    1
"""

from __future__ import annotations

from labapp.store.client import Observer
from labapp.store.keys import Keys, fingerprint
from labapp.store.opening import open_store
from labapp.store.store import Entry, Store

__all__ = ["Entry", "Keys", "Observer", "Store", "fingerprint", "open_store"]
