"""One answer in, one verdict out: the right outcome, in the right words, whoever is at fault."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labapp.errors import UnknownExerciseError
from labapp.grading.engine import grade, grade_saved
from labapp.grading.places import Places
from labapp.grading.process import AnswerHost
from labapp.grading.report import OUR_FAULT, as_dict, as_text
from labapp.grading.verdict import FAILED, FAULT, NOT_REACHED, PASSED, UNANSWERED, UNLOADABLE, Verdict

Grade = Callable[..., Verdict]

DOUBLE = "def double(number):\n    if number < 0:\n        raise ValueError\n    return number * 2\n"
NO_SIGN = "def double(number):\n    return number * 2\n"


@pytest.fixture
def graded(host: AnswerHost, small_course: Places) -> Grade:
    """Grade an answer to the first exercise of the tiny course."""

    def run(text: str | None, slug: str = "ex00_double", **options: Any) -> Verdict:
        return grade(slug, text, host=host, where=small_course, **options)

    return run


def outcomes(verdict: Verdict) -> dict[str, str]:
    return {check.name: check.outcome for check in verdict.checks}


def test_a_right_answer_passes(graded: Grade) -> None:
    """Full points; the report says which seed and which wall."""
    verdict = graded(DOUBLE)
    assert verdict.is_passed
    assert verdict.score == 2
    assert set(outcomes(verdict).values()) == {PASSED}
    text = as_text(verdict)
    assert "✓ ex00_double – Double a number: 2 of 2 checks passed (2 of 2 points)" in text
    assert f"--seed {verdict.seed}" in text
    assert "wall: process" in text


def test_a_check_has_its_share_of_the_points(graded: Grade) -> None:
    """One of four parts was right."""
    verdict = graded(NO_SIGN)
    assert outcomes(verdict) == {"test_it_doubles": PASSED, "test_it_refuses_negative_numbers": FAILED}
    assert verdict.score == 0.5
    failed = verdict.checks[1]
    assert failed.seen == "double does not refuse"
    assert failed.hint == "look at the sign first"
    assert failed.expected == "ValueError"


def test_what_depends_on_a_failed_check_is_not_reached(graded: Grade) -> None:
    """It would only say the same again."""
    verdict = graded("def double(number):\n    return 7\n")
    assert outcomes(verdict) == {"test_it_doubles": FAILED, "test_it_refuses_negative_numbers": NOT_REACHED}
    assert verdict.checks[1].seen == "needs first: The result is twice the number."
    assert "(not reached)" in as_text(verdict)


@pytest.mark.parametrize("text", [None, "", "  \n", "STUB", "STUB  \n\n"])
def test_no_answer_is_told_in_one_line(graded: Grade, small_course: Places, text: str | None) -> None:
    """The stub as it was given is none, whatever an editor did to its blanks."""
    if text is not None:
        text = text.replace("STUB", small_course.stub("ex00_double").read_text().rstrip())
    verdict = graded(text)
    assert (verdict.state, verdict.score, verdict.checks) == (UNANSWERED, 0, ())
    assert as_text(verdict).splitlines()[0] == "ex00_double is not answered yet (0 of 2 points)"


def test_the_stub_with_a_change_is_not_written_yet(graded: Grade, small_course: Places) -> None:
    """A kind sentence, and no points."""
    verdict = graded(small_course.stub("ex00_double").read_text() + "# begun\n")
    assert (verdict.state, verdict.score) == (FAILED, 0)
    assert verdict.checks[0].seen == "double is not written yet"


def test_an_answer_that_cannot_be_loaded_is_told_once(graded: Grade) -> None:
    """With the learner's own line and caret, not once for every check."""
    verdict = graded("def double(number:\n    return 1\n")
    assert (verdict.state, verdict.score, verdict.checks) == (UNLOADABLE, 0, ())
    assert "'(' was never closed" in verdict.message
    text = as_text(verdict)
    assert "the answer could not be loaded" in text
    assert "def double(number:" in text
    assert "^" in text
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("text", "state"),
    [("x" * 600_000, UNLOADABLE), ("x = '" + "é" * 400_000 + "'", FAILED)],
    ids=["huge", "large"],
)
def test_an_answer_of_any_size_is_the_answers_own_business(graded: Grade, text: str, state: str) -> None:
    """Too large to be read is no fault of ours."""
    assert graded(text).state == state


