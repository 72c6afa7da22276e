r'''Make a stub from a solution, so that the two never drift apart.

In a solution, what a learner has to write stands between two markers:

    def rotate(redis, token):
        """Exchange a refresh token."""
        # BEGIN SOLUTION
        # Find the family first.
        family = redis.get(token)
        ...
        # END SOLUTION

In the stub that part becomes a `# TODO` and `raise NotImplementedError`.
Everything else stays as it is: imports, signatures, docstrings, helpers that are given.

- The TODO says what stands after `BEGIN SOLUTION`, on that line or in the comment lines right below it.
- A half-filled stub: comment lines after `# STUB:` inside the part, each holding a line of code, take the place of
  `raise NotImplementedError`.

Example:
    >>> print(make_stub("def f(x):\n    # BEGIN SOLUTION double it\n    return 2 * x\n    # END SOLUTION\n"))
    def f(x):
        # TODO: double it
        raise NotImplementedError
    <BLANKLINE>
'''

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from labapp.errors import SetupError

DEFAULT_TODO = "write this part"

_BEGIN = re.compile(r"^(?P<indent>\s*)# BEGIN SOLUTION\b:?\s*(?P<todo>.*)$")
_END = re.compile(r"^\s*# END SOLUTION\s*$")
_STUB = re.compile(r"^\s*# STUB:\s*$")
_COMMENT = re.compile(r"^\s*#(?: (?P<text>.*)|)$")


def make_stub(solution: str, name: str = "the solution") -> str:
    """Make the stub of a solution.

    Args:
        solution: the text of the solution.
        name: what it is called in messages.

    Returns:
        The text of the stub; it is valid Python.

    Raises:
        SetupError: the markers do not pair up, there are none, or the stub would not be Python.
    """
    lines = iter(enumerate(solution.splitlines(), start=1))
    stub: list[str] = []
    parts = 0
    for number, line in lines:
        begin = _BEGIN.match(line)
        if begin is not None:
            stub += _todo(begin["indent"], begin["todo"].strip(), _part(lines, number, name))
            parts += 1
        elif _END.match(line):
            raise SetupError(f"{name}, line {number}: END SOLUTION without BEGIN SOLUTION")
        else:
            stub.append(line)
    if not parts:
        raise SetupError(f"{name} has no # BEGIN SOLUTION, so there would be nothing to write")
    text = "\n".join(stub).rstrip() + "\n"
    try:
        ast.parse(text)
    except SyntaxError as error:
        raise SetupError(f"the stub of {name} is no Python, line {error.lineno}: {error.msg}") from error
    return text


def _part(lines: Iterator[tuple[int, str]], begun: int, name: str) -> list[str]:
    """Take the lines up to the end marker."""
    part: list[str] = []
    for number, line in lines:
        if _END.match(line):
            return part
        if _BEGIN.match(line):
            raise SetupError(
                f"{name}, line {number}: BEGIN SOLUTION inside a part that began in line {begun}"
            )
        part.append(line)
    raise SetupError(f"{name}, line {begun}: BEGIN SOLUTION without END SOLUTION")


def _todo(indent: str, said: str, part: list[str]) -> list[str]:
    """Write what stands in place of a part."""
    todo = [said] if said else []
    given: list[str] = []
    is_given = False
    for line in part:
        comment = _COMMENT.match(line)
        if comment is None:
            break
        if _STUB.match(line):
            is_given = True
        else:
            (given if is_given else todo).append(comment["text"] or "")
    first, *rest = todo or [DEFAULT_TODO]
    body = given or ["raise NotImplementedError"]
    return [
        f"{indent}# TODO: {first}",
        *(f"{indent}# {line}".rstrip() for line in rest),
        *(f"{indent}{line}" for line in body),
    ]
