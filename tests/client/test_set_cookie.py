"""Set-Cookie is read generously, and always with the same result (rfc6265bis section 5.6)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labapp.client.set_cookie import LONGEST_LIFE, SetCookie, Unreadable, parse, parse_date
from labapp.clock import LAB_START

READ: dict[str, tuple[str, dict[str, Any]]] = {
    "name and value part at the first equals sign": ("a=b=c", {"name": "a", "value": "b=c"}),
    "without an equals sign it is a value": ("abc", {"name": "", "value": "abc"}),
    "a name may be empty": ("=abc", {"name": "", "value": "abc"}),
    "a value may be empty": ("abc=", {"name": "abc", "value": ""}),
    "blanks around go, blanks inside stay": (
        " a \t=  b c  ;Secure",
        {"name": "a", "value": "b c", "secure": True},
    ),
    "quotes are part of the value": ('a="b c"', {"value": '"b c"'}),
    "percent signs are not decoded": ("a=%41", {"value": "%41"}),
    "a tab inside is a blank": ("a=b\tc", {"value": "b\tc"}),
    "attributes are known in any case": (
        "a=b; sEcUrE; HTTPONLY; samesite=STRICT; pATH=/x",
        {"secure": True, "http_only": True, "same_site": "Strict", "path": "/x"},
    ),
    "attributes with a value that needs none count": (
        "a=b; Secure=no; HttpOnly=0",
        {"secure": True, "http_only": True},
    ),
    "unknown attributes are skipped": ("a=b; Priority=High; Partitioned; x", {"secure": False}),
    "an empty attribute is skipped": ("a=b;;; Secure;", {"secure": True}),
    "SameSite=None is read": ("a=b; SameSite=none", {"same_site": "None"}),
    "an unknown SameSite is the default": ("a=b; SameSite=Sometimes", {"same_site": "Default"}),
    "the last SameSite counts": ("a=b; SameSite=Strict; SameSite=Lax", {"same_site": "Lax"}),
    "a leading dot of Domain goes": ("a=b; Domain=.Harbour.TEST", {"domain": "harbour.test"}),
    "the last Domain counts, even if it is empty": ("a=b; Domain=harbour.test; Domain=", {"domain": ""}),
    "a Path without a slash is as if it named none": ("a=b; Path=x", {"path": None, "has_path": True}),
    "the last Path counts": ("a=b; Path=/x; Path=/y", {"path": "/y"}),
    "an attribute of 1024 octets counts": ("a=b; Path=/" + "x" * 1023, {"path": "/" + "x" * 1023}),
    "a longer attribute is skipped": ("a=b; Path=/ok; Path=/" + "x" * 1024, {"path": "/ok"}),
    "Max-Age counts from now": ("a=b; Max-Age=60", {"expires": LAB_START + 60}),
    "Max-Age wins over Expires, whatever the order": (
        "a=b; Max-Age=60; Expires=Mon, 07 Jan 2030 10:00:00 GMT",
        {"expires": LAB_START + 60},
    ),
    "the last Max-Age counts": ("a=b; Max-Age=60; Max-Age=0", {"expires": 0.0}),
    "Max-Age of zero or less ends the cookie": ("a=b; Max-Age=-1", {"expires": 0.0}),
    "a Max-Age that is no whole number is skipped": (
        "a=b; Max-Age=1.5; Max-Age=+3; Max-Age=; Max-Age=x",
        {"expires": None},
    ),
    "digits of other scripts are no number": ("a=b; Max-Age=٣", {"expires": None}),
    "Max-Age reaches 400 days at most": ("a=b; Max-Age=99999999999", {"expires": LAB_START + LONGEST_LIFE}),
    "Expires is read": ("a=b; Expires=Mon, 07 Jan 2030 10:00:00 GMT", {"expires": LAB_START + 3600}),
    "Expires reaches 400 days at most": (
        "a=b; Expires=Fri, 31 Dec 9999 23:59:59 GMT",
        {"expires": LAB_START + LONGEST_LIFE},
    ),
    "Expires that is no date is skipped": ("a=b; Expires=tomorrow", {"expires": None}),
}


@pytest.mark.parametrize(("header", "parts"), READ.values(), ids=READ)
def test_a_header_is_read(header: str, parts: dict[str, Any]) -> None:
    read = parse(header, now=LAB_START)
    assert isinstance(read, SetCookie)
    assert {name: getattr(read, name) for name in parts} == parts


def test_name_and_value_may_have_4096_octets_together() -> None:
    assert isinstance(parse("ab=" + "x" * 4094, now=0), SetCookie)
    assert parse("ab=" + "x" * 4095, now=0) == Unreadable(
        "too-long", "name and value have 4097 octets, and browsers take 4096"
    )


def test_octets_are_counted_and_not_characters() -> None:
    assert isinstance(parse("a=" + "…" * 1366, now=0), Unreadable)


@pytest.mark.parametrize("control", ["\x00", "\x08", "\n", "\r", "\x1f", "\x7f"])
@pytest.mark.parametrize("where", ["a{}=b", "a=b{}", "a=b; Path=/{}", "a=b; X{}"])
def test_a_control_character_anywhere_refuses_the_header(control: str, where: str) -> None:
    read = parse(where.format(control), now=0)
    assert isinstance(read, Unreadable)
    assert read.rule == "control-character"


NINE = float(LAB_START)
DATES = {
    "as servers should write it": ("Mon, 07 Jan 2030 09:00:00 GMT", NINE),
    "with dashes and a short year": ("Monday, 07-Jan-30 09:00:00 GMT", NINE),
    "as C's asctime writes it": ("Mon Jan  7 09:00:00 2030", NINE),
    "the time first": ("9:0:0 7 january 2030", NINE),
    "rubbish behind a number is skipped": ("7th Jan 2030 09:00:00.5 x", NINE),
    "1970 to 1999 in two digits": ("01 Jan 70 00:00:00", 0.0),
    "no year": ("07 Jan 09:00:00", None),
    "no time": ("07 Jan 2030", None),
    "no month": ("07 2030 09:00:00", None),
    "a day that is not in the month": ("30 Feb 2030 09:00:00", None),
    "a day zero": ("0 Jan 2030 09:00:00", None),
    "an hour too many": ("07 Jan 2030 24:00:00", None),
    "a minute too many": ("07 Jan 2030 09:60:00", None),
    "before the calendar of today": ("07 Jan 1600 09:00:00", None),
    "empty": ("", None),
}


@pytest.mark.parametrize(("text", "seconds"), DATES.values(), ids=DATES)
def test_a_date_is_read_by_its_parts(text: str, seconds: float | None) -> None:
    assert parse_date(text) == seconds


@given(st.text())
def test_any_text_is_a_header_or_unreadable(text: str) -> None:
    assert isinstance(parse(text, now=LAB_START), SetCookie | Unreadable)


ATTRIBUTES = st.sampled_from(
    [
        "Secure",
        "HttpOnly",
        "Path=/",
        "Path",
        "Domain=harbour.test",
        "Domain=test",
        "SameSite=None",
        "SameSite",
        "Max-Age=5",
    ]
)


@given(
    st.lists(ATTRIBUTES | st.text(max_size=30) | st.text(max_size=20).map("Expires={}".format)),
    st.text(max_size=20),
)
def test_any_attributes_are_read(attributes: list[str], pair: str) -> None:
    parse("; ".join([pair, *attributes]), now=LAB_START)


@given(st.text(alphabet="0123456789 :-,.JanfebMARgmt\x7f\u0663", max_size=40))
def test_any_text_is_a_date_or_none(text: str) -> None:
    seconds = parse_date(text)
    assert seconds is None or -1.2e10 < seconds < 2.6e11
