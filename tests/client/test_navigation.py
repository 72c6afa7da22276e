"""Navigation: what goes along with a typed address, a link and a form, from one's own site and from another."""

from __future__ import annotations

from typing import Any

import pytest

from labapp.client import Browser, Network, Page
from labapp.errors import SetupError

BANK = "https://bank.harbour.test"
IDENTITY = "https://id.harbour.test"
EVIL = "https://evil.test"


def with_cookies(browser: Browser) -> Browser:
    for name in ("Strict", "Lax", "None"):
        browser.cookies.set_from_response(BANK, f"{name}=1; SameSite={name}; Secure; Path=/")
    browser.cookies.set_from_response(BANK, "Default=1; Secure; Path=/")
    return browser


def names(page: Page) -> list[str]:
    """Which cookies went along: apps answer with the Cookie header."""
    return [pair.partition("=")[0] for pair in page.text.split("; ")]


ALL = ["Strict", "Lax", "None", "Default"]
GOING = {
    "a typed address": (None, ALL),
    "a link on a page of the same origin": (BANK + "/x", ALL),
    "a link on a page of the same site": (IDENTITY, ALL),
    "a link on a page of another site": (EVIL, ["Lax", "None", "Default"]),
    "a link on the http page of the same host": ("http://bank.harbour.test", ["Lax", "None", "Default"]),
}


@pytest.mark.parametrize(("initiator", "going"), GOING.values(), ids=GOING)
def test_which_cookies_go_with_a_visit(alice: Browser, initiator: str | None, going: list[str]) -> None:
    assert names(with_cookies(alice).visit(BANK, initiator=initiator)) == going


POSTED = {
    "a form of the same origin": (None, ALL),
    "a form on a page of the same site": (IDENTITY, ALL),
    "a form on a page of another site": (EVIL, ["None"]),
}


@pytest.mark.parametrize(("from_page", "going"), POSTED.values(), ids=POSTED)
def test_which_cookies_go_with_a_form(alice: Browser, from_page: str | None, going: list[str]) -> None:
    assert names(with_cookies(alice).submit(BANK, {"a": "1"}, from_page=from_page)) == going


def test_a_form_by_get_counts_as_a_link(alice: Browser, bank: Any) -> None:
    page = with_cookies(alice).submit(BANK + "/pay?old=1", {"to": "b c"}, from_page=EVIL, method="GET")
    assert names(page) == ["Lax", "None", "Default"]
    assert bank.last["QUERY_STRING"] == "to=b+c"


def test_a_form_arrives_as_a_form(alice: Browser, bank: Any) -> None:
    alice.submit(BANK + "/pay", {"to": "mallory", "amount": "5"})
    assert (bank.last["REQUEST_METHOD"], bank.last["body"]) == ("POST", b"to=mallory&amount=5")
    assert bank.last["CONTENT_TYPE"] == "application/x-www-form-urlencoded"


def test_a_young_cookie_may_go_with_a_form_of_another_site_if_the_browser_allows_it(network: Network) -> None:
    lenient = Browser(network, lax_allowing_unsafe=120)
    lenient.cookies.set_from_response(BANK, "SID=1; Path=/")
    assert lenient.submit(BANK, {}, from_page=EVIL).text == "SID=1"


# --- redirects -------------------------------------------------------------------------------------------------------

REDIRECTED = {
    "301 turns a POST into a GET": ("POST", 301, "GET", b""),
    "302 turns a POST into a GET": ("POST", 302, "GET", b""),
    "303 turns a POST into a GET": ("POST", 303, "GET", b""),
    "307 sends a POST again": ("POST", 307, "POST", b"a=1"),
    "308 sends a POST again": ("POST", 308, "POST", b"a=1"),
}


@pytest.mark.parametrize(("method", "status", "then", "body"), REDIRECTED.values(), ids=REDIRECTED)
def test_a_redirect_is_followed(
    alice: Browser, bank: Any, method: str, status: int, then: str, body: bytes
) -> None:
    bank.on("/old", ("Location", "/new?x=1"), status=f"{status} Moved")
    page = alice.submit(BANK + "/old", {"a": "1"}, method=method)
    assert page.url == BANK + "/new?x=1"
    assert (bank.last["REQUEST_METHOD"], bank.last["body"]) == (then, body)
    assert ("CONTENT_TYPE" in bank.last) is bool(body)


def test_cookies_of_every_hop_are_kept_and_sent_at_the_next(alice: Browser, bank: Any) -> None:
    bank.on(
        "/login",
        ("Location", "/home"),
        ("Set-Cookie", "SID=1; Path=/; SameSite=Strict"),
        status="303 See Other",
    )
    assert alice.submit(BANK + "/login", {"user": "alice"}).text == "SID=1"


