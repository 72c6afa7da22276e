"""A whole bank for checks: sound, or with one flaw by name, under the attempt's own clock.

The bank runs on the trusted side; an answer reaches it through `http` only, as whoever the check says it is.
What the bank served, and to whom, is read from its trail: an attack counts by its effect and by nothing else.
"""

from __future__ import annotations

from typing import Any

from labapp.audit import Record
from labapp.client import ApiClient, Network
from labapp.client.visits import TokenVisit
from labapp.flaws import flaw
from labapp.grading.checks import Attempt
from labapp.grading.services import HttpProxy
from labapp.people import seeded_password
from labapp.web.assembly import ORIGINS, assemble

ADDRESSES = {"alice": "203.0.113.7", "bob": "203.0.113.21", "mallory": "198.51.100.66"}


class Bank:
    """The bank of one check.

    Args:
        attempt: whose clock, store and numbers it uses.
        weakness: the name of a flaw (`labapp.flaws`); None for the sound bank.
    """

    def __init__(self, attempt: Attempt, weakness: str | None = None) -> None:
        self._attempt = attempt
        seed = attempt.rng.randrange(10**9)
        # ES256: a fresh key for every check, without the wait that an RSA key costs.
        self.assembly = assemble(store=attempt.store, seed=seed, alg="ES256")
        if weakness is not None:
            self.assembly = self.assembly.with_parts(**flaw(weakness).exchange(self.assembly.parts))
        self.network = Network(attempt.clock)
        for service, app in self.assembly.apps.items():
            self.network.add(ORIGINS[service], app)

    def client(self, who: str) -> ApiClient:
        """Start a program of somebody's."""
        return ApiClient(self.network, name=who, address=ADDRESSES[who])

    def log_in(self, who: str) -> TokenVisit:
        """Log somebody in at the token door."""
        self._attempt.note(who, "logs in at the token door")
        return TokenVisit.log_in(self.client(who), who, seeded_password(self.assembly.seed, who))

    def http(self, who: str) -> HttpProxy:
        """Return what is passed to an answer that acts as `who`: `http(method, url, headers, body)`."""
        client = self.client(who)

        def handle(
            method: str, url: str, headers: dict[str, str], body: str | bytes | None
        ) -> tuple[int, dict[str, str], Any]:
            response = client.request(method, url, headers=headers, body=body or b"")
            return response.status, dict(response.headers), response.body.decode("utf-8", "replace")

        return self._attempt.http(handle)

    def served(self, who: str, *, user: str, path: str, since: float) -> list[Record]:
        """Return the requests of somebody that the bank served as another user, from the trail."""
        return [
            record
            for record in self.assembly.parts.trail.records(event="use", outcome="ok", user=user)
            if record.at >= since
            and (record.client or "").startswith(ADDRESSES[who])
            and record.detail.get("path") == path
        ]
