"""What tests of the token door share."""

from __future__ import annotations

import pytest

from labapp.store import Store
from tests.timeline import Timeline
from tests.tokens.forging import ALGORITHMS, Bench, bench


@pytest.fixture(params=ALGORITHMS)
def forge(request: pytest.FixtureRequest) -> Bench:
    """A forger's bench for each algorithm in turn."""
    return bench(request.param)


@pytest.fixture
def time(store: Store) -> Timeline:
    """Time, as service and store go by it together."""
    return Timeline(store)
