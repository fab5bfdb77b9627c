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


def test_the_overview_has_a_line_for_each_command(capsys: pytest.CaptureFixture[str]) -> None:
    """A command that is a file in the folder is in the list."""
    assert main(["--help"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
    assert listed == command_names()


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
