"""How a session ID travels: one cookie, set so that as little as possible can go wrong with it.

| attribute | what it stops |
|---|---|
| `__Host-` in the name | a sibling host or a plain-http page planting a cookie of this name |
| `HttpOnly` | scripts in the page reading it; they can still make requests that carry it |
| `Secure` | sending it where anybody on the way can read it |
| `SameSite=Lax` | other sites' forms and fetches carrying it; not links, so it is no full defence against CSRF |
| `Path=/`, no `Domain` | other hosts of the same domain receiving it |

There is no `Max-Age`: how long a session lives is the server's decision, and a client's clock proves nothing.
Sources: draft-ietf-httpbis-rfc6265bis sections 4.1.2 and 4.1.3; ASVS v5.0.0-3.3.1 to 3.3.4.
"""

from __future__ import annotations

from labapp.profiles import CookieAttributes


def set_cookie(value: str, attributes: CookieAttributes) -> str:
    """Write the Set-Cookie header that hands out a session ID.

    Example:
        >>> set_cookie("abc", CookieAttributes())
        '__Host-session=abc; Path=/; HttpOnly; Secure; SameSite=Lax'
    """
    parts = [f"{attributes.name}={value}", f"Path={attributes.path}"]
    parts += [f"Domain={attributes.domain}"] if attributes.domain else []
    parts += ["HttpOnly"] if attributes.http_only else []
    parts += ["Secure"] if attributes.secure else []
    parts += [f"SameSite={attributes.same_site}"] if attributes.same_site else []
    return "; ".join(parts)


def clear_cookie(attributes: CookieAttributes) -> str:
    """Write the Set-Cookie header that makes a browser forget the ID; ending the session is the server's part.

    Example:
        >>> clear_cookie(CookieAttributes()).split("; ")[0:2]
        ['__Host-session=', 'Max-Age=0']
    """
    name, _, rest = set_cookie("", attributes).partition("; ")
    return f"{name}; Max-Age=0; {rest}"
