"""The words of the Makefile: listed by `make` alone, and each a plain line that can be typed elsewhere."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WORDS = ["lab", "test", "check", "grade", "bench", "clean", "lock"]


def make(program: str, *arguments: str) -> str:
    """Run make and return what it says."""
    command = [program, "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="session")
def program(needs_program: Callable[[str], str]) -> str:
    """The path of make."""
    return needs_program("make")


def test_make_alone_lists_the_words(program: str) -> None:
    """Each with what it does, in one line."""
    lines = make(program).splitlines()
    assert [line.split()[1] for line in lines] == WORDS
    assert all(len(line.split()) > 4 for line in lines)


@pytest.mark.parametrize("word", ["lab", "test", "grade", "bench"])
def test_a_word_is_one_plain_line(program: str, word: str) -> None:
    """Whoever has no make can type it: the environment's Python, `-m`, and what follows."""
    ready = ["--assume-old=.venv/lab.stamp", "--assume-old=.venv/test.stamp"]
    lines = make(program, "--dry-run", *ready, word).splitlines()
    assert len(lines) == 1
    assert re.match(r'(JUPYTER_CONFIG_PATH=".+" )?\.venv/bin/python -m \w', lines[0])


def test_the_environment_is_made_again_when_the_lock_changes(program: str) -> None:
    """A lock that is newer than the environment begins it anew."""
    said = make(program, "--dry-run", "--what-if=requirements.lock", "test")
    assert "-m venv --clear .venv" in said
    assert said.index("-r requirements.lock") < said.index("-r requirements-test.lock")
