"""What tests of the bank's apps share."""

from __future__ import annotations

import pytest

from labapp.store import Store
from tests.web.outside import Outside


@pytest.fixture
def outside(store: Store) -> Outside:
    """A bank on fakeredis, and then on a real server."""
    return Outside(store)


@pytest.fixture
def fake(fake_store: Store) -> Outside:
    """A bank on fakeredis, where the store makes no difference or has to be stopped."""
    return Outside(fake_store)
