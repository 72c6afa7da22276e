"""A session lives for as long as somebody uses it: a busy thief never has to log in.

OWASP's Session Management Cheat Sheet: an idle timeout does not stop whoever keeps the session busy; an absolute one
does (ASVS v5.0.0-7.3.2).
"""

from __future__ import annotations

from typing import Any

from labapp.profiles import DAY
from labapp.sessions.sessions import Sessions
from labapp.web.parts import Parts


def exchange(parts: Parts) -> dict[str, Any]:
    """Exchange the sessions for some whose absolute timeout never comes."""
    profile = parts.profile
    # LEAKY: ten years stand where a working day belongs.
    return {
        "sessions": Sessions(
            parts.store, idle=profile.idle_timeout, absolute=3650 * DAY, cap=profile.session_cap
        )
    }
