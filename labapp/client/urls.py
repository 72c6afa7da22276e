"""Addresses as a browser reads them: origin, site, path, and what they have in common.

Three words that are easily mixed up, and on which every cookie rule rests:

- The *origin* is scheme, host and port: `https://bank.harbour.test`.
  Scripts and storage are kept apart by origin.
- The *site* is scheme and registrable domain: `https://harbour.test`.
  SameSite goes by site, so `https://bank.harbour.test` and `https://id.harbour.test` are same-site and not same-origin.
- The *registrable domain* is the public suffix and one label more.
  Which names are public suffixes cannot be computed: browsers carry Mozilla's Public Suffix List for it.
  The lab carries its own small list (`LISTED_SUFFIXES`), and takes every name of a single label for a public suffix.

Addresses are tidied up as browsers do it: host in lower case, backslash read as slash, `..` resolved, spaces and
letters beyond ASCII percent-encoded.
A name and password in front of the host are dropped; they would never be sent.

Sources: WHATWG URL (in its common cases only); HTML "same site" (schemeful); RFC 3986 section 5 for relative addresses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urljoin

from labapp.errors import SetupError

LISTED_SUFFIXES = frozenset({"co.uk", "com.au", "github.io"})
"""Public suffixes of more than one label that the lab knows; the real list has thousands."""

_DEFAULT_PORTS = {"http": 80, "https": 443}
_URL = re.compile(r"(https?):[/\\]{2}([^/\\?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.IGNORECASE | re.DOTALL)
_AUTHORITY = re.compile(r"(?:.*@)?(\[[0-9A-Fa-f:.]+\]|[^:@\[\]]+)(?::([0-9]{0,5}))?", re.DOTALL)
_HOST = re.compile(
    r"\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*"
)
_IPV4 = re.compile(r"[0-9]+(\.[0-9]+){3}")
_STRIPPED = "".join(map(chr, range(0x21)))  # C0 controls and space, which browsers cut off at both ends
_PATH_SAFE = "!$%&'()*+,-./:;=@[]_|~\\"
_QUERY_SAFE = _PATH_SAFE.replace("'", "") + "?`{}^"


@dataclass(frozen=True, slots=True)
class Url:
    """An address, taken apart.

    Attributes:
        scheme: `"http"` or `"https"`.
        host: in lower case; an IPv6 address in its brackets.
        port: the port, also where it is the usual one.
        path: begins with a slash, percent-encoded.
        query: what stands after `?`, without it.
        fragment: what stands after `#`; it is never sent.
        origin: scheme, host, and the port unless it is the usual one.
        site: scheme and registrable domain.
    """

    scheme: str
    host: str
    port: int
    path: str
    query: str
    fragment: str
    origin: str
    site: str

    @property
    def is_secure(self) -> bool:
        """Does the connection use TLS?

        Browsers disagree about `http://localhost`: most trust it, Safari does not (mdn/content issue 41366).
        Here https alone is secure.
        """
        return self.scheme == "https"

    @property
    def target(self) -> str:
        """Path and query, as the first line of a request shows them."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def sent(self) -> str:
        """The address without its fragment."""
        return self.origin + self.target

    def __str__(self) -> str:
        return f"{self.sent}#{self.fragment}" if self.fragment else self.sent


@lru_cache(maxsize=2048)
def parse(text: str) -> Url:
    """Take an absolute address apart.

    Args:
        text: for example `"https://bank.harbour.test/accounts?page=2"`.

    Returns:
        Its parts, tidied up.

    Raises:
        SetupError: it is no http or https address.

    Example:
        >>> url = parse("https://Bank.Harbour.test:443/a/../b?x=1#top")
        >>> str(url), url.origin, url.site
        ('https://bank.harbour.test/b?x=1#top', 'https://bank.harbour.test', 'https://harbour.test')
    """
    found = _URL.fullmatch(_without_blanks(text))
    authority = _AUTHORITY.fullmatch(found[2]) if found else None
    if found is None or authority is None:
        raise SetupError(f"{_shown(text)} is not an address; write https://host/path")
    scheme, host = found[1].lower(), _host(authority[1], text)
    port = int(authority[2] or _DEFAULT_PORTS[scheme])
    if port > 65535:
        raise SetupError(f"{_shown(text)} has a port beyond 65535")
    suffix = "" if port == _DEFAULT_PORTS[scheme] else f":{port}"
    return Url(
        scheme=scheme,
        host=host,
        port=port,
        path=_without_dots(_encoded(found[3].replace("\\", "/"), _PATH_SAFE)),
        query=_encoded(found[4] or "", _QUERY_SAFE),
        fragment=_encoded(found[5] or "", _QUERY_SAFE),
        origin=f"{scheme}://{host}{suffix}",
        site=f"{scheme}://{registrable_domain(host) or host}",
    )


