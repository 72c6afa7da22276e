"""Each cookie rule of browsers, from both sides: kept and refused, sent and not sent."""

from __future__ import annotations

from typing import Any

import pytest

from labapp.client import Circumstances, Cookie, CookieJar, Refused
from labapp.clock import LabClock, SkewedClock

BANK = "https://bank.harbour.test/accounts/list"
STRANGER = Circumstances(same_site=False)
LINK = Circumstances(same_site=False, navigation=True)
FORM = Circumstances(same_site=False, navigation=True, method="POST")


@pytest.fixture
def jar(clock: LabClock) -> CookieJar:
    return CookieJar(clock)


KEPT = {
    "a plain cookie": (BANK, "SID=1"),
    "a value without a name": (BANK, "justavalue"),
    "Domain that is the host": (BANK, "SID=1; Domain=bank.harbour.test"),
    "Domain above the host": (BANK, "SID=1; Domain=harbour.test"),
    "Domain with the old leading dot": (BANK, "SID=1; Domain=.harbour.test"),
    "Domain that is a public suffix and the host itself": ("https://localhost/", "SID=1; Domain=localhost"),
    "Domain that is the host's own number": ("https://127.0.0.1/", "SID=1; Domain=127.0.0.1"),
    "Secure over https": (BANK, "SID=1; Secure"),
    "no Secure over http": ("http://bank.harbour.test/", "SID=1"),
    "SameSite=None with Secure": (BANK, "SID=1; SameSite=None; Secure"),
    "__Secure- with Secure": (BANK, "__Secure-SID=1; Secure; Domain=harbour.test"),
    "__Host- with all that it wants": (BANK, "__Host-SID=1; Secure; Path=/"),
    "__HOST- in capitals with all that it wants": (BANK, "__HOST-SID=1; Secure; Path=/"),
    "__Host- without Path, where the default is the root, but saying so badly": (
        "https://bank.harbour.test/login",
        "__Host-SID=1; Secure; Path=x",
    ),
    "a prefix that is none": (BANK, "__Hosts=1"),
}


@pytest.mark.parametrize(("url", "header"), KEPT.values(), ids=KEPT)
def test_kept(jar: CookieJar, url: str, header: str) -> None:
    assert isinstance(jar.set_from_response(url, header), Cookie)
    assert len(jar) == 1
    assert jar.refusals == []


REFUSED = {
    "neither name nor value": (BANK, "; Secure", "empty"),
    "an equals sign alone": (BANK, "=", "empty"),
    "a control character": (BANK, "SID=1\x01", "control-character"),
    "too long a value": (BANK, "SID=" + "x" * 4096, "too-long"),
    "Domain of somebody else": (BANK, "SID=1; Domain=evil.test", "domain"),
    "Domain below the host": (BANK, "SID=1; Domain=x.bank.harbour.test", "domain"),
    "Domain beside the host": (BANK, "SID=1; Domain=id.harbour.test", "domain"),
    "Domain that only ends alike": ("https://notharbour.test/", "SID=1; Domain=harbour.test", "domain"),
    "Domain that is a top-level domain": (BANK, "SID=1; Domain=test", "domain"),
    "Domain that is a listed public suffix": ("https://shop.co.uk/", "SID=1; Domain=co.uk", "domain"),
    "Domain that is part of a number": ("https://127.0.0.1/", "SID=1; Domain=0.0.1", "domain"),
    "Domain beyond ASCII": (BANK, "SID=1; Domain=hárbour.test", "domain"),
    "Domain whose Kelvin sign poses as a k": (BANK, "SID=1; Domain=ban\u212a.harbour.test", "domain"),
    "Secure over http": ("http://bank.harbour.test/", "SID=1; Secure", "secure"),
    "Secure over http to localhost, which browsers judge differently": (
        "http://localhost/",
        "SID=1; Secure",
        "secure",
    ),
    "Secure over http to a local number": ("http://127.0.0.1:8000/", "SID=1; Secure", "secure"),
    "SameSite=None without Secure": (BANK, "SID=1; SameSite=None", "same-site-none"),
    "__Secure- without Secure": (BANK, "__Secure-SID=1", "prefix"),
    "__SECURE- in capitals without Secure": (BANK, "__SECURE-SID=1; Domain=harbour.test", "prefix"),
    "__Host- without Secure": (BANK, "__Host-SID=1; Path=/", "prefix"),
    "__host- in small letters without Secure": (BANK, "__host-SID=1; Path=/", "prefix"),
    "__Host- without Path, where the default is the root": (
        "https://bank.harbour.test/login",
        "__Host-SID=1; Secure",
        "prefix",
    ),
    "__Host- with a narrower Path": (BANK, "__Host-SID=1; Secure; Path=/accounts", "prefix"),
    "__Host- with Domain": (BANK, "__Host-SID=1; Secure; Path=/; Domain=bank.harbour.test", "prefix"),
    "__Host- over http": ("http://bank.harbour.test/", "__Host-SID=1; Secure; Path=/", "secure"),
    "a value without a name that poses as __Host-": (BANK, "=__Host-SID=1; Path=/", "prefix"),
    "a value without a name that poses as __Secure-": (BANK, "=__secure-SID", "prefix"),
}


