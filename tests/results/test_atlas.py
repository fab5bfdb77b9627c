"""Rows of the atlas: what is lost, which counters tell, when two are the same, which events are no loss."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from results.atlas import (
    Column,
    Event,
    Range,
    Row,
    alike,
    contradictions,
    differences,
    find,
    normals,
    read_column,
    read_columns,
)  # fmt: skip
from results.errors import BadInput
from results.reports.atlas import column_document, columns_document, find_document
from results.reports.forms.markdown import markdown

DOCS = Path(__file__).resolve().parents[2] / "docs"
PURGED = Event(reason="QUEUE_PURGE", function="sk_stream_kill_queues", packet="TCP without data", count=10)
REFUSED = Event(reason="NO_SOCKET", function="__udp4_lib_rcv", packet="UDP", count=10)


def row(name: str = "closed-port", **said: object) -> Row:
    plain: dict[str, object] = {
        "title": "it is done", "kind": False, "times": 10, "unit": "packets", "varies": (), "source": "",
        "why_not": None, "sent": 10, "arrived": 0, "errors": {}, "events": (REFUSED,),
        "counters": {"receiver Udp.NoPorts": 10, "receiver Ip.InReceives": 10, "receiver receiver0 rx_packets": 10},
        "softnet_dropped": 0, "unattributed": 0, "unseen": 0,
    }  # fmt: skip
    return Row(**{"name": name, **plain, **said})  # type: ignore[arg-type]


NORMAL = row("client-closes-first", sent=190, arrived=190, unit="bytes", events=(PURGED,), counters={})
SILENT = row("syn-flood", unit="connections", events=(), counters={"receiver TcpExt.ListenOverflows": 10})


def column(kernel: str = "6.18.44-test", *rows: Row) -> Column:
    return Column(kernel=kernel, machine="x86_64", bench="0.1.0", made_at="2026-11-27T20:00:00+00:00", rows=rows)


def kept(path: Path, made: Column) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in (made.head(), *(r.to_json() for r in made.rows))))
    return path


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    made = column("6.12.1", NORMAL, SILENT, row(varies=(Range(name="NO_SOCKET", least=1, most=None),)))
    assert read_column(kept(tmp_path / "column.jsonl", made)) == made


def test_a_row_that_was_made_again_on_the_same_kernel_counts_as_it_was_last(tmp_path: Path) -> None:
    first, again = column("6.18.44", row(), NORMAL), column("6.18.44", row(arrived=1))
    path = kept(tmp_path / "first", first)
    path.write_text(path.read_text() + kept(tmp_path / "again", again).read_text())
    assert read_column(path).rows == (row(arrived=1), NORMAL)
    path.write_text(path.read_text() + kept(tmp_path / "other", column("6.12.1", row())).read_text())
    with pytest.raises(BadInput, match="begun on 6"):
        read_column(path)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "it is empty"),
        ('{"type": "session"}', "neither the head of an atlas"),
        ('{"type": "row"}', "neither the head of an atlas"),
        ('{"type": "atlas", "format": 99}', "written in format 99"),
        ('{"type": "atlas", "format": 1, "kernel": 6}', "without 'machine'"),
        ("[]", "not an object"),
    ],
)
def test_a_file_that_is_no_column_is_refused_with_its_line(tmp_path: Path, line: str, why: str) -> None:
    path = tmp_path / "column.jsonl"
    path.write_text(line + "\n" if line else "")
    with pytest.raises(BadInput, match=why):
        read_column(path)


def test_a_row_whose_count_is_no_number_is_refused(tmp_path: Path) -> None:
    path = kept(tmp_path / "column.jsonl", column("6.18", row()))
    path.write_text(path.read_text().replace('"sent": 10', '"sent": "ten"'))
    with pytest.raises(BadInput, match="line 2: sent"):
        read_column(path)


def test_columns_are_in_the_order_of_kernels_not_of_names(tmp_path: Path) -> None:
    paths = [kept(tmp_path / f"{number}", column(kernel)) for number, kernel in enumerate(("6.18.1", "6.2", "6.12.9"))]
    assert [each.title for each in read_columns(paths)] == ["6.2", "6.12", "6.18"]


def test_counters_of_traffic_itself_tell_nothing() -> None:
    assert row().telling == {"receiver Udp.NoPorts": 10}


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (row(), []),
        (row(counters={"receiver Udp.NoPorts": 10, "receiver Ip.InReceives": 12}), []),
        (row(arrived=1), ["arrived was 0, and is 1"]),
        (row(events=(replace(REFUSED, count=9),)), ["NO_SOCKET at __udp4_lib_rcv (UDP) was 10, and is 9"]),
        (row(counters={}), ["receiver Udp.NoPorts was 10, and is 0"]),
        (row(errors={"ENOBUFS": 1}), ["errors was {}, and is {'ENOBUFS': 1}"]),
        (row(why_not="no such device"), []),
    ],
)
def test_each_number_of_a_row_counts(now: Row, said: list[str]) -> None:
    assert differences(row(), now) == said


def test_what_depends_on_timing_is_held_to_its_range_and_nothing_more() -> None:
    varies = (Range(name="NO_SOCKET", least=1, most=12),)
    few, many = (row(varies=varies, events=(replace(REFUSED, count=count),)) for count in (3, 13))
    assert differences(row(varies=varies), few) == []
    assert differences(row(varies=varies), many) == ["NO_SOCKET at __udp4_lib_rcv (UDP) was 10, and is 13; it is 1–12"]


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (row(), True),
        (row(times=20, sent=20, events=(replace(REFUSED, count=20),), counters={"receiver Udp.NoPorts": 20}), True),
        (row(times=20, sent=20, events=(replace(REFUSED, packet="other", count=20),)), False),
        (row(events=(replace(REFUSED, count=9),)), False),
        (row(arrived=10), False),
        (row(arrived=None), False),
        (row(counters={}), False),
        (row(errors={"EPERM": 10}), False),
    ],
)
def test_kernels_are_alike_where_the_same_is_lost_seen_and_counted(other: Row, *, same: bool) -> None:
    """However often it was done; done as often, each number counts."""
    assert alike(row(), other) is same
    loosely = Range(name="NO_SOCKET", least=1, most=None)
    fewer = row(varies=(loosely,), events=(replace(REFUSED, count=9),))
    assert alike(row(), fewer)


def test_a_column_contradicts_what_is_not_as_it_says() -> None:
    known = column("6.18.44", row(), NORMAL)
    assert contradictions(known, [row(), NORMAL]) == []
    said = contradictions(known, [row(arrived=3), SILENT])
    assert said == ["closed-port: arrived was 0, and is 3", "syn-flood: the column of Linux 6.18 has no such row"]


def test_an_event_is_normal_where_nothing_was_lost_and_nowhere_else() -> None:
    """One loss by the same reason, function and sort of packet, on any kernel, and it is none; nor is one unknown."""
    (normal,) = normals([column("6.18", NORMAL, row(), SILENT)])
    assert (normal.reason, normal.function, normal.packet) == PURGED.cause
    assert normal.rows == ("client-closes-first",)
    assert normals([column("6.18", NORMAL), column("6.1", row("unread", events=(PURGED,)))]) == ()
    assert normals([column("6.18", replace(NORMAL, events=(replace(PURGED, packet="other"),)))]) == ()
    assert normals([column("6.18", replace(NORMAL, arrived=None))]) == ()
    assert normals([column("6.18", NORMAL)], [column("6.1", row("unread", events=(PURGED,)))]) == ()
    assert len(normals([column("6.18", NORMAL)], [column("6.1", NORMAL, row())])) == 1
    with_data = row("unread", events=(replace(PURGED, packet="TCP data"),))
    assert [each.packet for each in normals([column("6.18", NORMAL, with_data)])] == ["TCP without data"]


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("Udp.NoPorts", ["closed-port"]),
        ("UdpNoPorts", ["closed-port"]),
        ("TcpExtListenOverflows", ["syn-flood"]),
        ("ListenOverflows", ["syn-flood"]),
        ("SKB_DROP_REASON_NO_SOCKET", ["closed-port"]),
        ("queue_purge", ["client-closes-first"]),
        ("sk_stream_kill_queues", ["client-closes-first"]),
    ],
)
def test_a_row_is_found_by_counter_reason_or_function(word: str, names: list[str]) -> None:
    """A counter also as nstat writes it; a reason also as the kernel's headers do."""
    assert [each.name for each in find(column("6.18", row(), NORMAL, SILENT), word)] == names


