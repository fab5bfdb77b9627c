"""./bench from a bare clone: what it sets up, once, and what it refuses. The clones' locks here name no packages."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
ECHO = "import sys\nprint(*sys.argv[1:], sep='|')\n"
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("BENCH_", "PYTHON"))}


def make_clone(folder: Path) -> Path:
    """Make a checkout whose launcher is ours and whose program prints its arguments."""
    (folder / "harness" / "commands").mkdir(parents=True)
    for name in ("bench", "test", "harness/setup.sh"):
        shutil.copy(CHECKOUT / name, folder / name)
    for name in ("requirements.txt", "requirements-dev.txt", "harness/__init__.py"):
        (folder / name).write_text("")
    for name in ("bpf", "modes", "traffic", "results"):
        (folder / name).mkdir()
    (folder / "harness/__main__.py").write_text(ECHO)
    (folder / "harness/commands/report.py").write_text('NEEDS = "nothing"\n')
    return folder


def make_environment(clone: Path) -> None:
    """Make what set-up makes, without the pip that takes it so long."""
    script = (
        'here=$1; . "$here/harness/setup.sh"; "$system_python" -m venv --system-site-packages --without-pip '
        '"$environment"; echo "$here" >"$(echo "$environment"/lib/python3*/site-packages)/bench.pth"; '
        'echo "run $(environment_key)" >"$environment/made-from"'
    )
    subprocess.run(["sh", "-c", script, "sh", clone], check=True)


def start(clone: Path, *arguments: str, cwd: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [clone / "bench", *arguments],
        cwd=cwd or clone,
        env=ENVIRONMENT | more,
        capture_output=True,
        text=True,
        check=False,
    )


def made(clone: Path) -> int:
    """Tell one environment from the next that takes its place."""
    return (clone / ".venv/made-from").stat().st_mtime_ns


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone that was started once."""
    clone = make_clone(tmp_path_factory.mktemp("ready"))
    first = start(clone, "report", "a b", "")
    assert (first.returncode, first.stdout) == (0, "report|a b|\n"), first.stderr
    assert "making the Python environment" in first.stderr
    return clone


def test_the_second_start_sets_nothing_up(ready: Path) -> None:
    """What is there is used, without a word."""
    before = made(ready)
    second = start(ready, "report")
    assert (second.stdout, second.stderr, made(ready)) == ("report\n", "", before)


def test_a_link_starts_it_from_any_folder_and_imports_nothing_from_there(ready: Path, tmp_path: Path) -> None:
    """Root's Python takes no module from the folder that a command is typed in: it may be anybody's."""
    (tmp_path / "harness").mkdir()
    (tmp_path / "harness/__init__.py").write_text("print('hijacked')")
    (tmp_path / "harness/__main__.py").write_text("print('hijacked')")
    (tmp_path / "bench").symlink_to(ready / "bench")
    started = subprocess.run(["./bench", "report"], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, check=True)
    assert started.stdout == b"report\n"


def test_no_install_says_what_is_missing_and_makes_nothing(tmp_path: Path) -> None:
    """BENCH_NO_INSTALL=1 is a dry run: status 4, one line."""
    clone = make_clone(tmp_path / "clone")
    refused = start(clone, "report", BENCH_NO_INSTALL="1")
    assert refused.returncode == 4
    assert refused.stderr.count("\n") == 1
    assert f"the Python environment in {clone}/.venv" in refused.stderr
    assert not (clone / ".venv").exists()


@pytest.mark.parametrize("redirection", ["2>/dev/full", "2>&-"])
def test_what_cannot_be_told_leaves_the_status(tmp_path: Path, redirection: str) -> None:
    """Nobody hears what is missing: 4 all the same, and not the 1 of a shell whose word failed."""
    clone = make_clone(tmp_path / "clone")
    words = ["sh", "-c", f'"$0" report {redirection}', clone / "bench"]
    assert subprocess.run(words, env=ENVIRONMENT | {"BENCH_NO_INSTALL": "1"}, check=False).returncode == 4


