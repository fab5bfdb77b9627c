"""Two fleets: hosts are paired, each is compared with itself, and over them numbers of hosts are said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from harness.__main__ import main
from harness.commands.parts.status import BAD_INPUT, DONE
from results.errors import BadInput
from results.fleet.compare import compare_fleets, compare_hosts
from results.fleet.file import Fleet, read_fleet
from results.fleet.matrix import Host
from results.metrics import CPU_PER_EVENT
from tests.results.fleet import made_up
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
    assert [*compared.left_out] == ["b", "c", "d"]


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


def loaded(name: str, seed: int, loads: Mapping[float, float]) -> Host:
    """Make a host with trials under each load, at which all takes so many times as long."""
    own = host(name, seed=seed)
    trials = (
        replace(
            each,
            number=each.number + 100 * place,
            setting=replace(each.setting, intended_load=load),
            metrics={**each.metrics, "cpu_ns_per_event": each.metrics["cpu_ns_per_event"] * times},
        )
        for place, (load, times) in enumerate(loads.items())
        for each in own.trials
    )
    return replace(own, trials=tuple(trials))


def cpu_of_file(compared) -> dict[str, dict[str, str]]:
    """Say of each load what the hosts say of one mode."""
    return {
        each.label: {name: judged.verdict for name, judged in each.judged.items()}
        for each in compared.numbers
        if each.column is CPU_PER_EVENT and each.label.startswith("file")
    }


def test_a_host_that_lacks_a_load_is_not_put_with_another_one():
    """Alone on its host a load is not named, and is the same load all the same."""
    a, b = {100_000.0: 1.0, 200_000.0: 1.0}, {100_000.0: 1.0, 200_000.0: 3.0}
    low, high = {100_000.0: 1.0}, {200_000.0: 3.0}
    before = [loaded("one", 1, a), loaded("two", 1, low), loaded("three", 1, dict.fromkeys(high, 1.0))]
    after = [loaded("one", 2, b), loaded("two", 2, low), loaded("three", 2, high)]
    assert cpu_of_file(compare_hosts(before, after, NAMES, None)) == {
        "file 100k/s": {"one": "same", "two": "same"}, "file 200k/s": {"one": "worse", "three": "worse"},
    }  # fmt: skip


def test_loads_that_are_written_alike_are_two_numbers():
    """Neither hides the other, on any host: what is rounded alike is named in full."""
    loads = {100_000.0: 1.0, 100_400.0: 1.0}
    before = [loaded(name, 1, loads) for name in "ab"]
    after = [loaded(name, 2, {**loads, 100_400.0: 2.0}) for name in "ab"]
    assert cpu_of_file(compare_hosts(before, after, NAMES, None)) == {
        "file 100k/s (100000/s)": {"a": "same", "b": "same"}, "file 100k/s (100400/s)": {"a": "worse", "b": "worse"},
    }  # fmt: skip


def test_one_host_that_cannot_be_compared_is_left_out_with_the_reason():
    """The others are; where there are none, the refusal says why."""
    other = loaded("b", 2, {300_000.0: 1.0})
    compared = compare_hosts([host("a", seed=1), host("b", seed=1)], [host("a", seed=2), other], NAMES, None)
    assert list(compared.pairs) == ["a"]
    assert compared.left_out["b"].startswith("nothing to compare: no setting")
    with pytest.raises(BadInput, match=r"no host is in both fleets with all its trials \(b: nothing to compare"):
        compare_hosts([host("b", seed=1)], [other], NAMES, None)


def test_who_is_lost_in_both_is_so_for_both_reasons():
    compared = compare_hosts(
        [host("b", lost="it burns"), host("a", seed=1)], [host("a", seed=2), host("b", lost="it is gone")], NAMES, None
    )
    assert compared.left_out == {"b": "lost in before.jsonl: it burns; lost in after.jsonl: it is gone"}


@pytest.mark.parametrize(("margin", "verdict"), [(None, "worse"), (0.2, "worse"), (3.0, "same")])
def test_a_margin_that_is_said_is_everybody_s(margin, verdict):
    """Half as much again is more than any metric's own margin."""
    before, after = [host(name, seed=1) for name in "ab"], [host(name, seed=2, slowed={"file": 1.6}) for name in "ab"]
    found = number(compare_hosts(before, after, NAMES, margin))
    assert {each.verdict for each in found.judged.values()} == {verdict}
    assert [found.hosts(each) for each in ("worse", "better", "same", "undecided")] == [
        2 * (each == verdict) for each in ("worse", "better", "same", "undecided")
    ]


