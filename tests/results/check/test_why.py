"""Why something regressed: arms side by side, by what stands in a line, and what of it a report says."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from xml.etree import ElementTree as ET

import pytest

from results.check.blocks import ARMS, Comparison, blocks_of, coin
from results.check.gate import GatePlan, gated
from results.check.outcome import Outcome
from results.check.plan import Check
from results.check.verdict import judge
from results.check.why import MOST_WINDOWS, why_steps
from results.reports.check import check_document
from results.reports.forms.junit import junit
from results.reports.forms.markdown import markdown
from results.reports.forms.terminal import Console, draw
from results.reports.why import why_document
from results.session import Session
from tests.results.check.blocks_made_up import SEED, setting, trial, trials_of

ALLOCATIONS, INSTRUCTIONS, DRAIN_CPU = "allocations_per_event", "instructions_per_event", "drain_cpu_ns_per_event"
PASSES = {ALLOCATIONS: "allocation", INSTRUCTIONS: "instructions"}


def site(line, text, count, *, file="consumer.py", function="take", name="allocations"):
    return {"site": f"{file}:{line}", "function": function, "text": text, name: count}


def outcome(metric, arms, *, ratio=1.5, modes=("consumer.py", "consumer.py"), looks=None, **gate):
    """Make a check of one metric; `arms` are the rows that each arm's trials hold, `looks` those of sampled ones."""
    a, b = (setting(mode=mode, pass_=PASSES.get(metric, "timed"), drain_records=1000, **gate) for mode in modes)
    comparison = Comparison(modes[1], a, b)
    series = {ALLOCATIONS: "allocation_sites", INSTRUCTIONS: "instruction_functions"}.get(metric)
    made = []
    for one in trials_of(metric.removeprefix("drain_"), [(100.0, 100.0 * ratio)] * 6, of=a):
        held = {series: arms[one.arm]} if series else {}
        made.append(replace(one, setting=comparison.setting(one.arm), series=held))
    sampled = Comparison(modes[1], *(replace(each, pass_="sampled", windows=4) for each in (a, b)))
    judged = gated(modes[1], metric)
    check = Check(
        gate=GatePlan(alpha=0.05, looks=(6,), gated=(judged,)), comparisons=(comparison,), arm_a="v1", arm_b="v2",
        sampled=(sampled,),
    )  # fmt: skip
    for number, arm in enumerate(ARMS if looks else (), start=100):
        rows = {"line_samples": looks[arm]}
        metrics = {"cpu_ns_per_event": 1000.0}
        made.append(replace(trial(number, 99, arm, sampled.setting(arm), metrics=metrics), series=rows))
    judgements = judge(check.gate, blocks_of(check.comparisons, partial(coin, SEED), made))
    session = Session(
        id="s", started_at="2026-01-01T00:00:00+00:00", command="bench check", seed=SEED, plan=check.to_json(), host={}
    )
    return Outcome(session=session, check=check, judgements=judgements, trials=tuple(made))


def places(found):
    return [(place.name, place.a, place.b) for account in found.why.accounts for place in account.places]


def test_a_line_that_moved_is_the_same_line():
    """It is matched by what stands there, and named as in the candidate; a new line comes first."""
    found = outcome(ALLOCATIONS, {
        "A": [site(10, "x = [1]", 2000), site(11, "y = ()", 1000)],
        "B": [site(12, "z = object()", 3000), site(14, "x = [1]", 2000), site(15, "y = ()", 1000)],
    })  # fmt: skip
    assert places(found) == [
        ("consumer.py:12 take", None, 3.0), ("consumer.py:14 take", 2.0, 2.0), ("consumer.py:15 take", 1.0, 1.0)
    ]  # fmt: skip


def test_two_files_of_one_mode_are_one():
    """Compared with another file, its own lines are matched; those of a third file are told apart by that."""
    found = outcome(ALLOCATIONS, {
        "A": [site(3, "x = [1]", 2000, file="old.py"), site(3, "return 0", 500, file="parts/one.py")],
        "B": [site(3, "x = [1]", 3000, file="new.py"), site(3, "return 0", 500, file="parts/two.py")],
    }, modes=("some/old.py", "some/new.py"))  # fmt: skip
    assert sorted(places(found)) == [
        ("new.py:3 take", 2.0, 3.0), ("parts/one.py:3 take", 0.5, None), ("parts/two.py:3 take", None, 0.5)
    ]  # fmt: skip