@pytest.mark.parametrize(("url", "header", "rule"), REFUSED.values(), ids=REFUSED)
def test_refused(jar: CookieJar, clock: LabClock, url: str, header: str, rule: str) -> None:
    refused = jar.set_from_response(url, header)
    assert isinstance(refused, Refused)
    assert (refused.rule, refused.at) == (rule, clock.now())
    assert refused.reason
    assert jar.refusals == [refused]
    assert len(jar) == 0


GOES: dict[str, tuple[str, str, str]] = {
    "to the host that set it": (BANK, "SID=1", "https://bank.harbour.test/accounts/list"),
    "to another port of the host": (BANK, "SID=1; Path=/", "https://bank.harbour.test:8443/"),
    "with Domain to the domain itself": (BANK, "SID=1; Path=/; Domain=harbour.test", "https://harbour.test/"),
    "with Domain to a name beside": (BANK, "SID=1; Path=/; Domain=harbour.test", "https://id.harbour.test/"),
    "with Domain further down": (BANK, "SID=1; Path=/; Domain=harbour.test", "https://a.b.harbour.test/"),
    "to its very path": (BANK, "SID=1; Path=/a", "https://bank.harbour.test/a"),
    "below its path": (BANK, "SID=1; Path=/a", "https://bank.harbour.test/a/b"),
    "below a path that ends in a slash": (BANK, "SID=1; Path=/a/", "https://bank.harbour.test/a/b"),
    "beside the page that set it, without Path": (BANK, "SID=1", "https://bank.harbour.test/accounts/other"),
    "everywhere, if a page at the root set it without Path": (
        "https://bank.harbour.test/login",
        "SID=1",
        "https://bank.harbour.test/a/b",
    ),
    "Secure over https": (BANK, "SID=1; Path=/; Secure", "https://bank.harbour.test/"),
    "a cookie without Secure over http": (BANK, "SID=1; Path=/", "http://bank.harbour.test/"),
}


@pytest.mark.parametrize(("set_by", "header", "url"), GOES.values(), ids=GOES)
def test_sent(jar: CookieJar, set_by: str, header: str, url: str) -> None:
    jar.set_from_response(set_by, header)
    assert jar.header_for(url) == "SID=1"
    assert [verdict.reason for verdict in jar.judge(url)] == [""]


STAYS: dict[str, tuple[str, str, str, str]] = {
    "without Domain from the name above": (BANK, "SID=1; Path=/", "https://harbour.test/", "it belongs to"),
    "without Domain from a name below": (
        BANK,
        "SID=1; Path=/",
        "https://x.bank.harbour.test/",
        "it belongs to",
    ),
    "without Domain from a name beside": (BANK, "SID=1; Path=/", "https://id.harbour.test/", "it belongs to"),
    "with Domain from strangers": (
        BANK,
        "SID=1; Path=/; Domain=harbour.test",
        "https://evil.test/",
        "it belongs to",
    ),
    "from a name that only ends alike": (
        "https://harbour.test/",
        "SID=1; Domain=harbour.test",
        "https://notharbour.test/",
        "it belongs to",
    ),
    "from a path that only begins alike": (
        BANK,
        "SID=1; Path=/a",
        "https://bank.harbour.test/ab",
        "paths under /a",
    ),
    "from a path above": (BANK, "SID=1; Path=/a/", "https://bank.harbour.test/a", "paths under /a/"),
    "from the rest of the host, without Path": (
        BANK,
        "SID=1",
        "https://bank.harbour.test/",
        "paths under /accounts",
    ),
    "from a path in another case": (BANK, "SID=1; Path=/a", "https://bank.harbour.test/A", "paths under /a"),
    "Secure from http": (BANK, "SID=1; Path=/; Secure", "http://bank.harbour.test/", "it is Secure"),
}


