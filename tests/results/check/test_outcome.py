"""What a check's outcome looks like in Markdown, JUnit, an annotation and JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from xml.etree import ElementTree as ET

import pytest

from results.check.blocks import Comparison, blocks_of, coin
from results.check.gate import GatePlan, gated
from results.check.outcome import Outcome
from results.check.plan import Check
from results.check.verdict import judge
from results.reports.check import check_document
from results.reports.forms.annotation import annotation as annotate
from results.reports.forms.junit import junit as write_junit
from results.reports.forms.markdown import markdown as write_markdown
from results.session import Session
from tests.results.check.blocks_made_up import SEED, comparison, setting, trial, trials_of

CPU = "cpu_ns_per_event"
LOAD = setting("load")


def outcome(*effects_of_modes, arm_b="the working tree", **changes):
    """Make an outcome with a mode for each list of effects on the CPU time per event."""
    comparisons, hypotheses, trials = [], [], []
    for index, effects in enumerate(effects_of_modes):
        mode = f"mode{index}"
        of = setting("load", mode=mode)
        comparisons.append(comparison(of, mode))
        hypotheses.append(gated(mode, CPU))
        trials += trials_of(
            CPU, [(100, 100 * e) for e in effects], of=of, first_block=100 * index, first_number=1000 * index
        )
    check = Check(
        gate=GatePlan(alpha=0.05, looks=(10,), gated=tuple(hypotheses)),
        comparisons=tuple(comparisons),
        arm_a="git v1",
        arm_b=arm_b,
    )
    session = Session(
        id="s",
        started_at="2026-01-01T00:00:00+00:00",
        command="bench check",
        seed=SEED,
        plan=check.to_json(),
        host={},
    )
    judgements = judge(check.gate, blocks_of(comparisons, partial(coin, SEED), trials))
    return replace(Outcome(session=session, check=check, judgements=judgements), **changes)


def markdown(found, **limits):
    return write_markdown(check_document(found), **limits)


def junit(found):
    return write_junit(check_document(found))


def annotation(found):
    return annotate(check_document(found))


REGRESSED, OK, DOUBTFUL = [1.2] * 10, [1.0] * 10, [0.95, 1.15] * 5


def test_markdown_names_mode_metric_and_ratio_with_its_interval():
    """What a reviewer needs stands in the row, and the arms above it."""
    text = markdown(outcome(REGRESSED))
    (row,) = [line for line in text.splitlines() if line.startswith("| `mode0`")]
    assert "cpu_ns_per_event" in row
    assert "**REGRESSED**" in row
    assert r"1.200 \[1.200, 1.200\]" in row
    assert "100 ns" in row
    assert "120 ns" in row
    assert "git v1" in text


def test_what_the_machine_did_to_the_arms_is_said_and_counted():
    """Both arms' trials that were set aside, and those that count though the machine was not quiet."""
    of = setting()
    held_up = replace(trial(1, 1, "A", of), limited_by="generator")
    noisy = [replace(trial(number, 1, "B", of), disturbed_because=("steal",)) for number in (2, 3)]
    found = outcome(OK, trials=(held_up, *noisy))
    row = found.to_json()
    assert [row[f"{kind}_trials_{arm}"] for kind in ("invalid", "disturbed") for arm in "ab"] == [1, 0, 0, 2]
    said = markdown(found)
    assert "set aside, because they were invalid or had another load: 1 of A, 0 of B" in said
    assert "not quiet in 0 trials of A, 2 of B" in said


def test_the_arm_that_a_noisy_machine_ran_is_marked():
    """Its time, in the table and in JSON; what the machine did not touch is not, and no count is."""
    of = setting("load", mode="mode0")
    noisy = replace(trial(2, 1, "B", of), disturbed_because=("steal",))
    found = outcome(OK, trials=(trial(1, 1, "A", of), noisy))
    (row,) = [line.replace("\\", "") for line in markdown(found).splitlines() if line.startswith("| `mode0`")]
    assert "| 100 ns | ~100 ns |" in row
    (judgement,) = found.to_json()["judgements"]
    assert (judgement["doubtful_a"], judgement["doubtful_b"]) == (False, True)
    assert not found.doubtful(gated("mode0", "loss_ratio"), "B")


