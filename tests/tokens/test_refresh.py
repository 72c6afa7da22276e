"""Refresh tokens, one step at a time: rotation, reuse, binding, the two ages of a family, and the price of grace."""

from __future__ import annotations

from typing import Any

import pytest

from labapp.errors import (
    InvalidGrantError,
    InvalidScopeError,
    ReplayedRefreshTokenError,
    StorageUnavailableError,
)
from labapp.store import Store
from labapp.tokens.refresh import PREFIX, Grant, RefreshFamilies
from labapp.tokens.revocation import EndedFamilies
from tests.timeline import Timeline

LIFE, IDLE = 1000, 100


class Logins:
    """Families of one store under Timeline's clock, with short words for what tests do."""

    def __init__(
        self, store: Store, time: Timeline, *, grace: int = 0, ended: EndedFamilies | None = None
    ) -> None:
        self.store, self.time = store, time
        self.families = RefreshFamilies(store, life=LIFE, idle=IDLE, grace=grace, ended=ended)

    def begin(
        self, user: str = "alice", *, client_id: str = "web", scope: str = "accounts transfers"
    ) -> Grant:
        return self.families.begin(user, client_id=client_id, scope=scope, now=self.time.now)

    def rotate(self, grant: Grant | str, *, client_id: str = "web", scope: str | None = None) -> Grant:
        token = grant.refresh_token if isinstance(grant, Grant) else grant
        return self.families.rotate(token, client_id=client_id, now=self.time.now, scope=scope)

    def chain(self, length: int) -> list[Grant]:
        """One login and its exchanges: only the last token is good."""
        grants = [self.begin()]
        for _ in range(length - 1):
            grants.append(self.rotate(grants[-1]))
        return grants

    def refused(self, grant: Grant | str, **more: Any) -> str:
        """Try to rotate; return the rule that refused, or `accepted`."""
        try:
            self.rotate(grant, **more)
        except InvalidGrantError as refusal:
            assert refusal.code in ("invalid_grant", "invalid_scope")
            return refusal.refused
        return "accepted"

    def alive(self, user: str = "alice") -> set[str]:
        return {family.id for family in self.families.of(user, now=self.time.now)}

    def snapshot(self) -> Any:
        """Everything that the store holds, but for how long it will."""
        lasting = {self.store.keys.clock_offset, self.store.keys.generation}
        return [(e.key, e.value) for e in self.store.entries() if e.key not in lasting]


@pytest.fixture
def logins(store: Store, time: Timeline) -> Logins:
    return Logins(store, time)


@pytest.fixture
def graceful(store: Store, time: Timeline) -> Logins:
    return Logins(store, time, grace=10)


# --- rotation -------------------------------------------------------------------------------------------------------


def test_each_exchange_gives_a_new_token_of_the_same_login(logins: Logins) -> None:
    grants = logins.chain(6)
    assert len({grant.refresh_token for grant in grants}) == 6
    assert {(g.family, g.user, g.scope, g.auth_time, g.expires) for g in grants} == {
        (grants[0].family, "alice", "accounts transfers", logins.time.start, logins.time.start + LIFE)
    }
    family = logins.families.get(grants[0].family)
    assert family is not None
    assert (family.rotations, family.used) == (5, logins.time.now)


def test_a_login_may_say_when_it_was_proved(logins: Logins) -> None:
    earlier = logins.time.now - 50
    grant = logins.families.begin("alice", client_id="web", scope="", now=logins.time.now, auth_time=earlier)
    assert grant.auth_time == logins.rotate(grant).auth_time == earlier


def test_a_token_is_found_by_its_hash_only(logins: Logins) -> None:
    """A copy of the store opens no door: no token stands in it, nor any part of one."""
    grants = logins.chain(4)
    logins.refused(grants[0])
    dump = repr(logins.store.entries())
    for grant in grants:
        secret = grant.refresh_token.removeprefix(PREFIX)
        assert not any(secret[i : i + 12] in dump for i in range(len(secret) - 12))


def test_a_copy_of_the_store_opens_no_door(logins: Logins) -> None:
    """Neither the name of a key nor what stands under it is a token."""
    logins.rotate(logins.begin())
    words = {word for entry in logins.store.entries() for word in _words(entry.key, entry.value)}
    assert {logins.refused(word) for word in words} <= {"shape", "unknown"}
    assert {logins.refused(PREFIX + word) for word in words} <= {"shape", "unknown"}


