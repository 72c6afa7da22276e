"""What a browser lets a page script send to another origin, and see of the answer: CORS, and the headers around it.

CORS guards what can be read, not what can be done: a *simple* request (a form could have made it) is sent with no
questions asked, and only its answer is hidden from the script.
Whatever a form could not have made (a JSON body, an Authorization header, PUT) is announced by a preflight, an OPTIONS
request without credentials, and not sent unless the answer allows it.

Everything here is a function of requests and responses; `labapp.client.fetching` does the sending.

Source: the Fetch standard (fetch.spec.whatwg.org, as of 2026-07), sections "HTTP headers", "CORS-preflight fetch" and
"CORS check"; names of the rules are its own.
"""

from __future__ import annotations

import re
from dataclasses import replace

from labapp.client.exchange import Headers, Response

SIMPLE_METHODS = frozenset({"GET", "HEAD", "POST"})
"""CORS-safelisted methods."""

_NORMALIZED = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"})
_FORBIDDEN_METHODS = frozenset({"CONNECT", "TRACE", "TRACK"})
_FORBIDDEN = frozenset(
    "accept-charset accept-encoding access-control-request-headers access-control-request-method connection"
    " content-length cookie cookie2 date dnt expect host keep-alive origin referer set-cookie te trailer"
    " transfer-encoding upgrade via".split()
)
_METHOD_OVERRIDES = frozenset({"x-http-method", "x-http-method-override", "x-method-override"})
_SIMPLE_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})
_UNSAFE = re.compile(r'[\x00-\x08\x0a-\x1f"():<>?@\[\\\]{}\x7f]')
_LANGUAGE = re.compile(r"[0-9A-Za-z *,.;=-]*")
_SHOWN = frozenset(
    "cache-control content-language content-length content-type expires last-modified pragma".split()
)
_NEVER_SHOWN = frozenset({"set-cookie", "set-cookie2"})


def normalized(method: str) -> str:
    """Return a method as `fetch` sends it: the six usual ones in capitals, others as they are.

    Example:
        >>> normalized("post"), normalized("patch")
        ('POST', 'patch')
    """
    return method.upper() if method.upper() in _NORMALIZED else method


def is_forbidden_method(method: str) -> bool:
    """Is this a method that no script may send?"""
    return method.upper() in _FORBIDDEN_METHODS


def may_set(name: str, value: str) -> bool:
    """May a script set this request header? Those that tell who asks, and Cookie, stay with the browser.

    Example:
        >>> may_set("Authorization", "Bearer x"), may_set("Origin", "https://bank.test"), may_set("Cookie", "a=b")
        (True, False, False)
    """
    kind = name.lower()
    if kind in _METHOD_OVERRIDES:
        return not any(is_forbidden_method(method.strip()) for method in value.split(","))
    return kind not in _FORBIDDEN and not kind.startswith(("proxy-", "sec-"))


def is_simple_header(name: str, value: str) -> bool:
    """Could a form, or plain HTML, have caused this header (CORS-safelisted request-header)?

    Example:
        >>> is_simple_header("Content-Type", "text/plain"), is_simple_header("Content-Type", "application/json")
        (True, False)
    """
    kind = name.lower()
    if len(value) > 128:
        return False
    if kind in ("accept-language", "content-language"):
        return _LANGUAGE.fullmatch(value) is not None
    if kind == "content-type":
        return not _UNSAFE.search(value) and value.partition(";")[0].strip().lower() in _SIMPLE_TYPES
    if kind == "range":
        return re.fullmatch(r"bytes=[0-9]+-[0-9]*", value) is not None
    return kind == "accept" and not _UNSAFE.search(value)


def unsafe_names(headers: Headers) -> list[str]:
    """Return the names of the headers that need a preflight, sorted and in lower case."""
    names = {name.lower() for name, value in headers if not is_simple_header(name, value)}
    simple = [(name, value) for name, value in headers if is_simple_header(name, value)]
    if sum(len(value) for _, value in simple) > 1024:
        names |= {name.lower() for name, _ in simple}
    return sorted(names)


def check(response: Response, *, origin: str, credentials: bool) -> str:
    """Decide whether another origin shares a response with a page (CORS check).

    Args:
        response: what came.
        origin: of the page, as the Origin header gave it.
        credentials: was the request made with `credentials="include"`?

    Returns:
        Why the page may not see it, or an empty text.
    """
    found = response.all_headers("Access-Control-Allow-Origin")
    if not found:
        return "the response has no Access-Control-Allow-Origin header"
    allowed = ", ".join(found)
    if allowed == "*" and not credentials:
        return ""
    if allowed == "*":
        return "Access-Control-Allow-Origin is *, which does not count for a request with credentials"
    if allowed != origin:
        return f"Access-Control-Allow-Origin is {allowed}, and the page's origin is {origin}"
    if credentials and ", ".join(response.all_headers("Access-Control-Allow-Credentials")) != "true":
        return "the request was made with credentials, and Access-Control-Allow-Credentials is not true"
    return ""


def check_preflight(
    response: Response, *, method: str, names: list[str], origin: str, credentials: bool
) -> str:
    """Decide whether the answer to a preflight allows the request that it announced.

    Args:
        response: the answer to OPTIONS.
        method: of the announced request.
        names: of the announced headers, as `unsafe_names` gives them.
        origin: of the page.
        credentials: is the announced request made with `credentials="include"`?

    Returns:
        Why the request is not sent, or an empty text.
    """
    reason = check(response, origin=origin, credentials=credentials)
    if reason:
        return reason
    if not response.ok:
        return f"the answer to the preflight has status {response.status}, not one of success"
    methods = _listed(response, "Access-Control-Allow-Methods")
    if method not in SIMPLE_METHODS and method not in methods and (credentials or "*" not in methods):
        return f"Access-Control-Allow-Methods does not list {method}"
    allowed = {name.lower() for name in _listed(response, "Access-Control-Allow-Headers")}
    for name in names:
        wild = (
            "*" in allowed and not credentials and name != "authorization"
        )  # * never stands for Authorization
        if name not in allowed and not wild:
            return f"Access-Control-Allow-Headers does not list {name}"
    return ""


def shown(response: Response, *, tainting: str, credentials: bool) -> Response:
    """Return what a script is shown of a response (filtered response).

    Args:
        response: as it came.
        tainting: `"basic"` for one's own origin, `"cors"` for a shared one, `"opaque"` for one fetched without CORS.
        credentials: was the request made with `credentials="include"`?
    """
    if tainting == "opaque":
        return Response(0, type="opaque", why="it was fetched with mode no-cors, so it came and is not shown")
    if tainting == "basic":
        kept = tuple(h for h in response.headers if h[0].lower() not in _NEVER_SHOWN)
        return replace(response, headers=kept)
    exposed = {name.lower() for name in _listed(response, "Access-Control-Expose-Headers")}
    everything = "*" in exposed and not credentials
    kept = tuple(h for h in response.headers if _is_shown(h[0].lower(), exposed, everything))
    return replace(response, headers=kept, type="cors")


def _is_shown(kind: str, exposed: set[str], everything: bool) -> bool:
    return kind not in _NEVER_SHOWN and (everything or kind in _SHOWN or kind in exposed)


def _listed(response: Response, name: str) -> set[str]:
    return {item.strip() for value in response.all_headers(name) for item in value.split(",") if item.strip()}
