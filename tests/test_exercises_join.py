"""Every exercise of the course is whole: all its places are there, and every answer gets the verdict that it should."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from labapp.authoring.derive import derive
from labapp.grading.engine import catalog
from labapp.grading.joins import missing, one_sided, strays, stumbles, unproven
from labapp.grading.places import BESIDE_THE_PACKAGE, Places
from labapp.grading.process import AnswerHost

COURSE = Places(BESIDE_THE_PACKAGE)
SLUGS = catalog(COURSE).slugs


@pytest.fixture(scope="module")
def host() -> Iterator[AnswerHost]:
    """One warm helper for all of them."""
    with AnswerHost() as host:
        yield host


def test_there_are_exercises() -> None:
    """An empty catalogue would pass everything below."""
    assert SLUGS


@pytest.mark.parametrize("slug", SLUGS)
def test_every_place_exists(slug: str) -> None:
    """Solution, fresh stub, checks, three wrong answers, a cell in the lesson, and no hint left to do."""
    assert missing(slug, COURSE) == []


def test_nothing_lies_around() -> None:
    """No stub, solution, check or answer without an exercise in the catalogue."""
    assert strays(COURSE) == []


def test_derived_files_are_fresh() -> None:
    """Stubs and the cells in the lessons say what the solutions say."""
    assert derive(COURSE, check=True) == []


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("proof", [unproven, one_sided, stumbles])
def test_every_answer_gets_its_verdict(
    slug: str, proof: Callable[[str, Places, AnswerHost], list[str]], host: AnswerHost
) -> None:
    """Right answers pass, each wrong one fails where it says, refusing everything earns nothing, nothing stumbles."""
    assert proof(slug, COURSE, host) == []
