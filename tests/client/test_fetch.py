"""Page scripts and other origins: what is sent, what is asked first, and what may be seen."""

from __future__ import annotations

from typing import Any

import pytest

from labapp.client import Browser, Response
from labapp.client.cors import is_simple_header, may_set, normalized
from labapp.errors import SetupError

BANK = "https://bank.harbour.test"
IDENTITY = "https://id.harbour.test"
EVIL = "https://evil.test"
SESSION = "SID=1; Secure; HttpOnly; Path=/"


@pytest.fixture
def victim(alice: Browser) -> Browser:
    """Alice, logged in at the bank by a cookie that goes everywhere, and by one that does not."""
    alice.cookies.set_from_response(BANK, "none=1; Secure; SameSite=None; Path=/")
    alice.cookies.set_from_response(BANK, "lax=1; Secure; SameSite=Lax; Path=/")
    return alice


def shares(app: Any, path: str = "/", *, origin: str = EVIL, credentials: bool = False, **more: str) -> None:
    headers = [("Access-Control-Allow-Origin", origin)]
    headers += [("Access-Control-Allow-Credentials", "true")] if credentials else []
    headers += [(name.replace("_", "-"), value) for name, value in more.items()]
    app.on(path, *headers, body=b'{"balance": 120}')


# --- cookies ---------------------------------------------------------------------------------------------------------

GOING = {
    "one's own origin": (BANK, "same-origin", "none=1; lax=1"),
    "one's own origin, include": (BANK, "include", "none=1; lax=1"),
    "one's own origin, omit": (BANK, "omit", ""),
    "the same site": (IDENTITY, "same-origin", ""),
    "the same site, include": (IDENTITY, "include", "none=1; lax=1"),
    "another site": (EVIL, "same-origin", ""),
    "another site, include": (EVIL, "include", "none=1"),
    "another site, omit": (EVIL, "omit", ""),
}


@pytest.mark.parametrize(("page", "credentials", "cookies"), GOING.values(), ids=GOING)
def test_which_cookies_go_with_a_fetch(
    victim: Browser, bank: Any, page: str, credentials: str, cookies: str
) -> None:
    victim.page(page).fetch(BANK + "/", credentials=credentials, mode="no-cors" if page != BANK else "cors")
    assert bank.last.get("HTTP_COOKIE", "") == cookies


STORED = {
    "one's own origin may set any": (BANK, "same-origin", "any=1; Path=/", True),
    "one's own origin, omit": (BANK, "omit", "any=1; Path=/", False),
    "the same site, include": (IDENTITY, "include", "any=1; Path=/; SameSite=Strict", True),
    "the same site without include": (IDENTITY, "same-origin", "any=1; Path=/", False),
    "another site, include, SameSite=None": (EVIL, "include", "any=1; Path=/; SameSite=None; Secure", True),
    "another site, include, SameSite=Lax": (EVIL, "include", "any=1; Path=/; SameSite=Lax", False),
    "another site, include, not saying": (EVIL, "include", "any=1; Path=/", False),
}


@pytest.mark.parametrize(("page", "credentials", "cookie", "stored"), STORED.values(), ids=STORED)
def test_which_cookies_a_fetch_has_stored(
    alice: Browser, bank: Any, page: str, credentials: str, cookie: str, stored: bool
) -> None:
    bank.sets(cookie)
    alice.page(page).fetch(BANK + "/set", credentials=credentials)
    assert (alice.cookies.find("any") is not None) is stored


# --- reading ---------------------------------------------------------------------------------------------------------


def test_ones_own_origin_may_be_read_but_never_set_cookie(alice: Browser, bank: Any) -> None:
    bank.on("/", ("Set-Cookie", SESSION), ("X-One", "1"), body=b"mine")
    response = alice.page(BANK).fetch("/")
    assert (response.type, response.text, response.headers) == ("basic", "mine", (("X-One", "1"),))
    assert alice.cookies.find("SID") is not None


