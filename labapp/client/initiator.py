"""What a browser tells about the page that caused a request: Referer, Origin and Sec-Fetch-*.

A server cannot see the page; it sees these headers, which no script can set.
So they are what a server-side defence against cross-site requests has to go by, and Referer is also one of the places
where a credential leaks that stood in an address (lesson 06).

Sources: Referrer Policy (W3C), section "Determine request's Referrer"; Fetch standard, section "Origin header";
Fetch Metadata Request Headers (W3C).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from labapp.client.exchange import Response
from labapp.client.urls import Url

DEFAULT_POLICY = "strict-origin-when-cross-origin"
"""What browsers do when a page says nothing."""

POLICIES = frozenset(
    {
        "no-referrer",
        "no-referrer-when-downgrade",
        "origin",
        "origin-when-cross-origin",
        "same-origin",
        "strict-origin",
        DEFAULT_POLICY,
        "unsafe-url",
    }
)
"""The values that a Referrer-Policy header can have."""

LONGEST_REFERRER = 4096
"""Characters; of a longer address only the origin is told."""


@dataclass(frozen=True, slots=True)
class Document:
    """The page that causes a request, as far as requests tell of it.

    Attributes:
        url: its address.
        policy: its referrer policy.
    """

    url: Url
    policy: str = DEFAULT_POLICY


def policy_of(response: Response, default: str) -> str:
    """Return the last policy of a response's Referrer-Policy header that is known, else the default."""
    words = [
        word.strip() for value in response.all_headers("Referrer-Policy") for word in value.lower().split(",")
    ]
    return next((word for word in reversed(words) if word in POLICIES), default)


def referrer(source: Url, target: Url, policy: str = DEFAULT_POLICY) -> str:
    """Return the Referer header of a request; empty for none.

    Args:
        source: the address of the page.
        target: where the request goes.
        policy: the page's referrer policy.

    Example:
        >>> from labapp.client.urls import parse
        >>> page, other = parse("https://bank.harbour.test/reset?token=s3cret"), parse("https://evil.test/pixel")
        >>> referrer(page, other), referrer(page, other, "unsafe-url")
        ('https://bank.harbour.test/', 'https://bank.harbour.test/reset?token=s3cret')
    """
    origin = source.origin + "/"
    full = source.sent if len(source.sent) <= LONGEST_REFERRER else origin
    same, downgrade = source.origin == target.origin, source.is_secure and not target.is_secure
    cross = {
        "no-referrer": "",
        "no-referrer-when-downgrade": "" if downgrade else full,
        "origin": origin,
        "origin-when-cross-origin": origin,
        "same-origin": "",
        "strict-origin": "" if downgrade else origin,
        "strict-origin-when-cross-origin": "" if downgrade else origin,
        "unsafe-url": full,
    }
    whole_at_home = policy in ("same-origin", "origin-when-cross-origin", "strict-origin-when-cross-origin")
    return full if same and whole_at_home else cross[policy]


def origin_told(source: Url, visited: Sequence[Url]) -> str:
    """Return a page's origin as a request may tell it: `"null"` once a redirect has led from one stranger to another.

    Args:
        source: the address of the page.
        visited: every address that the request has gone to so far, the present one last.
    """
    for last, url in pairwise(visited):
        if url.origin != last.origin and source.origin != last.origin:
            return "null"
    return source.origin


def origin_for_post(source: Url, visited: Sequence[Url], policy: str) -> str:
    """Return the Origin header of a form that is posted: a policy that tells no referrer tells no origin either."""
    target = visited[-1]
    downgrade = source.is_secure and not target.is_secure
    strict = policy in ("no-referrer-when-downgrade", "strict-origin", "strict-origin-when-cross-origin")
    hidden = (
        policy == "no-referrer"
        or (strict and downgrade)
        or (policy == "same-origin" and source.origin != target.origin)
    )
    return "null" if hidden else origin_told(source, visited)


def fetch_site(source: Url | None, visited: Sequence[Url]) -> str:
    """Return the Sec-Fetch-Site header: how far the page is from everything that the request has visited.

    Args:
        source: the address of the page; None if the user typed the address.
        visited: every address so far, the present one last.

    Example:
        >>> from labapp.client.urls import parse
        >>> fetch_site(parse("https://id.harbour.test/"), [parse("https://bank.harbour.test/")])
        'same-site'
    """
    if source is None:
        return "none"
    if any(url.site != source.site for url in visited):
        return "cross-site"
    return "same-site" if any(url.origin != source.origin for url in visited) else "same-origin"
