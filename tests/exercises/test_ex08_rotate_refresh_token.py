"""Checks of ex08_rotate_refresh_token: rotation, the family, and what happens when a used token comes back."""

from __future__ import annotations

import base64
from typing import Any

from labapp.errors import InvalidGrantError, InvalidScopeError
from labapp.grading.checks import Attempt, Failure, check

CLAIMS = {"sub": str, "client_id": str, "scope": str, "iat": int, "exp": int}
PAIR = {"refresh_token": str, "claims": CLAIMS}
ACCESS_LIFE = 300
ROTATION = "RFC 9700 section 4.14.2"


def test_an_honest_client_goes_on_and_on(attempt: Attempt) -> None:
    """An honest client exchanges its token again and again, and each new pair is good."""
    for user, client_id, scope in attempt.shuffled(LOGINS)[:3]:
        seen = [log_in(attempt, user, client_id, scope)]
        for _ in range(5):
            attempt.clock.advance(minutes=attempt.rng.randrange(1, 6))
            pair = rotate(attempt, seen[-1], client_id)
            check_claims(attempt, pair["claims"], user, client_id, scope)
            attempt.expect(
                pair["refresh_token"] not in seen,
                "a refresh token came back that was there before",
                "each exchange makes a new token from the operating system's randomness: `secrets.token_urlsafe`",
                source=ROTATION,
            )
            seen.append(pair["refresh_token"])


def test_unknown_tokens_are_refused(attempt: Attempt) -> None:
    """A text that was never issued is refused with InvalidGrantError, whatever it looks like."""
    token = log_in(attempt, "alice", "web", "accounts")
    odd = [
        "",
        "x",
        token[:-1],
        token + "x",
        token.swapcase(),
        "rt_" + "A" * 43,
        "ü \u2603",
        "../" * 9,
        "x" * 5000,
        "\x00",
    ]
    for text in attempt.shuffled(odd):
        attempt.raises(
            InvalidGrantError,
            "rotate",
            attempt.redis,
            text,
            client_id="web",
            now=attempt.now,
            seen="a text that was never issued was exchanged for a new pair",
            hint="look the presented token up by its hash; what is not there raises InvalidGrantError",
            source="RFC 6749 section 5.2",
        )
    rotate(attempt, token, "web")


@check(depends="test_an_honest_client_goes_on_and_on")
def test_a_used_token_is_refused(attempt: Attempt) -> None:
    """A refresh token works once: when it comes back, it is refused."""
    old = log_in(attempt, "alice", "web", "accounts")
    rotate(attempt, old, "web")
    refused(
        attempt, old, "web", "a refresh token was exchanged twice", "remember that it was used, and refuse it"
    )


@check(points=2, depends="test_a_used_token_is_refused")
def test_reuse_ends_the_family(attempt: Attempt) -> None:
    """When a used token comes back, nobody can tell who the thief is: the live token of that family is dead too."""
    for thief_is_first in attempt.shuffled([True, False]):
        stolen = log_in(attempt, "alice", "web", "accounts")
        attempt.clock.advance(minutes=5)
        first = rotate(attempt, stolen, "web")["refresh_token"]
        who = "the thief" if thief_is_first else "alice"
        attempt.note(who, "has exchanged the stolen token first; now the other one comes with it")
        attempt.clock.advance(minutes=1)
        refused(attempt, stolen, "web", "a refresh token was exchanged twice", "remember that it was used")
        refused(
            attempt,
            first,
            "web",
            f"after the alarm {who}, who was first, can still refresh",
            "end the whole family: mark it as ended, and look at that mark at every exchange",
        )


@check(points=2, depends="test_reuse_ends_the_family")
def test_any_ancestor_counts_as_reuse(attempt: Attempt) -> None:
    """Reuse is noticed for every token the family ever had, not only for the one before the last."""
    chain = [log_in(attempt, "alice", "web", "accounts")]
    for _ in range(attempt.rng.randrange(4, 7)):
        attempt.clock.advance(minutes=2)
        chain.append(rotate(attempt, chain[-1], "web")["refresh_token"])
    ancestor = attempt.rng.choice(chain[:-2])
    refused(
        attempt,
        ancestor,
        "web",
        "an old token of the family was exchanged",
        "remember every token of the family",
    )
    refused(
        attempt,
        chain[-1],
        "web",
        "an old ancestor came back, and the family lives on",
        "remember every token that was ever issued, not only the one before; reuse of any of them is an alarm",
    )


