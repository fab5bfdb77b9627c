"""Doctor on a machine where bench runs."""

from __future__ import annotations

from harness.doctor import examine


def test_nothing_is_missing_where_the_kernel_tests_run() -> None:
    """Every check that could say `missing` says otherwise here, and none that root can make is left out."""
    found = examine()
    assert [finding for finding in found if finding.level == "missing"] == []
    assert all(finding.cure is None for finding in found if finding.level == "unchecked")


def test_the_program_was_really_loaded() -> None:
    """The last word is not a list of conditions but the thing itself."""
    assert "the program loads and attaches" in [finding.what for finding in examine()]
