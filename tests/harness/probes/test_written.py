"""Bytes written are counted by the offset that harness and consumer share."""

from __future__ import annotations

import os

from harness.probes.outside import bytes_written


def test_the_offset_counts_not_the_size(tmp_path):
    """A file that was made larger in advance does not count as written."""
    descriptor = os.open(tmp_path / "trace", os.O_RDWR | os.O_CREAT)
    os.ftruncate(descriptor, 1000)
    os.write(descriptor, b"x" * 90)
    assert bytes_written(descriptor, 10).metrics == {"bytes_written_per_event": 9}
    assert "bytes_written_per_event" in bytes_written(descriptor, 0).absent
    os.close(descriptor)


def test_what_is_no_file_has_no_such_number():
    """No output, or a pipe or terminal, is no count of zero."""
    read_end, write_end = os.pipe()
    assert not bytes_written(write_end, 10).metrics
    assert not bytes_written(None, 10).metrics
    os.close(read_end)
    os.close(write_end)
