"""Users and service accounts: names, passwords, roles, and whether they may still come in.

Rules kept here:

- A password is stored as scrypt output with a salt of its own; the cost comes from the profile.
- A wrong name and a wrong password give the same answer after the same work, so that nobody learns who has an account
  (ASVS v5.0.0-6.3.8).
- Between checking a password and opening something, the account may be shut or its password changed: `is_still` asks
  again, after opening and before handing out.
- A name has a fixed shape, so it can stand in a key, a log line or a page as it is.
- Whether somebody is disabled and which roles they have is read from the store each time; a token or session that was
  issued earlier may know an older truth.

Example:
    >>> from labapp.store import open_store
    >>> from labapp.profiles import WORKSHOP
    >>> people = People(open_store(), WORKSHOP.password_cost)
    >>> people.add("alice", "correct horse", roles=("customer",))
    Person(name='alice', roles=('customer',), disabled=False, kind='person')
    >>> people.check_password("alice", "wrong horse")
    Traceback (most recent call last):
    ...
    labapp.errors.InvalidLoginError: name and password do not match
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from labapp.errors import InvalidLoginError, SetupError
from labapp.profiles import PasswordCost
from labapp.randomness import seeded
from labapp.store import Store, fingerprint

NAME = re.compile(r"[a-z][a-z0-9-]{0,31}", re.ASCII)
LONGEST_PASSWORD = 256

CAST = {
    "alice": ("customer",),
    "bob": ("customer",),
    "tilda": ("teller",),
    "ada": ("administrator",),
    "mallory": ("customer",),
}
"""The people of the lab and their roles; mallory is the thief, and has an ordinary account of her own."""

SERVICES = {"nightly-batch": ("reporter",), "ledger-sync": ("reporter",)}
"""The service accounts of the lab."""

_FIELDS = ["roles", "disabled", "kind", "password"]
_WORDS = "amber basin cedar delta ember fjord grove heron inlet juniper kelp lagoon maple north otter pebble".split()


@dataclass(frozen=True)
class Person:
    """Somebody, or some program, that can log in.

    Attributes:
        name: stable, unique, of the shape `NAME`.
        roles: what they are at the bank, at the moment of reading.
        disabled: may they no longer come in?
        kind: `"person"` or `"service"`.
        seal: another one after each change of password; it says nothing of the password, and is shown nowhere.
    """

    name: str
    roles: tuple[str, ...]
    disabled: bool
    kind: str
    seal: str = field(default="", repr=False, compare=False)


def seeded_password(seed: int, name: str) -> str:
    """Return the password that a person of the lab has under this seed: three words, for play money only.

    Example:
        >>> seeded_password(1, "alice") == seeded_password(1, "alice")
        True
    """
    return "-".join(seeded(seed, f"password of {name}").choices(_WORDS, k=3))


class People:
    """The directory of users and service accounts.

    Args:
        store: where it is kept.
        cost: scrypt parameters for new passwords.

    Attributes:
        found_again: puts the first people back when a store has lost its memory and somebody wants to log in.
    """

    def __init__(self, store: Store, cost: PasswordCost) -> None:
        self._store = store
        self._cost = cost
        self.found_again: Callable[[], None] | None = None
        self._nobody: str | None = None

    def add(
        self,
        name: str,
        password: str,
        *,
        roles: tuple[str, ...] = (),
        kind: str = "person",
        replace: bool = True,
    ) -> Person:
        """Add somebody.

        Args:
            name: of the shape `NAME`.
            password: in clear; only its hash is kept.
            roles: what they are at the bank.
            kind: `"person"` or `"service"`.
            replace: what to do with somebody who is there under that name: replace them, or leave them as they are.

        Raises:
            SetupError: the name is not of the shape that names have here.
        """
        if not NAME.fullmatch(name):
            raise SetupError("a name is 1 to 32 small letters, digits and hyphens, and begins with a letter")
        record: dict[Any, Any] = {
            "password": self._hash(password),
            "roles": " ".join(roles),
            "disabled": "0",
            "kind": kind,
        }
        key = self._store.keys.user(name)

        def write(pipe: Any) -> None:
            keep = not replace and pipe.exists(key)
            pipe.multi()
            if not keep:
                pipe.hset(key, mapping=record)
                pipe.sadd(self._store.keys.users, name)

        self._store.transaction(write, key)
        return self.get(name) or Person(name, roles, False, kind)

    def get(self, name: object) -> Person | None:
        """Return somebody as they are now, or None."""
        if not isinstance(name, str) or not NAME.fullmatch(name):
            return None
        return _person(name, self._store.redis.hmget(self._store.keys.user(name), _FIELDS))

    def names(self) -> list[str]:
        """Return every name, in order."""
        return sorted(str(name) for name in self._store.redis.smembers(self._store.keys.users))

    def check_password(self, name: object, password: object) -> Person:
        """Return who it is, if name and password belong together and the account is not disabled.

        Raises:
            InvalidLoginError: they do not, or it is; which of them is not said.
        """
        person, stored, forgotten = self._read(name)
        if forgotten and self.found_again is not None:
            self.found_again()
            person, stored, _ = self._read(name)
        if self._nobody is None:
            self._nobody = self._hash(secrets.token_urlsafe())
        fits = isinstance(password, str) and _fits(password, stored or self._nobody)
        if person is None or person.disabled or not fits:
            raise InvalidLoginError("name and password do not match")
        return person

    def is_still(self, person: Person) -> bool:
        """Is somebody, whose password was checked a moment ago, neither shut out nor given another password since?"""
        again = self.get(person.name)
        return again is not None and not again.disabled and again.seal == person.seal

    def known(self, name: object) -> str:
        """Return a name as the trail may have it: what is nobody's name may be a password in the wrong field."""
        person = self.get(name)
        return "(unknown)" if person is None else person.name

    def set_password(self, name: str, password: str) -> None:
        """Change a password; ending what was opened with the old one is `lifecycle`'s business."""
        self._change(name, "password", self._hash(password))

    def set_roles(self, name: str, roles: tuple[str, ...]) -> None:
        """Change what somebody may do, from the next time somebody looks."""
        self._change(name, "roles", " ".join(roles))

    def set_disabled(self, name: str, disabled: bool) -> None:
        """Shut somebody out, or let them in again; what is already open is `lifecycle`'s business."""
        self._change(name, "disabled", "1" if disabled else "0")

    def _read(self, name: object) -> tuple[Person | None, str | None, bool]:
        """Return somebody, their password's hash, and whether everybody is forgotten: of one moment, in one trip."""
        if not isinstance(name, str) or not NAME.fullmatch(name):
            return None, None, False
        with self._store.redis.pipeline() as pipe:
            pipe.hmget(self._store.keys.user(name), _FIELDS)
            pipe.exists(self._store.keys.users)
            values, users = pipe.execute()
        return _person(name, values), values[-1], not users

    def _change(self, name: str, field: str, value: str) -> None:
        if self.get(name) is None:
            raise SetupError(f"there is nobody called {name!r}")
        self._store.redis.hset(self._store.keys.user(name), field, value)

    def _hash(self, password: str) -> str:
        salt, cost = secrets.token_bytes(16), self._cost
        return f"scrypt:{cost.n}:{cost.r}:{cost.p}:{_b64(salt)}:{_b64(_scrypt(password, salt, cost))}"


def _person(name: str, values: list[Any]) -> Person | None:
    roles, disabled, kind, stored = values
    if kind is None:
        return None
    return Person(
        name, tuple(str(roles).split()), disabled == "1", str(kind), seal=fingerprint(str(stored))[:16]
    )


def _fits(password: str, stored: str) -> bool:
    _, n, r, p, salt, digest = stored.split(":")
    if len(password) > LONGEST_PASSWORD:
        return False
    cost = PasswordCost(int(n), int(r), int(p))
    return hmac.compare_digest(_scrypt(password, base64.b64decode(salt), cost), base64.b64decode(digest))


def _scrypt(password: str, salt: bytes, cost: PasswordCost) -> bytes:
    # HMAC, inside scrypt, fills short keys up with NUL: without an end of its own, "x" and "x\0" would be one password.
    data = password.encode("utf-8", "surrogatepass") + b"\x01"
    memory = 256 * cost.n * cost.r + (1 << 20)
    return hashlib.scrypt(data, salt=salt, n=cost.n, r=cost.r, p=cost.p, dklen=32, maxmem=memory)


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