@pytest.mark.parametrize(("set_by", "header", "url", "reason"), STAYS.values(), ids=STAYS)
def test_not_sent(jar: CookieJar, set_by: str, header: str, url: str, reason: str) -> None:
    jar.set_from_response(set_by, header)
    assert jar.header_for(url) == ""
    (verdict,) = jar.judge(url)
    assert not verdict.sent
    assert reason in verdict.reason


SAME_SITE: dict[str, tuple[str, Circumstances, bool]] = {
    "Strict goes with its own site's request": ("SameSite=Strict", Circumstances(), True),
    "Strict goes with its own site's form": (
        "SameSite=Strict",
        Circumstances(navigation=True, method="POST"),
        True,
    ),
    "Strict stays when a link of another site is followed": ("SameSite=Strict", LINK, False),
    "Strict stays with a form of another site": ("SameSite=Strict", FORM, False),
    "Strict stays with a script of another site": ("SameSite=Strict", STRANGER, False),
    "Lax goes with its own site's request": ("SameSite=Lax", Circumstances(method="POST"), True),
    "Lax goes when a link of another site is followed": ("SameSite=Lax", LINK, True),
    "Lax stays with a form of another site": ("SameSite=Lax", FORM, False),
    "Lax stays with a script of another site": ("SameSite=Lax", STRANGER, False),
    "None goes with a link of another site": ("SameSite=None", LINK, True),
    "None goes with a form of another site": ("SameSite=None", FORM, True),
    "None goes with a script of another site": ("SameSite=None", STRANGER, True),
    "not saying goes when a link is followed": ("Path=/", LINK, True),
    "not saying stays with a form of another site": ("Path=/", FORM, False),
    "not saying stays with a script of another site": ("Path=/", STRANGER, False),
    "nonsense stays with a form of another site": ("SameSite=Never", FORM, False),
}


@pytest.mark.parametrize(("attribute", "how", "sent"), SAME_SITE.values(), ids=SAME_SITE)
def test_same_site(jar: CookieJar, attribute: str, how: Circumstances, sent: bool) -> None:
    jar.set_from_response(BANK, f"SID=1; Secure; Path=/; {attribute}")
    assert (jar.header_for(BANK, how=how) == "SID=1") is sent
    (verdict,) = jar.judge(BANK, how=how)
    assert bool(verdict.reason) is not sent


SET_BY_STRANGERS: dict[str, tuple[str, Circumstances, bool]] = {
    "a script of another site cannot have a Strict cookie set": ("SameSite=Strict", STRANGER, False),
    "nor a Lax one": ("SameSite=Lax", STRANGER, False),
    "nor one that does not say": ("Path=/", STRANGER, False),
    "but one with None": ("SameSite=None", STRANGER, True),
    "a link of another site can lead to a Strict one": ("SameSite=Strict", LINK, True),
    "and so can its form": ("SameSite=Strict", FORM, True),
}


@pytest.mark.parametrize(("attribute", "how", "kept"), SET_BY_STRANGERS.values(), ids=SET_BY_STRANGERS)
def test_same_site_also_when_cookies_are_set(
    jar: CookieJar, attribute: str, how: Circumstances, kept: bool
) -> None:
    result = jar.set_from_response(BANK, f"SID=1; Secure; {attribute}", how=how)
    assert isinstance(result, Cookie) is kept
    assert kept or jar.refusals[0].rule == "same-site"