def test_strict_stays_at_home_when_another_sites_link_comes_round_by_a_redirect(
    alice: Browser, bank: Any, evil: Any
) -> None:
    evil.on("/bounce", ("Location", BANK + "/accounts"), status="302 Found")
    bank.on("/bounce", ("Location", "/accounts"), status="302 Found")
    with_cookies(alice)
    assert names(alice.visit(BANK + "/bounce", initiator=EVIL)) == ["Lax", "None", "Default"]
    assert names(alice.visit(EVIL + "/bounce", initiator=EVIL)) == ["Lax", "None", "Default"]
    assert names(alice.visit(EVIL + "/bounce")) == ALL


def test_a_posted_form_that_is_redirected_by_303_is_then_a_safe_request(alice: Browser, bank: Any) -> None:
    bank.on("/pay", ("Location", "/done"), status="303 See Other")
    assert names(with_cookies(alice).submit(BANK + "/pay", {}, from_page=EVIL)) == ["Lax", "None", "Default"]


def test_a_fragment_is_never_sent_and_survives_a_redirect(alice: Browser, bank: Any) -> None:
    bank.on("/old", ("Location", "/new"), status="302 Found")
    bank.on("/other", ("Location", "/new#mine"), status="302 Found")
    assert alice.visit(BANK + "/old#token=1").url == BANK + "/new#token=1"
    assert alice.visit(BANK + "/other#token=1").url == BANK + "/new#mine"
    assert not [exchange for exchange in alice.history if "#" in exchange.request.url]


def test_at_most_20_redirects_are_followed(alice: Browser, bank: Any) -> None:
    bank.on("/loop", ("Location", "/loop"), status="302 Found")
    page = alice.visit(BANK + "/loop")
    assert page.response is not None
    assert page.response.type == "error"
    assert "20" in page.response.why
    assert len(bank.seen) == 21


def test_a_redirect_that_leads_nowhere_ends_in_an_error_page(alice: Browser, bank: Any) -> None:
    bank.on("/js", ("Location", "javascript:alert(1)"), status="302 Found")
    page = alice.visit(BANK + "/js")
    assert page.response is not None
    assert (page.response.type, page.status) == ("error", 0)


@pytest.mark.parametrize("status", ["304 Not Modified", "302 Found"])
def test_without_location_or_a_redirect_status_nothing_is_followed(
    alice: Browser, bank: Any, status: str
) -> None:
    bank.on("/x", *([("Location", "/y")] if status.startswith("304") else []), status=status)
    assert alice.visit(BANK + "/x").status == int(status[:3])


# --- what the server is told -----------------------------------------------------------------------------------------


def told(environ: dict[str, Any]) -> dict[str, str]:
    wanted = {
        "HTTP_ORIGIN": "Origin",
        "HTTP_REFERER": "Referer",
        "HTTP_SEC_FETCH_SITE": "Site",
        "HTTP_SEC_FETCH_MODE": "Mode",
        "HTTP_SEC_FETCH_DEST": "Dest",
    }
    return {short: environ[key] for key, short in wanted.items() if key in environ}


NAVIGATE = {"Mode": "navigate", "Dest": "document"}


def test_a_typed_address_tells_of_no_page(alice: Browser, bank: Any) -> None:
    alice.visit(BANK)
    assert told(bank.last) == {"Site": "none", **NAVIGATE}


def test_a_link_of_another_site_tells_its_origin_only(alice: Browser, bank: Any) -> None:
    alice.visit(BANK, initiator=EVIL + "/lure?victim=alice")
    assert told(bank.last) == {"Referer": EVIL + "/", "Site": "cross-site", **NAVIGATE}


def test_a_link_of_ones_own_origin_tells_the_whole_address(alice: Browser, bank: Any) -> None:
    alice.visit(BANK, initiator=BANK + "/a?b=1#c")
    assert told(bank.last) == {"Referer": BANK + "/a?b=1", "Site": "same-origin", **NAVIGATE}


def test_a_form_of_another_site_cannot_hide_its_origin(alice: Browser, bank: Any) -> None:
    alice.submit(BANK, {}, from_page=EVIL + "/lure")
    assert told(bank.last) == {"Origin": EVIL, "Referer": EVIL + "/", "Site": "cross-site", **NAVIGATE}


def test_over_plain_http_nothing_is_told_of_an_https_page(alice: Browser, bank: Any) -> None:
    alice.submit("http://bank.harbour.test/", {}, from_page=BANK + "/x")
    assert told(bank.last) == {"Origin": "null"}