@pytest.mark.parametrize(
    ("body", "cause", "seen"),
    [
        ("return {number}", "unsendable", "a set is no plain data"),
        ("return str(number)", "check", "what double returns: it is"),
        ("raise SystemExit", "raised", "double raised SystemExit"),
        ("assert number == -1", "raised", "double raised AssertionError"),
        ("import os; os._exit(0)", "ended", "the answer ended the process"),
        ('import os; os.write(3, b\'{"outcome": "passed"}\')', "protocol", "belongs to no reply"),
        ("raise NotImplementedError", "todo", "double is not written yet"),
    ],
)
def test_whatever_an_answer_does_is_a_plain_failure(graded: Grade, body: str, cause: str, seen: str) -> None:
    """Never a fault of ours, never a point."""
    verdict = graded(f"def double(number):\n    {body}\n")
    assert (verdict.state, verdict.score) == (FAILED, 0)
    assert verdict.checks[0].cause == cause
    assert seen in verdict.checks[0].seen


def test_an_exception_shows_the_learners_lines(graded: Grade) -> None:
    """Numbered as in the answer's file."""
    verdict = graded(
        "def double(number):\n    return helper(number)\n\n\ndef helper(n):\n    return n['x']\n"
    )
    assert [(line.number, line.function, line.text) for line in verdict.checks[0].lines] == [
        (2, "double", "return helper(number)"),
        (6, "helper", "return n['x']"),
    ]
    text = as_text(verdict)
    assert "double raised TypeError: 'int' object is not subscriptable" in text
    assert "line 6, in helper" in text


def test_a_missing_function_is_explained(graded: Grade) -> None:
    """By its name, with where to look."""
    verdict = graded("def dubble(number):\n    return 1\n")
    assert verdict.checks[0].seen == "there is no function double"
    assert "the stub" in verdict.checks[0].hint


def test_the_first_timeout_ends_the_run(graded: Grade, small_course: Places) -> None:
    """The other checks would only wait as well."""
    verdict = graded("def spend(redis, coin):\n    while True: pass\n", "ex09_spend")
    results = list(outcomes(verdict).values())
    assert (results.count(FAILED), results.count(NOT_REACHED)) == (1, 2)
    assert any("the run ended when this took too long" in check.seen for check in verdict.checks)


def test_a_submission_has_a_budget(course: Places, host: AnswerHost) -> None:
    """Many calls that are each quick enough do not last for ever."""
    text = course.catalog.read_text().replace("deadline = 3.0", "budget = 0.3\nstop_at_timeout = false")
    course.catalog.write_text(text)
    slow = "def double(number):\n    for _ in range(10**9): pass\n"
    verdict = grade("ex00_double", slow, host=host, where=course)
    assert "all calls together took more than 0.3 s" in verdict.checks[0].seen


CHECKS = """
from labapp.grading.checks import Attempt, check

def test_good(attempt: Attempt) -> None:
    '''This one is good.'''
    attempt.call("double", 1)

def test_broken(attempt: Attempt) -> None:
    '''This one is broken.'''
    attempt.call("double", 1)["key"]

def test_asserts(attempt: Attempt) -> None:
    '''This one asserts.'''
    assert attempt.call("double", 1) == 3
"""


def test_a_fault_of_ours_looks_different_and_costs_nothing(course: Places, host: AnswerHost) -> None:
    """It is not scored at all; the report says whose fault it is and where, and shows no traceback."""
    course.checks("ex00_double").write_text(CHECKS)
    verdict = grade("ex00_double", DOUBLE, host=host, where=course)
    assert verdict.state == FAULT
    assert verdict.score is None
    assert outcomes(verdict) == {"test_good": PASSED, "test_broken": FAULT, "test_asserts": FAULT}
    text = as_text(verdict)
    assert OUR_FAULT.split(",")[0] in text
    assert "test_ex00_double.py, line 10: TypeError" in " ".join(text.split())
    assert "Traceback" not in text
    assert "not scored" in text


def test_checks_that_cannot_be_read_are_a_fault(course: Places, host: AnswerHost) -> None:
    """And nothing was run."""
    course.checks("ex00_double").write_text("import nowhere_at_all\n")
    verdict = grade("ex00_double", DOUBLE, host=host, where=course)
    assert (verdict.state, verdict.score, verdict.checks) == (FAULT, None, ())
    assert OUR_FAULT in as_text(verdict)


