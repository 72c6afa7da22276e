"""The store does the same on fakeredis and on a real server, and touches nothing that is not its own."""

from __future__ import annotations

import pytest

from labapp.clock import LAB_START, LabClock, RunningClock, SystemClock
from labapp.errors import SetupError, StorageUnavailableError
from labapp.store import Keys, fingerprint, open_store
from labapp.store.interleave import interleavings


def test_a_key_lives_as_long_as_it_was_told(store):
    store.redis.set("x" if not store.keys.prefix else f"{store.keys.prefix}x", "1", ex=60)
    key = next(store.own_keys())
    store.clock.advance(58)
    assert store.redis.get(key) == "1"
    store.clock.advance(3)
    assert store.redis.get(key) is None


def test_time_that_passes_ages_every_kind_of_key(store):
    p = store.keys.prefix
    store.redis.hset(f"{p}h", mapping={"a": "1"})
    store.redis.zadd(f"{p}z", {"a": 1})
    store.redis.set(f"{p}for-ever", "1")
    for name in ("h", "z"):
        store.redis.expire(f"{p}{name}", 100)
    store.clock.advance(minutes=5)
    left = {key for key in store.own_keys() if key != store.keys.clock_offset}
    assert left == {f"{p}for-ever"}


def test_it_shows_what_it_holds(store):
    p = store.keys.prefix
    store.redis.set(f"{p}s", "v", ex=100)
    store.redis.hset(f"{p}h", mapping={"a": "1"})
    store.redis.sadd(f"{p}t", "b", "a")
    store.redis.zadd(f"{p}z", {"m": 2})
    store.redis.rpush(f"{p}l", "1", "2")
    shown = {
        e.key.removeprefix(p): (e.type, e.value) for e in store.entries() if e.key != store.keys.clock_offset
    }
    assert shown == {
        "s": ("string", "v"),
        "h": ("hash", {"a": "1"}),
        "t": ("set", ["a", "b"]),
        "z": ("zset", [("m", 2.0)]),
        "l": ("list", ["1", "2"]),
    }
    ttl = next(e.ttl for e in store.entries() if e.key == f"{p}s")
    assert ttl == pytest.approx(100, abs=2)


def test_it_counts_trips_and_commands_and_looking_is_free(store):
    key = store.keys.user("alice")
    store.observer.reset()
    store.redis.set(key, "1")
    with store.redis.pipeline() as pipe:
        pipe.get(key)
        pipe.ttl(key)
        pipe.execute()
    store.entries()
    assert store.observer.trips == 2
    assert dict(store.observer.commands) == {"SET": 1, "GET": 1, "TTL": 1}


def test_a_transaction_is_done_again_when_somebody_else_was_faster(store):
    key, rounds = store.keys.user("alice"), []
    store.redis.set(key, "0")

    def add_one(pipe):
        value = int(pipe.get(key))
        if not rounds:
            store.redis.set(key, "10")  # another client, between our read and our write
        rounds.append(value)
        pipe.multi()
        pipe.set(key, str(value + 1))
        return value + 1

    assert store.transaction(add_one, key) == 11
    assert rounds == [0, 10]
    assert store.redis.get(key) == "11"


def test_a_transaction_that_never_stands_still_gives_up(store):
    key = store.keys.user("alice")

    def unlucky(pipe):
        store.redis.append(key, "x")
        pipe.multi()
        pipe.set(key, "mine")

    with pytest.raises(StorageUnavailableError):
        store.transaction(unlucky, key)
    assert "mine" not in str(store.redis.get(key))


def test_two_labs_on_one_server_never_touch_each_other(real_redis):
    mine, yours = (open_store(real_redis.url, prefix=p) for p in ("m*[a]?:", "m-yours:"))
    try:
        for store in (mine, yours):
            store.redis.set(store.keys.user("alice"), store.keys.prefix, ex=1000)
        assert {k for k in mine.own_keys() if "user" in k} == {"m*[a]?:user:alice"}
        mine.clock.advance(hours=1)
        assert mine.redis.get(mine.keys.user("alice")) is None
        assert yours.redis.get(yours.keys.user("alice")) == "m-yours:"
        assert mine.clock.now() - yours.clock.now() == pytest.approx(3600, abs=5)
        mine.leave()
        assert list(mine.own_keys()) == []
        assert yours.redis.get(yours.keys.user("alice")) == "m-yours:"
    finally:
        mine.leave()
        yours.leave()


