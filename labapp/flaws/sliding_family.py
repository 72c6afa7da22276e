"""Every exchange starts the family's life anew: a login that is used once a day never ends.

ASVS v5.0.0-10.4.8 asks for an absolute expiry also where refresh tokens slide, and the draft on OAuth for browser-based
apps (section 6.3.2.3) that a rotated token does not outlive the first one.
"""

from __future__ import annotations

from typing import Any

from labapp.store import fingerprint
from labapp.tokens.refresh import Grant, RefreshFamilies
from labapp.web.parts import Parts


class SlidingFamilies(RefreshFamilies):
    """Rotation whose absolute lifetime is not absolute."""

    def rotate(self, token: object, *, client_id: str, now: float, scope: str | None = None) -> Grant:
        """Rotate, and count the life from now."""
        grant = super().rotate(token, client_id=client_id, now=now, scope=scope)
        keys = self._store.keys
        # LEAKY: the life counts from the last exchange, so it has no end for whoever keeps exchanging.
        self._store.redis.hset(keys.family(grant.family), "expires", str(now + self.life))
        for key in (keys.family(grant.family), keys.refresh(fingerprint(grant.refresh_token))):
            self._store.redis.expire(key, self.life)
        return grant


def exchange(parts: Parts) -> dict[str, Any]:
    """Exchange the families."""
    profile = parts.profile
    return {
        "families": SlidingFamilies(
            parts.store, life=profile.refresh_life, idle=profile.refresh_life, ended=parts.ended
        )
    }
