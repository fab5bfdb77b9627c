"""A check over hosts: what a class, or a host, is judged by, what a lost one counts as, and which plans are refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from results.check.blocks import blocks_of
from results.check.fleet import (
    FleetJudgement,
    HostCheck,
    default_blocks,
    fleet_check_of,
    fleet_outcome,
    judge_fleet,
    refuse_impossible,
)
from results.check.gate import GatePlan, gated
from results.check.plan import Check
from results.check.verdict import Verdict, judge, wanted_blocks
from results.errors import BadInput
from results.file import ResultFile
from results.fleet.file import Fleet, HostResult
from results.reports.fleet_check import fleet_check_document
from results.reports.forms.markdown import markdown
from results.statistics.signed_rank import p_above, p_above_over
from tests.results import made_up
from tests.results.check.blocks_made_up import blocks, comparison, ratios, setting, trials_of
from tests.results.fleet.made_up import shards

CPU, DRAIN = "cpu_ns_per_event", "drain_cpu_ns_per_event"
LOAD = setting("load")
BLOCKS = 6


def plan(scope="class", blocks_a_host=BLOCKS, names=(CPU,), alpha=0.05):
    hypotheses = tuple(gated("epoll", name) for name in names)
    return GatePlan(alpha=alpha, looks=(blocks_a_host,), gated=hypotheses, scope=scope)


def host(name, effect, *, host_class="lab", spread=0.01, count=BLOCKS, seed=None, lost=None):
    """Make a host whose blocks say that B takes `effect` times as much."""
    values = ratios(np.log(effect), spread, count, seed=seed or sum(name.encode()))
    return HostCheck(name, host_class, () if lost else blocks(CPU, values, of=LOAD), lost)


def by_unit(found: tuple[FleetJudgement, ...]) -> dict[str, Verdict]:
    return {each.unit: each.judgement.verdict for each in found}


def test_a_class_is_judged_by_all_its_blocks_and_classes_apart():
    """Three hosts that each say 10 % more have their class REGRESSED; the other class is OK, in the same family."""
    hosts = [host(name, 1.10, count=3) for name in "abc"] + [
        host(name, 1.0, host_class="rack", count=3) for name in "de"
    ]
    found = judge_fleet(plan(blocks_a_host=3), hosts)
    assert by_unit(found) == {"lab": Verdict.REGRESSED, "rack": Verdict.OK}
    lab = found[0].judgement
    assert lab.p_regressed == 0.5**9
    assert 1.05 < lab.low < lab.estimate < lab.high
    assert lab.blocks == 9


def test_three_blocks_of_one_host_alone_would_say_nothing():
    """What decides is the sum: no host of these could have failed by itself."""
    (judgement,) = judge_fleet(plan(scope="host", blocks_a_host=3), [host("a", 1.5, count=3)])
    assert judgement.judgement.verdict is Verdict.INCONCLUSIVE
    assert "can never fail" in judgement.judgement.because


@pytest.mark.parametrize("slowed", ["a", "b", "d"])
def test_by_host_the_slowed_one_is_found_whichever_it_is(slowed):
    """Holm runs over hosts: one that regressed is named, the others are OK."""
    hosts = [host(name, 1.3 if name == slowed else 1.0, count=8) for name in "abcd"]
    found = by_unit(judge_fleet(plan(scope="host", blocks_a_host=8), hosts))
    assert found == {name: Verdict.REGRESSED if name == slowed else Verdict.OK for name in "abcd"}


def test_no_host_is_ranked_among_another():
    """A host with a hundred times the noise of the others does not drown what they say."""
    hosts = [host(name, 1.08, spread=0.002) for name in "abc"] + [host("loud", 1.05, spread=0.5)]
    (found,) = judge_fleet(plan(), hosts)
    assert found.judgement.verdict is Verdict.REGRESSED


def test_a_lost_host_stays_as_p_one_and_is_named():
    """Its part of the null stays, so that p is larger than without it; nobody guesses what it had said."""
    hosts = [host(name, 1.10) for name in "abc"]
    (without,) = judge_fleet(plan(), hosts)
    (found,) = judge_fleet(plan(), [*hosts, host("d", 1.0, lost="its link was cut")])
    assert found.judgement.p_regressed > without.judgement.p_regressed == 0.5 ** (3 * BLOCKS)
    assert [each.lost for each in found.effects if each.lost] == ["0 of 6 blocks: its link was cut"]
    assert found.judgement.verdict is Verdict.REGRESSED


def test_a_host_that_is_lost_by_host_scope_widens_the_family():
    """By host, a lost one is a hypothesis with p = 1: the others are held to the level that it leaves."""
    hosts = [host("a", 1.3, count=5), host("b", 1.0, count=5, lost="never begun")]
    found = {each.unit: each.judgement for each in judge_fleet(plan(scope="host", blocks_a_host=5), hosts)}
    assert found["b"].p_regressed == found["b"].p_ok == 1.0
    assert found["b"].verdict is Verdict.INCONCLUSIVE
    assert found["a"].p_regressed == 0.5**5  # 3.1 %: below alpha, and above the half of it that two hosts leave
    assert found["a"].verdict is Verdict.INCONCLUSIVE


def test_a_lost_host_makes_neither_verdict_more_likely():
    """It counts against OK as it does against REGRESSED, and the interval is wider at both ends."""
    hosts = [host(name, 1.0) for name in "abc"]
    (without,) = judge_fleet(plan(), hosts)
    (found,) = judge_fleet(plan(), [*hosts, host("d", 1.0, lost="its link was cut")])
    without, found = without.judgement, found.judgement
    assert found.p_ok > without.p_ok == 0.5 ** (3 * BLOCKS)
    assert found.low < without.low < without.high < found.high


def test_ok_is_held_to_alpha_and_a_regression_to_holms_part_of_it():
    """An OK that is wrong is no false alarm: five blocks suffice for it on each of two hosts, and not for the other."""
    gate = plan(scope="host", blocks_a_host=5)
    for found in judge_fleet(gate, [host(name, 0.9, count=5) for name in "ab"]):
        assert found.judgement.verdict is Verdict.OK
        assert found.judgement.p_ok == 0.5**5
        assert found.judgement.high is not None
        assert found.judgement.low is None


def test_a_lost_host_of_no_known_class_is_none_of_another_and_stays():
    """Nobody knows which class it was to speak for: it is a unit by itself, and the family does not shrink."""
    hosts = [*(host(name, 1.0) for name in "ab"), host("c", 1.0, host_class="", lost="never begun")]
    found = by_unit(judge_fleet(plan(), hosts))
    assert found == {"lab": Verdict.OK, "c": Verdict.INCONCLUSIVE}


def test_a_host_without_all_its_blocks_is_lost_too():
    """Fewer blocks than planned, or one whose metric could not be read, count as none."""
    hosts = [host("a", 1.1), host("b", 1.1, count=BLOCKS - 1)]
    (found,) = judge_fleet(plan(), hosts)
    assert [each.lost is None for each in found.effects] == [True, False]
    assert "5 of 6 blocks" in found.effects[1].lost


def test_more_blocks_than_planned_do_not_count():
    """The plan fixes how many there are: what came beyond is in no value."""
    (found,) = judge_fleet(plan(), [host("a", 1.0, count=9), host("b", 1.0)])
    assert [len(each.values) for each in found.effects] == [BLOCKS, BLOCKS]


def test_a_single_host_is_judged_as_a_check_on_it_would():
    """With one host and one look, p is that of the host's own check."""
    only = host("a", 1.06, count=10)
    (found,) = judge_fleet(plan(blocks_a_host=10), [only])
    alone = GatePlan(alpha=0.05, looks=(10,), gated=(gated("epoll", CPU),))
    (own,) = judge(alone, only.blocks)
    assert (found.judgement.p_regressed, found.judgement.p_ok) == (own.p_regressed, own.p_ok)
    assert (found.judgement.estimate, found.judgement.low, found.judgement.high) == (own.estimate, own.low, own.high)
    assert (found.effects[0].median_a, found.effects[0].median_b) == (own.median_a, own.median_b)
    assert p_above(found.effects[0].values, gated("epoll", CPU).gate.limit) == own.p_regressed


