"""A cookie jar that keeps the rules of browsers, and says in words why a cookie was refused or not sent.

No HTTP client for Python enforces all of these rules, so a lab that trusted one of them would teach wrong things.
The rules are those of draft-ietf-httpbis-rfc6265bis-22, section 5:

- Host: a cookie goes back to the host that set it; with a Domain attribute that covers the host, to all names below it.
  A Domain that is a public suffix is refused, by the lab's own small list (`labapp.client.urls`), not Mozilla's.
- Path: the beginning of the path must match, at a slash.
  Ports do not count: a cookie goes to all ports of its host.
- Secure: set over https only, sent over https only; plain http can neither set nor overlay such a cookie.
- HttpOnly: no script sees it, sets it or overwrites it.
- SameSite: Strict goes with requests from its own site only, Lax also with a link that leads there from elsewhere
  (top-level navigation by a safe method), None always, and None requires Secure.
  Not saying counts as Lax.
  A response to a cross-site request of a script cannot set a cookie that is not None.
- `__Secure-` wants Secure; `__Host-` wants Secure, `Path=/` and no Domain; in capitals or not.
- Life: by the clock of the browser, which is lab time here; 400 days at most; without Max-Age and Expires until the
  browser is closed.
- A cookie of the same name, domain and path is replaced, and keeps its place: longer paths are sent first, then older
  cookies.

What differs from some browser: `http://localhost` is not trusted (`Url.is_secure`); cookies of other sites are neither
blocked nor partitioned; no cookie is thrown out because there are too many; the newer prefixes `__Http-` and
`__Host-Http-` mean nothing.

Example:
    >>> from labapp.clock import LabClock
    >>> jar = CookieJar(LabClock())
    >>> jar.set_from_response("https://bank.harbour.test/login", "__Host-session=7f3a; Secure; Path=/; HttpOnly").name
    '__Host-session'
    >>> jar.set_from_response("https://bank.harbour.test/login", "__Host-evil=1; Secure; Path=/; Domain=harbour.test")
    <Refused __Host-evil from bank.harbour.test: the prefix __Host- allows no Domain>
    >>> jar.header_for("https://bank.harbour.test/accounts"), jar.header_for("https://id.harbour.test/")
    ('__Host-session=7f3a', '')
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from labapp.client import set_cookie
from labapp.client.cookie_rules import Circumstances, Cookie, Offer, kept_back, made, objection
from labapp.client.set_cookie import Unreadable
from labapp.client.urls import Url, parse
from labapp.clock import Clock, stamp
from labapp.errors import shorten

OWN_SITE = Circumstances()
"""A request of the site itself."""

BY_SCRIPT = Circumstances(script=True)
"""A page script that uses `document.cookie`."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A cookie that was not kept.

    Attributes:
        name: its name; empty if the header could not be read.
        host: who tried to set it.
        rule: one word for the rule that refused it.
        reason: that rule in words.
        at: when, in seconds.
    """

    name: str
    host: str
    rule: str
    reason: str
    at: float

    def __repr__(self) -> str:
        return f"<Refused {self.name or 'a cookie'} from {self.host}: {self.reason}>"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a cookie goes with a request, or stays at home.

    Attributes:
        cookie: which one.
        sent: does it go?
        reason: empty if it goes.
    """

    cookie: Cookie
    sent: bool
    reason: str = ""


