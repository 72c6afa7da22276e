"""What a bank is made of: one of each mechanism, and how a view reaches them.

`dataclasses.replace(parts, verifier=…)` exchanges one of them; everything else stays shared.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, current_app

from labapp.audit import Trail
from labapp.lifecycle.accounts import Accounts
from labapp.people import People
from labapp.profiles import Profile
from labapp.sessions.sessions import Sessions
from labapp.store import Store
from labapp.tokens.access import AccessTokenIssuer, AccessTokenVerifier
from labapp.tokens.keys import KeyRing
from labapp.tokens.refresh import RefreshFamilies
from labapp.tokens.revocation import CutOff, Denylist, EndedFamilies, Revocation
from labapp.web.ledger import Ledger


@dataclass(frozen=True)
class Parts:
    """One of each mechanism."""

    profile: Profile
    store: Store
    trail: Trail
    people: People
    ring: KeyRing
    issuer: AccessTokenIssuer
    verifier: AccessTokenVerifier
    revocation: Revocation
    denylist: Denylist
    ended: EndedFamilies
    cut_off: CutOff
    families: RefreshFamilies
    sessions: Sessions
    accounts: Accounts
    ledger: Ledger
    audience: str


def give(app: Flask, parts: Parts) -> None:
    """Let the views of this app reach these parts."""
    app.extensions["parts"] = parts


def parts() -> Parts:
    """Return the parts of the app that handles the present request."""
    found: Parts = current_app.extensions["parts"]
    return found
