"""A result file that is read while it is written."""

from __future__ import annotations

from pathlib import Path

from harness.fleet.growing import GrowingFile


def test_only_whole_lines_are_told_and_each_once(tmp_path: Path) -> None:
    """A line that is being written is told when it is there; what a killed run left torn never is."""
    file = tmp_path / "a.jsonl"
    lines = GrowingFile(file)
    assert (lines.new(), lines.session) == ([], "")
    with file.open("a") as out:
        out.write('{"type":"session","id":"one"}\n{"type":"tri')
        out.flush()
        assert (lines.new(), lines.session) == (['{"type":"session","id":"one"}'], "one")
        assert lines.new() == []
        out.write('al"}\n{"type":"tr\n{"type":"session","id":"two"}\n')
        out.flush()
    assert lines.new() == ['{"type":"trial"}', '{"type":"session","id":"two"}']
    assert lines.session == "two"
    assert GrowingFile(file).new() == [line for line in file.read_text().splitlines() if line.endswith("}")]
