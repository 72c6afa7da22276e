"""An answer in a process of its own: what it is given, what comes back, and what it never sees."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest

from labapp import errors
from labapp.clock import LAB_START, LabClock
from labapp.errors import AnswerImportError
from labapp.grading.failures import AnswerRaised, Failure, HarnessFault
from labapp.grading.process import AnswerHost
from labapp.grading.process.raising import known, raised_by_answer, rebuild
from labapp.grading.services import HttpProxy, RedisProxy
from labapp.store import open_store

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", params=[True, False], ids=["forked", "spawned"])
def host(request: pytest.FixtureRequest) -> Iterator[AnswerHost]:
    """Both ways of starting an answer; everything below must hold for either."""
    with AnswerHost(forks=request.param) as host:
        yield host


def test_a_call_returns_plain_data(load: Any) -> None:
    """Arguments and results keep their values, by position and by name."""
    answer = load("""
        def echo(*args, **kwargs):
            return [list(args), kwargs]
        """)
    sent = [1, -2.5, "é\ud800\x00", b"\x00\xff", None, True, [1, [2]], {"k": {"d": []}}]
    assert answer.call("echo", sent, {"by": "name"}, deadline=5) == [sent, {"by": "name"}]


def test_a_value_that_only_looks_plain_does_not_cross(load: Any) -> None:
    """A text that says yes to every comparison fails, and the learner reads which type it was."""
    answer = load("""
        class Yes(str):
            def __eq__(self, other):
                return True
            __hash__ = str.__hash__

        def lie():
            return [Yes("no")]
        """)
    with pytest.raises(Failure, match=r"a Yes \(a kind of str\)") as failure:
        answer.call("lie", deadline=5)
    assert failure.value.cause == "unsendable"


@pytest.mark.parametrize(
    ("raised", "kind", "details"),
    [
        ("ValueError('too late')", ValueError, {}),
        ("PermissionError('too late')", PermissionError, {}),
        ("jwt.ExpiredSignatureError('too late')", jwt.ExpiredSignatureError, {}),
        ("jwt.MissingRequiredClaimError('jti')", jwt.MissingRequiredClaimError, {}),
        (
            "errors.ReplayedRefreshTokenError('too late')",
            errors.ReplayedRefreshTokenError,
            {"refused": "reuse"},
        ),
        (
            "errors.ExpiredSessionError('too late', timeout='idle')",
            errors.ExpiredSessionError,
            {"timeout": "idle"},
        ),
        (
            "errors.InsufficientScopeError('no', needed='admin')",
            errors.InsufficientScopeError,
            {"needed": "admin"},
        ),
        ("errors.StepUpRequiredError('no', max_age=60)", errors.StepUpRequiredError, {"max_age": 60}),
        ("Own('too late')", errors.InvalidGrantError, {"refused": "unknown"}),
        ("json.loads('{')", ValueError, {}),
    ],
)
def test_an_exception_that_a_caller_may_expect_is_rebuilt(
    load: Any, raised: str, kind: type[Exception], details: dict[str, Any]
) -> None:
    """By its class, with its message and its plain attributes; the learner's own subclass as the nearest known one."""
    answer = load(f"""
        import json
        import jwt
        from labapp import errors

        class Own(errors.InvalidGrantError):
            pass

        def refuse():
            raise {raised}
        """)
    with pytest.raises(kind) as error:
        answer.call("refuse", deadline=5)
    assert type(error.value) is kind
    assert {name: getattr(error.value, name) for name in details} == details
    told = raised_by_answer(error.value)
    assert told is not None
    assert told.lines[-1].text.startswith("raise")
    assert [line.function for line in told.lines] == ["refuse"], "the learner's own lines only"


@pytest.mark.parametrize(
    "raised",
    [
        "SystemExit(0)",
        "KeyboardInterrupt()",
        "AssertionError('x')",
        "BaseException()",
        "StopIteration()",
        "Odd()",
    ],
)
def test_any_other_exception_is_a_plain_failure(load: Any, raised: str) -> None:
    """It names the class, and the answer can be called again."""
    answer = load(f"""
        class Odd(Exception):
            def __str__(self):
                raise KeyboardInterrupt

        def odd():
            raise {raised}

        def well():
            return 1
        """)
    with pytest.raises(AnswerRaised, match=f"odd raised {raised.partition('(')[0]}"):
        answer.call("odd", deadline=5)
    assert answer.call("well", deadline=5) == 1


