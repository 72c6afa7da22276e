"""The floors and doors of the house: they hold today, and each of them can fail.

A contract that never breaks proves nothing.
So a second house is built of empty rooms, a wrong import is put into it at every door, and every contract must notice.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
RUN = "from importlinter.cli import lint_imports_command as run; run()"

ROOMS = "store tokens sessions lifecycle web flaws client attacks drills grading authoring widgets".split()
MODULES = "errors clock randomness profiles audit people lab __main__".split()

WRONG: dict[str, tuple[str, tuple[str, ...]]] = {
    "door-jwt": ("sessions/cookies.py", ("jwt",)),
    "door-redis": ("tokens/denylist.py", ("redis", "fakeredis")),
    "door-flask": ("drills/traffic.py", ("flask", "werkzeug")),
    "door-widgets": ("lab.py", ("ipywidgets", "IPython")),
    "door-pytest": ("drills/checks.py", ("pytest",)),
    "door-nbformat": ("widgets/cell.py", ("nbformat",)),
    "no-jupyter": ("grading/batch.py", ("labapp.authoring.notebooks",)),
}
"""For each contract of a door: a module, and what it must not import."""


def contracts() -> list[dict[str, Any]]:
    """Read the contracts of pyproject.toml."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = config["tool"]["importlinter"]["contracts"]
    return found


def lint(house: Path, *only: str) -> tuple[int, str]:
    """Check the house in a process of its own, since import-linter reads the working directory."""
    chosen = [word for contract_id in only for word in ("--contract", contract_id)]
    command = [sys.executable, "-c", RUN, "--no-cache", "--no-logo", *chosen]
    done = subprocess.run(command, cwd=house, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def empty_house(tmp_path: Path) -> Path:
    """Every room and module of the design, with nothing in them, under the contracts of pyproject.toml."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    package = tmp_path / "labapp"
    for room in ["", *ROOMS]:
        (package / room).mkdir(parents=True)
        (package / room / "__init__.py").touch()
    for module in MODULES:
        (package / f"{module}.py").touch()
    (package / "authoring" / "notebooks.py").write_text("import nbformat\n")
    (package / "store" / "fake.py").write_text("import fakeredis\nimport redis\n")
    (package / "clock.py").write_text("import jwt\nimport labapp.errors\n")
    (package / "people.py").write_text("import labapp.clock\nimport labapp.store.fake\n")
    return tmp_path


def test_the_house_stands() -> None:
    """No module of ours imports from above, or uses a dependency that is not let in at its door."""
    code, report = lint(ROOT)
    assert code == 0, report


def test_the_rooms_of_the_design_have_floors(empty_house: Path) -> None:
    """A room that does not exist yet already knows its place, and may use what it is there for."""
    code, report = lint(empty_house)
    assert code == 0, report


def test_every_door_is_watched(empty_house: Path) -> None:
    """One wrong module at each door: every contract breaks, and names the module and what it imports."""
    for module, imported in WRONG.values():
        (empty_house / "labapp" / module).write_text("".join(f"import {name}\n" for name in imported))
    code, report = lint(empty_house)
    assert code != 0
    for module, imported in WRONG.values():
        importer = f"labapp.{module.removesuffix('.py').replace('/', '.')}"
        for name in imported:
            assert f"{importer} -> {name} (l." in report
    for contract in contracts():
        assert contract["id"] == "floors" or f"{contract['name']} BROKEN" in report


def test_every_contract_is_tried() -> None:
    """A contract that is added without a wrong import here would be believed, not proven."""
    assert {contract["id"] for contract in contracts()} == {"floors", *WRONG}


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("errors.py", "import labapp.clock"),
        ("tokens/access.py", "import labapp.sessions"),
        ("sessions/store.py", "from labapp import tokens"),
        ("web/bank.py", "if False:\n    from labapp.flaws import unverified"),
        ("cellar.py", ""),
    ],
    ids=[
        "from above",
        "tokens to sessions",
        "sessions to tokens",
        "hidden in a branch",
        "a module without a floor",
    ],
)
def test_a_breach_of_the_floors_is_seen(empty_house: Path, module: str, line: str) -> None:
    """Upwards, between the two doors, and by a module that nobody gave a floor."""
    (empty_house / "labapp" / "flaws" / "unverified.py").touch()
    (empty_house / "labapp" / module).write_text(line + "\n")
    code, report = lint(empty_house, "floors")
    assert code != 0, report