def test_another_origin_is_asked_and_answers_but_the_script_sees_nothing(victim: Browser, bank: Any) -> None:
    bank.on("/", ("X-One", "1"), body=b"secret")
    response = victim.page(EVIL).fetch(
        BANK + "/", method="POST", form={"to": "mallory"}, credentials="include"
    )
    assert (response.type, response.status, response.body, response.headers) == ("error", 0, b"", ())
    assert "it was sent and answered, but" in response.why
    assert bank.methods == ["POST"]
    assert bank.last["HTTP_COOKIE"] == "none=1"
    assert bank.last["body"] == b"to=mallory"


READING = {
    "its origin is named": ({"origin": EVIL}, "same-origin", True),
    "everybody is named": ({"origin": "*"}, "same-origin", True),
    "another origin is named": ({"origin": IDENTITY}, "same-origin", False),
    "two origins are named": ({"origin": f"{EVIL}, {IDENTITY}"}, "same-origin", False),
    "the origin is named with a slash": ({"origin": EVIL + "/"}, "same-origin", False),
    "its origin is named, but not for credentials": ({"origin": EVIL}, "include", False),
    "its origin is named, for credentials": ({"origin": EVIL, "credentials": True}, "include", True),
    "everybody is named, which does not count for credentials": (
        {"origin": "*", "credentials": True},
        "include",
        False,
    ),
    "null is named": ({"origin": "null"}, "same-origin", False),
}


@pytest.mark.parametrize(("shared", "credentials", "readable"), READING.values(), ids=READING)
def test_another_origin_may_be_read_if(
    alice: Browser, bank: Any, shared: dict[str, Any], credentials: str, readable: bool
) -> None:
    shares(bank, **shared)
    response = alice.page(EVIL).fetch(BANK + "/", credentials=credentials)
    assert response.readable is readable
    assert (response.body == b'{"balance": 120}') is readable
    assert bool(response.why) is not readable


def test_of_a_shared_response_only_harmless_headers_are_seen_and_those_that_are_exposed(
    alice: Browser, bank: Any
) -> None:
    shares(bank, Content_Type="text/plain", X_One="1", X_Two="2", Set_Cookie=SESSION)
    page = alice.page(EVIL)
    assert dict(page.fetch(BANK + "/").headers) == {"Content-Type": "text/plain"}
    shares(bank, X_One="1", X_Two="2", Set_Cookie=SESSION, Access_Control_Expose_Headers="x-two, set-cookie")
    assert dict(page.fetch(BANK + "/").headers) == {"X-Two": "2"}
    shares(bank, origin="*", X_One="1", Set_Cookie=SESSION, Access_Control_Expose_Headers="*")
    exposed = page.fetch(BANK + "/")
    assert exposed.type == "cors"
    assert exposed.header("X-One") == "1"
    assert exposed.header("Set-Cookie") is None
    shares(bank, credentials=True, X_One="1", Access_Control_Expose_Headers="*")
    assert page.fetch(BANK + "/", credentials="include").header("X-One") is None


def test_without_cors_it_is_sent_and_hidden_even_if_it_is_shared(victim: Browser, bank: Any) -> None:
    shares(bank, origin="*")
    response = victim.page(EVIL).fetch(BANK + "/", mode="no-cors", credentials="include")
    assert (response.type, response.status, response.body) == ("opaque", 0, b"")
    assert bank.last["HTTP_COOKIE"] == "none=1"


def test_without_cors_only_what_a_form_could_send_is_sent(alice: Browser, bank: Any) -> None:
    page = alice.page(EVIL)
    headers = {
        "Authorization": "Bearer x",
        "X-CSRF-Token": "1",
        "Content-Type": "application/json",
        "Accept": "x",
    }
    page.fetch(BANK + "/", method="POST", headers=headers, body=b'{"to": "mallory"}', mode="no-cors")
    assert not {"HTTP_AUTHORIZATION", "HTTP_X_CSRF_TOKEN", "CONTENT_TYPE"} & set(bank.last)
    assert page.fetch(BANK + "/", method="PUT", mode="no-cors").type == "error"
    assert bank.methods == ["POST"]


