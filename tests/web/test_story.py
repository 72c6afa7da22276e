"""The whole story at both doors, as docs/http.md tells it."""

from __future__ import annotations

import json

from labapp.store import Store
from labapp.web.assembly import ORIGINS
from tests.web.outside import HTTP_MD, Browser, Outside, Token, word


def dump(outside: Outside) -> str:
    """Everything that the store and the trail hold, as text."""
    entries = "".join(f"{e.key} {e.value}\n" for e in outside.store.entries())
    records = outside.parts.trail.records()
    return entries + "".join(f"{r}\n{json.dumps(vars(r))}\n" for r in records)


def test_the_story_of_the_token_door(outside: Outside) -> None:
    alice = outside.token("alice")
    assert {k: v for k, v in alice.pair.items() if "token" not in k or k == "token_type"} == {
        "token_type": "Bearer",
        "expires_in": 900,
        "refresh_expires_in": 28800,
        "scope": "accounts transfers",
    }
    assert alice.pair["refresh_token"].startswith("rt_")
    assert len(alice.pair["refresh_token"]) == 46
    assert alice.get("/me").json == {
        "user": "alice",
        "door": "token",
        "roles": ["customer"],
        "scope": "accounts transfers",
    }
    account = {"number": "acct-alice", "owner": "alice", "balance": 250_000}
    assert alice.get("/accounts").json == {"accounts": [account]}
    assert alice.get("/accounts/acct-alice").json == account
    moved = alice.post("/transfers", to="acct-bob", cents=100)
    assert (moved.status_code, moved.json) == (
        201,
        {"from": "acct-alice", "to": "acct-bob", "cents": 100, "balance": 249_900},
    )
    second = alice.refresh().json
    assert second["refresh_token"] != alice.pair["refresh_token"]
    assert Token(outside, second).works()
    assert alice.works(), "an exchange ends the refresh token, not the access token"
    assert word(alice.refresh()) == "invalid_grant"
    assert not Token(outside, second).works(), "a used refresh token came back: the login is over"
    assert word(Token(outside, second).refresh()) == "invalid_grant"
    again = outside.token("alice")
    assert again.send("POST", "/id/logout").json == {"logged_out": True}
    assert word(again.get("/me")) == "invalid_token"
    assert word(again.refresh()) == "invalid_grant"


def test_the_story_of_the_session_door(outside: Outside) -> None:
    response = outside.web_login("alice", headers={"User-Agent": "a browser"})
    assert response.headers["Set-Cookie"].partition(";")[2] == " Path=/; HttpOnly; Secure; SameSite=Lax"
    alice = Browser(outside, response)
    name, _, sid = alice.cookie.partition("=")
    assert (name, len(sid)) == ("__Host-session", 43)
    assert sid not in response.text, "the ID is in the cookie only"
    assert response.json["user"] == "alice"
    assert alice.get("/csrf").json == {"csrf_token": alice.csrf}
    assert alice.get("/me").json == {"user": "alice", "door": "session", "roles": ["customer"], "scope": None}
    session = alice.get("/session").json
    assert set(session) == set(
        "user handle device created last_seen auth_time idle_until absolute_until present".split()
    )
    assert session["absolute_until"] - session["created"] == 28800
    assert "a browser" in session["device"]
    assert session["present"] is True
    assert alice.get("/devices").json["devices"][0]["handle"] == session["handle"]
    assert alice.post("/transfers", to="acct-bob", cents=100).status_code == 201
    other = outside.browser("alice")
    handle = other.get("/session").json["handle"]
    assert len(alice.get("/devices").json["devices"]) == 2
    assert alice.send("DELETE", f"/bank/web/devices/{handle}").json == {"ended": True}
    assert alice.send("DELETE", f"/bank/web/devices/{handle}").json == {"ended": False}
    assert word(other.get("/me")) == "invalid_session"
    goodbye = alice.post("/logout")
    assert goodbye.json == {"logged_out": True}
    assert "Max-Age=0" in goodbye.headers["Set-Cookie"]
    assert word(alice.get("/me")) == "invalid_session"
    assert word(alice.post("/logout")) == "invalid_session"


def test_both_doors_lead_to_the_same_bank(outside: Outside) -> None:
    token, browser = outside.token("alice"), outside.browser("alice")
    for path in ("/accounts", "/accounts/acct-alice"):
        assert token.get(path).json == browser.get(path).json
    assert token.post("/transfers", to="acct-bob", cents=1).json["balance"] == 249_999
    assert browser.post("/transfers", to="acct-bob", cents=1).json["balance"] == 249_998


def test_reauthenticating_gives_a_new_id_and_keeps_the_absolute_end(outside: Outside) -> None:
    alice = outside.browser("alice")
    old, before = Browser.__new__(Browser), alice.get("/session").json
    old.__dict__.update(alice.__dict__)
    outside.store.clock.advance(60)
    assert word(alice.post("/reauthenticate", password="wrong")) == "invalid_login"
    assert alice.works(), "a wrong password at step-up ends nothing"
    alice.take(alice.post("/reauthenticate", password=outside.password("alice")))
    after = alice.get("/session").json
    assert after["absolute_until"] == before["absolute_until"]
    assert after["auth_time"] >= before["auth_time"] + 60
    assert after["handle"] != before["handle"]
    assert word(old.get("/me")) == "invalid_session"


def test_a_sixth_login_ends_the_oldest_session(outside: Outside) -> None:
    browsers = []
    for _ in range(6):
        browsers.append(outside.browser("alice"))
        outside.store.clock.advance(1)
    assert [b.works() for b in browsers] == [False, True, True, True, True, True]


