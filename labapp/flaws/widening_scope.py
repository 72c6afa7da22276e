"""A refresh gets whatever scope it asks for: a token that was granted for reading comes back able to pay.

RFC 6749 section 6 lets a refresh narrow the scope and never widen it.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from labapp.tokens.refresh import Grant, RefreshFamilies
from labapp.web.parts import Parts


class GenerousFamilies(RefreshFamilies):
    """Sound rotation that does not compare the scope with what was granted."""

    def rotate(self, token: object, *, client_id: str, now: float, scope: str | None = None) -> Grant:
        """Rotate, and grant what was asked for."""
        grant = super().rotate(token, client_id=client_id, now=now)
        # LEAKY: what was asked for is never compared with what was granted at the login.
        return grant if scope is None else dataclasses.replace(grant, scope=scope)


def exchange(parts: Parts) -> dict[str, Any]:
    """Exchange the families."""
    profile = parts.profile
    return {
        "families": GenerousFamilies(
            parts.store, life=profile.refresh_life, idle=profile.refresh_idle, ended=parts.ended
        )
    }