def test_an_exception_that_cannot_be_described_is_a_failure(load: Any) -> None:
    """Its class may lie about itself in every way."""
    answer = load("""
        class Meta(type):
            @property
            def __module__(cls):
                raise RuntimeError
            @property
            def __mro__(cls):
                raise RuntimeError

        class Odd(Exception, metaclass=Meta):
            pass

        def odd():
            raise Odd
        """)
    with pytest.raises(Failure):
        answer.call("odd", deadline=5)


def test_every_known_exception_can_be_rebuilt() -> None:
    """No constructor runs, so none can fail."""
    for kind in known().values():
        name = f"{kind.__module__}.{kind.__name__}"
        told = {"types": [name], "message": "text", "lines": [], "details": {}}
        error = rebuild(told, "f")
        assert type(error) is kind
        assert str(error)


def test_what_is_printed_arrives_with_the_result(load: Any) -> None:
    """A learner debugs with print; there is a limit, and the standard descriptors lead nowhere."""
    answer = load("""
        import os, sys

        print("loading")

        def talk(n):
            print("x" * n)
            print("error", file=sys.stderr)
            os.write(1, b"nowhere")
            return os.readlink("/proc/self/fd/1") if os.path.exists("/proc/self/fd/1") else os.devnull
        """)
    assert answer.printed == "loading\n"
    assert answer.call("talk", [3], deadline=5) == "/dev/null"
    assert answer.printed == "xxx\nerror\n"
    answer.call("talk", [10**6], deadline=5)
    assert len(answer.printed) < 21_000
    assert answer.printed.endswith("(more was printed)\n")


def test_a_missing_function_and_a_wrong_signature_are_explained(load: Any) -> None:
    """In a sentence that names the function as it stands in the answer."""
    answer = load("""
        def rotate(redis, token, *, now):
            return 1
        issue = 3
        """)
    with pytest.raises(Failure, match="there is no function revoke"):
        answer.call("revoke", deadline=5)
    with pytest.raises(Failure, match="issue is no function"):
        answer.call("issue", deadline=5)
    with pytest.raises(Failure, match=r"rotate\(redis, token, \*, now\) cannot be called") as failure:
        answer.call("rotate", [1, 2, 3], deadline=5)
    assert failure.value.cause == "uncallable"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("def f(:\n    pass\n", ["SyntaxError", "line 1", "def f(:", "^"]),
        ("x = 1\nfrom labapp.store import open_store\n", ["line 2", "labapp.errors and labapp.clock"]),
        ("import numpy_of_nowhere\n", ["ModuleNotFoundError", "standard library"]),
        ("import jwt\n\nlab.store\n", ["NameError", "line 3", "lab.store", "in the notebook only"]),
        ("raise SystemExit\n", ["SystemExit", "line 1"]),
        ("a\x00b", ["could not be loaded"]),
        ("def f():\n\tif 1:\n        pass", ["TabError", "line 3"]),
    ],
)
def test_an_answer_that_cannot_be_loaded_shows_its_own_lines_only(
    load: Any, text: str, shown: list[str]
) -> None:
    """One message, no line of ours, no path of this machine."""
    with pytest.raises(AnswerImportError) as error:
        load(text)
    message = str(error.value)
    assert all(part in message for part in shown), message
    assert "ex00_test.py could not be loaded" in message
    assert "serving" not in message
    assert str(ROOT) not in message


def test_the_answer_keeps_lab_time(load: Any) -> None:
    """`jwt.decode` judges by the clock of the check, in every call anew; the answer's own clock is today's."""
    clock = LabClock()
    answer = load(
        """
        import time
        import jwt

        KEY = "k" * 32

        def issue(exp):
            return jwt.encode({"exp": exp}, KEY, algorithm="HS256")

        def verify(token):
            return jwt.decode(token, KEY, algorithms=["HS256"])["exp"]

        def today():
            return time.time()
        """,
        clock=clock,
    )
    token = answer.call("issue", [LAB_START + 60], deadline=5)
    assert answer.call("verify", [token], deadline=5) == LAB_START + 60
    clock.advance(60)
    with pytest.raises(jwt.ExpiredSignatureError):
        answer.call("verify", [token], deadline=5)
    assert answer.call("today", deadline=5) < LAB_START


