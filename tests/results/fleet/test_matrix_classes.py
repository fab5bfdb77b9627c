"""Hosts by their classes, shards by their hosts, and what of a metric, a load or a mode is told in which matrix."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from results.file import ResultFile
from results.fleet.file import Fleet, HostResult
from results.fleet.matrix import UNKNOWN, Entry, Host, Matrix, classes, hosts_of, matrices
from results.metrics import CONSUME_RATE, CPU_PER_EVENT, LOSS_RATIO, NS_PER_EVENT, RSS, Metric
from results.statistics.ratio import Comparison
from results.statistics.spread import spread
from tests.results.fleet.hosts_made_up import MODES, PLAN, host
from tests.results.fleet.made_up import session, shards, trials
from tests.results.made_up import drain, trial


def of(metric: Metric, *hosts: Host) -> list[Matrix]:
    return [each for each in matrices(hosts, PLAN) if each.metric is metric]


def test_what_is_said_of_a_class_is_of_its_hosts_alone() -> None:
    """Medians, ratios and who is best; a lost host of it is in none, and of a class that is not there nothing is."""
    quick, lost = [host("a"), host("b"), host("e", lost="it burns")], host("f", host_class="rack", lost="so does it")
    slow = [host(name, host_class="rack", speed=9.0, slowed={"null": 20.0}) for name in "cdg"]
    (matrix,) = of(CPU_PER_EVENT, *quick, *slow, lost)
    lab, rack, every = (matrix.over(0, each) for each in ("lab", "rack", None))
    own = {each.name: line[0].spread.median for each, line in zip(matrix.hosts, matrix.entries, strict=True) if line[0]}
    assert sorted(lab.medians.values) == sorted([own["a"], own["b"]])
    assert sorted(rack.medians.values) == sorted([own["c"], own["d"], own["g"]])
    assert (lab.best, lab.of, rack.best, rack.of, every.best, every.of) == (2, 2, 0, 3, 2, 5)
    assert [len(matrix.over(1, each).ratios.values) for each in ("lab", "rack", None)] == [2, 3, 5]
    assert matrix.over(0, "none") is None
    assert matrix.over(0, "lab").share is not None
    assert classes(matrix.hosts) == ("lab", "rack")


def entry(median: float, ratio: tuple[float, float, float] | None = None, *, lossy: bool = False) -> Entry:
    found = ratio and Comparison("ratio", *ratio, 0.95, paired=True)
    return Entry(spread([median]), found, lossy, doubtful=False)


def made(metric: Metric, lines: list[list[Entry | None]], lost: tuple[int, ...] = ()) -> Matrix:
    hosts = tuple(Host(f"h{place}", "lab", lost="it burns" if place in lost else None) for place in range(len(lines)))
    return Matrix(metric, "", ("x", "y"), hosts, tuple(map(tuple, lines)))


@pytest.mark.parametrize("metric", [CPU_PER_EVENT, RSS], ids=["5 percent", "its own margin"])
def test_a_host_stands_out_with_its_whole_interval(metric: Metric) -> None:
    """Above or below, farther from the middle one than the margin; where an end is nearer it does not."""
    margin = metric.gate.margin if metric.gate else 0.1
    above, below = 2.0 * (1 + margin), 2.0 / (1 + margin)
    for ratio, out in (
        ((above * 1.5, above * 1.001, above * 2), True), ((above * 1.5, above * 0.999, above * 2), False),
        ((below / 1.5, below / 2, below / 1.001), True), ((below / 1.5, below / 2, below / 0.999), False),
    ):  # fmt: skip
        usual = [entry(1.0), entry(2.0, (2.0, 1.9, 2.1))]
        matrix = made(metric, [usual, usual, [entry(1.0), entry(1.0, ratio)]])
        assert matrix.stands_out(2, 1) is out
        assert matrix.apart(2, 1) == pytest.approx(ratio[0] / 2.0)
        assert [matrix.stands_out(line, 1) for line in (0, 1)] == [False, False]
        assert not matrix.stands_out(2, 0)
        assert matrix.apart(2, 0) is None


def test_most_is_best_of_what_is_better_when_higher() -> None:
    """A rate, and not a cost; and a mode that lost drops wins nothing of either."""
    lines = [[entry(5.0), entry(7.0)], [entry(5.0), entry(4.0)], [entry(5.0), entry(9.0)]]
    assert [made(CONSUME_RATE, lines).over(place).best for place in (0, 1)] == [1, 2]
    assert [made(CPU_PER_EVENT, lines).over(place).best for place in (0, 1)] == [2, 1]
    lossy = [*lines[:2], [entry(5.0), entry(1.0, lossy=True)]]
    assert [(over.best, over.of) for over in map(made(CPU_PER_EVENT, lossy).over, (0, 1))] == [(1, 2), (1, 2)]
    nothing = made(CPU_PER_EVENT, [[entry(5.0), None], [None, None]])
    assert nothing.over(1) is None
    assert (nothing.over(0).of, nothing.over(0).share) == (0, None)
    assert not nothing.has_ratios


def test_a_lost_host_s_numbers_are_in_nothing_over_hosts() -> None:
    """Whatever it told before."""
    usual = [entry(1.0), entry(2.0, (2.0, 1.9, 2.1))]
    matrix = made(CPU_PER_EVENT, [usual, usual, [entry(1.0), entry(8.0, (8.0, 7.9, 8.1))]], lost=(2,))
    assert matrix.over(1).medians.values == (2.0, 2.0)
    assert matrix.over(1).ratios.values == (2.0, 2.0)
    assert matrix.has_ratios
    assert not matrix.stands_out(0, 1)


def losing(own: Host, mode: str) -> Host:
    trials = (
        replace(each, ledger=trial(mode, each.number, lost=250_000).ledger) if each.setting.mode == mode else each
        for each in own.trials
    )
    return replace(own, trials=tuple(trials))


def test_what_was_lost_is_told_where_anything_was() -> None:
    """It is no cost: it is held against no other mode's, and is not called lossy."""
    assert of(LOSS_RATIO, host("a"), host("b")) == []
    (matrix,) = of(LOSS_RATIO, host("a"), losing(host("b"), "epoll"))
    assert [[each.spread.median for each in line] for line in matrix.entries] == [[0.0] * 3, [0.0, 0.5, 0.0]]
    assert not any(each.lossy or each.ratio for line in matrix.entries for each in line)
    assert not matrix.has_ratios
    assert matrix.over(1).medians.values == (0.0, 0.5)


