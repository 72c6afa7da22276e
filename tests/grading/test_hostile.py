"""Answers that attack the pipe or the machine: each is a plain failure, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from labapp.grading.failures import Failure
from labapp.grading.process import AnswerHost
from labapp.grading.services import RedisProxy
from labapp.store import open_store

ROOT = Path(__file__).parents[2]

on_linux = pytest.mark.skipif(
    not Path("/proc/self/task").is_dir(), reason="processes are counted by /proc, which only Linux has"
)

TOOLS = """
    import json, os, socket, stat, sys, threading, time

    def pipe():
        # The descriptor of the pipe to the trusted side: the only socket that this process has.
        for number in range(3, 100):
            try:
                if stat.S_ISSOCK(os.fstat(number).st_mode):
                    return number
            except OSError:
                pass

    def frame(**fields):
        body = json.dumps(fields).encode()
        return len(body).to_bytes(4, "big") + body

    def raised(**fields):
        shape = dict(types=[], message="", lines=[], details={})
        return frame(kind="raised", nonce=nonce(), printed="", **{**shape, **fields})

    def nonce():
        # Found by walking up the stack: nothing that an answer can read is worth anything.
        here = sys._getframe()
        while here is not None:
            for value in list(here.f_locals.values()):
                if hasattr(value, "_nonce"):
                    return value._nonce
            here = here.f_back
        return ""

    def all(redis=None):
        {attack}
        return "done"

    def well():
        return "well"
    """

PROTOCOL = {
    "garbage": "os.write(pipe(), b'HTTP/1.1 200 OK and so on')",
    "a frame without end": "os.write(pipe(), b'\\xff\\xff\\xff\\xff' + b'x' * 1000)",
    "a frame of no kind": "os.write(pipe(), frame(kind='verdict', score=100))",
    "a frame of the other direction": "os.write(pipe(), frame(kind='reply', nonce=nonce(), now=0, value=1))",
    "a nonce of no call": "os.write(pipe(), frame(kind='result', nonce='0' * 16, printed='', value='done'))",
    "another field": "os.write(pipe(), frame(kind='result', nonce=nonce(), printed='', value='done', score=1))",
    "a field of another type": "os.write(pipe(), frame(kind='result', nonce=nonce(), printed=1, value='done'))",
    "deep JSON": "os.write(pipe(), (200000).to_bytes(4, 'big') + b'[' * 200000)",
    "deep data": (
        "os.write(pipe(), frame(kind='result', nonce=nonce(), printed='', value=json.loads('[' * 60 + ']' * 60)))"
    ),
    "a number that is none": "os.write(pipe(), frame(kind='result', nonce=nonce(), printed='', value=1e400))",
    "a proxy as a result": "os.write(pipe(), frame(kind='result', nonce=nonce(), printed='', value={'$proxy': 1}))",
    "no JSON": "os.write(pipe(), (4).to_bytes(4, 'big') + b'\\x80abc')",
    "loaded once more": "os.write(pipe(), frame(kind='loaded', nonce=nonce(), printed=''))",
    "an exception of no shape": "os.write(pipe(), raised(types=[1]))",
    "lines of no shape": "os.write(pipe(), raised(lines=[[1]]))",
    "a flood of bytes": (
        "ask = frame(kind='ask', nonce=nonce(), proxy=1, arguments=[1, {'$bytes': 'x' * 10**6}]); "
        "[os.write(pipe(), ask) for _ in range(99)]"
    ),
    "a service that was never lent": "os.write(pipe(), frame(kind='ask', nonce=nonce(), proxy=9, arguments=[]))",
    "a store asked oddly": "os.write(pipe(), frame(kind='ask', nonce=nonce(), proxy=1, arguments=['FLUSHALL']))",
}
ENDED = {
    "it exits at once": "os._exit(0)",
    "it kills itself": "os.kill(os.getpid(), 9)",
    "it closes the pipe": "os.closerange(3, 100)",
    "it hangs up": "socket.socket(fileno=pipe()).shutdown(socket.SHUT_RDWR)",
    "it crashes": "import ctypes; ctypes.string_at(0)",
}
NEVER = {
    "an endless loop": "while True: pass",
    "a loop that catches everything": "\n".join(
        ["while True:", " " * 12 + "try: time.sleep(1)", " " * 12 + "except BaseException: pass"]
    ),
    "a thread that holds on": "threading.Thread(target=lambda: time.sleep(1000)).start(); time.sleep(1000)",
    "one byte of a frame": "os.write(pipe(), b'\\0'); time.sleep(1000)",
    "a stopped process": "os.kill(os.getpid(), 19)",
    "asking for ever": "[redis.get('k') for _ in iter(int, 1)]",
}
CASES = [
    *(pytest.param(attack, "protocol", id=name) for name, attack in PROTOCOL.items()),
    *(pytest.param(attack, "ended", id=name) for name, attack in ENDED.items()),
    *(pytest.param(attack, "timeout", id=name) for name, attack in NEVER.items()),
]


def answer_text(attack: str) -> str:
    return textwrap.dedent(TOOLS.replace("{attack}", attack))


def children(pid: int) -> set[int]:
    """All descendants of a process that are still there."""
    try:
        words = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return set()
    return {int(word) for word in words}.union(*(children(int(word)) for word in words))


def told(pid: int) -> str:
    """What a process is, for the message of a failure."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text()[:60] + str(Path(f"/proc/{pid}/cwd").readlink())
    return f"{pid} has ended"


