"""Which role may do what, and which programs may ask for tokens.

A *scope* says what a token allows; a *role* says what a person is.
A token never allows more than its person may do, and the bank asks again where it matters: roles in a token are what
somebody was when it was issued.
"""

from __future__ import annotations

from collections.abc import Iterable

SCOPES = {
    "customer": frozenset({"accounts", "transfers"}),
    "teller": frozenset({"accounts", "transfers"}),
    "administrator": frozenset({"accounts", "admin"}),
    "reporter": frozenset({"accounts"}),
}
"""Role → the scopes that a token of somebody in that role may have."""

PUBLIC_CLIENTS = frozenset({"web", "mobile", "cli"})
"""Programs that people run; they cannot keep a secret, so they have none."""


def allowed_scope(roles: Iterable[str]) -> frozenset[str]:
    """Return every scope that these roles may have.

    Example:
        >>> sorted(allowed_scope(["customer"]))
        ['accounts', 'transfers']
    """
    return frozenset().union(*(SCOPES.get(role, frozenset()) for role in roles))
