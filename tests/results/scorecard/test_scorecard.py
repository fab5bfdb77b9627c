"""The scorecard: what is grouped, what is averaged, and what is left apart."""

from __future__ import annotations

import dataclasses

import pytest
from scipy import stats

from results.metrics import CPU_PER_EVENT, METRICS, NS_PER_EVENT, PROGRAM_PER_EVENT
from results.scorecard.labels import labels
from results.scorecard.rows import consumers, rows
from results.statistics.spread import spread
from results.trial import Setting
from tests.results import made_up

# Of these a row holds several: passes, durations and sizes of drains are no variants.
SHARED = ("pass_", "duration_s", "drain_records")


def test_trials_of_equal_settings_share_a_row() -> None:
    """Repetitions are one row; another reader is another row, and its label says what differs."""
    found = rows([*made_up.run(), made_up.trial("file", 90, reader="callback")])
    assert len(found) == 9
    assert {row.label for row in found if row.setting.mode == "file"} == {"file batch", "file callback"}


def test_passes_are_never_mixed_in_one_number() -> None:
    """A slow trial of the kernel pass does not change the CPU cost that the timed pass gave."""
    slow = made_up.trial("file", 2, pass_="kernel", metrics={"cpu_ns_per_event": 9e9, "program_ns_per_event": 110.0})
    timed = made_up.trial("file", 1)
    (row,) = rows([timed, slow])
    cpu, program = row.spread(CPU_PER_EVENT), row.spread(PROGRAM_PER_EVENT)
    assert cpu is not None
    assert program is not None
    assert cpu.values == (timed.metrics["cpu_ns_per_event"],)
    assert row.timed == (timed,)


def test_what_a_check_looked_into_is_no_row_of_its_own() -> None:
    """Its ring is another, and no number is read from it; where somebody asked for that pass, it is in the row."""
    one = made_up.drain("file")
    sampled = dataclasses.replace(one, setting=dataclasses.replace(one.setting, pass_="sampled", ring_size_bytes=4096))
    judged, looked = (dataclasses.replace(each, arm="B") for each in (one, sampled))
    (row,) = rows([judged, looked])
    assert row.drains == (judged,)
    (asked,) = rows([sampled])
    assert asked.drains == (sampled,)


def test_drain_trials_join_the_row_of_their_consumer() -> None:
    """The time per event drained stands beside the same consumer's behaviour under load."""
    (row,) = rows([made_up.trial("file"), made_up.drain("file", 5)])
    drained = row.spread(NS_PER_EVENT)
    assert drained is not None
    assert drained.median == pytest.approx(52, rel=0.2)


@pytest.mark.parametrize("turn", [1, -1])
def test_drains_of_several_passes_and_sizes_are_one_row_whatever_their_order(turn: int) -> None:
    """Of each pass the largest count: a count of instructions is none the worse for larger drains beside it."""
    timed = made_up.drain("file", 1)
    small = dataclasses.replace(
        timed, number=2, setting=dataclasses.replace(timed.setting, drain_records=1000), last_consumed_ns=10**12
    )
    counted = dataclasses.replace(
        timed,
        number=3,
        setting=dataclasses.replace(timed.setting, pass_="instructions", drain_records=2000),
        metrics={"instructions_per_event": 12.0},
    )
    for beside in ([], [made_up.trial("file", 4)]):
        (row,) = rows([timed, small, counted, *beside][::turn])
        assert {trial.number for trial in row.drains} == {1, 3}
        assert row.spread(METRICS["instructions_per_event"]).median == 12.0
        assert row.spread(NS_PER_EVENT).median == pytest.approx(52, rel=0.2)
        if not beside:
            assert (row.setting.pass_, row.setting.drain_records) == ("timed", timed.setting.drain_records)


def test_loads_of_one_consumer_are_gathered_in_order() -> None:
    """A search's trials make one curve for each mode, from the lowest load to the highest."""
    trials = [made_up.trial("file", number, intended_load=load) for number, load in enumerate((4e5, 1e5, None, 2e5), 1)]
    gathered = consumers(rows(trials))
    assert [row.setting.intended_load for row in gathered["file"]] == [1e5, 2e5, 4e5, None]


@pytest.mark.parametrize(
    ("count", "low", "high", "confidence"),
    # From the tails of Binomial(n, 1/2): 1 - 2/2^3, 1 - 2/2^5, 1 - 2/2^6, 1 - 20/2^9, 1 - 2 * 21700/2^20.
    [
        (1, 1, 1, 0.0),
        (3, 1, 3, 0.75),
        (5, 1, 5, 0.9375),
        (6, 1, 6, 0.96875),
        (9, 2, 8, 0.9609375),
        (20, 6, 15, 0.95861),
    ],
)
def test_the_interval_of_a_median_is_made_of_its_trials(count: int, low: int, high: int, confidence: float) -> None:
    """Below six trials it is the range, with the confidence that a range gives; from there on at least 95 %."""
    found = spread([float(value) for value in range(count, 0, -1)])
    assert found is not None
    assert (found.low, found.high) == (low, high)
    assert found.confidence == pytest.approx(confidence, abs=1e-5)


@pytest.mark.parametrize("field", [f.name for f in dataclasses.fields(Setting) if f.name not in SHARED])
def test_settings_that_differ_have_labels_that_differ(field: str) -> None:
    """Whatever field of a setting differs, two rows never share a label, and so never a line or a colour."""
    numbers = ("ring_size_bytes", "intended_load", "interval_ns", "stall_s", "windows", "window_events")
    changed = made_up.setting(**{field: 77 if field in numbers else "other"})
    plain = made_up.setting()
    assert len(set(labels([plain, changed]).values())) == 2


@pytest.mark.parametrize("count", [1, 2, 5, 6, 7, 29, 30, 1024, 1025, 1100, 9999, 100_000])
def test_the_interval_of_any_number_of_trials_is_the_binomials(count: int) -> None:
    """The narrowest pair of values that encloses the median with 95 %, and what it does enclose, as scipy has it."""
    found = spread([float(value) for value in range(1, count + 1)])
    assert found is not None
    depth = round(found.low)
    assert found.high == count + 1 - depth
    chance = 1 - 2 * stats.binom.cdf(depth - 1, count, 0.5)
    assert found.confidence == pytest.approx(chance, abs=1e-9)
    assert depth == 1 or chance >= 0.95
    assert 1 - 2 * stats.binom.cdf(depth, count, 0.5) < 0.95
