"""What completes bench's words, and its manual page: both made from the parsers, and neither lacks a word of them."""

from __future__ import annotations

import argparse
import functools
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.__main__ import main
from harness.commands.parts.commands import command, command_names, parts, summary
from harness.commands.parts.manual_page import manual_page
from harness.commands.parts.shells import SHELLS, completion

written = functools.cache(completion)
ASK_BASH = """
source "$1"; shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_shtab_bench
printf '%s\\n' "${COMPREPLY[@]}"
"""


def options() -> Iterator[tuple[str, argparse.Action]]:
    for name in command_names():
        parser = command(name)[1]
        for part, its in {"": parser, **parts(parser)}.items():
            words = f"{name}_{part}".rstrip("_").replace("-", "_")
            yield from ((words, action) for action in its._actions if action.help != argparse.SUPPRESS)


def ask_bash(folder: Path, *words: str) -> set[str]:
    """Complete the last of some words in a folder, as Tab would."""
    script = folder / "completion of bash"
    script.write_text(written("bash"))
    asked = ["bash", "--norc", "-c", ASK_BASH, "bash", script, "bench", *words]
    ended = subprocess.run(asked, cwd=folder, capture_output=True, text=True, check=True)
    assert ended.stderr == ""
    return set(ended.stdout.splitlines())


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["ca"], {"capacity"}),
        (["co"], {"compare", "comment", "completion"}),
        (["--v"], {"--version"}),
        (["run", "--rat"], {"--rate"}),
        (["run", "--mode", "file", "--reader", "ba"], {"batch"}),
        (["run", "--mode", "nu"], {"null"}),
        (["run", "--mode", "mi"], {"mine.py"}),
        (["run", "--channel", "perc"], {"percpu-ring"}),
        (["run", "--traffic", "udp-cl"], {"udp-closed-port"}),
        (["check", "--mode", "x", "--against", "ep"], {"epoll"}),
        (["audit", "--tool", "perf-s"], {"perf-stat"}),
        (["history", "--metric", "gc_pause_m"], {"gc_pause_max_s"}),
        (["report", "res"], {"result.jsonl"}),
        (["report", "a.jsonl", "res"], {"result.jsonl"}),
        (["report", "--html", "res"], {"result.jsonl"}),
        (["history", "fol"], {"folder"}),
        (["completion", "z"], {"zsh"}),
        (["fleet", "me"], {"merge"}),
        (["fleet", "plan", "--mode", "nu"], {"null"}),
        (["fleet", "plan", "--mode", "x", "--rat"], {"--rate"}),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_bash_completes(tmp_path: Path, words: list[str], found: set[str]) -> None:
    """Commands, options, choices, names that an option takes, and files where these can stand."""
    for name in ("mine.py", "result.jsonl", "folder.txt"):
        (tmp_path / name).touch()
    (tmp_path / "folder").mkdir()
    assert ask_bash(tmp_path, *words) == found


@pytest.mark.parametrize("shell", SHELLS)
def test_no_word_is_missing(shell: str) -> None:
    """Each command with its summary's first words, and each option of each."""
    script = written(shell)
    for name in command_names():
        assert re.search(rf"\b{name}\b", script)
        assert shell == "bash" or summary(name)[:8] in script
    if shell == "bash":
        held = dict(re.findall(r"^_shtab_bench_(\w+)_option_strings=\((.*)\)$", script, re.MULTILINE))
        for name, action in options():
            assert set(action.option_strings) <= set(held[name].split()), name
    sign = {"bash": "{}", "zsh": "{}[", "fish": "-l {}"}[shell]
    longest = {max(action.option_strings, key=len) for _, action in options() if action.option_strings}
    said = [option.removeprefix("--") if shell == "fish" else option for option in longest if option != "--help"]
    assert [option for option in said if sign.format(option) not in script] == []


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_can_read_its_script(shell: str, tmp_path: Path) -> None:
    """Where it is installed."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    script = tmp_path / "script"
    script.write_text(written(shell))
    ended = subprocess.run([shell, "-n", script], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_command_prints_the_script(capsys: pytest.CaptureFixture[str]) -> None:
    """And the other one the page, and nothing else."""
    assert main(["completion", "fish"]) == 0
    assert capsys.readouterr().out == f"{written('fish')}\n"
    assert main(["manual"]) == 0
    assert capsys.readouterr().out == manual_page()


def test_the_manual_page_can_be_read(tmp_path: Path) -> None:
    """By man, without a warning; each command and each option is in it, and each exit status."""
    if shutil.which("man") is None or shutil.which("groff") is None:
        pytest.skip("man or groff is not installed")
    page = tmp_path / "bench.1"
    page.write_text(manual_page())
    wide = {**os.environ, "MANWIDTH": "300", "LC_ALL": "C.UTF-8", "MANPAGER": "cat", "MAN_KEEP_FORMATTING": ""}
    ended = subprocess.run(["man", "--warnings", "-l", page], capture_output=True, text=True, check=True, env=wide)
    assert ended.stderr == ""
    assert re.search(r"(?<!\\)--", manual_page()) is None, "a hyphen that is to be typed"
    said = ended.stdout
    for name in command_names():
        assert f"bench {name}\n" in said
    for _, action in options():
        for option in action.option_strings:
            assert re.search(rf"^\s+(-h, )?{option}\b", said, re.MULTILINE), option
    for status in ("0", "1", "2", "70", "130"):
        assert re.search(rf"^\s+{status}\s+\S", said, re.MULTILINE)
    assert "bench compare FILE --a file --b epoll\n" in said


def test_no_word_of_the_page_is_a_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What begins as roff's own words do, or holds its backslash, is shown as it is."""
    if shutil.which("man") is None or shutil.which("groff") is None:
        pytest.skip("man or groff is not installed")
    hostile = ".so /etc/passwd is\n\n'br is said, with \\fBbackslashes\\n\n\n  .ab and as typed\n"
    monkeypatch.setattr("harness.commands.modes.__doc__", hostile)
    page = tmp_path / "bench.1"
    page.write_text(manual_page())
    ended = subprocess.run(
        ["man", "--warnings", "-l", page], capture_output=True, text=True, check=True,
        env={**os.environ, "MANWIDTH": "300", "LC_ALL": "C.UTF-8", "MANPAGER": "cat"},
    )  # fmt: skip
    assert ended.stderr == ""
    for said in (".so /etc/passwd is", "'br is said, with \\fBbackslashes\\n", ".ab and as typed"):
        assert f" {said}\n" in ended.stdout
