"""A credential allows what was granted, and never more than its person may do at this moment."""

from __future__ import annotations

import pytest

from tests.timeline import Timeline
from tests.web.outside import Outside, Token, word

USERS = "/bank/api/admin/users"


def test_an_administrator_sees_everybody_and_no_password(outside: Outside) -> None:
    for response in (outside.token("ada").get("/admin/users"), outside.browser("ada").get("/admin/users")):
        users = {user["name"]: user for user in response.json["users"]}
        assert users["mallory"] == {
            "name": "mallory",
            "roles": ["customer"],
            "disabled": False,
            "kind": "person",
        }
        assert users["nightly-batch"]["kind"] == "service"
        assert "scrypt" not in response.text


@pytest.mark.parametrize("user", ["alice", "tilda", "mallory", "nightly-batch"])
def test_nobody_else_does(outside: Outside, user: str) -> None:
    for somebody in (outside.token(user), outside.browser(user)):
        response = somebody.get("/admin/users")
        assert (response.status_code, word(response)) == (403, "insufficient_scope")


def test_a_token_that_still_says_administrator_is_refused_after_the_demotion(outside: Outside) -> None:
    ada, browser = outside.token("ada"), outside.browser("ada")
    outside.parts.people.set_roles("ada", ("customer",))
    assert "administrator" in ada.get("/me").json["roles"], "the token is as old as it is"
    assert word(ada.get("/admin/users")) == "insufficient_scope"
    assert word(browser.get("/admin/users")) == "insufficient_scope"
    assert browser.get("/me").json["roles"] == ["customer"]
    outside.parts.people.set_roles("ada", ("administrator",))
    assert ada.get("/admin/users").status_code == 200


def test_a_token_without_the_role_gains_nothing_by_a_promotion_but_the_next_one_does(
    outside: Outside,
) -> None:
    alice = outside.token("alice")
    outside.parts.people.set_roles("alice", ("administrator",))
    assert word(alice.get("/admin/users")) == "insufficient_scope", "the scope was not granted"
    assert word(Token(outside, alice.refresh().json).get("/admin/users")) == "insufficient_scope"
    assert outside.token("alice").get("/admin/users").status_code == 200


def test_an_exchange_takes_away_what_the_person_may_no_longer_do(outside: Outside) -> None:
    """Not only at the next login, which may be eight hours away."""
    ada = outside.token("ada")
    assert ada.pair["scope"] == "accounts admin"
    outside.parts.people.set_roles("ada", ("customer",))
    demoted = Token(outside, ada.refresh().json)
    assert demoted.pair["scope"] == "accounts"
    assert demoted.get("/me").json == {
        "user": "ada",
        "door": "token",
        "roles": ["customer"],
        "scope": "accounts",
    }
    outside.parts.people.set_roles("ada", ())
    nothing = Token(outside, demoted.refresh().json)
    assert nothing.pair["scope"] == ""
    assert word(nothing.get("/accounts")) == "insufficient_scope"
    outside.parts.people.set_roles("ada", ("administrator",))
    assert Token(outside, nothing.refresh().json).pair["scope"] == "accounts admin", (
        "what was granted stays granted"
    )


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        ("", "accounts transfers"),
        ("accounts", "accounts"),
        ("transfers accounts", "accounts transfers"),
        ("accounts accounts", "accounts"),
        ("accounts admin", "accounts"),
        ("admin", None),
        ("ACCOUNTS", None),
        ("accounts,transfers", None),
        ("*", None),
    ],
)
def test_a_login_grants_what_was_asked_and_is_allowed(fake: Outside, asked: str, granted: str | None) -> None:
    response = fake.token_login("alice", scope=asked)
    if granted is None:
        assert (response.status_code, word(response)) == (400, "invalid_scope")
        assert fake.parts.families.of("alice", now=fake.store.clock.now()) == [], "and nothing was begun"
    else:
        assert response.json["scope"] == granted


def test_what_a_scope_does_not_allow_is_refused_and_the_challenge_names_it(fake: Outside) -> None:
    alice = fake.token("alice", scope="accounts")
    response = alice.post("/transfers", to="acct-bob", cents=1)
    assert (response.status_code, word(response)) == (403, "insufficient_scope")
    assert 'scope="transfers"' in response.headers["WWW-Authenticate"], "RFC 6750 section 3"
    assert word(fake.token("alice", scope="transfers").get("/accounts")) == "insufficient_scope"
    assert word(fake.token("alice", scope="transfers").get("/accounts/acct-alice")) == "insufficient_scope"
    assert fake.balance("bob") == 250_000


