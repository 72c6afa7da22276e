"""A lesson as a learner has it before them: a window of Chromium with one notebook in JupyterLab.

Whatever is waited for is a condition that the page shows; nothing here waits for a span of time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.browser.jupyter import Jupyter

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage"
).split()
WINDOW = {"width": 1100, "height": 1000}
"""A small laptop's window, with JupyterLab's side bar open as it is at first."""
PATIENCE = 60_000
"""For how long a page may take to show something, in milliseconds."""
SETTLED = """() => {
  const prompts = [...document.querySelectorAll('.jp-Notebook .jp-CodeCell')].map(
    cell => cell.querySelector('.jp-InputPrompt').textContent);
  return prompts.length && prompts.every(prompt => !prompt.includes('*'));
}"""
NUMBERED = """() => {
  const prompts = [...document.querySelectorAll('.jp-Notebook .jp-CodeCell')].map(
    cell => cell.querySelector('.jp-InputPrompt').textContent);
  return prompts.every((prompt, index) => prompt === `[${index + 1}]:`);
}"""


@contextmanager
def chromium(program: str) -> Iterator[Browser]:
    """Run a browser for the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class Desk:
    """One window with one notebook.

    Attributes:
        page: Playwright's page.
        outside: addresses beyond this machine that the page asked for.
    """

    def __init__(self, browser: Browser, server: Jupyter, path: str, **options: Any) -> None:
        context = browser.new_context(viewport=WINDOW, **options)
        context.set_default_timeout(PATIENCE)
        self.page: Page = context.new_page()
        self.outside: list[str] = []
        self.page.on("request", lambda request: self._note(request.url, server.url))
        workspace = re.sub(r"\W", "-", path)
        self.page.goto(f"{server.url}lab/workspaces/{workspace}/tree/{path}?token={server.token}")
        self.wait_idle()

    def close(self) -> None:
        """Close the window; the kernel lives on, as it does for a learner."""
        self.page.context.close()

    # --- cells ----------------------------------------------------------------------------------------------------

    @property
    def cells(self) -> Locator:
        """All code cells."""
        return self.page.locator(".jp-Notebook .jp-CodeCell")

    def cell(self, text: str) -> Locator:
        """Return the first code cell that holds a text."""
        return self.cells.filter(has=self.page.locator(".jp-InputArea-editor", has_text=text)).first

    def cell_after(self, cell: Locator) -> Locator:
        """Return the next code cell."""
        return cell.locator("xpath=following-sibling::div[contains(@class,'jp-CodeCell')][1]")

    def run(self, cell: Locator) -> None:
        """Run one cell with Shift and Enter, and wait until it is done."""
        before = cell.locator(".jp-InputPrompt").inner_text()
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Shift+Enter")
        expect(cell.locator(".jp-InputPrompt")).not_to_have_text(before)
        self.settle()

    def write(self, cell: Locator, text: str) -> None:
        """Put a text into a cell in place of what is there."""
        cell.locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(text)

    def answer(self, slug: str, text: str) -> Locator:
        """Write an answer into the cell of its exercise and run it; return the cell."""
        index = self.index(self.cell(f"%%answer {slug}"))
        cell = self.cells.nth(index)
        self.write(cell, f"%%answer {slug}\n{text}")
        self.run(cell)
        return cell

    def index(self, cell: Locator) -> int:
        """Return a cell's place among the code cells."""
        found: int = cell.evaluate(
            "cell => [...document.querySelectorAll('.jp-Notebook .jp-CodeCell')].indexOf(cell)"
        )
        return found

    # --- the whole notebook ---------------------------------------------------------------------------------------

    def menu(self, menu: str, command: str) -> None:
        """Choose from JupyterLab's menu bar."""
        self.page.locator(".lm-MenuBar-item", has_text=menu).click()
        self.page.locator(f".lm-Menu-item[data-command='{command}']").first.click()

    def run_all(self) -> None:
        """Run all cells from the menu, and wait until each has the number that belongs to its place."""
        self.menu("Run", "runmenu:run-all")
        self.page.wait_for_function(NUMBERED)

    def restart_and_run_all(self) -> None:
        """Restart the kernel and run all cells from the menu."""
        self.menu("Kernel", "runmenu:restart-and-run-all")
        self.page.locator(".jp-Dialog button.jp-mod-accept").click()
        self.page.wait_for_function(NUMBERED)

    def wait_idle(self) -> None:
        """Wait for a kernel; the notebook's own indicator says idle before there is one."""
        self.page.locator(".jp-StatusBar-TextItem", has_text="| Idle").wait_for()

    def settle(self) -> None:
        """Wait until no cell is waiting or running."""
        self.page.wait_for_function(SETTLED)

    def use_theme(self, name: str) -> None:
        """Change JupyterLab's theme from the menu, and wait until it is there.

        Args:
            name: `Light` or `Dark`.
        """
        self.page.locator(".lm-MenuBar-item", has_text="Settings").click()
        self.page.locator(".lm-Menu-item", has_text="Theme").first.hover()
        self.page.locator(".lm-Menu-item", has_text=f"JupyterLab {name}").first.click()
        self.page.locator(f"body[data-jp-theme-light='{'true' if name == 'Light' else 'false'}']").wait_for()

    def _note(self, address: str, home: str) -> None:
        if not address.startswith((home, "data:", "blob:")):
            self.outside.append(address)
