"""`python -m labapp`: clear words, clear errors, honest exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from labapp.__main__ import main
from labapp.doctor import examine
from labapp.grading.places import places


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, list(words))
    assert "Traceback" not in result.output
    return result.exit_code, result.output


def test_help_names_every_command():
    code, text = run("--help")
    assert code == 0
    for word in ("doctor", "list", "check", "hint", "derive", "new"):
        assert f"\n  {word} " in text


def test_the_doctor_says_what_is_here_without_a_path_or_a_name_of_the_user():
    code, text = run("doctor")
    assert code == 0, text
    for word in ("python", "store", "redis", "walls", "browser", "disk", "port", "jupyterlab", "PyJWT"):
        assert word in text
    assert str(Path.home()) not in text


def test_the_doctor_survives_a_broken_machine(monkeypatch):
    monkeypatch.setenv("LAB_REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setattr("shutil.disk_usage", lambda _: 1 / 0)
    found = {finding.name: finding for finding in examine()}
    assert not found["redis-server"].ok
    assert not found["disk"].ok


def test_a_wrong_answer_is_explained_and_exits_with_1():
    wrong = places().wrong("ex00_two_doors")[0]
    code, text = run("check", "ex00_two_doors", "--answer", str(wrong))
    assert code == 1
    assert "hint" in text


def test_a_right_answer_exits_with_0_and_a_replay_is_not_scored():
    right = str(places().solution("ex00_two_doors"))
    assert run("check", "ex00_two_doors", "--answer", right)[0] == 0
    code, text = run("check", "ex00_two_doors", "--answer", right, "--seed", "7")
    assert code == 0
    assert "not scored" in text


@pytest.mark.parametrize("command", ["check", "hint"])
def test_an_unknown_exercise_is_one_sentence(command):
    code, text = run(command, "ex99")
    assert code == 1
    assert text.startswith("Error: there is no exercise 'ex99'")


def test_nothing_derived_is_stale():
    code, text = run("derive", "--check")
    assert (code, text) == (0, "")
