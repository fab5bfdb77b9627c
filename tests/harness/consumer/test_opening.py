"""What is said of a mode that the setting's reader cannot serve."""

from __future__ import annotations

from typing import Any, cast

import pytest

from bpf.program import Program
from harness.consumer.opening import open_reader
from modes import Kit, Mode
from results.errors import BadInput
from results.trial import Setting


@pytest.mark.parametrize(("reader", "method"), [("batch", "on_record"), ("callback", "take"), ("compiled", "take")])
def test_a_mode_without_the_readers_method_is_told_so(reader: Any, method: str) -> None:
    """As the commit before a method was added, which a check runs by the reader of the commit that has it."""
    mode = type("Mine", (Mode,), {method: lambda *_: 0})(Kit())
    setting = Setting(mode="mine.py", reader=reader, wait="epoll", traffic="udp-closed-port")
    with pytest.raises(BadInput, match=f"no method for the {reader} reader"):
        open_reader(setting, cast("Program", None), mode)
