"""Modes of a user's own that raise, block, end themselves or miscount: each costs its own trial and no other."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from harness import workers
from harness.consumer import traits
from harness.plan import load_setting
from harness.rig import Rig
from harness.wishes import Wishes
from results.plan import Step
from tests.kernel.bench import PATIENCE, bench, bench_here, start, trials

SHORT = (
    "--pass", "timed", "--foreign-limit", "1", "--steal-limit", "1", "--rate", "5000", "--duration", "0.2",
    "--trials", "1", "--json", "--quiet",
)  # fmt: skip
# Where all is to be well: of so short a load nothing may be sent on a busy machine, and then it is offered once more.
AGAIN = ("--retries", "1", "--run-delay-limit", "1")
HEADER = "import os, signal, sys, time\nimport numpy as np\nfrom modes import Mode\n"  # three lines


def opening(line: str) -> str:
    """Write a mode whose __init__ does something, in line 6."""
    return (
        HEADER + "class Mine(Mode):\n    def __init__(self, kit):\n"
        f"        {line}\n        super().__init__(kit)\n"
        "    def take(self, samples): self.consumed += len(samples)\n"
    )


def taking(line: str) -> str:
    """Write a mode whose take does something, in line 6."""
    return HEADER + f"class Mine(Mode):\n    def take(self, samples):\n        {line}\n"


def run(folder: Path, sources: dict[str, str], *words: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """Run modes and null beside them; return the status and each mode's trial line."""
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(source)
    modes = ",".join([*(str(folder / f"{name}.py") for name in sources), "null"])
    ended = bench("run", "--mode", modes, *SHORT, "--out", folder / "out", *words)
    assert "Traceback" not in ended.stderr
    print(ended.stderr)  # for whom a status surprises
    return ended.returncode, {Path(row["mode"]).stem: row for row in trials(ended.stdout)}


OPENINGS = {
    "closes": (
        "sys.stdout.close(); __import__('threading').Thread(target=time.sleep, args=(300,)).start()",
        "while the mode was opened, the consumer ended with status 1: ValueError: I/O operation on closed file",
    ),
    "raises": ("raise RuntimeError('no licence')", "the mode raised RuntimeError: no licence (raises.py:6)"),
    "killed": ("os.kill(os.getpid(), signal.SIGRTMIN + 6)", "the consumer was killed by SIGRTMIN+6"),
    "value": ("int('x')", "invalid literal for int() with base 10: 'x' (value.py:6)"),
    "leaves": ("sys.exit('enough')", "the mode raised SystemExit: enough (leaves.py:6)"),
    "ends": ("os._exit(3)", "while the mode was opened, the consumer ended with status 3"),
}


def some_and_the_rest(names: Iterable[str], some: int) -> list[Any]:
    """Run some in the quick suite, and the rest in the whole."""
    some_names, rest = (names := tuple(names))[:some], names[some:]
    return [pytest.param(some_names, id="some"), pytest.param(rest, id="the rest", marks=pytest.mark.slow)]


