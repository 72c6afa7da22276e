"""Every end is the end: at logout, at a change of password, when an account is shut, and when the store forgets."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from labapp.store.interleave import interleavings
from labapp.web.assembly import settle
from tests.web.outside import Browser, Outside, Token, word

# --- logout ---------------------------------------------------------------------------------------------------------


def test_logout_ends_this_login_and_no_other(outside: Outside) -> None:
    first, second, browser = outside.token("alice"), outside.token("alice"), outside.browser("alice")
    newer = Token(outside, first.refresh().json)
    newer.send("POST", "/id/logout")
    assert [first.works(), newer.works()] == [False, False], "every access token of that login"
    assert word(newer.refresh()) == "invalid_grant"
    assert [second.works(), browser.works()] == [True, True]
    assert word(newer.send("POST", "/id/logout")) == "invalid_token"


@pytest.mark.parametrize("door", ["token", "browser"])
def test_logout_everywhere_ends_everything_of_one_user_at_both_doors(outside: Outside, door: str) -> None:
    tokens = [outside.token("alice"), outside.token("alice", client_id="mobile")]
    browsers = [outside.browser("alice"), outside.browser("alice")]
    others = [outside.token("bob"), outside.browser("bob")]
    if door == "token":
        answer = tokens[0].send("POST", "/id/logout-everywhere")
    else:
        answer = browsers[0].post("/logout-everywhere")
        assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert answer.json == {"sessions": 2, "logins": 2}
    assert not [one for one in (*tokens, *browsers) if one.works()]
    assert {word(token.refresh()) for token in tokens[:1]} == {"invalid_grant"}
    assert all(other.works() for other in others)
    assert outside.token("alice").works(), "and a new login works in the same second"
    assert outside.browser("alice").works()


@pytest.mark.parametrize("sent_by", ["another user", "nobody"])
def test_a_device_is_ended_by_its_owner_only(outside: Outside, sent_by: str) -> None:
    alice, mallory = outside.browser("alice"), outside.browser("mallory")
    handle = alice.get("/session").json["handle"]
    if sent_by == "another user":
        assert mallory.send("DELETE", f"/bank/web/devices/{handle}").json == {"ended": False}
    else:
        assert outside.send("DELETE", f"/bank/web/devices/{handle}").status_code == 401
    assert alice.works()
    assert [d["handle"] for d in mallory.get("/devices").json["devices"]] != [handle]


def test_a_handle_opens_nothing(outside: Outside) -> None:
    handle = outside.browser("alice").get("/session").json["handle"]
    sent = {"Cookie": f"__Host-session={handle}"}
    assert word(outside.send("GET", "/bank/web/me", headers=sent)) == "invalid_session"


# --- passwords ------------------------------------------------------------------------------------------------------


def change(browser: Browser, new: str = "brand new") -> Any:
    return browser.post("/password", password=browser.outside.password("alice"), new_password=new)


def test_a_new_password_ends_every_other_device_and_keeps_this_one(outside: Outside) -> None:
    here, there, phone = outside.browser("alice"), outside.browser("alice"), outside.token("alice")
    bob = outside.browser("bob")
    old = outside.send("GET", "/bank/web/session", headers={"Cookie": here.cookie}).json
    copied = here.cookie
    here.take(change(here))
    assert here.works()
    assert here.get("/session").json["absolute_until"] == old["absolute_until"]
    assert word(outside.send("GET", "/bank/web/me", headers={"Cookie": copied})) == "invalid_session"
    assert [there.works(), phone.works(), bob.works()] == [False, False, True]
    assert word(phone.refresh()) == "invalid_grant"
    assert word(outside.token_login("alice")) == word(outside.web_login("alice")) == "invalid_login"
    assert outside.token("alice", "brand new").works()
    assert outside.browser("alice", "brand new").works()


def test_a_new_password_needs_the_old_one(outside: Outside) -> None:
    alice, other = outside.browser("alice"), outside.browser("alice")
    for wrong in ("wrong", "", None, outside.password("bob")):
        assert word(alice.post("/password", password=wrong, new_password="x")) == "invalid_login"
    assert [alice.works(), other.works()] == [True, True]
    assert outside.token("alice").works()


# --- an account is shut, or its password changed, while somebody logs in ---------------------------------------------


def shut(outside: Outside) -> None:
    outside.parts.accounts.disable("alice", now=outside.store.clock.now(), actor="ada")


def rescue(outside: Outside) -> None:
    """What alice does when she has learnt that somebody knows her password."""
    outside.parts.accounts.change_password("alice", "brand new", now=outside.store.clock.now())


def reset(outside: Outside) -> None:
    outside.parts.people.add("alice", outside.password("alice"), roles=("customer",))
    for key in list(outside.store.own_keys()):
        if "cut-off" in key:
            outside.store.redis.delete(key)  # so that it is not the cut-off alone that ends the login
    outside.parts.accounts.log_out_everywhere("alice", now=outside.store.clock.now())


@pytest.mark.parametrize("act", [shut, rescue], ids=["disabled", "password changed"])
@pytest.mark.parametrize("door", ["token", "session"])
def test_who_logs_in_meanwhile_is_not_let_in(
    outside: Outside, door: str, act: Callable[[Outside], None]
) -> None:
    """With the old password, at every place of the login where the act can come in between."""
    login = outside.token_login if door == "token" else outside.web_login
    places = 0
    for race in interleavings(
        outside.store, partial(login, "alice"), partial(act, outside), setup=partial(reset, outside)
    ):
        places += 1
        assert race.first.ok
        assert race.second.ok
        response, now = race.first.value, outside.store.clock.now()
        if response.status_code == 200:
            somebody = Token(outside, response.json) if door == "token" else Browser(outside, response)
            assert not somebody.works(), f"at place {race.k}"
            assert door == "session" or word(somebody.refresh()) == "invalid_grant"
        else:
            assert word(response) == "invalid_login"
        assert outside.parts.sessions.of("alice", now=now) == [], f"at place {race.k}"
        assert outside.parts.families.of("alice", now=now) == [], f"at place {race.k}"
    assert places >= 3


def test_who_refreshes_meanwhile_is_not_let_in(outside: Outside) -> None:
    held: list[Token] = []

    def setup() -> None:
        reset(outside)
        held[:] = [outside.token("alice")]

    places = 0
    for race in interleavings(outside.store, lambda: held[0].refresh(), partial(shut, outside), setup=setup):
        places += 1
        response = race.first.value
        if response.status_code == 200:
            newer = Token(outside, response.json)
            assert not newer.works(), f"at place {race.k}"
            assert word(newer.refresh()) == "invalid_grant"
        else:
            assert word(response) == "invalid_grant"
        assert not held[0].works()
    assert places >= 5


def test_who_proves_themselves_meanwhile_is_not_let_in(outside: Outside) -> None:
    """A session that is ended is not brought back by the renewal that was under way."""
    held: list[Browser] = []

    def setup() -> None:
        reset(outside)
        held[:] = [outside.browser("alice")]

    for race in interleavings(
        outside.store,
        lambda: held[0].post("/reauthenticate", password=outside.password("alice")),
        partial(shut, outside),
        setup=setup,
    ):
        response = race.first.value
        assert race.second.ok
        if response.status_code == 200:
            held[0].take(response)
        assert not held[0].works(), f"at place {race.k}"
        assert outside.parts.sessions.of("alice", now=outside.store.clock.now()) == []


def test_a_shut_account_opens_again_and_what_was_ended_stays_ended(outside: Outside) -> None:
    token, browser = outside.token("alice"), outside.browser("alice")
    shut(outside)
    assert word(outside.token_login("alice")) == word(outside.web_login("alice")) == "invalid_login"
    outside.parts.accounts.enable("alice", now=outside.store.clock.now(), actor="ada")
    assert [token.works(), browser.works()] == [False, False]
    assert word(token.refresh()) == "invalid_grant"
    assert outside.browser("alice").works()
    outside.store.clock.advance(1)  # the very second of a cut-off is lost; see labapp.tokens.revocation
    assert outside.token("alice").works()


# --- a store that lost its memory ------------------------------------------------------------------------------------


def test_after_the_store_lost_its_memory_nothing_old_is_accepted_and_a_new_login_works(
    outside: Outside,
) -> None:
    token, browser = outside.token("alice"), outside.browser("alice")
    revoked, gone = outside.token("alice"), outside.browser("alice")
    revoked.send("POST", "/id/logout")
    gone.post("/logout")
    outside.store.clear()
    for _ in range(2):  # before anybody logged in, and after
        for old in (token, revoked):
            assert word(old.get("/me")) == "invalid_token"
            assert outside.parts.trail.records()[-1].outcome == "forgotten"
            assert word(old.refresh()) == "invalid_grant"
        for old in (browser, gone):
            assert word(old.get("/me")) == "invalid_session"
        new = outside.token("alice")
        assert new.works()
        assert outside.browser("bob").works()
        assert new.get("/accounts").json["accounts"][0]["balance"] == 250_000


def test_everybody_is_found_again_whoever_comes_first(outside: Outside) -> None:
    outside.store.clear()
    assert word(outside.web_login("mallory", "wrong")) == "invalid_login"
    outside.store.clear()
    assert word(outside.token_login("nobody", "wrong")) == "invalid_login"
    assert outside.token("ada").get("/admin/users").status_code == 200
    assert outside.browser("tilda").get("/accounts/acct-alice").status_code == 200


def test_a_second_worker_that_finds_people_again_undoes_nothing(fake: Outside) -> None:
    """One puts people back; another has done so already, and there bob was shut out and mallory has a new password."""

    def meanwhile() -> None:
        settle(fake.parts, fake.bank.seed, {})
        fake.parts.people.set_disabled("bob", True)
        fake.parts.people.set_password("mallory", "another")

    for race in interleavings(
        fake.store,
        partial(fake.token_login, "alice"),
        meanwhile,
        setup=fake.store.clear,
        at_most=100,
    ):
        assert race.second.ok
        assert race.first.value.status_code == 200, f"at place {race.k}"
        bob = fake.parts.people.get("bob")
        assert bob is not None
        assert bob.disabled, f"at place {race.k}"
        assert word(fake.token_login("mallory")) == "invalid_login"
        assert fake.token("mallory", "another").works()
