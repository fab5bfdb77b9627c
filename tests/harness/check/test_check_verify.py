"""Baselines, certificates and bench verify, on result files made up for the purpose."""

from __future__ import annotations

import dataclasses
import json
import os

import pytest

from harness.__main__ import main
from harness.check import baseline, certificates
from harness.commands.parts.status import BAD_INPUT, DONE, INCONCLUSIVE, REGRESSED
from harness.machine.caller import Caller
from results.check.blocks import Comparison
from results.check.gate import GatePlan, gated
from results.check.plan import Check
from results.file import ResultWriter, read
from results.session import Session
from tests.results.check.blocks_made_up import setting, trial, trials_of
from tests.results.check.test_certify import certified, gate, noise

CPU = "cpu_ns_per_event"
LOAD = setting("load")
HERE = {"cpu_model": "x", "kernel": "6.1", "commit": "aaa"}


def session(identity="s", *, plan=None, host=HERE, seed=7):
    return Session(
        id=identity,
        started_at="2026-01-01T00:00:00+00:00",
        command="bench",
        seed=seed,
        plan=plan or {},
        host=host,
    )


def written(path, *sessions):
    with ResultWriter(path) as writer:
        for line, trials in sessions:
            writer.session(line)
            for one in trials:
                writer.trial(dataclasses.replace(one, session=line.id))
    return path


def a_check(path, ratio, blocks=8):
    check = Check(
        gate=GatePlan(alpha=0.05, looks=(8,), gated=(gated("epoll", CPU),)),
        comparisons=(Comparison("epoll", LOAD, LOAD),),
        arm_a="a",
        arm_b="b",
    )
    made = trials_of(CPU, [(100, 100 * ratio)] * blocks, of=LOAD)
    return written(path, (session(plan=check.to_json()), made))


@pytest.mark.parametrize(("ratio", "status"), [(1.2, REGRESSED), (1.0, DONE), (1.05, INCONCLUSIVE)])
def test_verify_gives_the_checks_own_status(tmp_path, capsys, ratio, status):
    """The verdict comes from the stored trials alone."""
    assert main(["verify", str(a_check(tmp_path / "r.jsonl", ratio))]) == status
    assert "cpu_ns_per_event" in capsys.readouterr().out


def test_verify_finds_trials_that_were_changed(tmp_path, capsys):
    """Arms that were swapped afterwards do not match the coin."""
    path = a_check(tmp_path / "r.jsonl", 1.2)
    swapped = path.read_text().replace('"arm":"A"', '"arm":"X"').replace('"arm":"B"', '"arm":"A"')
    path.write_text(swapped.replace('"arm":"X"', '"arm":"B"'))
    assert main(["verify", str(path)]) == BAD_INPUT
    assert "its coin said" in capsys.readouterr().err


def test_verify_balances_each_ledger_again(tmp_path, capsys):
    """A count that was changed afterwards shows."""
    path = a_check(tmp_path / "r.jsonl", 1.0)
    path.write_text(path.read_text().replace('"consumed":1000', '"consumed":999', 1))
    assert main(["verify", str(path)]) == BAD_INPUT
    assert "does not balance" in capsys.readouterr().err


def test_verify_says_that_a_check_was_stopped(tmp_path, capsys):
    """Five blocks of a plan of eight are no verdict."""
    assert main(["verify", str(a_check(tmp_path / "r.jsonl", 2.0, blocks=5))]) == INCONCLUSIVE
    assert "stopped" in capsys.readouterr().out


@pytest.mark.parametrize(
    "content", [b"", b"{}\n", b"\x7fELF", b'{"type":"session"'], ids=["empty", "{}", "ELF", "torn"]
)
def test_a_file_that_is_no_result_is_bad_input(tmp_path, content, capsys):
    """Status 2 and a line that names the file, for whatever it is."""
    path = tmp_path / "r.jsonl"
    path.write_bytes(content)
    assert main(["verify", str(path)]) == BAD_INPUT
    assert "r.jsonl" in capsys.readouterr().err


def test_a_torn_check_is_not_verified(tmp_path, capsys):
    """A verdict on what is left of a file would not be the check's."""
    path = a_check(tmp_path / "r.jsonl", 1.2)
    path.write_bytes(path.read_bytes()[:-20])
    assert main(["verify", str(path)]) == BAD_INPUT
    assert "not whole" in capsys.readouterr().err


