"""Every error that the lab raises, in one tree.

    LabError
    ├── CredentialError(code, refused)      the credential is not accepted          → 401
    │   ├── InvalidTokenError               not a token of ours, or not for us
    │   ├── RevokedTokenError               it was good once, and somebody ended it
    │   ├── InvalidGrantError               a refresh token that is not (or no longer) good
    │   │   ├── InvalidScopeError           more was asked for than was granted
    │   │   └── ReplayedRefreshTokenError   used a second time: somebody has a copy
    │   ├── UnknownSessionError             no such session on the server
    │   └── ExpiredSessionError(timeout)    it died of old age: "idle" or "absolute"
    ├── InvalidLoginError                   name and password do not match          → 401
    ├── InsufficientScopeError(needed)      known, but not allowed to do this       → 403
    ├── StepUpRequiredError(max_age)        known and allowed, but prove it again   → 401
    ├── CsrfError                           the request was not made by our own page → 403
    ├── SetupError                          the lab itself is not ready
    │   └── StorageUnavailableError(url)    the store does not answer               → 503
    └── GradingError
        ├── UnknownExerciseError(slug)      names the nearest slugs
        └── AnswerImportError               the answer could not be loaded

PyJWT's own errors (`jwt.ExpiredSignatureError`, …) are not wrapped: whoever learns tokens in Python must meet them.
A message says what was seen, what was expected and where to look.
No message carries a whole credential: `shorten` keeps the first characters only.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def shorten(secret: str, keep: int = 6) -> str:
    """Show enough of a credential to recognise it, and too little to use it.

    Args:
        secret: a token, a session ID, any text that must not be echoed whole.
        keep: how many leading characters to show.

    Returns:
        The first characters and an ellipsis, or `"(empty)"`.

    Example:
        >>> shorten("eyJhbGciOiJSUzI1NiJ9.e30.c2ln")
        'eyJhbG…'
        >>> shorten("abc")
        '…'
    """
    if not secret:
        return "(empty)"
    return (secret[:keep] if len(secret) > 3 * keep else "") + "…"


class LabError(Exception):
    """Whatever the lab refuses or cannot do; the root of the tree."""


class CredentialError(LabError):
    """A credential was presented and is not accepted.

    Attributes:
        code: the machine-readable word of RFC 6750 or RFC 6749, such as `invalid_token`.
        refused: which rule refused it, one word, for example `exp` or `denylist`.

    Example:
        >>> error = RevokedTokenError("this token was revoked at logout", refused="denylist")
        >>> error.code, error.refused
        ('invalid_token', 'denylist')
    """

    code = "invalid_token"

    def __init__(self, message: str, *, refused: str) -> None:
        super().__init__(message)
        self.refused = refused


class InvalidTokenError(CredentialError):
    """The text is not an access token that this service accepts (RFC 6750 section 3.1)."""


class RevokedTokenError(CredentialError):
    """The token verifies, but it was ended before its time."""


class InvalidGrantError(CredentialError):
    """A refresh token is unknown, expired, ended, or belongs to another client (RFC 6749 section 5.2)."""

    code = "invalid_grant"

    def __init__(self, message: str, *, refused: str = "unknown") -> None:
        super().__init__(message, refused=refused)


class InvalidScopeError(InvalidGrantError):
    """More scope was asked for than the grant holds (RFC 6749 section 6)."""

    code = "invalid_scope"

    def __init__(self, message: str, *, refused: str = "scope") -> None:
        super().__init__(message, refused=refused)


class ReplayedRefreshTokenError(InvalidGrantError):
    """A refresh token came back after it had been exchanged: somebody has a copy (RFC 9700 section 4.14.2)."""

    def __init__(self, message: str, *, refused: str = "reuse") -> None:
        super().__init__(message, refused=refused)


class UnknownSessionError(CredentialError):
    """No session of that ID is on the server; it is never adopted."""

    code = "invalid_session"

    def __init__(self, message: str, *, refused: str = "unknown") -> None:
        super().__init__(message, refused=refused)


class ExpiredSessionError(CredentialError):
    """The session was there and has outlived one of its timeouts.

    Attributes:
        timeout: `"idle"` (not used for too long) or `"absolute"` (too old, however busy).
    """

    code = "invalid_session"

    def __init__(self, message: str, *, timeout: str) -> None:
        super().__init__(message, refused=timeout)
        self.timeout = timeout


class InvalidLoginError(LabError):
    """Name and password do not belong together; which of the two was wrong is not said."""


class InsufficientScopeError(LabError):
    """The credential is good, but it does not allow this.

    Attributes:
        needed: the scope or role that would have been enough.
    """

    def __init__(self, message: str, *, needed: str) -> None:
        super().__init__(message)
        self.needed = needed


class StepUpRequiredError(LabError):
    """The credential is good, but this action wants a more recent login.

    Attributes:
        max_age: how old the last login may be, in seconds.
    """

    def __init__(self, message: str, *, max_age: int) -> None:
        super().__init__(message)
        self.max_age = max_age


class CsrfError(LabError):
    """A state-changing request came without proof that our own page made it."""


class SetupError(LabError):
    """The lab is not set up for what was asked; the message says what to do."""


class StorageUnavailableError(SetupError):
    """The store does not answer: whatever needs it lets nobody in.

    Attributes:
        url: where the store was looked for, without any password.
    """

    def __init__(self, message: str, *, url: str) -> None:
        super().__init__(message)
        self.url = url


class GradingError(LabError):
    """Something about an exercise, its answer or its checks."""


class UnknownExerciseError(GradingError):
    """There is no exercise of that slug; the nearest ones are named.

    Example:
        >>> str(UnknownExerciseError("ex08_rotate", ["ex08_rotate_refresh_token", "ex00_two_doors"]))
        "there is no exercise 'ex08_rotate'; did you mean ex08_rotate_refresh_token?"
    """

    def __init__(self, slug: str, known: Iterable[str]) -> None:
        slugs = list(known)
        near = [s for s in slugs if slug and s.startswith(slug)] or get_close_matches(slug, slugs, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "`python -m labapp list` names them all"
        super().__init__(f"there is no exercise {slug!r}; {hint}")
        self.slug = slug


class AnswerImportError(GradingError):
    """The answer could not be loaded; only the learner's own lines are shown."""