@pytest.mark.parametrize("names", some_and_the_rest(OPENINGS, 2))
def test_a_mode_that_cannot_be_opened_makes_its_trial_invalid_and_no_other(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    """Whatever it raises, and however it ends: status 5, with file and line, and the other modes go on."""
    status, rows = run(tmp_path, {name: opening(OPENINGS[name][0]) for name in names})
    assert status == 5
    for name in names:
        assert OPENINGS[name][1] in rows[name]["invalid_because"][0]
        assert rows[name]["consumed"] is None
    assert rows["null"]["valid"], rows["null"]["invalid_because"]
    assert bench_here("report", tmp_path / "out").returncode == 0


@pytest.mark.parametrize(
    "line",
    [
        "time.sleep(600)",
        pytest.param("os.read(os.pipe()[0], 1)", marks=pytest.mark.slow),
        pytest.param("signal.pause()", marks=pytest.mark.slow),
    ],
)
def test_a_mode_that_blocks_as_it_is_opened_is_given_up_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    """A sleep, a read that waits for ever, a wait for a signal."""
    monkeypatch.setattr(workers, "READY_TIMEOUT_S", 4.0 * PATIENCE)
    path = tmp_path / "blocks.py"
    path.write_text(opening(line))
    setting = load_setting(str(path), "udp-closed-port", Wishes(intended_load=2000, duration_s=0.2))
    with Rig(session="blocks", seed=1) as rig:
        trial = rig.run(Step(setting, block=0), number=0, on_progress=lambda _progress: None)
    assert f"while the mode was opened, the consumer said nothing for {4 * PATIENCE:g} s" in trial.invalid_because[0]
    assert "(in blocks.py:6, __init__)" in trial.invalid_because[0]


def test_a_mode_whose_import_and_opening_are_at_work_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each works for longer than it may be silent: the trial is whole."""
    monkeypatch.setattr(workers, "READY_TIMEOUT_S", PATIENCE)
    monkeypatch.setattr(traits, "IMPORT_TIMEOUT_S", PATIENCE)
    for module in (workers, traits):
        monkeypatch.setattr(module, "WAITS", 50)  # or a busy machine is given up
    path = tmp_path / "works.py"
    work = f"until = time.monotonic() + {1.5 * PATIENCE}\n{{0}}while time.monotonic() < until: pass\n"
    path.write_text(f"import time\n{work.format('')}" + opening(work.format(" " * 8)))
    setting = load_setting(str(path), "udp-closed-port", Wishes(intended_load=2000, duration_s=0.2))
    with Rig(session="works", seed=1) as rig:
        trial = rig.run(Step(setting, block=0), number=0, on_progress=lambda _progress: None)
    assert trial.invalid_because == ()


@pytest.mark.slow
def test_a_mode_that_ends_itself_by_any_signal_is_named_with_it(tmp_path: Path) -> None:
    """Real-time signals have no name of their own in Python; the session goes on, and can be resumed."""
    numbers = {"first": "SIGRTMIN", "sixth": "SIGRTMIN + 6", "last": "SIGRTMAX", "abort": "SIGABRT"}
    names = {"first": "SIGRTMIN", "sixth": "SIGRTMIN+6", "last": "SIGRTMAX", "abort": "SIGABRT"}
    sources = {name: taking(f"os.kill(os.getpid(), signal.{number})") for name, number in numbers.items()}
    status, rows = run(tmp_path, sources, "--seed", "1")
    assert status == 5
    for name, expected in names.items():
        assert rows[name]["invalid_because"][0] == f"the consumer was killed by {expected}"
    assert rows["null"]["valid"], rows["null"]["invalid_because"]
    again, rows = run(tmp_path, sources, "--seed", "1", "--resume")
    assert (again, rows) == (5, {})


COUNTS_TAKEN = {
    "numpy": "self.consumed += np.int64(len(samples))",
    "small": "self.consumed = np.uint32(self.consumed) + np.uint32(len(samples))",
    "array": "self.consumed = np.array(self.consumed + len(samples))",
    "tally": "self.consumed += len(samples); self.tally[np.uint32(3), np.uint64(1 << 63)] = np.int64(self.consumed)",
}
COUNTS_REFUSED = {
    "float": ("self.consumed += len(samples) * 1.0", "TypeError: consumed is"),
    "half": ("self.consumed += np.float32(0.5)", "TypeError: consumed is"),
    "text": ("self.consumed = 'all'", "TypeError: consumed is 'all', of type str"),
    "negative": ("self.consumed -= len(samples)", "ValueError: consumed is -"),
    "huge": ("self.consumed += 1 << 64", "which is not a number of events"),
}


@pytest.mark.parametrize("names", some_and_the_rest(COUNTS_TAKEN, 1))
def test_whole_counts_of_any_type_are_taken(tmp_path: Path, names: tuple[str, ...]) -> None:
    """numpy's integers count as Python's do, in `consumed` and in `tally`; the ledger balances to the event."""
    status, rows = run(tmp_path, {name: taking(COUNTS_TAKEN[name]) for name in names}, *AGAIN)
    for name in names:
        assert rows[name]["valid"], rows[name]["invalid_because"]
        assert rows[name]["consumed"] == rows[name]["submitted"] > 0
    assert status == 0
    assert "skipped" not in bench_here("report", tmp_path / "out").stderr


@pytest.mark.parametrize("names", some_and_the_rest(COUNTS_REFUSED, 1))
def test_a_count_that_is_none_is_the_modes_error_where_it_happens(tmp_path: Path, names: tuple[str, ...]) -> None:
    """With file and line, and what is recorded can be read back."""
    status, rows = run(tmp_path, {name: taking(COUNTS_REFUSED[name][0]) for name in names})
    assert status == 5
    for name in names:
        assert COUNTS_REFUSED[name][1] in rows[name]["invalid_because"][0]
        assert f"({name}.py:6)" in rows[name]["invalid_because"][0]
    assert rows["null"]["valid"], rows["null"]["invalid_because"]
    shown = bench_here("report", "--json", tmp_path / "out")
    assert shown.returncode == 0
    assert "skipped" not in shown.stderr


@pytest.mark.slow
def test_a_count_that_goes_wrong_later_is_told_at_the_end(tmp_path: Path) -> None:
    """Only the first counts are looked at as they are made."""
    line = "self.consumed += len(samples) if self.consumed < 500 else 0.25"
    status, rows = run(tmp_path, {"later": taking(line)})
    assert status == 5
    assert "consumed is" in rows["later"]["invalid_because"][0]
    assert "of type float" in rows["later"]["invalid_because"][0]


IMPORTED = """
import gc, os, signal, threading, time
print("printed when imported")
signal.signal(signal.SIGINT, lambda *_: None)
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
os.chdir("/")
gc.disable()
threading.Thread(target=time.sleep, args=(300,)).start()
from modes import Mode
class Mine(Mode):
    def take(self, samples): self.consumed += len(samples)
"""


def test_what_a_mode_does_when_it_is_imported_changes_nothing_of_ours(tmp_path: Path) -> None:
    """Its output, handlers, CPUs, folder, collector and threads: the trial is valid, and says what was undone."""
    status, rows = run(tmp_path, {"imported": IMPORTED}, *AGAIN)
    assert status == 0
    row = rows["imported"]
    assert row["valid"], row["invalid_because"]
    (undone,) = [warning for warning in row["warnings"] if "was undone" in warning]
    for what in ("handled SIGINT", "handled SIGUSR1", "changed the working directory", "switched the collector off"):
        assert what in undone
    assert any("threads" in warning for warning in row["warnings"])


@pytest.mark.slow
def test_ctrl_c_ends_a_run_whose_mode_handles_it(tmp_path: Path) -> None:
    """The handler is in force in the mode's own processes only, and undone there."""
    (tmp_path / "imported.py").write_text(IMPORTED)
    process = start("run", "--mode", tmp_path / "imported.py", *SHORT[:-4], "--trials", "9", "--out", tmp_path / "out")
    while len(process.stderr.readline()) > 0 and not (tmp_path / "out").exists():  # type: ignore[union-attr]
        pass
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60 * PATIENCE)
    assert process.returncode == 130


