"""Kernel tests run as root on a real kernel: skipped elsewhere, and never quietly skipped there."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "may_skip(why): this kernel test may be skipped where root runs it")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if os.geteuid() != 0 and item.path.is_relative_to(here):
            item.add_marker(pytest.mark.skip(reason="needs root; type: sudo ./test"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that is skipped as root: a hole in the suite must not look like a pass."""
    report = yield
    expected = "wasxfail" in vars(report) or item.get_closest_marker("may_skip") is not None
    if report.skipped and os.geteuid() == 0 and not expected:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"root runs every kernel test, or the test is marked may_skip: {reason}"
    return report
