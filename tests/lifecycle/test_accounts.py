"""One act ends what an account holds at both doors, and nothing of anybody else."""

from __future__ import annotations

from typing import Any

import pytest

from labapp.audit import Trail
from labapp.errors import InvalidGrantError, InvalidLoginError, RevokedTokenError, SetupError
from labapp.errors import LabError as AnyRefusal
from labapp.lifecycle.accounts import Accounts, Ended
from labapp.people import People
from labapp.profiles import WORKSHOP
from labapp.sessions.sessions import Sessions
from labapp.store import Store
from labapp.store.interleave import interleavings
from labapp.tokens.access import AccessTokenIssuer, AccessTokenVerifier
from labapp.tokens.keys import KeyRing
from labapp.tokens.refresh import RefreshFamilies
from labapp.tokens.revocation import CutOff, EndedFamilies, Lookup
from tests.timeline import Timeline

ISSUER = "https://id.harbour.test"
RING = KeyRing("ES256")


class House:
    """The two doors' memories and the directory, with alice and bob, who have several of everything."""

    def __init__(self, store: Store) -> None:
        self.store, self.time = store, Timeline(store)
        self.trail = Trail()
        self.people = People(store, WORKSHOP.password_cost)
        self.ended = EndedFamilies(store, life=900, leeway=5)
        self.cut_off = CutOff(store, life=900, leeway=5)
        self.lookup = Lookup(store, [self.ended, self.cut_off])
        self.families = RefreshFamilies(store, life=28800, idle=3600, ended=self.ended)
        self.sessions = Sessions(store, idle=900, absolute=28800, cap=5)
        self.issuer = AccessTokenIssuer(ISSUER, RING, life=900)
        self.verifier = AccessTokenVerifier(ISSUER, "bank", RING.published, leeway=5)
        self.accounts = Accounts(
            self.people, self.sessions, self.families, cut_off=self.cut_off, issuer=ISSUER, trail=self.trail
        )
        self.held: dict[str, dict[str, Any]] = {}
        for user in ("alice", "bob"):
            self.people.add(user, f"{user}'s password", roles=("customer",))
            self.held[user] = {
                "sessions": [self.sessions.start(user, now=self.now).sid for _ in range(2)],
                "families": [
                    self.families.begin(user, client_id=c, scope="accounts", now=self.now)
                    for c in ("web", "cli")
                ],
            }
            self.held[user]["access"] = [self.issue(user, g.family) for g in self.held[user]["families"]]
            self.held[user]["bare"] = [self.issue(user, None)]

    @property
    def now(self) -> float:
        return self.time.now

    def issue(self, user: str, family: str | None) -> str:
        return self.issuer.issue(
            user, client_id="web", audience="bank", scope="accounts", now=self.now, family=family
        )

    def alive(self, user: str) -> dict[str, list[bool]]:
        """Which of the things that a user holds are still good; looking uses nothing up."""
        found: dict[str, list[bool]] = {}
        for kind, things in self.held[user].items():
            found[kind] = [self._is_good(kind, thing) for thing in things]
        return found

    def _is_good(self, kind: str, thing: Any) -> bool:
        try:
            if kind == "sessions":
                self.sessions.peek(thing, now=self.now)
            elif kind == "families":
                family = self.families.find(thing.refresh_token)
                return family is not None and not family.ended
            else:
                token = self.verifier.verify(thing, now=self.now)
                self.lookup.refuse_if_revoked(token, now=self.now)
        except AnyRefusal:
            return False
        return True

    def acts(self) -> list[tuple[Any, ...]]:
        """What the trail says was done."""
        return [(r.event, r.user, r.actor, r.detail) for r in self.trail.records(service="lifecycle")]


@pytest.fixture
def house(store: Store) -> House:
    return House(store)


ALL = {"sessions": [True, True], "families": [True, True], "access": [True, True], "bare": [True]}
NOTHING = {"sessions": [False, False], "families": [False, False], "access": [False, False]}


def test_everything_is_good_before_anything_is_done(house: House) -> None:
    assert house.alive("alice") == house.alive("bob") == ALL