def test_json_in_disguise_is_sent_as_text(victim: Browser, bank: Any) -> None:
    """Why a server must look at Content-Type before it reads JSON."""
    victim.page(EVIL).fetch(
        BANK + "/", method="POST", body='{"to": "mallory"}', mode="no-cors", credentials="include"
    )
    assert (bank.last["CONTENT_TYPE"], bank.last["body"]) == (
        "text/plain;charset=UTF-8",
        b'{"to": "mallory"}',
    )
    assert bank.last["HTTP_COOKIE"] == "none=1"


def test_mode_same_origin_sends_nothing_elsewhere(alice: Browser, bank: Any) -> None:
    assert alice.page(EVIL).fetch(BANK + "/", mode="same-origin").type == "error"
    assert bank.seen == []
    assert alice.page(BANK).fetch("/", mode="same-origin").ok


# --- preflight -------------------------------------------------------------------------------------------------------

SIMPLE: dict[str, dict[str, Any]] = {
    "a GET": {},
    "a HEAD": {"method": "HEAD"},
    "a form by POST": {"method": "POST", "form": {"a": "1"}},
    "text by POST": {"method": "post", "body": "a"},
    "octets without a type": {"method": "POST", "body": b"a"},
    "a harmless header": {"headers": {"Accept": "application/json", "Accept-Language": "de"}},
    "headers that the browser leaves out": {
        "headers": {"Cookie": "a=b", "Origin": BANK, "Sec-Fetch-Site": "none"}
    },
}


@pytest.mark.parametrize("asked", SIMPLE.values(), ids=SIMPLE)
def test_what_a_form_could_do_is_sent_without_a_question(
    alice: Browser, bank: Any, asked: dict[str, Any]
) -> None:
    alice.page(EVIL).fetch(BANK + "/", **asked)
    assert bank.methods == [asked.get("method", "GET").upper()]


ASKED_FIRST: dict[str, tuple[dict[str, Any], str, str]] = {
    "PUT": ({"method": "put"}, "PUT", ""),
    "DELETE": ({"method": "DELETE"}, "DELETE", ""),
    "JSON": ({"method": "POST", "json": {"a": 1}}, "POST", "content-type"),
    "a bearer token": ({"headers": {"Authorization": "Bearer x"}}, "GET", "authorization"),
    "headers of its own": ({"headers": {"X-Two": "2", "X-One": "1"}}, "GET", "x-one,x-two"),
    "a harmless header that is too long": ({"headers": {"Accept": "x" * 129}}, "GET", "accept"),
    "a harmless header with odd characters": (
        {"headers": {"Accept-Language": "de{}"}},
        "GET",
        "accept-language",
    ),
}


@pytest.mark.parametrize(("asked", "method", "names"), ASKED_FIRST.values(), ids=ASKED_FIRST)
def test_what_a_form_could_not_do_is_asked_for_first_and_not_sent_if_nobody_allows_it(
    victim: Browser, bank: Any, asked: dict[str, Any], method: str, names: str
) -> None:
    response = victim.page(EVIL).fetch(BANK + "/", credentials="include", **asked)
    assert (response.type, bank.methods) == ("error", ["OPTIONS"])
    assert "it was not sent" in response.why
    assert bank.last["HTTP_ACCESS_CONTROL_REQUEST_METHOD"] == method
    assert bank.last.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "") == names
    assert bank.last["HTTP_ORIGIN"] == EVIL
    assert not {"HTTP_COOKIE", "HTTP_AUTHORIZATION"} & set(bank.last)


def allowing(methods: str = "PUT", headers: str = "authorization, content-type") -> dict[str, str]:
    return {"Access_Control_Allow_Methods": methods, "Access_Control_Allow_Headers": headers}


