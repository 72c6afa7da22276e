"""Sessions on both stores: strict IDs, two timeouts, real endings, a cap that holds, and no way back for the dead."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from labapp.errors import ExpiredSessionError, UnknownSessionError
from labapp.sessions.sessions import Sessions
from labapp.store import Store, fingerprint, open_store
from labapp.store.interleave import interleavings

IDLE, ABSOLUTE, CAP = 900, 28_800, 5
NOW = 1_893_488_400.0


@pytest.fixture
def sessions(store: Store) -> Sessions:
    return Sessions(store, idle=IDLE, absolute=ABSOLUTE, cap=CAP)


@pytest.fixture
def fake(fake_store: Store) -> Sessions:
    return Sessions(fake_store, idle=IDLE, absolute=ABSOLUTE, cap=CAP)


def alive(sessions: Sessions, sid: str, now: float = NOW) -> bool:
    try:
        return bool(sessions.peek(sid, now=now))
    except (UnknownSessionError, ExpiredSessionError):
        return False


def test_an_id_is_long_random_and_means_nothing(sessions: Sessions) -> None:
    sids = {sessions.start("alice", now=NOW).sid for _ in range(20)}
    assert len(sids) == 20
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", sid) for sid in sids)
    assert not any("alice" in sid for sid in sids)


def test_only_hashes_are_at_rest(sessions: Sessions, store: Store) -> None:
    started = sessions.start("alice", now=NOW, device="a phone")
    dump = " ".join(f"{e.key} {e.value}" for e in store.entries())
    assert started.sid not in dump
    assert fingerprint(started.sid) in dump


@pytest.mark.parametrize(
    "sid",
    [None, "", "x", 7, [], "A" * 43, "A" * 44, "A" * 42, "\ud800" * 43, "\x00" * 43, "ü" * 43, "x" * 10**6, "../" * 20],
    ids=lambda sid: repr(sid)[:12],
)  # fmt: skip
def test_an_id_that_was_never_issued_is_refused_and_never_adopted(
    fake: Sessions, fake_store: Store, sid: Any
) -> None:
    genuine = fake.start("alice", now=NOW).sid
    before = [(e.key, e.value) for e in fake_store.entries()]
    for use in (fake.resolve, fake.renew, fake.peek):
        with pytest.raises(UnknownSessionError):
            use(sid, now=NOW)
    assert fake.end(sid) is None
    assert [(e.key, e.value) for e in fake_store.entries()] == before
    assert fake.resolve(genuine, now=NOW).user == "alice"


def test_odd_text_never_reaches_the_store(fake: Sessions, fake_store: Store) -> None:
    fake_store.observer.reset()
    with pytest.raises(UnknownSessionError):
        fake.resolve("x" * 1_000_000, now=NOW)
    assert fake_store.observer.trips == 0


def test_the_idle_timeout_starts_anew_at_each_use_to_the_second(sessions: Sessions) -> None:
    sid = sessions.start("alice", now=NOW).sid
    for n in range(1, 4):
        sessions.resolve(sid, now=NOW + n * (IDLE - 1))
    last = NOW + 3 * (IDLE - 1)
    assert alive(sessions, sid, last + IDLE - 1)
    with pytest.raises(ExpiredSessionError) as caught:
        sessions.resolve(sid, now=last + IDLE)
    assert caught.value.timeout == "idle"
    with pytest.raises(UnknownSessionError):
        sessions.resolve(sid, now=last + IDLE)


def test_the_absolute_timeout_comes_however_busy_the_session_is(sessions: Sessions) -> None:
    sid, now = sessions.start("alice", now=NOW).sid, NOW
    while now < NOW + ABSOLUTE - 600:
        now += 600
        sessions.resolve(sid, now=now)
    assert sessions.resolve(sid, now=NOW + ABSOLUTE - 1).created == NOW
    with pytest.raises(ExpiredSessionError) as caught:
        sessions.resolve(sid, now=NOW + ABSOLUTE)
    assert caught.value.timeout == "absolute"


def test_looking_keeps_nothing_alive(sessions: Sessions) -> None:
    sid = sessions.start("alice", now=NOW).sid
    for n in range(1, 10):
        sessions.peek(sid, now=NOW + 99 * n)
    assert not alive(sessions, sid, NOW + IDLE)


def test_a_clock_that_steps_back_shortens_nothing(sessions: Sessions) -> None:
    sid = sessions.start("alice", now=NOW).sid
    sessions.resolve(sid, now=NOW + 800)
    sessions.resolve(sid, now=NOW + 100)
    assert alive(sessions, sid, NOW + 800 + IDLE - 1)


def test_renewal_kills_the_old_id_and_keeps_the_absolute_end(sessions: Sessions) -> None:
    old = sessions.start("alice", now=NOW, device="a phone").sid
    renewed = sessions.renew(old, now=NOW + 60, auth_time=NOW + 60)
    assert renewed.sid != old
    assert not alive(sessions, old, NOW + 60)
    found = sessions.resolve(renewed.sid, now=NOW + 61)
    assert (found.user, found.device, found.created, found.auth_time) == ("alice", "a phone", NOW, NOW + 60)
    assert [s.handle for s in sessions.of("alice", now=NOW + 61)] == [renewed.session.handle]
    now = NOW + 61
    while now < NOW + ABSOLUTE - 600:
        now += 600
        sessions.resolve(renewed.sid, now=now)
    assert not alive(sessions, renewed.sid, NOW + ABSOLUTE)


def test_a_dead_session_is_not_renewed(sessions: Sessions) -> None:
    sid = sessions.start("alice", now=NOW).sid
    with pytest.raises(ExpiredSessionError):
        sessions.renew(sid, now=NOW + IDLE)
    sessions.end(sid)
    with pytest.raises(UnknownSessionError):
        sessions.renew(sid, now=NOW)


def test_an_end_is_the_end_and_says_whose_it_was(sessions: Sessions, store: Store) -> None:
    sid = sessions.start("alice", now=NOW).sid
    ended = sessions.end(sid)
    assert ended is not None
    assert ended.user == "alice"
    assert sessions.end(sid) is None
    assert not alive(sessions, sid)
    left = {e.key for e in store.entries()} - {store.keys.clock_offset}
    assert left == set()


def test_one_device_is_ended_by_its_handle_and_only_ones_own(sessions: Sessions) -> None:
    phone, laptop = (
        sessions.start("alice", now=NOW + n, device=d) for n, d in enumerate(["phone", "laptop"])
    )
    assert [s.device for s in sessions.of("alice", now=NOW + 2)] == ["phone", "laptop"]
    assert not sessions.end_one("bob", phone.session.handle)
    assert alive(sessions, phone.sid)
    assert sessions.end_one("alice", phone.session.handle)
    assert not sessions.end_one("alice", phone.session.handle)
    assert not alive(sessions, phone.sid)
    assert alive(sessions, laptop.sid)


def test_all_of_a_user_are_ended_but_for_the_present_one_and_nobody_elses(sessions: Sessions) -> None:
    mine = [sessions.start("alice", now=NOW + n).sid for n in range(4)]
    yours = sessions.start("bob", now=NOW).sid
    assert len(sessions.end_of("alice", keep=mine[2])) == 3
    assert [alive(sessions, sid, NOW + 5) for sid in mine] == [False, False, True, False]
    assert len(sessions.end_of("alice")) == 1
    assert sessions.end_of("alice") == []
    assert alive(sessions, yours, NOW + 5)


def test_the_oldest_goes_when_there_are_too_many(sessions: Sessions) -> None:
    started = [sessions.start("alice", now=NOW + n) for n in range(CAP + 2)]
    assert [len(s.evicted) for s in started] == [0] * CAP + [1, 1]
    assert [alive(sessions, s.sid, NOW + 9) for s in started] == [False] * 2 + [True] * CAP
    assert started[CAP].evicted == (started[0].session.handle,)


def test_the_index_does_not_grow_for_ever(sessions: Sessions, store: Store) -> None:
    for day in range(30):
        sessions.start("alice", now=NOW + day * 86_400)
    assert store.redis.zcard(store.keys.sessions_of("alice")) == 1


def test_at_the_cap_no_interleaving_of_two_logins_leaves_more(fake: Sessions) -> None:
    def fill() -> None:
        fake.end_of("alice")
        for n in range(CAP):
            fake.start("alice", now=NOW + n)

    races = list(
        interleavings(
            fake._store,
            lambda: fake.start("alice", now=NOW + 50),
            lambda: fake.start("alice", now=NOW + 51),
            setup=fill,
        )
    )
    assert races
    assert len(fake.of("alice", now=NOW + 52)) == CAP


@pytest.mark.parametrize("ending", ["end", "end_of", "end_one", "renew"])
def test_no_use_brings_back_what_was_ended_in_between(fake: Sessions, ending: str) -> None:
    """At every place at which the ending can come into a request."""
    held: dict[str, Any] = {}

    def begin() -> None:
        held["started"] = fake.start("alice", now=NOW)

    def finish() -> None:
        started = held["started"]
        if ending == "end":
            fake.end(started.sid)
        elif ending == "end_of":
            fake.end_of("alice")
        elif ending == "end_one":
            fake.end_one("alice", started.session.handle)
        else:
            fake.renew(started.sid, now=NOW + 5)

    races = 0
    for race in interleavings(
        fake._store, lambda: fake.resolve(held["started"].sid, now=NOW + 10), finish, setup=begin
    ):
        races += 1
        assert race.second.ok
        assert not race.first.ok
        assert not alive(fake, held["started"].sid, NOW + 11)
    assert races >= 2


def test_two_renewals_at_once_leave_one_session(fake: Sessions) -> None:
    held: dict[str, str] = {}

    def begin() -> None:
        fake.end_of("alice")
        held["sid"] = fake.start("alice", now=NOW).sid

    def renew() -> str:
        return fake.renew(held["sid"], now=NOW + 1).sid

    for race in interleavings(fake._store, renew, renew, setup=begin):
        assert race.first.ok + race.second.ok == 1
        assert len(fake.of("alice", now=NOW + 2)) == 1


class AgainstAModel(RuleBasedStateMachine):
    """Any sequence of logins, uses, endings and passing time, against a dict that says what must be alive."""

    @initialize()
    def open(self) -> None:
        self.store = open_store()
        self.sessions = Sessions(self.store, idle=IDLE, absolute=ABSOLUTE, cap=3)
        self.now = NOW
        self.model: dict[str, dict[str, Any]] = {}
        self.gone: list[str] = []

    def living(self) -> dict[str, dict[str, Any]]:
        return {
            sid: s
            for sid, s in self.model.items()
            if self.now < s["seen"] + IDLE and self.now < s["created"] + ABSOLUTE
        }

    def chosen(self, data: st.DataObject) -> str:
        # By its place and not by its text, which is random: the same draw must mean the same session again.
        return list(self.model)[data.draw(st.integers(0, len(self.model) - 1))]

    @rule(user=st.sampled_from(["alice", "bob"]))
    def start(self, user: str) -> None:
        self.now += 1  # the order of logins decides who goes
        sid = self.sessions.start(user, now=self.now).sid
        # The cap counts what the server has not yet seen die: an idle session still holds its place.
        held = [s for s, v in self.model.items() if v["user"] == user and self.now < v["created"] + ABSOLUTE]
        for old in held[: max(0, len(held) - 2)]:
            self.gone.append(old)
            del self.model[old]
        self.model[sid] = {"user": user, "created": self.now, "seen": self.now}

    @rule(seconds=st.integers(0, 1000))
    def wait(self, seconds: int) -> None:
        self.now += seconds
        self.store.clock.step(seconds)

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def use(self, data: st.DataObject) -> None:
        sid = self.chosen(data)
        if sid in self.living():
            assert self.sessions.resolve(sid, now=self.now).user == self.model[sid]["user"]
            self.model[sid]["seen"] = self.now
        else:
            with pytest.raises((ExpiredSessionError, UnknownSessionError)):
                self.sessions.resolve(sid, now=self.now)
            self.gone.append(sid)
            del self.model[sid]

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        sid = self.chosen(data)
        self.sessions.end(sid)
        self.gone.append(sid)
        del self.model[sid]

    @rule(user=st.sampled_from(["alice", "bob"]))
    def end_all(self, user: str) -> None:
        self.sessions.end_of(user)
        for sid in [sid for sid, s in self.model.items() if s["user"] == user]:
            self.gone.append(sid)
            del self.model[sid]

    @invariant()
    def exactly_the_living_are_alive(self) -> None:
        living = self.living()
        assert {sid for sid in self.model if alive(self.sessions, sid, self.now)} == set(living)
        assert not any(alive(self.sessions, sid, self.now) for sid in self.gone[-20:])
        for user in ("alice", "bob"):
            listed = {s.handle for s in self.sessions.of(user, now=self.now)}
            assert listed == {fingerprint(sid)[:16] for sid, s in living.items() if s["user"] == user}


AgainstAModel.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestAgainstAModel = AgainstAModel.TestCase
