"""What doctor says of a machine, and that it can say it anywhere."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil
import pytest

from harness.commands.doctor import _print
from harness.doctor import LEVELS, Finding, check_names, clock, frequency, jit, lockdown, spin, statistics, symbols
from harness.doctor.load import CpuTime, judge

CHECKOUT = Path(__file__).resolve().parents[3]

# the check, the text of its file, what it must say of it
SETTINGS = {
    "jit-off": (jit.check, "0\n", "warning"),
    "jit-on": (jit.check, "1\n", "fine"),
    "symbols-hidden": (symbols.check, "2\n", "warning"),
    "symbols-for-root": (symbols.check, "1\n", "fine"),
    "statistics-on": (statistics.check, "1\n", "warning"),
    "statistics-off": (statistics.check, "0\n", None),
    "locked-down": (lockdown.check, "none integrity [confidentiality]\n", "missing"),
    "clock-a-device": (clock.check, "hpet\n", "warning"),
    "clock-unknown": (clock.check, "timebase\n", "unchecked"),
    "clock-by-the-vdso": (clock.check, "kvm-clock\n", "fine"),
    "lockdown-integrity": (lockdown.check, "none [integrity] confidentiality\n", None),
}


@pytest.mark.parametrize(("check", "text", "level"), SETTINGS.values(), ids=SETTINGS)
def test_a_setting_is_judged(
    tmp_path: Path, check: Callable[[Path], Iterable[Finding]], text: str, level: str | None
) -> None:
    """Each setting that hurts is found, and the same setting at rest is not."""
    setting = tmp_path / "setting"
    setting.write_text(text)
    assert [finding.level for finding in check(setting)] == ([level] if level else [])


@pytest.mark.parametrize(("shown", "level"), [(["netdev_max_backlog"], "warning"), ([], "unchecked")])
def test_what_a_namespace_hides_is_not_said_to_be_missing(tmp_path: Path, shown: list[str], level: str) -> None:
    """A kernel without a JIT compiler has no such setting, and a container with a network of its own sees none."""
    for name in shown:
        (tmp_path / name).touch()
    assert [finding.level for finding in jit.check(tmp_path / "bpf_jit_enable")] == [level]


@pytest.mark.parametrize(
    ("uid", "has_sudo", "typed"),
    [(0, False, "type: "), (0, True, "type: "), (1000, True, "type: sudo "), (1000, False, "as root, type: ")],
)
def test_a_cure_can_be_typed_by_whoever_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uid: int, has_sudo: bool, typed: str
) -> None:
    """Root needs no sudo, and there may be none."""
    if has_sudo:
        (tmp_path / "sudo").touch(mode=0o755)
    (tmp_path / "setting").write_text("2\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    assert [finding.cure for finding in symbols.check(tmp_path / "setting")] == [
        f"{typed}sysctl kernel.kptr_restrict=1"
    ]


@pytest.mark.parametrize(
    ("governor", "no_turbo", "levels"),
    [
        ("powersave", "0", ["warning", "warning"]),
        ("performance", "1", ["fine"]),
        (None, None, ["unchecked"]),
    ],
    ids=["saving-with-turbo", "steady", "virtual-machine"],
)
def test_the_frequency_is_judged(tmp_path: Path, governor: str | None, no_turbo: str | None, levels: list[str]) -> None:
    """A frequency that moves is noise; one that cannot be seen is said to be unseen, not fine."""
    for name, text in (("cpu0/cpufreq/scaling_governor", governor), ("intel_pstate/no_turbo", no_turbo)):
        if text is not None:
            (tmp_path / name).parent.mkdir(parents=True)
            (tmp_path / name).write_text(text + "\n")
    assert [finding.level for finding in frequency.check(tmp_path)] == levels


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ("cpu 0 0 0 200 0 0 0 0 0 0", ["no other process"]),
        ("cpu 40 0 20 130 10 0 0 0 0 0", ["30% busy"]),
        ("cpu 0 0 0 150 0 0 0 50 0 0", ["no other process"]),
        ("cpu 0 0 0 0 0 0 0 0 0 0", ["did not advance"]),
    ],
    ids=["idle", "busy", "stolen", "standing-still"],
)
def test_load_and_steal_are_told_apart(after: str, said: list[str]) -> None:
    """Time that the host took is not other processes' load."""
    findings = list(judge(CpuTime(total=0, idle=0, steal=0), CpuTime.parse(after + "\ncpu0 1 2 3\n")))
    assert len(findings) == len(said)
    assert all(words in finding.what for words, finding in zip(said, findings, strict=True))


