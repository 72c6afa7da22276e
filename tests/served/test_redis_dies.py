"""A real Redis is killed under twenty clients: nobody is let in, honest clients go on afterwards, nothing is lost."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator

import httpx
import pytest

from tests.real_redis import RedisServer, redis_server
from tests.served.bank import Served, served

CLIENTS = 20
TRIES = 500
"""An upper bound on how often anything is asked for; nothing here waits by the clock."""


@pytest.fixture
def durable(require_redis: str) -> Iterator[RedisServer]:
    with redis_server(require_redis, appendonly=True) as server:
        yield server


class Client(threading.Thread):
    """One honest user at one of the doors, who asks again and again until told to stop."""

    def __init__(self, bank: Served, number: int) -> None:
        super().__init__(daemon=True)
        self.http = bank.http()
        self.door = "token" if number % 2 else "session"
        user = ("alice", "bob", "mallory", "tilda")[number % 4]
        body = {"username": user, "password": bank.passwords[user]}
        if self.door == "token":
            token = self.http.post("/id/login", json=body).raise_for_status().json()["access_token"]
            self.path, self.headers = "/bank/api/me", {"Authorization": f"Bearer {token}"}
        else:
            login = self.http.post("/bank/web/login", json=body).raise_for_status()
            self.path, self.headers = (
                "/bank/web/me",
                {"Cookie": login.headers["Set-Cookie"].partition(";")[0]},
            )
        self.seen: Counter[int] = Counter()
        self.enough = threading.Event()

    def ask(self) -> int:
        return self.http.get(self.path, headers=self.headers).status_code

    def run(self) -> None:
        for _ in range(TRIES):
            if self.enough.is_set():
                return
            self.seen[self.ask()] += 1


def until(bank: Served, status: int) -> None:
    """Ask for the bank's health until it says so."""
    with bank.http() as client:
        assert any(client.get("/healthz").status_code == status for _ in range(TRIES))


def test_redis_is_killed_and_comes_back_under_twenty_clients(durable: RedisServer) -> None:
    options = ["--profile", "workshop", "--redis", durable.url]
    with served("--workers", "2", *options) as bank, served("--revocation", "wait", *options) as waiting:
        # The cap is five sessions a user: twenty clients at two doors stay below it.
        clients = [Client(bank, number) for number in range(CLIENTS)]
        with bank.http() as http, waiting.http() as other:
            ended = bank.login("ada")
            bearer = {"Authorization": f"Bearer {ended['access_token']}"}
            assert http.post("/id/logout", headers=bearer).is_success
            pair = bank.login("alice")
            alice = {"Authorization": f"Bearer {pair['access_token']}"}
            paid = http.post("/bank/api/transfers", headers=alice, json={"to": "acct-bob", "cents": 700})
            form = {"grant_type": "refresh_token", "client_id": "web"}
            rotated = http.post("/id/token", data=form | {"refresh_token": pair["refresh_token"]}).json()
            offline = {"Authorization": f"Bearer {waiting.login('alice')['access_token']}"}
            assert paid.status_code == 201

            for client in clients:
                client.start()
            durable.stop()
            until(bank, 503)
            down = {
                "a login at the token door": http.post(
                    "/id/login", json={"username": "alice", "password": "x"}
                ),
                "a login at the session door": http.post(
                    "/bank/web/login", json={"username": "alice", "password": bank.passwords["alice"]}
                ),
                "a good token": http.get("/bank/api/me", headers=alice),
                "a revoked token": http.get("/bank/api/me", headers=bearer),
                "a refresh": http.post("/id/token", data=form | {"refresh_token": rotated["refresh_token"]}),
                "a session": http.get("/bank/web/me", headers={"Cookie": "__Host-session=" + "A" * 43}),
            }
            for what, answer in down.items():
                assert answer.status_code == 503, what
                assert answer.json()["error"] == "temporarily_unavailable", what
                assert answer.headers["Retry-After"] == "1", what
            assert http.get("/bank/api/me", headers={"Authorization": "Bearer a.b.c"}).status_code == 401
            assert (
                other.get("/bank/api/me", headers=offline).status_code == 200
            )  # needs no store, keeps serving

            durable.start()
            until(bank, 200)
            for client in clients:
                client.enough.set()
            for client in clients:
                client.join(timeout=60)
            seen = sum((client.seen for client in clients), Counter())
            assert set(seen) <= {200, 503}
            assert seen[503] > 0
            assert [client.ask() for client in clients] == [
                200
            ] * CLIENTS  # the same credentials, after the outage

            assert http.get("/bank/api/me", headers=bearer).status_code == 401  # a logout stays a logout
            assert http.get("/bank/api/accounts", headers=alice).json()["accounts"][0]["balance"] == 249_300
            again = http.post("/id/token", data=form | {"refresh_token": rotated["refresh_token"]})
            assert again.is_success
            reuse = http.post("/id/token", data=form | {"refresh_token": pair["refresh_token"]})
            assert reuse.json()["error"] == "invalid_grant"
            for client in clients:
                client.http.close()


def test_a_redis_that_forgets_brings_nothing_revoked_back(require_redis: str) -> None:
    """Without a disk the store wakes up empty: every login from before is over, and new ones work at once."""
    with (
        redis_server(require_redis) as forgetful,
        served("--profile", "workshop", "--redis", forgetful.url) as bank,
        bank.http() as http,
    ):
        revoked, kept = bank.login("alice"), bank.login("alice")
        login = {"username": "alice", "password": bank.passwords["alice"]}
        cookie = http.post("/bank/web/login", json=login).headers["Set-Cookie"].partition(";")[0]
        http.post("/id/revoke", data={"token": revoked["access_token"], "client_id": "web"})
        forgetful.stop()
        forgetful.start()
        for pair in (revoked, kept):
            bearer = {"Authorization": f"Bearer {pair['access_token']}"}
            assert settled(http, bearer) == 401
            form = {
                "grant_type": "refresh_token",
                "client_id": "web",
                "refresh_token": pair["refresh_token"],
            }
            assert http.post("/id/token", data=form).json()["error"] == "invalid_grant"
        assert http.get("/bank/web/me", headers={"Cookie": cookie}).status_code == 401
        fresh = {"Authorization": f"Bearer {bank.login('alice')['access_token']}"}
        assert http.get("/bank/api/accounts", headers=fresh).is_success
        assert http.post("/bank/web/login", json=login).is_success


def settled(http: httpx.Client, headers: dict[str, str]) -> int:
    """Return the first status that is not 503: connections from before the outage have to be noticed first."""
    statuses = (http.get("/bank/api/me", headers=headers).status_code for _ in range(TRIES))
    return next(status for status in statuses if status != 503)