@lru_cache(maxsize=2048)
def join(base: Url, reference: str) -> Url:
    """Resolve an address that may be relative, as a link or a Location header gives it.

    Args:
        base: the address of the page, or of the request that was redirected.
        reference: `"/login"`, `"../x"`, `"?page=2"`, `"//other.test/"` or an absolute address.

    Raises:
        SetupError: the result is no http or https address.

    Example:
        >>> str(join(parse("https://bank.harbour.test/a/b"), "../c"))
        'https://bank.harbour.test/c'
    """
    tidy = _without_blanks(reference)
    head, mark, tail = re.match(r"([^?#]*)([?#]?)(.*)", tidy, re.DOTALL).groups()  # type: ignore[union-attr]
    try:
        return parse(urljoin(base.sent, head.replace("\\", "/") + mark + tail))
    except ValueError:
        raise SetupError(f"{_shown(reference)} is not an address") from None


def is_ip(host: str) -> bool:
    """Is this an IP address rather than a name?"""
    return host.startswith("[") or _IPV4.fullmatch(host) is not None


def is_public_suffix(domain: str) -> bool:
    """Is this a name under which strangers register theirs, by the lab's own small list?

    Example:
        >>> is_public_suffix("test"), is_public_suffix("co.uk"), is_public_suffix("harbour.test")
        (True, True, False)
    """
    return "." not in domain or domain in LISTED_SUFFIXES


def registrable_domain(host: str) -> str | None:
    """Return the public suffix and one label more; None for an IP address or a public suffix.

    Example:
        >>> registrable_domain("bank.harbour.test"), registrable_domain("shop.co.uk"), registrable_domain("test")
        ('harbour.test', 'shop.co.uk', None)
    """
    if is_ip(host) or is_public_suffix(host):
        return None
    labels = host.split(".")
    for start in range(1, len(labels)):
        if is_public_suffix(".".join(labels[start:])):
            return ".".join(labels[start - 1 :])
    return None  # pragma: no cover - the last label alone is always a public suffix


def _host(host: str, text: str) -> str:
    host = host.lower()
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            raise SetupError(f"{_shown(text)} has a host name that cannot be") from None
    if not _HOST.fullmatch(host):
        raise SetupError(f"{_shown(text)} has a host name that cannot be")
    return host


def _without_blanks(text: str) -> str:
    return re.sub(r"[\t\n\r]", "", text.strip(_STRIPPED))


def _encoded(text: str, safe: str) -> str:
    return quote(text, safe=safe, errors="replace")


def _without_dots(path: str) -> str:
    if "/." not in path and "%2e" not in path.lower():
        return path or "/"
    kept: list[str] = []
    parts = path.split("/")[1:]
    for part in parts:
        plain = re.sub("%2e", ".", part, flags=re.IGNORECASE)
        if plain == "..":
            del kept[-1:]
        elif plain != ".":
            kept.append(part)
    ends_open = re.sub("%2e", ".", parts[-1], flags=re.IGNORECASE) in (".", "..")
    return "/" + "/".join(kept + [""] * ends_open)


def _shown(text: str) -> str:
    """A wrong address may still carry a credential: show its beginning, and nothing after `?` or `#`."""
    head = re.split(r"[?#]", text, maxsplit=1)[0]
    return repr(head[:60] + ("…" if len(head) > 60 or head != text else ""))
