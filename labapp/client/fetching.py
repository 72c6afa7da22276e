"""How a browser carries out what a user or a page script asks for: navigation and fetch, redirects included.

Two ways lead from a page to a server, and the cookie rules tell them apart:

- *Navigation* (a typed address, a link, a form) replaces the page.
  It needs nobody's permission, also across sites, and the page that caused it does not see the answer.
- *Fetch* (a script) stays in the background; what it may send and see is governed by CORS (`labapp.client.cors`).

Rules kept here:

- At most 20 redirects; 301 and 302 turn a POST into a GET, 303 anything but HEAD, 307 and 308 send it again as it was.
- Whether a request is same-site is judged anew at each redirect, by where it goes now and by the page that caused it
  (rfc6265bis section 5.2); a request from the user's own hand is always same-site.
- An Authorization header is dropped as soon as a redirect leads to another origin.
- A preflight carries no credentials, is never redirected, and is made anew each time: this browser remembers none.

Source: the Fetch standard (as of 2026-07), sections "Main fetch", "HTTP fetch", "HTTP-redirect fetch".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from labapp.client import cors, initiator
from labapp.client.cookie_rules import Circumstances
from labapp.client.exchange import Headers, Request, Response
from labapp.client.initiator import Document
from labapp.client.urls import Url, join, parse
from labapp.errors import SetupError

MOST_REDIRECTS = 20
CREDENTIALS = ("omit", "same-origin", "include")
MODES = ("cors", "no-cors", "same-origin")

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BODY_HEADERS = frozenset(
    {"content-encoding", "content-language", "content-location", "content-type", "content-length"}
)
_PAGE = ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
_ANYTHING = ("Accept", "*/*")


Carry = Callable[[Request, Circumstances | None], Response]
"""Sends one request for a browser; with circumstances cookies go along and are stored, without them they are not."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a navigation or a fetch came to.

    Attributes:
        url: the last address.
        response: the response as it came, or one of type `"error"`.
        tainting: how much a script may see of it: `"basic"`, `"cors"`, `"opaque"` or `"error"`.
        policy: the referrer policy in force at the end.
    """

    url: Url
    response: Response
    tainting: str = "basic"
    policy: str = initiator.DEFAULT_POLICY


def navigate(carry: Carry, request: Request, source: Document | None) -> Arrival:
    """Go to an address, and on to wherever it redirects.

    Args:
        carry: sends one request.
        request: what is asked for first.
        source: the page with the link or the form; None for a typed address.

    Returns:
        Where the browser ended up.
    """
    visited = [parse(request.url)]
    policy = source.policy if source else initiator.DEFAULT_POLICY
    while True:
        url = visited[-1]
        how = Circumstances(source is None or source.url.site == url.site, True, request.method)
        headers = [_PAGE, *request.headers, *_told_by_navigation(source, visited, policy, request.method)]
        response = carry(replace(request, headers=tuple(headers)), how)
        if not _is_redirect(response):
            return Arrival(url, response, policy=initiator.policy_of(response, initiator.DEFAULT_POLICY))
        following = _redirected(request, response, url, len(visited))
        if isinstance(following, str):
            return Arrival(url, _blocked(following), "error")
        request, policy = following, initiator.policy_of(response, policy)
        visited.append(parse(request.url))


@dataclass(slots=True)
class _Fetch:
    """One fetch under way."""

    carry: Carry
    request: Request
    source: Document
    credentials: str
    mode: str
    visited: list[Url]
    policy: str
    tainting: str = "basic"

    @property
    def includes(self) -> bool:
        """Was it made with `credentials="include"`?"""
        return self.credentials == "include"

    @property
    def origin(self) -> str:
        return initiator.origin_told(self.source.url, self.visited)


def fetch(carry: Carry, request: Request, source: Document, *, credentials: str, mode: str) -> Arrival:
    """Fetch something for a page script.

    Args:
        carry: sends one request.
        request: what the script asks for, with the headers that it may set.
        source: the page that the script runs in.
        credentials: `"omit"`, `"same-origin"` or `"include"`: whether cookies go along and are stored.
        mode: `"cors"`, `"no-cors"` (send if a form could, and hide the answer) or `"same-origin"`.

    Returns:
        What came; `tainting` says how much of it the script may see.

    Raises:
        SetupError: no such mode, or nobody answers there.
    """
    if credentials not in CREDENTIALS or mode not in MODES:
        raise SetupError(f"credentials is one of {', '.join(CREDENTIALS)}, mode one of {', '.join(MODES)}")
    if cors.is_forbidden_method(request.method):
        return Arrival(parse(request.url), _blocked(f"no script may send {request.method}"), "error")
    under_way = _Fetch(carry, request, source, credentials, mode, [parse(request.url)], source.policy)
    while True:
        arrival = _one_hop(under_way)
        if arrival is not None:
            return arrival


def _one_hop(f: _Fetch) -> Arrival | None:
    """Send a fetch to where it goes now; None if it was redirected and goes on."""
    url = f.visited[-1]
    refused = _taint(f, url) or (_preflight(f) if f.tainting == "cors" else "")
    if refused:
        return Arrival(url, _blocked(refused), "error")
    with_cookies = f.includes or (f.credentials == "same-origin" and f.tainting == "basic")
    how = Circumstances(f.source.url.site == url.site, False, f.request.method) if with_cookies else None
    response = f.carry(replace(f.request, headers=(_ANYTHING, *f.request.headers, *_told_by_fetch(f))), how)
    if f.tainting == "cors":
        refused = cors.check(response, origin=f.origin, credentials=f.includes)
        if refused:
            return Arrival(url, _blocked(f"it was sent and answered, but {refused}"), "error")
    if not _is_redirect(response):
        return Arrival(url, response, f.tainting, f.policy)
    following = _redirected(f.request, response, url, len(f.visited))
    if isinstance(following, str):
        return Arrival(url, _blocked(following), "error")
    f.request, f.policy = following, initiator.policy_of(response, f.policy)
    f.visited.append(parse(following.url))
    return None


def _taint(f: _Fetch, url: Url) -> str:
    """Decide how much of the answer the script will see; return why it is not sent at all, or an empty text."""
    if url.origin == f.source.url.origin and f.tainting == "basic":
        return ""
    if f.mode == "same-origin":
        return "it was asked for with mode same-origin, and goes to another origin"
    f.tainting = "opaque" if f.mode == "no-cors" else "cors"
    if f.tainting == "opaque" and f.request.method not in cors.SIMPLE_METHODS:
        return f"mode no-cors sends GET, HEAD and POST only, not {f.request.method}"
    if f.tainting == "opaque":
        simple = tuple(h for h in f.request.headers if h[0].lower() != "range" and cors.is_simple_header(*h))
        f.request = replace(f.request, headers=simple)
    return ""


def _preflight(f: _Fetch) -> str:
    """Ask the other origin for permission where it takes one; return why the request is not sent, or an empty text."""
    names = cors.unsafe_names(f.request.headers)
    if f.request.method in cors.SIMPLE_METHODS and not names:
        return ""
    asked = [_ANYTHING, ("Access-Control-Request-Method", f.request.method)]
    if names:
        asked.append(("Access-Control-Request-Headers", ",".join(names)))
    request = Request("OPTIONS", f.request.url, (*asked, *_told_by_fetch(f)))
    refused = cors.check_preflight(
        f.carry(request, None), method=f.request.method, names=names, origin=f.origin, credentials=f.includes
    )
    return f"it was not sent, because {refused} (preflight)" if refused else ""


def _told_by_navigation(
    source: Document | None, visited: list[Url], policy: str, method: str
) -> list[tuple[str, str]]:
    told = []
    if source is not None and method not in ("GET", "HEAD"):
        told.append(("Origin", initiator.origin_for_post(source.url, visited, policy)))
    return told + _referrer(source, visited, policy) + _metadata(source, visited, "navigate", "document")


def _told_by_fetch(f: _Fetch) -> list[tuple[str, str]]:
    told = []
    if f.tainting == "cors" or (f.request.method not in ("GET", "HEAD") and f.mode == "cors"):
        told.append(("Origin", f.origin))
    elif f.request.method not in ("GET", "HEAD"):
        told.append(("Origin", initiator.origin_for_post(f.source.url, f.visited, f.policy)))
    return told + _referrer(f.source, f.visited, f.policy) + _metadata(f.source, f.visited, f.mode, "empty")


def _referrer(source: Document | None, visited: list[Url], policy: str) -> list[tuple[str, str]]:
    referrer = initiator.referrer(source.url, visited[-1], policy) if source else ""
    return [("Referer", referrer)] if referrer else []


def _metadata(source: Document | None, visited: list[Url], mode: str, dest: str) -> list[tuple[str, str]]:
    if not visited[-1].is_secure:
        return []
    site = initiator.fetch_site(source.url if source else None, visited)
    return [("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", dest)]


def _is_redirect(response: Response) -> bool:
    return response.status in _REDIRECTS and response.header("Location") is not None


def _redirected(request: Request, response: Response, url: Url, sent: int) -> Request | str:
    """Return the request that a redirect asks for, or why it is not made."""
    if sent > MOST_REDIRECTS:
        return f"it was redirected more than {MOST_REDIRECTS} times"
    try:
        target = join(url, response.header("Location") or "")
    except SetupError as error:
        return f"it was redirected, and {error}"
    if not target.fragment and url.fragment:
        target = replace(target, fragment=url.fragment)
    method, body, headers = request.method, request.body, request.headers
    if (response.status in (301, 302) and method == "POST") or (
        response.status == 303 and method not in ("GET", "HEAD")
    ):
        method, body, headers = "GET", b"", _without(headers, _BODY_HEADERS)
    if target.origin != url.origin:
        headers = _without(headers, frozenset({"authorization"}))
    return Request(method, str(target), headers, body)


def _without(headers: Headers, names: frozenset[str]) -> Headers:
    return tuple(h for h in headers if h[0].lower() not in names)


def _blocked(why: str) -> Response:
    return Response(0, type="error", why=why)
