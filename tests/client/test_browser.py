"""The browser as a whole: shorthand, history, copying, closing; and the client that is none."""

from __future__ import annotations

from typing import Any

import pytest

from labapp.client import ApiClient, Browser, Network
from labapp.clock import LabClock, SkewedClock
from labapp.errors import SetupError

BANK = "https://bank.harbour.test"
IDENTITY = "https://id.harbour.test"
EVIL = "https://evil.test"


def test_get_and_post_act_as_the_addresss_own_page(alice: Browser, bank: Any) -> None:
    alice.cookies.set_from_response(BANK, "SID=1; SameSite=Strict; Secure; Path=/")
    assert alice.get(BANK + "/accounts").text == "SID=1"
    alice.post(BANK + "/pay", json={"to": "bob"}, headers={"X-CSRF-Token": "t"})
    assert (bank.last["CONTENT_TYPE"], bank.last["HTTP_X_CSRF_TOKEN"]) == ("application/json", "t")
    assert (bank.last["HTTP_ORIGIN"], bank.last["HTTP_SEC_FETCH_SITE"]) == (BANK, "same-origin")
    alice.post(BANK + "/pay", form={"to": "bob"})
    assert bank.last["body"] == b"to=bob"
    alice.request("DELETE", BANK + "/sessions/1")
    assert bank.methods == ["GET", "POST", "POST", "DELETE"]


def test_the_shorthand_shows_set_cookie_as_developer_tools_do(alice: Browser, bank: Any) -> None:
    bank.sets("a=1; Path=/", "b=2; Path=/")
    assert alice.get(BANK + "/set").all_headers("Set-Cookie") == ["a=1; Path=/", "b=2; Path=/"]
    assert alice.get(BANK + "/").text == "a=1; b=2"


def test_the_shorthand_hides_what_a_redirect_to_strangers_brings(
    alice: Browser, bank: Any, evil: Any
) -> None:
    bank.on("/go", ("Location", EVIL + "/"), status="302 Found")
    assert alice.get(BANK + "/go").type == "error"
    evil.on("/", ("Access-Control-Allow-Origin", "*"), ("Set-Cookie", "x=1"), body=b"shared")
    shared = alice.get(BANK + "/go")
    assert (shared.type, shared.text, shared.header("Set-Cookie")) == ("cors", "shared", None)


def test_credentials_can_be_left_out(alice: Browser) -> None:
    alice.cookies.set_from_response(BANK, "SID=1; Path=/")
    assert alice.get(BANK + "/", credentials="omit").text == ""


def test_a_given_content_type_is_not_replaced(alice: Browser, bank: Any) -> None:
    alice.post(BANK + "/", json={"a": 1}, headers={"content-type": "application/merge-patch+json"})
    assert bank.last["CONTENT_TYPE"] == "application/merge-patch+json"


@pytest.mark.parametrize("url", ["/accounts", "", "ftp://bank.harbour.test", "https://nobody.test/"])
def test_an_address_that_leads_nowhere_is_refused_in_words(alice: Browser, url: str) -> None:
    with pytest.raises(SetupError):
        alice.get(url)
    with pytest.raises(SetupError):
        alice.page(BANK).fetch("https://nobody.test/")


def test_the_history_holds_redirects_and_preflights_and_nobody_elses_requests(
    alice: Browser, network: Network, bank: Any
) -> None:
    bank.on("/go", ("Location", "/x"), status="302 Found")
    ApiClient(network).get(BANK + "/")
    alice.visit(BANK + "/go")
    alice.page(EVIL).fetch(BANK + "/", method="PUT")
    shown = [(e.request.method, e.request.url.removeprefix(BANK), e.response.status) for e in alice.history]
    assert shown == [("GET", "/go", 302), ("GET", "/x", 200), ("OPTIONS", "/", 200)]
    assert {e.who for e in alice.history} == {alice.name}


def test_closing_ends_session_cookies_and_session_storage_and_keeps_the_rest(
    alice: Browser, bank: Any
) -> None:
    bank.sets("session=1; Path=/", "kept=1; Path=/; Max-Age=3600")
    page = alice.visit(BANK + "/set")
    page.local_storage["a"] = "1"
    page.session_storage["b"] = "1"
    alice.close()
    assert alice.get(BANK + "/").text == "kept=1"
    assert dict(alice.page(BANK).local_storage) == {"a": "1"}
    assert dict(alice.page(BANK).session_storage) == {}


def test_a_copy_has_everything_and_goes_its_own_way(alice: Browser, bank: Any) -> None:
    bank.sets("SID=1; Path=/; HttpOnly; SameSite=Strict")
    alice.visit(BANK + "/set")
    alice.storage(BANK)["token"] = "x"
    alice.page(BANK).session_storage["s"] = "y"
    thief = alice.copy(name="mallory", address="198.51.100.66")
    alice.cookies.clear()
    alice.storage(BANK).clear()
    assert thief.get(BANK + "/").text == "SID=1"
    assert thief.storage(BANK)["token"] == "x"
    assert thief.session_storage(BANK)["s"] == "y"
    assert (bank.last["REMOTE_ADDR"], bank.last["HTTP_USER_AGENT"]) == (
        "198.51.100.66",
        alice.sender.user_agent,
    )
    assert [e.who for e in thief.history] == ["mallory"]
    assert alice.copy().name == "copy of alice's browser"


