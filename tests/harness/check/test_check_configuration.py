"""[tool.bench.check]: what it may say, where it is found, and that flags go before it."""

from __future__ import annotations

import argparse
import os
import subprocess
from pathlib import Path

import pytest

from harness.check.configuration import find, load, wanted
from harness.commands.parts.options import add_gate_options, flags_of
from harness.wishes import Wishes
from results.errors import BadInput

TABLE = """
[tool.bench.check]
alpha = 0.1
blocks = [9, 18]
metrics = ["ns_per_event", "loss_ratio"]
delta = { ns_per_event = 0.2 }
duration = 0.5
rate = 20000
drain = 1000

[tool.bench.check.modes.file]
delta = { ns_per_event = 0.3 }
"""


def said(tmp_path, *flags, table=TABLE):
    path = tmp_path / "pyproject.toml"
    path.write_text(table)
    parser = argparse.ArgumentParser()
    add_gate_options(parser)
    return wanted(flags_of(parser.parse_args(["--config", str(path), *flags])), Wishes())


def test_the_file_speaks_where_no_flag_does(tmp_path):
    """Every key of the table arrives."""
    asked, wishes = said(tmp_path)
    assert (asked.alpha, asked.looks, asked.drain_records) == (0.1, (9, 18), 1000)
    assert (wishes.duration_s, wishes.intended_load) == (0.5, 20_000)
    assert [(one.metric.name, one.gate.margin) for one in asked.gated("epoll")] == [
        ("ns_per_event", 0.2),
        ("loss_ratio", 0.001),
    ]


def test_a_mode_has_its_own_margins(tmp_path):
    """A table for one mode overrides the common one for that mode only."""
    asked, _ = said(tmp_path)
    assert asked.gated("file")[0].gate.margin == 0.3


BUDGET = '[tool.bench.check]\nbudget = "1.5m"\n'


@pytest.mark.parametrize(
    ("flags", "budget_s", "looks"),
    [
        ((), 90, None),
        (("--budget", "60s"), 60, None),
        (("--budget", "2h"), 7200, None),
        (("--blocks", "9"), None, (9,)),
    ],
)
def test_a_budget_is_a_time_and_goes_before_blocks_that_stand_in_the_file(tmp_path, flags, budget_s, looks):
    """A flag of either kind takes the place of what the file says of both."""
    asked, _ = said(tmp_path, *flags, table=BUDGET)
    assert (asked.budget_s, asked.looks) == (budget_s, looks)
    asked, _ = said(tmp_path, "--budget", "60")
    assert (asked.budget_s, asked.looks) == (60, None)


def test_a_budget_and_blocks_exclude_each_other(tmp_path):
    """On the command line and in the file; a time is a time."""
    with pytest.raises(ValueError, match="not both"):
        said(tmp_path, "--budget", "60s", "--blocks", "9")
    with pytest.raises(ValueError, match="not both"):
        said(tmp_path, table=BUDGET + "blocks = [9]\n")
    with pytest.raises(ValueError, match="no time such as 60s"):
        said(tmp_path, table=BUDGET.replace("1.5m", "soon"))


def test_flags_go_before_the_file(tmp_path):
    """What is typed wins, per mode too."""
    flags = ["--alpha", "0.01", "--blocks", "12", "--metrics", "ns_per_event", "--delta", "ns_per_event=7%"]
    asked, wishes = said(tmp_path, *flags, "--rate", "max", "--duration", "2")
    assert (asked.alpha, asked.looks) == (0.01, (12,))
    assert [(one.metric.name, one.gate.margin) for one in asked.gated("file")] == [("ns_per_event", 0.07)]
    assert (wishes.intended_load, wishes.duration_s) == (None, 2)


def test_the_nearest_file_is_found(tmp_path):
    """From the folder of the call upwards."""
    (tmp_path / "pyproject.toml").write_text("")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert find(below) == tmp_path / "pyproject.toml"


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("[tool.bench.check]\nalpa = 1", "there is no alpa"),
        ("[tool.bench.check]\nblocks = ['ten']", "whole number"),
        ("[tool.bench.check]\ndelta = 5", "table of numbers"),
        ("[tool.bench.check]\nmetrics = 'all'", "list of names"),
        ("[tool.bench.check.modes.file]\nalpha = 0.1", "there is no alpha"),
        ("[tool.bench]\ncheck = 1", "must be a table"),
        ("[tool", "no TOML"),
        ("tool = 3", r"\[tool\] must be a table"),
        ("[tool]\nbench = 'x'", r"\[tool.bench\] must be a table"),
        ("[tool.bench]\nchek = {}", "there is no chek"),
        ("[[tool.bench.check]]\nalpha = 0.1", "must be a table"),
        ("[tool.bench.check]\nmodes = []", "modes must be a table"),
        ("[tool.bench.check.modes]\nfile = 1", r"modes.file\] must be a table"),
        ("[tool.bench.check]\nalpha = -0.05", "alpha"),
        ("[tool.bench.check]\nalpha = nan", "alpha"),
        ("[tool.bench.check]\nalpha = '0.1'", "alpha: it must be a number"),
        ("[tool.bench.check]\nalpha = true", "alpha: it must be a number"),
        ("[tool.bench.check]\nblocks = []", "blocks"),
        ("[tool.bench.check]\nblocks = [20, 10]", "blocks"),
        ("[tool.bench.check]\nmetrics = []", "list of names"),
        ("[tool.bench.check]\nmetrics = ['speed']", "'speed' can be gated"),
        ("[tool.bench.check]\ndelta = { speed = 0.1 }", "'speed' can be gated"),
        ("[tool.bench.check.modes.null]\ndelta = { ns_per_event = inf }", "modes.null.*delta"),
        ("[tool.bench.check]\nduration = inf", "duration"),
        ("[tool.bench.check]\nrate = nan", "rate"),
        (f"[tool.bench.check]\nrate = 1{'0' * 400}", "rate: it must be a number"),
        ("[tool.bench.check]\nrate = 2026-11-27", "rate: it must be a number"),
        ("[tool.bench.check]\ndrain = 0", "drain"),
        ("[tool.bench.check]\ndrain = 1.5", "drain: it must be a whole number"),
        (f"[tool.bench.check]\ndrain = 0x{'f' * 5000}", "drain: it must be a whole number"),
        (f"[tool.bench.check]\ndrain = {'9' * 5000}", "no TOML"),
        (f"a = {'[' * 5000}", "no TOML"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path, table, says):
    """A key that is mistyped never becomes a default in silence, whether or not an option goes before it."""
    with pytest.raises(BadInput, match=says):
        said(tmp_path, table=table)


