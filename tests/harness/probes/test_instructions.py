"""Instructions are read from what callgrind writes, and asked for where it can be had."""

from __future__ import annotations

from pathlib import Path

import pytest

from bpf.errors import CannotRun
from harness.plan import drain_setting, expand_passes, in_passes, load_setting
from harness.probes.instructions import InstructionsProbe, callgrind, instructions
from harness.wishes import Wishes

WISHES = Wishes(intended_load=1000.0, duration_s=5.0)

# As valgrind 3.19 writes it with --compress-strings=no --compress-pos=no: a function's own cost, then its calls, each
# with what was spent in them; a cost of 0 is left out.
FILE = """# callgrind format
version: 1
pid: 26928
cmd:  python 7 seven.py

positions: line
events: Ir
summary: 0

ob=/usr/lib/libffi.so.8
fl=???
fn=ffi_call
0 7
cfn=drain
calls=1 0
0 2000
12 3
13

fn=drain
40 1500
cob=/usr/lib/libc.so.6
cfi=memmove.S
cfn=memmove
calls=2 264
41 500
"""


def test_what_a_function_spends_in_others_is_theirs(tmp_path: Path) -> None:
    """Else the sum over functions would count a call once for each caller above it."""
    (tmp_path / "out.1").write_text(FILE)
    assert instructions(tmp_path / "out.1") == {"ffi_call": 10, "drain": 1500}


def test_without_valgrind_it_cannot_be_counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The cure is named before anything is started."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotRun, match="apt-get install valgrind"):
        callgrind(tmp_path / "out")


def test_a_request_outside_of_valgrind_does_nothing() -> None:
    """Its code is made of instructions that a CPU runs without an effect."""
    InstructionsProbe().start()


def test_the_pass_is_a_short_drain_whatever_the_run() -> None:
    """No load reaches a consumer that is emulated; `all` does not ask for a package more."""
    for setting in (load_setting("epoll", "udp-closed-port", WISHES), drain_setting("epoll", 500, WISHES)):
        (counted,) = in_passes(setting, ["instructions"], WISHES)
        assert (counted.trial_kind, counted.pass_) == ("drain", "instructions")
        assert counted.drain_records == (setting.drain_records or 20_000)
    assert "instructions" not in expand_passes("all")
