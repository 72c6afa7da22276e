"""`Lab`: the one name that a notebook imports; it wires everything, and the bank runs inside the notebook.

Example:
    >>> lab = Lab()
    >>> alice = lab.token_door.login("alice")
    >>> alice.get("/me").json()["user"]
    'alice'
    >>> lab.clock.advance(minutes=16)
    >>> alice.get("/me").status
    401
"""

from __future__ import annotations

import getpass
import hashlib
import os
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from labapp import clock
from labapp.audit import Trail
from labapp.client import ApiClient, Browser, Network, Response
from labapp.client.visits import SessionVisit, TokenVisit, Visit
from labapp.clock import LAB_START, MovableClock
from labapp.errors import SetupError
from labapp.flaws import flaw
from labapp.grading.answers import restore, undo
from labapp.grading.engine import catalog
from labapp.grading.hints import next_hint, show_solution, shown
from labapp.grading.places import places
from labapp.grading.progress import reached
from labapp.people import CAST, seeded_password
from labapp.profiles import Profile, profile
from labapp.store import Store, open_store
from labapp.tokens.refusals import REFUSALS, reason
from labapp.web.assembly import ORIGINS, Assembly, assemble, strategy
from labapp.widgets.cell import check, next_cell, register
from labapp.widgets.exchanges import exchange_list, side_by_side
from labapp.widgets.family_tree import family_tree
from labapp.widgets.predict import Prediction
from labapp.widgets.report_card import report_card
from labapp.widgets.store_view import store_table
from labapp.widgets.time_machine import TimeMachine
from labapp.widgets.timeline import timeline
from labapp.widgets.verdict import verdict_view
from labapp.widgets.view import View, box, escape, plain_table, prose

ADDRESSES = {"alice": "203.0.113.7", "bob": "203.0.113.21", "mallory": "198.51.100.66"}
"""Where the people of the lab sit; addresses that are reserved for documentation (RFC 5737)."""


NAMES = {address: name for name, address in ADDRESSES.items()}


class TokenDoor:
    """The door at which identity state travels in the token."""

    name = "token"

    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    def login(self, user: str, *, scope: str = "", client_id: str = "web") -> TokenVisit:
        """Log somebody in with their password, in a program of their own."""
        client = self._lab.client(user)
        return TokenVisit.log_in(client, user, self._lab.password(user), scope=scope, client_id=client_id)


class SessionDoor:
    """The door at which identity state stays on the server."""

    name = "session"

    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    def login(self, user: str, *, browser: Browser | None = None) -> SessionVisit:
        """Log somebody in with their password, in a browser: a new one unless given."""
        return SessionVisit.log_in(browser or self._lab.browser(user), user, self._lab.password(user))


