"""./bench as root and beside it: whose the files are, what an ordinary user is told, and the link for sudo."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_launcher import CHECKOUT, ENVIRONMENT, make_clone

NOBODY = 65534
AS_NOBODY = ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups", "--no-new-privs"]
# The whole machine's folders, seen by one process alone: what is mounted in here is mounted nowhere else.
ASIDE = ["unshare", "--mount", "--propagation", "private", "sh", "-c"]


@pytest.fixture
def nobodys_clone() -> Iterator[Path]:
    """A checkout of an ordinary user, with our command line and one command that needs the kernel."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        clone = make_clone(Path(folder) / "clone")
        for name in ("harness/__main__.py", "harness/cli.py", "harness/privileges.py", "bpf/errors.py"):
            shutil.copy(CHECKOUT / name, clone / name)
        command = "def add_arguments(parser): pass\ndef run(arguments): print('ran')\n"
        (clone / "harness/commands/__init__.py").write_text("")
        for needs in ("nothing", "root", "kernel"):
            (clone / f"harness/commands/{needs}.py").write_text(f'"""Do."""\nNEEDS = "{needs}"\n{command}')
        subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", clone], check=True)
        yield clone


def run(*command: object, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=cwd, env=ENVIRONMENT | more, capture_output=True, text=True, check=False)


def test_what_root_sets_up_belongs_to_the_checkouts_owner(nobodys_clone: Path) -> None:
    """After sudo, the user can still update and delete the checkout: nothing in it is root's, bytecode included."""
    for _ in range(2):
        assert run("./bench", "kernel", cwd=nobodys_clone).stdout == "ran\n"
    assert {path.lstat().st_uid for path in nobodys_clone.rglob("*")} == {NOBODY}
    assert list((nobodys_clone / "harness").rglob("*.pyc")), "the next start finds bytecode"


@pytest.mark.parametrize("command", ["root", "kernel"])
def test_an_ordinary_user_is_told_what_to_type(nobodys_clone: Path, command: str) -> None:
    """One line and status 4, before anything is set up and after it; what needs nothing runs."""
    for environment in ("missing", "ready"):
        refused = run(*AS_NOBODY, "./bench", command, cwd=nobodys_clone)
        told = f"bench: {command} needs root; type: sudo ./bench {command}\n"
        assert (refused.returncode, refused.stdout, refused.stderr) == (4, "", told), environment
        assert run(*AS_NOBODY, "./bench", "nothing", cwd=nobodys_clone).stdout == "ran\n"


def test_a_missing_system_package_is_named(nobodys_clone: Path) -> None:
    """Where bcc is not installed, a command that needs it says which package brings it; others do not ask for it."""
    without_bcc = "mount -t tmpfs none /usr/lib/python3/dist-packages && exec ./bench"
    run("./bench", "nothing", cwd=nobodys_clone)
    refused = run(*ASIDE, f"{without_bcc} kernel", cwd=nobodys_clone, BENCH_NO_INSTALL="1")
    assert (refused.returncode, refused.stderr.startswith("bench: missing: python3-bpfcc;")) == (4, True)
    assert run(*ASIDE, f"{without_bcc} nothing", cwd=nobodys_clone).stdout == "ran\n"


def test_an_ordinary_user_is_sent_to_sudo_rather_than_to_packages(nobodys_clone: Path) -> None:
    """Root installs what is missing on the way, so that is the one thing to type; help is there for everyone."""
    run("./bench", "nothing", cwd=nobodys_clone)
    as_nobody = f"mount -t tmpfs none /usr/lib/python3/dist-packages && exec {' '.join(AS_NOBODY)} ./bench kernel"
    assert run(*ASIDE, as_nobody, cwd=nobodys_clone).stderr == "bench: kernel needs root; type: sudo ./bench kernel\n"
    assert run(*ASIDE, f"{as_nobody} --help", cwd=nobodys_clone).stdout.startswith("usage: bench kernel")


def install(script: str) -> subprocess.CompletedProcess[str]:
    """Run a script with `bench` for this checkout's command line, in a /usr/local/bin of its own that is empty."""
    bench = f'bench() {{ PYTHONPATH="{CHECKOUT}" {sys.executable} -m harness "$@"; }}'
    aside = f"mount -t tmpfs none /usr/local/bin && {bench}; {script}"
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  # Debian's secure_path
    return run(*ASIDE, aside, cwd=CHECKOUT, PATH=path)


def test_install_puts_bench_on_sudos_path_and_uninstall_takes_it_off() -> None:
    """The link leads to this checkout's launcher; both commands can be repeated."""
    done = install(
        "bench install && bench install && readlink $(env sh -c 'command -v bench') &&"
        "bench uninstall && bench uninstall && ls -A /usr/local/bin"
    )
    assert done.returncode == 0, done.stderr
    assert f"\n{CHECKOUT}/bench\n" in done.stdout
    assert done.stdout.endswith("/usr/local/bin/bench is not there\n")


@pytest.mark.parametrize("foreign", ["echo mine >", "ln -s /elsewhere/bench"], ids=["file", "link"])
def test_a_foreign_bench_is_left_alone(foreign: str) -> None:
    """Neither install nor uninstall touches a file of that name that this checkout did not put there."""
    refused = install(
        f"{foreign} /usr/local/bin/bench; bench install; echo $?; bench uninstall; echo $?; ls -A /usr/local/bin"
    )
    assert refused.stdout == "4\n4\nbench\n"


def test_clean_removes_what_a_killed_session_left() -> None:
    """The command does what doctor names as the cure."""
    cleaned = run(
        *ASIDE,
        f"mount -t tmpfs none /var/cache && mkdir -p /var/cache/bench/session-dead && "
        f"PYTHONPATH={CHECKOUT} {sys.executable} -m harness clean && ls -A /var/cache/bench",
        cwd=CHECKOUT,
    )
    assert cleaned.stdout == "removed /var/cache/bench/session-dead (0.0 MB)\n", cleaned.stderr
