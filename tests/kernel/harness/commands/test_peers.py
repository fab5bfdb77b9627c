"""C and our readers side by side, on real rings and real drops, small enough for a test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bpf.channel import record_channels
from bpf.errors import CannotRun
from harness.__main__ import main
from harness.peers.c_program import CProgram
from harness.peers.rig import PeersRig
from harness.probes.outside import Probing
from harness.trial import Progress
from results.file import read
from results.peers import PeersPlan, label
from results.plan import Step
from tests.kernel.harness.refuse import wrapper
from tests.kernel.harness.watched import Watched

RECORDS = 20_000
PLAN = PeersPlan(
    parts=("drain", "live"),
    trials=1,
    records=RECORDS,
    drain_ring_bytes=1 << 20,
    channel_bytes={name: channel.size_for(RECORDS) for name, channel in record_channels().items() if name != "ring"},
    duration_s=0.2,
    traffic="udp-closed-port",
    sender="packet",
)


def unheard(_progress: Progress) -> None:
    pass


@pytest.fixture(scope="module")
def c_program(tmp_path_factory: pytest.TempPathFactory) -> CProgram:
    try:
        return CProgram(tmp_path_factory.mktemp("consumer"))
    except CannotRun as error:
        pytest.skip(error.what)


@pytest.fixture
def rig(c_program: CProgram) -> Iterator[PeersRig]:
    with PeersRig(session="test", seed=0, probing=Probing(), records=RECORDS, c_program=c_program, tools={}) as rig:
        yield rig


needs_c = pytest.mark.may_skip("a C compiler and libbpf's headers are no requirement of bench")


@needs_c
@pytest.mark.parametrize(
    ("plan", "writers"),
    [
        pytest.param(PLAN, 6, id="by either reader"),
        pytest.param(replace(PLAN, compiled=True), 7, id="by all three", marks=pytest.mark.slow),
    ],
)
def test_all_who_write_text_write_the_same(rig: PeersRig, plan: PeersPlan, writers: int) -> None:
    """C by search and print, C with cached lines, and ours: one ring filled alike, the same lines."""
    written: dict[str, list[bytes]] = {}
    for setting in plan.settings("drain"):
        if setting.mode not in ("c-text", "c-cached") and setting.format != "text":
            continue
        trial = rig.run(Step(setting, 0), number=0, on_progress=unheard)
        assert trial.valid, trial.invalid_because
        end = os.lseek(rig.memory, 0, os.SEEK_CUR)
        # The clock differs between fillings; what follows it does not.
        lines = os.pread(rig.memory, end, 0).splitlines()
        written[label(setting)] = [line.partition(b"] ")[2] for line in lines]
    assert len(written) == writers
    first = written["c-text"]
    assert len(first) == RECORDS
    assert b"NO_SOCKET | Function: __udp4_lib_rcv+0x4bc" in b"\n".join(first)
    assert [name for name, lines in written.items() if lines != first] == []


@needs_c
def test_all_find_the_ring_filled_to_the_same_mark(rig: PeersRig) -> None:
    """Also after one that left something in it: each drains what was put in, and its ledger is whole."""
    settings = {label(setting): setting for setting in PLAN.settings("drain")}
    ledgers = []
    of_channels = [f"null batch {name}" for name in PLAN.channel_bytes]
    for name in ("c-count", "null batch", "epoll callback struct", "null batch", *of_channels, "null callback perf"):
        rig.run(Step(settings["c-count"], 0), number=0, on_progress=unheard)
        trial = rig.run(Step(settings[name], 0), number=0, on_progress=unheard)
        assert trial.valid, trial.invalid_because
        ledgers.append(trial.ledger)
    assert {(each.sent, each.observed, each.submitted, each.consumed, each.unread) for each in ledgers} == {
        (RECORDS, RECORDS, RECORDS, RECORDS, 0)
    }
    assert [each.checksum_read == each.checksum for each in ledgers if each.checksum_read is not None] == [True] * (
        3 + len(PLAN.channel_bytes)
    )


@needs_c
def test_a_live_trial_of_c_is_a_trial_as_all_are(rig: PeersRig) -> None:
    """Observed from outside, judged by the second witness, with what the generator says."""
    (setting,) = (each for each in PLAN.settings("live") if label(each) == "c-count epoll")
    trial = rig.run(Step(setting, 0), number=0, on_progress=unheard)
    assert trial.valid, trial.invalid_because
    assert trial.ledger.drops_expected == trial.ledger.sent == trial.ledger.consumed
    assert trial.witness
    assert {"generator_bursts", "ring_used_max_bytes", "harness_cpu_s", "cpu_s"} <= trial.metrics.keys()
    assert trial.series["timeline"]


@needs_c
def test_a_c_consumer_that_dies_makes_its_trial_invalid(rig: PeersRig) -> None:
    """It says how, and the others go on."""
    settings = {label(setting): setting for setting in PLAN.settings("drain")}
    good, rig.memory = rig.memory, os.open("/dev/full", os.O_WRONLY)
    trial = rig.run(Step(settings["c-text"], 0), number=0, on_progress=unheard)
    os.close(rig.memory)
    assert trial.invalid_because[0] == "the C consumer ended with status 1: cannot write: No space left on device"
    rig.memory = good
    assert rig.run(Step(settings["null batch"], 0), number=0, on_progress=unheard).valid


@needs_c
@pytest.mark.slow
@pytest.mark.usefixtures("c_program")
def test_every_contender_s_ledger_balances(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command, all parts of it, once: what is written is valid, each ran, and the file says what was printed."""
    out = tmp_path / "peers.jsonl"
    status = main(
        ["peers", "--trials", "1", "--records", str(RECORDS), "--duration", "0.2", "--quiet", "--out", str(out)]
    )
    trials = read(out).trials
    ours = [trial for trial in trials if not trial.setting.mode.startswith(("bpftrace", "perf"))]
    assert [trial.invalid_because for trial in ours if not trial.valid] == []
    assert {"c-count", "null", "program-ring", "paced"} <= {trial.setting.mode for trial in ours}
    assert status in (0, 5)  # others' drops for the same reason make bpftrace's count a different one
    told = capsys.readouterr().out
    assert main(["verify", str(out)]) == status
    assert capsys.readouterr().out == told


def test_without_a_compiler_c_is_left_out_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not installed is no failure; it is named with what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotRun, match="there is no C compiler") as raised:
        CProgram(tmp_path)
    assert raised.value.cure == "install clang or gcc"


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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("call", "error", "status", "says"),
    [
        pytest.param("setns", "EPERM", 4, "entering a network namespace", id="before it is ready"),
        pytest.param("sendmmsg", "ENETDOWN", 5, "the generator failed: ", id="under load"),
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