@pytest.mark.parametrize("tool", ["flock", "readlink", "id"])
def test_a_tool_that_fails_is_no_verdict(ready: Path, tmp_path: Path, tool: str) -> None:
    """Whatever the launcher cannot foresee ends with 4."""
    (tmp_path / tool).write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / tool).chmod(0o755)
    assert start(ready, "report", PATH=f"{tmp_path}:{os.environ['PATH']}").returncode in (0, 4)


def test_a_moved_checkout_lacks_its_environment(ready: Path, tmp_path: Path) -> None:
    """An environment is good in the place it was made in; it is made anew there as with another lock."""
    moved = tmp_path / "moved over there"
    shutil.copytree(ready, moved, symlinks=True)
    assert start(ready, "report", BENCH_NO_INSTALL="1").stdout == "report\n"
    refused = start(moved, "report", BENCH_NO_INSTALL="1")
    assert (refused.returncode, refused.stdout) == (4, "")
    assert f"the Python environment in {moved}/.venv" in refused.stderr


def test_a_killed_set_up_is_started_over(tmp_path: Path) -> None:
    """Half an environment does not count as one."""
    clone = make_clone(tmp_path / "clone")
    with subprocess.Popen(
        [clone / "bench", "report"], env=ENVIRONMENT, stderr=subprocess.PIPE, start_new_session=True
    ) as first:
        deadline = time.monotonic() + 60
        while not (clone / ".venv/bin/python").exists():
            assert time.monotonic() < deadline
            time.sleep(0.005)
        os.killpg(first.pid, signal.SIGKILL)
    assert not (clone / ".venv/made-from").exists()
    again = start(clone, "report")
    assert (again.returncode, again.stdout) == (0, "report\n"), again.stderr