def test_logging_out_everywhere_ends_sessions_and_logins_at_both_doors(house: House) -> None:
    ended = house.accounts.log_out_everywhere("alice", now=house.now)
    assert house.alive("alice") == NOTHING | {"bare": [True]}, "a token without a login needs a cut-off"
    assert house.alive("bob") == ALL
    assert sorted(ended.families) == sorted(g.family for g in house.held["alice"]["families"])
    assert len(ended.sessions) == 2
    assert len(ended) == 4
    assert house.acts() == [
        ("revoke", "alice", None, {"reason": "logout-everywhere", "sessions": 2, "families": 2})
    ]


def test_what_is_ended_stays_ended_and_ending_it_again_finds_nothing(house: House) -> None:
    house.accounts.log_out_everywhere("alice", now=house.now)
    again = house.accounts.log_out_everywhere("alice", now=house.time.advance(10))
    assert again == Ended((), ())
    assert len(again) == 0
    assert house.alive("alice") == NOTHING | {"bare": [True]}


@pytest.mark.parametrize("kept", [0, 1])
def test_the_present_device_can_be_kept(house: House, kept: int) -> None:
    """One session, one login, or both; and the access tokens of the login that is kept."""
    held = house.held["alice"]
    house.accounts.log_out_everywhere(
        "alice",
        now=house.now,
        keep_session=held["sessions"][kept],
        keep_family=held["families"][kept].family,
    )
    only = [n == kept for n in range(2)]
    assert house.alive("alice") == {"sessions": only, "families": only, "access": only, "bare": [True]}
    assert house.alive("bob") == ALL
    house.families.rotate(held["families"][kept].refresh_token, client_id=("web", "cli")[kept], now=house.now)


@pytest.mark.parametrize("odd", ["", "A" * 43, "\ud800", 5, None, b"x"])
def test_keeping_what_is_not_there_keeps_nothing(house: House, odd: object) -> None:
    house.accounts.log_out_everywhere("alice", now=house.now, keep_session=odd, keep_family="no such")
    assert house.alive("alice") == NOTHING | {"bare": [True]}


def test_somebody_elses_session_cannot_be_kept_instead(house: House) -> None:
    bobs = house.held["bob"]
    house.accounts.log_out_everywhere(
        "alice", now=house.now, keep_session=bobs["sessions"][0], keep_family=bobs["families"][0].family
    )
    assert house.alive("alice") == NOTHING | {"bare": [True]}
    assert house.alive("bob") == ALL


def test_a_user_with_nothing_open_is_no_error(house: House) -> None:
    assert len(house.accounts.log_out_everywhere("nobody", now=house.now)) == 0


def test_shutting_an_account_ends_everything_also_tokens_without_a_login(house: House) -> None:
    ended = house.accounts.disable("alice", now=house.now, actor="ada")
    assert len(ended) == 4
    assert house.alive("alice") == NOTHING | {"bare": [False]}
    assert house.alive("bob") == ALL
    with pytest.raises(InvalidLoginError):
        house.people.check_password("alice", "alice's password")
    assert house.people.check_password("bob", "bob's password").name == "bob"
    assert house.acts() == [
        ("admin", "alice", "ada", {"act": "disable"}),
        ("revoke", "alice", "ada", {"reason": "disabled", "sessions": 2, "families": 2}),
    ]


def test_opening_it_again_revives_nothing(house: House) -> None:
    house.accounts.disable("alice", now=house.now, actor="ada")
    house.accounts.enable("alice", now=house.time.advance(60), actor="ada")
    assert house.alive("alice") == NOTHING | {"bare": [False]}
    assert house.people.check_password("alice", "alice's password").name == "alice"
    grant = house.families.begin("alice", client_id="web", scope="accounts", now=house.now)
    token = house.verifier.verify(house.issue("alice", grant.family), now=house.now)
    house.lookup.refuse_if_revoked(token, now=house.now)
    assert house.acts()[-1] == ("admin", "alice", "ada", {"act": "enable"})


def test_the_very_second_of_the_shutting_is_lost_for_tokens(house: House) -> None:
    """`iat` counts seconds: a token of that second cannot be told from one issued just before."""
    house.accounts.disable("alice", now=house.now, actor="ada")
    house.accounts.enable("alice", now=house.now, actor="ada")
    bare = house.issue("alice", None)
    with pytest.raises(RevokedTokenError, match="revoked"):
        house.lookup.refuse_if_revoked(house.verifier.verify(bare, now=house.now), now=house.now)


