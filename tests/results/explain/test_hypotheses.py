"""Each hypothesis, on machines made up so that it is true, false, or drowned in noise."""

from __future__ import annotations

import dataclasses

import pytest

from results.explain.effect import Effect
from results.explain.hypotheses import HYPOTHESES, Hypothesis, Word, judge, posed, word
from tests.results.explain.made_up import made_up

BY_NAME = {hypothesis.name: hypothesis for hypothesis in HYPOTHESES}
TRUE: dict[str, dict[str, float]] = {
    "starvation": {"null_busy": 300e3},
    "cache": {"null_flushing": 310e3},
    "system calls": {"null_calling": 650e3},
    "batching": {"null_short__batches": 300e3},
    "notification": {},
    "channel": {"null_percpu-ring": 400e3, "null_paced_log": 800e3},
}
FALSE: dict[str, dict[str, float]] = {
    "starvation": {},
    "cache": {},
    "system calls": {},
    "batching": {},
    "notification": {"null_notified__rarely": 301e3},
    "channel": {"null_percpu-ring": 400e3},
}


@pytest.mark.parametrize("hypothesis", HYPOTHESES, ids=lambda h: h.name)
def test_a_true_hypothesis_is_confirmed(hypothesis: Hypothesis) -> None:
    """All that it predicts came true, by more than a tenth."""
    assert judge(hypothesis, made_up(**TRUE[hypothesis.name])).word is Word.CONFIRMED


@pytest.mark.parametrize("hypothesis", HYPOTHESES, ids=lambda h: h.name)
def test_a_false_hypothesis_is_refuted(hypothesis: Hypothesis) -> None:
    """One of its predictions surely did not come true."""
    assert judge(hypothesis, made_up(**FALSE[hypothesis.name])).word is Word.REFUTED


@pytest.mark.parametrize("hypothesis", HYPOTHESES, ids=lambda h: h.name)
def test_noise_decides_nothing(hypothesis: Hypothesis) -> None:
    """With trials that differ by a factor of three from block to block, nobody can tell."""
    assert judge(hypothesis, made_up(noise=1.2)).word is Word.NOT_DECIDABLE


@pytest.mark.parametrize("prediction", range(3))
def test_one_failed_prediction_is_enough(prediction: int) -> None:
    """A hypothesis stands by all its interventions: each alone can refute it."""
    notification = BY_NAME["notification"]
    failing = [
        {"null_notified__rarely": 300e3},
        {"null_paced__and__forced": 700e3},
        {"null_pausing": 300e3},
    ][prediction]
    assert judge(notification, made_up(**failing)).word is Word.REFUTED


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (1.5, 1.9, Word.CONFIRMED),
        (0.9, 1.05, Word.REFUTED),
        (1.05, 1.3, Word.NOT_DECIDABLE),
        (0.0, 9.0, Word.NOT_DECIDABLE),
        (None, None, Word.NOT_DECIDABLE),
    ],
    ids=["surely above", "surely below", "on both sides", "hardly known", "no data"],
)
def test_an_interval_decides(low: float | None, high: float | None, expected: Word) -> None:
    """Only an interval that lies wholly on one side of a tenth."""
    assert word(Effect(ratio=1.2, low=low, high=high, blocks=10)) is expected


def test_every_intervention_compares_variants_that_exist() -> None:
    """A prediction about a variant that nobody runs could never fail."""
    names = made_up().plan.variants.keys()
    for hypothesis in HYPOTHESES:
        assert {variant for p in hypothesis.predictions for variant in (p.faster, p.slower)} <= names


def test_an_experiment_is_asked_what_it_tried() -> None:
    """One of before there were channels, or of a machine that has no log, says nothing of them."""
    plan = made_up().plan
    assert posed(plan) == [*HYPOTHESES]
    fewer = dataclasses.replace(plan, variants={k: v for k, v in plan.variants.items() if k != "null, paced, log"})
    assert {h.name for h in HYPOTHESES} - {h.name for h in posed(fewer)} == {"channel"}