def _words(key: str, value: Any) -> list[str]:
    values = value.values() if isinstance(value, dict) else [value]
    return [*key.split(":"), *(str(v) for v in values)]


# --- reuse ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["thief", "victim"])
def test_reuse_is_noticed_in_both_orders_and_ends_the_login_for_both(logins: Logins, first: str) -> None:
    """Whoever comes second is noticed; which of the two is the thief, the server cannot know."""
    stolen = logins.begin()
    winner = logins.rotate(stolen)
    with pytest.raises(ReplayedRefreshTokenError):
        logins.rotate(stolen)
    assert logins.refused(winner) == "ended"
    assert logins.alive() == set()


def test_any_ancestor_is_reuse_not_only_the_last(logins: Logins) -> None:
    chain = logins.chain(5)
    with pytest.raises(ReplayedRefreshTokenError):
        logins.rotate(chain[0])
    assert logins.refused(chain[-1]) == "ended"


def test_reuse_is_noticed_every_time(logins: Logins) -> None:
    """Also when the login has ended already: each is a sign that somebody holds a copy."""
    chain = logins.chain(4)
    assert [logins.refused(grant) for grant in (*chain[:3], *chain[:3])] == ["reuse"] * 6
    assert logins.refused(chain[3]) == "ended"


@pytest.mark.parametrize("how", ["logout", "old age", "idleness"])
def test_reuse_is_noticed_after_any_end(logins: Logins, how: str) -> None:
    old = logins.begin()
    live = logins.rotate(old)
    if how == "logout":
        logins.families.end(old.family, reason="logout", now=logins.time.now)
    elif how == "idleness":
        logins.time.advance(IDLE)
    else:
        while logins.time.now + IDLE - 1 < logins.time.start + LIFE:
            logins.time.advance(IDLE - 1)
            live = logins.rotate(live)
        logins.time.to(LIFE)
    assert logins.refused(old) == "reuse"
    assert logins.refused(live) != "accepted"


def test_why_a_login_ended_is_not_rewritten_by_what_comes_later(logins: Logins) -> None:
    old = logins.begin()
    logins.rotate(old)
    logins.families.end(old.family, reason="logout", now=logins.time.now)
    logins.refused(old)
    family = logins.families.get(old.family)
    assert family is not None
    assert family.ended == "logout"


def test_reuse_ends_its_own_login_and_no_other(logins: Logins) -> None:
    """Neither another login of the same user on the same client, nor anybody else's."""
    stolen, same_user, other_user = logins.begin(), logins.begin(), logins.begin("bob")
    logins.rotate(stolen)
    logins.refused(stolen)
    assert logins.alive() == {same_user.family}
    assert logins.alive("bob") == {other_user.family}
    assert logins.rotate(same_user).user == "alice"
    assert logins.rotate(other_user).user == "bob"


def test_an_ended_login_marks_its_access_tokens(store: Store, time: Timeline) -> None:
    ended = EndedFamilies(store, life=300, leeway=5)
    logins = Logins(store, time, ended=ended)
    old, other = logins.begin(), logins.begin()
    logins.rotate(old)
    assert not store.redis.exists(store.keys.ended(old.family))
    logins.refused(old)
    assert store.redis.exists(store.keys.ended(old.family))
    assert not store.redis.exists(store.keys.ended(other.family))


# --- binding --------------------------------------------------------------------------------------------------------


def test_another_client_gets_nothing_and_changes_nothing(logins: Logins) -> None:
    grant = logins.begin(client_id="web")
    before = logins.snapshot()
    for client_id in ("mobile", "", "WEB", "web ", "we"):
        assert logins.refused(grant, client_id=client_id) == "client"
    assert logins.snapshot() == before
    assert logins.refused(grant) == "accepted"


def test_a_token_is_its_users_whoever_presents_it(logins: Logins) -> None:
    """The user comes from the store, and there is no way to say another."""
    alice, bob = logins.begin("alice"), logins.begin("bob")
    assert (logins.rotate(bob).user, logins.rotate(alice).user) == ("bob", "alice")


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        (None, "accounts transfers"),
        ("accounts", "accounts"),
        ("transfers accounts", "transfers accounts"),
        ("accounts accounts", "accounts"),
        ("  accounts ", "accounts"),
        ("", ""),
    ],
)
def test_scope_can_be_narrowed_for_one_exchange(logins: Logins, asked: str | None, granted: str) -> None:
    """The next exchange starts from what the login was granted (RFC 6749 section 6)."""
    narrowed = logins.rotate(logins.begin(), scope=asked)
    assert narrowed.scope == granted
    assert logins.rotate(narrowed).scope == "accounts transfers"


