"""What must hold for cookies whatever servers and scripts send."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from labapp.client import Circumstances, Cookie, CookieJar, Refused
from labapp.client.cookies import BY_SCRIPT
from labapp.client.urls import parse
from labapp.clock import LabClock

HOSTS = st.sampled_from(
    [
        "harbour.test",
        "bank.harbour.test",
        "id.harbour.test",
        "x.bank.harbour.test",
        "evil.test",
        "localhost",
        "127.0.0.1",
    ]
)
URLS = st.builds(
    "{}://{}{}".format,
    st.sampled_from(["http", "https"]),
    HOSTS,
    st.sampled_from(["/", "/a", "/a/b", "/ab", "/a/"]),
)
NAMES = st.sampled_from(["SID", "__Host-SID", "__host-SID", "__Secure-SID", "", "x"])
ATTRIBUTES = st.lists(
    st.sampled_from(
        ["Secure", "HttpOnly", "SameSite=None", "SameSite=Strict", "SameSite=Lax", "Max-Age=60", "Max-Age=0"]
    )
    | st.sampled_from(["/", "/a", "/a/b", "x"]).map("Path={}".format)
    | HOSTS.map("Domain={}".format)
    | st.sampled_from(["test", "", "harbour", ".harbour.test"]).map("Domain={}".format),
    max_size=5,
)
HEADERS = st.builds(lambda name, attributes: "; ".join([f"{name}=v", *attributes]), NAMES, ATTRIBUTES)
HOW = st.builds(
    Circumstances, st.booleans(), st.booleans(), st.sampled_from(["GET", "POST"]), script=st.booleans()
)
SETTINGS = st.lists(st.tuples(URLS, HEADERS, HOW), max_size=6)


@given(st.text(), URLS, HOW)
def test_any_header_is_kept_or_refused_with_a_reason(header: str, url: str, how: Circumstances) -> None:
    result = CookieJar(LabClock()).set_from_response(url, header, how=how)
    assert isinstance(result, Cookie) or (isinstance(result, Refused) and result.reason and result.rule)


@given(SETTINGS, URLS, HOW)
def test_no_cookie_goes_to_a_host_that_nobody_meant_it_for(
    settings: list[tuple[str, str, Circumstances]], url: str, how: Circumstances
) -> None:
    """Only the host that set it, or a name below a Domain that covers that host and is no public suffix."""
    jar = CookieJar(LabClock())
    host = parse(url).host
    for number, (set_by, header, set_how) in enumerate(settings):
        made = jar.set_from_response(set_by, header.replace("=v", f"=v{number}", 1), how=set_how)
        if not isinstance(made, Cookie) or made.pair not in jar.header_for(url, how=how).split("; "):
            continue
        setter = parse(set_by).host
        above = [
            f".{part}" for part in ("harbour.test", "bank.harbour.test", "evil.test", "x.bank.harbour.test")
        ]
        shared = any(f".{setter}".endswith(part) and f".{host}".endswith(part) for part in above)
        assert host == setter or (shared and "Domain=" in header)


@given(SETTINGS, URLS, HOW)
def test_no_cookie_breaks_what_its_attributes_promise(
    settings: list[tuple[str, str, Circumstances]], url: str, how: Circumstances
) -> None:
    jar = CookieJar(LabClock())
    for set_by, header, set_how in settings:
        jar.set_from_response(set_by, header, how=set_how)
    sent = [verdict.cookie for verdict in jar.judge(url, how=how) if verdict.sent]
    plain = not parse(url).is_secure
    assert not [cookie for cookie in sent if cookie.secure and plain]
    assert not [cookie for cookie in sent if cookie.http_only and how.script]
    assert not [cookie for cookie in sent if cookie.same_site == "Strict" and not how.same_site]
    assert not [
        cookie for cookie in sent if cookie.same_site != "None" and not how.same_site and not how.navigation
    ]


@given(SETTINGS)
def test_a_prefix_is_never_held_by_a_cookie_that_does_not_earn_it(
    settings: list[tuple[str, str, Circumstances]],
) -> None:
    jar = CookieJar(LabClock())
    for set_by, header, how in settings:
        jar.set_from_response(set_by, header, how=how)
    for cookie in jar:
        name = cookie.name.lower()
        assert cookie.secure or not name.startswith(("__host-", "__secure-"))
        assert (cookie.host_only and cookie.path == "/") or not name.startswith("__host-")


@given(SETTINGS, URLS, HEADERS)
def test_no_script_changes_a_cookie_with_http_only(
    settings: list[tuple[str, str, Circumstances]], url: str, text: str
) -> None:
    jar = CookieJar(LabClock())
    for set_by, header, how in settings:
        jar.set_from_response(set_by, header, how=how)
    before = [cookie for cookie in jar if cookie.http_only]
    jar.set_from_response(url, text, how=BY_SCRIPT)
    assert [cookie for cookie in jar if cookie.http_only] == before


@given(SETTINGS)
def test_at_most_one_cookie_has_a_name_domain_and_path(
    settings: list[tuple[str, str, Circumstances]],
) -> None:
    jar = CookieJar(LabClock())
    for set_by, header, how in settings:
        jar.set_from_response(set_by, header, how=how)
    keys = [cookie.key for cookie in jar]
    assert len(keys) == len(set(keys))
