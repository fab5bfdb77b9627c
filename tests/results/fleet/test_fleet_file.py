"""A fleet's file holds each planned trial once, however often and in whatever order hosts tell it, and who was lost."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.__main__ import main
from harness.commands.parts.status import BAD_INPUT, DONE, INVALID_TRIAL
from results.errors import BadInput
from results.file import ResultWriter, read, result_lines
from results.fleet.file import FleetWriter, read_fleet
from results.fleet.plans import merge, prove
from results.fleet.shard import class_of
from tests.results.fleet import made_up


def numbers(path: Path) -> list[list[int] | str]:
    """Say of each shard which trials count, or why it is lost."""
    return [
        str(each.lost) if each.session is None else [trial.number for trial in each.session.trials]
        for each in read_fleet(path).hosts
    ]


def test_lines_count_once_however_often_they_come(tmp_path: Path) -> None:
    """A host that is asked again tells all it has; the file holds its lines byte for byte, once."""
    (shard,) = made_up.shards("a")
    own = made_up.session(shard)
    told = made_up.lines(tmp_path, own, made_up.trials(own, shard))
    path = tmp_path / "fleet.jsonl"
    with FleetWriter(path, [shard]) as writer:
        assert [writer.line(line) for line in told[:3]] == [True] * 3
    with FleetWriter(path, [shard], resume=True) as writer:
        assert [writer.line(line) for line in told] == [False] * 3 + [True] * 2
        assert writer.finish(own.id)
        assert writer.finish(own.id)
    assert numbers(path) == [[0, 1, 2, 3]]
    held = [line for line in result_lines(path) if b'"type":"line"' in line]
    assert [line.partition(b',"line":')[2].removesuffix(b"}\n") for line in held] == [line.strip() for line in told]
    assert sum(b'"type":"done"' in line for line in result_lines(path)) == 1


def test_the_first_whole_session_counts_and_the_second_is_extra(tmp_path: Path) -> None:
    """After a partition there are two: by two hosts of a class, or by one host that began anew."""
    (shard,) = made_up.shards("a")
    first, second, part = (made_up.session(shard, name) for name in ("first", "second", "part"))
    path = tmp_path / "fleet.jsonl"
    with FleetWriter(path, [shard]) as writer:
        told = [made_up.lines(tmp_path, one, made_up.trials(one, shard)) for one in (part, second, first)]
        for line in [*told[0][:2], *(line for pair in zip(*told[1:], strict=True) for line in pair)]:
            writer.line(line)
        assert writer.finish("first")
        assert not writer.finish("second")
        assert not writer.finish("second")
    fleet = read_fleet(path)
    assert [(each.session, each.host) for each in fleet.extras] == [("second", "a")]
    with path.open("a") as file:
        file.write(json.dumps({"type": "done", "shard": shard.id, "session": "second", "host": "a"}) + "\n")
    assert [session.id for session in read(path).sessions] == ["first"]
    assert [trial.session for trial in read(path).trials] == ["first"] * 4


def test_what_is_lost_has_its_reason_until_it_is_done(tmp_path: Path) -> None:
    """Each shard is done or lost, and says which: given up, begun and not finished, never begun."""
    shards = made_up.shards("a", "b", "c")
    path = tmp_path / "fleet.jsonl"
    own = [made_up.session(shard) for shard in shards]
    with FleetWriter(path, shards) as writer:
        writer.line(made_up.lines(tmp_path, own[1], [])[0])
        writer.lose(shards[0], "a", "it did not come back within 60 s")
    assert numbers(path) == ["it did not come back within 60 s", "it was not finished", "it was never begun"]
    assert read_fleet(path).hosts[1].host_class == class_of(own[1].host)
    with FleetWriter(path, shards, resume=True) as writer:
        assert writer.began_on(shards[1]) == "b"
        assert writer.began_on(shards[2]) is None
        for line in made_up.lines(tmp_path, own[0], made_up.trials(own[0], shards[0])):
            writer.line(line)
        writer.finish(own[0].id)
    assert numbers(path)[0] == [0, 1, 2, 3]


@pytest.mark.parametrize("cut", [2, 40, 400])
def test_a_torn_line_costs_that_line_alone(tmp_path: Path, cut: int) -> None:
    """Who wrote it was killed: it is told again, once the fleet is gone on with."""
    path, (shard,) = made_up.fleet(tmp_path, "a"), made_up.shards("a")
    own = made_up.session(shard)
    lines = result_lines(path)
    path.write_bytes(b"".join(lines[:4]) + lines[4][:-cut])
    assert numbers(path) == ["it was not finished"]
    assert "torn" in read_fleet(path).problems[0]
    with FleetWriter(path, [shard], resume=True) as writer:
        told = [writer.line(line) for line in result_lines(tmp_path / f"{own.id}.jsonl")]
        writer.finish(own.id)
    assert told == [False] * 3 + [True] * 2
    assert numbers(path) == [[0, 1, 2, 3]]
    assert main(["verify", str(path)]) == DONE


def test_a_file_is_gone_on_with_by_its_own_plan_alone(tmp_path: Path) -> None:
    path = made_up.fleet(tmp_path, "a", "b")
    before = path.read_bytes()
    for shards, resume, says in (
        (made_up.shards("a", "b"), False, "holds a fleet's results already; go on with it by --resume"),
        (made_up.shards("a", "c"), True, "results of another plan"),
        (made_up.shards("a"), True, "results of another plan"),
        (made_up.shards("a", "b")[:1], True, "has 2 shards, each once; here are 1"),
        ([replace(each, number=1) for each in made_up.shards("a", "b")], True, "here are 1, 1"),
    ):
        with pytest.raises(BadInput, match=says):
            FleetWriter(path, shards, resume=resume)
    (tmp_path / "own.jsonl").write_bytes(result_lines(tmp_path / "s-a.jsonl")[0])
    with pytest.raises(BadInput, match="no fleet's result file"):
        FleetWriter(tmp_path / "own.jsonl", made_up.shards("a"))
    with pytest.raises(BadInput, match="no result file of bench"):
        ResultWriter(path)
    assert path.read_bytes() == before


def test_a_stranger_s_line_is_refused(tmp_path: Path) -> None:
    """Of no shard of this plan, before its session's, or none at all: whoever brings it."""
    (shard,), (other,) = made_up.shards("a"), made_up.shards("x")
    own = made_up.session(other)
    told = made_up.lines(tmp_path, own, made_up.trials(own, other))
    path = tmp_path / "fleet.jsonl"
    with FleetWriter(path, [shard]) as writer:
        for line in (told[0], told[1], b"{}", b"no JSON", made_up.lines(tmp_path, made_up.made_up.session(), [])[0]):
            with pytest.raises(BadInput):
                writer.line(line)
    assert numbers(path) == ["it was never begun"]


