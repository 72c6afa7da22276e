"""One answer in a process of its own, as the trusted side sees it: call a function, get a value or an exception.

While a call is under way, the answer may ask its services; they are served here, one at a time, in this thread.
So while answer A waits for a reply of its store, a hook of the store may run a whole call of answer B: that is how
two answers are interleaved, with no thread and nothing left to chance.

Nothing that the other side sends can do more than fail its own check:
a deadline, a dead process, a frame that breaks the rules each end in a `Failure` and in the end of that process.
The deadline counts the time that we wait for the answer, not the time that the answer waits for us.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from labapp.clock import Clock
from labapp.errors import AnswerImportError
from labapp.grading.answer_side.telling import MAX_PRINTED
from labapp.grading.failures import Failure, HarnessFault, Raised, hint_for
from labapp.grading.plain import NotPlainError, UnsendableError, decode, encode
from labapp.grading.process.patience import Budget, Patience
from labapp.grading.process.raising import read, rebuild
from labapp.grading.services import Proxy, Service, UnreachableError
from labapp.grading.wire import Channel, WireClosedError, WireError, WireTooLargeError

Frame = dict[str, Any]

MOST_BYTES = 32_000_000
"""What an answer may send during one call; reading it takes our time, which no deadline counts."""


class AnswerProcess:
    """An answer that runs elsewhere.

    Args:
        channel: the way to it.
        stop: ends its process and whatever it left behind.
        name: the slug of its exercise.
        clock: the lab time that it is told with every frame.
        budget: how long the whole submission may keep us waiting.

    Attributes:
        printed: what it printed during the last call.
        done: what its services did for it during the last call, a few words each.
    """

    def __init__(
        self, channel: Channel, stop: Callable[[], None], *, name: str, clock: Clock, budget: Budget
    ) -> None:
        self.name = name
        self.printed = ""
        self.done: list[str] = []
        self._channel: Channel | None = channel
        self._stop = stop
        self._clock = clock
        self._budget = budget
        self._is_busy = False
        self._services: dict[int, tuple[Proxy, Service]] = {}

    def load(self, text: str, *, deadline: float) -> None:
        """Run the answer's text, as importing it would.

        Raises:
            AnswerImportError: it could not be loaded; the message shows the learner's own lines only.
            Failure: it did not come to an end.
        """
        doing = "loading the answer"
        frame = self._exchange({"kind": "load", "name": self.name, "text": text}, doing, deadline)
        try:
            if frame["kind"] == "raised":
                raise AnswerImportError(_why_not_loaded(self.name, read(frame, doing)))
            self._outcome(frame, doing, ends_well="loaded")
        except (WireError, NotPlainError) as error:
            raise self._broken(doing) from error

    def call(
        self,
        function: str,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        deadline: float,
    ) -> Any:
        """Call one of the answer's functions.

        Args:
            function: its name.
            args: plain data, and services.
            kwargs: the same by name.
            deadline: seconds that we wait for the answer at most.

        Returns:
            What it returned, as plain data; a tuple arrives as a list.

        Raises:
            Failure: it did not end well; `cause` says how.
            Exception: what it raised, rebuilt (`raising`).
            HarnessFault: the check passed something that cannot be sent.
        """
        try:
            message = {
                "kind": "call",
                "function": function,
                "args": encode(list(args), self._lend),
                "kwargs": encode(dict(kwargs or {}), self._lend),
            }
        except UnsendableError as error:
            raise HarnessFault(
                f"the check passes something to {function} that cannot be sent: {error}"
            ) from error
        frame = self._exchange(message, function, deadline)
        try:
            return self._outcome(frame, function, ends_well="result")
        except (WireError, NotPlainError) as error:
            raise self._broken(function) from error

    @property
    def is_open(self) -> bool:
        """Can it still be called?"""
        return self._channel is not None

    def close(self) -> None:
        """End the process; doing it again costs nothing."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None
            self._stop()
            for _, service in self._services.values():
                service.close()

    # --- one exchange ------------------------------------------------------------------------------------------

    def _exchange(self, message: Frame, doing: str, deadline: float) -> Frame:
        """Send a frame, serve what the answer asks meanwhile, and return the frame that ends it."""
        if self._channel is None:
            raise Failure(f"{doing} was not possible: the answer's process has ended", cause="ended")
        if self._is_busy:
            raise HarnessFault(f"{doing}: this answer is in the middle of another call; use a second answer")
        self._is_busy = True
        self.printed, self.done = "", []
        patience = Patience(deadline, self._budget)
        try:
            return self._converse(self._channel, message, patience)
        except TimeoutError:
            self.close()
            raise patience.failure(doing) from None
        except WireClosedError:
            self.close()
            raise Failure(
                f"{doing} did not come to an end: the answer ended the process",
                "an answer returns or raises; it never calls os._exit, and it must not run out of memory",
                cause="ended",
            ) from None
        except WireTooLargeError as error:
            self.close()
            raise HarnessFault(f"{doing}: {error}") from error
        except (WireError, NotPlainError) as error:
            raise self._broken(doing) from error
        except BaseException:
            self.close()  # it is in the middle of a call that nobody will ever finish
            raise
        finally:
            self._is_busy = False

    def _converse(self, channel: Channel, message: Frame, patience: Patience) -> Frame:
        nonce = secrets.token_hex(8)
        most = channel.received + MOST_BYTES
        self._send(channel, {**message, "nonce": nonce}, patience)
        while True:
            frame = patience.wait(channel.receive)
            if channel.received > most:
                raise WireError("too many bytes for one call")
            if frame["nonce"] != nonce:
                raise WireError("a nonce that belongs to no call")
            if frame["kind"] != "ask":
                self.printed = frame["printed"][: 2 * MAX_PRINTED]
                return frame
            self._send(channel, {**self._served(frame), "nonce": nonce}, patience)

    def _send(self, channel: Channel, frame: Frame, patience: Patience) -> None:
        stamped = {**frame, "now": self._clock.now()}
        patience.wait(partial(channel.send, stamped))

    def _served(self, frame: Frame) -> Frame:
        """Let a service do what the answer asked it for."""
        if frame["proxy"] not in self._services:
            raise WireError("a service that was never lent")
        _, service = self._services[frame["proxy"]]
        try:
            reply = {"kind": "reply", "value": encode(service.serve(decode(frame["arguments"])))}
        except UnreachableError as error:
            reply = {"kind": "gone", "message": str(error)[:500]}
        except UnsendableError as error:
            raise HarnessFault(f"a service replied with something that cannot be sent: {error}") from error
        finally:
            self.done += service.done
            service.done.clear()
        return reply

    def _outcome(self, frame: Frame, function: str, *, ends_well: str) -> Any:
        """Turn the last frame of an exchange into a value or an exception."""
        kind = frame["kind"]
        if kind == "raised":
            raise rebuild(frame, function)
        if kind == "uncallable":
            raise Failure(
                frame["message"][:1000],
                "keep the names and parameters of the stub: the exercise calls them as they stand there",
                cause="uncallable",
            )
        if kind == "unsendable":
            raise Failure(
                f"{function} returned something that cannot be checked: {frame['message'][:1000]}",
                "return plain data, for example dict(…), list(…) or str(…) of what you have",
                cause="unsendable",
            )
        if kind != ends_well:
            raise WireError(f"a frame {kind!r} at the end of a call")
        return decode(frame["value"]) if "value" in frame else None

    def _broken(self, doing: str) -> Failure:
        """End a process that does not keep to the rules of the wire."""
        self.close()
        return Failure(
            f"{doing} sent something into the pipe to the grader that belongs to no reply",
            "an answer returns values; it leaves file descriptors that it did not open alone",
            cause="protocol",
        )

    def _lend(self, value: Any) -> dict[str, Any] | None:
        """Open a service for this process when it is first passed to the answer."""
        if not isinstance(value, Proxy):
            return None
        known = [number for number, (proxy, _) in self._services.items() if proxy is value]
        number = known[0] if known else len(self._services) + 1
        if not known:
            self._services[number] = (value, value.open())
        return {"id": number, **value.content()}


def _why_not_loaded(name: str, raised: Raised) -> str:
    """Explain why an answer could not be loaded, by the learner's own lines."""
    parts = [f"{name}.py could not be loaded: {raised}", *(f"  {line}" for line in raised.lines)]
    if raised.name in ("ModuleNotFoundError", "ImportError", "NameError", "SystemExit"):
        parts.append(f"  {hint_for(raised)}")
    return "\n".join(parts)
