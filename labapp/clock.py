"""Lab time: the one source of *now*.

Why a clock of our own: a token that lives fifteen minutes cannot be watched dying in a lesson that takes an hour, and a
test that sleeps is slow and lies.
In the lab, time stands still at a fixed instant far from today, until somebody moves it.
So nothing expires while you read, and every boundary is exact.

Rules kept here:

- One operation reads the clock once, and hands that `now` (seconds since 1970, UTC) to everything it calls.
- The process's real time is never touched: Jupyter, asyncio and TLS keep it.
  `time.time()` and `datetime.now()` in your own code still give today.
- The libraries of the lesson keep lab time as well: `jwt.decode` judges `exp` by it, fakeredis expires keys by it,
  `flask.session` and PyJWT's key cache age by it.
  They read their clock through a module attribute; `install` puts a stand-in there.
  These are private names of other people's code, so `tests/test_clock_contract.py` watches them.
- A service whose clock is wrong (clock skew, lesson 04) is given a `SkewedClock` for the time of one request.
- On a real Redis the server's clock cannot be stopped: there lab time runs (`RunningClock`).

Three clocks can be in force, the innermost wins: the operation's (`at`, `keeping`), the process's (`keep`), the
system's.

Example:
    >>> clock = LabClock()
    >>> str(clock)
    '2030-01-07 09:00:00 UTC'
    >>> clock.advance(minutes=15)
    >>> str(clock)
    '2030-01-07 09:15:00 UTC'
"""

from __future__ import annotations

import sys
import time as _time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Protocol, runtime_checkable

from labapp.errors import SetupError

LAB_START = int(datetime(2030, 1, 7, 9, 0, tzinfo=UTC).timestamp())
"""Where lab time begins: a Monday morning, years from any real clock, so that a mixed-up clock shows at once."""


@runtime_checkable
class Clock(Protocol):
    """Anything that can say what time it is, in seconds since 1970 (UTC)."""

    def now(self) -> float:
        """Return the time."""


def stamp(now: float) -> str:
    """Write a time the way the lab shows it.

    Example:
        >>> stamp(LAB_START + 61)
        '2030-01-07 09:01:01 UTC'
    """
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


class SystemClock:
    """The machine's own time; used where nobody controls the clock, as in production."""

    def now(self) -> float:
        """Return the machine's time."""
        return _time.time()


class FixedClock:
    """A clock that shows one instant: the `now` that an operation has already read."""

    __slots__ = ("_at",)

    def __init__(self, at: float) -> None:
        self._at = at

    def now(self) -> float:
        """Return that instant."""
        return self._at


class SkewedClock:
    """Another clock, seen through an error: a service whose time is wrong by a fixed amount.

    Example:
        >>> fast = SkewedClock(LabClock(), seconds=90)
        >>> fast.now() - LAB_START
        90.0
    """

    def __init__(self, base: Clock, *, seconds: float) -> None:
        self.base = base
        self.seconds = seconds

    def now(self) -> float:
        """Return the base clock's time plus the error."""
        return self.base.now() + self.seconds


class MovableClock:
    """What a lab clock can do: show the time, be moved, and tell those who want to know."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[float, float], None]] = []

    def now(self) -> float:
        """Return lab time."""
        raise NotImplementedError

    def _move(self, seconds: float) -> None:
        raise NotImplementedError

    def advance(self, seconds: float = 0, *, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        """Let time pass.

        Args:
            seconds: how long; `minutes`, `hours` and `days` are added to it.
            minutes: minutes to add.
            hours: hours to add.
            days: days to add.

        Raises:
            ValueError: the sum is negative; a clock that is set back is `step`'s business.
        """
        span = timedelta(seconds=seconds, minutes=minutes, hours=hours, days=days).total_seconds()
        if span < 0:
            raise ValueError("time goes forward; to set a clock back, as NTP may, call step(seconds=-…)")
        self.step(span)

    def step(self, seconds: float) -> None:
        """Move the clock by any amount, also back, as a correction by NTP does."""
        before = self.now()
        self._move(seconds)
        for tell in list(self._listeners):
            tell(before, self.now())

    def on_move(self, tell: Callable[[float, float], None]) -> Callable[[], None]:
        """Call `tell(before, after)` whenever the clock is moved.

        Returns:
            A function that ends the subscription.
        """
        self._listeners.append(tell)
        return lambda: self._listeners.remove(tell) if tell in self._listeners else None

    @property
    def datetime(self) -> datetime:
        """Lab time as an aware `datetime` in UTC."""
        return datetime.fromtimestamp(self.now(), UTC)

    def __str__(self) -> str:
        return stamp(self.now())

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"


class LabClock(MovableClock):
    """A clock that stands still until you move it."""

    def __init__(self, start: float = LAB_START) -> None:
        super().__init__()
        self._now = float(start)

    def now(self) -> float:
        """Return the instant at which the clock stands."""
        return self._now

    def _move(self, seconds: float) -> None:
        self._now += seconds


class RunningClock(MovableClock):
    """Lab time over a store whose own clock cannot be stopped: it runs, and can be moved ahead.

    Args:
        read: returns lab time, the same for every process that shares the store.
        move: moves lab time by seconds for all of them, and ages what the store keeps.
    """

    def __init__(self, read: Callable[[], float], move: Callable[[float], None]) -> None:
        super().__init__()
        self._read = read
        self._shift = move

    def now(self) -> float:
        """Return the shared, running lab time."""
        return self._read()

    def _move(self, seconds: float) -> None:
        self._shift(seconds)


_process: Clock = SystemClock()
_operation: ContextVar[Clock | None] = ContextVar("labapp_clock", default=None)


def current() -> Clock:
    """Return the clock in force: the operation's, else the process's, else the system's."""
    return _operation.get() or _process


