"""Nobody sees or moves what is not theirs, and no money is made or lost, whatever comes in between."""

from __future__ import annotations

from typing import Any

import pytest

from labapp.store.interleave import interleavings
from tests.web.outside import Browser, Outside, Token, word

START = 250_000
DOORS = ["token", "browser"]


def caller(outside: Outside, door: str, user: str) -> Token | Browser:
    return outside.token(user) if door == "token" else outside.browser(user)


@pytest.mark.parametrize("door", DOORS)
def test_somebody_elses_account_looks_like_none(outside: Outside, door: str) -> None:
    mallory = caller(outside, door, "mallory")
    answers = [
        mallory.get(f"/accounts/{n}") for n in ("acct-alice", "acct-bob", "acct-nobody", "acct-mallory2", "x")
    ]
    assert {(a.status_code, a.text) for a in answers} == {(404, answers[0].text)}
    assert word(answers[0]) == "not_found"
    assert [a["owner"] for a in mallory.get("/accounts").json["accounts"]] == ["mallory"]
    assert mallory.get("/accounts/acct-mallory").json["balance"] == START


@pytest.mark.parametrize("door", DOORS)
def test_a_teller_sees_everybodys_account_and_only_as_long_as_she_is_one(outside: Outside, door: str) -> None:
    tilda = caller(outside, door, "tilda")
    assert tilda.get("/accounts/acct-alice").json["balance"] == START
    assert tilda.get("/accounts/acct-nobody").status_code == 404
    outside.parts.people.set_roles("tilda", ("customer",))
    assert word(tilda.get("/accounts/acct-alice")) == "not_found"


@pytest.mark.parametrize("door", DOORS)
def test_a_teller_who_is_no_customer_has_nothing_to_transfer(fake: Outside, door: str) -> None:
    assert word(caller(fake, door, "tilda").post("/transfers", to="acct-bob", cents=1)) == "invalid_request"


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({"cents": 0}, "invalid_request"),
    "a negative amount": ({"cents": -1}, "invalid_request"),
    "a huge negative amount": ({"cents": -(10**4000)}, "invalid_request"),
    "true": ({"cents": True}, "invalid_request"),
    "one as a float": ({"cents": 1.0}, "invalid_request"),
    "half a cent": ({"cents": 0.5}, "invalid_request"),
    "a float without end": ({"cents": 1e300}, "invalid_request"),
    "text": ({"cents": "100"}, "invalid_request"),
    "null": ({"cents": None}, "invalid_request"),
    "a list": ({"cents": [100]}, "invalid_request"),
    "one more than is allowed": ({"cents": 10_000_001}, "invalid_request"),
    "more than 64 bits": ({"cents": 2**64 + 1}, "invalid_request"),
    "a number of 4000 digits": ({"cents": 10**4000}, "invalid_request"),
    "all that is allowed, and more than is there": ({"cents": 10_000_000}, "insufficient_funds"),
    "one cent more than is there": ({"cents": START + 1}, "insufficient_funds"),
    "to herself": ({"to": "acct-alice"}, "invalid_request"),
    "to an unknown account": ({"to": "acct-nobody"}, "invalid_request"),
    "to somebody without account": ({"to": "acct-ada"}, "invalid_request"),
    "to a person instead of an account": ({"to": "bob"}, "invalid_request"),
    "to nowhere": ({"to": ""}, "invalid_request"),
    "to two": ({"to": ["acct-bob", "acct-mallory"]}, "invalid_request"),
    "to another key of the store": ({"to": "../user:bob"}, "invalid_request"),
}


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("door", DOORS)
def test_a_transfer_that_is_refused_moves_nothing(shared: Outside, door: str, what: str) -> None:
    changes, expected = REFUSED[what]
    response = caller(shared, door, "alice").post("/transfers", **{"to": "acct-bob", "cents": 100, **changes})
    assert (response.status_code, word(response)) == (400, expected)
    assert [shared.balance(user) for user in ("alice", "bob", "mallory")] == [START] * 3


def test_from_is_not_the_callers_to_say(fake: Outside) -> None:
    body = {
        "from": "acct-alice",
        "source": "acct-alice",
        "owner": "alice",
        "to": "acct-mallory",
        "cents": 100,
    }
    mallory, bob = fake.token("mallory"), fake.token("bob")
    assert word(mallory.post("/transfers", **body)) == "invalid_request", (
        "mallory's own account is the target"
    )
    assert bob.post("/transfers", **body).json["from"] == "acct-bob"
    assert fake.balance("alice") == START


def test_the_last_cent_can_be_moved_and_no_more(outside: Outside) -> None:
    alice = outside.token("alice")
    assert alice.post("/transfers", to="acct-bob", cents=START).json["balance"] == 0
    assert word(alice.post("/transfers", to="acct-bob", cents=1)) == "insufficient_funds"
    assert (outside.balance("alice"), outside.balance("bob")) == (0, 2 * START)


RACES = {
    "the same transfer twice, when there is enough for one": ("alice", "acct-bob", START),
    "the target sends the money on": ("bob", "acct-mallory", START + 1),
    "each sends to the other": ("bob", "acct-alice", 7),
    "a third one sends to the target": ("mallory", "acct-bob", 9),
}


@pytest.mark.parametrize("what", RACES)
def test_money_is_conserved_whatever_comes_in_between(outside: Outside, what: str) -> None:
    """At every place in a transfer of all that alice has where another one can come in."""
    user, to, cents = RACES[what]
    first, second = outside.token("alice"), outside.token(user)

    def reset() -> None:
        for name in ("alice", "bob", "mallory"):
            outside.store.redis.hset(outside.store.keys.account(f"acct-{name}"), "balance", START)

    places = 0
    for race in interleavings(
        outside.parts.ledger._store,
        lambda: first.post("/transfers", to="acct-bob", cents=START),
        lambda: second.post("/transfers", to=to, cents=cents),
        setup=reset,
    ):
        places += 1
        assert race.first.ok, race.first.error
        assert race.second.ok, race.second.error
        balances = [outside.balance(name) for name in ("alice", "bob", "mallory")]
        assert sum(balances) == 3 * START, f"at place {race.k}"
        assert min(balances) >= 0, f"at place {race.k}"
        if user == "alice":
            statuses = [race.first.value.status_code, race.second.value.status_code]
            assert sorted(statuses) == [201, 400], "enough for one of them"
    assert places >= 5, "before a look, between look and write, and before the answer"
