"""Host × mode: numbers of one host alone, ratios within a host, and what is said over hosts."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import median

import pytest
from scipy.stats import binomtest

from results.fleet.matrix import Host, Matrix, matrices
from results.metrics import CPU_PER_EVENT
from results.scorecard.rows import rows
from tests.results.fleet.hosts_made_up import MODES, PLAN, host
from tests.results.made_up import trial


def cpu(*hosts: Host) -> Matrix:
    return next(each for each in matrices(hosts, PLAN) if each.metric is CPU_PER_EVENT)


def test_a_cell_is_what_the_hosts_own_report_says():
    """Median and interval of each host and mode are those of that host's rows, whatever the other hosts measured."""
    hosts = [host("a"), host("b", speed=40.0)]
    matrix = cpu(*hosts)
    assert matrix.labels == MODES  # in the plan's order
    for own, line in zip(hosts, matrix.entries, strict=True):
        told = {row.setting.mode: row.spread(CPU_PER_EVENT) for row in rows(own.trials, own.sessions)}
        assert [entry.spread for entry in line] == [told[mode] for mode in MODES]


def test_hosts_of_a_class_stand_together_in_the_order_of_the_classes():
    """Classes come as the plan names them, hosts by their names."""
    matrix = cpu(host("z", host_class="new"), host("c"), host("b", host_class="new"), host("a"))
    assert [(each.host_class, each.name) for each in matrix.hosts] == [
        ("new", "b"), ("new", "z"), ("lab", "a"), ("lab", "c"),
    ]  # fmt: skip


def test_over_hosts_there_are_numbers_of_hosts_and_no_mean():
    """Least, middle and most are hosts' own medians; of unlike hosts nothing else is anybody's number."""
    matrix = cpu(host("a"), host("b", speed=3.0), host("c", speed=1000.0))
    own = sorted(line[0].spread.median for line in matrix.entries)
    over = matrix.over(0)
    assert (min(over.medians.values), over.medians.median, max(over.medians.values)) == tuple(own)


def test_the_ratio_is_of_two_modes_on_one_host_and_its_speed_is_not_in_it():
    """A host a thousand times as slow has the same ratios, and the middle one of them is shown, with its interval."""
    speeds = (1.0, 5.0, 0.2, 30.0, 1000.0, 2.0)
    matrix = cpu(*(host(name, speed=speed) for name, speed in zip("abcdef", speeds, strict=True)))
    own = [line[2].ratio.estimate for line in matrix.entries]
    assert own == pytest.approx([82 / 18] * 6, rel=0.1)
    over = matrix.over(2)
    assert over.ratios.median == median(own)
    assert (over.ratios.low, over.ratios.high) == (min(own), max(own))
    assert over.ratios.confidence == pytest.approx(1 - 2 / 2**6)  # six hosts are the fewest for 95 %
    assert matrix.over(0).ratios is None  # the first mode, against itself


def test_best_on_k_of_n_hosts_with_the_exact_interval():
    """Of four hosts one has another mode that is cheaper: three of four, and what share that speaks for."""
    matrix = cpu(host("a"), host("b"), host("c"), host("d", slowed={"null": 20.0}))
    found = [matrix.over(place) for place in range(3)]
    assert [(over.best, over.of) for over in found] == [(3, 4), (1, 4), (0, 4)]
    interval = binomtest(3, 4).proportion_ci(method="exact")
    assert found[0].share == pytest.approx((interval.low, interval.high), abs=1e-9)


def test_modes_that_share_the_best_number_are_best_both():
    """A tie hides none of them."""
    even = [replace(each, metrics={**each.metrics, "cpu_ns_per_event": 5.0}) for each in host("a").trials]
    matrix = cpu(replace(host("a"), trials=tuple(even)))
    assert [matrix.over(place).best for place in range(3)] == [1, 1, 1]


def test_a_lost_host_stands_in_it_and_is_in_no_number_over_hosts():
    """It keeps its line and its reason; n is of the others."""
    matrix = cpu(host("a"), host("b"), host("c", lost="killed by signal 9"))
    assert [each.lost for each in matrix.hosts] == [None, None, "killed by signal 9"]
    assert matrix.entries[2] == (None, None, None)
    assert (matrix.over(0).of, len(matrix.over(0).medians.values)) == (2, 2)