@pytest.mark.parametrize(
    "asked", ["admin", "accounts admin", "account", "ACCOUNTS", "accounts,transfers", "*", "\0", "\ud800"]
)
def test_asking_for_more_leaves_everything_as_it_was(logins: Logins, asked: str) -> None:
    grant = logins.begin()
    before = logins.snapshot()
    with pytest.raises(InvalidScopeError) as refused:
        logins.rotate(grant, scope=asked)
    assert refused.value.code == "invalid_scope"
    assert logins.snapshot() == before
    assert logins.refused(grant) == "accepted"


def test_asking_for_more_with_a_used_token_is_reuse(logins: Logins) -> None:
    used = logins.begin()
    live = logins.rotate(used)
    assert logins.refused(used, scope="admin") == "reuse"
    assert logins.refused(live) == "ended"


# --- age ------------------------------------------------------------------------------------------------------------


def test_a_login_ends_at_its_absolute_life_however_busy(logins: Logins) -> None:
    """Rotation does not extend it (ASVS v5.0.0-10.4.8)."""
    grant = logins.begin()
    while logins.time.now + IDLE / 2 < logins.time.start + LIFE:
        logins.time.advance(IDLE / 2)
        grant = logins.rotate(grant)
    logins.time.to(LIFE - 0.25)
    grant = logins.rotate(grant)
    logins.time.to(LIFE)
    assert logins.refused(grant) == "absolute"
    assert logins.alive() == set()


def test_a_login_ends_when_it_lies_unused(logins: Logins) -> None:
    """Counted from the last exchange: at the boundary it is dead, and just before it was not."""
    grant = logins.begin()
    logins.time.advance(IDLE - 0.25)
    grant = logins.rotate(grant)
    logins.time.advance(IDLE - 0.25)
    assert logins.alive() == {grant.family}
    logins.time.advance(0.25)
    assert logins.refused(grant) == "idle"
    assert logins.alive() == set()


def test_being_refused_is_no_use(logins: Logins) -> None:
    """Asking for too much, or as the wrong client, does not keep a login awake."""
    grant = logins.begin()
    for _ in range(4):
        logins.time.advance(IDLE / 4)
        logins.refused(grant, scope="admin")
        logins.refused(grant, client_id="mobile")
    assert logins.refused(grant) == "idle"


def test_in_the_end_the_store_holds_nothing(logins: Logins) -> None:
    for user in ("alice", "bob"):
        logins.rotate(logins.rotate(logins.begin(user)))
    ended = logins.begin()
    logins.families.end(ended.family, reason="logout", now=logins.time.now)
    logins.time.advance(2 * LIFE)
    assert logins.snapshot() == []


def test_the_index_does_not_grow_for_ever(logins: Logins) -> None:
    """Neither by logins that end nor by logins that expire, for a user who always comes back in time."""
    for _ in range(30):
        grant = logins.begin()
        logins.families.end(grant.family, reason="logout", now=logins.time.now)
    assert logins.store.redis.zcard(logins.store.keys.families_of("alice")) == 0
    for _ in range(30):
        logins.begin()
        logins.time.advance(LIFE / 2)
    assert logins.store.redis.zcard(logins.store.keys.families_of("alice")) <= 3


@pytest.mark.parametrize("back", [1, 3600])
def test_a_clock_that_is_set_back_revives_nothing(logins: Logins, back: float) -> None:
    """NTP corrects a clock: what was ended stays ended, and what was used stays used, also with grace 0."""
    used = logins.begin()
    logins.time.advance(10)
    live = logins.rotate(used)
    logins.time.advance(-back)
    assert logins.refused(used) == "reuse"
    assert logins.refused(live) == "ended"


# --- grace ----------------------------------------------------------------------------------------------------------


def test_in_its_grace_the_parent_is_refused_and_the_login_lives(graceful: Logins) -> None:
    parent = graceful.begin()
    live = graceful.rotate(parent)
    before = graceful.snapshot()
    for _ in range(3):
        assert graceful.refused(parent) == "grace"
    assert graceful.snapshot() == before
    assert graceful.refused(live) == "accepted"