@pytest.mark.parametrize(("age", "sent"), [(0, True), (119, True), (120, False)])
def test_a_young_cookie_that_does_not_say_may_go_with_a_form_where_the_browser_allows_it(
    clock: LabClock, age: int, sent: bool
) -> None:
    jar = CookieJar(clock, lax_allowing_unsafe=120)
    jar.set_from_response(BANK, "SID=1; Path=/")
    jar.set_from_response(BANK, "explicit=1; Path=/; SameSite=Lax")
    clock.advance(age)
    assert jar.header_for(BANK, how=FORM) == ("SID=1" if sent else "")


# --- scripts ---------------------------------------------------------------------------------------------------------


def test_a_script_sees_every_cookie_but_those_with_http_only(jar: CookieJar) -> None:
    jar.set_from_response(BANK, "seen=1; Path=/")
    jar.set_from_response(BANK, "hidden=2; Path=/; HttpOnly")
    assert jar.script_text(BANK) == "seen=1"
    assert jar.header_for(BANK) == "seen=1; hidden=2"


def test_a_script_sets_a_cookie_but_none_with_http_only(jar: CookieJar) -> None:
    assert isinstance(jar.set_from_script(BANK, "theme=dark; Path=/"), Cookie)
    refused = jar.set_from_script(BANK, "SID=1; HttpOnly")
    assert isinstance(refused, Refused)
    assert refused.rule == "http-only"


def test_a_script_overwrites_a_cookie_but_none_with_http_only(jar: CookieJar) -> None:
    jar.set_from_response(BANK, "open=1; Path=/")
    jar.set_from_response(BANK, "SID=1; Path=/; HttpOnly")
    assert isinstance(jar.set_from_script(BANK, "open=2; Path=/"), Cookie)
    refused = jar.set_from_script(BANK, "SID=fixed; Path=/")
    assert isinstance(refused, Refused)
    assert refused.rule == "overwrite"
    assert jar.header_for(BANK) == "open=2; SID=1"


def test_the_server_itself_replaces_a_cookie_with_http_only(jar: CookieJar) -> None:
    jar.set_from_response(BANK, "SID=1; Path=/; HttpOnly")
    assert isinstance(jar.set_from_response(BANK, "SID=2; Path=/; HttpOnly"), Cookie)
    assert jar.header_for(BANK) == "SID=2"


def test_a_script_cannot_delete_a_cookie_with_http_only(jar: CookieJar) -> None:
    jar.set_from_response(BANK, "SID=1; Path=/; HttpOnly")
    assert isinstance(jar.set_from_script(BANK, "SID=; Path=/; Max-Age=0"), Refused)
    assert jar.header_for(BANK) == "SID=1"


def test_a_script_can_set_beside_it_a_cookie_of_the_same_name_on_a_longer_path(jar: CookieJar) -> None:
    """Neither HttpOnly nor replacing helps here; `__Host-` does, because it fixes the path."""
    jar.set_from_response(BANK, "SID=1; Path=/; HttpOnly")
    jar.set_from_response(BANK, "__Host-SID=1; Path=/; Secure; HttpOnly")
    assert isinstance(jar.set_from_script(BANK, "SID=evil; Path=/accounts"), Cookie)
    assert isinstance(jar.set_from_script(BANK, "__Host-SID=evil; Path=/accounts; Secure"), Refused)
    assert jar.header_for(BANK) == "SID=evil; SID=1; __Host-SID=1"


def test_a_name_beside_can_toss_a_cookie_over_but_not_one_with_host_prefix(jar: CookieJar) -> None:
    tossed = jar.set_from_response("https://shop.harbour.test/", "SID=evil; Path=/; Domain=harbour.test")
    refused = jar.set_from_response(
        "https://shop.harbour.test/", "__Host-SID=evil; Secure; Path=/; Domain=harbour.test"
    )
    assert isinstance(tossed, Cookie)
    assert isinstance(refused, Refused)
    assert jar.header_for(BANK) == "SID=evil"


# --- plain http leaves Secure cookies alone --------------------------------------------------------------------------

