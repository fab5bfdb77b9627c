"""The command line before any command: what it lists, refuses, and says of itself."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.__main__ import main
from harness.commands.parts.commands import command_names

CHECKOUT = Path(__file__).resolve().parent.parent.parent


def test_a_misspelt_command_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    """Status 2 and one line that helps."""
    assert main(["docter"]) == 2
    assert capsys.readouterr().err == "bench: no command 'docter'; did you mean doctor?\n"


FIRST = ["doctor", "run", "report", "watch", "check"]


def listed(said: str) -> list[str]:
    return [line.split()[0] for line in said.splitlines() if line.startswith("  ")]


def test_the_overview_has_a_line_for_each_command(capsys: pytest.CaptureFixture[str]) -> None:
    """A command that is a file in the folder is in the list; those that are needed first come first."""
    assert main(["--help"]) == 0
    names = listed(capsys.readouterr().out)
    assert names[:5] == FIRST
    assert names[5:] == [name for name in command_names() if name not in FIRST]


def test_without_a_word_the_first_five_commands_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """And how to begin, and where the others are; nothing was done, which is no success."""
    assert main([]) == 2
    said = capsys.readouterr().out
    assert listed(said) == FIRST
    assert f" run --mode file\n{len(command_names()) - 5} more are listed by: " in said


def test_an_overview_imports_no_command() -> None:
    """It is there at once: with all that some command needs it would take seconds."""
    code = (
        "import sys; from harness.__main__ import main; main(['--help'])\n"
        "print([name for name in sys.modules if name.startswith('harness.commands.') and '.parts' not in name])\n"
        "print([name for name in ('numpy', 'rich', 'scapy', 'bcc', 'shtab') if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert ended.stdout.endswith("\n[]\n[]\n"), ended.stdout


def test_importing_a_command_loads_nothing_that_a_part_of_it_needs() -> None:
    """What takes long is loaded where it is used: MLRsearch by a search, matplotlib by a drawing."""
    slow = ("MLRsearch", "matplotlib", "memray", "pyarrow", "pyperf", "jinja2", "numba", "dask", "bcc")
    code = (
        f"import importlib, sys\nfor name in {command_names()}: importlib.import_module(f'harness.commands.{{name}}')\n"
        f"print([name for name in {slow} if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"


@pytest.mark.parametrize("name", command_names())
def test_each_command_says_what_it_needs(name: str) -> None:
    """The launcher reads the line before there is a Python to import the file, so both must see the same."""
    needs = importlib.import_module(f"harness.commands.{name}").NEEDS
    assert needs in ("nothing", "root", "kernel")
    assert f'\nNEEDS = "{needs}"\n' in (CHECKOUT / f"harness/commands/{name}.py").read_text()


@pytest.mark.parametrize("name", command_names())
def test_each_command_explains_itself_to_anyone(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """--help needs no root, whatever the command does."""
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert f"usage: bench {name}" in capsys.readouterr().out


def test_a_reader_that_leaves_is_no_error() -> None:
    """`bench ... | head` ends quietly, with the status that a shell gives to SIGPIPE."""
    read, write = os.pipe()
    os.close(read)
    ended = subprocess.run(
        [sys.executable, "-m", "harness", "--help"],
        cwd=CHECKOUT,
        stdout=write,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(write)
    assert (ended.returncode, ended.stderr) == (141, b"")


def test_no_file_of_ours_takes_the_place_of_a_closed_descriptor() -> None:
    """A child's input would be that file."""
    code = "import os; from harness.__main__ import main; main(['docter']); print(os.open('/', os.O_RDONLY) > 2)"
    ended = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", sys.executable, "-c", code],
        cwd=CHECKOUT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.stdout == "True\n", ended.stderr
