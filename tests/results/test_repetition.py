"""What the machine spoils is repeated, by its state alone: the steps, the trials that count, and why that is fair."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from results.explain.plan import ExplainPlan
from results.metrics import CPU_PER_EVENT, LOSS_RATIO
from results.plan import Step, doubt, failed, replay, replayed, steadied
from results.run import RunPlan
from results.scorecard.rows import quietest, rows
from results.trial import Trial
from tests.results import made_up

STEAL = {"disturbed_because": ("the host took 9.0% of the CPU time (steal), more than --steal-limit 5.0%",)}
FOREIGN = {"disturbed_because": ("other processes took 31% of the CPUs in use, more than --foreign-limit 10.0%",)}
# What a mode may bring about itself: threads of its own wait for its CPU, and its own work uses up a quota.
WAITED = {"disturbed_because": ("the consumer was ready and had no CPU for 20% of its time, more than …",)}
THROTTLED = {"disturbed_because": ("a CPU quota held the processes back for 20% of one CPU's time, more than …",)}
KILLED = {
    "invalid_because": (
        "the consumer was killed by SIGKILL",
        "720 drops were not observed, but the kernel skipped only 0 runs",
        "the consumer died before it could say what it consumed",
    )
}
SILENT = {"invalid_because": ("the generator said nothing for 35 s",)}
HELD_UP = {"invalid_because": ("none of the 1,000 frames that were due was sent",)}
RAISED = {"invalid_because": ("the mode raised ValueError: no",)}
CRASHED = {"invalid_because": ("the consumer was killed by SIGSEGV",)}
QUIET: dict[str, tuple[str, ...]] = {}

SETTING = made_up.setting("file")
PROTOTYPE = made_up.trial("file")


class Machine:
    """Answers with trials to which it does what `done` says, in their order, and nothing after that."""

    def __init__(self, *done: dict[str, tuple[str, ...]]) -> None:
        self._done = done
        self.trials: list[Trial] = []

    def ask(self, step: Step) -> Trial:
        number = len(self.trials)
        made = dataclasses.replace(
            PROTOTYPE, number=number, block=step.block, setting=step.setting, repeats=step.repeats,
            **(self._done[number] if number < len(self._done) else {}),
        )  # fmt: skip
        self.trials.append(made)
        return made


def repeats(machine: Machine) -> list[int | None]:
    return [trial.repeats for trial in machine.trials]


@pytest.mark.parametrize(
    ("done", "retries", "expected", "wrong"),
    [
        pytest.param([QUIET, QUIET, QUIET], 3, [], 0, id="a quiet machine"),
        pytest.param([QUIET, STEAL, QUIET], 3, [1], 0, id="steal"),
        pytest.param([FOREIGN, QUIET, STEAL], 3, [0, 2], 0, id="two"),
        pytest.param([STEAL, QUIET, QUIET, STEAL, FOREIGN], 3, [0, 0, 0], 0, id="until it is quiet"),
        pytest.param([STEAL, STEAL, STEAL, STEAL, STEAL, STEAL], 3, [0, 1, 2], 0, id="never quiet: no more than twice"),
        pytest.param([STEAL, STEAL, STEAL, STEAL, STEAL, STEAL], 9, [0, 1, 2], 0, id="however many are allowed"),
        pytest.param([STEAL, STEAL, STEAL], 1, [0], 0, id="fewer allowed"),
        pytest.param([STEAL, KILLED, STEAL], 0, [], 1, id="none allowed"),
        pytest.param([WAITED, THROTTLED, WAITED], 3, [], 0, id="what the mode may have done itself"),
        pytest.param([KILLED, QUIET, SILENT], 3, [0, 2], 0, id="killed, and a silent generator"),
        pytest.param([QUIET, HELD_UP, QUIET], 3, [1], 0, id="a generator that never got a CPU"),
        pytest.param([KILLED, QUIET, QUIET, KILLED], 3, [0], 2, id="killed again"),
        pytest.param([RAISED, CRASHED, QUIET], 3, [], 2, id="the mode's own fault"),
        pytest.param([STEAL, QUIET, QUIET, RAISED], 3, [0], 1, id="a repetition that fails is not hidden"),
    ],
)
def test_what_the_machine_spoils_is_repeated(
    done: list[dict[str, tuple[str, ...]]], retries: int, expected: list[int], wrong: int
) -> None:
    """By its state alone, after the others, within twice the time; and recorded trials lead to the same steps."""
    plan, machine = RunPlan(settings=(SETTING,), trials=3, retries=retries), Machine(*done)
    answer = plan.answer(machine.ask, seed=7)
    assert repeats(machine) == [None, None, None, *expected]
    assert len(failed(machine.trials)) == wrong
    assert replayed(RunPlan.from_json(plan.to_json()), 7, machine.trials) == answer


@pytest.mark.parametrize(
    ("done", "retries", "expected"),
    [
        pytest.param([STEAL, QUIET, QUIET], 3, [2], id="one may take all"),
        pytest.param([STEAL, STEAL, STEAL, STEAL, STEAL, STEAL], 3, [2, 1, 0], id="one after the other"),
        pytest.param([KILLED, QUIET, SILENT], 3, [1, 0], id="invalid ones are made once"),
        pytest.param([KILLED, STEAL, QUIET, KILLED], 2, [1, 0], id="both"),
    ],
)
def test_each_repetition_says_how_many_may_follow(
    done: list[dict[str, tuple[str, ...]]], retries: int, expected: list[int]
) -> None:
    """Never fewer than follow: what progress shows is the most."""
    said: list[int | None] = []
    machine = Machine(*done)

    def ask(step: Step) -> Trial:
        if step.repeats is not None:
            said.append(step.more)
        return machine.ask(step)

    RunPlan(settings=(SETTING,), trials=3, retries=retries).answer(ask, seed=7)
    assert said == expected


def test_several_settings_share_what_may_follow() -> None:
    """The number is that of the session, in a run; of the steps still to come where each is repeated in its place."""
    said: list[int | None] = []
    machine = Machine(STEAL, STEAL, *[QUIET] * 2)

    def ask(step: Step) -> Trial:
        if step.repeats is not None:
            said.append(step.more)
        return machine.ask(step)

    both = (SETTING, made_up.setting("null"))
    RunPlan(settings=both, trials=1, retries=5).answer(ask, seed=7)
    assert said == [1, 0]
    said.clear()
    machine = Machine(STEAL)
    ExplainPlan(variants={"a": both[0], "b": both[1]}, blocks=6, looked_into={}, looks=0, retries=6).answer(ask, seed=1)
    assert said == [11]


def test_a_session_of_before_has_no_repetitions() -> None:
    """Its plan says nothing of them, and is replayed without."""
    machine = Machine(STEAL, STEAL)
    plan = RunPlan.from_json({"settings": [SETTING.to_json()], "trials": 2})
    assert plan.answer(machine.ask, 7) == tuple(machine.trials)
    assert len(machine.trials) == 2


def test_recorded_trials_that_end_or_go_on_are_refused() -> None:
    """A replay comes to the recorded end, neither sooner nor later."""
    plan, machine = RunPlan(settings=(SETTING,), trials=3, retries=3), Machine(STEAL)
    plan.answer(machine.ask, 7)
    with pytest.raises(EOFError, match="not finished"):
        replayed(plan, 7, machine.trials[:3])
    with pytest.raises(ValueError, match="beyond the end"):
        replayed(dataclasses.replace(plan, retries=0), 7, machine.trials)


@pytest.mark.parametrize(
    ("first", "second", "answers"),
    [
        (STEAL, QUIET, 1),
        (STEAL, STEAL, 0),
        (KILLED, STEAL, 1),
        (STEAL, KILLED, 0),
        (KILLED, KILLED, 0),
        (STEAL, RAISED, 1),
    ],
    ids=["quiet", "no better", "valid at least", "worse", "no better either", "a fault is not hidden"],
)
def test_of_two_the_one_answers_that_the_machine_did_less_to(
    first: dict[str, tuple[str, ...]], second: dict[str, tuple[str, ...]], answers: int
) -> None:
    """Searches and experiments need each answer in its place: the second comes at once."""
    machine = Machine(first, second)
    ask = steadied(machine.ask, retries=1)
    assert ask(Step(SETTING, block=2)).number == answers
    assert repeats(machine) == [None, 0]
    assert {trial.block for trial in machine.trials} == {2}
    ask(Step(SETTING, block=3))
    assert len(machine.trials) == 3


def test_a_search_says_how_often_a_load_may_still_be_repeated() -> None:
    """How many steps there will be, nobody knows: the number is of each setting by itself."""
    said: list[tuple[str, int | None]] = []
    machine = Machine(*[STEAL] * 20)

    def ask(step: Step) -> Trial:
        if step.repeats is not None:
            said.append((step.setting.mode, step.more))
        return machine.ask(step)

    steady = steadied(ask, retries=3)
    for mode in ("file", "file", "null", "file", "file"):
        steady(Step(made_up.setting(mode), block=0))
    assert said == [("file", 2), ("file", 1), ("null", 2), ("file", 0)]


def test_an_experiment_repeats_within_the_block() -> None:
    """What is compared stays side by side; the answer holds one trial for each variant and block."""
    plan = ExplainPlan(
        variants={"a": SETTING, "b": made_up.setting("null")}, blocks=6,
        looked_into={"a": made_up.setting("file", pass_="kernel")}, looks=1, retries=6,
    )  # fmt: skip
    machine = Machine(QUIET, FOREIGN)
    answer = plan.answer(machine.ask, seed=1)
    assert repeats(machine)[:4] == [None, None, 1, None]
    assert [trial.number for trial in answer[:3]] == [0, 2, 3]
    assert len(answer) == 13
    assert ExplainPlan.from_json(plan.to_json()).answer(replay(machine.trials), 1) == answer


def test_counts_are_taken_from_all_and_times_from_the_quietest() -> None:
    """A row says what all trials lost; what an event cost, the quiet ones say, and no mark of doubt is left."""
    machine = Machine(STEAL, QUIET, QUIET, QUIET)
    RunPlan(settings=(SETTING,), trials=3, retries=3).answer(machine.ask, 7)
    (row,) = rows(machine.trials)
    assert [trial.number for trial in row.measured(CPU_PER_EVENT)] == [1, 2, 3]
    assert [trial.number for trial in row.measured(LOSS_RATIO)] == [0, 1, 2, 3]
    assert not row.disturbed(CPU_PER_EVENT)


def test_too_few_quiet_trials_are_shown_with_the_mark() -> None:
    """As many as ever count, the quiet ones first."""
    machine = Machine(STEAL, STEAL, QUIET, STEAL, QUIET, STEAL)
    RunPlan(settings=(SETTING,), trials=3, retries=3).answer(machine.ask, 7)
    (row,) = rows(machine.trials)
    assert [trial.number for trial in row.measured(CPU_PER_EVENT)] == [0, 2, 4]
    assert row.disturbed(CPU_PER_EVENT)


# The simulation: a machine that is noisy half of the time, and then makes an event cost more and vary more.
SESSIONS, TRIALS, MOST = 10_000, 3, 6
TRUE_COST = 100.0


def by_value(trials: Sequence[Trial]) -> Sequence[Trial]:
    """Choose as nobody may: the cheapest."""
    return sorted(trials, key=lambda trial: trial.metrics[CPU_PER_EVENT.name])[:TRIALS]


def by_state(trials: Sequence[Trial]) -> Sequence[Trial]:
    return quietest(trials, CPU_PER_EVENT)


class Noisy(Machine):
    """Answers with trials of these costs, each on a machine that is noisy or not."""

    def __init__(self, noisy: Sequence[bool], values: Sequence[float]) -> None:
        super().__init__(*(STEAL if each else QUIET for each in noisy))
        self._values = values

    def ask(self, step: Step) -> Trial:
        made = super().ask(step)
        self.trials[-1] = dataclasses.replace(made, metrics={CPU_PER_EVENT.name: self._values[made.number]})
        return self.trials[-1]


def estimates(choose: Callable[[Sequence[Trial]], Sequence[Trial]], cost: float, own: float = 0.0) -> np.ndarray:
    """Make sessions of a mode that costs so much; return the logarithm of estimate by cost, of each without a mark.

    `own` is the spread that the mode has of itself, in a quiet trial or not.
    """
    chance = np.random.default_rng(12)
    noisy = chance.random((SESSIONS, MOST)) < 0.5
    spread = np.where(noisy, 0.3, 0.03)
    values = cost * np.exp(np.where(noisy, 0.3, 0.0) + chance.normal(size=noisy.shape) * np.hypot(spread, own))
    plan = RunPlan(settings=(SETTING,), trials=TRIALS, retries=TRIALS)
    found = []
    for seed in range(SESSIONS):
        machine = Noisy(noisy[seed], values[seed])
        plan.answer(machine.ask, seed)
        chosen = choose(machine.trials)
        if not any(map(doubt, chosen)):
            found.append(np.log(np.median([trial.metrics[CPU_PER_EVENT.name] for trial in chosen]) / cost))
    return np.array(found)


def interval(found: np.ndarray) -> tuple[float, float]:
    """Hold the mean with all but one chance in 16,000."""
    half = 4 * found.std(ddof=1) / np.sqrt(len(found))
    return found.mean() - half, found.mean() + half


@pytest.mark.parametrize(
    ("cost", "own"), [(TRUE_COST, 0.0), (TRUE_COST * 1.1, 0.0), (TRUE_COST, 0.2)], ids=["a mode", "slowed", "unsteady"]
)
def test_ten_thousand_sessions_tell_the_truth(cost: float, own: float) -> None:
    """The quiet trials are no better or worse than the mode is: what it costs is estimated without bias."""
    low, high = interval(estimates(by_state, cost, own))
    assert low < 0 < high
    assert high - low < 0.05


def test_choosing_by_value_would_not() -> None:
    """The same test fails for the choice that must not be made: it flatters, and an unsteady mode most."""
    low, high = interval(estimates(by_value, TRUE_COST, 0.2))
    assert high < 0
    assert low < -0.02