@pytest.mark.parametrize(("after", "rule"), [(9.75, "grace"), (10, "reuse"), (10.25, "reuse"), (60, "reuse")])
def test_the_grace_ends_to_the_second(graceful: Logins, after: float, rule: str) -> None:
    parent = graceful.begin()
    graceful.time.advance(50)
    live = graceful.rotate(parent)
    graceful.time.advance(after)
    assert graceful.refused(parent) == rule
    assert graceful.refused(live) == ("accepted" if rule == "grace" else "ended")


def test_coming_back_in_its_grace_does_not_lengthen_it(graceful: Logins) -> None:
    parent = graceful.begin()
    graceful.rotate(parent)
    for _ in range(2):
        graceful.time.advance(4.5)
        assert graceful.refused(parent) == "grace"
    graceful.time.advance(1)
    assert graceful.refused(parent) == "reuse"


def test_only_the_immediate_parent_has_a_grace(graceful: Logins) -> None:
    grandparent = graceful.begin()
    parent = graceful.rotate(grandparent)
    live = graceful.rotate(parent)
    assert graceful.refused(parent) == "grace"
    assert graceful.refused(grandparent) == "reuse"
    assert graceful.refused(live) == "ended"


def test_a_grace_opens_no_door_of_a_login_that_has_ended(graceful: Logins) -> None:
    parent = graceful.begin()
    graceful.rotate(parent)
    graceful.families.end(parent.family, reason="logout", now=graceful.time.now)
    assert graceful.refused(parent) == "ended"


def test_a_thief_in_the_grace_is_not_noticed(graceful: Logins) -> None:
    """The price of the grace, written down: nothing is gained, and nobody hears of it."""
    parent = graceful.begin()
    graceful.rotate(parent)
    assert graceful.refused(parent) == "grace"
    assert graceful.alive() == {parent.family}


def test_a_clock_that_is_set_back_does_not_lengthen_a_grace_for_ever(graceful: Logins) -> None:
    """As long as the clock is behind the last use it counts as that moment."""
    parent = graceful.begin()
    graceful.time.advance(50)
    graceful.rotate(parent)
    graceful.time.advance(-20)
    assert graceful.refused(parent) == "grace"
    graceful.time.advance(30)
    assert graceful.refused(parent) == "reuse"


# --- ending ---------------------------------------------------------------------------------------------------------


def test_ending_is_once_and_for_all(logins: Logins) -> None:
    grant = logins.begin()
    assert logins.families.end(grant.family, reason="logout", now=logins.time.now) is True
    assert logins.families.end(grant.family, reason="logout", now=logins.time.now) is False
    assert logins.families.end("no-such-family", reason="logout", now=logins.time.now) is False
    for _ in range(2):
        assert logins.refused(grant) == "ended"
    assert logins.alive() == set()


def test_ending_all_of_a_user_keeps_the_one_that_is_named(logins: Logins) -> None:
    grants = [logins.begin() for _ in range(4)]
    bob = logins.begin("bob")
    gone = logins.families.end_of("alice", reason="x", now=logins.time.now, keep=grants[2].family)
    assert set(gone) == {g.family for g in grants} - {grants[2].family}
    assert logins.alive() == {grants[2].family}
    assert logins.alive("bob") == {bob.family}
    assert logins.families.end_of("alice", reason="x", now=logins.time.now) == [grants[2].family]
    assert logins.families.end_of("alice", reason="x", now=logins.time.now) == []
    assert logins.families.end_of("nobody", reason="x", now=logins.time.now) == []


def test_ending_all_is_not_fooled_by_a_clock_that_runs_ahead(logins: Logins) -> None:
    """A login that only seems dead of idleness would be back when the clock is corrected."""
    grant = logins.begin()
    logins.families.end_of("alice", reason="x", now=logins.time.now + IDLE + 1)
    assert logins.refused(grant) == "ended"


def test_what_was_dead_already_is_not_told_as_ended(logins: Logins) -> None:
    logins.begin()
    logins.time.advance(IDLE)
    fresh = logins.begin()
    assert logins.families.end_of("alice", reason="x", now=logins.time.now) == [fresh.family]


