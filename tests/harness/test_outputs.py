"""Which trials keep what they wrote."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from harness.outputs import empty, kept_traces
from results.trial import Setting

FILE = Setting(mode="file", reader="batch", wait="epoll", traffic="udp-closed-port")


def with_changes(**changes: Any) -> Setting:
    return dataclasses.replace(FILE, **changes)


def test_the_first_timed_trial_has_the_name_itself(tmp_path: Path) -> None:
    """The second gets .2, other passes, drains beside them and modes that write nothing get none."""
    order = [
        (0, with_changes(pass_="latency")),
        (1, FILE),
        (2, with_changes(mode="null")),
        (3, with_changes(trial_kind="drain")),
        (4, FILE),
    ]
    assert kept_traces(tmp_path / "trace", order, tmp_path / "out") == {1: tmp_path / "trace", 4: tmp_path / "trace.2"}


def test_a_plan_of_drains_keeps_its_drains(tmp_path: Path) -> None:
    """Where there is no timed load, every trial of the mode keeps its trace."""
    order = [(0, with_changes(trial_kind="drain"))]
    assert kept_traces(tmp_path / "trace", order, tmp_path / "out") == {0: tmp_path / "trace"}


def test_a_trace_of_nothing_is_refused(tmp_path: Path) -> None:
    """No mode of the plan writes to a file."""
    with pytest.raises(ValueError, match="none of the modes writes"):
        kept_traces(tmp_path / "trace", [(0, with_changes(mode="null"))], tmp_path / "out")


def test_a_trace_that_cannot_be_written_is_refused_before_anything_runs(tmp_path: Path) -> None:
    """A folder in the way of the second trial's trace is found at once."""
    (tmp_path / "trace.2").mkdir()
    with pytest.raises(ValueError, match=r"trace\.2"):
        kept_traces(tmp_path / "trace", [(0, FILE), (1, FILE)], tmp_path / "out")


def test_traces_of_finished_trials_stay_as_they_are(tmp_path: Path) -> None:
    """A session that goes on empties only what is still to be written."""
    traces = [tmp_path / "trace", tmp_path / "trace.2", tmp_path / "trace.3"]
    for path in traces:
        path.write_text("held")
    assert kept_traces(traces[0], list(enumerate([FILE] * 3)), tmp_path / "out", {0, 1}) == {2: traces[2]}
    assert [path.read_text() for path in traces] == ["held"] * 3
    empty({2: traces[2], 3: tmp_path / "trace.4"})
    assert [path.read_text() for path in sorted(tmp_path.iterdir())] == ["held", "held", "", ""]


def test_nothing_is_made_or_emptied_before_all_can_be_written(tmp_path: Path) -> None:
    """The last trace is refused: what the first held is still there, and one that was not is not."""
    (tmp_path / "trace").write_text("held")
    (tmp_path / "trace.2").mkdir()
    with pytest.raises(ValueError, match="it is a folder"):
        kept_traces(tmp_path / "trace", [(0, FILE), (1, FILE)], tmp_path / "out")
    assert (tmp_path / "trace").read_text() == "held"
    (tmp_path / "new.2").mkdir()
    with pytest.raises(ValueError, match="it is a folder"):
        kept_traces(tmp_path / "new", [(0, FILE), (1, FILE)], tmp_path / "out")
    assert not (tmp_path / "new").exists()
