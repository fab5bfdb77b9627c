"""What every test may rely on, wherever and however the suite is started."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.machine import privileges
from tests.nobody import Nobody, find_nobody

# No test may ask whoever runs it for a password, or become root because they need none.
os.environ["BENCH_NO_SUDO"] = "1"
# The launcher's Python heeds no such variable (-I): what it holds back in its buffers is held back here.
os.environ.pop("PYTHONUNBUFFERED", None)


def pytest_configure() -> None:
    # Root refuses modes that others may write, and others read what tests make for them: under any caller's mask.
    os.umask(0o022)
    # A signal that the caller ignores (nohup, `&` in a script) would be ignored by all that is started here; one that
    # is caught has its default again in what is executed (execve(2)).
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda _number, _frame: None)


@pytest.fixture
def capable(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let /proc say that this process holds all capabilities: an ordinary user's bench would start over as root instead
    of refusing what it was given, in the place of the tests.
    """
    proc = tmp_path_factory.mktemp("proc")
    (proc / "thread-self").mkdir()
    (proc / "thread-self/status").write_text("CapPrm:\t000001ffffffffff\nCapEff:\t000001ffffffffff\n")
    monkeypatch.setattr(privileges, "PROC", proc)


@pytest.fixture(scope="session")
def nobody() -> Iterator[Nobody]:
    """The command line as an ordinary user runs it."""
    with tempfile.TemporaryDirectory(prefix="bench-test-") as folder:  # pytest's own are closed to others
        Path(folder).chmod(0o755)
        yield find_nobody(Path(folder))
