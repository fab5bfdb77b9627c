"""What is said of a cost, and that a report of result files says it too, apart from consumers' scorecards."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from results.overhead import OverheadPlan
from results.reports.document import Document, Table
from results.reports.overhead import overhead_document
from results.reports.report import report_document
from results.scorecard.report import load
from tests.results.made_up import session, trial
from tests.results.overheads import Simulated, comparison, invalid, plan


def quiet(moments: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rng.normal(0, 0.005) + rng.normal(0, 0.01, len(moments))


def document(machine: Simulated, asked: OverheadPlan) -> Document:
    return overhead_document(asked.answer(machine, 1), machine.trials)


def said(found: Document) -> list[str]:
    return ["".join(sentence) for sentence in found.headline]


def test_a_cost_a_saving_and_neither_are_told_apart() -> None:
    """Each with its interval, and what is not told with what would have been."""
    machine = Simulated(quiet, 3, {"perf record": 0.2, "nice": -0.1})
    found = document(machine, plan("perf record", "nice", "sleep 600"))
    costs, spares, neither = said(found)
    assert costs.startswith("Attaching perf record costs the sender 19.9 %")
    assert spares.startswith("Attaching nice spares the sender ")
    assert neither.startswith("What attaching sleep 600 costs the sender is not distinguishable from zero (-")
    assert neither.endswith(" % would have been detected.")
    (table,) = (part for part in found.parts if isinstance(part, Table))
    assert [line.label for line in table.lines] == ["perf record", "nice", "sleep 600"]
    first = dict(zip([heading.name for heading in table.headings], table.lines[0].cells, strict=True))
    assert first["cost"].value == pytest.approx(0.2, abs=0.02)
    assert (first["plain"].text[-2:], first["cpu"].text, first["pairs"].text) == ("ns", "10 %", "12")


def test_what_never_worked_is_named_with_its_reason() -> None:
    """And has no line among the numbers."""

    class Dies(Simulated):
        def spoil(self, made):
            return invalid(made) if made.setting.mode == "b" else made

    found = document(Dies(quiet, 1, 0.1), plan("a", "b"))
    assert said(found)[1] == "What attaching b costs is not known: sleep ended with status 1 while it was attached"
    (table,) = (part for part in found.parts if isinstance(part, Table))
    assert [line.label for line in table.lines] == ["a"]


def test_what_was_set_aside_and_what_could_not_be_read_is_said() -> None:
    """No counter that could not be read is a zero, and no pair is gone in silence; the level is the one asked for."""

    def stolen(steal: float) -> Document:
        class Stolen(Simulated):
            def spoil(self, made):
                return replace(made, metrics={**made.metrics, "steal_ratio": steal})

        return document(Stolen(quiet, 2, 0.1), plan())

    class Odd(Simulated):
        def spoil(self, made):
            metrics = {name: value for name, value in made.metrics.items() if name == "turn_gap_s"}
            read = replace(made, metrics=metrics)
            return invalid(read, "it stumbled") if made.block == 3 and made.arm == "B" else read

    found = document(Odd(quiet, 2, 0.1), plan(alpha=0.001))
    (table,) = (part for part in found.parts if isinstance(part, Table))
    cells = dict(zip([heading.name for heading in table.headings], table.lines[0].cells, strict=True))
    assert (cells["cpu"], cells["pairs"].text) == (None, "12, 1 set aside")
    told = ["".join(part) for part in found.parts if isinstance(part, tuple)]
    assert "warning: of exec:a tool, 1 of 13 pairs were set aside, the last because it stumbled" in told
    (how,) = (each for each in told if each.startswith("A turn is"))
    assert "cover the true cost with 99.9 %. What the host took of the CPUs (steal) is not known." in how
    for steal, text in ((0.004, "0.4 %"), (0.0, "0 %")):
        assert f"The host took {text} of the CPUs (steal)." in "".join(stolen(steal).parts[-1])


def test_a_workload_of_ones_own_is_called_that_and_its_time_is_in_seconds() -> None:
    """No sender is spoken of."""
    one = comparison("perf trace")
    a, b = (replace(each, windows=1, sender=None, duration_s=None) for each in (one.a, one.b))
    asked = OverheadPlan(comparisons=(replace(one, a=a, b=b),), pairs=6)

    class Timed(Simulated):
        def spoil(self, made):
            took_s = (2.0 if made.arm == "A" else 3.0,)
            return replace(made, windows=replace(made.windows, began_ns=(1,), void={}, values={"workload_s": took_s}))

    found = document(Timed(quiet, 1), asked)
    assert said(found) == ["Attaching perf trace costs the workload 50 % (+50.00 % to +50.00 %)."]
    (table,) = (part for part in found.parts if isinstance(part, Table))
    assert table.lines[0].cells[3].text == "2 s"


def write(file: Path, asked: OverheadPlan, machine: Simulated, *others: object) -> Path:
    lines = [session(id="s", seed=1, plan=asked.to_json()), *machine.trials, *others]
    file.write_text("".join(json.dumps(line.to_json()) + "\n" for line in lines))
    return file


def test_a_report_says_it_too_and_counts_no_turn_as_a_consumers_trial(tmp_path: Path) -> None:
    """Alone in a file, and beside a run; what was not finished is no answer, and says how to go on."""
    asked, machine = plan(), Simulated(quiet, 2, 0.1)
    answer = asked.answer(machine, 1)
    alone = report_document(load([write(tmp_path / "alone.jsonl", asked, machine)]))
    told = said(overhead_document(answer, machine.trials))
    assert said(alone) == told
    assert [section.key for section in alone.sections] == ["overhead", "machine", "method"]
    run = [session(id="run", plan={}), *(replace(trial(number=n), session="run") for n in range(3))]
    beside = report_document(load([write(tmp_path / "beside.jsonl", asked, machine, *run)]))
    assert said(beside)[:1] == told
    assert any("file" in sentence for sentence in said(beside)[1:])
    tables = [part for part in beside.parts if isinstance(part, Table)]
    assert [[line.label for line in table.lines] for table in tables] == [["exec:a tool"], ["file"]]
    del machine.trials[-1]
    cut = report_document(load([write(tmp_path / "cut.jsonl", asked, machine)]))
    assert said(cut) == ["What attaching costs is not known: no session of it was finished."]
    assert "--resume" in cut.problems[0]