def test_a_mode_imports_what_lies_beside_it(tmp_path: Path) -> None:
    """A module and a package beside the file; one named as ours does not hide it. What is not there has a cure."""
    (tmp_path / "beside.py").write_text("STEP = 1\n")
    (tmp_path / "results.py").write_text("raise RuntimeError('not ours')\n")
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "__init__.py").write_text("")
    (tmp_path / "parts" / "count.py").write_text("def count(samples): return len(samples)\n")
    source = "import beside\nfrom parts.count import count\nfrom modes import Mode\nclass Mine(Mode):\n"
    source += "    def take(self, samples): self.consumed += count(samples) * beside.STEP\n"
    status, rows = run(tmp_path, {"imports": source}, *AGAIN)
    assert status == 0
    assert rows["imports"]["consumed"] == rows["imports"]["submitted"] > 0
    (tmp_path / "beside.py").unlink()
    ended = bench("run", "--mode", tmp_path / "imports.py")
    assert ended.returncode == 2
    assert "put beside beside the mode file" in ended.stderr


@pytest.mark.slow
def test_json_is_json_alone(tmp_path: Path) -> None:
    """What a mode prints when it is imported, opened or fed is no line of --json."""
    source = "print('imported')\n" + opening("print('opened')").replace("samples): ", "samples): print('fed'); ")
    (tmp_path / "prints.py").write_text(source)
    ended = bench("run", "--mode", tmp_path / "prints.py", *SHORT, "--out", tmp_path / "out")
    assert [json.loads(line)["valid"] for line in ended.stdout.splitlines()] == [True]