class CookieJar:
    """The cookies of one browser.

    Args:
        clock: what cookies expire by: lab time, or a user's clock that is wrong.
        lax_allowing_unsafe: for how many seconds a new cookie without SameSite also goes with a cross-site form.
            rfc6265bis section 5.6.7.2 allows about two minutes; here nothing, unless asked for.

    Attributes:
        refusals: every cookie that was not kept, oldest first.
    """

    def __init__(self, clock: Clock, *, lax_allowing_unsafe: float = 0) -> None:
        self.clock = clock
        self.lax_allowing_unsafe = lax_allowing_unsafe
        self.refusals: list[Refused] = []
        self._cookies: dict[
            tuple[str, str, bool, str], Cookie
        ] = {}  # in the order in which they were first set

    def set_from_response(
        self, url: str | Url, header: str, now: float | None = None, *, how: Circumstances = OWN_SITE
    ) -> Cookie | Refused:
        """Store the cookie of one Set-Cookie header.

        Args:
            url: the address that answered.
            header: the value of its Set-Cookie header.
            now: the time; read from the clock if it is not given.
            how: the circumstances of the request that was answered.

        Returns:
            The cookie (one that is already expired has removed its namesake), or why it was refused.

        Raises:
            SetupError: the address is none.
        """
        url = parse(url) if isinstance(url, str) else url
        now = self.clock.now() if now is None else now
        self._evict(now)
        asked = set_cookie.parse(header, now=now)
        if isinstance(asked, Unreadable):
            return self._refuse(Refused("", url.host, asked.rule, asked.reason, now))
        cookie = made(asked, url, now)
        refusal = objection(Offer(asked, cookie, url, how, list(self._cookies.values())))
        if refusal is not None:
            return self._refuse(Refused(asked.name, url.host, *refusal, now))
        old = self._cookies.get(cookie.key)
        if old is not None:
            cookie = replace(cookie, created=old.created)  # section 5.7, step 23.3
        self._cookies[cookie.key] = cookie
        self._evict(now)
        return cookie

    def set_from_script(self, url: str | Url, text: str, now: float | None = None) -> Cookie | Refused:
        """Store what a page script wrote to `document.cookie`."""
        return self.set_from_response(url, text, now, how=BY_SCRIPT)

    def header_for(self, url: str | Url, now: float | None = None, *, how: Circumstances = OWN_SITE) -> str:
        """Return the Cookie header of a request; empty if no cookie goes with it."""
        return "; ".join(verdict.cookie.pair for verdict in self.judge(url, now, how=how) if verdict.sent)

    def script_text(self, url: str | Url, now: float | None = None) -> str:
        """Return what `document.cookie` gives to a script on that page."""
        return self.header_for(url, now, how=BY_SCRIPT)

    def judge(
        self, url: str | Url, now: float | None = None, *, how: Circumstances = OWN_SITE
    ) -> list[Verdict]:
        """Say for every cookie whether it goes with a request, and why if it does not.

        Args:
            url: where the request goes.
            now: the time; read from the clock if it is not given.
            how: the circumstances of the request.

        Returns:
            One verdict for each live cookie, in the order of sending (section 5.8.3, step 4).

        Raises:
            SetupError: the address is none.
        """
        url = parse(url) if isinstance(url, str) else url
        now = self.clock.now() if now is None else now
        self._evict(now)
        verdicts = []
        for cookie in sorted(self._cookies.values(), key=lambda c: (-len(c.path), c.created)):
            reason = kept_back(cookie, url, how, young=now - cookie.created < self.lax_allowing_unsafe)
            verdicts.append(Verdict(cookie, not reason, reason))
        return verdicts

    def find(self, name: str, host: str = "") -> Cookie | None:
        """Return the first live cookie of that name, for any host or for the given one."""
        return next((c for c in self if c.name == name and (not host or c.covers(host))), None)

    def end_session(self) -> None:
        """Remove the session cookies, as closing the browser does."""
        self._cookies = {key: c for key, c in self._cookies.items() if c.expires is not None}

    def clear(self) -> None:
        """Remove every cookie."""
        self._cookies.clear()

    def copy(self) -> CookieJar:
        """Return a jar with the same cookies; from now on the two go their own ways."""
        twin = CookieJar(self.clock, lax_allowing_unsafe=self.lax_allowing_unsafe)
        twin._cookies = dict(self._cookies)
        return twin

    def rows(self) -> list[dict[str, Any]]:
        """Return the live cookies as plain data for a table, their values shortened."""
        return [
            {
                "name": c.name,
                "value": shorten(c.value),
                "host": c.domain if c.host_only else f"*.{c.domain}",
                "path": c.path,
                "Secure": c.secure,
                "HttpOnly": c.http_only,
                "SameSite": c.same_site,
                "expires": "with the browser" if c.expires is None else stamp(c.expires),
            }
            for c in self
        ]

    def __iter__(self) -> Iterator[Cookie]:
        self._evict(self.clock.now())
        return iter(list(self._cookies.values()))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        return True  # an empty jar is still a jar

    def __repr__(self) -> str:
        return (
            "\n".join("  ".join(f"{k}={v}" for k, v in row.items()) for row in self.rows()) or "<no cookies>"
        )

    def _refuse(self, refused: Refused) -> Refused:
        self.refusals.append(refused)
        return refused

    def _evict(self, now: float) -> None:
        over = [key for key, c in list(self._cookies.items()) if c.expires is not None and c.expires <= now]
        for key in over:
            self._cookies.pop(key, None)
