"""Prove that an exercise is whole: every place is there, and every answer gets the verdict that it should.

An exercise lives in eight places that are joined by its slug, and nothing but a proof keeps them together.
What is proven for each:

- all places exist, nothing lies around that belongs to no exercise, the stub is fresh;
- the stub fails, the solution passes, every other right answer passes;
- every wrong answer fails at the check that its docstring names;
- refusing everything earns nothing, and every check that asks for a refusal also sees something accepted;
- no odd value that an answer may return makes a check stumble.

`tests/test_exercises_join.py` asks these functions; each returns what is wrong, as sentences.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from labapp.authoring.stubs import make_stub
from labapp.errors import LabError, SetupError
from labapp.grading.catalog import Catalog, Exercise
from labapp.grading.checks.collecting import collect
from labapp.grading.engine import catalog, grade
from labapp.grading.failures import HarnessFault
from labapp.grading.places import Places
from labapp.grading.process import AnswerHost
from labapp.grading.verdict import FAILED, FAULT, PASSED, UNANSWERED, Verdict

MANY_WRONG = 3

REFUSALS = (
    "ValueError('no')",
    "PermissionError('no')",
    "labapp.errors.InvalidGrantError('no')",
    "labapp.errors.InvalidTokenError('no', refused='all')",
    "jwt.InvalidTokenError('no')",
)
ODD_VALUES = (
    "None",
    "0",
    "-1.5",
    "''",
    "'x'",
    "[]",
    "{}",
    "b'x'",
    "True",
    "[None]",
    "{'x': None}",
    "['x'] * 2",
)

_REFUSED_BY = re.compile(r"^Refused by: (test_\w+)$", re.MULTILINE)


# --- places ------------------------------------------------------------------------------------------------------


def missing(slug: str, where: Places) -> list[str]:
    """Name the places of an exercise that are not there, or not as they should be."""
    exercise = catalog(where)[slug]
    problems = [
        f"{path.relative_to(where.home)} is missing"
        for path in (where.solution(slug), where.stub(slug), where.checks(slug))
        if not path.is_file()
    ]
    count = len(where.wrong(slug))
    if count < MANY_WRONG:
        problems.append(
            f"{count} wrong answers in tests/exercises/wrong/{slug}; there should be {MANY_WRONG} or more"
        )
    if not any(_answers(path, slug) for path in where.notebooks.glob(f"{exercise.lesson}_*.ipynb")):
        problems.append(f"no cell of notebooks/{exercise.lesson}_*.ipynb begins with %%answer {slug}")
    return problems + _todos(exercise) + _stale(slug, where)


def _answers(notebook: Path, slug: str) -> bool:
    cells = json.loads(notebook.read_text(encoding="utf-8")).get("cells", [])
    return any("".join(cell.get("source", "")).startswith(f"%%answer {slug}\n") for cell in cells)


def _todos(exercise: Exercise) -> list[str]:
    texts = (exercise.title, *exercise.hints, *exercise.sources)
    return [f"the catalogue still says {text!r}" for text in texts if text.startswith("TODO")]


def _stale(slug: str, where: Places) -> list[str]:
    try:
        fresh = make_stub(where.solution(slug).read_text(encoding="utf-8"), slug)
        return (
            [] if where.stub(slug).read_text(encoding="utf-8") == fresh else [f"the stub is stale: {_DERIVE}"]
        )
    except OSError:
        return []
    except SetupError as error:
        return [str(error)]


_DERIVE = "run `python -m labapp derive`"


def strays(where: Places) -> list[str]:
    """Name files and folders that belong to no exercise of the catalogue."""
    known = catalog(where)
    return sorted(
        f"{path.relative_to(where.home)} belongs to no exercise of the catalogue"
        for path, slug in _found(where)
        if slug not in known and path.name not in ("conftest.py", "__init__.py")
    )


def _found(where: Places) -> Iterator[tuple[Path, str]]:
    for folder in (where.home / "exercises", where.solutions):
        yield from ((path, path.stem) for path in folder.glob("*.py"))
    for path in where.checks_folder.glob("*.py"):
        yield path, path.stem.removeprefix("test_")
    for kind in ("wrong", "right"):
        yield from (
            (path, path.name) for path in (where.checks_folder / kind).glob("*") if path.name[0] not in "._"
        )


# --- verdicts ----------------------------------------------------------------------------------------------------


def unproven(slug: str, where: Places, host: AnswerHost) -> list[str]:
    """Run the stub, the solution and all other answers of an exercise, and name those that get a wrong verdict."""
    problems = []
    stub = _read(where.stub(slug))
    if grade(slug, stub, host=host, where=where).state != UNANSWERED:
        problems.append("the stub counts as an answer")
    started = grade(slug, f"{stub}\n# begun\n", host=host, where=where)
    if started.state == PASSED or started.score:
        problems.append("the stub earns points")
    for path in (where.solution(slug), *where.right(slug)):
        verdict = grade(slug, _read(path), host=host, where=where)
        if not verdict.is_passed:
            problems.append(f"{path.relative_to(where.home)} should pass: {_why(verdict)}")
    problems += [problem for path in where.wrong(slug) for problem in _not_refused(slug, path, where, host)]
    return problems


def _not_refused(slug: str, path: Path, where: Places, host: AnswerHost) -> Iterator[str]:
    name = path.relative_to(where.home)
    text = _read(path)
    docstring = ast.get_docstring(ast.parse(text)) or ""
    named = _REFUSED_BY.findall(docstring)
    if len(named) != 1 or docstring.startswith("Refused by"):
        yield f"{name}: its docstring should say the mistake in its first line, and `Refused by: test_…` in one other"
        return
    verdict = grade(slug, text, host=host, where=where)
    found = {check.name: check for check in verdict.checks}.get(named[0])
    if found is None:
        yield f"{name}: {named[0]} is no check of this exercise, or was not run: {_why(verdict)}"
    elif found.outcome != FAILED or found.cause in ("todo", "uncallable"):
        yield f"{name} should fail at {named[0]}, which says: {found.outcome} {found.seen}; {_why(verdict)}"


def one_sided(slug: str, where: Places, host: AnswerHost) -> list[str]:
    """Name what lets an answer earn something by refusing everything."""
    problems = []
    solution = grade(slug, _read(where.solution(slug)), host=host, where=where)
    depends = {check.name: check.depends for check in collect(where.checks(slug))}
    for check in solution.checks:
        refused = {step.function for step in check.trace if step.refused}
        accepted = _accepted(check.name, solution, depends)
        problems += [
            f"{check.name} sees {function} refuse, and neither it nor what it depends on sees it accept"
            for function in sorted(refused - accepted)
        ]
    for refusal in REFUSALS:
        verdict = grade(slug, _constant(where.stub(slug), f"raise {refusal}"), host=host, where=where)
        if verdict.score != 0:
            problems.append(f"always raising {refusal} earns {verdict.score}: {_why(verdict)}")
    return problems


def _accepted(name: str, verdict: Verdict, depends: Mapping[str, tuple[str, ...]]) -> set[str]:
    """Name the functions that returned in a check, or in one that it depends on."""
    steps = next(check.trace for check in verdict.checks if check.name == name)
    own = {step.function for step in steps if step.function and not step.refused}
    return own.union(*(_accepted(other, verdict, depends) for other in depends[name]))


def stumbles(slug: str, where: Places, host: AnswerHost) -> list[str]:
    """Name the odd values by which an answer makes a check stumble, or even passes."""
    problems = []
    for value in ODD_VALUES:
        verdict = grade(slug, _constant(where.stub(slug), f"return {value}"), host=host, where=where)
        if verdict.state in (FAULT, PASSED):
            problems.append(f"always returning {value}: {_why(verdict)}")
    return problems


def _constant(stub: Path, body: str) -> str:
    """Write an answer whose functions all do the same one thing."""
    functions = [node.name for node in ast.parse(_read(stub)).body if isinstance(node, ast.FunctionDef)]
    return "import jwt\nimport labapp.errors\n" + "".join(
        f"def {function}(*args, **kwargs):\n    {body}\n" for function in functions
    )


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _why(verdict: Verdict) -> str:
    """Say in short what came of it, with the seed that brings it back."""
    bad = [f"{c.name} {c.outcome}: {c.seen}" for c in verdict.checks if c.outcome in (FAILED, FAULT)]
    return (
        f"{verdict.state}{' ' + verdict.message if verdict.message else ''} (seed {verdict.seed}) "
        + "; ".join(bad)
    )


def all_problems(where: Places, host: AnswerHost) -> dict[str, list[str]]:
    """Return everything that is wrong, by slug; the empty slug stands for what belongs to none."""
    try:
        known: Catalog = catalog(where)
        found = {"": strays(where)}
        for slug in known.slugs:
            found[slug] = missing(slug, where)
            if all(path.is_file() for path in (where.solution(slug), where.stub(slug), where.checks(slug))):
                proofs = (unproven, one_sided, stumbles)
                found[slug] += [problem for proof in proofs for problem in proof(slug, where, host)]
    except (LabError, HarnessFault) as error:
        return {"": [str(error)]}
    return {slug: problems for slug, problems in found.items() if problems}