def test_hosts_say_what_they_say_by_themselves_and_are_never_averaged():
    """The least and the most are hosts' own numbers."""
    hosts = [host(name, effect, spread=0.001) for name, effect in zip("abc", (0.9, 1.0, 1.4), strict=True)]
    (found,) = judge_fleet(plan(), hosts)
    own = {each.host.name: each.estimate for each in found.effects}
    assert min(found.estimates.values) == own["a"] == pytest.approx(0.9, rel=0.01)
    assert found.estimates.median == own["b"]
    assert max(found.estimates.values) == own["c"] == pytest.approx(1.4, rel=0.01)


@pytest.mark.parametrize(
    ("scope", "blocks_a_host", "units", "names", "fewest"),
    [
        ("class", 1, [4], [CPU], 2),
        ("class", 2, [4, 2], [CPU], 3),
        ("class", 2, [5, 2], [CPU, DRAIN], 4),
        ("host", 6, [1] * 4, [CPU], 7),
        ("host", 9, [1] * 12, [CPU, DRAIN], 9),
    ],
)
def test_a_plan_that_can_never_fail_is_refused_and_says_what_could(scope, blocks_a_host, units, names, fewest):
    """The smallest p that a unit can give is held against its part of alpha; the number advised is the fewest."""
    if blocks_a_host < fewest:
        with pytest.raises(BadInput, match=f"can never fail.*--blocks {fewest} or more"):
            refuse_impossible(plan(scope, blocks_a_host, names), units)
    refuse_impossible(plan(scope, fewest, names), units)
    if fewest > 1:
        with pytest.raises(BadInput, match="can never fail"):
            refuse_impossible(plan(scope, fewest - 1, names), units)
    refuse_impossible(plan(scope, default_blocks(len(names), 0.05, units), names), units)


