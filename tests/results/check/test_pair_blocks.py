"""Pairs as blocks: their verdicts, what is refused, what is set aside, and their way through a file."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from results.check.blocks import in_sequence
from results.check.outcome import Outcome
from results.check.verdict import Verdict, judge
from results.errors import BadInput
from results.plan import replay
from results.reports.check import check_document
from results.reports.forms.markdown import markdown
from results.session import Session
from results.trial import Trial
from tests.results.check.blocks_made_up import SEED
from tests.results.check.paired_made_up import check, pairs


@pytest.mark.parametrize(("ratio", "verdict"), [(1.2, Verdict.REGRESSED), (1.0, Verdict.OK), (1.1, "INCONCLUSIVE")])
def test_pairs_are_judged_by_their_windows(ratio, verdict):
    """The ratio of the windows is the estimate; a replay of what a file holds comes to the same."""
    made = pairs([ratio] * 8)
    (judgement,) = check().answer(replay(made), SEED)
    assert judgement.verdict == verdict
    assert judgement.estimate == pytest.approx(ratio)
    assert (judgement.windows, judgement.warm_up, judgement.void) == (20, 0, 0)
    assert judge(check().gate, check().blocks(SEED, made)) == (judgement,)


def test_windows_that_ran_in_another_order_are_refused():
    """Two moments exchanged between the arms: the coins said otherwise."""
    made = pairs([1.0] * 8)
    a, b = made[:2]
    swapped = [
        replace(one, windows=replace(one.windows, began_ns=(other.windows.began_ns[0], *one.windows.began_ns[1:])))
        for one, other in ((a, b), (b, a))
    ]
    with pytest.raises(BadInput, match="windows of block 0 did not run in the order"):
        check().blocks(SEED, [*swapped, *made[2:]])


def test_halves_that_were_started_in_another_order_are_refused():
    """The coin says who is first."""
    made = pairs([1.0] * 8)
    first, second = made[:2]
    exchanged = [replace(second, number=first.number), replace(first, number=second.number), *made[2:]]
    with pytest.raises(BadInput, match="its coin said"):
        check().blocks(SEED, exchanged)


def test_a_pair_with_an_invalid_half_is_set_aside_and_another_takes_its_place():
    """Also one whose other half never came to the file."""
    made = pairs([1.0, 3.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    made[3] = replace(made[3], invalid_because=("window 4 of 20: boom",), windows=None)
    (judgement,) = check().answer(replay(made), SEED)
    assert judgement.verdict is Verdict.OK
    assert judgement.high == pytest.approx(1.0)


@pytest.mark.parametrize(("void_of_each", "aside"), [(2, 0), (3, 8)])
def test_a_pair_whose_load_was_held_up_too_often_is_set_aside(void_of_each, aside):
    """Half of the fours may have a void window, of whichever arm; the values of the others count."""
    made = []
    for one in pairs([1.0] * 8):
        places = [4 * each + 2 * (one.arm == "B") for each in range(void_of_each)]
        values = [None if place in places else 100.0 for place in range(20)]
        void = {str(place): "the generator was held up" for place in places}
        made.append(replace(one, windows=replace(one.windows, values={"ns_per_event": tuple(values)}, void=void)))
    blocks = check().blocks(SEED, made)
    assert sum(block.spoilt_because is not None for block in blocks) == aside
    (judgement,) = judge(check().gate, blocks)
    assert (judgement.verdict is Verdict.OK) == (not aside)


def test_pairs_survive_the_way_through_a_file():
    """Windows read back as they were written; a number of values that does not fit is refused."""
    (made, _) = pairs([1.3])
    row = json.loads(json.dumps(made.to_json()))
    assert Trial.from_json(row) == made
    row["in_windows"]["void"] = {"20": "there is none"}
    with pytest.raises(BadInput, match="void are windows 20, and there are 20"):
        Trial.from_json(row)
    row["in_windows"]["values"]["ns_per_event"].pop()
    with pytest.raises(BadInput, match="values of 19 windows, and there are 20"):
        Trial.from_json(row)


def test_equal_pairs_can_be_dealt_out_in_sequence():
    """The earlier half becomes A: a machine that became slower in the middle shows as a slower B."""
    made = pairs([1.0] * 8)
    slower = [
        replace(one, windows=replace(one.windows, values={"ns_per_event": (130.0,) * 20})) if one.block > 3 else one
        for one in made
    ]
    (judgement,) = judge(check().gate, in_sequence(check().blocks(SEED, slower)))
    assert judgement.verdict is Verdict.REGRESSED
    (interleaved,) = judge(check().gate, check().blocks(SEED, slower))
    assert interleaved.verdict is Verdict.OK


def test_a_report_says_how_pairs_were_measured_and_what_was_left_out():
    """Windows, warming up, void ones; and how long more pairs would take."""
    made = pairs([1.0, 1.2] * 4, took_s=7.0)
    slow = {"ns_per_event": (900.0, 900.0, *(100.0, 101.0) * 9)}
    made[:2] = [replace(one, windows=replace(one.windows, values=slow)) for one in made[:2]]
    slow = {"ns_per_event": (None, *(100.0, 101.0) * 9, 100.0)}
    made[2] = replace(made[2], windows=replace(made[2].windows, values=slow, void={"0": "held up"}))
    judgements = judge(check().gate, check().blocks(SEED, made))
    assert judgements[0].more_s == pytest.approx(7.0 * judgements[0].more_blocks)
    session = Session(id="s", started_at="2026", command="bench check", seed=SEED, plan=check().to_json(), host={})
    text = markdown(check_document(Outcome(session=session, check=check(), judgements=judgements)))
    assert "in pairs of processes, 20 windows of each arm by turns" in text
    assert "at most 2 at the beginning of a pair, warming up, 2 beside a void one" in text