def test_a_seed_replays_a_run_and_a_replay_is_never_scored(graded: Grade) -> None:
    """The same numbers, the same order, the same words."""
    first = graded(NO_SIGN)
    replay = graded(NO_SIGN, seed=first.seed)
    assert first.score == 0.5
    assert (replay.is_replay, replay.score) == (True, None)
    assert replay.checks == first.checks
    assert "a replay, for study" in as_text(replay)


def test_every_run_is_another(graded: Grade) -> None:
    """An answer that remembers numbers or their order gets nothing."""
    runs = [graded(DOUBLE) for _ in range(5)]
    assert len({verdict.seed for verdict in runs}) == 5
    traces = {json.dumps([step.what for step in verdict.checks[0].trace]) for verdict in runs}
    assert len(traces) == 5


def test_an_answer_that_counts_its_calls_gets_nothing(graded: Grade) -> None:
    """Each check has a fresh process, and cases are mixed."""
    counting = (
        "CALLS = []\ndef double(number):\n    CALLS.append(1)\n"
        "    if len(CALLS) > 3: raise ValueError\n    return number * 2\n"
    )
    assert outcomes(graded(counting))["test_it_refuses_negative_numbers"] == FAILED


def test_an_unknown_exercise_is_named(graded: Grade) -> None:
    """With the nearest slug."""
    with pytest.raises(UnknownExerciseError, match="did you mean ex00_double"):
        graded(DOUBLE, "ex00_duble")


def test_saved_answers_are_graded_from_their_folder(
    course: Places, monkeypatch: pytest.MonkeyPatch, host: AnswerHost
) -> None:
    """Where LAB_HOME says."""
    monkeypatch.setenv("LAB_HOME", str(course.home))
    monkeypatch.setattr("labapp.grading.engine.shared_host", lambda: host)
    assert grade_saved("ex00_double").state == UNANSWERED
    course.answer("ex00_double").write_text(DOUBLE)
    assert grade_saved("ex00_double").is_passed


def test_a_report_as_data_is_json(graded: Grade) -> None:
    """With everything that a view needs, and nothing that JSON cannot carry."""
    printing = "def double(number):\n    print('look', number)\n    return {'a': [number]}\n"
    told = json.loads(json.dumps(as_dict(graded(printing))))
    assert told["state"] == FAILED
    assert told["score"] == 0
    first = told["checks"][0]
    assert first["outcome"] == FAILED
    assert first["seen"].startswith("what double returns: it is {'a':")
    assert first["trace"][0].split("UTC  ")[1].startswith("answer: double(")
    assert first["printed"].startswith("look")
    assert set(told) == {
        "slug", "title", "state", "message", "score", "points", "seed", "wall", "is_replay", "seconds", "checks",
    }  # fmt: skip


TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLW9mLXRoaXMtdG9rZW4"


def test_no_credential_and_no_control_character_is_shown(graded: Grade) -> None:
    """Whatever the answer raises, prints or returns; a terminal is not told what to do."""
    lines = [f"print('{TOKEN}', chr(27) + '[2J', chr(0xd800))", f"raise ValueError('{TOKEN}')"]
    leaking = "\n    ".join(["def double(number):", *lines])
    verdict = graded(leaking)
    for shown in (as_text(verdict), json.dumps(as_dict(verdict), ensure_ascii=False)):
        assert TOKEN not in shown
        assert "eyJhbG…" in shown
        assert "\x1b" not in shown
        shown.encode()


def test_what_was_explained_is_not_explained_again(graded: Grade) -> None:
    """Two checks that fail in the same way take one explanation."""
    verdict = graded("def spend(redis, coins, more):\n    return 1\n", "ex09_spend")
    text = as_text(verdict)
    assert text.count("keep the names and parameters of the stub") == 1
    assert "the same as above" in text


def test_much_output_is_cut(graded: Grade) -> None:
    """In the report; the data holds a little more."""
    text = as_text(graded("def double(number):\n    for n in range(1000): print(n)\n    return 0.5\n"))
    assert "more lines)" in text
    assert len(text.splitlines()) < 90


def test_nothing_of_this_machine_stands_in_a_report(graded: Grade, small_course: Places) -> None:
    """No path; reports are handed in."""
    for text in (DOUBLE, NO_SIGN, "import nowhere\n", "def double(n):\n    raise KeyError(n)\n"):
        shown = as_text(graded(text))
        assert str(small_course.home) not in shown
        assert str(Path(__file__).parents[2]) not in shown
