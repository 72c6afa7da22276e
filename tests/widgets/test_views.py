"""Views are pure functions of plain data: escaped, legible without colour, and the same as text."""

from __future__ import annotations

import re
from html import unescape

import pytest

from labapp.clock import LAB_START, LabClock
from labapp.grading.engine import grade
from labapp.grading.places import places
from labapp.lab import Lab
from labapp.widgets.predict import Prediction
from labapp.widgets.report_card import report_card
from labapp.widgets.store_view import store_table
from labapp.widgets.time_machine import TimeMachine, clock_face
from labapp.widgets.timeline import timeline
from labapp.widgets.verdict import verdict_view
from labapp.widgets.view import View, badge, plain_table

HOSTILE = '<script>alert("x")</script>&'


@pytest.fixture
def lab() -> Lab:
    return Lab(alg="ES256")


def test_nothing_from_outside_becomes_markup():
    views = [
        plain_table([HOSTILE], [[HOSTILE]]),
        timeline({HOSTILE: [(0, True)]}, title=HOSTILE),
        clock_face(LAB_START, [(HOSTILE, "bad", HOSTILE)]),
        Prediction(HOSTILE, [HOSTILE]).outcome(HOSTILE),
    ]
    for view in views:
        assert "<script" not in view.html
        assert "&lt;script&gt;" in view.html


def test_each_colour_has_a_shape_and_a_word():
    assert [badge(kind, "word")[-len("✓ word</span>") :] for kind in ("good", "bad")] == [
        "✓ word</span>",
        "✗ word</span>",
    ]


def test_a_picture_says_the_same_in_text():
    view = timeline({"token": [(LAB_START, True), (LAB_START + 900, False)]}, start=LAB_START)
    assert view.html.count("<circle") == 1
    assert view.html.count("refused</title>") == 1
    assert re.findall(r"served|refused", view.text) == ["served", "refused"]


def test_requests_at_the_same_moment_or_none_at_all_can_be_drawn():
    assert timeline({}).text
    assert timeline({"a": []}).text
    assert "served" in timeline({"a": [(5.0, True)]}, start=5.0).text


def test_the_time_machine_moves_the_clock_and_follows_it():
    clock = LabClock()
    machine = TimeMachine(clock, lambda: [("token", "good", "served")])
    buttons = {b.description: b for b in machine.children[1].children}
    buttons["+ 15 min"].click()
    assert clock.now() == LAB_START + 900
    assert "09:15:00" in machine.children[0].value
    clock.advance(hours=1)
    assert "10:15:00" in machine.children[0].value
    assert "1 h 15 min" in repr(machine)
    machine.close()
    clock.advance(hours=1)


def test_a_prediction_never_stops_anything():
    guess = Prediction("which?", ["200", "401"])
    assert "not predicted" in repr(guess.outcome("200"))
    guess.choose("200")
    assert "as you predicted" in repr(guess.outcome(200))
    with pytest.raises(ValueError, match="200, 401"):
        guess.choose("500")


def test_comparing_both_doors_shows_no_credential(lab):
    phone, browser = lab.token_door.login("alice"), lab.session_door.login("alice")
    phone.get("/me")
    browser.get("/me")
    for view in (lab.compare(token_door=phone, session_door=browser), lab.exchanges(), lab.store_table()):
        for shown in (view.html, view.text):
            assert phone.access_token not in shown
            assert phone.refresh_token not in shown
            assert browser.sid not in shown
            assert lab.password("alice") not in shown


def test_looking_keeps_nothing_alive(lab):
    """A time machine that used the session would be a busy user."""
    browser = lab.session_door.login("alice")
    for _ in range(4):
        lab.clock.advance(minutes=5)
        seen = lab.would_serve(browser)
    assert seen == (False, "idle")


def test_a_store_view_names_kinds_and_hides_nothing_by_accident(lab):
    lab.session_door.login("alice")
    assert "session:" in lab.store_table("session").text
    assert "user:" not in lab.store_table("session").text
    assert store_table([]).text == "(nothing of this kind)"


@pytest.mark.parametrize(
    "path", sorted(places().checks_folder.glob("wrong/ex00_two_doors/*.py")), ids=lambda p: p.stem
)
def test_a_report_tells_the_same_facts_in_both_forms(path):
    verdict = grade("ex00_two_doors", path.read_text(encoding="utf-8"))
    view = verdict_view(verdict, ("saved as x.py",))
    assert isinstance(view, View)
    failed = next(check for check in verdict.checks if check.outcome == "failed")
    plain = re.sub(r"\s+", " ", view.text)
    marked = re.sub(r"\s+", " ", unescape(re.sub("</?code>", "`", view.html)))
    for fact in (failed.sentence, failed.seen, failed.hint, str(verdict.seed), verdict.wall, "saved as x.py"):
        assert re.sub(r"\s+", " ", fact) in plain
        assert re.sub(r"\s+", " ", fact) in marked


def test_the_report_card_adds_up_by_word():
    from labapp.grading.engine import catalog
    from labapp.grading.progress import Reached

    view = report_card(catalog(), {"ex00_two_doors": Reached("passed", 1, 1, 1)})
    assert "passed" in view.text
    assert re.search(r"together\s+1\sof\s\d+", view.text)
