"""A stub is the solution without what the learner has to write, and nothing else is changed."""

from __future__ import annotations

import ast
import textwrap

import pytest

from labapp.authoring.stubs import make_stub
from labapp.errors import SetupError


def stub(solution: str) -> str:
    return make_stub(textwrap.dedent(solution).lstrip())


def test_everything_outside_the_markers_stays() -> None:
    """Imports, signatures, docstrings, helpers, comments, blank lines."""
    solution = '''
        """What it is about."""

        from __future__ import annotations

        import secrets  # used by the solution only

        LIFE = 300


        def helper(x: int) -> int:
            return x


        def f(x: int, *, y: str | None = None) -> int:
            """Say what it does.

            Args:
                x: a number.
            """
            if x:
                # BEGIN SOLUTION
                return secrets.randbelow(x)
                # END SOLUTION
            return 0
        '''
    made = stub(solution)
    lines = made.splitlines()
    assert "        # TODO: write this part" in lines
    assert "        raise NotImplementedError" in lines
    kept = [line for line in textwrap.dedent(solution).strip().splitlines() if "SOLUTION" not in line]
    kept.remove("        return secrets.randbelow(x)")
    assert [line for line in lines if line in kept] == kept
    assert len(lines) == len(kept) + 2
    assert made.endswith("    return 0\n")


def test_the_todo_says_what_the_solution_says() -> None:
    """On the marker's own line, in the comments below it, or both; comments further down are the solution's own."""
    assert stub("""
        def f():
            # BEGIN SOLUTION: first this
            # Then that.
            #
            # And that.
            x = 1
            # not for you
            return x
            # END SOLUTION
        """).splitlines() == [
        "def f():",
        "    # TODO: first this",
        "    # Then that.",
        "    #",
        "    # And that.",
        "    raise NotImplementedError",
    ]


def test_a_stub_may_be_half_filled() -> None:
    """With the lines that are given, instead of an exception."""
    made = stub("""
        def f(x):
            # BEGIN SOLUTION
            # Fill in the condition.
            # STUB:
            # if x is ...:
            #     return 1
            # raise NotImplementedError
            if x is None:
                return 1
            return 2
            # END SOLUTION
        """)
    assert (
        "    # TODO: Fill in the condition.\n    if x is ...:\n        return 1\n    raise NotImplementedError\n"
        in made
    )
    ast.parse(made)


def test_several_parts_are_several_todos() -> None:
    """Each in its place."""
    assert (
        stub("""
        def f():
            # BEGIN SOLUTION one
            return 1
            # END SOLUTION

        def g():
            # BEGIN SOLUTION two
            return 2
            # END SOLUTION
        """).count("# TODO")
        == 2
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x = 1\n", "no # BEGIN SOLUTION"),
        ("# BEGIN SOLUTION\nx = 1\n", "line 1: BEGIN SOLUTION without END SOLUTION"),
        ("x = 1\n# END SOLUTION\n", "line 2: END SOLUTION without BEGIN SOLUTION"),
        ("# BEGIN SOLUTION\n# BEGIN SOLUTION\n# END SOLUTION\n", "line 2: BEGIN SOLUTION inside a part"),
        ("def f():\n# BEGIN SOLUTION\n    return 1\n# END SOLUTION\n", "is no Python, line"),
        ("# BEGIN SOLUTION\n# STUB:\n# def f(:\nx = 1\n# END SOLUTION\n", "is no Python, line"),
    ],
)
def test_markers_that_do_not_pair_up_are_named(text: str, problem: str) -> None:
    """With the line; a stub is always Python."""
    with pytest.raises(SetupError, match=problem):
        make_stub(text, "solutions/ex00_x.py")