@pytest.mark.parametrize("act", ["disable", "enable"])
def test_nobody_can_be_shut_or_opened_who_is_not_there(house: House, act: str) -> None:
    with pytest.raises(SetupError, match="nobody called"):
        getattr(house.accounts, act)("nobody", now=house.now, actor="ada")
    assert house.acts() == [], "what was not done is not recorded"


def test_a_new_password_ends_what_the_old_one_opened_but_for_this_device(house: House) -> None:
    held = house.held["alice"]
    ended = house.accounts.change_password(
        "alice", "brand new", now=house.now, keep_session=held["sessions"][1]
    )
    assert house.alive("alice") == NOTHING | {"sessions": [False, True], "bare": [True]}
    assert house.alive("bob") == ALL
    assert len(ended) == 3
    with pytest.raises(InvalidLoginError):
        house.people.check_password("alice", "alice's password")
    assert house.people.check_password("alice", "brand new").roles == ("customer",)
    assert house.acts()[-1][3]["reason"] == "password-change"
    assert "brand new" not in repr(house.trail)


def test_a_new_password_can_keep_a_login_at_the_token_door(house: House) -> None:
    held = house.held["alice"]
    house.accounts.change_password(
        "alice", "brand new", now=house.now, keep_family=held["families"][0].family
    )
    assert house.alive("alice")["families"] == [True, False]
    assert house.alive("alice")["access"] == [True, False]


def test_a_bank_without_a_cut_off_shuts_accounts_too(house: House) -> None:
    accounts = Accounts(
        house.people, house.sessions, house.families, cut_off=None, issuer=ISSUER, trail=house.trail
    )
    accounts.disable("alice", now=house.now, actor="ada")
    assert house.alive("alice") == NOTHING | {"bare": [True]}


def test_whoever_comes_in_while_an_account_is_being_shut_finds_it_shut_or_is_ended(house: House) -> None:
    """First the door, then what is inside: at every place of the act, and the login's own check after it."""

    def setup() -> None:
        house.accounts.enable("alice", now=house.now, actor="ada")
        house.accounts.log_out_everywhere("alice", now=house.now)

    def log_in() -> bool:
        alice = house.people.check_password("alice", "alice's password")
        sid = house.sessions.start("alice", now=house.now).sid
        if not house.people.is_still(alice):
            house.sessions.end(sid)
        return True

    places = 0
    for race in interleavings(
        house.store,
        lambda: house.accounts.disable("alice", now=house.now, actor="ada"),
        log_in,
        setup=setup,
    ):
        places += 1
        assert race.first.ok
        assert house.sessions.of("alice", now=house.now) == [], f"at place {race.k}"
    assert places >= 5


def test_an_exchange_during_a_logout_everywhere_leaves_nothing_alive(house: House) -> None:
    grants: list[Any] = []

    def setup() -> None:
        grants[:] = [house.families.begin("alice", client_id="web", scope="accounts", now=house.now)]

    for race in interleavings(
        house.store,
        lambda: house.accounts.log_out_everywhere("alice", now=house.now),
        lambda: house.families.rotate(grants[0].refresh_token, client_id="web", now=house.now),
        setup=setup,
    ):
        newest = race.second.value if race.second.ok else grants[0]
        with pytest.raises(InvalidGrantError):
            house.families.rotate(newest.refresh_token, client_id="web", now=house.now)
        assert house.families.of("alice", now=house.now) == [], f"at place {race.k}"


def test_a_renewal_during_a_logout_everywhere_leaves_nothing_alive(house: House) -> None:
    sids: list[str] = []

    def setup() -> None:
        sids[:] = [house.sessions.start("alice", now=house.now).sid]

    for race in interleavings(
        house.store,
        lambda: house.accounts.log_out_everywhere("alice", now=house.now),
        lambda: house.sessions.renew(sids[0], now=house.now),
        setup=setup,
    ):
        assert race.first.ok
        assert house.sessions.of("alice", now=house.now) == [], f"at place {race.k}"
