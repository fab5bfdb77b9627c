"""What tools really write about what they saw and lost: their own words, kept from runs under loss."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest

from harness.consumer.command import Unreadable, Usage
from harness.tools import Filter, load_tool, missing, tool_names
from harness.tools.words import check_words, counted, foreign_words, told
from harness.workers import remarks
from results.errors import BadInput
from results.foreign import Foreign
from results.peers import LIVE, TOOLS

USAGE = Usage(began_ns=1, ended_ns=2, cpu_s=0.5, rss_bytes=4096, start_up_s=1.5)
WATCHED = Filter("reason", 3)

# perf 6.1: 3,000 drops while it was stopped, one page of buffer. What it said: "lost 2 chunks", "lost 100.00%".
ALL_LOST = """
Aggregated stats:
           TOTAL events:       1554
            MMAP events:          1  ( 0.1%)
            LOST events:          2  ( 0.1%)
            COMM events:        159  (10.2%)
    LOST_SAMPLES events:          4  ( 0.3%)
  FINISHED_ROUND events:         14  ( 0.9%)
skb:kfree_skb stats:
    LOST_SAMPLES events:       3000
dummy:HG stats:
    LOST_SAMPLES events:        337
"""
SOME_LOST = ALL_LOST.replace("skb:kfree_skb stats:\n", "skb:kfree_skb stats:\n          SAMPLE events:      61234\n")
NONE_LOST = """
Aggregated stats:
           TOTAL events:       5012
          SAMPLE events:       5000  (99.8%)
skb:kfree_skb stats:
          SAMPLE events:       5000
dummy:HG stats:
          SAMPLE events:          7
    LOST_SAMPLES events:        337
"""
TRACED = """     0.000 python/219 skb:kfree_skb(location: 0xffffffff8204674c, protocol: 34997, reason: 3)
LOST 813 events!
     7.869 :0/0 skb:kfree_skb(location: 0xffffffff8204674c, protocol: 34997, reason: 3)