def test_time_that_moves_during_a_call_is_told_with_the_next_reply(load: Any) -> None:
    """A service may take its time."""
    clock = LabClock()

    def slow(method: str, url: str, headers: dict[str, str], body: Any) -> tuple[int, dict[str, str], Any]:
        clock.advance(90)
        return 204, {}, None

    answer = load(
        """
        import jwt

        def wait(http):
            before = jwt.api_jwt.datetime.now().timestamp()
            http("GET", "https://bank.harbour.test/slow")
            return jwt.api_jwt.datetime.now().timestamp() - before
        """,
        clock=clock,
    )
    assert answer.call("wait", [HttpProxy(slow)], deadline=5) == 90


def test_an_answer_speaks_http_through_the_check(load: Any) -> None:
    """Requests arrive as plain data, and so do responses."""
    seen = []

    def bank(method: str, url: str, headers: dict[str, str], body: Any) -> tuple[int, dict[str, str], Any]:
        seen.append((method, url, headers, body))
        return 401, {"WWW-Authenticate": "Bearer"}, "no"

    answer = load("""
        def visit(http, url):
            status, headers, body = http("POST", url, {"Authorization": "Bearer x"}, b"{}")
            return [status, headers, body]
        """)
    assert answer.call("visit", [HttpProxy(bank), "https://bank"], deadline=5) == [
        401,
        {"WWW-Authenticate": "Bearer"},
        "no",
    ]
    assert seen == [("POST", "https://bank", {"Authorization": "Bearer x"}, b"{}")]
    assert answer.done == ["POST https://bank 401"]


@pytest.mark.parametrize(
    "call", ["http(1, 2)", "http('GET', 'x', {'a': 1})", "http('GET', 'x', {}, [1])", "http('GET', 'gone')"]
)
def test_a_request_that_goes_nowhere_is_a_connection_error(load: Any, call: str) -> None:
    """As it is for a program whose server is down."""

    def gone(*request: Any) -> tuple[int, dict[str, str], Any]:
        raise ValueError("no such host")

    answer = load(f"""
        def visit(http):
            try:
                {call}
            except ConnectionError as error:
                return str(error)
        """)
    assert isinstance(answer.call("visit", [HttpProxy(gone)], deadline=5), str)


def test_an_answer_gets_an_ordinary_redis_client(load: Any) -> None:
    """One client for the whole process, text or bytes as the check says; threads may use it."""
    store = open_store()
    answer = load("""
        import threading
        import redis as library

        CLIENTS = []

        def kind(redis):
            CLIENTS.append(redis)
            return [isinstance(redis, library.Redis), all(client is redis for client in CLIENTS), redis.get("k")]

        def count(redis):
            threads = [threading.Thread(target=lambda: [redis.incr("n") for _ in range(10)]) for _ in range(8)]
            [thread.start() for thread in threads]
            [thread.join() for thread in threads]
            return redis.get("n")
        """)
    store.redis.set("k", "v")
    text, data = RedisProxy(store), RedisProxy(store, decode_responses=False)
    assert answer.call("kind", [text], deadline=5) == [True, True, "v"]
    assert answer.call("kind", [text], deadline=5) == [True, True, "v"]
    assert answer.call("kind", [data], deadline=5) == [True, False, b"v"]
    assert answer.call("count", [text], deadline=5) == "80"
    assert store.redis.get("n") == "80"


def test_a_thread_that_outlives_its_call_cannot_ask(load: Any) -> None:
    """Whatever it wants belongs to no call; the next call is undisturbed."""
    store = open_store()
    answer = load("""
        import threading

        GO, DONE = threading.Event(), threading.Event()
        SEEN = []

        def leave(redis):
            def late():
                GO.wait()
                try:
                    redis.set("late", "1")
                except Exception as error:
                    SEEN.append(str(error))
                DONE.set()
            threading.Thread(target=late, daemon=True).start()

        def ask(redis):
            return redis.get("late")

        def meet():
            GO.set()
            DONE.wait()
            return len(SEEN)
        """)
    answer.call("leave", [RedisProxy(store)], deadline=5)
    assert answer.call("ask", [RedisProxy(store)], deadline=5) is None
    assert answer.call("meet", deadline=5) in (0, 1)


