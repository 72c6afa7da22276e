r"""Read a Set-Cookie header the way browsers do: generously, and always with the same result.

What a server should send is narrow (draft-ietf-httpbis-rfc6265bis section 4); what a browser must put up with is wide
(section 5).
This module is section 5.6, reading; whether the cookie is then kept is for `labapp.client.cookie_rules` (section 5.7).

Rules kept here:

- A control character anywhere refuses the whole header; tab counts as blank.
- Everything up to the first `;` is name and value, parted by the first `=`; without `=` it is a value without a name.
- A value in quotes keeps its quotes.
- Name and value together may have 4096 octets; an attribute's value of more than 1024 is skipped.
- Attributes are known in any case; unknown ones are skipped; of two alike the last one counts.
- Max-Age wins over Expires, and neither reaches further than 400 days.

Example:
    >>> read = parse("SID=31d4; path=/; HTTPONLY; Priority=High; Max-Age=60", now=1000.0)
    >>> read.name, read.value, read.path, read.http_only, read.expires
    ('SID', '31d4', '/', True, 1060.0)
    >>> parse("SID=1\x00", now=0.0).rule
    'control-character'
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime

LONGEST_PAIR = 4096
"""Octets of name and value together (section 5.6, step 5)."""

LONGEST_ATTRIBUTE = 1024
"""Octets of one attribute's value (section 5.6, attributes, step 6)."""

LONGEST_LIFE = 400 * 24 * 60 * 60
"""400 days in seconds (section 5.5)."""

LONG_AGO = 0.0
"""The expiry time of a cookie that is to be removed."""

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_BLANK = " \t"
_SAME_SITE = {"strict": "Strict", "lax": "Lax", "none": "None"}


@dataclass(frozen=True, slots=True)
class SetCookie:
    """What a Set-Cookie header asks for.

    Attributes:
        name: may be empty.
        value: as it stands there, quotes included.
        expires: when it ends by the clock of the browser; None for the end of the browser session.
        domain: the Domain attribute in lower case without its leading dot; empty for none.
        path: the Path attribute; None where there is none, or it does not begin with a slash.
        has_path: was there a Path attribute, good or bad?
        secure: was there a Secure attribute?
        http_only: was there an HttpOnly attribute?
        same_site: `"Strict"`, `"Lax"`, `"None"`, or `"Default"` where nothing usable was said.
    """

    name: str
    value: str
    expires: float | None = None
    domain: str = ""
    path: str | None = None
    has_path: bool = False
    secure: bool = False
    http_only: bool = False
    same_site: str = "Default"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A header that is ignored as a whole.

    Attributes:
        rule: one word for it.
        reason: a sentence.
    """

    rule: str
    reason: str


def parse(header: str, *, now: float) -> SetCookie | Unreadable:
    """Read the value of one Set-Cookie header.

    Args:
        header: the text after `Set-Cookie:`.
        now: the browser's time, in seconds.
    """
    if _CONTROL.search(header):
        return Unreadable("control-character", "the header has a control character in it")
    pair, *attributes = header.split(";")
    name, mark, value = pair.partition("=")
    if not mark:
        name, value = "", pair
    name, value = name.strip(_BLANK), value.strip(_BLANK)
    size = octets(name) + octets(value)
    if size > LONGEST_PAIR:
        return Unreadable("too-long", f"name and value have {size} octets, and browsers take {LONGEST_PAIR}")
    return _with_attributes(SetCookie(name, value), attributes, now)


def octets(text: str) -> int:
    """Return how many octets a text takes on the wire.

    Example:
        >>> octets("abc"), octets("…")
        (3, 3)
    """
    try:
        return len(text.encode("latin-1"))
    except UnicodeEncodeError:
        return len(text.encode("utf-8", "surrogatepass"))


def _with_attributes(cookie: SetCookie, attributes: list[str], now: float) -> SetCookie:
    max_age: float | None = None
    for attribute in attributes:
        name, _, value = attribute.partition("=")
        name, value = name.strip(_BLANK).lower(), value.strip(_BLANK)
        if octets(value) > LONGEST_ATTRIBUTE:
            continue
        if name == "max-age":
            until = _from_max_age(value, now)
            max_age = max_age if until is None else until
        elif name == "expires":
            date = parse_date(value)
            cookie = cookie if date is None else replace(cookie, expires=min(date, now + LONGEST_LIFE))
        elif name == "domain":
            domain = value.removeprefix(".")
            cookie = replace(
                cookie, domain=domain.lower() if domain.isascii() else domain
            )  # "\u212a".lower() is "k"
        elif name == "path":
            cookie = replace(cookie, path=value if value.startswith("/") else None, has_path=True)
        elif name == "samesite":
            cookie = replace(cookie, same_site=_SAME_SITE.get(value.lower(), "Default"))
        elif name == "secure":
            cookie = replace(cookie, secure=True)
        elif name == "httponly":
            cookie = replace(cookie, http_only=True)
    return cookie if max_age is None else replace(cookie, expires=max_age)


def _from_max_age(value: str, now: float) -> float | None:
    """Section 5.6.2: a whole number, perhaps negative; anything else is as if it were not there."""
    if not re.fullmatch(r"-?[0-9]+", value):
        return None
    seconds = int(value)
    return now + min(seconds, LONGEST_LIFE) if seconds > 0 else LONG_AGO


# --- dates (section 5.1.1) -------------------------------------------------------------------------------------------

_DELIMITER = re.compile(r"[\x09\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?![0-9])")
_DAY = re.compile(r"([0-9]{1,2})(?![0-9])")
_YEAR = re.compile(r"([0-9]{2,4})(?![0-9])")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def parse_date(text: str) -> float | None:
    """Read a date the way browsers read it in Expires: by its parts, in whatever order and dress.

    Returns:
        Seconds since 1970, or None if this is no date.

    Example:
        >>> parse_date("Mon, 07 Jan 2030 09:00:00 GMT") == parse_date("09:00:00 7-jan-30")
        True
    """
    time = day = month = year = None
    for token in _DELIMITER.split(text):
        if time is None and (found := _TIME.match(token)):
            time = (int(found[1]), int(found[2]), int(found[3]))
        elif day is None and (found := _DAY.match(token)):
            day = int(found[1])
        elif month is None and token[:3].lower() in _MONTHS:
            month = _MONTHS.index(token[:3].lower()) + 1
        elif year is None and (found := _YEAR.match(token)):
            year = int(found[1])
    if time is None or day is None or month is None or year is None:
        return None
    if year < 100:
        year += 1900 if year >= 70 else 2000
    hour, minute, second = time
    try:
        return (
            datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp() if year >= 1601 else None
        )
    except ValueError:
        return None
