"""What a fleet's file says once lines of it are damaged, and who is said to have lost a shard, and why."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.__main__ import main
from harness.commands.parts.status import DONE
from results.errors import BadInput
from results.file import read, result_lines
from results.fleet.file import FleetWriter, HostResult, is_fleet, read_fleet
from results.fleet.plans import reopen
from results.fleet.shard import class_of
from tests.results.fleet import made_up

# Of the file of hosts a and b: a header, then of each its session, four trials and what ends them.
SESSION, TRIAL, LAST, DONE_LINE = 7, 9, 11, 12


def altered(line: bytes, before: bytes, after: bytes) -> bytes:
    assert before in line
    return line.replace(before, after, 1)


DAMAGE: dict[str, tuple[int, Callable[[bytes], bytes], str]] = {
    "torn": (TRIAL, lambda line: line[:-40] + b"\n", "trials are missing in the middle"),
    "torn at its end": (LAST, lambda line: line[:200] + b"\n", "trials of its plan are missing"),
    "blank": (TRIAL, lambda _line: b"\n", "trials are missing in the middle"),
    "gone": (LAST, lambda _line: b"", "trials of its plan are missing"),
    "no text": (TRIAL, lambda line: b"\xff" + line, "trials are missing in the middle"),
    "another number": (TRIAL, lambda line: altered(line, b'"consumed":', b'"consumed":1'), "does not balance"),
    "there twice, and unlike": (
        TRIAL, lambda line: line + altered(line, b'"consumed":', b'"consumed":1'), "trials are missing in the middle",
    ),
    "its session's": (SESSION, lambda line: line[:-40] + b"\n", "the line of its session s-b cannot be used"),
    "its session's seed": (SESSION, lambda line: altered(line, b'"seed":', b'"seed":1'), "has another plan or seed"),
}  # fmt: skip


def damaged(folder: Path, at: int, damage: Callable[[bytes], bytes]) -> Path:
    path = made_up.fleet(folder, "a", "b")
    lines = result_lines(path)
    path.write_bytes(b"".join([*lines[:at], damage(lines[at]), *lines[at + 1 :]]))
    return path


def numbers(path: Path) -> list[list[int] | None]:
    return [each.session and [trial.number for trial in each.session.trials] for each in read_fleet(path).hosts]


@pytest.mark.parametrize("name", DAMAGE)
def test_what_was_damaged_since_it_was_done_is_named_and_told_anew(tmp_path: Path, name: str) -> None:
    """Once, and what is told anew counts alone: the shard is whole again, whatever the damage was."""
    at, damage, says = DAMAGE[name]
    path, shards = damaged(tmp_path, at, damage), made_up.shards("a", "b")
    with FleetWriter(path, shards, resume=True) as writer:
        assert [*writer.done] == [shard.id for shard in shards]
        (told,) = reopen(writer)
        assert [*writer.done] == [shards[0].id]
    assert told.startswith("shard 2 was done, and is to be done again: ")
    assert says in told
    b = read_fleet(path).hosts[1]
    assert says in str(b.lost)
    assert b.host == "b"
    with FleetWriter(path, shards, resume=True) as writer:
        assert [*writer.done] == [shards[0].id]
        assert reopen(writer) == []
        assert [writer.line(line) for line in result_lines(tmp_path / "s-b.jsonl")] == [True] * 5
        assert writer.finish("s-b")
    assert numbers(path) == [[0, 1, 2, 3]] * 2
    assert main(["verify", str(path)]) == DONE
    with FleetWriter(path, shards, resume=True) as writer:
        assert reopen(writer) == []
        assert not writer.line(result_lines(tmp_path / "s-b.jsonl")[0])


def test_another_session_may_stand_in_for_one_that_was_damaged(tmp_path: Path) -> None:
    """Its host, or another one of its class, measured all of it anew: that is what counts then."""
    path, shards = damaged(tmp_path, TRIAL, DAMAGE["torn"][1]), made_up.shards("a", "b")
    own = made_up.session(shards[1], "anew")
    with FleetWriter(path, shards, resume=True) as writer:
        reopen(writer)
        assert writer.began_on(shards[1]) == "b"
        for line in made_up.lines(tmp_path, own, made_up.trials(own, shards[1])):
            writer.line(line)
        assert writer.finish("anew")
    assert [session.id for session in read(path).sessions] == ["s-a", "anew"]
    assert numbers(path) == [[0, 1, 2, 3]] * 2


@pytest.mark.parametrize("at", [DONE_LINE, 6])
def test_where_the_line_that_a_shard_is_done_is_damaged_it_is_told_to_be_done_again(tmp_path: Path, at: int) -> None:
    """What was told of it stands there; nobody runs it anew."""
    path, shards = damaged(tmp_path, at, lambda line: line[:-10] + b"\n"), made_up.shards("a", "b")
    name = "b" if at == DONE_LINE else "a"
    with FleetWriter(path, shards, resume=True) as writer:
        assert len(writer.done) == 1
        assert reopen(writer) == []
        assert [writer.line(line) for line in result_lines(tmp_path / f"s-{name}.jsonl")] == [False] * 5
        assert writer.finish(f"s-{name}")
    assert numbers(path) == [[0, 1, 2, 3]] * 2


def test_the_session_of_a_shard_alone_is_void(tmp_path: Path) -> None:
    """What else the file holds stays as it is, byte for byte."""
    path, shards = damaged(tmp_path, TRIAL, DAMAGE["torn"][1]), made_up.shards("a", "b")
    before = path.read_bytes()
    with FleetWriter(path, shards, resume=True) as writer:
        reopen(writer)
    after = path.read_bytes()
    assert after.startswith(before)
    row = json.loads(after[len(before) :])
    assert (row["type"], row["shard"], row["session"]) == ("undone", shards[1].id, "s-b")
    assert numbers(path) == [[0, 1, 2, 3], None]


def test_lines_that_say_nothing_are_named_by_their_number(tmp_path: Path) -> None:
    """The one that is torn is said to be; a blank one is none; each problem is said once."""
    path = made_up.fleet(tmp_path, "a")
    path.write_bytes(path.read_bytes() + b"\n[]\nnonsense\n" + b'{"type":"li')
    problems = read_fleet(path).problems
    assert [each.split(":")[0] for each in problems] == ["line 9", "line 10", "line 11"]
    assert ["torn" in each for each in problems] == [False, False, True]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is no fleet's result file"),
        (b'{"type":"session"}\n', "is no fleet's result file"),
        (b'{"type":"fleet","plan":{}}\n', "the first line .* is damaged"),
        (b'{"type":"fleet","shards":[{}],"plan":{}}\n', "the first line .* is damaged"),
        (b'{"type":"fleet","shards":7,"plan":{}}\n', "the first line .* is damaged"),
        (b'{"type":"fleet","shards":[],"plan":{}}\n', "there is no shard"),
    ],
    ids=["nothing", "a session", "no shards", "no shard's fields", "no list", "an empty list"],
)
def test_a_file_without_its_plan_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "f.jsonl"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=says):
        read_fleet(path)


def test_what_a_fleet_s_file_is_shows_in_its_first_line(tmp_path: Path) -> None:
    """Of whatever blanks; a folder, and what is not there, are none."""
    path = tmp_path / "f"
    for content, ours in ((b'\xef\xbb\xbf {"type" : "fleet"', True), (b'{"type":"line"', False), (b"", False)):
        path.write_bytes(content)
        assert is_fleet(path) is ours
    assert not is_fleet(tmp_path)
    assert not is_fleet(tmp_path / "none")


def test_who_lost_a_shard_is_who_ran_it_last_or_was_to(tmp_path: Path) -> None:
    """Of a class nobody may be known; the class is that of who ran it, else that of the plan."""
    named, *of_class = made_up.shards("a", "b", "c", "d")
    of_class = [replace(each, host=None, host_class="wanted") for each in of_class]
    shards = [named, *of_class]
    ran = [made_up.session(of_class[0], "one", "x"), made_up.session(of_class[0], "two", "y", cpus=9)]
    with FleetWriter(tmp_path / "f", shards) as writer:
        for session in ran:
            writer.line(made_up.lines(tmp_path, session, [])[0])
        assert writer.began_on(of_class[0]) == "y"
        writer.lose(of_class[1], "z", "it burns")
        writer.lose(of_class[1], None, "no host came")

    def told(each: HostResult) -> tuple[str | None, str | None, str | None]:
        return each.host, each.host_class, each.lost

    assert [told(each) for each in read_fleet(tmp_path / "f").hosts] == [
        ("a", None, "it was never begun"),
        ("y", class_of(ran[1].host), "it was not finished"),
        (None, "wanted", "no host came"),
        (None, "wanted", "it was never begun"),
    ]
    with FleetWriter(tmp_path / "f", shards, resume=True) as writer:
        writer.lose(of_class[0], "z", "it went away")
    assert told(read_fleet(tmp_path / "f").hosts[1]) == ("z", class_of(ran[1].host), "it went away")


def test_an_extra_session_of_no_shard_is_none(tmp_path: Path) -> None:
    """A line that another hand wrote; what is done counts as before."""
    path = made_up.fleet(tmp_path, "a")
    with path.open("a") as file:
        file.write(json.dumps({"type": "extra", "shard": "of another plan", "session": "x", "host": "a"}) + "\n")
    fleet = read_fleet(path)
    assert fleet.extras == ()
    assert fleet.lost == ()


def test_what_is_done_and_was_given_up_before_is_done(tmp_path: Path) -> None:
    """The host came back: a reason that was good then is none any more."""
    (shard,) = made_up.shards("a")
    own = made_up.session(shard)
    with FleetWriter(tmp_path / "f", [shard]) as writer:
        writer.lose(shard, "a", "it went away")
        for line in made_up.lines(tmp_path, own, made_up.trials(own, shard)):
            writer.line(line)
        writer.finish(own.id)
        writer.lose(shard, "b", "it came later")
    fleet = read_fleet(tmp_path / "f")
    assert [(each.host, each.lost) for each in fleet.hosts] == [("a", None)]
    assert fleet.hosts[0].host_class == class_of(own.host)


def test_trials_come_in_their_order_whatever_that_of_their_lines(tmp_path: Path) -> None:
    """As another program has sorted them; the plan is replayed in the trials' own order."""
    path = made_up.fleet(tmp_path, "a")
    lines = result_lines(path)
    path.write_bytes(b"".join([lines[0], *reversed(lines[1:])]))
    assert numbers(path) == [[0, 1, 2, 3]]
    assert main(["verify", str(path)]) == DONE


