"""C and our readers side by side, on real rings and real drops, small enough for a test."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from bpf.channels.ring import RingChannel
from bpf.program import LoadOptions
from harness.__main__ import main
from harness.peers import c_program as c_consumer
from harness.peers.contender import CProgram, drain_contenders
from harness.peers.drain import Bench, drain_trial
from harness.peers.ring import SharedRing, usual_causes
from harness.trial import Identity
from modes import Kit
from results.file import read
from tests.kernel.faults.refuse import wrapper
from tests.kernel.faults.watched import Watched

RECORDS = 20_000
RING = 1 << 20


@pytest.fixture(scope="module")
def c_program(tmp_path_factory: pytest.TempPathFactory) -> CProgram:
    folder = tmp_path_factory.mktemp("consumer")
    built = c_consumer.build(folder)
    if isinstance(built, str):
        pytest.skip(built)
    names = sorted((number, name) for name, number in Kit().reasons.by_name().items())
    (folder / "reasons").write_text("".join(f"{number} {name}\n" for number, name in names))
    return CProgram(program=built, reasons=folder / "reasons")


needs_c = pytest.mark.may_skip("a C compiler and libbpf's headers are no requirement of bench")


@needs_c
def test_all_who_write_text_write_the_same(c_program: CProgram, monkeypatch: pytest.MonkeyPatch) -> None:
    """C by search and print, C with cached lines, and ours by either reader: one ring filled alike, the same lines."""
    monkeypatch.setattr("harness.peers.drain.realtime_offset_ns", lambda: 10**18)
    written: dict[str, list[bytes]] = {}
    with SharedRing(
        LoadOptions(channel=RingChannel(size_bytes=RING, wakeup="none"), synthetic=True), usual_causes(Kit())
    ) as ring:
        for contender in drain_contenders(RECORDS, RING):
            if contender.setting.mode not in ("c-text", "c-cached") and contender.setting.format != "text":
                continue
            output = os.memfd_create("test")
            bench = Bench(ring=ring, c_program=c_program, output_fd=output, cpu=None)
            trial = drain_trial(bench, contender, Identity(session="test", number=0, block=0, seed=0))
            assert trial.valid, trial.invalid_because
            with os.fdopen(output, "rb") as file:
                file.seek(0)
                # The clock differs between fillings; what follows it does not.
                written[contender.label] = [line.partition(b"] ")[2] for line in file.read().splitlines()]
    assert len(written) == 6
    first = written["c-text"]
    assert len(first) == RECORDS
    assert b"NO_SOCKET | Function: __udp4_lib_rcv+0x4bc" in b"\n".join(first)
    assert [label for label, lines in written.items() if lines != first] == []


@needs_c
@pytest.mark.slow
@pytest.mark.usefixtures("c_program")
def test_every_contender_s_ledger_balances(tmp_path: Path) -> None:
    """The command, all parts of it, once: what is written is valid, and each ran."""
    out = tmp_path / "peers.jsonl"
    status = main(
        ["peers", "--trials", "1", "--records", str(RECORDS), "--duration", "0.2", "--quiet", "--out", str(out)]
    )
    trials = read(out).trials
    ours = [trial for trial in trials if not trial.setting.mode.startswith(("bpftrace", "perf"))]
    assert [trial.invalid_because for trial in ours if not trial.valid] == []
    assert {"c-count", "null", "program-ring", "paced"} <= {trial.setting.mode for trial in ours}
    assert status in (0, 5)  # others' drops for the same reason make bpftrace's count a different one


def test_without_a_compiler_c_is_left_out_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not installed is no failure; it is named with what to install."""
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    assert c_consumer.build(tmp_path) == "there is no C compiler (install clang or gcc)"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--parts", "drian"], "no 'drian'"),
        (["--trials", "0"], "--trials must be"),
        (["--records", "0"], "--records takes"),
        (["--duration", "0"], "--duration must be"),
    ],
)
def test_wrong_input_is_refused(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One line, status 2, nothing set up."""
    assert main(["peers", *words]) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("call", "error", "status", "says"),
    [
        pytest.param("setns", "EPERM", 4, "entering a network namespace", id="before it is ready"),
        pytest.param("sendmmsg", "ENETDOWN", 5, "the generator failed: ", id="under load", marks=pytest.mark.slow),
    ],
)
def test_a_generator_that_fails_is_told(tmp_path: Path, call: str, error: str, status: int, says: str) -> None:
    """What it says of itself, not that its process ended well."""
    out = tmp_path / "out"
    words = ("peers", "--parts", "program", "--trials", "1", "--out", out, "--json")
    with Watched(*words, wrapper=wrapper(call, error)) as run:
        assert run.finish() == status, run.stderr
        assert run.left_behind() == []
    assert says in run.stderr + run.stdout
    assert "Traceback" not in run.stderr