OVERLAYS: dict[str, tuple[str, str, bool]] = {
    "the same name and path": ("http://bank.harbour.test/", "SID=evil; Path=/login", False),
    "the same name further down": ("http://bank.harbour.test/", "SID=evil; Path=/login/en", False),
    "the same name from a name beside, by Domain": (
        "http://shop.harbour.test/",
        "SID=evil; Path=/login; Domain=harbour.test",
        False,
    ),
    "the same name further up": ("http://bank.harbour.test/", "SID=evil; Path=/", True),
    "the same name elsewhere": ("http://bank.harbour.test/", "SID=evil; Path=/other", True),
    "another name": ("http://bank.harbour.test/", "other=1; Path=/login", True),
    "another host": ("http://id.harbour.test/", "SID=1; Path=/login", True),
    "over https": ("https://bank.harbour.test/", "SID=2; Path=/login", True),
}


@pytest.mark.parametrize(("url", "header", "kept"), OVERLAYS.values(), ids=OVERLAYS)
def test_plain_http_leaves_secure_cookies_alone(jar: CookieJar, url: str, header: str, kept: bool) -> None:
    jar.set_from_response(BANK, "SID=1; Secure; Path=/login")
    assert isinstance(jar.set_from_response(url, header), Cookie) is kept
    assert kept or jar.refusals[0].rule == "overlay"


def test_plain_http_cannot_lay_a_cookie_of_one_host_over_a_secure_one_of_its_domain(jar: CookieJar) -> None:
    jar.set_from_response(BANK, "SID=1; Secure; Path=/; Domain=harbour.test")
    assert isinstance(jar.set_from_response("http://bank.harbour.test/", "SID=evil; Path=/"), Refused)


def test_plain_http_may_overlay_a_cookie_that_was_not_secure(jar: CookieJar) -> None:
    jar.set_from_response(BANK, "SID=1; Path=/login")
    assert isinstance(jar.set_from_response("http://bank.harbour.test/", "SID=2; Path=/login"), Cookie)


# --- time ------------------------------------------------------------------------------------------------------------


def test_a_cookie_ends_at_the_second_that_it_named(jar: CookieJar, clock: LabClock) -> None:
    jar.set_from_response(BANK, "SID=1; Path=/; Max-Age=60")
    clock.advance(59)
    assert jar.header_for(BANK) == "SID=1"
    clock.advance(1)
    assert jar.header_for(BANK) == ""
    assert len(jar) == 0


def test_a_cookie_does_not_come_back_when_the_clock_is_set_back(jar: CookieJar, clock: LabClock) -> None:
    jar.set_from_response(BANK, "SID=1; Path=/; Max-Age=60")
    clock.advance(60)
    assert len(jar) == 0
    clock.step(-30)
    assert jar.header_for(BANK) == ""


def test_no_cookie_outlives_400_days(jar: CookieJar, clock: LabClock) -> None:
    jar.set_from_response(BANK, "SID=1; Path=/; Max-Age=999999999")
    clock.advance(days=400, seconds=-1)
    assert jar.header_for(BANK) == "SID=1"
    clock.advance(1)
    assert jar.header_for(BANK) == ""


def test_a_session_cookie_ends_with_the_browser_and_not_by_the_clock(jar: CookieJar, clock: LabClock) -> None:
    jar.set_from_response(BANK, "session=1; Path=/")
    jar.set_from_response(BANK, "kept=1; Path=/; Max-Age=99999999")
    clock.advance(days=300)
    assert jar.header_for(BANK) == "session=1; kept=1"
    jar.end_session()
    assert jar.header_for(BANK) == "kept=1"


def test_a_past_date_removes_the_cookie_of_that_name_domain_and_path(jar: CookieJar) -> None:
    for header in ("SID=1; Path=/", "SID=2; Path=/accounts", "SID=3; Path=/; Domain=harbour.test"):
        jar.set_from_response(BANK, header)
    gone = jar.set_from_response(BANK, "SID=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT")
    assert isinstance(gone, Cookie)
    assert jar.header_for(BANK) == "SID=2; SID=3"


def test_the_age_of_a_cookie_goes_by_the_clock_of_the_users_machine(clock: LabClock) -> None:
    ahead = CookieJar(SkewedClock(clock, seconds=3600))
    gone = ahead.set_from_response(BANK, "SID=1; Expires=Mon, 07 Jan 2030 09:30:00 GMT")
    assert isinstance(gone, Cookie)
    assert len(ahead) == 0


# --- order and replacement -------------------------------------------------------------------------------------------


