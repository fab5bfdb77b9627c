"""What `--mode exec:COMMAND` means in a plan, and where it means nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.__main__ import main
from harness.paths import mode_files, split_commands
from harness.plan import Asked, run_plan
from harness.wishes import Wishes
from results.errors import BadInput
from results.foreign import Foreign
from results.plan import Step
from results.run import RunPlan
from results.trial import Setting

READ = Foreign(count="x", lost=r"lost (\d+)")


def asked(modes: str, *, passes: str | None = None, drain: int | None = None, stall_ms: float | None = None) -> Asked:
    return Asked(
        modes=modes, wishes=Wishes(intended_load=1000), traffic="udp-closed-port", trials=1, retries=0, passes=passes,
        drain_records=drain, stall_ms=stall_ms, foreign=READ,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "own", "commands"),
    [
        ("file,epoll", "file,epoll", []),
        ("exec:cat", "", ["cat"]),
        ("exec:sh -c 'echo a, b',c", "", ["sh -c 'echo a, b',c"]),
        ("null, exec:cat /x,exec:  cat -n", "null", ["cat /x", "cat -n"]),
        ("a/exec:b", "a/exec:b", []),
    ],
)
def test_commands_come_last_and_hold_commas(text: str, own: str, commands: list[str]) -> None:
    """What follows exec: is its command, up to the next one; its words name no files of modes."""
    assert split_commands(text) == (own, commands)
    assert [str(file) for file in mode_files("exec:cat /a,/b.py")] == []


def test_a_command_is_a_setting_beside_others() -> None:
    """In the timed pass alone; of how it waits and what carries its events nothing is said."""
    settings = run_plan(asked("null,exec:sh -c 'a, b'", passes="timed,kernel")).settings
    assert [(each.mode, each.pass_) for each in settings] == [
        ("null", "timed"),
        ("null", "kernel"),
        ("exec:sh -c 'a, b'", "timed"),
    ]
    foreign = settings[-1]
    assert (foreign.reader, foreign.wait, foreign.wakeup, foreign.ring_size_bytes) == (None, None, None, None)
    assert foreign.foreign == READ


def test_it_is_read_back_as_it_was_written() -> None:
    """From a plan and from a trial's line; a damaged one is refused."""
    plan = run_plan(asked("exec:cat"))
    row = plan.to_json()
    assert RunPlan.from_json(row) == plan
    assert Step(plan.settings[0], 0).setting == Setting.from_json(plan.settings[0].to_json())
    row["settings"][0]["foreign"]["count"] = 3
    with pytest.raises(TypeError, match="count is 3"):
        RunPlan.from_json(row)


@pytest.mark.parametrize(
    ("what", "says"),
    [
        (asked("exec:cat", drain=10), "--drain is only for bench's own"),
        (asked("exec:cat", stall_ms=10), "--stall is only for bench's own"),
        (asked("exec:cat", passes="latency"), "--pass latency"),
        (asked("null"), "are only for --mode exec:COMMAND"),
        (asked("exec:nonesuch-of-bench"), "there is no program"),
    ],
    ids=["drain", "stall", "pass", "own modes", "no program"],
)
def test_what_makes_no_sense_is_refused(what: Asked, says: str) -> None:
    """Before anything runs."""
    with pytest.raises(BadInput, match=says):
        run_plan(what)


@pytest.mark.parametrize(
    "words",
    [
        ["run", "--mode", "exec:cat", "--reader", "batch"],
        ["run", "--mode", "exec:cat", "--ring-size", "1M"],
        ["run", "--mode", "exec:cat", "--gc", "off"],
        ["run", "--mode", "exec:cat", "--trace", "x"],
        ["run", "--mode", "exec:"],
        ["audit"],
        ["audit", "--tool", "nonesuch"],
        ["audit", "--tool", "perf-stat", "--count", "x"],
        ["audit", "--mode", "exec:cat"],
        ["audit", "--mode", "null", "--rates", "0"],
        ["audit", "--", "nonesuch-of-bench"],
        ["audit", "--count", "(", "--", "cat"],
        ["capacity", "--mode", "exec:touch touched"],
        ["certify", "--mode", "exec:touch touched"],
        ["watch", "--mode", "exec:touch touched"],
        ["check", "--mode", "exec:touch touched", "--against", "HEAD"],
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("capable")
def test_what_nobody_could_heed_is_bad_input(
    words: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status 2, one line; no command but run and audit starts one."""
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    assert capsys.readouterr().err.startswith("bench: ")
    assert not (tmp_path / "touched").exists()


@pytest.mark.usefixtures("capable")
def test_no_configuration_starts_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A pyproject.toml may be anybody's: what is measured stands on the command line alone."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text('[tool.bench.check]\nmode = "exec:touch touched"\n')
    assert main(["check", "--mode", "null", "--against", "HEAD"]) == 2
    assert "mode" in capsys.readouterr().err
    (tmp_path / "pyproject.toml").write_text('[tool.bench.check.modes."exec:touch touched"]\nalpha = 0.05\n')
    assert main(["check", "--mode", "null", "--against", "HEAD"]) == 2
    assert not (tmp_path / "touched").exists()
