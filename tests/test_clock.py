"""Lab time: it stands still, moves when told, and only its own thread of work sees a skewed one."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from labapp import clock
from labapp.clock import LAB_START, LabClock, SkewedClock, SystemClock


def test_it_starts_years_from_today_and_stands_still():
    lab = LabClock()
    assert lab.now() == LAB_START == lab.now()
    assert str(lab) == "2030-01-07 09:00:00 UTC"


def test_it_moves_by_the_sum_of_what_it_is_told():
    lab = LabClock()
    lab.advance(30, minutes=1, hours=1, days=1)
    assert lab.now() - LAB_START == 86400 + 3600 + 60 + 30


def test_advance_refuses_to_go_back_and_says_what_does():
    lab = LabClock()
    with pytest.raises(ValueError, match=r"step\(seconds="):
        lab.advance(-1)
    lab.step(-3600)
    assert lab.now() == LAB_START - 3600


def test_listeners_hear_before_and_after_until_they_leave():
    lab, heard = LabClock(), []
    leave = lab.on_move(lambda before, after: heard.append(after - before))
    lab.advance(5)
    leave()
    lab.advance(7)
    leave()  # leaving twice is harmless
    assert heard == [5]


def test_without_a_lab_clock_it_is_the_machines_time():
    assert isinstance(clock.current(), SystemClock)
    assert abs(clock.now() - time.time()) < 60


def test_the_innermost_clock_wins():
    lab = LabClock()
    clock.keep(lab)
    with clock.keeping(SkewedClock(lab, seconds=90)):
        assert clock.now() == LAB_START + 90
        with clock.at(5.0):
            assert clock.now() == 5.0
        assert clock.now() == LAB_START + 90
    assert clock.now() == LAB_START


def test_an_operations_clock_is_gone_when_the_operation_fails():
    clock.keep(LabClock())
    with pytest.raises(RuntimeError), clock.at(5.0):
        raise RuntimeError
    assert clock.now() == LAB_START


def test_a_skew_is_seen_by_its_own_request_only():
    """Two services with different clocks answer at the same time in two threads."""
    clock.keep(LabClock())
    both = threading.Barrier(2)

    def serve(skew: float) -> float:
        with clock.keeping(SkewedClock(clock.LabClock(), seconds=skew)):
            both.wait(timeout=10)
            return clock.now() - LAB_START

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(serve, [90, -30])) == [90, -30]


def test_a_new_thread_goes_by_the_process_clock_not_by_the_skew():
    """A ContextVar does not reach new threads; so a skew is set at each request's door."""
    clock.keep(LabClock())
    seen: list[float] = []
    with clock.keeping(SkewedClock(LabClock(), seconds=90)):
        thread = threading.Thread(target=lambda: seen.append(clock.now()))
        thread.start()
        thread.join()
    assert seen == [LAB_START]
