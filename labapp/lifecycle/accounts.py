"""One act, both doors: whatever ends an account's credentials ends its sessions and its tokens alike.

Rules kept here:

- First shut the door, then end what is inside: somebody who logs in between the two is caught by the check that follows
  each login.
- Nothing of anybody else is touched.
- What was ended is returned and recorded, so that it can be proved.

Sources: ASVS v5.0.0-7.4.1 (logout), 7.4.2 (disabled account), 7.4.3 (changed factor), 7.4.5 (administrator).
"""

from __future__ import annotations

from dataclasses import dataclass

from labapp.audit import Trail
from labapp.people import People
from labapp.sessions.sessions import Sessions
from labapp.tokens.refresh import RefreshFamilies
from labapp.tokens.revocation import CutOff


@dataclass(frozen=True)
class Ended:
    """What one act ended.

    Attributes:
        sessions: public handles of sessions.
        families: IDs of refresh-token families.
    """

    sessions: tuple[str, ...]
    families: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.sessions) + len(self.families)


class Accounts:
    """Acts on whole accounts.

    Args:
        people: the directory.
        sessions: the session door's memory.
        families: the token door's memory.
        cut_off: refuses access tokens that belong to no family; None where nobody checks it.
        issuer: the `iss` of this bank's tokens.
        trail: where each act is recorded.
    """

    def __init__(
        self,
        people: People,
        sessions: Sessions,
        families: RefreshFamilies,
        *,
        cut_off: CutOff | None,
        issuer: str,
        trail: Trail,
    ) -> None:
        self._people = people
        self._sessions = sessions
        self._families = families
        self._cut_off = cut_off
        self._issuer = issuer
        self._trail = trail

    def log_out_everywhere(
        self,
        user: str,
        *,
        now: float,
        actor: str | None = None,
        keep_session: object = None,
        keep_family: str | None = None,
        reason: str = "logout-everywhere",
    ) -> Ended:
        """End every session and every token of a user, perhaps but those of the present device.

        Args:
            user: whose.
            now: the time.
            actor: who asked for it, if somebody else.
            keep_session: the session ID that stays.
            keep_family: the family that stays.
            reason: one word for the trail.
        """
        ended = Ended(
            sessions=tuple(self._sessions.end_of(user, keep=keep_session)),
            families=tuple(self._families.end_of(user, reason=reason, now=now, keep=keep_family)),
        )
        self._trail.record(
            "revoke",
            at=now,
            service="lifecycle",
            user=user,
            actor=actor,
            reason=reason,
            sessions=len(ended.sessions),
            families=len(ended.families),
        )
        return ended

    def disable(self, user: str, *, now: float, actor: str) -> Ended:
        """Shut an account: nobody can log in to it, and everything that is open ends."""
        self._people.set_disabled(user, True)
        if self._cut_off is not None:
            self._cut_off.set(self._issuer, user, now=now)
        self._trail.record("admin", at=now, service="lifecycle", user=user, actor=actor, act="disable")
        return self.log_out_everywhere(user, now=now, actor=actor, reason="disabled")

    def enable(self, user: str, *, now: float, actor: str) -> None:
        """Let an account be used again; what was ended stays ended."""
        self._people.set_disabled(user, False)
        self._trail.record("admin", at=now, service="lifecycle", user=user, actor=actor, act="enable")

    def change_password(
        self,
        user: str,
        password: str,
        *,
        now: float,
        keep_session: object = None,
        keep_family: str | None = None,
    ) -> Ended:
        """Set a new password and end what was opened with the old one, but for the device that changed it."""
        self._people.set_password(user, password)
        return self.log_out_everywhere(
            user, now=now, keep_session=keep_session, keep_family=keep_family, reason="password-change"
        )
