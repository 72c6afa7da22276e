"""What every test may use: programs that are found or asked for, and the promise that nothing was skipped.

A test that needs a program takes `require_redis` or `require_chromium`, or calls `needs_program("node")`.
Where the program is missing the test is skipped, and the reason is the command that installs it.
With `LAB_NOTHING_SKIPPED=1` in the environment, as in `.ci/run`, a skipped test fails, whatever it was skipped for.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest

from labapp import clock
from labapp.store import Store, open_store
from tests.real_redis import RedisServer, redis_server

APT = "apt-get install --no-install-recommends"
PROGRAMS: dict[str, tuple[str, ...]] = {
    "redis-server": ("redis-server", "valkey-server"),
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "node": ("node", "nodejs"),
    "bwrap": ("bwrap",),
}
"""What tests ask for → the names under which it may be found."""

PACKAGES = {
    "chromium": "chromium fonts-dejavu-core fonts-liberation",
    "node": "nodejs",
    "bwrap": "bubblewrap",
}
"""Debian's packages, where they are not named like the program."""


@pytest.fixture(scope="session")
def needs_program() -> Callable[[str], str]:
    """Give a function that returns a program's path, or skips the test and says how to install it."""

    def find(program: str) -> str:
        for name in PROGRAMS.get(program, (program,)):
            if path := shutil.which(name):
                return path
        pytest.skip(f"{program} is not installed: {APT} {PACKAGES.get(program, program)}")

    return find


@pytest.fixture(scope="session")
def require_redis(needs_program: Callable[[str], str]) -> str:
    """Return the path of a real Redis server."""
    return needs_program("redis-server")


@pytest.fixture(scope="session")
def require_chromium(needs_program: Callable[[str], str]) -> str:
    """Return the path of a browser that Playwright can drive; never the one that `playwright install` fetches."""
    return needs_program("chromium")


def _nothing_skipped(report: Any) -> Any:
    """Turn a skip into a failure where that was asked for; an expected failure is none of that."""
    asked = os.environ.get("LAB_NOTHING_SKIPPED") == "1"
    if asked and report.outcome == "skipped" and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"LAB_NOTHING_SKIPPED=1, but this was skipped: {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, Any]:
    """Let no test be skipped where nothing may be."""
    return _nothing_skipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, Any, Any]:
    """Let no whole file be skipped where nothing may be."""
    return _nothing_skipped((yield))


@pytest.fixture(scope="session")
def real_redis(require_redis: str) -> Iterator[RedisServer]:
    """Run one real Redis for the whole session; each test takes a prefix of its own."""
    with redis_server(require_redis) as server:
        yield server


@pytest.fixture(autouse=True)
def machine_time() -> Iterator[None]:
    """Give the process its own time back, whatever clock a test made it keep."""
    yield
    clock.keep(None)


@pytest.fixture
def lab_clock() -> clock.LabClock:
    """A clock that stands still at the lab's start."""
    return clock.LabClock()


@pytest.fixture(params=["fakeredis", "redis"])
def store(request: pytest.FixtureRequest, lab_clock: clock.LabClock) -> Iterator[Store]:
    """One empty store, on fakeredis and then on a real server under a prefix of its own."""
    if request.param == "fakeredis":
        yield open_store(clock=lab_clock, prefix="lab:")
        return
    server: RedisServer = request.getfixturevalue("real_redis")
    opened = open_store(server.url, prefix=f"test-{secrets.token_hex(6)}:")
    yield opened
    opened.leave()


@pytest.fixture
def fake_store(lab_clock: clock.LabClock) -> Store:
    """One empty fakeredis store that goes by `lab_clock`."""
    return open_store(clock=lab_clock)