@check(depends="test_reuse_ends_the_family")
def test_an_ended_family_stays_ended(attempt: Attempt) -> None:
    """Once a family is ended, none of its tokens ever works again, however often they are tried."""
    chain = [log_in(attempt, "alice", "web", "accounts")]
    for _ in range(3):
        chain.append(rotate(attempt, chain[-1], "web")["refresh_token"])
    refused(attempt, chain[1], "web", "a used token was exchanged", "remember that it was used")
    for _ in range(2):
        attempt.clock.advance(minutes=attempt.rng.randrange(1, 30))
        for token in attempt.shuffled(chain):
            refused(
                attempt,
                token,
                "web",
                "a token of an ended family works again",
                "an ended family stays ended: do not delete what you need in order to know that",
            )


@check(points=2, depends="test_reuse_ends_the_family")
def test_other_logins_go_on(attempt: Attempt) -> None:
    """Only the family with the stolen token ends: the user's other devices and other people notice nothing."""
    stolen = log_in(attempt, "alice", "web", "accounts")
    others = [
        ("alice", "web", log_in(attempt, "alice", "web", "accounts")),
        ("alice", "mobile", log_in(attempt, "alice", "mobile", "accounts transfers")),
        ("bob", "web", log_in(attempt, "bob", "web", "accounts")),
    ]
    rotate(attempt, stolen, "web")
    refused(attempt, stolen, "web", "a used token was exchanged", "remember that it was used")
    for user, client_id, token in attempt.shuffled(others):
        try:
            rotate(attempt, token, client_id)
        except InvalidGrantError as error:
            raise Failure(
                f"another login was ended as well: {user}'s, on the client {client_id}",
                "a family descends from one login; end that one, by its own ID, and nothing else",
                actual=error,
                source=ROTATION,
            ) from None
    attempt.note("alice", "logs in again")
    rotate(attempt, log_in(attempt, "alice", "web", "accounts"), "web")


def test_only_hashes_are_stored(attempt: Attempt) -> None:
    """A copy of the store opens no door: no refresh token stands in it, neither as it is nor encoded."""
    tokens = [log_in(attempt, "alice", "web", "accounts")]
    for _ in range(2):
        tokens.append(rotate(attempt, tokens[-1], "web")["refresh_token"])
    stored = " ".join(f"{entry.key} {entry.value}" for entry in attempt.store.entries())
    attempt.expect(
        bool(stored),
        "the store is empty after a login",
        "keep families in the store, or they die with the process",
    )
    for token in tokens:
        found = next((form for form in spellings(token) if form in stored), None)
        if found is not None:
            raise Failure(
                "a refresh token can be read in the store",
                "store `hashlib.sha256(token.encode()).hexdigest()` instead, as key and as value",
                actual=next(e.key for e in attempt.store.entries() if found in f"{e.key} {e.value}"),
                source="RFC 9700 section 4.9.3: no clear-text storage of tokens",
            )


@check(depends="test_a_used_token_is_refused")
def test_a_restart_forgets_nothing(attempt: Attempt) -> None:
    """Another worker, with nothing in its memory, knows the same families: all state is in the store."""
    old = log_in(attempt, "alice", "web", "accounts")
    new = rotate(attempt, old, "web")["refresh_token"]
    worker = attempt.another()
    newest = attempt.shaped(
        worker.call("rotate", attempt.redis, new, client_id="web", now=attempt.now),
        PAIR,
        "what rotate returns",
    )["refresh_token"]
    worker.raises(
        InvalidGrantError,
        "rotate",
        attempt.redis,
        old,
        client_id="web",
        now=attempt.now,
        seen="another worker took a used token",
        hint="keep what you know of used tokens in the store, not in a variable",
    )
    refused(
        attempt,
        newest,
        "web",
        "a worker that did not see the alarm goes on with the family",
        "end it in the store",
    )


@check(depends="test_an_honest_client_goes_on_and_on")
def test_a_token_belongs_to_its_client(attempt: Attempt) -> None:
    """A refresh token works for the client it was issued to, and for no other."""
    token = log_in(attempt, "alice", "web", "accounts")
    refused(
        attempt,
        token,
        "mobile",
        "another client exchanged the token",
        "store the client with the family, and compare it at every exchange",
        source="RFC 6749 section 6",
    )


