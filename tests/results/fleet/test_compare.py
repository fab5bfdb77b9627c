"""Two fleets: hosts are paired, each is compared with itself, and over them numbers of hosts are said."""

from __future__ import annotations

import pytest

from results.errors import BadInput
from results.fleet.compare import compare_hosts
from results.metrics import CPU_PER_EVENT
from tests.results.fleet.hosts_made_up import host

NAMES = ("before.jsonl", "after.jsonl")


def number(compared, label="file"):
    return next(each for each in compared.numbers if (each.label, each.column) == (label, CPU_PER_EVENT))


def test_hosts_are_paired_by_name_and_their_speeds_are_in_no_number():
    """A host fifty times as slow says the same of what changed as the others do."""
    speeds = {"a": 1.0, "b": 50.0, "c": 0.1}
    before = [host(name, speed=speed, seed=1) for name, speed in speeds.items()]
    after = [host(name, speed=speed, slowed={"file": 1.5}, seed=2) for name, speed in reversed(speeds.items())]
    compared = compare_hosts(before, after, NAMES, None)
    found = number(compared)
    assert set(found.judged) == {"a", "b", "c"}
    assert found.hosts("worse") == 3
    assert number(compared, "epoll").hosts("worse") == 0
    assert found.shifts.values == pytest.approx([1.5] * 3, rel=0.08)


def test_one_host_that_changed_is_one_of_them():
    """Two stay the same: it is said of how many hosts, and how far the farthest goes."""
    before = [host(name, seed=1) for name in "abc"]
    after = [host(name, seed=2, slowed={"file": 3.0} if name == "b" else None) for name in "abc"]
    found = number(compare_hosts(before, after, NAMES, None))
    assert found.judged["b"].verdict == "worse"
    assert found.hosts("worse") == 1
    assert max(found.shifts.values) == pytest.approx(3.0, rel=0.08)
    assert found.shifts.median == pytest.approx(1.0, rel=0.08)


def test_hosts_of_one_fleet_alone_and_lost_ones_are_left_out_and_named():
    """Nobody is compared with a host that it is not."""
    before = [host("a", seed=1), host("b", seed=1), host("c", seed=1)]
    after = [host("a", seed=2), host("b", lost="its link was cut"), host("d", seed=2)]
    compared = compare_hosts(before, after, NAMES, None)
    assert list(compared.pairs) == ["a"]
    assert compared.left_out == {
        "b": "lost in after.jsonl: its link was cut", "c": "only in before.jsonl", "d": "only in after.jsonl",
    }  # fmt: skip


def test_nothing_in_common_is_refused_with_the_reasons():
    """A comparison of no host says nothing."""
    with pytest.raises(BadInput, match=r"no host is in both fleets.*a: only in before.jsonl; b: only in after.jsonl"):
        compare_hosts([host("a")], [host("b")], NAMES, None)


def test_a_host_whose_machine_is_another_is_told():
    """The name is the same, and the CPU is not: comparing them is for who says so."""
    compared = compare_hosts(
        [host("a", seed=1), host("b", seed=1)],
        [host("a", seed=2), host("b", seed=2, machine={"cpu_model": "Another"})], NAMES, None,
    )  # fmt: skip
    assert [(name, [each.fact for each in unlike]) for name, unlike in compared.unlike.items()] == [
        ("b", ["cpu_model"])
    ]