def test_a_missing_file_is_refused(tmp_path):
    """--config names a file that is there."""
    with pytest.raises(ValueError, match="does not exist"):
        load(tmp_path / "none.toml")


@pytest.mark.parametrize(
    "flags", [["--delta", "ns_per_event"], ["--delta", "ns_per_event=-5%"], ["--delta", "x=5%"], ["--blocks", "few"]]
)
def test_mistaken_flags_are_refused(tmp_path, flags):
    """Each before anything runs."""
    with pytest.raises(ValueError, match=r"--delta|--blocks|can be gated"):
        said(tmp_path, *flags)[0].gated("epoll")


@pytest.mark.parametrize(
    ("mode", "has", "has_not"),
    [
        ("file", "bytes_written_per_event", "-"),
        ("epoll", "age_p99_ns", "bytes_written_per_event"),
        ("aggregate", "allocations_per_event", "age_p99_ns"),
    ],
)
def test_by_default_all_that_a_mode_has_is_gated(tmp_path, mode, has, has_not):
    """A metric that a mode cannot have would only ever be INCONCLUSIVE."""
    names = [one.metric.name for one in said(tmp_path, table="")[0].gated(mode)]
    assert has in names
    assert has_not not in names


@pytest.mark.skipif(os.geteuid() != 0, reason="a file of somebody else takes root to make")
@pytest.mark.parametrize(
    ("owner", "mode", "says"),
    [
        (65534, 0o644, "it belongs to user 65534, who is neither root nor you"),
        (0, 0o666, "everybody may write it"),
        (0, 0o664, "the group 65534 may write it"),
    ],
    ids=["somebody else's", "everybody's", "a group's"],
)
@pytest.mark.parametrize("named", [True, False], ids=["named", "found above"])
def test_a_file_that_others_could_have_written_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, owner: int, mode: int, says: str, named: bool
) -> None:
    """It says when a check fails: with or without --config, and before it is read as anything."""
    path = tmp_path / "pyproject.toml"
    path.write_text("no TOML at all")
    os.chown(path, owner, 65534)
    path.chmod(mode)
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    parser = argparse.ArgumentParser()
    add_gate_options(parser)
    words = ["--config", str(path)] if named else []
    with pytest.raises(BadInput, match=rf"configuration .*pyproject\.toml says what is gated, but {says}; "):
        wanted(flags_of(parser.parse_args(words)), Wishes())


@pytest.mark.parametrize(
    "line",
    [
        'mode = "evil.py"', 'traffic = "evil.py"', 'python = "/tmp/python"', 'import_path = ["/tmp"]', 'against = "x"',
        'environment = { PYTHONPATH = "/tmp" }', 'handicap = "cpu=1"', 'out = "/etc/passwd"', 'gc = "off"',
    ],
)  # fmt: skip
def test_nothing_that_runs_comes_from_it(tmp_path: Path, line: str) -> None:
    """Numbers and names of metrics: there is no key for code, a file, a variable or a setting of the consumer."""
    key = line.partition(" ")[0]
    for table in ("[tool.bench.check]", "[tool.bench.check.modes.file]"):
        with pytest.raises(BadInput, match=f"there is no {key}; the keys are"):
            said(tmp_path, table=f"{table}\n{line}\n")
    with pytest.raises(BadInput, match=f"there is no {key}; the keys are check"):
        said(tmp_path, table=f"[tool.bench]\n{line}\n")


def test_a_mode_that_stands_in_it_is_not_loaded(tmp_path: Path) -> None:
    """A table by the name of a mode file is for when the command line names that file, and is no reason to run it."""
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    said(tmp_path, table=f'[tool.bench.check.modes."{tmp_path}/evil.py"]\nmetrics = ["ns_per_event"]\n')
    assert not (tmp_path / "ran").exists()


def test_what_is_no_file_is_read_where_it_was_named(tmp_path: Path) -> None:
    """--config /dev/null says that there is none; a pipe holds what was written to it; a folder holds nothing."""
    assert load(Path("/dev/null"), named=True) == load(None)
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["sh", "-c", f"echo '[tool.bench.check]\nalpha = 0.2' >'{tmp_path}/pipe'"]):
        assert load(tmp_path / "pipe", named=True).alpha == 0.2
    with pytest.raises(BadInput, match="cannot read"):
        load(tmp_path, named=True)
    with pytest.raises(BadInput, match="is not a file"):
        load(tmp_path / "pipe")
