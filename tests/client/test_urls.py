"""Addresses: taken apart as browsers do it, and refused in words when they are none."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from labapp.client.urls import join, parse, registrable_domain
from labapp.errors import SetupError

TIDIED = {
    "the host is written small": ("HTTPS://Bank.Harbour.TEST/A", "https://bank.harbour.test/A"),
    "the usual port is left out": ("https://bank.test:443/", "https://bank.test/"),
    "an unusual port stays": ("https://bank.test:8443/x", "https://bank.test:8443/x"),
    "port 80 is not usual for https": ("https://bank.test:80", "https://bank.test:80/"),
    "no path is the root": ("http://bank.test?x=1", "http://bank.test/?x=1"),
    "dots are resolved": ("https://bank.test/a/./b/../c", "https://bank.test/a/c"),
    "encoded dots are dots": ("https://bank.test/a/%2E%2e/c", "https://bank.test/c"),
    "one cannot climb above the root": ("https://bank.test/../../x", "https://bank.test/x"),
    "a folder keeps its slash": ("https://bank.test/a/..", "https://bank.test/"),
    "a backslash is a slash": ("https:\\\\evil.test\\bank.test", "https://evil.test/bank.test"),
    "blanks around and line ends inside go": (" https://bank.test/\nx ", "https://bank.test/x"),
    "a space is encoded": ("https://bank.test/a b?c d", "https://bank.test/a%20b?c%20d"),
    "letters beyond ASCII are encoded": ("https://bank.test/é?é", "https://bank.test/%C3%A9?%C3%A9"),
    "what is encoded stays so": ("https://bank.test/%2F%20", "https://bank.test/%2F%20"),
    "a user name in front names no host": ("https://bank.test@evil.test/", "https://evil.test/"),
    "a host beyond ASCII becomes its A-label": ("https://bücher.test/", "https://xn--bcher-kva.test/"),
    "an IPv6 host keeps its brackets": ("http://[::1]:8000/", "http://[::1]:8000/"),
    "the fragment stays at the end": (
        "https://bank.test/#access_token=x",
        "https://bank.test/#access_token=x",
    ),
}


@pytest.mark.parametrize(("text", "tidy"), TIDIED.values(), ids=TIDIED)
def test_an_address_is_tidied_up_as_browsers_do_it(text: str, tidy: str) -> None:
    assert str(parse(text)) == tidy
    assert str(parse(tidy)) == tidy


NO_ADDRESS = {
    "empty": "",
    "relative": "/accounts",
    "without slashes": "https:bank.test",
    "another scheme": "ftp://bank.test/",
    "a script": "javascript:alert(1)",
    "no host": "https:///x",
    "a host with a blank": "https://ba nk.test/",
    "a host with an empty label": "https://bank..test/",
    "a host with a percent sign": "https://bank%2Etest/",
    "a host that IDNA refuses": "https://" + "é" * 70 + ".test/",
    "a port that is no number": "https://bank.test:x/",
    "a port too large": "https://bank.test:70000/",
    "half an IPv6 address": "https://[::1/",
}


@pytest.mark.parametrize("text", NO_ADDRESS.values(), ids=NO_ADDRESS)
def test_what_is_no_address_is_refused_in_words(text: str) -> None:
    with pytest.raises(SetupError):
        parse(text)


def test_a_refusal_does_not_repeat_what_stands_in_the_query() -> None:
    with pytest.raises(SetupError) as caught:
        parse("ftp://bank.test/?access_token=s3cret-s3cret")
    assert "s3cret" not in str(caught.value)


JOINED = {
    "from the root": ("/x", "https://bank.harbour.test/x"),
    "beside the page": ("x", "https://bank.harbour.test/a/x"),
    "above the page": ("../x", "https://bank.harbour.test/x"),
    "only a query": ("?p=2", "https://bank.harbour.test/a/b?p=2"),
    "another host": ("//evil.test/x", "https://evil.test/x"),
    "another host, by backslashes": ("/\\evil.test/x", "https://evil.test/x"),
    "absolute": ("http://id.harbour.test/", "http://id.harbour.test/"),
    "nothing": ("", "https://bank.harbour.test/a/b?q=1"),
}


@pytest.mark.parametrize(("reference", "target"), JOINED.values(), ids=JOINED)
def test_a_relative_address_is_resolved(reference: str, target: str) -> None:
    assert str(join(parse("https://bank.harbour.test/a/b?q=1"), reference)) == target


@pytest.mark.parametrize("reference", ["javascript:alert(1)", "//["])
def test_a_reference_that_leads_nowhere_is_refused_in_words(reference: str) -> None:
    with pytest.raises(SetupError):
        join(parse("https://bank.harbour.test/"), reference)


SITES = {
    "two hosts of one registrable domain": ("https://bank.harbour.test", "https://id.harbour.test", True),
    "another port": ("https://bank.harbour.test", "https://bank.harbour.test:8443", True),
    "the domain itself": ("https://bank.harbour.test", "https://harbour.test", True),
    "another registrable domain": ("https://bank.harbour.test", "https://evil.test", False),
    "a name that only ends alike": ("https://harbour.test", "https://notharbour.test", False),
    "another scheme (schemeful same-site)": ("https://bank.harbour.test", "http://bank.harbour.test", False),
    "two shops under a listed suffix": ("https://a.co.uk", "https://b.co.uk", False),
    "two pages of strangers": ("https://alice.github.io", "https://mallory.github.io", False),
    "two addresses of numbers": ("http://127.0.0.1", "http://127.0.0.2", False),
    "a single label": ("http://localhost:8000", "http://localhost:9000", True),
}


@pytest.mark.parametrize(("one", "other", "same"), SITES.values(), ids=SITES)
def test_site_is_scheme_and_registrable_domain(one: str, other: str, same: bool) -> None:
    assert (parse(one).site == parse(other).site) is same


def test_the_registrable_domain_is_the_suffix_and_one_label_more() -> None:
    assert registrable_domain("a.b.shop.co.uk") == "shop.co.uk"
    assert registrable_domain("co.uk") is None
    assert registrable_domain("127.0.0.1") is None


@given(st.text())
@example("https://\udc80/")
@example("https://a/\udc80?\udc80")
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        url = parse(text)
    except SetupError:
        return
    assert parse(str(url)) == url


@given(st.text())
def test_any_text_is_a_reference_or_refused(text: str) -> None:
    base = parse("https://bank.harbour.test/a")
    try:
        assert join(base, text).scheme in ("http", "https")
    except SetupError:
        return


@given(st.text())
def test_any_host_is_one_or_refused(host: str) -> None:
    try:
        assert parse(f"https://{host}/").origin.startswith("https://")
    except SetupError:
        return
