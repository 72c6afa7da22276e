"""Cross-site request forgery: a browser sends the cookie along whoever made it send the request.

A bearer token does not have this problem: the page must read it and put it into a header, and another site cannot.
With a cookie, each state-changing request must carry something that only our own page can know (ASVS v5.0.0-3.5.1).

Here that is a token *derived from the session ID*: `HMAC-SHA256(key = session ID, "csrf")`.

- It is bound to the session: a token of mallory's session is worth nothing in alice's (OWASP CSRF Prevention Cheat
  Sheet).
- It needs no storage and no server key, and it changes whenever the session ID does.
- It does not betray the ID: an HMAC cannot be turned round.

The page gets it from a same-origin request, which another site cannot read, and sends it back in the header
`X-CSRF-Token`.
Where the browser says who made the request (`Origin`, `Sec-Fetch-Site`), that is checked as well.
"""

from __future__ import annotations

import hashlib
import hmac

from labapp.errors import CsrfError

HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that must not change anything (RFC 9110 section 9.2.1; ASVS v5.0.0-3.5.3)."""


def csrf_token(sid: str) -> str:
    """Return the token that belongs to a session ID.

    Example:
        >>> csrf_token("a") == csrf_token("a") != csrf_token("b")
        True
    """
    return hmac.new(sid.encode("utf-8", "surrogatepass"), b"csrf", hashlib.sha256).hexdigest()


def check_csrf_token(sid: str, presented: str | None) -> None:
    """Check what a state-changing request brought in `X-CSRF-Token`.

    Raises:
        CsrfError: nothing, or not the token of this session.
    """
    expected = csrf_token(sid).encode()
    if not presented or not hmac.compare_digest(expected, presented.encode("utf-8", "surrogatepass")):
        raise CsrfError(f"a state-changing request needs this session's token in the header {HEADER}")


def check_origin(own: str, *, origin: str | None, fetch_site: str | None) -> None:
    """Check what the browser itself says of who made a state-changing request.

    A program that is no browser sends neither header, and carries no cookie that it was not given on purpose.

    Args:
        own: this service's origin, for example `https://bank.harbour.test`.
        origin: the `Origin` header, if any.
        fetch_site: the `Sec-Fetch-Site` header, if any.

    Raises:
        CsrfError: another site, or another origin of our own site, made it.
    """
    if origin is not None and origin != own:
        raise CsrfError("this request was made by a page of another origin")
    if fetch_site is not None and fetch_site not in ("same-origin", "none"):
        raise CsrfError("the browser says that another site made this request")
