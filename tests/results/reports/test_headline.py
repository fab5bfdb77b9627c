"""The first lines of a report: what an event cost the kernel, beside what it cost the consumer."""

from dataclasses import replace

import pytest

from results.metrics import METRICS
from results.reports.document import Table
from results.reports.headline import headline
from results.reports.run import run_document
from results.scorecard.rows import rows
from results.scorecard.variants import variants
from results.trial import Trial
from tests.results.made_up import trial


@pytest.mark.parametrize(
    ("metric", "pass_", "says"),
    [
        ("emit_ns_per_event", "timed", "Time to write a record was lowest with null log (36 ns)"),
        ("program_ns_per_event", "kernel", "Kernel time per drop was lowest with null log (36 ns)"),
    ],
)
def test_the_cost_to_the_traced_side_is_said(metric: str, pass_: str, says: str) -> None:
    """Of each channel, where it was measured; the dearest with how many times that."""
    trials = []
    for channel, cost in (("log", 36.0), ("ring", 792.0)):
        for each in {"timed", pass_}:
            for number in range(6):
                made = trial("null", number=len(trials) + 1, channel=channel, pass_=each, seed=number)
                others = {name: value for name, value in made.metrics.items() if name != "program_ns_per_event"}
                trials.append(replace(made, metrics={**others, **({metric: cost} if each == pass_ else {})}))
    said = ["".join(sentence) for sentence in headline(variants(rows(trials)))]
    (about,) = [sentence for sentence in said if sentence.startswith(says.split(" lowest", maxsplit=1)[0])]
    assert about.startswith(says)
    assert about.endswith("highest with null ring (792 ns, 22 times that).")
    tables = [part for part in run_document(trials).parts if isinstance(part, Table)]
    titles = [heading.title for table in tables for heading in table.headings]
    assert METRICS[metric].title in titles


def test_without_a_measurement_nothing_is_said() -> None:
    """No run is worse off for a number that it has not."""
    said = "".join(
        "".join(sentence) for sentence in headline(variants(rows([trial("null", metrics={"cpu_ns_per_event": 9.0})])))
    )
    assert "Kernel time per drop" not in said
    assert "Time to write" not in said


@pytest.mark.parametrize(
    ("trials", "says"),
    [
        ([trial()], "At 100k drops/s file kept up: no drop was lost."),
        ([trial(limited_by="generator")], "At what the sender offered of 100k drops/s file kept up: no drop was lost."),
        (
            [trial(limited_by="generator"), trial("null", 2)],
            "At what the sender offered of 100k drops/s both variants kept up: no drop was lost.",
        ),
        (
            [trial(limited_by="generator"), trial("null", 2, lost=500)],
            "At what the sender offered of 100k drops/s 1 of 2 variants kept up; null lost 0.1 %.",
        ),
        ([trial(limited_by="generator", lost=500)], "At what the sender offered of 100k drops/s file lost 0.1 %."),
    ],
    ids=["all", "one", "one of two", "the other lost", "one that lost"],
)
def test_nobody_keeps_up_with_what_was_not_offered(trials: list[Trial], says: str) -> None:
    """The first sentence is all that a run prints."""
    assert "".join(headline(variants(rows(trials)))[0]) == says
    assert "".join(run_document(trials).headline[0]) == says
