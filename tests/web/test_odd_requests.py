"""Whatever is sent, at every route: an answer as docs/http.md promises it, and nothing is let in or changed."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labapp import clock
from labapp.clock import LabClock
from labapp.store import Store, open_store
from labapp.web.plumbing import MAX_BODY
from tests.web.outside import CANARY, Outside, keeps_the_promises, word

ROUTES = Outside(open_store(clock=LabClock())).routes()
clock.keep(None)

FIELDS: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/id/login"): {"username": "alice", "password": "?", "client_id": "web", "scope": "accounts"},
    ("POST", "/bank/web/login"): {"username": "alice", "password": "?"},
    ("POST", "/bank/web/reauthenticate"): {"password": "?"},
    ("POST", "/bank/web/password"): {"password": "?", "new_password": "new"},
    ("POST", "/bank/api/transfers"): {"to": "acct-bob", "cents": 1},
    ("POST", "/bank/web/transfers"): {"to": "acct-bob", "cents": 1},
}
"""The routes that read JSON, with a body that would do; `?` stands for alice's password."""

FORMS: dict[tuple[str, str], dict[str, str]] = {
    ("POST", "/id/token"): {"grant_type": "refresh_token", "refresh_token": "?", "client_id": "web"},
    ("POST", "/id/revoke"): {"token": "?", "client_id": "web"},
}
"""The routes that read a form; `?` stands for alice's refresh token."""

READERS = sorted([*FIELDS, *FORMS])


class Desk:
    """Alice at both doors of one bank, and what must not change."""

    def __init__(self, store: Store) -> None:
        self.outside = Outside(store)
        self.token, self.browser = self.outside.token("alice"), self.outside.browser("alice")

    @property
    def good(self) -> dict[str, str]:
        """What `?` stands for."""
        return {"?": self.outside.password("alice"), "rt": self.token.pair["refresh_token"]}

    def log_in_again(self) -> None:
        """Put new credentials in place of those that a request has ended."""
        if not self.token.works():
            self.token = self.outside.token("alice")
        if not self.browser.works():
            self.browser = self.outside.browser("alice")

    def headers(self, path: str) -> dict[str, str]:
        """A credential that is good at this route."""
        return dict(self.browser.headers if "/web/" in path else self.token.headers)

    def json(self, route: tuple[str, str]) -> dict[str, Any]:
        return {k: self.good["?"] if v == "?" else v for k, v in FIELDS[route].items()}

    def form(self, route: tuple[str, str]) -> dict[str, str]:
        return {k: self.good["rt"] if v == "?" else v for k, v in FORMS[route].items()}

    def send(self, method: str, path: str, **more: Any) -> Any:
        more["headers"] = self.headers(path) | more.get("headers", {})
        return self.outside.send(method, path, **more)

    def state(self) -> Any:
        """What requests that are refused must leave alone; a session may be seen."""
        return [
            (e.key, e.value)
            for e in self.outside.store.entries()
            if ":seen" not in e.key and "seen:" not in e.key
        ]


@pytest.fixture
def desk(fake_store: Store) -> Desk:
    return Desk(fake_store)


@pytest.fixture(scope="module")
def long_lived() -> Desk:
    """One bank for very many requests, because what one leaves behind may upset the next."""
    return Desk(open_store(clock=LabClock()))


@pytest.fixture
def steady(long_lived: Desk) -> Desk:
    """The long-lived bank at its own time, with alice logged in at both doors."""
    clock.keep(long_lived.outside.store.clock)
    long_lived.log_in_again()
    return long_lived


# --- bodies ---------------------------------------------------------------------------------------------------------

