"""Who may write to a result file at once: sessions side by side, but one that is resumed alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from results.file import ResultWriter

HOLD = """
import sys
from pathlib import Path
from results.file import ResultWriter
with ResultWriter(Path(sys.argv[1]), alone=sys.argv[2] == "alone"):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another(path: Path, how: str) -> Iterator[subprocess.Popen[bytes]]:
    """Hold a result file in another process until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path), how], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process
        assert process.stdin is not None
        process.stdin.close()


@pytest.mark.parametrize(
    ("theirs", "alone", "says"),
    [
        ("alone", True, "process {} is writing to .*; resume when it has ended"),
        ("beside", True, "process {} is writing to .*; resume when it has ended"),
        ("alone", False, "process {} resumes a session of .*; wait until it ends, or name another file"),
    ],
    ids=["two that resume", "one that resumes beside a session", "a session beside one that resumes"],
)
def test_the_second_is_refused_by_the_firsts_name(tmp_path: Path, theirs: str, alone: bool, says: str) -> None:
    """What comes next in a resumed session follows from what the file held when it was read."""
    path = tmp_path / "r.jsonl"
    with another(path, theirs) as first, pytest.raises(ValueError, match=says.format(first.pid)):
        ResultWriter(path, alone=alone)
    ResultWriter(path, alone=alone).close()


def test_sessions_may_share_a_file(tmp_path: Path) -> None:
    """Two that only append do not wait for each other."""
    path = tmp_path / "r.jsonl"
    with another(path, "beside"), ResultWriter(path):
        pass


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    """The lock ends with the process, so that a killed session can be resumed."""
    path = tmp_path / "r.jsonl"
    with another(path, "alone") as first:
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        ResultWriter(path, alone=True).close()


def test_a_new_file_is_taken_back_only_where_nobody_else_has_it(tmp_path: Path) -> None:
    """An error before the first trial: the file that was made for it goes, unless it is another's by now, or too."""
    path = tmp_path / "r.jsonl"

    def fail(**meanwhile: Path) -> None:
        with ResultWriter(path):
            if "replaced" in meanwhile:
                meanwhile["replaced"].rename(path)
            raise OSError

    with pytest.raises(OSError):  # noqa: PT011 - ours
        fail()
    assert not path.exists()
    writer = ResultWriter(path)
    with another(path, "beside"):
        with pytest.raises(OSError), writer:  # noqa: PT011 - ours
            raise OSError
        assert path.exists()
    path.unlink()
    (tmp_path / "theirs").write_text("theirs")
    with pytest.raises(OSError):  # noqa: PT011 - ours
        fail(replaced=tmp_path / "theirs")
    assert path.read_text() == "theirs"
