"""docs/metrics.md names every number that a result file holds, and quotes the committed run as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from results.file import read
from results.reports.details import median_text, of_pass
from results.scorecard.rows import rows

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "metrics.md").read_text()
TRIALS = read(DOCS / "results" / "metrics.jsonl").trials

# "age_p50_ns" … stands for those between.
NAMED = set(re.findall(r"`(\w+)`", PAGE)) | {f"age_offered_{name}_ns" for name in ("p90", "p99", "p999")}
# | `metric` | pass | callback | batch |
EXAMPLE = PAGE.partition("## An example")[2]
QUOTED = re.findall(r"^\| `(\w+)` \| (\w+) \| ([^|]+) \| ([^|]+) \|$", EXAMPLE, re.MULTILINE)


def test_every_metric_is_explained() -> None:
    """What is measured, and what is absent, stands on the page under its name."""
    held = {name for trial in TRIALS for name in (*trial.metrics, *trial.absent)}
    assert held
    assert held - NAMED == set()


def test_every_series_is_explained() -> None:
    """So does what is more than one number."""
    assert {name for trial in TRIALS for name in trial.series} - NAMED == set()


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
