"""A lesson as a learner has it before them: a window of Chromium with one notebook in JupyterLab.

Whatever is waited for is a condition that the page shows; nothing here waits for a span of time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, expect, sync_playwright

from tests.browser.jupyter import Jupyter

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage"
).split()
WINDOW = {"width": 1100, "height": 1000}
"""A small laptop's window, with JupyterLab's side bar open as it is at first."""
PATIENCE = 60_000
"""For how long a page may take to show something, in milliseconds."""
IN_PAGE = (Path(__file__).with_name("in_page.js")).read_text(encoding="utf-8")
"""What is asked of the page itself; it is put there as `harbour`."""


@contextmanager
def chromium(program: str, **options: Any) -> Iterator[BrowserContext]:
    """Run a browser for the block; its windows share one cache, so JupyterLab is loaded once.

    Args:
        program: its path.
        options: of Playwright's `new_context`.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        try:
            context = browser.new_context(**{"viewport": WINDOW, **options})
            context.set_default_timeout(PATIENCE)
            context.add_init_script(IN_PAGE)
            expect.set_options(timeout=PATIENCE)
            yield context
        finally:
            expect.set_options(timeout=None)
            browser.close()


class Desk:
    """One window with one notebook.

    Args:
        window: where it is opened.
        server: the JupyterLab.
        path: of the notebook, below the server's root.

    Attributes:
        lesson: its number.
        page: Playwright's page.
        outside: addresses beyond this machine that the page asked for.
        first_run: what `facts` said after the first Run All, if there was one.
    """

    def __init__(self, window: BrowserContext, server: Jupyter, path: str) -> None:
        self.lesson = Path(path).name.partition("_")[0]
        self.page: Page = window.new_page()
        self.outside: list[str] = []
        self.first_run: list[dict[str, Any]] = []
        self.page.on("request", lambda request: self._note(request.url, server.url))
        workspace = re.sub(r"\W", "-", path)
        self.page.goto(f"{server.url}lab/workspaces/{workspace}/tree/{path}?token={server.token}")
        # The notebook's own indicator says idle before there is a kernel, and what is run then is lost.
        self.page.locator(".jp-StatusBar-TextItem", has_text="| Idle").wait_for()

    # --- cells ----------------------------------------------------------------------------------------------------

    @property
    def cells(self) -> Locator:
        """All code cells."""
        return self.page.locator(".jp-Notebook .jp-CodeCell")

    def cell(self, text: str) -> Locator:
        """Return the first code cell that holds a text now; it stays the same cell whatever is written into it."""
        found = self.cells.filter(has=self.page.locator(".jp-InputArea-editor", has_text=text)).first
        return self.cells.nth(_place(found))

    def cell_after(self, cell: Locator) -> Locator:
        """Return the code cell that comes next, or will once it is made."""
        return self.cells.nth(_place(cell) + 1)

    def run(self, cell: Locator) -> None:
        """Run one cell with Shift and Enter, and wait until it is done."""
        before = _prompt(cell).inner_text()
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Shift+Enter")
        expect(_prompt(cell)).not_to_have_text(before)
        self.page.wait_for_function("harbour.isSettled()")

    def write(self, cell: Locator, text: str) -> None:
        """Put a text into a cell in place of what is there."""
        cell.locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(text)

    def answer(self, slug: str, text: str) -> Locator:
        """Write an answer into the cell of its exercise and run it; return the cell."""
        cell = self.cell(f"%%answer {slug}")
        self.write(cell, f"%%answer {slug}\n{text}")
        self.run(cell)
        return cell

    def select(self, cell: Locator) -> None:
        """Put the focus on a cell as a whole, not into its editor."""
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Escape")

    def insert_below(self, cell: Locator, text: str) -> Locator:
        """Make a new cell below a code cell, with a text in it; return it."""
        count, new = (
            self.cells.count(),
            self.cells.nth(cell.evaluate("cell => harbour.cells().indexOf(cell)") + 1),
        )
        self.select(cell)
        self.page.keyboard.press("b")
        expect(self.cells).to_have_count(count + 1)
        self.write(new, text)
        return new

    # --- the whole notebook ---------------------------------------------------------------------------------------

    def menu(self, menu: str, command: str) -> None:
        """Choose from JupyterLab's menu bar."""
        self.page.locator(".lm-MenuBar-item", has_text=menu).click()
        self.page.locator(f".lm-Menu-item[data-command='{command}']").first.click()

    def run_all(self) -> None:
        """Run all cells of a fresh kernel from the menu, and wait until each has the number of its place."""
        self.menu("Run", "runmenu:run-all")
        self.page.wait_for_function("harbour.isNumbered()")

    def restart_and_run_all(self) -> None:
        """Restart the kernel and run all cells from the menu; a cell must have run twice before, to tell it apart."""
        self.menu("Kernel", "runmenu:restart-and-run-all")
        self.page.locator(".jp-Dialog button.jp-mod-accept").click()
        self.page.wait_for_function("harbour.isNumbered()")

    def facts(self) -> list[dict[str, Any]]:
        """Return what stands at each code cell: its prompt, the MIME types of its outputs, and their text."""
        found: list[dict[str, Any]] = self.page.evaluate("harbour.facts()")
        return found

    def use_theme(self, name: str) -> None:
        """Change JupyterLab's theme from the menu, and wait until it is there.

        Args:
            name: `Light` or `Dark`.
        """
        self.page.locator(".lm-MenuBar-item", has_text="Settings").click()
        self.page.locator(".lm-Menu-item", has_text="Theme").first.hover()
        self.page.locator(".lm-Menu-item", has_text=f"JupyterLab {name}").first.click()
        self.page.locator(f"body[data-jp-theme-name='JupyterLab {name}']").wait_for(state="attached")

    def _note(self, address: str, home: str) -> None:
        if not address.startswith((home, "data:", "blob:")):
            self.outside.append(address)


def output(cell: Locator) -> Locator:
    """Return what stands below a cell."""
    return cell.locator(".jp-Cell-outputWrapper")


def _place(cell: Locator) -> int:
    found: int = cell.evaluate("cell => harbour.cells().indexOf(cell)")
    return found


def _prompt(cell: Locator) -> Locator:
    return cell.locator(".jp-InputPrompt")