def test_two_browsers_share_nothing(network: Network, bank: Any) -> None:
    alice, bob = Browser(network, name="alice"), Browser(network, name="bob", address="203.0.113.8")
    bank.sets("SID=alice; Path=/")
    alice.visit(BANK + "/set")
    alice.storage(BANK)["a"] = "1"
    assert bob.get(BANK + "/").text == ""
    assert dict(bob.storage(BANK)) == {}
    assert bank.last["REMOTE_ADDR"] == "203.0.113.8"


def test_cookies_age_by_lab_time_or_by_the_users_wrong_clock(
    network: Network, clock: LabClock, bank: Any
) -> None:
    bank.sets("SID=1; Path=/; Expires=Mon, 07 Jan 2030 09:30:00 GMT")
    right, ahead = Browser(network), Browser(network, SkewedClock(clock, seconds=7200))
    for browser in (right, ahead):
        browser.visit(BANK + "/set")
    assert (right.get(BANK + "/").text, ahead.get(BANK + "/").text) == ("SID=1", "")
    clock.advance(minutes=30)
    assert right.get(BANK + "/").text == ""


def test_no_whole_cookie_is_shown_by_accident(alice: Browser) -> None:
    alice.cookies.set_from_response(BANK, "SID=" + "s" * 40)
    assert "s" * 40 not in repr(alice) + repr(alice.cookies) + repr(alice.history)


# --- the client that is no browser -----------------------------------------------------------------------------------


@pytest.fixture
def program(network: Network) -> ApiClient:
    return ApiClient(network, name="nightly-batch", address="10.1.2.3", user_agent="batch/2")


def test_a_program_says_who_it_is_and_nothing_of_pages(program: ApiClient, bank: Any) -> None:
    program.get(BANK + "/")
    assert (bank.last["REMOTE_ADDR"], bank.last["HTTP_USER_AGENT"]) == ("10.1.2.3", "batch/2")
    assert not [name for name in bank.last if name.startswith(("HTTP_SEC", "HTTP_ORIGIN", "HTTP_REFERER"))]
    assert program.network.exchanges[0].who == program.name == "nightly-batch"


def test_a_program_keeps_no_cookies(program: ApiClient, bank: Any) -> None:
    bank.sets("SID=1; Path=/")
    program.get(BANK + "/set")
    assert program.get(BANK + "/").text == ""


COPIED = {
    "raw": ("a=1; __Host-session=x", "a=1; __Host-session=x"),
    "by name": ({"a": "1", "__Host-session": "x"}, "a=1; __Host-session=x"),
}


@pytest.mark.parametrize(("cookie", "sent"), COPIED.values(), ids=COPIED)
def test_a_thief_sends_a_copied_cookie(program: ApiClient, cookie: Any, sent: str) -> None:
    assert program.get(BANK + "/", cookie=cookie).text == sent
    assert program.post("http://bank.harbour.test/", cookie=cookie).text == sent


def test_a_bearer_token_goes_into_authorization(program: ApiClient, bank: Any) -> None:
    program.get(BANK + "/", bearer="eyJ.e30.x")
    assert bank.last["HTTP_AUTHORIZATION"] == "Bearer eyJ.e30.x"
    program.post(BANK + "/", bearer="", headers={"DPoP": "proof"})
    assert (bank.last["HTTP_AUTHORIZATION"], bank.last["HTTP_DPOP"]) == ("Bearer ", "proof")


def test_a_program_sets_any_header_it_likes(program: ApiClient, bank: Any) -> None:
    program.get(BANK + "/", headers=[("Origin", EVIL), ("Sec-Fetch-Site", "same-origin"), ("Host", "other")])
    assert (bank.last["HTTP_ORIGIN"], bank.last["HTTP_SEC_FETCH_SITE"]) == (EVIL, "same-origin")
    assert bank.last["HTTP_HOST"] == "other"


def test_bodies_of_a_program(program: ApiClient, bank: Any) -> None:
    program.post(BANK + "/", json={"a": 1})
    assert (bank.last["CONTENT_TYPE"], bank.last["body"]) == ("application/json", b'{"a": 1}')
    program.post(BANK + "/", form={"a": "1"})
    assert (bank.last["CONTENT_TYPE"], bank.last["body"]) == ("application/x-www-form-urlencoded", b"a=1")
    program.request("PUT", BANK + "/", body=b"\xff", headers={"Content-Type": "x/y"})
    assert (bank.last["CONTENT_TYPE"], bank.last["body"]) == ("x/y", b"\xff")


def test_a_program_follows_no_redirect(program: ApiClient, bank: Any) -> None:
    bank.on("/go", ("Location", "/x"), status="302 Found")
    response = program.get(BANK + "/go")
    assert (response.status, response.header("Location"), len(bank.seen)) == (302, "/x", 1)
