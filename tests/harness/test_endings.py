"""How bench ends: status 1 is a verdict and nothing else, whatever becomes of its outputs or of itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import harness.commands
from harness.__main__ import main

CHECKOUT = Path(__file__).resolve().parent.parent.parent
RESULT = "docs/results/all-modes.jsonl"


def ending(words: str, redirection: str) -> tuple[int, str]:
    """Return the status of `bench words`, its outputs redirected by a shell, and what stderr got, if it went to us."""
    script = f'"$0" -m harness {words} {redirection}; exit "${{PIPESTATUS[0]}}"'
    ended = subprocess.run(
        ["bash", "-c", script, sys.executable], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    return ended.returncode, ended.stderr


@pytest.mark.parametrize(
    ("words", "redirection", "status"),
    [
        (f"report {RESULT}", "| true", 141),
        (f"compare {RESULT} {RESULT}", "2>&1 | true", 141),
        (f"export {RESULT} --csv -", "| true", 141),
        (f"report {RESULT}", ">&-", 4),
        (f"report {RESULT} --json", ">/dev/full", 4),
        ("report --help", ">/dev/full", 4),
        ("verify nosuch", "2>/dev/full", 2),
        ("report nosuch", ">&- 2>&-", 2),
        (f"report {RESULT}", "2>&- >/dev/null", 0),
    ],
)
def test_an_output_that_cannot_be_written_is_no_verdict(words: str, redirection: str, status: int) -> None:
    """A reader that went away is 141, an output that cannot be written 4; what nobody hears keeps its own status."""
    found, said = ending(words, redirection)
    assert found == status
    assert "Traceback" not in said
    assert "Exception ignored" not in said


CLOSED = ["0<&-", "1>&-", "2>&-", "0<&- 1>&-", "0<&- 2>&-", "1>&- 2>&-", "0<&- 1>&- 2>&-"]


@pytest.mark.parametrize("closed", CLOSED)
@pytest.mark.parametrize("words", [f"report {RESULT}", "modes --json", "atlas --find UdpNoPorts"])
def test_streams_that_the_caller_closed(words: str, closed: str) -> None:
    """Nobody misses stdin or stderr; that results have no place to go to is said, where somebody can hear it."""
    found, said = ending(words, closed)
    assert found == (4 if "1>&-" in closed else 0)
    if "1>&-" in closed and "2>&-" not in closed:
        assert said == "bench: stdout is closed, and nothing can be printed\n"
    else:
        assert said == ""


@pytest.mark.parametrize(
    ("what", "status"),
    [
        ("BadInput('x')", 2),
        ("ValueError('x')", 70),
        ("UnicodeDecodeError('utf-8', b'', 0, 1, 'x')", 70),
        ("next(zip([1], [], strict=True))", 70),
        ("SystemExit(1)", 70),
        ("SystemExit('x')", 70),
        ("OSError(28, 'No space left on device')", 4),
    ],
)
def test_only_bad_input_is_the_users_fault(
    what: str, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever else a command raises is bench's own fault, or the machine's; a fault shows where it is."""
    name = f"broken_{abs(hash(what))}"
    (tmp_path / f"{name}.py").write_text(
        "'''Break.'''\nfrom results.errors import BadInput\nNEEDS = 'nothing'\n"
        f"def add_arguments(parser): ...\ndef run(arguments): raise {what}\n"
    )
    monkeypatch.setattr(harness.commands, "__path__", [*harness.commands.__path__, str(tmp_path)])
    assert main([name]) == status
    assert ("Traceback" in capsys.readouterr().err) == (status == 70)


def test_a_fault_before_the_command_line_is_no_verdict(tmp_path: Path) -> None:
    """A library that does not load ends bench before it can answer for itself."""
    code = f"import sys, runpy; sys.path.insert(0, {str(tmp_path)!r}); runpy.run_module('harness', run_name='__main__')"
    (tmp_path / "argparse.py").write_text("raise RuntimeError('broken')")
    ended = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert ended.returncode == 70
    assert "RuntimeError: broken" in ended.stderr
