"""The riddle's hypotheses. Each predicts what interventions will do; it stands only if all of that comes true."""

from dataclasses import dataclass
from enum import Enum

from results.explain.effect import Effect, Experiment
from results.explain.plan import ExplainPlan

# An effect below this is too small to be what the riddle is about.
MATTERS = 1.10


class Word(Enum):
    """What the numbers say of a claim."""

    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    NOT_DECIDABLE = "not decidable here"


@dataclass(frozen=True, slots=True)
class Prediction:
    """If the hypothesis is true, `faster` runs at a rate above that of `slower`, by a factor that matters."""

    faster: str
    slower: str
    because: str


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A cause that was proposed for the inversion."""

    name: str
    claim: str
    predictions: tuple[Prediction, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of a hypothesis, with the effect that each of its interventions had."""

    hypothesis: Hypothesis
    word: Word
    effects: tuple[Effect, ...]


HYPOTHESES = (
    Hypothesis(
        "starvation",
        "a consumer that reads in a tight loop starves the producer of the ring",
        (
            Prediction(
                "null, paced", "null, busy", "without notifications, sleeping for 5 ms at a time instead of spinning"
            ),
        ),
    ),
    Hypothesis(
        "cache",
        "pauses keep the caches warm, and a slower consumer makes more of them",
        (
            Prediction("null, pausing", "null", "pausing without work for 1 µs per event"),
            Prediction("null, pausing", "null, flushing", "the same pause without flushing the caches in it"),
        ),
    ),
    Hypothesis(
        "system calls",
        "system calls give the scheduler occasions that help the producer",
        (Prediction("null, calling", "null, pausing", "a pause filled with system calls instead of without any"),),
    ),
    Hypothesis(
        "batching",
        "longer batches in the ring are cheaper for the producer",
        (
            Prediction(
                "null, long batches", "null, short batches", "without notifications, batches forty times as long"
            ),
        ),
    ),
    Hypothesis(
        "notification",
        "a consumer that has caught up is notified of the next event, and the notification costs the producer",
        (
            Prediction("null, notified rarely", "null", "notifying the same sleeping consumer once in 64 KiB"),
            Prediction("null, paced", "null, paced and forced", "the same batches without a notification per event"),
            Prediction("null, pausing", "null", "slowing the consumer by a pause of 1 µs per event, without work"),
        ),
    ),
    Hypothesis(
        "channel",
        "what costs the producer is the shared ring itself, its lock and its headers",
        (
            Prediction("null, percpu-ring", "null", "a ring for each CPU in place of the shared one, notified alike"),
            Prediction("null, paced, log", "null, paced", "a log in place of the ring, with the same pauses"),
        ),
    ),
)


def posed(plan: ExplainPlan) -> list[Hypothesis]:
    """List the hypotheses that an experiment can be held against: an earlier one, or another machine's, tried less."""
    tried = plan.variants.keys()
    return [each for each in HYPOTHESES if {name for p in each.predictions for name in (p.faster, p.slower)} <= tried]


def judge(hypothesis: Hypothesis, experiment: Experiment) -> Finding:
    """Hold a hypothesis against the experiment.

    Confirmed: every prediction's ratio is surely above what matters. Refuted: one of them surely is not.
    """
    effects = tuple(experiment.effect(prediction.faster, prediction.slower) for prediction in hypothesis.predictions)
    words = [word(effect) for effect in effects]
    if Word.REFUTED in words:
        return Finding(hypothesis, Word.REFUTED, effects)
    decided = all(found is Word.CONFIRMED for found in words)
    return Finding(hypothesis, Word.CONFIRMED if decided else Word.NOT_DECIDABLE, effects)


def word(effect: Effect) -> Word:
    """Tell whether a ratio is above what matters, by its interval."""
    if effect.low is not None and effect.low > MATTERS:
        return Word.CONFIRMED
    if effect.high is not None and effect.high < MATTERS:
        return Word.REFUTED
    return Word.NOT_DECIDABLE
