"""The table of metrics: what it says of each, who reads it, and that nothing is measured beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.probes.reading import Reading
from results.file import read
from results.metrics import COMPARED, GATES, METRICS, SCORECARD, named
from results.series import SERIES
from results.units import BYTES, COUNT, NANOSECONDS, RATIO, SECONDS

RESULTS = Path(__file__).resolve().parents[2] / "docs" / "results"


@pytest.mark.parametrize(
    "given",
    [
        {"metrics": {"cpu_s": 1.0, "cpu_ms": 1.0}},
        {"absent": {"run_delay": "this kernel does not count it"}},
        {"series": {"time_line": []}},
        {"metrics": {"loss": 0.5}, "series": {"ages": []}},
    ],
)
def test_a_reading_of_an_undeclared_name_raises_where_it_is_made(given: dict[str, dict[str, object]]) -> None:
    """A number that no table explains never reaches a trial; nor does a reason, or a series."""
    with pytest.raises(ValueError, match=r"^declare .* in results/metrics.py"):
        Reading(**given)


def test_readings_of_declared_names_join() -> None:
    """What is declared passes, alone and joined to another."""
    joined = Reading(metrics={"cpu_s": 1.0}) | Reading(absent={"run_delay_s": "no"}, series={"timeline": []})
    assert (joined.metrics, joined.absent) == ({"cpu_s": 1.0}, {"run_delay_s": "no"})


@pytest.mark.parametrize("name", ["metrics", "capacity-callback", "advice", "explain", "peers"])
def test_each_committed_number_is_of_the_passes_that_its_source_states(name: str) -> None:
    """What the table says of where a number is measured holds of the trials in docs/results."""
    for trial in read(RESULTS / f"{name}.jsonl").trials:
        assert trial.metrics.keys() | trial.absent.keys() <= METRICS.keys()
        assert trial.series.keys() <= SERIES.keys()
        elsewhere = {name for name in trial.metrics if trial.setting.pass_ not in METRICS[name].source.passes}
        assert elsewhere == set()


def test_the_unit_stands_in_the_name() -> None:
    """Whoever reads a file without us knows what its numbers count."""
    for metric in METRICS.values():
        for unit in (NANOSECONDS, SECONDS, BYTES, RATIO):
            assert (metric.unit is unit) == (unit.name in metric.name.split("_")) or metric.name.endswith("_per_s")


def test_a_gated_metric_is_worse_in_one_direction() -> None:
    """A gate asks whether B is worse, and so do comparisons: both need to know which way that is."""
    assert {name for name in GATES if METRICS[name].better != "lower"} == set()
    assert {metric.name for metric in COMPARED if metric.better is None} == set()


def test_titles_tell_metrics_apart() -> None:
    """A column is found by its title; the scorecard's are short enough for a terminal."""
    assert len({metric.title for metric in METRICS.values()}) == len(METRICS)
    assert all(len(metric.title) <= 12 for metric in SCORECARD)


def test_what_only_another_version_knows_is_shown_by_its_name() -> None:
    """Its unit is the one in the name; without one it is a count."""
    assert [named(name).unit for name in ("wait_max_ns", "held_bytes", "doors")] == [NANOSECONDS, BYTES, COUNT]
