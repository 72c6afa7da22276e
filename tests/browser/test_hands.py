"""Buttons are pressed with the mouse and from the keyboard, and what they do is seen at once."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.desk import Desk, output

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def time_machine(scratch: Desk) -> Locator:
    """The lesson's time machine, over a token and a cookie that were stolen just now; the output below its cell."""
    scratch.run(scratch.cell('phone = lab.token_door.login("alice")'))
    scratch.run(scratch.cell("thief_phone = "))
    cell = scratch.cell("lab.time_machine(")
    scratch.run(cell)
    return output(cell)


def rows(machine: Locator) -> list[str]:
    return machine.locator("tr", has=machine.page.locator(".badge")).all_inner_texts()


def test_the_mouse_moves_lab_time_and_what_is_watched_follows(time_machine: Locator) -> None:
    """Served until the buttons have let the idle time pass, and then until the token has expired."""
    clock = time_machine.locator("code")
    expect(clock).to_have_text("2030-01-07 09:00:00 UTC")
    expect(time_machine.locator(".badge.good")).to_have_count(2)
    time_machine.get_by_role("button", name="+ 15 min").click()
    expect(clock).to_have_text("2030-01-07 09:15:00 UTC")
    expect(time_machine.locator("tr", has_text="stolen cookie")).to_contain_text("✗ refused: idle")
    expect(time_machine.locator("tr", has_text="stolen token")).to_contain_text("✓ served")
    time_machine.get_by_role("button", name="+ 1 min").click()
    expect(clock).to_have_text("2030-01-07 09:16:00 UTC")
    expect(time_machine.locator("tr", has_text="stolen token")).to_contain_text("✗ refused: exp")


def test_the_keyboard_moves_lab_time_as_well(scratch: Desk, time_machine: Locator) -> None:
    """Tab leads from the cell to its buttons; Space presses one, and so does Enter."""
    keyboard, clock = scratch.page.keyboard, time_machine.locator("code")
    scratch.select(scratch.cell("lab.time_machine("))
    keyboard.press("Tab")
    expect(time_machine.get_by_role("button", name="+ 1 min")).to_be_focused()
    keyboard.press("Space")
    expect(clock).to_have_text("2030-01-07 09:01:00 UTC")
    keyboard.press("Tab")
    keyboard.press("Enter")
    expect(clock).to_have_text("2030-01-07 09:06:00 UTC")
    keyboard.press("Enter")
    keyboard.press("Enter")
    expect(clock).to_have_text("2030-01-07 09:16:00 UTC")
    expect(time_machine.locator(".badge.bad")).to_have_count(2)


def test_a_prediction_is_chosen_from_the_keyboard_and_stands_beside_the_outcome(scratch: Desk) -> None:
    """The choice is said in words as well, since the colour of a button says nothing to a screen reader."""
    scratch.run(scratch.cell('phone = lab.token_door.login("alice")'))
    question, after = scratch.cell("lookups = lab.predict("), scratch.cell("lookups.outcome(")
    scratch.run(question)
    scratch.select(question)
    scratch.page.keyboard.press("Tab")
    scratch.page.keyboard.press("Tab")
    expect(output(question).get_by_role("button", name="0 and 1")).to_be_focused()
    scratch.page.keyboard.press("Space")
    expect(output(question)).to_contain_text("you predict 0 and 1")
    scratch.run(after)
    expect(output(after).locator(".box.good")).to_contain_text("✓ 0 and 1 as you predicted")


def test_a_wrong_prediction_is_told_and_not_judged(scratch: Desk) -> None:
    """Another choice, with the mouse; the next cell shows both, and asks why."""
    scratch.run(scratch.cell('phone = lab.token_door.login("alice")'))
    question, after = scratch.cell("lookups = lab.predict("), scratch.cell("lookups.outcome(")
    scratch.run(question)
    output(question).get_by_role("button", name="1 and 1").click()
    expect(output(question)).to_contain_text("you predict 1 and 1")
    scratch.run(after)
    expect(output(after).locator(".box.warn")).to_contain_text(
        "you predicted 1 and 1: what is behind the difference?"
    )
