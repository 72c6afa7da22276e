"""Checks of ex08_steal_a_refresh_token: thirty days of access from one theft, judged by what the bank served."""

from __future__ import annotations

from typing import Any

from labapp.client.visits import TokenVisit
from labapp.grading.bank import Bank
from labapp.grading.checks import Attempt, Failure, check

HOUR, DAY = 3600, 86_400
PATH = "/api/accounts"
RETURNED = {"loot": dict, "accounts": list}


def test_the_first_visit_is_served(attempt: Attempt) -> None:
    """Hours after the theft, when the stolen access token has long expired, the bank shows Alice's accounts."""
    bank, _, loot = theft(attempt)
    attempt.clock.advance(hours=attempt.rng.randrange(2, 8))
    visit(attempt, bank, loot)


@check(points=2, depends="test_the_first_visit_is_served")
def test_thirty_days_of_access(attempt: Attempt) -> None:
    """For thirty days, visit after visit, the bank shows Alice's accounts to the thief."""
    bank, _, loot = theft(attempt)
    ends = attempt.clock.now() + 30 * DAY
    while attempt.clock.now() < ends:
        attempt.clock.advance(attempt.rng.randrange(6, 30) * HOUR)
        loot = visit(attempt, bank, loot)["loot"]


@check(depends="test_the_first_visit_is_served")
def test_alice_notices_nothing(attempt: Attempt) -> None:
    """Alice goes on using her phone: nothing that the thief does logs her out."""
    bank, phone, loot = theft(attempt)
    for _ in range(4):
        attempt.clock.advance(attempt.rng.randrange(3, 12) * HOUR)
        loot = visit(attempt, bank, loot)["loot"]
        refreshed = phone.refresh()
        status = phone.get("/accounts").status
        attempt.note("alice", "refreshes and looks at her accounts", f"{refreshed.status}, {status}")
        attempt.expect(
            refreshed.ok and status == 200,
            "Alice is logged out, so she knows that something is wrong",
            "a silent thief only reads: no logout, no revocation",
            expected="200 for Alice as well",
            actual=f"refresh {refreshed.status}, accounts {status}",
        )


def theft(attempt: Attempt) -> tuple[Bank, TokenVisit, dict[str, str]]:
    bank = Bank(attempt, "no_rotation")
    phone = bank.log_in("alice")
    attempt.note("mallory", "copies what is on Alice's phone")
    return bank, phone, {"access_token": phone.access_token, "refresh_token": phone.refresh_token}


def visit(attempt: Attempt, bank: Bank, loot: dict[str, Any]) -> dict[str, Any]:
    began = attempt.clock.now()
    returned = attempt.call("come_back", bank.http("mallory"), loot, now=attempt.now)
    served = bank.served("mallory", user="alice", path=PATH, since=began)
    if not served:
        raise Failure(
            "the bank did not show Alice's accounts to the thief at this visit",
            "an access token lives for fifteen minutes here: exchange the refresh token at each visit, with "
            "grant_type=refresh_token and the client_id, as a form; and keep what came back",
            expected=f"GET {PATH} served as alice",
            actual=last_answers(bank),
            source="RFC 6749 section 6",
        )
    attempt.shaped(returned, RETURNED, "what come_back returns")
    truth = [vars(account) for account in bank.assembly.parts.ledger.of("alice")]
    attempt.expect(
        returned["accounts"] == truth,
        "the accounts that came back are not those that the bank showed",
        "return the list under `accounts` in the bank's answer",
        expected=truth,
        actual=returned["accounts"],
    )
    return dict(returned)


def last_answers(bank: Bank) -> str:
    mine = [e for e in bank.network.exchanges if e.who == "mallory"][-3:]
    return (
        "; ".join(f"{e.request.method} {e.request.url} → {e.response.status}" for e in mine)
        or "no request at all"
    )