def test_files_that_hosts_brought_back_are_merged(tmp_path: Path) -> None:
    """In whatever order, each once: a whole one counts, a second is extra, a part or none makes its shard lost."""
    shards = made_up.shards("a", "b", "c")
    a, b, again = made_up.session(shards[0]), made_up.session(shards[1]), made_up.session(shards[0], "later")
    late = [replace(trial, started_at="2026-11-23T00:00:00Z") for trial in made_up.trials(again, shards[0])]
    files = [
        made_up.own_file(tmp_path, again, late),
        made_up.own_file(tmp_path, a, made_up.trials(a, shards[0])),
        made_up.own_file(tmp_path, b, made_up.trials(b, shards[1])[:3]),
    ]
    path = tmp_path / "fleet.jsonl"
    with FleetWriter(path, shards) as writer:
        assert merge(writer, shards, [*files, files[1]]) == []
    fleet = read_fleet(path)
    assert [each.session.sessions[0].id if each.session else None for each in fleet.hosts] == [a.id, None, None]
    assert [extra.session for extra in fleet.extras] == ["later"]
    assert {each.lost for each in fleet.lost} == {"none of the files holds a whole session of it"}


def test_a_fleet_is_verified_host_by_host(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each session is replayed against its shard: 0, and 5 where one is lost; nothing is amiss in a whole file."""
    path = made_up.fleet(tmp_path, "a", "b")
    assert read_fleet(path).problems == ()
    assert main(["verify", str(path)]) == DONE
    told = capsys.readouterr()
    assert "2 of 2 shards" in told.out
    assert told.err == ""
    with FleetWriter(tmp_path / "lost.jsonl", made_up.shards("a")) as writer:
        writer.lose(made_up.shards("a")[0], "a", "it burns")
    assert main(["verify", str(tmp_path / "lost.jsonl")]) == INVALID_TRIAL
    assert "it burns" in capsys.readouterr().out


def test_an_invalid_trial_of_one_host_is_the_fleet_s(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Status 5, where it is merged and where it is verified."""
    (shard,), plan = made_up.shards("a"), tmp_path / "plan"
    plan.mkdir()
    (plan / "1.json").write_text(json.dumps(shard.to_json()))
    own = made_up.session(shard)
    first, *rest = made_up.trials(own, shard)
    path = made_up.own_file(tmp_path, own, [replace(first, invalid_because=("it raised",)), *rest])
    merged = tmp_path / "fleet.jsonl"
    assert main(["fleet", "merge", str(plan), str(path), "--out", str(merged)]) == INVALID_TRIAL
    assert main(["verify", str(merged)]) == INVALID_TRIAL
    assert "invalid trials" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('"seed":', '"seed":1', "another plan or seed"),
        ('"consumed":', '"consumed":1', "does not balance"),
        ('"block":0', '"block":1', "not the one that its plan asks for"),
        ('"type":"trial"', '"type":"tail"', "trials are missing in the middle"),
    ],
)
def test_what_is_not_what_it_claims_to_be_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], before: str, after: str, says: str
) -> None:
    """In the lines of one host among others."""
    path = made_up.fleet(tmp_path, "a", "b")
    lines = path.read_text().splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if number > 1 and before in line and '"host":"b"' in line)
    path.write_text("".join([*lines[:at], lines[at].replace(before, after, 1), *lines[at + 1 :]]))
    assert main(["verify", str(path)]) == BAD_INPUT
    assert says in capsys.readouterr().err


def test_a_trial_that_is_missing_is_missed(tmp_path: Path) -> None:
    """Though its shard is told to be done."""
    path = made_up.fleet(tmp_path, "a")
    lines = result_lines(path)
    path.write_bytes(b"".join(lines[:5] + lines[6:]))
    with pytest.raises(BadInput, match="trials of its plan are missing"):
        prove(read_fleet(path).hosts[0])


def test_a_fleet_s_trials_are_exported_with_their_host(tmp_path: Path) -> None:
    path, out = made_up.fleet(tmp_path, "a", "b"), tmp_path / "out.csv"
    assert main(["export", str(path), "--csv", str(out)]) == DONE
    names, *rows = [line.split(",") for line in out.read_text().splitlines()]
    assert len(rows) == 8
    assert {row[names.index("fleet_host")] for row in rows} == {"a", "b"}
    assert all(row[names.index("fleet_class")] for row in rows)


def test_another_program_s_blanks_do_no_harm(tmp_path: Path) -> None:
    """As jq or an editor writes each line anew."""
    path = made_up.fleet(tmp_path, "a")
    path.write_text("".join(json.dumps(json.loads(line)) + "\n" for line in path.read_text().splitlines()))
    assert numbers(path) == [[0, 1, 2, 3]]
