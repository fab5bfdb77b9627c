"""A consumer or generator that dies, hangs or runs out of memory costs its trial, not the session."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import psutil
import pytest

from bpf.errors import CannotRun
from harness import account, load_trial, workers
from harness.plan import load_setting
from harness.probes.machine import Limits
from harness.probes.outside import Probing
from harness.rig import Rig
from harness.wishes import Wishes
from results.plan import Step
from tests.kernel.bench import PATIENCE
from tests.kernel.harness.watched import QUIET_RUN, Watched

TWO_TRIALS = ("--rate", "10000", "--duration", "1", "--trials", "2", "--json")
FATAL = (
    signal.SIGKILL,
    pytest.param(signal.SIGTERM, marks=pytest.mark.slow),
    pytest.param(signal.SIGSEGV, marks=pytest.mark.slow),
)


@pytest.mark.slow
def test_a_consumer_that_crashes_before_it_is_ready_ends_the_session(tmp_path: Path) -> None:
    """Injects SIGSEGV while the program is being compiled: this machine cannot, status 4, with what happened."""
    with Watched(*QUIET_RUN, "--mode", "null", *TWO_TRIALS, "--out", tmp_path / "out") as bench:
        bench.await_stage("compile")
        _kill(bench, "consumer", signal.SIGSEGV)
        assert bench.finish() == 4
        assert bench.left_behind() == []
    assert "the consumer was killed by SIGSEGV" in bench.stderr
    assert "Traceback" not in bench.stderr


@pytest.mark.parametrize(
    ("worker", "stage", "number"),
    [
        ("consumer", "compile", signal.SIGKILL),
        ("generator", "ready", signal.SIGKILL),
        pytest.param("consumer", "compile", signal.SIGTERM, marks=pytest.mark.slow),
    ],
)
def test_a_worker_that_is_killed_before_it_is_ready_makes_one_trial_invalid(
    tmp_path: Path, worker: str, stage: str, number: signal.Signals
) -> None:
    """Somebody did that, and the machine lacks nothing: the trial says who died, and the next one is whole."""
    with Watched(*QUIET_RUN, "--mode", "null", *TWO_TRIALS, "--out", tmp_path / "out") as bench:
        bench.await_stage(stage)
        _kill(bench, worker, number)
        assert bench.finish() == 5
        assert bench.left_behind() == []
    first, second = (json.loads(line) for line in bench.stdout.splitlines())
    assert first["invalid_because"] == [f"the {worker} was killed by {number.name}"]
    assert second["valid"], second["invalid_because"]


@pytest.mark.parametrize("number", FATAL)
@pytest.mark.parametrize("worker", ["consumer", "generator"])
def test_a_worker_that_dies_while_sending_makes_one_trial_invalid(
    tmp_path: Path, worker: str, number: signal.Signals
) -> None:
    """Injects a fatal signal under load: the trial says who died, and the next one is whole."""
    with Watched(*QUIET_RUN, "--mode", "null", *TWO_TRIALS, "--out", tmp_path / "out") as bench:
        bench.await_stage("send")
        _kill(bench, worker, number)
        assert bench.finish() == 5
        assert bench.left_behind() == []
    first, second = (json.loads(line) for line in bench.stdout.splitlines())
    (reason,) = first["invalid_because"]  # what its ledger lacks follows from that
    assert f"the {worker} was killed by {number.name}" in reason
    assert second["valid"], second["invalid_because"]


@pytest.mark.parametrize("worker", ["consumer", "generator"])
def test_a_worker_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch, worker: str) -> None:
    """Injects SIGSTOP under load: after its deadline the trial ends as invalid, and the next one is whole."""
    monkeypatch.setattr(load_trial, "READY_TIMEOUT_S", 4.0 * PATIENCE)
    monkeypatch.setattr(account, "DRAIN_DEADLINE_S", 2.0 * PATIENCE - 10.0)  # the harness waits for ten seconds more
    setting = load_setting("null", "udp-closed-port", Wishes(intended_load=2000, duration_s=0.3 * PATIENCE))
    with Rig(session="hang", seed=1, probing=Probing(limits=Limits(steal=1, foreign=1))) as rig:
        stopped: list[int] = []

        def stop_one(_progress: object) -> None:
            if not stopped:
                (hanging,) = (child for child in psutil.Process().children() if f"harness.{worker}" in child.cmdline())
                hanging.suspend()
                stopped.append(hanging.pid)

        hung = rig.run(Step(setting, block=0), number=0, on_progress=stop_one)
        whole = rig.run(Step(setting, block=0), number=1, on_progress=lambda _progress: None)
    (reason,) = hung.invalid_because
    assert f"the {worker} said nothing" in reason
    assert whole.valid, whole.invalid_because
    assert not Path(f"/proc/{stopped[0]}").exists()


def _kill(bench: Watched, worker: str, number: signal.Signals) -> None:
    pid = bench.worker(worker)
    assert pid is not None
    os.kill(pid, number)


def test_a_start_is_waited_for_longer_than_a_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python and the compiler take a minute on an emulated machine, with nothing of a user's at work: another deadline.

    One that nothing can keep shows that it is what a start is held to.
    """
    assert workers.START_TIMEOUT_S >= 4 * workers.READY_TIMEOUT_S
    monkeypatch.setattr(workers, "START_TIMEOUT_S", 0.001)
    setting = load_setting("null", "udp-closed-port", Wishes(intended_load=2000, duration_s=0.2))
    with Rig(session="start", seed=1) as rig, pytest.raises(CannotRun, match=r"said nothing for 0\.00\d s"):
        rig.run(Step(setting, block=0), number=0, on_progress=lambda _progress: None)
