"""Hand the checks in this folder to the grader: they are run against answers, not as tests of the lab."""

from __future__ import annotations

import pytest

from labapp.grading import pytest_plugin


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Register the grader, unless the command line has done so."""
    if not pluginmanager.has_plugin(pytest_plugin.__name__):
        pluginmanager.register(pytest_plugin, pytest_plugin.__name__)
