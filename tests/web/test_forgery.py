"""Requests that another site's page makes: at the session door none of them changes anything."""

from __future__ import annotations

import pytest

from labapp.sessions.csrf import csrf_token
from tests.web.outside import Browser, Outside, word

STATE_CHANGING = [
    ("POST", "/bank/web/transfers"),
    ("POST", "/bank/web/logout"),
    ("POST", "/bank/web/logout-everywhere"),
    ("POST", "/bank/web/reauthenticate"),
    ("POST", "/bank/web/password"),
    ("DELETE", "/bank/web/devices/<handle>"),
]
SAFE = ["me", "accounts", "accounts/acct-alice", "csrf", "session", "devices"]


def do(outside: Outside, alice: Browser, route: tuple[str, str], **headers: str) -> object:
    """Do what the route does, with a body that would do and exactly these headers beside the cookie."""
    method, path = route
    handle = outside.parts.sessions.of("alice", now=outside.store.clock.now())[0].handle
    body = {"to": "acct-bob", "cents": 1, "password": outside.password("alice"), "new_password": "another"}
    return outside.send(
        method, path.replace("<handle>", handle), json=body, headers={"Cookie": alice.cookie, **headers}
    )


def test_every_state_changing_route_is_told_here(fake: Outside) -> None:
    changing = [
        (m, p.replace("0" * 16, "<handle>"))
        for m, p in fake.routes()
        if m != "GET" and p.startswith("/bank/web/") and p != "/bank/web/login"
    ]
    assert sorted(changing) == sorted(STATE_CHANGING)


FORGED = {
    "no CSRF token": {},
    "an empty one": {"X-CSRF-Token": ""},
    "that of mallory's own session": {"X-CSRF-Token": "{mallory}"},
    "that of alice's other session": {"X-CSRF-Token": "{other}"},
    "that of the session before this one": {"X-CSRF-Token": "{before}"},
    "a wrong one": {"X-CSRF-Token": "0" * 64},
    "all but its last letter": {"X-CSRF-Token": "{cut}"},
    "it twice": {"X-CSRF-Token": "{own}, {own}"},
    "it in capitals": {"X-CSRF-Token": "{capitals}"},
    "the session ID itself": {"X-CSRF-Token": "{sid}"},
    "non-ASCII": {"X-CSRF-Token": "\xe9\xff"},
    "it in another header": {"X-XSRF-Token": "{own}"},
    "it, from another origin": {"X-CSRF-Token": "{own}", "Origin": "https://evil.test"},
    "it, from another scheme": {"X-CSRF-Token": "{own}", "Origin": "https://localhost"},
    "it, from another port": {"X-CSRF-Token": "{own}", "Origin": "http://localhost:8080"},
    "it, from a host that begins like ours": {
        "X-CSRF-Token": "{own}",
        "Origin": "http://localhost.evil.test",
    },
    "it, from an origin that has a path": {"X-CSRF-Token": "{own}", "Origin": "http://localhost/"},
    "it, from a sandboxed frame": {"X-CSRF-Token": "{own}", "Origin": "null"},
    "it, with an empty origin": {"X-CSRF-Token": "{own}", "Origin": ""},
    "it, and the browser says cross-site": {"X-CSRF-Token": "{own}", "Sec-Fetch-Site": "cross-site"},
    "it, and the browser says same-site": {"X-CSRF-Token": "{own}", "Sec-Fetch-Site": "same-site"},
    "it, and the browser says nothing we know": {"X-CSRF-Token": "{own}", "Sec-Fetch-Site": "SAME-ORIGIN"},
    "it, our origin, and the browser says cross-site": {
        "X-CSRF-Token": "{own}",
        "Origin": "http://localhost",
        "Sec-Fetch-Site": "cross-site",
    },
}


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_request_changes_nothing(shared: Outside, what: str) -> None:
    alice, other, mallory = shared.browser("alice"), shared.browser("alice"), shared.browser("mallory")
    before = alice.csrf
    alice.take(alice.post("/reauthenticate", password=shared.password("alice")))
    values = {"mallory": mallory.csrf, "other": other.csrf, "before": before, "own": alice.csrf}
    values |= {"cut": alice.csrf[:-1], "capitals": alice.csrf.upper(), "sid": alice.cookie.partition("=")[2]}
    for route in STATE_CHANGING:
        response = do(shared, alice, route, **{k: v.format(**values) for k, v in FORGED[what].items()})
        assert (response.status_code, word(response)) == (403, "csrf"), route
    assert alice.works()
    assert other.works()
    assert shared.balance("bob") == 250_000
    assert shared.token_login("alice").status_code == 200, "the password is the old one"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://localhost"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ],
)
@pytest.mark.parametrize("route", STATE_CHANGING, ids=" ".join)
def test_our_own_page_may(fake: Outside, route: tuple[str, str], headers: dict[str, str]) -> None:
    alice = fake.browser("alice")
    response = do(fake, alice, route, **{"X-CSRF-Token": alice.csrf, **headers})
    assert response.status_code in (200, 201)


@pytest.mark.parametrize("path", SAFE)
def test_safe_methods_need_no_proof(fake: Outside, path: str) -> None:
    """A link from another site works; what it answers, that site cannot read."""
    alice = fake.browser("alice")
    for method in ("GET", "HEAD", "OPTIONS"):
        sent = {"Cookie": alice.cookie, "Origin": "https://evil.test", "Sec-Fetch-Site": "cross-site"}
        response = fake.send(method, f"/bank/web/{path}", headers=sent)
        assert response.status_code == 200
        assert not [name for name, _ in response.headers if name.startswith("Access-Control-")]


@pytest.mark.parametrize("path", ["/bank/web/login", "/id/login"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_site_cannot_log_somebody_in(shared: Outside, path: str, headers: dict[str, str]) -> None:
    """As mallory, so that alice pays into mallory's account (login CSRF)."""
    body = {"username": "mallory", "password": shared.password("mallory")}
    response = shared.send("POST", path, json=body, headers=headers)
    assert (response.status_code, word(response)) == (403, "csrf")
    assert shared.parts.sessions.of("mallory", now=shared.store.clock.now()) == []


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_form_of_another_site_cannot_write_a_login(fake: Outside, kind: str) -> None:
    """What a page may send anywhere without asking first is not JSON."""
    body = '{"username": "mallory", "password": "' + fake.password("mallory") + '"}'
    assert fake.send("POST", "/bank/web/login", data=body, content_type=kind).status_code in (400, 415)


def test_the_token_of_a_session_says_nothing_about_its_id(fake: Outside) -> None:
    alice, bob = fake.browser("alice"), fake.browser("bob")
    sid = alice.cookie.partition("=")[2]
    assert alice.csrf == csrf_token(sid)
    assert alice.csrf != bob.csrf
    assert sid not in alice.csrf


def test_at_the_token_door_no_page_can_send_the_credential_unknowingly(fake: Outside) -> None:
    """So a bearer token needs no CSRF token; a cookie beside it is not looked at."""
    alice = fake.token("alice")
    sent = {**alice.headers, "Origin": "https://evil.test", "Cookie": fake.browser("bob").cookie}
    response = fake.send("POST", "/bank/api/transfers", json={"to": "acct-bob", "cents": 1}, headers=sent)
    assert response.json["from"] == "acct-alice"