@check(depends="test_an_honest_client_goes_on_and_on")
def test_scope_never_widens(attempt: Attempt) -> None:
    """A refresh may narrow the scope and never widens it, neither at once nor in small steps."""
    wide = log_in(attempt, "tilda", "web", "accounts transfers reports")
    narrowed = rotate(attempt, wide, "web", scope="accounts")
    attempt.expect(
        narrowed["claims"]["scope"] == "accounts",
        "a narrower scope was asked for, and another one came",
        "put the scope that was asked for into the claims",
        expected="accounts",
        actual=narrowed["claims"]["scope"],
        source="RFC 6749 section 6",
    )
    for asked in attempt.shuffled(["accounts admin", "admin", "accounts transfers", "accountsx"]):
        token = log_in(attempt, "alice", "web", "accounts")
        attempt.raises(
            (InvalidScopeError, InvalidGrantError),
            "rotate",
            attempt.redis,
            token,
            client_id="web",
            now=attempt.now,
            scope=asked,
            seen="a refresh got a scope that the login did not grant",
            hint="compare sets of words: what is asked for must be a subset of what was granted",
            source="RFC 6749 section 6",
        )


@check(points=2, depends="test_reuse_ends_the_family")
def test_access_dies_with_its_stated_life(attempt: Attempt) -> None:
    """After a family is ended, its access tokens are served no longer than the stated life of an access token."""
    first = issue(attempt, "alice", "web", "accounts")
    attempt.clock.advance(minutes=attempt.rng.randrange(10, 200))
    second = rotate(attempt, first["refresh_token"], "web")
    for pair in (first, second):
        life = pair["claims"]["exp"] - pair["claims"]["iat"]
        attempt.expect(
            life == ACCESS_LIFE,
            "an access token lives longer or shorter than it is stated to",
            f"`exp` is the time of issue plus ACCESS_LIFE ({ACCESS_LIFE} s), whatever the family's own life is",
            expected=ACCESS_LIFE,
            actual=life,
        )


LOGINS = [
    ("alice", "web", "accounts"),
    ("bob", "mobile", "accounts transfers"),
    ("ada", "cli", "accounts admin"),
    ("chloë o'neil", "web", "accounts"),
    ("dmitri", "mobile-2", "transfers"),
]


def issue(attempt: Attempt, user: str, client_id: str, scope: str) -> dict[str, Any]:
    pair = attempt.call("issue", attempt.redis, user=user, client_id=client_id, scope=scope, now=attempt.now)
    attempt.shaped(pair, PAIR, "what issue returns")
    check_claims(attempt, pair["claims"], user, client_id, scope)
    return dict(pair)


def log_in(attempt: Attempt, user: str, client_id: str, scope: str) -> str:
    return str(issue(attempt, user, client_id, scope)["refresh_token"])


def rotate(attempt: Attempt, token: str, client_id: str, scope: str | None = None) -> dict[str, Any]:
    pair = attempt.call("rotate", attempt.redis, token, client_id=client_id, now=attempt.now, scope=scope)
    return dict(attempt.shaped(pair, PAIR, "what rotate returns"))


def refused(
    attempt: Attempt, token: str, client_id: str, seen: str, hint: str, source: str = ROTATION
) -> None:
    attempt.raises(
        InvalidGrantError,
        "rotate",
        attempt.redis,
        token,
        client_id=client_id,
        now=attempt.now,
        seen=seen,
        hint=hint,
        source=source,
    )


def check_claims(attempt: Attempt, claims: dict[str, Any], user: str, client_id: str, scope: str) -> None:
    attempt.lab_time(claims["iat"], "`iat`")
    attempt.lab_time(claims["exp"] - ACCESS_LIFE, "`exp`")
    expected = {"sub": user, "client_id": client_id, "scope": scope, "iat": attempt.now}
    for name, value in expected.items():
        actual = " ".join(sorted(claims[name].split())) if name == "scope" else claims[name]
        attempt.expect(
            actual == (" ".join(sorted(scope.split())) if name == "scope" else value),
            f"the claim {name} is not what the login said",
            "the family remembers user, client and scope; `iat` is the time of this exchange",
            expected=value,
            actual=claims[name],
        )


def spellings(token: str) -> list[str]:
    data = token.encode()
    return [
        token,
        token[::-1],
        data.hex(),
        base64.b64encode(data).decode().rstrip("="),
        base64.b32encode(data).decode(),
    ]
