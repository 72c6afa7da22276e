"""Three desks for all tests of this folder; a test brings about itself what it needs and finds answers empty.

| desk | lesson | how it is found |
|---|---|---|
| `desks("00_start_here")`, `desks("08_refresh_rotation")` | each of them | after Run All |
| `scratch` | 00 | as a learner opens it, nothing run but what a test ran |
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.desk import Desk, chromium
from tests.browser.jupyter import Jupyter, jupyter_lab

LESSONS = ("00_start_here", "08_refresh_rotation")


@pytest.fixture(scope="package")
def jupyter(require_chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    """One JupyterLab; that nothing of it is left is asserted when it ends."""
    with jupyter_lab(tmp_path_factory.mktemp("jupyter")) as server:
        yield server


@pytest.fixture(scope="package")
def window(require_chromium: str, jupyter: Jupyter) -> Iterator[BrowserContext]:
    """One browser."""
    with chromium(require_chromium) as context:
        yield context


@pytest.fixture(scope="package")
def desks(window: BrowserContext, jupyter: Jupyter) -> Callable[[str], Desk]:
    """Give a function that returns the desk of a lesson, all of it run once; `first_run` tells what came of that."""

    @cache
    def desk_of(lesson: str) -> Desk:
        desk = Desk(window, jupyter, jupyter.copy(lesson))
        desk.run_all()
        desk.first_run = desk.facts()
        return desk

    return desk_of


@pytest.fixture(params=LESSONS)
def desk(request: pytest.FixtureRequest, desks: Callable[[str], Desk]) -> Desk:
    """Each lesson in turn, all of it run."""
    found = desks(request.param)
    found.page.bring_to_front()
    return found


@pytest.fixture(scope="package")
def untouched(window: BrowserContext, jupyter: Jupyter) -> Desk:
    return Desk(window, jupyter, jupyter.copy(LESSONS[0]))


@pytest.fixture
def scratch(untouched: Desk) -> Desk:
    """Lesson 00, of which only the first cell has been run, just now."""
    untouched.page.bring_to_front()
    untouched.run(untouched.cell("lab = Lab("))
    return untouched


@pytest.fixture
def answers(jupyter: Jupyter) -> Path:
    """The folder of answers, with none in it."""
    shutil.rmtree(jupyter.answers, ignore_errors=True)
    return jupyter.answers


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Keep a picture of the window where a test of a desk failed, and say where it is."""
    report = yield
    used = getattr(item, "funcargs", {})
    desk = used.get("desk") or used.get("scratch")
    if report.failed and report.when == "call" and isinstance(desk, Desk) and "tmp_path" in used:
        path = used["tmp_path"] / "failed.png"
        desk.page.screenshot(path=path)
        report.sections.append(("the window", str(path)))
    return report
