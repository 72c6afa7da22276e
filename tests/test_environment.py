"""What is installed: pyproject.toml says it, and environment.yml and the locks say the same."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = CONFIG["project"]
EXTRAS = PROJECT["optional-dependencies"]
RUN = [*PROJECT["dependencies"], *EXTRAS["build"]]
LOCKS = {
    "requirements.lock": RUN,
    "requirements-test.lock": [*RUN, *EXTRAS["test"]],
}
"""Each lock → the requirements that it locks."""


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def pins(lock: str) -> dict[tuple[str, str], str]:
    """Read a lock: name and marker → version."""
    found = re.findall(r"^([\w.-]+)==(\S+)(?: ; (.+?))? \\$", read(lock), re.MULTILINE)
    return {(canonicalize_name(name), marker): version for name, version, marker in found}


def test_conda_installs_the_same() -> None:
    """environment.yml asks for the Python and the packages of pyproject.toml, and for the lab itself."""
    wanted = yaml.safe_load(read("environment.yml"))["dependencies"]
    *from_conda, from_pip = wanted
    assert from_conda == [f"python{PROJECT['requires-python']}", "pip"]
    assert from_pip == {"pip": ["-e .", *PROJECT["dependencies"]]}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_place(lock: str) -> None:
    """Names, versions and hashes are the same everywhere; where packages come from is the installer's business."""
    for place in ("://", "index-url", "find-links", "--trusted-host", " @ "):
        assert place not in read(lock)


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_in_a_lock_has_hashes(lock: str) -> None:
    """Else `pip --require-hashes` refuses the whole file, on the learner's machine."""
    text = re.sub(r"^ *#.*\n", "", read(lock), flags=re.MULTILINE)
    for entry in re.split(r"\n(?=\S)", text.rstrip()):
        assert re.fullmatch(r"[\w.-]+==\S+( ; .+?)?( \\\n +--hash=sha256:[0-9a-f]{64})+", entry), entry


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_what_pyproject_asks_for(lock: str) -> None:
    """Whoever changes a dependency runs `make lock`."""
    versions = {name: version for (name, _), version in pins(lock).items()}
    for requirement in map(Requirement, LOCKS[lock]):
        version = versions.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement} is not in {lock}: run `make lock`"
        assert version in requirement.specifier, f"{lock} holds {version} for {requirement}: run `make lock`"


def test_both_locks_agree() -> None:
    """What is tested is what learners get; so the test environment is the lab's with more in it."""
    assert pins("requirements.lock").items() <= pins("requirements-test.lock").items()


def test_the_lab_is_built_by_what_is_locked() -> None:
    """It is installed without build isolation, which would download a build backend outside the lock."""
    assert CONFIG["build-system"]["requires"] == EXTRAS["build"]


def test_every_dependency_has_its_reason() -> None:
    """A dependency that nobody can explain is one that nobody will remove."""
    asked = re.findall(
        r'^  "([A-Za-z][\w.-]*\[?\w*\]?[<>=~].*?)",(.*)$', read("pyproject.toml"), re.MULTILINE
    )
    named = [*PROJECT["dependencies"], *(r for extra in EXTRAS.values() for r in extra)]
    assert [requirement for requirement, _ in asked] == named
    for requirement, comment in asked:
        assert re.match(r" +# .{15}", comment), f"{requirement} has no reason beside it"
