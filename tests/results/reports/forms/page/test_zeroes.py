"""Drawings of numbers that are 0: a drawing that has nothing to show is left out, and no library says a word."""

import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from results.history import read_history
from results.metrics import METRICS
from results.reports.forms.page.drawings import cpu_split, drift, history_chart, latency, load_curve, loss_timeline
from results.trial import Trial
from tests.results import made_up
from tests.results.reports.forms.page.test_page import search, written


@pytest.fixture(autouse=True)
def _no_warning() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def zeroed(trials: list[Trial], *names: str, some: bool = False) -> list[Trial]:
    """Make metrics 0: in all trials, or with `some` in every second, and absent from the others."""
    made = []
    for place, trial in enumerate(trials):
        rest = {name: value for name, value in trial.metrics.items() if name not in names}
        zeroes = {} if some and place % 2 else dict.fromkeys(names, 0.0)
        made.append(replace(trial, metrics={**rest, **zeroes}))
    return made


def counted(trial: Trial, **counts: int) -> Trial:
    return replace(trial, ledger=replace(trial.ledger, **counts))


TWO = made_up.run(modes=("null", "file"), trials=2)
AGES = tuple(name for name in METRICS if name.startswith("age_"))


@pytest.mark.parametrize(
    "names",
    [
        ("cpu_ns_per_event",),
        ("cpu_user_s", "cpu_system_s"),
        ("cpu_ns_per_event", "program_ns_per_event"),
        ("cpu_s", "cpu_user_s", "cpu_system_s", "cpu_ns_per_event", "program_ns_per_event", "softirq_ratio"),
    ],
    ids=len,
)
@pytest.mark.parametrize("some", [False, True], ids=["in all", "in some"])
def test_costs_of_nothing(names: tuple[str, ...], some: bool, tmp_path: Path) -> None:
    """A sum of 0 has no shares, and a median of 0 no ratio to it."""
    report = written(tmp_path / "r", zeroed(TWO, *names, some=some))
    assert cpu_split.draw(report) is None
    drift.draw(report)


def test_a_part_that_costs_nothing_is_left_out_of_the_bar(tmp_path: Path) -> None:
    """The other parts are drawn."""
    drawn = cpu_split.draw(written(tmp_path / "r", zeroed(TWO, "program_ns_per_event")))
    assert drawn is not None
    assert "program (kernel)" not in drawn.wide


def test_ages_of_nothing(tmp_path: Path) -> None:
    """A logarithmic axis has no place for them."""
    assert latency.draw(written(tmp_path / "r", zeroed(TWO, *AGES))) is None


def test_a_search_in_which_everything_is_lost(tmp_path: Path) -> None:
    """Nothing is consumed, and the loss is drawn."""
    lost = [
        counted(trial, consumed=0, submitted=0, reserve_failed=trial.ledger.offered) for trial in search((5e4, 2e5))
    ]
    drawn = load_curve.draw(written(tmp_path / "r", lost))
    assert drawn is not None
    assert "100 % lost" in drawn.points["s1v0-lost"][0]


def test_a_search_in_which_nothing_was_offered(tmp_path: Path) -> None:
    """There is no load to draw anything over."""
    nothing = dict.fromkeys(("sent", "observed", "drops_expected", "consumed", "submitted", "reserve_failed"), 0)
    report = written(tmp_path / "r", [counted(trial, **nothing) for trial in search((5e4, 2e5))])
    assert load_curve.draw(report) is None
    assert loss_timeline.draw(report) is None


@pytest.mark.parametrize("metric", ["cpu_ns_per_event", "gc_pause_max_s", "loss_ratio"])
def test_a_history_of_nothing(metric: str, tmp_path: Path) -> None:
    """One session, of one trial, all 0: a line at the foot."""
    written(tmp_path / "r.jsonl", zeroed(TWO[:1], "cpu_ns_per_event", "gc_pause_max_s"))
    assert "0" in history_chart.draw(read_history(tmp_path, METRICS[metric])).wide
