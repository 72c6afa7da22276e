"""Keep a learner's answers: nothing that somebody wrote is ever lost without a copy.

An answer can be changed in two ways: by running its `%%answer` cell, and by editing the file.
So a cell never overwrites what it did not write itself:

- A cell that equals the stub saves nothing; an answer that is already there stays, and is named.
- If the file changed since a cell last wrote it, it goes to `.history/` first.
- Then the cell is saved, and what it wrote is remembered by its hash.

Every write is atomic: the file is the old one or the new one, never half of either.
The functions work on a folder, and know nothing of notebooks.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

HISTORY = ".history"


@dataclass(frozen=True)
class Saved:
    """What saving did.

    Attributes:
        is_saved: was the cell written to the file?
        path: where the answer is, or would be.
        kept: the copy of what stood there before, if one was made.
        waiting: is there an answer, although this cell holds none?
    """

    is_saved: bool
    path: Path
    kept: Path | None = None
    waiting: bool = False

    def __str__(self) -> str:
        if self.is_saved:
            copy = f"; what stood there before is in {HISTORY}/{self.kept.name}" if self.kept else ""
            return f"saved as {self.path.name}{copy}"
        if self.waiting:
            return (
                f"nothing to save; {self.path.name} holds an earlier answer: lab.restore({self.path.stem!r})"
            )
        return "nothing to save yet: the cell is as it was given"


def save(folder: Path, slug: str, text: str, stub: str) -> Saved:
    """Save what an `%%answer` cell holds.

    Args:
        folder: the folder of answers; it is made if it is missing.
        slug: the exercise.
        text: the cell, without its `%%answer` line.
        stub: what the cell held when it was given.

    Example:
        >>> with tempfile.TemporaryDirectory() as name:
        ...     folder = Path(name)
        ...     print(save(folder, "ex00_x", "TODO", stub="TODO"))
        ...     print(save(folder, "ex00_x", "x = 1", stub="TODO"))
        ...     _ = (folder / "ex00_x.py").write_text("x = 2  # in an editor")
        ...     print(save(folder, "ex00_x", "x = 3", stub="TODO"))
        nothing to save yet: the cell is as it was given
        saved as ex00_x.py
        saved as ex00_x.py; what stood there before is in .history/ex00_x.0001.py
    """
    path = folder / f"{slug}.py"
    if text.strip() == stub.strip():
        return Saved(False, path, waiting=path.exists())
    text = text.rstrip("\n") + "\n"
    old = _read(path)
    kept = None
    if old is not None and old != text.encode() and _digest(old) != _last_written(folder, slug):
        kept = _keep(folder, slug, old)
    write(path, text.encode())
    write(_mark(folder, slug), _digest(text.encode()).encode())
    return Saved(True, path, kept)


def restore(folder: Path, slug: str) -> str | None:
    """Return the answer that is saved, to be put into its cell; None if there is none."""
    data = _read(folder / f"{slug}.py")
    return None if data is None else data.decode("utf-8", "replace")


def history(folder: Path, slug: str) -> list[Path]:
    """List the older answers, oldest first."""
    return sorted((folder / HISTORY).glob(f"{slug}.[0-9]*.py"))


def undo(folder: Path, slug: str) -> Path | None:
    """Bring the youngest of the older answers back; the present one takes its place, so that undoing twice is nothing.

    Returns:
        The answer's path, or None if there is no older one.
    """
    older = history(folder, slug)
    if not older:
        return None
    path = folder / f"{slug}.py"
    present, past = _read(path), older[-1].read_bytes()
    write(path, past)
    if present is None:
        older[-1].unlink()
    else:
        write(older[-1], present)
    return path


def write(path: Path, data: bytes) -> None:
    """Write a file so that it is never seen half written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _keep(folder: Path, slug: str, data: bytes) -> Path:
    """Copy an answer into the history, under the next number."""
    older = history(folder, slug)
    number = int(older[-1].name.split(".")[-2]) + 1 if older else 1
    path = folder / HISTORY / f"{slug}.{number:04}.py"
    write(path, data)
    return path


def _mark(folder: Path, slug: str) -> Path:
    """Where the hash of what a cell wrote last is remembered."""
    return folder / HISTORY / f"{slug}.sha256"


def _last_written(folder: Path, slug: str) -> str:
    return (_read(_mark(folder, slug)) or b"").decode("ascii", "replace")


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
