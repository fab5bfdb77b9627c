"""`bench atlas` as a user types it, and the table that came with bench, held to this kernel."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from harness.columns import column_files, known_column
from results.atlas import contradictions, read_column
from tests.kernel.bench import bench, bench_here, has_column


def test_a_run_prints_keeps_and_compares(tmp_path: Path) -> None:
    out, page = tmp_path / "column.jsonl", tmp_path / "page.html"
    done = bench("atlas", "--only", "syn-flood,netfilter", "--out", out, "--html", page, "--json")
    assert done.returncode == 0, done.stderr
    head, *rows = map(json.loads, done.stdout.splitlines())
    assert head["kernel"] == os.uname().release
    assert [(row["name"], sum(event["count"] for event in row["events"])) for row in rows] == [
        ("syn-flood", 0),
        ("netfilter", 64),
    ]
    kept = read_column(out)
    assert [row.name for row in kept.rows] == ["syn-flood", "netfilter"]
    assert kept.row("syn-flood").lost == 64
    (event,) = kept.row("netfilter").events
    assert f"NETFILTER_DROP at {event.function}" in page.read_text()


def test_files_are_shown_side_by_side_without_a_run(tmp_path: Path) -> None:
    (kept, *_) = column_files()
    older = tmp_path / "older.jsonl"
    older.write_text(re.sub(r'"kernel": "[^"]+"', '"kernel": "5.17.1"', kept.read_text()))
    done = bench_here("atlas", kept, older, "--markdown")
    assert done.returncode == 0, done.stderr
    assert "on 5.17" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--find", "UdpNoPorts"], "udp-closed-port"),
        (["--find", "TCP_CSUM"], "bad-tcp-checksum"),
        (["--find", "icmp_rcv"], "icmp-bad-checksum"),
    ],
)
def test_a_word_is_looked_up_without_a_run(words: list[str], said: str) -> None:
    done = bench_here("atlas", *words)
    assert done.returncode == 0, done.stderr
    assert said in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--only", "syn-flod"], "did you mean syn-flood?"),
        (["--only", ""], "no situation ''"),
        (["--find", ""], "no row of the atlas of Linux"),
        (["--find", "UdpNoPort5"], "no row of the atlas of Linux"),
        (["--find", "UdpNoPorts", "--only", "syn-flood"], "--only and --out are for a run"),
        (["no-such-file"], "cannot read no-such-file"),
    ],
)
def test_what_cannot_be_meant_is_one_line_and_status_2(words: list[str], said: str) -> None:
    done = bench_here("atlas", *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("content", ["# Notes\n", '{"type": "session"}\n', '{"type": "row"}\n'])
def test_a_file_of_others_is_not_replaced(tmp_path: Path, content: str) -> None:
    """Before anything is run."""
    path = tmp_path / "notes.md"
    path.write_text(content)
    done = bench("atlas", "--only", "netfilter", "--out", path)
    assert done.returncode == 2
    assert "it is not replaced: name a new file with --out" in done.stderr
    assert path.read_text() == content


@pytest.mark.slow
def test_the_table_is_what_this_kernel_does(tmp_path: Path) -> None:
    """Each row of this kernel's column, made again; a kernel that has none makes a new one. No column is written by
    hand: the file that this leaves is what to commit.
    """
    out = tmp_path / "column.jsonl"
    done = bench("atlas", "--out", out, "--json", timeout=600)
    assert done.returncode == 0, done.stderr
    now, known = read_column(out), known_column(os.uname().release, os.uname().machine)
    if has_column():
        assert known is not None
        wrong = contradictions(known, now.rows)
        # What a busy machine held up is made again, alone; what the kernel does otherwise is so each time.
        for attempt in range(3):
            if wrong:
                again = tmp_path / f"again-{attempt}.jsonl"
                names = ",".join(dict.fromkeys(line.split(":")[0] for line in wrong))
                assert bench("atlas", "--only", names, "--out", again, "--json", timeout=600).returncode == 0
                wrong = contradictions(known, read_column(again).rows)
        assert not wrong, "\n".join(wrong)
        assert {row.name for row in known.rows} == {row.name for row in now.rows}


def test_a_row_that_was_edited_is_found_out(tmp_path: Path) -> None:
    """The same comparison, of a file in which one number of one row is another."""
    out = tmp_path / "column.jsonl"
    done = bench_here("atlas", "--only", "syn-flood,netfilter", "--out", out)
    assert done.returncode == 0, done.stderr
    now = read_column(out)
    assert contradictions(now, now.rows) == []
    edited = tmp_path / "edited.jsonl"
    edited.write_text(
        out.read_text().replace('"receiver TcpExt.ListenOverflows": 64', '"receiver TcpExt.ListenOverflows": 65')
    )
    assert contradictions(read_column(edited), now.rows) == [
        "syn-flood: receiver TcpExt.ListenOverflows was 65, and is 64"
    ]