def test_markdown_puts_the_worst_first():
    """Regressions come before doubts and passes, whatever the order of modes."""
    wide = [0.9, 2.0] * 5  # a higher estimate than the regression's, and no verdict
    rows = [line for line in markdown(outcome(OK, wide, REGRESSED)).splitlines() if line.startswith("| `mode")]
    assert [row.split()[1] for row in rows] == ["`mode2`", "`mode1`", "`mode0`"]


def test_markdown_stays_below_the_limit_and_says_what_it_leaves_out():
    """A summary that would be refused is cut after the worst, with a count."""
    text = markdown(outcome(*[REGRESSED] * 40), most_bytes=3000)
    assert len(text.encode()) <= 3000
    assert "more metrics, none worse" in text
    assert "recompute" not in text
    assert "Holm" in text


def test_names_from_outside_do_not_become_markup():
    """A branch may be called anything."""
    text = markdown(outcome(OK, arm_b="x|`<img src=1>\n# big"))
    assert "<img" not in text
    assert "\n# big" not in text
    judgement = replace(outcome(OK).judgements[0], gated=replace(outcome(OK).judgements[0].gated, mode="a|b"))
    assert "| `a\\|b` | `cpu" in markdown(replace(outcome(OK), judgements=(judgement,)))


def test_inconclusive_says_what_would_decide():
    """Markdown and JUnit carry the number of blocks and the time."""
    undecided = outcome(DOUBTFUL)
    assert "more blocks" in markdown(undecided)
    assert "--blocks" in junit(undecided).decode()


def test_junit_has_one_case_a_mode_and_metric():
    """Failed, skipped and passed cases are told apart and counted."""
    suite = ET.fromstring(junit(outcome(REGRESSED, DOUBTFUL, OK))).find("testsuite")
    assert {key: suite.get(key) for key in ("tests", "failures", "skipped")} == {
        "tests": "3",
        "failures": "1",
        "skipped": "1",
    }
    assert [[child.tag for child in case] for case in suite] == [["failure"], ["skipped"], ["system-out"]]
    assert suite[0].get("name") == CPU


def test_junit_holds_no_character_that_xml_forbids():
    """A control character in a mode's name leaves the file well-formed."""
    broken = outcome(OK)
    judgement = replace(broken.judgements[0], gated=replace(broken.judgements[0].gated, mode="a\x00b\x1b"))
    ET.fromstring(junit(replace(broken, judgements=(judgement,))))


@pytest.mark.parametrize(
    ("effects", "begins"),
    [((OK, REGRESSED, DOUBTFUL), "::error title=bench check%3A REGRESSED::mode1 "), ((DOUBTFUL, OK), "::warning ")],
)
def test_only_the_worst_becomes_an_annotation(effects, begins):
    """One line, of the right level, escaped as the runner expects."""
    line = annotation(outcome(*effects))
    assert line.startswith(begins)
    assert "\n" not in line


def test_a_pass_is_no_annotation():
    """Nothing to see is nothing to mark."""
    assert annotation(outcome(OK)) is None


def test_json_is_plain_json():
    """No NaN or infinity, which JSON does not have."""
    text = json.dumps(outcome(REGRESSED, OK, DOUBTFUL).to_json(), allow_nan=False)
    assert json.loads(text)["verdict"] == "REGRESSED"


def test_a_check_against_a_stored_result_is_labelled_weaker():
    """The reader is told in every report that nothing was interleaved."""
    stored = outcome(OK)
    weaker = replace(stored, check=replace(stored.check, baseline_session="before"))
    assert "weaker" in markdown(weaker)
    assert weaker.to_json()["interleaved"] is False


def test_a_host_without_a_certificate_is_warned_of():
    """The gate still judges, and says what is not known of it."""
    assert "no certificate" in markdown(outcome(OK))


def test_a_check_survives_its_way_through_json():
    """What verify reads is what check wrote."""
    check = Check(
        gate=GatePlan(alpha=0.05, looks=(10,), gated=(gated("epoll", CPU),)),
        comparisons=(Comparison("epoll", LOAD, replace(LOAD, wait="busy")),),
        arm_a="a",
        arm_b="b",
        baseline_session="before",
    )
    assert Check.from_json(json.loads(json.dumps(check.to_json()))) == check
