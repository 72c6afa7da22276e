"""What all workers of one served bank must agree on; made once, by the process that starts them.

Secrets that leave the process are never seeded: passwords, the signing key, the panel's token and the trail's salt come
from the operating system.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labapp.clock import Clock, LabClock, SystemClock
from labapp.people import CAST, SERVICES
from labapp.store import Store, open_store
from labapp.tokens.keys import new_key


@dataclass(frozen=True)
class Settings:
    """One served bank.

    Attributes:
        base: where it is reached, for example `http://127.0.0.1:8765`.
        trail: the JSON-lines file of the audit trail.
        redis_url: a real Redis; None for fakeredis.
        prefix: before every key.
        profile: the name of a profile.
        revocation: the name of a revocation strategy.
        control_token: opens the instructor's panel; None for no panel, and real time.
        signing_key: the issuer's private key, as JSON text.
        passwords: user → password.
        salt: of the trail's fingerprints.
    """

    base: str
    trail: Path
    redis_url: str | None = None
    prefix: str = ""
    profile: str = "recommended"
    revocation: str = "denylist"
    control_token: str | None = field(default=None, repr=False)
    signing_key: str = field(default="", repr=False)
    passwords: dict[str, str] = field(default_factory=dict, repr=False)
    salt: bytes = field(default=b"", repr=False)

    def open_store(self) -> Store:
        """Open the store under the clock that this bank goes by: lab time with the panel, else the machine's."""
        if self.redis_url is None:
            clock: Clock | None = LabClock() if self.control_token else SystemClock()
        else:
            clock = None if self.control_token else SystemClock()
        return open_store(self.redis_url, clock=clock, prefix=self.prefix)


def settings(*, base: str, trail: Path, alg: str = "RS256", **more: Any) -> Settings:
    """Make the settings of a new bank, with fresh secrets.

    Args:
        base: where it is reached.
        trail: the audit trail's file.
        alg: the signing algorithm.
        more: any other field of `Settings`.
    """
    names = (*CAST, *SERVICES)
    fresh = {
        "signing_key": new_key(alg).to_private_jwk(),
        "passwords": {name: secrets.token_urlsafe(12) for name in names},
        "salt": secrets.token_bytes(16),
    }
    return Settings(base=base, trail=trail, **(fresh | more))