def test_a_store_that_is_down_looks_like_a_dead_server(load: Any) -> None:
    """The answer sees redis-py's ConnectionError, and can go on when the store is back."""
    store = open_store()
    proxy = RedisProxy(store)
    answer = load("""
        from redis.exceptions import ConnectionError

        def read(redis):
            try:
                return redis.get("k")
            except ConnectionError:
                return "down"
        """)
    store.redis.set("k", "v")
    assert answer.call("read", [proxy], deadline=5) == "v"
    with store.outage():
        assert answer.call("read", [proxy], deadline=5) == "down"
    assert answer.call("read", [proxy], deadline=5) == "v"


def test_nothing_of_the_lab_is_within_reach(load: Any) -> None:
    """Not importable, not in the arguments, the environment, the path or the folder."""
    answer = load("""
        import importlib, os, sys

        def reach(name):
            try:
                importlib.import_module(name)
            except ImportError:
                return False
            return True

        def look():
            ours = sorted(name for name in sys.modules if name.startswith("labapp"))
            command = open("/proc/self/cmdline").read() if os.path.exists("/proc/self/cmdline") else ""
            files = [str(getattr(module, "__file__", "")) for module in list(sys.modules.values())]
            return [ours, " ".join([command, str(os.environ), *sys.path, os.getcwd(), *files]), os.listdir(".")]
        """)
    for name in [
        "labapp.store",
        "labapp.audit",
        "labapp.grading.engine",
        "labapp.grading.checks",
        "solutions",
        "tests",
    ]:
        assert answer.call("reach", [name], deadline=5) is False, name
    for name in ["labapp.errors", "labapp.clock", "jwt", "redis", "flask", "cryptography"]:
        assert answer.call("reach", [name], deadline=20) is True, name
    ours, words, files = answer.call("look", deadline=5)
    allowed = (
        "labapp",
        "labapp.errors",
        "labapp.clock",
        "labapp.grading",
        "labapp.grading.plain",
        "labapp.grading.wire",
    )
    assert all(name in allowed or name.startswith("labapp.grading.answer_side") for name in ours)
    assert str(ROOT) not in words.replace(sys.prefix, "")
    assert files == []


def test_two_answers_share_nothing(load: Any) -> None:
    """Neither variables nor files nor what one of them did to a library."""
    text = """
        import os, random, jwt
        SEEN = []

        def leave():
            SEEN.append(1)
            jwt.decode = None
            os.environ["LEFT"] = "1"
            open("left", "w").close()
            return [len(SEEN), random.random()]

        def look():
            return [len(SEEN), jwt.decode is None, os.environ.get("LEFT"), os.listdir(".")]
        """
    first, second = load(text), load(text)
    one = first.call("leave", deadline=5)
    assert second.call("look", deadline=5) == [0, False, None, []]
    assert second.call("leave", deadline=5)[1] != one[1], "each draws its own random numbers"
    assert load(text).call("look", deadline=5) == [0, False, None, []]


def test_a_check_that_sends_nonsense_is_our_own_fault(load: Any) -> None:
    """And is never charged to the answer."""
    answer = load("def f(x):\n    return x\n")
    with pytest.raises(HarnessFault, match="cannot be sent"):
        answer.call("f", [{1, 2}], deadline=5)
    with pytest.raises(HarnessFault, match="more than"):
        answer.call("f", ["x" * 5_000_000], deadline=5)


def test_an_answer_cannot_be_called_while_it_works(load: Any) -> None:
    """A check that tries has a mistake."""
    answer = None

    def again(*request: Any) -> tuple[int, dict[str, str], Any]:
        answer.call("f", deadline=5)
        return 200, {}, None

    answer = load("def f(http=None):\n    return http('GET', 'x') if http else 1\n")
    with pytest.raises(HarnessFault, match="in the middle of another call"):
        answer.call("f", [HttpProxy(again)], deadline=5)


def test_the_answers_own_folder_is_writable(load: Any) -> None:
    """A library that wants a temporary file finds a place."""
    answer = load("""
        import os, tempfile

        def use():
            with tempfile.NamedTemporaryFile() as file:
                return os.path.samefile(os.path.dirname(file.name), os.getcwd())
        """)
    assert answer.call("use", deadline=5) is True


def test_recursion_without_end_is_a_recursion_error(load: Any) -> None:
    """Not a dead process, and not a thousand lines."""
    answer = load(
        textwrap.dedent("""
        def down(n):
            return down(n + 1)
        """)
    )
    with pytest.raises(RecursionError) as error:
        answer.call("down", [0], deadline=10)
    told = raised_by_answer(error.value)
    assert told is not None
    assert 0 < len(told.lines) <= 8
