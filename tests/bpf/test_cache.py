"""Machine code that is kept on the disk: whose it is, what it was made of, and when it is made again."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from bpf import cache, machine_code
from bpf.cache import OwnFolder
from bpf.errors import CannotRun
from bpf.machine_code import code_of
from tests.bpf.numba_here import needs_numba


def counted(_record: np.void, used: npt.NDArray[np.int64]) -> None:
    used[0] += 1


@pytest.fixture
def own(tmp_path: Path) -> Iterator[OwnFolder]:
    folder = OwnFolder(tmp_path / "compiled")
    yield folder
    folder.close()


def test_code_is_kept_whole_and_the_newest_alone(own: OwnFolder, tmp_path: Path) -> None:
    """What is not used any more does not fill the disk."""
    for number in range(5):
        own.write(str(number), bytes([number]), most=3)
        os.utime(tmp_path / "compiled" / str(number), (number, number))
    assert [own.read(str(number)) for number in range(5)] == [None, None, b"\2", b"\3", b"\4"]


@pytest.mark.parametrize("mode", [0o602, 0o620])
def test_code_that_others_could_have_written_is_not_run(own: OwnFolder, tmp_path: Path, mode: int) -> None:
    """It would run with our rights."""
    own.write("code", b"1", most=3)
    (tmp_path / "compiled/code").chmod(mode)
    assert own.read("code") is None
    (tmp_path / "compiled").chmod(0o777)
    with pytest.raises(CannotRun, match="that others could have written; type: rm -r"):
        OwnFolder(tmp_path / "compiled")


def test_a_link_is_not_followed_to_code(own: OwnFolder, tmp_path: Path) -> None:
    """Nor to the folder."""
    (tmp_path / "theirs").write_bytes(b"1")
    (tmp_path / "compiled/code").symlink_to(tmp_path / "theirs")
    assert own.read("code") is None
    (tmp_path / "linked").symlink_to(tmp_path / "compiled")
    with pytest.raises(CannotRun, match="cannot be made"):
        OwnFolder(tmp_path / "linked")


def test_code_that_cannot_be_kept_is_told_and_leaves_nothing(own: OwnFolder, tmp_path: Path) -> None:
    """No room, or a name that is taken: as what bench cannot do here, and not as a fault of the step."""
    (tmp_path / "compiled/code").mkdir()
    with pytest.raises(CannotRun, match=r"compiled code cannot be kept in .* \(Is a directory\)"):
        own.write("code", b"1", most=3)
    assert [each.name for each in (tmp_path / "compiled").iterdir()] == ["code"]


def test_code_that_another_process_takes_away_meanwhile_is_no_fault(own: OwnFolder, tmp_path: Path) -> None:
    """Both look for what is too old at once; a link that leads nowhere is as one that is gone."""
    (tmp_path / "compiled/gone").symlink_to(tmp_path / "nowhere")
    own.write("code", b"1", most=1)
    assert [each.name for each in (tmp_path / "compiled").iterdir()] == ["code"]


def test_machine_code_is_made_again_where_a_module_that_it_is_made_of_changed() -> None:
    """Whatever of bpf/ stands in it, by import, is in the name that it is kept under, but for steps, told by theirs."""
    folder = Path(machine_code.__file__).parent
    named = set()
    for source in machine_code._MADE_OF:
        for node in ast.parse((folder / f"{source}.py").read_text()).body:
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "bpf":
                within = (node.module or "").partition(".")[2]
                named |= {within} if within else {each.name for each in node.names}
    assert named - {*machine_code._MADE_OF} == {"steps", "perf_event"}


@needs_numba
def test_code_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time it comes from the disk; where that cannot be trusted, nothing runs."""
    monkeypatch.setattr(cache, "ROOTS_BASE", tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    code_of("ring", counted)
    (kept,) = tmp_path.rglob("*.o")
    made = kept.stat().st_mtime_ns
    code_of("ring", counted)
    assert kept.stat().st_mtime_ns == made
    kept.parent.chmod(0o770)
    with pytest.raises(CannotRun, match="others could have written"):
        code_of("ring", counted)