def test_a_word_that_nothing_knows_is_refused_with_the_nearest() -> None:
    with pytest.raises(BadInput, match="did you mean NO_SOCKET"):
        find(column("6.18", row()), "NO_SOKET")


@pytest.mark.parametrize("word", ["Udp.OutDatagrams", "IpInReceives", "sender0 tx_packets"])
def test_a_counter_that_ordinary_traffic_moves_tells_of_no_drop(word: str) -> None:
    """It is in the file, so that nobody is told that no row knows it."""
    counters = {f"sender {name}": 10 for name in ("Udp.OutDatagrams", "Ip.InReceives", "sender0 tx_packets")}
    with pytest.raises(BadInput, match="tells of no drop: ordinary traffic counts there too, in 1 situations"):
        find(column("6.18", row(counters=counters), SILENT), word)


def test_the_answer_says_what_is_lost_whether_there_is_an_event_and_which_counter_tells() -> None:
    made = column("6.18", row(), NORMAL, SILENT)
    said = markdown(find_document(made, "ListenOverflows", [SILENT], "As it was on Linux 6.18."))
    (line,) = (line for line in said.splitlines() if line.startswith("| `syn-flood`"))
    assert "**all 10 connections**" in line
    assert "**none**" in line
    assert "TcpExt.ListenOverflows 10" in line


