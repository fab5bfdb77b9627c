"""./bench run --python: an environment for each interpreter that is named, made once."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.test_launcher import make_clone, make_environment, start


@pytest.fixture(scope="module")
def another(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that is not the first on the PATH, and not called as the system's is."""
    python = tmp_path_factory.mktemp("bin") / "python3.98"
    python.write_text('#!/bin/sh\nexec /usr/bin/python3 "$@"\n')
    python.chmod(0o755)
    return python


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = make_clone(tmp_path_factory.mktemp("clone") / "of mine")
    (made / "harness/commands/run.py").write_text('NEEDS = "nothing"\n')
    make_environment(made)
    ended = start(made, "run", BENCH_NO_INSTALL="1")
    assert (ended.returncode, ended.stdout) == (0, "run\n"), ended.stderr
    return made


@pytest.mark.parametrize("several", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_each_gets_an_environment_of_its_own_once(clone: Path, another: Path, *, several: bool) -> None:
    """By its name, or by its path; what it finds there is our packages, ours alone, and the system's bcc."""
    path = {"PATH": f"{another.parent}:/usr/bin:/bin"}
    asked_for = [another.name, str(another)] if several else [another.name]
    environments = [clone / f".venv-python-{name.replace('/', '@')}" for name in asked_for]
    for environment in environments:
        shutil.rmtree(environment, ignore_errors=True)
    words = ("run", "--python", ",".join(asked_for))
    first = start(clone, *words, **path)
    assert (first.returncode, first.stdout) == (0, "|".join(words) + "\n"), first.stderr
    for environment in environments:
        assert str(environment) in first.stderr
        asked = subprocess.run(
            [environment / "bin/python", "-c", "import bcc, harness; print(harness.__file__)"],
            capture_output=True, text=True, check=True, cwd="/",
        )  # fmt: skip
        assert Path(asked.stdout.strip()).is_relative_to(clone)
    made = [(environment / "made-from").stat().st_mtime_ns for environment in environments]
    second = start(clone, "run", f"--python={','.join(asked_for)}", BENCH_NO_INSTALL="1", **path)
    assert (second.returncode, second.stderr) == (0, "")
    assert made == [(environment / "made-from").stat().st_mtime_ns for environment in environments]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("python3.97", "there is no such interpreter on the PATH"),
        ("/nonexistent/python3", "there is no such interpreter"),
        ("/bin/true", "is no Python of 3.11 or later"),
        ("/bin/false", "is no Python of 3.11 or later"),
    ],
)
def test_what_is_no_interpreter_is_refused_by_name(clone: Path, name: str, said: str) -> None:
    """Status 4, one line, and nothing is made."""
    ended = start(clone, "run", "--python", name)
    assert (ended.returncode, ended.stdout) == (4, "")
    assert ended.stderr.splitlines()[-1].startswith(f"bench: --python {name}: ")
    assert said in ended.stderr
    assert not (clone / f".venv-python-{name.replace('/', '@')}").exists()


def test_no_install_makes_none(clone: Path, another: Path, tmp_path: Path) -> None:
    """It says what is missing, as of anything else."""
    link = tmp_path / "python3.96"
    link.symlink_to(another)
    ended = start(clone, "run", "--python", str(link), BENCH_NO_INSTALL="1")
    assert ended.returncode == 4
    assert f"an environment for each of --python {link}" in ended.stderr
    assert not (clone / f".venv-python-{str(link).replace('/', '@')}").exists()


@pytest.mark.parametrize("words", ["a b", "$(touch made)", "-x", "*", "a,-b", ""])
def test_words_that_are_no_names_are_left_to_the_command(clone: Path, words: str) -> None:
    """Nothing of them is run, looked up or made."""
    before = sorted(clone.iterdir())
    ended = start(clone, "run", f"--python={words}")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, f"run|--python={words}\n", "")
    assert sorted(clone.iterdir()) == before


def test_other_commands_make_none(clone: Path) -> None:
    """Only run takes the option."""
    assert start(clone, "report", "--python", "python3.97").stderr == ""
