"""The result file: what is written comes back, whatever happens to the file."""

from __future__ import annotations

import dataclasses
import json
import os
import resource
import signal
from pathlib import Path
from typing import Any

import pytest

from results.errors import BadInput
from results.file import ResultWriter, read
from tests.results import made_up


def _written(path: Path) -> bytes:
    with ResultWriter(path) as writer:
        writer.session(made_up.session())
        for trial in made_up.run(trials=1):
            writer.trial(trial)
    return path.read_bytes()


def test_what_was_appended_is_read_back(tmp_path: Path) -> None:
    """Sessions and trials are equal to those written, in order."""
    _written(tmp_path / "r.jsonl")
    result = read(tmp_path / "r.jsonl")
    assert result.sessions == (made_up.session(),)
    assert list(result.trials) == made_up.run(trials=1)
    assert result.problems == ()


def test_a_file_cut_at_any_byte_keeps_its_earlier_lines(tmp_path: Path) -> None:
    """A killed run leaves a torn line: it is reported with its number, and every line before it is used."""
    path = tmp_path / "r.jsonl"
    whole = _written(path)
    first, second = whole.index(b"\n") + 1, whole.index(b"\n", whole.index(b"\n") + 1) + 1
    for cut in [*range(first, second - 1, 17), second - 2, second - 1]:
        path.write_bytes(whole[:cut])
        result = read(path)
        assert len(result.sessions) == 1
        # Without its newline alone the line is complete.
        assert len(result.trials) == (1 if cut == second - 1 else 0)
        assert [problem.line for problem in result.problems] == ([2] if first < cut < second - 1 else [])


def test_appending_to_a_torn_file_ends_the_torn_line_first(tmp_path: Path) -> None:
    """What a later session appends is not swallowed by the line that a killed run left."""
    path = tmp_path / "r.jsonl"
    path.write_bytes(_written(path)[:-40])
    with ResultWriter(path) as writer:
        writer.session(made_up.session(id="s2"))
        writer.trial(made_up.trial(session="s2"))
    result = read(path)
    assert [session.id for session in result.sessions] == ["s1", "s2"]
    assert len(result.trials) == 7 + 1
    assert [problem.line for problem in result.problems] == [9]


def test_a_file_of_the_first_format_is_read(tmp_path: Path) -> None:
    """It knows no disturbed trials: those that a noisy machine made invalid stay invalid."""
    path = tmp_path / "r.jsonl"
    rows = [json.loads(line) for line in _written(path).splitlines()]
    rows[0]["schema_version"] = 1
    for row in rows[1:]:
        del row["disturbed_because"]
    rows[2]["invalid_because"] = ["the host took 12.0% of the CPU time (steal)"]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    result = read(path)
    assert result.problems == ()
    assert [trial.valid for trial in result.trials] == [True, False, *[True] * 6]
    assert not any(trial.disturbed for trial in result.trials)


def test_trials_of_a_newer_format_are_left_out_and_named(tmp_path: Path) -> None:
    """A file of mixed versions gives what this version understands, and says what it does not."""
    path = tmp_path / "r.jsonl"
    _written(path)
    with ResultWriter(path) as writer:
        writer.session(made_up.session(id="s2", schema_version=99))
        writer.trial(made_up.trial(session="s2"))
    result = read(path)
    assert [session.id for session in result.sessions] == ["s1"]
    assert {trial.session for trial in result.trials} == {"s1"}
    assert "format 99" in result.problems[0].what
    assert "1 trials of session s2" in result.problems[1].what


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"hello", id="no JSON"),
        pytest.param(b"[1, 2]", id="no object"),
        pytest.param(b'{"type": "other"}', id="another program's"),
        pytest.param(b'{"type": "trial"}', id="fields missing"),
        pytest.param(b"\xff\xfe\x00", id="no text"),
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b'{"type": "session", "seed": ' + b"9" * 5000 + b"}", id="huge number"),
        pytest.param(b'{"type": "trial", "sent": NaN}', id="NaN"),
    ],
)
def test_a_foreign_line_is_reported_and_the_rest_used(tmp_path: Path, line: bytes) -> None:
    """A line that is no result is a problem with its number; the lines around it count."""
    path = tmp_path / "r.jsonl"
    lines = _written(path).splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], line + b"\n", *lines[2:]]))
    result = read(path)
    assert len(result.trials) == 8
    assert [problem.line for problem in result.problems] == [3]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mode", 5),
        ("consumed", "many"),
        ("consumed", -1),
        ("metrics", {"cpu_s": "x"}),
        ("wait", "forever"),
        ("sent", True),
    ],
)
def test_a_field_of_the_wrong_kind_is_named(tmp_path: Path, field: str, value: object) -> None:
    """What has been read can be computed with: a field that cannot be is refused by name."""
    path = tmp_path / "r.jsonl"
    _written(path)
    row = {**made_up.trial().to_json(), field: value}
    path.write_text(path.read_text() + json.dumps(row) + "\n")
    result = read(path)
    assert len(result.trials) == 8
    assert field in result.problems[0].what