@pytest.mark.parametrize("changes", [{"looks": (5, 10)}, {"looks": (), "budget_s": 60.0}])
def test_a_fleet_has_one_look_at_so_many_blocks(changes):
    """Looks and budgets are of one machine."""
    with pytest.raises(BadInput, match="one look"):
        replace(plan(), **changes)


def test_a_host_of_a_fleet_runs_its_blocks_and_decides_nothing():
    """Its plan asks for the blocks of the one look, says no verdict, and comes back from JSON as it was."""
    gate = plan(blocks_a_host=3)
    assert GatePlan.from_json(gate.to_json()) == gate
    made = host("a", 2.0, count=3).blocks
    assert wanted_blocks(gate, made[:2]) == {gate.gated[0]: 1}
    assert wanted_blocks(gate, made) == {}
    (alone,) = judge(gate, made)
    assert alone.verdict is Verdict.INCONCLUSIVE
    assert "judged together" in alone.because


def test_what_is_excluded_is_shown_and_not_judged():
    """It takes no part in Holm's family, on any host."""
    shown = replace(gated("epoll", CPU), excluded_because="too coarse here")
    gate = replace(plan(blocks_a_host=5), gated=(shown, gated("epoll", DRAIN)))
    found = judge_fleet(gate, [host("a", 2.0, count=5)])
    assert found[0].judgement.verdict is Verdict.INCONCLUSIVE
    assert found[0].judgement.because == "too coarse here"
    assert found[0].judgement.estimate == pytest.approx(2.0, rel=0.02)
    assert found[1].judgement.because.startswith("no host has its blocks")
    judged = replace(
        gate, gated=(replace(gated("epoll", DRAIN), excluded_because="too coarse here"), gated("epoll", CPU))
    )
    # 3.1 %: below alpha, and above the half of it that a family of two would leave.
    assert judge_fleet(judged, [host("a", 1.3, count=5)])[1].judgement.verdict is Verdict.REGRESSED


def test_a_blocks_coin_is_its_hosts_own():
    """A host's blocks are held against the coins of its own seed."""
    check = Check(gate=plan(), comparisons=(comparison(LOAD),), arm_a="a", arm_b="b")
    trials = [trial for block in host("a", 1.0).blocks for trial in block.trials]
    assert len(check.blocks(7, trials)) == BLOCKS
    with pytest.raises(BadInput, match="its coin said"):
        check.blocks(8, trials)
    assert blocks_of(check.comparisons, None, trials)


def carried_out(number, on, effect=1.1, *, boot="1", lost=None, scope="class", count=BLOCKS):
    """Make what became of a shard of a class: B takes so many times as long on the host that had it."""
    check = Check(gate=plan(scope), comparisons=(comparison(LOAD),), arm_a="a", arm_b="b")
    shard = replace(
        shards("x")[0], number=number, of=9, seed=number, host=None, host_class="lab",
        plan=json.loads(json.dumps(check.to_json())),
    )  # fmt: skip
    if lost is not None:
        return HostResult(shard=shard, host=on, host_class="lab", lost=lost)
    values = ratios(np.log(effect), 0.05, count, seed=number)
    made = trials_of(CPU, [(100.0, 100.0 * value) for value in values], of=LOAD, seed=number)
    own = made_up.session(id=f"s{number}", host={**made_up.HOST, "boot": boot})
    held = ResultFile(Path("f"), (own,), tuple(made), ())
    return HostResult(shard=shard, host=on, host_class="lab", session=held)


def outcome(*results):
    return fleet_outcome(
        Fleet(path=Path("f"), plan_id="p", plan=results[0].shard.plan, hosts=results, extras=(), problems=())
    )