PREFLIGHTS: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "method and headers are listed": (allowing(), {"method": "PUT", "json": 1}, True),
    "the method is not listed": (allowing(methods="GET"), {"method": "PUT"}, False),
    "the method is listed in small letters": (allowing(methods="put"), {"method": "PUT"}, False),
    "POST needs no listing": (allowing(methods=""), {"method": "POST", "json": 1}, True),
    "a header is not listed": (allowing(headers="x-one"), {"method": "POST", "json": 1}, False),
    "a header is listed in capitals": (allowing(headers="CONTENT-TYPE"), {"method": "POST", "json": 1}, True),
    "any method, without credentials": (allowing(methods="*"), {"method": "PUT"}, True),
    "any method, with credentials": (
        {**allowing(methods="*"), "credentials": True},
        {"method": "PUT", "credentials": "include"},
        False,
    ),
    "any header, without credentials": (allowing(headers="*"), {"method": "POST", "json": 1}, True),
    "any header, with credentials": (
        {**allowing(headers="*"), "credentials": True},
        {"method": "POST", "json": 1, "credentials": "include"},
        False,
    ),
    "any header does not stand for Authorization": (
        allowing(headers="*"),
        {"headers": {"Authorization": "x"}},
        False,
    ),
    "Authorization is listed": (allowing(), {"headers": {"Authorization": "Bearer x"}}, True),
    "another origin is named": ({**allowing(), "origin": IDENTITY}, {"method": "PUT"}, False),
    "credentials are allowed": (
        {**allowing(), "credentials": True},
        {"method": "PUT", "credentials": "include"},
        True,
    ),
    "credentials are not allowed": (allowing(), {"method": "PUT", "credentials": "include"}, False),
}


@pytest.mark.parametrize(("answer", "asked", "sent"), PREFLIGHTS.values(), ids=PREFLIGHTS)
def test_after_the_preflight(
    victim: Browser, bank: Any, answer: dict[str, Any], asked: dict[str, Any], sent: bool
) -> None:
    shares(bank, **answer)
    response = victim.page(EVIL).fetch(BANK + "/", **asked)
    assert response.readable is sent
    assert len(bank.seen) == (2 if sent else 1)


@pytest.mark.parametrize("status", ["302 Found", "403 Forbidden", "500 Oops"])
def test_a_preflight_counts_only_if_it_succeeds_and_is_never_redirected(
    alice: Browser, bank: Any, status: str
) -> None:
    allowed = (
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Allow-Methods", "PUT"),
        ("Location", "/b"),
    )
    bank.on("/", *allowed, status=status)
    assert alice.page(EVIL).fetch(BANK + "/", method="PUT").type == "error"
    assert bank.methods == ["OPTIONS"]


def test_ones_own_origin_is_never_asked_first(alice: Browser, bank: Any) -> None:
    headers = {"Authorization": "Bearer x", "X-One": "1"}
    assert alice.page(BANK).fetch("/", method="PUT", json={"a": 1}, headers=headers).ok
    assert bank.methods == ["PUT"]
    assert bank.last["HTTP_AUTHORIZATION"] == "Bearer x"


# --- redirects -------------------------------------------------------------------------------------------------------


def test_a_redirect_to_another_origin_falls_under_cors(alice: Browser, bank: Any, identity: Any) -> None:
    bank.on("/go", ("Location", IDENTITY + "/to"), status="302 Found")
    page = alice.page(BANK)
    assert page.fetch("/go").type == "error"
    shares(identity, "/to", origin=BANK)
    assert page.fetch("/go").json() == {"balance": 120}


def test_authorization_does_not_follow_to_another_origin(alice: Browser, bank: Any, identity: Any) -> None:
    bank.on("/go", ("Location", IDENTITY + "/to"), status="302 Found")
    shares(identity, "/to", origin="*")
    alice.page(BANK).fetch("/go", headers={"Authorization": "Bearer x", "Accept": "text/plain"})
    assert "HTTP_AUTHORIZATION" in bank.last
    assert "HTTP_AUTHORIZATION" not in identity.last
    assert identity.last["HTTP_ACCEPT"].endswith("text/plain")


