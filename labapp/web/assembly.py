"""The sound bank, put together: every mechanism is a part, and an app is what its parts make it.

`Parts` holds one of each.
A flawed bank is the sound one with one part exchanged, and so is the bank that your answer guards:

    create_bank(replace(parts, verifier=your_verifier))

This module knows neither Jupyter nor HTTP servers: the notebook's `Lab`, `python -m labapp serve`, the drills and the
checks all start here.

Example:
    >>> bank = assemble(WORKSHOP, alg="HS256")
    >>> client = bank.apps["identity"].test_client()
    >>> login = {"username": "alice", "password": seeded_password(bank.seed, "alice")}
    >>> client.post("/login", json=login).json["scope"]
    'accounts transfers'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from flask import Flask

from labapp.audit import Trail
from labapp.errors import SetupError
from labapp.lifecycle.accounts import Accounts
from labapp.people import CAST, SERVICES, People, seeded_password
from labapp.profiles import WORKSHOP, Profile
from labapp.sessions.sessions import Sessions
from labapp.store import Store, open_store
from labapp.tokens.access import AccessTokenIssuer, AccessTokenVerifier
from labapp.tokens.keys import KeyRing
from labapp.tokens.refresh import RefreshFamilies
from labapp.tokens.revocation import (
    CutOff,
    Denylist,
    EndedFamilies,
    Lookup,
    Revocation,
    StoreMemory,
    Wait,
)
from labapp.web.bank import create_bank
from labapp.web.identity import create_identity
from labapp.web.ledger import Ledger
from labapp.web.parts import Parts

ORIGINS = {
    "identity": "https://id.harbour.test",
    "bank": "https://bank.harbour.test",
}
"""Service → its origin inside the lab."""


@dataclass(frozen=True)
class Assembly:
    """A bank that is ready to answer.

    Attributes:
        parts: what it is made of.
        seed: of the people's passwords.
        apps: service → Flask app.
    """

    parts: Parts
    seed: int
    apps: dict[str, Flask] = field(default_factory=dict)

    def with_parts(self, **exchanged: Any) -> Assembly:
        """Return the same bank with some parts exchanged; store, people and keys are shared.

        Args:
            exchanged: name of a field of `Parts` → the part to use instead.
        """
        unknown = set(exchanged) - set(Parts.__dataclass_fields__)
        if unknown:
            raise SetupError(
                f"no such part: {', '.join(sorted(unknown))}; parts are {', '.join(Parts.__dataclass_fields__)}"
            )
        return _build(replace(self.parts, **exchanged), self.seed)


def assemble(
    profile: Profile = WORKSHOP,
    *,
    store: Store | None = None,
    trail: Trail | None = None,
    seed: int = 1,
    alg: str | None = None,
    ring: KeyRing | None = None,
    revocation: str = "denylist",
    passwords: Mapping[str, str] | None = None,
    issuer: str = ORIGINS["identity"],
) -> Assembly:
    """Put the sound bank together.

    Args:
        profile: lifetimes, leeway, cookie, password cost.
        store: where state is kept; a fresh fakeredis unless given.
        trail: where the audit trail goes; memory unless given.
        seed: of the people's passwords and of stories.
        alg: the signing algorithm, if no ring is given.
        ring: the issuer's keys; a new one unless given.
        revocation: `"denylist"` (revoked tokens and ended logins are refused) or `"wait"` (nothing is looked up).
        passwords: user → password, where the seeded ones will not do.
        issuer: the `iss` of its tokens.

    Returns:
        The bank, with its people and their accounts in the store.
    """
    store = open_store() if store is None else store
    trail = Trail() if trail is None else trail  # an empty trail is false
    ring = KeyRing(alg) if ring is None else ring
    signer = AccessTokenIssuer(issuer, ring, life=profile.access_life)
    verifier = AccessTokenVerifier(issuer, "bank", lambda: ring.published, leeway=profile.leeway)
    denylist = Denylist(store, leeway=profile.leeway)
    ended = EndedFamilies(store, life=profile.access_life, leeway=profile.leeway)
    cut_off = CutOff(store, life=profile.access_life, leeway=profile.leeway)
    families = RefreshFamilies(
        store, life=profile.refresh_life, idle=profile.refresh_idle, grace=profile.refresh_grace, ended=ended
    )
    sessions = Sessions(
        store, idle=profile.idle_timeout, absolute=profile.absolute_timeout, cap=profile.session_cap
    )
    people = People(store, profile.password_cost)
    parts = Parts(
        profile=profile,
        store=store,
        trail=trail,
        people=people,
        ring=ring,
        issuer=signer,
        verifier=verifier,
        revocation=Wait(),
        denylist=denylist,
        ended=ended,
        cut_off=cut_off,
        families=families,
        sessions=sessions,
        accounts=Accounts(people, sessions, families, cut_off=cut_off, issuer=issuer, trail=trail),
        ledger=Ledger(store.apart()),
        audience="bank",
    )
    settle(parts, seed, passwords or {})
    people.found_again = partial(settle, parts, seed, passwords or {})
    store.observer.reset()
    return _build(replace(parts, revocation=strategy(revocation, parts)), seed)


def settle(parts: Parts, seed: int, passwords: Mapping[str, str]) -> None:
    """Put the people of the lab and their accounts into the store, where they are not there already.

    Several workers may do this at once, while somebody is disabled or given a new password: nothing is put back.
    """
    for name, roles in CAST.items():
        if parts.people.get(name) is None:
            parts.people.add(
                name, passwords.get(name) or seeded_password(seed, name), roles=roles, replace=False
            )
        if "customer" in roles:
            parts.ledger.open(name)
    for name, roles in SERVICES.items():
        if parts.people.get(name) is None:
            parts.people.add(
                name,
                passwords.get(name) or seeded_password(seed, name),
                roles=roles,
                kind="service",
                replace=False,
            )
    parts.store.generation()


def _build(parts: Parts, seed: int) -> Assembly:
    return Assembly(parts, seed, {"identity": create_identity(parts), "bank": create_bank(parts)})


def strategy(name: str, parts: Parts) -> Revocation:
    """Make a revocation strategy for this bank, by its name.

    Args:
        name: `"denylist"` (revoked tokens, ended logins and cut-offs are refused, for one look-up a request) or
            `"wait"` (nothing is looked up; a token is good until it expires).
        parts: the bank's parts.

    Raises:
        SetupError: there is no strategy of that name.
    """
    if name == "wait":
        return Wait()
    if name == "denylist":
        return Lookup(parts.store, [StoreMemory(parts.store), parts.denylist, parts.ended, parts.cut_off])
    raise SetupError(f"no revocation strategy {name!r}; there are denylist and wait")