def test_an_exchange_may_narrow_the_scope_and_never_widen_it(outside: Outside) -> None:
    alice = outside.token("alice", scope="accounts")
    for wider in ("accounts transfers", "transfers", "admin"):
        assert word(alice.refresh(scope=wider)) == "invalid_scope"
    assert word(alice.refresh(client_id="mobile")) == "invalid_grant"
    assert word(alice.refresh(client_id="nobody")) == "invalid_client"
    assert word(alice.refresh(grant_type="password")) == "unsupported_grant_type"
    assert word(alice.refresh(refresh_token="rt_" + "A" * 43)) == "invalid_grant"
    assert word(alice.refresh(refresh_token=alice.pair["access_token"])) == "invalid_grant"
    assert alice.refresh(scope="accounts").json["scope"] == "accounts", "none of these changed anything"


def test_a_narrowed_exchange_narrows_one_access_token_only(outside: Outside) -> None:
    alice = outside.token("alice")
    narrow = Token(outside, alice.refresh(scope="accounts").json)
    assert word(narrow.post("/transfers", to="acct-bob", cents=1)) == "insufficient_scope"
    assert narrow.refresh().json["scope"] == "accounts transfers"


def test_revoking_is_no_oracle(outside: Outside) -> None:
    """One answer for a good token, a dead one, another program's, and no token at all (RFC 7009 section 2.2)."""
    alice, dead = outside.token("alice"), outside.token("alice")
    dead.send("POST", "/id/logout")
    offered = [
        ("rt_" + "A" * 43, "web"),
        ("no token", "web"),
        ("a.b.c", "web"),
        *((secret, "mobile") for secret in alice.secrets),
        *((secret, "web") for secret in dead.secrets),
        *((secret, "web") for secret in alice.secrets),
    ]
    answers = []
    for token, client_id in offered:
        assert alice.works(), "none of those before ended anything"
        response = outside.send("POST", "/id/revoke", data={"token": token, "client_id": client_id})
        answers.append((response.status_code, response.text, sorted(response.headers.keys())))
        if (token, client_id) == (alice.pair["access_token"], "web"):
            break
    answers.append((200, *answers[0][1:]))
    assert len({str(answer) for answer in answers}) == 1
    assert not alice.works()
    revived = alice.refresh()
    assert revived.status_code == 200, "revoking an access token ends that one"
    token = revived.json["refresh_token"]
    assert outside.send("POST", "/id/revoke", data={"token": token, "client_id": "web"}).json == {}
    assert not Token(outside, revived.json).works(), "revoking a refresh token ends the login"
    assert word(Token(outside, revived.json).refresh()) == "invalid_grant"


def test_a_login_tells_nobody_who_has_an_account(outside: Outside) -> None:
    outside.parts.people.set_disabled("bob", True)
    tries = [("alice", "wrong"), ("nobody", "wrong"), ("bob", "wrong"), ("bob", outside.password("bob"))]
    tries += [("Alice", outside.password("alice")), ("", ""), ("alice ", outside.password("alice"))]
    for login in (outside.token_login, outside.web_login):
        answers = {
            (r.status_code, r.text, str(sorted(r.headers.items()))) for r in (login(*t) for t in tries)
        }
        assert len(answers) == 1
        assert next(iter(answers))[0] == 401


def test_a_failed_login_is_noted_by_name_only_where_it_is_one(outside: Outside) -> None:
    """What somebody types into the field of the name may be their password."""
    outside.token_login("alice", "wrong")
    outside.web_login("open-sesame", "wrong")
    refused = outside.parts.trail.records(event="login", outcome="refused")
    assert [(r.detail["name"], r.user) for r in refused] == [("alice", None), ("(unknown)", None)]


def test_a_token_dies_when_its_time_is_up_with_the_leeway(fake: Outside) -> None:
    time, alice = Timeline(fake.store), fake.token("alice")
    time.to(904)
    assert alice.works()
    time.to(905)
    assert word(alice.get("/me")) == "invalid_token"