def test_of_two_lines_that_say_done_the_first_counts_for_who_goes_on_too(tmp_path: Path) -> None:
    """As it does for who reads."""
    path, (shard,) = made_up.fleet(tmp_path, "a"), made_up.shards("a")
    with path.open("a") as file:
        file.write(json.dumps({"type": "done", "shard": shard.id, "session": "another", "host": "a"}) + "\n")
    with FleetWriter(path, [shard], resume=True) as writer:
        assert writer.done == {shard.id: "s-a"}


@pytest.mark.parametrize("told", [False, True], ids=["nothing was told", "a line was"])
def test_a_new_file_in_which_nothing_was_told_is_taken_back(tmp_path: Path, told: bool) -> None:
    """Where an error ends what was to fill it; one that holds a line of a host's stays."""
    (shard,) = made_up.shards("a")
    line = made_up.lines(tmp_path, made_up.session(shard), [])[0]

    def fill() -> None:
        with FleetWriter(tmp_path / "f", [shard]) as writer:
            assert not told or writer.line(line)
            raise OSError("no scheduler")

    with pytest.raises(OSError, match="no scheduler"):
        fill()
    assert (tmp_path / "f").exists() is told


def test_shards_of_one_plan_plan_the_same(tmp_path: Path) -> None:
    """What differs is whom each is for."""
    a, b = made_up.shards("a", "b")
    with pytest.raises(BadInput, match=f"the shards of plan {a.plan_id} differ in what is planned"):
        FleetWriter(tmp_path / "f", [a, replace(b, plan={**b.plan, "trials": 3})])
