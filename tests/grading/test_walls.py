"""A wall is how the helper is launched, and nothing else: a stronger one changes no check and no engine."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from labapp.grading.engine import grade
from labapp.grading.failures import HarnessFault
from labapp.grading.places import Places
from labapp.grading.process import AnswerHost
from labapp.grading.process.walls import ProcessWall
from labapp.grading.report import as_text

ISOLATED = """
    --ro-bind /usr /usr --symlink usr/lib /lib --symlink usr/lib64 /lib64 --ro-bind /etc/ld.so.cache /etc/ld.so.cache
    --dev /dev --proc /proc --tmpfs /tmp --unshare-all --uid 65534 --gid 65534 --cap-drop ALL
    --die-with-parent --new-session --clearenv --setenv TMPDIR /tmp --chdir /tmp
"""


class Bubblewrap(ProcessWall):
    """A try at the next wall: own namespaces, another user, and no file but Python's own."""

    name = "bubblewrap"

    def launch(
        self, command: Sequence[str], *, stdin: Any, folder: Path, environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        words = f"bwrap {ISOLATED}".split()
        for prefix in sorted({Path(prefix).resolve() for prefix in (sys.prefix, sys.base_prefix)}):
            words += ["--ro-bind", str(prefix), str(prefix)]
        return super().launch([*words, *command], stdin=stdin, folder=folder, environment=environment)

    def clear(self, process: subprocess.Popen[bytes], children: Iterable[int]) -> None:
        super().clear(process, ())  # their numbers mean nothing outside, and they end with the namespace


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="namespaces are a thing of Linux")
def test_a_stronger_wall_needs_no_other_check(course: Places, needs_program: Callable[[str], str]) -> None:
    """The same verdicts for the same answers; the name stands on the report; the course is out of reach."""
    needs_program("bwrap")
    with AnswerHost(Bubblewrap()) as host:
        for slug in ("ex00_double", "ex09_spend"):
            verdict = grade(slug, course.solution(slug).read_text(), host=host, where=course)
            assert verdict.is_passed, as_text(verdict)
            assert "wall: bubblewrap" in as_text(verdict)
        naive = (course.checks_folder / "wrong" / "ex09_spend" / "get_then_del.py").read_text()
        assert grade("ex09_spend", naive, host=host, where=course).checks[2].outcome == "failed"
        looking = textwrap.dedent(f"""
            import os

            def double(number):
                return [os.path.exists({str(course.home)!r}), os.getuid(), os.getpid() < 1000, os.listdir(".")]
            """)
        result = grade("ex00_double", looking, host=host, where=course).checks[0]
        assert result.actual == [False, 65534, True, []]


class Broken(ProcessWall):
    """Launches something that cannot serve answers."""

    def launch(
        self, command: Sequence[str], *, stdin: Any, folder: Path, environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        broken = [sys.executable, "-c", "raise SystemExit('no such module as jwt here')"]
        return super().launch(broken, stdin=stdin, folder=folder, environment=environment)


@pytest.mark.parametrize("forks", [True, False])
def test_a_process_that_does_not_start_is_our_fault(
    forks: bool, course: Places, open_files: Callable[[], set[str]]
) -> None:
    """With what it said last; it leaves nothing behind, and is never charged to the answer."""
    files = open_files()
    with AnswerHost(Broken(), forks=forks) as host:
        with pytest.raises(HarnessFault, match="no process for answers could be started"):
            host.start("", "ex00_double")
        verdict = grade("ex00_double", "def double(n):\n    return 2 * n\n", host=host, where=course)
        assert (verdict.state, verdict.score) == ("fault", None)
        if forks:
            assert "no such module as jwt here" in verdict.checks[0].seen
    assert open_files() == files


def test_a_host_is_warmed_without_waiting(course: Places) -> None:
    """A notebook starts the helper early, and the first check finds it ready."""
    with AnswerHost() as host:
        host.warm()
        helper = host._helper
        assert helper is not None
        host.warm()
        assert grade(
            "ex00_double", course.solution("ex00_double").read_text(), host=host, where=course
        ).is_passed
        assert host._helper is helper
    with AnswerHost(forks=False) as host:
        host.warm()
        assert host._helper is None


def test_the_helper_is_told_nothing_of_this_machine(course: Places) -> None:
    """Its environment is empty but for what a program needs."""
    os.environ["LAB_TEST_SECRET"] = "x"
    try:
        with AnswerHost() as host:
            answer = host.start("import os\ndef look():\n    return sorted(os.environ)\n", "ex00_double")
            assert set(answer.call("look", deadline=5)) <= {
                "HOME",
                "LANG",
                "LC_CTYPE",
                "PATH",
                "SYSTEMROOT",
                "TMPDIR",
            }
    finally:
        del os.environ["LAB_TEST_SECRET"]
