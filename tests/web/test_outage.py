"""When the store does not answer nobody is let in; what needs no store keeps serving."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from labapp.store import Store
from tests.web.outside import Browser, Outside, Token, word

NO_STORE = {
    ("GET", "/id/healthz"),
    ("GET", "/bank/healthz"),
    ("GET", "/id/.well-known/jwks.json"),
    ("GET", "/id/.well-known/oauth-authorization-server"),
}
"""What needs no store."""


class Requests:
    """A request that would be served at each route, with new credentials each time."""

    def __init__(self, outside: Outside) -> None:
        self.outside = outside

    def prepare(self, method: str, path: str) -> Callable[[], Any]:
        outside, body = self.outside, {"password": self.outside.password("alice")}
        if path.endswith("/login"):
            return lambda: outside.send(method, path, json=body | {"username": "alice"})
        for user in ("alice", "ada"):  # or the cap on sessions would end one of those below
            outside.parts.accounts.log_out_everywhere(user, now=outside.store.clock.now())
        token = outside.token("ada" if "admin" in path else "alice")
        browser = outside.browser("ada" if "admin" in path else "alice")
        if path == "/id/token":
            return token.refresh
        if path == "/id/revoke":
            form = {"token": token.pair["refresh_token"], "client_id": "web"}
            return lambda: outside.send(method, path, data=form)
        somebody = browser if "/web/" in path else token
        handle = outside.browser("alice").get("/session").json["handle"] if "devices/" in path else ""
        body |= {"to": "acct-bob", "cents": 1, "new_password": outside.password("alice")}
        path = path.replace("0" * 16, handle)
        return lambda: somebody.send(method, path, json=None if method == "GET" else body)


@pytest.fixture
def requests(fake: Outside) -> Requests:
    return Requests(fake)


def test_during_an_outage_every_route_that_needs_the_store_says_so(requests: Requests) -> None:
    outside = requests.outside
    for method, path in outside.routes():
        send = requests.prepare(method, path)
        with outside.store.outage():
            response = send()
        if (method, path) in NO_STORE:
            assert response.status_code == 200, path
        else:
            assert (response.status_code, word(response)) == (503, "temporarily_unavailable"), path
        assert send().status_code in (200, 201), f"{path}: and afterwards as before"


def test_an_outage_in_the_middle_of_any_request_lets_nobody_in(requests: Requests) -> None:
    """At every trip of every route: 503, no cookie, no token, and no money made or lost."""
    outside, tried = requests.outside, 0
    for method, path in outside.routes():
        if (method, path) in NO_STORE:
            continue
        for k in range(1, 60):
            send, money = requests.prepare(method, path), outside.money()
            if not fails_at(outside, k, send):
                break
            tried += 1
            assert outside.money() == money
        assert 1 < k < 59, path
    assert tried > 100


def fails_at(outside: Outside, k: int, send: Callable[[], Any]) -> bool:
    """Send while the store goes down before the k-th trip; False when there were fewer."""
    trips = 0

    def before(names: list[str]) -> None:
        nonlocal trips
        trips += 1
        if trips == k:
            outside.store.stop()

    for observer in outside.observers:
        observer.before = before
    try:
        response = send()
    finally:
        for observer in outside.observers:
            observer.before = None
        outside.store.start()
    if trips < k:
        assert response.status_code in (200, 201)
        return False
    assert (response.status_code, word(response)) == (503, "temporarily_unavailable")
    return True


def test_what_was_ended_is_ended_after_an_outage_too(requests: Requests) -> None:
    outside = requests.outside
    token, browser = outside.token("alice"), outside.browser("alice")
    token.send("POST", "/id/logout")
    browser.post("/logout")
    with outside.store.outage():
        assert token.get("/me").status_code == 503, "nobody can say, so nobody is let in"
        assert browser.get("/me").status_code == 503
    assert word(token.get("/me")) == "invalid_token"
    assert word(browser.get("/me")) == "invalid_session"


def test_who_sends_nothing_or_nonsense_is_refused_without_the_store(fake: Outside) -> None:
    with fake.store.outage():
        assert word(fake.send("GET", "/bank/api/me")) == "unauthorized"
        assert word(fake.send("GET", "/bank/web/me")) == "unauthorized"
        headers = {"Authorization": "Bearer a.b.c", "Cookie": "__Host-session=x"}
        assert word(fake.send("GET", "/bank/api/me", headers=headers)) == "invalid_token"
        assert word(fake.send("GET", "/bank/web/me", headers=headers)) == "invalid_session"


def test_a_bank_that_waits_for_the_end_of_tokens_keeps_serving_at_the_token_door(fake_store: Store) -> None:
    """Its tokens need no look-up; its sessions, its logins and its money do."""
    outside = Outside(fake_store, revocation="wait")
    token, browser = outside.token("alice"), outside.browser("alice")
    with outside.store.outage():
        assert token.get("/me").json["user"] == "alice"
        assert browser.get("/me").status_code == 503
        assert outside.token_login("alice").status_code == 503
        assert token.refresh().status_code == 503
        assert token.get("/accounts").status_code == 503, "whose money is where stands in the store"
        assert outside.token_login("alice", "wrong").status_code == 503
        assert word(outside.send("GET", "/bank/api/me")) == "unauthorized"
    assert token.works()


def test_that_bank_pays_for_it_after_a_logout(fake_store: Store) -> None:
    """The price of `wait`: the access token lives on until it expires; the refresh token does not."""
    outside = Outside(fake_store, revocation="wait")
    alice = outside.token("alice")
    alice.send("POST", "/id/logout")
    assert alice.works()
    assert word(alice.refresh()) == "invalid_grant"
    fake_store.clock.advance(905)  # type: ignore[attr-defined]
    assert not alice.works()


def test_a_real_store_that_is_gone_lets_nobody_in(require_redis: str) -> None:
    from labapp.clock import SystemClock
    from labapp.store import open_store
    from tests.real_redis import redis_server

    with redis_server(require_redis) as server:
        outside = Outside(open_store(server.url, clock=SystemClock(), prefix="outage:"))
        token, browser = outside.token("alice"), outside.browser("alice")
        server.stop()
        for send in (
            lambda: token.get("/me"),
            token.refresh,
            lambda: browser.get("/me"),
            lambda: outside.token_login("alice"),
            lambda: outside.web_login("alice"),
        ):
            assert word(send()) == "temporarily_unavailable"
        server.start()
        assert word(Token(outside, token.pair).get("/me")) == "invalid_token", (
            "it came back without its memory"
        )
        assert word(browser.get("/me")) == "invalid_session"
        assert isinstance(outside.browser("alice"), Browser)
        assert outside.token("alice").works()
        assert not token.works()