def test_the_same_text_twice_is_added_up_and_one_without_text_is_known_by_its_number():
    """Neither is lost, as one that overwrote the other would be."""
    found = outcome(ALLOCATIONS, {
        "A": [site(3, "", 1000), site(4, "", 1000)],
        "B": [site(3, "", 1000), site(4, "", 1000), site(8, "x()", 500), site(9, "x()", 700)],
    })  # fmt: skip
    assert places(found) == [
        ("consumer.py:9 take", None, 1.2), ("consumer.py:3 take", 1.0, 1.0), ("consumer.py:4 take", 1.0, 1.0)
    ]  # fmt: skip


def test_functions_are_told_for_an_event():
    """What callgrind counted, over the events of the trial; rows of another shape are left out."""
    rows = [{"function": "sum", "instructions": 500}, {"function": 7, "instructions": 1}, "torn", {"function": "bare"}]
    found = outcome(INSTRUCTIONS, {"A": rows, "B": [{"function": "sum", "instructions": 2500}]})
    assert places(found) == [("sum", 0.5, 2.5)]


def test_looks_share_out_the_cpu_time_and_what_may_be_chance_is_said():
    """900 of 1,000 looks at 1,000 ns per event are 900 ns; one look more of few is no difference."""
    found = outcome(DRAIN_CPU, {}, looks={
        "A": [site(3, "x()", 900, name="samples"), site(4, "y()", 100, name="samples")],
        "B": [site(3, "x()", 500, name="samples"), site(5, "z()", 399, name="samples"),
              site(4, "y()", 101, name="samples")],
    })  # fmt: skip
    (account,) = found.why.accounts
    assert {place.name: (place.a, place.b) for place in account.places} == {
        "consumer.py:3 take": (900.0, 500.0), "consumer.py:5 take": (None, 399.0), "consumer.py:4 take": (100.0, 101.0),
    }  # fmt: skip
    assert [place.name for place in account.telling] == ["consumer.py:3 take", "consumer.py:5 take"]
    few = outcome(DRAIN_CPU, {}, looks={
        "A": [site(3, "x()", 99, name="samples")],
        "B": [site(3, "x()", 99, name="samples"), site(4, "new()", 1, name="samples"),
              site(9, "rare()", 1, name="samples", file="other.py")],
    })  # fmt: skip
    (account,) = few.why.accounts
    assert [place.name for place in account.telling] == ["consumer.py:4 take"]  # what was changed is told in any case
    assert "may be chance" in markdown(check_document(few))
    assert "1000 looks at A and 1000 at B" in markdown(check_document(found))
    assert "may be chance" in markdown(why_document(found))


def test_what_was_sampled_decides_nothing():
    """The blocks are those of the plan, and what is said of the trials is said of theirs."""
    looks = {arm: [site(3, "x()", 9, name="samples")] for arm in ARMS}
    found = outcome(DRAIN_CPU, {}, looks=looks)
    spoilt = replace(found.trials[-1], invalid_because=("it died",))
    found = replace(found, trials=(*found.trials[:-1], spoilt))
    assert found.set_aside("B") == 0
    assert found.why.because == "the pair that was to tell it was invalid: it died"
    assert found.check.blocks(SEED, found.trials) == found.check.blocks(SEED, found.trials[:-2])


def test_lines_have_no_time_where_the_cpu_time_could_not_be_read():
    """They would have 0 ns each; that nothing is known of them is said instead."""
    found = outcome(DRAIN_CPU, {}, looks={arm: [site(3, "x()", 9, name="samples")] for arm in ARMS})
    assert found.why.accounts
    last = found.trials[-1]
    untold = replace(last, metrics={name: value for name, value in last.metrics.items() if name != "cpu_ns_per_event"})
    found = replace(found, trials=(*found.trials[:-1], untold))
    assert found.why.accounts == ()
    assert "no CPU time was told" in found.why.because


