"""A session's private folder: gone at the end, and told from a dead session's."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from bpf.errors import CannotRun
from harness.machine.runfolder import remove, run_folder, running_sessions, stale_folders

CHECKOUT = Path(__file__).resolve().parents[3]


def killed_session(base: Path) -> None:
    """Let a process make a folder with a file in it, and kill it where it cannot clean up."""
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom harness.machine.runfolder import run_folder\n"
        "with run_folder(Path(sys.argv[1])) as folder:\n"
        "    (folder / 'trace').write_bytes(bytes(1000))\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, base], cwd=CHECKOUT, env={"PYTHONPATH": str(CHECKOUT)}, stdout=subprocess.PIPE
    ) as session:
        assert session.stdout is not None
        assert session.stdout.readline() == b"ready\n"
        session.send_signal(signal.SIGKILL)


def test_a_session_folder_is_private_and_goes_with_its_session(tmp_path: Path) -> None:
    """Nobody else reads what a trial writes, and nothing of it stays."""
    with run_folder(tmp_path) as folder:
        (folder / "trace").write_text("lines")
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert list(tmp_path.iterdir()) == []


def test_a_session_folder_goes_when_the_session_is_interrupted(tmp_path: Path) -> None:
    """Ctrl-C leaves nothing."""
    with pytest.raises(KeyboardInterrupt), run_folder(tmp_path):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_living_session_is_not_stale(tmp_path: Path) -> None:
    """Cleaning does not pull the files away from under a session that runs."""
    with run_folder(tmp_path):
        assert stale_folders(tmp_path) == []


@pytest.mark.parametrize("look", [running_sessions, stale_folders])
def test_sessions_that_end_while_they_are_looked_at_are_none(tmp_path: Path, look: Callable[[Path], object]) -> None:
    """Their folders are listed and gone before it is their turn, or with their files still being counted."""
    for _ in range(3):
        folders = [tmp_path / f"session-{number}-x" for number in range(500)]
        for folder in folders:
            folder.mkdir()
        going = threading.Thread(target=lambda folders=folders: [folder.rmdir() for folder in reversed(folders)])
        going.start()
        while going.is_alive():
            look(tmp_path)
    assert look(tmp_path) == []


def test_a_living_session_is_seen_by_others_and_a_dead_one_is_not(tmp_path: Path) -> None:
    """Two sessions disturb each other's numbers: the second can say which process holds the machine."""
    killed_session(tmp_path)
    with run_folder(tmp_path):
        assert running_sessions(tmp_path) == []
        code = (
            "import sys; from pathlib import Path; from harness.machine.runfolder import running_sessions\n"
            "print(*running_sessions(Path(sys.argv[1])))"
        )
        other = [sys.executable, "-c", code, tmp_path]
        seen = subprocess.run(other, cwd=CHECKOUT, env={"PYTHONPATH": str(CHECKOUT)}, capture_output=True, check=True)
    assert seen.stdout.decode().split() == [str(os.getpid())]


def test_a_killed_session_is_stale_and_can_be_removed(tmp_path: Path) -> None:
    """SIGKILL leaves a folder: it is found, with its size, and removed, while a living session's stays."""
    killed_session(tmp_path)
    with run_folder(tmp_path) as living:
        (stale,) = stale_folders(tmp_path)
        assert stale.size_bytes == 1000
        remove(stale)
        assert list(tmp_path.iterdir()) == [living]


def test_a_planted_link_is_not_followed(tmp_path: Path) -> None:
    """A link in the folder of sessions is none of ours, wherever it leads."""
    target = tmp_path / "valuable"
    target.mkdir()
    base = tmp_path / "base"
    base.mkdir()
    (base / "session-planted").symlink_to(target)
    assert stale_folders(base) == []


def test_a_base_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """The error says where the folder should have been, and what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotRun, match=f"{tmp_path}/file/base"), run_folder(tmp_path / "file" / "base"):
        pass