class Lab:
    """A running bank, a clock that you control, and everything that a lesson needs.

    Args:
        profile_name: which lifetimes and attributes to run with (`labapp.profiles`).
        revocation: `"denylist"`, or `"wait"` for a bank that looks nothing up at the token door.
        alg: the signing algorithm; RS256 unless told, HS256 where `cryptography` is missing.
        seed: of people's passwords and of stories.
        redis_url: a real Redis instead of the built-in fakeredis; the environment's `LAB_REDIS_URL` unless given.
        learner: whose keys these are on a shared Redis.

    Attributes:
        clock: lab time; it stands still until you move it.
        store: where the bank keeps its state.
        trail: what happened, as a responder would find it.
        network: the services by their origins, and every exchange so far.
        token_door: log in here for tokens.
        session_door: log in here for a session.
    """

    def __init__(
        self,
        profile_name: str = "workshop",
        *,
        revocation: str = "denylist",
        alg: str | None = None,
        seed: int = 1,
        redis_url: str | None = None,
        learner: str | None = None,
    ) -> None:
        self.seed = seed
        self.profile: Profile = profile(profile_name)
        url = redis_url or os.environ.get("LAB_REDIS_URL")
        prefix = f"lab:{learner or _who()}:" if url else ""
        self.store: Store = open_store(url, prefix=prefix)
        self.clock: MovableClock = _movable(self.store.clock)
        clock.keep(self.clock)
        if self.store.is_real:
            print(  # noqa: T201 - the one line that a learner must have seen
                f"Lab time runs here and cannot be stopped: the store is a real Redis ({self.store.url}, "
                f"keys {prefix}*). clock.advance() still moves it."
            )
        self.trail = Trail()
        self.network = Network(self.clock)
        self._sound: Assembly = assemble(
            self.profile, store=self.store, trail=self.trail, seed=seed, alg=alg, revocation=revocation
        )
        self.bank: Assembly = self._sound
        self._serve(self.bank)
        register()
        self.token_door = TokenDoor(self)
        self.session_door = SessionDoor(self)

    def password(self, user: str) -> str:
        """Return the password of somebody in the lab.

        Raises:
            SetupError: there is nobody of that name.
        """
        if user not in CAST:
            raise SetupError(f"there is no {user!r} here; there are {', '.join(CAST)}")
        return seeded_password(self.seed, user)

    def browser(self, user: str = "alice") -> Browser:
        """Open a browser of somebody's, with an empty cookie jar."""
        return Browser(self.network, name=f"{user}'s browser", address=ADDRESSES.get(user, "203.0.113.99"))

    def client(self, user: str = "alice") -> ApiClient:
        """Start a program of somebody's; it keeps no cookies."""
        return ApiClient(self.network, name=user, address=ADDRESSES.get(user, "203.0.113.99"))

    def look_ups(self, work: Callable[[], Any]) -> int:
        """Run something, and count its trips to the store."""
        before = self.store.observer.trips
        work()
        return self.store.observer.trips - before

    def url(self, service: str, path: str = "/") -> str:
        """Return an address of one of the services, for example `lab.url("bank", "/api/me")`."""
        if service not in ORIGINS:
            raise SetupError(f"there is no service {service!r}; there are {', '.join(ORIGINS)}")
        return ORIGINS[service] + path

    def install(self, **parts: Any) -> None:
        """Put a part of your own into the running bank, for example `lab.install(verifier=mine)`.

        Sessions, families and people stay as they are; `lab.restore_bank()` undoes it.
        """
        self.bank = self.bank.with_parts(**parts)
        self._serve(self.bank)

    def use_revocation(self, name: str) -> None:
        """Let the token door end tokens in another way: `"wait"` or `"denylist"`."""
        self.install(revocation=strategy(name, self.bank.parts))

    def would_serve(self, visit: Visit) -> tuple[bool, str]:
        """Say whether a visit's credential is good at this moment, without using it: looking keeps nothing alive.

        Returns:
            Is it good, and a word: `"served"`, or the rule that refuses it.
        """
        parts, now = self.bank.parts, self.clock.now()
        try:
            if isinstance(visit, TokenVisit):
                parts.revocation.refuse_if_revoked(
                    parts.verifier.verify(visit.access_token, now=now), now=now
                )
            else:
                parts.sessions.peek(visit.sid, now=now)
        except REFUSALS as refusal:
            return False, reason(refusal)
        return True, "served"

    def predict(self, question: str, *choices: str) -> Prediction:
        """Ask for a prediction; show what happened beside it with `.outcome(…)`."""
        return Prediction(question, choices)

    def time_machine(self, *visits: Visit, **named: Visit) -> TimeMachine:
        """Show the clock with buttons, and below it whether each visit would be served."""
        watched = {f"{v.user} at the {v.door} door": v for v in visits}
        watched |= {name.replace("_", " "): visit for name, visit in named.items()}

        def watch() -> list[tuple[str, str, str]]:
            found = ((name, *self.would_serve(visit)) for name, visit in watched.items())
            return [
                (name, "good" if ok else "bad", word if ok else f"refused: {word}")
                for name, ok, word in found
            ]

        return TimeMachine(self.clock, watch if watched else None)

    def compare(self, **visits: Visit) -> View:
        """Show the latest request of each visit side by side, credentials shortened."""
        return side_by_side({title.replace("_", " "): visit.exchanges[-1] for title, visit in visits.items()})

    def exchanges(self, last: int = 10) -> View:
        """Show the latest requests of everybody as a table."""
        return exchange_list(self.network.exchanges[-last:])

    def store_table(self, *kinds: str) -> View:
        """Show what stands in the store, for example `lab.store_table("session", "family")`; all kinds unless named."""
        return store_table(self.store.entries(), self.store.keys.prefix, kinds)

    def timeline(
        self, rows: Mapping[str, Sequence[tuple[float, bool]]], *, title: str = "", start: float | None = None
    ) -> View:
        """Draw which requests were served when; see `labapp.widgets.timeline`."""
        return timeline(rows, title=title, start=LAB_START if start is None else start)

    def table(self, head: Sequence[str], rows: Iterable[Sequence[object]]) -> View:
        """Show rows of plain values as a table."""
        return plain_table(head, rows)

    # --- exercises ------------------------------------------------------------------------------------------------

    def check(self, slug: str) -> View:
        """Check the saved answer to an exercise, and show the report."""
        return verdict_view(check(slug))

    def hint(self, slug: str) -> View:
        """Show the next hint for an exercise; each goes one step further."""
        text = next_hint(places().answers, catalog()[slug])
        return View(box("quiet", prose(text)), text)

    def solution(self, slug: str) -> View:
        """Show one way to do it, once all hints have been read; the exercise is then marked as seen."""
        where = places()
        text = show_solution(where.answers, catalog()[slug], where.solution(slug))
        return View(f"<pre>{escape(text)}</pre>", text)

    def restore(self, slug: str) -> None:
        """Put the saved answer into a new cell below this one."""
        catalog()[slug]
        saved = restore(places().answers, slug)
        if saved is None:
            raise SetupError(f"no answer to {slug} is saved")
        next_cell(f"%%answer {slug}\n{saved.rstrip()}")

    def undo(self, slug: str) -> View:
        """Bring the answer back that stood in the file before the present one."""
        catalog()[slug]
        path = undo(places().answers, slug)
        text = f"{path.name} is what it was before" if path else f"there is no older answer to {slug}"
        return View(box("quiet", escape(text)), text)

    def report_card(self) -> View:
        """Show which exercises are done, by the four words of the article."""
        where = places()
        exercises = list(catalog(where))
        hints = {e.slug: shown(where.answers, e.slug) for e in exercises}
        return report_card(exercises, reached(where.answers), hints)

    # --- the bank -------------------------------------------------------------------------------------------------

    def weaken(self, name: str) -> View:
        """Put a deliberate mistake into the running bank, by its name (`labapp.flaws`); `restore_bank()` undoes it.

        It stays in this process: nothing of it is served over a network.
        """
        found = flaw(name)
        self.install(**found.exchange(self.bank.parts))
        return View(
            box("warn", f"<b>Weakened on purpose.</b> {escape(found.mistake)}"), f"weakened: {found.mistake}"
        )

    def family_tree(self, family: str | None = None) -> View:
        """Draw a refresh-token family as the trail has it; the latest one unless named."""
        return family_tree(self.trail.records(), family, NAMES)

    def restore_bank(self) -> None:
        """Bring the sound bank back; what it remembers stays."""
        self.bank = self._sound
        self._serve(self.bank)

    def last_response(self) -> Response:
        """Return the latest response of any service."""
        if not self.network.exchanges:
            raise SetupError("nothing was sent yet")
        return self.network.exchanges[-1].response

    def _serve(self, bank: Assembly) -> None:
        for service, app in bank.apps.items():
            self.network.add(ORIGINS[service], app)

    def __repr__(self) -> str:
        running = "runs" if self.store.is_real else "stands still"
        return f"<Lab: it is {self.clock} and time {running}; the store is {self.store.url}>"


def _movable(found: clock.Clock) -> MovableClock:
    if not isinstance(found, MovableClock):
        raise SetupError("a lab needs a clock that can be moved")
    return found


def _who() -> str:
    """Name this learner on a shared Redis: the hub's user, else this login on this machine."""
    if hub := os.environ.get("JUPYTERHUB_USER"):
        return hub
    try:
        login = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        login = "learner"
    return f"{login}-{hashlib.sha256(str(uuid.getnode()).encode()).hexdigest()[:6]}"
