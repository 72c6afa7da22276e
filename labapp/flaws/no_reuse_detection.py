"""A used refresh token is refused, and nobody wonders who sent it: whoever came first keeps the family.

Rotation alone, without remembering the relationship, only makes the two parties race.
It is the default of django-oauth-toolkit (`REFRESH_TOKEN_REUSE_PROTECTION=False`).
"""

from __future__ import annotations

from typing import Any

from labapp.errors import InvalidGrantError
from labapp.store import fingerprint
from labapp.tokens.refresh import Grant, RefreshFamilies
from labapp.web.parts import Parts


class ForgetfulFamilies(RefreshFamilies):
    """Rotation without memory of what was used."""

    def rotate(self, token: object, *, client_id: str, now: float, scope: str | None = None) -> Grant:
        """Refuse a used token like a typing error."""
        family = self.find(token)
        if family is not None and not self._is_live(family.live, token):
            # LEAKY: a used token is proof of a copy, and is treated as if it had never existed.
            raise InvalidGrantError("this refresh token is unknown or has expired", refused="unknown")
        return super().rotate(token, client_id=client_id, now=now, scope=scope)

    @staticmethod
    def _is_live(live: str, token: object) -> bool:
        return isinstance(token, str) and fingerprint(token) == live


def exchange(parts: Parts) -> dict[str, Any]:
    """Exchange the families."""
    profile = parts.profile
    return {
        "families": ForgetfulFamilies(
            parts.store, life=profile.refresh_life, idle=profile.refresh_idle, ended=parts.ended
        )
    }
