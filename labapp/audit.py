"""The trail: who did what, at which lab time, and what came of it.

A responder who arrives after a theft has nothing but the trail, so everything that concerns a credential is recorded:
issue, use, refusal, rotation, reuse, revocation, and what administrators do.
Checks, widgets and drills read the same trail.

Rules kept here:

- Records are only ever appended, and carry a sequence number.
- The trail is not in the store: writing it costs no store operation, and it survives the store's loss.
  In a notebook it is a list; when the bank is served it is one JSON-lines file that all workers append to.
- No credential is ever written, whole or in part.
  A salted fingerprint lets two records about the same credential be joined, and tells nothing else
  (OWASP Session Management Cheat Sheet; ASVS v5.0.0-16.2.5).

Example:
    >>> trail = Trail()
    >>> trail.record("login", at=0.0, service="identity", user="alice", outcome="ok")
    >>> trail.records()[0].event, len(trail.records(event="logout"))
    ('login', 0)
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from labapp.clock import stamp


@dataclass(frozen=True)
class Record:
    """One line of the trail.

    Attributes:
        seq: its number, from 1, without gaps.
        at: lab time by the clock of the service that wrote it, in seconds.
        service: which service wrote it, for example `"bank"`.
        event: what happened: `login`, `issue`, `use`, `refuse`, `rotate`, `reuse`, `revoke`, `logout`, `admin`.
        outcome: `"ok"`, or the word of the rule that refused.
        user: whom it concerns, where that is known.
        actor: who did it, where that is somebody else.
        client: where the request came from: address and user agent, as the service saw them.
        credential: salted fingerprint of the credential, never the credential.
        detail: anything else worth knowing, as plain data.
    """

    seq: int
    at: float
    service: str
    event: str
    outcome: str
    user: str | None = None
    actor: str | None = None
    client: str | None = None
    credential: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """Write it as one line, whatever a request put into it."""
        parts = [f"{self.seq:>4}  {stamp(self.at)}  {self.service:<10} {self.event:<8} {self.outcome:<12}"]
        parts += [f"user={self.user}"] if self.user else []
        parts += [f"actor={self.actor}"] if self.actor else []
        parts += [f"from={self.client}"] if self.client else []
        parts += [f"credential={self.credential}"] if self.credential else []
        parts += [f"{k}={v}" for k, v in self.detail.items()]
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in " ".join(parts))


class _Medium(Protocol):
    """Where lines are kept."""

    def append(self, line: str) -> None: ...

    def lines(self) -> Iterator[str]: ...


class InMemory:
    """A list in this process."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def append(self, line: str) -> None:
        """Keep one line."""
        self._lines.append(line)

    def lines(self) -> Iterator[str]:
        """Give the lines, oldest first."""
        return iter(list(self._lines))


class InFile:
    """One JSON-lines file that several processes append to; a line is written by one call, so lines never mix.

    A line that was torn (no room on the disk, power gone) stays alone: the next one begins anew.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)

    def append(self, line: str) -> None:
        """Append one line."""
        handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            torn = os.lseek(handle, 0, os.SEEK_END) > 0
            if torn:
                os.lseek(handle, -1, os.SEEK_END)
                torn = os.read(handle, 1) != b"\n"
            # If it only seems torn because another process is writing it, this gives an empty line, which nobody sees.
            os.write(handle, (b"\n" if torn else b"") + line.encode() + b"\n")
        finally:
            os.close(handle)

    def lines(self) -> Iterator[str]:
        """Give the lines, oldest first; a line that is still being written is left for the next time."""
        with self.path.open(encoding="utf-8", errors="replace") as handle:
            for line in handle:
                if line.endswith("\n"):
                    yield line[:-1]


class Trail:
    """The audit trail of one lab.

    Args:
        path: the JSON-lines file to append to; None keeps the trail in memory.
        salt: makes fingerprints of this lab differ from every other's; drawn at random unless workers must share it.
    """

    def __init__(self, path: Path | None = None, *, salt: bytes | None = None) -> None:
        self._medium: _Medium = InMemory() if path is None else InFile(path)
        self._salt = salt or secrets.token_bytes(16)
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []

    def fingerprint(self, credential: str) -> str:
        """Return twelve hex digits that stand for a credential in this lab's trail, and nowhere else.

        Example:
            >>> trail = Trail()
            >>> trail.fingerprint("secret") == trail.fingerprint("secret") != Trail().fingerprint("secret")
            True
        """
        data = credential.encode("utf-8", "surrogatepass")
        return hmac.new(self._salt, data, hashlib.sha256).hexdigest()[:12]

    def record(
        self,
        event: str,
        *,
        at: float,
        service: str,
        outcome: str = "ok",
        user: str | None = None,
        actor: str | None = None,
        client: str | None = None,
        credential: str | None = None,
        **detail: Any,
    ) -> None:
        """Append a record.

        Args:
            event: what happened, one word (see `Record`).
            at: lab time by the recording service's clock.
            service: which service records it.
            outcome: `"ok"` or the rule that refused.
            user: whom it concerns.
            actor: who did it, if somebody else.
            client: where the request came from.
            credential: the credential itself; only its fingerprint is written.
            detail: plain data, never a secret.
        """
        line = {
            "at": at,
            "service": service,
            "event": event,
            "outcome": outcome,
            "user": user,
            "actor": actor,
            "client": client,
            "credential": None if credential is None else self.fingerprint(credential),
            "detail": detail,
        }
        with self._lock:
            self._medium.append(json.dumps(line, separators=(",", ":")))
        for tell in list(self._listeners):
            tell()

    def records(self, **wanted: Any) -> list[Record]:
        """Return the records, oldest first.

        Args:
            wanted: fields that must have the given value, for example `event="refuse", user="alice"`.

        Returns:
            The records that match, with the numbers they have in the whole trail.
        """
        found = (Record(seq, **written) for seq, written in enumerate(self._written(), start=1))
        return [r for r in found if all(getattr(r, name) == value for name, value in wanted.items())]

    def on_record(self, tell: Callable[[], None]) -> Callable[[], None]:
        """Call `tell()` after each record of this process; returns a function that ends the subscription."""
        self._listeners.append(tell)
        return lambda: self._listeners.remove(tell) if tell in self._listeners else None

    def __len__(self) -> int:
        return sum(1 for _ in self._written())

    def _written(self) -> Iterator[dict[str, Any]]:
        """Give what was recorded; torn and empty lines are no records, and have no number."""
        for line in self._medium.lines():
            try:
                yield json.loads(line)
            except ValueError:
                continue

    def __repr__(self) -> str:
        return "\n".join(map(str, self.records()[-20:])) or "<empty trail>"


def as_dict(record: Record) -> dict[str, Any]:
    """Return a record as plain data, for tables and exports."""
    return asdict(record)
