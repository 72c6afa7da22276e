"""Refresh tokens stand in the store as they are: whoever copies the store, or a backup of it, is everybody.

RFC 9700 section 4.9.3 asks not to keep tokens in clear; a hash is enough to recognise one.
"""

from __future__ import annotations

from typing import Any

from labapp.tokens.refresh import Grant, RefreshFamilies
from labapp.web.parts import Parts


class ClearFamilies(RefreshFamilies):
    """Sound rotation over a store that anybody who reads it can use."""

    def begin(
        self, user: str, *, client_id: str, scope: str, now: float, auth_time: float | None = None
    ) -> Grant:
        """Begin a family."""
        grant = super().begin(user, client_id=client_id, scope=scope, now=now, auth_time=auth_time)
        return self._write_down(grant)

    def rotate(self, token: object, *, client_id: str, now: float, scope: str | None = None) -> Grant:
        """Rotate."""
        return self._write_down(super().rotate(token, client_id=client_id, now=now, scope=scope))

    def _write_down(self, grant: Grant) -> Grant:
        # LEAKY: the token itself stands beside its hash.
        self._store.redis.hset(self._store.keys.family(grant.family), "token", grant.refresh_token)
        return grant


def exchange(parts: Parts) -> dict[str, Any]:
    """Exchange the families."""
    profile = parts.profile
    return {
        "families": ClearFamilies(
            parts.store, life=profile.refresh_life, idle=profile.refresh_idle, ended=parts.ended
        )
    }
