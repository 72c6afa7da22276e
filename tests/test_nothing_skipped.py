"""The promise of `.ci/run`: with LAB_NOTHING_SKIPPED=1 a skipped test is a failed test."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

SKIPPING = """
import pytest

def test_needs_a_program(needs_program):
    needs_program("no-such-program")

@pytest.mark.skip(reason="too tired")
def test_marked():
    pass

@pytest.mark.xfail(strict=True)
def test_known_to_fail():
    assert False
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A small suite that uses the conftest of this one, and no plugin, which would be loaded anew for each run."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeconftest(Path(__file__).with_name("conftest.py").read_text(encoding="utf-8"))
    pytester.makepyfile(test_suite=SKIPPING)
    return pytester


def test_a_missing_program_skips_and_says_how_to_get_it(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a learner's machine a missing program is no fault."""
    monkeypatch.delenv("LAB_NOTHING_SKIPPED", raising=False)
    result = suite.runpytest_inprocess("-rs")
    result.assert_outcomes(skipped=2, xfailed=1)
    result.stdout.fnmatch_lines(["*no-such-program is not installed: apt-get install*no-such-program"])


def test_where_nothing_may_be_skipped_every_skip_fails(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the reason of the skip; an expected failure stays one."""
    monkeypatch.setenv("LAB_NOTHING_SKIPPED", "1")
    suite.runpytest_inprocess().assert_outcomes(failed=1, errors=1, xfailed=1)


def test_a_whole_file_may_not_be_skipped_either(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`importorskip` at the top of a file hides all of its tests."""
    monkeypatch.setenv("LAB_NOTHING_SKIPPED", "1")
    suite.makepyfile(test_hidden="import pytest\npytest.importorskip('no_such_module')\n")
    result = suite.runpytest_inprocess("test_hidden.py")
    assert result.ret != pytest.ExitCode.OK