def test_a_redirect_from_stranger_to_stranger_has_no_origin(alice: Browser, bank: Any, identity: Any) -> None:
    shares(identity, "/go", origin=EVIL, Location=BANK + "/")
    identity.answers["/go"] = ("302 Found", *identity.answers["/go"][1:])
    shares(bank, origin=EVIL)
    assert alice.page(EVIL).fetch(IDENTITY + "/go").type == "error"
    assert bank.last["HTTP_ORIGIN"] == "null"
    shares(bank, origin="null")
    assert alice.page(EVIL).fetch(IDENTITY + "/go").readable


def test_a_redirect_of_another_origin_is_followed_only_if_it_is_shared(alice: Browser, bank: Any) -> None:
    bank.on("/go", ("Location", "/"), status="302 Found")
    assert alice.page(EVIL).fetch(BANK + "/go").type == "error"
    assert len(bank.seen) == 1


def test_way_out_and_back_home_stays_under_cors(alice: Browser, bank: Any, evil: Any) -> None:
    bank.on("/out", ("Location", EVIL + "/back"), status="302 Found")
    evil.on("/back", ("Location", BANK + "/"), ("Access-Control-Allow-Origin", "*"), status="302 Found")
    assert alice.page(BANK).fetch("/out").type == "error"
    assert bank.last["HTTP_ORIGIN"] == "null"


def test_a_fetch_too_follows_at_most_20_redirects_and_none_that_leads_nowhere(
    alice: Browser, bank: Any
) -> None:
    bank.on("/loop", ("Location", "/loop"), status="307 Temporary Redirect")
    bank.on("/js", ("Location", "javascript:1"), status="302 Found")
    assert alice.page(BANK).fetch("/loop").type == "error"
    assert len(bank.seen) == 21
    assert alice.page(BANK).fetch("/js").type == "error"


def test_put_is_repeated_by_302_and_not_by_303(alice: Browser, bank: Any) -> None:
    bank.on("/302", ("Location", "/x"), status="302 Found")
    bank.on("/303", ("Location", "/x"), status="303 See Other")
    alice.page(BANK).fetch("/302", method="PUT", body=b"1")
    alice.page(BANK).fetch("/303", method="PUT", body=b"1")
    assert bank.methods == ["PUT", "PUT", "PUT", "GET"]


# --- headers that tell of the page -----------------------------------------------------------------------------------

TOLD: dict[str, tuple[str, dict[str, Any], dict[str, str]]] = {
    "a GET at home": (BANK, {}, {"REFERER": BANK + "/p", "SEC_FETCH_SITE": "same-origin"}),
    "a POST at home": (
        BANK,
        {"method": "POST"},
        {"REFERER": BANK + "/p", "ORIGIN": BANK, "SEC_FETCH_SITE": "same-origin"},
    ),
    "a GET of the same site": (
        IDENTITY,
        {},
        {"REFERER": IDENTITY + "/", "ORIGIN": IDENTITY, "SEC_FETCH_SITE": "same-site"},
    ),
    "a GET of another site": (
        EVIL,
        {},
        {"REFERER": EVIL + "/", "ORIGIN": EVIL, "SEC_FETCH_SITE": "cross-site"},
    ),
    "a GET of another site without CORS": (
        EVIL,
        {"mode": "no-cors"},
        {"REFERER": EVIL + "/", "SEC_FETCH_SITE": "cross-site", "SEC_FETCH_MODE": "no-cors"},
    ),
    "a POST of another site without CORS": (
        EVIL,
        {"mode": "no-cors", "method": "POST"},
        {"REFERER": EVIL + "/", "ORIGIN": EVIL, "SEC_FETCH_SITE": "cross-site", "SEC_FETCH_MODE": "no-cors"},
    ),
    "a script that lies": (
        EVIL,
        {
            "headers": {
                "Origin": BANK,
                "Referer": BANK,
                "Sec-Fetch-Site": "same-origin",
                "Host": "x",
                "Cookie": "a=b",
            }
        },
        {"REFERER": EVIL + "/", "ORIGIN": EVIL, "SEC_FETCH_SITE": "cross-site"},
    ),
}


