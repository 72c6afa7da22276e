"""Named lifetimes, leeways, cookie attributes and password costs, each with the document it comes from.

A number without a source is an opinion.
Here every profile is a frozen record, and `SOURCES` says for each field of the recommended one where it comes from.
Lessons compare profiles; `Lab(profile=…)` and `python -m labapp serve --profile …` take one by name.

Example:
    >>> RECOMMENDED.access_life, RECOMMENDED.leeway
    (300, 5)
    >>> profile("workshop").idle_timeout
    900
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from labapp.errors import SetupError

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@dataclass(frozen=True)
class PasswordCost:
    """scrypt's cost parameters: memory is about `128 * n * r` bytes for one try."""

    n: int
    r: int
    p: int


@dataclass(frozen=True)
class CookieAttributes:
    """How the session cookie is set; the names are those of the Set-Cookie header."""

    name: str = "__Host-session"
    secure: bool = True
    http_only: bool = True
    same_site: str = "Lax"
    path: str = "/"
    domain: str | None = None


@dataclass(frozen=True)
class Profile:
    """One consistent set of choices; all times are in seconds."""

    name: str
    access_life: int
    """How long an access token is good."""
    refresh_life: int
    """Absolute life of a refresh-token family, counted from the login; rotation does not extend it."""
    refresh_idle: int
    """A refresh token that is not used for this long is dead."""
    refresh_grace: int
    """How long the immediate parent of the live refresh token may come back without ending the family."""
    leeway: int
    """Clock difference that a verifier forgives."""
    idle_timeout: int
    """A session that is not used for this long is dead."""
    absolute_timeout: int
    """A session older than this is dead, however busy."""
    session_cap: int
    """How many sessions one user may have at once; the oldest goes."""
    step_up_age: int
    """How old a login may be for a sensitive action."""
    password_cost: PasswordCost
    cookie: CookieAttributes = field(default_factory=CookieAttributes)


RECOMMENDED = Profile(
    name="recommended",
    access_life=5 * MINUTE,
    refresh_life=8 * HOUR,
    refresh_idle=1 * HOUR,
    refresh_grace=0,
    leeway=5,
    idle_timeout=15 * MINUTE,
    absolute_timeout=8 * HOUR,
    session_cap=5,
    step_up_age=5 * MINUTE,
    password_cost=PasswordCost(n=2**14, r=8, p=5),
)
"""Strict: what the sound bank is served with."""

BROWSER = replace(RECOMMENDED, name="browser", refresh_grace=10)
"""As recommended, with ten seconds of grace for two tabs that refresh at once (the hosted default of supabase)."""

WORKSHOP = replace(
    RECOMMENDED, name="workshop", access_life=15 * MINUTE, password_cost=PasswordCost(n=2**8, r=8, p=1)
)
"""What a notebook runs with: the same rules, and passwords that are cheap to check because they guard play money."""

PROFILES = {p.name: p for p in (RECOMMENDED, BROWSER, WORKSHOP)}

SOURCES = {
    "access_life": "RFC 9700 section 4.14 and OWASP JWT Cheat Sheet ask for short-lived; 5 min is Keycloak's default",
    "refresh_life": "OWASP ASVS v5.0.0-10.4.8: absolute expiry, also when sliding; 8 h is one working day",
    "refresh_idle": "RFC 9700 section 4.14.2: refresh tokens should expire after inactivity; the hour is our choice",
    "refresh_grace": "0 in Ory Hydra, Auth0 and Curity unless set; 10 s hosted supabase, 30 s Okta and SuperTokens",
    "leeway": "RFC 7519 section 4.1.4: a small leeway, a few minutes at most; 5 s is what Duende issue 1553 asks for",
    "idle_timeout": "OWASP Session Management Cheat Sheet: 15 to 30 minutes for low-risk applications",
    "absolute_timeout": "OWASP Session Management Cheat Sheet: 4 to 8 hours for use at the office",
    "session_cap": "OWASP ASVS v5.0.0-7.1.2 asks for a documented policy; five devices is ours",
    "step_up_age": "OWASP ASVS v5.0.0-7.5.3 asks for it before highly sensitive actions; the age is our choice",
    "password_cost": "OWASP Password Storage Cheat Sheet (from memory): scrypt with N=2^14, r=8, p=5",
    "cookie": "draft-ietf-httpbis-rfc6265bis section 4.1.3.2 and OWASP ASVS v5.0.0-3.3.1 to 3.3.4",
}
"""Field of `Profile` → the document that the recommended value comes from, or the word that it is our own choice."""


def profile(name: str) -> Profile:
    """Return a profile by its name.

    Raises:
        SetupError: there is none of that name; the message lists them.
    """
    try:
        return PROFILES[name]
    except KeyError:
        raise SetupError(f"no profile {name!r}; there are {', '.join(PROFILES)}") from None
