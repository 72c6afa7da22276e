"""What the lessons show can be read: in both themes, in a small window, from the keyboard, and without a picture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from labapp.grading.engine import catalog
from labapp.grading.places import places
from tests.browser.desk import Desk, output

pytestmark = pytest.mark.xdist_group("browser")
VIEWS = ".harbour, .jp-OutputArea-output .jupyter-button"
"""Our own views, and the buttons that belong to them."""
BUTTON = ".jp-OutputArea-output button"


@pytest.fixture
def full(desk: Desk, answers: Path) -> Iterator[Desk]:
    """A lesson with all that its views can show: a report on a wrong answer, a choice made, every detail open."""
    exercise = max((e for e in catalog() if e.lesson == desk.lesson), key=lambda e: e.points)
    desk.answer(exercise.slug, places().wrong(exercise.slug)[0].read_text(encoding="utf-8"))
    desk.page.locator(".widget-toggle-button").first.click()
    desk.run(desk.cell("lab.report_card("))
    desk.page.evaluate("document.querySelectorAll('.harbour details').forEach(part => { part.open = true })")
    yield desk
    desk.use_theme("Light")


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_every_text_has_enough_contrast(full: Desk, theme: str, tmp_path: Path) -> None:
    """WCAG 2.2, 1.4.3: at least 4.5, or 3 for large text, for each text of our views on what it stands on."""
    full.use_theme(theme)
    found = full.page.evaluate("views => harbour.contrasts(views)", VIEWS)
    for number, cell in enumerate(full.cells.filter(has=full.page.locator(".harbour")).all()):
        output(cell).screenshot(path=tmp_path / f"{number:02}.png")
    assert len(found) > 100
    for kind in ("badge good", "badge bad", "badge warn", "badge quiet"):
        assert any(kind in text["kind"] for text in found), kind
    assert not [text for text in found if text["ratio"] < text["needed"]]


def test_too_little_contrast_would_be_seen(desk: Desk) -> None:
    """The measure itself, on colours whose contrast is known, also where one is half transparent."""
    desk.page.evaluate(
        """() => { document.body.insertAdjacentHTML('beforeend', `<div id="measured" style="background:#fff">
        <i style="color:#777">4.48</i><i style="color:#767676">4.54</i><i style="color:#00000080">3.95</i>
        <b style="background:#000;color:#fff">21</b><i style="opacity:.5;color:#000">3.95</i>
        <svg><circle cx="50" cy="50" r="40" fill="#000"/><text x="45" y="50" fill="#fff">21</text></svg></div>`) }"""
    )
    found = desk.page.evaluate("harbour.contrasts('#measured')")
    desk.page.evaluate("document.querySelector('#measured').remove()")
    assert [text["ratio"] for text in found] == pytest.approx(
        [float(text["text"]) for text in found], abs=0.05
    )
    assert len(found) == 6


def test_nothing_has_to_be_scrolled_sideways(desk: Desk) -> None:
    """Every output fits a window of 1100 pixels with the side bar open, the pictures too."""
    assert desk.page.viewport_size["width"] == 1100
    assert not desk.page.evaluate("harbour.tooWide()")
    for picture in desk.page.evaluate("harbour.pictures()"):
        left, right, _, _ = picture["box"]
        assert 0 < left < right < picture["window"]


def test_the_words_in_a_picture_are_whole_and_apart(desk: Desk) -> None:
    """No label reaches beyond its picture, and no two labels cross."""
    pictures = desk.page.evaluate("harbour.pictures()")
    assert pictures
    assert not [picture for picture in pictures if picture["outside"] or picture["crossing"]]


def test_a_picture_says_what_it_is_and_has_a_form_in_words(desk: Desk) -> None:
    """Role and name for a screen reader, and the same facts as a table that can be opened below it."""
    for picture in desk.page.evaluate("harbour.pictures()"):
        assert picture["role"] == "img"
        assert len(picture["label"]) > 10
        assert picture["words"].startswith("The same in words")


def test_every_button_is_reached_by_tab_and_has_a_name(desk: Desk) -> None:
    """From the first cell to the last, in the order of the page, with a name that is not empty."""
    desk.select(desk.cells.first)
    buttons = desk.page.locator(BUTTON)
    names = [" ".join(name.split()) for name in buttons.all_inner_texts()]
    assert len(names) > 5
    assert all(names)
    reached: list[str] = []
    for _ in range(3 * len(names)):
        desk.page.keyboard.press("Tab")
        if desk.page.evaluate(f"document.activeElement.matches('{BUTTON}')"):
            reached.append(desk.page.evaluate("document.activeElement.innerText").strip())
        if len(reached) == len(names):
            break
    assert reached == names
    for button, name in zip(buttons.all(), names, strict=True):
        expect(button).to_have_accessible_name(name)


def test_the_focus_can_be_seen(desk: Desk) -> None:
    """A button that has the focus from the keyboard looks different from one that has not."""
    desk.select(desk.cells.first)
    look = "one => { const s = getComputedStyle(one); return [s.outlineStyle, s.outlineWidth, s.boxShadow, s.border] }"
    button = desk.page.locator(BUTTON).first
    before = button.evaluate(look)
    while not button.evaluate("one => one === document.activeElement"):
        desk.page.keyboard.press("Tab")
    assert button.evaluate(look) != before