@pytest.mark.slow
def test_two_at_once_make_one_environment(tmp_path: Path) -> None:
    """The second waits for the first and uses what it made."""
    clone = make_clone(tmp_path / "clone")
    both = [
        subprocess.Popen(
            [clone / "bench", "report"], env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    said = [process.communicate() for process in both]
    assert [out for out, _ in said] == ["report\n", "report\n"]
    assert "".join(err for _, err in said).count("making the Python environment") == 1


def test_a_changed_lock_remakes_the_environment_once_no_session_runs(ready: Path) -> None:
    """It is good for the locks it was made from, and is not remade under a session that imports from it."""
    (ready / "harness/__main__.py").write_text("print('on', flush=True)\ninput()\n")
    original = (ready / "requirements.txt").read_text()
    with subprocess.Popen(
        [ready / "bench", "report"], env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as session:
        assert session.stdin is not None
        assert session.stdout is not None
        assert session.stdout.readline() == "on\n"
        before = made(ready)
        (ready / "harness/__main__.py").write_text(ECHO)
        (ready / "requirements.txt").write_text(original + "# another\n")
        with subprocess.Popen(
            [ready / "bench", "report"], env=ENVIRONMENT, stderr=subprocess.PIPE, text=True
        ) as second:
            assert second.stderr is not None
            assert "waiting for another bench" in second.stderr.readline()
            assert made(ready) == before
            session.stdin.write("\n")
            session.stdin.close()
            assert "making the Python environment" in second.stderr.read()
    assert made(ready) > before


@pytest.mark.slow
def test_what_exports_are_read_with_is_set_up_once_and_by_the_whole_suite_alone(ready: Path) -> None:
    """It has an environment of its own, made of its own lock; nothing but ./test --all asks for it."""
    clone = ready
    (clone / "requirements-readers.txt").write_text("")

    def set_up(**more: str) -> subprocess.CompletedProcess[str]:
        script = 'here=$1; . "$here/harness/setup.sh"; set -eu; set_up_extra readers; echo ready'
        words = ["sh", "-c", script, "sh", clone]
        return subprocess.run(words, env=ENVIRONMENT | more, capture_output=True, text=True, check=False)

    assert start(clone, "report").returncode == 0
    assert not (clone / ".venv-readers").exists()
    missing = set_up(BENCH_NO_INSTALL="1")
    assert (missing.returncode, missing.stdout) == (4, "")
    assert f"the Python environment in {clone}/.venv-readers" in missing.stderr
    before = made(clone)
    assert set_up().stdout == "ready\n"
    again = set_up(BENCH_NO_INSTALL="1")
    assert (again.stdout, again.stderr) == ("ready\n", "")
    (clone / "requirements-readers.txt").write_text("# another\n")
    assert "making the Python environment" in set_up().stderr
    assert made(clone) == before, "the other one stays"


@pytest.mark.slow
def test_numba_is_installed_when_it_is_first_asked_for(ready: Path) -> None:
    """With a word on its size, and by nothing else; without a network the status and the words say what to do."""
    clone, words = ready, ("--reader", "compiled")
    lock, made_from = clone / "requirements-compiled.txt", clone / ".venv-compiled/made-from"
    lock.write_text(f"numba==0 --hash=sha256:{'0' * 64}\n")
    for others in (("--reader", "batch"), ("--mode", "all"), ("--reader", "compiled", "--help")):
        assert start(clone, "report", *others).returncode == 0
    for asked in (words, ("--reader=compiled",), ("--reader", "all"), ("--reader=all",)):
        forbidden = start(clone, "report", *asked, BENCH_NO_INSTALL="1")
        assert (forbidden.returncode, forbidden.stdout) == (4, "")
        assert f"the Python environment in {clone}/.venv-compiled" in forbidden.stderr
    offline = start(clone, "report", *words, PIP_NO_INDEX="1")
    assert (offline.returncode, offline.stdout) == (4, "")
    assert "type the command again" in offline.stderr
    assert not made_from.exists()
    lock.write_text("")
    first = start(clone, "report", *words)
    assert (first.returncode, first.stdout) == (0, "|".join(("report", *words)) + "\n")
    assert "the compiled reader needs numba (about 200 MB), which is installed now, once" in first.stderr
    assert start(clone, "report", *words, BENCH_NO_INSTALL="1").stderr == ""


@pytest.mark.slow
def test_dask_is_installed_when_a_fleet_is_first_run(ready: Path) -> None:
    """Planning needs none of it, nor does a shard by itself, or help."""
    clone = ready
    (clone / "requirements-fleet.txt").write_text("")
    for command in ("fleet", "check"):
        (clone / f"harness/commands/{command}.py").write_text('NEEDS = "nothing"\n')
    for others in (("plan", "run"), ("merge", "plan/"), ("run", "--help"), (), ("plan", "--fleet", "run")):
        assert start(clone, "fleet", *others).returncode == 0
    assert start(clone, "check", "--mode", "fleet").returncode == 0
    assert not (clone / ".venv-fleet").exists()
    for words in (
        ("fleet", "--quiet", "run"),
        ("fleet", "worker"),
        ("check", "--fleet", "plan"),
        ("check", "--fleet=x"),
    ):
        forbidden = start(clone, *words, BENCH_NO_INSTALL="1")
        assert (forbidden.returncode, forbidden.stdout) == (4, "")
        assert f"the Python environment in {clone}/.venv-fleet" in forbidden.stderr
    first = start(clone, "fleet", "run", "plan")
    assert (first.returncode, first.stdout) == (0, "fleet|run|plan\n")
    assert "a fleet's engine is Dask (about 60 MB), which is installed now, once" in first.stderr
    assert start(clone, "fleet", "worker", BENCH_NO_INSTALL="1").stderr == ""


def test_the_suite_knows_one_option() -> None:
    """A misspelt --all must not pass for the quick suite."""
    refused = subprocess.run([CHECKOUT / "test", "--al"], env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert (refused.returncode, refused.stderr) == (2, "usage: ./test [--all]\n")