SPUN = {  # /proc/stat after the spin; CPUs 0 and 1 are ours, and began at 0
    "quiet": ("cpu1 100 0 0 0 0 0 0 0\ncpu0 99 0 0 0 0 0 0 1", "fine", "the host takes 0.5% of the time"),
    "stolen-of-one": ("cpu0 80 0 0 0 0 0 0 20\ncpu1 100 0 0 0 0 0 0 0", "warning", "10% of the time of busy CPUs (ste"),
    "stolen-of-another": ("cpu0 100 0 0 0 0 0 0 0\ncpu7 0 0 0 0 0 0 0 99", "fine", "the host takes 0.0%"),
    "stands-still": ("cpu0 0 0 0 0 0 0 0 0\ncpu1 0 0 0 0 0 0 0 0", "unchecked", "stands still"),
    "of-other-cpus": ("cpu5 50 0 0 0 0 0 0 50\n", "unchecked", "does not tell of these CPUs"),
}  # fmt: skip


@pytest.mark.parametrize(("stat", "level", "words"), SPUN.values(), ids=SPUN)
def test_what_the_host_takes_of_busy_cpus_is_judged(stat: str, level: str, words: str) -> None:
    """Of those that this process may use, and only where the kernel tells it."""
    zero = CpuTime(total=0, idle=0, steal=0)
    steal, _ = spin.judge({0: zero, 1: zero}, CpuTime.of_each(f"cpu 1 2 3\n{stat}\n", [0, 1]), {0: 1})
    assert (steal.level, words in steal.what) == (level, True), steal.what
    assert (steal.cure is not None) == (level == "warning")


@pytest.mark.parametrize(("gap_ms", "level"), [(0.4, "fine"), (10, "fine"), (12, "warning")])
def test_the_longest_interruption_is_judged(gap_ms: float, level: str) -> None:
    """That of the worst CPU; from 1 % of the time on it is the p99 of events that come evenly."""
    _, gap = spin.judge({}, {}, {0: 1, 3: int(gap_ms * 1e6)})
    assert (gap.level, f"{gap_ms:g} ms (CPU 3)" in gap.what) == (level, True), gap.what
    assert ("1,200 wait that long" in gap.what) == (level == "warning")


