"""A turn of commands that are not ours: what of it is no measurement, and what it leaves running."""

from __future__ import annotations

import os

import pytest

from harness.consumer import process_tree
from harness.consumer.command import Recipe
from harness.messages import Done
from harness.overhead import tools
from harness.overhead.workloads import Timed

LONG = f"sleep 306.{os.getpid()}"


@pytest.mark.parametrize("then", ["sleep 60", "exit 0", "exec yes"])
def test_a_turn_in_which_a_tool_floods_is_no_measurement(then: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it does when nobody reads it any more."""
    monkeypatch.setattr(tools, "MOST_SAID_BYTES", 4 << 20)
    monkeypatch.setattr(process_tree, "MOST_SAID_BYTES", 4 << 20)
    script = f"echo up; sleep 1; yes; {then}"
    recipe = Recipe(
        name="it", command=("sh", "-c", script), done=lambda _said, _usage: Done(died="unread"), ready="up\n"
    )
    tool = tools.Foreign(recipe, cpu=None)
    try:
        tool.attach()
        turn = tool.turn(Timed(["sleep", "2"]))
    finally:
        tool.close()
    assert "said more than 4 MiB while it was attached" in turn.wrong[0]


@pytest.mark.parametrize("left", [f"{LONG} &", f"setsid {LONG} &"], ids=["job", "session"])
def test_what_a_workload_leaves_running_is_named(left: str) -> None:
    """As what a tool leaves is; the turn holds."""
    turn = Timed(["sh", "-c", f"{left} sleep 0.3"]).turn()
    assert turn.wrong == []
    assert turn.odd == [f"{LONG} outlived sh -c '{left} sleep 0.3', and was killed"]
