"""The table of key names: whatever the lab keeps in the store is one of these kinds, and has its life written here.

Names that come from outside (user names, token IDs of other issuers) never become part of a key as they are;
they are checked or hashed before.
Credentials never do at all: a session or refresh token is found by its SHA-256, so a copy of the store opens no door.

| kind | type | holds | lives until |
|---|---|---|---|
| `user:{name}` | hash | a person or service account | deleted |
| `users` | set | every name | deleted |
| `session:{hash}` | string | the session's record, as JSON | its absolute timeout |
| `session-seen:{hash}` | string | when it was last used | its idle timeout, anew at each use |
| `sessions-of:{user}` | sorted set | the user's sessions by absolute timeout | the last has ended |
| `family:{id}` | hash | a refresh-token family and its live token's hash | its absolute life |
| `refresh:{hash}` | string | the family that this refresh token belongs to, used or not | its family's absolute life |
| `families-of:{user}` | sorted set | the user's families by absolute life | the last of them has ended |
| `denied:{hash}` | string | an access token, by issuer and `jti`, that was revoked | its `exp` plus leeway |
| `ended:{id}` | string | a family whose access tokens are refused | the last of them would have expired |
| `cut-off:{hash}` | string | a user's tokens issued up to then are refused | the last of them would have expired |
| `account:{number}` | hash | the bank's own data | deleted |
| `generation` | string | which memory this is; a store that lost its memory gets a new one | deleted |
| `clock-offset` | string | lab time minus server time, on a real Redis only | deleted |
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


def fingerprint(*parts: str) -> str:
    """Hash one or more texts into a name for the store.

    Each part is preceded by its length, so that `("a", "bc")` and `("ab", "c")` differ.
    For secrets of 128 bits or more a plain hash is enough: nobody can try them all.

    Args:
        parts: a credential, or for example issuer and `jti`.

    Returns:
        SHA-256 in hex.

    Example:
        >>> fingerprint("a", "bc") == fingerprint("ab", "c")
        False
    """
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(data))
        digest.update(data)
    return digest.hexdigest()


@dataclass(frozen=True)
class Keys:
    """Makes the key names under one prefix; a learner on a shared server has a prefix of their own.

    Example:
        >>> Keys("lab:alice:").user("bob")
        'lab:alice:user:bob'
    """

    prefix: str = ""

    @property
    def pattern(self) -> str:
        """A SCAN pattern for every key under this prefix; what looks like a wildcard in it is taken literally."""
        return "".join("\\" + c if c in "*?[]\\^-" else c for c in self.prefix) + "*"

    def user(self, name: str) -> str:
        """A person's record."""
        return f"{self.prefix}user:{name}"

    @property
    def users(self) -> str:
        """The names of all people."""
        return f"{self.prefix}users"

    def session(self, digest: str) -> str:
        """A session's record, by the hash of its ID."""
        return f"{self.prefix}session:{digest}"

    def session_seen(self, digest: str) -> str:
        """When a session was last used."""
        return f"{self.prefix}session-seen:{digest}"

    def sessions_of(self, user: str) -> str:
        """Index of a user's sessions."""
        return f"{self.prefix}sessions-of:{user}"

    def family(self, family_id: str) -> str:
        """A refresh-token family."""
        return f"{self.prefix}family:{family_id}"

    def refresh(self, digest: str) -> str:
        """Which family a refresh token belongs to, by its hash."""
        return f"{self.prefix}refresh:{digest}"

    def families_of(self, user: str) -> str:
        """Index of a user's families."""
        return f"{self.prefix}families-of:{user}"

    def denied(self, digest: str) -> str:
        """A denylist entry, by the hash of issuer and `jti`."""
        return f"{self.prefix}denied:{digest}"

    def ended(self, family_id: str) -> str:
        """A mark that a family's access tokens are refused."""
        return f"{self.prefix}ended:{family_id}"

    def cut_off(self, digest: str) -> str:
        """The second up to which a user's tokens are refused, by the hash of issuer and user."""
        return f"{self.prefix}cut-off:{digest}"

    def account(self, number: str) -> str:
        """A bank account."""
        return f"{self.prefix}account:{number}"

    @property
    def generation(self) -> str:
        """Which memory this is."""
        return f"{self.prefix}generation"

    @property
    def clock_offset(self) -> str:
        """Lab time minus server time."""
        return f"{self.prefix}clock-offset"
