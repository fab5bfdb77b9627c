"""A session is what its shard asked for, or is refused; hosts' own files are merged by when they ended."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from results.check.gate import GatePlan, gated
from results.check.plan import Check
from results.errors import BadInput
from results.file import ResultFile
from results.fleet.file import FleetWriter, HostResult, read_fleet
from results.fleet.plans import is_whole, merge, plan_of, prove
from results.fleet.shard import Shard, class_of
from results.ledger import Ledger
from results.run import RunPlan
from results.session import Session
from results.trial import Trial
from tests.results.check.blocks_made_up import comparison, setting, trials_of
from tests.results.fleet import made_up

CPU = "cpu_ns_per_event"


def result(shard: Shard, own: Session, trials: list[Trial], host: str = "a") -> HostResult:
    held = ResultFile(Path("f"), (own,), tuple(trials), ())
    return HostResult(shard=shard, host=host, host_class=class_of(own.host), session=held)


def whole(shard: Shard | None = None, host: str = "a") -> HostResult:
    shard = shard or made_up.shards("a")[0]
    own = made_up.session(shard, host=host)
    return result(shard, own, made_up.trials(own, shard), host)


def test_a_session_that_is_what_its_shard_asked_for_is_proved() -> None:
    """For its host, and for any of its class; of a lost one there is nothing to prove."""
    good = whole()
    assert good.session is not None
    assert prove(good) is good.session.sessions[0]
    of_class = replace(good.shard, host=None, host_class=good.host_class)
    assert prove(whole(of_class, "whoever")) is not None
    assert prove(HostResult(shard=good.shard, host="a", host_class=None, lost="it burns")) is None


def other_plan(good: HostResult) -> HostResult:
    plan = {**good.shard.plan, "trials": 3}
    return replace(good, shard=replace(good.shard, plan=plan))


def other_seed(good: HostResult) -> HostResult:
    return replace(good, shard=replace(good.shard, seed=good.shard.seed + 1))


def other_host(good: HostResult) -> HostResult:
    return replace(good, host="b")


def other_class(good: HostResult) -> HostResult:
    return replace(good, shard=replace(good.shard, host=None, host_class="k"))


def without(good: HostResult, number: int) -> HostResult:
    assert good.session is not None
    kept = tuple(trial for trial in good.session.trials if trial.number != number)
    return replace(good, session=replace(good.session, trials=kept))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (other_plan, "session s-a of shard 1 has another plan or seed"),
        (other_seed, "session s-a of shard 1 has another plan or seed"),
        (other_host, "ran on b of class .*, and the shard is for host a"),
        (other_class, "ran on a of class .*, and the shard is for"),
        (lambda good: without(good, 3), "session s-a of shard 1 is told to be done, and trials of its plan are"),
        (lambda good: without(good, 0), "not the one that its plan asks for"),
    ],
    ids=["another plan", "another seed", "another host", "another class", "the last is missing", "the first is"],
)
def test_what_is_another_than_its_shard_asked_for_is_refused(change, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        prove(change(whole()))


def test_trials_beyond_the_end_of_the_plan_are_refused() -> None:
    """Nobody asked for them."""
    good = whole()
    assert good.session is not None
    more = (*good.session.trials, replace(good.session.trials[-1], number=4))
    with pytest.raises(BadInput, match="trial 4 lies beyond the end"):
        prove(replace(good, session=replace(good.session, trials=more)))


def test_a_ledger_that_does_not_balance_is_that_of_an_invalid_trial_alone() -> None:
    """Stored as valid, the trial is not what it claims to be; stored as invalid it says why itself."""
    good = whole()
    assert good.session is not None
    first, *rest = good.session.trials
    wrong = replace(first, ledger=Ledger(**{**vars_of(first.ledger), "unread": 7}))
    with pytest.raises(BadInput, match="trial 0 of session s-a of shard 1 is stored as valid, but does not balance"):
        prove(replace(good, session=replace(good.session, trials=(wrong, *rest))))
    told = replace(wrong, invalid_because=("7 were never read",))
    assert prove(replace(good, session=replace(good.session, trials=(told, *rest)))) is not None


def vars_of(ledger: Ledger) -> dict[str, int | None]:
    return {name: getattr(ledger, name) for name in Ledger.__dataclass_fields__}


def check() -> Check:
    load = setting("load")
    gate = GatePlan(alpha=0.05, looks=(3,), gated=(gated("epoll", CPU),), scope="class")
    return Check(gate=gate, comparisons=(comparison(load),), arm_a="a", arm_b="b")


def test_a_shard_s_plan_is_a_run_s_or_a_check_s() -> None:
    """Whatever else it is, or what is damaged in it, is said with the shard's number."""
    (shard,) = made_up.shards("a")
    assert isinstance(plan_of(shard), RunPlan)
    of_check = replace(shard, plan=json.loads(json.dumps(check().to_json())))
    assert plan_of(of_check) == check()
    gate = of_check.plan["check"]["gate"]
    for plan, says in (
        ({"capacity": {}}, "shard 1 is of a plan that no fleet carries out: capacity"),
        ({"check": {}}, "the plan of shard 1 is damaged"),
        ({"check": []}, "the plan of shard 1 is damaged"),
        (
            {"check": {"gate": {**gate, "gated": [{**gate["gated"][0], "metric": []}]}}},
            "the plan of shard 1 is damaged",
        ),
        ({"settings": [{}], "trials": 1}, "the plan of shard 1 is damaged"),
        ({"settings": [7], "trials": 1}, "the plan of shard 1 is damaged"),
    ):
        with pytest.raises(BadInput, match=says):
            plan_of(replace(shard, plan=plan))