def test_a_redirect_makes_the_origin_of_a_form_null(
    alice: Browser, bank: Any, evil: Any, identity: Any
) -> None:
    identity.on("/hop", ("Location", BANK + "/pay"), status="307 Temporary Redirect")
    alice.submit(IDENTITY + "/hop", {}, from_page=EVIL)
    assert told(identity.last)["Origin"] == EVIL
    assert told(bank.last)["Origin"] == "null"
    assert told(bank.last)["Site"] == "cross-site"


def test_a_redirect_chain_through_strangers_stays_cross_site(alice: Browser, bank: Any, evil: Any) -> None:
    evil.on("/hop", ("Location", BANK + "/"), status="302 Found")
    alice.visit(EVIL + "/hop", initiator=BANK)
    assert told(bank.last)["Site"] == "cross-site"


POLICIES = {
    "no-referrer": (None, None),
    "origin": (BANK + "/", BANK + "/"),
    "same-origin": (BANK + "/a?token=1", None),
    "unsafe-url": (BANK + "/a?token=1", BANK + "/a?token=1"),
    "no-referrer-when-downgrade": (BANK + "/a?token=1", BANK + "/a?token=1"),
    "strict-origin": (BANK + "/", BANK + "/"),
    "origin-when-cross-origin": (BANK + "/a?token=1", BANK + "/"),
    "strict-origin-when-cross-origin": (BANK + "/a?token=1", BANK + "/"),
    "unknown-word": (BANK + "/a?token=1", BANK + "/"),
    "unsafe-url, unknown-word": (BANK + "/a?token=1", BANK + "/a?token=1"),
}


@pytest.mark.parametrize(("policy", "home", "abroad"), [(k, *v) for k, v in POLICIES.items()], ids=POLICIES)
def test_a_page_says_how_much_its_referer_tells(
    alice: Browser, bank: Any, evil: Any, policy: str, home: str | None, abroad: str | None
) -> None:
    bank.on("/a", ("Referrer-Policy", policy))
    page = alice.visit(BANK + "/a?token=1")
    page.follow("/b")
    page.follow(EVIL)
    assert told(bank.last).get("Referer") == home
    assert told(evil.last).get("Referer") == abroad


DOWNGRADES = {
    "unsafe-url": BANK + "/a",
    "origin": BANK + "/",
    "strict-origin": None,
    "no-referrer-when-downgrade": None,
    "strict-origin-when-cross-origin": None,
}


@pytest.mark.parametrize(("policy", "referer"), DOWNGRADES.items(), ids=DOWNGRADES)
def test_what_is_told_from_https_to_http(
    alice: Browser, bank: Any, evil: Any, policy: str, referer: str | None
) -> None:
    bank.on("/a", ("Referrer-Policy", policy))
    alice.visit(BANK + "/a").follow("http://evil.test/")
    assert told(evil.last).get("Referer") == referer


def test_a_page_that_tells_no_referrer_tells_a_form_no_origin(alice: Browser, bank: Any) -> None:
    bank.on("/a", ("Referrer-Policy", "no-referrer"))
    alice.visit(BANK + "/a").submit("/pay", {})
    assert told(bank.last)["Origin"] == "null"


def test_of_a_very_long_address_only_the_origin_is_told(alice: Browser, bank: Any) -> None:
    alice.visit(BANK, initiator=BANK + "/" + "x" * 5000)
    assert told(bank.last)["Referer"] == BANK + "/"


# --- pages -----------------------------------------------------------------------------------------------------------


def test_a_page_leads_on_by_links_and_forms(alice: Browser, bank: Any) -> None:
    page = alice.visit(BANK + "/a/b")
    assert page.follow("c").url == BANK + "/a/c"
    assert page.submit("/pay", {"to": "bob"}).url == BANK + "/pay"
    assert bank.methods == ["GET", "GET", "POST"]


def test_a_page_of_another_site_is_the_initiator_of_its_links(alice: Browser) -> None:
    page = with_cookies(alice).visit(EVIL)
    assert names(page.follow(BANK)) == ["Lax", "None", "Default"]
    assert names(page.submit(BANK, {})) == ["None"]


@pytest.mark.parametrize("url", ["", "bank", "javascript:alert(1)", "https://nobody.test/"])
def test_an_address_that_leads_nowhere_is_refused_in_words(alice: Browser, url: str) -> None:
    with pytest.raises(SetupError):
        alice.visit(url)
    with pytest.raises(SetupError):
        alice.submit(url, {})
