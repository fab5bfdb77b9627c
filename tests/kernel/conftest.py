"""Kernel tests run as root on a real kernel: skipped elsewhere, and never quietly skipped there."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest

from harness.machine.tracefs import bring_tracefs
from tests.kernel.bench import OWN_MOUNTS


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "may_skip(why): this kernel test may be skipped where root runs it")
    config.addinivalue_line("markers", "own_mounts: this kernel test mounts something that nobody else sees")
    # A test that has a caller behind sudo names one; who typed ./test is none.
    for name in ("SUDO_UID", "SUDO_GID", "SUDO_USER", "SUDO_COMMAND"):
        os.environ.pop(name, None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    ours = [item for item in items if item.path.is_relative_to(here)]
    if os.geteuid() != 0:
        for item in ours:
            item.add_marker(pytest.mark.skip(reason="needs root; type: ./test"))
        return
    bring_tracefs()  # for what tests attach or start themselves
    mounting = [item for item in ours if item.get_closest_marker("own_mounts")]
    tried = subprocess.run([*OWN_MOUNTS, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        for item in mounting:
            item.add_marker(pytest.mark.may_skip("as in a chroot whose root is no mount point"))
            item.add_marker(pytest.mark.skip(reason=f"others would see its mounts: {tried.stderr.strip()}"))


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
