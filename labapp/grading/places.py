"""Where the parts of an exercise lie: beside the package, or where `LAB_HOME` says.

<home>/exercises/catalog.toml             what exercises there are
<home>/exercises/<slug>.py                the stub
<home>/exercises/answers/<slug>.py        the learner's answer
<home>/solutions/<slug>.py                the reference
<home>/tests/exercises/test_<slug>.py     the checks
<home>/tests/exercises/wrong/<slug>/      plausible wrong answers
<home>/tests/exercises/right/<slug>/      other right answers
<home>/notebooks/                         the lessons
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from labapp.errors import SetupError

BESIDE_THE_PACKAGE = Path(__file__).resolve().parents[2]


def find_home() -> Path:
    """Return the folder that holds the exercises.

    Raises:
        SetupError: there is none; the message says what to set.
    """
    asked = os.environ.get("LAB_HOME")
    home = Path(asked).expanduser().resolve() if asked else BESIDE_THE_PACKAGE
    if not (home / "exercises" / "catalog.toml").is_file():
        where = f"LAB_HOME={asked}" if asked else "the folder of the package"
        raise SetupError(
            f"no exercises/catalog.toml in {where}; set LAB_HOME to the folder of the course, "
            "or install the lab from it with `pip install -e .`"
        )
    return home


@dataclass(frozen=True)
class Places:
    """Every place of the exercises under one home.

    Attributes:
        home: the folder of the course.

    Example:
        >>> Places(Path("course")).checks("ex00_two_doors").as_posix()
        'course/tests/exercises/test_ex00_two_doors.py'
    """

    home: Path

    @property
    def catalog(self) -> Path:
        """What exercises there are."""
        return self.home / "exercises" / "catalog.toml"

    @property
    def answers(self) -> Path:
        """The learner's folder; `LAB_ANSWERS` names another one."""
        asked = os.environ.get("LAB_ANSWERS")
        return Path(asked).expanduser().resolve() if asked else self.home / "exercises" / "answers"

    @property
    def solutions(self) -> Path:
        """The folder of the references."""
        return self.home / "solutions"

    @property
    def notebooks(self) -> Path:
        """The lessons."""
        return self.home / "notebooks"

    @property
    def checks_folder(self) -> Path:
        """The folder of the checks."""
        return self.home / "tests" / "exercises"

    def stub(self, slug: str) -> Path:
        """What the learner starts from."""
        return self.home / "exercises" / f"{slug}.py"

    def answer(self, slug: str) -> Path:
        """What the learner wrote."""
        return self.answers / f"{slug}.py"

    def solution(self, slug: str) -> Path:
        """The reference."""
        return self.solutions / f"{slug}.py"

    def checks(self, slug: str) -> Path:
        """The checks."""
        return self.checks_folder / f"test_{slug}.py"

    def wrong(self, slug: str) -> list[Path]:
        """The wrong answers, by name."""
        return sorted((self.checks_folder / "wrong" / slug).glob("*.py"))

    def right(self, slug: str) -> list[Path]:
        """The other right answers, by name."""
        return sorted((self.checks_folder / "right" / slug).glob("*.py"))


def places() -> Places:
    """Return the places under the home that is in force.

    Raises:
        SetupError: there is none.
    """
    return Places(find_home())
