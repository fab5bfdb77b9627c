"""`bench run --details`: every number, pass by pass, and why one is missing."""

from __future__ import annotations

import io
from dataclasses import replace

from results.reports.details import details
from results.reports.document import Document
from results.reports.forms.terminal import Console, draw
from results.trial import Trial
from tests.results.made_up import trial


def said_of(*trials: Trial) -> str:
    console = Console(file=io.StringIO(), width=120)
    draw(Document((), details(trials)), console)
    return console.file.getvalue()


def of_pass(made: Trial, pass_: str, **metrics: float) -> Trial:
    return replace(made, setting=replace(made.setting, pass_=pass_), metrics=metrics)


def test_each_pass_has_a_table_of_its_own() -> None:
    """The same metric in two passes is two numbers, never one of both."""
    made = trial()
    lines = said_of(
        of_pass(made, "timed", cpu_ns_per_event=100.0), of_pass(made, "latency", cpu_ns_per_event=900.0, age_max_ns=5e6)
    ).splitlines()
    headings = [line.split()[0] for line in lines if line.strip()]
    assert headings == ["timed", "cpu_ns_per_event", "latency", "cpu_ns_per_event", "age_max_ns"]
    assert [line.split()[1:] for line in lines if line.startswith("cpu_ns")] == [["100", "ns"], ["900", "ns"]]


def test_the_median_of_the_trials_is_shown() -> None:
    """Three trials, one number."""
    made = [of_pass(trial(number=number), "timed", page_faults=value) for number, value in enumerate((1.0, 7.0, 400.0))]
    (line,) = [line.split() for line in said_of(*made).splitlines() if line.startswith("page_faults")]
    assert line == ["page_faults", "7"]


def test_what_is_absent_is_said_with_its_reason() -> None:
    """No 0 and no dash without a word."""
    made = replace(trial(), metrics={}, absent={"run_delay_s": "this kernel does not count it"})
    assert "absent: run_delay_s: this kernel does not count it" in said_of(made)


def test_an_unknown_metric_is_written_by_the_unit_in_its_name() -> None:
    """A metric that a later version adds is still shown with its unit."""
    said = said_of(replace(trial(), metrics={"new_wait_ns": 1_500.0, "new_held_bytes": 2048.0, "new_share_ratio": 0.5}))
    assert "1.5 µs" in said
    assert "2 KiB" in said
    assert "50 %" in said


def test_a_time_of_a_noisy_machine_is_marked() -> None:
    """In the pass in which it was taken; a count is not."""
    noisy = replace(trial(), disturbed_because=("steal",))
    told = {"cpu_ns_per_event": 100.0, "page_faults": 3.0}
    lines = said_of(of_pass(noisy, "timed", **told), of_pass(trial(number=2), "latency", **told)).splitlines()
    cells = [line.split()[1] for line in lines if line.startswith(("cpu_ns", "page"))]
    assert cells == ["~100", "3", "100", "3"]
