"""The sentences about the riddle, for each way in which it can turn out."""

from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path

import pytest

from results.explain.effect import experiment
from results.explain.hypotheses import HYPOTHESES, judge
from results.explain.plan import ExplainPlan
from results.reports.explain import explain_document, say_effect, say_finding, say_riddle
from results.reports.forms.terminal import Console, draw
from tests.results.explain.made_up import made_up


def riddle(**changes: float) -> str:
    return " ".join(say_riddle(made_up(**changes)))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "In a closed loop, file looks faster than null"),
        ({"file": 300e3}, "file does not look faster than null on this machine"),
        ({"noise": 1.2}, "These blocks do not decide whether"),
        ({}, "file and null read the same"),
        ({"file_open__loop": 40e3}, "not surely the same"),
        ({}, "the order is reversed"),
        ({"file_drain": 2e6}, "the order is not surely reversed"),
        ({}, "file no longer looks faster"),
        ({"file_notified__rarely": 900e3}, "file still looks faster"),
        ({"file": 300e3}, "there was no sure difference to take away"),
    ],
)
def test_each_outcome_has_its_words(changes: dict[str, float], said: str) -> None:
    """Sentences follow from the numbers."""
    assert said in riddle(**changes)


def test_each_verdict_has_its_word() -> None:
    """confirmed, refuted, not decidable here: each with its effects and intervals."""
    found = {h.name: say_finding(judge(h, made_up())) for h in HYPOTHESES}
    assert found["notification"][0].startswith("notification: confirmed.")
    assert "×2.0" in found["notification"][1]
    assert "surely above ×1.10" in found["notification"][1]
    assert found["starvation"][0].startswith("starvation: refuted.")
    assert "surely not above ×1.10" in found["starvation"][1]
    noisy = say_finding(judge(HYPOTHESES[0], made_up(noise=1.2)))
    assert "not decidable here" in noisy[0]
    assert "not surely above" in noisy[1]


def test_an_effect_without_data_says_so() -> None:
    """No number is made up for a variant whose trials were all invalid."""
    whole = made_up()
    without = [
        dataclasses.replace(trial, invalid_because=("it died",)) if name == "file" else trial
        for block in whole.blocks
        for name, trial in block.items()
    ]
    found = experiment(whole.plan, without)
    assert say_effect(found.effect("file", "null")) == "no valid pair of trials"
    assert len(found.invalid) == 10


def test_too_few_blocks_make_no_plan() -> None:
    """Five signs that are all equal happen by chance in one of sixteen experiments."""
    with pytest.raises(ValueError, match="--blocks"):
        made_up(blocks=5)


def test_the_plan_survives_its_file() -> None:
    """Through JSON and back, trials are found again by their setting."""
    plan = made_up().plan
    assert ExplainPlan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


def test_all_is_printed(tmp_path: Path) -> None:
    """A row per variant, and a verdict per hypothesis."""
    with (tmp_path / "nowhere").open("w") as nowhere:
        console = Console(width=150, record=True, file=nowhere)
        draw(explain_document(made_up()), console)
    text = console.export_text()
    for name in made_up().plan.variants:
        assert name in text
    for hypothesis in HYPOTHESES:
        assert f"{hypothesis.name}: " in text


def test_what_a_noisy_machine_took_is_marked() -> None:
    """Of each variant whose trials it disturbed, and of each ratio to one; the others, and what is lost, are not."""
    quiet = made_up()
    blocks = tuple(
        {
            name: dataclasses.replace(trial, disturbed_because=("steal",)) if name == "work" else trial
            for name, trial in block.items()
        }
        for block in quiet.blocks
    )
    noisy = dataclasses.replace(quiet, blocks=blocks)
    out = io.StringIO()
    trials = tuple(trial for block in blocks for trial in block.values())
    draw(explain_document(noisy, trials), Console(file=out, width=160, no_color=True))
    said = out.getvalue()
    rows = {line.split("  ")[0].strip(): line for line in said.splitlines()}
    assert rows["work"].split()[1].startswith("~")
    assert "~×1.3" in rows["work"]
    assert "~" not in rows["file"]
    assert "(work against null): ~×1.3" in said
    assert "(marked ~)" in said


def test_a_title_of_two_lines_is_one_in_words() -> None:
    """On a screen too narrow for the table, each row is a sentence."""
    out = io.StringIO()
    draw(explain_document(made_up()), Console(file=out, width=50, no_color=True))
    said = " ".join(out.getvalue().split())
    assert "variant null: rate 3" in said
    assert "events /pass 10" in said
    assert "\\n" not in said