def test_workers_on_one_real_server_agree_on_lab_time(real_redis):
    first, second = (open_store(real_redis.url, prefix="agree:") for _ in range(2))
    try:
        assert isinstance(first.clock, RunningClock)
        assert first.clock.now() == pytest.approx(LAB_START, abs=30)
        first.clock.advance(days=2)
        assert second.clock.now() == pytest.approx(first.clock.now(), abs=5)
    finally:
        first.clear()


def test_time_can_be_given_back(real_redis):
    store = open_store(real_redis.url, prefix="back:")
    try:
        store.redis.set(store.keys.user("a"), "1", ex=1000)
        store.clock.step(-500)
        assert store.redis.ttl(store.keys.user("a")) == pytest.approx(1500, abs=3)
    finally:
        store.clear()


def test_a_real_server_can_be_left_with_the_machines_time(real_redis):
    store = open_store(real_redis.url, clock=SystemClock(), prefix="plain:")
    assert isinstance(store.clock, SystemClock)
    assert list(store.own_keys()) == []


def test_a_standing_clock_cannot_be_had_on_a_real_server(real_redis):
    with pytest.raises(SetupError, match="stands still"):
        open_store(real_redis.url, clock=LabClock())


def test_nobody_there_is_one_clear_sentence_without_the_password(tmp_path):
    with pytest.raises(StorageUnavailableError) as caught:
        open_store(f"redis://:hunter2@127.0.0.1:1/0")  # noqa: F541
    message = str(caught.value)
    assert "no Redis answers at redis://…@127.0.0.1:1/0" in message
    assert "unset LAB_REDIS_URL" in message
    assert "hunter2" not in message


@pytest.mark.parametrize("url", ["http://localhost", "localhost:6379", "redis", ""])
def test_what_is_no_redis_url_is_told_so(url):
    with pytest.raises(SetupError, match="not a Redis URL"):
        open_store(url)


def test_an_outage_is_told_apart_from_not_found(fake_store):
    fake_store.redis.set("x", "1")
    with fake_store.outage(), pytest.raises(StorageUnavailableError):
        fake_store.redis.get("x")
    assert fake_store.redis.get("x") == "1"
    with fake_store.outage(), pytest.raises(StorageUnavailableError), fake_store.redis.pipeline() as pipe:
        pipe.get("x")
        pipe.execute()


def test_a_real_server_is_not_stopped_from_here(real_redis):
    with pytest.raises(SetupError, match="its own process"), open_store(real_redis.url, prefix="p:").outage():
        pass


def test_a_fingerprint_keeps_its_parts_apart():
    assert fingerprint("a", "bc") != fingerprint("ab", "c") != fingerprint("abc")
    assert len(fingerprint("\ud800\x00")) == 64


def test_a_prefix_with_wildcards_is_taken_literally():
    assert Keys("a*").pattern == "a\\**"


def naive(store, key):
    """Check, then delete: the bug that the interleaver is there to show."""

    def take():
        if store.redis.get(key) is None:
            return False
        store.redis.delete(key)
        return True

    return take


def test_the_naive_take_double_spends_at_its_second_trip(store):
    key = store.keys.user("coin")
    races = list(
        interleavings(store, naive(store, key), naive(store, key), setup=lambda: store.redis.set(key, "1"))
    )
    assert [(r.k, r.first.value, r.second.value) for r in races] == [(1, False, True), (2, True, True)]


def test_getdel_has_one_winner_wherever_the_other_comes_in(store):
    key = store.keys.user("coin")

    def take():
        return store.redis.getdel(key) is not None

    races = list(interleavings(store, take, take, setup=lambda: store.redis.set(key, "1")))
    assert [r.k for r in races] == [1]
    assert all(r.first.value + r.second.value == 1 for r in races)


def test_the_interleaver_keeps_what_went_wrong_and_lets_go_of_the_store(fake_store):
    def fail():
        fake_store.redis.get("x")
        raise ValueError("mine")

    races = list(interleavings(fake_store, fail, fail))
    assert [type(r.first.error) for r in races] == [ValueError]
    assert fake_store.observer.before is None
