"""Which parts of a message are credentials, and how they are shown: enough to recognise, too little to use.

A recorded exchange is looked at, printed and shared, so it must not itself become the leak of lesson 06.

Rules kept here:

- The values of Authorization, Cookie, Set-Cookie, DPoP, and of headers whose name speaks of a token, are shortened.
- So are members of JSON and fields of forms and queries whose name says that they are credentials
  (`access_token`, `password`, `client_secret`, `session_id`, …), however deep, and whatever looks like a JWT.
- What is a credential in one place of an exchange is shortened in all of it: an error page that repeats the cookie
  shows nothing.
- A body that claims to be JSON or a form and cannot be read is not shown at all.

Source: OWASP ASVS v5.0.0-16.2.5 (credentials in logs only hashed or masked).

Example:
    >>> header("Set-Cookie", "__Host-session=f3Zq8kW1Lr5vTt0aXc2n; Secure; Path=/")
    '__Host-session=f3Zq8k…; Secure; Path=/'
    >>> url("https://bank.test/cb?code=SplxlOBeZQQYbYS6WxSbIA&lang=en")
    'https://bank.test/cb?code=SplxlO…&lang=en'
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from labapp.errors import shorten

SWEPT_FROM = 8
"""A credential of fewer characters is hidden where it stands, and not looked for elsewhere: it may be a common word."""

LONGEST = 2000
"""Characters of a body that are shown."""

_WITH_SCHEME = frozenset({"authorization", "proxy-authorization"})
_WITH_URL = frozenset({"location", "referer", "content-location", "refresh"})
_NAMES = frozenset({"sid", "passwd", "pwd", "pin", "otp", "apikey", "private_key", "dpop"})
_PARTS = re.compile(r"token|password|passphrase|secret|session|assertion|api_key|[cx]srf|credential")
_HARMLESS = re.compile(
    r"_(types?|hint|supported|in|at|endpoint|ur[il]|methods?|name|header|status|policy|strategy)$"
)
_UNDER = frozenset(
    {"id", "value", "raw", "text"}
)  # members that are the credential itself: {"session": {"id": …}}
_JWT = re.compile(r"eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*\.?[A-Za-z0-9_=-]*")
_IN_QUERY = re.compile(r"([?&#;]|^)([^=&#?;]*)=([^&#;]*)")
_IN_TEXT = re.compile(r"""\b([\w-]+)(["']?\s*[=:]\s*)("[^"\n]*"?|'[^'\n]*'?|[^\s"'<>&;,]+)""")
_TAG = re.compile(r"<(?:input|meta|button)\b[^<>]*>", re.IGNORECASE)
_TAG_NAME = re.compile(r"""\bname\s*=\s*["']?([\w-]+)""", re.IGNORECASE)
_TAG_VALUE = re.compile(r"""\b(value|content)(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'<>]+)""", re.IGNORECASE)


def is_credential(name: str) -> bool:
    """Does the name of a header, member or field say that its value is a credential?

    Example:
        >>> is_credential("refresh_token"), is_credential("token_type"), is_credential("client_id")
        (True, False, False)
    """
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().replace("-", "_").strip("_ ")
    return (
        plain in _NAMES
        or name.lower() in _NAMES
        or (_PARTS.search(plain) is not None and _HARMLESS.search(plain) is None)
    )


def header(name: str, value: str) -> str:
    """Return a header's value as it may be shown."""
    kind = name.lower()
    if kind in _WITH_SCHEME:
        scheme, _, secret = value.partition(" ")
        return f"{scheme} {shorten(secret)}" if secret else shorten(value)
    if kind == "cookie":
        return "; ".join(_pair(pair.strip()) for pair in value.split(";"))
    if kind == "set-cookie":
        pair, mark, attributes = value.partition(";")
        return _pair(pair) + mark + attributes
    if is_credential(kind):
        return shorten(value)
    return url(value) if kind in _WITH_URL else _without_jwt(value)


def url(address: str) -> str:
    """Return an address with its parameters as they may be shown, those in the fragment included."""
    head = re.match(r"[^?#]*", address)
    cut = head.end() if head else 0
    return _without_jwt(address[:cut] + _IN_QUERY.sub(_query_pair, address[cut:]))