@pytest.mark.parametrize("content", [b"", b"\n\n", b"hello\n", b'{"a": 1}\n'])
def test_a_file_without_anything_valid_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    """Nothing to report on is bad input, not an empty report."""
    path = tmp_path / "other.txt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"other\.txt is no result file"):
        read(path)


def test_a_name_is_kept_as_it_is(tmp_path: Path) -> None:
    """Controls and bytes that are no UTF-8 travel the whole way; where a name is shown, they are escaped."""
    path = tmp_path / "r.jsonl"
    with ResultWriter(path) as writer:
        trial = made_up.trial("null")
        name = "evil\x1b]0;title\x07\u202e\udce9.py"
        writer.trial(dataclasses.replace(trial, setting=dataclasses.replace(trial.setting, mode=name)))
    assert read(path).trials[0].setting.mode == name


@pytest.mark.parametrize("place", [0, 1])
def test_a_byte_order_mark_loses_no_line(place: int, tmp_path: Path) -> None:
    """An editor puts one at the start; `cat` brings it into the middle."""
    path = tmp_path / "r.jsonl"
    with ResultWriter(path) as writer:
        writer.session(made_up.session())
        writer.trial(made_up.trial("null"))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(b"\xef\xbb\xbf" * (number == place) + line for number, line in enumerate(lines)))
    held = read(path)
    assert (len(held.sessions), len(held.trials), held.problems) == (1, 1, ())


@pytest.mark.parametrize("plan", [{"seed": 10**23}, {"rate": 1e300}, {"deep": [{"delta": float("nan")}]}])
def test_what_could_not_be_read_back_is_not_written(plan: dict[str, Any], tmp_path: Path) -> None:
    """The writer has the reader's limits, and refuses before anything is measured."""
    path = tmp_path / "r.jsonl"
    with ResultWriter(path) as writer, pytest.raises(BadInput):
        writer.session(dataclasses.replace(made_up.session(), plan=plan))
    assert path.read_bytes() == b""


@pytest.mark.parametrize("nature", ["folder", "FIFO", "link", "no folder", "device"])
def test_what_is_no_plain_file_is_refused_before_anything_runs(tmp_path: Path, nature: str) -> None:
    """Opening the writer says what is wrong with the path, at once."""
    path = tmp_path / "out"
    match nature:
        case "folder":
            path.mkdir()
        case "FIFO":
            os.mkfifo(path)
        case "link":
            (tmp_path / "target").touch()
            path.symlink_to(tmp_path / "target")
        case "no folder":
            path = tmp_path / "none" / "out"
        case "device":
            path = Path("/dev/null")
    with pytest.raises(ValueError, match=f"cannot write {path}: .*{nature}"):
        ResultWriter(path)


def test_a_fifo_does_not_hang_the_reader(tmp_path: Path) -> None:
    """Reading a FIFO that nobody writes to is refused instead of waited for."""
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(ValueError, match="FIFO"):
        read(tmp_path / "fifo")


def test_a_file_from_before_a_field_was_there_is_read(tmp_path: Path) -> None:
    """Fields that came later are absent in older files; their defaults are what held then."""
    path = tmp_path / "r.jsonl"
    row = made_up.trial().to_json()
    for name in ("stall_s", "handicap", "arm"):
        del row[name]
    path.write_text(json.dumps(row) + "\n")
    assert read(path).trials == (made_up.trial(),)


@pytest.mark.parametrize(
    ("in_the_file", "channel"),
    [
        pytest.param({"ring_size_bytes": 65536}, "ring", id="old, with a ring"),
        pytest.param({"ring_size_bytes": None}, "map", id="old, without"),
        pytest.param({"ring_size_bytes": 65536, "channel": "log"}, "log", id="named"),
        pytest.param({"ring_size_bytes": None, "channel": "ring"}, "ring", id="named, without a size"),
    ],
)
def test_old_files_name_no_channel(in_the_file: dict[str, object], channel: str, tmp_path: Path) -> None:
    """There was one ring, or none and the aggregation map."""
    path = tmp_path / "r.jsonl"
    row = made_up.trial().to_json()
    del row["channel"]
    path.write_text(json.dumps(row | in_the_file) + "\n")
    assert [trial.setting.channel for trial in read(path).trials] == [channel]