def test_what_has_no_ratio_is_in_no_number_over_hosts():
    """A cost of nothing is nothing times as much as another; who has a ratio is shown."""

    def free(name: str, seed: int) -> Host:
        own = host(name, seed=seed)
        return replace(own, trials=tuple(
            replace(each, metrics={**each.metrics, "cpu_ns_per_event": 0.0}) for each in own.trials
        ))  # fmt: skip

    found = number(compare_hosts([free("a", 1), host("b", seed=1)], [free("a", 2), host("b", seed=2)], NAMES, None))
    assert (len(found.judged), len(found.shifts.values)) == (2, 1)
    assert number(compare_hosts([free("a", 1)], [free("a", 2)], NAMES, None)).shifts is None


def test_what_is_damaged_in_either_file_is_said():
    """And what of one host is, with its name: trials that are in both make two runs look alike."""
    same = [host("a", seed=1)]
    compared = compare_hosts(same, same, NAMES, None, ["line 7: it is torn"])
    assert compared.problems[0] == "line 7: it is torn"
    assert compared.problems[1].startswith("a: 18 trials are in both files")


@pytest.mark.parametrize("side", [0, 1])
def test_a_check_s_fleet_is_not_compared(side: int):
    """It has its own verdicts, whichever side it is on; and who asks is told where they are."""
    run = Fleet(path=Path("run.jsonl"), plan_id="p", plan={"settings": []}, hosts=(), extras=(), problems=())
    check = replace(run, path=Path("check.jsonl"), plan={"check": {}})
    with pytest.raises(BadInput, match=r"check.jsonl holds a check.*bench report check.jsonl"):
        compare_fleets(*[(run, check), (check, run)][side], None)


def fleet(folder: Path, name: str, hosts: str, **facts: object) -> Path:
    """Write a fleet's file of sessions of its own."""
    folder = folder / name
    folder.mkdir()
    shards = made_up.shards(*hosts)
    with made_up.FleetWriter(folder / "fleet.jsonl", shards) as writer:
        for shard in shards:
            own = made_up.session(shard, f"{name}-{shard.host}", **facts)
            for line in made_up.lines(folder, own, made_up.trials(own, shard)):
                writer.line(line)
            writer.finish(own.id)
    return folder / "fleet.jsonl"


def test_two_files_of_fleets_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """With what is damaged in both, and --margin in percent; a host that is another machine is named, and refused."""
    a, b = fleet(tmp_path, "a", "xy"), fleet(tmp_path, "b", "yxz")
    for path in (a, b):
        path.write_bytes(path.read_bytes() + b"nonsense\n")
    compared = compare_fleets(read_fleet(a), read_fleet(b), 0.5)
    assert list(compared.pairs) == ["x", "y"]
    assert compared.left_out == {"z": f"only in {b}"}
    assert [each.split(":")[0] for each in compared.problems] == ["line 14", "line 20"]
    assert {judged.margin for each in compared.numbers for judged in each.judged.values()} == {0.5}
    assert main(["compare", str(a), str(b), "--margin", "50"]) == DONE
    assert "on 2 hosts, each with itself" in " ".join(capsys.readouterr().out.split())
    other = fleet(tmp_path, "c", "xy", cpu_model="Another")
    assert main(["compare", str(a), str(other)]) == BAD_INPUT
    assert "cpu_model of x Example CPU 9000 / Another; cpu_model of y" in capsys.readouterr().err
    assert main(["compare", str(a), str(other), "--anyway"]) == DONE
    assert "Not comparable: cpu_model of x differ" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("more", [[], ["own"], ["fleet", "fleet"], ["fleet", "--a", "file"]], ids=str)
def test_a_fleet_is_compared_with_another_fleet_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str]
):
    """Nor are the modes of one compared with each other."""
    path = made_up.fleet(tmp_path, "a")
    files = {"fleet": str(path), "own": str(tmp_path / "s-a.jsonl")}
    assert main(["compare", str(path), *(files.get(word, word) for word in more)]) == BAD_INPUT
    assert "a fleet is compared with another fleet" in capsys.readouterr().err