def body(data: bytes, content_type: str) -> str:
    """Return a body as it may be shown.

    Args:
        data: the octets.
        content_type: the value of the Content-Type header, or `""`.

    Returns:
        Text; empty for no body.
    """
    kind = content_type.partition(";")[0].strip().lower()
    parsed = _json(data)
    if parsed is not None:
        line = json.dumps(parsed[0], ensure_ascii=False)
        return _cut(line if len(line) <= 100 else json.dumps(parsed[0], ensure_ascii=False, indent=2))
    if kind.endswith("json") and data:
        return f"({len(data)} bytes that cannot be read as JSON, not shown)"
    text = data[: 10 * LONGEST].decode("utf-8", "replace")
    if kind == "application/x-www-form-urlencoded":
        return _cut(_IN_QUERY.sub(_query_pair, text))
    if kind and not kind.startswith("text/") and ("\ufffd" in text or not text.isprintable()):
        return f"({len(data)} bytes of {kind}, not shown)"
    return _cut(_IN_TEXT.sub(_text_pair, _TAG.sub(_tag, text)))


def in_message(headers: Iterable[tuple[str, str]], data: bytes) -> Iterator[str]:
    """Give every credential that stands in the headers or the body of a message."""
    for name, value in headers:
        kind = name.lower()
        if kind in _WITH_SCHEME:
            yield value.partition(" ")[2] or value
        elif kind == "cookie":
            yield from (pair.partition("=")[2].strip(' "') for pair in value.split(";"))
        elif kind == "set-cookie":
            yield value.partition(";")[0].partition("=")[2].strip(' "')
        elif is_credential(kind):
            yield value
        elif kind in _WITH_URL:
            yield from in_url(value)
    parsed = _json(data)
    if parsed is not None:
        yield from parsed[1]
    else:
        fields = parse_qsl(data[: 10 * LONGEST].decode("utf-8", "replace"))
        yield from (value for name, value in fields if is_credential(name))


def in_url(address: str) -> Iterator[str]:
    """Give every credential among the parameters of an address, as it is written there and as it is meant."""
    for _, name, value in _IN_QUERY.findall(address):
        if is_credential(unquote_plus(name)) or name == "code":
            yield value
            yield unquote_plus(value)


def sweep(text: str, credentials: Iterable[str]) -> str:
    """Shorten the given credentials, and whatever looks like a JWT, wherever they stand in a text."""
    for secret in sorted({c for c in credentials if len(c) >= SWEPT_FROM}, key=len, reverse=True):
        text = text.replace(secret, shorten(secret))
    return _without_jwt(text)


def printable(text: str) -> str:
    """Write control characters and lone surrogates as escapes, so that no message can play with the terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)


def _without_jwt(text: str) -> str:
    return _JWT.sub(lambda found: shorten(found[0]), text)


def _pair(pair: str) -> str:
    name, mark, value = pair.partition("=")
    return f"{name}={shorten(value)}" if mark else shorten(pair)


def _query_pair(found: re.Match[str]) -> str:
    name = unquote_plus(found[2])
    secret = is_credential(name) or name == "code"  # RFC 6749 section 4.1.2; in JSON a code is an error's
    return f"{found[1]}{found[2]}={shorten(found[3]) if secret else found[3]}"


def _text_pair(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2]}{_quoted(found[3])}" if is_credential(found[1]) else found[0]


def _tag(found: re.Match[str]) -> str:
    name = _TAG_NAME.search(found[0])
    if name is None or not is_credential(name[1]):
        return found[0]
    return _TAG_VALUE.sub(lambda value: f"{value[1]}{value[2]}{_quoted(value[3])}", found[0])


def _quoted(value: str) -> str:
    quote = value[0] if value[0] in "\"'" else ""
    return f"{quote}{shorten(value.strip(quote or None))}{quote}"


def _json(data: bytes) -> tuple[Any, list[str]] | None:
    """Read an object or a list; give it as it may be shown, and the credentials in it. None if it cannot be read."""
    if data.lstrip()[:1] not in (b"{", b"["):
        return None
    found: list[str] = []
    try:
        return _masked(json.loads(data), False, found), found
    except (ValueError, RecursionError):
        return None


def _masked(value: Any, secret: bool, found: list[str]) -> Any:
    if isinstance(value, dict):
        inner = {k: is_credential(k) or (secret and k.lower() in _UNDER) for k in value}
        return {k: _masked(v, inner[k], found) for k, v in value.items()}
    if isinstance(value, list):
        return [_masked(v, secret, found) for v in value]
    if not secret or isinstance(value, bool) or not isinstance(value, str | int) or value in range(1000):
        return value  # a small number counts something
    found.append(str(value))
    return shorten(str(value))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)} characters)"