def test_a_column_of_a_known_kernel_says_which_rows_are_not_as_they_were() -> None:
    known = column("6.18.1", row(), NORMAL)
    assert "Every row is the same as on Linux 6.18.1" in markdown(column_document(known, known))
    now = column("6.18.2", row(arrived=1), NORMAL)
    assert "closed-port: arrived was 0, and is 1" in markdown(column_document(now, known))
    assert "this is a new one" in markdown(column_document(now, None))


def test_side_by_side_only_what_differs_is_said_and_since_when_it_is_so() -> None:
    """A kernel that cannot make a row, or was not asked, leaves open whether it was so there."""
    older = replace(REFUSED, reason="NOT_SPECIFIED")
    said = markdown(
        columns_document(
            [
                column("6.1", row(events=(older,)), NORMAL),
                column("6.6", row(why_not="no module"), NORMAL),
                column("6.12", row(), NORMAL),
                column("6.18", row(), NORMAL),
            ]
        )
    )
    (line,) = (line for line in said.splitlines() if line.startswith("| `closed-port`"))
    *_, first, on_61, on_66, on_612 = (cell.strip() for cell in line.strip("|").split(" | "))
    assert first == "6.12 or before"
    assert on_61 == r"**10 events: NOT\_SPECIFIED at \_\_udp4\_lib\_rcv**"
    assert on_66 == "**cannot: no module**"
    assert on_612 == "the same"
    assert "| 6.1 | the same | the same | the same |" in said


def test_a_row_that_the_newest_kernel_has_not_is_shown_as_the_others_have_it() -> None:
    said = markdown(columns_document([column("6.1", row(), SILENT), column("6.18", row())]))
    (line,) = (line for line in said.splitlines() if line.startswith("| `syn-flood`"))
    assert "cannot: it was not tried" in line
    assert "**lost all 10 connections; no event**" in line


def test_the_committed_table_is_made_of_the_committed_columns() -> None:
    """Nobody edits it: `./bench atlas docs/results/atlas-linux-*.jsonl --markdown >docs/atlas.md` does."""
    made = markdown(columns_document(read_columns(sorted((DOCS / "results").glob("atlas-linux-*.jsonl")))))
    assert (DOCS / "atlas.md").read_text() == made


def test_what_the_readers_page_says_is_in_the_column_it_is_taken_from() -> None:
    """Each row that it names is there, and says of losses and events what its chapter does."""
    newest = read_column(DOCS / "results/atlas-linux-6.18.jsonl")
    text = (DOCS / "drops-without-events.md").read_text()
    chapters = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))

    def rows(chapter: str) -> list[Row]:
        named = [name for names in re.findall(r"\[([a-z0-9-]+(?:,\s+[a-z0-9-]+)*)\]", chapters[chapter])
                 for name in re.split(r",\s+", names)]  # fmt: skip
        found = [newest.row(name) for name in named]
        assert None not in found
        assert found
        return [row for row in found if row]

    assert all(row.lost == 0 and row.events for row in rows("Events, and nothing is lost"))
    silent = [row for row in rows("Something is lost, and there is no event") if row.name != "socket-closed-unread"]
    assert all(row.lost and not row.events for row in silent)
    assert all(row.lost and row.events for row in rows("There is an event, and it misleads"))
    reasons = {event.reason for row in newest.rows for event in row.events}
    assert {*re.findall(r"`([A-Z]+_[A-Z_]+)`", text)} - {"UDP_SEGMENT"} <= reasons
