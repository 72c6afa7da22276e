"""Serve one answer: load its text, call its functions, reply under the nonce of each call.

Whatever the answer raises is told and never ends this loop: `SystemExit`, `KeyboardInterrupt` and `AssertionError`
are exceptions like any other here.
Each frame says what time it is in the lab, and the process goes by it, so `jwt.decode` in an answer keeps lab time.
"""

from __future__ import annotations

import inspect
import linecache
import os
import sys
import threading
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from labapp import clock
from labapp.grading.answer_side import proxies
from labapp.grading.answer_side.telling import Printed, describe
from labapp.grading.plain import UnsendableError, decode, encode
from labapp.grading.wire import Channel, WireClosedError, WireError

Fields = dict[str, Any]


class Served:
    """The answer of this process.

    Args:
        channel: the way to the trusted side.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._printed = Printed()
        self._proxies: dict[int, object] = {}
        self._asking = threading.Lock()
        self._nonce = ""
        self._module = ModuleType("answer")

    def serve(self) -> None:
        """Do what the trusted side asks, until it hangs up."""
        sys.stdout = sys.stderr = self._printed
        while True:
            try:
                message = self._receive()
            except WireError:
                return
            self._nonce = message["nonce"]
            self._finish(self._told(self._load if message["kind"] == "load" else self._call, message))

    def ask(self, proxy: int, arguments: list[Any]) -> Any:
        """Ask a service on the trusted side, from whichever thread; one at a time.

        Raises:
            ConnectionError: the service is not reachable, or nobody waits for this answer any more.
        """
        content = encode(arguments)
        with self._asking:
            if not self._nonce:
                raise ConnectionError("the call that this thread belongs to is over")
            try:
                self._channel.send(
                    {"kind": "ask", "nonce": self._nonce, "proxy": proxy, "arguments": content}
                )
                message = self._receive()
            except WireClosedError:
                os._exit(1)
            except WireError as error:
                raise ConnectionError(str(error)) from error
        if message["kind"] == "gone":
            raise ConnectionError(message["message"])
        return decode(message["value"])

    def _receive(self) -> Fields:
        message = self._channel.receive()
        clock.keep(clock.FixedClock(message["now"]))
        return message

    def _told(self, work: Callable[[Fields], Fields], message: Fields) -> Fields:
        """Do it, and turn whatever comes out into the fields of a frame."""
        try:
            return work(message)
        except BaseException as error:
            try:
                return {"kind": "raised", **describe(error, self._filename)}
            except BaseException:  # an exception so odd that it cannot even be described
                return {"kind": "raised", "types": [], "message": "", "lines": [], "details": {}}

    def _finish(self, fields: Fields) -> None:
        with self._asking:  # no thread of the answer may be in the middle of asking
            frame = {"nonce": self._nonce, "printed": self._printed.take(), **fields}
            self._nonce = ""
            try:
                self._channel.send(frame)
            except WireClosedError:
                os._exit(1)
            except WireError as error:
                refused = {"kind": "unsendable", "message": str(error)}
                self._channel.send({"nonce": frame["nonce"], "printed": frame["printed"], **refused})

    def _load(self, message: Fields) -> Fields:
        self._module = ModuleType(message["name"])
        text = message["text"]
        linecache.cache[self._filename] = (len(text), None, text.splitlines(keepends=True), self._filename)
        sys.modules[message["name"]] = self._module
        exec(compile(text, self._filename, "exec", dont_inherit=True), self._module.__dict__)  # noqa: S102
        return {"kind": "loaded"}

    @property
    def _filename(self) -> str:
        return f"{self._module.__name__}.py"

    def _call(self, message: Fields) -> Fields:
        args = decode(message["args"], self._proxy)
        kwargs = decode(message["kwargs"], self._proxy)
        function = getattr(self._module, message["function"], None)
        if problem := _why_not(message["function"], function, args, kwargs):
            return {"kind": "uncallable", "message": problem}
        result = function(*args, **kwargs)  # type: ignore[misc]
        try:
            return {"kind": "result", "value": encode(result)}
        except UnsendableError as error:
            return {"kind": "unsendable", "message": str(error)}

    def _proxy(self, content: Mapping[str, Any]) -> object:
        """Give the same object for the same service each time, as a running application would have it."""
        number = content["id"]
        if number not in self._proxies:
            self._proxies[number] = proxies.make(content, lambda arguments: self.ask(number, arguments))
        return self._proxies[number]


def _why_not(name: str, function: Any, args: list[Any], kwargs: Mapping[str, Any]) -> str:
    """Say why a function cannot be called in this way, or nothing."""
    if function is None:
        return f"there is no function {name}"
    if not callable(function):
        return f"{name} is no function"
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return ""
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        return f"{name}{signature} cannot be called as the exercise does: {error}"[:500]
    return ""