def test_a_pair_more_is_asked_for_once_something_regressed():
    """By turns, of both arms, in as many windows as take a while; none where nothing regressed."""
    found = outcome(DRAIN_CPU, {})
    first, second = why_steps(found.check.sampled, found.judgements, found.trials)
    assert first.beside == second
    assert (first.arm, second.arm, first.setting.pass_) == ("A", "B", "sampled")
    assert first.block == found.trials[-1].block + 1
    assert first.setting.windows == second.setting.windows == MOST_WINDOWS  # of a thousand records each
    of_load = replace(first.setting, trial_kind="load", drain_records=None, duration_s=0.1, windows=20)
    load = Comparison("consumer.py", of_load, of_load)
    judged = [replace(one, gated=gated("consumer.py", "cpu_ns_per_event")) for one in found.judgements]
    assert [step.setting.windows for step in why_steps([load], judged, found.trials)] == [60, 60]
    even = outcome(DRAIN_CPU, {}, ratio=1.0)
    assert why_steps(even.check.sampled, even.judgements, even.trials) == ()
    assert even.why is None


def test_a_plan_asks_for_it_and_its_file_has_it_again():
    """What is asked is what was asked before; a plan of before, or with --no-why, asks for none."""
    found = outcome(DRAIN_CPU, {}, looks={arm: [site(3, "x()", 9, name="samples")] for arm in ARMS})
    asked = []

    def ask(step):
        asked.append(step)
        held = (each for each in found.trials if (each.arm, each.setting.pass_) == (step.arm, step.setting.pass_))
        return replace(next(held), setting=step.setting, block=step.block, number=len(asked))

    assert Check.from_json(found.check.to_json()).sampled == found.check.sampled
    for check, more in ((found.check, ["A", "B"]), (replace(found.check, sampled=None), [])):
        asked.clear()
        check.answer(ask, SEED)
        assert [step.arm for step in asked if step.setting.pass_ == "sampled"] == more
    assert Check.from_json(replace(found.check, sampled=None).to_json()).sampled is None
    assert replace(found, check=replace(found.check, sampled=None)).why is None


@pytest.mark.parametrize(
    ("metric", "says"),
    [
        ("bytes_written_per_event", "compare the files"),
        ("program_ns_per_event", "bench explain"),
        (DRAIN_CPU, "arm A is stored or the kernel gives no clock"),
    ],
)
def test_where_there_are_no_lines_it_says_why_not(metric, says):
    """And asks for no pair that could not tell."""
    kind = {"trial_kind": "load", "pass_": "kernel"} if metric.startswith("program") else {}
    if kind:
        a = setting(drain_records=None, **kind)
        found = outcome(DRAIN_CPU, {})
        judged = gated("consumer.py", metric)
        comparison = Comparison("consumer.py", *(replace(a, mode="consumer.py"),) * 2)
        trials = tuple(trials_of(metric, [(100.0, 150.0)] * 6, of=comparison.a))
        gate = GatePlan(alpha=0.05, looks=(6,), gated=(judged,))
        judgements = judge(gate, blocks_of((comparison,), partial(coin, SEED), trials))
        found = replace(found, judgements=judgements, trials=trials)
    else:
        found = outcome(metric, {})
    assert says in found.why.because
    if metric != DRAIN_CPU:
        assert why_steps(found.check.sampled, found.judgements, found.trials) == ()


def test_a_summary_has_ten_lines_and_the_file_has_all():
    """The largest differences, in Markdown, on a terminal and as JUnit; what else there is stands in the file."""
    found = outcome(ALLOCATIONS, {
        "A": [], "B": [site(line, f"x{line} = <b>", 100 * line) for line in range(1, 31)],
    })  # fmt: skip
    for text in (markdown(check_document(found)), junit(check_document(found)).decode()):
        assert text.count("consumer.py:") == 10
        assert text.index("consumer.py:30 take") < text.index("consumer.py:21 take")
    assert markdown(why_document(found)).count("consumer.py:") == 30
    (failure,) = ET.fromstring(junit(check_document(found))).iter("failure")
    assert "x30 = <b>" in failure.text
    assert len(failure.text.splitlines()) == 12  # the verdict, how it was counted, ten lines
    console = Console(width=100)
    with console.capture() as seen:
        draw(check_document(found), console)
    assert "consumer.py:30 take" in seen.get()


def test_its_json_holds_all_places():
    """For programs: names, what stands there, both arms, and what may be chance."""
    found = outcome(ALLOCATIONS, {"A": [], "B": [site(7, "x()", 1000)]})
    assert found.to_json()["why"] == {
        "mode": "consumer.py", "metric": ALLOCATIONS, "because": None,
        "accounts": [{
            "how": "allocations by line, which memray counts", "metric": ALLOCATIONS,
            "places": [{"name": "consumer.py:7 take", "text": "x()", "a": None, "b": 1.0, "doubt": 0.0}],
        }],
    }  # fmt: skip