def now() -> float:
    """Return the time by the clock in force."""
    return current().now()


def keep(clock: Clock | None) -> None:
    """Make `clock` the one that this process goes by; `None` gives the machine's time back."""
    global _process
    _process = clock or SystemClock()
    install()


@contextmanager
def keeping(clock: Clock) -> Iterator[Clock]:
    """Go by `clock` inside the `with` block: a service's own clock, right or wrong."""
    _ensure_installed()
    token = _operation.set(clock)
    try:
        yield clock
    finally:
        _operation.reset(token)


class at:  # noqa: N801 - reads as a word: `with at(now):`
    """Go by one instant inside the `with` block, so that a library judges by the `now` already read.

    Example:
        >>> with at(LAB_START):
        ...     now() == LAB_START
        True
    """

    __slots__ = ("_clock", "_token")

    def __init__(self, now: float) -> None:
        self._clock = FixedClock(now)

    def __enter__(self) -> None:
        _ensure_installed()
        self._token: Token[Clock | None] = _operation.set(self._clock)

    def __exit__(self, *exc: object) -> None:
        _operation.reset(self._token)


# --- stand-ins for the libraries' own clocks ---------------------------------------------------------------------


class _AnyDatetime(type):
    """PyJWT asks `isinstance(claim, datetime)` when it encodes: an ordinary datetime must still count."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetime)


class _LabDatetime(datetime, metaclass=_AnyDatetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime.fromtimestamp(now(), tz)


class _LabTime:
    """The `time` module, except that its clocks show the time in force."""

    def __getattr__(self, name: str) -> Any:
        return getattr(_time, name)

    @staticmethod
    def time() -> float:
        return now()

    @staticmethod
    def monotonic() -> float:
        clock = current()
        return _time.monotonic() if isinstance(clock, SystemClock) else clock.now()


_LAB_TIME = _LabTime()
STAND_INS: tuple[tuple[str, str, object], ...] = (
    ("jwt.api_jwt", "datetime", _LabDatetime),
    ("jwt.api_jwk", "time", _LAB_TIME),
    ("jwt.jwk_set_cache", "time", _LAB_TIME),
    ("jwt.jwks_client", "time", _LAB_TIME),
    ("fakeredis._socket._base", "time", _LAB_TIME),
    ("fakeredis.commands_mixins.server_mixin", "time", _LAB_TIME),
    ("fakeredis.model._stream", "time", _LAB_TIME),
    ("itsdangerous.timed", "time", _LAB_TIME),
)
"""Module, attribute, and what stands there in lab time; with no lab clock in force they show the machine's time."""

_installed: set[str] = set()


def _ensure_installed() -> None:
    """Look again only while a library that has a clock was not imported yet: this runs at every request."""
    if len(_installed) < len(STAND_INS):
        install()


def install() -> None:
    """Put the stand-ins into those libraries that are imported; doing it again costs nothing.

    Raises:
        SetupError: a library no longer has the attribute; the message names the versions that are known to work.
    """
    for module_name, attribute, stand_in in STAND_INS:
        module = sys.modules.get(module_name)
        if module is None or module_name in _installed:
            continue
        if not hasattr(module, attribute):
            raise SetupError(
                f"{module_name} has no {attribute!r} any more, so it would not keep lab time; "
                "install the versions in requirements.lock"
            )
        setattr(module, attribute, stand_in)
        _installed.add(module_name)