def test_a_disk_that_fills_up_costs_one_line(tmp_path: Path) -> None:
    """A line that does not fit is an error naming the file; when there is room again, the next line stands whole."""
    path = tmp_path / "r.jsonl"
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        with ResultWriter(path) as writer:
            writer.session(made_up.session())
            resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 100, hard))
            with pytest.raises(OSError, match=r"cannot append to the result file.*r\.jsonl"):
                writer.trial(made_up.trial())
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
            writer.trial(made_up.trial(number=2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        signal.signal(signal.SIGXFSZ, before)
    result = read(path)
    assert [trial.number for trial in result.trials] == [2]
    assert [problem.line for problem in result.problems] == [2]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("18446744073709551617", "wider than 64 bits"),
        ("-18446744073709551617", "wider than 64 bits"),
        ("[1, 99999999999999999999]", "wider than 64 bits"),
        ("1e31", "beyond any measurement"),
        ("1.5E+31", "beyond any measurement"),
        ("-9E99", "beyond any measurement"),
        ("1" * 31 + ".5", "beyond any measurement"),
        ("1e999", "not finite"),
        ("[" * 40 + "]" * 40, "nested too deeply"),
        ('{"a":' * 40 + "1" + "}" * 40, "nested too deeply"),
        ('["]",' * 40 + "1" + ',"["]' * 40, "nested too deeply"),
        ('["\\"]",' * 40 + "1" + ',"[\\""]' * 40, "nested too deeply"),
    ],
)
def test_what_is_no_measurement_is_refused_however_it_is_written(tmp_path: Path, value: str, says: str) -> None:
    """The quick look at a line's bytes sends each of these to the thorough one."""
    path = tmp_path / "r.jsonl"
    _written(path)
    line = json.dumps({**made_up.trial(number=99).to_json(), "series": {"odd": "VALUE"}}).replace('"VALUE"', value)
    path.write_bytes(path.read_bytes() + line.encode() + b"\n")
    assert says in read(path).problems[0].what


@pytest.mark.parametrize(
    "value", [str(2**64), "0.00001e4", "1e-99", "[" * 28 + "]" * 28, '["[[[[[", "]"]', '"\\u00e4{"']
)
def test_what_only_looks_odd_is_kept(tmp_path: Path, value: str) -> None:
    """The widest checksum, small exponents, brackets in text, lists within the limit."""
    path = tmp_path / "r.jsonl"
    line = json.dumps({**made_up.trial().to_json(), "series": {"odd": "VALUE"}}).replace('"VALUE"', value)
    path.write_text(f"{line}\n")
    held = read(path)
    assert held.problems == ()
    assert held.trials[0].series == {"odd": json.loads(value)}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"modes": 5}, "modes is 5, which is not allowed"),
        ({"modes": [5]}, "modes holds what describes no mode"),
        ({"modes": [{"mode": "a.py"}]}, "modes holds what describes no mode"),
        ({"modes": [{"mode": "a.py", "sha256": "0", "kind": "new"}]}, "modes holds what describes no mode"),
        ({"modes": [{"mode": 5, "sha256": "0"}]}, "mode is 5, which is not allowed"),
        ({"findings": 5}, "findings is 5, which is not allowed"),
        ({"findings": "steal"}, 'findings is "steal", which is not allowed'),
    ],
)
def test_a_wrong_list_of_a_session_is_named(change: dict[str, object], says: str, tmp_path: Path) -> None:
    """In our words, not in Python's; and a text is no list of its letters."""
    path = tmp_path / "r.jsonl"
    session = made_up.session().to_json() | change
    path.write_text(f"{json.dumps(session)}\n{json.dumps(made_up.trial().to_json())}\n")
    (problem,) = read(path).problems
    assert says in problem.what
    assert "argument" not in problem.what


@pytest.mark.parametrize("name", ["warnings", "invalid_because", "disturbed_because"])
@pytest.mark.parametrize("value", [5, "steal", None])
def test_a_wrong_list_of_a_trial_is_named(name: str, value: object, tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(
        f"{json.dumps(made_up.session().to_json())}\n{json.dumps(made_up.trial().to_json() | {name: value})}\n"
    )
    (problem,) = read(path).problems
    assert problem.what.startswith(f"{name} is ")


@pytest.mark.parametrize("content", [b"# Notes\n", b'{"a": 1}\n' * 200_000, b"type session", b"\x00\xff"])
def test_a_file_of_others_is_not_appended_to(tmp_path: Path, content: bytes) -> None:
    """Nothing of it changes, and it is named."""
    path = tmp_path / "README.md"
    path.write_bytes(content)
    with pytest.raises(BadInput, match="is no result file of bench, and nothing is appended"):
        ResultWriter(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("before", [b"", b"\n", b"\xef\xbb\xbf", b"rubbish\n", b"\x00" * 5000 + b"\n", b'{"type"'])
def test_a_file_of_ours_is_whatever_became_of_it(tmp_path: Path, before: bytes) -> None:
    """Saved by an editor, torn, or with a line of something else."""
    path = tmp_path / "r.jsonl"
    whole = before + (b"" if before == b'{"type"' else _written(path))
    path.write_bytes(whole)
    ResultWriter(path).close()
    path.write_bytes(whole[:30])
    if before != b"\x00" * 5000 + b"\n":
        ResultWriter(path).close()
