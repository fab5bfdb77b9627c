"""The plan of a run tells for how long it will run."""

from dataclasses import replace

import pytest

from results.run import RunPlan
from tests.results.made_up import setting


@pytest.mark.parametrize(("trials", "duration_s", "at_least"), [(1, 5.0, 5), (200, 3.0, 600), (3, 86_400.0, 259_200)])
def test_the_time_is_that_of_all_trials_and_of_their_starts(trials: int, duration_s: float, at_least: float) -> None:
    """Passes beside the timed one are made once; a drain has no duration and takes some time all the same."""
    timed = setting("null", duration_s=duration_s)
    plan = RunPlan(settings=(timed,), trials=trials)
    assert at_least < plan.expected_s < at_least + 5 * trials
    with_others = RunPlan(settings=(timed, replace(timed, pass_="latency", duration_s=None)), trials=trials)
    assert 0 < with_others.expected_s - plan.expected_s < 5