def test_logins_are_listed_oldest_first(logins: Logins) -> None:
    expected = []
    for _ in range(4):
        expected.append(logins.begin().family)
        logins.time.advance(1)
    assert [family.id for family in logins.families.of("alice", now=logins.time.now)] == expected


def test_a_family_is_found_by_any_of_its_tokens(logins: Logins) -> None:
    old = logins.begin()
    live = logins.rotate(old)
    for token in (old.refresh_token, live.refresh_token):
        family = logins.families.find(token)
        assert family is not None
        assert family.id == old.family
    assert logins.families.find("rt_" + "A" * 43) is None
    assert logins.families.get("no-such-family") is None


# --- odd texts ------------------------------------------------------------------------------------------------------

ODD: dict[str, Any] = {
    "nothing": None,
    "empty": "",
    "a number": 7,
    "true": True,
    "a list": ["rt_"],
    "bytes": b"rt_" + b"A" * 43,
    "only the prefix": "rt_",
    "another prefix": "xx_" + "A" * 43,
    "the prefix in capitals": "RT_" + "A" * 43,
    "too short": "rt_" + "A" * 42,
    "too long": "rt_" + "A" * 44,
    "a megabyte": "rt_" + "A" * 1_000_000,
    "NUL": "rt_" + "A" * 42 + "\0",
    "a newline behind": "rt_" + "A" * 43 + "\n",
    "a space in front": " rt_" + "A" * 43,
    "a lone surrogate": "rt_" + "A" * 42 + "\ud800",
    "not ASCII": "rt_" + "A" * 42 + "é",
    "a wildcard": "rt_" + "*" * 43,
    "a line of the store's protocol": "rt_\r\nFLUSHALL\r\n",
    "an access token": "eyJhbGciOiJub25lIn0.e30.c2ln",
}


@pytest.mark.parametrize("token", ODD.values(), ids=ODD)
def test_an_odd_text_never_reaches_the_store(logins: Logins, token: Any) -> None:
    logins.begin()
    logins.store.observer.reset()
    assert logins.refused(token) == "shape"
    assert logins.families.find(token) is None
    assert logins.store.observer.trips == 0


def test_a_text_of_the_right_shape_that_was_never_issued_is_unknown(logins: Logins) -> None:
    grant = logins.begin()
    assert logins.refused("rt_" + "A" * 43) == "unknown"
    assert logins.refused(grant.refresh_token.swapcase().replace("RT_", "rt_")) == "unknown"
    assert logins.refused(grant) == "accepted"


def test_no_message_repeats_a_token(graceful: Logins) -> None:
    parent = graceful.begin()
    live = graceful.rotate(parent)
    for token in (parent.refresh_token, "rt_" + "A" * 43, "secret"):
        with pytest.raises(InvalidGrantError) as refusal:
            graceful.rotate(token)
        assert token not in str(refusal.value)
        assert live.refresh_token not in str(refusal.value)


# --- price and loss of the store --------------------------------------------------------------------------------------


def test_an_exchange_takes_four_trips(logins: Logins) -> None:
    """Find the family; watch and read it; write all at once."""
    grant = logins.begin()
    logins.store.observer.reset()
    logins.rotate(grant)
    assert logins.store.observer.trips == 4


def test_a_store_that_is_down_lets_nobody_in_and_forgets_nothing(fake_store: Store) -> None:
    logins = Logins(fake_store, Timeline(fake_store))
    grant = logins.begin()
    with fake_store.outage():
        for work in (
            logins.begin,
            lambda: logins.rotate(grant),
            lambda: logins.families.find(grant.refresh_token),
        ):
            with pytest.raises(StorageUnavailableError):
                work()
    assert logins.refused(grant) == "accepted"


@pytest.mark.parametrize("k", range(1, 5))
def test_a_store_that_goes_down_in_the_middle_leaves_a_whole_family(fake_store: Store, k: int) -> None:
    """Before each trip in turn; afterwards the token is as good as it was, because nothing was half done."""
    logins = Logins(fake_store, Timeline(fake_store))
    grant = logins.begin()
    trips = 0

    def cut(names: list[str]) -> None:
        nonlocal trips
        trips += 1
        if trips == k:
            fake_store.stop()

    fake_store.observer.before = cut
    with pytest.raises(StorageUnavailableError):
        logins.rotate(grant)
    fake_store.observer.before = None
    fake_store.start()
    assert logins.refused(grant) == "accepted"
