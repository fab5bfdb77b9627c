"""What completes bench's words, and its manual page: both made from the parsers, and neither lacks a word of them."""

from __future__ import annotations

import argparse
import functools
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.__main__ import main
from harness.commands.parts.commands import command, command_names, parts, summary
from harness.commands.parts.manual_page import manual_page
from harness.commands.parts.shells import SHELLS, completion

ZSH = Path(__file__).with_name("offered.zsh")
Ask = Callable[[Path, Path, dict[str, str]], dict[str, set[str]]]
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


OFFERED = {
    "ca": {"capacity"},
    "co": {"compare", "comment", "completion"},
    "--v": {"--version"},
    "run --rat": {"--rate"},
    "run --mode file --reader ba": {"batch"},
    "run --mode nu": {"null"},
    "run --mode mi": {"mine.py"},
    "run --mode file,nu": {"file,null"},
    "run --mode file,epoll,mi": {"file,epoll,mine.py"},
    "run --channel perc": {"percpu-ring"},
    "run --traffic udp-cl": {"udp-closed-port"},
    "check --mode x --against ep": {"epoll"},
    "audit --tool perf-s": {"perf-stat"},
    "history --metric gc_pause_m": {"gc_pause_max_s"},
    "report res": {"result.jsonl"},
    "report a.jsonl res": {"result.jsonl"},
    "compare a.jsonl res": {"result.jsonl"},
    "fleet merge plan/ a.jsonl res": {"result.jsonl"},
    "traffic null udp-cl": {"udp-closed-port"},
    "report --html res": {"result.jsonl"},
    "history fol": {"folder"},
    "completion z": {"zsh"},
    "fleet me": {"merge"},
    "fleet plan --mode nu": {"null"},
    "fleet plan --mode x --rat": {"--rate"},
}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Make the files and the folder that are completed."""
    for name in ("mine.py", "result.jsonl", "folder.txt"):
        (tmp_path / name).touch()
    (tmp_path / "folder").mkdir()
    return tmp_path


@pytest.mark.parametrize("line", OFFERED)
def test_bash_completes(files: Path, line: str) -> None:
    """Commands, options, choices, names that an option takes, and files where these can stand."""
    assert ask_bash(files, *line.split()) == OFFERED[line]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack Debian's zsh and fish into a folder: nothing of the machine changes."""
    folder = tmp_path_factory.mktemp("shells")
    packages = ["zsh", "zsh-common", "fish", "fish-common", "libpcre2-32-0"]
    if shutil.which("apt-get") is None:
        pytest.skip("no apt-get to bring zsh and fish")
    got = subprocess.run(["apt-get", "download", *packages], cwd=folder, capture_output=True, text=True, check=False)
    if got.returncode:
        pytest.skip(f"zsh and fish could not be fetched: {got.stderr.strip()}")
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
    return folder


def ask_zsh(folder: Path, shells: Path, library: dict[str, str]) -> dict[str, set[str]]:
    """Type all lines into one zsh, and say what it offers for each."""
    (script := folder / "script").mkdir()
    (script / "_bench").write_text(written("zsh"))
    (zsh,), (modules,) = shells.glob("**/bin/zsh"), shells.glob("usr/lib/*/zsh/*")
    asked: list[str | Path] = [zsh, "-f", ZSH, zsh, shells / "usr/share/zsh/functions", modules, script]
    ended = subprocess.run(
        [*asked, *(f"bench {line}" for line in OFFERED)], cwd=folder, capture_output=True, text=True, check=True,
        env={**os.environ, **library, "TERM": "dumb", "HOME": str(folder)},
    )  # fmt: skip
    assert ended.stderr == ""
    lines = [said.splitlines() for said in ended.stdout.split("?bench ")[1:]]
    return {line: set(words) for line, *words in lines}


def ask_fish(folder: Path, shells: Path, library: dict[str, str]) -> dict[str, set[str]]:
    script = folder / "bench.fish"
    script.write_text(written("fish"))
    functions, sourced = (shlex.quote(str(path)) for path in (shells / "usr/share/fish/functions", script))
    typed = f"set fish_function_path {functions}; source {sourced}"
    asked = [f"echo '?{line}'; complete -C 'bench {line}'" for line in OFFERED]
    ended = subprocess.run(
        [shells / "usr/bin/fish", "--no-config", "-c", "; ".join([typed, *asked])],
        cwd=folder, capture_output=True, text=True, check=True, env={**os.environ, **library, "HOME": str(folder)},
    )  # fmt: skip
    assert ended.stderr == ""
    lines = [said.splitlines() for said in ended.stdout.split("?")[1:]]
    return {line: {word.partition("\t")[0].rstrip("/") for word in words} for line, *words in lines}


@pytest.mark.slow
@pytest.mark.parametrize("ask", [ask_zsh, ask_fish], ids=["zsh", "fish"])
def test_zsh_and_fish_complete(files: Path, unpacked: Path, ask: Ask) -> None:
    """The same, word for word, in shells that most machines lack."""
    (library,) = {file.parent for file in unpacked.glob("usr/lib/*/libpcre2-32.so.0")}
    assert ask(files, unpacked, {"LD_LIBRARY_PATH": str(library)}) == OFFERED


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