def test_a_check_is_whole_when_its_blocks_are_there_or_too_many_are_invalid() -> None:
    """That is an end, too: the host was to go no further."""
    shard = replace(made_up.shards("a")[0], plan=json.loads(json.dumps(check().to_json())))
    load = setting("load")
    made = trials_of(CPU, [(100.0, 101.0)] * 3, of=load, seed=shard.seed, first_block=0, first_number=0)
    assert is_whole(shard, made)
    assert not is_whole(shard, made[:-1])
    assert not is_whole(shard, [])
    spoilt = trials_of(CPU, [(100.0, 101.0)] * 5, of=load, seed=shard.seed, first_block=0, first_number=0)
    spoilt = [replace(trial, invalid_because=("it raised",)) for trial in spoilt[::4]]
    assert is_whole(shard, spoilt)
    assert not is_whole(shard, spoilt[:4])


def ended(folder: Path, shard: Shard, name: str, at: str) -> Path:
    own = made_up.session(shard, name)
    early, *_, late = made_up.trials(own, shard)
    made = [replace(each, started_at="2026-11-22T00:00:00Z") for each in made_up.trials(own, shard)]
    made[early.number] = replace(made[early.number], started_at=at)
    assert late.number != early.number
    return made_up.own_file(folder, own, made)


@pytest.mark.parametrize("turn", [1, -1])
def test_of_two_whole_sessions_the_one_that_ended_first_counts(tmp_path: Path, turn: int) -> None:
    """By the latest of its trials, whatever their order and the files'; the other is named as extra."""
    (shard,) = made_up.shards("a")
    files = [
        ended(tmp_path, shard, "a-late", "2026-11-24T00:00:00Z"),
        ended(tmp_path, shard, "z-early", "2026-11-23T00:00:00Z"),
    ]
    with FleetWriter(tmp_path / "fleet", [shard]) as writer:
        assert merge(writer, [shard], files[::turn]) == []
    fleet = read_fleet(tmp_path / "fleet")
    assert [each.session.sessions[0].id for each in fleet.hosts if each.session] == ["z-early"]
    assert [each.session for each in fleet.extras] == ["a-late"]


def test_what_is_damaged_in_a_host_s_file_is_named_and_left_out(tmp_path: Path) -> None:
    """With its file and line; the shard is lost, and the file that is whole counts."""
    a, b = made_up.shards("a", "b")
    paths = [made_up.own_file(tmp_path, own, made_up.trials(own, shard))
             for shard in (a, b) for own in [made_up.session(shard)]]  # fmt: skip
    lines = paths[0].read_bytes().splitlines(keepends=True)
    paths[0].write_bytes(b"".join([*lines[:2], b"\n", lines[2][:50] + b"\n", *lines[3:]]))
    with FleetWriter(tmp_path / "fleet", [a, b]) as writer:
        line, session = merge(writer, [a, b], paths)
    assert line.startswith(f"{paths[0]}, line 4: ")
    assert session.startswith(f"{paths[0]}, session s-a, does not count: trial 2 is not the one that its plan asks for")
    fleet = read_fleet(tmp_path / "fleet")
    assert [(each.host, each.lost) for each in fleet.hosts] == [
        ("a", "none of the files holds a whole session of it"), ("b", None),
    ]  # fmt: skip
    assert fleet.problems == ()


def test_a_file_of_no_shard_of_the_plan_is_refused(tmp_path: Path) -> None:
    """Another plan's, or a run's that was no shard's."""
    (a,), (x,) = made_up.shards("a"), made_up.shards("x")
    stranger = made_up.session(x)
    for own, says in ((stranger, "is of no shard of this plan"), (made_up.made_up.session(), "is of no shard; it was")):
        path = made_up.own_file(tmp_path, own, [])
        with pytest.raises(BadInput, match=says), FleetWriter(tmp_path / f"fleet-{own.id}", [a]) as writer:
            merge(writer, [a], [path])
        assert not (tmp_path / f"fleet-{own.id}").exists()
