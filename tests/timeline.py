"""Time as a service reads it, moved together with the store's own, so that comparisons and TTLs are tested as one.

A mechanism is given `now`; the store lets keys expire by its own clock.
In production the two run alike, and so they do here, on fakeredis and on a real server.
"""

from __future__ import annotations

from labapp.store import Store


class Timeline:
    """One service's clock beside its store's."""

    def __init__(self, store: Store) -> None:
        self._clock = store.clock
        self.start = self.now = float(int(store.clock.now()))

    def advance(self, seconds: float) -> float:
        """Let time pass for both, or set both back; returns the new `now`."""
        self.now += seconds
        self._clock.step(seconds)  # type: ignore[attr-defined]
        return self.now

    def to(self, offset: float) -> float:
        """Go to so many seconds after the start."""
        return self.advance(self.start + offset - self.now)