def test_two_shards_of_one_host_since_one_start_are_one_host():
    """Its blocks are ranked together: what is said is what one host with twice the blocks says."""
    found = outcome(carried_out(1, "one"), carried_out(2, "one", 1.02))
    (one,) = found.hosts
    assert (one.name, one.host_class, one.shards, len(one.blocks)) == ("one", "lab", 2, 2 * BLOCKS)
    ((judged,), gate) = (found.judgements, found.check.gate)
    (alone,) = judge_fleet(plan(blocks_a_host=2 * BLOCKS), [HostCheck("one", "lab", one.blocks)])
    assert judged.judgement == alone.judgement
    assert [(each.values, each.low, each.median_a) for each in judged.effects] == [
        (each.values, each.low, each.median_a) for each in alone.effects
    ]
    values, limit = judged.effects[0].values, gate.gated[0].gate.limit
    assert judged.judgement.p_regressed == p_above(values, limit)
    assert p_above(values, limit) != p_above_over([values[:BLOCKS], values[BLOCKS:]], limit)
    assert len(judged.told) == 1
    assert "the blocks are ranked together: one had 2" in markdown(fleet_check_document(found))
    assert "ranked together" not in markdown(fleet_check_document(outcome(carried_out(1, "one"))))


def test_two_shards_of_one_host_are_one_verdict_where_each_host_has_its_own():
    """By host as by class: Holm's family is of hosts."""
    found = outcome(
        *(carried_out(number, on, scope="host") for number, on in enumerate(("one", "two", "one"), start=1))
    )
    assert [(each.unit, each.judgement.blocks) for each in found.judgements] == [("one", 12), ("two", 6)]


@pytest.mark.parametrize(
    ("second", "names"),
    [
        (carried_out(2, "one", boot="2"), ["one", "one #2"]),
        (carried_out(2, "two"), ["one", "two"]),
        (carried_out(2, "one", lost="it burns"), ["one", "one #2"]),
        (carried_out(2, None, lost="nobody came"), ["one", "of shard 2"]),
    ],
    ids=["another start", "another host", "lost", "nobody's"],
)
def test_what_is_not_of_one_host_since_one_start_stands_apart(second, names):
    """Ranks are within one start; what was lost counts as p = 1 beside what the same host did tell."""
    first = carried_out(1, "one")
    found = outcome(first, second)
    assert [(each.name, each.shards) for each in found.hosts] == [(name, 1) for name in names]
    (judged,) = found.judgements
    values = [each.values for each in judged.effects if each.lost is None]
    lost = [BLOCKS] * (2 - len(values))
    assert judged.judgement.p_regressed == p_above_over(values, judged.judgement.gated.gate.limit, lost)
    assert [each.lost for each in found.hosts] == [None, second.lost]


def test_a_host_that_lacks_a_block_of_any_of_its_shards_is_lost_with_all_of_them():
    """It counts with as many blocks as it was to run: so that losing some makes no verdict more likely."""
    found = outcome(carried_out(1, "one"), carried_out(2, "one", count=BLOCKS - 1), carried_out(3, "two"))
    (judged,) = found.judgements
    assert [each.lost for each in judged.effects] == ["11 of 12 blocks: it has not run them all", None]
    limit = judged.judgement.gated.gate.limit
    assert judged.judgement.p_regressed == p_above_over([judged.effects[1].values], limit, [2 * BLOCKS])
    assert judged.judgement.blocks == BLOCKS


def test_blocks_in_all_that_are_too_few_say_so():
    """Counted over all shards that a verdict is of."""
    gate = plan("host", 2)
    hosts = [replace(host(name, 1.5, count=4), shards=2) for name in "ab"]
    judged = judge_fleet(gate, hosts)[0].judgement
    assert judged.because == "4 blocks in all can never fail; 6 are the fewest that can"
    three = [replace(each, blocks=host(each.name, 1.07, count=6).blocks, shards=3) for each in hosts]
    assert "can never fail" not in str(judge_fleet(gate, three)[0].judgement.because)


def test_a_check_of_one_machine_is_no_fleet_s():
    """Nor is a run."""
    (run,) = shards("a")
    with pytest.raises(BadInput, match="is a run's, and no check"):
        fleet_check_of(run)
    alone = Check(
        gate=GatePlan(alpha=0.05, looks=(10,), gated=(gated("epoll", CPU),)), comparisons=(comparison(LOAD),),
        arm_a="a", arm_b="b",
    )  # fmt: skip
    with pytest.raises(BadInput, match="is of a check on one host: make it by bench fleet plan-check"):
        fleet_check_of(replace(run, plan=json.loads(json.dumps(alone.to_json()))))