def test_longer_paths_go_first_then_older_cookies(jar: CookieJar, clock: LabClock) -> None:
    for header in ("b=1; Path=/", "a=1; Path=/", "c=1; Path=/accounts", "d=1; Path=/accounts/list"):
        jar.set_from_response(BANK, header)
        clock.advance(1)
    assert jar.header_for(BANK) == "d=1; c=1; b=1; a=1"


def test_cookies_of_the_same_instant_go_in_the_order_of_setting(jar: CookieJar) -> None:
    for name in "zxy":
        jar.set_from_response(BANK, f"{name}=1; Path=/")
    assert jar.header_for(BANK) == "z=1; x=1; y=1"


def test_a_replaced_cookie_keeps_its_place_and_its_creation_time(jar: CookieJar, clock: LabClock) -> None:
    first = jar.set_from_response(BANK, "a=1; Path=/")
    clock.advance(5)
    jar.set_from_response(BANK, "b=1; Path=/")
    again = jar.set_from_response(BANK, "a=2; Path=/")
    assert isinstance(first, Cookie)
    assert isinstance(again, Cookie)
    assert again.created == first.created
    assert jar.header_for(BANK) == "a=2; b=1"


def test_host_only_and_domain_cookies_of_one_name_live_side_by_side(jar: CookieJar) -> None:
    jar.set_from_response(BANK, "SID=host; Path=/")
    jar.set_from_response(BANK, "SID=domain; Path=/; Domain=bank.harbour.test")
    assert jar.header_for(BANK) == "SID=host; SID=domain"


def test_names_that_differ_in_case_are_two_cookies(jar: CookieJar) -> None:
    jar.set_from_response(BANK, "__Secure-a=1; Secure; Path=/")
    jar.set_from_response(BANK, "__secure-a=2; Secure; Path=/")
    assert jar.header_for(BANK) == "__Secure-a=1; __secure-a=2"


def test_a_cookie_without_a_name_is_sent_as_its_value(jar: CookieJar) -> None:
    jar.set_from_response(BANK, "naked; Path=/")
    jar.set_from_response(BANK, "empty=; Path=/")
    assert jar.header_for(BANK) == "naked; empty="


# --- looking into the jar --------------------------------------------------------------------------------------------


def test_rows_are_plain_data_and_show_no_whole_value(jar: CookieJar) -> None:
    jar.set_from_response(BANK, "__Host-session=" + "s" * 43 + "; Secure; HttpOnly; SameSite=Lax; Path=/")
    jar.set_from_response(BANK, "lang=en; Path=/; Domain=harbour.test; Max-Age=60")
    expected: list[dict[str, Any]] = [
        {
            "name": "__Host-session",
            "value": "ssssss…",
            "host": "bank.harbour.test",
            "path": "/",
            "Secure": True,
            "HttpOnly": True,
            "SameSite": "Lax",
            "expires": "with the browser",
        },
        {
            "name": "lang",
            "value": "…",
            "host": "*.harbour.test",
            "path": "/",
            "Secure": False,
            "HttpOnly": False,
            "SameSite": "Default",
            "expires": "2030-01-07 09:01:00 UTC",
        },
    ]
    assert jar.rows() == expected
    assert "s" * 43 not in repr(jar) + repr(list(jar))


def test_a_refusal_says_who_and_why_and_not_the_value(jar: CookieJar) -> None:
    refused = jar.set_from_response(BANK, "SID=s3cret-value; Domain=evil.test")
    assert (
        repr(refused)
        == "<Refused SID from bank.harbour.test: its Domain evil.test does not cover bank.harbour.test>"
    )


def test_a_cookie_is_found_by_name_and_host(jar: CookieJar) -> None:
    jar.set_from_response(BANK, "SID=bank; Path=/")
    jar.set_from_response("https://id.harbour.test/", "SID=id; Path=/")
    found = jar.find("SID", "id.harbour.test")
    assert found is not None
    assert found.value == "id"
    assert jar.find("other") is None


def test_a_copy_goes_its_own_way(jar: CookieJar) -> None:
    jar.set_from_response(BANK, "SID=1; Path=/")
    twin = jar.copy()
    jar.clear()
    assert (jar.header_for(BANK), twin.header_for(BANK)) == ("", "SID=1")
