"""Whatever a process, a mode or a file is called, it is read as it is and shown on one line, and nobody obeys it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.__main__ import main
from harness.commands.watch import _table
from harness.machine.group import _below, command_name
from harness.machine.proc import PROC, lines
from harness.machine.streams import say
from harness.watch.rows import Row, _process_name
from results.file import ResultWriter
from results.reports.document import Document
from results.reports.forms.columns import NAMES
from results.reports.forms.flat import flat_rows, to_csv
from results.reports.forms.markdown import markdown
from results.reports.forms.page.page import page
from results.reports.forms.terminal import Console, draw
from results.reports.report import report_document
from results.reports.run import run_document
from results.scorecard.report import Report, load
from results.trial import Trial
from tests.results import made_up

# What the kernel takes for a name of a process: 15 bytes; for a file's: 255, without a stroke.
COMMS = st.binary(min_size=1, max_size=15).filter(lambda name: 0 not in name)
FILES = st.binary(min_size=1, max_size=80).filter(lambda name: not {0, ord("/")} & {*name})
TEXTS = st.text(
    st.characters() | st.sampled_from("\x1b\n\r\x0b\x85\u2028\u202e\udce9\ud800:@[]()`|<&,='\"% "),
    min_size=1,
    max_size=40,
)
FEW = settings(max_examples=max(15, settings.default.max_examples // 100))
COMMAND = "::error::forged"

RENAME = """
import ctypes, sys
prctl = ctypes.CDLL(None).prctl
for line in sys.stdin:
    prctl(15, bytes.fromhex(line), 0, 0, 0)
    print(flush=True)
"""


@pytest.fixture(scope="module")
def renamed() -> Iterator[subprocess.Popen[str]]:
    """A process that takes any name it is told."""
    with subprocess.Popen(
        [sys.executable, "-c", RENAME], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def harmless(said: str) -> None:
    """No control but line ends, no line that GitHub would take for a command, and nothing that cannot be written."""
    assert not any(ord(each) < 32 or 0x7F <= ord(each) < 0xA0 for each in said.replace("\n", ""))
    assert COMMAND not in [line.strip() for line in said.split("\n")]
    said.encode()


@given(name=COMMS)
@example(name=b"caf\xe9) R 1 (x")
@example(name=b"a\x1b[2J\n::err")
def test_a_process_of_any_name_is_found_and_named(renamed: subprocess.Popen[str], name: bytes) -> None:
    """As one that a mode has started and that has to be ended, and as one whose time the drops came in."""
    assert renamed.stdin is not None
    assert renamed.stdout is not None
    renamed.stdin.write(f"{name.hex()}\n")
    renamed.stdin.flush()
    renamed.stdout.readline()
    assert renamed.pid in _below(os.getpid())
    assert any(line.startswith("PPid:") for line in lines(PROC / str(renamed.pid) / "status"))
    process = _process_name(renamed.pid)
    assert os.fsencode(process) == name
    row = Row(reason="NO_SOCKET", function="f+0x1", pid=renamed.pid, process=process, count=1)
    assert os.fsencode(json.loads(json.dumps(row.cells()))["process"]) == name
    out = io.StringIO()
    draw(Document((), (_table([row]),)), Console(file=out, width=120))
    harmless(out.getvalue())
    assert len(out.getvalue().splitlines()) == 2


@pytest.mark.usefixtures("capable")
@FEW
@given(folder=FILES, name=FILES)
@example(folder=b"\xe9\x1b", name=b"a,b=c\n::error::forged")
@example(folder="漢".encode() * 80, name=b"n" * 240)
def test_a_mode_file_of_any_name_is_loaded(folder: bytes, name: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    """The plan that it stands in is refused for its number of records alone, and every word of it can be read."""
    with tempfile.TemporaryDirectory() as top:
        path = Path(top, "d" + os.fsdecode(folder), os.fsdecode(name) + ".py")
        path.parent.mkdir()
        path.write_text("from modes import Mode\nclass Mine(Mode):\n    def take(self, samples): pass\n")
        status = main(["run", "--mode", str(path), "--drain", "0"])
    said = capfd.readouterr().err
    assert (status, "--drain" in said) == (2, True), said
    assert len(said.splitlines()) == 1
    harmless(said)


def reported(name: str, why: str) -> tuple[list[Trial], Report]:
    """Make a file of what a mode's name, what it raised, what it left behind, and what was typed; and read it."""
    trials = [
        made_up.trial(name, 1, warnings=(why,)),
        made_up.trial(name, 2, invalid_because=(why,)),
        made_up.trial("file", 3, disturbed_because=(why,)),
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "r"
        with ResultWriter(path) as writer:
            writer.session(made_up.session(command=why, findings=(why,)))
            for trial in trials:
                writer.trial(trial)
        return trials, load([path])


any_text = given(name=TEXTS, why=TEXTS)


@any_text
@example(name=f"\n{COMMAND}", why=f"\n{COMMAND}")
@example(name="\ud800", why="0")
def test_any_text_of_a_trial_is_shown_by_every_printer(name: str, why: str) -> None:
    """In all forms of both reports."""
    trials, report = reported(name, why)
    document = report_document(report)
    for each in (run_document(trials), document):
        for width in (40, 9999):
            out = io.StringIO()
            draw(each, Console(file=out, width=width))
            harmless(out.getvalue())
    harmless(markdown(document).replace("- problem", ""))
    harmless(to_csv(NAMES, flat_rows(report, [])))


@FEW
@any_text
@example(name=f"\n{COMMAND}", why=f"\n{COMMAND}")
@example(name="\ud800", why="0")
def test_any_text_of_a_trial_is_shown_on_a_page(name: str, why: str) -> None:
    """Whose template takes longer to read than all else does."""
    document = report_document(reported(name, why)[1])
    harmless(page(replace(document, sections=()), "0").partition("</style>")[2].partition("<script>")[0])


@given(text=TEXTS)
@example(text=f"the mode raised\n{COMMAND}")
def test_what_is_said_on_stderr_stays_on_its_line(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever stands in it: the progress line, warnings, and why bench ends."""
    say(f"bench: {text}", f"bench: {command_name([text])}")
    said = capsys.readouterr().err
    assert len(said.split("\n")) == 3
    harmless(said)