def test_a_mode_that_is_held_against_a_lossy_first_one_has_no_ratio() -> None:
    """Nor has the first mode itself any."""
    (matrix,) = of(CPU_PER_EVENT, losing(host("a"), "null"), host("b"))
    assert [[each.ratio is None for each in line] for line in matrix.entries] == [[True] * 3, [True, False, False]]
    assert [each.lossy for each in matrix.entries[0]] == [True, False, False]


def drained(own: Host, load: float | None = 100_000.0, *, lost: bool = False) -> Host:
    """Give a host a drain trial of each mode beside load trials of one load."""
    under = losing(own, "file") if lost else own
    loaded = (replace(each, setting=replace(each.setting, intended_load=load)) for each in under.trials)
    drains = (replace(drain(mode, 900 + place), session=own.sessions[0].id) for place, mode in enumerate(MODES))
    return replace(own, trials=(*loaded, *drains))


def test_a_drain_is_told_once_and_nothing_is_lost_of_it() -> None:
    """Whichever loads its mode was put under, and however many drops were lost under them."""
    own = drained(host("a"), lost=True)
    second = (replace(each, number=each.number + 100, setting=replace(each.setting, intended_load=2e5))
              for each in own.trials if each.setting.trial_kind == "load")  # fmt: skip
    (matrix,) = of(NS_PER_EVENT, replace(own, trials=(*own.trials, *second)))
    assert (matrix.load, matrix.labels, matrix.title) == ("", MODES, NS_PER_EVENT.title)
    assert not any(each.lossy for line in matrix.entries for each in line)
    assert [each.ratio is None for each in matrix.entries[0]] == [True, False, False]


def test_what_nothing_paced_has_a_rate_and_is_never_lossy() -> None:
    """The rate is then what was kept up with; drops beyond it are the sender's doing."""
    own = drained(host("a"), None, lost=True)
    (matrix,) = of(CONSUME_RATE, own)
    assert matrix.load == "unpaced"
    assert not any(each.lossy for line in matrix.entries for each in line)
    assert [each.load for each in of(CPU_PER_EVENT, own)] == ["unpaced"]


def test_traffics_are_told_apart() -> None:
    """By name where there are several; in the order of the plan, and what is not of it last."""
    own = host("a")
    other = (replace(each, number=each.number + 100, setting=replace(each.setting, traffic="netfilter"))
             for each in own.trials)  # fmt: skip
    found = of(CPU_PER_EVENT, replace(own, trials=(*other, *own.trials)))
    assert [each.title for each in found] == [
        f"{CPU_PER_EVENT.title} at 100k/s, udp-closed-port", f"{CPU_PER_EVENT.title} at 100k/s, netfilter",
    ]  # fmt: skip
    assert [each.labels for each in found] == [MODES, tuple(sorted(MODES))]


def test_a_number_that_is_doubtful_is_marked_on_its_host_alone() -> None:
    noisy = host("b")
    disturbed = (replace(each, disturbed_because=("steal 9 %",)) for each in noisy.trials)
    (matrix,) = of(CPU_PER_EVENT, host("a"), replace(noisy, trials=tuple(disturbed)))
    assert [[each.doubtful for each in line] for line in matrix.entries] == [[False] * 3, [True] * 3]


def result(number: int, on: str | None, boot: str = "1", lost: str | None = None, host_class: str | None = "lab"):
    shard = replace(shards("a")[0], number=number, of=9, host=None, host_class="lab")
    if lost is not None:
        return HostResult(shard=shard, host=on, host_class=host_class, lost=lost)
    own = session(shard, f"s{number}", on or "", boot=boot)
    held = ResultFile(Path("f"), (own,), tuple(trials(own, shard)), ())
    return HostResult(shard=shard, host=on, host_class=host_class, session=held)


def test_shards_of_one_host_since_one_start_are_one_host() -> None:
    """With all their sessions and trials; after another start it is another one, and each lost shard stands alone."""
    results = [
        result(1, "x"), result(2, "y"), result(3, "x"), result(4, "x", boot="2"), result(5, "x", lost="it burns"),
        result(6, "x", lost="it burns"), result(7, None, lost="nobody came"), result(8, None, lost="nor here",
                                                                                     host_class=None),
    ]  # fmt: skip
    fleet = Fleet(path=Path("f"), plan_id="p", plan={}, hosts=tuple(results), extras=(), problems=())
    found = hosts_of(fleet)
    assert [(each.name, [own.id for own in each.sessions], len(each.trials)) for each in found] == [
        ("x", ["s1", "s3"], 8), ("y", ["s2"], 4), ("x #2", ["s4"], 4), ("x #3", [], 0), ("x #4", [], 0),
        ("of shard 7", [], 0), ("of shard 8", [], 0),
    ]  # fmt: skip
    assert [each.lost for each in found] == [None] * 3 + ["it burns"] * 2 + ["nobody came", "nor here"]
    assert [each.host_class for each in found] == ["lab"] * 6 + [UNKNOWN]