@pytest.mark.parametrize(("page", "asked", "told"), TOLD.values(), ids=TOLD)
def test_what_the_server_is_told_of_the_page(
    alice: Browser, bank: Any, page: str, asked: dict[str, Any], told: dict[str, str]
) -> None:
    alice.page(page + "/p").fetch(BANK + "/", **asked)
    expected = {"SEC_FETCH_MODE": "cors", "SEC_FETCH_DEST": "empty", **told}
    seen = ("REFERER", "ORIGIN", "SEC_FETCH_SITE", "SEC_FETCH_MODE", "SEC_FETCH_DEST")
    assert {name: bank.last[f"HTTP_{name}"] for name in seen if f"HTTP_{name}" in bank.last} == expected
    assert bank.last["HTTP_HOST"] == "bank.harbour.test"
    assert "HTTP_COOKIE" not in bank.last


def test_over_plain_http_no_fetch_metadata_is_sent(alice: Browser, bank: Any) -> None:
    alice.page("http://bank.harbour.test/").fetch("/")
    assert not [name for name in bank.last if name.startswith("HTTP_SEC_")]


@pytest.mark.parametrize("method", ["TRACE", "connect", "Track"])
def test_some_methods_are_forbidden_to_scripts(alice: Browser, bank: Any, method: str) -> None:
    assert alice.page(BANK).fetch("/", method=method).type == "error"
    assert bank.seen == []


@pytest.mark.parametrize("options", [{"mode": "navigate"}, {"credentials": "always"}])
def test_a_word_that_fetch_does_not_know_is_refused(alice: Browser, options: dict[str, str]) -> None:
    with pytest.raises(SetupError):
        alice.page(BANK).fetch("/", **options)  # type: ignore[arg-type]


SET_BY_SCRIPTS = {
    "Authorization": ("Authorization", "Bearer x", True),
    "a header of one's own": ("X-CSRF-Token", "x", True),
    "Cookie": ("Cookie", "a=b", False),
    "Host in another case": ("hOST", "x", False),
    "anything that begins with Sec-": ("Sec-Fetch-Site", "none", False),
    "anything that begins with Proxy-": ("Proxy-Authorization", "x", False),
    "a method in place of the method": ("X-HTTP-Method-Override", "PUT", True),
    "a forbidden method in place of the method": ("X-HTTP-Method-Override", "GET, trace", False),
}


@pytest.mark.parametrize(("name", "value", "may"), SET_BY_SCRIPTS.values(), ids=SET_BY_SCRIPTS)
def test_which_headers_a_script_may_set(name: str, value: str, may: bool) -> None:
    assert may_set(name, value) is may


def test_which_headers_are_simple() -> None:
    simple = [
        ("Content-Type", "TEXT/plain; charset=x"),
        ("Range", "bytes=0-9"),
        ("content-language", "de, en"),
    ]
    others = [
        ("Content-Type", "text/html"),
        ("Range", "bytes=-9"),
        ("Content-Type", "text/plain\x00"),
        ("X-One", ""),
    ]
    assert [header for header in simple if not is_simple_header(*header)] == []
    assert [header for header in others if is_simple_header(*header)] == []


def test_many_simple_headers_together_are_not_simple(alice: Browser, bank: Any) -> None:
    headers = [("Accept", "x" * 128)] * 9
    alice.page(EVIL).fetch(BANK + "/", headers=headers)
    assert bank.last["HTTP_ACCESS_CONTROL_REQUEST_HEADERS"] == "accept"


def test_methods_are_written_large_only_if_they_are_usual() -> None:
    assert [normalized(method) for method in ("get", "Put", "patch")] == ["GET", "PUT", "patch"]


def test_a_hidden_response_is_not_the_real_one_with_a_veil(victim: Browser, bank: Any) -> None:
    bank.on("/", body=b"secret", status="418 Teapot")
    hidden = victim.page(EVIL).fetch(BANK + "/", credentials="include", mode="no-cors")
    assert hidden == Response(0, type="opaque", why=hidden.why)
