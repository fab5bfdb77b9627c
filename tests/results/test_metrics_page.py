"""docs/metrics.md names every number that a result file holds, and quotes the committed run as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from results.file import read
from results.metrics import IN_PASSES, METRICS, Metric
from results.reports.details import median_text, of_pass
from results.scorecard.rows import rows
from results.series import SERIES

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "metrics.md").read_text()
TRIALS = read(DOCS / "results" / "metrics.jsonl").trials
# | `metric` | pass | callback | batch |
EXPLAINED, _, EXAMPLE = PAGE.partition("## An example")
QUOTED = re.findall(r"^\| `(\w+)` \| (\w+) \| ([^|]+) \| ([^|]+) \|$", EXAMPLE, re.MULTILINE)


def row_of(metric: Metric) -> str:
    """Write the row that a metric has on the page."""
    passes = metric.source.passes
    others = [name for name in IN_PASSES if name not in passes]
    said = f"all but {', '.join(others)}" if 0 < len(others) < len(passes) else ", ".join(passes) if others else "all"
    return f"| `{metric.name}` | {metric.unit.name} | {said} | {metric.means} |"


def test_the_page_has_a_row_for_each_metric_and_no_other() -> None:
    """Its name, unit, passes and meaning stand there as the table in results/metrics.py has them."""
    rows_there = re.findall(r"^\| `\w+` \|.*\|.*\|.*\|$", EXPLAINED, re.MULTILINE)
    assert sorted(rows_there) == sorted(map(row_of, METRICS.values()))


def test_every_series_is_explained() -> None:
    """So is what is more than one number, but for what a trial never holds."""
    assert SERIES.keys() - {"gc_total"} <= set(re.findall(r"`(\w+)`", EXPLAINED))


@pytest.mark.parametrize(("name", "pass_", "callback", "batch"), QUOTED)
def test_the_example_quotes_the_run(name: str, pass_: str, callback: str, batch: str) -> None:
    """Each number of the example is the median of the committed trials of one pass."""
    said = {}
    for row in rows(TRIALS):
        chosen = of_pass(row.drains, "timed") if pass_ == "drain" else of_pass(row.trials, pass_)
        said[row.setting.reader] = median_text(chosen, name)
    assert said == {"callback": callback, "batch": batch}


def test_the_example_is_long_enough_to_explain_something() -> None:
    """Allocations, collections, CPU time and ages of both readers are in it."""
    assert {"allocations_per_event", "gc_runs_gen0", "cpu_ns_per_event", "age_p99_ns"} <= {row[0] for row in QUOTED}