BODIES: dict[str, Callable[[bytes], bytes]] = {
    "nothing at all": lambda good: b"",
    "one byte more than 64 KiB": lambda good: good + b" " * (MAX_BODY + 1 - len(good)),
    "a megabyte": lambda good: b"[" + CANARY.encode() * 100_000,
    "lists, 60000 deep": lambda good: b"[" * 60_000,
    "objects, 10000 deep": lambda good: b'{"a":' * 10_000,
    "deep in a member": lambda good: b'{"username":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    "a member twice": lambda good: b'{"x":1,"x":1,' + good[1:],
    "not UTF-8": lambda good: b'{"x":"\xff\xfe",' + good[1:],
    "UTF-16": lambda good: good.decode().encode("utf-16"),
    "UTF-8 with a byte order mark": lambda good: b"\xef\xbb\xbf" + good,
    "a surrogate in UTF-8's clothes": lambda good: b'{"x":"\xed\xa0\x80",' + good[1:],
    "NUL bytes": lambda good: b"\0" * 50,
    "NaN": lambda good: b'{"x":NaN,' + good[1:],
    "minus infinity": lambda good: b'{"x":-Infinity,' + good[1:],
    "a number of 50000 digits": lambda good: b'{"x":' + b"9" * 50_000 + b"," + good[1:],
    "a list": lambda good: b"[" + good + b"]",
    "text": lambda good: json.dumps(CANARY).encode(),
    "a number": lambda good: b"1e400",
    "null": lambda good: b"null",
    "true": lambda good: b"true",
    "half of it": lambda good: good[: len(good) // 2],
    "two of it": lambda good: good + good,
    "a form": lambda good: urllib.parse.urlencode(json.loads(good)).encode(),
    "single quotes": lambda good: good.replace(b'"', b"'"),
    "a comment": lambda good: b"/* " + CANARY.encode() + b" */" + good,
}


@pytest.mark.parametrize("route", FIELDS, ids=" ".join)
def test_no_odd_body_is_taken_for_json(desk: Desk, route: tuple[str, str]) -> None:
    good, before = json.dumps(desk.json(route)).encode(), desk.state()
    for name, make in BODIES.items():
        response = desk.send(*route, data=make(good), content_type="application/json")
        expected = (413, "too_large") if "64 KiB" in name or "megabyte" in name else (400, "invalid_request")
        assert (response.status_code, word(response)) == expected, name
    assert desk.state() == before
    assert desk.send(*route, data=good, content_type="application/json").status_code in (200, 201)


FORM_BODIES: dict[str, Callable[[bytes], bytes]] = {
    "nothing at all": lambda good: b"",
    "one byte more than 64 KiB": lambda good: good + b"&" * (MAX_BODY + 1 - len(good)),
    "a megabyte": lambda good: b"token=" + CANARY.encode() * 100_000,
    "every parameter twice": lambda good: good + b"&" + good,
    "client_id twice, the second empty": lambda good: good + b"&client_id=",
    "JSON": lambda good: b'{"token": "x", "client_id": "web"}',
    "NUL bytes": lambda good: b"\0" * 50,
    "half an escape in a name": lambda good: good.replace(b"client_id", b"client%_id"),
}


@pytest.mark.parametrize("route", FORMS, ids=" ".join)
def test_no_odd_body_is_taken_for_a_form(desk: Desk, route: tuple[str, str]) -> None:
    good, before = urllib.parse.urlencode(desk.form(route)).encode(), desk.state()
    for name, make in FORM_BODIES.items():
        response = desk.send(*route, data=make(good), content_type="application/x-www-form-urlencoded")
        expected = (413, "too_large") if "64 KiB" in name or "megabyte" in name else (400, "invalid_request")
        assert (response.status_code, word(response)) == expected, name
    assert desk.state() == before


@pytest.mark.parametrize("route", READERS, ids=" ".join)
def test_a_good_body_of_another_type_is_refused(desk: Desk, route: tuple[str, str]) -> None:
    is_json = route in FIELDS
    good = json.dumps(desk.json(route)) if is_json else urllib.parse.urlencode(desk.form(route))
    before = desk.state()
    kinds = ["text/plain", "", "*/*", "application/xml", "multipart/form-data", CANARY, "application/jsonp"]
    kinds += [
        "text/plain;application/json",
        "application/problem+json",
        "multipart/form-data; boundary=x",
        "é/ÿ",
    ]
    kinds += ["application/x-www-form-urlencoded" if is_json else "application/json"]
    for kind in kinds:
        response = desk.send(*route, data=good, headers={"Content-Type": kind})
        assert response.status_code in (400, 415), kind
    assert desk.state() == before
    own = "APPLICATION/JSON; charset=utf-8" if is_json else "application/x-www-form-urlencoded;charset=x"
    assert desk.send(*route, data=good, headers={"Content-Type": own}).status_code in (200, 201)


NO_TEXT: dict[str, bytes] = {
    "a lone high surrogate": rb'"\ud800"',
    "a lone low surrogate after the canary": b'"' + CANARY.encode() + rb'\udfff"',
    "surrogates in the wrong order": rb'"\udc00\ud800"',
    "NUL": rb'"\u0000"',
    "NUL in a good name": rb'"alice\u0000"',
    "a line break": rb'"alice\r\nSet-Cookie: x=y"',
    "a right-to-left override": rb'"\u202ealice"',
    "a number": b"1",
    "a float": b"1.5",
    "a float beyond all": b"1e999",
    "true": b"true",
    "false": b"false",
    "an empty list": b"[]",
    "a list": b'["alice"]',
    "an object": b'{"$ne": null}',
    "20000 letters": b'"' + b"a" * 20_000 + b'"',
    "20000 letters beyond the first plane": json.dumps("😀" * 4_000).encode(),
    "the canary": json.dumps(CANARY).encode(),
    "a quotation mark and a backslash": rb'"\"\\' + CANARY.encode() + b'"',
}


@pytest.mark.parametrize("route", FIELDS, ids=" ".join)
def test_no_odd_value_in_any_member_is_taken(desk: Desk, route: tuple[str, str]) -> None:
    good, before = desk.json(route), desk.state()
    for name in good:
        if name == "scope" or (name == "new_password"):
            continue  # told below: what stands there is chosen freely
        for what, odd in [*NO_TEXT.items(), ("null", b"null"), ("nothing", b'""')]:
            rest = json.dumps({k: v for k, v in good.items() if k != name}).encode()
            body = (
                rest[:-1] + (b"," if len(rest) > 2 else b"") + json.dumps(name).encode() + b":" + odd + b"}"
            )
            if name == "cents" and odd == b"1":
                continue
            response = desk.send(*route, data=body, content_type="application/json")
            assert response.status_code in (400, 401), (name, what)
    assert desk.state() == before


@pytest.mark.parametrize(
    "what", [name for name in NO_TEXT if "canary" not in name and "backslash" not in name]
)
@pytest.mark.parametrize("member", ["scope", "new_password"])
def test_what_is_chosen_freely_must_be_plain_text_too(steady: Desk, member: str, what: str) -> None:
    route = ("POST", "/id/login") if member == "scope" else ("POST", "/bank/web/password")
    good = json.dumps({k: v for k, v in steady.json(route).items() if k != member}).encode()
    body = good[:-1] + b',"' + member.encode() + b'":' + NO_TEXT[what] + b"}"
    response = steady.send(*route, data=body, content_type="application/json")
    assert (response.status_code, word(response)) == (400, "invalid_request")


def test_an_empty_password_cannot_be_set(desk: Desk) -> None:
    response = desk.browser.post("/password", password=desk.good["?"], new_password="")
    assert (response.status_code, word(response)) == (400, "invalid_request")
    assert word(desk.outside.token_login("alice", "")) != "ok"
    assert desk.browser.works()


ODD_PARAMETERS = {
    "a lone surrogate": "%ED%A0%80",
    "a byte that is not UTF-8": "%FF",
    "half an escape": "%",
    "NUL": "%00",
    "a line break": "%0D%0ASet-Cookie:x=y",
    "20000 letters": "a" * 20_000,
    "the canary": CANARY,
    "empty": "",
    "brackets": "[]",
    "an array": "x&client_id[]=web",
}


@pytest.mark.parametrize("route", FORMS, ids=" ".join)
def test_no_odd_value_in_any_parameter_is_taken(desk: Desk, route: tuple[str, str]) -> None:
    good, before = desk.form(route), desk.state()
    for name in [*good, "scope"] if "token" in route[1] else good:
        for what, odd in ODD_PARAMETERS.items():
            rest = urllib.parse.urlencode({k: v for k, v in good.items() if k != name})
            if name == "scope" and what == "empty":
                continue  # a parameter without a value counts as left out (RFC 6749 section 3.2)
            response = desk.send(
                *route, data=f"{rest}&{name}={odd}", content_type="application/x-www-form-urlencoded"
            )
            # Any text may be offered for revoking; the answer tells nothing of it.
            fine = (200,) if (route[1], name) == ("/id/revoke", "token") else ()
            assert response.status_code in (400, 401, *fine), (name, what)
    assert desk.state() == before


# --- headers --------------------------------------------------------------------------------------------------------

AUTHORIZATIONS = {
    "only the scheme": ("Bearer", "invalid_request"),
    "the scheme and a space": ("Bearer ", "invalid_request"),
    "two tokens": ("Bearer {t} {t}", "invalid_request"),
    "two tokens with a comma": ("Bearer {t}, Bearer {t}", "invalid_request"),
    "a tab": ("Bearer\t{t}", "unauthorized"),
    "no scheme": ("{t}", "unauthorized"),
    "Basic": ("Basic YWxpY2U6eA==", "unauthorized"),
    "Basic that is no base64": ("Basic \xff\xfe", "unauthorized"),
    "Digest": ('Digest username="alice", realm="bank"', "unauthorized"),
    "Token": ("Token {t}", "unauthorized"),
    "empty": ("", "unauthorized"),
    "blanks": ("   ", "unauthorized"),
    "Bearer with a colon": ("Bearer: {t}", "unauthorized"),
    "non-ASCII": ("Bearer \xe9\xff", "invalid_token"),
    "a non-ASCII blank within": ("Bearer {t}\xa0x", "invalid_request"),
    "the canary": (f"Bearer {CANARY}", "invalid_token"),
    "the canary in three parts": (f"Bearer {CANARY}.{CANARY}.{CANARY}", "invalid_token"),
    "a token with a quotation mark": ('Bearer "{t}"', "invalid_token"),
    "a token and a letter": ("Bearer {t}A", "invalid_token"),
    "a padded token": ("Bearer {t}==", "invalid_token"),
    "half a token": ("Bearer {h}", "invalid_token"),
    "10000 letters": ("Bearer " + "a" * 10_000, "invalid_token"),
    "10000 dots": ("Bearer " + "." * 10_000, "invalid_token"),
    "the refresh token": ("Bearer {r}", "invalid_token"),
    "the session ID": ("Bearer {s}", "invalid_token"),
    "a header and claims of the canary": (
        "Bearer eyJhbGciOiJub25lIiwia2lkIjoiY2FuYXJ5N2YzYTkxIn0.eyJpc3MiOiJjYW5hcnk3ZjNhOTEifQ.",
        "invalid_token",
    ),
}


@pytest.mark.parametrize("what", AUTHORIZATIONS)
def test_no_odd_authorization_lets_anybody_in(steady: Desk, what: str) -> None:
    header, expected = AUTHORIZATIONS[what]
    token = steady.token.pair["access_token"]
    header = header.format(
        t=token, h=token[: len(token) // 2], r=steady.good["rt"], s=steady.browser.cookie.partition("=")[2]
    )
    for method, path in ROUTES:
        if path.startswith("/bank/api/") or path in ("/id/logout", "/id/logout-everywhere"):
            response = steady.outside.send(method, path, headers={"Authorization": header})
            assert word(response) == expected, (method, path)
            assert response.status_code == (400 if expected == "invalid_request" else 401)
            bare = expected == "unauthorized"
            if bare:
                assert "error" not in response.headers["WWW-Authenticate"], "RFC 6750 section 3.1"
    assert steady.token.works()
    assert steady.browser.works()


@pytest.mark.parametrize("header", ["bearer {t}", "BEARER {t}", "Bearer   {t}", "Bearer {t} "])
def test_the_scheme_is_read_in_any_case(steady: Desk, header: str) -> None:
    """RFC 9110 section 11.1."""
    sent = {"Authorization": header.format(t=steady.token.pair["access_token"])}
    assert steady.outside.send("GET", "/bank/api/me", headers=sent).status_code == 200


@pytest.mark.parametrize("door", ["api", "web"])
def test_a_credential_anywhere_else_is_not_looked_at(steady: Desk, door: str) -> None:
    """Not in the URL, not in the body, not in the other door's place (RFC 9700 section 4.3.2)."""
    token, sid = steady.token.pair["access_token"], steady.browser.cookie.partition("=")[2]
    for more in (
        {"query_string": {"access_token": token, "session": sid, "__Host-session": sid}},
        {"data": {"access_token": token}},
        {"headers": {"Cookie": f"access_token={token}; session={sid}; Authorization=Bearer {token}"}},
        {"headers": {"X-Authorization": f"Bearer {token}", "X-Session": sid}},
        {"headers": steady.token.headers if door == "web" else steady.browser.headers},
    ):
        response = steady.outside.send("GET", f"/bank/{door}/me", **more)
        assert (response.status_code, word(response)) == (401, "unauthorized")


COOKIES = {
    "no cookie": (None, "unauthorized"),
    "an empty header": ("", "unauthorized"),
    "an empty value": ("__Host-session=", "unauthorized"),
    "another name": ("session={s}", "unauthorized"),
    "the name in small letters": ("__host-session={s}", "unauthorized"),
    "no name": ("={s}", "unauthorized"),
    "a nameless cookie that looks like ours": ("=__Host-session={s}", "unauthorized"),
    "twice the same": ("__Host-session={s}; __Host-session={s}", "invalid_session"),
    "a planted one first": ("__Host-session={p}; __Host-session={s}", "invalid_session"),
    "a planted one last": ("__Host-session={s}; __Host-session={p}", "invalid_session"),
    "an empty one beside it": ("__Host-session=; __Host-session={s}", "invalid_session"),
    "never issued": ("__Host-session={p}", "invalid_session"),
    "the canary": (f"__Host-session={CANARY}", "invalid_session"),
    "one letter less": ("__Host-session={h}", "invalid_session"),
    "one letter more": ("__Host-session={s}A", "invalid_session"),
    "non-ASCII": ("__Host-session=\xe9\xff", "invalid_session"),
    "a lone surrogate's bytes": ("__Host-session=\xed\xa0\x80", "invalid_session"),
    "NUL in an escape": ('__Host-session="\\000{s}"', "invalid_session"),
    "10000 letters": ("__Host-session=" + "a" * 10_000, "invalid_session"),
    "a glob": ("__Host-session=*", "invalid_session"),
    "the hash that the store has": ("__Host-session={d}", "invalid_session"),
    "an access token": ("__Host-session={t}", "invalid_session"),
}


@pytest.mark.parametrize("what", COOKIES)
def test_no_odd_cookie_lets_anybody_in(steady: Desk, what: str) -> None:
    from labapp.store import fingerprint

    cookie, expected = COOKIES[what]
    sid = steady.browser.cookie.partition("=")[2]
    sent = {"X-CSRF-Token": steady.browser.csrf}
    if cookie is not None:
        values = {"s": sid, "h": sid[:-1], "p": "A" * 43, "d": fingerprint(sid)}
        sent["Cookie"] = cookie.format(**values, t=steady.token.pair["access_token"])
    for method, path in ROUTES:
        if path.startswith("/bank/web/") and path != "/bank/web/login":
            response = steady.outside.send(method, path, headers=sent)
            assert (response.status_code, word(response)) == (401, expected), (method, path)
            challenge = response.headers["WWW-Authenticate"]
            assert challenge.startswith("Session ")
            assert ("error=" in challenge) == (expected == "invalid_session")
    assert steady.browser.works()


ODD_HEADERS = {
    "Host": ["", CANARY, "[::1", "a b", "a:99999", "\xff", "x" * 5000, "a,b", "bank/../x", "@"],
    "Origin": ["null", "", CANARY, "\xff", "https://" + "a" * 5000],
    "Sec-Fetch-Site": ["", CANARY, "\xff", "cross-site"],
    "X-CSRF-Token": ["", CANARY, "\xe9\xff", "a" * 10_000],
    "User-Agent": ["", CANARY, "\xe9\xff\x01\x7f", "a" * 10_000],
    "Content-Length": ["-1", "abc", "9" * 40, "1e3", "\xff"],
    "Content-Encoding": ["gzip", CANARY],
    "Transfer-Encoding": ["chunked", CANARY],
    "X-Forwarded-For": [CANARY], "X-Forwarded-Host": [CANARY], "X-HTTP-Method-Override": ["DELETE", CANARY],
    "Accept": ["text/html", "\xff", CANARY], "Accept-Charset": ["utf-7"], "If-None-Match": ["*"],
    "Range": ["bytes=0-1", CANARY], "Expect": ["100-continue"], "Forwarded": ["\xff"], "If-Modified-Since": ["\xff"],
}  # fmt: skip


@pytest.mark.parametrize("name", ODD_HEADERS)
def test_no_odd_header_upsets_any_route(fake: Outside, name: str) -> None:
    for method, path in ROUTES:
        if path == "/bank/web/devices":
            continue  # it shows users what their own device said of itself
        for value in ODD_HEADERS[name]:
            fake.send(method, path, headers={name: value})
            fake.send(method, path, headers={name: value, "Content-Type": "application/json"}, data=b"{}")


def test_a_device_is_shown_as_it_called_itself_shortened_and_printable(fake: Outside) -> None:
    """To the user it belongs to, as JSON; the rest of an odd User-Agent is gone."""
    response = fake.web_login("alice", headers={"User-Agent": "\x01<script>\x7f" + "é" * 500})
    cookie = response.headers["Set-Cookie"].partition(";")[0]
    device = fake.send("GET", "/bank/web/session", headers={"Cookie": cookie}).json["device"]
    assert device.isprintable()
    assert len(device) <= 100


# --- methods and addresses ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "ODD"]
)
def test_every_method_is_answered_at_every_route(steady: Desk, method: str) -> None:
    known = {path: {m for m, p in ROUTES if p == path} for _, path in ROUTES}
    for path, methods in known.items():
        response = steady.outside.send(method, path)
        served = methods | ({"HEAD"} if "GET" in methods else set()) | {"OPTIONS"}
        if method in served:
            assert response.status_code != 405, path
        else:
            assert response.status_code == 405, path
            assert set(response.headers["Allow"].split(", ")) == served
    assert steady.token.works()
    assert steady.browser.works()


@pytest.mark.parametrize("path", [path for _, path in ROUTES])
def test_odd_spellings_of_an_address_are_not_found_and_never_redirected(steady: Desk, path: str) -> None:
    """A redirect would be a page of HTML that repeats the address."""
    _, mount, rest = path.split("/", 2)
    for odd in (
        f"{rest}/",
        f"/{rest}",
        rest.replace("/", "//"),
        f"{rest}%00",
        f"./{rest}",
        f"{rest};x={CANARY}",
    ):
        if odd == rest:
            continue
        response = steady.send("GET", f"/{mount}/{odd}?x={CANARY}")
        assert response.status_code in (404, 405, 200), odd
        if response.status_code == 200:
            assert "acct-alice" not in response.text
    for other in (CANARY, f"{mount}/{CANARY}", "", "%ff", "%ED%A0%80", "..%2f..%2fetc/passwd", "a" * 5000):
        assert steady.send("GET", f"/{mount}/{other}").status_code == 404


@pytest.mark.parametrize("door", ["api", "web"])
def test_odd_account_numbers_are_not_found(steady: Desk, door: str) -> None:
    for number in (
        "%00",
        "%ED%A0%80",
        "*",
        "acct-alice%00",
        "acct-*",
        "ACCT-ALICE",
        "a" * 5000,
        "😀",
        "%0A",
        "%20",
    ):
        response = steady.send("GET", f"/bank/{door}/accounts/{number}")
        assert (response.status_code, word(response)) == (404, "not_found"), number


# --- anything -------------------------------------------------------------------------------------------------------

LATIN = st.text(st.characters(min_codepoint=1, max_codepoint=255, exclude_characters="\r\n"), max_size=40)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
MEMBER = st.sampled_from(sorted({name for fields in FIELDS.values() for name in fields}))
BODY = st.one_of(
    st.binary(max_size=100),
    st.dictionaries(MEMBER, VALUE | st.sampled_from(["alice", "acct-bob", "web", 1]), max_size=4).map(
        lambda members: json.dumps(members).encode()
    ),
    st.dictionaries(
        st.sampled_from("grant_type refresh_token client_id scope token".split()),
        st.sampled_from(["refresh_token", "web"]) | st.text(max_size=20),
        max_size=4,
    ).map(lambda form: urllib.parse.urlencode(form).encode()),
)
HEADERS = st.dictionaries(
    st.sampled_from(sorted({*ODD_HEADERS, "Authorization", "Cookie"})), LATIN, max_size=3
)
KIND = st.sampled_from(["application/json", "application/x-www-form-urlencoded", "text/plain", ""])
METHOD = st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"])
ANYTHING = st.tuples(
    st.sampled_from(ROUTES),
    st.none() | METHOD,
    HEADERS,
    KIND,
    BODY,
    st.booleans(),
    st.none() | st.binary(max_size=20),
)


@given(requests=st.lists(ANYTHING, min_size=4, max_size=12))
@settings(max_examples=250, deadline=None)
def test_anything_at_all_is_answered_as_promised(long_lived: Desk, requests: list[Any]) -> None:
    desk = long_lived
    clock.keep(desk.outside.store.clock)
    desk.log_in_again()
    for (usual, path), method, headers, kind, body, known, value in requests:
        if value is not None:
            quoted = urllib.parse.quote_from_bytes(value, safe="")
            path = path.replace("acct-alice", quoted).replace("0" * 16, quoted)
        sent = {"Content-Type": kind} | headers
        if known:
            sent = desk.headers(path) | sent
        response = desk.outside.send(method or usual, path, headers=sent, data=body)
        if response.status_code in (200, 201) and path.endswith(
            ("/login", "/token", "/transfers", "/password")
        ):
            assert (method or usual) in ("OPTIONS", "POST")
            assert (method or usual) == "OPTIONS" or known, "nobody guesses a password"
    keeps_the_promises(desk.outside.send("GET", "/id/healthz"))
    assert desk.outside.money() == 750_000