def interrupted(cpu: int, held_s: float, span_s: float) -> int | None:
    """Return what a spinner prints that was stopped for a while; None where it ended before it had spun."""
    command = [sys.executable, spin.SPINNER, str(cpu), str(span_s)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as spinner:
        while os.sched_getaffinity(spinner.pid) != {cpu}:
            assert spinner.poll() is None
        started = psutil.Process(spinner.pid).cpu_times().user  # Python's own start is not looked at
        while psutil.Process(spinner.pid).cpu_times().user < started + 0.05:
            if spinner.poll() is not None:
                return None
        spinner.send_signal(signal.SIGSTOP)
        time.sleep(held_s)
        spinner.send_signal(signal.SIGCONT)
        assert spinner.stdout is not None
        return int(spinner.stdout.read())


def test_an_interruption_is_seen_on_the_cpu_that_had_it() -> None:
    """One spinner is stopped for a while: by so much it is behind, and it was busy on its own CPU."""
    held_s, cpu = 0.1, min(os.sched_getaffinity(0))
    # Others may leave it no twentieth of a second in the first span.
    gaps_ns = (interrupted(cpu, held_s, span_s) for span_s in (3, 30, 300))
    assert next(gap_ns for gap_ns in gaps_ns if gap_ns is not None) >= held_s * 1e9


def test_every_cpu_is_kept_busy_and_nothing_stays() -> None:
    """One spinner each; a check that is ended takes them with it."""
    cpus = sorted(os.sched_getaffinity(0))
    gaps_ns = spin.spin(cpus, 0.05)
    assert list(gaps_ns) == cpus
    assert all(gap_ns > 0 for gap_ns in gaps_ns.values())
    long = "from harness.doctor import spin; list(spin.check(spin_s=600))"
    with subprocess.Popen([sys.executable, "-c", long], cwd=CHECKOUT, stderr=subprocess.DEVNULL) as check:
        spinners: list[psutil.Process] = []
        while len(spinners) < len(cpus) or not all(spinner.cpu_times().user > 0.02 for spinner in spinners):
            assert check.poll() is None
            spinners = psutil.Process(check.pid).children()
        check.send_signal(signal.SIGINT)
        assert check.wait() == -signal.SIGINT
    assert not any(spinner.is_running() for spinner in spinners)


def test_a_terminal_gets_lines_of_its_width() -> None:
    """The second column goes on below itself; a file gets each finding in one line."""
    ours, theirs = pty.openpty()
    doctor = [sys.executable, "-m", "harness", "doctor", "--no-spin"]
    subprocess.run(doctor, cwd=CHECKOUT, stdout=theirs, env=os.environ | {"COLUMNS": "60"}, check=False)
    lines = os.read(ours, 65536).decode().splitlines()
    os.close(ours)
    os.close(theirs)
    assert max(map(len, lines)) <= 60
    assert any(line.startswith(" " * 11) and "cure" not in line for line in lines)


def doctor_without(modules: list[str], *options: str) -> subprocess.CompletedProcess[str]:
    """Run doctor where these modules cannot be imported."""
    code = (
        f"import sys\nfor name in {modules}: sys.modules[name] = None\n"
        "from harness.__main__ import main\nsys.exit(main(['doctor', *sys.argv[1:]]))"
    )
    return subprocess.run(
        [sys.executable, "-c", code, "--no-spin", *options], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )


def test_doctor_names_the_missing_bcc_and_its_cure() -> None:
    """Without the system's packages doctor still works, says that bench cannot run (4), and what to install."""
    said = doctor_without(["bcc"])
    assert said.returncode == 4
    assert "bcc cannot be imported" in said.stdout.splitlines()[0]
    assert "python3-bpfcc" in said.stdout.splitlines()[1]


def test_doctor_needs_nothing_that_pip_installs() -> None:
    """It is the command for a machine where something is wrong: numpy and the others may be what is."""
    assert "Traceback" not in doctor_without(["numpy", "scapy", "pyroute2", "psutil", "rich"]).stderr


def test_doctor_prints_its_findings_as_json() -> None:
    """Each finding has a level, what was found, and a cure or null; the worst comes first."""
    findings = json.loads(doctor_without(["bcc"], "--json").stdout)
    assert all(set(finding) == {"level", "what", "cure"} for finding in findings)
    order = [LEVELS.index(finding["level"]) for finding in findings]
    assert order == sorted(order)


def test_a_process_that_doctor_names_is_shown_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    """What a killed run left behind may be called anything."""
    _print("warning", "killed runs left a\x1b[2J\n::error::x\udce9 (7)")
    assert capsys.readouterr().out == "warning    killed runs left a\\x1b[2J\\n::error::x\\xe9 (7)\n"


def test_each_check_is_a_file() -> None:
    """A new check needs its file and no entry in a list."""
    files = {path.stem for path in (CHECKOUT / "harness" / "doctor").glob("[!_]*.py")}
    assert set(check_names()) == files