def test_verify_writes_the_reports_that_check_writes(tmp_path, monkeypatch):
    """JUnit, Markdown, the job's summary: all from the stored trials."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    (tmp_path / "summary.md").write_text("before\n")
    path = a_check(tmp_path / "r.jsonl", 1.2)
    flags = ["--junit", str(tmp_path / "j.xml"), "--markdown", str(tmp_path / "m.md")]
    main(["verify", str(path), *flags])
    assert "<failure" in (tmp_path / "j.xml").read_text()
    assert (tmp_path / "summary.md").read_text() == "before\n" + (tmp_path / "m.md").read_text()


def test_a_summary_without_room_is_left_as_it_is(tmp_path, monkeypatch, capsys):
    """GitHub shows nothing of one above 1 MiB: what earlier steps wrote stands, and it is said."""
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    summary.write_bytes(b"x" * (2**20 - 2**14 - 10))
    main(["verify", str(a_check(tmp_path / "r.jsonl", 1.2))])
    assert summary.stat().st_size == 2**20 - 2**14 - 10
    assert "no room left" in capsys.readouterr().err


def test_an_annotation_marks_the_worst_on_github(tmp_path, monkeypatch, capsys):
    """Only there, and not on stdout, which may be JSON."""
    path = a_check(tmp_path / "r.jsonl", 1.2)
    main(["verify", str(path), "--json"])
    assert "::error" not in capsys.readouterr().err
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    main(["verify", str(path), "--json"])
    said = capsys.readouterr()
    assert said.err.startswith("::error ")
    assert json.loads(said.out)["verdict"] == "REGRESSED"


def test_a_report_that_cannot_be_written_is_refused(tmp_path, capsys):
    """Before anything is computed."""
    path = a_check(tmp_path / "r.jsonl", 1.0)
    assert main(["verify", str(path), "--junit", str(tmp_path / "no" / "j.xml")]) == BAD_INPUT
    assert "cannot write" in capsys.readouterr().err


def stored(path, count, *, host=HERE):
    made = [trial(n, n, None, LOAD, metrics={CPU: 100.0}) for n in range(count)]
    return written(path, (session(host=host), made))


def test_a_stored_result_is_a_baseline(tmp_path):
    """Its valid trials of the same setting become arm A."""
    comparison = Comparison("epoll", LOAD, LOAD)
    here = {**HERE, "commit": "bbb", "bench": "9", "boot": "1"}
    found = baseline.load(stored(tmp_path / "r.jsonl", 20), [comparison], 10, here)
    assert len(found.trials[comparison]) == 20


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"bench": "9"}, ", by another bench (bench not recorded then, 9 now)"),
        ({"commit": "bbb"}, ", by another bench (commit aaa then, bbb now)"),
        ({"boot": "1"}, ""),
        ({}, ""),
    ],
)
def test_a_baseline_that_another_bench_measured_says_so(tmp_path, change, said):
    """Its reader and its channel are in the ratio as well as the mode; a new start of the machine is no other bench."""
    here = {**HERE, "commit": "aaa"}
    path = stored(tmp_path / "r.jsonl", 20, host=here)
    found = baseline.load(path, [Comparison("epoll", LOAD, LOAD)], 10, {**here, **change})
    assert found.other_bench({**here, **change}) == said


@pytest.mark.parametrize(
    ("host", "count", "says"),
    [
        ({**HERE, "kernel": "6.2"}, 20, "another machine: kernel '6.1' there, '6.2' here"),
        ({**HERE, "memory": 1}, 20, "memory 'not recorded' there, '1' here"),
        (HERE, 12, "enough for 6 blocks"),
    ],
)
def test_a_baseline_of_another_machine_or_too_small_is_refused(tmp_path, host, count, says):
    """With the differences named, or what is missing."""
    with pytest.raises(ValueError, match=says):
        baseline.load(stored(tmp_path / "r.jsonl", count), [Comparison("epoll", LOAD, LOAD)], 10, host)


def test_a_baseline_of_other_settings_is_refused(tmp_path):
    """Another load is another question."""
    other = dataclasses.replace(LOAD, intended_load=5.0)
    with pytest.raises(ValueError, match="no session that measured these settings"):
        baseline.load(stored(tmp_path / "r.jsonl", 20), [Comparison("epoll", other, other)], 10, HERE)


def test_a_torn_baseline_is_refused(tmp_path):
    """What is missing may be what mattered."""
    path = stored(tmp_path / "r.jsonl", 20)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ValueError, match="cannot be a baseline"):
        baseline.load(path, [Comparison("epoll", LOAD, LOAD)], 5, HERE)


def test_a_certificate_is_found_for_its_host_and_plan_only(tmp_path):
    """Another host, alpha, number of blocks, metric or setting is not covered."""
    owner = Caller(os.getuid(), os.getgid(), tmp_path)
    made = certified([gate(number, noise(number)) for number in range(15)])
    certificates.store(made, owner)
    check = Check(gate=made.gate, comparisons=(Comparison("epoll", LOAD, LOAD),), arm_a="a", arm_b="b")
    assert certificates.find(check, {"cpu": "here"}, owner) == made
    newer = {"cpu": "here", "bench": "9", "commit": "bbb", "boot": "1"}
    assert certificates.find(check, newer, owner) == made
    assert certificates.store(dataclasses.replace(made, host=newer), owner) == certificates.store(made, owner)
    assert certificates.find(check, {"cpu": "there"}, owner) is None
    for change in ({"alpha": 0.04}, {"looks": (9,)}, {"gated": (gated("epoll", "loss_ratio"),)}):
        other = dataclasses.replace(check, gate=dataclasses.replace(check.gate, **change))
        assert certificates.find(other, {"cpu": "here"}, owner) is None
    longer = dataclasses.replace(LOAD, duration_s=9.0)
    other = dataclasses.replace(check, comparisons=(Comparison("epoll", longer, longer),))
    assert certificates.find(other, {"cpu": "here"}, owner) is None


def test_a_file_that_is_no_certificate_is_passed_over(tmp_path):
    """It does not stop a check."""
    owner = Caller(os.getuid(), os.getgid(), tmp_path)
    (certificates.folder_of(owner) / "x.json").write_text('{"type": "other"}')
    check = Check(
        gate=GatePlan(alpha=0.05, looks=(8,), gated=(gated("epoll", CPU),)),
        comparisons=(Comparison("epoll", LOAD, LOAD),),
        arm_a="a",
        arm_b="b",
    )
    assert certificates.find(check, HERE, owner) is None


def test_the_file_reads_back_with_its_arms(tmp_path):
    """The arm survives the way through the file."""
    held = read(a_check(tmp_path / "r.jsonl", 1.0))
    assert {one.arm for one in held.trials} == {"A", "B"}
