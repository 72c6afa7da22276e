"""A refresh token stays the same, for ninety days: whoever copied it once comes and goes as they like.

It is what Spring Authorization Server and Django REST Framework's SimpleJWT do unless told otherwise
(`reuseRefreshTokens=true`, `ROTATE_REFRESH_TOKENS=False`).
Thief and owner use the same token side by side, and neither sees the other.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from labapp.profiles import DAY
from labapp.tokens.refresh import Grant, RefreshFamilies
from labapp.web.parts import Parts


class NonRotatingFamilies(RefreshFamilies):
    """Refresh tokens that are good as often as they are shown."""

    def rotate(self, token: object, *, client_id: str, now: float, scope: str | None = None) -> Grant:
        """Give a new access token, and the same refresh token again."""
        family = self.find(token)
        if family is None:
            return super().rotate(token, client_id=client_id, now=now, scope=scope)
        granted = family.scope if scope is None else scope
        # LEAKY: the same token goes back, so a copy of it is as good as the original until it expires.
        return Grant(str(token), family.id, family.user, granted, family.born, family.expires)


def exchange(parts: Parts) -> dict[str, Any]:
    """Exchange the families, and let them live for ninety days."""
    life = 90 * DAY
    weak = NonRotatingFamilies(parts.store, life=life, idle=life, ended=parts.ended)
    return {
        "families": weak,
        "profile": dataclasses.replace(parts.profile, refresh_life=life, refresh_idle=life),
    }
