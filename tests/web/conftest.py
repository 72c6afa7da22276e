"""What tests of the bank's apps share."""

from __future__ import annotations

import pytest

from labapp import clock
from labapp.clock import LabClock
from labapp.people import CAST
from labapp.store import Store, open_store
from tests.web.outside import Outside


@pytest.fixture
def outside(store: Store) -> Outside:
    """A bank on fakeredis, and then on a real server."""
    return Outside(store)


@pytest.fixture(scope="session")
def _kept() -> Outside:
    return Outside(open_store(clock=LabClock()))


@pytest.fixture
def shared(_kept: Outside) -> Outside:
    """One bank for all tests of what must change nothing; nobody is logged in."""
    clock.keep(_kept.store.clock)
    for user in CAST:
        _kept.parts.accounts.log_out_everywhere(user, now=_kept.store.clock.now())
    return _kept


@pytest.fixture
def fake(fake_store: Store) -> Outside:
    """A bank on fakeredis, where the store makes no difference or has to be stopped."""
    return Outside(fake_store)
