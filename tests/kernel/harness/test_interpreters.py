"""Consumers run with other interpreters: which one a trial had is in its row, and everything else stays ours."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.kernel.bench import CHECKOUT, bench_here, trials

# It is our own interpreter, which tells another version and leaves a mark for each process that it becomes.
ANOTHER = """#!/bin/sh
[ "$2" != -c ] || exec echo {version}
echo "$3" >>'{marks}'
exec '{ours}' "$@"
"""
SHORT = ("--pass", "timed", "--trials", "1", "--quiet", "--rate", "2000", "--duration", "0.1", "--json")


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Lay out environments of interpreters that call themselves so, as ./bench would make them; return their names."""
    made: list[Path] = []

    def install(version: str, suffix: str = "", mode: int = 0o755) -> str:
        name = f"{tmp_path.name}-{version}{suffix}"
        python = CHECKOUT / f".venv-python-{name}" / "bin" / "python"
        made.append(python.parents[1])
        python.parent.mkdir(parents=True)
        ours = CHECKOUT / ".venv" / "bin" / "python"
        python.write_text(ANOTHER.format(version=version, marks=tmp_path / version, ours=ours))
        python.chmod(mode)
        return name

    yield install
    for folder in made:
        shutil.rmtree(folder)


def test_interpreters_are_compared_in_one_run(tmp_path: Path, installed: Callable[..., str]) -> None:
    """Each mode with each of them: two rows with their labels, each trial's consumer alone run by its own."""
    out = tmp_path / "out"
    names = f"{installed('3.98.1')},{installed('3.99.0t')}"
    ended = bench_here("run", "--mode", "null,aggregate", "--python", names, *SHORT, "--out", out)
    assert ended.returncode == 0, ended.stderr
    rows = trials(ended.stdout)
    assert {(row["mode"], row["python"]) for row in rows} == {
        (mode, version) for mode in ("null", "aggregate") for version in ("3.98.1", "3.99.0t")
    }
    assert all(row["valid"] and row["consumed"] == row["sent"] for row in rows)
    for version in ("3.98.1", "3.99.0t"):
        assert (tmp_path / version).read_text().split() == ["harness.consumer"] * 2
    shown = bench_here("report", out).stdout
    assert "null python 3.98.1" in shown
    assert "null python 3.99.0t" in shown
    assert (
        bench_here("run", "--mode", "null,aggregate", "--python", names, *SHORT, "--out", out, "--resume").returncode
        == 0
    )


def test_one_version_twice_is_refused(installed: Callable[..., str]) -> None:
    """Their rows would have one name, and be taken for repetitions of each other."""
    names = f"{installed('3.99.0', 'a')},{installed('3.99.0', 'b')}"
    ended = bench_here("run", "--mode", "null", "--python", names, *SHORT)
    assert ended.returncode == 2
    assert "are both Python 3.99.0" in ended.stderr


def test_what_others_could_have_written_is_not_run(installed: Callable[..., str]) -> None:
    """An interpreter is held to what a mode file is: it runs as root."""
    ended = bench_here("run", "--mode", "null", "--python", installed("3.99.0", mode=0o777), *SHORT)
    assert ended.returncode == 2
    assert "everybody may write it" in ended.stderr


@pytest.mark.parametrize("command", ["exec:cat", "exec:cat,exec:sh -c :"])
def test_a_foreign_command_has_none(installed: Callable[..., str], command: str) -> None:
    """It is no consumer of ours: without a mode beside it the option would mean nothing."""
    ended = bench_here("run", "--mode", command, "--python", installed("3.99.0"), *SHORT)
    assert ended.returncode == 2
    assert "--python: only for bench's own modes, and here there are only foreign commands" in ended.stderr


@pytest.mark.parametrize("name", ["python 3.13", "", "-I", "python3.13,", "py;thon", "$(id)"])
def test_what_can_be_no_name_is_refused(name: str) -> None:
    """./bench passes over these, and no environment is looked for."""
    ended = bench_here("run", "--mode", "null", f"--python={name}", *SHORT)
    assert ended.returncode == 2
    assert "names no interpreter" in ended.stderr


def test_without_an_environment_it_says_what_makes_one() -> None:
    """Who starts `python -m harness` made none."""
    ended = bench_here("run", "--mode", "null", "--python", "python3.98", *SHORT)
    assert ended.returncode == 4
    assert "there is no environment for --python python3.98" in ended.stderr
