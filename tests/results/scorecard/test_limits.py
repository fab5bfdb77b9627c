"""Capacity searches in a report: replayed from their trials, with what was not finished said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from results.capacity.bounds import QUICK
from results.capacity.plan import CapacityPlan, survey
from results.capacity.survey import Question
from results.file import ResultWriter
from results.reports.headline import headline
from results.reports.scorecard import summarise
from results.scorecard.report import load
from results.trial import Trial
from tests.results import made_up

LIMITS = {"null": 5e5, "file": 1.5e5}


def consumer(number: Callable[[], int]) -> Callable[[Question], Trial]:
    """Stand in for the machine: each mode loses what is beyond its limit."""

    def ask(question: Question) -> Trial:
        setting = question.setting
        offered = (setting.intended_load or 0) * (setting.duration_s or 1)
        lost = max(0, round(offered - LIMITS[setting.mode] * (setting.duration_s or 1)))
        trial = made_up.trial(
            setting.mode, number(), lost=lost, intended_load=setting.intended_load, duration_s=setting.duration_s
        )
        return replace(trial, setting=setting, block=question.block, limited_by="consumer" if lost else None)

    return ask


@pytest.fixture
def searched(tmp_path: Path) -> Path:
    """Record a search of two modes."""
    settings = tuple(made_up.setting(mode, intended_load=None, duration_s=None) for mode in LIMITS)
    plan = CapacityPlan(settings=settings, precision=QUICK, loss=0.005, least=1e3, most=1e6)
    trials: list[Trial] = []
    with ResultWriter(tmp_path / "r") as writer:
        writer.session(made_up.session(plan=plan.to_json()))
        ask = consumer(lambda: len(trials))

        def recorded(question: Question) -> Trial:
            trial = ask(question)
            writer.trial(trial)
            trials.append(trial)
            return trial

        list(survey(plan, recorded))
    return tmp_path / "r"


def test_the_limits_are_those_of_the_search(searched: Path) -> None:
    """Headline and scorecard give NDR and PDR, within the search's width of the true limits."""
    report = load([searched])
    assert report.problems == ()
    headings = [heading.name for heading in summarise(report.variants).headings]
    cells = {line.label: dict(zip(headings, line.cells, strict=True)) for line in summarise(report.variants).lines}
    for mode, limit in LIMITS.items():
        found = cells[mode]["ndr"]
        assert found is not None
        assert found.value == pytest.approx(limit, rel=0.11)
        assert cells[mode]["pdr"] is not None
    assert "".join(headline(report.variants)[0]).startswith("null keeps up to ")


def test_a_search_cut_short_shows_what_it_found(searched: Path) -> None:
    """The first mode was finished: its limits stand, and the report says how to go on."""
    whole = searched.read_bytes()
    searched.write_bytes(whole[: int(len(whole) * 0.9)])
    report = load([searched])
    assert any("was not finished; go on with:" in problem for problem in report.problems)
    assert [variant.limits is not None for variant in report.variants] == [False, True]


def test_a_plan_that_is_none_is_a_problem(tmp_path: Path) -> None:
    """A capacity plan of another shape leaves the trials in the report."""
    with ResultWriter(tmp_path / "r") as writer:
        writer.session(made_up.session(plan={"capacity": {"settings": 5}}))
        writer.trial(made_up.trial())
    report = load([tmp_path / "r"])
    assert "cannot be replayed" in report.problems[0]
    assert len(report.trials) == 1