LOST 2 events!
"""


@pytest.mark.parametrize(
    ("tool", "said", "counts"),
    [
        pytest.param("perf-record", ALL_LOST, (0, 3000), id="perf record, all lost"),
        pytest.param("perf-record", SOME_LOST, (61234, 3000), id="perf record, some lost"),
        pytest.param("perf-record", NONE_LOST, (5000, 0), id="perf record, none lost"),
        pytest.param("perf-record", "\nAggregated stats:\n  TOTAL events:  7\n", (0, 0), id="perf record, nothing"),
        pytest.param("perf-trace", TRACED, (2, 815), id="perf trace"),
        pytest.param("perf-stat", "# started on Fri\n\n70015;;skb:kfree_skb;5010;100.00;;\n", (70015, None), id="stat"),
        pytest.param(
            "bpftrace-printf",
            "Attaching 1 probe...\n7 Drop | PID: 1\nLost 48239 events\n8 Drop | PID: 1\n",
            (2, 48239),
            id="bpftrace, one loss",
        ),
        pytest.param("bpftrace-printf", "Lost 5 events\n" * 3, (0, 15), id="bpftrace, several losses"),
        pytest.param(
            "bpftrace-printf", "7 Drop | PID: 1 | Function: Lost 9 events\n", (1, 0), id="bpftrace, words of a line"
        ),
        pytest.param("bpftrace-count", "Attaching 1 probe...\n\n\n@: 746012\n", (746012, None), id="bpftrace, a map"),
        pytest.param("bpftrace-count", "Attaching 1 probe...\n", (0, None), id="bpftrace, nothing"),
    ],
)
def test_the_words_of_a_tool_are_read(tool: str, said: str, counts: tuple[int, int | None]) -> None:
    """perf's samples, of our event alone, not its records of a loss; bpftrace's losses, which stand in its file."""
    done = told(load_tool(tool).words, said.encode(), USAGE)
    assert (done.consumed, done.admitted) == counts


@pytest.mark.parametrize(
    ("pattern", "said", "count"),
    [
        pytest.param("drop", "a drop and a drop\nnone\ndrop", 2, id="a line is one, however often it matches"),
        pytest.param(r"(\d+) drops", "3 drops, 4 drops\n5 drops\n", 12, id="numbers are added up"),
        pytest.param(r"^lost(?: (\d+))?$", "lost\nlost 7\n", 7, id="a group that is not there is no number"),
        pytest.param("^$", "", 1, id="an empty line"),
        pytest.param("ü", "uber\n", 0, id="other letters"),
        pytest.param("ü", "für\n", 1, id="not only ASCII"),
    ],
)
def test_lines_or_numbers_are_counted(pattern: str, said: str, count: int) -> None:
    """By whether the expression has a group."""
    assert (counted("--count", pattern, said) or 0) == count


JSON = """{"type": "attached_probes", "data": {"probes": 1}}
{"type": "map", "data": {"@": 5}}
{"type": "map", "data": {"@": {"3": 10, "4": 20}}}
{"drop": 1}
{"drop": {"reason": 2}}
{"torn": 1
[{"drop": 1}]
"""


@pytest.mark.parametrize(
    ("read", "count"),
    [
        ({"count_json": "drop"}, 2),
        ({"count_json": "drop.reason"}, 1),
        ({"sum_json": "data.@"}, 35),
        ({"sum_json": "nothing"}, 0),
        ({}, None),
    ],
    ids=str,
)
def test_lines_of_json_are_read_by_a_field(read: dict[str, str], count: int | None) -> None:
    """Each is an event, or holds numbers of them; what is no object is passed over. Unread is not known, and not 0."""
    done = told(Foreign(**read), JSON.encode(), USAGE)
    assert (done.consumed, done.admitted) == (count, None)
    assert done.reading.metrics["start_up_s"] == 1.5
    assert ("cpu_ns_per_event" in done.reading.metrics) == bool(count)


def test_every_tool_says_what_it_is_and_can_be_filled_in(tmp_path: Path) -> None:
    """A folder with blanks, braces of a script; and those that peers takes are there."""
    folder = tmp_path / "a folder"
    for name in tool_names():
        tool = load_tool(name)
        recipe = tool.recipe(WATCHED, folder)
        words = " ".join(recipe.command)
        assert tool.says
        assert tool.package
        assert "reason == 3" in words
        assert not [name for name in ("{folder}", "{field}", "{value}") if name in words]
        check_words(tool.words)
    assert set(TOOLS) <= set(tool_names())
    assert set(TOOLS) == {name for name in LIVE if name.startswith(("bpftrace", "perf"))}
    with pytest.raises(BadInput, match="did you mean bpftrace-count"):
        load_tool("bpftrace-cuont")


def test_a_tool_that_does_not_run_is_named_with_what_it_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One is not installed, one ends at once with a complaint, one runs."""
    for name, does in {"bpftrace": "echo ERROR: no BTF here >&2; exit 1", "perf": "echo up; exec sleep 60"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    tools = {name: load_tool(name) for name in TOOLS}
    recipes = {name: replace(tool.recipe(WATCHED, tmp_path), ready="^up$") for name, tool in tools.items()}
    why = missing(tools, recipes)
    assert sorted(why) == ["bpftrace-count", "bpftrace-printf"]
    assert why["bpftrace-count"].endswith("ended with status 1 before it was ready: ERROR: no BTF here")
    (tmp_path / "perf").unlink()
    monkeypatch.setenv("PATH", f"{tmp_path}:/nonexistent")
    assert missing({"perf-record": tools["perf-record"]}, recipes) == {
        "perf-record": "perf is not installed (apt-get install linux-perf)"
    }


@pytest.mark.parametrize(
    ("mode", "says"),
    [
        ("exec:", "names no command"),
        ("exec:  ", "names no command"),
        ("exec:nonesuch-of-bench -x", "there is no program nonesuch-of-bench"),
        ("exec:sh -c 'open", "No closing quotation"),
        ("exec:/", "there is no program /"),
    ],
)
def test_what_is_no_command_is_refused(mode: str, says: str) -> None:
    """Before anything is set up."""
    with pytest.raises(BadInput, match=says):
        foreign_words(mode)


def test_a_command_holds_blanks_and_commas() -> None:
    """As a shell would split it."""
    assert foreign_words("exec:sh -c 'echo a, b' \"c d\",e") == ("sh", "-c", "echo a, b", "c d,e")


@pytest.mark.parametrize(
    ("read", "says"),
    [
        ({"count": "("}, "--count '\\(' is no regular expression"),
        ({"ready": "[", "count": "a"}, "--ready"),
        ({"lost": "*"}, "--lost"),
        ({"count": "a{99999999999}"}, r"--count 'a\{99999999999\}' is no regular expression"),
        ({"lost": "\udcff"}, r"--lost '\\udcff' is no regular expression"),
        ({"ready": "(" * 20_000 + ")" * 20_000}, "--ready .*… is no regular expression"),
        ({"count_json": ""}, "--count-json '' names nothing"),
        ({"sum_json": "\udcff"}, "--sum-json"),
        ({"count": "a", "sum_json": "b"}, "--count and --sum-json are counts of the same"),
    ],
)
def test_expressions_that_are_none_are_refused(read: dict[str, str], says: str) -> None:
    """With what is wrong, and where."""
    with pytest.raises(BadInput, match=says):
        check_words(Foreign(**read))


@pytest.mark.parametrize(
    ("read", "said", "offends"),
    [
        ({"count": r"([\d,]+) ev"}, "2,000 ev\n", "'2,000', which --count finds, is no whole number"),
        ({"lost": r"(-?\d+) lost"}, "-89990 lost\n", "'-89990', which --lost finds, makes a count below 0"),
        ({"count": r"(\d+) ev"}, f"{'9' * 26} ev\n", "beyond 9223372036854775807"),
        ({"count": r"(\d+) ev"}, f"{2**63 - 1} ev\n1 ev\n", "beyond 9223372036854775807"),
        ({"count": r"(\d+) ev"}, f"{'9' * 5000} ev\n", f"'{'9' * 40}'…, which --count finds"),
        ({"sum_json": "a"}, '{"a": "1,000"}\n', "'1,000', which --sum-json finds"),
        ({"sum_json": "a"}, '{"a": [5]}\n', r"'\[5\]'"),
        ({"sum_json": "a"}, '{"a": {"x": 1, "y": true}}\n', "'True'"),
        ({"sum_json": "a"}, '{"a": NaN}\n', "'nan'"),
        ({"sum_json": "a"}, '{"a": 0.5}\n', "'0.5'"),
        ({"sum_json": "a"}, '{"a": "\\u001b[2J"}\n', r"'\\x1b\[2J'"),
        ({"sum_json": "a"}, f'{{"a": -{"9" * 5000}}}\n', "makes a count below 0"),
        ({"sum_json": "a"}, f'{{"a": {"[" * 100_000}{"]" * 100_000}}}\n', "nested too deeply"),
    ],
)
def test_what_matches_and_is_no_count_is_named(read: dict[str, str], said: str, offends: str) -> None:
    """It is never 0, which would be a tool's silence."""
    with pytest.raises(Unreadable, match=offends):
        told(Foreign(**read), said.encode(), USAGE)


@pytest.mark.parametrize(
    ("read", "said", "count"),
    [
        ({"count_json": "a"}, b'{"a": 1, "comm": "\xff"}\n', 1),
        ({"count_json": "a"}, b'\xef\xbb\xbf{"a": 1}\r\n  {"a": 2}\n', 2),
        ({"count_json": "a"}, b'{"a": 1, "b": ' + b"9" * 5000 + b"}\n", 1),
        ({"count_json": "a"}, '{"a": "\u2028"}\n'.encode(), 1),
        ({"sum_json": "a"}, b'{"a": 1500.0}\n{"a": 1e3}\n{"a": " 5 "}\n{"a": "7"}\n', 2512),
        ({"sum_json": "a"}, b'{"a": 9223372036854775807}\n', 2**63 - 1),
        ({"count": "x$"}, b"x\r\nx\n", 2),
        ({"count": "(?i)Ж"}, "ж\n".encode(), 1),
    ],
)
def test_what_can_be_read_is_counted(read: dict[str, str], said: bytes, count: int) -> None:
    """Whatever stands beside it, and however the line ends."""
    done = told(Foreign(**read), said, USAGE)
    assert (done.consumed, done.odd) == (count, ())


def test_events_that_nothing_tells_of_are_0_with_a_warning() -> None:
    """Not so where a loss is told, nor for a loss of which nothing is."""
    for read in ({"count": "ev"}, {"count_json": "ev"}, {"sum_json": "ev"}):
        done = told(Foreign(**read, lost=r"lost (\d+)"), b"none\n", USAGE)
        assert (done.consumed, done.admitted) == (0, 0)
        assert "nothing in its output matches --" in done.odd[0]
    done = told(Foreign(count="ev", lost=r"lost (\d+)"), b"lost 7\n", USAGE)
    assert (done.consumed, done.admitted, done.odd) == (0, 7, ())
    assert remarks(Mock(left_behind=()), replace(done, odd=("doubtful",))) == ["doubtful"]


def test_a_command_that_cannot_read_what_a_tool_wrote_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That is no silence of the tool; nor is a file that it did not write."""
    (tmp_path / "perf").write_text("#!/bin/sh\necho incompatible file format >&2; exit 255\n")
    (tmp_path / "perf").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(Unreadable, match=r"perf report --stats .* ended with status 255: incompatible file format"):
        load_tool("perf-record").recipe(WATCHED, tmp_path).done(b"", USAGE)
    with pytest.raises(Unreadable, match=r"wrote no bpftrace\.txt"):
        load_tool("bpftrace-printf").recipe(WATCHED, tmp_path).done(b"", USAGE)