@pytest.mark.parametrize(("slowed", "place"), [("file", 2), ("epoll", 1)])
def test_the_slowed_host_stands_out_and_a_slow_one_does_not(slowed, place):
    """One mode that takes twice as long on one host is seen; a host that is slow at everything is as the others."""
    matrix = cpu(host("a"), host("b", speed=7.0), host("c", slowed={slowed: 2.0}), host("d"))
    out = [(line, at) for line in range(4) for at in range(3) if matrix.stands_out(line, at)]
    assert out == [(2, place)]
    assert matrix.apart(2, place) == pytest.approx(2.0, rel=0.1)


WITHOUT_FILE = replace(host("c"), trials=tuple(each for each in host("c").trials if each.setting.mode != "file"))


@pytest.mark.parametrize("silent", [host("c", lost="refused"), WITHOUT_FILE], ids=["lost", "without it"])
def test_of_two_hosts_that_tell_of_a_mode_none_stands_out(silent):
    """Each is as far from the middle as the other; a third that says nothing of it does not make three."""
    matrix = cpu(host("a"), host("b", slowed={"file": 3.0}), silent)
    assert matrix.apart(1, 2) == pytest.approx(1.5, rel=0.1)
    assert not matrix.stands_out(1, 2)
    assert not matrix.stands_out(0, 2)


def test_a_slowed_first_mode_shows_in_all_others():
    """What the others are held against is off: they all are, the other way."""
    matrix = cpu(host("a"), host("b"), host("c"), host("d", slowed={"null": 2.0}))
    assert [matrix.apart(3, place) for place in (1, 2)] == pytest.approx([0.5, 0.5], rel=0.1)


def test_where_drops_were_lost_a_cost_is_in_no_ratio_and_wins_nothing():
    """A mode that loses half of the events spends less on each: that is no better."""
    lossy = host("a", slowed={"epoll": 0.1})
    trials = tuple(
        replace(each, ledger=trial("epoll", each.number, lost=250_000).ledger) if each.setting.mode == "epoll" else each
        for each in lossy.trials
    )
    matrix = cpu(replace(lossy, trials=trials), host("b"))
    entry = matrix.entries[0][1]
    assert entry.lossy
    assert entry.ratio is None
    assert [matrix.over(place).best for place in range(3)] == [2, 0, 0]
    assert matrix.over(1).medians.values == (matrix.entries[1][1].spread.median,)


def test_a_host_is_in_the_n_of_the_modes_alone_that_it_tells_of():
    """Where the best mode of the others has no number, another one is better than nothing."""
    without = host("c")
    kept = tuple(each for each in without.trials if each.setting.mode != "null")
    matrix = cpu(host("a"), host("b"), replace(without, trials=kept))
    found = [matrix.over(place) for place in range(3)]
    assert [(over.best, over.of) for over in found] == [(2, 2), (1, 3), (0, 3)]
    assert len(found[0].medians.values) == 2
    assert matrix.entries[2][1].ratio is None


def test_loads_are_told_apart_and_rates_only_where_nothing_paced_them():
    """A matrix is of one load: ratios between modes at different loads are of different jobs."""
    slow = host("a")
    fast = tuple(
        replace(each, number=each.number + 100, setting=replace(each.setting, intended_load=200_000.0))
        for each in slow.trials
    )
    found = matrices([replace(slow, trials=(*slow.trials, *fast))], {})
    assert [each.load for each in found if each.metric is CPU_PER_EVENT] == ["at 100k/s", "at 200k/s"]
    assert not [each for each in found if each.metric.name == "consume_rate"]


def test_a_fleet_of_nothing_but_lost_hosts_has_no_matrix():
    """There is no number, and none is made up."""
    assert matrices([host("a", lost="refused"), host("b", lost="refused")], PLAN) == ()


def test_hundreds_of_hosts_are_put_together_quickly():
    """What all have in common is computed once: a thousand hosts' lines are looked at, not a million."""
    one = cpu(host("a"))
    many = Matrix(
        one.metric,
        one.load,
        one.labels,
        tuple(replace(one.hosts[0], name=str(n)) for n in range(1000)),
        one.entries * 1000,
    )
    assert math.isclose(sum(many.apart(line, 2) for line in range(1000)), 1000.0)
