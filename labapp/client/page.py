"""A page in a browser: its origin, its storage, and the scripts that run on it.

Whatever script runs on a page runs with the page's origin, whoever wrote it.
That is all there is to XSS: the thief's function is handed to `Page.run_script`, and the browser cannot tell it from
the bank's own.

`run_script` gives a script what JavaScript would have and the lessons need, and nothing else: `document_cookie`,
`local_storage`, `fetch` and `location`.
It is a teaching sandbox, not a wall: Python code that digs (`__closure__`, `gc`) gets out of it.
Answers of strangers are graded in a process of their own (`labapp.grading`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any, Protocol, TypeVar

from labapp.client import cors
from labapp.client.exchange import GivenHeaders, Request, Response, encode_body, pairs
from labapp.client.fetching import Arrival
from labapp.client.initiator import Document
from labapp.client.urls import Url, join

T = TypeVar("T")


class Storage(MutableMapping[str, str]):
    """`localStorage` or `sessionStorage` of one origin: texts by name, open to every script of that origin.

    Example:
        >>> storage = Storage()
        >>> storage["visits"] = 3
        >>> storage["visits"], storage.get("token")
        ('3', None)
    """

    def __init__(self, items: Mapping[str, str] | None = None) -> None:
        self._items = dict(items or {})

    def __getitem__(self, name: str) -> str:
        return self._items[name]

    def __setitem__(self, name: str, value: object) -> None:
        self._items[str(name)] = str(value)  # as in browsers, whatever is stored becomes text

    def __delitem__(self, name: str) -> None:
        del self._items[name]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._items))

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"<Storage {', '.join(self._items) or 'empty'}>"


class Window(Protocol):
    """What a page script is given: nothing of the browser but this."""

    @property
    def location(self) -> str:
        """The address of the page, with its fragment."""

    @property
    def local_storage(self) -> Storage:
        """What scripts of this origin have stored."""

    @property
    def document_cookie(self) -> str:
        """The cookies that are not HttpOnly, as one text."""

    @document_cookie.setter
    def document_cookie(self, text: str) -> None:
        """Set one cookie, written as in a Set-Cookie header."""

    def fetch(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: GivenHeaders = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        body: bytes | str = b"",
        credentials: str = "same-origin",
        mode: str = "cors",
    ) -> Response:
        """Ask a server for something, as `Page.fetch` says."""


class _Host(Protocol):
    """What a page needs from its browser."""

    def fetch_for(self, document: Document, request: Request, *, credentials: str, mode: str) -> Arrival: ...

    def visit(self, url: str, *, initiator: Page) -> Page: ...

    def submit(self, url: str, form: Mapping[str, str], *, from_page: Page, method: str = "POST") -> Page: ...

    def storage(self, origin: str) -> Storage: ...

    def session_storage(self, origin: str) -> Storage: ...

    def script_cookies(self, url: Url) -> str: ...

    def set_script_cookie(self, url: Url, text: str) -> None: ...


class Page:
    """A page that is open in a browser.

    Attributes:
        url: its address.
        origin: scheme, host and port of it.
        response: what the server answered; None for a page that was opened without asking one.
        document: what requests tell of this page.
    """

    def __init__(self, host: _Host, document: Document, response: Response | None = None) -> None:
        self._host = host
        self.document = document
        self.url = str(document.url)
        self.origin = document.url.origin
        self.response = response

    @property
    def status(self) -> int:
        """The status of the response; 0 for a page that was opened without asking a server."""
        return 0 if self.response is None else self.response.status

    @property
    def text(self) -> str:
        """The body of the response."""
        return "" if self.response is None else self.response.text

    @property
    def local_storage(self) -> Storage:
        """What scripts of this origin have stored for good."""
        return self._host.storage(self.origin)

    @property
    def session_storage(self) -> Storage:
        """What scripts of this origin have stored until the browser is closed (all pages count as one tab)."""
        return self._host.session_storage(self.origin)

    @property
    def document_cookie(self) -> str:
        """The cookies that scripts of this page see: those that are not HttpOnly."""
        return self._host.script_cookies(self.document.url)

    @document_cookie.setter
    def document_cookie(self, text: str) -> None:
        self._host.set_script_cookie(self.document.url, text)

    def fetch(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: GivenHeaders = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        body: bytes | str = b"",
        credentials: str = "same-origin",
        mode: str = "cors",
    ) -> Response:
        """Ask a server for something, as a script of this page does with JavaScript's `fetch`.

        Args:
            url: the address, absolute or relative to the page.
            method: GET, POST, …
            headers: those that a script may set; Cookie, Origin, Referer and Sec-… are left out without a word.
            json: sent as a JSON body, which makes a request to another origin need a preflight.
            form: sent as a form.
            body: sent as it is; text goes as text/plain.
            credentials: whether cookies go along and are stored.
                `"same-origin"`: to the page's own origin; `"include"`: wherever cookie rules allow; `"omit"`: never.
            mode: `"cors"`, `"no-cors"` or `"same-origin"`.

        Returns:
            The response as the script may see it; Set-Cookie is never shown.
            What was blocked has the type `"error"`, where JavaScript raises a TypeError, and says why.

        Raises:
            SetupError: the address, the mode or the credentials are none.
        """
        request = build(self.document.url, url, method, headers, json=json, form=form, body=body)
        arrival = self._host.fetch_for(self.document, request, credentials=credentials, mode=mode)
        return for_script(arrival, credentials)

    def follow(self, url: str) -> Page:
        """Click a link on this page, and return the page that it leads to."""
        return self._host.visit(str(join(self.document.url, url)), initiator=self)

    def submit(self, url: str, form: Mapping[str, str], *, method: str = "POST") -> Page:
        """Send a form that stands on this page, and return the page that comes back."""
        return self._host.submit(str(join(self.document.url, url)), form, from_page=self, method=method)

    def run_script(self, script: Callable[[Window], T]) -> T:
        """Run a function as a script of this page.

        Args:
            script: is given a `Window`, and nothing else of the browser.

        Returns:
            Whatever the script returns.
        """
        return script(window_of(self))

    def __repr__(self) -> str:
        return f"<Page of {self.origin}>"


def window_of(page: Page) -> Window:
    """Return what a script of a page may touch; the page itself stays out of its reach."""

    class _Window:
        __slots__ = ()

        @property
        def location(self) -> str:
            return page.url

        @property
        def local_storage(self) -> Storage:
            return page.local_storage

        @property
        def document_cookie(self) -> str:
            return page.document_cookie

        @document_cookie.setter
        def document_cookie(self, text: str) -> None:
            page.document_cookie = text

        def fetch(self, url: str, **options: Any) -> Response:
            return page.fetch(url, **options)

        def __repr__(self) -> str:
            return f"<Window of {page.origin}>"

    return _Window()


def build(
    base: Url,
    url: str,
    method: str,
    headers: GivenHeaders,
    *,
    json: Any = None,
    form: Mapping[str, str] | None = None,
    body: bytes | str = b"",
) -> Request:
    """Return the request that a script asks for, without the headers that it may not set."""
    data, kind = encode_body(json=json, form=form, body=body)
    kept = [(name, value) for name, value in pairs(headers) if cors.may_set(name, value)]
    if kind is not None and data and not any(name.lower() == "content-type" for name, _ in kept):
        kept.append(("Content-Type", kind))
    return Request(cors.normalized(method), str(join(base, url)), tuple(kept), data)


def for_script(arrival: Arrival, credentials: str) -> Response:
    """Return what a script is shown of a fetch."""
    if arrival.tainting == "error":
        return arrival.response
    return cors.shown(arrival.response, tainting=arrival.tainting, credentials=credentials == "include")
