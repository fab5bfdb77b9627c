"""./bench in a hostile environment: what is said to Python there chooses no code, and makes no verdict of its end."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.test_launcher import CHECKOUT, make_clone, start

HOSTILE = {
    "PYTHONINSPECT": "1",
    "PYTHONSTARTUP": "{folder}/json.py",
    "PYTHONHOME": "/nonexistent",
    "PYTHONPLATLIBDIR": "nowhere",
    "PYTHONEXECUTABLE": "/bin/false",
    "PYTHONPATH": "{folder}",
    "PYTHONWARNINGS": "error",
    "PYTHONHASHSEED": "x",
    "PYTHONMALLOC": "x",
    "PYTHONUTF8": "7",
    "PYTHONIOENCODING": "nonsense",
    "PYTHONTRACEMALLOC": "x",
    "PYTHONINTMAXSTRDIGITS": "1",
}
NAMES = ("harness", "bpf", "results", "modes", "traffic", "rich", "json", "sitecustomize", "usercustomize")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that holds a module of each name that Python could take for ours, for a dependency or for its own."""
    made = tmp_path_factory.mktemp("hostile")
    for name in NAMES:
        (made / f"{name}.py").write_text(f"raise SystemExit('{name} is theirs')\n")
    return made


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Path:
    """A clone that was set up in the worst of environments: all of it at once."""
    made = make_clone(tmp_path_factory.mktemp("clone") / "of mïne")
    first = start(made, "report", **all_of(folder))
    assert (first.returncode, first.stdout) == (0, "report\n"), first.stderr
    return made


def all_of(folder: Path) -> dict[str, str]:
    return {name: value.format(folder=folder) for name, value in HOSTILE.items()}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_variable_of_pythons_changes_nothing(clone: Path, folder: Path, name: str) -> None:
    """Alone, or with all others; nor do they remake the environment."""
    for environment in ({name: HOSTILE[name].format(folder=folder)}, all_of(folder)):
        ended = start(clone, "report", "x", **environment)
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "report|x\n", "")


@pytest.mark.parametrize("locale", ["C", "POSIX", "no_WHERE.SUCH", "C.UTF-8"])
def test_a_checkout_of_any_name_runs_in_any_locale(clone: Path, locale: str) -> None:
    """Python reads what names the checkout in the locale's encoding, whatever mode it is in."""
    ended = start(clone, "report", "x", LC_ALL=locale)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "report|x\n", "")


def test_the_whole_command_line_runs_in_it(folder: Path) -> None:
    """What lists the modes imports them, and what prints a table imports rich."""
    quiet = subprocess.run([CHECKOUT / "bench", "modes"], capture_output=True, text=True, check=False)
    ended = start(CHECKOUT, "modes", **all_of(folder))
    assert (ended.returncode, ended.stdout) == (0, quiet.stdout), ended.stderr


@pytest.mark.parametrize("after_s", [0.02, 0.04, 0.06, 0.08, 0.1, 0.15])
def test_a_ctrl_c_while_python_starts_is_no_verdict(after_s: float) -> None:
    """Whatever it meets, the shell, Python's own start or our imports: interrupted, or done, and never 1."""
    words = [CHECKOUT / "bench", "report", CHECKOUT / "docs/results/all-modes.jsonl"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as started:
        time.sleep(after_s)
        started.send_signal(signal.SIGINT)
        _, said = started.communicate()
    assert started.returncode in (130, -signal.SIGINT, 0), said
    assert "Traceback" not in said