def test_a_login_never_adopts_an_id_and_ends_the_session_that_the_request_brought(outside: Outside) -> None:
    planted = "A" * 43
    response = outside.web_login("alice", headers={"Cookie": f"__Host-session={planted}"})
    assert planted not in response.headers["Set-Cookie"]
    first = Browser(outside, response)
    second = Browser(outside, outside.web_login("bob", headers={"Cookie": first.cookie}))
    assert not first.works()
    assert second.get("/me").json["user"] == "bob"


def test_a_failed_login_leaves_the_session_that_was_there(outside: Outside) -> None:
    alice = outside.browser("alice")
    assert word(outside.web_login("alice", "wrong", headers={"Cookie": alice.cookie})) == "invalid_login"
    assert alice.works()


def test_a_session_that_is_not_used_dies_at_the_very_second(fake: Outside) -> None:
    alice = fake.browser("alice")
    for _ in range(3):
        fake.store.clock.advance(899)
        assert alice.works(), "each use begins the wait anew"
    fake.store.clock.advance(900)
    assert word(alice.get("/me")) == "invalid_session"


def test_a_session_that_is_used_dies_at_the_very_second_of_its_absolute_end(fake: Outside) -> None:
    alice = fake.browser("alice")
    for _ in range(35):
        fake.store.clock.advance(800)
        assert alice.works()
    fake.store.clock.advance(28800 - 35 * 800 - 1)
    assert alice.works()
    fake.store.clock.advance(1)
    assert word(alice.get("/me")) == "invalid_session"


def test_what_an_issuer_says_of_itself(fake: Outside) -> None:
    keys = fake.send("GET", "/id/.well-known/jwks.json").json["keys"]
    assert [set(key) & set("d p q k dp dq qi oth".split()) for key in keys] == [set()]
    about = fake.send("GET", "/id/.well-known/oauth-authorization-server").json
    assert about["issuer"] == ORIGINS["identity"]
    assert about["token_endpoint"] == ORIGINS["identity"] + "/token"
    assert fake.send("GET", "/id/healthz").json == {"service": "identity", "status": "ok"}


def test_a_shared_secret_is_not_published(fake_store: Store) -> None:
    from labapp.web.assembly import assemble

    client = assemble(store=fake_store, alg="HS256").apps["identity"].test_client()
    assert client.get("/.well-known/jwks.json").json == {"keys": []}


def test_the_page_lists_every_route_and_no_other(fake: Outside) -> None:
    """Each route of the apps stands in a table of docs/http.md."""
    page = HTTP_MD.read_text(encoding="utf-8")
    for method, path in fake.routes():
        told = path.replace("acct-alice", "<number>").replace("0" * 16, "<handle>")
        if told == "/bank/healthz":
            continue  # the root's health check asks more; the bank's own is not in the contract
        shared = told.replace("/bank/api", "…").replace("/bank/web", "…")
        assert f"`{method} {told}`" in page or f"`{method} {shared}`" in page, (method, told)


def test_neither_the_store_nor_the_trail_holds_a_credential(outside: Outside) -> None:
    """After a whole story: passwords, tokens, session IDs, CSRF tokens, new and old, also what was refused."""
    secrets = [outside.password(user) for user in ("alice", "bob", "mallory", "ada", "tilda")]
    alice, phone = outside.browser("alice"), outside.token("alice")
    secrets += phone.secrets
    replaced = phone.refresh().json
    secrets += [replaced["access_token"], replaced["refresh_token"]]
    phone.refresh()
    alice.post("/transfers", to="acct-bob", cents=5)
    alice.take(alice.post("/reauthenticate", password=outside.password("alice")))
    alice.take(
        alice.post("/password", password=outside.password("alice"), new_password="a brand new passphrase")
    )
    secrets += ["a brand new passphrase", "guessed-wrongly-once", *alice.secrets]
    outside.token_login("alice", "guessed-wrongly-once")
    outside.web_login("alice", "guessed-wrongly-once")
    # Somebody types into the wrong field, or puts a credential into an address.
    outside.token_login(outside.password("bob"), "x")
    outside.web_login(outside.password("bob"), "x")
    bob = outside.token("bob")
    secrets += bob.secrets
    bob.get(f"/accounts/{bob.pair['refresh_token']}")
    bob.get(f"/accounts/{bob.pair['access_token']}")
    bob.get(f"/me?access_token={bob.pair['access_token']}")
    secrets.append("planted-bearer-token")
    outside.send("GET", "/bank/api/me", headers={"Authorization": "Bearer planted-bearer-token"})
    web = outside.browser("bob")
    secrets += web.secrets
    sid = web.cookie.partition("=")[2]
    web.get(f"/accounts/{sid}")
    web.send("DELETE", f"/bank/web/devices/{sid}")
    web.post("/logout")
    bob.send("POST", "/id/revoke", data={"token": bob.pair["access_token"], "client_id": "web"})
    bob.send("POST", "/id/logout")
    held = dump(outside)
    assert len(outside.parts.trail) > 25
    # The first and the last letters are telling as well: nothing is written in part.
    parts = {part for secret in secrets for part in (secret, secret[3:23], secret[-20:])}
    assert not sorted(part for part in parts if part in held)


def test_what_somebody_puts_into_an_address_stays_on_one_line_of_the_trail(fake: Outside) -> None:
    alice = fake.token("alice")
    for evil in ("x%0A%201%20%20forged", "x%0D%0Aforged", "x%E2%80%A8forged", "x%1B[2Jforged", "x%00"):
        alice.get(f"/accounts/{evil}")
        last = str(fake.parts.trail.records()[-1])
        assert last.isprintable()
        assert "forged" not in last


def test_the_trail_says_which_account_was_looked_at(fake: Outside) -> None:
    fake.token("mallory").get("/accounts/acct-alice")
    assert fake.parts.trail.records()[-1].detail["path"] == "/api/accounts/acct-alice"
