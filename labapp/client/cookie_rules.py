"""The rules that decide whether a cookie is kept, and whether it is sent.

Source: draft-ietf-httpbis-rfc6265bis-22, sections 5.7 (keeping) and 5.8.3 (sending).
Each rule is a function that returns a reason in plain words, or an empty text where it has nothing against the cookie.
They are asked in the order of the draft's section 5.7, and the first objection stands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from labapp.client.set_cookie import SetCookie
from labapp.client.urls import Url, is_ip, is_public_suffix
from labapp.errors import shorten

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""RFC 9110 section 9.2.1."""


@dataclass(frozen=True, slots=True)
class Cookie:
    """One cookie as the browser keeps it.

    Attributes:
        name: its name; may be empty.
        value: its value, as it is sent.
        domain: the host, or the Domain attribute.
        path: where on the host it is sent.
        host_only: does it go to exactly `domain`, and not to names below it?
        secure: does it go over https only?
        http_only: is it hidden from scripts?
        same_site: `"Strict"`, `"Lax"`, `"None"` or `"Default"`.
        created: when it was first set, in seconds.
        expires: when it ends; None for a session cookie.
    """

    name: str
    value: str
    domain: str
    path: str
    host_only: bool
    secure: bool
    http_only: bool
    same_site: str
    created: float
    expires: float | None

    @property
    def pair(self) -> str:
        """Name and value, as the Cookie header shows them."""
        return f"{self.name}={self.value}" if self.name else self.value

    @property
    def key(self) -> tuple[str, str, bool, str]:
        """What two cookies have in common if the second replaces the first."""
        return self.name, self.domain, self.host_only, self.path

    def covers(self, host: str) -> bool:
        """Does the cookie go to that host?"""
        return self.domain == host if self.host_only else domain_matches(host, self.domain)

    def __repr__(self) -> str:
        return f"<Cookie {self.name}={shorten(self.value)} for {self.domain}{self.path}>"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What decides about SameSite and HttpOnly.

    Attributes:
        same_site: does the request come from a page of the site that it goes to, or from the user's own hand?
        navigation: does it change what the address bar shows?
        method: the method of the request.
        script: does a page script ask, through `document.cookie`?
    """

    same_site: bool = True
    navigation: bool = False
    method: str = "GET"
    script: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """A cookie that wants to be kept.

    Attributes:
        asked: what the Set-Cookie header asks for.
        cookie: the cookie that would come of it.
        url: the address that answered.
        how: the circumstances of the request.
        kept: the cookies that are there already.
    """

    asked: SetCookie
    cookie: Cookie
    url: Url
    how: Circumstances
    kept: Sequence[Cookie]


def domain_matches(host: str, domain: str) -> bool:
    """Is a host the domain, or a name below it (section 5.1.3)?

    Example:
        >>> domain_matches("bank.harbour.test", "harbour.test"), domain_matches("notharbour.test", "harbour.test")
        (True, False)
    """
    return host == domain or (host.endswith("." + domain) and not is_ip(host))


def path_matches(path: str, cookie_path: str) -> bool:
    """Does a cookie for `cookie_path` go to `path` (section 5.1.4)?

    Example:
        >>> path_matches("/a/b", "/a"), path_matches("/ab", "/a"), path_matches("/a/b", "/a/")
        (True, False, True)
    """
    return path == cookie_path or path.startswith(
        cookie_path if cookie_path.endswith("/") else cookie_path + "/"
    )


def default_path(path: str) -> str:
    """Return the path of a cookie that names none: that of the request, up to its last slash.

    Example:
        >>> default_path("/account/login"), default_path("/login")
        ('/account', '/')
    """
    return path.rpartition("/")[0] or "/"


def made(asked: SetCookie, url: Url, now: float) -> Cookie:
    """Return the cookie that a Set-Cookie header would make (steps 5 to 17)."""
    # Step 9: a public suffix that names the host itself counts as no Domain, so `localhost` may say Domain=localhost.
    host_only = not asked.domain or (asked.domain == url.host and is_public_suffix(asked.domain))
    return Cookie(
        name=asked.name,
        value=asked.value,
        domain=url.host if host_only else asked.domain,
        path=asked.path or default_path(url.path),
        host_only=host_only,
        secure=asked.secure,
        http_only=asked.http_only,
        same_site=asked.same_site,
        created=now,
        expires=asked.expires,
    )


def objection(offer: Offer) -> tuple[str, str] | None:
    """Ask every rule whether a cookie may be kept.

    Returns:
        The first rule that refuses it, as a word, and its reason; None if the cookie is kept.
    """
    for word, rule in _RULES:
        reason = rule(offer)
        if reason:
            return word, reason
    return None


def _empty(offer: Offer) -> str:
    return "" if offer.asked.name or offer.asked.value else "it has neither name nor value"


def _domain(offer: Offer) -> str:
    domain, host = offer.asked.domain, offer.url.host
    if not domain.isascii():
        return "its Domain has letters beyond ASCII"
    if offer.cookie.host_only:
        return ""
    if is_public_suffix(domain):
        return f"its Domain {domain} is a public suffix: the cookie would go to strangers"
    return "" if domain_matches(host, domain) else f"its Domain {domain} does not cover {host}"


def _secure(offer: Offer) -> str:
    return "it is Secure, and came over plain http" if offer.asked.secure and not offer.url.is_secure else ""


def _http_only(offer: Offer) -> str:
    return "a script cannot set an HttpOnly cookie" if offer.asked.http_only and offer.how.script else ""


def _overlay(offer: Offer) -> str:
    new = offer.cookie
    if new.secure or offer.url.is_secure:
        return ""
    for old in offer.kept:
        near = domain_matches(old.domain, new.domain) or domain_matches(new.domain, old.domain)
        if old.name == new.name and old.secure and near and path_matches(new.path, old.path):
            return "plain http cannot lay a cookie over a Secure one of that name"
    return ""


def _same_site(offer: Offer) -> str:
    if offer.asked.same_site == "None" or offer.how.same_site or offer.how.navigation:
        return ""
    return "a page of another site asked in the background, and it is not SameSite=None"


def _same_site_none(offer: Offer) -> str:
    return (
        "SameSite=None requires Secure" if offer.asked.same_site == "None" and not offer.asked.secure else ""
    )


def _prefix(offer: Offer) -> str:
    asked, name = offer.asked, offer.asked.name.lower()
    if name.startswith("__secure-") and not asked.secure:
        return "the prefix __Secure- requires Secure"
    if name.startswith("__host-"):
        if not asked.secure:
            return "the prefix __Host- requires Secure"
        if not offer.cookie.host_only:
            return "the prefix __Host- allows no Domain"
        if not asked.has_path or offer.cookie.path != "/":
            return "the prefix __Host- requires Path=/"
    if not name and asked.value.lower().startswith(("__secure-", "__host-")):
        return "a cookie without a name poses as one with a prefix"
    return ""


def _overwrite(offer: Offer) -> str:
    hidden = any(old.key == offer.cookie.key and old.http_only for old in offer.kept)
    return "a script cannot overwrite an HttpOnly cookie" if offer.how.script and hidden else ""


_RULES: tuple[tuple[str, Callable[[Offer], str]], ...] = (
    ("empty", _empty),  # step 2
    ("domain", _domain),  # steps 8 to 10
    ("secure", _secure),  # step 13
    ("http-only", _http_only),  # step 15
    ("overlay", _overlay),  # step 16
    ("same-site", _same_site),  # step 18
    ("same-site-none", _same_site_none),  # step 19
    ("prefix", _prefix),  # steps 20 to 22
    ("overwrite", _overwrite),  # step 23.2
)


def kept_back(cookie: Cookie, url: Url, how: Circumstances, *, young: bool = False) -> str:
    """Say why a cookie is not sent (section 5.8.3, step 3).

    Args:
        cookie: a live cookie.
        url: where the request goes.
        how: the circumstances of the request.
        young: is it new enough for "Lax-allowing-unsafe"?

    Returns:
        The reason, or an empty text if it is sent.
    """
    if not cookie.covers(url.host):
        return f"it belongs to {cookie.domain}" + ("" if cookie.host_only else " and the names below")
    if not path_matches(url.path, cookie.path):
        return f"it is for paths under {cookie.path}"
    if cookie.secure and not url.is_secure:
        return "it is Secure, and this is plain http"
    if cookie.http_only and how.script:
        return "it is HttpOnly, and a script asks"
    if cookie.same_site == "None" or how.same_site:
        return ""
    return _kept_from_strangers(cookie, how, young)


def _kept_from_strangers(cookie: Cookie, how: Circumstances, young: bool) -> str:
    said = (
        "it is SameSite=Lax by default"
        if cookie.same_site == "Default"
        else f"it is SameSite={cookie.same_site}"
    )
    if cookie.same_site == "Strict":
        return f"{said}, and the request comes from another site"
    if not how.navigation:
        return f"{said}, and a page of another site asks in the background"
    if how.method not in SAFE_METHODS and not (young and cookie.same_site == "Default"):
        return f"{said}, and this is a {how.method} from another site"
    return ""