def is_there(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def ends(pid: int, seconds: float = 20) -> bool:
    """Wait for the end of a process that is no child of ours, without sleeping."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], seconds)[0])
    finally:
        os.close(handle)


@pytest.fixture(scope="module")
def host() -> Iterator[AnswerHost]:
    """A host of this file's own, so that what is left behind can be seen."""
    with AnswerHost() as host:
        yield host


@pytest.fixture
def own_host() -> Iterator[AnswerHost]:
    """A host that may be harmed."""
    with AnswerHost() as host:
        yield host


def helper_pid(host: AnswerHost) -> int:
    assert host._helper is not None
    return host._helper._process.pid


@on_linux
@pytest.mark.parametrize(("attack", "cause"), CASES)
def test_an_attack_is_a_plain_failure_and_leaves_nothing(
    host: AnswerHost, open_files: Callable[[], set[str]], attack: str, cause: str
) -> None:
    """The next answer is not touched; no process, no descriptor and no file stays."""
    host.start("", "ex00_warm").close()
    host.settle()
    files, processes = open_files(), len(children(helper_pid(host)))
    folder = Path(f"/proc/{helper_pid(host)}/cwd").resolve()
    folders = len(list(folder.iterdir()))
    answer = host.start(answer_text(attack), "ex00_attack")
    deadline = 0.3 if cause == "timeout" else 10
    with pytest.raises(Failure) as failure:
        answer.call("all", [RedisProxy(open_store())], deadline=deadline)
    assert failure.value.cause == cause, failure.value
    assert not answer.is_open
    with pytest.raises(Failure, match="has ended"):
        answer.call("well", deadline=5)
    following = host.start(answer_text("pass"), "ex00_next")
    assert following.call("well", deadline=5) == "well"
    following.close()
    host.settle()
    assert len(children(helper_pid(host))) == processes
    assert len(list(folder.iterdir())) == folders
    assert {name.split()[1].partition(":")[0] for name in open_files() - files} <= {"socket"}, (
        "the spare's socket"
    )
    assert len(open_files()) == len(files)


@pytest.mark.parametrize(
    "attack",
    [
        """print('\\\\0\\\\0\\\\0\\\\x11{"kind":"result","nonce":"","printed":"","value":"forged"}')""",
        """sys.stdout.write('PASSED'); sys.__stdout__.write('PASSED')""",
        """os.write(1, frame(kind='result', nonce=nonce(), printed='', value='forged'))""",
        """os.write(2, b'x' * 100000)""",
        """sys.exit = os._exit; json.loads = None; sys.modules.clear()""",
        """threading.settrace(lambda *a: None); sys.setprofile(None)""",
    ],
)
def test_noise_changes_nothing(load: Any, attack: str) -> None:
    """A fake report is printed text, and broken modules break the answer's own process only."""
    assert load(answer_text(attack)).call("all", deadline=5) == "done"


def test_a_forged_result_is_only_a_result(load: Any) -> None:
    """Who writes the right frame has returned that value: there is no verdict to forge.

    The function then comes to its end as well, and what it sends belongs to no call.
    """
    forged = "os.write(pipe(), frame(kind='result', nonce=nonce(), printed='', value='forged'))"
    answer = load(answer_text(forged))
    assert answer.call("all", deadline=5) == "forged"
    with pytest.raises(Failure) as failure:
        answer.call("well", deadline=5)
    assert failure.value.cause == "protocol"


@on_linux
@pytest.mark.parametrize(
    "attack",
    [
        "os.fork() or time.sleep(1000)",
        "os.fork() or (os.setsid(), time.sleep(1000))",
        "os.fork() or (os.setsid(), os.fork() or time.sleep(1000), os._exit(0))",
        "os.fork() or (os.setsid(), os.fork() or (os.setsid(), os.fork() or time.sleep(1000), time.sleep(1000)))",
        "__import__('subprocess').Popen(['sleep', '1000'], start_new_session=True)",
        "[os.fork() or time.sleep(1000) for _ in range(20)]",
        "os.setpgid(0, 0) if os.getpgrp() != os.getpid() else None; os.fork() or (os.setpgid(0, 0), time.sleep(1000))",
    ],
)
def test_orphans_are_ended_with_the_answer(host: AnswerHost, attack: str) -> None:
    """In whatever group or session, and however far from their parent."""
    answer = host.start(answer_text(attack), "ex00_attack")
    assert answer.call("all", deadline=10) == "done"
    host.start("", "ex00_next").close()
    host.settle()  # so that the spare is forked by now
    left = children(helper_pid(host))
    assert len(left) > 2, "the attack has begun"
    answer.close()
    host.settle()
    assert len(children(helper_pid(host))) == 1, [told(pid) for pid in children(helper_pid(host))]
    assert [pid for pid in left if is_there(pid)] == list(children(helper_pid(host)))


@on_linux
def test_an_answer_that_kills_the_helper_harms_nobody_else(own_host: AnswerHost) -> None:
    """The next answer gets a new helper; the old one's children are gone."""
    answer = own_host.start(answer_text("os.kill(os.getppid(), 9)"), "ex00_attack")
    old = helper_pid(own_host)
    pids = [old, *children(old)]
    with contextlib.suppress(Failure):
        answer.call("all", deadline=10)
    assert all(ends(pid) for pid in pids)
    answer.close()
    following = own_host.start(answer_text("pass"), "ex00_next")
    assert following.call("well", deadline=5) == "well"
    assert helper_pid(own_host) != old
    assert not is_there(old)


@on_linux
def test_a_helper_that_was_stopped_is_replaced(own_host: AnswerHost, monkeypatch: pytest.MonkeyPatch) -> None:
    """It could be asked for ever."""
    monkeypatch.setattr("labapp.grading.process.helper.REPLY_SECONDS", 3)
    answer = own_host.start(answer_text("os.kill(os.getppid(), 19)"), "ex00_attack")
    old = helper_pid(own_host)
    assert answer.call("all", deadline=10) == "done"
    answer.close()
    for _ in range(2):  # a spare may have been forked before
        following = own_host.start(answer_text("pass"), "ex00_next")
        assert following.call("well", deadline=5) == "well"
    assert helper_pid(own_host) != old
    assert not is_there(old)


@on_linux
def test_files_go_with_the_answer(own_host: AnswerHost) -> None:
    """Also those that were made undeletable."""
    attack = (
        "os.makedirs('a/b'); open('a/b/file', 'w').write('x'); os.symlink('/etc', 'a/etc'); "
        "os.chmod('a/b', 0); os.chmod('a', 0)"
    )
    answer = own_host.start(answer_text(attack), "ex00_attack")
    folder = Path(f"/proc/{helper_pid(own_host)}/cwd").resolve()
    assert answer.call("all", deadline=5) == "done"
    answer.close()
    own_host.settle()
    assert len(list(folder.iterdir())) == 1, "the spare's"
    own_host.close()
    assert not folder.exists()
    assert Path("/etc").is_dir()


@on_linux
def test_closing_the_host_ends_everything(open_files: Callable[[], set[str]]) -> None:
    """With answers in the middle of nothing, and one that was never closed."""
    files = open_files()
    host = AnswerHost()
    kept = [
        host.start(answer_text("os.fork() or (os.setsid(), time.sleep(1000))"), "ex00_attack")
        for _ in range(3)
    ]
    for answer in kept:
        answer.call("all", deadline=10)
    pids = children(helper_pid(host)) | {helper_pid(host)}
    assert len(pids) >= 8
    host.close()
    assert [pid for pid in pids if is_there(pid)] == []
    assert open_files() == files


@on_linux
def test_an_answer_without_a_helper_leaves_nothing_either(open_files: Callable[[], set[str]]) -> None:
    """Where nothing can be forked, each answer is a process with a folder of its own."""
    files, ours = open_files(), children(os.getpid())
    with AnswerHost(forks=False) as host:
        for attack in (
            "[os.fork() or time.sleep(1000) for _ in range(3)]",
            "while True: pass",
            "os._exit(0)",
        ):
            answer = host.start(answer_text(attack), "ex00_attack")
            (new,) = [pid for pid in children(os.getpid()) - ours if is_there(pid)]
            folder = Path(f"/proc/{new}/cwd").resolve()
            with contextlib.suppress(Failure):
                answer.call("all", deadline=0.3)
            answer.close()
            assert not folder.exists()
            assert children(os.getpid()) <= ours
    assert open_files() == files


@on_linux
def test_when_the_trusted_side_dies_nothing_lives_on(tmp_path: Path) -> None:
    """A kernel that is killed takes its answers with it, however deaf they are."""
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent("""
            import os, sys
            from labapp.grading.process import AnswerHost

            host = AnswerHost()
            text = sys.stdin.read()
            answer = host.start(text, "ex00_attack")
            answer.call("all", deadline=10)
            print(host._helper._process.pid, flush=True)
            try:
                answer.call("all", deadline=1000)
            finally:
                os._exit(1)
            """)
    )
    attack = """
        if not os.environ.get("AGAIN"):
            os.environ["AGAIN"] = "1"
            os.fork() or (os.setsid(), time.sleep(1000))
            return 1
        time.sleep(1000)
    """
    process = subprocess.Popen(
        [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(answer_text(textwrap.dedent(attack).strip().replace("\n", "\n        ")))
        process.stdin.close()
        helper = int(process.stdout.readline())
        pids = [helper, *children(helper)]
        assert len(pids) >= 4
        folder = Path(f"/proc/{helper}/cwd").resolve()
        process.send_signal(signal.SIGKILL)
    assert all(ends(pid) for pid in pids)
    assert not folder.exists()


def test_a_big_command_is_an_error_of_the_client(load: Any) -> None:
    """Ten megabytes do not cross; the answer can go on."""
    answer = load("""
        from redis.exceptions import ConnectionError

        def big(redis):
            try:
                redis.set("k", "x" * 10_000_000)
            except ConnectionError as error:
                return [str(error), redis.set("k", "v"), redis.get("k")]
        """)
    said, *rest = answer.call("big", [RedisProxy(open_store())], deadline=10)
    assert "more than 1,000,000 bytes" in said
    assert rest == [True, "v"]


def test_a_big_result_is_a_plain_failure(load: Any) -> None:
    """It is told, not sent."""
    answer = load("def big():\n    return 'x' * 10_000_000\n")
    with pytest.raises(Failure, match="more than the 4,194,304 that may cross") as failure:
        answer.call("big", deadline=20)
    assert failure.value.cause == "unsendable"


def test_garbage_to_the_store_is_a_redis_error(load: Any) -> None:
    """RESP is read strictly; half a command, inline commands and forged lengths are protocol errors."""
    answer = load("""
        import redis as library

        def send(redis, data):
            connection = redis.connection_pool.get_connection()
            try:
                connection.send_packed_command([data])
                return str(connection.read_response())
            except library.RedisError as error:
                return "error: " + str(error)
            finally:
                connection.disconnect()
        """)
    store = RedisProxy(open_store())
    ping = b"*1\r\n$4\r\nPING\r\n"
    garbage = [
        b"x",
        b"GET k\r\n",
        b"*1\r\n",
        ping[:-4],
        b"*1\r\n$3\r\nPING\r\n",
        b"*-1\r\n",
        b"*0\r\n",
        ping[4:],
    ]
    garbage += [
        b"*99999999999\r\n",
        b"*20000\r\n",
        b"*1\r\n$-1\r\n",
        b"*1\r\n$99999999\r\nx\r\n",
        b"\x00" * 100,
    ]
    garbage += [b"*1\r\n$ 4\r\nPING\r\n", ping * 2000, ping + b"x"]
    for data in garbage:
        said = answer.call("send", [store, data], deadline=10)
        assert said.startswith("error: Protocol error"), (data[:40], said)
    assert answer.call("send", [store, ping], deadline=10) == "PONG"


@on_linux
def test_a_fork_of_ours_leaves_the_helper_alone(tmp_path: Path) -> None:
    """A program that forks itself, as multiprocessing does, neither uses nor ends its parent's helper."""
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent("""
            import os
            from labapp.grading.process import AnswerHost

            TEXT = "def whose(x):\\n    import os\\n    return [x, os.getppid()]\\n"
            with AnswerHost() as host:
                answer = host.start(TEXT, "ex00_fork")
                ours = answer.call("whose", ["parent"], deadline=10)
                child = os.fork()
                if child == 0:
                    theirs = host.start(TEXT, "ex00_fork").call("whose", ["child"], deadline=10)
                    host.close()
                    os._exit(0 if theirs[0] == "child" and theirs[1] != ours[1] else 1)
                assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
                assert answer.call("whose", ["parent"], deadline=10) == ours
                assert host.start(TEXT, "ex00_fork").call("whose", ["parent"], deadline=10) == ours
            """)
    )
    subprocess.run(
        [sys.executable, str(script)], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True
    )
