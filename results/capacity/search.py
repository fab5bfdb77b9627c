"""Search for NDR and PDR with MLRsearch: https://pypi.org/project/MLRsearch/, draft-ietf-bmwg-mlrsearch.

The search asks for one trial after the other. Where the trials come from, a machine or a result file, it cannot tell:
the same trials give the same bounds.
"""

from collections.abc import Callable

from MLRsearch import AbstractMeasurer, Config, MeasurementResult, MultipleLossRatioSearch, SearchGoal

from results.capacity.bounds import Bounds, Found, Precision
from results.capacity.judge import Side, judge
from results.trial import Trial

Measure = Callable[[float, float], Trial]
"""Run, or find, a trial of so many drops per second and so many seconds."""

# A search that has taken so long, in seconds, will not end: the machine does not answer the same question alike.
LONGEST_SEARCH_S = 3600.0


def search(measure: Measure, *, precision: Precision, loss: float, least: float, most: float) -> Found:
    """Find the bounds of the loads with no loss and with at most `loss`, between two loads.

    Raises ValueError when an invalid trial leaves nothing to judge by, and RuntimeError when it does not end.
    """
    measurer = _Measurer(measure)
    ndr, pdr = _goal(precision, 0.0), _goal(precision, loss)
    config = Config()
    config.goals = (ndr, pdr)
    # In this order: each is checked against the other's present value, which begins at 9,001 and at a milliard.
    config.min_load = least
    config.max_load = most
    config.search_duration_max = LONGEST_SEARCH_S
    config.warmup_duration = 0.0
    found = MultipleLossRatioSearch(config).search(measurer, debug=lambda _message: None)
    return Found(
        ndr=_bounds(found[ndr], 0.0, measurer.trials),
        pdr=_bounds(found[pdr], loss, measurer.trials),
        trials=tuple(measurer.trials),
    )


class _Measurer(AbstractMeasurer):  # type: ignore[misc] # MLRsearch is untyped
    """Answers the search's questions with trials, and keeps them."""

    def __init__(self, measure: Measure) -> None:
        self._measure = measure
        self.trials: list[Trial] = []

    def measure(self, intended_duration: float, intended_load: float) -> MeasurementResult:
        trial = self._measure(intended_load, intended_duration)
        self.trials.append(trial)
        verdict = judge(trial)
        return MeasurementResult(
            intended_duration=intended_duration,
            intended_load=intended_load,
            offered_count=verdict.offered,
            # A trial may offer more in its loss than it has events: what is deferred was consumed after all.
            loss_count=min(verdict.lost + verdict.deferred, verdict.offered),
            intended_count=verdict.intended,
        )


def _goal(precision: Precision, loss: float) -> SearchGoal:
    return SearchGoal(
        loss_ratio=loss,
        exceed_ratio=0.5,
        relative_width=precision.width,
        initial_trial_duration=precision.initial_s,
        final_trial_duration=precision.final_s,
        duration_sum=precision.sum_s,
        preceding_targets=2,
        expansion_coefficient=2,
        fail_fast=False,
    )


def _bounds(result: object, loss: float, trials: list[Trial]) -> Bounds:
    lower, upper = _load(result, "relevant_lower_bound"), _load(result, "relevant_upper_bound")
    if lower is None:
        return Bounds(lower=None, upper=upper, at_least=False)
    return Bounds(lower=lower, upper=upper, at_least=upper is None or not _consumer_failed(upper, loss, trials))


def _load(result: object, bound: str) -> float | None:
    """Read a bound of MLRsearch's GoalResult as drops per second."""
    found = getattr(result, bound)
    return None if found is None else float(found)


def _consumer_failed(load: float, loss: float, trials: list[Trial]) -> bool:
    """Tell whether the trials that failed at a load failed for the consumer's sake, most of them."""
    sides = [judge(trial).failed_by(loss) for trial in trials if trial.setting.intended_load == load]
    return sides.count(Side.CONSUMER) >= max(1, sides.count(Side.GENERATOR))
